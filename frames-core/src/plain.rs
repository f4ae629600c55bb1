//! Slices of `#[frames(plain)]` records: the slice itself is the frame, a structured array in Python.

use crate::error::Result;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::numpy::{self, Element};
use crate::writer::Writer;
use std::sync::OnceLock;

/// The dtype of a record as a header says it, once it was asked for.
#[derive(Debug)]
pub struct Encoded(OnceLock<Option<Vec<u8>>>);

impl Encoded {
    /// Not asked for yet.
    #[allow(clippy::new_without_default, reason = "derived code makes constants of it")]
    pub const fn new() -> Self {
        Encoded(OnceLock::new())
    }

    /// The dtype of `T`; `None` if it has none, which whoever needs it then says.
    pub fn of<T: Element>(&self) -> Option<&[u8]> {
        let encode = || {
            let mut out = Vec::new();
            T::dtype().ok()?.write_msgpack(&mut out).ok()?;
            Some(out)
        };
        self.0.get_or_init(encode).as_deref()
    }
}

/// Writes a slice as one structured array, without looking at a record.
pub fn write_slice<'a, T: Element>(items: &'a [T], writer: &mut Writer<'a>) -> Result<()> {
    numpy::write_slice(items, writer)
}

/// The memory of records, where it is what their rows would be: lowest byte first, and no field in a table of its own.
#[inline]
pub fn as_rows<T: Element + FrameSerialize>(items: &[T]) -> Option<&[u8]> {
    let shape = T::shape();
    let same = cfg!(target_endian = "little") && shape.is_flat() && shape.fixed == size_of::<T>();
    same.then(|| bytemuck::cast_slice(items))
}

/// The reverse.
#[inline]
pub fn from_rows<T: Element + FrameSerialize>(rows: &[u8]) -> Option<Result<Vec<T>>> {
    as_rows::<T>(&[]).map(|_| crate::table::copy_rows(rows))
}

/// Reads a structured array, or columns through `otherwise`.
pub fn read_slice<T: Element + FrameSerialize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    otherwise: fn(&mut Cursor<'_>, &mut [Slot<'_>]) -> Result<Vec<T>>,
) -> Result<Vec<T>> {
    let mut peek = *cursor;
    match crate::entry::Entry::read(&mut peek)? {
        crate::entry::Entry::Array(_) => numpy::read_slice(cursor, slots),
        _ => otherwise(cursor, slots),
    }
}
