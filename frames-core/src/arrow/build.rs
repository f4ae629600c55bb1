//! Arrays out of a type, a length and buffers: what arrow-rs takes for granted is checked here, all else by its validation.
//!
//! arrow-rs panics where a buffer ends within an item, a child is shorter than offset and length, or a product is larger than a word.

use super::refused;
use super::schema::invalid;
use crate::error::Result;
use arrow_array::{ArrayRef, ArrowPrimitiveType, PrimitiveArray, downcast_primitive, make_array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow_data::{ArrayData, BufferSpec, layout};
use arrow_schema::{DataType, UnionMode};
use std::sync::Arc;

/// An array in parts, which nobody has checked.
#[derive(Debug)]
pub struct Parts {
    /// What it holds.
    pub data_type: DataType,
    /// How many items.
    pub len: usize,
    /// Where in the buffers and children the first one is.
    pub offset: usize,
    /// A bit for each item that is there; none if all are.
    pub validity: Option<Buffer>,
    /// Those behind the validity.
    pub buffers: Vec<Buffer>,
    /// Of lists and the like; of a dictionary its values.
    pub children: Vec<ArrayData>,
}

impl Parts {
    /// The array as `arrow_array` has it: numbers at once, which is a tenth of a table's time, all else through [`build`](Parts::build).
    ///
    /// # Errors
    ///
    /// As [`build`](Parts::build).
    pub fn build_array(self) -> Result<ArrayRef> {
        if let ([values], []) = (&self.buffers[..], &self.children[..]) {
            let end = self.offset.checked_add(self.len).ok_or_else(too_many)?;
            macro_rules! numbers {
                ($type:ty) => {
                    if let Some(values) = numbers::<$type>(values, self.offset, self.len)? {
                        let nulls = nulls(self.validity, self.offset, self.len, end)?;
                        let array = PrimitiveArray::<$type>::try_new(values, nulls).map_err(refused)?;
                        return Ok(Arc::new(array.with_data_type(self.data_type)));
                    }
                };
            }
            downcast_primitive! {
                &self.data_type => (numbers),
                _ => {}
            }
        }
        Ok(make_array(self.build()?))
    }

    /// The array, if it is one. Memory that is not aligned for its type is copied; no other is.
    ///
    /// # Errors
    ///
    /// A buffer or child is too short, an offset or index points elsewhere, or text is no UTF-8.
    pub fn build(self) -> Result<ArrayData> {
        let Parts { data_type, len, offset, validity, mut buffers, children } = self;
        let end = offset.checked_add(len).filter(|end| isize::try_from(*end).is_ok()).ok_or_else(too_many)?;
        if let (DataType::RunEndEncoded(..), 0) = (&data_type, len) {
            // arrow-rs writes a run that ends at 0 for no rows.
            return Ok(ArrayData::new_empty(&data_type));
        }
        let layout = layout(&data_type);
        for (buffer, spec) in buffers.iter_mut().zip(&layout.buffers) {
            match spec {
                BufferSpec::FixedWidth { byte_width, .. } if has_offsets(&data_type) => {
                    // An array of nothing may lack the one offset that it has.
                    if end == 0 && buffer.is_empty() {
                        *buffer = Buffer::from(vec![0u8; *byte_width]);
                    }
                    let count = end.checked_add(1).and_then(|count| count.checked_mul(*byte_width));
                    first(buffer, count.ok_or_else(too_many)?)?;
                }
                BufferSpec::FixedWidth { byte_width, .. } => {
                    first(buffer, end.checked_mul(*byte_width).ok_or_else(too_many)?)?;
                }
                BufferSpec::BitMap => first(buffer, end.div_ceil(8))?,
                BufferSpec::VariableWidth | BufferSpec::AlwaysNull => {}
            }
        }
        let reach = match &data_type {
            DataType::FixedSizeList(_, size) => {
                usize::try_from(*size).ok().and_then(|size| size.checked_mul(end)).ok_or_else(too_many)?
            }
            DataType::Struct(_) | DataType::Union(_, UnionMode::Sparse) => end,
            _ => 0,
        };
        if let Some(child) = children.iter().find(|child| child.len() < reach) {
            return Err(invalid(format!(
                "an array of Arrow needs {reach} items of a child, which has {}",
                child.len()
            )));
        }
        let nulls = nulls(validity, offset, len, end)?;
        let builder = ArrayData::builder(data_type).len(len).offset(offset).nulls(nulls);
        builder.buffers(buffers).child_data(children).align_buffers(true).build().map_err(refused)
    }
}

/// So many numbers of a buffer, which must be as long; `None` where they are not aligned.
fn numbers<T: ArrowPrimitiveType>(
    values: &Buffer,
    offset: usize,
    len: usize,
) -> Result<Option<ScalarBuffer<T::Native>>> {
    let size = size_of::<T::Native>();
    let (start, bytes) = (offset.checked_mul(size), len.checked_mul(size));
    let (Some(start), Some(bytes)) = (start, bytes) else { return Err(too_many()) };

    let wanted = start.checked_add(bytes).ok_or_else(too_many)?;
    check_len(values.len(), wanted)?;
    if values.as_ptr().align_offset(align_of::<T::Native>()) != 0 {
        return Ok(None);
    }
    Ok(Some(ScalarBuffer::from(values.slice_with_length(start, bytes))))
}

/// The bits of what is there, if something is not.
fn nulls(validity: Option<Buffer>, offset: usize, len: usize, end: usize) -> Result<Option<NullBuffer>> {
    let Some(mut validity) = validity else { return Ok(None) };
    first(&mut validity, end.div_ceil(8))?;
    Ok(Some(NullBuffer::new(BooleanBuffer::new(validity, offset, len))).filter(|nulls| nulls.null_count() > 0))
}

/// True for a type whose first buffer says where each row ends, and so has one number more than there are rows.
fn has_offsets(data_type: &DataType) -> bool {
    use DataType::{Binary, LargeBinary, LargeList, LargeUtf8, List, Map, Utf8};
    matches!(data_type, Utf8 | LargeUtf8 | Binary | LargeBinary | List(_) | LargeList(_) | Map(..))
}

/// Keeps the bytes that items take.
fn first(buffer: &mut Buffer, wanted: usize) -> Result<()> {
    match buffer.len() {
        len if len > wanted => *buffer = buffer.slice_with_length(0, wanted),
        len if len == wanted => {}
        len => check_len(len, wanted)?,
    }
    Ok(())
}

fn check_len(len: usize, wanted: usize) -> Result<()> {
    if len >= wanted {
        return Ok(());
    }
    Err(invalid(format!("a buffer of Arrow has {len} bytes, and its items need {wanted}")))
}

#[cold]
pub(super) fn too_many() -> crate::error::Error {
    invalid("an array of Arrow has more items than there is memory")
}
