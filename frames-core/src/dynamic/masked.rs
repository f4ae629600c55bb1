//! Masked arrays of numpy: an object with `data`, `mask` and `fill_value`, in Dask's form of them, without a copy.

use super::{Dynamic, Object, ObjectKind};
use crate::classref::ClassRef;
use crate::error::Result;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::numpy::{FillValue, MaskedArray};
use crate::writer::Writer;

/// What numpy puts in the place of masked items, if only a pickle can say it.
const PICKLED: &str = "fill_value_pickled";

/// Reads a header that is one's, with its frames.
pub(super) fn read(mut start: Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Dynamic> {
    let (data, mask, fill) = MaskedArray::read_entry(&mut start, slots)?.into_parts();
    let mask = mask.map_or(Dynamic::None, Dynamic::from);
    let (name, fill) = match fill {
        FillValue::Default => ("fill_value", Dynamic::None),
        FillValue::Bool(value) => ("fill_value", value.into()),
        FillValue::Int(value) => ("fill_value", value.into()),
        FillValue::UInt(value) => ("fill_value", value.into()),
        FillValue::Float(value) => ("fill_value", value.into()),
        FillValue::Pickle(pickle) => (PICKLED, Dynamic::Bytes(pickle)),
    };
    let attributes = [("data", data.into()), ("mask", mask), (name, fill)];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).into();
    Ok(Object::new(ClassRef::new("numpy.ma", "MaskedArray"), attributes).into())
}

/// Writes a masked array in Dask's form; false if it is none, or not made of what such a one has.
pub(super) fn write(object: &Object, writer: &mut Writer<'_>) -> Result<bool> {
    if !object.class.is("numpy.ma", "MaskedArray") || object.kind != ObjectKind::Instance {
        return Ok(false);
    }
    let [(data, Dynamic::Array(array)), (mask, flags), rest @ ..] = &object.attributes[..] else { return Ok(false) };
    let fill = match rest {
        [] => FillValue::Default,
        [(name, fill)] if name == "fill_value" => match fill {
            Dynamic::None => FillValue::Default,
            Dynamic::Bool(value) => FillValue::Bool(*value),
            Dynamic::Int(value) => FillValue::Int(*value),
            Dynamic::Wide(value) => match value.to_u64() {
                Some(value) => FillValue::UInt(value),
                None => return Ok(false),
            },
            Dynamic::Float(value) => FillValue::Float(*value),
            _ => return Ok(false),
        },
        [(name, Dynamic::Bytes(pickle))] if name == PICKLED => FillValue::Pickle(pickle.clone()),
        _ => return Ok(false),
    };
    let flags = match flags {
        Dynamic::Array(flags) => Some(flags),
        Dynamic::None => None,
        _ => return Ok(false),
    };
    if data != "data" || mask != "mask" {
        return Ok(false);
    }
    let array = MaskedArray::new((**array).clone(), flags.map(|flags| (**flags).clone()))?.with_fill_value(fill);
    let (header, frames) = array.serialize()?;
    writer.raw(header.as_bytes());
    frames.into_owned().into_iter().for_each(|frame| writer.frame(frame));
    Ok(true)
}
