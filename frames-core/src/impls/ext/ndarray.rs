//! Arrays of the crate ndarray are arrays of numpy: any number of dimensions, C and Fortran order kept both ways.
//!
//! | from | copy |
//! |---|---|
//! | out: memory without gaps, in any order of the axes, strides forward | none, the frame borrows |
//! | out: an axis that is broadcast (stride 0) | its items once |
//! | out: strides backward, or with gaps | one, to C order |
//! | in: `Array`, `ArcArray`, `CowArray` from C or Fortran order | one; none for the bytes of a unique frame |
//! | in: the same from any other layout or byte order | one, item by item, to C order |
//! | in: the same from other numbers, each exactly one of these | one, number by number |
//! | in: the same of one to three dimensions from lists of lists | one, list by list |
//! | in: an `ArrayView` of an [`NdArray`](crate::NdArray) that was received | none |

use crate::entry::Entry;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::frame_serialize::{FrameSerialize, TypeName};
use crate::frames::{Slot, take_one};
use crate::impls::whole;
use crate::msgpack::{Cursor, write};
use crate::numpy::{ArrayHeader, ArrayItem, DType, NdArray, NdView, check_dtype, item_vec};
use crate::writer::Writer;
use ndarray::{
    ArcArray, Array, ArrayView, ArrayViewD, Axis, CowArray, Dimension, IxDyn, ShapeBuilder, ShapeError, Slice,
};
use std::any::{Any, TypeId};
use std::borrow::Cow;

/// `3`, or `Dyn`.
fn dimensions<D: Dimension>() -> Cow<'static, str> {
    D::NDIM.map_or("Dyn".into(), |n| n.to_string().into())
}

#[cold]
fn of_ndarray(error: &ShapeError) -> Error {
    Error::invalid(format!("ndarray has no such array: {error}"))
}

/// An error unless an array of type `D` may have so many dimensions.
fn check_dimensions<D: Dimension>(found: usize) -> Result<()> {
    match D::NDIM {
        Some(n) if n != found => Err(Error::mismatch(format_args!("{n} dimensions"), format_args!("{found}"))
            .with_help("`ArrayD` and `NdArray` take any number of them")),
        _ => Ok(()),
    }
}

/// A shape as ndarray has it.
fn dim<D: Dimension>(shape: &[usize]) -> Result<D> {
    check_dimensions::<D>(shape.len())?;
    // Cannot fail: the number of dimensions is that of `D`.
    D::from_dimension(&IxDyn(shape)).ok_or_else(|| Error::mismatch(dimensions::<D>(), format_args!("{}", shape.len())))
}

/// Writes an array: its own memory as the frame, wherever the items lie in it without gaps.
pub(super) fn write<'w, T: ArrayItem, D: Dimension>(
    mut view: ArrayView<'w, T, D>,
    writer: &mut Writer<'w>,
) -> Result<()> {
    let itemsize = size_of::<T>();
    if itemsize == 0 {
        return Err(Error::new(crate::ErrorKind::Unsupported, "elements that have no bytes cannot be an array"));
    }
    let full = view.shape().to_vec();
    // Of an axis that is broadcast the first item is all there is.
    let is_repeated = |view: &ArrayView<'w, T, D>, axis: usize| {
        !view.is_empty() && view.shape().get(axis).is_some_and(|&n| n > 1) && view.strides().get(axis) == Some(&0)
    };
    let repeated: Vec<bool> = (0..view.ndim()).map(|axis| is_repeated(&view, axis)).collect();
    for (axis, &repeated) in repeated.iter().enumerate() {
        if repeated {
            view.slice_axis_inplace(Axis(axis), Slice::from(0..1));
        }
    }
    let is_forward = view.shape().iter().zip(view.strides()).all(|(&n, &stride)| n <= 1 || stride > 0);
    let held = view.shape().to_vec();
    let (strides, frame): (Vec<usize>, Frame<'w>) = match view.to_slice_memory_order() {
        Some(items) if is_forward && !view.is_empty() => {
            // Along an axis of one item no step is ever made, and any is written.
            let stride = |(&n, &stride): (&usize, &isize)| if n <= 1 { 1 } else { stride.unsigned_abs() };
            let strides = view.shape().iter().zip(view.strides()).map(stride).collect();
            (strides, bytemuck::cast_slice::<T, u8>(items).into())
        }
        _ => {
            let mut step = 1usize;
            let mut strides = vec![0; held.len()];
            for (stride, &n) in strides.iter_mut().zip(&held).rev() {
                *stride = step;
                step = step.saturating_mul(n.max(1));
            }
            let items: Vec<T> = view.iter().copied().collect();
            (strides, crate::array::vec_into_bytes(items).into())
        }
    };
    let is_broadcast = repeated.contains(&true);
    writer.raw(b"\x84\xaasub-header");
    writer.map_len(if is_broadcast { 5 } else { 4 })?;
    writer.raw(b"\xa5dtype\x92\0");
    T::item_dtype()?.write_msgpack(&mut writer.out)?;
    let dims = |writer: &mut Writer<'w>, dims: &[usize]| {
        writer.array_len(dims.len())?;
        dims.iter().for_each(|&n| write::uint(&mut writer.out, n as u64));
        Ok(())
    };
    writer.raw(b"\xa5shape");
    dims(writer, &held)?;
    writer.raw(b"\xa7strides");
    let in_bytes = |(&stride, &repeated): (&usize, &bool)| if repeated { 0 } else { stride * itemsize };
    dims(writer, &strides.iter().zip(&repeated).map(in_bytes).collect::<Vec<_>>())?;
    // As of numpy's `broadcast_to`: one write would change many items.
    writer.raw(if is_broadcast { b"\xa9writeable\x91\xc2" } else { b"\xa9writeable\x91\xc3" });
    if is_broadcast {
        writer.raw(b"\xacbroadcast_to");
        dims(writer, &full)?;
    }
    writer.raw(crate::numpy::NDARRAY);
    writer.frame(frame);
    Ok(())
}

/// The items as they lie, without a copy if they are the bytes of a unique frame.
fn items<T: ArrayItem>(frame: Frame<'_>, is_native: bool) -> Result<Vec<T>> {
    if TypeId::of::<T>() == TypeId::of::<u8>() && frame.is_shared() {
        let bytes: Box<dyn Any> = Box::new(frame.into_vec());
        return match bytes.downcast::<Vec<T>>() {
            Ok(items) => Ok(*items),
            Err(_) => Err(crate::fields::unread()),
        };
    }
    item_vec(&frame, is_native)
}

fn read<T: ArrayItem + FrameSerialize, D: Dimension>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    name: &str,
    again: &mut dyn FnMut(&mut Cursor<'_>, &mut [Slot<'_>]) -> Result<()>,
) -> Result<Option<Array<T, D>>> {
    let start = *cursor;
    match Entry::read(cursor)? {
        Entry::Array(array) => {
            let header = array.header(slots)?;
            of_header(&header, slots, cursor).map(Some)
        }
        // What is one list of numbers may come in any form of one.
        Entry::Msgpack | Entry::Collection(_) | Entry::Bytes { .. } if D::NDIM == Some(1) => {
            let items = T::read_slice(&mut start.clone(), slots)?;
            let dim = dim::<D>(&[items.len()])?;
            Array::from_shape_vec(dim, items).map(Some).map_err(|e| of_ndarray(&e))
        }
        Entry::Msgpack | Entry::Collection(_) if D::NDIM == Some(2) => {
            let (shape, items) = flat(Vec::read_slice(&mut start.clone(), slots)?)?;
            Array::from_shape_vec(dim::<D>(&shape)?, items).map(Some).map_err(|e| of_ndarray(&e))
        }
        Entry::Msgpack | Entry::Collection(_) if D::NDIM == Some(3) => {
            let ([tables, rows], all) = flat(Vec::<Vec<T>>::read_slice(&mut start.clone(), slots)?)?;
            // Rows are counted through all tables.
            let ([_, items], all) = flat(all)?;
            Array::from_shape_vec(dim::<D>(&[tables, rows, items])?, all).map(Some).map_err(|e| of_ndarray(&e))
        }
        other => {
            let expected = match D::NDIM {
                Some(n) => format!("an array of {} of {n} dimensions", T::item_dtype()?),
                None => format!("an array of {}", T::item_dtype()?),
            };
            other.refuse_with(name, &expected, cursor, slots, again).map(|()| None)
        }
    }
}

/// Lists of one length as all of their items, and how many of each there are.
fn flat<T>(lists: Vec<Vec<T>>) -> Result<([usize; 2], Vec<T>)> {
    let length = lists.first().map_or(0, Vec::len);
    let shape = [lists.len(), length];
    if let Some((index, other)) = lists.iter().enumerate().find(|(_, list)| list.len() != length) {
        let expected = format_args!("a list of {length}, as the first is");
        return Err(Error::mismatch(expected, format_args!("one of {}", other.len())).at_index(index));
    }
    Ok((shape, lists.into_iter().flatten().collect()))
}

fn of_header<T: ArrayItem, D: Dimension>(
    header: &ArrayHeader<'_>,
    slots: &mut [Slot<'_>],
    cursor: &Cursor<'_>,
) -> Result<Array<T, D>> {
    let itemsize = size_of::<T>();
    if itemsize == 0 {
        return Err(Error::new(crate::ErrorKind::Unsupported, "elements that have no bytes cannot be an array"));
    }
    let found = header.dtype()?;
    let is_native = match check_dtype::<T>(&found, true) {
        Ok(is_native) => is_native,
        Err(error) => return of_others(header, &found, slots, cursor).unwrap_or(Err(error)),
    };
    check_dimensions::<D>(header.shape().len())?;
    let frame = take_one(slots)?;
    header.check_frame(itemsize, frame.len())?;
    let dim = dim_of::<D>(header)?;
    let is_fortran = !header.is_c_contiguous(itemsize) && header.is_f_contiguous(itemsize);
    let items = if is_fortran || header.is_c_contiguous(itemsize) {
        items(frame, is_native)?
    } else {
        item_vec(&header.gather(&frame, itemsize, cursor.decoder())?, is_native)?
    };
    Array::from_shape_vec(dim.set_f(is_fortran), items).map_err(|e| of_ndarray(&e))
}

fn dim_of<D: Dimension>(header: &ArrayHeader<'_>) -> Result<D> {
    let too_large = |_| Error::invalid(format!("{header} is larger than the memory of this machine"));
    dim(&header.shape().iter().map(|&n| usize::try_from(n)).collect::<Result<Vec<_>, _>>().map_err(too_large)?)
}

/// Of other numbers, each of which is exactly one of `T`; `None` if those of the dtype never are, where nothing was taken.
#[cold]
fn of_others<T: ArrayItem, D: Dimension>(
    header: &ArrayHeader<'_>,
    found: &DType,
    slots: &mut [Slot<'_>],
    cursor: &Cursor<'_>,
) -> Option<Result<Array<T, D>>> {
    let _ = T::exact(found, &[])?;
    let itemsize = found.itemsize();
    let mut read = || {
        let dim = dim_of::<D>(header)?;
        let frame = take_one(slots)?;
        header.check_frame(itemsize, frame.len())?;
        let is_fortran = !header.is_c_contiguous(itemsize) && header.is_f_contiguous(itemsize);
        let made = header.len()?.saturating_mul(size_of::<T>() as u64);
        cursor.decoder().limits.check_expansion(made, frame.len() as u64)?;
        let exact = |bytes: &[u8]| T::exact(found, bytes).unwrap_or_else(|| Err(crate::fields::unread()));
        let in_c_order = || exact(&header.gather(&frame, itemsize, cursor.decoder())?);
        // An error counts in C order.
        let items = if is_fortran { exact(&frame).or_else(|_| in_c_order()) } else { in_c_order() };
        Array::from_shape_vec(dim.set_f(is_fortran), items?).map_err(|e| of_ndarray(&e))
    };
    Some(read())
}

macro_rules! arrays {
    ($([$($lifetime:lifetime)?] $type:ident, $name:literal, $view:expr, $from:expr;)*) => { $(
        impl<$($lifetime,)? T: ArrayItem + FrameSerialize, D: Dimension> TypeName for $type<$($lifetime,)? T, D> {
            fn type_name() -> Cow<'static, str> {
                format!(concat!("ndarray::", $name, "<{}, {}>"), T::type_name(), dimensions::<D>()).into()
            }
            fn type_name_of_val(&self) -> Cow<'static, str> {
                Self::type_name()
            }
        }

        impl<$($lifetime,)? T: ArrayItem + FrameSerialize, D: Dimension> FrameSerialize for $type<$($lifetime,)? T, D> {
            whole!();
            fn write_entry<'w>(&'w self, writer: &mut Writer<'w>) -> Result<()> {
                let view: fn(&'w Self) -> ArrayView<'w, T, D> = $view;
                write(view(self), writer)
            }
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                let from: fn(Array<T, D>) -> Result<Self> = $from;
                let mut translated = None;
                let found = read::<T, D>(cursor, frames, &Self::type_name(), &mut |c, s| {
                    translated = Some(Self::read_entry(c, s)?);
                    Ok(())
                })?;
                match found {
                    Some(array) => from(array),
                    None => translated.ok_or_else(crate::fields::unread),
                }
            }
        }
    )* };
}

arrays! {
    [] Array, "Array", |array| array.view(), Ok;
    [] ArcArray, "ArcArray", |array| array.view(), |array| Ok(array.into_shared());
    ['a] CowArray, "CowArray", |array| array.view(), |array| Ok(array.into());
    ['a] ArrayView, "ArrayView", |array| array.view(), |_| Err(crate::impls::text::borrowed("ArrayView", "Array<T, D>` or `NdArray"));
}

impl<'a, T: ArrayItem> NdView<'a, T> {
    /// The view as ndarray has it, without a copy: strides of any size, and 0 along an axis that is broadcast.
    ///
    /// # Errors
    ///
    /// The shape has more than `isize::MAX` items.
    ///
    /// ```
    /// use frames_core::{DType, NdArray};
    /// let fortran = NdArray::new(DType::parse("|u1")?, &[2, 3], Some(&[1, 2]), vec![1, 2, 3, 4, 5, 6])?;
    /// let view = fortran.view::<u8>()?.into_ndarray()?;
    /// assert_eq!(view, ndarray::arr2(&[[1, 3, 5], [2, 4, 6]]).into_dyn());
    /// assert_eq!(view.as_ptr(), fortran.as_bytes().as_ptr());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn into_ndarray(self) -> Result<ArrayViewD<'a, T>> {
        let shape = IxDyn(self.shape()).strides(IxDyn(self.strides()));
        ArrayView::from_shape(shape, self.items()).map_err(|e| of_ndarray(&e))
    }
}

/// A received array as ndarray has it: no copy.
///
/// ```
/// use frames_core::{DType, NdArray};
/// use ndarray::ArrayView2;
/// let array = NdArray::new(DType::parse("|u1")?, &[2, 2], None, vec![1, 2, 3, 4])?;
/// let view = ArrayView2::<u8>::try_from(&array)?;
/// assert_eq!(view[[1, 0]], 3);
/// # Ok::<(), frames_core::Error>(())
/// ```
impl<'a, T: ArrayItem, D: Dimension> TryFrom<&'a NdArray> for ArrayView<'a, T, D> {
    type Error = Error;
    fn try_from(array: &'a NdArray) -> Result<Self> {
        check_dimensions::<D>(array.shape().len())?;
        array.view::<T>()?.into_ndarray()?.into_dimensionality().map_err(|e| of_ndarray(&e))
    }
}
