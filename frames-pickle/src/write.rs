//! Writing: a [`Graph`] to the bytes that CPython's `pickle.dumps` writes for the same objects.
//!
//! The same to the byte: opcodes, memo, batches and frames are those of CPython's C pickler. Nothing recurses, and buffers
//! that travel beside the pickle are not copied.

mod batches;
mod discarded;
mod machine;
mod old;
mod sink;
mod task;
#[cfg(test)]
mod tests;

use crate::graph::Graph;
use crate::node::Buffer;
use crate::pickle::Pickle;
use frames_core::{Error, ErrorKind, Result};
use machine::Machine;

/// Writes a pickle of protocol 5 that holds all of its buffers.
///
/// # Errors
///
/// The graph has what no pickle can have, such as a handle of another graph.
///
/// ```
/// let mut graph = frames_pickle::Graph::new();
/// let list = graph.list(&[1.into(), true.into()]);
/// graph.set_root(list);
/// assert_eq!(frames_pickle::write(&graph)?, b"\x80\x05\x95\x08\0\0\0\0\0\0\0]\x94(K\x01\x88e.");
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn write(graph: &Graph<'_>) -> Result<Vec<u8>> {
    Writer::new().write(graph).map(|pickle| pickle.bytes.into())
}

type OutOfBand<'w> = dyn Fn(&Buffer) -> bool + 'w;

/// How a graph is written: in which protocol, and which buffers travel beside it.
///
/// ```
/// use frames_pickle::{Graph, Writer};
/// let pickle = Writer::new().protocol(2).write(&Graph::new())?;
/// assert_eq!(pickle.bytes, b"\x80\x02N."[..]);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub struct Writer<'w> {
    protocol: u8,
    out_of_band: Option<Box<OutOfBand<'w>>>,
}

impl Default for Writer<'_> {
    fn default() -> Self {
        Writer { protocol: 5, out_of_band: None }
    }
}

impl<'w> Writer<'w> {
    /// One of protocol 5, which keeps all buffers in band.
    ///
    /// ```
    /// use frames_pickle::{Graph, Writer};
    /// assert_eq!(Writer::new().write(&Graph::new())?.bytes, b"\x80\x05N."[..]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new() -> Self {
        Writer::default()
    }

    /// The protocol: 2, 3, 4 or 5. Buffers need 5.
    ///
    /// ```
    /// use frames_pickle::{Graph, Writer};
    /// assert_eq!(Writer::new().protocol(3).write(&Graph::new())?.bytes, b"\x80\x03N."[..]);
    /// assert!(Writer::new().protocol(1).write(&Graph::new()).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn protocol(mut self, protocol: u8) -> Self {
        self.protocol = protocol;
        self
    }

    /// Asks for each buffer whether it travels beside the pickle; for one that is in the graph twice it asks twice.
    ///
    /// ```
    /// use frames_pickle::{Buffer, Graph, Writer};
    /// let mut graph = Graph::new();
    /// let buffers = [graph.buffer(Buffer::from(vec![1])), graph.buffer(Buffer::from(vec![2; 4096]))];
    /// let list = graph.list(&buffers);
    /// graph.set_root(list);
    /// let pickle = Writer::new().out_of_band(|buffer| buffer.bytes().len() >= 1024).write(&graph)?;
    /// assert_eq!(pickle.buffers.len(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn out_of_band(mut self, choose: impl Fn(&Buffer) -> bool + 'w) -> Self {
        self.out_of_band = Some(Box::new(choose));
        self
    }

    /// Writes the graph, from its root. What the graph has [discarded](Graph::discarded) is made and dropped too.
    ///
    /// # Errors
    ///
    /// There is no such protocol, or it cannot say what is in the graph: buffers need protocol 5, a name with a surrogate
    /// or a line break protocol 4, one that is not ASCII protocol 3. The graph has what no pickle can have: a handle of
    /// another graph, or a tuple that holds itself with no list, dict or object between.
    ///
    /// ```
    /// use frames_pickle::{Buffer, Graph, Writer};
    /// let mut graph = Graph::new();
    /// let buffer = graph.buffer(Buffer::from(vec![1]));
    /// graph.set_root(buffer);
    /// let error = Writer::new().protocol(4).write(&graph).unwrap_err();
    /// assert!(error.to_string().contains("protocol(5)"), "{error}");
    /// ```
    pub fn write(&self, graph: &Graph<'_>) -> Result<Pickle> {
        if !(2..=5).contains(&self.protocol) {
            let error = Error::new(ErrorKind::Unsupported, format!("protocol {} is not written", self.protocol));
            return Err(error.with_help("protocols 2, 3, 4 and 5 are"));
        }
        Machine::new(graph, self).run()
    }
}
