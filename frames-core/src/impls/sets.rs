//! Sets: Dask's set collection, a header an element, because nothing else is a set in Python; one msgpack array for a reader that
//! is known to be Rust.

use super::{name_of, whole};
use crate::collection;
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::writer::Writer;
use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, Hash};

pub(super) fn collect<T, S: Default>(items: Vec<T>, insert: fn(&mut S, T) -> bool) -> Result<S> {
    let mut set = S::default();
    for (index, item) in items.into_iter().enumerate() {
        if !insert(&mut set, item) {
            return Err(Error::new(ErrorKind::DuplicateField, "an element is there twice").at_index(index));
        }
    }
    Ok(set)
}

macro_rules! set {
    ($([$($generics:tt)*] $type:ty, $name:literal;)*) => { $(
        name_of!([$($generics)*] $type, $name, T);
        impl<$($generics)*> FrameSerialize for $type {
            whole!();
            fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
                let items: Vec<&T> = self.iter().collect();
                crate::bulk::write_inline_each(items.len(), &|i| items[i], writer)
            }
            fn write_entry<'w>(&'w self, writer: &mut Writer<'w>) -> Result<()> {
                if writer.is_packed() {
                    let items: Vec<&T> = self.iter().collect();
                    return T::write_column(items.len(), &|i| items[i], writer);
                }
                collection::write(writer, "set", None, |items| self.iter().try_for_each(|item| items.push(item)))
            }
            fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
                collect(T::read_inline_slice(cursor)?, Self::insert)
            }
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                collect(T::read_slice(cursor, frames)?, Self::insert)
            }
        }
    )* };
}

#[cfg(feature = "indexmap")]
pub(super) use set;

set! {
    [T: FrameSerialize + Eq + Hash, S: BuildHasher + Default] HashSet<T, S>, "HashSet<{}>";
    [T: FrameSerialize + Ord] BTreeSet<T>, "BTreeSet<{}>";
}
