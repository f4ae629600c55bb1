//! chrono's dates and times: naive ones are naive in Python, those with an offset are aware.
//!
//! What cannot be said in Python is an error on writing: nanoseconds, leap seconds, years beyond 9999. What a type here cannot say is one on
//! reading: a zone for a naive type, none for an aware one, and a zone by name (other than UTC), whose offset only a database knows. `DateTime<Utc>`
//! is a moment, and so takes any offset; of a fixed zone the offset is kept and a name is not. `NaiveDateTime`
//! and `NaiveDate` are read from numpy's `datetime64`, too, and `TimeDelta` from its `timedelta64`: from scalars and, many, from arrays.

use super::datetime64::{Numpy, whole_days};
use super::{date, delta, micros, naive, naive_time, numpy_too, of_delta, seconds};
use crate::error::{Error, ErrorKind, Result};
use crate::python::{self, Zone, through};
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

numpy_too!(NaiveDate, "chrono::NaiveDate": python::Date, to_date, of_date, Numpy::DateTime(of_days));
through!(
    NaiveTime, "chrono::NaiveTime": python::Time,
    to_time, |time| naive_time(time).and_then(|time| of_time(&time))
);
numpy_too!(
    NaiveDateTime, "chrono::NaiveDateTime": python::DateTime,
    to_naive, |when| naive(when).and_then(|when| of_clock(&when)), Numpy::DateTime(of_seconds)
);
through!(DateTime<Utc>, "chrono::DateTime<Utc>": python::DateTime, to_utc, of_moment);
through!(DateTime<FixedOffset>, "chrono::DateTime<FixedOffset>": python::DateTime, to_fixed, of_fixed);
numpy_too!(
    TimeDelta, "chrono::TimeDelta": python::TimeDelta,
    |length| delta(length.num_seconds(), length.subsec_nanos()), of_length, Numpy::TimeDelta(of_span)
);

/// What chrono does not have is out of its range.
#[cold]
fn beyond() -> Error {
    Error::new(ErrorKind::OutOfRange, "a time that chrono cannot tell")
}

fn to_date(day: &NaiveDate) -> Result<python::Date> {
    // A month and a day are small.
    date(day.year(), day.month() as u8, day.day() as u8)
}

fn of_date(day: python::Date) -> Result<NaiveDate> {
    NaiveDate::from_ymd_opt(day.year.into(), day.month.into(), day.day.into()).ok_or_else(beyond)
}

fn to_time(time: &NaiveTime) -> Result<python::Time> {
    if time.nanosecond() >= 1_000_000_000 {
        return Err(Error::new(
            ErrorKind::OutOfRange,
            format!("{time} is a leap second, which Python's times do not have"),
        ));
    }
    python::Time::new(time.hour() as u8, time.minute() as u8, time.second() as u8, micros(time.nanosecond())?)
}

fn of_time(time: &python::Time) -> Result<NaiveTime> {
    NaiveTime::from_hms_micro_opt(time.hour.into(), time.minute.into(), time.second.into(), time.microsecond)
        .ok_or_else(beyond)
}

fn to_naive(when: &NaiveDateTime) -> Result<python::DateTime> {
    Ok(python::DateTime::new(to_date(&when.date())?, to_time(&when.time())?))
}

/// The date and time on its own clock.
fn of_clock(when: &python::DateTime) -> Result<NaiveDateTime> {
    Ok(NaiveDateTime::new(of_date(when.date)?, of_time(&when.time)?))
}

fn of_days(secs: i64, nanos: u32) -> Result<NaiveDate> {
    let days = i32::try_from(whole_days(secs, nanos)?).ok().and_then(NaiveDate::from_epoch_days);
    days.ok_or_else(beyond)
}

fn of_seconds(secs: i64, nanos: u32) -> Result<NaiveDateTime> {
    DateTime::from_timestamp(secs, nanos).map(|when| when.naive_utc()).ok_or_else(beyond)
}

fn to_utc(when: &DateTime<Utc>) -> Result<python::DateTime> {
    let mut made = to_naive(&when.naive_utc())?;
    made.time.zone = Some(Zone::UTC);
    Ok(made)
}

fn of_moment(when: python::DateTime) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(when.moment()?).ok_or_else(beyond)
}

fn to_fixed(when: &DateTime<FixedOffset>) -> Result<python::DateTime> {
    let mut made = to_naive(&when.naive_utc().checked_add_offset(*when.offset()).ok_or_else(beyond)?)?;
    let offset = delta(when.offset().local_minus_utc().into(), 0)?;
    made.time.zone = Some(Zone::fixed(offset, None)?);
    Ok(made)
}

fn of_fixed(when: python::DateTime) -> Result<DateTime<FixedOffset>> {
    let Some(zone) = &when.time.zone else { return Err(when.mismatch("an aware datetime")) };
    let offset = FixedOffset::east_opt(seconds(&zone.known_offset()?)?).ok_or_else(beyond)?;
    let utc = of_clock(&when)?.checked_sub_offset(offset).ok_or_else(beyond)?;
    Ok(DateTime::from_naive_utc_and_offset(utc, offset))
}

fn of_length(length: python::TimeDelta) -> Result<TimeDelta> {
    let (secs, nanos) = of_delta(&length);
    of_span(secs, nanos)
}

fn of_span(secs: i64, nanos: u32) -> Result<TimeDelta> {
    TimeDelta::new(secs, nanos).ok_or_else(beyond)
}
