//! Dask's collections: a list, tuple, set or dict whose items have headers of their own.
//!
//! ```text
//! {"sub-headers": [header, …], "is-collection": true, "frame-lengths": [frames of each, …], "type-serialized": "list"}
//! ```
//!
//! A dict keeps each key inside the item's header, under `key`. Reading never copies a header: it walks the
//! sub-headers once for their end and once for their content.

use crate::bulk::{self, List};
use crate::entry::read_msgpack;
use crate::error::{Error, Result};
use crate::fields::{Fields, Item, Reader};
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Slot, slots_in};
use crate::header::count_one_more_key;
use crate::msgpack::{Cursor, write};
use crate::writer::Writer;

/// The items of a collection under construction.
#[derive(Debug)]
pub struct Items<'w, 'a> {
    writer: &'w mut Writer<'a>,
    count: usize,
    lengths: Vec<u8>,
}

impl<'a> Items<'_, 'a> {
    /// Appends an item, as an entry.
    pub fn push<T: FrameSerialize + ?Sized>(&mut self, value: &'a T) -> Result<()> {
        self.item(|w| value.write_entry(w))
    }

    /// Appends an item that `write` writes.
    pub fn item(&mut self, write: impl FnOnce(&mut Writer<'a>) -> Result<()>) -> Result<()> {
        let before = self.writer.frames.len();
        write(self.writer).map_err(|e| e.at_index(self.count))?;
        write::uint(&mut self.lengths, (self.writer.frames.len() - before) as u64);
        self.count += 1;
        Ok(())
    }

    /// Appends the item of a dict; the key is written in its inline form.
    pub fn keyed<K: FrameSerialize + ?Sized, T: FrameSerialize + ?Sized>(
        &mut self,
        key: &K,
        value: &'a T,
    ) -> Result<()> {
        let at = self.writer.out.len();
        self.item(|w| {
            value.write_entry(w)?;
            w.raw(b"\xa3key");
            key.write_inline(w)?;
            count_one_more_key(&mut w.out, at)
        })
    }
}

/// Writes a collection of `kind` (`list`, `tuple`, `set`, `dict`) whose items `fill` appends; `name` is the Rust type, if
/// the registry shall find it.
pub fn write<'a>(
    writer: &mut Writer<'a>,
    kind: &str,
    name: Option<&str>,
    fill: impl FnOnce(&mut Items<'_, 'a>) -> Result<()>,
) -> Result<()> {
    writer.descend()?;
    let start = writer.out.len();
    writer.raw(b"\x84\xabsub-headers");
    // The count is patched behind the items: one byte for up to 15, five otherwise.
    let at = writer.out.len();
    writer.raw(&[0x90]);
    let mut items = Items { writer, count: 0, lengths: Vec::new() };
    fill(&mut items)?;
    let Items { count, lengths, .. } = items;
    if count < 16 {
        writer.out[at] = 0x90 | count as u8;
    } else {
        let mut long = Vec::with_capacity(5);
        write::array_len(&mut long, count)?;
        writer.out.splice(at..at + 1, long);
    }
    writer.raw(b"\xadis-collection\xc3\xadframe-lengths");
    writer.array_len(count)?;
    writer.raw(&lengths);
    writer.raw(b"\xaftype-serialized");
    writer.text(kind)?;
    if let Some(name) = name {
        writer.raw(b"\xa4type");
        writer.text(name)?;
        count_one_more_key(&mut writer.out, start)?;
    }
    writer.ascend();
    Ok(())
}

/// What a collection is in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectionKind {
    /// `list`.
    List,
    /// `tuple`.
    Tuple,
    /// `set`.
    Set,
    /// `dict`.
    Dict,
}

impl CollectionKind {
    /// The name that Dask writes.
    ///
    /// ```
    /// assert_eq!(frames_core::CollectionKind::List.as_str(), "list");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            CollectionKind::List => "list",
            CollectionKind::Tuple => "tuple",
            CollectionKind::Set => "set",
            CollectionKind::Dict => "dict",
        }
    }

    pub(crate) fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "list" => CollectionKind::List,
            "tuple" => CollectionKind::Tuple,
            "set" => CollectionKind::Set,
            "dict" => CollectionKind::Dict,
            _ => return Err(Error::invalid("a collection is a list, tuple, set or dict; this one is of another type")),
        })
    }
}

/// A received collection: where its parts stand.
#[derive(Clone, Copy, Debug)]
pub struct Collection<'h> {
    pub(crate) kind: CollectionKind,
    /// In front of the first sub-header.
    headers: Cursor<'h>,
    lengths: Cursor<'h>,
    len: usize,
}

impl<'h> Collection<'h> {
    /// From cursors on the two lists.
    pub(crate) fn new(kind: CollectionKind, mut headers: Cursor<'h>, mut lengths: Cursor<'h>) -> Result<Self> {
        headers.descend()?;
        let len = headers.array()?;
        let lens = lengths.array()?;
        if len != lens {
            return Err(Error::invalid(format!("a collection of {len} sub-headers has {lens} frame lengths")));
        }
        Ok(Collection { kind, headers, lengths, len })
    }

    /// What it is in Python.
    pub fn kind(&self) -> CollectionKind {
        self.kind
    }

    /// How many items there are; each has paid for itself with a byte of header at least.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// True for a dict.
    pub fn is_dict(&self) -> bool {
        self.kind == CollectionKind::Dict
    }

    /// Calls `each` with the index, the header and the frames of every item, in order. All frames must be used.
    pub fn for_each<'f>(
        mut self,
        mut slots: &mut [Slot<'f>],
        mut each: impl FnMut(usize, &mut Cursor<'h>, &mut [Slot<'f>]) -> Result<()>,
    ) -> Result<()> {
        for index in 0..self.len {
            let n = self.lengths.count()?;
            let total = slots.len();
            let Some((mine, rest)) = usize::try_from(n).ok().and_then(|n| slots.split_at_mut_checked(n)) else {
                return Err(Error::frame_count(format_args!("{n} frames"), total).at_index(index));
            };
            each(index, &mut self.headers, mine)?;
            slots = rest;
        }
        if slots.is_empty() {
            Ok(())
        } else {
            Err(Error::frame_count("no more frames behind the last item", slots.len()))
        }
    }

    /// All items as one type.
    pub(crate) fn read_all<T: FrameSerialize>(self, slots: &mut [Slot<'_>]) -> Result<Vec<T>> {
        let mut list = List::new();
        self.read_into(slots, &mut list)?;
        Ok(list.values)
    }

    /// The same, into the list of them.
    pub(crate) fn read_into(self, slots: &mut [Slot<'_>], out: &mut dyn bulk::Elements) -> Result<()> {
        if self.is_dict() {
            return Err(Error::mismatch("a list", "a dict"));
        }
        out.expect(self.len);
        self.for_each(slots, |i, header, slots| out.entry(header, slots).map_err(|e| e.at_index(i)))
    }

    /// Appends the collection as one msgpack value, if all items are small values of the family msgpack, or such collections.
    pub(crate) fn flatten(self, slots: &mut [Slot<'_>], out: &mut Vec<u8>) -> Result<()> {
        let is_dict = self.is_dict();
        match is_dict {
            true => write::map_len(out, self.len)?,
            false => write::array_len(out, self.len)?,
        }
        self.for_each(slots, |index, header, slots| {
            if is_dict {
                out.extend_from_slice(key_of(*header)?.value()?);
            }
            let entry = crate::entry::Entry::read(header)?;
            match entry {
                crate::entry::Entry::Msgpack => read_msgpack(header, slots, |c| {
                    out.extend_from_slice(c.value()?);
                    Ok(())
                }),
                crate::entry::Entry::Collection(inner) => inner.flatten(slots, out),
                other => other.refuse_with("msgpack", "a plain value", header, slots, &mut |_, _| {
                    Err(Error::mismatch("a plain msgpack value", "a value of another family"))
                }),
            }
            .map_err(|e| e.at_index(index))
        })
    }

    /// All items of a dict, each with its key.
    pub(crate) fn read_pairs<K: FrameSerialize, V: FrameSerialize>(
        self,
        slots: &mut [Slot<'_>],
        mut each: impl FnMut(K, V) -> Result<()>,
    ) -> Result<()> {
        self.for_each(slots, |i, header, slots| {
            let mut key = key_of(*header).map_err(|e| e.at_index(i))?;
            let shown = key;
            let key = K::read_inline(&mut key).map_err(|e| e.at_index(i))?;
            let value = V::read_entry(header, slots).map_err(|e| e.at_key(Shown(shown)))?;
            each(key, value)
        })
    }

    /// All items of a dict with text keys, as fields.
    pub(crate) fn fields<'f>(&mut self, slots: &mut [Slot<'f>], read: Reader<'_, 'f>) -> Result<()> {
        let mut items = Vec::with_capacity(self.len.min(1024));
        let (mut headers, mut lengths, mut start) = (self.headers, self.lengths, 0u64);
        for index in 0..self.len {
            let header = headers;
            let name = key_of(header).and_then(|mut key| key.str()).map_err(|e| e.at_index(index))?;
            headers.skip()?;
            let stop = start.saturating_add(lengths.count()?);
            slots_in(slots, start, stop)?;
            items.push(Item { name, header, start, stop });
            start = stop;
        }
        Fields::items(&mut self.headers, items, slots, read)
    }
}

/// The value of the key `key` in an item's header.
pub fn key_of<'h>(mut header: Cursor<'h>) -> Result<Cursor<'h>> {
    let mut found = None;
    for _ in 0..header.map()? {
        let is_key = {
            let mut name = header;
            name.str().is_ok_and(|n| n == "key")
        };
        header.skip()?;
        if is_key {
            found = Some(header);
        }
        header.skip()?;
    }
    found.ok_or_else(|| Error::invalid("an item of a dict has no `key` in its header"))
}

/// A key in an error.
pub struct Shown<'h>(pub Cursor<'h>);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut cursor = self.0;
        if let Ok(text) = cursor.str() {
            return write!(f, "{text:?}");
        }
        let mut cursor = self.0;
        match cursor.number("a number") {
            Ok(number) => write!(f, "{number}"),
            Err(_) => f.write_str("a key"),
        }
    }
}

/// The elements of a tuple, one after the other, whichever form they have.
#[derive(Debug)]
pub enum Elements<'s, 'h, 'f> {
    /// A msgpack array.
    Inline {
        /// At the next element.
        cursor: Cursor<'h>,
        /// Its index.
        index: usize,
    },
    /// A collection.
    Items {
        /// Where the collection stands.
        items: Collection<'h>,
        /// The frames that are left.
        slots: &'s mut [Slot<'f>],
        /// The next index.
        index: usize,
    },
}

impl Elements<'_, '_, '_> {
    /// Reads the next element.
    #[allow(clippy::should_implement_trait, reason = "the elements are of different types")]
    pub fn next<V: FrameSerialize>(&mut self) -> Result<V> {
        match self {
            Elements::Inline { cursor, index } => {
                let value = V::read_inline(cursor).map_err(|e| e.at_index(*index))?;
                *index += 1;
                Ok(value)
            }
            Elements::Items { items, slots, index } => {
                let n = items.lengths.count()?;
                let all = std::mem::take(slots);
                let total = all.len();
                let Some((mine, rest)) = usize::try_from(n).ok().and_then(|n| all.split_at_mut_checked(n)) else {
                    return Err(Error::frame_count(format_args!("{n} frames"), total).at_index(*index));
                };
                *slots = rest;
                let value = V::read_entry(&mut items.headers, mine).map_err(|e| e.at_index(*index))?;
                *index += 1;
                Ok(value)
            }
        }
    }
}

/// Reads a msgpack array of exactly `len` elements.
pub fn read_inline_tuple<R>(
    cursor: &mut Cursor<'_>,
    len: usize,
    read: impl FnOnce(&mut Elements<'_, '_, '_>) -> Result<R>,
) -> Result<R> {
    let mut inner = *cursor;
    inner.descend()?;
    check_len(len, inner.array()?)?;
    let mut elements = Elements::Inline { cursor: inner, index: 0 };
    let value = read(&mut elements)?;
    if let Elements::Inline { cursor: after, .. } = elements {
        *cursor = after;
        cursor.ascend();
    }
    Ok(value)
}

/// Reads a tuple of exactly `len` elements from any header.
pub fn read_tuple<R>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    len: usize,
    name: &str,
    read: &dyn Fn(&mut Elements<'_, '_, '_>) -> Result<R>,
) -> Result<R> {
    let mut value = None;
    read_tuple_with(cursor, slots, len, name, &mut |elements| {
        value = Some(read(elements)?);
        Ok(())
    })?;
    value.ok_or_else(crate::fields::unread)
}

/// The same for a reader that keeps the value.
fn read_tuple_with(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    len: usize,
    name: &str,
    read: &mut dyn FnMut(&mut Elements<'_, '_, '_>) -> Result<()>,
) -> Result<()> {
    match crate::entry::Entry::read(cursor)? {
        crate::entry::Entry::Collection(items) if !items.is_dict() => {
            check_len(len, items.len())?;
            let mut elements = Elements::Items { items, slots, index: 0 };
            read(&mut elements)?;
            match elements {
                Elements::Items { slots: [], .. } | Elements::Inline { .. } => Ok(()),
                Elements::Items { slots, .. } => {
                    Err(Error::frame_count("no more frames behind the last item", slots.len()))
                }
            }
        }
        crate::entry::Entry::Msgpack => read_msgpack(cursor, slots, |c| read_inline_tuple(c, len, read)),
        other => other
            .refuse_with(name, "a tuple or list", cursor, slots, &mut |c, s| read_tuple_with(c, s, len, name, read)),
    }
}

fn check_len(expected: usize, found: usize) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::mismatch(format_args!("{expected} elements"), format_args!("{found}")))
}
