//! The registry across crates: types of a linked crate, aliases, instances of generics, allow-lists, near names.

use frames_core::{
    Decoder, ErrorKind, FrameSerialize, Header, Registry, Serialized, TypeName, deserialize_any, serialize,
};
use shapes as _;

#[derive(Debug, PartialEq, FrameSerialize)]
#[frames(no_register)]
struct Private {
    data: Vec<f32>,
}

fn renamed(header: &Header, name: &str) -> Header {
    let mut tree = header.to_value().unwrap();
    if let rmpv::Value::Map(entries) = &mut tree {
        entries.iter_mut().filter(|(key, _)| key.as_str() == Some("type")).for_each(|(_, value)| *value = name.into());
    }
    Header::from_value(&tree).unwrap()
}

#[test]
fn no_two_linked_types_have_one_name() {
    Registry::check().unwrap();
}

#[test]
fn the_crate_of_a_name_is_told_where_the_name_has_one() {
    let polygon = shapes::Polygon { xs: vec![1.0].into(), ys: vec![2.0].into() };
    let (header, frames) = serialize(&polygon).unwrap();
    let help = |name: &str| deserialize_any(&renamed(&header, name), frames.clone()).unwrap_err().to_string();
    assert!(help("elsewhere::Thing<f32>").contains("`use elsewhere as _;`"));
    for name in ["Vec<elsewhere::Thing>", "(elsewhere::Thing, u8)", "[elsewhere::Thing; 2]"] {
        let help = help(name);
        assert!(help.contains("forwarded unchanged") && !help.contains("crate"), "{help}");
    }
}

#[test]
fn types_of_a_linked_crate_are_found_by_name_alias_and_instance() {
    let polygon = shapes::Polygon { xs: vec![1.0].into(), ys: vec![2.0].into() };
    let (header, frames) = serialize(&polygon).unwrap();
    for name in ["shapes::Polygon", "shapes::ClosedPath"] {
        let any = deserialize_any(&renamed(&header, name), frames.clone()).unwrap();
        assert_eq!(any.type_name(), "shapes::Polygon");
        assert_eq!(any.downcast::<shapes::Polygon>().unwrap(), polygon);
    }
    let grid = shapes::Grid { cells: vec![1.0f32] };
    let (header, frames) = serialize(&grid).unwrap();
    assert_eq!(shapes::Grid::<f32>::type_name(), "shapes::Grid<f32>");
    assert_eq!(deserialize_any(&header, frames).unwrap().downcast::<shapes::Grid<f32>>().unwrap(), grid);
    let other = shapes::Grid { cells: vec![1u8] };
    let (header, frames) = serialize(&other).unwrap();
    let error = deserialize_any(&header, frames).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownType);
    assert!(error.to_string().contains("`shapes::Grid<f32>`"), "the near name: {error}");
}

#[test]
fn many_of_a_registered_record_are_found_too() {
    let circles: Vec<shapes::Circle> = (0..3).map(|i| shapes::Circle { radius: i.into() }).collect();
    let (header, frames) = serialize(&circles).unwrap();
    assert_eq!(deserialize_any(&header, frames).unwrap().downcast::<Vec<shapes::Circle>>().unwrap(), circles);
}

#[test]
fn an_unknown_type_says_what_to_do_and_is_forwarded_byte_for_byte() {
    let value = Private { data: vec![1.0; 3] };
    let (header, frames) = serialize(&value).unwrap();
    let kept = Serialized::new(header.clone(), frames.into_owned());
    let error = kept.deserialize_any().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownType);
    assert!(error.to_string().contains("use registry as _;"), "{error}");
    let (again, again_frames) = serialize(&kept).unwrap();
    assert_eq!(again, header);
    assert_eq!(again_frames.get(0).unwrap().as_ptr(), kept.frames().get(0).unwrap().as_ptr());
    assert_eq!(kept.deserialize::<Private>().unwrap(), value);
}

#[test]
fn a_registry_by_hand_decodes_what_is_in_it_and_nothing_else() {
    let decoder = Decoder::new().registry(Registry::new().with::<Private>().unwrap());
    let value = Private { data: vec![1.0] };
    let (header, frames) = serialize(&value).unwrap();
    assert_eq!(decoder.deserialize_any(&header, frames).unwrap().downcast::<Private>().unwrap(), value);
    let circle = shapes::Circle { radius: 1.0 };
    let (header, frames) = serialize(&circle).unwrap();
    assert_eq!(decoder.deserialize_any(&header, frames.clone()).unwrap_err().kind(), ErrorKind::UnknownType);
    let listed = Decoder::new().registry(Registry::global().unwrap().only(["shapes::Circle"]).unwrap());
    assert_eq!(listed.deserialize_any(&header, frames).unwrap().downcast::<shapes::Circle>().unwrap(), circle);
    let twice = Registry::new().with::<Private>().unwrap().with::<Private>().unwrap_err();
    assert_eq!(twice.to_string().matches("registry.rs:").count(), 2, "{twice}");
}

#[test]
fn a_trait_object_serializes_as_its_value() {
    let values: Vec<Box<dyn FrameSerialize>> =
        vec![Box::new(shapes::Circle { radius: 1.0 }), Box::new(vec![1.0f64]), Box::new(5u8)];
    for value in &values {
        let (header, frames) = serialize(&**value).unwrap();
        assert!(deserialize_any(&header, frames).is_ok(), "{}", value.type_name_of_val());
    }
    let (direct, _) = serialize(&5u8).unwrap();
    assert_eq!(serialize(&*values[2]).unwrap().0, direct);
}
