//! Arrays of pyarrow as those of arrow-rs: the same buffers, validated.

use super::{refused, types};
use crate::look::{invalid, short};
use crate::pyarrow::{ArrowArray, ChunkedArray};
use arrow_array::{ArrayRef, make_array};
use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_schema::{DataType, FieldRef};
use bytes::Bytes;
use frames_core::arrow::Parts;
use frames_core::{Error, ErrorKind, Result};
use std::collections::HashSet;

/// How often the bytes of a pickle are looked at, which may name one buffer in many arrays; and how many in any case.
const EXPANSION: usize = 64;
const FREE: usize = 16 << 20;

/// Arrays of one value of a pickle.
pub(super) struct Arrays {
    seen: HashSet<(usize, usize)>,
    /// Bytes that are there, and those that were looked at.
    paid: usize,
    used: usize,
}

impl Arrays {
    pub(super) fn new() -> Self {
        Arrays { seen: HashSet::new(), paid: 0, used: 0 }
    }

    pub(super) fn array(&mut self, array: &ArrowArray) -> Result<ArrayRef> {
        let data_type = types::data_type(array.data_type.storage())?;
        Ok(make_array(self.data(array, &data_type)?))
    }

    pub(super) fn chunks(&mut self, array: &ChunkedArray) -> Result<Vec<ArrayRef>> {
        array.chunks.iter().map(|chunk| self.array(chunk)).collect()
    }

    /// The memory of a buffer.
    fn buffer(&mut self, bytes: Option<&Bytes>) -> Result<Buffer> {
        let Some(bytes) = bytes else { return Ok(Buffer::from(&[][..])) };
        self.used = self.used.saturating_add(bytes.len());
        if self.seen.insert((bytes.as_ptr() as usize, bytes.len())) {
            self.paid = self.paid.saturating_add(bytes.len());
        }
        if self.used > self.paid.saturating_mul(EXPANSION).saturating_add(FREE) {
            let text = format!("arrays of Arrow name their {} bytes of buffers more than {EXPANSION} times", self.paid);
            return Err(Error::new(ErrorKind::Limit, text));
        }
        Ok(Buffer::from(bytes.clone()))
    }

    /// `data_type` is that of the array, but for names in it that nobody keeps alike. The nesting of types was bounded when they were read.
    fn data(&mut self, array: &ArrowArray, data_type: &DataType) -> Result<ArrayData> {
        let mut buffers = array.buffers.iter();
        let validity = match buffers.next() {
            Some(Some(bits)) => Some(self.buffer(Some(bits))?),
            _ => None,
        };
        let buffers = match data_type {
            // The first of three or two; pyarrow leaves out what is not there.
            DataType::Null | DataType::Struct(_) | DataType::FixedSizeList(..) | DataType::RunEndEncoded(..) => {
                Vec::new()
            }
            _ => buffers.map(|buffer| self.buffer(buffer.as_ref())).collect::<Result<Vec<_>>>()?,
        };
        let children = self.children(array, data_type)?;
        let (len, offset) = (size(array.length)?, size(array.offset)?);
        let data = Parts { data_type: data_type.clone(), len, offset, validity, buffers, children }.build()?;
        match array.null_count {
            Some(count) if has_validity(data_type) && data.null_count() as u64 != count => Err(invalid(format!(
                "an array of {} has {} nulls and not {count}",
                short(data_type),
                data.null_count()
            ))),
            _ => Ok(data),
        }
    }

    fn children(&mut self, array: &ArrowArray, data_type: &DataType) -> Result<Vec<ArrayData>> {
        let fields: Vec<&FieldRef> = match data_type {
            DataType::Dictionary(_, values) => {
                let dictionary =
                    array.dictionary.as_ref().ok_or_else(|| invalid("a dictionary array has no dictionary"))?;
                return Ok(vec![self.data(dictionary, values)?]);
            }
            DataType::List(field)
            | DataType::LargeList(field)
            | DataType::ListView(field)
            | DataType::LargeListView(field)
            | DataType::FixedSizeList(field, _)
            | DataType::Map(field, _) => vec![field],
            DataType::Struct(fields) => fields.iter().collect(),
            DataType::Union(fields, _) => fields.iter().map(|(_, field)| field).collect(),
            DataType::RunEndEncoded(ends, values) => vec![ends, values],
            _ => Vec::new(),
        };
        if fields.len() != array.children.len() {
            return Err(invalid(format!("an array of {} has {} children", short(data_type), array.children.len())));
        }
        array.children.iter().zip(fields).map(|(child, field)| self.data(child, field.data_type())).collect()
    }
}

/// False for arrays whose nulls are not their own.
fn has_validity(data_type: &DataType) -> bool {
    !matches!(data_type, DataType::Null | DataType::Union(..) | DataType::RunEndEncoded(..))
}

pub(super) fn size(number: u64) -> Result<usize> {
    usize::try_from(number).map_err(refused)
}
