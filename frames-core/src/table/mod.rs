//! Many values of one type as a table: one pass over the values, and two forms on the wire.
//!
//! ```text
//!            FrameSerialize::pack, a row after the other              FrameSerialize::unpack
//! values ──────────────────────────────────────────► Table            Source ─────────────► values
//!                                                      │                 ▲
//!                                  packed (for Rust):  ├─ rows, text, child tables ─┘        packed.rs
//!                                  portable (for all): └─ a column a field: arrays, text     portable.rs, columns.rs
//! ```
//!
//! A row is of fixed width: numbers, flags, and the lengths of what is not. Text lies in one buffer a column, and what a row
//! has none, one or many of (`Vec`, `Option`, a variant's data) in a child table, row after row. Where a value's parts are, its
//! [`Place`], is known to the compiler: every type says what it takes ([`shape`](crate::FrameSerialize::shape)), and a
//! struct lays its fields one behind the other. What has no better form is `other`: a msgpack value or a header in a buffer.
//!
//! The portable form takes the rows apart a block at a time, while they are in the first cache, so that memory never holds
//! them twice. Nothing here may believe a length, or allocate for rows that are not there.

mod buffer;
mod columns;
pub(crate) mod packed;
pub(crate) mod portable;
mod schema;
mod source;
mod text;
mod write;

pub(crate) use buffer::Buffer;
pub(crate) use columns::dimensions;
pub(crate) use columns::read_arrays;
pub use columns::{NTH, read_array_rows, read_lists, read_options, read_tuple_rows};
pub(crate) use columns::{checked_offsets, read_dict, read_offsets, read_present};
pub use schema::Schema;
pub use source::{Sources, Unpacker, get, unpack_other, unpack_with};
pub(crate) use source::{copy_rows, take_array};
pub(crate) use source::{cut_text, flag};
pub(crate) use text::gather as gather_texts;
pub use text::read_texts;
pub(crate) use write::{NO_TEXT, Table, clear, pack_bytes};
pub use write::{Sinks, pack_other, pack_with, put};

use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::record::Key;
use crate::writer::Writer;

/// How many rows are packed before the portable form takes them apart: few enough to stay in the first cache.
pub(crate) const BLOCK: usize = 64;

/// What a row takes, or where in a row something stands: bytes of the row, text columns, child tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Bytes in the row.
    pub fixed: usize,
    /// Columns of text, or of values that have no better form.
    pub texts: usize,
    /// Child tables.
    pub tables: usize,
}

impl Place {
    /// Nothing; the start of a row.
    pub const START: Place = Place { fixed: 0, texts: 0, tables: 0 };
    /// Text, or a value without a better form: a length (and which frames) in the row, the bytes in a buffer.
    pub const TEXT: Place = Place { fixed: 4, texts: 1, tables: 0 };
    /// A length, a count of frames and the number of the first.
    pub const OTHER: Place = Place { fixed: 12, texts: 1, tables: 0 };
    /// A length, and rows in a child table.
    pub const LIST: Place = Place { fixed: 4, texts: 0, tables: 1 };
    /// A flag, and perhaps a row in a child table.
    pub const OPTION: Place = Place { fixed: 1, texts: 0, tables: 1 };

    /// `bytes` in the row.
    #[must_use]
    pub const fn bytes(bytes: usize) -> Place {
        Place { fixed: bytes, ..Place::START }
    }

    /// The place behind something of the shape `next`, or a shape with another behind it.
    #[must_use]
    pub const fn then(self, next: Place) -> Place {
        Place { fixed: self.fixed + next.fixed, texts: self.texts + next.texts, tables: self.tables + next.tables }
    }

    /// True if all of it is in the row.
    #[must_use]
    pub const fn is_flat(self) -> bool {
        self.texts == 0 && self.tables == 0 && self.fixed > 0
    }
}

/// Writes a slice as a table in the form that the reader takes; `name` is the type of the slice.
pub fn write_slice<'a, T: FrameSerialize>(items: &'a [T], name: &str, writer: &mut Writer<'a>) -> Result<()> {
    let mut table = Table::new::<T>(writer);
    if table.is_portable() {
        let mut bulk = 0;
        for item in items {
            bulk += item.bulk();
        }
        table.sinks.elementwise = portable::are_large(bulk, items.len());
    }
    table.extend(items, writer)?;
    table.finish(T::describe, name, writer)
}

/// Writes `rows` values, which `at` finds, as a table.
pub fn write_column<'a, T: FrameSerialize + 'a>(
    rows: usize,
    at: &dyn Fn(usize) -> &'a T,
    name: &str,
    writer: &mut Writer<'a>,
) -> Result<()> {
    let mut table = Table::new::<T>(writer);
    if table.is_portable() {
        let mut bulk = 0;
        for i in 0..rows {
            bulk += at(i).bulk();
        }
        table.sinks.elementwise = portable::are_large(bulk, rows);
    }
    for i in 0..rows {
        table.extend(std::slice::from_ref(at(i)), writer)?;
    }
    table.finish(T::describe, name, writer)
}

/// A code that no variant has.
#[cold]
pub fn no_such_variant(code: usize, variants: usize) -> Error {
    Error::new(ErrorKind::UnknownVariant, format!("there is no variant of the code {code}; there are {variants}"))
}

/// Says of an error in which field it is.
#[cold]
pub fn in_field<T>(error: Error, key: &Key) -> Result<T> {
    Err(error.at_field(key.name))
}

/// Says of an error in which element it is.
#[cold]
pub fn in_element<T>(error: Error, index: usize) -> Result<T> {
    Err(error.at_index(index))
}
