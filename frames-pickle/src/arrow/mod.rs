//! What pyarrow and pandas pickled, as arrays and tables of arrow-rs.
//!
//! Arrays keep the memory of the pickle's buffers: those of pyarrow always, columns of pandas where they are numbers or times without gaps.
//! Copied are: bools of numpy (a byte each there, a bit here), masks, objects, what is strided or in the other byte order, and the levels of a
//! `MultiIndex`. All is validated; nothing is converted with a loss, and what has no exact form is an error.

mod array;
mod column;
mod frame;
mod json;
mod types;

use crate::pyarrow;
use array::Arrays;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;
use frames_core::arrow::{ChunkedArray, Table};
use frames_core::{Error, ErrorKind, Result};

impl pyarrow::ArrowArray {
    /// The array of arrow-rs, over the same memory; of an extension type the one in which it lies.
    ///
    /// # Errors
    ///
    /// It is not valid: an offset or index points elsewhere, text is no UTF-8; or one buffer is named so often that to look at it would not end.
    ///
    /// ```
    /// use arrow_array::Array;
    /// fn lengths(graph: &frames_pickle::Graph<'_>) -> frames_core::Result<Option<usize>> {
    ///     let array = frames_pickle::pyarrow::array(graph, graph.root())?;
    ///     array.map(|array| Ok(array.to_arrow()?.len())).transpose()
    /// }
    /// assert_eq!(lengths(&frames_pickle::Graph::new())?, None);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_arrow(&self) -> Result<ArrayRef> {
        Arrays::new().array(self)
    }
}

impl pyarrow::ChunkedArray {
    /// The chunks as arrays of arrow-rs, over the same memory.
    ///
    /// # Errors
    ///
    /// As those of [`ArrowArray::to_arrow`](pyarrow::ArrowArray::to_arrow).
    ///
    /// ```
    /// # fn f(array: &frames_pickle::pyarrow::ChunkedArray) -> frames_core::Result<()> {
    /// assert_eq!(array.to_arrow()?.len(), array.chunks.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_arrow(&self) -> Result<Vec<ArrayRef>> {
        Arrays::new().chunks(self)
    }

    /// The same with its type, as frames-core writes and reads it.
    ///
    /// # Errors
    ///
    /// As those of [`ArrowArray::to_arrow`](pyarrow::ArrowArray::to_arrow).
    ///
    /// ```
    /// // pa.chunked_array([], pa.int8())
    /// let graph = frames_pickle::read(b"cpyarrow.lib\nchunked_array\n((lcpyarrow.lib\ntype_for_alias\n(Vint8\ntRtR.")?;
    /// let array = frames_pickle::pyarrow::chunked_array(&graph, graph.root())?.unwrap();
    /// assert_eq!(array.to_chunked()?.data_type(), &arrow_schema::DataType::Int8);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_chunked(&self) -> Result<ChunkedArray> {
        let data_type = types::data_type(self.data_type.storage())?;
        let is_ordered = types::is_ordered(&self.data_type);
        let array = ChunkedArray::try_new(data_type, self.to_arrow()?)?.with_ordered(is_ordered);
        Ok(match types::extension(&self.data_type) {
            Some(extension) => array.with_extension(extension),
            None => array,
        })
    }
}

impl pyarrow::RecordBatch {
    /// The batch of arrow-rs, over the same memory.
    ///
    /// # Errors
    ///
    /// As those of [`ArrowArray::to_arrow`](pyarrow::ArrowArray::to_arrow); or a column has nulls that may have none.
    ///
    /// ```
    /// # fn f(batch: &frames_pickle::pyarrow::RecordBatch) -> frames_core::Result<()> {
    /// assert_eq!(batch.to_arrow()?.num_rows() as u64, batch.length);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_arrow(&self) -> Result<RecordBatch> {
        let mut arrays = Arrays::new();
        let columns = self.columns.iter().map(|column| arrays.array(column)).collect::<Result<_>>()?;
        batch(types::schema(&self.schema)?, columns, array::size(self.length)?)
    }
}

impl pyarrow::Table {
    /// The table of arrow-rs, over the same memory. Where columns have chunks of several lengths, batches end where any chunk does.
    ///
    /// # Errors
    ///
    /// As those of [`ArrowArray::to_arrow`](pyarrow::ArrowArray::to_arrow).
    ///
    /// ```
    /// # fn f(table: &frames_pickle::pyarrow::Table) -> frames_core::Result<()> {
    /// assert_eq!(table.to_arrow()?.num_rows() as u64, table.length);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_arrow(&self) -> Result<Table> {
        let mut arrays = Arrays::new();
        let columns = self.columns.iter().map(|column| arrays.chunks(column)).collect::<Result<_>>()?;
        table(types::schema(&self.schema)?, columns, array::size(self.length)?)
    }
}

/// A batch, checked.
fn batch(schema: SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, columns, &options).map_err(refused)
}

/// Columns in chunks as batches, cut where any of them is.
fn table(schema: SchemaRef, columns: Vec<Vec<ArrayRef>>, rows: usize) -> Result<Table> {
    /// So many slices are made in any case.
    const FREE: usize = 1 << 16;
    let chunks: usize = columns.iter().map(Vec::len).sum();
    if rows == 0 && columns.iter().any(Vec::is_empty) {
        return Table::try_new(schema, Vec::new());
    }
    // Empty chunks say nothing, unless there are only those.
    let keep = |chunks: Vec<ArrayRef>| {
        let first = chunks.first().cloned();
        let full: Vec<ArrayRef> = chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect();
        if full.is_empty() { first.into_iter().collect() } else { full }
    };
    let columns: Vec<Vec<ArrayRef>> = columns.into_iter().map(keep).collect();
    let mut ends = std::collections::BTreeSet::from([rows]);
    for column in &columns {
        let mut end = 0usize;
        for chunk in column {
            end = end.saturating_add(chunk.len());
            ends.insert(end);
        }
    }
    if ends.len().saturating_mul(columns.len()) > chunks.saturating_mul(64).saturating_add(FREE) {
        let text =
            format!("the {} columns of a table have chunks of so many lengths that they fit no batches", columns.len());
        return Err(Error::new(ErrorKind::Limit, text));
    }
    let (mut batches, mut start) = (Vec::with_capacity(ends.len()), 0);
    let mut places = vec![(0usize, 0usize); columns.len()];
    for end in ends {
        let mut parts = Vec::with_capacity(columns.len());
        for (column, (chunk, at)) in columns.iter().zip(&mut places) {
            let lacks = || invalid("the chunks of a column are not as long as its table");
            let whole = column.get(*chunk).ok_or_else(lacks)?;
            let len = end - start;
            if whole.len() - *at < len {
                return Err(lacks());
            }
            parts.push(if whole.len() == len { whole.clone() } else { whole.slice(*at, len) });
            *at += len;
            if *at == whole.len() {
                (*chunk, *at) = (*chunk + 1, 0);
            }
        }
        batches.push(batch(schema.clone(), parts, end - start)?);
        start = end;
    }
    Table::try_new(schema, batches)
}

use crate::look::invalid;

/// What Arrow itself says.
#[cold]
fn refused(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Invalid, error.to_string())
}
