//! `datetime`: dates and times as Python has them, out of the packed bytes that it pickles.

use crate::graph::Graph;
use crate::known::Known;
use crate::known::call::{Call, payload};
use crate::known::zone::{TzInfo, tzinfo};
use crate::value::Value;
use frames_core::__private::python::write_offset;
use frames_core::python::{self, Date, Zone};
use frames_core::{Error, Result};
use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

/// Python's `datetime.time`. It prints as Python's does, with the offset of a fixed zone.
///
/// ```
/// use frames_pickle::known::Time;
/// let time = Time::new(12, 30, 0, 250)?;
/// assert_eq!(time.to_string(), "12:30:00.000250");
/// assert!(Time::new(24, 0, 0, 0).is_err());
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Time {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999,999.
    pub microsecond: u32,
    /// True for the second of two equal times where clocks are set back.
    pub fold: bool,
    /// The zone, if it has one.
    pub tzinfo: Option<TzInfo>,
}

/// Python's `datetime.datetime`. It prints as Python's `str`; [`isoformat`](Self::isoformat) has a `T` between date and time.
///
/// The offset of a fixed zone, and of UTC, is printed. What the offset of another zone by name is says only a database of zones, which is not here: such a
/// time prints with the name in brackets, as RFC 9557 writes it.
///
/// ```
/// use frames_pickle::known::{DateTime, Date, Time};
/// let when = DateTime::new(Date::new(2024, 2, 29)?, Time::new(12, 30, 0, 0)?);
/// assert_eq!(when.to_string(), "2024-02-29 12:30:00");
/// assert_eq!(when.isoformat(), "2024-02-29T12:30:00");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DateTime {
    /// The day.
    pub date: Date,
    /// The time of that day, with the zone.
    pub time: Time,
}

impl Time {
    /// A time of a day, without a zone.
    ///
    /// # Errors
    ///
    /// There is no such time.
    ///
    /// ```
    /// assert!(frames_pickle::known::Time::new(12, 60, 0, 0).is_err());
    /// ```
    pub fn new(hour: u8, minute: u8, second: u8, microsecond: u32) -> Result<Time> {
        python::Time::new(hour, minute, second, microsecond)?;
        Ok(Time { hour, minute, second, microsecond, fold: false, tzinfo: None })
    }
}

impl DateTime {
    /// A time of a day.
    ///
    /// ```
    /// use frames_pickle::known::{DateTime, Date, Time};
    /// let when = DateTime::new(Date::new(2024, 2, 29)?, Time::new(0, 0, 0, 0)?);
    /// assert_eq!(when.time.tzinfo, None);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new(date: Date, time: Time) -> DateTime {
        DateTime { date, time }
    }

    /// As Python's `isoformat()`.
    ///
    /// ```
    /// # use frames_pickle::known::{DateTime, Date, Time};
    /// let when = DateTime::new(Date::new(2024, 2, 29)?, Time::new(0, 0, 0, 0)?);
    /// assert_eq!(when.isoformat(), "2024-02-29T00:00:00");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn isoformat(&self) -> String {
        format!("{}T{}", self.date, Clock(&self.time, true))
    }

    /// The moment, if the zone is UTC or one of a fixed offset.
    ///
    /// ```
    /// # use frames_pickle::known::{DateTime, Date, Time};
    /// let naive = DateTime::new(Date::new(2024, 2, 29)?, Time::new(0, 0, 0, 0)?);
    /// assert_eq!(naive.to_system_time(), None);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_system_time(&self) -> Option<SystemTime> {
        python::DateTime::try_from(self).ok()?.to_system_time().ok()
    }
}

/// Without a zone of another class.
impl TryFrom<&Time> for python::Time {
    type Error = Error;

    fn try_from(time: &Time) -> Result<python::Time> {
        let mut made = python::Time::new(time.hour, time.minute, time.second, time.microsecond)?;
        made.fold = time.fold;
        made.zone = time.tzinfo.as_ref().map(Zone::try_from).transpose().map_err(|e| e.at_field("tzinfo"))?;
        Ok(made)
    }
}

impl From<python::Time> for Time {
    fn from(time: python::Time) -> Time {
        let python::Time { hour, minute, second, microsecond, fold, zone, .. } = time;
        Time { hour, minute, second, microsecond, fold, tzinfo: zone.map(TzInfo::from) }
    }
}

/// Without a zone of another class.
impl TryFrom<&DateTime> for python::DateTime {
    type Error = Error;

    fn try_from(when: &DateTime) -> Result<python::DateTime> {
        Ok(python::DateTime::new(when.date, python::Time::try_from(&when.time)?))
    }
}

impl From<python::DateTime> for DateTime {
    fn from(when: python::DateTime) -> DateTime {
        DateTime { date: when.date, time: when.time.into() }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Clock(self, false), f)
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.date, Clock(&self.time, true))
    }
}

/// A time, and whether its day is known: without it, a zone by name has no offset in Python either.
struct Clock<'t>(&'t Time, bool);

impl fmt::Display for Clock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Clock(time, has_day) = self;
        write!(f, "{:02}:{:02}:{:02}", time.hour, time.minute, time.second)?;
        if time.microsecond > 0 {
            write!(f, ".{:06}", time.microsecond)?;
        }
        let Some(tzinfo) = &time.tzinfo else { return Ok(()) };
        match (tzinfo.offset(), has_day) {
            (Some(offset), _) => write_offset(f, offset),
            (None, true) => write!(f, "[{tzinfo}]"),
            (None, false) => Ok(()),
        }
    }
}

/// The first argument: bytes of exactly this length.
fn packed<const N: usize>(call: &Call<'_>) -> Result<[u8; N]> {
    call.no_steps()?;
    call.take(0, |graph, value| {
        let bytes: Cow<'_, [u8]> = payload(graph, value)?;
        <[u8; N]>::try_from(&*bytes)
            .map_err(|_| Error::mismatch(format_args!("{N} bytes"), format_args!("{} bytes", bytes.len())))
    })
}

fn zone_of(call: &Call<'_>) -> Result<Option<TzInfo>> {
    match call.get(1) {
        None | Some(Value::NONE) => Ok(None),
        Some(_) => call.take(1, |graph: &Graph<'_>, value| tzinfo(graph, value)).map(Some),
    }
}

fn at_payload(error: Error) -> Error {
    error.at_index(0).at_field("args")
}

/// The year is the only number of two bytes whose first is the higher.
fn date_of(year: [u8; 2], month: u8, day: u8) -> Result<Date> {
    Date::new(u16::from_be_bytes(year), month, day).map_err(at_payload)
}

fn time_of(clock: [u8; 3], micros: [u8; 3], fold: bool, tzinfo: Option<TzInfo>) -> Result<Time> {
    let ([hour, minute, second], [high, middle, low]) = (clock, micros);
    let micros = u32::from_be_bytes([0, high, middle, low]);
    let time = Time::new(hour, minute, second, micros).map_err(at_payload)?;
    Ok(Time { fold, tzinfo, ..time })
}

pub(crate) fn date(call: &Call<'_>) -> Result<Known> {
    call.count(1..=1)?;
    let [y, z, month, day] = packed(call)?;
    date_of([y, z], month, day).map(Known::Date)
}

/// The first bit is the fold, in the byte of the hour.
pub(crate) fn time(call: &Call<'_>) -> Result<Known> {
    call.count(1..=2)?;
    let [hour, minute, second, a, b, c] = packed(call)?;
    let tzinfo = zone_of(call)?;
    time_of([hour & 0x7f, minute, second], [a, b, c], hour & 0x80 != 0, tzinfo).map(Known::Time)
}

/// The first bit is the fold, in the byte of the month.
pub(crate) fn datetime(call: &Call<'_>) -> Result<Known> {
    call.count(1..=2)?;
    let [y, z, month, day, hour, minute, second, a, b, c] = packed(call)?;
    let tzinfo = zone_of(call)?;
    let date = date_of([y, z], month & 0x7f, day)?;
    let time = time_of([hour, minute, second], [a, b, c], month & 0x80 != 0, tzinfo)?;
    Ok(Known::DateTime(DateTime { date, time }))
}
