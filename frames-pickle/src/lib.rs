//! Python's pickles, without Python: read safely, written as CPython writes them, buffers out of band.
//!
//! A pickle is a program that makes objects. [`read`] runs none of it: it gives a [`Graph`] of the values that pickle knows (numbers, text,
//! bytes, containers) and of *recorded calls* for all others, in which shared and cyclic objects stay so. [`write()`] turns a graph into
//! the bytes that CPython would write for it, so what is not understood survives.
//!
//! ```
//! use frames_pickle::{Node, read, write};
//! // pickle.dumps({"a": [1, 2.5]})
//! let pickle = b"\x80\x04\x95\x17\0\0\0\0\0\0\0}\x94\x8c\x01a\x94]\x94(K\x01G@\x04\0\0\0\0\0\0es.";
//! let graph = read(pickle)?;
//! let Node::Dict(mut entries) = graph.node(graph.root()) else { panic!() };
//! let (key, value) = entries.next().unwrap();
//! assert!(matches!(graph.node(key), Node::Str(text) if text == "a"));
//! assert!(matches!(graph.node(value), Node::List(items) if items.len() == 2));
//! assert_eq!(write(&graph)?[2..], pickle[2..], "but for the number of the protocol");
//! # Ok::<(), frames_core::Error>(())
//! ```
//!
//! - [`from_slice`] and [`to_vec`], [`from_frames`] and [`to_frames`]: any type of serde's.
//! - [`Registry`]: recorded calls as Rust types ([`known`]), by exact names; it refuses all others. Arrays and tables: [`numpy`], [`pandas`], [`pyarrow`].
//! - Feature `arrow`: `to_arrow` of the types of [`pandas`] and [`pyarrow`] gives tables of arrow-rs, and pickled frames decode as
//!   `frames_core::arrow::Table`.
//! - [`disassemble`] and [`Graph::report`]: what a pickle says, and what it would call.
//! - Linking this crate (`use frames_pickle as _;`) gives frames-core the family `pickle`: derived types decode from pickled dicts and
//!   instances, `deserialize_any` keeps what it does not know as a [`Pickle`].
//!
//! ```
//! use frames_core::{Frames, FrameSerialize, Header, bytes::Bytes};
//! use frames_pickle as _;
//!
//! // What Dask sends of {"a": 7}
//! let header = Header::new().with("serializer", "pickle")?.with("writeable", &[false; 0])?;
//! let frames: Frames = vec![Bytes::from_static(b"\x80\x05}\x94\x8c\x01a\x94K\x07s.")].into();
//! let map: std::collections::BTreeMap<String, u8> = frames_core::deserialize(&header, frames)?;
//! assert_eq!(map["a"], 7);
//! # Ok::<(), frames_core::Error>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod aliases;
mod arg;
#[cfg(feature = "arrow")]
mod arrow;
mod budget;
mod build;
mod callable;
mod compat;
mod de;
mod dict;
mod dis;
mod dynamic;
mod encode;
mod family;
mod graph;
mod import;
mod int;
pub mod known;
mod literal;
mod look;
mod machine;
mod memo;
mod names;
mod node;
pub mod numpy;
mod opcode;
mod ops;
pub mod pandas;
mod part;
mod pickle;
mod pickled;
mod print;
pub mod pyarrow;
mod read;
mod registry;
mod report;
mod repr;
mod ser;
mod shared;
mod text;
mod value;
mod walk;
mod write;

pub use arg::Arg;
pub use callable::Callable;
pub use de::{Deserializer, from_frames, from_graph, from_slice};
pub use dict::Dict;
pub use dis::{disassemble, disassemble_to};
pub use graph::{CallKind, Graph, Step};
pub use int::Int;
pub use known::Known;
pub use known::to_graph::ToGraph;
pub use node::{Buffer, Entries, Global, Items, Node, Object};
pub use ops::{Opcode, Opcodes, opcodes};
pub use pickle::Pickle;
pub use pickled::Pickled;
pub use read::{Python2, Reader, read};
pub use registry::Registry;
pub use report::Report;
pub use ser::{Serializer, to_frames, to_vec};
pub use text::Text;
pub use value::Value;
pub use write::{Writer, write};
