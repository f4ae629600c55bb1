//! Record types with fields of every kind, and what is done with rows of them: the body of the fuzz target `table`, and the
//! types of the property tests and of the hostile peer of tables.

use super::made::{Dice, Make};
use super::seen::{Seen, records, values};
use frames_core::bytes::Bytes;
use frames_core::view::Owned;
use frames_core::{Array, FrameSerialize, Viewable};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::num::{NonZeroI64, NonZeroU8, NonZeroU16};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Defines a record and says how one is made, and how one is seen in a view.
macro_rules! record {
    ($($(#[$meta:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty,)* })*) => { $(
        #[derive(FrameSerialize, Clone, Debug, PartialEq)]
        #[frames(view)]
        $(#[$meta])*
        pub struct $name { $($(#[$of_field])* pub $field: $type,)* }
        impl Make for $name {
            fn make(d: &mut Dice<'_>) -> Self { $name { $($field: Make::make(d),)* } }
        }
        records! { $name { $($field),* } }
    )* };
}

record! {
    #[frames(name = "tables::Inner")]
    Inner { id: u16, text: String, x: f64, }

    #[frames(name = "tables::Numbers")]
    Numbers {
        a: u8, b: i8, c: u16, d: i16, e: u32, f: i32, g: u64, h: i64, i: usize, j: isize, k: f32, l: f64, m: bool, n: char,
        o: u128, p: i128, q: NonZeroU8, r: NonZeroI64, s: Duration,
    }

    #[frames(name = "tables::Texts", rename_all = "camelCase")]
    Texts {
        the_text: String, boxed: Box<str>, maybe: Option<String>, path: PathBuf, shared: Arc<str>,
        twice: Option<Option<String>>, name: Name, maybe_name: Option<Name>, maybe_path: Option<PathBuf>,
    }

    #[frames(name = "tables::Maybes")]
    Maybes {
        a: Option<u8>, b: Option<f64>, c: Option<bool>, d: Option<char>, e: Option<u128>, f: Option<Option<u8>>,
        g: Option<Option<Option<bool>>>, h: Option<()>, i: Option<Unit>, j: Option<Inner>, k: Option<(u8, String)>,
        l: Option<[u16; 3]>, m: Option<Vec<f32>>, n: Option<Kind>, o: Option<Choice>, p: Option<NonZeroU16>,
        q: Option<Meters>, r: Option<Box<f64>>, s: Option<Bytes>, t: Option<Many>, u: Option<Array<u8>>, v: Option<Pixel>,
    }

    #[frames(name = "tables::Nested")]
    Nested {
        inner: Inner, pair: (u8, Inner), tuple: Tuple, meters: Meters, unit: Unit, nothing: (), boxed: Box<Inner>,
        deep: ((u8, (bool, String)),), generic: Generic<u16>, other: Generic<String>, lists: Generic<Vec<u8>>, pixel: Pixel,
        kind: Kind, many: Many, choice: Choice, wrapped: Wrapped,
    }

    #[frames(name = "tables::Arrays")]
    Arrays {
        a: [f64; 3], b: [[i16; 2]; 2], c: [bool; 2], d: [u8; 4], e: [Inner; 2], f: [String; 2], g: [Option<u8>; 2],
        h: [u8; 0], i: [(u8, bool); 2], j: [Vec<u8>; 2], k: [Meters; 2], l: [char; 2], m: [(); 2], n: [Vec<f64>; 1],
        o: [Kind; 3], p: [[Inner; 1]; 2], q: [[f32; 0]; 2], r: [Pixel; 2], s: [[Meters; 2]; 1],
    }

    #[frames(name = "tables::Lists")]
    Lists {
        numbers: Vec<f64>, small: Vec<i8>, flags: Vec<bool>, records: Vec<Inner>, texts: Vec<String>, nested: Vec<Vec<u32>>,
        bytes: Vec<u8>, shared: Bytes, array: Array<f64>, of_bytes: Array<u8>, pixels: Vec<Pixel>, arrays: Vec<[f32; 2]>,
        maybes: Vec<Option<u16>>, tuples: Vec<(u8, String)>, kinds: Vec<Kind>, choices: Vec<Choice>, boxed: Box<[u16]>,
        deque: VecDeque<u8>, units: Vec<()>, thrice: Vec<Vec<Vec<String>>>, chars: Vec<char>, meters: Vec<Meters>,
        many_bytes: Vec<Vec<u8>>, boxes: Vec<Box<Inner>>, of_tuples: Vec<Tuple>, of_arrays: Vec<Array<i16>>,
        of_units: Vec<Unit>, of_structs: Vec<Generic<bool>>,
    }

    #[frames(name = "tables::Maps")]
    Maps {
        hash: HashMap<String, u8, InOrder>, tree: BTreeMap<u8, Vec<f64>>, records: BTreeMap<String, Vec<Inner>>, set: BTreeSet<u16>,
        texts: BTreeMap<u8, String>, one: BTreeMap<u8, Inner>, strings: BTreeMap<u8, Vec<String>>, maybe: Option<BTreeMap<u8, Vec<Inner>>>,
    }

    #[frames(name = "tables::Node")]
    Node { label: String, next: Option<Box<Node>>, children: Vec<Node>, value: Vec<u8>, }

    #[frames(name = "tables::OnlyUnits")]
    OnlyUnits { a: (), b: Unit, c: [(); 3], }

    #[frames(name = "tables::OnlyLists")]
    OnlyLists { a: Vec<f64>, b: Vec<Vec<f32>>, c: Array<u64>, d: Option<Vec<i32>>, e: [Vec<u16>; 2], }
}

/// Two maps that are read from the same bytes have one order.
pub type InOrder = BuildHasherDefault<DefaultHasher>;

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "tables::Attributes", view)]
pub struct Attributes {
    #[frames(with = "swapped")]
    pub swapped: Vec<u16>,
    #[frames(with = "swapped")]
    pub again: Vec<u16>,
    #[frames(skip)]
    pub skipped: Skipped,
    #[frames(default)]
    pub default: u16,
    #[frames(rename = "Another name")]
    pub renamed: String,
    #[frames(alias = "old")]
    pub aliased: Option<f32>,
}

impl Seen for Attributes {
    fn seen(row: AttributesRow<'_>) -> Self {
        Attributes {
            swapped: row.swapped.clone(),
            again: row.again.clone(),
            skipped: Skipped::default(),
            default: row.default,
            renamed: row.renamed.into(),
            aliased: row.aliased,
        }
    }
    fn all(rows: Self::List<'_>) -> Vec<Self> {
        rows.iter().map(Self::seen).collect()
    }
}

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
#[frames(name = "tables::Meters", view)]
pub struct Meters(pub f64);

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(transparent, view)]
pub struct Name {
    pub name: String,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(transparent, view)]
pub struct Wrapped {
    pub record: Inner,
}

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
#[frames(name = "tables::Unit", view)]
pub struct Unit;

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "tables::Tuple", view)]
pub struct Tuple(pub u8, pub String, pub Vec<f64>, pub Option<i32>);

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "tables::Generic")]
pub struct Generic<T> {
    pub one: T,
    pub many: Vec<T>,
    pub maybe: Option<T>,
}

/// As a view of one is written by hand.
impl<T: FrameSerialize + std::fmt::Debug + 'static> Viewable for Generic<T> {
    type Ref<'v> = &'v Self;
    type List<'v> = &'v [Self];
    type Column<'f> = Owned<Self>;
    fn of_values<'f>(values: Vec<Self>) -> frames_core::Result<Self::Column<'f>> {
        Ok(Owned::of(values))
    }
    fn list<'v, 'f: 'v>(column: Option<&'v Owned<Self>>, range: Range<usize>) -> Option<&'v [Self]> {
        Owned::list(column, range)
    }
}

values! {
    [] Meters; [] Name; [] Wrapped; [] Unit; [] Tuple; [] Pixel; [] Kind; [] Choice; [] Tree; [] Many;
    [T: FrameSerialize + Clone + std::fmt::Debug + 'static] Generic<T>;
}

#[derive(FrameSerialize, bytemuck::Pod, bytemuck::Zeroable, Clone, Copy, Debug, PartialEq)]
#[frames(name = "tables::Pixel", plain, view)]
#[repr(C)]
pub struct Pixel {
    pub x: f32,
    pub rgba: [u8; 4],
    pub id: u32,
}

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
#[frames(name = "tables::Kind", view, rename_all = "kebab-case")]
pub enum Kind {
    First,
    SecondOne,
    #[frames(rename = "ž")]
    Third,
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "tables::Choice", view)]
pub enum Choice {
    Unit,
    Newtype(f64),
    Text(String),
    List(Vec<f64>),
    Tuple(u8, String),
    Named {
        side: u8,
        text: Option<String>,
        corners: Vec<f32>,
    },
    Empty {},
    Record(Inner),
    Boxed(Box<Inner>),
    Maybe(Option<u8>),
    Map(BTreeMap<u8, Vec<f64>>),
    Rows(Vec<Inner>),
    With {
        #[frames(with = "swapped")]
        data: Vec<u16>,
    },
    Nothing(()),
}

#[derive(FrameSerialize, Clone, Debug, PartialEq)]
#[frames(name = "tables::Tree", view)]
pub enum Tree {
    Leaf(u8),
    Branch(Vec<Tree>),
    Boxed(Box<Tree>),
    Both { left: Box<Tree>, right: Option<Box<Tree>> },
}

/// More variants than a byte counts.
#[rustfmt::skip]
#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq)]
#[frames(name = "tables::Many", view)]
pub enum Many {
    V0, V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, V11, V12, V13, V14, V15, V16, V17, V18, V19, V20, V21, V22, V23, V24,
    V25, V26, V27, V28, V29, V30, V31, V32, V33, V34, V35, V36, V37, V38, V39, V40, V41, V42, V43, V44, V45, V46, V47,
    V48, V49, V50, V51, V52, V53, V54, V55, V56, V57, V58, V59, V60, V61, V62, V63, V64, V65, V66, V67, V68, V69, V70,
    V71, V72, V73, V74, V75, V76, V77, V78, V79, V80, V81, V82, V83, V84, V85, V86, V87, V88, V89, V90, V91, V92, V93,
    V94, V95, V96, V97, V98, V99, V100, V101, V102, V103, V104, V105, V106, V107, V108, V109, V110, V111, V112, V113,
    V114, V115, V116, V117, V118, V119, V120, V121, V122, V123, V124, V125, V126, V127, V128, V129, V130, V131, V132,
    V133, V134, V135, V136, V137, V138, V139, V140, V141, V142, V143, V144, V145, V146, V147, V148, V149, V150, V151,
    V152, V153, V154, V155, V156, V157, V158, V159, V160, V161, V162, V163, V164, V165, V166, V167, V168, V169, V170,
    V171, V172, V173, V174, V175, V176, V177, V178, V179, V180, V181, V182, V183, V184, V185, V186, V187, V188, V189,
    V190, V191, V192, V193, V194, V195, V196, V197, V198, V199, V200, V201, V202, V203, V204, V205, V206, V207, V208,
    V209, V210, V211, V212, V213, V214, V215, V216, V217, V218, V219, V220, V221, V222, V223, V224, V225, V226, V227,
    V228, V229, V230, V231, V232, V233, V234, V235, V236, V237, V238, V239, V240, V241, V242, V243, V244, V245, V246,
    V247, V248, V249, V250, V251, V252, V253, V254, V255, V256, V257, V258, V259,
}
#[rustfmt::skip]
const MANY: [Many; 260] = [
    Many::V0, Many::V1, Many::V2, Many::V3, Many::V4, Many::V5, Many::V6, Many::V7, Many::V8, Many::V9, Many::V10,
    Many::V11, Many::V12, Many::V13, Many::V14, Many::V15, Many::V16, Many::V17, Many::V18, Many::V19, Many::V20,
    Many::V21, Many::V22, Many::V23, Many::V24, Many::V25, Many::V26, Many::V27, Many::V28, Many::V29, Many::V30,
    Many::V31, Many::V32, Many::V33, Many::V34, Many::V35, Many::V36, Many::V37, Many::V38, Many::V39, Many::V40,
    Many::V41, Many::V42, Many::V43, Many::V44, Many::V45, Many::V46, Many::V47, Many::V48, Many::V49, Many::V50,
    Many::V51, Many::V52, Many::V53, Many::V54, Many::V55, Many::V56, Many::V57, Many::V58, Many::V59, Many::V60,
    Many::V61, Many::V62, Many::V63, Many::V64, Many::V65, Many::V66, Many::V67, Many::V68, Many::V69, Many::V70,
    Many::V71, Many::V72, Many::V73, Many::V74, Many::V75, Many::V76, Many::V77, Many::V78, Many::V79, Many::V80,
    Many::V81, Many::V82, Many::V83, Many::V84, Many::V85, Many::V86, Many::V87, Many::V88, Many::V89, Many::V90,
    Many::V91, Many::V92, Many::V93, Many::V94, Many::V95, Many::V96, Many::V97, Many::V98, Many::V99, Many::V100,
    Many::V101, Many::V102, Many::V103, Many::V104, Many::V105, Many::V106, Many::V107, Many::V108, Many::V109,
    Many::V110, Many::V111, Many::V112, Many::V113, Many::V114, Many::V115, Many::V116, Many::V117, Many::V118,
    Many::V119, Many::V120, Many::V121, Many::V122, Many::V123, Many::V124, Many::V125, Many::V126, Many::V127,
    Many::V128, Many::V129, Many::V130, Many::V131, Many::V132, Many::V133, Many::V134, Many::V135, Many::V136,
    Many::V137, Many::V138, Many::V139, Many::V140, Many::V141, Many::V142, Many::V143, Many::V144, Many::V145,
    Many::V146, Many::V147, Many::V148, Many::V149, Many::V150, Many::V151, Many::V152, Many::V153, Many::V154,
    Many::V155, Many::V156, Many::V157, Many::V158, Many::V159, Many::V160, Many::V161, Many::V162, Many::V163,
    Many::V164, Many::V165, Many::V166, Many::V167, Many::V168, Many::V169, Many::V170, Many::V171, Many::V172,
    Many::V173, Many::V174, Many::V175, Many::V176, Many::V177, Many::V178, Many::V179, Many::V180, Many::V181,
    Many::V182, Many::V183, Many::V184, Many::V185, Many::V186, Many::V187, Many::V188, Many::V189, Many::V190,
    Many::V191, Many::V192, Many::V193, Many::V194, Many::V195, Many::V196, Many::V197, Many::V198, Many::V199,
    Many::V200, Many::V201, Many::V202, Many::V203, Many::V204, Many::V205, Many::V206, Many::V207, Many::V208,
    Many::V209, Many::V210, Many::V211, Many::V212, Many::V213, Many::V214, Many::V215, Many::V216, Many::V217,
    Many::V218, Many::V219, Many::V220, Many::V221, Many::V222, Many::V223, Many::V224, Many::V225, Many::V226,
    Many::V227, Many::V228, Many::V229, Many::V230, Many::V231, Many::V232, Many::V233, Many::V234, Many::V235,
    Many::V236, Many::V237, Many::V238, Many::V239, Many::V240, Many::V241, Many::V242, Many::V243, Many::V244,
    Many::V245, Many::V246, Many::V247, Many::V248, Many::V249, Many::V250, Many::V251, Many::V252, Many::V253,
    Many::V254, Many::V255, Many::V256, Many::V257, Many::V258, Many::V259,
];

/// Does not travel.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Skipped([u8; 3]);

impl Make for Skipped {
    fn make(_: &mut Dice<'_>) -> Self {
        Skipped::default()
    }
}

/// The functions of a field's own: each pair of numbers changes places.
pub mod swapped {
    use frames_core::{Frames, Header, HeaderRef, Result};

    pub fn serialize(data: &[u16]) -> Result<(Header, Frames<'_>)> {
        let swapped: Vec<u16> = data.iter().map(|n| n.swap_bytes()).collect();
        let (header, frames) = frames_core::serialize(&swapped)?;
        Ok((header, frames.into_owned()))
    }

    pub fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Vec<u16>> {
        let data: Vec<u16> = frames_core::deserialize(header, frames)?;
        Ok(data.iter().map(|n| n.swap_bytes()).collect())
    }
}

macro_rules! make {
    ($($type:ty, |$d:ident| $make:expr;)*) => { $(impl Make for $type {
        fn make($d: &mut Dice<'_>) -> Self { $make }
    })* };
}
make! {
    Attributes, |d| Attributes {
        swapped: Make::make(d),
        again: Make::make(d),
        skipped: Make::make(d),
        default: Make::make(d),
        renamed: Make::make(d),
        aliased: Make::make(d),
    };
    Meters, |d| Meters(Make::make(d));
    Name, |d| Name { name: Make::make(d) };
    Wrapped, |d| Wrapped { record: Make::make(d) };
    Unit, |_d| Unit;
    Tuple, |d| Tuple(Make::make(d), Make::make(d), Make::make(d), Make::make(d));
    Pixel, |d| Pixel { x: Make::make(d), rgba: Make::make(d), id: Make::make(d) };
    Kind, |d| [Kind::First, Kind::SecondOne, Kind::Third][d.below(3)];
    Many, |d| MANY[usize::from(u16::make(d)) % MANY.len()];
    Choice, |d| match d.below(14) {
        0 => Choice::Unit,
        1 => Choice::Newtype(Make::make(d)),
        2 => Choice::Text(Make::make(d)),
        3 => Choice::List(Make::make(d)),
        4 => Choice::Tuple(Make::make(d), Make::make(d)),
        5 => Choice::Named { side: Make::make(d), text: Make::make(d), corners: Make::make(d) },
        6 => Choice::Empty {},
        7 => Choice::Record(Make::make(d)),
        8 => Choice::Boxed(Make::make(d)),
        9 => Choice::Maybe(Make::make(d)),
        10 => Choice::Map(Make::make(d)),
        11 => Choice::Rows(Make::make(d)),
        12 => Choice::With { data: Make::make(d) },
        _ => Choice::Nothing(()),
    };
    Tree, |d| match d.below(4) {
        1 => Tree::Branch(Make::make(d)),
        2 if d.depth < 4 => Tree::Boxed(Make::make(d)),
        3 if d.depth < 4 => Tree::Both { left: Make::make(d), right: Make::make(d) },
        _ => Tree::Leaf(Make::make(d)),
    };
}

impl<T: Make> Make for Generic<T> {
    fn make(d: &mut Dice<'_>) -> Self {
        Generic { one: Make::make(d), many: Make::make(d), maybe: Make::make(d) }
    }
}
