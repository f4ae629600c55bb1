//! Columns of numbers, bools and plain records.

use super::option::flags;
use super::{Column, Options, Rows, Viewable};
use crate::error::Result;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::numpy::{self, Element};
use crate::table::{Place, Sources, Unpacker};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

/// What has the same bytes in a row, in an array and in memory.
pub trait Cell: Copy + fmt::Debug + 'static {
    /// The value of checked bytes.
    #[doc(hidden)]
    fn load(bytes: &[u8]) -> Option<Self>;

    /// The values of checked bytes that lie where such values may.
    #[doc(hidden)]
    fn cast(bytes: &[u8]) -> Option<&[Self]>;
}

/// A column of numbers, bools or plain records.
///
/// ```
/// use frames_core::Column;
/// let data = vec![true, false];
/// let (header, frames) = frames_core::serialize(&data)?;
/// let column = frames_core::view::<bool>(&header, &frames)?;
/// assert_eq!((column.get(0), column.as_slice()), (Some(true), &[true, false][..]));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub struct Numbers<'f, T: Cell>(Repr<'f, T>);

enum Repr<'f, T: Cell> {
    Slice(Cow<'f, [T]>),
    /// In rows, of which the bytes in front of the first value are left out; collected when a slice is asked for.
    Rows(Rows<'f>, OnceLock<Vec<T>>),
}

impl<T: Cell> Numbers<'_, T> {
    /// All values. Those of packed rows are collected the first time.
    ///
    /// ```
    /// let data = vec![1u8, 2];
    /// let (header, frames) = frames_core::serialize(&data)?;
    /// assert_eq!(frames_core::view::<u8>(&header, &frames)?.as_slice(), [1, 2]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn as_slice(&self) -> &[T] {
        match &self.0 {
            Repr::Slice(values) => values,
            Repr::Rows(rows, collected) => {
                collected.get_or_init(|| rows.bytes.chunks(rows.width.max(1)).filter_map(T::load).collect())
            }
        }
    }

    #[inline(always)]
    fn at(&self, index: usize) -> Option<T> {
        match &self.0 {
            Repr::Slice(values) => values.get(index).copied(),
            // No row there is overflows: they lie in memory.
            Repr::Rows(rows, _) if index < rows.len => T::load(rows.bytes.get(index.wrapping_mul(rows.width)..)?),
            Repr::Rows(..) => None,
        }
    }

    fn count(&self) -> usize {
        match &self.0 {
            Repr::Slice(values) => values.len(),
            Repr::Rows(rows, ..) => rows.len,
        }
    }

    /// Over values that were decoded.
    #[doc(hidden)]
    pub fn owned(values: Vec<T>) -> Self {
        Numbers(Repr::Slice(Cow::Owned(values)))
    }
}

impl<'f, T: Cell> Numbers<'f, T> {
    /// Over rows whose bytes at `at` are known to be values.
    #[doc(hidden)]
    pub fn in_rows(rows: Rows<'f>, at: Place) -> Self {
        if rows.width == size_of::<T>() {
            if let Some(values) = T::cast(rows.bytes) {
                return Numbers(Repr::Slice(Cow::Borrowed(values)));
            }
        }
        let bytes = rows.bytes.get(at.fixed..).unwrap_or_default();
        Numbers(Repr::Rows(Rows { bytes, ..rows }, OnceLock::new()))
    }

    /// Over the frame of an array, or what an array in another form holds.
    #[doc(hidden)]
    pub fn portable(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Self>
    where
        T: Element + crate::FrameSerialize,
    {
        numpy::read_view(cursor, slots).map(|values| Numbers(Repr::Slice(values)))
    }

    /// A range of them.
    #[doc(hidden)]
    pub fn list(column: Option<&Self>, range: Range<usize>) -> Option<&[T]> {
        match column {
            Some(column) => column.as_slice().get(range),
            None => range.is_empty().then_some(&[]),
        }
    }
}

impl<T: Viewable + Cell + for<'v> Viewable<Ref<'v> = T>> Column<T> for Numbers<'_, T> {
    fn len(&self) -> usize {
        self.count()
    }
    #[inline(always)]
    fn get(&self, index: usize) -> Option<T> {
        self.at(index)
    }
}

impl<T: Cell> fmt::Debug for Numbers<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Numbers({} values)", self.count())
    }
}

/// `open_packed` of a plain record: where its row is not its memory, the values are decoded.
pub fn open_plain<'f, T>(
    rows: Rows<'f>,
    at: Place,
    sources: &mut Sources<'f>,
    unpacker: &mut Unpacker<'_, '_, 'f>,
) -> Result<Numbers<'f, T>>
where
    T: Cell + crate::FrameSerialize,
{
    match T::as_rows(&[]) {
        Some(_) => Ok(Numbers::in_rows(rows, at)),
        None => Ok(Numbers::owned(rows.values(at, sources, unpacker)?)),
    }
}

/// `open_portable` of a plain record: one structured array, or columns that are decoded.
pub fn open_plain_portable<'f, T>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Numbers<'f, T>>
where
    T: Cell + Element + crate::FrameSerialize,
{
    match crate::entry::Entry::read(&mut cursor.clone())? {
        crate::entry::Entry::Array(_) => Numbers::portable(cursor, slots),
        _ => T::read_slice(cursor, slots).map(Numbers::owned),
    }
}

/// Those of [`Viewable`] that every cell has.
macro_rules! cell_items {
    ($type:ty) => {
        type Ref<'v> = $type;
        type List<'v> = &'v [$type];
        type Column<'f> = Numbers<'f, $type>;
        fn of_values<'f>(values: Vec<Self>) -> Result<Self::Column<'f>> {
            Ok(Numbers::owned(values))
        }
        fn list<'v, 'f: 'v>(column: Option<&'v Self::Column<'f>>, range: Range<usize>) -> Option<Self::List<'v>> {
            Numbers::list(column, range)
        }
    };
}

macro_rules! numbers {
    ($($type:ty)*) => { $(
        impl Cell for $type {
            #[inline(always)]
            fn load(bytes: &[u8]) -> Option<Self> {
                bytes.first_chunk().copied().map(<$type>::from_le_bytes)
            }
            fn cast(bytes: &[u8]) -> Option<&[Self]> {
                if cfg!(target_endian = "little") { bytemuck::try_cast_slice(bytes).ok() } else { None }
            }
        }
        impl Viewable for $type {
            cell_items!($type);
            fn open_packed<'f>(
                rows: Rows<'f>,
                at: Place,
                _: &mut Sources<'f>,
                _: &mut Unpacker<'_, '_, 'f>,
            ) -> Result<Self::Column<'f>> {
                Ok(Numbers::in_rows(rows, at))
            }
            fn open_packed_options<'f>(
                rows: Rows<'f>,
                at: Place,
                _: &mut Sources<'f>,
                _: &mut Unpacker<'_, '_, 'f>,
            ) -> Result<Options<'f, Self>> {
                Ok(Options::over_all(flags(rows, at)?, Numbers::in_rows(rows, at.then(Place::bytes(1)))))
            }
            fn open_portable<'f>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Self::Column<'f>> {
                Numbers::portable(cursor, slots)
            }
        }
    )* };
}

numbers!(u8 i8 u16 i16 u32 i32 u64 i64 usize isize f32 f64);
#[cfg(feature = "half")]
numbers!(half::f16);

impl Cell for bool {
    #[inline(always)]
    fn load(bytes: &[u8]) -> Option<Self> {
        bytes.first().map(|&byte| byte != 0)
    }
    fn cast(bytes: &[u8]) -> Option<&[Self]> {
        bytemuck::checked::try_cast_slice(bytes).ok()
    }
}

impl Viewable for bool {
    cell_items!(bool);
    fn open_packed<'f>(
        rows: Rows<'f>,
        at: Place,
        _: &mut Sources<'f>,
        _: &mut Unpacker<'_, '_, 'f>,
    ) -> Result<Self::Column<'f>> {
        for (i, row) in rows.iter().enumerate() {
            crate::table::flag(row, at.fixed).map_err(|e| e.at_index(i))?;
        }
        Ok(Numbers::in_rows(rows, at))
    }
    fn open_packed_options<'f>(
        rows: Rows<'f>,
        at: Place,
        _: &mut Sources<'f>,
        _: &mut Unpacker<'_, '_, 'f>,
    ) -> Result<Options<'f, Self>> {
        let (present, value) = (flags(rows, at)?, at.then(Place::bytes(1)));
        // What stands behind a flag that is not set is never looked at.
        for (i, row) in rows.iter().enumerate().filter(|&(i, _)| present.get(i) == Some(&true)) {
            crate::table::flag(row, value.fixed).map_err(|e| e.at_index(i))?;
        }
        Ok(Options::over_all(present, Numbers::in_rows(rows, value)))
    }
}
