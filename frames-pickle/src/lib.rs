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
mod compat;
mod graph;
mod int;
mod literal;
mod look;
mod memo;
mod node;
pub mod numpy;
mod opcode;
pub mod pandas;
mod print;
pub mod pyarrow;
mod read;
mod text;
mod value;
mod walk;

pub use graph::{CallKind, Graph, Step};
pub use int::Int;
pub use node::{Buffer, Entries, Global, Items, Node, Object};
pub use read::{Python2, Reader, read};
pub use text::Text;
pub use value::Value;
