//! Masked arrays of numpy: an object with `data`, `mask` and `fill_value`, in Dask's form of them, without a copy.

use super::{Dynamic, Object, ObjectKind, read};
use crate::classref::ClassRef;
use crate::error::{Error, Result};
use crate::frames::Slot;
use crate::msgpack::{Cursor, write as msgpack};
use crate::numpy::{MASKED, NdArray};
use crate::writer::Writer;

/// What numpy puts in the place of masked items, if only a pickle can say it.
const PICKLED: &str = "fill_value_pickled";

/// Reads the sub-header with its frames.
pub(super) fn read(mut sub: Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Dynamic> {
    let (mut data, mut mask, mut frames, mut fill) = (None, None, None, None);
    for _ in 0..sub.map()? {
        let key = sub.str()?;
        let mut at = sub;
        match key {
            "data-header" => data = Some(at),
            "mask-header" => mask = Some(at),
            "nframes" => frames = Some(at.count()?),
            "fill-value" => fill = Some(at),
            _ => {}
        }
        sub.skip()?;
    }
    let (Some(data), Some(frames)) = (data, frames) else {
        return Err(Error::invalid("the sub-header of a masked array has the keys `data-header` and `nframes`"));
    };
    let total = slots.len();
    let Some((of_data, of_mask)) = usize::try_from(frames).ok().and_then(|n| slots.split_at_mut_checked(n)) else {
        return Err(Error::frame_count(format_args!("{frames} frames of data"), total));
    };
    let data = NdArray::read_sub_header(&data, of_data).map_err(|e| e.at_field("data"))?;
    let mask = match mask {
        Some(mask) => NdArray::read_sub_header(&mask, of_mask).map_err(|e| e.at_field("mask"))?.into(),
        None if of_mask.is_empty() => Dynamic::None,
        None => return Err(Error::frame_count("no frames of a mask", of_mask.len())),
    };
    let mut attributes = vec![("data".to_owned(), data.into()), ("mask".to_owned(), mask)];
    if let Some(mut fill) = fill {
        if fill.array()? != 2 {
            return Err(Error::invalid("a fill value is a pair"));
        }
        let name = if fill.bool()? { PICKLED } else { "fill_value" };
        attributes.push((name.to_owned(), read::inline(&mut fill, None)?));
    }
    Ok(Object::new(ClassRef::new("numpy.ma", "MaskedArray"), attributes).into())
}

/// Writes a masked array in Dask's form; false if it is none, or not made of what such a one has.
pub(super) fn write<'a>(object: &'a Object, writer: &mut Writer<'a>) -> Result<bool> {
    if !object.class.is("numpy.ma", "MaskedArray") || object.kind != ObjectKind::Instance {
        return Ok(false);
    }
    let [(data, Dynamic::Array(array)), (mask, flags), rest @ ..] = &object.attributes[..] else { return Ok(false) };
    let fill = match rest {
        [] => None,
        [(name, fill)] if name == "fill_value" && super::write::is_inline(fill, 1) => Some((false, fill)),
        [(name, fill @ Dynamic::Bytes(_))] if name == PICKLED => Some((true, fill)),
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
    writer.raw(b"\x84\xaasub-header");
    writer.map_len(2 + usize::from(flags.is_some()) + usize::from(fill.is_some()))?;
    writer.raw(b"\xabdata-header");
    writer.raw(&array.sub_header()?);
    writer.raw(b"\xa7nframes\x01");
    if let Some(flags) = flags {
        writer.raw(b"\xabmask-header");
        writer.raw(&flags.sub_header()?);
    }
    if let Some((is_pickled, fill)) = fill {
        writer.raw(b"\xaafill-value\x92");
        msgpack::bool(&mut writer.out, is_pickled);
        super::write::inline(fill, writer)?;
    }
    writer.raw(MASKED);
    writer.frame(array.frame().clone());
    if let Some(flags) = flags {
        writer.frame(flags.frame().clone());
    }
    Ok(true)
}
