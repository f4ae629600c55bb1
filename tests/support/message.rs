//! Whole messages of Dask with one payload, put together by hand: frame 0 is the body, in which a placeholder points to the
//! payload's header.

use frames_core::{Frames, Header};
use rmpv::Value;

/// The frames of `{"op": "test", "data": <the value>}`.
pub(crate) fn with_payload(header: &Header, frames: &Frames<'_>) -> Vec<Vec<u8>> {
    let placeholder = Value::Map(vec![("__Serialized__".into(), 1.into())]);
    let body = Value::Map(vec![("op".into(), "test".into()), ("data".into(), placeholder)]);
    let header = header.clone().with("num-sub-frames", &frames.len()).expect("a new key");
    let mut all = vec![bytes_of(&body), header.into_bytes()];
    all.extend(frames.iter().map(|f| f.to_vec()));
    all
}

fn bytes_of(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    rmpv::encode::write_value(&mut out, value).expect("a Vec takes everything");
    out
}
