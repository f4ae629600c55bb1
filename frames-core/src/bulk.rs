//! Slices of elements that have no bulk form of their own.
//!
//! If all elements are inline they are one msgpack array in one frame (a tuple in Python, as every msgpack array is there);
//! otherwise a list collection, a header an element. Never one frame a number.

use crate::entry::{Entry, read_msgpack};
use crate::error::Result;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::table::{self, Place};
use crate::writer::{MSGPACK_ENTRY, Writer};

/// How many elements may be reserved on a count's word, before their bytes were looked at: 64 KiB of them. The count
/// itself was checked against the bytes that are left.
pub(crate) const fn cautious<T>() -> usize {
    match (64usize << 10).checked_div(size_of::<T>()) {
        Some(n) => n + 1,
        None => usize::MAX,
    }
}

/// Writes a slice as one entry: packed for a reader that takes that, element by element otherwise.
pub fn write_slice<'a, T: FrameSerialize>(items: &'a [T], writer: &mut Writer<'a>) -> Result<()> {
    if writer.is_packed() && T::shape() != Place::OTHER {
        return table::write_slice(items, &format!("Vec<{}>", T::type_name()), writer);
    }
    write_each(items.len(), &|i| &items[i], writer)
}

/// Writes `len` elements as one entry.
pub fn write_each<'a, T: FrameSerialize + 'a>(
    len: usize,
    at: &dyn Fn(usize) -> &'a T,
    writer: &mut Writer<'a>,
) -> Result<()> {
    if (0..len).all(|i| at(i).is_inline()) {
        writer.check_msgpack()?;
        writer.raw(MSGPACK_ENTRY);
        return writer.inline_frame(|w| write_inline_each(len, at, w));
    }
    crate::collection::write(writer, "list", None, |items| (0..len).try_for_each(|i| items.push(at(i))))
}

/// Writes `len` elements as a msgpack array.
pub fn write_inline_each<'a, T: FrameSerialize + 'a>(
    len: usize,
    at: &dyn Fn(usize) -> &'a T,
    writer: &mut Writer<'_>,
) -> Result<()> {
    writer.descend()?;
    writer.array_len(len)?;
    for i in 0..len {
        at(i).write_inline(writer).map_err(|e| e.at_index(i))?;
    }
    writer.ascend();
    Ok(())
}

/// Reads elements from any header.
pub fn read_each<T: FrameSerialize>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Vec<T>> {
    match Entry::read(cursor)? {
        Entry::Msgpack => read_msgpack(cursor, slots, read_inline_each),
        Entry::Collection(items) if !items.is_dict() => items.read_all(slots),
        Entry::Class(class) if class.is_packed() => crate::table::packed::read(&class, cursor, slots),
        other => other.refuse_slice::<T>("a list", cursor, slots),
    }
}

/// Reads the elements of a msgpack array.
pub fn read_inline_each<T: FrameSerialize>(cursor: &mut Cursor<'_>) -> Result<Vec<T>> {
    cursor.descend()?;
    let len = cursor.array()?;
    let mut out = Vec::with_capacity(len.min(cautious::<T>()));
    for i in 0..len {
        match T::read_inline(cursor) {
            Ok(value) => out.push(value),
            Err(error) => return Err(error.at_index(i)),
        }
    }
    cursor.ascend();
    Ok(out)
}
