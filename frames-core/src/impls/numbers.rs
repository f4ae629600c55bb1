//! Numbers and bools: inline alone, one numpy array in bulk. No number is ever truncated or cast with a loss.

use super::wide::Pickled;
use super::{inline_entry, name, whole};
use crate::entry::{Entry, read_msgpack};
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Slot, take_one};
use crate::msgpack::{Cursor, Number, write};
use crate::numpy::{self, Element};
use crate::table::{self, Place, Schema, Sinks, Sources, Unpacker};
use crate::writer::Writer;
use std::num::*;

/// Any header that holds one number: family msgpack, or a numpy array of no dimensions.
pub(crate) fn read_number<T: Element + FrameSerialize>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<T> {
    match Entry::read(cursor)? {
        Entry::Msgpack => read_msgpack(cursor, slots, T::read_inline),
        Entry::Array(array) => array.header(slots)?.scalar(slots),
        Entry::Foreign(foreign) => match Pickled::beyond_msgpack(&foreign, slots) {
            Some(number) => beyond_msgpack(&number, slots),
            None => Entry::Foreign(foreign).refuse::<T>(&T::type_name(), cursor, slots),
        },
        other => other.refuse::<T>(&T::type_name(), cursor, slots),
    }
}

/// Python's integers have no end, and some beyond 64 bits are floats exactly.
#[cold]
fn beyond_msgpack<T: Element + FrameSerialize>(number: &Pickled, slots: &mut [Slot<'_>]) -> Result<T> {
    slots.fill(None);
    number.exact_f64().and_then(|float| T::exactly(Number::F64(float))).ok_or_else(|| {
        let is_float = T::dtype().is_ok_and(|dtype| dtype.kind() == 'f');
        let why = if is_float { "is not exactly a" } else { "does not fit" };
        Error::new(ErrorKind::OutOfRange, format!("{number} {why} {}", T::type_name())).in_family("pickle")
    })
}

/// A slice of numbers as one array.
macro_rules! array_slices {
    () => {
        #[inline]
        fn write_slice<'a>(items: &'a [Self], writer: &mut Writer<'a>) -> Result<()> {
            numpy::write_slice(items, writer)
        }
        #[inline]
        fn read_slice(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Vec<Self>> {
            numpy::read_slice(cursor, frames)
        }
        fn write_column<'a>(rows: usize, at: &dyn Fn(usize) -> &'a Self, writer: &mut Writer<'a>) -> Result<()>
        where
            Self: 'a,
        {
            numpy::write_column(rows, at, writer)
        }
    };
}

#[cold]
pub(crate) fn out_of_range(wanted: &str, number: Number) -> Error {
    match number {
        Number::F32(_) | Number::F64(_) => Error::mismatch(wanted, number),
        _ => Error::new(ErrorKind::OutOfRange, format!("{number} does not fit {wanted}")),
    }
}

/// What is left when a number is not there in its usual form.
#[cold]
fn refuse<T>(cursor: &mut Cursor<'_>, wanted: &str, exact: impl FnOnce(Number) -> Option<T>) -> Result<T> {
    let number = cursor.number(wanted)?;
    exact(number).ok_or_else(|| out_of_range(wanted, number))
}

macro_rules! integer {
    ($write:ident as $wide:ty, $take:ident: $($type:ident)*) => { $(
        name!($type);
        impl FrameSerialize for $type {
            whole!();
            #[inline]
            fn is_inline(&self) -> bool { true }
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
                write::$write(&mut writer.out, *self as $wide);
                Ok(())
            }
            fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
                writer.msgpack_entry(self)
            }
            #[inline]
            fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
                if let Some((Ok(value), len)) = cursor.$take().map(|(n, len)| ($type::try_from(n), len)) {
                    cursor.advance(len);
                    return Ok(value);
                }
                refuse(cursor, stringify!($type), |number| match number {
                    Number::Unsigned(n) => $type::try_from(n).ok(),
                    Number::Signed(n) => $type::try_from(n).ok(),
                    _ => None,
                })
            }
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                read_number(cursor, frames)
            }
            integer_slices!($type);
            number_rows!($type);
        }
    )* };
}

/// The row of a number: its bytes, the lowest first.
macro_rules! number_rows {
    ($type:ident) => {
        #[inline(always)]
        fn shape() -> Place {
            Place::bytes(size_of::<$type>())
        }
        fn describe(schema: &mut Schema) {
            schema.leaf($crate::impls::numbers::little::<$type>());
        }
        #[inline(always)]
        fn pack<'a>(&'a self, row: &mut [u8], at: Place, _: &mut Sinks<'a>, _: &mut Writer<'a>) -> Result<()> {
            table::put(row, at.fixed, self.to_le_bytes());
            Ok(())
        }
        #[inline(always)]
        fn unpack(row: &[u8], at: Place, _: &mut Sources<'_>, _: &mut Unpacker<'_, '_, '_>) -> Result<Self> {
            Ok(<$type>::from_le_bytes(table::get(row, at.fixed)?))
        }
        #[inline(always)]
        fn unpack_array<const N: usize>(
            row: &[u8],
            at: Place,
            _: &mut Sources<'_>,
            _: &mut Unpacker<'_, '_, '_>,
        ) -> Result<[Self; N]> {
            table::take_array(row, at.fixed, <$type>::from_le_bytes)
        }
        #[inline(always)]
        fn as_rows(items: &[Self]) -> Option<&[u8]> {
            if cfg!(target_endian = "little") { Some(bytemuck::cast_slice(items)) } else { None }
        }
        #[inline(always)]
        fn from_rows(rows: &[u8]) -> Option<Result<Vec<Self>>> {
            if cfg!(target_endian = "little") { Some(table::copy_rows(rows)) } else { None }
        }
        #[inline(always)]
        fn is_number() -> bool {
            true
        }
    };
}

#[cfg(any(feature = "half", feature = "num-complex"))]
pub(super) use array_slices;
#[cfg(feature = "half")]
pub(super) use number_rows;

/// numpy's name of a number whose lowest byte is first.
pub(super) fn little<T: Element>() -> &'static str {
    match T::TYPESTR {
        Some("<f2" | ">f2") => "<f2",
        Some("<u2" | ">u2") => "<u2",
        Some("<i2" | ">i2") => "<i2",
        Some("<u4" | ">u4") => "<u4",
        Some("<i4" | ">i4") => "<i4",
        Some("<u8" | ">u8") => "<u8",
        Some("<i8" | ">i8") => "<i8",
        Some("<f4" | ">f4") => "<f4",
        Some("<f8" | ">f8") => "<f8",
        Some(other) => other,
        None => "other",
    }
}

/// Bytes are bytes, other integers arrays.
macro_rules! integer_slices {
    (u8) => {
        #[inline(always)]
        fn is_byte() -> bool {
            true
        }
        #[inline]
        fn write_slice<'a>(items: &'a [Self], writer: &mut Writer<'a>) -> Result<()> {
            super::bytes::write(items, writer)
        }
        #[inline]
        fn read_slice(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Vec<Self>> {
            super::bytes::read(cursor, frames).map(crate::Frame::into_vec)
        }
        fn write_inline_slice(items: &[Self], writer: &mut Writer<'_>) -> Result<()> {
            write::bin(&mut writer.out, items)
        }
        fn read_inline_slice(cursor: &mut Cursor<'_>) -> Result<Vec<Self>> {
            super::bytes::read_inline(cursor)
        }
        // As for every other number.
        fn write_column<'a>(rows: usize, at: &dyn Fn(usize) -> &'a Self, writer: &mut Writer<'a>) -> Result<()>
        where
            Self: 'a,
        {
            numpy::write_column(rows, at, writer)
        }
    };
    ($type:ident) => {
        array_slices!();
    };
}

integer!(uint as u64, peek_uint: u8 u16 u32 u64 usize);
integer!(int as i64, peek_int: i8 i16 i32 i64 isize);

/// A number in another form, if it is exactly one of the wanted type.
#[cold]
pub(super) fn other_number<T>(cursor: &mut Cursor<'_>, wanted: &str, exact: fn(Number) -> Option<T>) -> Result<T> {
    let number = cursor.number(wanted)?;
    exact(number).ok_or_else(|| inexact(wanted, number))
}

macro_rules! float {
    ($($type:ident $write:ident $take:ident $exact:ident;)*) => { $(
        name!($type);
        impl FrameSerialize for $type {
            whole!();
            #[inline]
            fn is_inline(&self) -> bool { true }
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
                write::$write(&mut writer.out, *self);
                Ok(())
            }
            fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
                writer.msgpack_entry(self)
            }
            #[inline]
            fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
                match cursor.$take() {
                    Some(value) => Ok(value),
                    None => other_number(cursor, stringify!($type), $exact),
                }
            }
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                read_number(cursor, frames)
            }
            array_slices!();
            number_rows!($type);
        }
    )* };
}

#[cold]
pub(crate) fn inexact(wanted: &str, number: Number) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("{number} is not exactly a {wanted}")).with_help(
        "numbers are never rounded silently: f64 takes any float of Python, i64 and i128 the integers beyond 2⁵³",
    )
}

/// The number as an `f32`, if it is exactly one.
pub(crate) fn exact_f32(number: Number) -> Option<f32> {
    match number {
        Number::F32(x) => Some(x),
        Number::F64(x) if f64::from(x as f32) == x || x.is_nan() => Some(x as f32),
        Number::F64(_) => None,
        // 2⁶⁴ has no u64, and what is rounded up to it would come back as the largest.
        Number::Unsigned(n) => ((n as f32) as u128 == u128::from(n)).then_some(n as f32),
        Number::Signed(n) => ((n as f32) as i64 == n).then_some(n as f32),
    }
}

/// The number as an `f64`, if it is exactly one.
pub(crate) fn exact_f64(number: Number) -> Option<f64> {
    match number {
        Number::F64(x) => Some(x),
        Number::F32(x) => Some(x.into()),
        Number::Unsigned(n) => ((n as f64) as u128 == u128::from(n)).then_some(n as f64),
        Number::Signed(n) => ((n as f64) as i64 == n).then_some(n as f64),
    }
}

float! {
    f32 f32 take_f32 exact_f32;
    f64 f64 take_f64 exact_f64;
}

name!(bool);
impl FrameSerialize for bool {
    whole!();
    #[inline]
    fn is_inline(&self) -> bool {
        true
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        write::bool(&mut writer.out, *self);
        Ok(())
    }
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        writer.msgpack_entry(self)
    }
    #[inline]
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        cursor.bool()
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        let before = *cursor;
        if let Entry::Array(array) = Entry::read(cursor)? {
            // Of no dimensions, as of numbers.
            let header = array.header(frames)?;
            if header.shape().is_empty() && header.dtype()?.kind() == 'b' {
                let frame = take_one(frames)?;
                header.check_frame(1, frame.len())?;
                return numpy::bools(&frame)?.first().copied().ok_or_else(crate::fields::unread);
            }
        }
        crate::entry::read_scalar(&mut { before }, frames)
    }
    fn write_slice<'a>(items: &'a [Self], writer: &mut Writer<'a>) -> Result<()> {
        numpy::write_bools(items.len(), bytemuck::cast_slice::<bool, u8>(items).into(), writer)
    }
    fn read_slice(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Vec<Self>> {
        numpy::read_bools(cursor, frames)
    }
    fn write_column<'a>(rows: usize, at: &dyn Fn(usize) -> &'a Self, writer: &mut Writer<'a>) -> Result<()>
    where
        Self: 'a,
    {
        let bytes: Vec<u8> = (0..rows).map(|i| *at(i) as u8).collect();
        numpy::write_bools(rows, bytes.into(), writer)
    }
    #[inline(always)]
    fn shape() -> Place {
        Place::bytes(1)
    }
    fn describe(schema: &mut Schema) {
        schema.leaf(numpy::BOOL);
    }
    #[inline(always)]
    fn pack<'a>(&'a self, row: &mut [u8], at: Place, _: &mut Sinks<'a>, _: &mut Writer<'a>) -> Result<()> {
        table::put(row, at.fixed, [*self as u8]);
        Ok(())
    }
    #[inline(always)]
    fn unpack(row: &[u8], at: Place, _: &mut Sources<'_>, _: &mut Unpacker<'_, '_, '_>) -> Result<Self> {
        table::flag(row, at.fixed)
    }
    #[inline(always)]
    fn as_rows(items: &[Self]) -> Option<&[u8]> {
        Some(bytemuck::cast_slice(items))
    }
    #[inline(always)]
    fn from_rows(rows: &[u8]) -> Option<Result<Vec<Self>>> {
        Some(numpy::bools(rows))
    }
    #[inline(always)]
    fn is_number() -> bool {
        true
    }
}

macro_rules! non_zero {
    ($($type:ident of $inner:ident)*) => { $(
        name!($type);
        impl FrameSerialize for $type {
            whole!();
            inline_entry!();
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
                self.get().write_inline(writer)
            }
            fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
                let n = $inner::read_inline(cursor)?;
                $type::new(n).ok_or_else(|| Error::new(ErrorKind::OutOfRange, concat!("0 is no ", stringify!($type))))
            }
        }
    )* };
}

non_zero! {
    NonZeroU8 of u8 NonZeroU16 of u16 NonZeroU32 of u32 NonZeroU64 of u64 NonZeroUsize of usize
    NonZeroI8 of i8 NonZeroI16 of i16 NonZeroI32 of i32 NonZeroI64 of i64 NonZeroIsize of isize
}
