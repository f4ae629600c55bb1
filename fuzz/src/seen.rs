//! Views beside decoded values: what a view shows is made into values again, and compared with what is decoded from the same bytes.

use frames_core::bytes::Bytes;
use frames_core::{Array, Column, Encoder, Error, ErrorKind, Frames, HeaderRef, Reader, Viewable, deserialize, view};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};
use std::num::{NonZeroI64, NonZeroU8, NonZeroU16};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A type whose view can be made into values again.
pub trait Seen: Viewable {
    fn seen(shown: Self::Ref<'_>) -> Self;
    fn all(shown: Self::List<'_>) -> Vec<Self>;
}

/// Holds that the bytes are rows of `T` to a view if they are to `deserialize`, and the same ones, bit for bit.
///
/// The limits may differ: a view is made of less than rows are, or of other parts.
pub fn check<T: Seen + Debug>(header: HeaderRef<'_>, frames: &Frames<'_>) {
    let is_limit = |error: &Error| error.kind() == ErrorKind::Limit;
    let name = T::type_name();
    match (view::<T>(header, frames), deserialize::<Vec<T>>(header, frames.clone())) {
        (Ok(column), Ok(rows)) => same::<T>(&column, &rows),
        (Err(error), Ok(_)) => assert!(is_limit(&error), "{name} is decoded, and has no view: {error}\n{header}"),
        (Ok(_), Err(error)) => assert!(is_limit(&error), "{name} has a view, and is not decoded: {error}\n{header}"),
        (Err(error), Err(_)) => assert!(!error.to_string().is_empty()),
    }
}

fn same<T: Seen + Debug>(column: &T::Column<'_>, rows: &Vec<T>) {
    assert_eq!(column.len(), rows.len());
    assert!(column.get(rows.len()).is_none() && column.get(usize::MAX).is_none());
    let seen: Vec<T> = (0..rows.len()).filter_map(|i| column.get(i)).map(T::seen).collect();
    let list = T::list(Some(column), 0..rows.len()).map(T::all).expect("all rows of a column");
    let expected = bytes(rows);
    for found in [seen, list] {
        if bytes(&found) != expected {
            let (found, rows) = (format!("{found:?}"), format!("{rows:?}"));
            let at = found.chars().zip(rows.chars()).take_while(|(a, b)| a == b).count();
            let cut = |text: &str| text.chars().skip(at.saturating_sub(80)).take(300).collect::<String>();
            panic!("a view of {} shows\n  …{}\nfor\n  …{}", T::type_name(), cut(&found), cut(&rows));
        }
    }
}

/// Rows as bytes, which a NaN has too; `None` if they are deeper than is written.
fn bytes<T: Viewable>(rows: &Vec<T>) -> Option<(Vec<u8>, Vec<Bytes>)> {
    let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(rows).ok()?;
    Some((header.into_bytes(), frames.into_owned().into_iter().map(|frame| frame.into_bytes()).collect()))
}

/// Types that are shown as themselves, or as references to decoded values.
macro_rules! values {
    ($([$($generics:tt)*] $type:ty;)*) => { $(
        impl<$($generics)*> Seen for $type {
            fn seen(shown: <Self as frames_core::Viewable>::Ref<'_>) -> Self {
                shown.to_owned()
            }
            fn all(shown: <Self as frames_core::Viewable>::List<'_>) -> Vec<Self> {
                shown.to_vec()
            }
        }
    )* };
}
pub(crate) use values;

/// Structs with `#[frames(view)]`, by their fields; behind `;` where others are from.
macro_rules! records {
    ($($type:ident { $($field:ident),* $(; $others:expr)? })*) => { $(
        impl Seen for $type {
            fn seen(row: Self::Ref<'_>) -> Self {
                let _ = row;
                $type { $($field: Seen::seen(row.$field),)* $(..$others)? }
            }
            fn all(rows: Self::List<'_>) -> Vec<Self> {
                rows.iter().map(Self::seen).collect()
            }
        }
    )* };
}
pub(crate) use records;

macro_rules! seen {
    ($([$($generics:tt)*] $type:ty, |$shown:ident| $seen:expr;)*) => { $(
        impl<$($generics)*> Seen for $type {
            fn seen($shown: Self::Ref<'_>) -> Self {
                $seen
            }
            fn all(shown: Self::List<'_>) -> Vec<Self> {
                shown.iter().map(Self::seen).collect()
            }
        }
    )* };
}

values! {
    [] u8; [] i8; [] u16; [] i16; [] u32; [] i32; [] u64; [] i64; [] usize; [] isize; [] f32; [] f64; [] bool;
    [] u128; [] i128; [] char; [] (); [] Duration; [] PathBuf; [] Bytes; [] NonZeroU8; [] NonZeroU16; [] NonZeroI64;
    [T: Viewable + Clone + Debug, const N: usize] [T; N];
    [T: Viewable + Clone + Debug] VecDeque<T>;
    [T: Viewable + frames_core::Element + Debug] Array<T>;
    [K: Viewable + Clone + Debug + Ord, V: Viewable + Clone + Debug] BTreeMap<K, V>;
    [K: Viewable + Clone + Debug + Ord] BTreeSet<K>;
    [K: Viewable + Clone + Debug + Hash + Eq, V: Viewable + Clone + Debug, S: BuildHasher + Default + Clone + 'static] HashMap<K, V, S>;
}

seen! {
    [] String, |text| text.into();
    [] Box<str>, |text| text.into();
    [] Arc<str>, |text| text.into();
    [T: Seen] Option<T>, |value| value.map(T::seen);
    [T: Seen] Vec<T>, |list| T::all(list);
    [T: Seen] Box<[T]>, |list| T::all(list).into();
    [T: Seen] Box<T>, |value| Box::new(T::seen(value.get()));
    [A: Seen] (A,), |row| (A::seen(row.0),);
    [A: Seen, B: Seen] (A, B), |row| (A::seen(row.0), B::seen(row.1));
    [A: Seen, B: Seen, C: Seen] (A, B, C), |row| (A::seen(row.0), B::seen(row.1), C::seen(row.2));
    [A: Seen, B: Seen, C: Seen, D: Seen] (A, B, C, D), |row| (A::seen(row.0), B::seen(row.1), C::seen(row.2), D::seen(row.3));
}
