//! Columns of what may lack: flags, and a column of the values.

use super::{Column, ColumnSlice, Rows, Viewable};
use crate::error::{Error, ErrorKind, Result};
use crate::fields::Fields;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::record::Key;
use crate::table::{self, Place, Sources, Unpacker};
use std::fmt;
use std::ops::Range;

/// A column of `Option`s.
///
/// ```
/// use frames_core::Column;
/// let rates = vec![Some(0.5f64), None];
/// let (header, frames) = frames_core::serialize(&rates)?;
/// let column = frames_core::view::<Option<f64>>(&header, &frames)?;
/// assert_eq!((column.get(0), column.get(1)), (Some(Some(0.5)), Some(None)));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub struct Options<'f, T: Viewable> {
    present: Vec<bool>,
    /// Where in `values` each stands that is there; if there is no such list, `values` has one for every row.
    places: Option<Vec<u32>>,
    values: Option<Box<T::Column<'f>>>,
}

impl<'f, T: Viewable> Options<'f, T> {
    /// With a value in every row, or something in its place.
    pub(super) fn over_all(present: Vec<bool>, values: T::Column<'f>) -> Self {
        Options { present, places: None, values: Some(Box::new(values)) }
    }

    /// With a value for each flag that is set.
    fn over_present(present: Vec<bool>, values: Option<Box<T::Column<'f>>>) -> Result<Self> {
        if u32::try_from(present.len()).is_err() {
            let message = format!("a column of {} values; a view holds up to 2^32 that may lack", present.len());
            return Err(Error::new(ErrorKind::Unsupported, message).with_help("`deserialize` reads it"));
        }
        let (mut places, mut next) = (Vec::with_capacity(present.len()), 0u32);
        for &there in &present {
            places.push(next);
            next += u32::from(there);
        }
        let found = values.as_ref().map_or(0, |values| values.len());
        if next as usize != found {
            return Err(Error::invalid(format!("{next} values are said to be there, and {found} are")));
        }
        Ok(Options { present, places: Some(places), values })
    }

    pub(super) fn packed(
        rows: Rows<'f>,
        at: Place,
        sources: &mut Sources<'f>,
        unpacker: &mut Unpacker<'_, '_, 'f>,
    ) -> Result<Self> {
        // Newtypes of numbers and texts, which are in the row as those are.
        if T::is_number() || T::is_text() {
            return Self::of(rows.values(at, sources, unpacker)?);
        }
        let present = flags(rows, at)?;
        let there = present.iter().filter(|&&there| there).count();
        let values = sources.open_child::<T>(at.tables, there, unpacker)?;
        Self::over_present(present, values)
    }

    fn of(values: Vec<Option<T>>) -> Result<Self> {
        let present = values.iter().map(Option::is_some).collect();
        Self::over_present(present, super::of_some(values.into_iter().flatten().collect())?)
    }

    #[inline]
    fn at(&self, index: usize) -> Option<Option<T::Ref<'_>>> {
        if !*self.present.get(index)? {
            return Some(None);
        }
        let index = match &self.places {
            Some(places) => *places.get(index)? as usize,
            None => index,
        };
        self.values.as_ref()?.get(index).map(Some)
    }
}

/// Which are there, of values behind a flag.
pub(super) fn flags(rows: Rows<'_>, at: Place) -> Result<Vec<bool>> {
    let mut present = Vec::with_capacity(rows.len);
    for row in rows.iter() {
        present.push(table::flag(row, at.fixed).map_err(|e| e.at_index(present.len()))?);
    }
    Ok(present)
}

impl<T: Viewable> Column<Option<T>> for Options<'_, T> {
    fn len(&self) -> usize {
        self.present.len()
    }
    #[inline]
    fn get(&self, index: usize) -> Option<Option<T::Ref<'_>>> {
        self.at(index)
    }
}

impl<T: Viewable> fmt::Debug for Options<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Options({} values)", self.present.len())
    }
}

impl<T: Viewable> Viewable for Option<T> {
    type Ref<'v> = Option<T::Ref<'v>>;
    type List<'v> = ColumnSlice<'v, Self>;
    type Column<'f> = Options<'f, T>;
    fn open_packed<'f>(
        rows: Rows<'f>,
        at: Place,
        sources: &mut Sources<'f>,
        unpacker: &mut Unpacker<'_, '_, 'f>,
    ) -> Result<Options<'f, T>> {
        T::open_packed_options(rows, at, sources, unpacker)
    }
    fn open_portable<'f>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Options<'f, T>> {
        let mut after = *cursor;
        let read =
            |fields: &mut Fields<'_, '_, 'f>, key: &Key, values: &mut _| fields.view_column_value::<T>(key, values);
        // As much as the values take, which the flags and places of small ones are more than.
        let row_size = size_of::<Self>().max(size_of::<bool>() + size_of::<u32>());
        let Some(pair) = table::read_present(&mut after, slots, row_size, read) else {
            return Options::of(Self::read_slice(cursor, slots)?);
        };
        *cursor = after;
        let (present, values) = pair?;
        Options::over_present(present, Some(Box::new(values)))
    }
    fn of_values<'f>(values: Vec<Self>) -> Result<Options<'f, T>> {
        Options::of(values)
    }
    fn list<'v, 'f: 'v>(column: Option<&'v Options<'f, T>>, range: Range<usize>) -> Option<Self::List<'v>> {
        ColumnSlice::new(column.map(|c| c as &dyn Column<Self>), range)
    }
}
