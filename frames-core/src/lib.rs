//! Values as a small msgpack **header** and a list of byte **frames**: the protocol of Dask's custom serialization.
//!
//! Derive [`FrameSerialize`] on a struct. Its bulk data leaves as frames that point into your own memory, its small data as
//! a header; the receiver is another Rust process or an unmodified Dask, which decodes the same bytes as a dict with
//! numpy arrays in it. Arrays, bytes, collections, classes and msgpack that Dask sends are decoded here without Python; pickles
//! are forwarded unchanged, unless a crate that reads them is linked.
//!
#![cfg_attr(feature = "derive", doc = "```")]
#![cfg_attr(not(feature = "derive"), doc = "```ignore")]
//! use frames_core::{Array, FrameSerialize};
//!
//! #[derive(FrameSerialize, Debug, PartialEq)]
//! struct Layer {
//!     name: String,
//!     step: u64,
//!     weights: Array<f32>,
//! }
//!
//! let layer = Layer { name: "conv1".into(), step: 7, weights: vec![0.5; 1024].into() };
//!
//! // A header of a few hundred bytes, and a frame that points into `layer.weights`: no copy.
//! let (header, frames) = frames_core::serialize(&layer)?;
//! assert_eq!(frames.get(0)?.as_ptr(), layer.weights.as_ptr().cast());
//!
//! // Back, by type …
//! let same: Layer = frames_core::deserialize(&header, frames.clone())?;
//! assert_eq!(same, layer);
//! // … or by the name in the header.
//! let any = frames_core::deserialize_any(&header, frames)?;
//! assert_eq!(any.downcast::<Layer>().unwrap(), layer);
//! # Ok::<(), frames_core::Error>(())
//! ```
//!
//! # Where to look
//!
//! | to | see |
//! |---|---|
//! | send and receive | [`serialize`], [`deserialize`], [`deserialize_any`]; settings in [`Encoder`] and [`Decoder`] |
//! | keep one value in a file | [`serialize_bytes`], [`deserialize_bytes`] |
//! | write a type's form by hand | [`FrameSerialize`], [`register!`] |
//! | keep an array without a copy | [`Array`]; of any shape and dtype, [`NdArray`]; with a mask, [`MaskedArray`] |
//! | send and receive tables of Arrow | `arrow::Table` and `arrow_array::RecordBatch`, with the feature `arrow` |
//! | … and its arrays one by one | `arrow_array::ArrayRef`, `Int64Array` and its kin, `arrow::ChunkedArray`, `arrow::ExtensionArray` |
//! | find types by name | [`Registry`] |
//! | look at a value of any kind | [`Dynamic`] |
//! | forward what is not understood | [`Serialized`] |
//! | put values into a message of Dask's | [`to_serialize`], [`Body`], [`write_message`], [`read_message`]; compressed: [`Codec`]; on a stream: [`write_frames`], [`read_frames`], after a [`Handshake`]; over tokio: `comm` |
//! | send and receive structs of serde's as messages | [`to_body`], [`from_body`]; a field that is a Python `set`: [`as_set`] |
//! | send and receive Python's dates, decimals, UUIDs and the like | [`python`]; the types of other crates for them, by features |
//! | bound what a peer may cost | [`Limits`] |
//!
//! # Bytes from outside
//!
//! No byte of a peer makes this crate run or import anything, panic, recurse beyond [`Limits::depth`], or take memory beyond a
//! small multiple of the bytes that arrived; of those that are compressed, beyond [`Limits::decompressed_bytes`]. There is no `unsafe` code in it.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod any;
mod array;
#[cfg(feature = "arrow")]
pub mod arrow;
mod blob;
mod buffers;
#[doc(hidden)]
pub mod bulk;
mod classref;
#[doc(hidden)]
pub mod collection;
#[cfg(feature = "comm")]
pub mod comm;
mod compress;
pub mod dynamic;
#[doc(hidden)]
pub mod entry;
mod envelope;
mod error;
mod family;
mod fields;
mod frame;
mod frame_serialize;
mod frames;
mod framing;
mod handshake;
mod header;
mod impls;
mod limits;
mod message;
mod msgpack;
mod numpy;
mod pickle_ops;
mod pieces;
#[doc(hidden)]
pub mod plain;
mod prelude;
pub mod python;
#[doc(hidden)]
pub mod record;
mod registry;
#[doc(hidden)]
pub mod table;
#[doc(hidden)]
pub mod variant;
#[doc(hidden)]
pub mod view;
mod writer;

pub use any::{AnyCollection, AnyValue, Serialized};
pub use array::{Array, ArrayMut};
pub use blob::{deserialize_bytes, pack_value, serialize_bytes, unpack_value};
pub use buffers::Buffers;
pub use classref::ClassRef;
pub use collection::CollectionKind;
pub use compress::Codec;
pub use dynamic::Dynamic;
pub use envelope::{Decoder, Encoder, Reader, deserialize, deserialize_any, serialize};
pub use error::{Error, ErrorKind, Result};
pub use family::{Family, ReadAny, ReadDynamic, Translate};
pub use frame::Frame;
pub use frame_serialize::{FrameSerialize, TypeName};
pub use frames::{Frames, IntoIter};
#[cfg(feature = "derive")]
pub use frames_derive::FrameSerialize;
pub use framing::{FrameReader, Pool, read_frames, write_frames};
pub use handshake::{Agreed, Handshake};
pub use header::{Header, HeaderRef};
#[cfg(feature = "sprs")]
pub use impls::SparseCoo;
pub use limits::Limits;
pub use message::{Body, EnumMember, Payload, as_set, from_body, read_message, to_body, to_serialize, write_message};
pub use numpy::{
    ArrayItem, ByteOrder, DType, Element, Field, FillValue, MaskedArray, MaskedConstant, NdArray, NdIter, NdView,
};
pub use prelude::{pack_frames, pack_prelude, unpack_frames, unpack_frames_ref};
pub use registry::{Registration, Registry};
pub use view::{Column, ColumnSlice, Pointed, Viewable, view};

/// Plain data: what may be an [`Element`].
pub use bytemuck;
/// The buffer type of shared frames.
pub use bytes;
/// Link-time registration, as [`register!`] and the derive use it.
pub use inventory;
/// Headers as a tree that a person can look at.
pub use rmpv;

/// What derived code calls. Not for people: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::collection::Elements;
    pub use crate::fields::{Fields, Values};
    pub use crate::frames::Slot;
    pub use crate::msgpack::{Cursor, Kind, Number};
    pub use crate::numpy::ArrayParts;
    pub use crate::record::{Complex, Key, Record};
    pub use crate::table::{Place, Schema, Sinks, Sources, Unpacker};
    pub use crate::variant::Payload;
    pub use crate::writer::Writer;
    pub use crate::{Column, Viewable};
    pub use crate::{
        DType, Element, Error, Field, FrameSerialize, Frames, Header, HeaderRef, Registration, Result, TypeName,
    };
    pub use crate::{bulk, collection, entry, plain, record, table, variant, view};
    pub use bytemuck;
    pub use inventory;
    pub use std::borrow::Cow;

    /// What families of pickles need of Python's objects.
    pub mod python {
        pub use crate::pickle_ops::shortest;
        pub use crate::python::{Scalar, class_header, is_utc, pickle, read, write, write_offset};
    }
}

/// The README's example compiles and runs.
#[cfg(all(doctest, feature = "derive", feature = "comm"))]
#[doc = include_str!("../../README.md")]
struct Readme;
