//! Python's pickles, without Python: read safely, written as CPython writes them, buffers out of band.
//!
//! A pickle is a program that makes objects. [`read`] runs none of it: it gives a [`Graph`] of the values that pickle knows (numbers, text,
//! bytes, containers) and of *recorded calls* for all others, in which shared and cyclic objects stay so.
//!
//! ```
//! use frames_pickle::{Node, read};
//! // pickle.dumps({"a": [1, 2.5]})
//! let graph = read(b"\x80\x04\x95\x17\0\0\0\0\0\0\0}\x94\x8c\x01a\x94]\x94(K\x01G@\x04\0\0\0\0\0\0es.")?;
//! let Node::Dict(mut entries) = graph.node(graph.root()) else { panic!() };
//! let (key, value) = entries.next().unwrap();
//! assert!(matches!(graph.node(key), Node::Str(text) if text == "a"));
//! assert!(matches!(graph.node(value), Node::List(items) if items.len() == 2));
//! # Ok::<(), frames_core::Error>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod aliases;
mod arg;
mod callable;
mod compat;
mod de;
mod dis;
mod family;
mod graph;
mod int;
pub mod known;
mod literal;
mod look;
mod memo;
mod names;
mod node;
pub mod numpy;
mod opcode;
mod ops;
pub mod pandas;
mod part;
mod pickle;
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
pub use dis::{disassemble, disassemble_to};
pub use graph::{CallKind, Graph, Step};
pub use int::Int;
pub use known::Known;
pub use node::{Buffer, Entries, Global, Items, Node, Object};
pub use ops::{Opcode, Opcodes, opcodes};
pub use pickle::Pickle;
pub use read::{Python2, Reader, read};
pub use registry::Registry;
pub use report::Report;
pub use ser::{Serializer, to_frames, to_vec};
pub use text::Text;
pub use value::Value;
pub use write::{Writer, write};
