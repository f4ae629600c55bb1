//! `IndexMap` and `IndexSet` travel as maps and sets do, and keep their order: that of a dict in Python. A set of Python has none, so an
//! `IndexSet` that was one comes in whichever order Python had.

use crate::collection;
use crate::error::Result;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::impls::maps::{Map, map, read_entry, read_inline, write_inline};
use crate::impls::sets::{collect, set};
use crate::impls::{name_of, whole};
use crate::msgpack::Cursor;
use crate::writer::Writer;
use indexmap::{IndexMap, IndexSet};
use std::hash::{BuildHasher, Hash};

impl<K: Eq + Hash, V, S: BuildHasher + Default> Map<K, V> for IndexMap<K, V, S> {
    fn add(&mut self, key: K, value: V) -> bool {
        self.insert(key, value).is_none()
    }
}

map! {
    [K: FrameSerialize + Eq + Hash, V: FrameSerialize, S: BuildHasher + Default] IndexMap<K, V, S>, "IndexMap<{}, {}>";
}

set! {
    [T: FrameSerialize + Eq + Hash, S: BuildHasher + Default] IndexSet<T, S>, "IndexSet<{}>";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, deserialize, serialize};

    #[test]
    fn the_order_is_kept() {
        let small: IndexMap<String, u8> = [("z", 1), ("a", 2), ("m", 3)].map(|(k, v)| (k.to_owned(), v)).into();
        let (header, frames) = serialize(&small).unwrap();
        let back: IndexMap<String, u8> = deserialize(&header, frames.into_owned()).unwrap();
        assert!(back.iter().eq(small.iter()));
        let large: IndexMap<u8, Vec<f64>> = [(9, vec![1.0]), (1, vec![]), (5, vec![2.0])].into();
        let (header, frames) = serialize(&large).unwrap();
        let back: IndexMap<u8, Vec<f64>> = deserialize(&header, frames.into_owned()).unwrap();
        assert!(back.iter().eq(large.iter()));
        let set: IndexSet<u8> = [3, 1, 2].into();
        let (header, frames) = serialize(&set).unwrap();
        let back: IndexSet<u8> = deserialize(&header, frames.into_owned()).unwrap();
        assert!(back.iter().eq(&[3, 1, 2]));
    }

    #[test]
    fn a_key_that_is_there_twice_is_an_error() {
        let twice = vec![1i8, 1];
        let (header, frames) = serialize(&twice).unwrap();
        assert_eq!(deserialize::<IndexSet<i8>>(&header, frames).unwrap_err().kind(), ErrorKind::DuplicateField);
        let frame = crate::Frame::from(&b"\x82\x01\x02\x01\x03"[..]);
        let header = crate::Header::new().with("serializer", "msgpack").unwrap();
        assert_eq!(
            deserialize::<IndexMap<u8, u8>>(&header, frame.into()).unwrap_err().kind(),
            ErrorKind::DuplicateField
        );
    }
}
