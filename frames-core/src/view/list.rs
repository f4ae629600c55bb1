//! Columns of lists: where each starts, and one column of all their elements.

use super::{Column, Rows, Viewable};
use crate::error::{Error, Result};
use crate::fields::Fields;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::record::Key;
use crate::table::{self, Place, Sources, Unpacker};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// A column of lists.
///
/// ```
/// use frames_core::Column;
/// let lists = vec![vec![1u32, 2], vec![], vec![3]];
/// let (header, frames) = frames_core::serialize(&lists)?;
/// let column = frames_core::view::<Vec<u32>>(&header, &frames)?;
/// assert_eq!(column.get(2), Some(&[3][..]));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub struct Lists<'f, T: Viewable> {
    /// Where each starts in `values`, and where the last ends.
    ends: Vec<usize>,
    values: Option<Box<T::Column<'f>>>,
    /// Those that have a frame of their own.
    own: BTreeMap<usize, T::Column<'f>>,
}

impl<'f, T: Viewable> Lists<'f, T> {
    fn packed(
        rows: Rows<'f>,
        at: Place,
        sources: &mut Sources<'f>,
        unpacker: &mut Unpacker<'_, '_, 'f>,
    ) -> Result<Self> {
        let (mut ends, mut own, mut end) = (Vec::with_capacity(rows.len + 1), BTreeMap::new(), 0usize);
        ends.push(0);
        for (i, row) in rows.iter().enumerate() {
            match sources.own_frame(row, at, unpacker).map_err(|e| e.at_index(i))? {
                Some(frame) => {
                    let rows = Rows::of_frame::<T>(frame.into_borrowed()?).map_err(|e| e.at_index(i))?;
                    let column = T::open_packed(rows, Place::START, &mut Sources::none(), unpacker);
                    own.insert(i, column.map_err(|e| e.at_index(i))?);
                }
                None => {
                    let len = u32::from_le_bytes(table::get(row, at.fixed)?) as usize;
                    end = end.checked_add(len).ok_or_else(|| Error::invalid("more rows than there are numbers"))?;
                }
            }
            ends.push(end);
        }
        let values = sources.open_child::<T>(at.tables, end, unpacker)?;
        Ok(Lists { ends, values, own })
    }

    fn portable(
        cursor: &mut Cursor<'_>,
        slots: &mut [Slot<'f>],
        otherwise: impl FnOnce(&mut Cursor<'_>, &mut [Slot<'f>]) -> Result<Vec<Vec<T>>>,
    ) -> Result<Self> {
        let mut after = *cursor;
        let read =
            |fields: &mut Fields<'_, '_, 'f>, key: &Key, values: &mut _| fields.view_column_value::<T>(key, values);
        let Some(pair) = table::read_offsets(&mut after, slots, size_of::<Vec<T>>(), read) else {
            return Self::of(otherwise(cursor, slots)?);
        };
        *cursor = after;
        let (offsets, values) = pair?;
        let ends = table::checked_offsets(&offsets, values.len())?;
        Ok(Lists { ends, values: Some(Box::new(values)), own: BTreeMap::new() })
    }

    fn of(lists: Vec<Vec<T>>) -> Result<Self> {
        let mut ends = Vec::with_capacity(lists.len() + 1);
        ends.push(0);
        let mut all = Vec::new();
        for list in lists {
            all.extend(list);
            ends.push(all.len());
        }
        Ok(Lists { ends, values: super::of_some(all)?, own: BTreeMap::new() })
    }

    #[inline]
    fn at(&self, index: usize) -> Option<T::List<'_>> {
        let (start, end) = (*self.ends.get(index)?, *self.ends.get(index + 1)?);
        if start == end && !self.own.is_empty() {
            if let Some(own) = self.own.get(&index) {
                return T::list(Some(own), 0..own.len());
            }
        }
        T::list(self.values.as_deref(), start..end)
    }
}

impl<'f, L, T> Column<L> for Lists<'f, T>
where
    T: Viewable,
    L: for<'v> Viewable<Ref<'v> = T::List<'v>>,
{
    fn len(&self) -> usize {
        self.ends.len() - 1
    }
    #[inline]
    fn get(&self, index: usize) -> Option<T::List<'_>> {
        self.at(index)
    }
}

impl<T: Viewable> fmt::Debug for Lists<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lists({} values)", self.ends.len() - 1)
    }
}

macro_rules! lists {
    ($($type:ty, [$($bound:tt)*], $into:expr;)*) => { $(
        impl<T: Viewable $($bound)*> Viewable for $type {
            type Ref<'v> = T::List<'v>;
            type List<'v> = ColumnSlice<'v, Self>;
            type Column<'f> = Lists<'f, T>;
            fn open_packed<'f>(
                rows: Rows<'f>,
                at: Place,
                sources: &mut Sources<'f>,
                unpacker: &mut Unpacker<'_, '_, 'f>,
            ) -> Result<Lists<'f, T>> {
                // Bytes are values in their own form.
                match T::is_byte() {
                    true => Self::of_values(rows.values(at, sources, unpacker)?),
                    false => Lists::packed(rows, at, sources, unpacker),
                }
            }
            fn open_portable<'f>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Lists<'f, T>> {
                Lists::portable(cursor, slots, <Vec<T>>::read_slice)
            }
            fn of_values<'f>(values: Vec<Self>) -> Result<Lists<'f, T>> {
                let into: fn(Self) -> Vec<T> = $into;
                Lists::of(values.into_iter().map(into).collect())
            }
            fn list<'v, 'f: 'v>(column: Option<&'v Lists<'f, T>>, range: Range<usize>) -> Option<Self::List<'v>> {
                ColumnSlice::new(column.map(|c| c as &dyn Column<Self>), range)
            }
        }
    )* };
}

lists! {
    Vec<T>, [], |list| list;
    Box<[T]>, [], Into::into;
    Rc<[T]>, [+ Clone], |list| list.to_vec();
    Arc<[T]>, [+ Clone], |list| list.to_vec();
    Cow<'static, [T]>, [+ Clone], Cow::into_owned;
}

/// Some rows of a column, side by side.
///
/// ```
/// use frames_core::Column;
/// let lists = vec![vec![String::from("a"), String::from("b")]];
/// let (header, frames) = frames_core::serialize(&lists)?;
/// let column = frames_core::view::<Vec<String>>(&header, &frames)?;
/// let first = column.get(0).unwrap();
/// assert_eq!((first.len(), first.get(1)), (2, Some("b")));
/// assert!(first.iter().eq(["a", "b"]));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub struct ColumnSlice<'v, T: Viewable> {
    column: Option<&'v dyn Column<T>>,
    start: usize,
    end: usize,
}

impl<'v, T: Viewable> ColumnSlice<'v, T> {
    /// A range of a column that has it.
    #[doc(hidden)]
    pub fn new(column: Option<&'v dyn Column<T>>, range: Range<usize>) -> Option<Self> {
        let len = column.map_or(0, |column| column.len());
        let fits = range.start <= range.end && range.end <= len;
        fits.then_some(ColumnSlice { column, start: range.start, end: range.end })
    }

    /// How many there are.
    ///
    /// ```
    /// # use frames_core::Column;
    /// # let data = vec![vec![String::from("a")]];
    /// # let (header, frames) = frames_core::serialize(&data)?;
    /// # let column = frames_core::view::<Vec<String>>(&header, &frames)?;
    /// assert_eq!(column.get(0).unwrap().len(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// True if there are none.
    ///
    /// ```
    /// # use frames_core::Column;
    /// # let data = vec![Vec::<String>::new()];
    /// # let (header, frames) = frames_core::serialize(&data)?;
    /// # let column = frames_core::view::<Vec<String>>(&header, &frames)?;
    /// assert!(column.get(0).unwrap().is_empty());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The one at `index`; `None` behind the last.
    ///
    /// ```
    /// # use frames_core::Column;
    /// # let data = vec![vec![String::from("a")]];
    /// # let (header, frames) = frames_core::serialize(&data)?;
    /// # let column = frames_core::view::<Vec<String>>(&header, &frames)?;
    /// assert_eq!(column.get(0).unwrap().get(0), Some("a"));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn get(&self, index: usize) -> Option<T::Ref<'v>> {
        let at = self.start.checked_add(index).filter(|&at| at < self.end)?;
        self.column?.get(at)
    }

    /// All, in order.
    ///
    /// ```
    /// # use frames_core::Column;
    /// # let data = vec![vec![String::from("a")]];
    /// # let (header, frames) = frames_core::serialize(&data)?;
    /// # let column = frames_core::view::<Vec<String>>(&header, &frames)?;
    /// assert!(column.get(0).unwrap().iter().eq(["a"]));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = T::Ref<'v>> + use<'v, T> {
        Iter::new(self.column, self.start..self.end)
    }
}

impl<T: Viewable> Clone for ColumnSlice<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Viewable> Copy for ColumnSlice<'_, T> {}

impl<T: Viewable> fmt::Debug for ColumnSlice<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The values of a column, in order.
///
/// ```
/// use frames_core::Column;
/// let data = vec![1u8, 2];
/// let (header, frames) = frames_core::serialize(&data)?;
/// let column = frames_core::view::<u8>(&header, &frames)?;
/// assert!(column.iter().rev().eq([2, 1]));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub struct Iter<'v, T: Viewable, C: Column<T> + ?Sized> {
    column: Option<&'v C>,
    range: Range<usize>,
    of: PhantomData<fn() -> T>,
}

impl<'v, T: Viewable, C: Column<T> + ?Sized> Iter<'v, T, C> {
    /// Of a range that the column has.
    #[doc(hidden)]
    pub fn new(column: Option<&'v C>, range: Range<usize>) -> Self {
        Iter { column, range, of: PhantomData }
    }
}

impl<'v, T: Viewable, C: Column<T> + ?Sized> Iterator for Iter<'v, T, C> {
    type Item = T::Ref<'v>;
    #[inline]
    fn next(&mut self) -> Option<T::Ref<'v>> {
        self.column?.get(self.range.next()?)
    }
    #[inline]
    fn nth(&mut self, n: usize) -> Option<T::Ref<'v>> {
        self.column?.get(self.range.nth(n)?)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl<T: Viewable, C: Column<T> + ?Sized> DoubleEndedIterator for Iter<'_, T, C> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.column?.get(self.range.next_back()?)
    }
}

impl<T: Viewable, C: Column<T> + ?Sized> ExactSizeIterator for Iter<'_, T, C> {}

impl<T: Viewable, C: Column<T> + ?Sized> Clone for Iter<'_, T, C> {
    fn clone(&self) -> Self {
        Iter { column: self.column, range: self.range.clone(), of: PhantomData }
    }
}

impl<T: Viewable, C: Column<T> + ?Sized> fmt::Debug for Iter<'_, T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Iter({} values)", self.range.len())
    }
}
