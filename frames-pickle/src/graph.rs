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

use crate::node::{Buffer, Node};
use crate::value::{Kind, Value};
use bytes::Bytes;
use frames_core::{Error, ErrorKind, Result};
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
        let Graph { input, made, heap, buffers, root, discarded } = self;
        Graph { input: Cow::Owned(input.into_owned()), made, heap, buffers, root, discarded }
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

    fn push(&mut self, tag: Tag, body: u64) -> Value {
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

    /// An integer.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let large = graph.int(i64::MIN);
    /// assert!(matches!(graph.node(large), frames_pickle::Node::Int(int) if int.to_i64() == Some(i64::MIN)));
    /// ```
    #[inline]
    pub fn int(&mut self, number: i64) -> Value {
        Value::int(number).unwrap_or_else(|| {
            let place = self.push(Tag::Int, 0);
            self.heap.push(Value::from_word(number as u64));
            place
        })
    }

    /// An integer of any size, from its bytes in two's complement, the lowest first.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// assert_eq!(graph.big_int(&[0xff, 0xff]), (-1).into());
    /// ```
    pub fn big_int(&mut self, bytes: &[u8]) -> Value {
        let bytes = shortest(bytes);
        match small(bytes) {
            Some(number) => self.int(number),
            None => self.push_made(Tag::BigInt, bytes),
        }
    }

    /// The same of `len` bytes of the input.
    #[inline]
    pub(crate) fn int_of_input(&mut self, start: usize, len: usize) -> Value {
        let bytes = shortest(self.input.get(start..start + len).unwrap_or_default());
        match (small(bytes), bytes.len()) {
            (Some(number), _) => self.int(number),
            (None, len) => self.push_span(Tag::BigInt, start, len),
        }
    }

    /// A float, to the bit.
    ///
    /// ```
    /// use frames_pickle::{Graph, Node};
    /// let mut graph = Graph::new();
    /// let nan = graph.float(f64::from_bits(u64::MAX));
    /// assert!(matches!(graph.node(nan), Node::Float(nan) if nan.to_bits() == u64::MAX));
    /// ```
    #[inline]
    pub fn float(&mut self, number: f64) -> Value {
        Value::float(number).unwrap_or_else(|| {
            let place = self.push(Tag::Float, 0);
            self.heap.push(Value::from_word(number.to_bits()));
            place
        })
    }

    /// A text: another object at each call, also for equal ones.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// assert_ne!(graph.str("a"), graph.str("a"));
    /// ```
    pub fn str(&mut self, text: &str) -> Value {
        self.push_made(Tag::Str, text.as_bytes())
    }

    /// Python's `bytes`. Large ones are better a [`buffer`](Self::buffer).
    ///
    /// ```
    /// use frames_pickle::{Graph, Node};
    /// let mut graph = Graph::new();
    /// let bytes = graph.bytes(b"abc");
    /// assert!(matches!(graph.node(bytes), Node::Bytes(b"abc")));
    /// ```
    pub fn bytes(&mut self, bytes: &[u8]) -> Value {
        self.push_made(Tag::Bytes, bytes)
    }

    /// Python's `bytearray`.
    ///
    /// ```
    /// use frames_pickle::{Graph, Node};
    /// let mut graph = Graph::new();
    /// let bytes = graph.bytearray(b"abc");
    /// assert!(matches!(graph.node(bytes), Node::ByteArray(b"abc")));
    /// ```
    pub fn bytearray(&mut self, bytes: &[u8]) -> Value {
        self.push_made(Tag::ByteArray, bytes)
    }

    /// A `PickleBuffer`: bytes that may travel out of band.
    ///
    /// ```
    /// use frames_pickle::{Buffer, Graph};
    /// let mut graph = Graph::new();
    /// graph.buffer(Buffer::from(vec![0; 1 << 20]));
    /// assert_eq!(graph.buffers().len(), 1);
    /// ```
    pub fn buffer(&mut self, buffer: Buffer) -> Value {
        let value = self.push_buffer(self.buffers.len(), buffer.is_read_only());
        self.buffers.push(buffer);
        value
    }

    pub(crate) fn push_buffer(&mut self, index: usize, is_read_only: bool) -> Value {
        self.push(Tag::Buffer, (index as u64) << 1 | is_read_only as u64)
    }

    /// A tuple.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let pair = graph.tuple(&[1.into(), true.into()]);
    /// graph.set_root(pair);
    /// assert_eq!(format!("{graph:?}"), "(1, True)");
    /// ```
    #[inline]
    pub fn tuple(&mut self, items: &[Value]) -> Value {
        match items {
            [] => Value::EMPTY_TUPLE,
            items => self.push_items(Tag::Tuple, items),
        }
    }

    /// A frozen set.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let set = graph.frozenset(&[1.into()]);
    /// graph.set_root(set);
    /// assert_eq!(format!("{graph:?}"), "frozenset({1})");
    /// ```
    pub fn frozenset(&mut self, items: &[Value]) -> Value {
        self.push_items(Tag::FrozenSet, items)
    }

    /// A list, which [`append`](Self::append) makes longer.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let list = graph.list(&[]);
    /// graph.append(list, &[list])?;
    /// graph.set_root(list);
    /// assert_eq!(format!("{graph:?}"), "&0 [*0]");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn list(&mut self, items: &[Value]) -> Value {
        let list = self.push_empty(Tag::List);
        self.step(list, Step::Append, items);
        list
    }

    /// A dict of keys and values, a key before its value.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let key = graph.str("a");
    /// let dict = graph.dict(&[(key, 1.into())]);
    /// graph.set_root(dict);
    /// assert_eq!(format!("{graph:?}"), r#"{"a": 1}"#);
    /// ```
    pub fn dict(&mut self, entries: &[(Value, Value)]) -> Value {
        let dict = self.push_empty(Tag::Dict);
        let flat: Vec<Value> = entries.iter().flat_map(|(key, value)| [*key, *value]).collect();
        self.step(dict, Step::SetItems, &flat);
        dict
    }

    /// A set.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let set = graph.set(&[1.into()]);
    /// graph.set_root(set);
    /// assert_eq!(format!("{graph:?}"), "{1}");
    /// ```
    pub fn set(&mut self, items: &[Value]) -> Value {
        let set = self.push_empty(Tag::Set);
        self.step(set, Step::Add, items);
        set
    }

    /// A class or function, by name.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let class = graph.global("decimal", "Decimal");
    /// graph.set_root(class);
    /// assert_eq!(format!("{graph:?}"), "decimal.Decimal");
    /// ```
    pub fn global(&mut self, module: &str, name: &str) -> Value {
        let (module, name) = (self.str(module), self.str(name));
        self.push_global(module, name)
    }

    /// Of two texts.
    pub(crate) fn push_global(&mut self, module: Value, name: Value) -> Value {
        let place = self.push(Tag::Global, 0);
        self.heap.extend([module, name]);
        place
    }

    /// An object that a call makes in Python, with its arguments.
    ///
    /// # Errors
    ///
    /// [`CallKind::NewObjEx`] wants two arguments: a tuple and a dict.
    ///
    /// ```
    /// use frames_pickle::{CallKind, Graph};
    /// let mut graph = Graph::new();
    /// let (class, text) = (graph.global("decimal", "Decimal"), graph.str("1.5"));
    /// let object = graph.call(CallKind::Reduce, class, &[text])?;
    /// graph.set_root(object);
    /// assert_eq!(format!("{graph:?}"), r#"decimal.Decimal("1.5")"#);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn call(&mut self, kind: CallKind, callable: Value, args: &[Value]) -> Result<Value> {
        match (kind, args) {
            (CallKind::NewObjEx, [args, kwargs]) => Ok(self.push_call(kind, callable, *args, *kwargs)),
            (CallKind::NewObjEx, _) => Err(Error::new(
                ErrorKind::Unsupported,
                "CallKind::NewObjEx takes a tuple of arguments and a dict of named ones",
            )),
            _ => {
                let args = self.tuple(args);
                Ok(self.push_call(kind, callable, args, Value::NONE))
            }
        }
    }

    /// The arguments are any value: a peer may have written what is no tuple.
    pub(crate) fn push_call(&mut self, kind: CallKind, callable: Value, args: Value, kwargs: Value) -> Value {
        let place = self.push(Tag::Call, 0);
        self.heap.extend([Value::from_word(kind as u64), callable, args]);
        if kind == CallKind::NewObjEx {
            self.heap.push(kwargs);
        }
        place
    }

    /// An object that the two sides know by an id of their own.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let id = graph.str("model-7");
    /// let object = graph.persistent(id);
    /// assert!(matches!(graph.node(object), frames_pickle::Node::Persistent(found) if found == id));
    /// ```
    pub fn persistent(&mut self, id: Value) -> Value {
        let place = self.push(Tag::Persistent, 0);
        self.heap.push(id);
        place
    }

    /// A global by its code in `copyreg`'s registry of extensions.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let code = graph.extension(7);
    /// assert!(matches!(graph.node(code), frames_pickle::Node::Extension(7)));
    /// ```
    pub fn extension(&mut self, code: u32) -> Value {
        let place = self.push(Tag::Extension, 0);
        self.heap.push(Value::from_word(code as u64));
        place
    }

    /// Makes a list, or an object that is like one, longer.
    ///
    /// # Errors
    ///
    /// `target` is neither.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let list = graph.list(&[1.into()]);
    /// graph.append(list, &[2.into()])?;
    /// assert!(graph.append(1.into(), &[]).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn append(&mut self, target: Value, items: &[Value]) -> Result<()> {
        self.checked_step(target, Step::Append, items)
    }

    /// Sets keys of a dict, or of an object that is like one: `keys_and_values` are key, value, key, value, ….
    ///
    /// # Errors
    ///
    /// `target` is neither, or a key has no value.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let dict = graph.dict(&[]);
    /// graph.set_items(dict, &[1.into(), 2.into()])?;
    /// assert!(graph.set_items(dict, &[1.into()]).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn set_items(&mut self, target: Value, keys_and_values: &[Value]) -> Result<()> {
        self.checked_step(target, Step::SetItems, keys_and_values)
    }

    /// Adds to a set, or to an object that is like one.
    ///
    /// # Errors
    ///
    /// `target` is neither.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let set = graph.set(&[]);
    /// graph.add(set, &[1.into()])?;
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn add(&mut self, target: Value, items: &[Value]) -> Result<()> {
        self.checked_step(target, Step::Add, items)
    }

    /// Gives an object its state.
    ///
    /// # Errors
    ///
    /// `target` is no object.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// assert!(graph.build(1.into(), frames_pickle::Value::NONE).is_err());
    /// ```
    pub fn build(&mut self, target: Value, state: Value) -> Result<()> {
        self.checked_step(target, Step::Build, &[state])
    }

    /// Gives an object its state by a call of `setter(object, state)`, as cloudpickle does.
    ///
    /// # Errors
    ///
    /// `target` is no object.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let setter = graph.global("m", "set");
    /// assert!(graph.build_by(1.into(), setter, frames_pickle::Value::NONE).is_err());
    /// ```
    pub fn build_by(&mut self, target: Value, setter: Value, state: Value) -> Result<()> {
        self.checked_step(target, Step::Setter, &[setter, state])
    }

    #[inline]
    pub(crate) fn checked_step(&mut self, target: Value, step: Step, items: &[Value]) -> Result<()> {
        let takes = match self.tag(target) {
            Some(Tag::List) => step == Step::Append,
            Some(Tag::Dict) => step == Step::SetItems,
            Some(Tag::Set) => step == Step::Add,
            // Whether they can is known only where they are made.
            Some(Tag::Call | Tag::Global | Tag::Persistent | Tag::Extension) => true,
            _ => false,
        };
        if !takes {
            return Err(self.refusal(target, step));
        }
        if step == Step::SetItems && items.len() % 2 == 1 {
            return Err(Error::new(ErrorKind::Invalid, "the last key has no value"));
        }
        self.step(target, step, items);
        Ok(())
    }

    #[cold]
    fn refusal(&self, target: Value, step: Step) -> Error {
        let wanted = match step {
            Step::Append => "a list or an object to append to",
            Step::SetItems => "a dict or an object to set items of",
            Step::Add => "a set or an object to add to",
            Step::Build | Step::Setter => "an object to give a state to",
        };
        Error::mismatch(wanted, self.name_of(target))
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

/// Without the bytes in front that only repeat the sign.
pub(crate) fn shortest(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., below, top] = bytes {
        let sign = (*below as i8 >> 7) as u8;
        if *top != sign {
            break;
        }
        bytes = bytes.get(..rest.len() + 1).unwrap_or_default();
    }
    bytes
}

/// Two's complement of up to eight bytes.
pub(crate) fn small(bytes: &[u8]) -> Option<i64> {
    let negative = bytes.last().is_some_and(|top| *top >= 0x80);
    let mut word = if negative { [0xff; 8] } else { [0; 8] };
    word.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(word))
}
