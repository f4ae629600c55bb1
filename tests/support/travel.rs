//! How the tests of the derive send a value there and back, and look at its header.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use frames_core::rmpv::Value;
use frames_core::{ErrorKind, FrameSerialize, Frames, Header, deserialize, serialize};
use std::fmt::Debug;

/// There and back, through the front doors and through the trait's own pair.
#[track_caller]
pub(crate) fn round_trip<T: FrameSerialize + PartialEq + Debug>(value: &T) {
    let (header, frames) = serialize(value).unwrap();
    assert_eq!(&deserialize::<T>(&header, frames).unwrap(), value, "{:?}", header.to_value());
    let (header, frames) = value.serialize().unwrap();
    assert_eq!(&T::deserialize(header.as_ref(), frames).unwrap(), value, "{:?}", header.to_value());
}

pub(crate) fn sub_header<T: FrameSerialize>(value: &T) -> Value {
    serialize(value).unwrap().0.to_value().unwrap()["sub-header"].clone()
}

/// The value of a header of the family msgpack.
pub(crate) fn inline<T: FrameSerialize>(value: &T) -> Value {
    let (header, frames) = serialize(value).unwrap();
    assert_eq!(header.to_value().unwrap()["serializer"], "msgpack".into());
    rmpv::decode::read_value(&mut &frames.get(0).unwrap()[..]).unwrap()
}

pub(crate) fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(k, v)| (k.into(), v)).collect())
}

/// A `T` from the msgpack map of these fields, as Python's family msgpack would send it.
pub(crate) fn from_map<T: FrameSerialize>(value: &Value) -> frames_core::Result<T> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, value).unwrap();
    let header = Header::new().with("serializer", "msgpack").unwrap();
    deserialize(&header, Frames::from(frames_core::Frame::from(bytes)))
}

#[track_caller]
pub(crate) fn fails<T: FrameSerialize + Debug>(value: &Value, kind: ErrorKind, path: &str, words: &[&str]) {
    let error = from_map::<T>(value).unwrap_err();
    assert_eq!((error.kind(), &*error.path()), (kind, path), "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} is not in: {error}");
    }
}

/// Functions of a field's own, for `#[frames(with = "reversed")]`.
pub(crate) mod reversed {
    use frames_core::{Frames, Header, HeaderRef, Result};

    pub(crate) fn serialize(data: &[u8]) -> Result<(Header, Frames<'_>)> {
        let reversed: Vec<u8> = data.iter().rev().copied().collect();
        let (header, frames) = frames_core::serialize(&reversed)?;
        Ok((header, frames.into_owned()))
    }

    pub(crate) fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Vec<u8>> {
        let mut data: Vec<u8> = frames_core::deserialize(header, frames)?;
        data.reverse();
        Ok(data)
    }
}
