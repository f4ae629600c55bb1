//! Values out of bytes: what the property tests of tables and the fuzz target `table` make their rows of.

use frames_core::Array;
use frames_core::bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::num::{NonZeroI64, NonZeroU8, NonZeroU16};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Bytes that decide what is made; behind their end a generator goes on, so that a few bytes make many rows.
#[derive(Debug)]
pub struct Dice<'d> {
    bytes: &'d [u8],
    state: u64,
    /// How deep the value is that is made.
    pub depth: usize,
    /// How many more texts and lists may be large.
    large: usize,
}

impl<'d> Dice<'d> {
    pub fn new(bytes: &'d [u8], seed: u64) -> Self {
        Dice { bytes, state: seed | 1, depth: 0, large: 2 }
    }

    pub fn byte(&mut self) -> u8 {
        if let Some((&byte, rest)) = self.bytes.split_first() {
            self.bytes = rest;
            return byte;
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 24) as u8
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n.max(1)
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        // Half of all numbers are small, as they are in life.
        let small = self.below(2) == 0;
        std::array::from_fn(|i| if small && i > 0 { 0 } else { self.byte() })
    }

    /// The length of a list of elements of a size: most often short, sometimes beyond a block, seldom a frame of its own.
    fn len(&mut self, size: usize) -> usize {
        match self.below(64) {
            0 if self.large > 0 && self.depth < 3 => {
                self.large -= 1;
                if size < 17 { 4096 / size.max(1) + self.below(9) } else { 60 + self.below(80) }
            }
            n if self.depth > 5 => usize::from(n > 60),
            _ => self.below(4),
        }
    }

    /// As if inside of another value.
    pub fn inside<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let value = make(self);
        self.depth -= 1;
        value
    }
}

/// What can be made.
pub trait Make: Sized {
    fn make(d: &mut Dice<'_>) -> Self;
}

macro_rules! numbers {
    ($($type:ty)*) => { $(impl Make for $type {
        fn make(d: &mut Dice<'_>) -> Self { <$type>::from_le_bytes(d.bytes()) }
    })* };
}
numbers!(u8 i8 u16 i16 u32 i32 u64 i64 usize isize u128 i128);

macro_rules! made {
    ($($type:ty, |$d:ident| $make:expr;)*) => { $(impl Make for $type {
        fn make($d: &mut Dice<'_>) -> Self { $make }
    })* };
}
made! {
    f32, |d| Some(f32::from_le_bytes(d.bytes())).filter(|x| !x.is_nan()).unwrap_or(-0.5);
    f64, |d| Some(f64::from_le_bytes(d.bytes())).filter(|x| !x.is_nan()).unwrap_or(-0.5);
    bool, |d| d.below(2) == 1;
    (), |_d| ();
    char, |d| ['a', '\0', 'ž', '🦀', '\u{7f}', '~'][d.below(6)];
    NonZeroU8, |d| NonZeroU8::new(u8::make(d)).unwrap_or(NonZeroU8::MAX);
    NonZeroU16, |d| NonZeroU16::new(u16::make(d)).unwrap_or(NonZeroU16::MIN);
    NonZeroI64, |d| NonZeroI64::new(i64::make(d)).unwrap_or(NonZeroI64::MIN);
    Duration, |d| Duration::new(u64::make(d), u32::make(d) % 1_000_000_000);
    String, |d| text(d);
    Box<str>, |d| text(d).into();
    Arc<str>, |d| text(d).into();
    PathBuf, |d| text(d).into();
    Bytes, |d| Vec::make(d).into();
}

fn text(d: &mut Dice<'_>) -> String {
    let len = match d.below(48) {
        0 => 255,
        1 => 256,
        2 => 31 + d.below(3),
        3 if d.large > 0 => {
            d.large -= 1;
            70_000
        }
        _ => d.below(41),
    };
    let letters = ["a", "ž", "🦀", "\0"][d.below(5) % 4];
    let mut text = letters.repeat(len / letters.len());
    text.extend(std::iter::repeat_n('b', len - text.len()));
    text
}

impl<T: Make> Make for Option<T> {
    fn make(d: &mut Dice<'_>) -> Self {
        (d.below(3) > 0 && d.depth < 6).then(|| d.inside(T::make))
    }
}
impl<T: Make> Make for Vec<T> {
    fn make(d: &mut Dice<'_>) -> Self {
        let len = d.len(size_of::<T>());
        d.inside(|d| (0..len).map(|_| T::make(d)).collect())
    }
}
impl<T: Make, const N: usize> Make for [T; N] {
    fn make(d: &mut Dice<'_>) -> Self {
        std::array::from_fn(|_| T::make(d))
    }
}

macro_rules! through {
    ($($type:ident<T>)*) => { $(impl<T: Make> Make for $type<T> {
        fn make(d: &mut Dice<'_>) -> Self { d.inside(T::make).into() }
    })* };
}
through!(Box<T> Arc<T>);

impl<T: Make> Make for Box<[T]> {
    fn make(d: &mut Dice<'_>) -> Self {
        Vec::make(d).into()
    }
}
impl<T: Make> Make for VecDeque<T> {
    fn make(d: &mut Dice<'_>) -> Self {
        Vec::make(d).into()
    }
}
impl<T: Make + frames_core::Element> Make for Array<T> {
    fn make(d: &mut Dice<'_>) -> Self {
        Vec::make(d).into()
    }
}
impl<T: Make + Ord> Make for BTreeSet<T> {
    fn make(d: &mut Dice<'_>) -> Self {
        (0..d.below(4)).map(|_| T::make(d)).collect()
    }
}
impl<K: Make + Ord, V: Make> Make for BTreeMap<K, V> {
    fn make(d: &mut Dice<'_>) -> Self {
        (0..d.below(4)).map(|_| d.inside(|d| (K::make(d), V::make(d)))).collect()
    }
}
impl<K: Make + Hash + Eq, V: Make, S: BuildHasher + Default> Make for HashMap<K, V, S> {
    fn make(d: &mut Dice<'_>) -> Self {
        (0..d.below(4)).map(|_| d.inside(|d| (K::make(d), V::make(d)))).collect()
    }
}

macro_rules! tuples {
    ($(($($T:ident)+))*) => { $(impl<$($T: Make),+> Make for ($($T,)+) {
        fn make(d: &mut Dice<'_>) -> Self { ($($T::make(d),)+) }
    })* };
}
tuples!((A) (A B) (A B C) (A B C D));
