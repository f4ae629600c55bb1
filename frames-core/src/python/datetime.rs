//! `datetime.date`, `datetime.time` and `datetime.datetime`, with their fold and zone.

use super::delta::DAY;
use super::{Scalar, Zone, read_map, through, within, write_map};
use crate::error::{Error, ErrorKind, Result};
use crate::msgpack::Cursor;
use crate::pickle_ops::{Memo, PickleWriter, op, quoted};
use std::fmt;
use std::time::{Duration, SystemTime};

/// Python's `datetime.date`. It prints as Python's does, in ISO 8601.
///
/// ```
/// use frames_core::python::Date;
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

/// Python's `datetime.time`.
///
/// ```
/// use frames_core::python::Time;
/// let time = Time::new(12, 30, 0, 250)?;
/// assert_eq!((time.hour, time.microsecond, time.zone), (12, 250, None));
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
    pub zone: Option<Zone>,
}

/// Python's `datetime.datetime`: naive without a zone, aware with one.
///
/// ```
/// use frames_core::python::{Date, DateTime, TimeDelta, Time, Zone};
/// let mut when = DateTime::new(Date::new(2024, 2, 29)?, Time::new(12, 30, 0, 0)?);
/// assert!(when.to_system_time().is_err(), "naive");
/// when.time.zone = Some(Zone::fixed(TimeDelta::new(0, 7200, 0)?, None)?);
/// assert!(when.to_system_time().is_ok());
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
    /// assert!(frames_core::python::Date::new(2024, 13, 1).is_err());
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
    /// assert_eq!(frames_core::python::Date::new(1970, 1, 2)?.days_since_1970(), 1);
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
    /// assert!(frames_core::python::Time::new(12, 60, 0, 0).is_err());
    /// ```
    pub fn new(hour: u8, minute: u8, second: u8, microsecond: u32) -> Result<Time> {
        within("hour", hour.into(), 0, 23)?;
        within("minute", minute.into(), 0, 59)?;
        within("second", second.into(), 0, 59)?;
        within("microsecond", microsecond.into(), 0, 999_999)?;
        Ok(Time { hour, minute, second, microsecond, fold: false, zone: None })
    }

    /// The same with a fold and a zone.
    pub(crate) fn with(self, fold: bool, zone: Option<Zone>) -> Time {
        Time { fold, zone, ..self }
    }

    /// Microseconds since midnight.
    fn since_midnight(&self) -> i64 {
        let seconds = (i64::from(self.hour) * 60 + i64::from(self.minute)) * 60 + i64::from(self.second);
        seconds * 1_000_000 + i64::from(self.microsecond)
    }

    fn clock(&self) -> [u8; 6] {
        let [_, a, b, c] = self.microsecond.to_be_bytes();
        [self.hour, self.minute, self.second, a, b, c]
    }

    /// What stands behind the class and the bytes of a time or datetime: the zone, and the call.
    fn pickle_zone(&self, module: Memo, out: &mut PickleWriter) {
        match &self.zone {
            None => out.kept(op::TUPLE1),
            Some(zone) => {
                zone.pickle(module, out);
                out.kept(op::TUPLE2)
            }
        };
        out.reduce();
    }
}

impl DateTime {
    /// A time of a day.
    ///
    /// ```
    /// use frames_core::python::{Date, DateTime, Time};
    /// let when = DateTime::new(Date::new(2024, 2, 29)?, Time::new(0, 0, 0, 0)?);
    /// assert_eq!(when.time.zone, None);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new(date: Date, time: Time) -> DateTime {
        DateTime { date, time }
    }

    /// The moment, of an aware datetime whose offset from UTC can be told without a database of zones.
    ///
    /// # Errors
    ///
    /// It is naive, or its zone is another one than UTC by name. Or this system cannot tell the time.
    ///
    /// ```
    /// use frames_core::python::{Date, DateTime, Time, Zone};
    /// let mut when = DateTime::new(Date::new(1970, 1, 1)?, Time::new(0, 0, 0, 0)?);
    /// when.time.zone = Some(Zone::UTC);
    /// assert_eq!(when.to_system_time()?, std::time::SystemTime::UNIX_EPOCH);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_system_time(&self) -> Result<SystemTime> {
        let micros = self.moment()?;
        let (length, epoch) = (Duration::from_micros(micros.unsigned_abs()), SystemTime::UNIX_EPOCH);
        let time = if micros < 0 { epoch.checked_sub(length) } else { epoch.checked_add(length) };
        time.ok_or_else(|| Error::new(ErrorKind::OutOfRange, "a time that this system cannot tell"))
    }

    /// Microseconds since 1970 in UTC, as [`to_system_time`](Self::to_system_time).
    pub(crate) fn moment(&self) -> Result<i64> {
        let offset = match &self.time.zone {
            None => return Err(self.mismatch("an aware datetime, which is a point in time")),
            Some(zone) => zone.known_offset()?,
        };
        // Some 2⁵⁹ microseconds, and less than a day.
        Ok(self.date_micros() - offset.total_microseconds() as i64)
    }

    /// Microseconds since 1970 on its own clock.
    pub(crate) fn date_micros(&self) -> i64 {
        i64::from(self.date.days_since_1970()) * DAY as i64 + self.time.since_midnight()
    }

    /// It is naive where an aware one is wanted, or the reverse.
    #[cold]
    pub(crate) fn mismatch(&self, wanted: &str) -> Error {
        match &self.time.zone {
            None => {
                let error = Error::mismatch(wanted, "a naive datetime, whose offset from UTC is not known");
                error.with_help("give it a zone in Python (`.replace(tzinfo=…)`), or read it as a type without one")
            }
            Some(zone) => {
                let error = Error::mismatch(
                    wanted,
                    format_args!("an aware datetime, of the zone {}", quoted(&zone.to_string())),
                );
                error.with_help(
                    "take the zone away in Python (`.replace(tzinfo=None)`), or read it as a type that has one",
                )
            }
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
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

through!(Date, "frames_core::python::Date": Date, |date| Ok(*date), Ok);
through!(Time, "frames_core::python::Time": Time, |time| Ok(time.clone()), Ok);
through!(DateTime, "frames_core::python::DateTime": DateTime, |when| Ok(when.clone()), Ok);

impl Scalar for Date {
    const CLASS: (&'static str, &'static str) = ("datetime", "date");

    fn check(&self) -> Result<()> {
        Date::new(self.year, self.month, self.day).map(drop)
    }

    fn pickle(&self, out: &mut PickleWriter) {
        out.global("datetime", "date");
        let [y, z] = self.year.to_be_bytes();
        out.bytes([y, z, self.month, self.day]);
        out.kept(op::TUPLE1);
        out.reduce();
    }

    fn write_fields(&self, out: &mut Vec<u8>) -> Result<()> {
        let Date { year, month, day } = *self;
        write_map!(out, "year": i64::from(year), "month": i64::from(month), "day": i64::from(day))
    }

    fn read_fields(cursor: &mut Cursor<'_>) -> Result<Self> {
        let (year, month, day) = read_map!(cursor, "year" as year: u16, "month" as month: u8, "day" as day: u8)?;
        Date::new(year, month, day)
    }
}

impl Scalar for Time {
    const CLASS: (&'static str, &'static str) = ("datetime", "time");

    fn check(&self) -> Result<()> {
        Time::new(self.hour, self.minute, self.second, self.microsecond)?;
        self.zone.as_ref().map_or(Ok(()), Zone::check)
    }

    /// The first bit is the fold, in the byte of the hour.
    fn pickle(&self, out: &mut PickleWriter) {
        let module = out.global("datetime", "time");
        let mut clock = self.clock();
        clock[0] |= (self.fold as u8) << 7;
        out.bytes(clock);
        self.pickle_zone(module, out);
    }

    fn write_fields(&self, out: &mut Vec<u8>) -> Result<()> {
        let (offset, zone) = Zone::fields(self.zone.as_ref());
        write_map!(
            out,
            "hour": i64::from(self.hour),
            "minute": i64::from(self.minute),
            "second": i64::from(self.second),
            "microsecond": i64::from(self.microsecond),
            "fold": self.fold,
            "offset": offset,
            "zone": zone,
        )
    }

    fn read_fields(cursor: &mut Cursor<'_>) -> Result<Self> {
        let (hour, minute, second, microsecond, fold, offset, zone) = read_map!(
            cursor,
            "hour" as hour: u8,
            "minute" as minute: u8,
            "second" as second: u8,
            "microsecond" as microsecond: u32,
            "fold" as fold: bool,
            "offset" as offset: Option<i64>,
            "zone" as zone: Option<String>,
        )?;
        Ok(Time::new(hour, minute, second, microsecond)?.with(fold, Zone::of_fields(offset, zone)?))
    }
}

impl Scalar for DateTime {
    const CLASS: (&'static str, &'static str) = ("datetime", "datetime");

    fn check(&self) -> Result<()> {
        self.date.check()?;
        self.time.check()
    }

    /// The first bit is the fold, in the byte of the month.
    fn pickle(&self, out: &mut PickleWriter) {
        let module = out.global("datetime", "datetime");
        let [y, z] = self.date.year.to_be_bytes();
        let [hour, minute, second, a, b, c] = self.time.clock();
        let month = self.date.month | (self.time.fold as u8) << 7;
        out.bytes([y, z, month, self.date.day, hour, minute, second, a, b, c]);
        self.time.pickle_zone(module, out);
    }

    fn write_fields(&self, out: &mut Vec<u8>) -> Result<()> {
        let (offset, zone) = Zone::fields(self.time.zone.as_ref());
        write_map!(
            out,
            "year": i64::from(self.date.year),
            "month": i64::from(self.date.month),
            "day": i64::from(self.date.day),
            "hour": i64::from(self.time.hour),
            "minute": i64::from(self.time.minute),
            "second": i64::from(self.time.second),
            "microsecond": i64::from(self.time.microsecond),
            "fold": self.time.fold,
            "offset": offset,
            "zone": zone,
        )
    }

    fn read_fields(cursor: &mut Cursor<'_>) -> Result<Self> {
        let (year, month, day, hour, minute, second, microsecond, fold, offset, zone) = read_map!(
            cursor,
            "year" as year: u16,
            "month" as month: u8,
            "day" as day: u8,
            "hour" as hour: u8,
            "minute" as minute: u8,
            "second" as second: u8,
            "microsecond" as microsecond: u32,
            "fold" as fold: bool,
            "offset" as offset: Option<i64>,
            "zone" as zone: Option<String>,
        )?;
        let time = Time::new(hour, minute, second, microsecond)?.with(fold, Zone::of_fields(offset, zone)?);
        Ok(DateTime { date: Date::new(year, month, day)?, time })
    }
}
