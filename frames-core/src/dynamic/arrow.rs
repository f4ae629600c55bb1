//! Tables and arrays of Arrow as they come from Dask: columns over the same memory. Of what has no simpler form here its buffers are shown.

use super::{Dynamic, Object, ObjectKind, Table};
use crate::arrow;
use crate::classref::ClassRef;
use crate::entry::Class;
use crate::error::Result;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::numpy::{DType, NdArray};
use arrow_array::{Array, ArrayRef, LargeStringArray, RecordBatch, StringArray};
use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_schema::{DataType, Schema};
use bytes::Bytes;
use std::collections::HashMap;

/// True for a class of Arrow, for Python or for Rust.
pub(super) fn is_arrow(class: &Class<'_>) -> Result<bool> {
    Ok(is_table(class)? || arrow::is_array(class)?)
}

fn is_table(class: &Class<'_>) -> Result<bool> {
    Ok(class.is::<arrow::Table>()? || class.is::<RecordBatch>()?)
}

/// Reads the header at `start`, which is of such a class.
pub(super) fn read(mut start: Cursor<'_>, class: &Class<'_>, slots: &mut [Slot<'_>]) -> Result<Dynamic> {
    if is_table(class)? {
        let name = if class.is::<arrow::Table>()? { "pyarrow.lib.Table" } else { "pyarrow.lib.RecordBatch" };
        return table(&arrow::Table::read_entry(&mut start, slots)?, name);
    }
    let array = arrow::ChunkedArray::read_entry(&mut start, slots)?;
    let storage = chunks(array.data_type(), array.chunks().iter())?;
    Ok(match array.extension() {
        None => storage,
        Some(extension) => {
            let (name, metadata) = (extension.name().into(), extension.metadata().into());
            described("ExtensionArray", vec![("extension", name), ("metadata", metadata), ("storage", storage)])
        }
    })
}

fn table(table: &arrow::Table, name: &str) -> Result<Dynamic> {
    let schema = table.schema();
    let mut columns = Vec::with_capacity(schema.fields().len());
    for (index, field) in schema.fields().iter().enumerate() {
        let parts = table.batches().iter().filter_map(|batch| batch.columns().get(index));
        columns.push((Dynamic::from(field.name().as_str()), chunks(field.data_type(), parts)?));
    }
    let mut made = Table::new(columns, table.num_rows() as u64);
    made.origin = Some(name.to_owned());
    made.attributes = attributes(schema);
    Ok(made.into())
}

/// A column in pieces: one of them as itself.
fn chunks<'a>(data_type: &DataType, parts: impl Iterator<Item = &'a ArrayRef>) -> Result<Dynamic> {
    let mut chunks = parts.map(|chunk| column(&**chunk)).collect::<Result<Vec<_>>>()?;
    Ok(match (chunks.len(), chunks.pop()) {
        (1, Some(one)) => one,
        (_, last) => {
            chunks.extend(last);
            described("ChunkedArray", vec![("type", data_type.to_string().into()), ("chunks", Dynamic::List(chunks))])
        }
    })
}

/// What the columns do not say.
fn attributes(schema: &Schema) -> Vec<(String, Dynamic)> {
    let types = schema.fields().iter().map(|field| {
        let nullable = if field.is_nullable() { "" } else { " not null" };
        Dynamic::from(format!("{}{nullable}", field.data_type()))
    });
    let mut attributes = vec![("types".to_owned(), Dynamic::Tuple(types.collect()))];
    if !schema.metadata().is_empty() {
        attributes.push(("metadata".to_owned(), metadata(schema.metadata())));
    }
    let fields = schema.fields().iter().filter(|field| !field.metadata().is_empty());
    let fields = fields.map(|field| Dynamic::Tuple(vec![field.name().as_str().into(), metadata(field.metadata())]));
    let fields: Vec<Dynamic> = fields.collect();
    if !fields.is_empty() {
        attributes.push(("metadata of fields".to_owned(), Dynamic::Tuple(fields)));
    }
    attributes
}

/// In the order of the keys: a map has none.
fn metadata(metadata: &HashMap<String, String>) -> Dynamic {
    let mut pairs: Vec<_> = metadata.iter().collect();
    pairs.sort();
    let pair = |(key, value): (&String, &String)| Dynamic::Tuple(vec![key.as_str().into(), value.as_str().into()]);
    Dynamic::Tuple(pairs.into_iter().map(pair).collect())
}

/// Plain numbers are an array over the buffer, texts a tuple; all others are shown by their buffers.
fn column(array: &dyn Array) -> Result<Dynamic> {
    if let Some(texts) = array.as_any().downcast_ref::<StringArray>() {
        return Ok(Dynamic::Tuple(texts.iter().map(text).collect()));
    }
    if let Some(texts) = array.as_any().downcast_ref::<LargeStringArray>() {
        return Ok(Dynamic::Tuple(texts.iter().map(text).collect()));
    }
    data(&array.to_data())
}

fn text(text: Option<&str>) -> Dynamic {
    text.map_or(Dynamic::None, Dynamic::from)
}

/// The nesting of an array is bounded where it is read.
fn data(array: &ArrayData) -> Result<Dynamic> {
    if let (Some(dtype), 0, [values]) = (dtype_of(array.data_type()), array.null_count(), array.buffers()) {
        let dtype = DType::parse(dtype)?;
        let start = array.offset().saturating_mul(dtype.itemsize());
        let len = array.len().saturating_mul(dtype.itemsize());
        if start.checked_add(len).is_some_and(|end| end <= values.len()) {
            let bytes = shared(values.slice_with_length(start, len));
            return Ok(NdArray::new(dtype, &[array.len() as u64], None, bytes)?.read_only().into());
        }
    }
    let validity = array.nulls().map_or(Dynamic::None, |nulls| shared(nulls.buffer().clone()).into());
    let buffers = array.buffers().iter().map(|buffer| shared(buffer.clone()).into());
    let mut attributes = vec![
        ("type", array.data_type().to_string().into()),
        ("length", (array.len() as u64).into()),
        ("null_count", (array.null_count() as u64).into()),
        ("offset", (array.offset() as u64).into()),
        ("buffers", Dynamic::List(std::iter::once(validity).chain(buffers).collect())),
    ];
    if !array.child_data().is_empty() {
        let children = array.child_data().iter().map(data).collect::<Result<Vec<_>>>()?;
        attributes.push(("children", Dynamic::List(children)));
    }
    Ok(described("Array", attributes))
}

fn described(name: &'static str, attributes: Vec<(&str, Dynamic)>) -> Dynamic {
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let mut object = Object::new(ClassRef::new("pyarrow.lib", name), attributes);
    object.kind = ObjectKind::Description;
    object.into()
}

/// The same memory.
fn shared(buffer: Buffer) -> Bytes {
    struct Owner(Buffer);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    Bytes::from_owner(Owner(buffer))
}

fn dtype_of(data_type: &DataType) -> Option<&'static str> {
    Some(match data_type {
        DataType::Int8 => "|i1",
        DataType::Int16 => "<i2",
        DataType::Int32 => "<i4",
        DataType::Int64 => "<i8",
        DataType::UInt8 => "|u1",
        DataType::UInt16 => "<u2",
        DataType::UInt32 => "<u4",
        DataType::UInt64 => "<u8",
        DataType::Float16 => "<f2",
        DataType::Float32 => "<f4",
        DataType::Float64 => "<f8",
        _ => return None,
    })
}
