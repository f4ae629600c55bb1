//! Reading: the opcodes of a pickle to a [`Graph`], in one pass and without calling anything.
//!
//! A stack machine as CPython's, with its rules where they are rules: what lies under a mark is out of reach, an argument may not straddle
//! a frame. Nothing here recurses, nothing is imported or called, and no length reserves memory: each word of the heap is paid for by a byte
//! of the pickle.

use crate::graph::Graph;
use crate::machine;
use crate::node::Buffer;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};

/// Reads one pickle of any protocol, which needs no buffers.
///
/// # Errors
///
/// The bytes are no pickle, or there are more of them.
///
/// ```
/// let graph = frames_pickle::read(b"\x80\x04]\x94(K\x01\x88e.")?;
/// assert_eq!(format!("{graph:?}"), "[1, True]");
/// assert!(frames_pickle::read(b"\x80\x04]\x94(K\x01\x88e").is_err());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn read(pickle: &[u8]) -> Result<Graph<'_>> {
    Reader::new().read(pickle)
}

/// What a `str` of Python 2 (opcodes `STRING`, `BINSTRING`, `SHORT_BINSTRING`) becomes, as the argument `encoding` of `pickle.loads` says.
///
/// ```
/// use frames_pickle::{Python2, Reader};
/// let graph = Reader::new().python2(Python2::Latin1).read(b"U\x01\xe9.")?;
/// assert_eq!(format!("{graph:?}"), r#""é""#);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Python2 {
    /// Text of ASCII; others are an error. CPython's default.
    #[default]
    Ascii,
    /// Text, a character a byte: what numpy and datetime of Python 2 need.
    Latin1,
    /// `bytes`.
    Bytes,
}

type Extensions<'r> = dyn Fn(u32) -> Option<(String, String)> + 'r;
type PersistentIds<'r> = dyn Fn(&mut Graph<'_>, Value) -> Result<Value> + 'r;

/// How a pickle is read: with which buffers, and what is made of what it leaves open.
///
/// What CPython's two unpicklers (in C and in Python) agree on is read, and so is refused what both refuse. Stricter than they are:
///
/// - An argument lies in its opcode's frame, a frame in none and wholly in the pickle; `STOP` ends its frame and the pickle, and no
///   buffer is left.
/// - Texts of numbers that one of the two refuses, or reads as something else, are refused (`I010`, `I+1`, `F1e400`, `F 1.5`), and integers
///   of more than 4,300 digits in any base.
/// - Only lists are appended to, dicts set items of, sets added to; only objects that Python makes elsewhere take any step, and a state.
/// - A number of the memo fits 63 bits; a read-only buffer is made of a buffer.
///
/// And less strict, as nothing is made: keys may be unhashable, a class need not exist, codes and persistent ids may be unknown. Reading
/// takes time and memory in proportion to the pickle, about 32 bytes for each of its bytes at most, whatever it declares.
///
/// ```
/// use frames_pickle::{Buffer, Reader};
/// let graph = Reader::new().buffers([Buffer::from(vec![0; 8])]).read(b"\x80\x05\x97.")?;
/// assert_eq!(format!("{graph:?}"), "<buffer of 8 bytes>");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Default)]
pub struct Reader<'r> {
    pub(crate) buffers: Vec<Buffer>,
    pub(crate) python2: Python2,
    pub(crate) extensions: Option<Box<Extensions<'r>>>,
    pub(crate) persistent_ids: Option<Box<PersistentIds<'r>>>,
}

impl<'r> Reader<'r> {
    /// One without buffers.
    ///
    /// ```
    /// assert!(frames_pickle::Reader::new().read(b"N.").is_ok());
    /// ```
    pub fn new() -> Self {
        Reader::default()
    }

    /// The buffers that travelled beside the pickle, in their order. The pickle has to use all of them.
    ///
    /// ```
    /// use frames_pickle::{Buffer, Reader};
    /// let unused = Reader::new().buffers([Buffer::from(vec![1])]).read(b"N.");
    /// assert!(unused.is_err());
    /// ```
    pub fn buffers(mut self, buffers: impl IntoIterator<Item = Buffer>) -> Self {
        self.buffers = buffers.into_iter().collect();
        self
    }

    /// What a `str` of Python 2 becomes.
    ///
    /// ```
    /// use frames_pickle::{Python2, Reader};
    /// assert!(Reader::new().python2(Python2::Bytes).read(b"U\x01\xe9.").is_ok());
    /// assert!(Reader::new().read(b"U\x01\xe9.").is_err());
    /// ```
    pub fn python2(mut self, python2: Python2) -> Self {
        self.python2 = python2;
        self
    }

    /// The module and name behind a code of `copyreg`'s registry. Without it, and for codes that it does not know, the code is kept.
    ///
    /// ```
    /// use frames_pickle::Reader;
    /// let known = |code| (code == 7).then(|| ("decimal".to_owned(), "Decimal".to_owned()));
    /// let graph = Reader::new().extensions(known).read(b"\x80\x02\x82\x07.")?;
    /// assert_eq!(format!("{graph:?}"), "decimal.Decimal");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn extensions(mut self, known: impl Fn(u32) -> Option<(String, String)> + 'r) -> Self {
        self.extensions = Some(Box::new(known));
        self
    }

    /// The object behind a persistent id, made in the graph. Without it the id is kept.
    ///
    /// ```
    /// use frames_pickle::Reader;
    /// let graph = Reader::new().persistent_ids(|graph, _id| Ok(graph.str("found"))).read(b"Pmodel-7\n.")?;
    /// assert_eq!(format!("{graph:?}"), r#""found""#);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn persistent_ids(mut self, find: impl Fn(&mut Graph<'_>, Value) -> Result<Value> + 'r) -> Self {
        self.persistent_ids = Some(Box::new(find));
        self
    }

    /// Reads one pickle, which is all of `pickle`.
    ///
    /// # Errors
    ///
    /// The bytes are no pickle, or there are more of them; there are more buffers than it uses, or fewer.
    ///
    /// ```
    /// assert!(frames_pickle::Reader::new().read(b"N.N.").is_err());
    /// ```
    pub fn read<'a>(&self, pickle: &'a [u8]) -> Result<Graph<'a>> {
        let (graph, end) = self.read_prefix(pickle)?;
        if end < pickle.len() {
            let more = pickle.len() - end;
            let error = Error::new(ErrorKind::Invalid, format!("{more} bytes are behind the end of the pickle"));
            return Err(error.with_help("Reader::read_prefix reads several pickles behind each other"));
        }
        Ok(graph)
    }

    /// Reads the pickle in front of `bytes`, and says how many bytes it has.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), but that there may be more bytes.
    ///
    /// ```
    /// let (first, end) = frames_pickle::Reader::new().read_prefix(b"K\x01.N.")?;
    /// assert_eq!((first.root(), end), (1.into(), 3));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn read_prefix<'a>(&self, bytes: &'a [u8]) -> Result<(Graph<'a>, usize)> {
        let (graph, end, used) = machine::run(self, bytes)?;
        if used < self.buffers.len() {
            let given = self.buffers.len();
            let text = format!("the pickle uses {used} of {given} buffers");
            return Err(Error::new(ErrorKind::FrameCount, text));
        }
        Ok((graph, end))
    }
}
