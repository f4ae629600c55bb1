//! Columns of values that have no fixed place: decoded when the view opens.

use super::{Column, Rows, Viewable};
use crate::array::Array;
use crate::error::Result;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Frames;
use crate::header::HeaderRef;
use crate::table::{self, Place, Sources, Unpacker};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::{self, Debug};
use std::hash::{BuildHasher, Hash};
use std::num::*;
use std::ops::Range;

/// A column of decoded values.
///
/// ```
/// use frames_core::Column;
/// let data = vec![[1u8, 2], [3, 4]];
/// let (header, frames) = frames_core::serialize(&data)?;
/// let column = frames_core::view::<[u8; 2]>(&header, &frames)?;
/// assert_eq!((column.get(1), column.as_slice().len()), (Some(&[3, 4]), 2));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub struct Owned<T>(Vec<T>);

impl<T> Owned<T> {
    /// All values.
    ///
    /// ```
    /// let data = vec!['a', 'b'];
    /// let (header, frames) = frames_core::serialize(&data)?;
    /// assert_eq!(frames_core::view::<char>(&header, &frames)?.as_slice(), ['a', 'b']);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// Over values that were decoded.
    #[doc(hidden)]
    pub fn of(values: Vec<T>) -> Self {
        Owned(values)
    }

    /// The value at `index`.
    #[doc(hidden)]
    pub fn at(&self, index: usize) -> Option<&T> {
        self.0.get(index)
    }

    /// A range of them.
    #[doc(hidden)]
    pub fn list(column: Option<&Self>, range: Range<usize>) -> Option<&[T]> {
        match column {
            Some(column) => column.0.get(range),
            None => range.is_empty().then_some(&[]),
        }
    }
}

impl<T: for<'v> Viewable<Ref<'v> = &'v T>> Column<T> for Owned<T> {
    fn len(&self) -> usize {
        self.0.len()
    }
    #[inline]
    fn get(&self, index: usize) -> Option<&T> {
        self.0.get(index)
    }
}

impl<T> Debug for Owned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owned({} values)", self.0.len())
    }
}

/// A column of decoded values of a field with functions of its own.
pub fn with_values<T>(values: Vec<T>) -> Result<Owned<T>> {
    Ok(Owned(values))
}

/// The column of a field with functions of its own.
pub fn open_with_packed<'f, T>(
    rows: Rows<'f>,
    at: Place,
    sources: &mut Sources<'f>,
    unpacker: &mut Unpacker<'_, '_, 'f>,
    deserialize: fn(HeaderRef<'_>, Frames<'_>) -> Result<T>,
) -> Result<Owned<T>> {
    let mut values = Vec::with_capacity(rows.len);
    for row in rows.iter() {
        let value = table::unpack_with(row, at, sources, unpacker, deserialize);
        values.push(value.map_err(|e| e.at_index(values.len()))?);
    }
    Ok(Owned(values))
}

/// `impl Viewable` of types whose columns are decoded.
macro_rules! owned {
    ($([$($generics:tt)*] $type:ty;)*) => { $(
        impl<$($generics)*> Viewable for $type {
            type Ref<'v> = &'v Self;
            type List<'v> = &'v [Self];
            type Column<'f> = Owned<Self>;
            fn of_values<'f>(values: Vec<Self>) -> Result<Self::Column<'f>> {
                Ok(Owned(values))
            }
            fn list<'v, 'f: 'v>(column: Option<&'v Owned<Self>>, range: Range<usize>) -> Option<&'v [Self]> {
                Owned::list(column, range)
            }
        }
    )* };
}

owned! {
    [] char; [] i128; [] u128;
    [] NonZeroU8; [] NonZeroU16; [] NonZeroU32; [] NonZeroU64; [] NonZeroUsize;
    [] NonZeroI8; [] NonZeroI16; [] NonZeroI32; [] NonZeroI64; [] NonZeroIsize;
    [] (); [] std::time::Duration; [] std::time::SystemTime; [] std::path::PathBuf;
    [] bytes::Bytes; [] crate::NdArray; [] crate::Serialized;
    [T: FrameSerialize + Debug + 'static, const N: usize] [T; N];
    [T: FrameSerialize + Debug + 'static] VecDeque<T>;
    [T: crate::Element + FrameSerialize + Debug] Array<T>;
    [K: FrameSerialize + Debug + Ord + 'static, V: FrameSerialize + Debug + 'static] BTreeMap<K, V>;
    [K: FrameSerialize + Debug + Ord + 'static] BTreeSet<K>;
    [K: FrameSerialize + Debug + Hash + Eq + 'static, V: FrameSerialize + Debug + 'static, S: BuildHasher + Default + 'static] HashMap<K, V, S>;
    [K: FrameSerialize + Debug + Hash + Eq + 'static, S: BuildHasher + Default + 'static] HashSet<K, S>;
    [T: FrameSerialize + Debug + 'static, E: FrameSerialize + Debug + 'static] std::result::Result<T, E>;
}
