//! The wire, byte for byte: what is written today is what was written when these files were made, and they are read back.
//!
//! A file is a value as text that a person can compare: the header as msgpack in hex with the tree beside it, and each frame in
//! hex. After a change of the wire that is meant, `FRAMES_BLESS=1 cargo test --test golden` writes them again.

#[path = "../fuzz/src/types.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "the types of the fuzz targets, of which some are used here"
)]
mod types;

use frames_core::bytes::{Bytes, BytesMut};
use frames_core::{
    Array, Body, Encoder, EnumMember, Frame, FrameSerialize, Frames, Handshake, Header, Limits, Reader, deserialize,
    deserialize_bytes, pack_frames, read_frames, read_message, serialize_bytes, to_serialize, unpack_frames,
    write_frames,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use types::*;

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.chunks(32) {
        for byte in line {
            write!(text, "{byte:02x}").unwrap();
        }
        text.push('\n');
    }
    text
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|d| u8::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap()).collect()
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.txt"))
}

/// Compares `text` with the file, or writes it; gives what the file has.
#[track_caller]
fn golden(name: &str, text: String) -> String {
    let path = path(name);
    if std::env::var_os("FRAMES_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let kept =
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}; FRAMES_BLESS=1 writes it", path.display()));
    assert_eq!(text, kept, "{name} is written in other bytes than before; FRAMES_BLESS=1 accepts them");
    kept
}

/// A section of a file: `[name]`, a comment, lines of hex.
fn section(title: &str, comment: &str, bytes: &[u8]) -> String {
    let comment = if comment.is_empty() { String::new() } else { format!("# {comment}\n") };
    format!("[{title}]\n{comment}{}", hex(bytes))
}

fn sections(text: &str) -> Vec<Vec<u8>> {
    let bytes_of = |section: &str| {
        let lines = section.lines().skip(1).filter(|line| !line.starts_with('#'));
        unhex(&lines.collect::<String>())
    };
    text.split("\n[").map(bytes_of).collect()
}

#[track_caller]
fn value<T: FrameSerialize + PartialEq + Debug>(name: &str, value: &T) {
    with(name, &Encoder::new(), value);
}

#[track_caller]
fn with<T: FrameSerialize + PartialEq + Debug>(name: &str, encoder: &Encoder, value: &T) {
    let (header, frames) = encoder.serialize(value).unwrap();
    let mut text = section("header", &header.to_string(), header.as_bytes());
    for frame in frames.iter() {
        text.push_str(&section("frame", &format!("{} bytes", frame.len()), frame));
    }
    let mut kept = sections(&golden(name, text)).into_iter();
    let header = Header::from_bytes(kept.next().unwrap()).unwrap();
    let frames: Frames<'_> = kept.map(Frame::from).collect();
    assert_eq!(&deserialize::<T>(&header, frames).unwrap(), value, "{name}");
}

#[track_caller]
fn bytes(name: &str, bytes: &[u8]) -> Vec<u8> {
    sections(&golden(name, section("bytes", &format!("{} bytes", bytes.len()), bytes))).remove(0)
}

#[test]
fn scalars() {
    value("u8", &7u8);
    value("i64-min", &i64::MIN);
    value("u128-max", &u128::MAX);
    value("f32", &1.5f32);
    value("bool", &true);
    value("unit", &());
    value("char", &'ž');
    value("option-none", &None::<Vec<f64>>);
    value("option-some-some", &Some(Some(5u8)));
    value("result-ok", &Ok::<u8, String>(5));
    value("duration", &Duration::new(5, 7));
    value("before-1970", &(SystemTime::UNIX_EPOCH - Duration::from_millis(1500)));
    value("range", &(1u8..5));
}

#[test]
fn text_and_bytes() {
    value("text", &"text".to_string());
    value("long-text", &"t".repeat(16 << 10));
    value("texts", &vec!["a".to_string(), String::new()]);
    value("bytes", &Bytes::from_static(b"abc"));
    value("bytearray", &BytesMut::from(&b"abc"[..]));
}

#[test]
fn arrays() {
    value("array-f64", &vec![1.5f64, -2.0]);
    value("array-u16", &Array::from(vec![1u16, 2, 3]));
    value("array-bool", &vec![true, false]);
    value("array-empty", &Vec::<i32>::new());
    value("array-2", &Array::from(vec![[1i16, 2], [3, 4]]));
    value("plain", &vec![pixel(1), pixel(2)]);
    value("plain-one", &pixel(3));
}

#[test]
fn collections() {
    value("tuple-inline", &(1u8, "a".to_string()));
    value("tuple", &(1u8, vec![1.5f64]));
    value("list", &vec![Some(vec![1.0f64]), None]);
    value("list-of-many", &vec![vec![1u8]; 17]);
    value("set", &BTreeSet::from([1u8, 2]));
    with("set-for-rust", &Encoder::new().reader(Reader::Rust), &BTreeSet::from([1u8, 2]));
    value("dict", &BTreeMap::from([("a".to_string(), vec![1i64]), ("b".to_string(), vec![])]));
    value("dict-inline", &BTreeMap::from([(-1i8, Some(1.5f64)), (2, None)]));
    value("dict-of-odd-keys", &BTreeMap::from([((1u8, 'k'), b"x".to_vec())]));
    with("msgpack-first", &Encoder::new().families(["msgpack", "dask"]), &vec![1.5f64]);
}

#[test]
fn derived() {
    value("struct", &sample());
    value("struct-inline", &Point { x: 1.0, y: 2.0 });
    value("struct-nested", &node(3));
    value("struct-in-python", &InPython { a: 1, data: vec![2] });
    value("struct-generic", &Grid::<f64, 2> { cells: [vec![1.0], vec![]], first: Some(1.0) });
    value("struct-by-hand", &Human { name: "Alice".into() });
    value("newtype", &Meters(1.5));
    value("tuple-struct", &Pair(1, vec![1.0]));
    value("unit-struct", &Marker);
    value("columns", &(0..3).map(row).collect::<Vec<_>>());
    value("columns-of-nothing", &Vec::<Row>::new());
    value("rows-without-fields", &vec![Empty::default(); 3]);
    for (shape, name) in
        shapes().iter().zip(["unit", "newtype", "newtype-framed", "tuple-framed", "tuple", "named-framed", "named"])
    {
        value(&format!("variant-{name}"), shape);
    }
    value("variants", &shapes());
}

#[test]
fn a_value_as_one_byte_string() {
    let blob = bytes("blob", &serialize_bytes(&sample()).unwrap());
    assert_eq!(deserialize_bytes::<Sample>(&blob.into()).unwrap(), sample());
}

#[test]
#[cfg(target_endian = "little")]
fn frames_as_one_byte_string() {
    let packed = bytes("prelude", &pack_frames(&[&b"abc"[..], b"", b"defgh"]));
    let frames = unpack_frames(&packed.into()).unwrap();
    assert_eq!(frames, [&b"abc"[..], b"", b"defgh"]);
}

#[test]
#[cfg(target_endian = "little")]
fn a_message_on_a_stream_is_what_it_was() {
    let weights: Vec<f32> = (0..20).map(|n| n as f32).collect();
    let status = EnumMember { name: "running".into(), module: "distributed.core".into(), class: "Status".into() };
    let body = Body::map([
        ("op", "put".into()),
        ("status", status.into()),
        ("keys", Body::Set(vec![1.into(), (-1).into()])),
        ("data", to_serialize(&weights).unwrap().into()),
        ("n", Body::List(vec![Body::Nil, true.into(), 0.5.into(), to_serialize(&5u8).unwrap().into()])),
    ]);
    let mut stream = Vec::new();
    write_frames(&mut stream, &Encoder::new().shard(32).write_message(&body).unwrap()).unwrap();
    let kept = bytes("message", &stream);
    let again = read_message(read_frames(&mut &kept[..], &Limits::default()).unwrap().unwrap()).unwrap();
    assert_eq!(again.payloads()[0].deserialize::<Vec<f32>>().unwrap(), weights);
    assert_eq!(again.payloads()[1].deserialize::<u8>().unwrap(), 5);

    let mut stream = Vec::new();
    let hello = Handshake::new();
    write_frames(&mut stream, &Encoder::new().write_message(&hello.to_body()).unwrap()).unwrap();
    let kept = bytes("handshake", &stream);
    let again = read_message(read_frames(&mut &kept[..], &Limits::default()).unwrap().unwrap()).unwrap();
    assert_eq!(Handshake::from_body(&again).unwrap(), hello);
}
