//! From a graph to any type of serde's.
//!
//! | Python | serde |
//! |---|---|
//! | `None` | `()`, `None`; anything else is `Some` |
//! | `bool`, `int`, `float` | the same; an integer as a float, and a float as `f32`, only if that is exact |
//! | `str` | text, borrowed where it lies in the pickle; a `char`; a variant without a value |
//! | `bytes`, `bytearray`, a buffer | bytes, borrowed; a sequence of `u8`; a [`Buffer`] without a copy |
//! | `list`, `tuple`, `set`, `frozenset`, `deque` and their subclasses | sequences; tuples, but of sets |
//! | `dict`, `OrderedDict`, `defaultdict`, `Counter` and their subclasses | maps, structs; with one entry a variant with a value |
//! | instances with a `__dict__`, `__slots__` or both; `SimpleNamespace`; dataclasses | structs, maps |
//! | namedtuples, and what is made of positional arguments or has a list for a state | structs by position, tuples, sequences |
//! | members of an `Enum`, instances of subclasses of `int`, `float`, `str`, `bytes` | their value |
//!
//! Fields that a struct does not have are passed over, as serde's rules are. Of a key that is there twice a map keeps the last, as Python does;
//! to a struct it is an error, and no pickler writes one.
//!
//! Nothing is called to find that out: `objects.rs` looks at how the pickle makes an object. What must never happen here: that a number is
//! rounded, that a pickle of a few bytes becomes gigabytes, that one nests until the stack ends.

mod access;
mod objects;
mod one;

use crate::graph::Graph;
use crate::node::Buffer;
use crate::read::Reader;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};
use one::De;
use serde::de::Deserialize;
use std::cell::Cell;

/// A value of any type of serde's from a pickle that needs no buffers.
///
/// # Errors
///
/// The bytes are no pickle, or it is of something else than the type: both sides are said, and the place.
///
/// ```
/// #[derive(Debug, PartialEq, serde::Deserialize)]
/// struct Point<'a> {
///     name: &'a str,
///     at: (i32, f64),
/// }
///
/// // {"name": "a", "at": (1, 2.5)}, or an instance with these attributes
/// let pickle = b"\x80\x04}(\x8c\x04name\x8c\x01a\x8c\x02atK\x01G@\x04\0\0\0\0\0\0\x86u.";
/// assert_eq!(frames_pickle::from_slice::<Point>(pickle)?, Point { name: "a", at: (1, 2.5) });
///
/// let error = frames_pickle::from_slice::<Vec<u8>>(b"](K\x01M\x2c\x01e.").unwrap_err();
/// assert_eq!(error.to_string(), "[1]: 300 does not fit u8");
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn from_slice<'de, T: Deserialize<'de>>(pickle: &'de [u8]) -> Result<T> {
    from_frames(pickle, &[])
}

/// The same from a pickle and the buffers that travelled beside it. Bytes are borrowed from them, and a [`Buffer`] shares them.
///
/// # Errors
///
/// As [`from_slice`]; there are more buffers than the pickle uses, or fewer.
///
/// ```
/// use frames_pickle::Buffer;
/// let buffers = [Buffer::from(vec![7; 1 << 20])];
/// let bytes: &[u8] = frames_pickle::from_frames(b"\x80\x05\x97.", &buffers)?;
/// assert!(std::ptr::eq(bytes, &**buffers[0].bytes()));
///
/// let shared: Buffer = frames_pickle::from_frames(b"\x80\x05\x97.", &buffers)?;
/// assert!(std::ptr::eq(&**shared.bytes(), bytes));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn from_frames<'de, T: Deserialize<'de>>(pickle: &'de [u8], buffers: &'de [Buffer]) -> Result<T> {
    Deserializer::new().from_frames(pickle, buffers)
}

/// The same from a value of a graph that was read already, which lends its text and bytes.
///
/// # Errors
///
/// The value is something else than the type: both sides are said, and the place.
///
/// ```
/// let graph = frames_pickle::read(b"\x80\x04](K\x01K\x02e.")?;
/// let numbers: Vec<u32> = frames_pickle::from_graph(&graph, graph.root())?;
/// assert_eq!(numbers, [1, 2]);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn from_graph<'de, T: Deserialize<'de>>(graph: &'de Graph<'_>, value: Value) -> Result<T> {
    Deserializer::new().from_graph(graph, value)
}

/// How far a pickle may be taken apart; the functions [`from_slice`], [`from_frames`] and [`from_graph`] are of the default.
///
/// A pickle says of one object that it is in many places, and Rust's types have no such thing: an object is made anew at each.
/// A pickle of sixty bytes could become gigabytes so. Each value that is made counts one, a container 16 more, and 16 bytes of text or bytes
/// one more: about what they take in memory. There may be [`expansion`](Self::expansion) times as many as the pickle has, and
/// [`free`](Self::free) in any case.
///
/// ```
/// use frames_pickle::Deserializer;
/// // (x, x) of (x, x) of ... of 0, 60 times
/// let bomb = [b"\x80\x04K\x00".to_vec(), b"2\x86".repeat(60), b".".to_vec()].concat();
/// let deserializer = Deserializer::new().free(1000);
/// let error = deserializer.from_slice::<serde_json::Value>(&bomb).unwrap_err();
/// assert_eq!(error.kind(), frames_core::ErrorKind::Limit);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Deserializer {
    depth: u16,
    expansion: u64,
    free: u64,
}

impl Default for Deserializer {
    fn default() -> Self {
        Deserializer { depth: 128, expansion: 64, free: 1 << 24 }
    }
}

impl Deserializer {
    /// The default bounds.
    ///
    /// ```
    /// assert_eq!(frames_pickle::Deserializer::new().from_slice::<u8>(b"K\x07.")?, 7);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new() -> Self {
        Deserializer::default()
    }

    /// How many containers, options and newtype structs may be inside of each other: serde reads them by recursion, and this bounds the
    /// stack. Default 128, which fits the 2 MiB of a thread in a debug build.
    ///
    /// ```
    /// let deserializer = frames_pickle::Deserializer::new().depth(1);
    /// assert!(deserializer.from_slice::<Vec<()>>(b"].").is_ok());
    /// assert!(deserializer.from_slice::<Vec<Vec<()>>>(b"]]a.").is_err());
    /// ```
    pub fn depth(mut self, levels: u16) -> Self {
        self.depth = levels;
        self
    }

    /// How many times what is in the pickle may be made of it. Default 64; below 32 it refuses what repeats nothing, if it is of many
    /// small containers.
    ///
    /// ```
    /// let deserializer = frames_pickle::Deserializer::new().expansion(1).free(0);
    /// assert!(deserializer.from_slice::<Vec<u8>>(b"](K\x01K\x02e.").is_ok());
    /// ```
    pub fn expansion(mut self, times: u64) -> Self {
        self.expansion = times;
        self
    }

    /// How many values may be made of any pickle, however small: 3,000 references to a list of 3,000 are honest, and nine million.
    /// Default 2²⁴, which as one `Vec<f64>` is 128 MiB.
    ///
    /// ```
    /// let deserializer = frames_pickle::Deserializer::new().free(1 << 30);
    /// # let _ = deserializer;
    /// ```
    pub fn free(mut self, values: u64) -> Self {
        self.free = values;
        self
    }

    /// [`from_slice`] within these bounds.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// ```
    /// assert!(frames_pickle::Deserializer::new().from_slice::<bool>(b"\x88.")?);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn from_slice<'de, T: Deserialize<'de>>(&self, pickle: &'de [u8]) -> Result<T> {
        self.from_frames(pickle, &[])
    }

    /// [`from_frames`] within these bounds.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// ```
    /// let buffers = [frames_pickle::Buffer::from(vec![1, 2])];
    /// let bytes: Vec<u8> = frames_pickle::Deserializer::new().from_frames(b"\x80\x05\x97.", &buffers)?;
    /// assert_eq!(bytes, [1, 2]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn from_frames<'de, T: Deserialize<'de>>(&self, pickle: &'de [u8], buffers: &'de [Buffer]) -> Result<T> {
        let graph = Reader::new().buffers(buffers.iter().cloned()).read(pickle)?;
        self.run(&graph, Lent { input: pickle, made: None, buffers }, graph.root())
    }

    /// [`from_graph`] within these bounds.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"K\x07.")?;
    /// assert_eq!(frames_pickle::Deserializer::new().from_graph::<u8>(&graph, graph.root())?, 7);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn from_graph<'de, T: Deserialize<'de>>(&self, graph: &'de Graph<'_>, value: Value) -> Result<T> {
        let lent = Lent { input: &graph.input, made: Some(&graph.made), buffers: &graph.buffers };
        self.run(graph, lent, value)
    }

    fn run<'de, T: Deserialize<'de>>(&self, graph: &Graph<'_>, lent: Lent<'de>, root: Value) -> Result<T> {
        let bytes: usize = graph.buffers.iter().map(|buffer| buffer.bytes().len()).sum();
        let bytes = bytes.saturating_add(graph.input.len()).saturating_add(graph.made.len());
        // The graph of a scalar has no words at all.
        let size = (graph.heap.len() + bytes / BYTES_A_VALUE + 32) as u64;
        let allowed = size.saturating_mul(self.expansion).max(self.free);
        let names = std::array::from_fn(|_| Cell::new((Value::NONE, "")));
        let context = Context { graph, lent, left: Cell::new(allowed), allowed, bounds: *self, names };
        T::deserialize(De { context: &context, value: root, levels: self.depth })
    }
}

/// So many bytes count as a value.
const BYTES_A_VALUE: usize = 16;
/// A container counts as so many values beside those in it.
const CONTAINER: usize = 16;

/// What lives as long as the caller wants: a pickle that is read on the way is not among it.
struct Lent<'de> {
    input: &'de [u8],
    made: Option<&'de [u8]>,
    buffers: &'de [Buffer],
}

pub(crate) struct Context<'g, 'de> {
    graph: &'g Graph<'g>,
    lent: Lent<'de>,
    /// How many values may still be made.
    left: Cell<u64>,
    allowed: u64,
    bounds: Deserializer,
    /// Names of fields that were asked for last.
    names: [Cell<(Value, &'de str)>; 16],
}

impl Context<'_, '_> {
    #[inline]
    fn charge(&self, values: usize) -> Result<()> {
        match self.left.get().checked_sub(values as u64) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(self.exhausted()),
        }
    }

    #[cold]
    fn exhausted(&self) -> Error {
        let text =
            format!("the pickle says so often that objects are the same that more than {} were made", self.allowed);
        Error::new(ErrorKind::Limit, text).with_help(
            "Deserializer::free and Deserializer::expansion allow more; a Graph shows such a pickle without making any",
        )
    }
}
