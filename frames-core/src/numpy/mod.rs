//! numpy arrays on the wire: one frame and the sub-header `{"dtype", "shape", "strides", "writeable"}`.
//!
//! `Vec`s, slices and the shared [`Array`](crate::Array) of plain data are one-dimensional arrays, written and read here
//! without looking at an element. [`NdArray`] is the array whose dtype and shape only the header knows. Nothing here trusts a
//! shape or a stride: both are checked against the frame with checked arithmetic.

mod descr;
mod dtype;
mod dtype_pickle;
mod element;
mod exact;
mod header;
mod item;
mod masked;
mod nd_array;
pub(crate) mod rows;
mod source;
pub(crate) mod text;
mod view;

pub use dtype::{ByteOrder, DType, Field};
pub use element::Element;
pub(crate) use exact::may_be_exact;
#[cfg(feature = "ndarray")]
pub(crate) use header::ArrayHeader;
pub use item::ArrayItem;
#[cfg(feature = "ndarray")]
pub(crate) use item::{check_dtype, to_vec as item_vec};
pub use masked::{FillValue, MaskedArray, MaskedConstant};
#[cfg(feature = "sprs")]
pub(crate) use nd_array::c_bytes;
pub(crate) use nd_array::without_key;
pub use nd_array::{ArrayParts, NdArray};
pub(crate) use source::ArrayClass;
pub use source::ArraySource;
pub use view::{NdIter, NdView};

use crate::array::Array;
use crate::bulk::List;
use crate::entry::{Entry, one_frame};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::impls::wide::Pickled;
use crate::msgpack::{Cursor, write};
use crate::table::Buffer;
use crate::writer::Writer;
use std::borrow::Cow;

const BEFORE_DTYPE: &[u8] = b"\x84\xaasub-header\x84\xa5dtype\x92\0";
const BEFORE_SHAPE: &[u8] = b"\xa5shape\x91";
const BEFORE_STRIDES: &[u8] = b"\xa7strides\x91";
const AFTER_STRIDES: &[u8] = b"\xa9writeable\x91\xc3\xa4type\xadnumpy.ndarray\xaftype-serialized\xc4\x20\
    \x80\x05\x95\x15\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94.\xaaserializer\xa4dask";

/// Writes the header of a one-dimensional array: byte for byte what Dask writes.
#[inline]
pub(crate) fn write_header<T: Element>(len: usize, writer: &mut Writer<'_>) -> Result<()> {
    check_size::<T>()?;
    writer.raw(BEFORE_DTYPE);
    match T::TYPESTR {
        Some(typestr) => writer.text(typestr)?,
        None => match T::encoded_dtype() {
            Some(encoded) => writer.raw(encoded),
            None => T::dtype()?.write_msgpack(&mut writer.out)?,
        },
    }
    writer.raw(BEFORE_SHAPE);
    write::uint(&mut writer.out, len as u64);
    writer.raw(BEFORE_STRIDES);
    write::uint(&mut writer.out, size_of::<T>() as u64);
    writer.raw(AFTER_STRIDES);
    Ok(())
}

/// An element without bytes leaves no trace in a frame: how many there were would be lost.
#[inline]
fn check_size<T>() -> Result<()> {
    if size_of::<T>() > 0 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, "elements that have no bytes cannot be an array"))
}

/// Writes a slice as an array: the slice itself is the frame.
#[inline]
pub(crate) fn write_slice<'a, T: Element>(items: &'a [T], writer: &mut Writer<'a>) -> Result<()> {
    write_header::<T>(items.len(), writer)?;
    writer.frame(bytemuck::cast_slice::<T, u8>(items));
    Ok(())
}

/// Writes a column as an array: the elements are gathered, one copy.
pub(crate) fn write_column<'a, T: Element>(
    rows: usize,
    at: &dyn Fn(usize) -> &'a T,
    writer: &mut Writer<'a>,
) -> Result<()> {
    write_header::<T>(rows, writer)?;
    let data: Vec<T> = (0..rows).map(|i| *at(i)).collect();
    writer.frame(crate::array::vec_into_bytes(data));
    Ok(())
}

/// Moves over the header of a one-dimensional array of `T` in the form that Dask and we write, and gives its length.
#[inline]
fn take_header<T: Element>(cursor: &mut Cursor<'_>) -> Option<u64> {
    let mut inner = *cursor;
    let is_dtype = inner.take_exact(BEFORE_DTYPE)
        && match T::TYPESTR {
            Some(typestr) => inner.take_text(typestr),
            None => inner.take_exact(T::encoded_dtype()?),
        };
    if is_dtype && inner.take_exact(BEFORE_SHAPE) {
        let len = inner.count().ok()?;
        if inner.take_exact(BEFORE_STRIDES)
            && inner.count().ok()? == size_of::<T>() as u64
            && inner.take_exact(AFTER_STRIDES)
        {
            *cursor = inner;
            return Some(len);
        }
    }
    None
}

/// Moves over the header of an array of any scalar dtype and shape in the form that Dask and we write: dtype, shape, strides; it has
/// no other keys, and Python may write to the array.
fn take_any_header<'h>(cursor: &mut Cursor<'h>) -> Option<(&'h str, Vec<u64>, Vec<i64>)> {
    let mut inner = *cursor;
    if !inner.take_exact(BEFORE_DTYPE) {
        return None;
    }
    let typestr = inner.str().ok()?;
    // The markers of short arrays, in front of which BEFORE_SHAPE has that of one dimension.
    let mut dims = |key: &[u8]| {
        let len = inner.take_exact(key).then(|| inner.array().ok()).flatten().filter(|len| *len <= 15)?;
        (0..len).map(|_| inner.count().ok()).collect::<Option<Vec<u64>>>()
    };
    let shape = dims(b"\xa5shape")?;
    let strides = dims(b"\xa7strides")?;
    if shape.len() != strides.len() || !inner.take_exact(AFTER_STRIDES) {
        return None;
    }
    let strides = strides.into_iter().map(|stride| i64::try_from(stride).ok()).collect::<Option<Vec<i64>>>()?;
    *cursor = inner;
    Some((typestr, shape, strides))
}

/// What stands where an array of `T` is wanted.
enum Found<'f, T> {
    /// The elements lie in the frame, in order.
    Frame(Frame<'f>),
    /// They did not, and were collected.
    Vec(Vec<T>),
}

#[inline]
fn read<'f, T: Element + FrameSerialize>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Found<'f, T>> {
    if let Some(len) = take_header::<T>(cursor) {
        cursor.decoder().check_family("dask")?;
        let frame = one_frame(slots)?;
        check_length::<T>(len, frame.len())?;
        return Ok(Found::Frame(frame));
    }
    read_any_form(cursor, slots)
}

#[cold]
fn read_any_form<'f, T: Element + FrameSerialize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'f>],
) -> Result<Found<'f, T>> {
    check_size::<T>()?;
    match Entry::read(cursor)? {
        Entry::Array(array) => array.header(slots)?.elements(slots, cursor.decoder()),
        Entry::Bytes { .. } if T::TYPESTR == Some("|u1") => one_frame(slots).map(Found::Frame),
        Entry::Msgpack => crate::entry::read_msgpack(cursor, slots, T::read_inline_slice).map(Found::Vec),
        Entry::Collection(items) if !items.is_dict() => items.read_all(slots).map(Found::Vec),
        // Not as a list, which would be collected: what a pickle shares stays shared.
        Entry::Foreign(foreign) if Pickled::beyond_msgpack(&foreign, slots).is_none() => {
            foreign.translated(cursor, slots, read_any_form)
        }
        other => {
            let expected = match T::TYPESTR {
                Some(typestr) => format!("a one-dimensional array of {typestr}"),
                None => format!("a one-dimensional array of {}", T::dtype()?),
            };
            let mut data = List::<T>::new();
            other.refuse_list(&expected, cursor, slots, &mut data)?;
            Ok(Found::Vec(data.values))
        }
    }
}

#[inline]
fn check_length<T>(len: u64, bytes: usize) -> Result<()> {
    if len.checked_mul(size_of::<T>() as u64) == Some(bytes as u64) {
        return Ok(());
    }
    Err(wrong_length(len, size_of::<T>(), bytes))
}

#[cold]
fn wrong_length(len: u64, itemsize: usize, bytes: usize) -> Error {
    Error::invalid(format!("the header speaks of {len} elements of {itemsize} bytes, the frame has {bytes} bytes"))
}

fn copied<T: Element>(bytes: &[u8]) -> Result<Vec<T>> {
    copy_to_vec(bytes).ok_or_else(|| wrong_length(0, size_of::<T>(), bytes.len()))
}

/// Reads a `Vec`: one copy, or none for bytes in a unique frame.
#[inline]
pub(crate) fn read_slice<T: Element + FrameSerialize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
) -> Result<Vec<T>> {
    match read::<T>(cursor, slots)? {
        Found::Frame(frame) => copied(&frame),
        Found::Vec(data) => Ok(data),
    }
}

/// Looks at an array: no copy of an aligned frame.
pub(crate) fn read_view<'f, T: Element + FrameSerialize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'f>],
) -> Result<Cow<'f, [T]>> {
    match read::<T>(cursor, slots)? {
        // What another family was translated to is nobody's to look at.
        Found::Frame(frame) => match frame.try_into_shared() {
            Ok(bytes) => copied(&bytes).map(Cow::Owned),
            Err(bytes) => match bytemuck::try_cast_slice(bytes) {
                Ok(values) => Ok(Cow::Borrowed(values)),
                Err(_) => copied(bytes).map(Cow::Owned),
            },
        },
        Found::Vec(data) => Ok(Cow::Owned(data)),
    }
}

/// Reads the frame of bytes that lie in it one after the other, or the bytes that were collected.
pub(crate) fn read_bytes<'f>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Frame<'f>> {
    Ok(match read::<u8>(cursor, slots)? {
        Found::Frame(frame) => frame,
        Found::Vec(data) => data.into(),
    })
}

/// Reads a shared array: no copy of a shared, aligned frame.
#[inline]
pub(crate) fn read_array<T: Element + FrameSerialize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
) -> Result<Array<T>> {
    match read::<T>(cursor, slots)? {
        Found::Frame(frame) => {
            let len = frame.len();
            Array::from_frame(frame).ok_or_else(|| wrong_length(0, size_of::<T>(), len))
        }
        Found::Vec(data) => Ok(data.into()),
    }
}

/// The bytes as elements: one copy, whatever their alignment. `None` if the length is no multiple of the element's.
pub(crate) fn copy_to_vec<T: Element>(bytes: &[u8]) -> Option<Vec<T>> {
    if let Ok(items) = bytemuck::try_cast_slice::<u8, T>(bytes) {
        return Some(items.to_vec());
    }
    let size = size_of::<T>();
    if size == 0 || bytes.len() % size != 0 {
        return None;
    }
    Some(bytes.chunks_exact(size).map(bytemuck::pod_read_unaligned).collect())
}

/// The dtype of bools, which are plain data to write and not to read: a byte may be neither 0 nor 1.
pub(crate) const BOOL: &str = "|b1";

/// Writes bools, a byte each.
pub(crate) fn write_bools<'a>(len: usize, bytes: Frame<'a>, writer: &mut Writer<'a>) -> Result<()> {
    write_shape(BOOL, &[len], writer)?;
    writer.frame(bytes);
    Ok(())
}

/// Writes the header of an array of numbers or bools, in C order.
pub(crate) fn write_shape(typestr: &str, shape: &[usize], writer: &mut Writer<'_>) -> Result<()> {
    writer.raw(b"\x84\xaasub-header");
    write_sub_header(typestr, shape, writer)?;
    writer.raw(NDARRAY);
    Ok(())
}

/// What stands behind the sub-header of an array.
pub(crate) const NDARRAY: &[u8] = b"\xa4type\xadnumpy.ndarray\xaftype-serialized\xc4\x20\
    \x80\x05\x95\x15\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94.\xaaserializer\xa4dask";

/// The same behind that of a matrix.
const MATRIX: &[u8] = b"\xa4type\xacnumpy.matrix\xaftype-serialized\xc4\x1f\
    \x80\x05\x95\x14\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x06matrix\x94\x93\x94.\xaaserializer\xa4dask";

/// The same behind that of a masked array, whose key `sub-header` stood first.
pub(crate) const MASKED: &[u8] = b"\xa4type\xb4numpy.ma.MaskedArray\xaftype-serialized\xc4\x27\
    \x80\x05\x95\x1c\0\0\0\0\0\0\0\x8c\x08numpy.ma\x94\x8c\x0bMaskedArray\x94\x93\x94.\xaaserializer\xa4dask";

fn write_sub_header(typestr: &str, shape: &[usize], writer: &mut Writer<'_>) -> Result<()> {
    let itemsize = typestr.bytes().last().map_or(1, |digit| (digit - b'0') as usize);
    writer.raw(b"\x84\xa5dtype\x92\0");
    writer.text(typestr)?;
    writer.raw(b"\xa5shape");
    writer.array_len(shape.len())?;
    shape.iter().for_each(|&n| write::uint(&mut writer.out, n as u64));
    writer.raw(b"\xa7strides");
    writer.array_len(shape.len())?;
    for i in 0..shape.len() {
        let inner: usize = shape.iter().skip(i + 1).product();
        write::uint(&mut writer.out, (inner * itemsize) as u64);
    }
    writer.raw(b"\xa9writeable\x91\xc3");
    Ok(())
}

/// Writes a column as an array of numbers or bools, in C order.
pub(crate) fn write_columns(typestr: &str, shape: &[usize], column: Buffer, writer: &mut Writer<'_>) -> Result<()> {
    write_shape(typestr, shape, writer)?;
    writer.buffer_frame(column);
    Ok(())
}

/// Writes a column of which some may lack as a masked array; `present` has a byte a row.
pub(crate) fn write_masked(
    typestr: &str,
    rows: usize,
    column: Buffer,
    mut present: Buffer,
    writer: &mut Writer<'_>,
) -> Result<()> {
    writer.raw(b"\x84\xaasub-header\x84\xabdata-header");
    write_sub_header(typestr, &[rows], writer)?;
    writer.raw(b"\xa7nframes\x01\xabmask-header");
    write_sub_header(BOOL, &[rows], writer)?;
    writer.raw(b"\xaafill-value\x92\xc2");
    // numpy's own defaults.
    match typestr.as_bytes() {
        [_, b'b', _] => write::bool(&mut writer.out, true),
        [_, b'f', _] => write::f64(&mut writer.out, 1e20),
        [_, _, b'1'] => write::uint(&mut writer.out, 999_999 & 0x3f),
        [_, _, b'2'] => write::uint(&mut writer.out, 999_999 & 0xffff),
        _ => write::uint(&mut writer.out, 999_999),
    }
    writer.raw(MASKED);
    writer.buffer_frame(column);
    present.used_mut().iter_mut().for_each(|flag| *flag ^= 1);
    writer.buffer_frame(present);
    Ok(())
}

/// A whole header around the sub-header of an array.
pub(crate) fn wrap(sub_header: &[u8]) -> Vec<u8> {
    [b"\x84\xaasub-header", sub_header, NDARRAY].concat()
}

/// Reads bools; any byte but 0 and 1 is an error.
pub(crate) fn read_bools(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Vec<bool>> {
    let header = match Entry::read(cursor)? {
        Entry::Array(array) => array.header(slots)?,
        Entry::Msgpack => return crate::entry::read_msgpack(cursor, slots, bool::read_inline_slice),
        Entry::Collection(items) if !items.is_dict() => return items.read_all(slots),
        other => {
            let mut data = List::<bool>::new();
            other.refuse_list("a one-dimensional array of |b1", cursor, slots, &mut data)?;
            return Ok(data.values);
        }
    };
    let data: Found<'_, u8> = header.elements_of(slots, cursor.decoder(), &DType::parse(BOOL)?)?;
    let bytes = match &data {
        Found::Frame(frame) => frame,
        Found::Vec(bytes) => &bytes[..],
    };
    bools(bytes)
}

/// The bytes as bools.
pub(crate) fn bools(bytes: &[u8]) -> Result<Vec<bool>> {
    match bytemuck::checked::try_cast_slice::<u8, bool>(bytes) {
        Ok(bools) => Ok(bools.to_vec()),
        Err(_) => Err(Error::invalid("a byte of an array of bools is neither 0 nor 1")),
    }
}
