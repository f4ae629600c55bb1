//! Derived types against the released `distributed`: Rust writes and Python compares; Python sends it back; Rust compares.

mod support;

use frames_core::bytes::Bytes;
use frames_core::{
    Array, ErrorKind, FrameSerialize, Frames, Header, HeaderRef, Result, deserialize, deserialize_any, serialize,
};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;
use support::human::Human;
use support::peer::{Make, Peer, peer};

/// What a Python does that sends plain values as msgpack; and one that marks everything for serialization.
const FORMS: [Make<'static>; 2] = [
    Make { serializers: &["dask", "msgpack", "pickle"], wrap: false, pickle_protocol: None, error_family: false },
    Make { serializers: &["dask", "msgpack", "pickle"], wrap: true, pickle_protocol: None, error_family: false },
];

fn received((header, frames): (Vec<u8>, Vec<Vec<u8>>)) -> (Header, Frames<'static>) {
    (Header::from_bytes(header).unwrap(), frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into())
}

/// Python decodes the value as `expect` (fields with frames behind those without), from a header with frames, from a byte
/// string and from a whole message; and what it sends back is the value again.
#[track_caller]
fn both_ways<T: FrameSerialize + PartialEq + Debug>(python: &mut Peer, value: &T, expect: &str) {
    assert!(travel(python, value, expect) > 0, "Python pickles it in every form: {expect}");
}

/// The same for a value of which Python pickles a part in every form, because a dict in it begins with text. Decoding that is for
/// the crate that reads pickles: until then it is refused by the name of its family.
#[track_caller]
fn pickled_on_the_way_back<T: FrameSerialize + PartialEq + Debug>(python: &mut Peer, value: &T, expect: &str) {
    assert_eq!(travel(python, value, expect), 0, "Python need not pickle it: {expect}");
}

/// How many of the forms in which Python sent it back could be decoded; those that could were the value.
#[track_caller]
fn travel<T: FrameSerialize + PartialEq + Debug>(python: &mut Peer, value: &T, expect: &str) -> usize {
    let (header, frames) = serialize(value).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    python.check(header.as_bytes(), &slices, expect).unwrap_or_else(|e| panic!("{e}\n{header}"));
    let blob = frames_core::pack_value(header.clone(), &frames).unwrap();
    python.check_blob(&blob, expect).unwrap_or_else(|e| panic!("blob: {e}"));
    let message = support::message::with_payload(&header, &frames);
    let whole = format!("{{'op': 'test', 'data': {expect}}}");
    python.check_message(&message, &whole).unwrap_or_else(|e| panic!("message: {e}"));
    let mut decoded = 0;
    for form in &FORMS {
        let (theirs, their_frames) = received(python.echo(header.as_bytes(), &slices, "", form).unwrap());
        // A dict whose first value is a plain one Python pickles whole: the family of another crate, to be forwarded.
        if theirs.to_string().contains(r#""serializer": "pickle""#) {
            assert_eq!(deserialize::<T>(&theirs, their_frames).unwrap_err().kind(), ErrorKind::Family);
            continue;
        }
        let back: T = deserialize(&theirs, their_frames).unwrap_or_else(|e| panic!("{e}\n{theirs}"));
        assert_eq!(&back, value);
        decoded += 1;
    }
    assert_eq!(&deserialize::<T>(&header, frames).unwrap(), value);
    decoded
}

#[derive(FrameSerialize, Debug, PartialEq)]
struct Point {
    x: f64,
    y: f64,
    label: Option<String>,
}

#[derive(FrameSerialize, Debug, PartialEq)]
struct Scan {
    name: String,
    counts: Vec<u32>,
    origin: Point,
    raw: Bytes,
    weights: Array<f32>,
    tags: BTreeMap<String, i64>,
    layers: BTreeMap<String, Vec<f64>>,
    previous: Option<Box<Scan>>,
}

fn scan(previous: Option<Box<Scan>>) -> Scan {
    Scan {
        name: "s".into(),
        counts: vec![1, 2, 3],
        origin: Point { x: 1.5, y: -0.5, label: None },
        raw: Bytes::from_static(b"raw"),
        weights: vec![0.5f32; 3].into(),
        tags: BTreeMap::from([("a".into(), -1)]),
        layers: BTreeMap::from([("l".into(), vec![1.0])]),
        previous,
    }
}

#[test]
fn a_struct_is_a_dict_with_arrays() {
    let Some(mut python) = peer() else { return };
    let plain = "'name': 's', 'origin': {'x': 1.5, 'y': -0.5, 'label': None}, 'tags': {'a': -1}";
    let framed = "'counts': np.array([1, 2, 3], 'u4'), 'raw': b'raw', 'weights': np.full(3, 0.5, 'f4'), \
                  'layers': {'l': np.array([1.0])}";
    both_ways(&mut python, &Point { x: 1.0, y: 2.0, label: Some("ž".into()) }, "{'x': 1.0, 'y': 2.0, 'label': 'ž'}");
    let one = format!("{{{plain}, 'previous': None, {framed}}}");
    both_ways(&mut python, &scan(None), &one);
    let two = format!("{{{plain}, {framed}, 'previous': {one}}}");
    pickled_on_the_way_back(&mut python, &scan(Some(Box::new(scan(None)))), &two);
}

#[test]
fn python_changes_a_struct_and_sends_it_back() {
    let Some(mut python) = peer() else { return };
    let value = scan(None);
    let (header, frames) = serialize(&value).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    let change = "x['counts'] *= 2; x['weights'][1] = 9; x['origin']['x'] = 7.0; \
                  x = {k: x[k] for k in ('weights', *(k for k in x if k != 'weights'))}; x['previous'] = {**x}";
    let (theirs, their_frames) = received(python.echo(header.as_bytes(), &slices, change, &FORMS[0]).unwrap());
    let back: Scan = deserialize(&theirs, their_frames).unwrap_or_else(|e| panic!("{e}\n{theirs}"));
    assert_eq!((&back.counts[..], &back.weights[..], back.origin.x), (&[2, 4, 6][..], &[0.5, 9.0, 0.5][..], 7.0));
    assert_eq!(back.previous.unwrap().counts, [2, 4, 6]);
}

mod as_text {
    use super::*;
    /// `1.5` as the text `"1.5"`.
    pub(crate) fn serialize(value: &f64) -> Result<(Header, Frames<'_>)> {
        let (header, frames) =
            frames_core::serialize(&Cow::<str>::Owned(value.to_string())).map(|(h, f)| (h, f.into_owned()))?;
        Ok((header, frames))
    }
    pub(crate) fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<f64> {
        frames_core::deserialize::<String>(header, frames)?.parse().map_err(frames_core::Error::custom)
    }
}

#[derive(FrameSerialize, Debug, PartialEq, Default)]
#[frames(name = "interop::Pinned", alias = "interop::Old", rename_all = "camelCase")]
struct Everything {
    first_name: String,
    #[frames(rename = "class")]
    kind: u8,
    #[frames(alias = "oldCount")]
    count: Vec<i16>,
    #[frames(default)]
    missing: Option<u8>,
    #[frames(skip)]
    cache: Vec<f64>,
    #[frames(with = "as_text")]
    ratio: f64,
}

#[test]
fn attributes_shape_the_dict() {
    let Some(mut python) = peer() else { return };
    let value = Everything { first_name: "a".into(), kind: 3, count: vec![1], ratio: 1.5, ..Default::default() };
    let expect = "{'firstName': 'a', 'class': 3, 'missing': None, 'count': np.array([1], 'i2'), 'ratio': '1.5'}";
    both_ways(&mut python, &value, expect);
    // A field that is missing and has a default; an older name of a field.
    let sent = "{'oldCount': np.array([1], 'i2'), 'firstName': 'a', 'class': 3, 'ratio': '1.5'}";
    let (header, frames) = received(python.make(sent, &FORMS[0]).unwrap());
    assert_eq!(deserialize::<Everything>(&header, frames).unwrap(), value);
    // An unknown field, a missing one, a wrong type: the error names the place and both sides.
    for (sent, message) in [
        (
            "{'count': np.array([1], 'i2'), 'firstName': 'a', 'class': 3, 'ratio': '1.5', 'clas': 1}",
            "no field \"clas\"",
        ),
        ("{'count': np.array([1], 'i2'), 'firstName': 'a', 'ratio': '1.5'}", "`class` is missing"),
        (
            "{'count': np.array([1.0]), 'firstName': 'a', 'class': 3, 'ratio': '1.5'}",
            "count: expected an array of <i2, found an array of <f8",
        ),
        (
            "{'count': np.array([1], 'i2'), 'firstName': 'a', 'class': 300, 'ratio': '1.5'}",
            "class: 300 does not fit u8",
        ),
        (
            "{'count': np.array([1], 'i2'), 'firstName': 7, 'class': 3, 'ratio': '1.5'}",
            "firstName: expected text, found an integer",
        ),
    ] {
        let (header, frames) = received(python.make(sent, &FORMS[0]).unwrap());
        let error = deserialize::<Everything>(&header, frames).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[derive(FrameSerialize, Debug, PartialEq)]
enum Shape {
    Empty,
    Circle(f64),
    Segment(f64, f64),
    Polygon { name: String, corners: Vec<f64> },
    Grid(Vec<f64>),
    Pair(u8, Vec<u8>),
}

#[test]
fn an_enum_is_text_or_a_dict_of_one_entry() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    both_ways(p, &Shape::Empty, "'Empty'");
    both_ways(p, &Shape::Circle(1.5), "{'Circle': 1.5}");
    both_ways(p, &Shape::Segment(1.5, 2.5), "{'Segment': (1.5, 2.5)}");
    let polygon = Shape::Polygon { name: "p".into(), corners: vec![1.0] };
    pickled_on_the_way_back(p, &polygon, "{'Polygon': {'name': 'p', 'corners': np.array([1.0])}}");
    both_ways(p, &Shape::Grid(vec![1.0]), "{'Grid': np.array([1.0])}");
    both_ways(p, &Shape::Pair(1, vec![2]), "{'Pair': (1, b'\\x02')}");
    both_ways(p, &vec![Shape::Empty, Shape::Grid(vec![2.0])], "['Empty', {'Grid': np.array([2.0])}]");
}

#[derive(FrameSerialize, Debug, PartialEq)]
struct Unit;
#[derive(FrameSerialize, Debug, PartialEq)]
struct Tuple(u8, Vec<f64>);
#[derive(FrameSerialize, Debug, PartialEq)]
struct Meters(f64);
#[derive(FrameSerialize, Debug, PartialEq)]
#[frames(transparent)]
struct Wrapped {
    inner: Vec<i64>,
}
#[derive(FrameSerialize, Debug, PartialEq)]
struct Generic<T, const N: usize> {
    items: Vec<T>,
    grid: [f32; N],
}
#[derive(FrameSerialize, Debug, PartialEq)]
struct Borrowing<'a> {
    name: Cow<'a, str>,
    data: Cow<'a, [f64]>,
}

#[test]
fn every_other_kind_of_struct() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    both_ways(p, &Unit, "None");
    both_ways(p, &Tuple(1, vec![1.0]), "(1, np.array([1.0]))");
    both_ways(p, &Meters(1.5), "1.5");
    both_ways(p, &Wrapped { inner: vec![1] }, "np.array([1])");
    both_ways(
        p,
        &Generic { items: vec!["a".to_string()], grid: [0.5f32; 2] },
        "{'items': ('a',), 'grid': np.full(2, 0.5, 'f4')}",
    );
    let data = [1.0, 2.0];
    both_ways(
        p,
        &Borrowing { name: "n".into(), data: (&data[..]).into() },
        "{'name': 'n', 'data': np.array([1.0, 2.0])}",
    );
}

/// Stands for the Python class that `register_generic` walks.
#[derive(FrameSerialize, Debug, PartialEq)]
#[frames(python = "corpus:Estimator")]
struct Estimator {
    name: String,
    n: i64,
    tags: (String, u8),
    params: Params,
    coef: Vec<f64>,
    model: Human,
}

#[derive(FrameSerialize, Debug, PartialEq)]
struct Params {
    alpha: f64,
    weights: Array<f32>,
    deep: Deep,
}

#[derive(FrameSerialize, Debug, PartialEq)]
struct Deep {
    raw: Bytes,
    grid: frames_core::NdArray,
}

#[test]
fn a_python_class_decodes_by_its_name_and_goes_back_as_itself() {
    let Some(mut python) = peer() else { return };
    let (header, frames) = received(python.make("corpus.value('estimator')", &FORMS[0]).unwrap());
    let any = deserialize_any(&header, frames.clone()).unwrap_or_else(|e| panic!("{e}\n{header}"));
    let estimator = any.downcast::<Estimator>().unwrap();
    assert_eq!((estimator.name.as_str(), estimator.n, &estimator.coef[..]), ("est", 3, &[0.0, 1.0, 2.0, 3.0][..]));
    assert_eq!((estimator.model.name.as_str(), estimator.params.deep.grid.shape()), ("Eve", &[2, 2][..]));
    both_ways(&mut python, &estimator, "corpus.received('estimator')");
    // A subclass has a name of its own, which nobody here registered; its type is asked for.
    let (header, frames) = received(python.make("corpus.value('estimator_subclass')", &FORMS[0]).unwrap());
    assert_eq!(deserialize_any(&header, frames.clone()).unwrap_err().kind(), ErrorKind::UnknownType);
    assert_eq!(deserialize::<Estimator>(&header, frames).unwrap(), estimator);
}

#[test]
fn a_type_by_hand_is_its_class_alone_as_a_field_and_in_a_list() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let human = |name: &str| Human { name: name.into(), age: Some(41) };
    both_ways(p, &human("Alice"), "corpus.Human(name='Alice', age=41)");
    both_ways(p, &vec![human("A"), human("B")], "[corpus.Human(name='A', age=41), corpus.Human(name='B', age=41)]");
    both_ways(p, &BTreeMap::from([(1u8, human("A"))]), "{1: corpus.Human(name='A', age=41)}");
    both_ways(p, &Some(human("A")), "corpus.Human(name='A', age=41)");
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Row {
    code: u16,
    ok: bool,
    text: String,
    at: Place,
    note: Option<String>,
    rate: Option<f64>,
    trace: Vec<f32>,
    kind: Kind,
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Place {
    x: f32,
    y: f32,
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
enum Kind {
    A,
    B(u8),
}

#[test]
fn many_records_are_a_dict_of_columns() {
    let Some(mut python) = peer() else { return };
    let row = |i: u16| Row {
        code: i,
        ok: i % 2 == 0,
        text: format!("row {i}"),
        at: Place { x: i.into(), y: 0.5 },
        note: (i == 1).then(|| "n".into()),
        rate: (i != 1).then_some(1.5),
        trace: vec![0.5; i.into()],
        kind: if i == 0 { Kind::A } else { Kind::B(i as u8) },
    };
    let rows: Vec<Row> = (0..3).map(row).collect();
    let expect = "{'code': np.array([0, 1, 2], 'u2'), 'ok': np.array([True, False, True]), \
        'text': ('row 0', 'row 1', 'row 2'), \
        'at': {'x': np.array([0, 1, 2], 'f4'), 'y': np.full(3, 0.5, 'f4')}, \
        'note': (None, 'n', None), 'rate': np.ma.array([1.5, 0, 1.5], mask=[False, True, False]), \
        'trace': {'offsets': np.array([0, 0, 1, 3]), 'values': np.full(3, 0.5, 'f4')}, 'kind': ('A', {'B': 1}, {'B': 2})}";
    both_ways(&mut python, &rows, expect);
    let (header, frames) = serialize(&rows).unwrap();
    assert!(frames.len() < 20, "{} frames: never a header an element", frames.len());
    let empty = Vec::<Row>::new();
    let (header_of_none, frames_of_none) = serialize(&empty).unwrap();
    assert_eq!(deserialize::<Vec<Row>>(&header_of_none, frames_of_none).unwrap(), empty);
    // The columns go by the name of their record.
    let any = deserialize_any(&header, frames).unwrap();
    assert_eq!(any.downcast::<Vec<Row>>().unwrap(), rows);
    // Columns that Python changed come back as rows; columns of different lengths do not.
    let (header, frames) = serialize(&rows).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    let (theirs, their_frames) =
        received(python.echo(header.as_bytes(), &slices, "x['code'] += 10", &FORMS[0]).unwrap());
    let back: Vec<Row> = deserialize(&theirs, their_frames).unwrap();
    assert_eq!(back.iter().map(|r| r.code).collect::<Vec<_>>(), [10, 11, 12]);
    let cut = "x['code'] = x['code'][:2]";
    let (theirs, their_frames) = received(python.echo(header.as_bytes(), &slices, cut, &FORMS[0]).unwrap());
    let error = deserialize::<Vec<Row>>(&theirs, their_frames).unwrap_err();
    assert!(error.to_string().contains("has 3 rows, where the others have 2"), "{error}");
}

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
#[frames(plain)]
struct Vertex {
    position: [f32; 3],
    #[frames(rename = "group")]
    id: u32,
    #[frames(rename = "uv")]
    texture: Uv,
}

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
#[frames(plain)]
struct Uv {
    u: u16,
    v: u16,
}

#[test]
fn plain_records_are_one_structured_array() {
    let Some(mut python) = peer() else { return };
    let vertex = |i: u32| Vertex { position: [i as f32; 3], id: i, texture: Uv { u: 1, v: i as u16 } };
    let mesh: Vec<Vertex> = (0..3).map(vertex).collect();
    let dtype = "[('position', 'f4', (3,)), ('group', 'u4'), ('uv', [('u', 'u2'), ('v', 'u2')])]";
    let expect = format!("np.array([((i, i, i), i, (1, i)) for i in range(3)], {dtype})");
    both_ways(&mut python, &mesh, &expect);
    both_ways(&mut python, &Array::from(mesh.clone()), &expect);
    let (header, frames) = serialize(&mesh).unwrap();
    assert_eq!(frames.get(0).unwrap().as_ptr(), mesh.as_ptr().cast());
    // Fields in another place are another type: never read silently.
    let other = "np.zeros(2, [('position', 'f4', (3,)), ('uv', [('u', 'u2'), ('v', 'u2')]), ('group', 'u4')])";
    let (theirs, their_frames) = received(python.make(other, &FORMS[0]).unwrap());
    let error = deserialize::<Vec<Vertex>>(&theirs, their_frames).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
    drop((header, frames));
    let one = "{'group': 1, 'uv': {'u': 1, 'v': 1}, 'position': np.ones(3, 'f4')}";
    both_ways(&mut python, &vertex(1), one);
}

#[test]
fn a_struct_without_a_class_is_told_apart_by_its_rust_name_only() {
    let value = Point { x: 1.0, y: 2.0, label: None };
    let (header, frames) = serialize(&value).unwrap();
    let tree = header.to_value().unwrap();
    assert_eq!(tree["type"], "interop_derive::Point".into());
    assert_eq!(deserialize_any(&header, frames).unwrap().downcast::<Point>().unwrap(), value);
}
