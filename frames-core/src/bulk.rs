//! Slices of elements that have no bulk form of their own.
//!
//! If all elements are inline they are one msgpack array in one frame (a tuple in Python, as every msgpack array is there);
//! otherwise a list collection, a header an element. Never one frame a number.

use crate::entry::{self, Class, Entry, read_msgpack};
use crate::error::Result;
use crate::fields::{Fields, unread};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::{Cursor, Kind};
use crate::numpy::{rows, text};
use crate::table::{self, Place};
use crate::writer::Writer;

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
        writer.list_head()?;
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

/// Where the elements of a list go, in whichever form they come. One trait object a type, so that the forms are compiled once, and
/// not for every type.
pub(crate) trait Elements {
    /// The type of the list.
    fn name(&self) -> String;
    /// Reads the list from another header, as the type does.
    fn again(&mut self, cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<()>;
    /// Before elements are given one by one: so many are announced.
    fn expect(&mut self, len: usize);
    /// The next element, in its own form.
    fn entry(&mut self, cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<()>;
    /// All, in one msgpack array.
    fn inline(&mut self, cursor: &mut Cursor<'_>) -> Result<()>;
    /// All, as packed rows.
    fn packed(&mut self, class: &Class<'_>, cursor: &Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<()>;
    /// True if the list may come in columns.
    fn has_columns(&self) -> bool;
    /// All, in columns that were made of so many bytes.
    fn columns(&mut self, fields: &mut Fields<'_, '_, '_>, received: usize) -> Result<()>;
}

/// How records are read from their columns.
pub(crate) type FromColumns<T> = fn(&mut Fields<'_, '_, '_>) -> Result<Vec<T>>;

/// A list, and how it is read from columns if its elements are records.
pub(crate) struct List<T> {
    pub(crate) values: Vec<T>,
    columns: Option<FromColumns<T>>,
}

impl<T> List<T> {
    /// Of elements that have no columns.
    pub(crate) fn new() -> Self {
        List { values: Vec::new(), columns: None }
    }

    /// Of records.
    pub(crate) fn of_records(columns: FromColumns<T>) -> Self {
        List { values: Vec::new(), columns: Some(columns) }
    }
}

impl<T: FrameSerialize> Elements for List<T> {
    fn name(&self) -> String {
        format!("Vec<{}>", T::type_name())
    }
    fn again(&mut self, cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<()> {
        self.values = T::read_slice(cursor, slots)?;
        Ok(())
    }
    fn expect(&mut self, len: usize) {
        self.values.reserve_exact(len.min(cautious::<T>()));
    }
    fn entry(&mut self, cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<()> {
        self.values.push(T::read_entry(cursor, slots)?);
        Ok(())
    }
    fn inline(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        self.values = read_inline_each(cursor)?;
        Ok(())
    }
    fn packed(&mut self, class: &Class<'_>, cursor: &Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<()> {
        self.values = crate::table::packed::read(class, cursor, slots)?;
        Ok(())
    }
    fn has_columns(&self) -> bool {
        self.columns.is_some()
    }
    fn columns(&mut self, fields: &mut Fields<'_, '_, '_>, received: usize) -> Result<()> {
        let Some(read) = self.columns else { return Err(unread()) };
        fields.makes_rows::<T>(received);
        self.values = read(fields)?;
        Ok(())
    }
}

/// Reads elements from any header.
pub fn read_each<T: FrameSerialize>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Vec<T>> {
    let mut list = List::new();
    read_list(cursor, slots, &mut list)?;
    Ok(list.values)
}

/// Reads a list from any header.
pub(crate) fn read_list(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>], out: &mut dyn Elements) -> Result<()> {
    let before = *cursor;
    let entry = Entry::read(cursor)?;
    let by_columns = out.has_columns();
    let received = if by_columns { entry::received(&before, cursor, slots) } else { 0 };
    match entry {
        Entry::Object(mut sub) if by_columns => Fields::layout(&mut sub, slots, &mut |f| out.columns(f, received)),
        Entry::Class(class) if class.is_packed() => out.packed(&class, cursor, slots),
        Entry::Class(class) if by_columns && class.is_object()? => {
            Fields::layout(&mut class.sub(), slots, &mut |f| out.columns(f, received))
        }
        Entry::Collection(mut items) if by_columns && items.is_dict() => {
            items.fields(slots, &mut |f| out.columns(f, received))
        }
        Entry::Collection(items) if !items.is_dict() => items.read_into(slots, out),
        // A map is what Python's family msgpack makes of a dict all of whose columns are plain.
        Entry::Msgpack => read_msgpack(cursor, slots, |inner| match inner.kind()? {
            Kind::Map if by_columns => Fields::map(inner, &mut [], |f| out.columns(f, received)),
            _ => out.inline(inner),
        }),
        Entry::Array(array) => match text::items(&array, slots, cursor.decoder())? {
            Some(items) => {
                let mut inner = cursor.on(&items);
                out.inline(&mut inner)?;
                inner.finish()
            }
            None if rows::read(&array, cursor, slots, out)? => Ok(()),
            None => entry.refuse_list(if by_columns { "columns or a list" } else { "a list" }, cursor, slots, out),
        },
        other => {
            let expected = if by_columns { "columns or a list" } else { "a list" };
            other.refuse_list(expected, cursor, slots, out)
        }
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
