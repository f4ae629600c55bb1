//! The arrays of one batch: lengths and buffers as the message names them, checked, and made into arrays that Arrow has validated.

use super::build::Parts;
use super::refused;
use super::schema::{Shape, invalid, unsupported};
use super::stream::Stream;
use crate::error::{Error, Result};
use crate::msgpack::Cursor;
use arrow_array::ArrayRef;
use arrow_buffer::Buffer;
use arrow_data::{ArrayData, layout};
use arrow_ipc as ipc;
use arrow_schema::DataType;
use flatbuffers::VectorIter;
use std::collections::HashMap;
use std::ops::Range;

/// The values of the dictionaries that have come, the last of each number.
pub(super) type Dictionaries = HashMap<i64, ArrayData>;

/// A batch as far as it was read: columns take lengths and buffers in the order of the fields, depth first.
pub(super) struct Batch<'s> {
    stream: &'s Stream,
    body: Range<usize>,
    rows: usize,
    nodes: VectorIter<'s, ipc::FieldNode>,
    places: VectorIter<'s, ipc::Buffer>,
    /// How many buffers of data each array of views has.
    variadic: VectorIter<'s, i64>,
    is_v4: bool,
    /// Bytes of the body that no buffer has used: each is of one buffer, so that none is validated often.
    unused: usize,
    /// Rows that may be without a byte.
    free: usize,
    nodes_limit: u64,
    dictionaries: &'s Dictionaries,
}

impl<'s> Batch<'s> {
    pub(super) fn new(
        part: ipc::RecordBatch<'s>,
        stream: &'s Stream,
        body: Range<usize>,
        version: ipc::MetadataVersion,
        at: &Cursor<'_>,
        dictionaries: &'s Dictionaries,
    ) -> Result<Self> {
        if part.compression().is_some() {
            return Err(unsupported("a batch of Arrow whose buffers are compressed")
                .with_help("Dask does not compress them; write it without `IpcWriteOptions(compression=…)`"));
        }
        let limit = at.decoder().limits.nodes;
        Ok(Batch {
            rows: usize::try_from(part.length()).map_err(refused)?,
            nodes: part.nodes().unwrap_or_default().iter(),
            places: part.buffers().unwrap_or_default().iter(),
            variadic: part.variadicBufferCounts().unwrap_or_default().iter(),
            is_v4: version == ipc::MetadataVersion::V4,
            unused: body.len(),
            free: usize::try_from(limit).unwrap_or(usize::MAX).max(stream.len().saturating_mul(8)),
            nodes_limit: limit,
            stream,
            body,
            dictionaries,
        })
    }

    /// How many rows the message says.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Rows that have no byte anywhere: not more than the limit, or than a bit of the stream for each.
    pub(super) fn check_free(&self, rows: usize) -> Result<()> {
        if rows <= self.free {
            return Ok(());
        }
        Err(Error::limit("nodes", self.nodes_limit, format_args!("{rows} rows without a byte")))
    }

    /// Nothing may be left.
    pub(super) fn finish(&self) -> Result<()> {
        match (self.nodes.len(), self.places.len(), self.variadic.len()) {
            (0, 0, 0) => Ok(()),
            _ => Err(invalid("a batch of Arrow has more lengths or buffers than its columns take")),
        }
    }

    /// The next array, as a column of the batch.
    pub(super) fn column(&mut self, data_type: &DataType, shape: &Shape) -> Result<ArrayRef> {
        let (parts, null_count) = self.parts(data_type, shape)?;
        let column = parts.build_array()?;
        check_nulls(null_count, column.null_count())?;
        Ok(column)
    }

    /// The next array. Types nest as deep as the schema was allowed to.
    pub(super) fn array(&mut self, data_type: &DataType, shape: &Shape) -> Result<ArrayData> {
        let (parts, null_count) = self.parts(data_type, shape)?;
        let data = parts.build()?;
        check_nulls(null_count, data.null_count())?;
        Ok(data)
    }

    /// What the next array is made of, and how many nulls it says it has, if it may have some of its own.
    fn parts(&mut self, data_type: &DataType, shape: &Shape) -> Result<(Parts, Option<usize>)> {
        let node = self.nodes.next().ok_or_else(|| invalid("a batch of Arrow lacks the length of a column"))?;
        let len = usize::try_from(node.length()).map_err(refused)?;
        let null_count = usize::try_from(node.null_count()).map_err(refused)?;
        if is_free(data_type) {
            self.check_free(len)?;
        }
        let has_nulls = match data_type {
            DataType::Null | DataType::RunEndEncoded(..) => false,
            DataType::Union(..) if self.is_v4 => return Err(unsupported("a union of Arrow before 1.0")),
            DataType::Union(..) => false,
            _ => true,
        };
        // It may be left out where nothing is null.
        let validity = if has_nulls { Some(self.buffer()?) } else { None };
        let validity = validity.filter(|validity| !validity.is_empty() || null_count > 0);
        let buffers = self.buffers(data_type)?;
        let children = self.children(data_type, shape)?;
        let parts = Parts { data_type: data_type.clone(), len, offset: 0, validity, buffers, children };
        Ok((parts, has_nulls.then_some(null_count)))
    }

    /// The buffers behind the validity.
    fn buffers(&mut self, data_type: &DataType) -> Result<Vec<Buffer>> {
        if data_type.is_primitive() {
            return Ok(vec![self.buffer()?]);
        }
        let layout = layout(data_type);
        let mut buffers = Vec::with_capacity(layout.buffers.len());
        for _ in &layout.buffers {
            buffers.push(self.buffer()?);
        }
        if layout.variadic {
            let count = self.variadic.next().ok_or_else(|| invalid("a batch of Arrow lacks the buffers of views"))?;
            for _ in 0..u64::try_from(count).map_err(refused)? {
                buffers.push(self.buffer()?);
            }
        }
        Ok(buffers)
    }

    fn children(&mut self, data_type: &DataType, shape: &Shape) -> Result<Vec<ArrayData>> {
        if let Some(id) = shape.dictionary {
            let values = self.dictionaries.get(&id).cloned();
            return match values {
                Some(values) => Ok(vec![values]),
                None => Err(invalid(format!("dictionary {id} of a stream has not come"))),
            };
        }
        let mut children = Vec::with_capacity(shape.children.len());
        let mut shapes = shape.children.iter();
        let mut child = |data_type: &DataType| {
            let shape = shapes.next().ok_or_else(|| invalid("a type of Arrow has more parts than were read of it"))?;
            children.push(self.array(data_type, shape)?);
            Ok::<_, Error>(())
        };
        match data_type {
            DataType::List(field)
            | DataType::FixedSizeList(field, _)
            | DataType::LargeList(field)
            | DataType::ListView(field)
            | DataType::LargeListView(field)
            | DataType::Map(field, _) => child(field.data_type())?,
            DataType::Struct(fields) => {
                for field in fields {
                    child(field.data_type()).map_err(|e| e.at_field(field.name().clone()))?;
                }
            }
            DataType::RunEndEncoded(ends, values) => {
                child(ends.data_type())?;
                child(values.data_type())?;
            }
            DataType::Union(fields, _) => {
                for (_, field) in fields.iter() {
                    child(field.data_type()).map_err(|e| e.at_field(field.name().clone()))?;
                }
            }
            _ => {}
        }
        Ok(children)
    }

    /// The next buffer of the body.
    fn buffer(&mut self) -> Result<Buffer> {
        let place = self.places.next().ok_or_else(|| invalid("a batch of Arrow lacks a buffer"))?;
        let start = usize::try_from(place.offset()).map_err(refused)?;
        let len = usize::try_from(place.length()).map_err(refused)?;
        let end = start.checked_add(len).filter(|end| *end <= self.body.len());
        let Some(end) = end else {
            let size = self.body.len();
            return Err(invalid(format!("a buffer of Arrow of {len} bytes at {start} leaves the {size} of its batch")));
        };
        let unused = self.unused.checked_sub(len);
        self.unused = unused.ok_or_else(|| invalid("the buffers of a batch of Arrow overlap"))?;
        self.stream.get(self.body.start + start..self.body.start + end)
    }
}

/// What a message says of an array must be true of it.
fn check_nulls(said: Option<usize>, found: usize) -> Result<()> {
    match said {
        Some(said) if said != found => Err(invalid(format!("an array of Arrow has {found} nulls and not {said}"))),
        _ => Ok(()),
    }
}

/// True for a type of which a row may have no byte.
fn is_free(data_type: &DataType) -> bool {
    match data_type {
        DataType::Null | DataType::FixedSizeBinary(0) | DataType::FixedSizeList(_, 0) => true,
        DataType::RunEndEncoded(..) => true,
        DataType::Struct(fields) => fields.is_empty(),
        _ => false,
    }
}
