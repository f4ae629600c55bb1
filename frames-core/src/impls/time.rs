//! `Duration` and `SystemTime`: a map of whole seconds and nanoseconds, as serde writes them; no precision is lost. Python's `timedelta` and
//! aware `datetime` are read, too.

use super::{name, whole};
use crate::entry::read_scalar_or;
use crate::error::{Error, ErrorKind, Result};
use crate::fields::Fields;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::{Cursor, write};
use crate::python;
use crate::record::Key;
use crate::writer::Writer;
use std::time::{Duration, SystemTime};

const SECS: Key = Key { name: "secs", encoded: b"\xa4secs" };
const NANOS: Key = Key { name: "nanos", encoded: b"\xa5nanos" };

/// Reads `{"secs": …, "nanos": …}`.
fn read<S: FrameSerialize>(cursor: &mut Cursor<'_>) -> Result<(S, u32)> {
    let (secs, nanos) = Fields::map(cursor, &mut [], |f| {
        let (mut secs, mut nanos) = (None, None);
        while let Some(name) = f.name()? {
            match name {
                "secs" => f.value(&SECS, &mut secs)?,
                "nanos" => f.value(&NANOS, &mut nanos)?,
                other => f.unknown(other, &[SECS, NANOS])?,
            }
        }
        Ok((f.need(&SECS, secs)?, f.need(&NANOS, nanos)?))
    })?;
    if nanos >= 1_000_000_000 {
        return Err(
            Error::new(ErrorKind::OutOfRange, format!("{nanos} nanoseconds are more than a second")).at_field("nanos")
        );
    }
    Ok((secs, nanos))
}

/// An entry of the family msgpack is written, or one of Python's objects read.
macro_rules! entry_or {
    ($object:ty, $make:expr) => {
        fn is_inline(&self) -> bool {
            true
        }
        fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
            writer.msgpack_entry(self)
        }
        fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
            let make: fn($object) -> Result<Self> = $make;
            read_scalar_or(cursor, frames, make)
        }
    };
}

name!(Duration);

impl FrameSerialize for Duration {
    whole!();
    entry_or!(python::TimeDelta, Duration::try_from);
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        writer.descend()?;
        writer.map_len(2)?;
        writer.inline_field(&SECS, &self.as_secs())?;
        writer.inline_field(&NANOS, &self.subsec_nanos())?;
        writer.ascend();
        Ok(())
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        let (secs, nanos) = read(cursor)?;
        Ok(Duration::new(secs, nanos))
    }
}

name!(SystemTime);

/// Seconds since 1970 in UTC, rounded down, so that times before it are negative seconds and positive nanoseconds.
impl FrameSerialize for SystemTime {
    whole!();
    entry_or!(python::DateTime, |when| when.to_system_time());
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        let (secs, nanos) = match self.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => (i128::from(after.as_secs()), after.subsec_nanos()),
            Err(before) => {
                let before = before.duration();
                match before.subsec_nanos() {
                    0 => (-i128::from(before.as_secs()), 0),
                    nanos => (-i128::from(before.as_secs()) - 1, 1_000_000_000 - nanos),
                }
            }
        };
        let secs = i64::try_from(secs)
            .map_err(|_| Error::new(ErrorKind::OutOfRange, "a time that is further from 1970 than 2⁶³ seconds"))?;
        writer.descend()?;
        writer.map_len(2)?;
        writer.raw(SECS.encoded);
        write::int(&mut writer.out, secs);
        writer.inline_field(&NANOS, &nanos)?;
        writer.ascend();
        Ok(())
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        let (secs, nanos) = read::<i64>(cursor)?;
        let whole = Duration::from_secs(secs.unsigned_abs());
        let start = match secs < 0 {
            true => SystemTime::UNIX_EPOCH.checked_sub(whole),
            false => SystemTime::UNIX_EPOCH.checked_add(whole),
        };
        start
            .and_then(|t| t.checked_add(Duration::from_nanos(nanos.into())))
            .ok_or_else(|| Error::new(ErrorKind::OutOfRange, "a time that this system cannot tell"))
    }
}
