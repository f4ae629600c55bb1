//! The graph of a pickle: all its objects in one flat heap of words, named by their places.
//!
//! Sharing and cycles are what they are in the pickle and cost what they cost there: a node is one to four words and its items, and what
//! is called is recorded, never made. Because the heap is flat, nothing here recurses: a graph a million levels deep is read, cloned and
//! dropped like any other. Text and bytes of the pickle stay where they are; buffers are shared.
//!
//! ```text
//! int, float     tag            bits          (what does not fit a value)
//! str, bytes, …  tag|start      length
//! tuple          tag|length     items…
//! list, dict     tag|last chunk
//! global         tag|last chunk module, name
//! call           tag|last chunk kind, callable, args [, kwargs]
//! chunk          kind|length    first chunk or next    items…
//! ```
//!
//! A node that grows (list, dict, set, object) has a ring of chunks: its header names the last one, whose next is the first.

use crate::known::to_graph::Shared;
use crate::node::{Buffer, Node};
use crate::value::{Kind, Value};
use bytes::Bytes;
pub(crate) use frames_core::__private::python::shortest;
use std::borrow::Cow;

/// The objects of a pickle, with their sharing and cycles, and one of them as the root.
///
/// It borrows the pickle's bytes; [`into_owned`](Self::into_owned) copies them.
///
/// ```
/// use frames_pickle::{Graph, Node};
/// // [x, x] with one x
/// let graph = frames_pickle::read(b"\x80\x04](]K\x01a\x94h\0e.")?;
/// let Node::List(list) = graph.node(graph.root()) else { panic!() };
/// assert_eq!(list.get(0), list.get(1), "one object");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Graph<'a> {
    pub(crate) input: Cow<'a, [u8]>,
    /// Bytes that are not in the input as they are: unescaped text, what the program made.
    pub(crate) made: Vec<u8>,
    pub(crate) heap: Vec<Value>,
    pub(crate) buffers: Vec<Buffer>,
    pub(crate) root: Option<Value>,
    pub(crate) discarded: Vec<Value>,
    pub(crate) shared: Shared,
}

/// The sort of a node, in the upper four bits of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Tag {
    Int,
    BigInt,
    Float,
    Str,
    Bytes,
    ByteArray,
    Buffer,
    Tuple,
    FrozenSet,
    List,
    Dict,
    Set,
    Global,
    Call,
    Persistent,
    Extension,
}

impl Tag {
    const ALL: [Tag; 16] = [
        Tag::Int,
        Tag::BigInt,
        Tag::Float,
        Tag::Str,
        Tag::Bytes,
        Tag::ByteArray,
        Tag::Buffer,
        Tag::Tuple,
        Tag::FrozenSet,
        Tag::List,
        Tag::Dict,
        Tag::Set,
        Tag::Global,
        Tag::Call,
        Tag::Persistent,
        Tag::Extension,
    ];

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Tag::Int | Tag::BigInt => "int",
            Tag::Float => "float",
            Tag::Str => "str",
            Tag::Bytes => "bytes",
            Tag::ByteArray => "bytearray",
            Tag::Buffer => "buffer",
            Tag::Tuple => "tuple",
            Tag::FrozenSet => "frozenset",
            Tag::List => "list",
            Tag::Dict => "dict",
            Tag::Set => "set",
            Tag::Global => "global",
            Tag::Call => "object",
            Tag::Persistent => "persistent id",
            Tag::Extension => "extension code",
        }
    }
}

const SHIFT: u32 = 60;
const BODY: u64 = (1 << SHIFT) - 1;
/// In the start of a span: it lies in `made`.
const MADE: u64 = 1 << (SHIFT - 1);

/// How an object came to be: which opcode called what.
///
/// ```
/// use frames_pickle::{CallKind, Graph};
/// let mut graph = Graph::new();
/// let class = graph.global("collections", "OrderedDict");
/// let _ = graph.call(CallKind::Reduce, class, &[])?;
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// `callable(*args)`.
    Reduce,
    /// `cls.__new__(cls, *args)`.
    NewObj,
    /// `cls.__new__(cls, *args, **kwargs)`.
    NewObjEx,
    /// `cls(*args)`, from the class on the stack: protocol 1.
    Obj,
    /// `cls(*args)`, from a name in the opcode: protocol 0.
    Inst,
}

/// What was done to a node after it was made.
///
/// ```
/// use frames_pickle::{Graph, Step, Value};
/// let mut graph = Graph::new();
/// let class = graph.global("m", "C");
/// let object = graph.call(frames_pickle::CallKind::NewObj, class, &[])?;
/// graph.build(object, Value::NONE)?;
/// let frames_pickle::Node::Object(object) = graph.node(object) else { panic!() };
/// assert_eq!(object.steps().next(), Some((Step::Build, &[Value::NONE][..])));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Step {
    /// `extend` by these.
    Append,
    /// `object[key] = value` for each two of these.
    SetItems,
    /// `add` of each of these.
    Add,
    /// `__setstate__`, or an update of `__dict__`, by this one.
    Build,
    /// The first is called with the object and the second: how cloudpickle sets the state of functions and classes.
    Setter,
}

impl Step {
    pub(crate) fn from_word(word: u64) -> Step {
        match word >> SHIFT {
            0 => Step::Append,
            1 => Step::SetItems,
            2 => Step::Add,
            3 => Step::Build,
            _ => Step::Setter,
        }
    }
}

impl<'a> Graph<'a> {
    /// A graph of nothing, to be filled and written.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let hello = graph.str("hello");
    /// let list = graph.list(&[hello, hello]);
    /// graph.set_root(list);
    /// assert_eq!(format!("{graph:?}"), r#"["hello", "hello"]"#);
    /// ```
    pub fn new() -> Self {
        Graph::default()
    }

    /// The object that the pickle is of; `None` of Python if none was set.
    ///
    /// ```
    /// assert_eq!(frames_pickle::read(b"K\x07.")?.root(), 7.into());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn root(&self) -> Value {
        self.root.unwrap_or(Value::NONE)
    }

    /// Says which object the pickle is of.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// graph.set_root(true.into());
    /// assert_eq!(format!("{graph:?}"), "True");
    /// ```
    pub fn set_root(&mut self, root: Value) {
        self.root = Some(root);
    }

    /// The buffers that the pickle was read with, in their order, also those that it names twice.
    ///
    /// ```
    /// assert!(frames_pickle::read(b"N.")?.buffers().is_empty());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn buffers(&self) -> &[Buffer] {
        &self.buffers
    }

    /// Objects that the pickle makes and drops again, and containers that hold such. A loader makes them all the same, with all that
    /// making them does: what a pickle runs is in these and in the root.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"cos\nsystem\n(S'true'\ntR0N.")?;
    /// assert_eq!(graph.discarded().len(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn discarded(&self) -> &[Value] {
        &self.discarded
    }

    /// The graph with a copy of the pickle's bytes. Buffers stay shared.
    ///
    /// ```
    /// let graph = frames_pickle::read(&b"X\x02\0\0\0hi."[..].to_vec())?.into_owned();
    /// assert_eq!(format!("{graph:?}"), r#""hi""#);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn into_owned(self) -> Graph<'static> {
        let Graph { input, made, heap, buffers, root, discarded, shared } = self;
        Graph { input: Cow::Owned(input.into_owned()), made, heap, buffers, root, discarded, shared }
    }

    /// What a value is, and what lies in it.
    ///
    /// ```
    /// use frames_pickle::{Graph, Node};
    /// let mut graph = Graph::new();
    /// let pair = graph.tuple(&[1.into(), 2.into()]);
    /// assert!(matches!(graph.node(pair), Node::Tuple([_, _])));
    /// ```
    #[inline]
    pub fn node(&self, value: Value) -> Node<'_> {
        Node::of(self, value)
    }

    /// The header's tag and the rest of it.
    #[inline]
    pub(crate) fn header(&self, at: usize) -> Option<(Tag, u64)> {
        let word = self.heap.get(at)?.word();
        Some((Tag::ALL[(word >> SHIFT) as usize & 15], word & BODY))
    }

    pub(crate) fn tag(&self, value: Value) -> Option<Tag> {
        self.header(value.as_place()?).map(|(tag, _)| tag)
    }

    /// What people call it, for errors.
    pub(crate) fn name_of(&self, value: Value) -> &'static str {
        match value.kind() {
            Kind::None => "None",
            Kind::Bool(_) => "bool",
            Kind::EmptyTuple => "tuple",
            Kind::Int(_) => "int",
            Kind::Float(_) => "float",
            Kind::Place(at) => self.header(at).map_or("nothing", |(tag, _)| tag.name()),
        }
    }

    #[inline]
    pub(crate) fn word(&self, at: usize) -> u64 {
        self.heap.get(at).map_or(0, |value| value.word())
    }

    /// The bytes of a text, bytes or integer at `at`, whose header ends in `start`.
    #[inline]
    pub(crate) fn span(&self, at: usize, start: u64) -> &[u8] {
        let len = self.word(at + 1) as usize;
        let source = if start & MADE == 0 { &*self.input } else { &*self.made };
        let start = (start & !MADE) as usize;
        source.get(start..start.saturating_add(len)).unwrap_or_default()
    }

    /// Where these bytes lie, and whether in what was made rather than in the input.
    #[inline]
    pub(crate) fn span_range(&self, at: usize, start: u64) -> (std::ops::Range<usize>, bool) {
        let len = self.word(at + 1) as usize;
        let is_made = start & MADE != 0;
        let start = (start & !MADE) as usize;
        (start..start.saturating_add(len), is_made)
    }

    /// The words behind the header of the tuple or set at `at`.
    #[inline]
    pub(crate) fn items(&self, at: usize, len: u64) -> &[Value] {
        self.heap.get(at + 1..(at + 1).saturating_add(len as usize)).unwrap_or_default()
    }

    pub(crate) fn push(&mut self, tag: Tag, body: u64) -> Value {
        self.reserve(5);
        let place = Value::place(self.heap.len());
        self.heap.push(Value::from_word((tag as u64) << SHIFT | body & BODY));
        place
    }

    /// Room for `more` words. A large heap grows by an eighth, so that it is never much larger than what paid for it.
    #[inline]
    fn reserve(&mut self, more: usize) {
        if self.heap.capacity() - self.heap.len() < more {
            // A byte of a pickle pays for 13/6 words at most (INST). When they are near there is one more step, to all of them: late steps would
            // have two large heaps at once.
            let most = self.input.len() / 6 * 13 + 64;
            let (len, left) = (self.heap.len(), most.saturating_sub(self.heap.len()));
            match self.heap.capacity() {
                small if small < LARGE => self.heap.reserve(more),
                large if left > 0 && large > most / 100 * 46 => self.heap.reserve_exact(more.max(left)),
                _ => self.heap.reserve_exact(more.max(len / 8)),
            }
        }
    }

    /// Bytes of the input, which the caller has looked at.
    pub(crate) fn push_span(&mut self, tag: Tag, start: usize, len: usize) -> Value {
        let place = self.push(tag, start as u64);
        self.heap.push(Value::from_word(len as u64));
        place
    }

    /// Bytes that are not in the input.
    pub(crate) fn push_made(&mut self, tag: Tag, bytes: &[u8]) -> Value {
        let place = self.push(tag, self.made.len() as u64 | MADE);
        self.heap.push(Value::from_word(bytes.len() as u64));
        self.made.extend_from_slice(bytes);
        place
    }

    pub(crate) fn push_items(&mut self, tag: Tag, items: &[Value]) -> Value {
        let place = self.push(tag, items.len() as u64);
        self.reserve(items.len());
        self.heap.extend_from_slice(items);
        place
    }

    /// A node that grows and has nothing yet.
    pub(crate) fn push_empty(&mut self, tag: Tag) -> Value {
        self.push(tag, 0)
    }

    /// Adds items to a node that grows.
    pub(crate) fn step(&mut self, target: Value, step: Step, items: &[Value]) {
        let Some(at) = target.as_place() else { return };
        let header = self.word(at);
        let last = (header & BODY) as usize;
        if items.is_empty() {
            return;
        }
        // One call is one step. Items that came behind each other are one chunk, if it is the last thing of the heap.
        let is_joined = matches!(step, Step::Append | Step::SetItems | Step::Add);
        self.reserve(items.len() + 2);
        let chunk = self.word(last);
        let len = (chunk & BODY) as usize;
        if last != 0 && is_joined && chunk >> SHIFT == step as u64 && last + 2 + len == self.heap.len() {
            self.set_word(last, chunk + items.len() as u64);
        } else {
            let new = self.heap.len();
            let first = if last == 0 { new as u64 } else { self.word(last + 1) };
            self.heap.push(Value::from_word((step as u64) << SHIFT | items.len() as u64));
            self.heap.push(Value::from_word(first));
            if last != 0 {
                self.set_word(last + 1, new as u64);
            }
            self.set_word(at, header & !BODY | new as u64);
        }
        self.heap.extend_from_slice(items);
    }

    fn set_word(&mut self, at: usize, word: u64) {
        if let Some(place) = self.heap.get_mut(at) {
            *place = Value::from_word(word);
        }
    }

    /// A chunk: what it does, its items, and the next one or, behind the last, the first.
    #[inline]
    pub(crate) fn chunk(&self, at: usize) -> (Step, &[Value], usize) {
        let word = self.word(at);
        let items = self.items(at + 1, word & BODY);
        (Step::from_word(word), items, self.word(at + 1) as usize)
    }

    /// A buffer by its index, as a read-only one if it was made so.
    pub(crate) fn shared_buffer(&self, body: u64) -> (Option<&Bytes>, bool) {
        (self.buffers.get((body >> 1) as usize).map(Buffer::bytes), body & 1 == 1)
    }
}

/// Room for `more` words in a vector that grows by an eighth once it is large.
#[inline]
pub(crate) fn grow<T>(vec: &mut Vec<T>, more: usize) {
    if vec.capacity() - vec.len() < more {
        grow_cold(vec, more);
    }
}

/// In words.
const LARGE: usize = 8 << 10;

#[cold]
fn grow_cold<T>(vec: &mut Vec<T>, more: usize) {
    match vec.capacity() {
        small if small < LARGE => vec.reserve(more),
        large => vec.reserve_exact(more.max(large / 8)),
    }
}

/// Two's complement of up to eight bytes.
pub(crate) fn small(bytes: &[u8]) -> Option<i64> {
    let negative = bytes.last().is_some_and(|top| *top >= 0x80);
    let mut word = if negative { [0xff; 8] } else { [0; 8] };
    word.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(word))
}
