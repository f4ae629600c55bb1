//! Random values of any kind: there and back they are the same.

use super::*;
use frames_core::dynamic::{Object, ObjectKind, Table};
use frames_core::{ClassRef, DType, NdArray};
use proptest::collection::{hash_map, vec};
use proptest::prelude::*;

fn array() -> impl Strategy<Value = Dynamic> {
    let typestr = prop_oneof![Just("<f8"), Just("|b1"), Just(">i4"), Just("|S3"), Just("<M8[ns]")];
    (typestr, vec(0u64..4, 0..3), any::<bool>()).prop_map(|(typestr, shape, read_only)| {
        let dtype = DType::parse(typestr).unwrap();
        let len = shape.iter().product::<u64>() as usize * dtype.itemsize();
        let array = NdArray::new(dtype, &shape, None, vec![1u8; len]).unwrap();
        if read_only { array.read_only() } else { array }.into()
    })
}

fn leaf() -> impl Strategy<Value = Dynamic> {
    prop_oneof![
        Just(Dynamic::None),
        any::<bool>().prop_map(Dynamic::from),
        any::<i64>().prop_map(Dynamic::from),
        any::<i128>().prop_map(Dynamic::from),
        vec(any::<u8>(), 0..40).prop_map(|bytes| Dynamic::from_le_bytes(&bytes)),
        any::<u64>().prop_map(|bits| Dynamic::Float(f64::from_bits(bits))),
        any::<(u64, u64)>().prop_map(|(re, im)| Dynamic::Complex(f64::from_bits(re), f64::from_bits(im))),
        ".{0,20}".prop_map(Dynamic::from),
        Just(Dynamic::from("long ".repeat(5000))),
        vec(any::<u8>(), 0..600).prop_map(|bytes| Dynamic::Bytes(bytes.into())),
        vec(any::<u8>(), 0..10).prop_map(|bytes| Dynamic::ByteArray(bytes.into())),
        array(),
    ]
}

fn key() -> impl Strategy<Value = Dynamic> {
    let plain = prop_oneof![
        Just(Dynamic::None),
        any::<i64>().prop_map(Dynamic::from),
        any::<u64>().prop_map(Dynamic::from),
        ".{0,8}".prop_map(Dynamic::from),
        vec(any::<u8>(), 0..300).prop_map(|bytes| Dynamic::Bytes(bytes.into())),
    ];
    prop_oneof![plain.clone(), vec(plain, 0..3).prop_map(Dynamic::Tuple)]
}

/// Without keys that are there twice.
fn distinct<V>(pairs: Vec<(Dynamic, V)>) -> Vec<(Dynamic, V)> {
    let mut kept: Vec<(Dynamic, V)> = Vec::new();
    for (key, value) in pairs {
        if kept.iter().all(|(other, _)| *other != key) {
            kept.push((key, value));
        }
    }
    kept
}

fn attributes(value: impl Strategy<Value = Dynamic>) -> impl Strategy<Value = Vec<(String, Dynamic)>> {
    hash_map("[a-zž]{0,4}", value, 0..4).prop_map(|map| map.into_iter().collect())
}

fn value() -> impl Strategy<Value = Dynamic> {
    leaf().prop_recursive(5, 40, 6, |inner| {
        let kinds = [ObjectKind::Instance, ObjectKind::Call, ObjectKind::Name, ObjectKind::Description];
        let object = (attributes(inner.clone()), prop::sample::select(kinds.to_vec()), any::<bool>());
        let table = (
            vec((key(), inner.clone()), 0..4),
            any::<u64>(),
            prop::option::of(inner.clone()),
            attributes(inner.clone()),
        );
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Dynamic::List),
            vec(inner.clone(), 0..6).prop_map(Dynamic::Tuple),
            vec(inner.clone(), 0..6).prop_map(Dynamic::Set),
            vec(inner.clone(), 0..6).prop_map(Dynamic::FrozenSet),
            vec((key(), inner.clone()), 0..6).prop_map(|pairs| Dynamic::Dict(distinct(pairs))),
            object.prop_map(|(attributes, kind, is_rust)| {
                let mut object = Object::new(ClassRef::new("pkg.mod", "C.D"), attributes);
                object.kind = kind;
                object.type_name = (is_rust && kind == ObjectKind::Instance).then(|| "rust::Type".into());
                object.into()
            }),
            table.prop_map(|(columns, rows, index, attributes)| {
                let mut table = Table::new(distinct(columns), rows);
                table.origin = (rows % 2 == 0).then(|| "Vec<app::Row>".into());
                (table.index, table.attributes) = (index, attributes);
                table.into()
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn there_and_back_it_is_the_same(value in value()) {
        let (header, frames) = serialize(&value).unwrap();
        let again: Dynamic = deserialize(&header, frames).unwrap();
        prop_assert_eq!(&again, &value, "{}", header);
        prop_assert_eq!(again.clone(), again);
        let line = format!("{value:?}");
        prop_assert!(line.len() < 8000 && value.to_string().len() < 200_000);
    }
}
