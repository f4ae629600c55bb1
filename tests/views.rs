//! Column views agree with what `deserialize` gives, in both forms.

#[path = "../fuzz/src/seen.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, missing_docs, reason = "shared with the fuzz targets")]
mod seen;

use frames_core::bytes::Bytes;
use frames_core::rmpv::Value;
use frames_core::{Encoder, ErrorKind, Frame, FrameSerialize, Frames, Header, Reader, deserialize, view};
use seen::{Seen, records, values};
use std::collections::BTreeMap;
use std::fmt::Debug;

const READERS: [Reader; 2] = [Reader::Any, Reader::Rust];

#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
struct Address {
    x0: u8,
    x1: u8,
}

#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
enum Kind {
    Plain,
    Tagged(String),
}

#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
struct Log {
    address: Address,
    request: String,
    code: u16,
    rate: Option<f64>,
    note: Option<String>,
    values: Vec<f32>,
    tags: Vec<String>,
    inner: Vec<Address>,
    pair: (u8, String),
    boxed: Box<u32>,
    kind: Kind,
    map: BTreeMap<String, u8>,
    array: [u16; 3],
    ok: bool,
    parent: Option<Box<Log>>,
    at: Option<Address>,
}

fn logs(n: usize) -> Vec<Log> {
    (0..n)
        .map(|i| Log {
            address: Address { x0: i as u8, x1: 1 },
            request: format!("GET /é{i}"),
            code: i as u16,
            rate: (i % 3 > 0).then_some(i as f64),
            note: (i % 2 > 0).then(|| format!("note {i}")),
            values: vec![i as f32; if i % 7 == 0 { 2000 } else { i % 3 }],
            tags: vec!["a".into(); i % 4],
            inner: vec![Address { x0: 1, x1: i as u8 }; i % 3],
            pair: (i as u8, format!("p{i}")),
            boxed: Box::new(i as u32),
            kind: if i % 2 == 0 { Kind::Plain } else { Kind::Tagged("t".into()) },
            map: [(format!("k{i}"), 1)].into(),
            array: [i as u16; 3],
            ok: i % 2 == 0,
            parent: (i % 5 == 4).then(|| Box::new(logs(1).remove(0))),
            at: (i % 4 == 1).then_some(Address { x0: 9, x1: 9 }),
        })
        .collect()
}

fn same(row: LogRow<'_>, log: &Log) {
    assert_eq!((row.address.x0, row.address.x1), (log.address.x0, log.address.x1));
    assert_eq!((row.request, row.code, row.rate, row.note), (&*log.request, log.code, log.rate, log.note.as_deref()));
    assert_eq!(row.values, log.values);
    assert!(row.tags.iter().eq(log.tags.iter().map(String::as_str)));
    assert!(row.inner.iter().map(|a| (a.x0, a.x1)).eq(log.inner.iter().map(|a| (a.x0, a.x1))));
    assert_eq!((row.pair.0, row.pair.1, row.boxed.get()), (log.pair.0, &*log.pair.1, *log.boxed));
    assert_eq!((row.kind, row.map, row.array, row.ok), (&log.kind, &log.map, &log.array, log.ok));
    assert_eq!(row.at.map(|a| a.x0), log.at.as_ref().map(|a| a.x0));
    match (row.parent, &log.parent) {
        (Some(row), Some(log)) => same(row.get(), log),
        (None, None) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_are_those_that_were_sent() {
    for reader in READERS {
        for n in [0, 1, 200] {
            let logs = logs(n);
            let (header, frames) = Encoder::new().reader(reader).serialize(&logs).unwrap();
            let view = frames_core::view::<Log>(&header, &frames).unwrap();
            assert_eq!(view.len(), n);
            assert_eq!(view.iter().len(), n);
            for (row, log) in view.iter().zip(&logs) {
                same(row, log);
            }
            assert!(view.get(n).is_none());
            assert!(view.code().iter().eq(logs.iter().map(|log| &log.code)));
            if n > 0 {
                assert_eq!(view.request(n - 1), logs[n - 1].request);
            }
        }
    }
}

/// Opens a view of rows in both forms, from frames that start at any address, and compares it.
#[track_caller]
fn is_seen<T: Seen + Debug>(rows: &Vec<T>) {
    for reader in READERS {
        let (header, frames) = Encoder::new().reader(reader).serialize(rows).unwrap();
        for offset in 0..9 {
            let frames: Frames<'_> = frames.iter().map(|frame| moved(frame, offset)).collect();
            view::<T>(&header, &frames).unwrap_or_else(|e| panic!("{reader:?} {}: {e}", T::type_name()));
            seen::check::<T>((&header).into(), &frames);
        }
    }
}

/// The same bytes, `offset` behind an address that everything may have.
fn moved(bytes: &[u8], offset: usize) -> Frame<'static> {
    let mut room = vec![0u8; bytes.len() + 32];
    let start = room.as_ptr().align_offset(16) + offset;
    room[start..start + bytes.len()].copy_from_slice(bytes);
    Frame::from(Bytes::from(room).slice(start..start + bytes.len()))
}

#[derive(FrameSerialize, bytemuck::Pod, bytemuck::Zeroable, Debug, Clone, Copy, PartialEq)]
#[frames(view, plain)]
#[repr(C)]
struct Pixel {
    x: f32,
    rgba: [u8; 4],
    id: u32,
}

#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
struct Name(String);

/// Variants of the names that the trait gives to its types.
#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
enum Names {
    Ref(u8),
    List(u8),
    Column,
}

#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
struct Flag(bool);

#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
struct Boxed(Box<u8>, ());

#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
struct Tree {
    label: String,
    left: Option<Box<Tree>>,
    children: Vec<Tree>,
}

#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
struct Large {
    numbers: Vec<f64>,
    arrays: Vec<[f32; 3]>,
    pixels: Vec<Pixel>,
    flags: Vec<bool>,
    bytes: Vec<u8>,
    lists: Vec<Vec<u64>>,
    maybe: Option<Vec<u16>>,
}

#[derive(FrameSerialize, Debug, Clone, Default, PartialEq)]
#[frames(view)]
struct Nothing {
    #[frames(skip)]
    absent: u64,
}

values! { [] Pixel; [] Name; [] Names; [] Flag; [] Boxed; }
records! {
    Address { x0, x1 }
    Tree { label, left, children }
    Large { numbers, arrays, pixels, flags, bytes, lists, maybe }
    Nothing { ; Nothing::default() }
}

fn pixel(i: usize) -> Pixel {
    Pixel { x: i as f32, rgba: [i as u8; 4], id: u32::MAX - i as u32 }
}

fn tree(depth: usize) -> Tree {
    Tree {
        label: "ž".repeat(depth),
        left: (depth > 0).then(|| Box::new(tree(depth - 1))),
        children: (1..depth).map(|_| tree(depth / 2)).collect(),
    }
}

#[test]
fn columns_of_every_kind_are_seen_wherever_their_frames_start() {
    for n in [0, 1, 3, 100] {
        is_seen(&(0..n).map(pixel).collect::<Vec<_>>());
        is_seen(&(0..n).map(|i| (i as u8, Some(pixel(i)), format!("{i}"))).collect::<Vec<_>>());
        is_seen(&(0..n).map(|i| (i % 3 > 0).then(|| Name(format!("{i}ž")))).collect::<Vec<_>>());
        is_seen(&(0..n).map(|i| (i % 3 > 0).then_some(Flag(i % 2 > 0))).collect::<Vec<_>>());
        is_seen(&(0..n).map(|i| [Names::Ref(1), Names::List(2), Names::Column][i % 3].clone()).collect::<Vec<_>>());
        is_seen(&(0..n).map(|i| i % 2 > 0).collect::<Vec<_>>());
        is_seen(&(0..n).map(|i| f64::from_bits(0x7ff8_0000_0000_0000 | i as u64)).collect::<Vec<_>>());
        is_seen(&(0..n).map(|i| Box::new(Box::new(i))).collect::<Vec<_>>());
        is_seen(&(0..n).map(|i| ((), (i as u8,), [i as u16; 2])).collect::<Vec<_>>());
        is_seen(&vec![(); n]);
        is_seen(&vec![Nothing::default(); n]);
        is_seen(&vec![vec![Nothing::default(); 2]; n]);
        is_seen(&vec![Some(Some(())); n]);
    }
    is_seen(&(0..5).map(tree).collect::<Vec<_>>());
    is_seen(&vec![Box::new(tree(4))]);
}

/// Rows that have no bytes, but a row of another table each.
#[test]
fn many_rows_of_pointers_are_seen() {
    let rows = vec![Boxed(Box::new(1), ()); 4000];
    let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(&rows).unwrap();
    assert_eq!(view::<Boxed>(&header, &frames).unwrap().as_slice(), rows);
}

#[test]
fn lists_with_a_frame_of_their_own_are_seen_wherever_it_starts() {
    let large = |n: usize| Large {
        numbers: vec![0.5; n],
        arrays: vec![[1.5, 2.5, n as f32]; n],
        pixels: (0..n).map(pixel).collect(),
        flags: (0..n).map(|i| i % 3 > 0).collect(),
        bytes: vec![n as u8; n],
        lists: vec![vec![7; n], vec![8; 3]],
        maybe: (n > 3).then(|| vec![9; n]),
    };
    is_seen(&vec![large(2), large(5000), large(0), large(3), large(6000)]);
}

#[test]
fn a_view_reports_what_the_rows_are_not() {
    let logs = logs(3);
    let (header, frames) = frames_core::serialize(&logs).unwrap();
    for (error, decoded) in [
        (view::<Address>(&header, &frames).unwrap_err(), deserialize::<Vec<Address>>(&header, frames.clone()).err()),
        (view::<u8>(&header, &frames).unwrap_err(), deserialize::<Vec<u8>>(&header, frames.clone()).err()),
        (view::<String>(&header, &frames).unwrap_err(), deserialize::<Vec<String>>(&header, frames.clone()).err()),
    ] {
        assert_eq!(Some(error.to_string()), decoded.map(|e| e.to_string()));
    }
}

// ---- columns that are not as we write them

#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
struct Reading {
    count: u16,
    #[frames(alias = "level")]
    value: f64,
    #[frames(default)]
    note: Option<String>,
    #[frames(default = "seven")]
    weight: u8,
    #[frames(with = "reversed", default)]
    list: Vec<u8>,
}

fn seven() -> u8 {
    7
}

mod reversed {
    use frames_core::{Frames, Header, HeaderRef, Result};

    pub(super) fn serialize(list: &[u8]) -> Result<(Header, Frames<'_>)> {
        let list: Vec<u8> = list.iter().rev().copied().collect();
        frames_core::serialize(&list).map(|(header, frames)| (header, frames.into_owned()))
    }
    pub(super) fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Vec<u8>> {
        let list: Vec<u8> = frames_core::deserialize(header, frames)?;
        Ok(list.into_iter().rev().collect())
    }
}

impl Seen for Reading {
    fn seen(row: ReadingRow<'_>) -> Self {
        Reading {
            count: row.count,
            value: row.value,
            note: row.note.map(str::to_owned),
            weight: row.weight,
            list: row.list.clone(),
        }
    }
    fn all(rows: Self::List<'_>) -> Vec<Self> {
        rows.iter().map(Self::seen).collect()
    }
}

/// As an older peer, or one that writes by hand, sends them.
#[derive(FrameSerialize)]
struct Sent {
    level: Vec<f64>,
    count: Vec<u16>,
}

#[test]
fn fields_with_functions_of_their_own_are_seen() {
    let row = |i: u8| Reading { count: 1, value: 0.5, note: Some("n".into()), weight: i, list: vec![1, 2, i] };
    is_seen(&vec![row(1), row(2), row(3)]);
}

#[test]
fn missing_renamed_and_unknown_columns_are_as_for_rows() {
    let sent = Sent { level: vec![0.5, 1.5], count: vec![1, 2] };
    let (header, frames) = frames_core::serialize(&sent).unwrap();
    let readings = view::<Reading>(&header, &frames).unwrap();
    assert_eq!((readings.count(), readings.value(), readings.weight()), (&[1, 2][..], &[0.5, 1.5][..], &[7, 7][..]));
    assert_eq!(readings.value().as_ptr(), sent.level.as_ptr(), "nothing was copied");
    assert_eq!((readings.note(1), readings.list(1)), (None, &vec![]));
    seen::check::<Reading>((&header).into(), &frames);

    let uneven = Sent { level: vec![0.5], count: vec![1, 2] };
    let (header, frames) = frames_core::serialize(&uneven).unwrap();
    let error = view::<Reading>(&header, &frames).unwrap_err();
    assert!(error.to_string().contains("rows"), "{error}");
    seen::check::<Reading>((&header).into(), &frames);

    #[derive(FrameSerialize)]
    struct Unknown {
        count: Vec<u16>,
        value: Vec<f64>,
        extra: Vec<u8>,
    }
    #[derive(FrameSerialize)]
    struct Few {
        count: Vec<u16>,
    }
    let (header, frames) = frames_core::serialize(&Unknown { count: vec![1], value: vec![1.0], extra: vec![1] })
        .map(|(header, frames)| (header, frames.into_owned()))
        .unwrap();
    assert_eq!(view::<Reading>(&header, &frames).unwrap_err().kind(), ErrorKind::UnknownField);
    let (header, frames) = frames_core::serialize(&Few { count: vec![1] }).map(|(h, f)| (h, f.into_owned())).unwrap();
    assert_eq!(view::<Reading>(&header, &frames).unwrap_err().kind(), ErrorKind::MissingField);
    seen::check::<Reading>((&header).into(), &frames);
}

/// The value under some keys of a header.
fn at<'v>(value: &'v mut Value, keys: &[&str]) -> &'v mut Value {
    keys.iter().fold(value, |value, key| {
        let Value::Map(entries) = value else { panic!("{value} is no map") };
        &mut entries.iter_mut().find(|(k, _)| k.as_str() == Some(key)).unwrap_or_else(|| panic!("no {key}")).1
    })
}

#[test]
fn columns_with_strides_of_their_own_are_collected() {
    let rows = vec![Reading { count: 1, value: 2.5, note: None, weight: 1, list: vec![] }; 3];
    let (header, frames) = frames_core::serialize(&rows).unwrap();
    let numbers = |numbers: &[u16]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    for (strides, bytes, expected) in [
        (2, numbers(&[1, 2, 3]), Ok([1, 2, 3])),
        (4, numbers(&[1, 0, 2, 0, 3]), Ok([1, 2, 3])),
        (0, numbers(&[9]), Ok([9, 9, 9])),
        (2, numbers(&[1, 2]), Err(())),
        (4, numbers(&[1, 0, 2, 0]), Err(())),
        (-2, numbers(&[1, 2, 3]), Err(())),
        (i64::MAX, numbers(&[1, 2, 3]), Err(())),
    ] {
        let mut tree = header.to_value().unwrap();
        let column = at(&mut tree, &["sub-header", "complex", "count", "header", "sub-header"]);
        *at(column, &["strides"]) = Value::Array(vec![strides.into()]);
        let header = Header::from_value(&tree).unwrap();
        let mut frames: Vec<Bytes> = frames.clone().into_owned().into_iter().map(|f| f.into_bytes()).collect();
        frames[0] = bytes.into();
        let frames = Frames::from(frames);
        seen::check::<Reading>((&header).into(), &frames);
        match (view::<Reading>(&header, &frames), expected) {
            (Ok(readings), Ok(expected)) => assert_eq!(readings.count(), expected),
            (Err(_), Err(())) => {}
            (found, _) => panic!("strides of {strides}: {found:?}"),
        }
    }
}
