//! Ranges: a map of their ends, `{"start": 0, "end": 3}`, as serde writes them.

use super::{name_of, whole};
use crate::error::Result;
use crate::fields::Fields;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::record::Key;
use crate::writer::Writer;
use std::ops::{Range, RangeFrom, RangeInclusive, RangeTo};

const START: Key = Key { name: "start", encoded: b"\xa5start" };
const END: Key = Key { name: "end", encoded: b"\xa3end" };

macro_rules! range {
    ($($type:ident, $name:literal: $($key:ident $get:expr),+; $new:expr;)*) => { $(
        name_of!([T: FrameSerialize] $type<T>, $name, T);
        /// The ends are numbers or other values that need no frames.
        impl<T: FrameSerialize> FrameSerialize for $type<T> {
            whole!();
            fn is_inline(&self) -> bool { true }
            fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
                let keys = [$($key),+];
                writer.descend()?;
                writer.map_len(keys.len())?;
                $({
                    let get: fn(&Self) -> &T = $get;
                    writer.inline_field(&$key, get(self))?;
                })+
                writer.ascend();
                Ok(())
            }
            fn write_entry<'w>(&'w self, writer: &mut Writer<'w>) -> Result<()> { writer.msgpack_entry(self) }
            fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
                Fields::map(cursor, &mut [], |f| {
                    let keys = [$($key),+];
                    let mut ends = keys.map(|_| None);
                    while let Some(name) = f.name()? {
                        match keys.iter().zip(&mut ends).find(|(key, _)| key.name == name) {
                            Some((key, end)) => f.value::<T>(key, end)?,
                            None => f.unknown(name, &keys)?,
                        }
                    }
                    let mut read = keys.iter().zip(ends).map(|(key, end)| f.need(key, end));
                    let new: fn(&mut dyn FnMut() -> Result<T>) -> Result<Self> = $new;
                    new(&mut || read.next().unwrap_or_else(|| Err(crate::record::unknown_rows())))
                })
            }
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                crate::entry::read_scalar(cursor, frames)
            }
        }
    )* };
}

range! {
    Range, "Range<{}>": START |r| &r.start, END |r| &r.end; |next| Ok(next()?..next()?);
    RangeInclusive, "RangeInclusive<{}>": START |r| r.start(), END |r| r.end(); |next| Ok(next()?..=next()?);
    RangeFrom, "RangeFrom<{}>": START |r| &r.start; |next| Ok(next()?..);
    RangeTo, "RangeTo<{}>": END |r| &r.end; |next| Ok(..next()?);
}
