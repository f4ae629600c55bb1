//! `FrameSerialize` for types of other crates, a file a crate and a feature each. Those that are Python's scalar objects go through
//! [`python`](crate::python).
//!
//! Both ways a value is exactly the same or it is an error that says why: nothing is rounded, no zone is taken away or made up.

#[cfg(feature = "bigdecimal")]
mod bigdecimal;
#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "num-complex")]
mod complex;
#[cfg(any(feature = "chrono", feature = "jiff"))]
mod datetime64;
#[cfg(feature = "half")]
mod half;
#[cfg(feature = "indexmap")]
mod indexmap;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "ndarray")]
mod ndarray;
#[cfg(feature = "rust_decimal")]
mod rust_decimal;
#[cfg(feature = "smallvec")]
mod smallvec;
#[cfg(feature = "sprs")]
mod sparse;
#[cfg(feature = "sprs")]
mod sprs;
#[cfg(all(test, feature = "bigdecimal", feature = "chrono", feature = "jiff", feature = "rust_decimal"))]
mod tests;
#[cfg(feature = "uuid")]
mod uuid;

#[cfg(any(feature = "chrono", feature = "jiff"))]
use datetime64::numpy_too;
#[cfg(feature = "sprs")]
pub use sparse::SparseCoo;

#[cfg(any(feature = "chrono", feature = "jiff"))]
use crate::error::Error;
#[cfg(any(feature = "bigdecimal", feature = "chrono", feature = "jiff", feature = "rust_decimal"))]
use crate::error::{ErrorKind, Result};
#[cfg(any(feature = "chrono", feature = "jiff"))]
use crate::python::{Date, DateTime, Time, TimeDelta};

/// A day, if Python has it.
#[cfg(any(feature = "chrono", feature = "jiff"))]
fn date(year: i32, month: u8, day: u8) -> Result<Date> {
    match u16::try_from(year) {
        Ok(year @ 1..=9999) => Date::new(year, month, day),
        _ => {
            Err(Error::new(ErrorKind::OutOfRange, format!("the year {year} is none of Python's, which are 1 to 9999")))
        }
    }
}

/// Whole microseconds: Python has no finer ones.
#[cfg(any(feature = "chrono", feature = "jiff"))]
fn micros(nanos: u32) -> Result<u32> {
    match nanos % 1000 {
        0 => Ok(nanos / 1000),
        rest => {
            let text = format!("Python's times have microseconds, and this one {rest} nanoseconds more");
            Err(Error::new(ErrorKind::OutOfRange, text).with_help("round it before it is sent"))
        }
    }
}

/// Seconds and what is more, of the same sign.
#[cfg(any(feature = "chrono", feature = "jiff"))]
fn delta(secs: i64, nanos: i32) -> Result<TimeDelta> {
    let micros = i128::from(micros(nanos.unsigned_abs())?);
    TimeDelta::from_microseconds(i128::from(secs) * 1_000_000 + if nanos < 0 { -micros } else { micros })
}

/// Seconds rounded down, and nanoseconds.
#[cfg(any(feature = "chrono", feature = "jiff"))]
fn of_delta(delta: &TimeDelta) -> (i64, u32) {
    // A timedelta has less than 2⁴⁷ seconds.
    (i64::from(delta.days()) * 86_400 + i64::from(delta.seconds()), delta.microseconds() * 1000)
}

/// A time without a zone and a fold, which the wanted type cannot tell.
#[cfg(any(feature = "chrono", feature = "jiff"))]
fn naive_time(time: Time) -> Result<Time> {
    if let Some(zone) = &time.zone {
        let zone = crate::pickle_ops::quoted(&zone.to_string());
        return Err(Error::mismatch("a time without a zone", format_args!("a time of the zone {zone}")));
    }
    not_folded(time.fold)?;
    Ok(time)
}

/// A naive datetime.
#[cfg(any(feature = "chrono", feature = "jiff"))]
fn naive(when: DateTime) -> Result<DateTime> {
    if when.time.zone.is_some() {
        return Err(when.mismatch("a naive datetime"));
    }
    not_folded(when.time.fold)?;
    Ok(when)
}

#[cfg(any(feature = "chrono", feature = "jiff"))]
fn not_folded(fold: bool) -> Result<()> {
    match fold {
        false => Ok(()),
        true => {
            let text =
                "a time without a zone whose `fold` is 1: the second of two equal times, which this type cannot tell";
            Err(Error::new(ErrorKind::Unsupported, text)
                .with_help("send `.replace(fold=0)`, or read it as a type of `frames_core::python`"))
        }
    }
}

/// The offset of a zone in seconds; the types of Rust have none of microseconds.
#[cfg(any(feature = "chrono", feature = "jiff"))]
fn seconds(offset: &TimeDelta) -> Result<i32> {
    match offset.microseconds() {
        // Less than a day.
        0 => Ok(offset.days() * 86_400 + offset.seconds() as i32),
        _ => {
            let text = format!("the offset {offset} from UTC has fractions of a second, which this type has not");
            Err(Error::new(ErrorKind::OutOfRange, text).with_help("`frames_core::python::DateTime` has them"))
        }
    }
}

/// A number of Python's that the wanted type does not have.
#[cfg(any(feature = "bigdecimal", feature = "rust_decimal"))]
#[cold]
fn no_number<T>(number: &crate::python::Decimal, wanted: &str) -> Result<T> {
    let number = crate::pickle_ops::quoted(&number.to_string());
    let error = crate::Error::new(ErrorKind::OutOfRange, format!("Decimal({number}) is no {wanted}"));
    Err(error.with_help("numbers are never rounded silently; `frames_core::python::Decimal` takes them all"))
}
