//! What a value is: the nodes of a graph as people look at them, borrowed from it.
//!
//! Nothing here copies what a pickle holds.

use crate::graph::{CallKind, Graph, Step, Tag};
use crate::int::Int;
use crate::text::Text;
use crate::value::{Kind, Value};
use bytes::Bytes;
use std::fmt;

/// What a [`Value`] is: the kinds of objects that pickle itself knows.
///
/// ```
/// use frames_pickle::Node;
/// let graph = frames_pickle::read(b"\x80\x04\x8c\x02hi.")?;
/// match graph.node(graph.root()) {
///     Node::Str(text) => assert_eq!(text.as_str(), Some("hi")),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy)]
pub enum Node<'g> {
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// An integer of any size.
    Int(Int<'g>),
    /// A float, to the bit.
    Float(f64),
    /// A text, which may hold lone surrogates.
    Str(Text<'g>),
    /// Bytes that cannot be changed.
    Bytes(&'g [u8]),
    /// Bytes that can.
    ByteArray(&'g [u8]),
    /// Bytes that came out of band, and whether Python may not write to them.
    Buffer(&'g Bytes, bool),
    /// A tuple.
    Tuple(&'g [Value]),
    /// A list.
    List(Items<'g>),
    /// A dict, with its entries in the order in which they are set: of equal keys the last one counts.
    Dict(Entries<'g>),
    /// A set. Python lets equal items be one.
    Set(Items<'g>),
    /// A set that cannot be changed.
    FrozenSet(&'g [Value]),
    /// A class or function by name.
    Global(Global<'g>),
    /// What a call makes.
    Object(Object<'g>),
    /// What the two sides know by an id of their own.
    Persistent(Value),
    /// A global by its code in `copyreg`'s registry.
    Extension(u32),
}

impl<'g> Node<'g> {
    #[inline]
    pub(crate) fn of(graph: &'g Graph<'_>, value: Value) -> Node<'g> {
        match value.kind() {
            Kind::None => Node::None,
            Kind::Bool(value) => Node::Bool(value),
            Kind::EmptyTuple => Node::Tuple(&[]),
            Kind::Int(number) => Node::Int(Int::small(number)),
            Kind::Float(number) => Node::Float(number),
            Kind::Place(at) => Node::at(graph, at),
        }
    }

    fn at(graph: &'g Graph<'_>, at: usize) -> Node<'g> {
        let Some((tag, body)) = graph.header(at) else { return Node::None };
        let steps = Steps::new(graph, body);
        match tag {
            Tag::Int => Node::Int(Int::small(graph.word(at + 1) as i64)),
            Tag::BigInt => Node::Int(Int::large(graph.span(at, body))),
            Tag::Float => Node::Float(f64::from_bits(graph.word(at + 1))),
            Tag::Str => Node::Str(Text::new(graph.span(at, body))),
            Tag::Bytes => Node::Bytes(graph.span(at, body)),
            Tag::ByteArray => Node::ByteArray(graph.span(at, body)),
            Tag::Buffer => match graph.shared_buffer(body) {
                (Some(bytes), is_read_only) => Node::Buffer(bytes, is_read_only),
                (None, _) => Node::None,
            },
            Tag::Tuple => Node::Tuple(graph.items(at, body)),
            Tag::FrozenSet => Node::FrozenSet(graph.items(at, body)),
            Tag::List => Node::List(Items { steps, chunk: &[] }),
            Tag::Set => Node::Set(Items { steps, chunk: &[] }),
            Tag::Dict => Node::Dict(Entries(Items { steps, chunk: &[] })),
            Tag::Global => Node::Global(Global { graph, at, steps }),
            Tag::Call => Node::Object(Object { graph, at, steps }),
            Tag::Persistent => Node::Persistent(Value::from_word(graph.word(at + 1))),
            Tag::Extension => Node::Extension(graph.word(at + 1) as u32),
        }
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::None => f.write_str("None"),
            Node::Bool(value) => write!(f, "Bool({value})"),
            Node::Int(int) => write!(f, "Int({int:?})"),
            Node::Float(number) => write!(f, "Float({number:?})"),
            Node::Str(text) => write!(f, "Str({text:?})"),
            Node::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Node::ByteArray(bytes) => write!(f, "ByteArray({} bytes)", bytes.len()),
            Node::Buffer(bytes, is_read_only) => {
                write!(f, "Buffer({} bytes{})", bytes.len(), if *is_read_only { ", read-only" } else { "" })
            }
            Node::Tuple(items) => write!(f, "Tuple({items:?})"),
            Node::List(items) => write!(f, "List({items:?})"),
            Node::Dict(entries) => write!(f, "Dict({entries:?})"),
            Node::Set(items) => write!(f, "Set({items:?})"),
            Node::FrozenSet(items) => write!(f, "FrozenSet({items:?})"),
            Node::Global(global) => write!(f, "Global({global:?})"),
            Node::Object(object) => write!(f, "Object({object:?})"),
            Node::Persistent(id) => write!(f, "Persistent({id:?})"),
            Node::Extension(code) => write!(f, "Extension({code})"),
        }
    }
}

/// Bytes that travel beside a pickle, shared, and whether Python may not write to them.
///
/// ```
/// use frames_pickle::Buffer;
/// let buffer = Buffer::from(vec![1, 2]);
/// assert!(!buffer.is_read_only());
/// assert!(buffer.read_only().is_read_only());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    bytes: Bytes,
    is_read_only: bool,
}

impl Buffer {
    /// The bytes.
    ///
    /// ```
    /// assert_eq!(frames_pickle::Buffer::from(vec![1, 2]).bytes(), &[1, 2][..]);
    /// ```
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// True if Python may not write to them.
    ///
    /// ```
    /// assert!(!frames_pickle::Buffer::from(vec![1, 2]).is_read_only());
    /// ```
    pub fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// The same bytes, to which Python may not write.
    ///
    /// ```
    /// assert!(frames_pickle::Buffer::from(vec![1]).read_only().is_read_only());
    /// ```
    pub fn read_only(self) -> Buffer {
        Buffer { is_read_only: true, ..self }
    }
}

impl From<Bytes> for Buffer {
    fn from(bytes: Bytes) -> Buffer {
        Buffer { bytes, is_read_only: false }
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Buffer {
        Bytes::from(bytes).into()
    }
}

/// The ring of chunks of a node that grows, from the first on.
#[derive(Clone, Copy)]
pub(crate) struct Steps<'g> {
    graph: &'g Graph<'g>,
    last: usize,
    /// 0 behind the last.
    next: usize,
}

impl<'g> Steps<'g> {
    pub(crate) fn new(graph: &'g Graph<'_>, last: u64) -> Steps<'g> {
        let last = last as usize;
        let next = if last == 0 { 0 } else { graph.chunk(last).2 };
        Steps { graph, last, next }
    }
}

impl<'g> Iterator for Steps<'g> {
    type Item = (Step, &'g [Value]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next == 0 {
            return None;
        }
        let (step, items, next) = self.graph.chunk(self.next);
        // Chunks lie in the order in which they were made, so this ends also for what is no ring.
        self.next = if self.next == self.last || next <= self.next { 0 } else { next };
        Some((step, items))
    }
}

/// The items of a list or set, one after the other.
///
/// ```
/// use frames_pickle::{Graph, Node};
/// let mut graph = Graph::new();
/// let list = graph.list(&[1.into(), 2.into()]);
/// let Node::List(items) = graph.node(list) else { panic!() };
/// assert_eq!(items.collect::<Vec<_>>(), [1.into(), 2.into()]);
/// ```
#[derive(Clone, Copy)]
pub struct Items<'g> {
    steps: Steps<'g>,
    chunk: &'g [Value],
}

impl<'g> Items<'g> {
    /// How many are left. It walks over the blocks in which the pickle brought them, not over each.
    ///
    /// ```
    /// # use frames_pickle::{Graph, Node};
    /// # let mut graph = Graph::new();
    /// # let list = graph.list(&[1.into(), 2.into()]);
    /// # let Node::List(items) = graph.node(list) else { panic!() };
    /// assert_eq!(items.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.chunk.len() + self.steps.map(|(_, items)| items.len()).sum::<usize>()
    }

    /// True if none is left.
    ///
    /// ```
    /// # use frames_pickle::{Graph, Node};
    /// # let mut graph = Graph::new();
    /// # let list = graph.list(&[]);
    /// # let Node::List(items) = graph.node(list) else { panic!() };
    /// assert!(items.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The one at `index`, if there are so many.
    ///
    /// ```
    /// # use frames_pickle::{Graph, Node};
    /// # let mut graph = Graph::new();
    /// # let list = graph.list(&[1.into(), 2.into()]);
    /// # let Node::List(items) = graph.node(list) else { panic!() };
    /// assert_eq!((items.get(1), items.get(2)), (Some(2.into()), None));
    /// ```
    pub fn get(&self, index: usize) -> Option<Value> {
        let mut left = index;
        for chunk in self.chunks() {
            match chunk.get(left) {
                Some(item) => return Some(*item),
                None => left -= chunk.len(),
            }
        }
        None
    }

    /// Some values, and then those of steps.
    pub(crate) fn of(chunk: &'g [Value], steps: Steps<'g>) -> Items<'g> {
        Items { steps, chunk }
    }

    /// The items in the blocks in which they lie.
    pub(crate) fn chunks(self) -> impl Iterator<Item = &'g [Value]> {
        let first = Some(self.chunk).filter(|chunk| !chunk.is_empty());
        first.into_iter().chain(self.steps.map(|(_, items)| items))
    }
}

impl Iterator for Items<'_> {
    type Item = Value;

    #[inline]
    fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((first, rest)) = self.chunk.split_first() {
                self.chunk = rest;
                return Some(*first);
            }
            self.chunk = self.steps.next()?.1;
        }
    }
}

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// The entries of a dict, one after the other.
///
/// ```
/// use frames_pickle::{Graph, Node};
/// let mut graph = Graph::new();
/// let dict = graph.dict(&[(1.into(), true.into())]);
/// let Node::Dict(mut entries) = graph.node(dict) else { panic!() };
/// assert_eq!(entries.next(), Some((1.into(), true.into())));
/// assert_eq!(entries.next(), None);
/// ```
#[derive(Clone, Copy)]
pub struct Entries<'g>(Items<'g>);

impl Entries<'_> {
    /// How many are left, keys that are set twice counted twice.
    ///
    /// ```
    /// # use frames_pickle::{Graph, Node};
    /// # let mut graph = Graph::new();
    /// # let dict = graph.dict(&[(1.into(), true.into())]);
    /// # let Node::Dict(entries) = graph.node(dict) else { panic!() };
    /// assert_eq!(entries.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.0.len() / 2
    }

    /// True if none is left.
    ///
    /// ```
    /// # use frames_pickle::{Graph, Node};
    /// # let mut graph = Graph::new();
    /// # let dict = graph.dict(&[]);
    /// # let Node::Dict(entries) = graph.node(dict) else { panic!() };
    /// assert!(entries.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'g> Entries<'g> {
    pub(crate) fn graph(&self) -> &'g Graph<'g> {
        self.0.steps.graph
    }
}

impl Iterator for Entries<'_> {
    type Item = (Value, Value);

    #[inline]
    fn next(&mut self) -> Option<(Value, Value)> {
        Some((self.0.next()?, self.0.next()?))
    }
}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(*self).finish()
    }
}

/// A class or function, by its module and qualified name.
///
/// ```
/// use frames_pickle::Node;
/// let graph = frames_pickle::read(b"cdecimal\nDecimal\n.")?;
/// let Node::Global(class) = graph.node(graph.root()) else { panic!() };
/// assert_eq!(class.path(), Some(("decimal", "Decimal")));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Global<'g> {
    graph: &'g Graph<'g>,
    at: usize,
    steps: Steps<'g>,
}

impl<'g> Global<'g> {
    /// The module and the qualified name; `None` if a surrogate is in them.
    ///
    /// ```
    /// # let graph = frames_pickle::read(b"cdecimal\nDecimal\n.")?;
    /// # let frames_pickle::Node::Global(class) = graph.node(graph.root()) else { panic!() };
    /// assert_eq!(class.path(), Some(("decimal", "Decimal")));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn path(&self) -> Option<(&'g str, &'g str)> {
        Some((self.text(1)?.as_str()?, self.text(2)?.as_str()?))
    }

    fn text(&self, index: usize) -> Option<Text<'g>> {
        match self.graph.node(self.graph.heap.get(self.at + index).copied()?) {
            Node::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The texts of module and name, which other globals may share.
    pub(crate) fn names(&self) -> [Value; 2] {
        [1, 2].map(|index| self.graph.heap.get(self.at + index).copied().unwrap_or(Value::NONE))
    }

    /// What is done to it: nothing, but in pickles made by hand.
    pub(crate) fn steps(&self) -> Steps<'g> {
        self.steps
    }
}

/// Written as Python would: `module.name`.
impl fmt::Debug for Global<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, dot) in [(1, "."), (2, "")] {
            match self.text(index) {
                Some(text) => text.write_plain(f)?,
                None => f.write_str("?")?,
            }
            f.write_str(dot)?;
        }
        Ok(())
    }
}

/// What a call makes: the callable, its arguments, and what is done to the result.
///
/// ```
/// use frames_pickle::{CallKind, Node};
/// let graph = frames_pickle::read(b"cdecimal\nDecimal\n(X\x01\0\0\x001tR.")?;
/// let Node::Object(object) = graph.node(graph.root()) else { panic!() };
/// assert_eq!(object.kind(), CallKind::Reduce);
/// assert!(matches!(graph.node(object.args()), Node::Tuple([_])));
/// assert_eq!(object.steps().count(), 0);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Object<'g> {
    graph: &'g Graph<'g>,
    at: usize,
    steps: Steps<'g>,
}

impl<'g> Object<'g> {
    /// How it is called.
    ///
    /// ```
    /// # let graph = frames_pickle::read(b"cm\nC\n)\x81.")?;
    /// # let frames_pickle::Node::Object(object) = graph.node(graph.root()) else { panic!() };
    /// assert_eq!(object.kind(), frames_pickle::CallKind::NewObj);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn kind(&self) -> CallKind {
        match self.graph.word(self.at + 1) {
            0 => CallKind::Reduce,
            1 => CallKind::NewObj,
            2 => CallKind::NewObjEx,
            3 => CallKind::Obj,
            _ => CallKind::Inst,
        }
    }

    /// The handle of this object in its graph.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"cm\nC\n)\x81.")?;
    /// let frames_pickle::Node::Object(object) = graph.node(graph.root()) else { panic!() };
    /// assert_eq!(object.as_value(), graph.root());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn as_value(&self) -> Value {
        Value::place(self.at)
    }

    /// What is called: a global, or what another call makes.
    ///
    /// ```
    /// # let graph = frames_pickle::read(b"cm\nC\n)\x81.")?;
    /// # let frames_pickle::Node::Object(object) = graph.node(graph.root()) else { panic!() };
    /// assert!(matches!(graph.node(object.callable()), frames_pickle::Node::Global(_)));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn callable(&self) -> Value {
        self.value(2)
    }

    /// The module and name of what is called, if it is a global.
    ///
    /// ```
    /// # let graph = frames_pickle::read(b"cm\nC\n)\x81.")?;
    /// # let frames_pickle::Node::Object(object) = graph.node(graph.root()) else { panic!() };
    /// assert_eq!(object.path(), Some(("m", "C")));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn path(&self) -> Option<(&'g str, &'g str)> {
        match self.graph.node(self.callable()) {
            Node::Global(global) => global.path(),
            _ => None,
        }
    }

    /// The names of a class that cloudpickle sends whole, as it does with those of `__main__`: it is not made, and its instances are pickled as
    /// those of any other class.
    pub(crate) fn class_by_value(&self) -> Option<(&'g str, &'g str)> {
        let Node::Object(class) = self.graph.node(self.callable()) else { return None };
        let ("cloudpickle.cloudpickle" | "cloudpickle", "_make_skeleton_class") = class.path()? else { return None };
        let Node::Tuple([_, name, _, namespace, ..]) = self.graph.node(class.args()) else { return None };
        let (Node::Str(name), Node::Dict(entries)) = (self.graph.node(*name), self.graph.node(*namespace)) else {
            return None;
        };
        // It has the module, and what else cannot be set later.
        let is_module = |key: Value| matches!(self.graph.node(key), Node::Str(text) if text == "__module__");
        let module = entries.into_iter().take(16).find(|(key, _)| is_module(*key));
        match module.map(|(_, value)| self.graph.node(value)) {
            Some(Node::Str(module)) => Some((module.as_str()?, name.as_str()?)),
            _ => None,
        }
    }

    /// The positional arguments: a tuple, if a pickler wrote it.
    ///
    /// ```
    /// # let graph = frames_pickle::read(b"cm\nC\n)\x81.")?;
    /// # let frames_pickle::Node::Object(object) = graph.node(graph.root()) else { panic!() };
    /// assert_eq!(object.args(), frames_pickle::Value::EMPTY_TUPLE);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn args(&self) -> Value {
        self.value(3)
    }

    /// The named arguments of [`CallKind::NewObjEx`], a dict.
    ///
    /// ```
    /// # let graph = frames_pickle::read(b"cm\nC\n)\x81.")?;
    /// # let frames_pickle::Node::Object(object) = graph.node(graph.root()) else { panic!() };
    /// assert_eq!(object.kwargs(), None);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn kwargs(&self) -> Option<Value> {
        (self.kind() == CallKind::NewObjEx).then(|| self.value(4))
    }

    /// What is done to it, in order. Appends that follow each other may come in several steps.
    ///
    /// ```
    /// # let graph = frames_pickle::read(b"cm\nC\n)\x81Nb.")?;
    /// # let frames_pickle::Node::Object(object) = graph.node(graph.root()) else { panic!() };
    /// let steps: Vec<_> = object.steps().collect();
    /// assert_eq!(steps, [(frames_pickle::Step::Build, &[frames_pickle::Value::NONE][..])]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn steps(&self) -> impl Iterator<Item = (Step, &'g [Value])> + use<'g> {
        self.steps
    }

    pub(crate) fn raw_steps(&self) -> Steps<'g> {
        self.steps
    }

    /// The state that it is given last by [`Step::Build`], as most objects are.
    ///
    /// ```
    /// # let graph = frames_pickle::read(b"cm\nC\n)\x81Nb.")?;
    /// # let frames_pickle::Node::Object(object) = graph.node(graph.root()) else { panic!() };
    /// assert_eq!(object.state(), Some(frames_pickle::Value::NONE));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn state(&self) -> Option<Value> {
        let last = self.steps.filter(|(step, _)| *step == Step::Build).last();
        last.and_then(|(_, items)| items.first().copied())
    }

    fn value(&self, index: usize) -> Value {
        self.graph.heap.get(self.at + index).copied().unwrap_or(Value::NONE)
    }
}

impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.graph.node(self.callable()) {
            Node::Global(global) => write!(f, "{global:?}")?,
            _ => write!(f, "{:?}", self.callable())?,
        }
        write!(f, " called with {:?}", self.args())
    }
}
