//! pyarrow's arrays, tables and types out of pickle graphs, without Arrow.
//!
//! An array is what Arrow's format says: a type, and buffers that were checked to be as long as it says; out of band they are shared and not
//! copied. To compute with one, hand its buffers to an implementation of Arrow.
//!
//! ```
//! use frames_pickle::{Buffer, Reader, pyarrow};
//! // pickle.dumps(pa.array(["a", "bc"]), 5, buffer_callback=…)
//! let pickle = b"\x80\x05cpyarrow.lib\n_restore_array\n(cpyarrow.lib\ntype_for_alias\n\x8c\x06string\x85RK\x02K\0K\0](N\
//!     cpyarrow.lib\npy_buffer\n\x97\x85Rcpyarrow.lib\npy_buffer\n\x97\x85Re]Nt\x85R.";
//! let buffers = [vec![0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0], b"abc".to_vec()].map(Buffer::from);
//! let graph = Reader::new().buffers(buffers).read(pickle)?;
//! let array = pyarrow::array(&graph, graph.root())?.unwrap();
//! assert_eq!((array.data_type.to_string().as_str(), array.length), ("string", 2));
//! assert_eq!(array.str_at(1)?, Some("bc"));
//! # Ok::<(), frames_core::Error>(())
//! ```

mod array;
mod extension;
mod types;

pub use extension::Extension;
pub use types::{DataType, Field, Metadata, Schema, TimeUnit};

use crate::aliases::Name;
use crate::graph::Graph;
use crate::look::{Call, invalid, short};
use crate::node::Node;
use crate::numpy::Arrays;
use crate::value::Value;
use array::is_same;
use bytes::Bytes;
use frames_core::{Error, Result};
use std::collections::HashMap;
use types::Known;

/// Reads what pyarrow pickled, each type once.
pub(crate) struct Arrow<'g> {
    pub(crate) arrays: Arrays<'g>,
    /// `None` while a type is read.
    types: HashMap<Value, Option<Known>>,
}

impl<'g> Arrow<'g> {
    pub(crate) fn new(graph: &'g Graph<'_>) -> Arrow<'g> {
        Arrow { arrays: Arrays::new(graph), types: HashMap::new() }
    }

    /// An array, or one in chunks.
    pub(crate) fn chunked(&mut self, value: Value) -> Result<Option<ChunkedArray>> {
        let graph = self.arrays.graph;
        let Some(call) = graph.known_call(value) else { return Ok(None) };
        match call.name {
            Name::RestoreArray => Ok(self
                .restored(value)?
                .map(|array| ChunkedArray { data_type: array.data_type.clone(), chunks: vec![array] })),
            Name::ChunkedArray => {
                let mut chunks = Vec::new();
                for chunk in self.arrays.sequence(call.arg(0))? {
                    let array = self.restored(chunk)?;
                    chunks.push(array.ok_or_else(|| graph.not("an array of Arrow", chunk))?);
                }
                let data_type = match (graph.node(call.arg(1)), chunks.first()) {
                    (Node::None, Some(first)) => first.data_type.clone(),
                    _ => self.data_type(call.arg(1))?,
                };
                for chunk in &mut chunks {
                    if !is_same(&data_type, &chunk.data_type, true) {
                        return Err(Error::mismatch(short(&data_type), short(&chunk.data_type)));
                    }
                    // With the names that the whole has for the items of lists.
                    chunk.data_type = data_type.clone();
                }
                let length = chunks.iter().try_fold(0u64, |sum, chunk| sum.checked_add(chunk.length));
                length.ok_or_else(|| invalid("an array in chunks has more items than there are numbers"))?;
                Ok(Some(ChunkedArray { data_type, chunks }))
            }
            _ => Ok(None),
        }
    }

    pub(crate) fn record_batch(&mut self, value: Value) -> Result<Option<RecordBatch>> {
        let Some(call @ Call { name: Name::RecordBatch, .. }) = self.arrays.graph.known_call(value) else {
            return Ok(None);
        };
        let Table { schema, columns, length } = self.columns(call)?;
        let mut arrays = Vec::new();
        for column in columns {
            match <[ArrowArray; 1]>::try_from(column.chunks) {
                Ok([array]) => arrays.push(array),
                Err(_) => return Err(invalid("a column of a batch is in chunks")),
            }
        }
        Ok(Some(RecordBatch { schema, columns: arrays, length }))
    }

    pub(crate) fn table(&mut self, value: Value) -> Result<Option<Table>> {
        match self.arrays.graph.known_call(value) {
            Some(call @ Call { name: Name::Table, .. }) => self.columns(call).map(Some),
            _ => Ok(None),
        }
    }

    /// Columns and schema of a batch or a table.
    fn columns(&mut self, call: Call<'g>) -> Result<Table> {
        let graph = self.arrays.graph;
        let schema = self.schema(call.arg(1))?;
        let columns = self.arrays.sequence(call.arg(0))?;
        if columns.len() != schema.fields.len() {
            let (columns, fields) = (columns.len(), schema.fields.len());
            return Err(invalid(format!("{columns} columns for a schema of {fields} fields")));
        }
        let mut table = Table { schema, columns: Vec::new(), length: 0 };
        for (index, column) in columns.into_iter().enumerate() {
            let mut column = self.chunked(column)?.ok_or_else(|| graph.not("a column of Arrow", column))?;
            let field = table.schema.fields.get(index).map(|field| &field.data_type);
            let Some(field) = field.filter(|field| is_same(field, &column.data_type, true)) else {
                return Err(invalid(format!(
                    "column {index} is of {}, and its field is not",
                    short(&column.data_type)
                )));
            };
            column.data_type = field.clone();
            column.chunks.iter_mut().for_each(|chunk| chunk.data_type = field.clone());
            if index > 0 && column.len() != table.length {
                return Err(invalid(format!("column {index} has {} rows and not {}", column.len(), table.length)));
            }
            table.length = column.len();
            table.columns.push(column);
        }
        Ok(table)
    }
}

/// The array of Arrow that `value` is; `None` if it is none.
///
/// # Errors
///
/// Its type is not known here, or its buffers are not as long as it says.
///
/// ```
/// let graph = frames_pickle::read(b"N.")?;
/// assert!(frames_pickle::pyarrow::array(&graph, graph.root())?.is_none());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn array(graph: &Graph<'_>, value: Value) -> Result<Option<ArrowArray>> {
    Arrow::new(graph).restored(value)
}

/// The array in chunks that `value` is, or the array as a single chunk; `None` if it is neither.
///
/// # Errors
///
/// As those of [`array`](fn@array), or the chunks are of several types.
///
/// ```
/// // pa.chunked_array([], pa.int8())
/// let graph = frames_pickle::read(b"cpyarrow.lib\nchunked_array\n((lcpyarrow.lib\ntype_for_alias\n(Vint8\ntRtR.")?;
/// assert_eq!(frames_pickle::pyarrow::chunked_array(&graph, graph.root())?.unwrap().len(), 0);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn chunked_array(graph: &Graph<'_>, value: Value) -> Result<Option<ChunkedArray>> {
    Arrow::new(graph).chunked(value)
}

/// The batch of rows that `value` is; `None` if it is none.
///
/// # Errors
///
/// As those of [`array`](fn@array), or columns and schema do not fit.
///
/// ```
/// let graph = frames_pickle::read(b"N.")?;
/// assert!(frames_pickle::pyarrow::record_batch(&graph, graph.root())?.is_none());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn record_batch(graph: &Graph<'_>, value: Value) -> Result<Option<RecordBatch>> {
    Arrow::new(graph).record_batch(value)
}

/// The table that `value` is; `None` if it is none.
///
/// # Errors
///
/// As those of [`array`](fn@array), or columns and schema do not fit.
///
/// ```
/// // pa.table({})
/// let graph = frames_pickle::read(b"cpyarrow.lib\n_reconstruct_table\n((lcpyarrow.lib\nschema\n((lNtRtR.")?;
/// assert!(frames_pickle::pyarrow::table(&graph, graph.root())?.unwrap().columns.is_empty());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn table(graph: &Graph<'_>, value: Value) -> Result<Option<Table>> {
    Arrow::new(graph).table(value)
}

/// The type of Arrow that `value` is; `None` if it is none.
///
/// # Errors
///
/// It is one that is not known here, or too large.
///
/// ```
/// // pa.binary(4)
/// let graph = frames_pickle::read(b"cpyarrow.lib\nbinary\n(I4\ntR.")?;
/// let data_type = frames_pickle::pyarrow::data_type(&graph, graph.root())?.unwrap();
/// assert_eq!(data_type.to_string(), "fixed_size_binary[4]");
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn data_type(graph: &Graph<'_>, value: Value) -> Result<Option<DataType>> {
    match graph.known_call(value) {
        Some(Call { name: Name::TypeForAlias | Name::ArrowType(_), .. }) => {
            Arrow::new(graph).data_type(value).map(Some)
        }
        _ => Ok(None),
    }
}

/// The field that `value` is; `None` if it is none.
///
/// # Errors
///
/// Its type is not known here.
///
/// ```
/// let graph = frames_pickle::read(b"N.")?;
/// assert!(frames_pickle::pyarrow::field(&graph, graph.root())?.is_none());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn field(graph: &Graph<'_>, value: Value) -> Result<Option<Field>> {
    match graph.known_call(value) {
        Some(Call { name: Name::Field, .. }) => Arrow::new(graph).field(value).map(Some),
        _ => Ok(None),
    }
}

/// The schema that `value` is; `None` if it is none.
///
/// # Errors
///
/// A type in it is not known here.
///
/// ```
/// let graph = frames_pickle::read(b"N.")?;
/// assert!(frames_pickle::pyarrow::schema(&graph, graph.root())?.is_none());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn schema(graph: &Graph<'_>, value: Value) -> Result<Option<Schema>> {
    match graph.known_call(value) {
        Some(Call { name: Name::Schema, .. }) => Arrow::new(graph).schema(value).map(Some),
        _ => Ok(None),
    }
}

/// The bytes of the `pyarrow.Buffer` that `value` is; `None` if it is none.
///
/// # Errors
///
/// It is made of what are no bytes.
///
/// ```
/// let graph = frames_pickle::read(b"cpyarrow.lib\npy_buffer\n(C\x02hitR.")?;
/// assert_eq!(frames_pickle::pyarrow::buffer(&graph, graph.root())?.unwrap(), b"hi"[..]);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn buffer(graph: &Graph<'_>, value: Value) -> Result<Option<Bytes>> {
    Arrow::new(graph).py_buffer(value)
}

/// An array as Arrow's format lays it out.
///
/// Buffers are as long as type, length and offset say, with the offsets' last one inside of its data or child. What lies in between is checked
/// when an item is asked for, here for texts and bytes: the indices of dictionaries, the offsets of lists, list views and dense unions, and
/// run ends are as the sender wrote them.
///
/// ```
/// # fn f(graph: &frames_pickle::Graph<'_>) -> frames_core::Result<()> {
/// if let Some(array) = frames_pickle::pyarrow::array(graph, graph.root())? {
///     println!("{} items of {}", array.length, array.data_type);
/// }
/// # Ok(()) }
/// # f(&frames_pickle::Graph::new()).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArrowArray {
    /// What the items are.
    pub data_type: DataType,
    /// How many there are.
    pub length: u64,
    /// How many of them are null, if the sender knew.
    pub null_count: Option<u64>,
    /// Where the first one is in the buffers.
    pub offset: u64,
    /// Validity, and what the type has behind it; `None` where there is none.
    pub buffers: Vec<Option<Bytes>>,
    /// Of lists, structs and their kin.
    pub children: Vec<ArrowArray>,
    /// The values to which the indices of a dictionary array point.
    pub dictionary: Option<Box<ArrowArray>>,
}

impl ArrowArray {
    /// True if item `index` is there and not null, by the validity buffer.
    ///
    /// ```
    /// # fn f(array: &frames_pickle::pyarrow::ArrowArray) {
    /// let present = (0..array.length).filter(|index| array.is_valid(*index)).count();
    /// # }
    /// ```
    pub fn is_valid(&self, index: u64) -> bool {
        if index >= self.length || *self.data_type.storage() == DataType::Null {
            return false;
        }
        let Some(Some(validity)) = self.buffers.first() else { return true };
        let bit = self.offset + index;
        usize::try_from(bit / 8).ok().and_then(|byte| validity.get(byte)).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
    }

    /// The bytes of the items, if all are of the same whole number of them: shared, from the first item on.
    ///
    /// ```
    /// # fn f(array: &frames_pickle::pyarrow::ArrowArray) {
    /// let bytes = array.fixed_size_bytes();
    /// # }
    /// ```
    pub fn fixed_size_bytes(&self) -> Option<Bytes> {
        let size = array::bits(self.data_type.storage()).filter(|bits| bits % 8 == 0)? / 8;
        let start = usize::try_from(self.offset.checked_mul(size)?).ok()?;
        let end = usize::try_from(self.offset.checked_add(self.length)?.checked_mul(size)?).ok()?;
        match self.buffers.get(1)? {
            Some(data) => data.get(start..end).map(|items| data.slice_ref(items)),
            None => Some(Bytes::new()),
        }
    }

    /// Item `index` of texts or bytes; `None` if it is null or there is none.
    ///
    /// # Errors
    ///
    /// The array is of something else, or its offsets run backwards.
    ///
    /// ```
    /// # fn f(array: &frames_pickle::pyarrow::ArrowArray) -> frames_core::Result<()> {
    /// let first = array.bytes_at(0)?;
    /// # Ok(()) }
    /// ```
    pub fn bytes_at(&self, index: u64) -> Result<Option<&[u8]>> {
        if !self.is_valid(index) {
            return Ok(None);
        }
        let at = self.offset + index;
        let outside =
            || invalid(format!("item {index} of an array of {} is outside of its buffers", short(&self.data_type)));
        let data = |index: usize| self.buffers.get(index).and_then(Option::as_ref).map_or(&[][..], |data| &data[..]);
        let range = |data, start: u64, len: u64| {
            let (start, len) = (usize::try_from(start).ok()?, usize::try_from(len).ok()?);
            <[u8]>::get(data, start..start.checked_add(len)?)
        };
        let item = match self.data_type.storage() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary => {
                let (start, end) = (self.offset_at(at), self.offset_at(at + 1));
                start.zip(end).and_then(|(start, end)| range(data(2), start, end.checked_sub(start)?))
            }
            DataType::FixedSizeBinary(size) => range(data(1), at * u64::from(*size), u64::from(*size)),
            DataType::Utf8View | DataType::BinaryView => {
                let view: Option<&[u8; 16]> = range(data(1), at * 16, 16).and_then(|view| view.try_into().ok());
                view.and_then(|view| {
                    let [word, _, buffer, offset] = [0, 4, 8, 12].map(|at| {
                        view.get(at..at + 4).and_then(|word| word.try_into().ok()).map_or(0, u32::from_le_bytes)
                    });
                    match word {
                        len @ 0..=12 => view.get(4..4 + len as usize),
                        len => range(data(2usize.saturating_add(buffer as usize)), offset.into(), len.into()),
                    }
                })
            }
            _ => {
                return Err(Error::mismatch(
                    "an array of texts or bytes",
                    format_args!("one of {}", short(&self.data_type)),
                ));
            }
        };
        item.map(Some).ok_or_else(outside)
    }

    /// Item `index` of texts; `None` if it is null or there is none.
    ///
    /// # Errors
    ///
    /// The array is of something else, its offsets run backwards, or the text is not UTF-8.
    ///
    /// ```
    /// # fn f(array: &frames_pickle::pyarrow::ArrowArray) -> frames_core::Result<()> {
    /// let first = array.str_at(0)?;
    /// # Ok(()) }
    /// ```
    pub fn str_at(&self, index: u64) -> Result<Option<&str>> {
        if !matches!(self.data_type.storage(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
            return Err(Error::mismatch("an array of texts", format_args!("one of {}", short(&self.data_type))));
        }
        let text = self.bytes_at(index)?.map(std::str::from_utf8).transpose();
        text.map_err(|_| invalid(format!("item {index} of an array of texts is not UTF-8")))
    }
}

/// An array in pieces.
///
/// ```
/// # fn f(array: &frames_pickle::pyarrow::ChunkedArray) {
/// assert_eq!(array.is_empty(), array.len() == 0);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkedArray {
    /// What the items are.
    pub data_type: DataType,
    /// The pieces, each of that type.
    pub chunks: Vec<ArrowArray>,
}

impl ChunkedArray {
    /// How many items there are in all pieces.
    ///
    /// ```
    /// # fn f(array: &frames_pickle::pyarrow::ChunkedArray) {
    /// let items = array.len();
    /// # }
    /// ```
    pub fn len(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.length).fold(0, u64::saturating_add)
    }

    /// True if there is none.
    ///
    /// ```
    /// # fn f(array: &frames_pickle::pyarrow::ChunkedArray) {
    /// assert_eq!(array.is_empty(), array.len() == 0);
    /// # }
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Rows in arrays, a column each.
///
/// ```
/// # fn f(batch: &frames_pickle::pyarrow::RecordBatch) {
/// assert_eq!(batch.columns.len(), batch.schema.fields.len());
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordBatch {
    /// Names and types of the columns.
    pub schema: Schema,
    /// As many as the schema has fields, all of `length`.
    pub columns: Vec<ArrowArray>,
    /// How many rows.
    pub length: u64,
}

/// Rows in arrays in chunks, a column each.
///
/// ```
/// # fn f(table: &frames_pickle::pyarrow::Table) {
/// assert_eq!(table.columns.len(), table.schema.fields.len());
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Table {
    /// Names and types of the columns.
    pub schema: Schema,
    /// As many as the schema has fields, all of `length`.
    pub columns: Vec<ChunkedArray>,
    /// How many rows.
    pub length: u64,
}
