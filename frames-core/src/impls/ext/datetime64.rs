//! numpy's `datetime64` arrays as many naive datetimes. Each element is exactly one or the array is an error: `NaT` is no time, and units finer than
//! nanoseconds have to be whole ones.

use crate::entry::Entry;
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::numpy::DType;
use crate::python::Date;

const BILLION: i128 = 1_000_000_000;

/// Reads a slice from an array of `datetime64`, or as any other list. `make` gets seconds since 1970 and nanoseconds.
pub(super) fn read_slice<T: FrameSerialize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    make: fn(i64, u32) -> Result<T>,
) -> Result<Vec<T>> {
    let mut ahead = *cursor;
    let Entry::Array(array) = Entry::read(&mut ahead)? else { return crate::bulk::read_each(cursor, slots) };
    *cursor = ahead;
    let header = array.header(slots)?;
    let dtype = header.dtype()?;
    let (Some((unit, multiple)), 'M') = (dtype.time_unit(), dtype.kind()) else {
        return Err(Error::mismatch(
            format_args!("Vec<{}> (a list, or an array of datetime64)", T::type_name()),
            header,
        ));
    };
    let order = if cfg!(target_endian = "little") { '<' } else { '>' };
    let native = DType::parse(&format!("{order}M8[{multiple}{unit}]"))?;
    let steps = header.vec_of::<i64>(slots, cursor.decoder(), &native)?;
    let each = steps.into_iter().enumerate().map(|(index, step)| {
        let (secs, nanos) = since_1970(step, unit, multiple).map_err(|e| e.at_index(index))?;
        make(secs, nanos).map_err(|e| e.at_index(index))
    });
    each.collect()
}

/// Seconds, rounded down, and nanoseconds.
fn since_1970(step: i64, unit: &'static str, multiple: u32) -> Result<(i64, u32)> {
    if step == i64::MIN {
        return Err(Error::mismatch("a datetime", "NaT, which is no time")
            .with_help("an array with times that lack is read as `NdArray`"));
    }
    // At most 2⁹⁴.
    let count = i128::from(step) * i128::from(multiple);
    let (whole, part) = match unit {
        "Y" | "M" => (i128::from(days_of(count, unit)?) * 86_400 * BILLION, 1),
        "W" => (count.checked_mul(7 * 86_400 * BILLION).ok_or_else(beyond)?, 1),
        "D" => (count.checked_mul(86_400 * BILLION).ok_or_else(beyond)?, 1),
        "h" => (count.checked_mul(3600 * BILLION).ok_or_else(beyond)?, 1),
        "m" => (count.checked_mul(60 * BILLION).ok_or_else(beyond)?, 1),
        "s" => (count.checked_mul(BILLION).ok_or_else(beyond)?, 1),
        "ms" => (count.checked_mul(1_000_000).ok_or_else(beyond)?, 1),
        "us" => (count.checked_mul(1000).ok_or_else(beyond)?, 1),
        "ns" => (count, 1),
        "ps" => (count, 1000),
        "fs" => (count, 1_000_000),
        "as" => (count, BILLION),
        _ => return Err(Error::new(ErrorKind::Unsupported, format!("the unit {unit} of numpy's times"))),
    };
    if whole % part != 0 {
        let text = format!("a datetime64 of {count} {unit} is not whole in nanoseconds");
        return Err(Error::new(ErrorKind::OutOfRange, text).with_help("`NdArray` takes the array as it is"));
    }
    let nanos = whole / part;
    let secs = i64::try_from(nanos.div_euclid(BILLION)).map_err(|_| beyond())?;
    Ok((secs, nanos.rem_euclid(BILLION) as u32))
}

/// Days from 1970 to the first of a year or month, of Python's years.
fn days_of(count: i128, unit: &str) -> Result<i32> {
    let months = if unit == "Y" { count.checked_mul(12) } else { Some(count) };
    let months = months.and_then(|months| months.checked_add(1970 * 12)).ok_or_else(beyond)?;
    let year = u16::try_from(months.div_euclid(12)).map_err(|_| beyond())?;
    Ok(Date::new(year, months.rem_euclid(12) as u8 + 1, 1).map_err(|_| beyond())?.days_since_1970())
}

#[cold]
fn beyond() -> Error {
    Error::new(ErrorKind::OutOfRange, "a datetime64 that is further from 1970 than datetimes are")
}
