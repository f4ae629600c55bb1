//! The cursor over named fields from which derived code decodes, whatever the source is: our layout, a generic object of
//! Python's, a dict collection, a msgpack map.
//!
//! Derived code asks for its fields in order, in each section of the source (`simple`, then `complex`): a straight line
//! of comparisons with pre-encoded keys. A key that is not in its place after that is looked up, and costs one more pass. Every
//! field is read once, and what the type does not have is an error unless the type allows it.

use crate::entry::{self, Entry};
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Slot, slots_in};
use crate::header::HeaderRef;
use crate::msgpack::{Cursor, Kind};
use crate::pickle_ops::quoted;
use crate::record::{Key, unknown_rows};
use crate::registry::near;
use crate::variant::{Payload, Variant};
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
    /// The field whose key was read out of order, and the section in which its value stands.
    named: Option<(&'static str, Section)>,
}

/// The values of a column, one after the other, if it is there.
#[derive(Debug)]
pub struct Values<T> {
    values: std::vec::IntoIter<T>,
    is_there: bool,
}

impl<T> Values<T> {
    /// None, so far.
    pub fn none() -> Self {
        Values { values: Vec::new().into_iter(), is_there: false }
    }

    /// True if the column was read.
    pub fn is_there(&self) -> bool {
        self.is_there
    }

    /// The value of the next row.
    #[allow(clippy::should_implement_trait, reason = "derived code needs one call, and no adapters")]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn next(&mut self) -> Option<T> {
        self.values.next()
    }
}

/// What reads a value from its fields, and keeps it: a trait object, so that all the forms are compiled once, and not for every
/// type.
pub(crate) type Reader<'r, 'f> = &'r mut dyn FnMut(&mut Fields<'_, '_, 'f>) -> Result<()>;

/// Hands a reader's value through `forms`, which does not know its type.
pub(crate) fn through<'f, T>(
    mut read: impl FnMut(&mut Fields<'_, '_, 'f>) -> Result<T>,
    forms: impl FnOnce(Reader<'_, 'f>) -> Result<()>,
) -> Result<T> {
    let mut value = None;
    forms(&mut |fields| {
        value = Some(read(fields)?);
        Ok(())
    })?;
    value.ok_or_else(unread)
}

/// A form that has no fields after all.
#[cold]
pub(crate) fn unread() -> Error {
    Error::invalid("the value has no fields to be read from")
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Section {
    /// `name: value`.
    Inline,
    /// `name: {"start", "stop", "header"}`.
    Complex,
    /// Headers of a dict collection, found beforehand.
    Items,
    /// The key of the next value was read out of order.
    Named,
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
    pub fn layout(
        cursor: &'s mut Cursor<'h>,
        slots: &'s mut [Slot<'f>],
        read: &mut dyn FnMut(&mut Fields<'_, '_, 'f>) -> Result<()>,
    ) -> Result<()> {
        let (mut simple, mut complex, mut rows) = (None, None, None);
        let mut inner = *cursor;
        inner.descend()?;
        let len = inner.map()?;
        // Behind the last key is the end, and `complex` is most of the header: it is not looked over before it is read.
        let mut end = None;
        for i in 0..len {
            let key = inner.str()?;
            match key {
                "simple" => simple = Some(inner),
                "complex" => complex = Some(inner),
                "rows" => rows = Some(inner.count()?),
                _ => {}
            }
            match key {
                "rows" => end = Some(inner),
                "complex" if i + 1 == len => end = None,
                _ => {
                    inner.skip()?;
                    end = Some(inner);
                }
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
        read(&mut fields)?;
        fields.finish()?;
        match (end, fields.next) {
            (Some(end), _) => *fields.cursor = end,
            (None, Next::ComplexAt(mut unread)) => {
                unread.skip()?;
                *fields.cursor = unread;
            }
            (None, _) => *fields.cursor = inner.on(fields.cursor.rest()),
        }
        fields.cursor.ascend();
        Ok(())
    }

    /// Over the headers of a dict collection.
    pub(crate) fn items(
        at: &'s mut Cursor<'h>,
        mut items: Vec<Item<'h>>,
        slots: &'s mut [Slot<'f>],
        read: Reader<'_, 'f>,
    ) -> Result<()> {
        items.reverse(); // so that the next one is popped
        let mut fields = Fields::new(at, items.len(), Next::Nothing, slots);
        fields.section = Section::Items;
        fields.items = items;
        read(&mut fields)?;
        fields.finish()
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
            named: None,
        }
    }

    /// Reads the field if it stands next.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn field<T: FrameSerialize>(&mut self, key: &Key, value: &mut Option<T>) -> Result<()> {
        if self.next_is(key) { self.value(key, value) } else { Ok(()) }
    }

    /// Reads the field's column if it stands next.
    pub fn column<T: FrameSerialize>(&mut self, key: &Key, values: &mut Values<T>) -> Result<()> {
        if self.next_is(key) { self.keep(key, values, |fields, read| fields.column_value(key, read)) } else { Ok(()) }
    }

    /// Opens the field's column if it stands next.
    pub fn view_column<T: Viewable>(&mut self, key: &Key, value: &mut Option<T::Column<'f>>) -> Result<()> {
        if self.next_is(key) { self.view_column_value::<T>(key, value) } else { Ok(()) }
    }

    /// Opens the column whose key was just read.
    pub fn view_column_value<T: Viewable>(&mut self, key: &Key, value: &mut Option<T::Column<'f>>) -> Result<()> {
        self.slow_value(key, value, |cursor| view::open_inline::<T>(cursor), T::open_portable)?;
        self.check_len(key, value.as_ref().map_or(0, Column::len))
    }

    /// True, and one key further, if the field stands next: for fields with functions of their own.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn next_is(&mut self, key: &Key) -> bool {
        if self.left == 0 {
            return false;
        }
        let is = match self.section {
            Section::Inline | Section::Complex => self.cursor.take_exact(key.encoded),
            Section::Items | Section::Named => self.name_is(key),
        };
        self.left -= is as usize;
        is
    }

    #[cold]
    fn name_is(&mut self, key: &Key) -> bool {
        match self.named {
            Some((name, section)) if name == key.name => {
                (self.named, self.section) = (None, section);
                true
            }
            Some(_) => false,
            None => self.items.last().is_some_and(|item| item.name == key.name),
        }
    }

    /// After a pass over all fields in order: says whether another is worth it, for which it moves to the next section if this one
    /// is used up, or reads the key that is out of order. `aliases` are names beside those of `keys`, each with the index there.
    /// What the type does not have is passed over if that is allowed.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn again(&mut self, keys: &[Key], aliases: &[(&str, usize)], allow_unknown: bool) -> Result<bool> {
        if self.left == 0 { self.section() } else { self.out_of_order(keys, aliases, allow_unknown) }
    }

    #[cold]
    fn out_of_order(&mut self, keys: &[Key], aliases: &[(&str, usize)], allow_unknown: bool) -> Result<bool> {
        while let Some(name) = self.name()? {
            let alias = || aliases.iter().find(|alias| alias.0 == name).and_then(|alias| keys.get(alias.1));
            match keys.iter().find(|key| key.name == name).or_else(alias) {
                Some(key) => {
                    self.named = Some((key.name, self.section));
                    self.section = Section::Named;
                    self.left += 1;
                    return Ok(true);
                }
                None if allow_unknown => self.skip()?,
                None => self.unknown(name, keys)?,
            }
        }
        Ok(false)
    }

    /// Moves to the next section, if this one is used up; true if there is one with something in it.
    #[inline]
    fn section(&mut self) -> Result<bool> {
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

    /// Reads the column of such a field.
    pub fn column_with<T>(
        &mut self,
        key: &Key,
        values: &mut Values<T>,
        deserialize: fn(HeaderRef<'_>, crate::Frames<'_>) -> Result<T>,
    ) -> Result<()> {
        self.keep(key, values, |fields, read| fields.column_value_with(key, read, deserialize))
    }

    fn keep<T>(
        &mut self,
        key: &Key,
        values: &mut Values<T>,
        read: impl FnOnce(&mut Self, &mut Option<Vec<T>>) -> Result<()>,
    ) -> Result<()> {
        if values.is_there {
            return Err(twice(key));
        }
        let mut column = None;
        read(self, &mut column)?;
        *values = Values { values: column.unwrap_or_default().into_iter(), is_there: true };
        Ok(())
    }

    /// Reads the column of a field with functions of its own, element by element.
    fn column_value_with<T>(
        &mut self,
        key: &Key,
        value: &mut Option<Vec<T>>,
        deserialize: fn(HeaderRef<'_>, crate::Frames<'_>) -> Result<T>,
    ) -> Result<()> {
        self.parts(key, value, |cursor, slots| read_each_with(cursor, slots, deserialize))?;
        self.check_rows(key, value)
    }

    /// Opens the column of a field with functions of its own.
    pub fn view_column_with<T>(
        &mut self,
        key: &Key,
        value: &mut Option<view::Owned<T>>,
        deserialize: fn(HeaderRef<'_>, crate::Frames<'_>) -> Result<T>,
    ) -> Result<()> {
        let mut values = None;
        self.column_value_with(key, &mut values, deserialize)?;
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
    pub(crate) fn payload(&mut self, name: &str, read: Variant<'_>) -> Result<()> {
        self.slow_value(
            &NO_KEY,
            &mut None,
            |cursor| read(name, Payload::Inline(cursor)),
            |cursor, slots| read(name, Payload::Entry(cursor, slots)),
        )
        .map_err(|e| e.at_field(name.to_owned()))
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

    /// Reads the value whose name was just read, of a type that no derive knows: inside of the header, or with a header of its own.
    pub fn named_value<T>(
        &mut self,
        name: &str,
        read_inline: impl FnOnce(&mut Cursor<'_>) -> Result<T>,
        read_entry: impl FnOnce(&mut Cursor<'_>, &mut [Slot<'f>]) -> Result<T>,
    ) -> Result<T> {
        let mut value = None;
        self.slow_value(&NO_KEY, &mut value, read_inline, read_entry).map_err(|e| e.at_field(name.to_owned()))?;
        value.ok_or_else(unread)
    }

    fn slow_value<T>(
        &mut self,
        key: &Key,
        value: &mut Option<T>,
        read_inline: impl FnOnce(&mut Cursor<'_>) -> Result<T>,
        read_entry: impl FnOnce(&mut Cursor<'_>, &mut [Slot<'f>]) -> Result<T>,
    ) -> Result<()> {
        if value.is_some() {
            return Err(twice(key));
        }
        let read = match self.section {
            Section::Inline | Section::Named => read_inline(self.cursor),
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
        let (start, stop, elsewhere) = self.find_complex()?;
        let slots = slots_in(self.slots, start, stop)?;
        match elsewhere {
            None => read(self.cursor, slots),
            Some(mut header) => read(&mut header, slots),
        }
    }

    /// Which frames, and where the header is if the cursor is not in front of it but behind all.
    #[inline]
    fn find_complex(&mut self) -> Result<(u64, u64, Option<Cursor<'h>>)> {
        match self.cursor.take_span() {
            Some((start, stop)) => Ok((start.into(), stop.into(), None)),
            None => self.search_complex(),
        }
    }

    #[cold]
    fn search_complex(&mut self) -> Result<(u64, u64, Option<Cursor<'h>>)> {
        let cursor = &mut *self.cursor;
        let (mut start, mut stop, mut header) = (None, None, None);
        for _ in 0..cursor.map()? {
            match cursor.str()? {
                "start" => start = Some(cursor.count()?),
                "stop" => stop = Some(cursor.count()?),
                "header" => {
                    header = Some(*cursor);
                    cursor.skip()?;
                }
                _ => cursor.skip()?,
            }
        }
        match (start, stop) {
            (Some(start), Some(stop)) if header.is_some() => Ok((start, stop, header)),
            _ => Err(Error::invalid("a value under `complex` has the keys `start`, `stop` and `header`")),
        }
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

    /// How many rows the columns have, of which each says whether it is there and whether it must be.
    pub fn whole_rows(&self, columns: &[(&Key, bool, bool)]) -> Result<usize> {
        let count = columns.iter().filter(|(_, is_there, _)| *is_there).count();
        let rows = self.rows(count)?;
        match columns.iter().find(|(_, is_there, is_needed)| !is_there && *is_needed) {
            Some((key, ..)) => Err(missing(key)),
            None => Ok(rows),
        }
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
    let mut push = |cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]| {
        out.push(entry::read_parts(cursor, slots, deserialize)?);
        Ok(())
    };
    read_each_part(cursor, slots, &mut push)?;
    Ok(out)
}

fn read_each_part(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>], push: entry::Each<'_>) -> Result<()> {
    match Entry::read(cursor)? {
        Entry::Collection(items) if !items.is_dict() => {
            items.for_each(slots, |i, cursor, slots| push(cursor, slots).map_err(|e| e.at_index(i)))
        }
        Entry::Msgpack => entry::read_msgpack(cursor, slots, |inner| {
            inner.descend()?;
            for i in 0..inner.array()? {
                let value = inner.value()?;
                let mut header = inner.on(crate::writer::MSGPACK_ENTRY);
                push(&mut header, &mut [Some(value.into())]).map_err(|e| e.at_index(i))?;
            }
            inner.ascend();
            Ok(())
        }),
        other => other.refuse_with("a list", "a list", cursor, slots, &mut |c, s| read_each_part(c, s, push)),
    }
}

#[cold]
fn twice(key: &Key) -> Error {
    Error::new(ErrorKind::DuplicateField, format!("the field `{}` is there twice", key.name))
}

/// A field that must be there is not.
#[cold]
pub(crate) fn missing(key: &Key) -> Error {
    Error::new(ErrorKind::MissingField, format!("the field `{}` is missing", key.name))
        .with_help("`#[frames(default)]` on the field makes it optional")
}

/// The first of the fields that must be there, of which each says whether it is.
#[cold]
pub fn incomplete(there: &[(&Key, bool)]) -> Error {
    match there.iter().find(|(_, is_there)| !is_there) {
        Some((key, _)) => missing(key),
        // The lengths of columns are compared when they are read.
        None => unread(),
    }
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
