//! What the program itself writes: derived structs, records in columns, enums, packed rows.

use super::*;
use frames_core::{Array, Encoder, FrameSerialize, Reader};

#[derive(FrameSerialize, Clone)]
#[frames(name = "app::Layer")]
struct Layer {
    name: String,
    weights: Array<f32>,
    shape: (u32, u32),
    activation: Activation,
}

#[derive(FrameSerialize, Clone)]
#[frames(name = "app::Activation")]
enum Activation {
    Relu,
    Leaky { slope: f64 },
}

#[derive(FrameSerialize)]
#[frames(name = "app::Model", python = "models:Model")]
struct Model {
    layers: Vec<Layer>,
    seed: u64,
}

#[derive(FrameSerialize)]
#[frames(name = "app::Line")]
struct Line {
    code: u16,
    text: String,
    seconds: Option<f64>,
    tags: Vec<u8>,
    at: (f32, bool),
}

fn read<T: FrameSerialize>(value: &T) -> Dynamic {
    let (header, frames) = serialize(value).unwrap();
    let value: Dynamic = deserialize(&header, frames.into_owned()).unwrap();
    round_trip(&value);
    value
}

fn layer(activation: Activation) -> Layer {
    Layer { name: "conv".into(), weights: vec![0.5; 6].into(), shape: (2, 3), activation }
}

#[test]
fn a_struct_is_an_object_of_its_type() {
    let value = read(&layer(Activation::Relu));
    let expected = r#"app::Layer {name: "conv", shape: (2, 3), activation: "Relu", weights: array <f4 (6,) C 24 B}"#;
    assert_eq!(format!("{value:?}"), expected);
    assert_eq!(value.as_object().map(|object| object.class.to_string()).as_deref(), Some("builtins.dict"));
    // Another program reads the type from it.
    let (header, frames) = serialize(&value).unwrap();
    let again: Layer = deserialize(&header, frames.clone()).unwrap();
    assert_eq!((&*again.name, again.weights.len()), ("conv", 6));
    assert_eq!(header.as_ref().get::<&str>("type").unwrap(), "app::Layer");

    let value = read(&Model { layers: vec![layer(Activation::Leaky { slope: 0.1 })], seed: 7 });
    assert_eq!(value.as_object().unwrap().class.to_string(), "models.Model");
    assert_eq!(value.as_object().unwrap().name(), "app::Model");
    let layers = value.get("layers").and_then(Dynamic::as_table).unwrap();
    assert_eq!((layers.rows, layers.origin.as_deref()), (1, Some("Vec<app::Layer>")));
}

#[test]
fn records_are_a_table_of_columns() {
    let lines: Vec<Line> = (0..3)
        .map(|i| Line {
            code: 200 + i,
            text: format!("line {i}"),
            seconds: (i > 0).then_some(0.5),
            tags: vec![1; i.into()],
            at: (0.5, i == 1),
        })
        .collect();
    let value = read(&lines);
    let expected = r#"table of 3 rows and 5 columns (Vec<app::Line>)
  "code": array <u2 (3,) C 6 B
  "text": ("line 0", "line 1", "line 2")
  "seconds": numpy.ma.MaskedArray
    data: array <f8 (3,) C 24 B
    mask: array |b1 (3,) C 3 B
    fill_value: 1e20
  "tags": (b"", b"\x01", b"\x01\x01")
  "at": table of 3 rows and 2 columns
    "0": array <f4 (3,) C 12 B
    "1": array |b1 (3,) C 3 B"#;
    assert_eq!(value.to_string(), expected);
    // The type reads back what was looked at.
    let (header, frames) = serialize(&value).unwrap();
    let again: Vec<Line> = deserialize(&header, frames).unwrap();
    assert_eq!(again[2].text, "line 2");
    assert_eq!((again[0].seconds, again[2].seconds, again[2].tags.len()), (None, Some(0.5), 2));

    let packed = Encoder::new().reader(Reader::Rust);
    let (header, frames) = packed.serialize(&lines).unwrap();
    let value: Dynamic = deserialize(&header, frames.into_owned()).unwrap();
    let Dynamic::Other(closed) = &value else { panic!("{value}") };
    assert_eq!(closed.reason, "rows packed for Rust, which the type that wrote them reads");
    let (again, frames) = serialize(&value).unwrap();
    assert_eq!(again, header);
    assert_eq!(deserialize::<Vec<Line>>(&again, frames).unwrap().len(), 3);
}

#[test]
fn a_dynamic_is_a_field_like_any_other() {
    #[derive(FrameSerialize, PartialEq, Debug)]
    #[frames(name = "app::Holder")]
    struct Holder {
        one: Dynamic,
        many: Vec<Dynamic>,
        maybe: Option<Dynamic>,
    }
    let list = Dynamic::List(vec![1.into()]);
    for maybe in [None, Some(Dynamic::None), Some(list.clone())] {
        let holder = Holder { one: list.clone(), many: vec![Dynamic::None, list.clone(), "x".into()], maybe };
        let (header, frames) = serialize(&holder).unwrap();
        assert_eq!(deserialize::<Holder>(&header, frames).unwrap(), holder);
        let rows = vec![holder];
        for encoder in [Encoder::new(), Encoder::new().reader(Reader::Rust)] {
            let (header, frames) = encoder.serialize(&rows).unwrap();
            assert_eq!(deserialize::<Vec<Holder>>(&header, frames).unwrap(), rows);
        }
    }
}

#[test]
fn without_a_family_a_value_stays_closed() {
    let header = Header::new().with("serializer", "nobody's").unwrap();
    let value: Dynamic = deserialize(&header, vec![Bytes::from_static(b"x")].into()).unwrap();
    assert!(format!("{value:?}").starts_with("other nobody's (1 frame, 1 B): no linked crate brings the family"));
    round_trip(&value);
    // Who allows only some families is obeyed.
    let few = frames_core::Decoder::new().families(["dask"]);
    let header = Header::new().with("serializer", "pickle").unwrap();
    let error = few.deserialize::<Dynamic>(&header, vec![Bytes::from_static(b"N.")].into()).unwrap_err();
    assert_eq!(error.kind(), frames_core::ErrorKind::Family);
}
