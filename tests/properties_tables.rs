//! Laws of tables: rows of any record travel in the portable and in the packed form, through memory that was used before, and
//! as one byte string; and a type of another version is read where it can be, and refused where it cannot.

#[path = "../fuzz/src/made.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared with the fuzz targets")]
mod made;
#[path = "../fuzz/src/seen.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, missing_docs, reason = "shared with the fuzz targets")]
mod seen;
#[path = "../fuzz/src/tables.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared with the fuzz targets")]
mod tables;

use frames_core::{
    Array, Buffers, Decoder, Encoder, ErrorKind, FrameSerialize, Frames, Limits, Reader, deserialize, pack_value,
    unpack_value,
};
use made::{Dice, Make};
use proptest::prelude::*;
use seen::{Seen, records};
use std::collections::BTreeMap;
use std::fmt::Debug;
use tables::*;

const READERS: [Reader; 2] = [Reader::Any, Reader::Rust];

type Law = Result<(), TestCaseError>;

/// A value is not shown whole: rows of text fill screens.
fn shown(value: &impl Debug) -> String {
    format!("{value:?}").chars().take(2000).collect()
}

/// Fails if `found` is not `value`, and says where they begin to differ.
#[track_caller]
fn same<T: PartialEq + Debug>(found: frames_core::Result<T>, value: &T, how: &str) -> Law {
    let found = match found {
        Ok(found) => found,
        Err(error) => return Err(TestCaseError::fail(format!("{how}: {error}: {}", shown(value)))),
    };
    if found == *value {
        return Ok(());
    }
    let (a, b) = (format!("{found:?}"), format!("{value:?}"));
    let at = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let cut = |text: &str| text.chars().skip(at.saturating_sub(60)).take(200).collect::<String>();
    Err(TestCaseError::fail(format!("{how}: another value from {at} on: …{} in place of …{}", cut(&a), cut(&b))))
}

fn pieces(frames: &Frames<'_>) -> Vec<Vec<u8>> {
    frames.iter().map(|frame| frame.to_vec()).collect()
}

/// There and back in both forms, by every way; `other` goes through the same memory before and between.
#[track_caller]
fn agrees<T: FrameSerialize + PartialEq + Debug>(value: &T, other: &T) -> Law {
    for reader in READERS {
        for encoder in [Encoder::new(), Encoder::new().families(["msgpack", "dask"])] {
            let encoder = encoder.reader(reader);
            let how = |what: &str| format!("{reader:?}, {what}, {}", T::type_name());
            let (header, frames) = encoder.serialize(value).map_err(|e| TestCaseError::fail(format!("{e}")))?;
            same(deserialize::<T>(&header, frames.clone()), value, &how("borrowed"))?;
            same(deserialize::<T>(&header, frames.clone().into_owned()), value, &how("owned"))?;
            let blob = pack_value(header.clone(), &frames).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let back = unpack_value(&blob.into()).and_then(|(header, frames)| deserialize::<T>(&header, frames));
            same(back, value, &how("gathered into one"))?;
            // What a value leaves in the memory is not seen in the next, be it longer or shorter.
            let fresh = pieces(&frames);
            let mut buffers = Buffers::new();
            for (turn, before) in [None, Some(value), Some(other)].into_iter().enumerate() {
                let how = |what: &str| how(&format!("{what} of used memory, turn {turn}"));
                if let Some(before) = before {
                    let (header, frames) = encoder.serialize_in(before, &mut buffers).unwrap();
                    same(deserialize::<T>(header, frames), before, &how("the first"))?;
                }
                let (header_in, frames_in) = encoder.serialize_in(value, &mut buffers).unwrap();
                prop_assert_eq!(header_in.as_bytes(), header.as_bytes(), "{}", how("the header"));
                same(deserialize::<T>(header_in, frames_in.clone()), value, &how("out"))?;
                prop_assert!(pieces(&frames_in) == fresh, "{}", how("other bytes out"));
            }
        }
    }
    Ok(())
}

/// A view of rows shows them, in both forms.
fn is_seen<T: Seen + Debug>(rows: &Vec<T>) {
    for reader in READERS {
        for encoder in [Encoder::new(), Encoder::new().families(["msgpack", "dask"])] {
            let (header, frames) = encoder.reader(reader).serialize(rows).unwrap();
            frames_core::view::<T>(&header, &frames).unwrap_or_else(|e| panic!("no view of {}: {e}", T::type_name()));
            seen::check::<T>((&header).into(), &frames);
        }
    }
}

/// Rows of a type, alone and inside of others; and looked at.
fn rows_agree<T>(bytes: &[u8], seed: u64, rows: usize) -> Law
where
    T: Seen + Make + PartialEq + Debug + Clone,
{
    let make = |n: usize, seed: u64| -> Vec<T> {
        let mut d = Dice::new(bytes, seed);
        (0..n).map(|_| T::make(&mut d)).collect()
    };
    let (value, other) = (make(rows, seed), make((rows * 7 + 3) % 97, seed ^ 0x55aa));
    agrees(&value, &other)?;
    is_seen(&value);
    let few = make(rows % 5, seed);
    let pair = |a: &[T], b: &[T]| (a.to_vec(), Some(b.to_vec()), vec![Vec::new(), b.to_vec()]);
    agrees(&pair(&few, &other), &pair(&other, &few))?;
    if let [first, .., last] = &few[..] {
        agrees(first, last)?;
        agrees(&BTreeMap::from([(1u8, few.clone())]), &BTreeMap::new())?;
    }
    Ok(())
}

/// A test for rows of each type.
macro_rules! rows {
    ($cases:literal: $($name:ident of $type:ty;)*) => { proptest! {
        #![proptest_config(ProptestConfig { cases: $cases, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() })]
        $(#[test]
        fn $name(bytes in proptest::collection::vec(any::<u8>(), 0..64), seed: u64, rows in prop_oneof![4 => 0usize..8, 2 => 60usize..70, 1 => 120usize..200]) {
            rows_agree::<$type>(&bytes, seed, rows)?;
        })*
    } };
}

rows! { 24:
    numbers of Numbers;
    texts of Texts;
    inner_records of Inner;
    pixels of Pixel;
    meters of Meters;
    units of Unit;
    only_units of OnlyUnits;
    kinds of Kind;
    many_kinds of Many;
    tuples_of_fields of Tuple;
    names of Name;
    attributes of Attributes;
    generics of Generic<u32>;
    generics_of_texts of Generic<Option<String>>;
    lists_of_numbers of Vec<f64>;
    lists_of_bytes of Vec<u8>;
    lists_of_texts of Vec<String>;
    lists_of_lists of Vec<Vec<i16>>;
    options_of_numbers of Option<u32>;
    options_of_bools of Option<bool>;
    options_of_options of Option<Option<f32>>;
    options_of_texts of Option<String>;
    options_of_nothing of Option<()>;
    options_of_lists of Option<Vec<f32>>;
    options_of_arrays of Option<[f64; 2]>;
    pairs of (u8, String);
    one_tuples of (bool,);
    tuples_of_tuples of ((u8, Option<String>), Vec<(i64, bool)>, [u8; 3]);
    arrays_of_numbers of [f64; 3];
    arrays_of_arrays of [[i16; 2]; 3];
    arrays_of_newtypes of [Meters; 2];
    arrays_of_texts of [String; 2];
    arrays_of_nothing of [u8; 0];
    arrays_of_bools of [bool; 3];
    boxed_numbers of Box<u16>;
    boxed_texts of Box<String>;
    shared_arrays of Array<f32>;
    bools of bool;
    chars of char;
    wide_numbers of u128;
}

rows! { 12:
    maybes of Maybes;
    nested_records of Nested;
    records_of_arrays of Arrays;
    records_of_lists of Lists;
    records_of_large_lists of OnlyLists;
    records_of_maps of Maps;
    choices of Choice;
    trees of Tree;
    nodes of Node;
    lists_of_records of Vec<Inner>;
    lists_of_choices of Vec<Choice>;
    options_of_records of Option<Maybes>;
    options_of_choices of Option<Choice>;
    arrays_of_records of [Inner; 2];
    boxed_records of Box<Nested>;
    boxed_choices of Box<Choice>;
    boxed_arrays of Box<[Inner]>;
    tuples_of_records of (Inner, Choice, Option<Box<Inner>>, Vec<Kind>);
    wrapped_records of Wrapped;
}

// ---- versions of a type

/// Types of which each is one version, all in one order: `(name, fields)`.
macro_rules! versions {
    ($($module:ident { $($name:ident $tag:literal { $($(#[$meta:meta])* $field:ident: $type:ty,)* })* })*) => { $(
        mod $module {
            use super::*;
            $(records! { $name { $($field),* } })*
            $(#[derive(FrameSerialize, Clone, Debug, PartialEq)]
            #[frames(name = $tag, view)]
            pub(super) struct $name { $($(#[$meta])* pub(super) $field: $type,)* })*
        }
    )* };
}

versions! {
    older {
        Versioned "versions::Versioned" { id: u16, label: String, kind: Kind, inner: InnerVersion, list: Vec<InnerVersion>, }
        InnerVersion "versions::Inner" { x: f64, }
    }
    newer {
        Versioned "versions::Versioned" {
            #[frames(default)] added: Option<String>,
            #[frames(alias = "label")] name: String,
            kind: Kind,
            id: u16,
            inner: InnerVersion,
            #[frames(default)] count: u64,
            list: Vec<InnerVersion>,
        }
        InnerVersion "versions::Inner" { #[frames(alias = "x")] across: f64, #[frames(default)] y: f32, }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_older_type_is_read_from_columns_and_refused_from_rows(seed: u64, rows in 0usize..140) {
        let mut d = Dice::new(&[], seed);
        let inner = |d: &mut Dice<'_>| older::InnerVersion { x: f64::make(d) };
        let value: Vec<_> = (0..rows).map(|_| older::Versioned {
            id: Make::make(&mut d),
            label: Make::make(&mut d),
            kind: Make::make(&mut d),
            inner: inner(&mut d),
            list: (0..d.below(3)).map(|_| inner(&mut d)).collect(),
        }).collect();
        let inner = |old: &older::InnerVersion| newer::InnerVersion { across: old.x, y: 0.0 };
        let expected: Vec<_> = value.iter().map(|old| newer::Versioned {
            added: None,
            name: old.label.clone(),
            kind: old.kind,
            id: old.id,
            inner: inner(&old.inner),
            count: 0,
            list: old.list.iter().map(inner).collect(),
        }).collect();
        let (header, frames) = Encoder::new().serialize(&value).unwrap();
        frames_core::view::<newer::Versioned>(&header, &frames).unwrap();
        seen::check::<newer::Versioned>((&header).into(), &frames);
        same(deserialize::<Vec<newer::Versioned>>(&header, frames), &expected, "columns of an older type")?;
        let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(&value).unwrap();
        let refused = frames_core::view::<newer::Versioned>(&header, &frames).unwrap_err();
        let error = deserialize::<Vec<newer::Versioned>>(&header, frames).unwrap_err();
        prop_assert_eq!(refused.to_string(), error.to_string());
        prop_assert_eq!(error.kind(), ErrorKind::Mismatch, "{}", error);
        prop_assert!(error.to_string().contains("version"), "{}", error);
        prop_assert!(error.to_string().contains("`{7} added [2] option"), "from the first difference on: {}", error);
    }
}

/// Packed rows of `A` are no rows of `B`, nor the reverse; and a wrong value is never made.
#[track_caller]
fn are_two_versions<A: FrameSerialize + Make + Clone, B: FrameSerialize + Make + Clone>() {
    refuses::<A, B>();
    refuses::<B, A>();
}

#[track_caller]
fn refuses<A: FrameSerialize + Make, B: FrameSerialize>() {
    for rows in [0, 1, 70] {
        let mut d = Dice::new(&[], 7);
        let value: Vec<A> = (0..rows).map(|_| A::make(&mut d)).collect();
        let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(&value).unwrap();
        match deserialize::<Vec<B>>(&header, frames) {
            Ok(_) => panic!("{rows} rows of {} are read as {}", A::type_name(), B::type_name()),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Mismatch, "{} as {}: {error}", A::type_name(), B::type_name());
            }
        }
    }
}

macro_rules! one_field {
    ($($module:ident: $type:ty,)*) => { $(mod $module {
        use super::*;
        #[derive(FrameSerialize, Clone, Debug, PartialEq)]
        #[frames(name = "versions::One")]
        pub(super) struct One { pub(super) id: u8, pub(super) field: $type, }
        impl Make for One { fn make(d: &mut Dice<'_>) -> Self { One { id: Make::make(d), field: Make::make(d) } } }
    })* };
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "tables::Kind", rename_all = "kebab-case")]
enum OtherKind {
    SecondOne,
    First,
    #[frames(rename = "ž")]
    Third,
}
#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "versions::Pick")]
enum Pick {
    A(u8),
    B(u8),
}
#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "versions::Pick")]
enum OtherPick {
    B(u8),
    A(u8),
}
impl Make for OtherKind {
    fn make(_: &mut Dice<'_>) -> Self {
        OtherKind::SecondOne
    }
}
impl Make for Pick {
    fn make(d: &mut Dice<'_>) -> Self {
        Pick::A(u8::make(d))
    }
}
impl Make for OtherPick {
    fn make(d: &mut Dice<'_>) -> Self {
        OtherPick::B(u8::make(d))
    }
}

one_field! {
    narrow: u32, wide: u64, signed: i32, float: f32, maybe: Option<u32>, text: String, list: Vec<u32>, texts: Vec<String>,
    array: [u32; 2], longer: [u32; 3], pair: (u32, u8), boxed: Box<u32>, kind: Kind, other_kind: OtherKind, pick: Pick,
    other_pick: OtherPick, nested: Vec<Vec<u32>>, maybe_list: Option<Vec<u32>>, letters: char, nothing: (), inner: Inner,
    flag: bool, byte: i8,
}

#[test]
fn rows_of_another_version_are_a_mismatch() {
    are_two_versions::<narrow::One, wide::One>();
    are_two_versions::<narrow::One, signed::One>();
    are_two_versions::<narrow::One, float::One>();
    are_two_versions::<narrow::One, maybe::One>();
    are_two_versions::<narrow::One, text::One>();
    are_two_versions::<narrow::One, boxed::One>();
    are_two_versions::<narrow::One, letters::One>();
    are_two_versions::<narrow::One, nothing::One>();
    are_two_versions::<text::One, inner::One>();
    are_two_versions::<list::One, texts::One>();
    are_two_versions::<list::One, nested::One>();
    are_two_versions::<list::One, maybe_list::One>();
    are_two_versions::<list::One, array::One>();
    are_two_versions::<array::One, longer::One>();
    are_two_versions::<array::One, pair::One>();
    are_two_versions::<kind::One, other_kind::One>();
    are_two_versions::<pick::One, other_pick::One>();
    are_two_versions::<kind::One, pick::One>();
    are_two_versions::<flag::One, byte::One>();
    are_two_versions::<narrow::One, Inner>();
    are_two_versions::<Inner, (u16, String, f64)>();
    are_two_versions::<(u8, u16), (u16, u8)>();
    are_two_versions::<Option<String>, (String,)>();
}

// ---- the deepest values

#[test]
fn what_is_deep_is_read_if_it_is_written() {
    for reader in READERS {
        let encoder = Encoder::new().reader(reader);
        let leaf = || Node { label: "ž".into(), next: None, children: vec![], value: vec![1] };
        let (mut by_next, mut by_children, mut tree, mut boxed) = (leaf(), leaf(), Tree::Leaf(1), Tree::Leaf(2));
        let mut levels = [0; 4];
        for _ in 0..40 {
            by_next = Node { next: Some(Box::new(by_next)), ..leaf() };
            by_children = Node { children: vec![by_children], ..leaf() };
            tree = Tree::Branch(vec![tree]);
            boxed = Tree::Both { left: Box::new(boxed), right: None };
            levels[0] += deep(&encoder, &vec![by_next.clone()]);
            levels[1] += deep(&encoder, &vec![by_children.clone()]);
            levels[2] += deep(&encoder, &vec![tree.clone()]);
            levels[3] += deep(&encoder, &vec![boxed.clone()]);
        }
        assert!(levels.iter().all(|&n| n >= 6), "honest data of some levels passes: {reader:?} {levels:?}");
    }
}

/// 1 if the value can be written: then it can be read too.
#[track_caller]
fn deep<T: FrameSerialize + PartialEq>(encoder: &Encoder, value: &T) -> usize {
    match encoder.serialize(value) {
        Ok((header, frames)) => {
            let same =
                deserialize::<T>(&header, frames).unwrap_or_else(|e| panic!("{} is not read: {e}", T::type_name()));
            assert!(same == *value);
            1
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
            0
        }
    }
}

/// The writer counts levels as the reader does: with one limit for both, whatever it is, what is written is read.
#[test]
fn what_is_written_under_a_limit_of_depth_is_read_under_it() {
    fn check<T: FrameSerialize + Make + PartialEq + Debug>() {
        for seed in 0..24 {
            let mut d = Dice::new(&[], seed * 31 + 7);
            let value: Vec<T> = (0..seed % 4).map(|_| T::make(&mut d)).collect();
            for (reader, depth) in READERS.into_iter().flat_map(|reader| (0..20).map(move |depth| (reader, depth))) {
                let encoder = Encoder::new().reader(reader).depth(depth);
                let Ok((header, frames)) = encoder.serialize(&value) else { continue };
                let mut limits = Limits::default();
                limits.depth = depth;
                let found = Decoder::new().limits(limits).deserialize::<Vec<T>>(&header, frames);
                same(found, &value, &format!("{reader:?}, {depth} levels, {}", T::type_name())).unwrap();
            }
        }
    }
    check::<Maybes>();
    check::<Nested>();
    check::<Arrays>();
    check::<Lists>();
    check::<Maps>();
    check::<Choice>();
    check::<Tree>();
    check::<Node>();
    check::<Option<u32>>();
    check::<Vec<Option<Kind>>>();
    check::<((u8, Vec<Kind>), Option<Choice>)>();
    check::<Vec<Box<Inner>>>();
    check::<Option<Box<Choice>>>();
    check::<[Vec<Unit>; 2]>();
}

/// Types that nest without recursion: rows in rows, and tables in tables.
#[test]
fn types_that_nest_deep_are_read() {
    type Five<T> = (((((T,),),),),);
    type Lists<T> = Vec<Vec<Vec<Vec<T>>>>;
    type Maybe<T> = Option<Option<Option<Option<T>>>>;
    for reader in READERS {
        let encoder = Encoder::new().reader(reader);
        fn five<T>(inner: T) -> Five<T> {
            (((((inner,),),),),)
        }
        let all = [
            deep(&encoder, &vec![five(1u8)]),
            deep(&encoder, &vec![five(five(five(five(1u8))))]),
            deep(&encoder, &(vec![vec![vec![vec![vec![five(1u8)]]]]] as Vec<Lists<Five<u8>>>)),
            deep(&encoder, &(vec![vec![vec![vec![vec![vec![vec![vec![vec![1u8]]]]]]]]] as Vec<Lists<Lists<u8>>>)),
            deep(&encoder, &(vec![Some(Some(Some(Some(Some(Some(Some(Some(1u8))))))))] as Vec<Maybe<Maybe<u8>>>)),
        ];
        assert!(all.iter().sum::<usize>() >= 4, "{reader:?}: {all:?}");
    }
}

/// Rows that have no bytes of their own, and a row of another table each.
#[test]
fn many_boxes_are_read() {
    #[derive(FrameSerialize, Clone, Debug, PartialEq)]
    #[frames(name = "properties::Boxes", view)]
    #[allow(clippy::vec_box, reason = "that is what is tested")]
    struct Boxes {
        boxes: Vec<Box<Inner>>,
    }
    #[derive(FrameSerialize, Clone, Debug, PartialEq)]
    #[frames(name = "properties::OnlyBox", view)]
    struct OnlyBox {
        inner: Box<Inner>,
    }
    records! { Boxes { boxes } OnlyBox { inner } }
    let inner = Box::new(Inner { id: 1, text: "a".into(), x: 0.5 });
    for n in [1, 512, 513, 3000] {
        agrees(&vec![Boxes { boxes: vec![inner.clone(); n] }], &vec![]).unwrap();
        agrees(&vec![OnlyBox { inner: inner.clone() }; n], &vec![]).unwrap();
        agrees(&vec![(inner.clone(),); n], &vec![]).unwrap();
        is_seen(&vec![Boxes { boxes: vec![inner.clone(); n] }]);
        is_seen(&vec![OnlyBox { inner: inner.clone() }; n]);
        is_seen(&vec![(inner.clone(),); n]);
    }
}
