//! Sequences ask their element type how it travels in bulk: `Vec`, `VecDeque`, arrays, boxed and borrowed slices, the shared `Array`.

use super::{name_of, whole};
use crate::array::Array;
use crate::error::{Error, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::numpy::{self, Element};
use crate::table::{self, Place, Schema, Sinks, Sources, Unpacker};
use crate::writer::Writer;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

macro_rules! slices {
    ($([$($generics:tt)*] $type:ty, $name:literal, $named:ty, $from:expr;)*) => { $(
        name_of!([$($generics)*] $type, $name, $named);
        impl<$($generics)*> FrameSerialize for $type {
            whole!();
            fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> { T::write_inline_slice(self, writer) }
            #[inline]
            fn write_entry<'w>(&'w self, writer: &mut Writer<'w>) -> Result<()> { T::write_slice(self, writer) }
            fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
                let from: fn(Vec<T>) -> Result<Self> = $from;
                from(T::read_inline_slice(cursor)?)
            }
            #[inline]
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                let from: fn(Vec<T>) -> Result<Self> = $from;
                from(T::read_slice(cursor, frames)?)
            }
            /// Offsets and the elements of all, or slice by slice.
            fn read_slice(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Vec<Self>> {
                let from: fn(Vec<T>) -> Result<Self> = $from;
                table::read_lists::<T>(cursor, frames)?.into_iter().map(from).collect()
            }
            /// Bytes are a value of their own, as they are in Python; other elements are rows of a child table.
            #[inline(always)]
            fn shape() -> Place {
                if T::is_byte() { Place::OTHER } else { Place::LIST }
            }
            fn describe(schema: &mut Schema) {
                if T::is_byte() { schema.leaf("other") } else { schema.around::<T>("list") }
            }
            #[inline]
            fn pack<'w>(
                &'w self,
                row: &mut [u8],
                at: Place,
                sinks: &mut Sinks<'w>,
                writer: &mut Writer<'w>,
            ) -> Result<()> {
                match T::is_byte() {
                    true => table::pack_bytes(self, self.len(), row, at, sinks, writer),
                    false => sinks.list::<T>(self, row, at, writer),
                }
            }
            #[inline]
            fn unpack(row: &[u8], at: Place, sources: &mut Sources<'_>, u: &mut Unpacker<'_, '_, '_>) -> Result<Self> {
                let from: fn(Vec<T>) -> Result<Self> = $from;
                if T::is_byte() { table::unpack_other(row, at, sources, u) } else { from(sources.list(row, at, u)?) }
            }
            #[inline]
            fn bulk(&self) -> usize {
                T::as_rows(self).map_or_else(|| self.iter().map(T::bulk).sum(), <[u8]>::len)
            }
        }
    )* };
}

#[cfg(feature = "smallvec")]
pub(super) use slices;

slices! {
    [T: FrameSerialize] Vec<T>, "Vec<{}>", T, Ok;
    [T: FrameSerialize] Box<[T]>, "Box<[{}]>", T, |items| Ok(items.into());
    [T: FrameSerialize] Rc<[T]>, "Rc<[{}]>", T, |items| Ok(items.into());
    [T: FrameSerialize] Arc<[T]>, "Arc<[{}]>", T, |items| Ok(items.into());
    ['a, T: FrameSerialize + Clone] Cow<'a, [T]>, "Cow<[{}]>", T, |items| Ok(Cow::Owned(items));
    ['a, T: FrameSerialize] &'a [T], "[{}]", T, |_| Err(super::text::borrowed("&[T]", "Vec<T>`, `Array<T>` or `Cow<'a, [T]>"));
}

impl<T: FrameSerialize, const N: usize> crate::TypeName for [T; N] {
    fn type_name() -> Cow<'static, str> {
        format!("[{}; {N}]", T::type_name()).into()
    }
    fn type_name_of_val(&self) -> Cow<'static, str> {
        Self::type_name()
    }
}

impl<T: FrameSerialize, const N: usize> FrameSerialize for [T; N] {
    whole!();
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        T::write_inline_slice(self, writer)
    }
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        T::write_slice(self, writer)
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        exactly(T::read_inline_slice(cursor)?)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        exactly(T::read_slice(cursor, frames)?)
    }
    /// Arrays of numbers are one array of more dimensions, which points into the slice.
    fn write_slice<'a>(items: &'a [Self], writer: &mut Writer<'a>) -> Result<()> {
        if let Some(bytes) = Self::as_rows(items) {
            let mut schema = Vec::new();
            Schema::append(Self::describe, &mut schema);
            if let Some((typestr, mut shape)) = table::dimensions(&schema) {
                shape.insert(0, items.len());
                numpy::write_shape(typestr, &shape, writer)?;
                writer.frame(bytes);
                return Ok(());
            }
        }
        crate::bulk::write_slice(items, writer)
    }
    fn read_slice(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Vec<Self>> {
        table::read_array_rows(cursor, frames)
    }
    /// Numbers lie in the row; anything else is a list that happens to be as long in every row.
    #[inline(always)]
    fn shape() -> Place {
        if Self::is_element() { Place::bytes(N * T::shape().fixed) } else { Place::LIST }
    }
    fn describe(schema: &mut Schema) {
        if Self::is_element() { schema.array::<T>(N) } else { schema.around::<T>("list") }
    }
    #[inline(always)]
    fn pack<'a>(&'a self, row: &mut [u8], at: Place, sinks: &mut Sinks<'a>, writer: &mut Writer<'a>) -> Result<()> {
        if !Self::is_element() {
            return sinks.list::<T>(self, row, at, writer);
        }
        for (i, item) in self.iter().enumerate() {
            item.pack(row, Place { fixed: at.fixed + i * T::shape().fixed, ..at }, sinks, writer)?;
        }
        Ok(())
    }
    #[inline(always)]
    fn unpack(row: &[u8], at: Place, sources: &mut Sources<'_>, u: &mut Unpacker<'_, '_, '_>) -> Result<Self> {
        match Self::is_element() {
            true => T::unpack_array(row, at, sources, u),
            false => exactly(sources.list(row, at, u)?),
        }
    }
    #[inline(always)]
    fn as_rows(items: &[Self]) -> Option<&[u8]> {
        if Self::is_element() { T::as_rows(items.as_flattened()) } else { None }
    }
    fn from_rows(rows: &[u8]) -> Option<Result<Vec<Self>>> {
        let width = Self::shape().fixed;
        Self::is_element().then(|| {
            let read = |row| T::unpack_array(row, Place::START, &mut Sources::none(), &mut Unpacker::none());
            let chunks = rows.chunks_exact(width);
            match chunks.remainder() {
                [] => chunks.map(read).collect(),
                _ => Err(Error::invalid(format!("{} bytes are no whole number of rows of {width}", rows.len()))),
            }
        })
    }
    fn bulk(&self) -> usize {
        if Self::is_element() { 0 } else { self.iter().map(T::bulk).sum() }
    }
    #[inline(always)]
    fn is_element() -> bool {
        T::is_element() && N > 0
    }
}

pub(crate) fn exactly<T, const N: usize>(items: Vec<T>) -> Result<[T; N]> {
    items
        .try_into()
        .map_err(|items: Vec<T>| Error::mismatch(format_args!("{N} elements"), format_args!("{}", items.len())))
}

name_of!([T: FrameSerialize] VecDeque<T>, "VecDeque<{}>", T);

impl<T: FrameSerialize> FrameSerialize for VecDeque<T> {
    whole!();
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        match self.as_slices() {
            (items, []) => T::write_inline_slice(items, writer),
            _ => crate::bulk::write_inline_each(self.len(), &|i| &self[i], writer),
        }
    }
    /// A deque that wraps around in its buffer is gathered: one copy of numbers.
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        match self.as_slices() {
            (items, []) => T::write_slice(items, writer),
            _ => T::write_column(self.len(), &|i| &self[i], writer),
        }
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        T::read_inline_slice(cursor).map(Into::into)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        T::read_slice(cursor, frames).map(Into::into)
    }
}

impl<T: Element + FrameSerialize> crate::TypeName for Array<T> {
    fn type_name() -> Cow<'static, str> {
        format!("Array<{}>", T::type_name()).into()
    }
    fn type_name_of_val(&self) -> Cow<'static, str> {
        Self::type_name()
    }
}

impl<T: Element + FrameSerialize> FrameSerialize for Array<T> {
    whole!();
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        T::write_inline_slice(self, writer)
    }
    /// Always a numpy array, of `u8` too: where bytes are wanted, there is `Bytes`.
    #[inline]
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        numpy::write_header::<T>(self.len(), writer)?;
        writer.frame(self.as_frame());
        Ok(())
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        T::read_inline_slice(cursor).map(Into::into)
    }
    /// A shared frame that is aligned for `T` is viewed in place.
    #[inline]
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        numpy::read_array(cursor, frames)
    }
    fn read_slice(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Vec<Self>> {
        table::read_arrays(cursor, frames)
    }
    fn shape() -> Place {
        Place::LIST
    }
    fn describe(schema: &mut Schema) {
        schema.around::<T>("list");
    }
    fn pack<'a>(&'a self, row: &mut [u8], at: Place, sinks: &mut Sinks<'a>, writer: &mut Writer<'a>) -> Result<()> {
        sinks.list::<T>(self, row, at, writer)
    }
    /// A large one is a frame of its own, and viewed in place.
    fn unpack(row: &[u8], at: Place, sources: &mut Sources<'_>, u: &mut Unpacker<'_, '_, '_>) -> Result<Self> {
        match sources.own_frame(row, at, u)? {
            Some(frame) => {
                let bytes = frame.len();
                Array::from_frame(frame)
                    .ok_or_else(|| Error::invalid(format!("{bytes} bytes are no whole number of elements")))
            }
            None => sources.list::<T>(row, at, u).map(Array::from),
        }
    }
    fn bulk(&self) -> usize {
        size_of_val(&**self)
    }
}
