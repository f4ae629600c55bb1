//! `#[derive(FrameSerialize)]` on structs with named fields: the layout, names, attributes, errors, columns.

#[path = "support/travel.rs"]
mod travel;

use frames_core::rmpv::Value;
use frames_core::{Array, ErrorKind, FrameSerialize, Registry, TypeName, deserialize, deserialize_any, serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use travel::*;

// ---- structs with named fields

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Sample {
    id: u32,
    name: String,
    values: Vec<f64>,
    note: Option<String>,
    position: Point,
    raw: Vec<u8>,
}

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
struct Point {
    x: f64,
    y: f64,
}

fn sample(id: u32) -> Sample {
    Sample {
        id,
        name: format!("sample {id}"),
        values: (0..id).map(f64::from).collect(),
        note: (id % 2 == 0).then(|| "even".into()),
        position: Point { x: 1.5, y: -2.0 },
        raw: vec![id as u8; 3],
    }
}

#[test]
fn a_struct_travels_as_the_layout_of_dasks_generic_objects() {
    let value = sample(4);
    let (header, frames) = serialize(&value).unwrap();
    let header = header.to_value().unwrap();
    assert_eq!(header["serializer"], "dask".into());
    assert_eq!(header["type"], "derive::Sample".into());
    let sub = &header["sub-header"];
    assert_eq!(
        sub["simple"],
        map([
            ("id", 4.into()),
            ("name", "sample 4".into()),
            ("note", "even".into()),
            ("position", map([("x", 1.5.into()), ("y", (-2.0).into())])),
        ])
    );
    let Value::Map(complex) = &sub["complex"] else { panic!("{sub}") };
    let names: Vec<_> = complex.iter().map(|(k, v)| (k.as_str().unwrap(), &v["start"], &v["stop"])).collect();
    assert_eq!(names, [("values", &0.into(), &1.into()), ("raw", &1.into(), &2.into())]);
    assert_eq!(frames.get(0).unwrap().as_ptr(), value.values.as_ptr().cast(), "no copy");
    assert_eq!(frames.get(1).unwrap().as_ptr(), value.raw.as_ptr(), "no copy");
    round_trip(&value);
    round_trip(&value.position);
}

#[test]
fn a_derived_type_is_found_by_its_name() {
    let value = sample(3);
    let (header, frames) = serialize(&value).unwrap();
    assert_eq!(deserialize_any(&header, frames).unwrap().downcast::<Sample>().unwrap(), value);
    let place = Registry::global().unwrap().get("derive::Sample").unwrap().place();
    assert!(place.starts_with(&file!().replace('\\', "/")) || place.contains("derive.rs:"), "{place}");
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Nothing {}

#[derive(FrameSerialize, Clone, Debug, PartialEq, Default)]
struct Deep {
    nothing: Vec<Option<Vec<f32>>>,
    map: BTreeMap<String, Vec<u8>>,
    small: HashMap<u8, (u8, bool)>,
    nested: Option<Box<Deep>>,
}

#[test]
fn structs_nest() {
    round_trip(&Nothing {});
    round_trip(&Deep::default());
    let deep = Deep {
        nothing: vec![None, Some(vec![1.0])],
        map: [("a".to_owned(), vec![1u8, 2])].into(),
        small: [(1, (2, true))].into(),
        nested: Some(Box::new(Deep::default())),
    };
    round_trip(&Deep { nested: Some(Box::new(deep.clone())), ..deep });
}

#[derive(FrameSerialize, Debug, PartialEq)]
struct Keywords {
    r#type: u8,
    r#struct: Vec<u8>,
    a_field_whose_name_has_more_than_thirty_one_bytes: u8,
}

#[derive(FrameSerialize, Debug, PartialEq)]
#[allow(non_camel_case_types)]
struct r#match {
    a: u8,
}

#[test]
fn raw_and_long_names_are_plain_on_the_wire() {
    let value = Keywords { r#type: 1, r#struct: vec![2], a_field_whose_name_has_more_than_thirty_one_bytes: 3 };
    let sub = sub_header(&value);
    assert_eq!(sub["simple"]["type"], 1.into());
    assert_eq!(sub["simple"]["a_field_whose_name_has_more_than_thirty_one_bytes"], 3.into());
    assert!(!sub["complex"]["struct"].is_nil());
    round_trip(&value);
    assert_eq!(r#match::type_name(), "derive::match");
    round_trip(&r#match { a: 1 });
}

// ---- names

#[derive(FrameSerialize, Debug, PartialEq)]
#[frames(name = "lab.Pinned", alias = "lab.Old", alias("lab.Older", "lab.Oldest"))]
struct Pinned {
    data: Vec<u8>,
}

#[derive(FrameSerialize, Debug, PartialEq)]
#[frames(python = "lab.model:Outer.Inner")]
struct InPython {
    a: u8,
}

#[derive(FrameSerialize, Debug, PartialEq)]
#[frames(no_register)]
struct Unregistered {
    data: Vec<u8>,
}

#[test]
fn a_pinned_name_and_its_aliases_are_registered() {
    let value = Pinned { data: vec![1] };
    assert_eq!(Pinned::type_name(), "lab.Pinned");
    assert_eq!(value.type_name_of_val(), "lab.Pinned");
    assert_eq!(serialize(&value).unwrap().0.to_value().unwrap()["type"], "lab.Pinned".into());
    let registry = Registry::global().unwrap();
    for name in ["lab.Pinned", "lab.Old", "lab.Older", "lab.Oldest"] {
        assert!(registry.get(name).is_some(), "{name}");
    }
    assert!(registry.get("derive::Unregistered").is_none());
    round_trip(&value);
    round_trip(&Unregistered { data: vec![2] });
}

#[test]
fn a_python_class_is_named_in_both_headers() {
    let value = InPython { a: 1 };
    let (header, _) = serialize(&value).unwrap();
    let header = header.to_value().unwrap();
    let class = header["type-serialized"].as_slice().unwrap();
    let text = String::from_utf8_lossy(class);
    assert!(text.contains("lab.model") && text.contains("Outer.Inner"), "{text:?}");
    assert_eq!(header["sub-header"]["type-serialized"].as_slice().unwrap(), class);
    assert_eq!(InPython::python_class(), Some("lab.model:Outer.Inner"));
    round_trip(&value);
}

// ---- attributes of fields

#[derive(FrameSerialize, Debug, PartialEq)]
#[frames(rename_all = "camelCase")]
struct Renamed {
    first_field: u8,
    #[frames(rename = "the third", alias = "third", alias("drei", "tres"))]
    third_field: Vec<u8>,
}

#[derive(FrameSerialize, Debug, PartialEq, Default)]
struct Defaults {
    needed: u8,
    #[frames(default)]
    text: String,
    #[frames(default = "seven")]
    seven: u64,
    #[frames(default)]
    data: Vec<f64>,
    #[frames(skip)]
    skipped: Cell,
    #[frames(skip, default = "cell")]
    made: Cell,
}

/// Has no `FrameSerialize`.
#[derive(Debug, PartialEq, Default, Clone)]
struct Cell(u8);

fn seven() -> u64 {
    7
}

fn cell() -> Cell {
    Cell(9)
}

mod scaled {
    use frames_core::{Frames, Header, HeaderRef, Result};

    pub(crate) fn serialize(n: &std::num::Wrapping<u32>) -> Result<(Header, Frames<'static>)> {
        let (header, frames) = frames_core::serialize(&n.0)?;
        Ok((header, frames.into_owned()))
    }

    pub(crate) fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<std::num::Wrapping<u32>> {
        frames_core::deserialize(header, frames).map(std::num::Wrapping)
    }
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct With {
    before: u8,
    #[frames(with = "reversed")]
    data: Vec<u8>,
    #[frames(with = "scaled", alias = "m", default)]
    n: std::num::Wrapping<u32>,
    after: Vec<u8>,
}

#[test]
fn fields_are_renamed_and_found_by_their_aliases() {
    let value = Renamed { first_field: 1, third_field: vec![3] };
    let sub = sub_header(&value);
    assert_eq!(sub["simple"], map([("firstField", 1.into())]));
    assert!(!sub["complex"]["the third"].is_nil());
    round_trip(&value);
    for name in ["the third", "third", "drei", "tres"] {
        let source = map([(name, Value::Array(vec![3.into()])), ("firstField", 1.into())]);
        assert_eq!(from_map::<Renamed>(&source).unwrap(), value, "{name}");
    }
    let twice = map([("third", Value::Array(vec![])), ("firstField", 1.into()), ("drei", Value::Array(vec![]))]);
    fails::<Renamed>(&twice, ErrorKind::DuplicateField, "", &["the third"]);
    let rust_name = map([("first_field", 1.into())]);
    fails::<Renamed>(&rust_name, ErrorKind::UnknownField, "", &["first_field", "`firstField`"]);
}

#[test]
fn fields_with_a_default_may_be_missing() {
    let expected = Defaults { needed: 1, seven: 7, made: Cell(9), ..Defaults::default() };
    assert_eq!(from_map::<Defaults>(&map([("needed", 1.into())])).unwrap(), expected);
    round_trip(&Defaults { text: "t".into(), seven: 8, data: vec![1.0], ..expected });
    let skipped = map([("needed", 1.into()), ("skipped", 1.into())]);
    fails::<Defaults>(&skipped, ErrorKind::UnknownField, "", &["\"skipped\"", "`needed`, `text`, `seven`, `data`"]);
}

#[test]
fn a_field_goes_through_functions_of_its_own() {
    let value = With { before: 1, data: vec![1, 2, 3], n: std::num::Wrapping(5), after: vec![4] };
    let (header, frames) = serialize(&value).unwrap();
    assert_eq!(&frames.get(0).unwrap()[..], [3, 2, 1]);
    assert_eq!(sub_header(&value)["simple"], map([("before", 1.into())]));
    assert_eq!(deserialize::<With>(&header, frames).unwrap(), value);
    round_trip(&value);
    round_trip(&vec![value.clone(), With { data: vec![], ..value }]);
}

#[test]
fn a_field_with_functions_of_its_own_reads_plain_values_too() {
    let source = map([
        ("before", 1.into()),
        ("m", 6.into()),
        ("after", Value::Array(vec![])),
        ("data", Value::Binary(vec![3, 2, 1])),
    ]);
    let value = from_map::<With>(&source).unwrap();
    assert_eq!((value.data, value.n.0), (vec![1, 2, 3], 6));
}

#[derive(FrameSerialize, Debug, PartialEq)]
#[frames(allow_unknown_fields)]
struct Open {
    a: u8,
}

#[derive(FrameSerialize, Debug, PartialEq)]
#[frames(deny_unknown_fields)]
struct Closed {
    a: u8,
}

#[test]
fn unknown_fields_are_refused_unless_allowed() {
    let source = map([("b", map([("c", Value::Nil)])), ("a", 1.into()), ("z", Value::Nil)]);
    assert_eq!(from_map::<Open>(&source).unwrap(), Open { a: 1 });
    fails::<Closed>(&source, ErrorKind::UnknownField, "", &["\"b\"", "`a`", "derive::Closed"]);
    let sample = sample(2);
    let (header, frames) = serialize(&sample).unwrap();
    let error = deserialize::<Open>(&header, frames).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingField, "{error}");
    // With frames to pass over.
    let wide = Wide { more: vec![1], a: 1, most: vec![2.0] };
    let (header, frames) = serialize(&wide).unwrap();
    assert_eq!(deserialize::<Open>(&header, frames).unwrap(), Open { a: 1 });
    let rows = vec![Wide { more: vec![1], a: 1, most: vec![] }, Wide { more: vec![], a: 2, most: vec![1.0] }];
    let (header, frames) = serialize(&rows).unwrap();
    assert_eq!(deserialize::<Vec<Open>>(&header, frames).unwrap(), [Open { a: 1 }, Open { a: 2 }]);
}

#[derive(FrameSerialize, Debug, PartialEq)]
struct Wide {
    more: Vec<u8>,
    a: u8,
    most: Vec<f64>,
}

// ---- errors

#[test]
fn an_error_names_the_path_the_field_and_both_types() {
    let good = [
        ("id", 1.into()),
        ("name", "n".into()),
        ("values", Value::Array(vec![1.0.into()])),
        ("note", Value::Nil),
        ("position", map([("x", 0.0.into()), ("y", 0.0.into())])),
        ("raw", Value::Binary(vec![])),
    ];
    let with = |name: &str, value: Value| {
        let mut fields = good.clone();
        fields.iter_mut().filter(|(n, _)| *n == name).for_each(|(_, v)| *v = value.clone());
        map(fields)
    };
    assert_eq!(from_map::<Sample>(&map(good.clone())).unwrap().id, 1);
    fails::<Sample>(&with("id", "one".into()), ErrorKind::Mismatch, "id", &["u32", "text", "derive::Sample"]);
    fails::<Sample>(&with("id", (-1).into()), ErrorKind::OutOfRange, "id", &["u32"]);
    fails::<Sample>(
        &with("values", Value::Array(vec![1.0.into(), "b".into()])),
        ErrorKind::Mismatch,
        "values[1]",
        &["f64"],
    );
    let point = map([("x", 0.0.into()), ("y", Value::Nil)]);
    fails::<Sample>(&with("position", point), ErrorKind::Mismatch, "position.y", &["f64", "derive::Point"]);
    let point = map([("x", 0.0.into())]);
    fails::<Sample>(&with("position", point), ErrorKind::MissingField, "position", &["`y`", "derive::Point"]);
    let point = map([("x", 0.0.into()), ("y", 0.0.into()), ("x", 0.0.into())]);
    fails::<Sample>(&with("position", point), ErrorKind::DuplicateField, "position", &["`x`", "derive::Point"]);
    fails::<Sample>(&"text".into(), ErrorKind::Mismatch, "", &["text"]);
}

#[test]
fn a_row_with_a_mistake_is_named() {
    let row = |x: Value| map([("x", x), ("y", 0.0.into())]);
    let source = Value::Array(vec![row(0.0.into()), row("a".into())]);
    fails::<Vec<Point>>(&source, ErrorKind::Mismatch, "[1].x", &["f64", "derive::Point"]);
}

// ---- columns

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
struct Meters(f64);

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
struct Marker;

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
enum Kind {
    Unit,
    Data(Vec<f64>),
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(rename_all = "UPPERCASE")]
struct Row {
    number: f64,
    flag: bool,
    text: String,
    bytes: Vec<u8>,
    maybe: Option<i32>,
    point: Point,
    array: Array<f32>,
    kind: Kind,
    pair: (u8, String),
    meters: Meters,
    marker: Marker,
    #[frames(with = "reversed")]
    reversed: Vec<u8>,
    #[frames(default)]
    default: u16,
    #[frames(skip)]
    skipped: Cell,
    rows: Vec<Point>,
}

fn row(i: u8) -> Row {
    Row {
        number: f64::from(i),
        flag: i % 2 == 0,
        text: "t".repeat(i.into()),
        bytes: vec![i; i.into()],
        maybe: (i % 3 == 0).then_some(i.into()),
        point: Point { x: i.into(), y: 0.5 },
        array: vec![f32::from(i); 2].into(),
        kind: if i % 2 == 0 { Kind::Unit } else { Kind::Data(vec![i.into()]) },
        pair: (i, "p".into()),
        meters: Meters(i.into()),
        marker: Marker,
        reversed: vec![i, 0],
        default: i.into(),
        skipped: Cell(0),
        rows: vec![Point { x: 0.0, y: i.into() }; i.into()],
    }
}

#[test]
fn many_records_travel_as_columns() {
    for n in [0, 1, 5] {
        round_trip(&(0..n).map(row).collect::<Vec<Row>>());
    }
    let rows: Vec<Row> = (0..3).map(row).collect();
    let sub = sub_header(&rows);
    assert_eq!(sub["rows"], 3.into());
    assert_eq!(sub["simple"], map([]));
    let Value::Map(columns) = &sub["complex"] else { panic!("{sub}") };
    assert_eq!(columns.len(), 14);
    assert_eq!(sub["complex"]["NUMBER"]["header"]["sub-header"]["shape"], Value::Array(vec![3.into()]));
    round_trip(&vec![Nothing {}; 3]);
    round_trip(&vec![vec![row(1)], vec![], vec![row(2), row(3)]]);
}

#[derive(FrameSerialize, Debug, PartialEq)]
struct OldRow {
    a: u8,
}

#[derive(FrameSerialize, Debug, PartialEq)]
struct NewRow {
    #[frames(default)]
    before: Vec<u8>,
    #[frames(alias = "a")]
    id: u8,
    #[frames(default = "seven")]
    after: u64,
}

#[test]
fn columns_with_a_default_may_be_missing() {
    let old = vec![OldRow { a: 1 }, OldRow { a: 2 }];
    let (header, frames) = serialize(&old).unwrap();
    let rows: Vec<NewRow> = deserialize(&header, frames).unwrap();
    assert_eq!(rows, [1, 2].map(|id| NewRow { before: vec![], id, after: 7 }));
    let (header, frames) = serialize(&rows).unwrap();
    let error = deserialize::<Vec<OldRow>>(&header, frames).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownField, "{error}");
    let points = vec![Point { x: 0.0, y: 0.0 }];
    let (header, frames) = serialize(&points).unwrap();
    let error = deserialize::<Vec<OldRow>>(&header, frames).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownField, "{error}");
}

#[test]
fn a_map_of_columns_is_read_like_our_own() {
    // A dict collection of columns, as Python sends `{"x": array, "y": array}`.
    let columns: BTreeMap<&str, Vec<f64>> = [("y", vec![3.0, 4.0]), ("x", vec![1.0, 2.0])].into();
    let columns: BTreeMap<String, Vec<f64>> = columns.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    let (header, frames) = serialize(&columns).unwrap();
    let points: Vec<Point> = deserialize(&header, frames).unwrap();
    assert_eq!(points, [Point { x: 1.0, y: 3.0 }, Point { x: 2.0, y: 4.0 }]);

    let uneven: BTreeMap<String, Vec<f64>> = [("x".to_owned(), vec![1.0]), ("y".to_owned(), vec![])].into();
    let (header, frames) = serialize(&uneven).unwrap();
    let error = deserialize::<Vec<Point>>(&header, frames).unwrap_err();
    assert_eq!((error.kind(), &*error.path()), (ErrorKind::Invalid, "y"), "{error}");
}

#[test]
fn a_dict_collection_is_read_as_a_record() {
    let fields: BTreeMap<String, Vec<f64>> = [("b".to_owned(), vec![2.0]), ("a".to_owned(), vec![1.0, 1.5])].into();
    let (header, frames) = serialize(&fields).unwrap();
    let arrays: Arrays = deserialize(&header, frames).unwrap();
    assert_eq!(arrays, Arrays { b: vec![2.0], a: vec![1.0, 1.5] });
}

#[derive(FrameSerialize, Debug, PartialEq)]
struct Arrays {
    b: Vec<f64>,
    a: Vec<f64>,
}

// ---- frames that nobody uses

#[derive(FrameSerialize, Debug, PartialEq)]
#[frames(allow_unknown_fields)]
struct Lenient {
    a: Vec<f64>,
}

#[derive(FrameSerialize)]
#[frames(no_register)]
struct Wider {
    a: Vec<f64>,
    b: Vec<u8>,
}

#[test]
fn an_unknown_field_takes_its_frames_along_and_no_others() {
    let value = Wider { a: vec![1.0], b: vec![2] };
    let (header, frames) = serialize(&value).unwrap();
    assert_eq!(deserialize::<Lenient>(&header, frames.clone()).unwrap(), Lenient { a: vec![1.0] });
    // A header that says the frame of `a` is `b`'s as well leaves one over, which is not dropped silently.
    let mut tree = header.to_value().unwrap();
    let place = entry(entry(entry(&mut tree, "sub-header"), "complex"), "b");
    *entry(place, "start") = 0.into();
    *entry(place, "stop") = 1.into();
    let header = frames_core::Header::from_value(&tree).unwrap();
    assert_eq!(deserialize::<Lenient>(&header, frames).unwrap_err().kind(), ErrorKind::FrameCount);
}

fn entry<'v>(value: &'v mut Value, key: &str) -> &'v mut Value {
    let Value::Map(entries) = value else { panic!("{value} is no map") };
    &mut entries.iter_mut().find(|(k, _)| k.as_str() == Some(key)).unwrap().1
}

#[test]
fn elements_without_bytes_are_refused_as_an_array() {
    let none = frames_core::Array::from(vec![[0f64; 0]; 3]);
    assert_eq!(serialize(&none).unwrap_err().kind(), ErrorKind::Unsupported);
}
