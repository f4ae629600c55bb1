//! `datetime`: dates and times as Python has them, out of the packed bytes that it pickles.

use crate::graph::Graph;
use crate::known::Known;
use crate::known::call::{Call, payload};
use crate::known::zone::{TzInfo, tzinfo, write_offset};
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

/// Python's `datetime.date`. It prints as Python's does, in ISO 8601.
///
/// ```
/// use frames_pickle::known::Date;
/// let date = Date::new(2024, 2, 29)?;
/// assert_eq!((date.year, date.month, date.day), (2024, 2, 29));
/// assert_eq!(date.to_string(), "2024-02-29");
/// assert!(Date::new(2023, 2, 29).is_err());
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Date {
    /// 1 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

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

impl Date {
    /// A day of the Gregorian calendar.
    ///
    /// # Errors
    ///
    /// There is no such day.
    ///
    /// ```
    /// assert!(frames_pickle::known::Date::new(2024, 13, 1).is_err());
    /// ```
    pub fn new(year: u16, month: u8, day: u8) -> Result<Date> {
        within("year", year.into(), 1, 9999)?;
        within("month", month.into(), 1, 12)?;
        within("day", day.into(), 1, days_in(year, month).into())?;
        Ok(Date { year, month, day })
    }

    /// The days since 1970-01-01.
    ///
    /// ```
    /// assert_eq!(frames_pickle::known::Date::new(1970, 1, 2)?.days_since_1970(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn days_since_1970(&self) -> i32 {
        // Years start in March, so that leap days are last.
        let (month, year) = (i32::from(self.month), i32::from(self.year) - i32::from(self.month <= 2));
        let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + i32::from(self.day) - 1;
        year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468
    }
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
        within("hour", hour.into(), 0, 23)?;
        within("minute", minute.into(), 0, 59)?;
        within("second", second.into(), 0, 59)?;
        within("microsecond", microsecond, 0, 999_999)?;
        Ok(Time { hour, minute, second, microsecond, fold: false, tzinfo: None })
    }

    /// Since midnight.
    fn since_midnight(&self) -> Duration {
        let seconds = (u64::from(self.hour) * 60 + u64::from(self.minute)) * 60 + u64::from(self.second);
        Duration::from_secs(seconds) + Duration::from_micros(self.microsecond.into())
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
        let offset = self.time.tzinfo.as_ref()?.offset()?;
        let day = i64::from(self.date.days_since_1970()) * 86_400_000_000;
        let micros = i64::try_from(self.time.since_midnight().as_micros()).ok()? + day;
        let micros = micros - i64::try_from(offset.total_microseconds()).ok()?;
        let length = Duration::from_micros(micros.unsigned_abs());
        let epoch = SystemTime::UNIX_EPOCH;
        if micros < 0 { epoch.checked_sub(length) } else { epoch.checked_add(length) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
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

fn within(what: &'static str, found: u32, least: u32, most: u32) -> Result<()> {
    match (least..=most).contains(&found) {
        true => Ok(()),
        false => {
            Err(Error::new(ErrorKind::OutOfRange, format!("expected a {what} from {least} to {most}, found {found}")))
        }
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
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
