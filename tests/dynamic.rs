//! A `Dynamic` of everything that the released `distributed` sends, by default and as pickles, and of all that the program writes itself; written
//! again it is the same, and Python gets what the kinds promise.

mod support;

#[path = "dynamic/corpus.rs"]
mod corpus;
#[path = "dynamic/hostile.rs"]
mod hostile;
#[path = "dynamic/pickles.rs"]
mod pickles;
#[path = "dynamic/random.rs"]
mod random;
#[path = "dynamic/records.rs"]
mod records;

use frames_core::bytes::Bytes;
use frames_core::{Dynamic, Frames, Header, Result, deserialize, serialize};
use frames_pickle as _;

/// The header and frames that Python made.
fn received((header, frames): support::peer::Serialized) -> (Header, Frames<'static>) {
    let frames: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
    (Header::from_bytes(header).unwrap(), frames.into())
}

/// The value of a pickle.
fn unpickled(pickle: &[u8]) -> Result<Dynamic> {
    let header = Header::new().with("serializer", "pickle")?;
    deserialize(&header, vec![Bytes::copy_from_slice(pickle)].into())
}

/// Written and read again it is the same.
#[track_caller]
fn round_trip(value: &Dynamic) {
    let (header, frames) = serialize(value).unwrap_or_else(|e| panic!("{e}\n{value}"));
    let again: Dynamic = deserialize(&header, frames).unwrap_or_else(|e| panic!("{e}\n{value}\n{header}"));
    assert_eq!(&again, value, "{header}");
}
