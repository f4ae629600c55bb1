//! `datetime.timedelta`.

use super::{Scalar, read_map, through, within, write_map};
use crate::error::{Error, ErrorKind, Result};
use crate::msgpack::Cursor;
use crate::pickle_ops::{PickleWriter, op};
use std::fmt;
use std::time::Duration;

/// Python's `datetime.timedelta`: days, and what is more than they, which is never negative. It prints as Python's does.
///
/// ```
/// use frames_core::python::TimeDelta;
/// let delta = TimeDelta::new(0, -1, 5)?;
/// assert_eq!((delta.days(), delta.seconds(), delta.microseconds()), (-1, 86_399, 5));
/// assert_eq!(delta.to_string(), "-1 day, 23:59:59.000005");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeDelta {
    days: i32,
    seconds: u32,
    microseconds: u32,
}

pub(crate) const DAY: i128 = 86_400_000_000;
const MOST_DAYS: i128 = 999_999_999;

impl TimeDelta {
    /// The sum of these, as Python's `timedelta(days, seconds, microseconds)`.
    ///
    /// # Errors
    ///
    /// It is more than 999,999,999 days.
    ///
    /// ```
    /// # use frames_core::python::TimeDelta;
    /// assert_eq!(TimeDelta::new(1, 3600, 0)?.to_string(), "1 day, 1:00:00");
    /// assert!(TimeDelta::new(1_000_000_000, 0, 0).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new(days: i64, seconds: i64, microseconds: i64) -> Result<TimeDelta> {
        let all = i128::from(days) * DAY + i128::from(seconds) * 1_000_000 + i128::from(microseconds);
        TimeDelta::from_microseconds(all)
    }

    /// -999,999,999 to 999,999,999.
    ///
    /// ```
    /// assert_eq!(frames_core::python::TimeDelta::new(2, 0, 0)?.days(), 2);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn days(&self) -> i32 {
        self.days
    }

    /// 0 to 86,399.
    ///
    /// ```
    /// assert_eq!(frames_core::python::TimeDelta::new(2, 1, 0)?.seconds(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn seconds(&self) -> u32 {
        self.seconds
    }

    /// 0 to 999,999.
    ///
    /// ```
    /// assert_eq!(frames_core::python::TimeDelta::new(2, 1, 3)?.microseconds(), 3);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn microseconds(&self) -> u32 {
        self.microseconds
    }

    /// All of it.
    ///
    /// ```
    /// assert_eq!(frames_core::python::TimeDelta::new(0, -1, 0)?.total_microseconds(), -1_000_000);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn total_microseconds(&self) -> i128 {
        i128::from(self.days) * DAY + i128::from(self.seconds) * 1_000_000 + i128::from(self.microseconds)
    }
}

impl TimeDelta {
    pub(crate) const ZERO: TimeDelta = TimeDelta { days: 0, seconds: 0, microseconds: 0 };

    /// Of so many microseconds, if a timedelta has them.
    pub(crate) fn from_microseconds(all: i128) -> Result<TimeDelta> {
        let (days, rest) = (all.div_euclid(DAY), all.rem_euclid(DAY));
        if !(-MOST_DAYS..=MOST_DAYS).contains(&days) {
            let text = format!("expected days from -{MOST_DAYS} to {MOST_DAYS}, found {days}");
            return Err(Error::new(ErrorKind::OutOfRange, text));
        }
        let (seconds, microseconds) = ((rest / 1_000_000) as u32, (rest % 1_000_000) as u32);
        Ok(TimeDelta { days: days as i32, seconds, microseconds })
    }

    /// The call of the class that is on the stack.
    pub(super) fn pickle_call(&self, out: &mut PickleWriter) {
        out.int(&self.days.to_le_bytes());
        out.int(&i64::from(self.seconds).to_le_bytes());
        out.int(&i64::from(self.microseconds).to_le_bytes());
        out.kept(op::TUPLE3);
        out.reduce();
    }
}

/// It is not negative.
impl TryFrom<TimeDelta> for Duration {
    type Error = Error;

    fn try_from(delta: TimeDelta) -> Result<Duration> {
        match u64::try_from(delta.days) {
            Ok(days) => Ok(Duration::new(days * 86_400 + u64::from(delta.seconds), delta.microseconds * 1000)),
            Err(_) => Err(Error::new(ErrorKind::OutOfRange, "a negative timedelta is no Duration")),
        }
    }
}

impl fmt::Display for TimeDelta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days != 0 {
            let s = if self.days.abs() == 1 { "" } else { "s" };
            write!(f, "{} day{s}, ", self.days)?;
        }
        write!(f, "{}:{:02}:{:02}", self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60)?;
        match self.microseconds {
            0 => Ok(()),
            micros => write!(f, ".{micros:06}"),
        }
    }
}

through!(TimeDelta, "frames_core::python::TimeDelta": TimeDelta, |delta| Ok(*delta), Ok);

impl Scalar for TimeDelta {
    const CLASS: (&'static str, &'static str) = ("datetime", "timedelta");

    fn pickle(&self, out: &mut PickleWriter) {
        out.global("datetime", "timedelta");
        self.pickle_call(out);
    }

    fn write_fields(&self, out: &mut Vec<u8>) -> Result<()> {
        write_map!(
            out,
            "days": i64::from(self.days),
            "seconds": i64::from(self.seconds),
            "microseconds": i64::from(self.microseconds),
        )
    }

    fn read_fields(cursor: &mut Cursor<'_>) -> Result<Self> {
        let (days, seconds, microseconds) = read_map!(
            cursor, "days" as days: i32, "seconds" as seconds: u32, "microseconds" as microseconds: u32,
        )?;
        within("number of seconds", seconds.into(), 0, 86_399).map_err(|e| e.at_field("seconds"))?;
        within("number of microseconds", microseconds.into(), 0, 999_999).map_err(|e| e.at_field("microseconds"))?;
        TimeDelta::new(days.into(), seconds.into(), microseconds.into())
    }
}
