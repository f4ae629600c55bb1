//! The array whose dtype and shape only its header knows.

use super::dtype::DType;
use super::header::{ArrayHeader, check_dims, count, gather, is_c_contiguous, reach};
use super::item::ArrayItem;
use super::source::{ArrayClass, ArraySource};
use super::view::NdView;
use crate::entry::Entry;
use crate::envelope::DEFAULT_DECODER;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Frames, Slot, take_one};
use crate::header::{Header, HeaderRef};
use crate::limits::Limits;
use crate::msgpack::{Cursor, write};
use crate::writer::Writer;
use std::borrow::Cow;
use std::fmt;

/// A numpy array of any dtype and shape; also a `numpy.matrix`, `memoryview` or `array.array` of Python's. The header of one that was
/// received is kept, so that it goes out again byte for byte.
///
/// | to get at the items | copy |
/// |---|---|
/// | [`view`](Self::view), for the type that was sent | none |
/// | [`to_vec`](Self::to_vec), in C order and this machine's byte order | one |
/// | [`as_bytes`](Self::as_bytes), laid out by [`strides`](Self::strides) | none |
///
/// ```
/// use frames_core::NdArray;
/// let data = vec![1i32, 2, 3];
/// let (header, frames) = frames_core::serialize(&data)?;
/// let array: NdArray = frames_core::deserialize(&header, frames)?;
/// assert_eq!((array.dtype().to_string().as_str(), array.shape()), ("<i4", &[3][..]));
/// assert_eq!(array.to_vec::<i32>()?, [1, 2, 3]);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone)]
pub struct NdArray {
    /// The whole header, envelope included; `None` where it was not received, and is made when it is asked for.
    header: Option<Header>,
    frame: Frame<'static>,
    dtype: DType,
    shape: Vec<u64>,
    strides: Vec<i64>,
    contiguous: bool,
    writeable: bool,
    class: ArrayClass,
}

impl NdArray {
    /// An array over the bytes of its elements, which are shared and not copied. Without `strides` they lie in C order.
    ///
    /// # Errors
    ///
    /// The elements are Python objects, there are more than 64 dimensions, a stride is negative, or the shape and the strides do not reach
    /// exactly over `frame`.
    ///
    /// ```
    /// use frames_core::{DType, Frame, NdArray, bytes::Bytes};
    /// let bytes = Bytes::from_static(b"\x01\x02\x03\x04\x05\x06");
    /// let array = NdArray::new(DType::parse("|u1")?, &[2, 3], None, bytes.clone())?;
    /// assert_eq!((array.strides(), array.to_vec::<u8>()?), (&[3, 1][..], vec![1, 2, 3, 4, 5, 6]));
    /// let transposed = NdArray::new(DType::parse("|u1")?, &[3, 2], Some(&[1, 3]), bytes.clone())?;
    /// assert_eq!(transposed.as_bytes().as_ptr(), bytes.as_ptr());
    /// assert!(NdArray::new(DType::parse("|u1")?, &[2, 4], None, bytes).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new(
        dtype: DType,
        shape: &[u64],
        strides: Option<&[i64]>,
        frame: impl Into<Frame<'static>>,
    ) -> Result<NdArray> {
        if has_objects(&dtype) {
            return Err(Error::mismatch("an array of plain data", format_args!("an array of {dtype}")));
        }
        check_dims(shape.len())?;
        let strides = match strides {
            Some(strides) => strides.to_vec(),
            None => c_strides(shape, dtype.itemsize())?,
        };
        if strides.len() != shape.len() {
            let text = format!("an array of {} dimensions has {} strides", shape.len(), strides.len());
            return Err(Error::invalid(text));
        }
        count(shape)?;
        let frame = frame.into();
        let bytes = reach(shape, &strides, dtype.itemsize())?;
        if bytes != frame.len() as u64 {
            return Err(short_frame(&dtype, shape, bytes, frame.len()));
        }
        let contiguous = is_c_contiguous(shape, &strides, dtype.itemsize());
        let (shape, class) = (shape.to_vec(), ArrayClass::NdArray);
        Ok(NdArray { header: None, frame, dtype, shape, strides, contiguous, writeable: true, class })
    }

    /// The array that a header and its frames hold. `header` is the whole of it, if it shall go out as it came.
    pub(super) fn from_header(
        parsed: &ArrayHeader<'_>,
        class: ArrayClass,
        header: Option<Header>,
        slots: &mut [Slot<'_>],
    ) -> Result<NdArray> {
        let ArrayParts { dtype, shape, strides, contiguous, writeable, frame, .. } =
            ArrayParts::of_header(parsed, class, slots)?;
        Ok(NdArray { header, frame: frame.into_owned(), dtype, shape, strides, contiguous, writeable, class })
    }

    /// Of a header that has nothing unusual.
    fn plain(
        header: Header,
        typestr: &str,
        shape: Vec<u64>,
        strides: Vec<i64>,
        slots: &mut [Slot<'_>],
    ) -> Result<NdArray> {
        let dtype = DType::parse(typestr).map_err(|e| e.at_key("dtype"))?;
        if has_objects(&dtype) {
            return Err(Error::mismatch("an array of plain data", format_args!("an array of {dtype}")));
        }
        let frame = take_one(slots)?.into_owned();
        let reach = reach(&shape, &strides, dtype.itemsize())?;
        if reach != frame.len() as u64 {
            return Err(short_frame(&dtype, &shape, reach, frame.len()));
        }
        super::header::count(&shape)?;
        let contiguous = is_c_contiguous(&shape, &strides, dtype.itemsize());
        let (header, class) = (Some(header), ArrayClass::NdArray);
        Ok(NdArray { header, frame, dtype, shape, strides, contiguous, writeable: true, class })
    }

    /// The same array as a `numpy.matrix`.
    ///
    /// # Errors
    ///
    /// It has not two dimensions.
    ///
    /// ```
    /// use frames_core::{DType, NdArray, bytes::Bytes};
    /// let array = NdArray::new(DType::parse("|u1")?, &[1, 2], None, Bytes::from_static(b"ab"))?;
    /// assert!(array.into_matrix()?.is_matrix());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn into_matrix(self) -> Result<NdArray> {
        if self.shape.len() != 2 {
            return Err(Error::mismatch("2 dimensions of a matrix", format_args!("{}", self.shape.len())));
        }
        let is_kept = self.is_matrix();
        Ok(NdArray { header: self.header.filter(|_| is_kept), class: ArrayClass::Matrix, ..self })
    }

    /// True for a `numpy.matrix`, which goes back as one.
    ///
    /// ```
    /// use frames_core::{DType, NdArray};
    /// assert!(!NdArray::new(DType::parse("|u1")?, &[1, 1], None, vec![7])?.is_matrix());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_matrix(&self) -> bool {
        self.class == ArrayClass::Matrix
    }

    pub(crate) fn class(&self) -> ArrayClass {
        self.class
    }

    /// The same array, to which Python may not write.
    ///
    /// ```
    /// use frames_core::{DType, NdArray, bytes::Bytes};
    /// let array = NdArray::new(DType::parse("|u1")?, &[2], None, Bytes::from_static(b"ab"))?.read_only();
    /// assert!(!array.is_writeable());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    #[must_use]
    pub fn read_only(self) -> NdArray {
        // A header that was received says otherwise; those of other classes than numpy's cannot say it.
        let is_kept = !self.writeable;
        let class = if self.is_matrix() { ArrayClass::Matrix } else { ArrayClass::NdArray };
        NdArray { header: self.header.filter(|_| is_kept), writeable: false, class, ..self }
    }

    /// The frame in which the elements lie.
    ///
    /// ```
    /// use frames_core::{DType, NdArray, bytes::Bytes};
    /// let array = NdArray::new(DType::parse("|u1")?, &[2], None, Bytes::from_static(b"ab"))?;
    /// assert!(array.frame().is_shared());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn frame(&self) -> &Frame<'static> {
        &self.frame
    }

    /// True if the elements lie one after the other, the last dimension fastest.
    ///
    /// ```
    /// use frames_core::{DType, NdArray, bytes::Bytes};
    /// let array = NdArray::new(DType::parse("|u1")?, &[2, 2], Some(&[1, 2]), Bytes::from_static(b"abcd"))?;
    /// assert!(!array.is_c_contiguous());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_c_contiguous(&self) -> bool {
        self.contiguous
    }

    /// The header as Dask would write it, or as it was received.
    fn header(&self) -> Result<Cow<'_, Header>> {
        if let Some(header) = &self.header {
            return Ok(Cow::Borrowed(header));
        }
        let mut sub = Vec::new();
        self.write_sub_header(&mut sub)?;
        let class = if self.is_matrix() { super::MATRIX } else { super::NDARRAY };
        Ok(Cow::Owned(Header { bytes: [b"\x84\xaasub-header", &sub[..], class].concat() }))
    }

    /// Appends the sub-header as Dask would write it, whatever was received.
    pub(super) fn write_sub_header(&self, out: &mut Vec<u8>) -> Result<()> {
        write::map_len(out, if self.is_matrix() { 5 } else { 4 })?;
        out.extend_from_slice(b"\xa5dtype\x92\0");
        self.dtype.write_msgpack(out)?;
        out.extend_from_slice(b"\xa5shape");
        write::array_len(out, self.shape.len())?;
        self.shape.iter().for_each(|&n| write::uint(out, n));
        out.extend_from_slice(b"\xa7strides");
        write::array_len(out, self.strides.len())?;
        // Of dimensions of one element numpy lets strides be negative, and steps along none of them.
        self.strides.iter().for_each(|&stride| write::uint(out, u64::try_from(stride).unwrap_or(0)));
        out.extend_from_slice(b"\xa9writeable\x91");
        write::bool(out, self.writeable);
        if self.is_matrix() {
            out.extend_from_slice(b"\xa6matrix\xc3");
        }
        Ok(())
    }

    /// The type of the elements.
    ///
    /// ```
    /// # let data = vec![1u8 as i8];
    /// # let (header, frames) = frames_core::serialize(&data)?;
    /// # let array: frames_core::NdArray = frames_core::deserialize(&header, frames)?;
    /// assert_eq!(array.dtype().itemsize(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The number of elements along each dimension, as Python sees it.
    ///
    /// ```
    /// # let data = vec![1i8, 2];
    /// # let (header, frames) = frames_core::serialize(&data)?;
    /// # let array: frames_core::NdArray = frames_core::deserialize(&header, frames)?;
    /// assert_eq!(array.shape(), [2]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// The step in bytes from one element to the next along each dimension; 0 along a dimension that is broadcast.
    ///
    /// ```
    /// # let data = vec![1i16, 2];
    /// # let (header, frames) = frames_core::serialize(&data)?;
    /// # let array: frames_core::NdArray = frames_core::deserialize(&header, frames)?;
    /// assert_eq!(array.strides(), [2]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn strides(&self) -> &[i64] {
        &self.strides
    }

    /// Python's `flags.writeable`.
    ///
    /// ```
    /// # let data = vec![1i16, 2];
    /// # let (header, frames) = frames_core::serialize(&data)?;
    /// # let array: frames_core::NdArray = frames_core::deserialize(&header, frames)?;
    /// assert!(array.is_writeable());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_writeable(&self) -> bool {
        self.writeable
    }

    /// The bytes of the elements, laid out by the strides.
    ///
    /// ```
    /// # let data = vec![1i8, 2];
    /// # let (header, frames) = frames_core::serialize(&data)?;
    /// # let array: frames_core::NdArray = frames_core::deserialize(&header, frames)?;
    /// assert_eq!(array.as_bytes(), [1, 2]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        &self.frame
    }

    /// The elements in C order and this machine's byte order: one copy, or element by element where they lie otherwise in the frame.
    ///
    /// # Errors
    ///
    /// The elements are not of type `T` (numbers are never cast), or so many are broadcast from so few that the default of
    /// [`Limits::expansion`] forbids it: [`view`](Self::view) repeats nothing.
    ///
    /// ```
    /// # let data = vec![1i16, 2];
    /// # let (header, frames) = frames_core::serialize(&data)?;
    /// # let array: frames_core::NdArray = frames_core::deserialize(&header, frames)?;
    /// assert_eq!(array.to_vec::<i16>()?, [1, 2]);
    /// assert!(array.to_vec::<u16>().is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_vec<T: ArrayItem>(&self) -> Result<Vec<T>> {
        let is_native = super::item::check_dtype::<T>(&self.dtype, true)?;
        let bytes = gather(&self.shape, &self.strides, &self.frame, self.dtype.itemsize(), &Limits::DEFAULT)?;
        super::item::to_vec(&bytes, is_native)
    }

    /// The elements where they lie: no copy, and a look at each only if not any bytes are a value (bools).
    ///
    /// # Errors
    ///
    /// The elements are not of type `T` in this machine's byte order, do not lie aligned for it in memory (what this crate receives always
    /// does), or lie apart by other than whole elements. [`to_vec`](Self::to_vec) copies them.
    ///
    /// ```
    /// use frames_core::{DType, NdArray, bytes::Bytes};
    /// let frame = Bytes::from_static(b"\x01\x02\x03\x04\x05\x06");
    /// let transposed = NdArray::new(DType::parse("|u1")?, &[3, 2], Some(&[1, 3]), frame)?;
    /// let view = transposed.view::<u8>()?;
    /// assert_eq!((view.shape(), view.get(&[2, 1])), (&[3, 2][..], Some(&6)));
    /// assert!(view.iter().eq(&[1, 4, 2, 5, 3, 6]));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn view<T: ArrayItem>(&self) -> Result<NdView<'_, T>> {
        super::item::check_dtype::<T>(&self.dtype, false)?;
        NdView::new(&self.frame, &self.shape, &self.strides)
    }
}

impl fmt::Debug for NdArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NdArray({}, shape {:?})", self.dtype, self.shape)
    }
}

impl PartialEq for NdArray {
    fn eq(&self, other: &Self) -> bool {
        self.header().ok() == other.header().ok() && self.frame == other.frame
    }
}

crate::impls::name!(NdArray);

impl FrameSerialize for NdArray {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        Ok((self.header()?.into_owned(), Frames::from(self.frame.clone())))
    }

    fn deserialize(header: HeaderRef<'_>, mut frames: Frames<'_>) -> Result<Self> {
        Self::read_entry(&mut header.cursor(), frames.slots_mut())
    }

    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        writer.raw(self.header()?.as_bytes());
        writer.frame(self.frame.clone());
        Ok(())
    }

    fn read_entry(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Self> {
        let start = *cursor;
        if let Some((typestr, shape, strides)) = super::take_any_header(cursor) {
            cursor.decoder().check_family("dask")?;
            let len = start.rest().len() - cursor.rest().len();
            let header = Header { bytes: start.rest()[..len].to_vec() };
            return NdArray::plain(header, typestr, shape, strides, slots);
        }
        match Entry::read(cursor)? {
            Entry::Array(array) => {
                let parsed = array.header(slots)?;
                // In a dict collection the header has the key of the item too: it belongs to the dict.
                NdArray::from_header(&parsed, array.class, Some(without_key(&start)?), slots)
            }
            other => other.refuse::<Self>("a numpy array", cursor, slots),
        }
    }
}

/// What a header says of an array, and its frame, which may be borrowed.
#[derive(Debug)]
pub struct ArrayParts<'f> {
    /// The class in Python.
    pub class: &'static str,
    /// Of plain data.
    pub dtype: DType,
    /// As Python sees it.
    pub shape: Vec<u64>,
    /// In bytes, over the frame.
    pub strides: Vec<i64>,
    /// True in C order.
    pub contiguous: bool,
    /// True if Python may write to it.
    pub writeable: bool,
    /// The elements: as many bytes as the shape and the strides reach.
    pub frame: Frame<'f>,
}

impl<'f> ArrayParts<'f> {
    /// Of a header that was found to be an array's; takes the frame.
    pub fn read(source: &ArraySource<'_>, slots: &mut [Slot<'f>]) -> Result<Self> {
        ArrayParts::of_header(&source.header(slots)?, source.class, slots)
    }

    fn of_header(parsed: &ArrayHeader<'_>, class: ArrayClass, slots: &mut [Slot<'f>]) -> Result<Self> {
        let dtype = parsed.dtype()?;
        if has_objects(&dtype) {
            return Err(Error::mismatch("an array of plain data", format_args!("an array of {dtype}")));
        }
        let frame = take_one(slots)?;
        parsed.check_frame(dtype.itemsize(), frame.len())?;
        parsed.len()?;
        Ok(ArrayParts {
            class: class.name(),
            shape: parsed.shape().to_vec(),
            strides: parsed.strides().to_vec(),
            contiguous: parsed.is_c_contiguous(dtype.itemsize()),
            writeable: parsed.writeable,
            dtype,
            frame,
        })
    }
}

#[cold]
fn short_frame(dtype: &DType, shape: &[u64], needed: u64, bytes: usize) -> Error {
    Error::invalid(format!("an array of {dtype} of shape {shape:?} needs a frame of {needed} bytes, not of {bytes}"))
}

/// The items in C order, as they lie or collected.
#[cfg(feature = "sprs")]
pub(crate) fn c_bytes(array: &NdArray) -> Result<Cow<'_, [u8]>> {
    gather(&array.shape, &array.strides, &array.frame, array.dtype.itemsize(), &Limits::DEFAULT)
}

/// The strides of C order.
pub(super) fn c_strides(shape: &[u64], itemsize: usize) -> Result<Vec<i64>> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize as u64;
    for (stride, &n) in strides.iter_mut().zip(shape).rev() {
        let too_large = |_| Error::invalid(format!("an array of the shape {shape:?} is larger than any memory"));
        *stride = i64::try_from(step).map_err(too_large)?;
        // As numpy has it, where there is no element at all.
        step = step.saturating_mul(n.max(1));
    }
    Ok(strides)
}

/// True if the elements are, or hold, Python objects. The nesting of a dtype is bounded where it is read.
fn has_objects(dtype: &DType) -> bool {
    dtype.kind() == 'O'
        || dtype.subarray().is_some_and(|(base, _)| has_objects(base))
        || dtype.fields().is_some_and(|fields| fields.iter().any(|f| has_objects(&f.dtype)))
}

/// A copy of the header that stands at `cursor`, without the entry `key`.
pub(crate) fn without_key(cursor: &Cursor<'_>) -> Result<Header> {
    let mut walk = *cursor;
    let n = walk.map()?;
    let (mut body, mut kept) = (Vec::new(), 0);
    for _ in 0..n {
        let key = walk.value()?;
        let value = walk.value()?;
        if key != b"\xa3key" {
            body.extend_from_slice(key);
            body.extend_from_slice(value);
            kept += 1;
        }
    }
    let mut bytes = Vec::with_capacity(body.len() + 5);
    crate::msgpack::write::map_len(&mut bytes, kept)?;
    bytes.append(&mut body);
    debug_assert!(Cursor::new(&bytes, &DEFAULT_DECODER).skip().is_ok());
    Ok(Header { bytes })
}
