//! The cursor over named fields from which derived code decodes, whatever the source is: our layout, a generic object of
//! Python's, a dict collection, a msgpack map.
//!
//! Derived code first asks for its fields in order, in each section of the source (`simple`, then `complex`): a straight line
//! of comparisons with pre-encoded keys. What is left after that is read key by key. Every field is read once, and
//! what the type does not have is an error unless the type allows it.

use crate::entry::{self, Entry};
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Slot, slots_in};
use crate::header::HeaderRef;
use crate::msgpack::{Cursor, Kind};
use crate::pickle_ops::quoted;
use crate::record::{Key, unknown_rows};
use crate::registry::near;
use crate::variant::Payload;
use crate::view::{self, Column, Viewable};

/// Fields of one value (or columns of many), some of which have been read.
#[derive(Debug)]
pub struct Fields<'s, 'h, 'f> {
    section: Section,
    /// At the next key. A reference: a copy of a cursor that has just moved stalls on its own stores.
    cursor: &'s mut Cursor<'h>,
    /// Keys that are left in this section.
    left: usize,
    next: Next<'h>,
    slots: &'s mut [Slot<'f>],
    items: Vec<Item<'h>>,
    rows: Option<usize>,
    /// Where rows are read: the size of one in memory, and the bytes that they are made of.
    row_size: usize,
    received: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Section {
    /// `name: value`.
    Inline,
    /// `name: {"start", "stop", "header"}`.
    Complex,
    /// Headers of a dict collection, found beforehand.
    Items,
}

/// For values whose place the caller names.
const NO_KEY: Key = Key { name: "", encoded: b"" };

/// What comes behind this section.
#[derive(Clone, Copy, Debug)]
enum Next<'h> {
    /// The key `complex` and its map, right behind.
    ComplexHere,
    /// The map `complex`, elsewhere.
    ComplexAt(Cursor<'h>),
    Nothing,
}

/// A value of a dict collection: its key, its header and its frames.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'h> {
    pub(crate) name: &'h str,
    pub(crate) header: Cursor<'h>,
    pub(crate) start: u64,
    pub(crate) stop: u64,
}

impl<'s, 'h, 'f> Fields<'s, 'h, 'f> {
    /// Over a msgpack map; moves `cursor` behind it.
    pub fn map<T>(
        cursor: &'s mut Cursor<'h>,
        slots: &'s mut [Slot<'f>],
        read: impl FnOnce(&mut Fields<'s, 'h, 'f>) -> Result<T>,
    ) -> Result<T> {
        cursor.descend()?;
        let left = cursor.map()?;
        Fields::new(cursor, left, Next::Nothing, slots).read_whole(read)
    }

    /// Over our own layout, of which the bytes up to the key `simple` were recognized; moves `cursor` behind it.
    #[inline]
    pub(crate) fn our_layout<T>(
        cursor: &'s mut Cursor<'h>,
        slots: &'s mut [Slot<'f>],
        read: impl FnOnce(&mut Fields<'s, 'h, 'f>) -> Result<T>,
    ) -> Result<T> {
        cursor.descend()?;
        let left = cursor.map()?;
        Fields::new(cursor, left, Next::ComplexHere, slots).read_whole(read)
    }

    /// Reads a value and checks that nothing is left. The value stays where `read` put it: moving it costs more than reading a field.
    #[inline]
    fn read_whole<T>(mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let mut value = read(&mut self);
        self.cursor.ascend();
        if value.is_ok() {
            if let Err(error) = self.finish() {
                value = Err(error);
            }
        }
        value
    }

    /// Over the layout of a generic object with its keys in any order; moves `cursor` behind it.
    pub(crate) fn layout<T>(
        cursor: &'s mut Cursor<'h>,
        slots: &'s mut [Slot<'f>],
        read: impl FnOnce(&mut Fields<'s, 'h, 'f>) -> Result<T>,
    ) -> Result<T> {
        let (mut simple, mut complex, mut rows) = (None, None, None);
        let mut inner = *cursor;
        inner.descend()?;
        for _ in 0..inner.map()? {
            let key = inner.str()?;
            match key {
                "simple" => simple = Some(inner),
                "complex" => complex = Some(inner),
                "rows" => rows = Some(inner.count()?),
                _ => {}
            }
            if key != "rows" {
                inner.skip()?;
            }
        }
        let (Some(mut simple), Some(complex)) = (simple, complex) else {
            let keys = HeaderRef::at(cursor, cursor.rest()).keys().unwrap_or_default();
            let keys = keys.into_iter().take(16).map(quoted).collect::<Vec<_>>().join(", ");
            return Err(Error::invalid(format!(
                "the sub-header of an object has the keys `simple` and `complex`; this one has {keys}"
            )));
        };
        let left = simple.map()?;
        *cursor = simple;
        let mut fields = Fields::new(cursor, left, Next::ComplexAt(complex), slots);
        fields.rows = rows.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        let value = read(&mut fields)?;
        fields.finish()?;
        *fields.cursor = inner;
        fields.cursor.ascend();
        Ok(value)
    }

    /// Over the headers of a dict collection.
    pub(crate) fn items<T>(
        at: &'s mut Cursor<'h>,
        mut items: Vec<Item<'h>>,
        slots: &'s mut [Slot<'f>],
        read: &mut dyn FnMut(&mut Fields<'s, 'h, 'f>) -> Result<T>,
    ) -> Result<T> {
        items.reverse(); // so that the next one is popped
        let mut fields = Fields::new(at, items.len(), Next::Nothing, slots);
        fields.section = Section::Items;
        fields.items = items;
        let value = read(&mut fields)?;
        fields.finish()?;
        Ok(value)
    }

    #[inline]
    fn new(cursor: &'s mut Cursor<'h>, left: usize, next: Next<'h>, slots: &'s mut [Slot<'f>]) -> Self {
        Fields {
            section: Section::Inline,
            cursor,
            left,
            next,
            slots,
            items: Vec::new(),
            rows: None,
            row_size: 0,
            received: 0,
        }
    }

    /// Reads the field if it stands next.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn field<T: FrameSerialize>(&mut self, key: &Key, value: &mut Option<T>) -> Result<()> {
        if self.next_is(key) { self.value(key, value) } else { Ok(()) }
    }

    /// Reads the field's column if it stands next.
    #[inline]
    pub fn column<T: FrameSerialize>(&mut self, key: &Key, value: &mut Option<Vec<T>>) -> Result<()> {
        if self.next_is(key) { self.column_value(key, value) } else { Ok(()) }
    }

    /// True, and one key further, if the field stands next: for fields with functions of their own.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn next_is(&mut self, key: &Key) -> bool {
        if self.left == 0 {
            return false;
        }
        let is = match self.section {
            Section::Items => self.items.last().is_some_and(|item| item.name == key.name),
            _ => self.cursor.take_exact(key.encoded),
        };
        self.left -= is as usize;
        is
    }

    /// After a straight pass: moves to the next section if this one is used up, and says whether another pass is worth it.
    #[inline]
    pub fn section(&mut self) -> Result<bool> {
        if self.left > 0 {
            return Ok(false);
        }
        match self.next {
            Next::Nothing => return Ok(false),
            Next::ComplexAt(cursor) => *self.cursor = cursor,
            Next::ComplexHere => {
                if !self.cursor.take_exact(b"\xa7complex") {
                    return Err(Error::invalid("the key `complex` is not behind `simple`"));
                }
            }
        }
        self.next = Next::Nothing;
        self.section = Section::Complex;
        self.left = self.cursor.map()?;
        Ok(self.left > 0)
    }

    /// The name of the next field in whatever section; `None` when all were read.
    pub fn name(&mut self) -> Result<Option<&'h str>> {
        while self.left == 0 {
            if !self.section()? {
                return Ok(None);
            }
        }
        self.left -= 1;
        if let (Section::Items, Some(item)) = (self.section, self.items.last()) {
            return Ok(Some(item.name));
        }
        match self.cursor.str() {
            Ok(name) => Ok(Some(name)),
            Err(error) => Err(error.with_help("the fields of a struct are text")),
        }
    }

    /// Reads the value whose key was just read.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn value<T: FrameSerialize>(&mut self, key: &Key, value: &mut Option<T>) -> Result<()> {
        if self.section == Section::Inline && value.is_none() {
            return match T::read_inline(self.cursor) {
                Ok(read) => {
                    *value = Some(read);
                    Ok(())
                }
                Err(error) => Err(error.at_field(key.name)),
            };
        }
        self.slow_value(key, value, T::read_inline, T::read_entry)
    }

    /// Reads the column whose key was just read.
    pub fn column_value<T: FrameSerialize>(&mut self, key: &Key, value: &mut Option<Vec<T>>) -> Result<()> {
        // Columns of columns that Python's family msgpack took whole: a map, which the reader of entries knows.
        let inline = |cursor: &mut Cursor<'_>| match cursor.kind()? {
            Kind::Map => entry::inline_as_parts(cursor, T::read_slice),
            _ => T::read_inline_slice(cursor),
        };
        self.slow_value(key, value, inline, T::read_slice)?;
        self.check_rows(key, value)
    }

    /// Reads the value whose key was just read through the function of `#[frames(with = "…")]`.
    pub fn value_with<T>(
        &mut self,
        key: &Key,
        value: &mut Option<T>,
        deserialize: fn(HeaderRef<'_>, crate::Frames<'_>) -> Result<T>,
    ) -> Result<()> {
        self.parts(key, value, |cursor, slots| entry::read_parts(cursor, slots, deserialize))
    }

    /// Reads the column of such a field, element by element.
    pub fn column_with<T>(
        &mut self,
        key: &Key,
        value: &mut Option<Vec<T>>,
        deserialize: fn(HeaderRef<'_>, crate::Frames<'_>) -> Result<T>,
    ) -> Result<()> {
        self.parts(key, value, |cursor, slots| read_each_with(cursor, slots, deserialize))?;
        self.check_rows(key, value)
    }

    /// Opens the column whose key was just read.
    pub fn view_column<T: Viewable>(&mut self, key: &Key, value: &mut Option<T::Column<'f>>) -> Result<()> {
        self.slow_value(key, value, |cursor| view::open_inline::<T>(cursor), T::open_portable)?;
        self.check_len(key, value.as_ref().map_or(0, Column::len))
    }

    /// Opens the column of a field with functions of its own.
    pub fn view_column_with<T>(
        &mut self,
        key: &Key,
        value: &mut Option<view::Owned<T>>,
        deserialize: fn(HeaderRef<'_>, crate::Frames<'_>) -> Result<T>,
    ) -> Result<()> {
        let mut values = None;
        self.column_with(key, &mut values, deserialize)?;
        *value = values.map(view::Owned::of);
        Ok(())
    }

    /// Reads the next field as an entry of a map, whatever its name.
    pub(crate) fn pair<K: FrameSerialize, V: FrameSerialize>(&mut self) -> Result<Option<(K, V)>> {
        let at = *self.cursor;
        let Some(name) = self.name()? else { return Ok(None) };
        let mut encoded = Vec::with_capacity(name.len() + 5);
        crate::msgpack::write::str(&mut encoded, name)?;
        let key = K::read_inline(&mut at.on(&encoded))?;
        let mut value = None;
        self.slow_value(&NO_KEY, &mut value, V::read_inline, V::read_entry).map_err(|e| e.at_key(name))?;
        Ok(value.map(|value| (key, value)))
    }

    /// Reads the payload of the variant whose name was just read.
    pub(crate) fn payload<T>(
        &mut self,
        name: &str,
        read: &dyn Fn(&str, Payload<'_, '_, '_>) -> Result<T>,
    ) -> Result<T> {
        let mut value = None;
        self.slow_value(
            &NO_KEY,
            &mut value,
            |cursor| read(name, Payload::Inline(cursor)),
            |cursor, slots| read(name, Payload::Entry(cursor, slots)),
        )
        .map_err(|e| e.at_field(name.to_owned()))?;
        value.ok_or_else(unknown_rows)
    }

    /// A value with functions of its own, which always has a header.
    fn parts<T>(
        &mut self,
        key: &Key,
        value: &mut Option<T>,
        read: impl Fn(&mut Cursor<'_>, &mut [Slot<'_>]) -> Result<T>,
    ) -> Result<()> {
        let inline = |cursor: &mut Cursor<'_>| entry::inline_as_parts(cursor, &read);
        self.slow_value(key, value, inline, &read)
    }

    fn slow_value<T>(
        &mut self,
        key: &Key,
        value: &mut Option<T>,
        read_inline: impl FnOnce(&mut Cursor<'_>) -> Result<T>,
        read_entry: impl FnOnce(&mut Cursor<'_>, &mut [Slot<'f>]) -> Result<T>,
    ) -> Result<()> {
        if value.is_some() {
            return Err(Error::new(ErrorKind::DuplicateField, format!("the field `{}` is there twice", key.name)));
        }
        let read = match self.section {
            Section::Inline => read_inline(self.cursor),
            Section::Complex => self.complex(read_entry),
            Section::Items => match self.items.pop() {
                Some(mut item) => {
                    self.frames(item.start, item.stop).and_then(|slots| read_entry(&mut item.header, slots))
                }
                None => Err(unknown_rows()),
            },
        };
        *value = Some(if key.name.is_empty() { read? } else { read.map_err(|e| e.at_field(key.name))? });
        Ok(())
    }

    /// Reads `{"start": …, "stop": …, "header": …}`; in this order in one pass, in any other with a second look.
    fn complex<T>(&mut self, read: impl FnOnce(&mut Cursor<'_>, &mut [Slot<'f>]) -> Result<T>) -> Result<T> {
        let before = *self.cursor;
        if self.cursor.take_exact(b"\x83\xa5start") {
            let start = self.cursor.count()?;
            if self.cursor.take_exact(b"\xa4stop") {
                let stop = self.cursor.count()?;
                if self.cursor.take_exact(b"\xa6header") {
                    let slots = slots_in(self.slots, start, stop)?;
                    return read(self.cursor, slots);
                }
            }
        }
        let mut cursor = before;
        let (mut start, mut stop, mut header) = (None, None, None);
        for _ in 0..cursor.map()? {
            match cursor.str()? {
                "start" => start = Some(cursor.count()?),
                "stop" => stop = Some(cursor.count()?),
                "header" => {
                    header = Some(cursor);
                    cursor.skip()?;
                }
                _ => cursor.skip()?,
            }
        }
        let (Some(start), Some(stop), Some(mut header)) = (start, stop, header) else {
            return Err(Error::invalid("a value under `complex` has the keys `start`, `stop` and `header`"));
        };
        *self.cursor = cursor;
        read(&mut header, self.frames(start, stop)?)
    }

    fn frames(&mut self, start: u64, stop: u64) -> Result<&mut [Slot<'f>]> {
        slots_in(self.slots, start, stop)
    }

    /// A field that the type does not have: an error that says which it has.
    #[cold]
    pub fn unknown(&mut self, name: &str, known: &[Key]) -> Result<()> {
        let names: Vec<&str> = known.iter().map(|k| k.name).collect();
        let shown: String = name.chars().take(80).collect();
        let error =
            Error::new(ErrorKind::UnknownField, format!("there is no field {shown:?}; there are {}", list(&names)));
        let lenient = "`#[frames(allow_unknown_fields)]` on the type lets others pass";
        Err(match near(name, names.iter().copied()).first() {
            Some(near) => error.with_help(format!("`{near}` is near; {lenient}")),
            None => error.with_help(lenient),
        })
    }

    /// Passes over a field that the type does not have, and its frames.
    pub fn skip(&mut self) -> Result<()> {
        if self.section == Section::Complex {
            return self.complex(|cursor, slots| {
                slots.fill(None);
                cursor.skip()
            });
        }
        if self.section == Section::Items {
            if let Some(item) = self.items.pop() {
                self.frames(item.start, item.stop)?.fill(None);
            }
            return Ok(());
        }
        self.cursor.skip()
    }

    /// The value of a field that must be there.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn need<T>(&self, key: &Key, value: Option<T>) -> Result<T> {
        match value {
            Some(value) => Ok(value),
            None => Err(missing(key)),
        }
    }

    fn check_rows<T>(&mut self, key: &Key, column: &Option<Vec<T>>) -> Result<()> {
        self.check_len(key, column.as_ref().map_or(0, Vec::len))
    }

    fn check_len(&mut self, key: &Key, found: usize) -> Result<()> {
        match self.rows {
            Some(rows) if rows != found => {
                Err(Error::invalid(format!("this column has {found} rows, where the others have {rows}"))
                    .at_field(key.name))
            }
            _ => {
                self.rows = Some(found);
                Ok(())
            }
        }
    }

    /// Rows of `T` are read from so many bytes.
    pub(crate) fn makes_rows<T>(&mut self, received: usize) {
        (self.row_size, self.received) = (size_of::<T>(), received);
    }

    /// How many rows the columns have. A limit applies to more rows than bytes: those of a broadcast, or without a column.
    pub fn rows(&self, columns: usize) -> Result<usize> {
        let rows = self.rows.ok_or_else(unknown_rows)?;
        let received = if columns == 0 { 0 } else { self.received };
        if rows > received {
            let limits = &self.cursor.decoder().limits;
            if columns == 0 && rows as u64 > limits.nodes {
                return Err(Error::limit("nodes", limits.nodes, format_args!("{rows} rows without a column")));
            }
            limits.check_expansion((rows as u64).saturating_mul(self.row_size as u64), received as u64)?;
        }
        Ok(rows)
    }

    #[inline]
    fn finish(&self) -> Result<()> {
        if self.left == 0 && self.slots.iter().all(Option::is_none) {
            return Ok(());
        }
        let unused = self.slots.iter().flatten().count();
        Err(Error::frame_count(format_args!("{} frames for the fields", self.slots.len() - unused), self.slots.len()))
    }
}

/// Reads a list through a function for each element: a list with headers, or a msgpack array.
fn read_each_with<T>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    deserialize: fn(HeaderRef<'_>, crate::Frames<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut out = Vec::new();
    let mut push = |i: usize, cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]| {
        out.push(entry::read_parts(cursor, slots, deserialize).map_err(|e| e.at_index(i))?);
        Ok(())
    };
    match Entry::read(cursor)? {
        Entry::Collection(items) if !items.is_dict() => items.for_each(slots, push)?,
        Entry::Msgpack => entry::read_msgpack(cursor, slots, |inner| {
            inner.descend()?;
            for i in 0..inner.array()? {
                let value = inner.value()?;
                push(i, &mut inner.on(crate::writer::MSGPACK_ENTRY), &mut [Some(value.into())])?;
            }
            inner.ascend();
            Ok(())
        })?,
        other => {
            return other.refuse_with("a list", "a list", cursor, slots, &mut |c, s| read_each_with(c, s, deserialize));
        }
    }
    Ok(out)
}

#[cold]
fn missing(key: &Key) -> Error {
    Error::new(ErrorKind::MissingField, format!("the field `{}` is missing", key.name))
        .with_help("`#[frames(default)]` on the field makes it optional")
}

/// "`a`, `b` and 3 more".
pub(crate) fn list(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".into();
    }
    let shown: Vec<String> = names.iter().take(12).map(|n| format!("`{n}`")).collect();
    let more = names.len().saturating_sub(12);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
