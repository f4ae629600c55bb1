//! The door for families of other crates: one that this test brings, in both directions, typed and by name.

use frames_core::{
    AnyCollection, Decoder, Encoder, ErrorKind, Family, FrameSerialize, Frames, Header, HeaderRef, Result, deserialize,
    deserialize_any, inventory, serialize,
};
use std::collections::BTreeMap;

/// Holds another header in its own: what a pickle would be, without the pickle.
fn decode<'f>(header: HeaderRef<'_>, frames: Frames<'f>) -> Result<(Header, Frames<'f>)> {
    Ok((header.header("inner")?.to_owned(), frames))
}

fn encode<'f>(header: HeaderRef<'_>, frames: Frames<'f>) -> Result<(Header, Frames<'f>)> {
    let outer = Header::new().with("serializer", "boxed")?.with("inner", &header.to_value().map(AsSerde)?)?;
    Ok((outer, frames))
}

/// `rmpv::Value` as a serde value.
struct AsSerde(rmpv::Value);

impl serde::Serialize for AsSerde {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use rmpv::Value as V;
        match &self.0 {
            V::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(k, v)| (AsSerde(k.clone()), AsSerde(v.clone()))))
            }
            V::Array(items) => serializer.collect_seq(items.iter().cloned().map(AsSerde)),
            V::String(text) => serializer.serialize_str(text.as_str().unwrap_or_default()),
            V::Binary(bytes) => serializer.serialize_bytes(bytes),
            V::Boolean(b) => serializer.serialize_bool(*b),
            V::Integer(n) => serializer.serialize_i64(n.as_i64().unwrap_or_default()),
            _ => serializer.serialize_unit(),
        }
    }
}

inventory::submit! { Family { name: "boxed", decode, encode: Some(encode), any: None, dynamic: None } }
inventory::submit! { Family { name: "endless", decode: |header, frames| Ok((header.to_owned(), frames)), encode: None, any: None, dynamic: None } }

#[derive(Debug, PartialEq, FrameSerialize)]
struct Sample {
    name: String,
    data: Vec<f64>,
}

#[test]
fn a_family_of_another_crate_decodes_every_type() {
    let sample = Sample { name: "a".into(), data: vec![1.0, 2.0] };
    let encoder = Encoder::new().families(["boxed"]);
    let (header, frames) = encoder.serialize(&sample).unwrap();
    assert_eq!(header.to_value().unwrap()["serializer"], "boxed".into());
    assert_eq!(frames.get(0).unwrap().as_ptr(), sample.data.as_ptr().cast(), "frames pass the door uncopied");
    assert_eq!(deserialize::<Sample>(&header, frames.clone()).unwrap(), sample);
    assert_eq!(deserialize_any(&header, frames).unwrap().downcast::<Sample>().unwrap(), sample);
    for value in [vec![], vec![1.5f64]] {
        let (header, frames) = encoder.serialize(&value).unwrap();
        assert_eq!(deserialize::<Vec<f64>>(&header, frames).unwrap(), value);
    }
    let (header, frames) = encoder.serialize(&7u8).unwrap();
    assert_eq!(deserialize::<u8>(&header, frames.clone()).unwrap(), 7);
    assert_eq!(deserialize::<Option<u8>>(&header, frames.clone()).unwrap(), Some(7));
    assert!(deserialize::<String>(&header, frames).unwrap_err().to_string().contains("boxed"));
    let map = BTreeMap::from([("k".to_string(), vec![1u8])]);
    let (header, frames) = encoder.serialize(&map).unwrap();
    assert_eq!(deserialize::<BTreeMap<String, Vec<u8>>>(&header, frames.clone()).unwrap(), map);
    assert!(deserialize_any(&header, frames).unwrap().downcast::<AnyCollection>().is_ok());
    let tuple = (1u8, vec![1.0f64]);
    let (header, frames) = encoder.serialize(&tuple).unwrap();
    assert_eq!(deserialize::<(u8, Vec<f64>)>(&header, frames).unwrap(), tuple);
}

#[test]
fn a_family_is_used_only_where_it_is_allowed() {
    let (header, frames) = Encoder::new().families(["boxed"]).serialize(&7u8).unwrap();
    let error = Decoder::new().families(["dask", "msgpack"]).deserialize::<u8>(&header, frames).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Family);
    let (header, frames) = serialize(&7u8).unwrap();
    let error = Decoder::new().families(["dask"]).deserialize::<u8>(&header, frames).unwrap_err();
    assert!(error.to_string().contains("\"msgpack\" is not allowed here"), "{error}");
}

#[test]
fn a_translation_that_leads_to_itself_ends() {
    let header = Header::new().with("serializer", "endless").unwrap();
    for result in [
        deserialize::<u8>(&header, Frames::new()).map(drop),
        deserialize::<Vec<u8>>(&header, Frames::new()).map(drop),
        deserialize_any(&header, Frames::new()).map(drop),
    ] {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Limit);
    }
}

#[test]
fn a_family_that_nobody_brings_is_named() {
    let header = Header::new().with("serializer", "pickle").unwrap();
    let error = deserialize::<u8>(&header, Frames::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Family);
    assert!(error.to_string().contains("\"pickle\""), "{error}");
    let error = Encoder::new().families(["pickle"]).serialize(&7u8).unwrap_err();
    assert!(error.to_string().contains("no linked crate brings the family \"pickle\""), "{error}");
}
