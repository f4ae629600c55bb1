//! Maps: one msgpack map while all values are inline, a dict collection otherwise; a dict in Python either way.

use super::{name_of, whole};
use crate::collection;
use crate::entry::{Entry, read_msgpack};
use crate::error::{Error, ErrorKind, Result};
use crate::fields::{Fields, through};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::writer::Writer;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

/// What the maps of std have in common.
pub(super) trait Map<K, V>: Default {
    /// False if the key was there.
    fn add(&mut self, key: K, value: V) -> bool;
}

impl<K: Eq + Hash, V, S: BuildHasher + Default> Map<K, V> for HashMap<K, V, S> {
    fn add(&mut self, key: K, value: V) -> bool {
        self.insert(key, value).is_none()
    }
}

impl<K: Ord, V> Map<K, V> for BTreeMap<K, V> {
    fn add(&mut self, key: K, value: V) -> bool {
        self.insert(key, value).is_none()
    }
}

fn add<K, V, M: Map<K, V>>(map: &mut M, key: K, value: V) -> Result<()> {
    if map.add(key, value) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::DuplicateField, "a key is there twice"))
}

pub(super) fn write_inline<'a, K: FrameSerialize + 'a, V: FrameSerialize + 'a>(
    len: usize,
    pairs: impl Iterator<Item = (&'a K, &'a V)>,
    writer: &mut Writer<'_>,
) -> Result<()> {
    writer.descend()?;
    writer.map_len(len)?;
    for (index, (key, value)) in pairs.enumerate() {
        key.write_inline(writer).map_err(|e| e.at_index(index))?;
        value.write_inline(writer).map_err(|e| e.at_index(index))?;
    }
    writer.ascend();
    Ok(())
}

pub(super) fn read_inline<K: FrameSerialize, V: FrameSerialize, M: Map<K, V>>(cursor: &mut Cursor<'_>) -> Result<M> {
    cursor.descend()?;
    let mut map = M::default();
    for _ in 0..cursor.map()? {
        let shown = collection::Shown(*cursor);
        let key = K::read_inline(cursor)?;
        let value = V::read_inline(cursor).map_err(|e| e.at_key(&shown))?;
        add(&mut map, key, value).map_err(|e| e.at_key(&shown))?;
    }
    cursor.ascend();
    Ok(map)
}

pub(super) fn read_entry<K: FrameSerialize, V: FrameSerialize, M: Map<K, V> + FrameSerialize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
) -> Result<M> {
    let by_name = |f: &mut Fields<'_, '_, '_>| {
        let mut map = M::default();
        while let Some((key, value)) = f.pair::<K, V>()? {
            add(&mut map, key, value)?;
        }
        Ok(map)
    };
    match Entry::read(cursor)? {
        Entry::Msgpack => read_msgpack(cursor, slots, M::read_inline),
        Entry::Collection(items) if items.is_dict() => {
            let mut map = M::default();
            items.read_pairs::<K, V>(slots, |key, value| add(&mut map, key, value))?;
            Ok(map)
        }
        Entry::Object(mut sub) => through(by_name, |read| Fields::layout(&mut sub, slots, read)),
        Entry::Class(class) if class.is_object()? => {
            through(by_name, |read| Fields::layout(&mut class.sub(), slots, read))
        }
        other => other.refuse::<M>("a dict", cursor, slots),
    }
}

macro_rules! map {
    ($([$($generics:tt)*] $type:ty, $name:literal;)*) => { $(
        name_of!([$($generics)*] $type, $name, K, V);
        impl<$($generics)*> FrameSerialize for $type {
            whole!();
            fn is_inline(&self) -> bool { self.values().all(V::is_inline) }
            fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
                write_inline(self.len(), self.iter(), writer)
            }
            fn write_entry<'w>(&'w self, writer: &mut Writer<'w>) -> Result<()> {
                if self.is_inline() {
                    return writer.msgpack_entry(self);
                }
                collection::write(writer, "dict", None, |items| {
                    self.iter().try_for_each(|(key, value)| items.keyed(key, value))
                })
            }
            fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> { read_inline(cursor) }
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                read_entry(cursor, frames)
            }
        }
    )* };
}

#[cfg(feature = "indexmap")]
pub(super) use map;

map! {
    [K: FrameSerialize + Eq + Hash, V: FrameSerialize, S: BuildHasher + Default] HashMap<K, V, S>, "HashMap<{}, {}>";
    [K: FrameSerialize + Ord, V: FrameSerialize] BTreeMap<K, V>, "BTreeMap<{}, {}>";
}
