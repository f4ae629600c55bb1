//! Tables of Arrow: `arrow_array::RecordBatch` and [`Table`], which Dask knows as `pyarrow.RecordBatch` and `pyarrow.Table`; and single arrays:
//! `arrow_array::ArrayRef`, the arrays of one type, and [`ChunkedArray`], which Python has as `pyarrow.Array` and `pyarrow.ChunkedArray`; and
//! [`ExtensionArray`], Python's `pyarrow.ExtensionArray`.
//!
//! Of a table Dask sends one frame, a stream of Arrow's IPC format. It is read here without a copy: the arrays point into the frame, and what a peer says
//! of lengths, types and offsets is checked before an array is made of it. The reader is our own, because that of `arrow-ipc` panics on schemas
//! and messages that no writer makes; of it only the flatbuffers, which are verified, and the writer are used.
//!
//! This module must never make an array that was not validated, nor allocate what has not arrived.
//!
//! *Out.* Dask's reader takes one frame, so a stream for Python is one copy of the data. For [`Reader::Rust`](crate::Reader::Rust) the stream is
//! cut where its large buffers are: each is a frame of its own, which shares the memory of the array.
//!
//! A single array travels as a pickle, because Dask has no other form for it: its buffers are frames for Python, too, and shared. To read one
//! that came as a pickle, link the crate frames-pickle (`use frames_pickle as _;`).

mod array;
mod batch;
mod build;
mod extension;
mod pickle;
mod read;
mod schema;
mod stream;
mod write;

pub use array::ChunkedArray;
pub(crate) use array::is_array;
#[doc(hidden)]
pub use build::Parts;
pub use extension::{ExtensionArray, ExtensionType};

use crate::entry::Entry;
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Slot, take_all};
use crate::impls::whole;
use crate::msgpack::Cursor;
use crate::writer::Writer;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;

/// A table: a schema, and batches of it. Python's `pyarrow.Table`, whose columns have the batches as chunks.
///
/// Unlike a list of batches it keeps its schema, and the metadata there, when it has no rows.
///
/// ```
/// use frames_core::arrow::Table;
/// use arrow_array::{Int64Array, RecordBatch};
/// use std::sync::Arc;
///
/// let batch = RecordBatch::try_from_iter([("x", Arc::new(Int64Array::from(vec![1, 2, 3])) as _)]).unwrap();
/// let table = Table::from(batch);
/// let (header, frames) = frames_core::serialize(&table)?;
/// assert_eq!(frames.len(), 1, "what Dask's own serializer sends");
/// let same: Table = frames_core::deserialize(&header, frames)?;
/// assert_eq!(same, table);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Table {
    /// A table of batches that all have the fields of `schema`.
    ///
    /// # Errors
    ///
    /// A batch with other fields.
    ///
    /// ```
    /// use frames_core::arrow::Table;
    /// use arrow_schema::{DataType, Field, Schema};
    /// use std::sync::Arc;
    /// let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Int64, true)]));
    /// assert_eq!(Table::try_new(schema, Vec::new())?.num_rows(), 0);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn try_new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<Self> {
        let differs = |batch: &&RecordBatch| batch.schema_ref().fields() != schema.fields();
        if let Some(batch) = batches.iter().find(differs) {
            let (wanted, found) = (schema.fields(), batch.schema());
            return Err(Error::mismatch(
                format_args!("a batch with the fields {wanted:?}"),
                format_args!("{:?}", found.fields()),
            ));
        }
        Ok(Table { schema, batches })
    }

    /// The fields, and the metadata of the whole.
    ///
    /// ```
    /// # use frames_core::arrow::Table;
    /// # use arrow_schema::Schema;
    /// assert!(Table::try_new(Schema::empty().into(), Vec::new())?.schema().fields().is_empty());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The batches in their order.
    ///
    /// ```
    /// # use frames_core::arrow::Table;
    /// # use arrow_schema::Schema;
    /// assert!(Table::try_new(Schema::empty().into(), Vec::new())?.batches().is_empty());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// The batches, moved out.
    ///
    /// ```
    /// # use frames_core::arrow::Table;
    /// # use arrow_schema::Schema;
    /// assert!(Table::try_new(Schema::empty().into(), Vec::new())?.into_batches().is_empty());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn into_batches(self) -> Vec<RecordBatch> {
        self.batches
    }

    /// The rows of all batches.
    ///
    /// ```
    /// # use frames_core::arrow::Table;
    /// # use arrow_array::RecordBatch;
    /// # use arrow_schema::Schema;
    /// assert_eq!(Table::from(RecordBatch::new_empty(Schema::empty().into())).num_rows(), 0);
    /// ```
    pub fn num_rows(&self) -> usize {
        self.batches.iter().fold(0, |sum, batch| sum.saturating_add(batch.num_rows()))
    }

    /// The parts of the first column of a name, one a batch; `None` if there is no such column.
    ///
    /// ```
    /// # use frames_core::arrow::Table;
    /// # use arrow_array::{Array, Int64Array, RecordBatch};
    /// # use std::sync::Arc;
    /// let batch = RecordBatch::try_from_iter([("x", Arc::new(Int64Array::from(vec![1, 2])) as _)]).unwrap();
    /// let table = Table::from(batch);
    /// assert_eq!(table.column("x").unwrap().map(|part| part.len()).sum::<usize>(), 2);
    /// assert!(table.column("y").is_none());
    /// ```
    pub fn column(&self, name: &str) -> Option<impl Iterator<Item = &ArrayRef>> {
        let index = self.schema.index_of(name).ok()?;
        Some(self.batches.iter().filter_map(move |batch| batch.columns().get(index)))
    }
}

impl Table {
    /// Writes it cut at large buffers, whoever will read it: for the families of other crates, which hand it to this crate again.
    #[doc(hidden)]
    pub fn write_shared(&self, writer: &mut Writer<'_>) -> Result<()> {
        write::entry("Table", &self.schema, &self.batches, true, writer)
    }
}

/// A table of one batch.
impl From<RecordBatch> for Table {
    fn from(batch: RecordBatch) -> Self {
        Table { schema: batch.schema(), batches: vec![batch] }
    }
}

crate::register!(Table, name = "pyarrow.lib.Table", python = "pyarrow.lib:Table");
crate::register!(RecordBatch, name = "pyarrow.lib.RecordBatch", python = "pyarrow.lib:RecordBatch");

/// Reads the stream of a batch or a table, in one frame or cut into several; `None` of what is neither, where nothing was taken.
fn read_table(expected: &'static str, cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Option<Table>> {
    let start = *cursor;
    match Entry::read(cursor)? {
        Entry::Class(class) if class.is::<Table>()? || class.is::<RecordBatch>()? => {
            let table = read::table(take_all(frames)?, &class.sub()).map_err(|e| e.in_type(expected))?;
            Ok(Some(table))
        }
        _ => {
            *cursor = start;
            Ok(None)
        }
    }
}

/// Also reads a batch, as a table of one.
impl FrameSerialize for Table {
    whole!();
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        write::entry("Table", &self.schema, &self.batches, writer.is_packed(), writer)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        match read_table("pyarrow.lib.Table", cursor, frames)? {
            Some(table) => Ok(table),
            None => Entry::read(cursor)?.refuse::<Self>("a table of Arrow", cursor, frames),
        }
    }
}

/// Also reads a table that has at most one batch. To put several into one is a copy, which the reader of a [`Table`] may make or not.
impl FrameSerialize for RecordBatch {
    whole!();
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        write::entry("RecordBatch", self.schema_ref(), std::slice::from_ref(self), writer.is_packed(), writer)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        let Some(Table { schema, mut batches }) = read_table("pyarrow.lib.RecordBatch", cursor, frames)? else {
            return Entry::read(cursor)?.refuse::<Self>("a batch of Arrow", cursor, frames);
        };
        match (batches.pop(), batches.len()) {
            (Some(batch), 0) => Ok(batch),
            (None, _) => Ok(RecordBatch::new_empty(schema)),
            (Some(_), before) => {
                Err(Error::mismatch("one pyarrow.lib.RecordBatch", format_args!("a table of {} batches", before + 1))
                    .with_help("read it as a `frames_core::arrow::Table`"))
            }
        }
    }
}

/// What Arrow itself says about an array or a schema.
#[cold]
fn refused(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Invalid, error.to_string())
}
