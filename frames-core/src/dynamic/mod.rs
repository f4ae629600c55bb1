//! A value of any kind, for people who do not know its type: what Python sees, as one tree.
//!
//! Everything that a header and frames can hold is read into a [`Dynamic`], written again and printed. Kinds stay what they are: a list is no
//! tuple, a frozenset no set, and an integer has all its digits. What cannot be opened is kept as it came, with the reason. Nothing here may
//! run what a peer sent, copy an array, print a payload, or leave something out without a word.

mod access;
#[cfg(feature = "arrow")]
mod arrow;
mod masked;
mod parts;
mod print;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use parts::{Object, ObjectKind, Table, Unopened, Wide};

use crate::error::Result;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::numpy::NdArray;
use crate::writer::Writer;
use bytes::Bytes;

/// A value of any kind that a cluster holds: what Python has, without Python.
///
/// ```
/// use frames_core::{Dynamic, deserialize, serialize};
/// let data = (7u8, "seven", vec![1.0f64, 2.0]);
/// let (header, frames) = serialize(&data)?;
/// let value: Dynamic = deserialize(&header, frames)?;
/// assert_eq!(format!("{value:?}"), r#"(7, "seven", array <f8 (2,) C 16 B)"#);
/// assert_eq!(value.index(0).and_then(Dynamic::as_i64), Some(7));
/// # Ok::<(), frames_core::Error>(())
/// ```
///
/// `{:?}` prints it on one line, `{}` as an indented tree; both are cut, however large the value is, and show no payload.
///
/// # What is what
///
/// | received | kind |
/// |---|---|
/// | family msgpack | what msgpack says; its arrays are tuples, as they are in Python; an extension is `Other` |
/// | arrays of the family dask | `Array`, over the frame; arrays of objects as their pickle says |
/// | `bytes`, `bytearray` | over the frame |
/// | collections | `List`, `Tuple`, `Set`, `Dict` |
/// | tables and batches of pyarrow (feature `arrow`) | `Table`; columns that are no plain numbers or texts are objects with their buffers |
/// | single arrays of pyarrow | as such a column |
/// | records in columns | `Table`; masked columns are objects of `numpy.ma.MaskedArray` with `data` and `mask` |
/// | derived structs, generic objects | `Object`; `Dict` if it is one |
/// | pickles | the same, and all that pickle knows, if `frames-pickle` is linked; `Other` if not |
/// | other classes, packed rows | `Other` |
/// | family error | an error |
///
/// The names of tuple structs and enums of Rust, which no Python sees, are not kept.
///
/// # Written
///
/// Read again by Rust, each kind is what it was. Python gets the same, but for these:
///
/// | kind | Python gets |
/// |---|---|
/// | `FrozenSet` | a `set` |
/// | `Table` | a `dict` of its columns, without the index |
/// | `Object` of a class that is registered (`register_generic`) | the object |
/// | … of any other class | an error |
/// | an `Object` that is not a [`ObjectKind::Instance`] | an error |
/// | a single array of pyarrow | what its kind here is: an array, a tuple of texts, or an error |
/// | a scalar of numpy, which is an `Array` without dimensions here | an array |
///
/// A dict with a key that msgpack has not (a frozenset, an object) can be looked at and not be written. A `Serialized` of the same header and
/// frames forwards all of it as it came.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Dynamic {
    /// Python's `None`.
    #[default]
    None,
    /// A bool.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// An integer beyond 64 bits, with all its digits.
    Wide(Wide),
    /// A float.
    Float(f64),
    /// A complex number: its real part, and its imaginary one.
    Complex(f64, f64),
    /// Text.
    Str(String),
    /// `bytes`: shared, mostly a part of a frame.
    Bytes(Bytes),
    /// `bytearray`, shared too.
    ByteArray(Bytes),
    /// An array of plain data, never copied.
    Array(Box<NdArray>),
    /// Columns of the same length.
    Table(Box<Table>),
    /// A list.
    List(Vec<Dynamic>),
    /// A tuple.
    Tuple(Vec<Dynamic>),
    /// A set, in the order in which it came.
    Set(Vec<Dynamic>),
    /// A frozenset, in the order in which it came.
    FrozenSet(Vec<Dynamic>),
    /// A dict, in its order.
    Dict(Vec<(Dynamic, Dynamic)>),
    /// An instance of a class, or what a pickle says of how to make it.
    Object(Box<Object>),
    /// What could not be opened.
    Other(Box<Unopened>),
}

crate::impls::name!(Dynamic);

impl FrameSerialize for Dynamic {
    crate::impls::whole!();

    fn is_inline(&self) -> bool {
        write::is_inline(self, write::DEEPEST)
    }
    fn is_nullable() -> bool {
        true
    }
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        write::inline(self, writer)
    }
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        write::entry(self, writer)
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        read::inline(cursor, None)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        read::entry(cursor, frames)
    }
}

/// Kinds and contents are equal; floats by their bits, so that a NaN equals itself and `0.0` is not `-0.0`. Sets and dicts have an order here.
///
/// ```
/// use frames_core::Dynamic;
/// assert_eq!(Dynamic::Float(f64::NAN), Dynamic::Float(f64::NAN));
/// assert_ne!(Dynamic::Int(1), Dynamic::Float(1.0));
/// assert_ne!(Dynamic::List(vec![]), Dynamic::Tuple(vec![]));
/// ```
impl PartialEq for Dynamic {
    fn eq(&self, other: &Self) -> bool {
        use Dynamic as D;
        match (self, other) {
            (D::None, D::None) => true,
            (D::Bool(a), D::Bool(b)) => a == b,
            (D::Int(a), D::Int(b)) => a == b,
            (D::Wide(a), D::Wide(b)) => a == b,
            (D::Float(a), D::Float(b)) => a.to_bits() == b.to_bits(),
            (D::Complex(a, b), D::Complex(c, d)) => (a.to_bits(), b.to_bits()) == (c.to_bits(), d.to_bits()),
            (D::Str(a), D::Str(b)) => a == b,
            (D::Bytes(a), D::Bytes(b)) | (D::ByteArray(a), D::ByteArray(b)) => a == b,
            (D::Array(a), D::Array(b)) => a == b,
            (D::Table(a), D::Table(b)) => a == b,
            (D::List(a), D::List(b))
            | (D::Tuple(a), D::Tuple(b))
            | (D::Set(a), D::Set(b))
            | (D::FrozenSet(a), D::FrozenSet(b)) => a == b,
            (D::Dict(a), D::Dict(b)) => a == b,
            (D::Object(a), D::Object(b)) => a == b,
            (D::Other(a), D::Other(b)) => a == b,
            _ => false,
        }
    }
}
