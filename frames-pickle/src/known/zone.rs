//! `datetime.timedelta`, `datetime.timezone` and `zoneinfo.ZoneInfo`.

use crate::graph::Graph;
use crate::known::Known;
use crate::known::call::{Call, Callee, int, int_in, text};
use crate::node::Node;
use crate::value::Value;
use frames_core::__private::python::{is_utc, write_offset};
use frames_core::python::{TimeDelta, Zone};
use frames_core::{Error, ErrorKind, Result};
use std::fmt;

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
            TzInfo::Zone { key } if is_utc(key) => TimeDelta::new(0, 0, 0).ok(),
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

impl From<Zone> for TzInfo {
    fn from(zone: Zone) -> TzInfo {
        match zone {
            Zone::Fixed { offset, name } => TzInfo::Fixed { offset, name },
            Zone::Named { key } => TzInfo::Zone { key },
        }
    }
}

/// It is none of another class.
impl TryFrom<&TzInfo> for Zone {
    type Error = Error;

    fn try_from(zone: &TzInfo) -> Result<Zone> {
        match zone {
            TzInfo::Fixed { offset, name } => Zone::fixed(*offset, name.clone()),
            TzInfo::Zone { key } => Zone::named(&**key),
            TzInfo::Other(_) => {
                let text = "a zone of another class than datetime.timezone and zoneinfo.ZoneInfo";
                Err(Error::new(ErrorKind::Unsupported, text)
                    .with_help("frames_pickle::Registry reads it, and the value can be forwarded unchanged"))
            }
        }
    }
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
            Zone::fixed(offset, None).map(|_| offset)
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
    call.take(0, |graph, value| Zone::named(text(graph, value)?).map(TzInfo::from))
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
