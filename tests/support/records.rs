//! How the tests of many records send them to a real Python and back, and a record that several of them nest.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use crate::support::peer::{Make, Peer};
use frames_core::bytes::Bytes;
use frames_core::{FrameSerialize, Frames, Header, deserialize, serialize};
use std::fmt::Debug;

/// What Python makes without pickles of the inside of a message, where a dict is always taken apart, and of a value alone,
/// which it takes apart only if the first column is no text.
pub(crate) const IN_A_MESSAGE: Make<'static> =
    Make { serializers: &["dask", "msgpack"], wrap: true, pickle_protocol: None, error_family: false };
pub(crate) const ALONE: Make<'static> = Make { wrap: false, ..IN_A_MESSAGE };

pub(crate) fn received((header, frames): (Vec<u8>, Vec<Vec<u8>>)) -> (Header, Frames<'static>) {
    (Header::from_bytes(header).unwrap(), frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into())
}

/// Python decodes the rows as `expect`, as arrays that it can write to; and what it sends back is the rows again.
#[track_caller]
pub(crate) fn travel<T: FrameSerialize + PartialEq + Debug>(python: &mut Peer, rows: &T, expect: &str) {
    let (header, frames) = serialize(rows).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    python.check(header.as_bytes(), &slices, expect).unwrap_or_else(|e| panic!("{e}\n{header}"));
    python
        .check_where(header.as_bytes(), &slices, "corpus.assert_columns(x)")
        .unwrap_or_else(|e| panic!("{e}\n{header}"));
    let blob = frames_core::pack_value(header.clone(), &frames).unwrap();
    python.check_blob(&blob, expect).unwrap_or_else(|e| panic!("blob: {e}"));
    for form in [IN_A_MESSAGE, ALONE] {
        match python.echo(header.as_bytes(), &slices, "", &form) {
            Ok(theirs) => same(received(theirs), rows),
            // Nothing but pickle would take it.
            Err(error) => assert!(!form.wrap && error.contains("Could not serialize object of type dict"), "{error}"),
        }
    }
    assert_eq!(&deserialize::<T>(&header, frames).unwrap(), rows);
}

/// What Python builds itself are the rows, too.
#[track_caller]
pub(crate) fn from_python<T: FrameSerialize + PartialEq + Debug>(python: &mut Peer, rows: &T, built: &str) {
    same(received(python.make(built, &IN_A_MESSAGE).unwrap()), rows);
}

#[track_caller]
pub(crate) fn same<T: FrameSerialize + PartialEq + Debug>((header, frames): (Header, Frames<'_>), rows: &T) {
    let back: T = deserialize(&header, frames).unwrap_or_else(|e| panic!("{e}\n{header}"));
    assert_eq!(&back, rows);
}

/// The error of what Python builds, or does to what we send.
#[track_caller]
pub(crate) fn refused<T: FrameSerialize + Debug>(python: &mut Peer, built: &str, message: &str) {
    let (header, frames) = received(python.make(built, &IN_A_MESSAGE).unwrap());
    let error = deserialize::<T>(&header, frames).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
}

#[derive(FrameSerialize, Debug, PartialEq, Clone, Default)]
pub(crate) struct Point {
    pub(crate) x: f32,
    pub(crate) label: String,
}

pub(crate) fn point(i: u8) -> Point {
    Point { x: i.into(), label: format!("p{i}") }
}

/// The columns of the points of these numbers.
pub(crate) const POINTS: &str = "(lambda *n: {'x': np.array(n, 'f4'), 'label': tuple(f'p{i}' for i in n)})";
