//! Column views: received records, looked at where they lie.
//!
//! [`view`] checks everything once (that columns are as long as each other, every length against its text, UTF-8) and then
//! gives numbers as slices, texts as `&str` and rows as structs that borrow, without building a `Vec` of records. Each type
//! says what a column of it is ([`Viewable::Column`]); one whose values have no fixed place is decoded when the view opens.
//! Nothing here may look at a byte that was not checked, or give a value that decoding would refuse.

mod list;
mod methods;
mod numbers;
mod option;
mod owned;
mod pointer;
mod text;
mod tuple;

pub use list::{ColumnSlice, Iter, Lists};
pub use numbers::{Cell, Numbers, open_plain, open_plain_portable};
pub use option::Options;
pub use owned::{Owned, open_with_packed, with_values};
pub use pointer::{Pointed, Pointers};
pub use text::Texts;

use crate::entry::{self, Class, Entry};
use crate::envelope::Decoder;
use crate::error::{Error, Result};
use crate::fields::{Fields, through};
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Frames, Slot};
use crate::header::HeaderRef;
use crate::msgpack::{Cursor, Kind};
use crate::table::{Place, Sources, Unpacker, packed};
use std::fmt::Debug;
use std::ops::Range;

/// A type of which many can be looked at without being built: what `#[frames(view)]` on a derive implements.
///
/// | a column of | gives | holds |
/// |---|---|---|
/// | a number, `bool`, a `plain` record | the value, or a slice of all | the received bytes (one copy if they are not aligned) |
/// | `String` and its kin | `&str` | the received text of packed rows; one copy of portable text, whose lengths stand between |
/// | `Option<T>` | `Option` of what `T` gives | flags, and a column of `T` |
/// | `Vec<T>` and its kin | `&[T]` of numbers, else a [`ColumnSlice`] | where each starts, and a column of `T` |
/// | a tuple | a tuple of what the elements give | a column an element |
/// | `Box`, `Rc`, `Arc` | a [`Pointed`], whose `get` gives the value | a column of the values |
/// | a struct with `#[frames(view)]` | its row, a struct of what the fields give | a column a field |
/// | `[T; N]`, maps, enums, times, … | `&T` | the decoded values |
///
/// ```
/// use frames_core::Viewable;
/// fn looked_at<T: Viewable>() {}
/// looked_at::<Vec<Option<String>>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` cannot be looked at where it was received",
    note = "write `#[frames(view)]` under its `#[derive(FrameSerialize)]`"
)]
pub trait Viewable: FrameSerialize + Sized + 'static {
    /// What one value looks like.
    type Ref<'v>: Copy + Debug;
    /// What some values side by side look like.
    type List<'v>: Copy + Debug;
    /// A received column.
    type Column<'f>: Column<Self>;

    /// A column of packed rows, from `at` on in each.
    #[doc(hidden)]
    fn open_packed<'f>(
        rows: Rows<'f>,
        at: Place,
        sources: &mut Sources<'f>,
        unpacker: &mut Unpacker<'_, '_, 'f>,
    ) -> Result<Self::Column<'f>> {
        Self::of_values(rows.values(at, sources, unpacker)?)
    }

    /// The column of `Option`s of it: which are there, and a column that has a value for every row if the first is true, and
    /// for those that are there otherwise.
    #[doc(hidden)]
    fn open_packed_options<'f>(
        rows: Rows<'f>,
        at: Place,
        sources: &mut Sources<'f>,
        unpacker: &mut Unpacker<'_, '_, 'f>,
    ) -> Result<Options<'f, Self>> {
        Options::packed(rows, at, sources, unpacker)
    }

    /// The column of a packed table of it.
    #[doc(hidden)]
    fn open_table<'f>(class: &Class<'_>, cursor: &Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Self::Column<'f>> {
        packed::open_view::<Self>(class, cursor, slots).map_err(|e| e.in_type(Self::type_name()))
    }

    /// A portable column, in any form.
    #[doc(hidden)]
    fn open_portable<'f>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Self::Column<'f>> {
        Self::of_values(Self::read_slice(cursor, slots)?)
    }

    /// A column of values that were decoded.
    #[doc(hidden)]
    fn of_values<'f>(values: Vec<Self>) -> Result<Self::Column<'f>>;

    /// The values of a range of a column; `None` if the column has not so many. No column is one of no values.
    #[doc(hidden)]
    fn list<'v, 'f: 'v>(column: Option<&'v Self::Column<'f>>, range: Range<usize>) -> Option<Self::List<'v>>;
}

/// A received column of `T`.
///
/// ```
/// use frames_core::Column;
/// let names = vec![String::from("a"), String::from("b")];
/// let (header, frames) = frames_core::serialize(&names)?;
/// let column = frames_core::view::<String>(&header, &frames)?;
/// assert_eq!((column.len(), column.get(1), column.get(2)), (2, Some("b"), None));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub trait Column<T: Viewable>: Debug {
    /// How many values there are.
    ///
    /// ```
    /// # use frames_core::Column;
    /// let data = vec![1u16, 2];
    /// let (header, frames) = frames_core::serialize(&data)?;
    /// assert_eq!(frames_core::view::<u16>(&header, &frames)?.len(), 2);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    fn len(&self) -> usize;

    /// True if there are none.
    ///
    /// ```
    /// # use frames_core::Column;
    /// let data = Vec::<u16>::new();
    /// let (header, frames) = frames_core::serialize(&data)?;
    /// assert!(frames_core::view::<u16>(&header, &frames)?.is_empty());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `index`; `None` behind the last.
    ///
    /// ```
    /// # use frames_core::Column;
    /// let data = vec![Some(1u16), None];
    /// let (header, frames) = frames_core::serialize(&data)?;
    /// let column = frames_core::view::<Option<u16>>(&header, &frames)?;
    /// assert_eq!((column.get(0), column.get(1), column.get(2)), (Some(Some(1)), Some(None), None));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    fn get(&self, index: usize) -> Option<T::Ref<'_>>;
}

/// Opens many received values of `T` (what a `Vec<T>` was serialized to, packed or portable) as a column that borrows from
/// `frames`; for a struct `Log` with `#[frames(view)]` that is its `LogView`.
///
/// # Errors
///
/// All that [`deserialize`](crate::deserialize) of a `Vec<T>` would refuse. What is opened is checked: reading it cannot fail.
///
/// ```
/// let numbers = vec![1u16, 2, 3];
/// let (header, frames) = frames_core::serialize(&numbers)?;
/// let column = frames_core::view::<u16>(&header, &frames)?;
/// assert_eq!(column.as_slice(), numbers);
/// assert_eq!(column.as_slice().as_ptr(), numbers.as_ptr(), "nothing was copied");
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn view<'h, 'f, T: Viewable>(header: impl Into<HeaderRef<'h>>, frames: &'f Frames<'_>) -> Result<T::Column<'f>> {
    crate::envelope::DEFAULT_DECODER.view::<T>(header, frames)
}

impl Decoder {
    /// Opens many received values as a column; see [`view`].
    ///
    /// # Errors
    ///
    /// As [`view`], with the settings of this decoder.
    ///
    /// ```
    /// let data = vec![1.5f64];
    /// let (header, frames) = frames_core::serialize(&data)?;
    /// let column = frames_core::Decoder::new().view::<f64>(&header, &frames)?;
    /// assert_eq!(column.as_slice(), [1.5]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn view<'h, 'f, T: Viewable>(
        &self,
        header: impl Into<HeaderRef<'h>>,
        frames: &'f Frames<'_>,
    ) -> Result<T::Column<'f>> {
        let header = header.into();
        self.check(&header, frames)?;
        let mut lent = frames.lend();
        let mut cursor = header.cursor_of(self);
        let mut after = cursor;
        let column = match Entry::read(&mut after)? {
            Entry::Class(class) if class.is_packed() => {
                let column = T::open_table(&class, &cursor, lent.slots_mut())?;
                cursor = after;
                column
            }
            _ => T::open_portable(&mut cursor, lent.slots_mut())?,
        };
        cursor.finish()?;
        Ok(column)
    }
}

/// Packed rows of a table.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'f> {
    pub(crate) bytes: &'f [u8],
    pub(crate) width: usize,
    pub(crate) len: usize,
    /// True if there are no bytes for them, in this table or in another.
    pub(crate) free: bool,
}

impl<'f> Rows<'f> {
    /// The rows of a list that is a frame of its own.
    pub(crate) fn of_frame<T: FrameSerialize>(bytes: &'f [u8]) -> Result<Self> {
        let width = T::shape().fixed;
        match bytes.len().checked_rem(width) {
            Some(0) if T::as_rows(&[]).is_some() => Ok(Rows { bytes, width, len: bytes.len() / width, free: false }),
            Some(0) | None => Err(Error::invalid("a list of this type has no frame of its own")),
            Some(_) => Err(Error::invalid(format!("{} bytes are no whole number of rows of {width}", bytes.len()))),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The rows one by one; empty ones if they have no bytes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'f [u8]> + use<'f> {
        let Rows { bytes, width, len, .. } = *self;
        (0..len).map(move |i| bytes.get(i * width..(i + 1) * width).unwrap_or_default())
    }

    /// The numbers of four bytes that stand at `at` in each.
    #[inline(always)]
    pub(crate) fn lengths(&self, at: Place) -> impl Iterator<Item = u32> + use<'f> {
        self.bytes.chunks_exact(self.width.max(1)).map(move |row| {
            let len = row.get(at.fixed..).and_then(|rest| rest.first_chunk());
            u32::from_le_bytes(len.copied().unwrap_or_default())
        })
    }

    /// Decodes what stands at `at` in each.
    fn values<T: FrameSerialize>(
        &self,
        at: Place,
        sources: &mut Sources<'_>,
        unpacker: &mut Unpacker<'_, '_, '_>,
    ) -> Result<Vec<T>> {
        let mut values = Vec::new();
        if self.free {
            // The rows were counted when the table was opened.
            unpacker.make_free(0, (self.len as u64).saturating_mul(size_of::<T>() as u64))?;
        }
        if self.width > 0 {
            values.reserve_exact(self.len);
        }
        for row in self.iter() {
            values.push(T::unpack(row, at, sources, unpacker).map_err(|e| e.at_index(values.len()))?);
        }
        Ok(values)
    }
}

/// `open_portable` of a record: columns through `read`, any other form row by row.
pub fn open_columns<'f, T: Viewable>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'f>],
    mut read: impl FnMut(&mut Fields<'_, '_, 'f>) -> Result<T::Column<'f>>,
) -> Result<T::Column<'f>> {
    let mut after = *cursor;
    let entry = Entry::read(&mut after)?;
    let received = entry::received(cursor, &after, slots);
    let read = |fields: &mut Fields<'_, '_, 'f>| {
        fields.makes_rows::<T>(received);
        read(fields)
    };
    let is_object = match &entry {
        Entry::Object(_) => true,
        Entry::Class(class) => class.is_object()?,
        Entry::Collection(items) => items.is_dict(),
        _ => false,
    };
    if !is_object {
        return T::of_values(T::read_slice(cursor, slots)?);
    }
    *cursor = after;
    let column = through(read, |read| match entry {
        Entry::Object(mut sub) => Fields::layout(&mut sub, slots, read),
        Entry::Class(class) => Fields::layout(&mut class.sub(), slots, read),
        Entry::Collection(mut items) => items.fields(slots, read),
        _ => Ok(()),
    });
    column.map_err(|e| e.in_type(T::type_name()))
}

/// The column of values that were decoded, if there are any: a type that contains itself ends where there are none.
fn of_some<'f, T: Viewable>(values: Vec<T>) -> Result<Option<Box<T::Column<'f>>>> {
    if values.is_empty() { Ok(None) } else { Ok(Some(Box::new(T::of_values(values)?))) }
}

/// The value of a row that must be there.
///
/// # Panics
///
/// If it is not: as a slice, a view is indexed by the program and not by a peer.
#[track_caller]
#[inline(always)]
#[allow(clippy::panic, reason = "an index of the program's own")]
pub fn row<R>(value: Option<R>, index: usize, rows: usize) -> R {
    match value {
        Some(value) => value,
        None => panic!("there is no row {index} in a view of {rows} rows"),
    }
}

/// The column of a field that stands inside a header.
pub(crate) fn open_inline<'f, T: Viewable>(cursor: &mut Cursor<'_>) -> Result<T::Column<'f>> {
    T::of_values(match cursor.kind()? {
        Kind::Map => entry::inline_as_parts(cursor, T::read_slice)?,
        _ => T::read_inline_slice(cursor)?,
    })
}
