//! Arrays as lists that are none of numbers: the rows of one of more dimensions, and the fields of records as columns. Nothing is copied, each part is
//! a view of the frame.

use super::dtype::DType;
use super::header::{count, reach};
use super::{ArraySource, NDARRAY, NdArray};
use crate::bulk::Elements;
use crate::collection;
use crate::error::Result;
use crate::frames::{Slot, take_one};
use crate::msgpack::{Cursor, write};
use crate::writer::Writer;

/// What a row takes at least where it is kept.
const ROW: u64 = 24;

/// Gives `out` the elements that an array has; false if it has none that are no numbers, where nothing was taken.
pub(crate) fn read(
    array: &ArraySource<'_>,
    cursor: &Cursor<'_>,
    slots: &mut [Slot<'_>],
    out: &mut dyn Elements,
) -> Result<bool> {
    let header = array.header(slots)?;
    let (dtype, shape, strides) = (header.dtype()?, header.shape(), header.strides());
    match (shape, strides, dtype.fields()) {
        ([_, _, ..], [_, _, ..], _) | ([_], [_], Some(_)) => {}
        _ => return Ok(false),
    }
    let is_records = shape.len() == 1;
    if is_records && !out.has_columns() {
        return Ok(false);
    }
    let frame = take_one(slots)?;
    header.check_frame(dtype.itemsize(), frame.len())?;
    if is_records {
        columns(&dtype, shape, strides, &frame.into_owned(), cursor, out)?;
        return Ok(true);
    }
    let (Some((&rows, shape)), Some((&stride, strides))) = (shape.split_first(), strides.split_first()) else {
        return Ok(false);
    };
    // Of all rows within rows, where an array is broadcast or has no items: each is made once it is asked for.
    let inner = shape.split_last().map_or((1, 1), |(&last, inner)| (last, count(inner).unwrap_or(u64::MAX)));
    let bytes = inner.0.saturating_mul(dtype.itemsize() as u64).max(ROW);
    // There are as many of the outermost rows even if there are none in them.
    let all = rows.saturating_mul(inner.1.max(1)).saturating_mul(bytes);
    cursor.decoder().limits.check_expansion(all, frame.len() as u64)?;
    let head = head(&dtype, shape, strides)?;
    let len = reach(shape, strides, dtype.itemsize())? as usize;
    out.expect(rows as usize);
    for index in 0..rows as usize {
        let start = index.saturating_mul(stride.unsigned_abs() as usize);
        // Rows without items may begin behind the end.
        let start = if len == 0 { 0 } else { start };
        let row = frame.slice(start..start.saturating_add(len))?;
        let mut inner = cursor.on(&head);
        inner.descend()?;
        out.entry(&mut inner, &mut [Some(row)]).map_err(|e| e.at_index(index))?;
    }
    Ok(true)
}

/// The header that all rows have.
fn head(dtype: &DType, shape: &[u64], strides: &[i64]) -> Result<Vec<u8>> {
    let mut head = b"\x84\xaasub-header\x84\xa5dtype\x92\0".to_vec();
    dtype.write_msgpack(&mut head)?;
    head.extend_from_slice(b"\xa5shape");
    write::array_len(&mut head, shape.len())?;
    shape.iter().for_each(|&n| write::uint(&mut head, n));
    head.extend_from_slice(b"\xa7strides");
    write::array_len(&mut head, strides.len())?;
    strides.iter().for_each(|&stride| write::int(&mut head, stride));
    head.extend_from_slice(b"\xa9writeable\x91\xc3");
    head.extend_from_slice(NDARRAY);
    Ok(head)
}

/// The fields of records, as the dict of columns that it would be.
fn columns(
    dtype: &DType,
    shape: &[u64],
    strides: &[i64],
    frame: &crate::Frame<'static>,
    cursor: &Cursor<'_>,
    out: &mut dyn Elements,
) -> Result<()> {
    let mut columns = Vec::new();
    for field in dtype.fields().unwrap_or_default() {
        let len = reach(shape, strides, field.dtype.itemsize())? as usize;
        let start = if len == 0 { 0 } else { field.offset };
        let part = frame.slice(start..start.saturating_add(len))?;
        let (base, dims) = match field.dtype.subarray() {
            Some((base, dims)) => (base.clone(), dims),
            None => (field.dtype.clone(), &[][..]),
        };
        let inner: Vec<u64> = dims.iter().map(|&n| n as u64).collect();
        let steps = super::nd_array::c_strides(&inner, base.itemsize())?;
        let column = NdArray::new(base, &[shape, &inner].concat(), Some(&[strides, &steps].concat()), part);
        columns.push((field.name.clone(), column.map_err(|e| e.at_field(field.name.clone()))?));
    }
    let (header, mut frames) = Writer::collect(&|w| {
        collection::write(w, "dict", None, |items| {
            columns.iter().try_for_each(|(name, column)| items.keyed(name, column))
        })
    })?;
    let mut inner = cursor.on(header.as_bytes());
    inner.descend()?;
    out.again(&mut inner, frames.slots_mut())
}
