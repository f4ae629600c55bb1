//! Columns of pointers: the columns of what they point to.

use super::{Column, ColumnSlice, Rows, Viewable};
use crate::entry::Class;
use crate::error::{Error, Result};
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::table::{Place, Sources, Unpacker};
use std::fmt;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// A column of `Box`, `Rc` or `Arc`.
///
/// ```
/// use frames_core::Column;
/// let data = vec![Box::new(1u8)];
/// let (header, frames) = frames_core::serialize(&data)?;
/// let column = frames_core::view::<Box<u8>>(&header, &frames)?;
/// assert_eq!(column.get(0).unwrap().get(), 1);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub struct Pointers<'f, T: Viewable>(Option<Box<T::Column<'f>>>);

/// A value behind a pointer: looked at when it is asked for, because a type may contain itself behind one.
pub struct Pointed<'v, T: Viewable> {
    column: &'v dyn Column<T>,
    index: usize,
}

impl<'v, T: Viewable> Pointed<'v, T> {
    /// The value.
    ///
    /// # Panics
    ///
    /// Never: it was found when the pointer was.
    #[must_use]
    pub fn get(&self) -> T::Ref<'v> {
        super::row(self.column.get(self.index), self.index, self.column.len())
    }
}

impl<T: Viewable> Clone for Pointed<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Viewable> Copy for Pointed<'_, T> {}

impl<T: Viewable> fmt::Debug for Pointed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.get(), f)
    }
}

impl<'f, P, T> Column<P> for Pointers<'f, T>
where
    T: Viewable,
    P: for<'v> Viewable<Ref<'v> = Pointed<'v, T>>,
{
    fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |values| values.len())
    }
    fn get(&self, index: usize) -> Option<Pointed<'_, T>> {
        let column: &dyn Column<T> = &**self.0.as_ref()?;
        (index < column.len()).then_some(Pointed { column, index })
    }
}

impl<T: Viewable> fmt::Debug for Pointers<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pointers({:?})", self.0)
    }
}

macro_rules! pointers {
    ($($type:ty, $into:expr;)*) => { $(
        impl<T: Viewable> Viewable for $type {
            type Ref<'v> = Pointed<'v, T>;
            type List<'v> = ColumnSlice<'v, Self>;
            type Column<'f> = Pointers<'f, T>;
            fn open_packed<'f>(
                rows: Rows<'f>,
                at: Place,
                sources: &mut Sources<'f>,
                unpacker: &mut Unpacker<'_, '_, 'f>,
            ) -> Result<Pointers<'f, T>> {
                sources.open_child::<T>(at.tables, rows.len, unpacker).map(Pointers)
            }
            /// Many pointers travel as many values.
            fn open_table<'f>(
                class: &Class<'_>,
                cursor: &Cursor<'_>,
                slots: &mut [Slot<'f>],
            ) -> Result<Pointers<'f, T>> {
                Ok(Pointers(Some(Box::new(T::open_table(class, cursor, slots)?))))
            }
            fn open_portable<'f>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Pointers<'f, T>> {
                Ok(Pointers(Some(Box::new(T::open_portable(cursor, slots)?))))
            }
            fn of_values<'f>(values: Vec<Self>) -> Result<Pointers<'f, T>> {
                let into: fn(Self) -> Option<T> = $into;
                let values = values.into_iter().map(|value| into(value).ok_or_else(shared));
                super::of_some(values.collect::<Result<_>>()?).map(Pointers)
            }
            fn list<'v, 'f: 'v>(column: Option<&'v Pointers<'f, T>>, range: Range<usize>) -> Option<Self::List<'v>> {
                ColumnSlice::new(column.map(|c| c as &dyn Column<Self>), range)
            }
        }
    )* };
}

/// What was decoded just now has one owner.
#[cold]
fn shared() -> Error {
    Error::invalid("a pointer that was decoded is shared; please report this")
}

pointers! {
    Box<T>, |value| Some(*value);
    Rc<T>, Rc::into_inner;
    Arc<T>, Arc::into_inner;
}
