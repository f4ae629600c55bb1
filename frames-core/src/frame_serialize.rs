//! The one trait, its name, and the hidden hooks by which containers and derived code are fast.
//!
//! Users see three items: `serialize`, `deserialize` and the type's name. The rest are provided hooks, here explained
//! in one place. They are the crate's own and may change in any release; nothing outside the derive may call them.
//!
//! A value travels in one of two ways, decided **by value** (`None` needs no frame, `Some(vec)` does):
//!
//! - *inline*: one msgpack value inside its parent's header (`is_inline`, `write_inline`, `read_inline`);
//! - as an *entry*: a header of its own and frames (`write_entry`, `read_entry`).
//!
//! Containers ask the element type for more: a *slice* in bulk (`write_slice`, `read_slice`), which makes a `Vec<f64>`
//! one array and a `Vec` of records a [`table`](crate::table); the same where the elements do not lie side by side (`write_column`,
//! which takes `&dyn Fn(usize) -> &Self` because generic iterators make infinite types on `Option<Box<Node>>`); the rows of a
//! table, one at a time (`shape`, `describe`, `pack`, `unpack`) or all at once where they are the slice's memory (`as_rows`,
//! `from_rows`).
//!
//! All reading works on a [`Cursor`] that moves, never on sub-slices: those would walk a nested header once more at every level.

use crate::entry::{self, Entry};
use crate::error::{Error, ErrorKind, Result};
use crate::frames::{Frames, Slot, take_all};
use crate::header::{Header, HeaderRef};
use crate::msgpack::Cursor;
use crate::table::{self, Place, Schema, Sinks, Sources, Unpacker};
use crate::{bulk, writer::Writer};
use std::borrow::Cow;

/// The name under which a type travels: the key of the registry. Implemented by the derive or by
/// [`register!`](crate::register).
///
/// ```
/// use frames_core::TypeName;
/// assert_eq!(<Vec<f64>>::type_name(), "Vec<f64>");
/// ```
pub trait TypeName {
    /// The name: `module_path!()::Name`, with type and const arguments, unless pinned.
    ///
    /// ```
    /// assert_eq!(<u16 as frames_core::TypeName>::type_name(), "u16");
    /// ```
    fn type_name() -> Cow<'static, str>
    where
        Self: Sized;

    /// The name, through a reference: for `dyn FrameSerialize`.
    ///
    /// ```
    /// use frames_core::{FrameSerialize, TypeName};
    /// let value: &dyn FrameSerialize = &7u16;
    /// assert_eq!(value.type_name_of_val(), "u16");
    /// ```
    fn type_name_of_val(&self) -> Cow<'static, str>;

    /// Older names under which values of this type may arrive.
    #[doc(hidden)]
    fn aliases() -> &'static [&'static str]
    where
        Self: Sized,
    {
        &[]
    }

    /// The Python class, as `package.module:Class`, that stands for this type in Python.
    #[doc(hidden)]
    fn python_class() -> Option<&'static str>
    where
        Self: Sized,
    {
        None
    }

    #[doc(hidden)]
    fn python_class_of_val(&self) -> Option<&'static str> {
        None
    }
}

/// A value that travels as a header and frames.
///
/// Derive it (`#[derive(FrameSerialize)]`), or write the pair by hand for a type with a form of its own, as
/// Dask's `register_serialization(cls, serialize, deserialize)` does. A type written by hand works as a field, in a
/// `Vec` and by name.
///
/// ```
/// use frames_core::{Error, Frame, FrameSerialize, Frames, Header, HeaderRef, Result, register};
///
/// #[derive(Debug, PartialEq)]
/// struct Human { name: String }
///
/// impl FrameSerialize for Human {
///     fn serialize(&self) -> Result<(Header, Frames<'_>)> {
///         Ok((Header::new().with("n", &self.name.len())?, Frames::from(Frame::from(self.name.as_str()))))
///     }
///     fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Self> {
///         let name = String::from_utf8(frames.into_one()?.into_vec()).map_err(Error::custom)?;
///         if header.get::<usize>("n")? != name.len() {
///             return Err(Error::custom("the name is not as long as the header says"));
///         }
///         Ok(Human { name })
///     }
/// }
/// register!(Human);
///
/// let alice = Human { name: "Alice".into() };
/// let (header, frames) = frames_core::serialize(&alice)?;
/// assert_eq!(frames_core::deserialize::<Human>(&header, frames)?, alice);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no header and frames",
    label = "this type cannot travel as frames",
    note = "write `#[derive(FrameSerialize)]` on it, or implement `FrameSerialize` by hand and `register!` it",
    note = "a borrowed field cannot be decoded: write `Cow<'a, [T]>` in place of `&'a [T]`"
)]
pub trait FrameSerialize: TypeName {
    /// The header and the frames of this value; frames may point into it.
    ///
    /// For a type written by hand this is the inner header, which the crate wraps into Dask's envelope; use
    /// [`frames_core::serialize`](crate::serialize) to get the whole.
    ///
    /// # Errors
    ///
    /// The value cannot be written, for example because text is longer than msgpack can say.
    ///
    /// ```
    /// use frames_core::FrameSerialize;
    /// let data = vec![1.0f64, 2.0];
    /// let (_, frames) = data.serialize()?;
    /// assert_eq!(frames.get(0)?.as_ptr(), data.as_ptr().cast());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    fn serialize(&self) -> Result<(Header, Frames<'_>)>;

    /// The value of a header and frames that [`serialize`](Self::serialize) of the same type gave.
    ///
    /// # Errors
    ///
    /// The header or the frames are not those of such a value. An implementation must not panic on any input.
    ///
    /// ```
    /// use frames_core::FrameSerialize;
    /// let (header, frames) = 5u32.serialize()?;
    /// assert_eq!(u32::deserialize(header.as_ref(), frames)?, 5);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Self>
    where
        Self: Sized;

    /// True if this value needs no frames and travels best inside its parent's header.
    #[doc(hidden)]
    #[inline]
    fn is_inline(&self) -> bool {
        false
    }

    /// True if the inline form of some value of this type is nil, so that `Some` of it must be told from `None`.
    #[doc(hidden)]
    #[inline]
    fn is_nullable() -> bool
    where
        Self: Sized,
    {
        false
    }

    /// Appends the value as one msgpack value. Also asked of values that are not inline by choice (a byte string as a map
    /// key); an error if there is no such form.
    #[doc(hidden)]
    fn write_inline(&self, _writer: &mut Writer<'_>) -> Result<()> {
        Err(not_inline(&self.type_name_of_val()))
    }

    /// Appends the value's whole header (envelope included) and its frames.
    #[doc(hidden)]
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        entry::write_by_hand(self.serialize(), &self.type_name_of_val(), self.python_class_of_val(), writer)
    }

    /// Reads one msgpack value.
    #[doc(hidden)]
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self>
    where
        Self: Sized,
    {
        Err(cursor.mismatch(format_args!("a header of {}", Self::type_name())))
    }

    /// Reads what `write_entry` wrote, or any form in which Python could send the same.
    #[doc(hidden)]
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self>
    where
        Self: Sized,
    {
        match Entry::read(cursor)? {
            Entry::Class(class) if class.is::<Self>()? => {
                Self::deserialize(class.sub_header()?, take_all(frames)?).map_err(|e| e.in_type(Self::type_name()))
            }
            other => other.refuse::<Self>(&Self::type_name(), cursor, frames),
        }
    }

    /// Appends a whole slice as one entry.
    #[doc(hidden)]
    fn write_slice<'a>(items: &'a [Self], writer: &mut Writer<'a>) -> Result<()>
    where
        Self: Sized,
    {
        bulk::write_slice(items, writer)
    }

    /// Reads a whole slice, from any form of one.
    #[doc(hidden)]
    fn read_slice(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Vec<Self>>
    where
        Self: Sized,
    {
        bulk::read_each(cursor, frames)
    }

    /// Appends a whole slice as one msgpack value.
    #[doc(hidden)]
    fn write_inline_slice(items: &[Self], writer: &mut Writer<'_>) -> Result<()>
    where
        Self: Sized,
    {
        bulk::write_inline_each(items.len(), &|i| &items[i], writer)
    }

    /// Reads a whole slice from one msgpack value.
    #[doc(hidden)]
    fn read_inline_slice(cursor: &mut Cursor<'_>) -> Result<Vec<Self>>
    where
        Self: Sized,
    {
        bulk::read_inline_each(cursor)
    }

    /// Appends `rows` values, which `at` finds, as one entry.
    #[doc(hidden)]
    fn write_column<'a>(rows: usize, at: &dyn Fn(usize) -> &'a Self, writer: &mut Writer<'a>) -> Result<()>
    where
        Self: Sized + 'a,
    {
        bulk::write_each(rows, at, writer)
    }

    /// What a row of a table of this type takes. Constant for a type, and the same for all values.
    #[doc(hidden)]
    #[inline(always)]
    fn shape() -> Place
    where
        Self: Sized,
    {
        Place::OTHER
    }

    /// Describes the row.
    #[doc(hidden)]
    fn describe(schema: &mut Schema)
    where
        Self: Sized,
    {
        schema.leaf("other");
    }

    /// Writes the value into a row, from `at` on.
    #[doc(hidden)]
    #[inline]
    fn pack<'a>(&'a self, row: &mut [u8], at: Place, sinks: &mut Sinks<'a>, writer: &mut Writer<'a>) -> Result<()>
    where
        Self: Sized,
    {
        table::pack_other(self, row, at, sinks, writer)
    }

    /// Writes values into whole rows, of which `first` are before.
    #[doc(hidden)]
    #[inline(always)]
    fn pack_rows<'a>(
        items: &'a [Self],
        mut rows: &mut [u8],
        first: usize,
        sinks: &mut Sinks<'a>,
        writer: &mut Writer<'a>,
    ) -> Result<()>
    where
        Self: Sized,
    {
        let mut index = first;
        #[allow(clippy::explicit_counter_loop, reason = "an adapter is more code to compile, for every type")]
        for item in items {
            // A row may have no bytes, of which `chunks_exact` would make no rows.
            let Some((row, rest)) = std::mem::take(&mut rows).split_at_mut_checked(Self::shape().fixed) else { break };
            rows = rest;
            if let Err(error) = item.pack(row, Place::START, sinks, writer) {
                return Err(error.at_index(index));
            }
            index += 1;
        }
        Ok(())
    }

    /// Reads the value from a row, from `at` on.
    #[doc(hidden)]
    #[inline]
    fn unpack(row: &[u8], at: Place, sources: &mut Sources<'_>, unpacker: &mut Unpacker<'_, '_, '_>) -> Result<Self>
    where
        Self: Sized,
    {
        table::unpack_other(row, at, sources, unpacker)
    }

    /// `N` values of which each takes only bytes of the row.
    #[doc(hidden)]
    fn unpack_array<const N: usize>(
        row: &[u8],
        at: Place,
        sources: &mut Sources<'_>,
        unpacker: &mut Unpacker<'_, '_, '_>,
    ) -> Result<[Self; N]>
    where
        Self: Sized,
    {
        let at = |i: usize| Place { fixed: at.fixed + i * Self::shape().fixed, ..at };
        let items = (0..N).map(|i| Self::unpack(row, at(i), sources, unpacker));
        crate::impls::exactly(items.collect::<Result<Vec<_>>>()?)
    }

    /// The memory of a slice, if it is what its rows would be.
    #[doc(hidden)]
    #[inline(always)]
    fn as_rows(_items: &[Self]) -> Option<&[u8]>
    where
        Self: Sized,
    {
        None
    }

    /// The reverse: the values of whole rows, if they are their memory.
    #[doc(hidden)]
    #[inline(always)]
    fn from_rows(_rows: &[u8]) -> Option<Result<Vec<Self>>>
    where
        Self: Sized,
    {
        None
    }

    /// How many bytes the lists of numbers have that are in this value.
    #[doc(hidden)]
    #[inline]
    fn bulk(&self) -> usize
    where
        Self: Sized,
    {
        0
    }

    /// True for a number or bool, which takes a masked array if it may lack.
    #[doc(hidden)]
    #[inline(always)]
    fn is_number() -> bool
    where
        Self: Sized,
    {
        false
    }

    /// True for what is an array of more dimensions when it is in an array: numbers, and arrays of them.
    #[doc(hidden)]
    #[inline(always)]
    fn is_element() -> bool
    where
        Self: Sized,
    {
        Self::is_number()
    }

    /// True for `u8`, of which many are bytes.
    #[doc(hidden)]
    #[inline(always)]
    fn is_byte() -> bool
    where
        Self: Sized,
    {
        false
    }

    /// True for text.
    #[doc(hidden)]
    #[inline(always)]
    fn is_text() -> bool
    where
        Self: Sized,
    {
        false
    }

    /// The value of a text, if [`is_text`](Self::is_text).
    #[doc(hidden)]
    fn of_text(_text: &str) -> Result<Self>
    where
        Self: Sized,
    {
        Err(not_inline(&Self::type_name()))
    }
}

#[cold]
pub(crate) fn not_inline(type_name: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{type_name} cannot be written as a plain msgpack value"))
        .with_help("it needs frames, so it can be no map key and not be forced into the family msgpack")
}
