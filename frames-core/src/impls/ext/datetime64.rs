//! numpy's `datetime64` and `timedelta64`: an array is many naive datetimes, dates or spans of time, one of no dimensions is one, as is a scalar. Each
//! is exactly that or an error: `NaT` is none, and units finer than nanoseconds have to be whole ones.

use crate::entry::Entry;
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Slot, take_one};
use crate::msgpack::Cursor;
use crate::numpy::DType;
use crate::python::{self, Date, Scalar};

const BILLION: i128 = 1_000_000_000;

/// Which of the two, and what makes a value of seconds (since 1970, if it is a time) and nanoseconds.
pub(super) enum Numpy<T> {
    DateTime(fn(i64, u32) -> Result<T>),
    TimeDelta(fn(i64, u32) -> Result<T>),
}

/// [`through`](crate::python::through) one of Python's objects, and out of numpy's.
macro_rules! numpy_too {
    ($type:ty, $name:literal: $object:ty, $to:expr, $from:expr, $of:expr) => {
        crate::python::through!($type, $name: $object, $to, {
            fn read_entry(
                cursor: &mut crate::msgpack::Cursor<'_>,
                frames: &mut [crate::frames::Slot<'_>],
            ) -> crate::Result<Self> {
                super::datetime64::read(cursor, frames, &$of, $from as fn($object) -> crate::Result<$type>)
            }
            fn read_slice(
                cursor: &mut crate::msgpack::Cursor<'_>,
                frames: &mut [crate::frames::Slot<'_>],
            ) -> crate::Result<Vec<Self>> {
                super::datetime64::read_slice(cursor, frames, &$of)
            }
        });
    };
}
pub(super) use numpy_too;

/// Reads one from an array of no dimensions, or as Python's object.
pub(super) fn read<T: FrameSerialize, S: Scalar>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    of: &Numpy<T>,
    make: fn(S) -> Result<T>,
) -> Result<T> {
    let mut ahead = *cursor;
    let Entry::Array(array) = Entry::read(&mut ahead)? else { return python::read(cursor, slots, make) };
    *cursor = ahead;
    let header = array.header(slots)?;
    let Some(steps) = of.steps(&header.dtype()?).filter(|_| header.shape().is_empty()) else {
        let (module, name) = S::CLASS;
        let expected = format_args!("{} (Python's {module}.{name}, or a {})", T::type_name(), of.name());
        return Err(Error::mismatch(expected, header));
    };
    let frame = take_one(slots)?;
    header.check_frame(size_of::<i64>(), frame.len())?;
    let bytes = frame.first_chunk().copied().ok_or_else(crate::fields::unread)?;
    let step = i64::from_ne_bytes(bytes);
    steps.make(if steps.is_native { step } else { step.swap_bytes() }, of)
}

/// Reads a slice from an array, or as any other list.
pub(super) fn read_slice<T: FrameSerialize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    of: &Numpy<T>,
) -> Result<Vec<T>> {
    let mut ahead = *cursor;
    let Entry::Array(array) = Entry::read(&mut ahead)? else { return crate::bulk::read_each(cursor, slots) };
    *cursor = ahead;
    let header = array.header(slots)?;
    let Some(steps) = of.steps(&header.dtype()?) else {
        let expected = format_args!("Vec<{}> (a list, or an array of {})", T::type_name(), of.name());
        return Err(Error::mismatch(expected, header));
    };
    let order = if cfg!(target_endian = "little") { '<' } else { '>' };
    let native = DType::parse(&format!("{order}{}8[{}{}]", of.kind(), steps.multiple, steps.unit))?;
    let values = header.vec_of::<i64>(slots, cursor.decoder(), &native)?;
    values.into_iter().enumerate().map(|(index, step)| steps.make(step, of).map_err(|e| e.at_index(index))).collect()
}

impl<T> Numpy<T> {
    fn name(&self) -> &'static str {
        match self {
            Numpy::DateTime(_) => "datetime64",
            Numpy::TimeDelta(_) => "timedelta64",
        }
    }

    fn kind(&self) -> char {
        match self {
            Numpy::DateTime(_) => 'M',
            Numpy::TimeDelta(_) => 'm',
        }
    }

    /// `None` if it is another dtype, or one without a unit.
    fn steps(&self, dtype: &DType) -> Option<Steps> {
        let (unit, multiple) = dtype.time_unit().filter(|_| dtype.kind() == self.kind())?;
        Some(Steps { unit, multiple, is_native: dtype.is_native() })
    }
}

/// What the elements of a dtype count.
struct Steps {
    unit: &'static str,
    multiple: u32,
    is_native: bool,
}

impl Steps {
    fn make<T>(&self, step: i64, of: &Numpy<T>) -> Result<T> {
        if step == i64::MIN {
            return Err(Error::mismatch(format_args!("a {}", of.name()), "NaT, which is none")
                .with_help("an array with times that lack is read as `NdArray`"));
        }
        let (secs, nanos) = self.seconds(step, of)?;
        match of {
            Numpy::DateTime(make) | Numpy::TimeDelta(make) => make(secs, nanos),
        }
    }

    /// Seconds, rounded down, and nanoseconds.
    fn seconds<T>(&self, step: i64, of: &Numpy<T>) -> Result<(i64, u32)> {
        let (unit, beyond) = (self.unit, || beyond(of.name()));
        // At most 2⁹⁴.
        let count = i128::from(step) * i128::from(self.multiple);
        let times = |nanos: i128| count.checked_mul(nanos).ok_or_else(beyond);
        let (whole, part) = match (unit, of) {
            ("Y" | "M", Numpy::DateTime(_)) => {
                (i128::from(days_of(count, unit).ok_or_else(beyond)?) * 86_400 * BILLION, 1)
            }
            ("W", _) => (times(7 * 86_400 * BILLION)?, 1),
            ("D", _) => (times(86_400 * BILLION)?, 1),
            ("h", _) => (times(3600 * BILLION)?, 1),
            ("m", _) => (times(60 * BILLION)?, 1),
            ("s", _) => (times(BILLION)?, 1),
            ("ms", _) => (times(1_000_000)?, 1),
            ("us", _) => (times(1000)?, 1),
            ("ns", _) => (count, 1),
            ("ps", _) => (count, 1000),
            ("fs", _) => (count, 1_000_000),
            ("as", _) => (count, BILLION),
            // Months are of several lengths.
            _ => {
                let text = format!("a {} in units of {unit}, which are no number of seconds", of.name());
                return Err(Error::new(ErrorKind::Unsupported, text));
            }
        };
        if whole % part != 0 {
            let text = format!("a {} of {count} {unit} is not whole in nanoseconds", of.name());
            return Err(Error::new(ErrorKind::OutOfRange, text).with_help("`NdArray` takes the array as it is"));
        }
        let nanos = whole / part;
        let secs = i64::try_from(nanos.div_euclid(BILLION)).map_err(|_| beyond())?;
        Ok((secs, nanos.rem_euclid(BILLION) as u32))
    }
}

/// Days from 1970 to the first of a year or month, of Python's years.
fn days_of(count: i128, unit: &str) -> Option<i32> {
    let months = if unit == "Y" { count.checked_mul(12)? } else { count }.checked_add(1970 * 12)?;
    let year = u16::try_from(months.div_euclid(12)).ok()?;
    Some(Date::new(year, months.rem_euclid(12) as u8 + 1, 1).ok()?.days_since_1970())
}

/// What a date is of: whole days.
pub(super) fn whole_days(secs: i64, nanos: u32) -> Result<i64> {
    match (secs.rem_euclid(86_400), nanos) {
        (0, 0) => Ok(secs.div_euclid(86_400)),
        _ => {
            let text = "a datetime64 with a time of its day is no date";
            Err(Error::new(ErrorKind::OutOfRange, text).with_help("a datetime has both"))
        }
    }
}

#[cold]
fn beyond(name: &str) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("a {name} that is longer, or further from 1970, than any here"))
}
