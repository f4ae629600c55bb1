//! Masked arrays: `{"data-header", "nframes", "mask-header"?, "fill-value"}` and the frames of the data, then of the mask.
//!
//! The parts are arrays of their own and keep their layout. What stands for a masked item is kept as it came, and never read.

use super::dtype::DType;
use super::header::ArrayHeader;
use super::item::ArrayItem;
use super::nd_array::NdArray;
use super::source::ArrayClass;
use crate::classref::ClassRef;
use crate::entry::Entry;
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::{Cursor, Kind, Number, write};
use crate::writer::Writer;
use bytes::Bytes;

/// An array of numpy in which some items count as missing: `numpy.ma.MaskedArray`.
///
/// Items that are masked have a value all the same, which is kept.
///
/// ```
/// use frames_core::{DType, MaskedArray, NdArray};
/// let data = NdArray::new(DType::parse("|u1")?, &[3], None, vec![1, 2, 3])?;
/// let mask = NdArray::new(DType::parse("|b1")?, &[3], None, vec![0, 1, 0])?;
/// let array = MaskedArray::new(data, Some(mask))?;
/// let (header, frames) = frames_core::serialize(&array)?;
/// let same: MaskedArray = frames_core::deserialize(&header, frames)?;
/// assert_eq!(same.to_options::<u8>()?, [Some(1), None, Some(3)]);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MaskedArray {
    data: NdArray,
    mask: Option<NdArray>,
    fill_value: FillValue,
}

/// What numpy puts in the place of masked items when it fills them.
///
/// ```
/// use frames_core::{DType, FillValue, MaskedArray, NdArray};
/// let data = NdArray::new(DType::parse("|u1")?, &[1], None, vec![1])?;
/// let array = MaskedArray::new(data, None)?.with_fill_value(FillValue::Int(7));
/// assert_eq!(array.fill_value(), &FillValue::Int(7));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FillValue {
    /// What numpy fills with that is told nothing: 999999, 1e20, `True`, `NaT`, `"N/A"`, by the dtype.
    Default,
    /// Of bools.
    Bool(bool),
    /// Of integers.
    Int(i64),
    /// Of integers beyond `i64`.
    UInt(u64),
    /// Of floats; compared by its bits.
    Float(f64),
    /// Of anything else: the pickle of a scalar of numpy, which nothing here opens. `frames_pickle::read` does.
    Pickle(Bytes),
}

impl PartialEq for FillValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (FillValue::Default, FillValue::Default) => true,
            (FillValue::Bool(a), FillValue::Bool(b)) => a == b,
            (FillValue::Int(a), FillValue::Int(b)) => a == b,
            (FillValue::UInt(a), FillValue::UInt(b)) => a == b,
            (FillValue::Float(a), FillValue::Float(b)) => a.to_bits() == b.to_bits(),
            (FillValue::Pickle(a), FillValue::Pickle(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for FillValue {}

impl MaskedArray {
    /// An array and its mask: a bool for each item (of a record: for each field), true where it is masked. Without one nothing is masked.
    ///
    /// # Errors
    ///
    /// The mask has another shape than the data, or its items are not bools; or the data is a `memoryview` or `array.array`, of which
    /// numpy makes no masked array.
    ///
    /// ```
    /// use frames_core::{DType, MaskedArray, NdArray};
    /// let data = NdArray::new(DType::parse("|u1")?, &[3], None, vec![1, 2, 3])?;
    /// let mask = NdArray::new(DType::parse("|b1")?, &[2], None, vec![0, 1])?;
    /// let error = MaskedArray::new(data, Some(mask)).unwrap_err();
    /// assert_eq!(error.to_string(), "expected a mask of shape [3], found an array of shape [2]");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new(data: NdArray, mask: Option<NdArray>) -> Result<MaskedArray> {
        for part in [Some(&data), mask.as_ref()].into_iter().flatten() {
            if !matches!(part.class(), ArrayClass::NdArray | ArrayClass::Matrix) {
                return Err(Error::mismatch("an array of numpy", part.class().name()));
            }
        }
        if let Some(mask) = &mask {
            if mask.shape() != data.shape() {
                return Err(Error::mismatch(
                    format_args!("a mask of shape {:?}", data.shape()),
                    format_args!("an array of shape {:?}", mask.shape()),
                ));
            }
            if !is_mask_of(mask.dtype(), data.dtype()) {
                return Err(Error::mismatch(
                    format_args!("a mask for items of {}", data.dtype()),
                    format_args!("an array of {}", mask.dtype()),
                )
                .with_help("a mask has the dtype |b1, and that of a record a field of |b1 for each of its own"));
            }
        }
        Ok(MaskedArray { data, mask, fill_value: FillValue::Default })
    }

    /// The same array, with another value to fill with. numpy casts it to the dtype of the array, or refuses.
    ///
    /// ```
    /// # use frames_core::{DType, FillValue, MaskedArray, NdArray};
    /// # let data = NdArray::new(DType::parse("|u1")?, &[1], None, vec![1])?;
    /// let array = MaskedArray::new(data, None)?.with_fill_value(FillValue::UInt(0));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_fill_value(self, fill_value: FillValue) -> MaskedArray {
        MaskedArray { fill_value, ..self }
    }

    /// The items, also those that are masked.
    ///
    /// ```
    /// # use frames_core::{DType, MaskedArray, NdArray};
    /// # let data = NdArray::new(DType::parse("|u1")?, &[1], None, vec![1])?;
    /// assert_eq!(MaskedArray::new(data, None)?.data().to_vec::<u8>()?, [1]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn data(&self) -> &NdArray {
        &self.data
    }

    /// The mask, of the same shape; `None` if it was not sent, and nothing is masked.
    ///
    /// ```
    /// # use frames_core::{DType, MaskedArray, NdArray};
    /// # let data = NdArray::new(DType::parse("|u1")?, &[1], None, vec![1])?;
    /// assert!(MaskedArray::new(data, None)?.mask().is_none());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn mask(&self) -> Option<&NdArray> {
        self.mask.as_ref()
    }

    /// What masked items are filled with.
    ///
    /// ```
    /// # use frames_core::{DType, FillValue, MaskedArray, NdArray};
    /// # let data = NdArray::new(DType::parse("|u1")?, &[1], None, vec![1])?;
    /// assert_eq!(MaskedArray::new(data, None)?.fill_value(), &FillValue::Default);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn fill_value(&self) -> &FillValue {
        &self.fill_value
    }

    /// The data, the mask and the fill value.
    ///
    /// ```
    /// # use frames_core::{DType, MaskedArray, NdArray};
    /// # let data = NdArray::new(DType::parse("|u1")?, &[1], None, vec![1])?;
    /// let (data, mask, fill_value) = MaskedArray::new(data, None)?.into_parts();
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn into_parts(self) -> (NdArray, Option<NdArray>, FillValue) {
        (self.data, self.mask, self.fill_value)
    }

    /// The items in C order, with `None` where one is masked: one copy.
    ///
    /// # Errors
    ///
    /// As [`NdArray::to_vec`], and for records, whose fields are masked one by one.
    ///
    /// ```
    /// # use frames_core::{DType, MaskedArray, NdArray};
    /// # let data = NdArray::new(DType::parse("|u1")?, &[1], None, vec![1])?;
    /// assert_eq!(MaskedArray::new(data, None)?.to_options::<u8>()?, [Some(1)]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_options<T: ArrayItem>(&self) -> Result<Vec<Option<T>>> {
        let data = self.data.to_vec::<T>()?;
        let Some(mask) = &self.mask else { return Ok(data.into_iter().map(Some).collect()) };
        let mask = mask.to_vec::<bool>()?;
        Ok(data.into_iter().zip(mask).map(|(item, masked)| (!masked).then_some(item)).collect())
    }
}

/// True if `mask` has a bool for each part of `data`. The nesting of a dtype is bounded where it is made.
fn is_mask_of(mask: &DType, data: &DType) -> bool {
    match (mask.fields(), data.fields(), mask.subarray(), data.subarray()) {
        (Some(masks), Some(fields), _, _) => {
            masks.len() == fields.len()
                && masks.iter().zip(fields).all(|(m, d)| m.name == d.name && is_mask_of(&m.dtype, &d.dtype))
        }
        (None, None, Some((mask, dims)), Some((data, shape))) => dims == shape && is_mask_of(mask, data),
        (None, None, None, None) => mask.kind() == 'b',
        _ => false,
    }
}

crate::impls::name!(MaskedArray);

impl FrameSerialize for MaskedArray {
    crate::impls::whole!();

    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        writer.raw(b"\x84\xaasub-header");
        write::map_len(&mut writer.out, if self.mask.is_some() { 4 } else { 3 })?;
        writer.raw(b"\xabdata-header");
        self.data.write_sub_header(&mut writer.out)?;
        writer.raw(b"\xa7nframes\x01");
        if let Some(mask) = &self.mask {
            writer.raw(b"\xabmask-header");
            mask.write_sub_header(&mut writer.out)?;
        }
        writer.raw(b"\xaafill-value\x92");
        match &self.fill_value {
            FillValue::Pickle(pickle) => {
                write::bool(&mut writer.out, true);
                write::bin(&mut writer.out, pickle)?;
            }
            plain => {
                write::bool(&mut writer.out, false);
                match plain {
                    FillValue::Bool(value) => write::bool(&mut writer.out, *value),
                    FillValue::Int(value) => write::int(&mut writer.out, *value),
                    FillValue::UInt(value) => write::uint(&mut writer.out, *value),
                    FillValue::Float(value) => write::f64(&mut writer.out, *value),
                    // numpy takes None for its default.
                    FillValue::Default | FillValue::Pickle(_) => write::nil(&mut writer.out),
                }
            }
        }
        writer.raw(super::MASKED);
        writer.frame(self.data.frame().clone());
        if let Some(mask) = &self.mask {
            writer.frame(mask.frame().clone());
        }
        Ok(())
    }

    fn read_entry(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Self> {
        match Entry::read(cursor)? {
            Entry::Class(class) if class.is_masked_array() => read(class.sub(), slots),
            other => other.refuse::<Self>("a masked array", cursor, slots),
        }
    }
}

fn read(mut sub: Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<MaskedArray> {
    let (mut data, mut mask, mut frames, mut fill_value) = (None, None, None, FillValue::Default);
    for _ in 0..sub.map()? {
        let key = sub.str()?;
        let mut at = sub;
        match key {
            "data-header" => data = Some(at),
            "mask-header" => mask = Some(at),
            "nframes" => frames = Some(at.count()?),
            "fill-value" => fill_value = read_fill(&mut at).map_err(|e| e.at_key("fill-value"))?,
            _ => {}
        }
        sub.skip()?;
    }
    let (Some(mut data), Some(frames)) = (data, frames) else {
        return Err(Error::invalid("a masked array has the keys `data-header` and `nframes`"));
    };
    let parsed = ArrayHeader::read(&mut data).map_err(|e| e.at_key("data-header"))?;
    if parsed.is_pickled() {
        let error = Error::new(ErrorKind::UnknownType, "a masked array of Python objects has no type here");
        return Err(error.with_help("the value can be forwarded unchanged"));
    }
    // Each part is one frame; `nframes` says how many the data has.
    let wanted = 1 + mask.is_some() as usize;
    if frames != 1 || slots.len() != wanted {
        let expected = format!("{wanted} frames with 1 of the data (the header says {frames})");
        return Err(Error::frame_count(expected, slots.len()));
    }
    let (first, rest) = slots.split_at_mut(1);
    let data = NdArray::from_header(&parsed, ArrayClass::NdArray, None, first).map_err(|e| e.at_key("data-header"))?;
    let mask = match mask {
        Some(mut mask) => {
            let parsed = ArrayHeader::read(&mut mask).map_err(|e| e.at_key("mask-header"))?;
            let mask = NdArray::from_header(&parsed, ArrayClass::NdArray, None, rest);
            Some(mask.map_err(|e| e.at_key("mask-header"))?)
        }
        None => None,
    };
    Ok(MaskedArray::new(data, mask)?.with_fill_value(fill_value))
}

/// `[false, a number]` or `[true, a pickle]`
fn read_fill(cursor: &mut Cursor<'_>) -> Result<FillValue> {
    let count = cursor.array()?;
    if count != 2 {
        return Err(Error::invalid(format!("a fill value is a flag and a value, and this has {count} items")));
    }
    if cursor.bool()? {
        return Ok(FillValue::Pickle(Bytes::copy_from_slice(cursor.bin()?)));
    }
    Ok(match cursor.kind()? {
        Kind::Nil => FillValue::Default,
        Kind::Bool => FillValue::Bool(cursor.bool()?),
        _ => match cursor.number("a fill value")? {
            Number::Unsigned(n) => i64::try_from(n).map_or(FillValue::UInt(n), FillValue::Int),
            Number::Signed(n) => FillValue::Int(n),
            Number::F32(x) => FillValue::Float(x.into()),
            Number::F64(x) => FillValue::Float(x),
        },
    })
}

/// `numpy.ma.masked`: the item that a masked array gives out in the place of one that is masked.
///
/// ```
/// use frames_core::MaskedConstant;
/// let (header, frames) = frames_core::serialize(&MaskedConstant)?;
/// assert!(frames.is_empty());
/// assert_eq!(frames_core::deserialize::<MaskedConstant>(&header, frames)?, MaskedConstant);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MaskedConstant;

crate::impls::name!(MaskedConstant);

impl FrameSerialize for MaskedConstant {
    crate::impls::whole!();

    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        writer.raw(b"\x84\xaasub-header\x80\xa4type");
        writer.text("numpy.ma.core.MaskedConstant")?;
        writer.raw(b"\xaftype-serialized");
        write::bin(&mut writer.out, &ClassRef::new("numpy.ma.core", "MaskedConstant").encode())?;
        writer.raw(b"\xaaserializer\xa4dask");
        Ok(())
    }

    fn read_entry(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Self> {
        match Entry::read(cursor)? {
            Entry::Class(class) if class.is_masked_constant() => match slots.len() {
                0 => Ok(MaskedConstant),
                n => Err(Error::frame_count("no frame", n)),
            },
            other => other.refuse::<Self>("numpy.ma.masked", cursor, slots),
        }
    }
}
