//! `#[derive(FrameSerialize)]` on everything else: tuple structs, enums, generics, recursion, lifetimes, plain records, hygiene.

#[path = "support/travel.rs"]
mod travel;

use frames_core::rmpv::Value;
use frames_core::{
    ErrorKind, FrameSerialize, Frames, Header, HeaderRef, Registry, TypeName, deserialize, deserialize_any, register,
    serialize,
};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;
use travel::*;

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Debug, PartialEq, Default, Clone)]
struct Cell(u8);

fn cell() -> Cell {
    Cell(9)
}

// ---- tuple structs, newtypes, unit structs

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
struct Meters(f64);

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Wrapped(Vec<f64>);

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(transparent)]
struct Transparent {
    #[frames(skip)]
    cache: Cell,
    point: Point,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(transparent)]
struct TransparentTuple(#[frames(skip, default = "cell")] Cell, Option<u8>);

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Pair(u8, Vec<f64>);

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Small(u8, String, #[frames(skip)] Cell);

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct NoElements();

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
struct Marker;

#[test]
fn a_newtype_travels_as_its_field() {
    assert_eq!(inline(&Meters(1.5)), 1.5.into());
    let data = Wrapped(vec![1.0, 2.0]);
    let (header, frames) = serialize(&data).unwrap();
    assert_eq!(header.to_value().unwrap()["type"], "numpy.ndarray".into());
    assert_eq!(frames.get(0).unwrap().as_ptr(), data.0.as_ptr().cast());
    round_trip(&Meters(2.5));
    round_trip(&data);
    round_trip(&vec![Meters(1.0), Meters(2.0)]);
    round_trip(&vec![data, Wrapped(vec![])]);
    let (header, _) = serialize(&vec![Meters(1.0); 2]).unwrap();
    assert_eq!(header.to_value().unwrap()["type"], "numpy.ndarray".into());
    assert!(Registry::global().unwrap().get("derive_kinds::Meters").is_none());
    assert_eq!(Meters::type_name(), "derive_kinds::Meters");
}

#[test]
fn a_transparent_struct_travels_as_its_field() {
    let value = Transparent { cache: Cell(0), point: Point { x: 1.0, y: 2.0 } };
    assert_eq!(serialize(&value).unwrap().0.as_bytes(), serialize(&value.point).unwrap().0.as_bytes());
    round_trip(&value);
    round_trip(&vec![value.clone(), value]);
    round_trip(&TransparentTuple(Cell(9), Some(1)));
    round_trip(&TransparentTuple(Cell(9), None));
    // `Some(None)` is told from `None` through the wrapper.
    round_trip(&vec![None, Some(TransparentTuple(Cell(9), None)), Some(TransparentTuple(Cell(9), Some(2)))]);
}

#[test]
fn a_tuple_struct_travels_as_a_tuple() {
    assert_eq!(inline(&Small(1, "a".into(), Cell(0))), Value::Array(vec![1.into(), "a".into()]));
    let (header, _) = serialize(&Pair(1, vec![])).unwrap();
    let header = header.to_value().unwrap();
    assert_eq!((&header["type-serialized"], &header["type"]), (&"tuple".into(), &"derive_kinds::Pair".into()));
    round_trip(&Small(1, "a".into(), Cell(0)));
    round_trip(&Pair(1, vec![1.0]));
    round_trip(&vec![Pair(1, vec![1.0]), Pair(2, vec![])]);
    round_trip(&NoElements());
    fails::<Small>(&Value::Array(vec![1.into(), 2.into()]), ErrorKind::Mismatch, "[1]", &[]);
    fails::<Small>(&Value::Array(vec![1.into()]), ErrorKind::Mismatch, "", &["2 elements"]);
    let pair = Pair(1, vec![2.0]);
    let (header, frames) = serialize(&pair).unwrap();
    assert_eq!(deserialize_any(&header, frames).unwrap().downcast::<Pair>().unwrap(), Pair(1, vec![2.0]));
}

#[test]
fn a_unit_struct_travels_as_none() {
    assert_eq!(inline(&Marker), Value::Nil);
    round_trip(&Marker);
    round_trip(&vec![Some(Marker), None]);
    let (header, frames) = serialize(&Marker).unwrap();
    assert!(deserialize_any(&header, frames).unwrap().downcast::<Marker>().is_ok());
    fails::<Marker>(&1.into(), ErrorKind::Mismatch, "", &["derive_kinds::Marker"]);
}

// ---- enums

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
enum Kind {
    Unit,
    Data(Vec<f64>),
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(rename_all = "snake_case", rename_all_fields = "camelCase")]
enum Shape {
    Nothing,
    #[frames(rename = "disc", alias = "circle")]
    Round(f64),
    Path(Vec<f64>),
    Tuple(u8, Vec<f64>),
    SmallTuple(u8, u8),
    Named {
        side_length: u8,
        corner_points: Vec<f64>,
    },
    #[frames(rename_all = "UPPERCASE")]
    SmallNamed {
        a: u8,
        #[frames(rename = "Bee", default)]
        b: Option<String>,
        #[frames(skip)]
        c: Cell,
    },
    With {
        n: u8,
        #[frames(with = "reversed")]
        data: Vec<u8>,
    },
    NoElements(),
    NoFields {},
    Skipped(#[frames(skip)] Cell, u8),
    r#Else,
}

fn shapes() -> Vec<Shape> {
    vec![
        Shape::Nothing,
        Shape::Round(1.5),
        Shape::Path(vec![1.0]),
        Shape::Tuple(1, vec![2.0]),
        Shape::SmallTuple(1, 2),
        Shape::Named { side_length: 1, corner_points: vec![1.0, 2.0] },
        Shape::SmallNamed { a: 1, b: Some("b".into()), c: Cell(0) },
        Shape::SmallNamed { a: 1, b: None, c: Cell(0) },
        Shape::With { n: 1, data: vec![1, 2] },
        Shape::NoElements(),
        Shape::NoFields {},
        Shape::Skipped(Cell(0), 1),
        Shape::r#Else,
    ]
}

#[test]
fn every_variant_travels() {
    shapes().iter().for_each(round_trip);
    round_trip(&shapes());
    for shape in shapes() {
        round_trip(&Some(shape.clone()));
        round_trip(&(shape.clone(), 1u8));
        let (header, frames) = serialize(&shape).unwrap();
        assert_eq!(deserialize_any(&header, frames).unwrap().downcast::<Shape>().unwrap(), shape);
    }
}

#[test]
fn a_variant_is_text_or_a_map_of_one_entry() {
    assert_eq!(inline(&Shape::Nothing), "nothing".into());
    assert_eq!(inline(&Shape::r#Else), "else".into());
    assert_eq!(inline(&Shape::Round(1.5)), map([("disc", 1.5.into())]));
    assert_eq!(inline(&Shape::SmallTuple(1, 2)), map([("small_tuple", Value::Array(vec![1.into(), 2.into()]))]));
    let small = Shape::SmallNamed { a: 1, b: None, c: Cell(0) };
    assert_eq!(inline(&small), map([("small_named", map([("A", 1.into()), ("Bee", Value::Nil)]))]));
    let named = sub_header(&Shape::Named { side_length: 1, corner_points: vec![1.0] });
    let payload = &named["complex"]["named"]["header"]["sub-header"];
    assert_eq!(payload["simple"], map([("sideLength", 1.into())]));
    assert!(!payload["complex"]["cornerPoints"].is_nil());
    let data = vec![1.0];
    let kind = Kind::Data(data);
    let (_, frames) = serialize(&kind).unwrap();
    let Kind::Data(data) = &kind else { unreachable!() };
    assert_eq!(frames.get(0).unwrap().as_ptr(), data.as_ptr().cast(), "no copy");
}

#[test]
fn variants_are_read_from_any_form() {
    assert_eq!(from_map::<Shape>(&map([("circle", 2.0.into())])).unwrap(), Shape::Round(2.0));
    assert_eq!(from_map::<Shape>(&map([("nothing", Value::Nil)])).unwrap(), Shape::Nothing);
    let source = map([("small_named", map([("A", 3.into())]))]);
    assert_eq!(from_map::<Shape>(&source).unwrap(), Shape::SmallNamed { a: 3, b: None, c: Cell(0) });
    // A dict collection of one array.
    let dict: BTreeMap<String, Vec<f64>> = [("path".to_owned(), vec![1.0])].into();
    let (header, frames) = serialize(&dict).unwrap();
    assert_eq!(deserialize::<Shape>(&header, frames).unwrap(), Shape::Path(vec![1.0]));
}

#[test]
fn mistakes_in_variants_are_named() {
    fails::<Shape>(&"nothin".into(), ErrorKind::UnknownVariant, "", &["nothin", "`nothing` is near"]);
    fails::<Shape>(&map([("disc", "x".into())]), ErrorKind::Mismatch, "disc", &["f64"]);
    fails::<Shape>(&"disc".into(), ErrorKind::Mismatch, "", &["a variant with a value"]);
    fails::<Shape>(&map([("nothing", 1.into())]), ErrorKind::Mismatch, "nothing", &["unit variant"]);
    let tuple = Value::Array(vec![1.into(), "x".into()]);
    fails::<Shape>(&map([("small_tuple", tuple)]), ErrorKind::Mismatch, "small_tuple[1]", &["u8"]);
    fails::<Shape>(&map([("small_named", map([]))]), ErrorKind::MissingField, "small_named", &["`A`"]);
    let extra = map([("A", 1.into()), ("c", 1.into())]);
    fails::<Shape>(&map([("small_named", extra)]), ErrorKind::UnknownField, "small_named", &["\"c\""]);
    fails::<Shape>(&map([]), ErrorKind::Mismatch, "", &[]);
    fails::<Shape>(&1.into(), ErrorKind::Mismatch, "", &["a variant"]);
}

#[test]
fn a_variant_with_functions_of_its_own_is_no_plain_value() {
    let map: BTreeMap<Key, u8> = [(Key::With { data: vec![1] }, 1)].into();
    let error = serialize(&map).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}

#[derive(FrameSerialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    With {
        #[frames(with = "reversed")]
        data: Vec<u8>,
    },
}

// ---- generics

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct A<T, const N: u8> {
    values: Vec<T>,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "lab.Grid")]
struct Grid<'a, T: Clone, const N: usize>
where
    [T]: ToOwned<Owned = Vec<T>>,
{
    name: Cow<'a, str>,
    cells: [Vec<T>; N],
    first: Option<T>,
    #[frames(skip)]
    seen: std::marker::PhantomData<T>,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(bound = "T: FrameSerialize + Clone")]
struct Bound<T> {
    value: T,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Wrapper<T>(T);

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Two<T, U>(T, U);

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
enum Either<L, R = u8> {
    Left(L),
    Right { right: R, both: Vec<(L, R)> },
    Neither,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Cached<T, F> {
    value: T,
    #[frames(skip)]
    cache: Option<F>,
}

register!(A<u8, 1>);
register!(A<u8, 2>);

#[test]
fn generic_types_have_their_arguments_in_the_name() {
    assert_eq!(A::<u8, 1>::type_name(), "derive_kinds::A<u8, 1>");
    assert_eq!(A::<Vec<A<i8, 2>>, 3>::type_name(), "derive_kinds::A<Vec<derive_kinds::A<i8, 2>>, 3>");
    assert_eq!(Grid::<'_, f64, 2>::type_name(), "lab.Grid<f64, 2>");
    assert_eq!(Either::<u8>::type_name(), "derive_kinds::Either<u8, u8>");
}

#[test]
fn instances_of_generic_types_are_registered_one_by_one() {
    let one = A::<u8, 1> { values: vec![1] };
    let two = A::<u8, 2> { values: vec![1] };
    let (header, frames) = serialize(&two).unwrap();
    let any = deserialize_any(&header, frames).unwrap();
    assert!(any.downcast_ref::<A<u8, 1>>().is_none());
    assert_eq!(any.downcast::<A<u8, 2>>().unwrap(), two);
    round_trip(&one);
    round_trip(&vec![one.clone(), one]);
}

#[test]
fn generic_types_travel() {
    let grid =
        Grid::<f64, 2> { name: "g".into(), cells: [vec![1.0], vec![]], first: Some(1.0), seen: Default::default() };
    round_trip(&grid);
    round_trip(&vec![grid]);
    round_trip(&Bound { value: Bound { value: vec![1u8] } });
    round_trip(&Wrapper(Wrapper(Point { x: 1.0, y: 2.0 })));
    round_trip(&vec![Wrapper(1.0), Wrapper(2.0)]);
    round_trip(&Two(vec![1.0], "a".to_owned()));
    round_trip(&Two(1u8, "a".to_owned()));
    round_trip(&Either::<Vec<f64>>::Left(vec![1.0]));
    round_trip(&Either::<u8>::Right { right: 1, both: vec![(1, 2)] });
    round_trip(&vec![Either::<Vec<u8>, String>::Neither, Either::Left(vec![1])]);
    round_trip(&Cached::<u8, fn() -> Cell> { value: 1, cache: None }.value);
}

// ---- recursion

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Node {
    value: Vec<u8>,
    next: Option<Box<Node>>,
    children: Vec<Node>,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Tree<T> {
    value: T,
    children: Vec<Self>,
    other: Option<Box<Tree<T>>>,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
enum List<T> {
    Nil,
    Cons(T, Box<List<T>>),
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Ring {
    others: Vec<Ringed>,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Ringed(Option<Box<Ring>>);

#[test]
fn recursive_types_travel() {
    let leaf = Node { value: vec![1], next: None, children: vec![] };
    let node = Node { value: vec![2], next: Some(Box::new(leaf.clone())), children: vec![leaf.clone(), leaf] };
    round_trip(&node);
    round_trip(&vec![node.clone(), node]);
    let leaf = Tree { value: vec![1.0], children: vec![], other: None };
    round_trip(&Tree { value: vec![], children: vec![leaf.clone()], other: Some(Box::new(leaf)) });
    let leaf = Tree { value: 1u8, children: vec![], other: None };
    round_trip(&Tree { value: 2, children: vec![leaf.clone()], other: Some(Box::new(leaf)) });
    round_trip(&List::Cons(vec![1u8], Box::new(List::Cons(vec![2], Box::new(List::Nil)))));
    round_trip(&List::Cons(1u8, Box::new(List::Nil)));
    round_trip(&Ring { others: vec![Ringed(None), Ringed(Some(Box::new(Ring { others: vec![] })))] });
}

// ---- lifetimes

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Borrowed<'a, 'b> {
    text: Cow<'a, str>,
    data: Cow<'b, [f64]>,
}

#[test]
fn a_borrowing_type_borrows_when_written_and_owns_when_read() {
    let data = vec![1.0, 2.0];
    let value = Borrowed { text: "t".into(), data: Cow::Borrowed(&data) };
    let (header, frames) = serialize(&value).unwrap();
    assert_eq!(frames.get(0).unwrap().as_ptr(), data.as_ptr().cast());
    let read: Borrowed<'static, 'static> = deserialize(&header, frames.clone()).unwrap();
    assert_eq!(read, value);
    assert!(deserialize_any(&header, frames).unwrap().downcast::<Borrowed<'static, 'static>>().is_ok());
    round_trip(&vec![value.clone(), value]);
}

// ---- plain records

#[derive(FrameSerialize, bytemuck::Pod, bytemuck::Zeroable, Clone, Copy, Debug, PartialEq)]
#[frames(plain, rename_all = "UPPERCASE")]
#[repr(C)]
struct Pixel {
    x: f32,
    y: f32,
    #[frames(rename = "color", alias = "colour")]
    rgba: [u8; 4],
    id: u32,
}

#[derive(FrameSerialize, bytemuck::Pod, bytemuck::Zeroable, Clone, Copy, Debug, PartialEq)]
#[frames(plain)]
#[repr(C)]
struct Segment {
    from: Pixel,
    to: Pixel,
}

fn pixel(id: u32) -> Pixel {
    Pixel { x: 1.0, y: id as f32, rgba: [1, 2, 3, 4], id }
}

#[test]
fn plain_records_travel_as_one_structured_array() {
    let pixels: Vec<Pixel> = (0..4).map(pixel).collect();
    let (header, frames) = serialize(&pixels).unwrap();
    let dtype = header.to_value().unwrap()["sub-header"]["dtype"].clone();
    assert_eq!(dtype[1]["names"], Value::Array(["X", "Y", "color", "ID"].map(Value::from).into()));
    assert_eq!(dtype[1]["offsets"], Value::Array([0, 4, 8, 12].map(Value::from).into()));
    assert_eq!(dtype[1]["itemsize"], 16.into());
    assert_eq!((frames.len(), frames.get(0).unwrap().as_ptr()), (1, pixels.as_ptr().cast()));
    round_trip(&pixels);
    round_trip(&pixel(1));
    round_trip(&vec![Segment { from: pixel(1), to: pixel(2) }; 2]);
    assert_eq!(sub_header(&pixel(3))["simple"]["ID"], 3.into());
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Holder {
    pixel: Pixel,
    pixels: Vec<Pixel>,
}

#[test]
fn plain_records_are_fields_and_columns() {
    let holder = Holder { pixel: pixel(1), pixels: vec![pixel(2)] };
    round_trip(&holder);
    round_trip(&vec![holder.clone(), holder]);
    // Columns of a plain record are read where its structured array is wanted.
    let columns = vec![Columns { x: 1.0, y: 2.0, color: [1, 2, 3, 4], id: 1 }];
    let (header, frames) = serialize(&columns).unwrap();
    let pixels: Vec<Pixel> = deserialize(&header, frames).unwrap();
    assert_eq!(pixels, [Pixel { x: 1.0, y: 2.0, rgba: [1, 2, 3, 4], id: 1 }]);
}

#[derive(FrameSerialize)]
struct Columns {
    #[frames(rename = "X")]
    x: f32,
    #[frames(rename = "Y")]
    y: f32,
    color: [u8; 4],
    #[frames(rename = "ID")]
    id: u32,
}

// ---- by hand, inside of derived types

#[derive(Clone, Debug, PartialEq)]
struct ByHand(String);

impl FrameSerialize for ByHand {
    fn serialize(&self) -> frames_core::Result<(Header, Frames<'_>)> {
        Ok((Header::new().with("len", &self.0.len())?, Frames::from(frames_core::Frame::from(self.0.as_str()))))
    }
    fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> frames_core::Result<Self> {
        let _: usize = header.get("len")?;
        Ok(ByHand(String::from_utf8_lossy(&frames.into_one()?).into_owned()))
    }
}
register!(ByHand);

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
struct Mixed {
    hand: ByHand,
    hands: Vec<ByHand>,
    wrapped: Wrapper<ByHand>,
    maybe: Option<ByHand>,
}

#[test]
fn a_type_written_by_hand_is_a_field_like_any_other() {
    let hand = ByHand("h".into());
    let mixed =
        Mixed { hand: hand.clone(), hands: vec![hand.clone(); 2], wrapped: Wrapper(hand.clone()), maybe: Some(hand) };
    round_trip(&mixed);
    round_trip(&vec![mixed.clone(), mixed]);
}

// ---- hygiene: names that the generated code must not meet

mod hygiene {
    #![deny(warnings, clippy::all)]
    #![allow(dead_code)]

    struct Option;
    struct Result;
    struct String;
    struct Vec;
    struct Box;
    enum Weird {
        Some,
        None,
        Ok,
        Err,
    }
    #[allow(unused_imports)]
    use Weird::*;
    trait Iterator {}
    trait Default {}
    trait Fn {}
    mod core {}
    mod std {}
    mod frames_core {}
    #[allow(non_upper_case_globals)]
    const __f: u8 = 0;
    #[allow(non_upper_case_globals)]
    const fields: u8 = 0;
    #[allow(non_upper_case_globals)]
    static w: u8 = 0;
    #[allow(unused_macros)]
    macro_rules! format {
        () => {};
    }
    #[allow(non_camel_case_types)]
    type usize = u8;

    #[derive(frames_core_again::FrameSerialize, Debug, PartialEq)]
    #[frames(crate = frames_core_again)]
    #[allow(non_camel_case_types)]
    pub(crate) struct record {
        pub(crate) fields: u32,
        pub(crate) w: ::std::vec::Vec<u8>,
        #[frames(default)]
        pub(crate) f0: u8,
    }
    use ::frames_core as frames_core_again;

    #[derive(::frames_core::FrameSerialize, Debug, PartialEq)]
    #[frames(crate = "::frames_core")]
    pub(crate) enum Generic<T, const NAME: u16> {
        Fields(T),
        Some {
            payload: T,
            __w: u8,
        },
        #[deprecated]
        None,
    }

    #[derive(::frames_core::FrameSerialize, Debug, PartialEq)]
    #[deprecated]
    #[allow(non_snake_case)]
    pub(crate) struct Outdated {
        #[deprecated]
        pub(crate) Field: u8,
    }
}

#[test]
fn derived_code_meets_no_name_of_the_users() {
    round_trip(&hygiene::record { fields: 1, w: vec![1], f0: 2 });
    round_trip(&hygiene::Generic::<u8, 300>::Some { payload: 1, __w: 2 });
    assert_eq!(hygiene::Generic::<u8, 300>::type_name(), "derive_kinds::hygiene::Generic<u8, 300>");
}

#[test]
fn a_type_in_a_function_travels() {
    #[derive(FrameSerialize, Debug, PartialEq)]
    struct Local {
        a: u8,
    }
    round_trip(&Local { a: 1 });
}

macro_rules! declare {
    ($name:ident, $kind:ident, $wire:expr, $field:ident: $type:ty, $default:expr) => {
        #[derive(FrameSerialize, Debug, PartialEq)]
        #[frames(name = $wire)]
        struct $name {
            $field: $type,
            own: Vec<f64>,
            #[frames(default = $default, with = "reversed")]
            given: Vec<u8>,
        }

        #[derive(FrameSerialize, Debug, PartialEq)]
        enum $kind {
            Given($type),
            Own(u8, $type, Vec<f64>),
            Named { $field: $type, own: u8 },
        }
    };
}
declare!(Declared, DeclaredKind, "lab.Declared", data: Vec<u8>, "Vec::new");

#[test]
fn a_type_from_a_macro_travels() {
    assert_eq!(Declared::type_name(), "lab.Declared");
    round_trip(&Declared { data: vec![1], own: vec![2.0], given: vec![3] });
    round_trip(&vec![Declared { data: vec![1], own: vec![2.0], given: vec![3] }]);
    round_trip(&DeclaredKind::Given(vec![1]));
    round_trip(&DeclaredKind::Own(1, vec![1], vec![2.0]));
    round_trip(&DeclaredKind::Named { data: vec![1], own: 2 });
}
