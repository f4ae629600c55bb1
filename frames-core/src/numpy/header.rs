//! The sub-header of a numpy array, whatever its dtype and shape.

use super::dtype::DType;
use super::exact::Source;
use super::{Element, Found, check_length};
use crate::envelope::Decoder;
use crate::error::{Error, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Slot, take_one};
use crate::limits::Limits;
use crate::msgpack::{Cursor, Number};
use std::borrow::Cow;
use std::fmt;

/// What the header says of an array.
#[derive(Clone, Debug)]
pub(crate) struct ArrayHeader<'h> {
    dtype: Spec<'h>,
    /// The shape of what the frame holds.
    shape: Vec<u64>,
    strides: Vec<i64>,
    /// The shape to which Python broadcasts it.
    broadcast: Option<Vec<u64>>,
    pub(crate) writeable: bool,
}

/// What the header says of the dtype.
#[derive(Clone, Debug)]
enum Spec<'h> {
    /// As Dask has it; parsed when it is asked for.
    Header(Cursor<'h>),
    Known(DType),
    /// Object arrays and their kin: the frames are pickles.
    Pickled,
}

/// numpy's own bound on dimensions.
const MAX_DIMS: usize = 64;

impl<'h> ArrayHeader<'h> {
    pub(crate) fn read(cursor: &mut Cursor<'h>) -> Result<Self> {
        let (mut dtype, mut shape, mut strides, mut broadcast) = (None, None, None, None);
        let (mut writeable, mut pickled) = (true, false);
        for _ in 0..cursor.map()? {
            let key = cursor.str()?;
            let at = *cursor;
            match key {
                "dtype" => {
                    dtype = Some(at);
                    cursor.skip()?;
                }
                "shape" => shape = Some(dims(cursor).map_err(|e| e.at_key("shape"))?),
                "broadcast_to" => broadcast = Some(dims(cursor).map_err(|e| e.at_key("broadcast_to"))?),
                "strides" => strides = Some(signed_dims(cursor).map_err(|e| e.at_key("strides"))?),
                "writeable" => {
                    cursor.skip()?;
                    let mut inner = at;
                    // One flag a buffer; `None` where Dask does not say.
                    if inner.array().is_ok_and(|n| n > 0) {
                        writeable = inner.bool().unwrap_or(true);
                    }
                }
                "pickle" => pickled = cursor.bool()?,
                _ => cursor.skip()?,
            }
        }
        if pickled {
            let (shape, strides) = (Vec::new(), Vec::new());
            return Ok(ArrayHeader { dtype: Spec::Pickled, shape, strides, broadcast, writeable });
        }
        let (Some(dtype), Some(shape), Some(strides)) = (dtype, shape, strides) else {
            return Err(Error::invalid("the sub-header of an array has the keys `dtype`, `shape` and `strides`"));
        };
        if shape.len() != strides.len() || broadcast.as_ref().is_some_and(|b| b.len() != shape.len()) {
            return Err(Error::invalid(format!(
                "an array of {} dimensions has {} strides{}",
                shape.len(),
                strides.len(),
                broadcast.map_or(String::new(), |b| format!(" and is broadcast to {} dimensions", b.len())),
            )));
        }
        Ok(ArrayHeader { dtype: Spec::Header(dtype), shape, strides, broadcast, writeable })
    }

    /// Of items that lie in C order.
    pub(super) fn in_c_order(dtype: DType, shape: Vec<u64>) -> Result<Self> {
        let strides = super::nd_array::c_strides(&shape, dtype.itemsize())?;
        Ok(ArrayHeader { dtype: Spec::Known(dtype), shape, strides, broadcast: None, writeable: true })
    }

    /// The dtype.
    pub(crate) fn dtype(&self) -> Result<DType> {
        match &self.dtype {
            Spec::Header(cursor) => DType::read(&mut cursor.clone()).map_err(|e| e.at_key("dtype")),
            Spec::Known(dtype) => Ok(dtype.clone()),
            Spec::Pickled => {
                Err(Error::mismatch("an array of plain data", "an array of Python objects, which travels as a pickle"))
            }
        }
    }

    /// True for an array of Python objects, of which the frames are a pickle.
    pub(super) fn is_pickled(&self) -> bool {
        matches!(self.dtype, Spec::Pickled)
    }

    /// The shape that Python sees.
    pub(crate) fn shape(&self) -> &[u64] {
        self.broadcast.as_deref().unwrap_or(&self.shape)
    }

    /// The strides, in bytes, over what the frame holds.
    pub(crate) fn strides(&self) -> &[i64] {
        &self.strides
    }

    /// True if the elements lie in the frame one after the other, the last dimension fastest.
    pub(crate) fn is_c_contiguous(&self, itemsize: usize) -> bool {
        is_c_contiguous(self.shape(), &self.strides, itemsize)
    }

    /// The same with the first dimension fastest.
    #[cfg(feature = "ndarray")]
    pub(crate) fn is_f_contiguous(&self, itemsize: usize) -> bool {
        let reversed = |dims: &[u64]| dims.iter().rev().copied().collect::<Vec<_>>();
        let strides: Vec<i64> = self.strides.iter().rev().copied().collect();
        is_c_contiguous(&reversed(self.shape()), &strides, itemsize)
    }

    /// How many elements Python sees.
    pub(crate) fn len(&self) -> Result<u64> {
        count(self.shape())
    }

    /// How many bytes of frame the strides reach, and an error if they reach in front of it or overflow.
    pub(crate) fn reach(&self, itemsize: usize) -> Result<u64> {
        reach(&self.shape, &self.strides, itemsize)
    }

    /// An error unless the frame is as long as the shape and strides say.
    pub(crate) fn check_frame(&self, itemsize: usize, bytes: usize) -> Result<()> {
        if let Some(full) = &self.broadcast {
            for ((&held, &full), &stride) in self.shape.iter().zip(full).zip(&self.strides) {
                if held != full && (stride != 0 || held != 1 || full == 0) {
                    return Err(Error::invalid(format!("{:?} cannot be broadcast to {:?}", self.shape, self.shape())));
                }
            }
        }
        let reach = self.reach(itemsize)?;
        if reach == bytes as u64 {
            return Ok(());
        }
        Err(Error::invalid(format!("{self} needs a frame of {reach} bytes, this one has {bytes}")))
    }

    #[cold]
    fn overflow(&self) -> Error {
        overflow(&self.shape, &self.strides)
    }

    /// The elements, for a one-dimensional array of exactly `T`, in whichever byte order and with whichever stride.
    pub(super) fn elements<'f, T: Element + FrameSerialize>(
        &self,
        slots: &mut [Slot<'f>],
        decoder: &Decoder,
    ) -> Result<Found<'f, T>> {
        self.elements_of(slots, decoder, &T::dtype()?)
    }

    /// The same where the dtype on the wire is not that of `T`.
    pub(super) fn elements_of<'f, T: Element>(
        &self,
        slots: &mut [Slot<'f>],
        decoder: &Decoder,
        wanted: &DType,
    ) -> Result<Found<'f, T>> {
        let dtype = self.dtype()?;
        let native = dtype == *wanted;
        let swapped = !native && self.is_swapped::<T>(&dtype, wanted);
        let exact = match native || swapped || T::dtype()? != *wanted {
            true => None,
            false => Source::of(&dtype, wanted),
        };
        if !native && !swapped && exact.is_none() {
            return Err(Error::mismatch(format_args!("an array of {wanted}"), format_args!("an array of {dtype}"))
                .with_help(
                    "numbers are never cast silently; read the type that was sent, or `.astype` on the other side",
                ));
        }
        let &[n] = self.shape() else {
            return Err(Error::mismatch(
                format_args!("a one-dimensional array of {wanted}"),
                format_args!("an array of shape {:?}", self.shape()),
            )
            .with_help("`NdArray` takes any shape"));
        };
        let frame = take_one(slots)?;
        self.check_frame(dtype.itemsize(), frame.len())?;
        if native && self.is_c_contiguous(size_of::<T>()) {
            check_length::<T>(n, frame.len())?;
            return Ok(Found::Frame(frame));
        }
        // A broadcast array repeats what the peer sent once.
        check_expansion(n, size_of::<T>(), frame.len(), &decoder.limits)?;
        let stride = self.strides.first().copied().unwrap_or(0).unsigned_abs() as usize;
        let size = dtype.itemsize();
        let items = (0..n as usize).map(|i| {
            let at = i.saturating_mul(stride);
            frame.get(at..at.saturating_add(size)).ok_or_else(|| self.overflow())
        });
        // Each in a function of its own: an element may be large, and so may the stack be that copies of it take.
        Ok(Found::Vec(match exact {
            Some(exact) => exact.read_all(items, &dtype)?,
            None => as_they_are(items, native)?,
        }))
    }

    /// The elements of a one-dimensional array as numbers of their size.
    #[cfg(any(feature = "chrono", feature = "jiff"))]
    pub(crate) fn vec_of<T: Element>(
        &self,
        slots: &mut [Slot<'_>],
        decoder: &Decoder,
        wanted: &DType,
    ) -> Result<Vec<T>> {
        match self.elements_of::<T>(slots, decoder, wanted)? {
            Found::Vec(data) => Ok(data),
            Found::Frame(frame) => {
                super::copy_to_vec(&frame).ok_or_else(|| Error::invalid("an array ends within an element"))
            }
        }
    }

    /// The elements one after the other, the last dimension fastest: as they lie in the frame, or collected from it.
    pub(crate) fn gather<'b>(&self, frame: &'b [u8], itemsize: usize, decoder: &Decoder) -> Result<Cow<'b, [u8]>> {
        gather(self.shape(), &self.strides, frame, itemsize, &decoder.limits)
    }

    /// The only element of an array of no dimensions.
    pub(crate) fn scalar<T: Element>(&self, slots: &mut [Slot<'_>]) -> Result<T> {
        let (dtype, wanted) = (self.dtype()?, T::dtype()?);
        let exact = if dtype == wanted { None } else { Source::of(&dtype, &wanted) };
        if dtype != wanted && exact.is_none() || !self.shape().is_empty() {
            return Err(Error::mismatch(wanted, self));
        }
        let frame = take_one(slots)?;
        self.check_frame(dtype.itemsize(), frame.len())?;
        if let Some(exact) = exact {
            return exact.read(&frame, 0, &dtype);
        }
        bytemuck::try_pod_read_unaligned(&frame).map_err(|e| Error::invalid(e.to_string()))
    }

    /// True if the array differs from `T` in nothing but the byte order, and that can be turned.
    fn is_swapped<T: Element>(&self, dtype: &DType, wanted: &DType) -> bool {
        let zero = <T as bytemuck::Zeroable>::zeroed();
        zero.swapped().is_some()
            && dtype.fields().is_none()
            && dtype.kind() == wanted.kind()
            && dtype.itemsize() == wanted.itemsize()
            && !dtype.is_native()
    }
}

/// Elements by their bytes, which are turned if they are not native.
fn as_they_are<'b, T: Element>(items: impl Iterator<Item = Result<&'b [u8]>>, native: bool) -> Result<Vec<T>> {
    let mut out = Vec::new();
    for bytes in items {
        let value: T = bytemuck::pod_read_unaligned(bytes?);
        out.push(if native { value } else { value.swapped().unwrap_or(value) });
    }
    Ok(out)
}

/// The elements of that shape and those strides one after the other, the last dimension fastest: as they lie, or collected.
pub(super) fn gather<'b>(
    shape: &[u64],
    strides: &[i64],
    frame: &'b [u8],
    itemsize: usize,
    limits: &Limits,
) -> Result<Cow<'b, [u8]>> {
    if is_c_contiguous(shape, strides, itemsize) {
        return Ok(Cow::Borrowed(frame));
    }
    let len = count(shape)?;
    check_expansion(len, itemsize, frame.len(), limits)?;
    let (mut index, mut out) = (vec![0u64; shape.len()], Vec::new());
    for _ in 0..len {
        let steps = index.iter().zip(strides).map(|(&i, &stride)| i.saturating_mul(stride.unsigned_abs()));
        let at = steps.fold(0u64, u64::saturating_add) as usize;
        let Some(item) = frame.get(at..at.saturating_add(itemsize)) else { return Err(overflow(shape, strides)) };
        out.extend_from_slice(item);
        for (i, &n) in index.iter_mut().zip(shape).rev() {
            *i += 1;
            if *i < n {
                break;
            }
            *i = 0;
        }
    }
    Ok(Cow::Owned(out))
}

/// How many elements a shape has.
pub(super) fn count(shape: &[u64]) -> Result<u64> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let count = shape.iter().try_fold(1u64, |n, &dim| n.checked_mul(dim));
    count.ok_or_else(|| Error::invalid(format!("the shape {shape:?} has more elements than there are numbers")))
}

fn check_expansion(len: u64, itemsize: usize, held: usize, limits: &Limits) -> Result<()> {
    let checked = limits.check_expansion(len.saturating_mul(itemsize as u64), held as u64);
    checked.map_err(|e| e.with_help("`NdArray` takes a broadcast array without repeating it"))
}

#[cold]
fn backwards(stride: i64) -> Error {
    Error::invalid(format!("the stride {stride} leads out of the frame; Dask never sends such an array"))
}

/// True if elements of that shape and those strides lie one after the other, the last dimension fastest.
pub(super) fn is_c_contiguous(shape: &[u64], strides: &[i64], itemsize: usize) -> bool {
    if shape.contains(&0) {
        return true;
    }
    let mut expected = itemsize as u64;
    shape.iter().zip(strides).rev().all(|(&n, &stride)| {
        let fits = n == 1 || u64::try_from(stride) == Ok(expected);
        expected = expected.saturating_mul(n);
        fits
    })
}

/// How many bytes the strides reach, and an error if they reach in front of the first or overflow.
pub(super) fn reach(shape: &[u64], strides: &[i64], itemsize: usize) -> Result<u64> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let mut last = 0u64;
    for (&n, &stride) in shape.iter().zip(strides) {
        let step = if n == 1 { 0 } else { u64::try_from(stride).map_err(|_| backwards(stride))? };
        last =
            (n - 1).checked_mul(step).and_then(|far| far.checked_add(last)).ok_or_else(|| overflow(shape, strides))?;
    }
    last.checked_add(itemsize as u64).ok_or_else(|| overflow(shape, strides))
}

#[cold]
fn overflow(shape: &[u64], strides: &[i64]) -> Error {
    Error::invalid(format!("shape {shape:?} and strides {strides:?} overflow"))
}

pub(super) fn dims(cursor: &mut Cursor<'_>) -> Result<Vec<u64>> {
    let n = cursor.array()?;
    check_dims(n)?;
    (0..n).map(|_| cursor.count()).collect()
}

fn signed_dims(cursor: &mut Cursor<'_>) -> Result<Vec<i64>> {
    let n = cursor.array()?;
    check_dims(n)?;
    (0..n)
        .map(|_| match cursor.number("a stride")? {
            Number::Signed(n) => Ok(n),
            Number::Unsigned(n) if i64::try_from(n).is_ok() => Ok(n as i64),
            other => Err(Error::mismatch("a stride", other)),
        })
        .collect()
}

pub(super) fn check_dims(n: usize) -> Result<()> {
    if n <= MAX_DIMS {
        return Ok(());
    }
    Err(Error::invalid(format!("numpy has {MAX_DIMS} dimensions at most, this array has {n}")))
}

impl fmt::Display for ArrayHeader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dtype() {
            Ok(dtype) => write!(f, "an array of {dtype} of shape {:?}", self.shape()),
            Err(_) => f.write_str("an array of Python objects"),
        }
    }
}
