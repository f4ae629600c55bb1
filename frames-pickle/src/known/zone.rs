//! `datetime.timedelta`, `datetime.timezone` and `zoneinfo.ZoneInfo`.

use crate::graph::Graph;
use crate::known::Known;
use crate::known::call::{Call, Callee, int, int_in, text};
use crate::node::Node;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};
use std::fmt;
use std::time::Duration;

/// Python's `datetime.timedelta`: days, and what is more than they, which is never negative. It prints as Python's does.
///
/// ```
/// use frames_pickle::known::TimeDelta;
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

const DAY: i128 = 86_400_000_000;
const MOST_DAYS: i128 = 999_999_999;

impl TimeDelta {
    /// The sum of these, as Python's `timedelta(days, seconds, microseconds)`.
    ///
    /// # Errors
    ///
    /// It is more than 999,999,999 days.
    ///
    /// ```
    /// # use frames_pickle::known::TimeDelta;
    /// assert_eq!(TimeDelta::new(1, 3600, 0)?.to_string(), "1 day, 1:00:00");
    /// assert!(TimeDelta::new(1_000_000_000, 0, 0).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new(days: i64, seconds: i64, microseconds: i64) -> Result<TimeDelta> {
        let all = i128::from(days) * DAY + i128::from(seconds) * 1_000_000 + i128::from(microseconds);
        let (days, rest) = (all.div_euclid(DAY), all.rem_euclid(DAY));
        if !(-MOST_DAYS..=MOST_DAYS).contains(&days) {
            let text = format!("expected days from -{MOST_DAYS} to {MOST_DAYS}, found {days}");
            return Err(Error::new(ErrorKind::OutOfRange, text));
        }
        let (seconds, microseconds) = ((rest / 1_000_000) as u32, (rest % 1_000_000) as u32);
        Ok(TimeDelta { days: days as i32, seconds, microseconds })
    }

    /// -999,999,999 to 999,999,999.
    ///
    /// ```
    /// assert_eq!(frames_pickle::known::TimeDelta::new(2, 0, 0)?.days(), 2);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn days(&self) -> i32 {
        self.days
    }

    /// 0 to 86,399.
    ///
    /// ```
    /// assert_eq!(frames_pickle::known::TimeDelta::new(2, 1, 0)?.seconds(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn seconds(&self) -> u32 {
        self.seconds
    }

    /// 0 to 999,999.
    ///
    /// ```
    /// assert_eq!(frames_pickle::known::TimeDelta::new(2, 1, 3)?.microseconds(), 3);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn microseconds(&self) -> u32 {
        self.microseconds
    }

    /// All of it.
    ///
    /// ```
    /// assert_eq!(frames_pickle::known::TimeDelta::new(0, -1, 0)?.total_microseconds(), -1_000_000);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn total_microseconds(&self) -> i128 {
        i128::from(self.days) * DAY + i128::from(self.seconds) * 1_000_000 + i128::from(self.microseconds)
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

/// The zone of a time. It prints as Python's does, and an unknown one as `?`.
///
/// ```
/// use frames_pickle::known::{TimeDelta, TzInfo};
/// let zone = TzInfo::Fixed { offset: TimeDelta::new(0, 5 * 3600 + 1800, 0)?, name: None };
/// assert_eq!(zone.to_string(), "UTC+05:30");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TzInfo {
    /// `datetime.timezone`.
    Fixed {
        /// Less than a day, to the east.
        offset: TimeDelta,
        /// A name of its own.
        name: Option<String>,
    },
    /// `zoneinfo.ZoneInfo`.
    Zone {
        /// Like `Europe/Prague`.
        key: String,
    },
    /// Another class's, as those of pytz and dateutil: a value of the graph.
    Other(Value),
}

impl TzInfo {
    /// How far it is to the east at all times, if that is known: of fixed zones, and of UTC by its names.
    ///
    /// ```
    /// use frames_pickle::known::{TimeDelta, TzInfo};
    /// assert_eq!(TzInfo::Zone { key: "UTC".into() }.offset(), Some(TimeDelta::new(0, 0, 0)?));
    /// assert_eq!(TzInfo::Zone { key: "Europe/Prague".into() }.offset(), None);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn offset(&self) -> Option<TimeDelta> {
        match self {
            TzInfo::Fixed { offset, .. } => Some(*offset),
            TzInfo::Zone { key } if matches!(&**key, "UTC" | "Etc/UTC" | "GMT" | "Etc/GMT") => {
                Some(TimeDelta { days: 0, seconds: 0, microseconds: 0 })
            }
            _ => None,
        }
    }
}

impl fmt::Display for TzInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TzInfo::Fixed { name: Some(name), .. } => f.write_str(name),
            TzInfo::Fixed { offset, .. } if offset.total_microseconds() == 0 => f.write_str("UTC"),
            TzInfo::Fixed { offset, .. } => {
                f.write_str("UTC")?;
                write_offset(f, *offset)
            }
            TzInfo::Zone { key } => f.write_str(key),
            TzInfo::Other(_) => f.write_str("?"),
        }
    }
}

/// `+05:30`, with seconds if there are.
pub(crate) fn write_offset(f: &mut fmt::Formatter<'_>, offset: TimeDelta) -> fmt::Result {
    let all = offset.total_microseconds();
    let (sign, all) = (if all < 0 { '-' } else { '+' }, all.unsigned_abs());
    let (seconds, micros) = (all / 1_000_000, all % 1_000_000);
    write!(f, "{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60)?;
    if seconds % 60 != 0 || micros != 0 {
        write!(f, ":{:02}", seconds % 60)?;
    }
    if micros != 0 {
        write!(f, ".{micros:06}")?;
    }
    Ok(())
}

/// The zone that an argument is. Unknown classes stay values, as nothing is asked of them here.
pub(crate) fn tzinfo(graph: &Graph<'_>, value: Value) -> Result<TzInfo> {
    match graph.node(value) {
        Node::Object(object) => {
            let call = Call::of(graph, object)?;
            match call.callee {
                Callee::Global("datetime", "timezone") => fixed(&call),
                Callee::Method("zoneinfo", "ZoneInfo", "_unpickle") => named(&call),
                _ => Ok(TzInfo::Other(value)),
            }
        }
        Node::Global(_) | Node::Persistent(_) | Node::Extension(_) => Ok(TzInfo::Other(value)),
        _ => Err(Error::mismatch("a tzinfo", graph.name_of(value))),
    }
}

fn delta(call: &Call<'_>) -> Result<TimeDelta> {
    call.count(0..=3)?;
    call.no_steps()?;
    let part = |index: usize| match call.get(index) {
        None => Ok(0),
        Some(_) => call.take(index, |graph, value| int_in(graph, value, i64::MIN..=i64::MAX)),
    };
    TimeDelta::new(part(0)?, part(1)?, part(2)?).map_err(|error| error.at_field("args"))
}

fn fixed(call: &Call<'_>) -> Result<TzInfo> {
    call.count(1..=2)?;
    call.no_steps()?;
    let offset = call.take(0, |graph, value| match Call::of_value(graph, value) {
        Some(inner) if inner.callee == Callee::Global("datetime", "timedelta") => {
            let offset = delta(&inner)?;
            if offset.total_microseconds().abs() >= DAY {
                let text = format!("expected an offset of less than a day, found {offset}");
                return Err(Error::new(ErrorKind::OutOfRange, text));
            }
            Ok(offset)
        }
        Some(_) => Err(Error::mismatch("datetime.timedelta", "another object")),
        None => Err(Error::mismatch("datetime.timedelta", graph.name_of(value))),
    })?;
    let name = match call.get(1) {
        None => None,
        Some(_) => Some(call.take(1, |graph, value| text(graph, value).map(str::to_owned))?),
    };
    Ok(TzInfo::Fixed { offset, name })
}

/// `ZoneInfo._unpickle(key, whether it comes from the cache)`.
fn named(call: &Call<'_>) -> Result<TzInfo> {
    call.count(2..=2)?;
    call.called()?;
    call.no_steps()?;
    call.take(1, |graph, value| match int(graph, value)?.to_i64() {
        Some(0 | 1) => Ok(()),
        _ => Err(Error::mismatch("0 or 1", "another number")),
    })?;
    let key = call.take(0, |graph, value| {
        let key = text(graph, value)?;
        // A key is a path below a directory of zones, and leaves it nowhere.
        let is_path = !key.is_empty() && key.split('/').all(|part| !matches!(part, "" | "." | ".."));
        let is_path = is_path && !key.contains(['\\', '\0', ':']);
        if is_path { Ok(key.to_owned()) } else { Err(Error::mismatch("the key of a zone", "another text")) }
    })?;
    Ok(TzInfo::Zone { key })
}

pub(crate) fn timedelta(call: &Call<'_>) -> Result<Known> {
    delta(call).map(Known::TimeDelta)
}

pub(crate) fn timezone(call: &Call<'_>) -> Result<Known> {
    fixed(call).map(Known::TzInfo)
}

pub(crate) fn zoneinfo(call: &Call<'_>) -> Result<Known> {
    named(call).map(Known::TzInfo)
}
