//! The body of the targets `lz4`, `zlib`, `zstd` and `snappy`: any bytes as a piece of a message that says they are compressed.

use super::check_error;
use frames_core::bytes::Bytes;
use frames_core::{
    Body, Codec, Decoder, Encoder, ErrorKind, Frame, Frames, Header, Limits, read_message, to_serialize,
};

/// What the pieces of one message may become: two steps of growth.
const LIMIT: u64 = 128 << 10;
/// Stands in front of what is decompressed, so that it does not start where its buffer does.
const BEFORE: &[u8] = b"before";

/// A message of one byte string, in pieces that come with their codecs.
fn message(pieces: &[(Option<Codec>, &[u8])]) -> Frames<'static> {
    let (header, _) = frames_core::serialize(&Bytes::new()).expect("a valid value");
    let codecs: Vec<Option<&str>> = pieces.iter().map(|(codec, _)| codec.map(Codec::name)).collect();
    let header = header
        .with("split-num-sub-frames", &[pieces.len()])
        .and_then(|header| header.with("split-offsets", &[0]))
        .and_then(|header| header.with("compression", &codecs))
        .and_then(|header| header.with("num-sub-frames", &pieces.len()))
        .map(Header::into_bytes)
        .expect("four new keys");
    let pieces = pieces.iter().map(|(_, piece)| Bytes::copy_from_slice(piece));
    let first = [Bytes::from_static(b"\x81\xae__Serialized__\x01"), header.into()];
    first.into_iter().chain(pieces).map(Frame::from).collect()
}

fn decode(frames: Frames<'static>, limit: u64) -> frames_core::Result<Bytes> {
    let mut limits = Limits::default();
    limits.decompressed_bytes = limit;
    let body = read_message(frames).expect("a message whose pieces nobody has looked at");
    body.as_payload().expect("a payload").deserialize_with(&Decoder::new().limits(limits))
}

/// Bytes as a piece of `codec`: they are refused, or become the same each time, within the limit; and that can be sent again.
pub fn piece(codec: Codec, data: &[u8]) {
    let whole = match decode(message(&[(Some(codec), data)]), LIMIT) {
        Ok(whole) => whole,
        Err(error) => return check_error(&error),
    };
    let len = whole.len() as u64;
    assert!(len <= LIMIT, "{len} bytes");
    // Behind other pieces, and in front of its like.
    let many = decode(message(&[(None, BEFORE), (Some(codec), data), (Some(codec), data)]), 2 * LIMIT);
    assert_eq!(many.expect("the same piece twice"), [BEFORE, &whole, &whole].concat());
    if let Some(less) = len.checked_sub(1) {
        let error = decode(message(&[(Some(codec), data)]), less).expect_err("a byte more than the limit");
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    }
    let body = Body::from(to_serialize(&whole).expect("bytes"));
    let frames = Encoder::new().compression(codec).write_message(&body).expect("a codec that is there").into_owned();
    assert_eq!(decode(frames, LIMIT).expect("what was written"), whole);
}
