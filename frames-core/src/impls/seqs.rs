//! Sequences ask their element type how it travels in bulk: `Vec`, `VecDeque`, arrays, boxed and borrowed slices, the shared `Array`.

use super::{name_of, whole};
use crate::array::Array;
use crate::error::{Error, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::numpy::{self, Element};
use crate::writer::Writer;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

macro_rules! slices {
    ($([$($generics:tt)*] $type:ty, $name:literal, $from:expr;)*) => { $(
        name_of!([$($generics)*] $type, $name, T);
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
        }
    )* };
}

slices! {
    [T: FrameSerialize] Vec<T>, "Vec<{}>", Ok;
    [T: FrameSerialize] Box<[T]>, "Box<[{}]>", |items| Ok(items.into());
    [T: FrameSerialize] Rc<[T]>, "Rc<[{}]>", |items| Ok(items.into());
    [T: FrameSerialize] Arc<[T]>, "Arc<[{}]>", |items| Ok(items.into());
    ['a, T: FrameSerialize + Clone] Cow<'a, [T]>, "Cow<[{}]>", |items| Ok(Cow::Owned(items));
    ['a, T: FrameSerialize] &'a [T], "[{}]", |_| Err(super::text::borrowed("&[T]", "Vec<T>`, `Array<T>` or `Cow<'a, [T]>"));
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
}

fn exactly<T, const N: usize>(items: Vec<T>) -> Result<[T; N]> {
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
}
