//! Types of every shape that the derive knows, with pinned names: what the fuzz targets, the hostile peer of the tests
//! and the golden bytes decode.

use frames_core::bytes::Bytes;
use frames_core::{Array, FrameSerialize, Frames, Header, HeaderRef, Result, register};
use std::collections::BTreeMap;

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
#[frames(name = "fuzzed::Point")]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "fuzzed::Sample", alias = "shapes::OldSample")]
pub struct Sample {
    pub id: u32,
    pub name: String,
    pub values: Vec<f64>,
    pub note: Option<String>,
    pub position: Point,
    pub raw: Vec<u8>,
    pub tags: BTreeMap<String, i64>,
    pub layers: BTreeMap<u8, Array<f32>>,
}

/// Recursive in both ways: each level is an object in an object, and columns in columns.
#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "fuzzed::Node")]
pub struct Node {
    pub value: Vec<u8>,
    pub next: Option<Box<Node>>,
    pub children: Vec<Node>,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "fuzzed::List")]
pub enum List<T> {
    Nil,
    Cons(T, Box<List<T>>),
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "fuzzed::Shape", rename_all = "snake_case")]
pub enum Shape {
    Nothing,
    Radius(f64),
    Path(Vec<f64>),
    Tuple(u8, Bytes),
    Small(u8, i16),
    Named { side: u8, corners: Vec<f64> },
    SmallNamed { side: u8, text: Option<String> },
}

/// A `Vec` of it travels as columns.
#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "fuzzed::Row")]
pub struct Row {
    pub number: f64,
    pub flag: bool,
    pub text: String,
    pub bytes: Vec<u8>,
    pub maybe: Option<i32>,
    pub point: Point,
    pub array: Array<f32>,
    pub shape: Shape,
    pub pair: (u8, String),
    pub meters: Meters,
    pub marker: Marker,
    #[frames(with = "reversed")]
    pub reversed: Vec<u8>,
    #[frames(default)]
    pub default: u16,
    #[frames(skip)]
    pub skipped: u64,
    pub rows: Vec<Point>,
}

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
#[frames(name = "fuzzed::Meters")]
pub struct Meters(pub f64);

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
#[frames(name = "fuzzed::Marker")]
pub struct Marker;

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "fuzzed::Pair")]
pub struct Pair(pub u8, pub Vec<f64>);

/// Has no field on the wire: rows of it cost the peer nothing.
#[derive(FrameSerialize, Clone, Debug, PartialEq, Default)]
#[frames(name = "fuzzed::Empty", allow_unknown_fields)]
pub struct Empty {
    #[frames(skip)]
    pub absent: [u64; 4],
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "fuzzed::InPython", python = "fuzzed.model:Outer.Inner")]
pub struct InPython {
    pub a: u8,
    pub data: Vec<i16>,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "fuzzed::Grid")]
pub struct Grid<T, const N: usize> {
    pub cells: [Vec<T>; N],
    pub first: Option<T>,
}

#[derive(FrameSerialize, bytemuck::Pod, bytemuck::Zeroable, Clone, Copy, Debug, PartialEq)]
#[frames(name = "fuzzed::Pixel", plain)]
#[repr(C)]
pub struct Pixel {
    pub x: f32,
    pub y: f32,
    pub rgba: [u8; 4],
    pub id: u32,
}

/// Written by hand, as Dask's documentation shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Human {
    pub name: String,
}

impl FrameSerialize for Human {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        Ok((Header::new().with("len", &self.name.len())?, Frames::from(frames_core::Frame::from(self.name.as_str()))))
    }
    fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Self> {
        let len: usize = header.get("len")?;
        let frame = frames.into_one()?;
        if len != frame.len() {
            return Err(frames_core::Error::custom("the name has another length"));
        }
        String::from_utf8(frame.into_vec())
            .map(|name| Human { name })
            .map_err(|_| frames_core::Error::custom("the name is not UTF-8"))
    }
}
register!(Human, name = "fuzzed::Human");
register!(List<u8>);
register!(List<Vec<u8>>);
register!(Grid<f64, 2>);

mod reversed {
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

/// One of each.
pub fn sample() -> Sample {
    Sample {
        id: 7,
        name: "seven".into(),
        values: vec![0.5, -1.0, 1e300],
        note: Some("a note".into()),
        position: Point { x: 1.5, y: -2.0 },
        raw: vec![1, 2, 3],
        tags: BTreeMap::from([("a".into(), -1), ("b".into(), 70_000)]),
        layers: BTreeMap::from([(1, vec![0.5; 2].into()), (200, Array::default())]),
    }
}

pub fn node(depth: usize) -> Node {
    let mut node = Node { value: vec![0], next: None, children: Vec::new() };
    for level in 1..depth {
        node = match level % 2 {
            0 => Node { value: vec![level as u8], next: Some(Box::new(node)), children: Vec::new() },
            _ => Node { value: vec![level as u8], next: None, children: vec![node.clone(), node] },
        };
    }
    node
}

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::Nothing,
        Shape::Radius(1.5),
        Shape::Path(vec![1.0, 2.0]),
        Shape::Tuple(1, Bytes::from_static(b"ab")),
        Shape::Small(1, -300),
        Shape::Named { side: 1, corners: vec![1.0] },
        Shape::SmallNamed { side: 2, text: Some("t".into()) },
    ]
}

pub fn row(i: u8) -> Row {
    Row {
        number: f64::from(i),
        flag: i % 2 == 0,
        text: "t".repeat(i.into()),
        bytes: vec![i; i.into()],
        maybe: (i % 3 == 0).then_some(i.into()),
        point: Point { x: i.into(), y: 0.5 },
        array: vec![f32::from(i); 2].into(),
        shape: if i % 2 == 0 { Shape::Nothing } else { Shape::Path(vec![i.into()]) },
        pair: (i, "p".into()),
        meters: Meters(i.into()),
        marker: Marker,
        reversed: vec![i, 0],
        default: i.into(),
        skipped: 0,
        rows: vec![Point { x: 0.0, y: i.into() }; i.into()],
    }
}

pub fn pixel(id: u32) -> Pixel {
    Pixel { x: 1.0, y: id as f32, rgba: [1, 2, 3, 4], id }
}
