//! What is printed, to the letter; numbers; what may not be written.

use super::*;
use crate::classref::ClassRef;
use crate::error::ErrorKind;
use crate::{Array, DType, Decoder, Frame, Frames, Header, Limits, Serialized, deserialize, serialize};
use Dynamic as D;

fn zeros(typestr: &str, shape: &[u64], strides: Option<&[i64]>) -> Dynamic {
    let dtype = DType::parse(typestr).unwrap();
    let len: u64 = shape.iter().product();
    let bytes = vec![0u8; len as usize * dtype.itemsize()];
    NdArray::new(dtype, shape, strides, bytes).unwrap().into()
}

fn pair(key: &str, value: impl Into<Dynamic>) -> (Dynamic, Dynamic) {
    (key.into(), value.into())
}

/// A value of every kind.
fn samples() -> Vec<(Dynamic, &'static str)> {
    let mut table = Table::new(vec![pair("a", zeros("<i8", &[2], None)), (D::Tuple(vec![1.into()]), D::None)], 2);
    table.index = Some("ab".into());
    table.origin = Some("pandas.DataFrame".into());
    table.attributes = vec![("attrs".into(), D::Dict(vec![]))];
    let object = |kind, attributes| {
        let mut object = Object::new(ClassRef::new("pkg", "C.D"), attributes);
        object.kind = kind;
        D::from(object)
    };
    let mut of_rust = Object::new(ClassRef::new("builtins", "dict"), vec![("w".into(), zeros("<f4", &[3], None))]);
    of_rust.type_name = Some("app::Layer".into());
    let closed = Serialized::new(
        Header::new().with("serializer", "parquet").unwrap(),
        vec![Frame::from(vec![7u8; 1500]), Frame::from(vec![1u8])].into(),
    );
    let masked = vec![
        ("data".into(), zeros("<f8", &[2], None)),
        ("mask".into(), zeros("|b1", &[2], None)),
        ("fill_value".into(), 1e20.into()),
    ];
    vec![
        (D::None, "None"),
        (true.into(), "True"),
        ((-5).into(), "-5"),
        (u64::MAX.into(), "18446744073709551615"),
        ((-1i128 << 64).into(), "-18446744073709551616"),
        (D::from_le_bytes(&[1; 20]), "0x101010101010101010101010101010101010101"),
        (
            D::from_le_bytes(&[0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]),
            "-0x7fffffffffffffffffffffffffffffffff01",
        ),
        (D::from_le_bytes(&[1; 300]), "int of 300 B"),
        ((-0.0).into(), "-0.0"),
        (f64::NAN.into(), "NaN"),
        (D::Complex(1.5, -0.0), "(1.5-0.0j)"),
        ("ž\n\"".into(), r#""ž\n\"""#),
        (Bytes::from_static(b"a\0").into(), r#"b"a\x00""#),
        (D::ByteArray(Bytes::from_static(b"x")), r#"bytearray b"x""#),
        (zeros("<f8", &[1000, 3], None), "array <f8 (1000, 3) C 24.0 kB"),
        (zeros("<f8", &[2, 3], Some(&[8, 16])), "array <f8 (2, 3) F 48 B"),
        (zeros("|u1", &[], None), "array |u1 () C 1 B"),
        (
            table.into(),
            r#"table of 2 rows and 2 columns (pandas.DataFrame) {index: "ab", "a": array <i8 (2,) C 16 B, (1,): None, attrs: {}}"#,
        ),
        (D::List(vec![1.into(), D::List(vec![])]), "[1, []]"),
        (D::Tuple(vec![1.into()]), "(1,)"),
        (D::Set(vec![1.into(), 2.into()]), "set {1, 2}"),
        (D::FrozenSet(vec![]), "frozenset {}"),
        (D::Dict(vec![pair("a", 1), (D::None, D::List(vec![]))]), r#"{"a": 1, None: []}"#),
        (
            object(ObjectKind::Instance, vec![("x".into(), 1.into()), ("y".into(), D::List(vec![]))]),
            "pkg.C.D {x: 1, y: []}",
        ),
        (object(ObjectKind::Call, vec![("args".into(), D::Tuple(vec![]))]), "call pkg.C.D {args: ()}"),
        (object(ObjectKind::Name, vec![]), "name pkg.C.D"),
        (object(ObjectKind::Description, vec![("text".into(), "2020".into())]), r#"pkg.C.D "2020""#),
        (of_rust.into(), "app::Layer {w: array <f4 (3,) C 12 B}"),
        (
            Object::new(ClassRef::new("numpy.ma", "MaskedArray"), masked).into(),
            "numpy.ma.MaskedArray {data: array <f8 (2,) C 16 B, mask: array |b1 (2,) C 2 B, fill_value: 1e20}",
        ),
        (
            Unopened::new(
                closed,
                "no linked crate brings the family \"parquet\"; the value can be forwarded unchanged",
            )
            .into(),
            "other parquet (2 frames, 1.5 kB): no linked crate brings the family \"parquet\"; the value can be forwarded unchanged",
        ),
    ]
}

#[test]
fn a_value_is_printed_on_a_line_and_comes_back_as_it_was() {
    for (value, expected) in samples() {
        assert_eq!(format!("{value:?}"), expected);
        let (header, frames) = serialize(&value).unwrap_or_else(|e| panic!("{expected}: {e}"));
        let again: Dynamic = deserialize(&header, frames).unwrap_or_else(|e| panic!("{expected}: {e}\n{header}"));
        assert_eq!(again, value, "{header}");
        // In everything that holds values.
        for outer in [
            D::List(vec![value.clone(), D::None]),
            D::Tuple(vec![0.into(), value.clone()]),
            D::Set(vec![value.clone()]),
            D::FrozenSet(vec![value.clone(), value.clone()]),
            D::Dict(vec![pair("k", value.clone()), (7.into(), value.clone())]),
            Table::new(vec![pair("c", value.clone()), (1.into(), value.clone())], 9).into(),
            Object::new(ClassRef::new("m", "C"), vec![("a".into(), value.clone()), ("b".into(), value.clone())]).into(),
        ] {
            let (header, frames) = serialize(&outer).unwrap_or_else(|e| panic!("{outer:?}: {e}"));
            let again: Dynamic = deserialize(&header, frames).unwrap_or_else(|e| panic!("{outer:?}: {e}\n{header}"));
            assert_eq!(again, outer, "{header}");
        }
    }
}

#[test]
fn a_tree_is_indented_and_cut() {
    let mut table =
        Table::new(vec![pair("t", D::Tuple((0..30).map(D::from).collect())), pair("x", zeros("<f8", &[30], None))], 30);
    table.origin = Some("Vec<app::Row>".into());
    let value = D::Dict(vec![
        pair("name", "a".repeat(100).as_str()),
        pair("few", D::Tuple(vec![1.into(), "b".into()])),
        pair("nothing", D::List(vec![])),
        pair("rows", table),
        pair(
            "model",
            Object::new(
                ClassRef::new("pkg", "Model"),
                vec![("layers".into(), D::List(vec![zeros("<f4", &[2], None)]))],
            ),
        ),
        pair("raw", Bytes::from(vec![b'z'; 2_500_000])),
    ]);
    let expected = r#"dict of 6
  "name": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" 100 B
  "few": (1, "b")
  "nothing": []
  "rows": table of 30 rows and 2 columns (Vec<app::Row>)
    "t": tuple of 30
      0: 0
      1: 1
      2: 2
      3: 3
      4: 4
      5: 5
      6: 6
      7: 7
      8: 8
      9: 9
      10: 10
      11: 11
      … 18 more
    "x": array <f8 (30,) C 240 B
  "model": pkg.Model
    layers: list of 1
      0: array <f4 (2,) C 8 B
  "raw": b"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz…" 2.5 MB"#;
    assert_eq!(value.to_string(), expected);
    assert_eq!(format!("{value:#?}"), expected);
}

#[test]
fn what_is_printed_is_short_whatever_it_is() {
    let mut wide = D::Str("\u{7}\u{10ffff}".repeat(1000));
    for _ in 0..3 {
        let mut object = Object::new(ClassRef::new("\u{1}".repeat(5000), "\n"), vec![]);
        object.attributes = (0..14).map(|i| (format!("{}{i}", "\u{202e}".repeat(500)), wide.clone())).collect();
        wide = D::List(vec![
            object.into(),
            wide.clone(),
            D::Dict(vec![(wide.clone(), wide.clone())]),
            D::Bytes(vec![0; 5000].into()),
        ]);
    }
    assert!(format!("{wide:?}").len() < 8_000, "{}", format!("{wide:?}").len());
    let tree = wide.to_string();
    assert!(tree.len() < 200_000, "{}", tree.len());
    assert!(tree.lines().count() <= 201 && tree.ends_with("\n…"), "{}", tree.lines().count());
    let mut deep = D::None;
    for _ in 0..100 {
        deep = D::List(vec![deep]);
    }
    assert_eq!(format!("{deep:?}"), "[[[[[…]]]]]");
    assert_eq!(deep.to_string().lines().count(), 11);
    let sizes: Vec<String> = [999, 1000, 999_949, 999_950, 1 << 40].map(print::size).into();
    assert_eq!(sizes, ["999 B", "1.0 kB", "999.9 kB", "1.0 MB", "1.1 TB"]);
}

#[test]
fn wide_integers_keep_their_digits() {
    for number in
        [i64::MAX as i128 + 1, i64::MIN as i128 - 1, u64::MAX as i128 + 1, i128::MAX, i128::MIN, -1 << 72, 1 << 71]
    {
        let D::Wide(wide) = D::from(number) else { panic!("{number} is wide") };
        assert_eq!((wide.to_i128(), wide.is_negative()), (Some(number), number < 0));
        assert_eq!(wide.to_string(), number.to_string());
        assert_eq!(
            Wide::new(&[wide.as_le_bytes(), &[if number < 0 { 0xff } else { 0 }; 5]].concat()),
            Ok(wide.clone())
        );
        assert_eq!(
            deserialize::<i128>(&serialize(&D::from(number)).unwrap().0, serialize(&D::from(number)).unwrap().1)
                .unwrap(),
            number
        );
    }
    for number in [0, 1, -1, 127, 128, -128, -129, i64::MAX, i64::MIN] {
        assert_eq!(D::from(i128::from(number)), D::Int(number));
        assert_eq!(Wide::new(&number.to_le_bytes()), Err(number));
    }
    assert_eq!(D::from_le_bytes(&[]), D::Int(0));
    assert_eq!(D::from(u128::MAX).to_string(), u128::MAX.to_string());
    // Longer than one byte can say.
    let long = D::from_le_bytes(&[0x55; 300]);
    let (header, frames) = serialize(&long).unwrap();
    assert_eq!(frames.get(0).unwrap()[..7], *b"\x80\x02\x8b\x2c\x01\0\0");
    assert_eq!(deserialize::<Dynamic>(&header, frames).unwrap(), long);
}

#[test]
fn what_has_no_form_is_refused_with_its_place() {
    let refused = |value: Dynamic, kind, words: &str| {
        let error = serialize(&value).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    let frozen = || D::FrozenSet(vec![1.into()]);
    refused(D::Dict(vec![(frozen(), 1.into())]), ErrorKind::Unsupported, "a dict with a frozenset as a key");
    refused(
        D::Dict(vec![(D::Tuple(vec![D::List(vec![])]), 1.into())]),
        ErrorKind::Unsupported,
        "a tuple as a key, or in one",
    );
    refused(
        D::List(vec![D::Dict(vec![(D::Dict(vec![]), 1.into())])]),
        ErrorKind::Unsupported,
        "[0]: a dict with a dict as a key",
    );
    refused(D::Dict(vec![pair("a", 1), pair("a", 2)]), ErrorKind::DuplicateField, r#"["a"]: a key is there twice"#);
    refused(
        D::Dict(vec![pair("a", frozen()), pair("a", 2)]),
        ErrorKind::DuplicateField,
        r#"["a"]: a key is there twice"#,
    );
    let object = |module: &'static str, name: &'static str, names: &[&str]| -> Dynamic {
        let attributes = names.iter().map(|name| ((*name).to_owned(), D::None)).collect();
        Object::new(ClassRef::new(module, name), attributes).into()
    };
    refused(object("m", "C", &["x", "x"]), ErrorKind::DuplicateField, "x: an attribute is there twice");
    refused(object("builtins", "dict", &[]), ErrorKind::Unsupported, "builtins.dict, which has a form of its own");
    refused(object("numpy.ma", "MaskedArray", &["data"]), ErrorKind::Unsupported, "a form of its own");
    refused(object("", "C", &[]), ErrorKind::Unsupported, "a class has a module and a name");
    let mut deep = D::None;
    for _ in 0..100 {
        deep = D::List(vec![deep]);
    }
    refused(deep, ErrorKind::Limit, "deeper than");
    let mut deep = D::None;
    for _ in 0..1000 {
        deep = D::Tuple(vec![deep]);
    }
    refused(deep, ErrorKind::Limit, "deeper than");
}

#[test]
fn the_depth_is_that_of_the_limits() {
    let mut value = D::None;
    for _ in 0..10 {
        value = D::Tuple(vec![value]);
    }
    let (header, frames) = serialize(&value).unwrap();
    let mut limits = Limits { depth: 9, ..Limits::default() };
    let error = Decoder::new().limits(limits.clone()).deserialize::<Dynamic>(&header, frames.clone()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    limits.depth = 10;
    assert_eq!(Decoder::new().limits(limits).deserialize::<Dynamic>(&header, frames).unwrap(), value);
}

#[test]
fn nothing_large_is_copied() {
    let data: Array<f64> = vec![1.0; 1000].into();
    let pair = (data.clone(), 1u8);
    let (header, frames) = serialize(&pair).unwrap();
    let frames = frames.into_owned();
    let start = frames.get(0).unwrap().as_ptr();
    let value: Dynamic = deserialize(&header, frames).unwrap();
    assert_eq!(value.index(0).unwrap().as_array().unwrap().as_bytes().as_ptr(), start);
    let frame = Bytes::from(vec![5u8; 1000]);
    let (header, _) = serialize(&frame).unwrap();
    let value: Dynamic = deserialize(&header, Frames::from(vec![frame.clone()])).unwrap();
    assert_eq!(value.as_bytes().unwrap().as_ptr(), frame.as_ptr());
    // In msgpack, too.
    let header = Header::new().with("serializer", "msgpack").unwrap();
    let frame = Bytes::from([&b"\x92\x01\xc5\x03\xe8"[..], &[7; 1000]].concat());
    let value: Dynamic = deserialize(&header, Frames::from(vec![frame.clone()])).unwrap();
    assert_eq!(value.index(1).unwrap().as_bytes().unwrap().as_ptr(), frame[5..].as_ptr());
    assert!(size_of::<Dynamic>() <= 40, "{}", size_of::<Dynamic>());
}
