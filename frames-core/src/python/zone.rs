//! `datetime.timezone` and `zoneinfo.ZoneInfo`: the zones of times.

use super::TimeDelta;
use super::delta::DAY;
use crate::error::{Error, ErrorKind, Result};
use crate::pickle_ops::{Memo, PickleWriter, op, quoted};
use std::fmt;

/// The zone of a time. It prints as Python's does.
///
/// ```
/// use frames_core::python::{TimeDelta, Zone};
/// assert_eq!(Zone::fixed(TimeDelta::new(0, 5 * 3600 + 1800, 0)?, None)?.to_string(), "UTC+05:30");
/// assert_eq!(Zone::named("Europe/Prague")?.to_string(), "Europe/Prague");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// `datetime.timezone`.
    Fixed {
        /// Less than a day, to the east.
        offset: TimeDelta,
        /// A name of its own.
        name: Option<String>,
    },
    /// `zoneinfo.ZoneInfo`.
    Named {
        /// Like `Europe/Prague`.
        key: String,
    },
}

impl Zone {
    /// `datetime.timezone.utc`.
    ///
    /// ```
    /// assert_eq!(frames_core::python::Zone::UTC.to_string(), "UTC");
    /// ```
    pub const UTC: Zone = Zone::Fixed { offset: TimeDelta::ZERO, name: None };

    /// A zone of one offset, and perhaps a name.
    ///
    /// # Errors
    ///
    /// The offset is a day or more.
    ///
    /// ```
    /// use frames_core::python::{TimeDelta, Zone};
    /// assert!(Zone::fixed(TimeDelta::new(1, 0, 0)?, None).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn fixed(offset: TimeDelta, name: Option<String>) -> Result<Zone> {
        match offset.total_microseconds().abs() < DAY {
            true => Ok(Zone::Fixed { offset, name }),
            false => {
                let text = format!("expected an offset of less than a day, found {offset}");
                Err(Error::new(ErrorKind::OutOfRange, text))
            }
        }
    }

    /// A zone by its key in the database of zones. Whether there is one of that key only the database says.
    ///
    /// # Errors
    ///
    /// The text is no path below a directory of zones.
    ///
    /// ```
    /// assert!(frames_core::python::Zone::named("../etc/passwd").is_err());
    /// ```
    pub fn named(key: impl Into<String>) -> Result<Zone> {
        let key = key.into();
        // A key is a path below a directory of zones, and leaves it nowhere.
        let is_path = !key.is_empty() && key.split('/').all(|part| !matches!(part, "" | "." | ".."));
        match is_path && !key.contains(['\\', '\0', ':']) {
            true => Ok(Zone::Named { key }),
            false => Err(Error::mismatch("the key of a zone", "another text")),
        }
    }

    /// How far it is to the east at all times, if that is known: of fixed zones, and of UTC by its names.
    ///
    /// ```
    /// use frames_core::python::{TimeDelta, Zone};
    /// assert_eq!(Zone::named("UTC")?.offset(), Some(TimeDelta::new(0, 0, 0)?));
    /// assert_eq!(Zone::named("Europe/Prague")?.offset(), None);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn offset(&self) -> Option<TimeDelta> {
        match self {
            Zone::Fixed { offset, .. } => Some(*offset),
            Zone::Named { key } => is_utc(key).then_some(TimeDelta::ZERO),
        }
    }

    /// The same, or why there is none.
    pub(crate) fn known_offset(&self) -> Result<TimeDelta> {
        self.offset().ok_or_else(|| {
            let zone = quoted(&self.to_string());
            let text = format!("the offset from UTC of a time in the zone {zone} is known only to a database of zones");
            Error::new(ErrorKind::Unsupported, text).with_help(
                "`jiff::ZonedDateTime` has such a database, `frames_core::python::DateTime` needs none; or send `.astimezone(datetime.timezone.utc)`",
            )
        })
    }

    pub(super) fn check(&self) -> Result<()> {
        match self {
            Zone::Fixed { offset, .. } => Zone::fixed(*offset, None).map(drop),
            Zone::Named { key } => Zone::named(&**key).map(drop),
        }
    }

    /// The opcodes that make it; `module` is where `datetime` stands.
    pub(super) fn pickle(&self, module: Memo, out: &mut PickleWriter) {
        match self {
            Zone::Fixed { offset, name } => {
                out.global_of(module, "timezone");
                out.global_of(module, "timedelta");
                offset.pickle_call(out);
                match name {
                    None => out.kept(op::TUPLE1),
                    Some(name) => {
                        out.text(name);
                        out.kept(op::TUPLE2)
                    }
                };
            }
            // `ZoneInfo._unpickle(key, True)`: from the cache of the process.
            Zone::Named { key } => {
                out.global("builtins", "getattr");
                out.global("zoneinfo", "ZoneInfo");
                out.text("_unpickle");
                out.kept(op::TUPLE2);
                out.reduce();
                out.text(key);
                out.int(&[1]);
                out.kept(op::TUPLE2);
            }
        }
        out.reduce();
    }

    /// What the map of a time says of its zone: the offset in microseconds, which only fixed ones have, and the name or key.
    pub(super) fn fields(zone: Option<&Zone>) -> (Option<i64>, Option<&str>) {
        match zone {
            None => (None, None),
            // Less than a day.
            Some(Zone::Fixed { offset, name }) => (Some(offset.total_microseconds() as i64), name.as_deref()),
            Some(Zone::Named { key }) => (None, Some(key)),
        }
    }

    pub(super) fn of_fields(offset: Option<i64>, zone: Option<String>) -> Result<Option<Zone>> {
        match (offset, zone) {
            (None, None) => Ok(None),
            (None, Some(key)) => Zone::named(key).map(Some).map_err(|e| e.at_field("zone")),
            (Some(offset), name) => {
                let zone = TimeDelta::new(0, 0, offset).and_then(|offset| Zone::fixed(offset, name));
                zone.map(Some).map_err(|e| e.at_field("offset"))
            }
        }
    }
}

/// True for the keys that are UTC at all times.
#[doc(hidden)]
pub fn is_utc(key: &str) -> bool {
    matches!(key, "UTC" | "Etc/UTC" | "GMT" | "Etc/GMT")
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Zone::Fixed { name: Some(name), .. } => f.write_str(name),
            Zone::Fixed { offset, .. } if *offset == TimeDelta::ZERO => f.write_str("UTC"),
            Zone::Fixed { offset, .. } => {
                f.write_str("UTC")?;
                write_offset(f, *offset)
            }
            Zone::Named { key } => f.write_str(key),
        }
    }
}

/// `+05:30`, with seconds if there are.
#[doc(hidden)]
pub fn write_offset(f: &mut fmt::Formatter<'_>, offset: TimeDelta) -> fmt::Result {
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
