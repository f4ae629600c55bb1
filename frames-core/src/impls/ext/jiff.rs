//! jiff's dates and times: civil ones are naive in Python, `Timestamp` is aware in UTC, and `ZonedDateTime` keeps its zone by name.
//!
//! What cannot be said in Python is an error on writing: nanoseconds, years before 1, zones without a name. What a type here cannot say is one on
//! reading: a zone for a civil type, none for the others, offsets with fractions of a second. A `Timestamp` is a moment, and so takes any known
//! offset. A zone by name is looked up in jiff's database; which of two equal times is meant the fold says, and a time that clocks skip is an
//! error. UTC by any name is UTC, and of a fixed zone the offset is kept and a name is not. Civil datetimes and dates are read from numpy's
//! `datetime64`, too, and `SignedDuration` from its `timedelta64`: from scalars and, many, from arrays.

use super::datetime64::{Numpy, whole_days};
use super::{date, delta, micros, naive, naive_time, numpy_too, of_delta, seconds};
use crate::error::{Error, ErrorKind, Result};
use crate::pickle_ops::quoted;
use crate::python::{self, Zone, through};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

numpy_too!(Date, "jiff::civil::Date": python::Date, |day| to_date(*day), of_date, Numpy::DateTime(of_days));
through!(
    Time, "jiff::civil::Time": python::Time,
    |time| to_time(*time), |time| naive_time(time).and_then(|time| of_time(&time))
);
numpy_too!(
    DateTime, "jiff::civil::DateTime": python::DateTime,
    |when| to_civil(*when), |when| naive(when).and_then(|when| of_clock(&when)), Numpy::DateTime(of_seconds)
);
through!(Timestamp, "jiff::Timestamp": python::DateTime, to_utc, of_moment);
through!(ZonedDateTime, "jiff::ZonedDateTime": python::DateTime, to_zoned, of_zoned);
numpy_too!(
    SignedDuration, "jiff::SignedDuration": python::TimeDelta,
    |length| delta(length.as_secs(), length.subsec_nanos()), of_length, Numpy::TimeDelta(of_span)
);

/// What jiff does not have is out of its range.
#[cold]
fn beyond(error: jiff::Error) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("a time that jiff cannot tell: {error}"))
}

fn to_date(day: Date) -> Result<python::Date> {
    date(day.year().into(), day.month().unsigned_abs(), day.day().unsigned_abs())
}

fn of_date(day: python::Date) -> Result<Date> {
    // Years up to 9999, months and days are small.
    Date::new(day.year as i16, day.month as i8, day.day as i8).map_err(beyond)
}

fn to_time(time: Time) -> Result<python::Time> {
    let [hour, minute, second] = [time.hour(), time.minute(), time.second()].map(i8::unsigned_abs);
    python::Time::new(hour, minute, second, micros(time.subsec_nanosecond().unsigned_abs())?)
}

fn of_time(time: &python::Time) -> Result<Time> {
    let [hour, minute, second] = [time.hour, time.minute, time.second].map(|part| part as i8);
    Time::new(hour, minute, second, time.microsecond as i32 * 1000).map_err(beyond)
}

fn to_civil(when: DateTime) -> Result<python::DateTime> {
    Ok(python::DateTime::new(to_date(when.date())?, to_time(when.time())?))
}

/// The date and time on its own clock.
fn of_clock(when: &python::DateTime) -> Result<DateTime> {
    Ok(DateTime::from_parts(of_date(when.date)?, of_time(&when.time)?))
}

fn of_days(secs: i64, nanos: u32) -> Result<Date> {
    const EPOCH: Date = Date::constant(1970, 1, 1);
    let seconds = SignedDuration::from_secs(whole_days(secs, nanos)?.saturating_mul(86_400));
    EPOCH.checked_add(seconds).map_err(beyond)
}

fn of_seconds(secs: i64, nanos: u32) -> Result<DateTime> {
    const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    // Less than 2³⁰ nanoseconds.
    EPOCH.checked_add(SignedDuration::new(secs, nanos as i32)).map_err(beyond)
}

fn to_utc(when: &Timestamp) -> Result<python::DateTime> {
    let mut made = to_civil(Offset::UTC.to_datetime(*when))?;
    made.time.zone = Some(Zone::UTC);
    Ok(made)
}

fn of_moment(when: python::DateTime) -> Result<Timestamp> {
    Timestamp::from_microsecond(when.moment()?).map_err(beyond)
}

fn to_zoned(when: &ZonedDateTime) -> Result<python::DateTime> {
    let mut made = to_civil(when.datetime())?;
    let zone = when.time_zone();
    made.time.zone = Some(match (zone.to_fixed_offset(), zone.iana_name()) {
        _ if zone.is_unknown() => return Err(nameless()),
        (Ok(offset), _) => Zone::fixed(delta(offset.seconds().into(), 0)?, None)?,
        (Err(_), Some(key)) => Zone::named(key)?,
        (Err(_), None) => return Err(nameless()),
    });
    if let AmbiguousOffset::Fold { after, .. } = zone.to_ambiguous_timestamp(when.datetime()).offset() {
        made.time.fold = when.offset() == after;
    }
    Ok(made)
}

#[cold]
fn nameless() -> Error {
    Error::new(ErrorKind::Unsupported, "a time of a zone that has no name in the database of zones")
        .with_help("`.with_time_zone(…)` gives it another one")
}

fn of_zoned(when: python::DateTime) -> Result<ZonedDateTime> {
    let zone = match &when.time.zone {
        None => return Err(when.mismatch("an aware datetime")),
        Some(Zone::Fixed { offset, .. }) => TimeZone::fixed(Offset::from_seconds(seconds(offset)?).map_err(beyond)?),
        Some(Zone::Named { key }) if python::is_utc(key) => TimeZone::UTC,
        Some(Zone::Named { key }) => TimeZone::get(key).map_err(|_| {
            let text = format!("there is no zone {} in the database of zones of this system", quoted(key));
            Error::new(ErrorKind::OutOfRange, text)
        })?,
    };
    let clock = of_clock(&when)?;
    let found = zone.to_ambiguous_zoned_datetime(clock);
    let zoned = match found.offset() {
        AmbiguousOffset::Unambiguous { .. } => found.unambiguous(),
        AmbiguousOffset::Fold { .. } if when.time.fold => found.later(),
        AmbiguousOffset::Fold { .. } => found.earlier(),
        AmbiguousOffset::Gap { .. } => {
            let zone = when.time.zone.as_ref().map_or_else(String::new, Zone::to_string);
            let text = format!("there is no {clock} in the zone {}, whose clocks skip it", quoted(&zone));
            return Err(Error::new(ErrorKind::OutOfRange, text)
                .with_help("`frames_core::python::DateTime` takes it as Python has it"));
        }
    };
    zoned.map_err(beyond)
}

fn of_length(length: python::TimeDelta) -> Result<SignedDuration> {
    let (secs, nanos) = of_delta(&length);
    of_span(secs, nanos)
}

fn of_span(secs: i64, nanos: u32) -> Result<SignedDuration> {
    // Less than 2³⁰ nanoseconds, so that no second is carried.
    Ok(SignedDuration::new(secs, nanos as i32))
}
