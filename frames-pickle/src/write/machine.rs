//! From objects to opcodes, by a stack of what is open.

use super::discarded::Discarded;
use super::old::Known;
use super::sink::{Number, Sink};
use super::task::{Batches, Rule, Stage, Task};
use super::{Pickle, Writer};
use crate::graph::{CallKind, Graph, Tag, grow};
use crate::node::{Buffer, Node, Steps};
use crate::opcode as op;
use crate::value::{Kind, Value};
use frames_core::{Error, ErrorKind, Result};
use std::collections::HashMap;

/// So many bytes of integers are written again.
const REPEATS: usize = 1 << 20;

pub(super) struct Machine<'g, 'w> {
    pub(super) graph: &'g Graph<'g>,
    writer: &'w Writer<'w>,
    pub(super) sink: Sink,
    /// By place: 0, or the number in the memo and one, or [`ONCE`].
    memo: Vec<u32>,
    pub(super) known: Known<'g>,
    buffers: Vec<Buffer>,
    /// How many bytes of integers were written again.
    repeated: usize,
    /// By place: the calls that come first.
    instead: HashMap<usize, Vec<Value>>,
    /// How many objects were opened since the last one was put aside. What has no end opens more than there are.
    opened: usize,
}

/// In place of a number: it was written once, and was not put aside.
const ONCE: u32 = u32::MAX;

/// What comes after a part of a task was written.
pub(super) enum Next<'g> {
    Open(Task<'g>),
    Become(Task<'g>),
    /// Only where leaves are all that is wanted: there is more.
    Stay,
    Close,
}

/// How much of a task is written at once: what holds only leaves needs no place on the stack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    Leaves,
    All,
}

impl<'g, 'w> Machine<'g, 'w> {
    pub(super) fn new(graph: &'g Graph<'g>, writer: &'w Writer<'w>) -> Self {
        let likely = graph.input.len() + graph.made.len() + graph.heap.len() * 2;
        Machine {
            graph,
            writer,
            sink: Sink::new(writer.protocol, likely.min(64 << 20) + 64),
            memo: vec![0; graph.heap.len()],
            known: Known::default(),
            buffers: Vec::new(),
            repeated: 0,
            instead: HashMap::new(),
            opened: 0,
        }
    }

    pub(super) fn run(mut self) -> Result<Pickle> {
        let Discarded { front, instead } = Discarded::of(self.graph);
        self.instead = instead;
        for (value, is_alone) in front {
            self.discard(value, is_alone)?;
        }
        let task = self.save(self.graph.root())?;
        self.finish(task)?;
        // Those whose place was never reached.
        let left = std::mem::take(&mut self.instead);
        let mut left: Vec<_> = left.into_iter().filter(|(_, values)| !values.is_empty()).collect();
        left.sort_unstable_by_key(|(place, _)| *place);
        for value in left.into_iter().flat_map(|(_, values)| values) {
            self.discard(value, true)?;
        }
        Ok(Pickle::new(self.sink.finish(), self.buffers))
    }

    fn discard(&mut self, value: Value, alone: bool) -> Result<()> {
        let mut task = self.save(value)?;
        if let Some(Task::Call { is_alone, .. }) = &mut task {
            *is_alone = alone;
        }
        self.finish(task)?;
        self.sink.op(op::POP);
        Ok(())
    }

    /// Writes all that a task opens.
    fn finish(&mut self, task: Option<Task<'g>>) -> Result<()> {
        let mut open: Vec<Task<'g>> = task.into_iter().collect();
        while let Some(task) = open.last_mut() {
            let next = match task {
                Task::Batches(batches) => self.batches(batches, Depth::All)?,
                Task::Tuple { tuple, items, next, is_fresh } => {
                    self.tuple(*tuple, items, next, *is_fresh, Depth::All)?
                }
                Task::FrozenSet { set, items } => self.frozenset(*set, items)?,
                Task::Call { object, stage, is_alone, instead_of } => {
                    self.call(*object, stage, *is_alone, *instead_of)?
                }
                Task::Obj { object, class, args } => self.obj(*object, class, args)?,
                Task::Persistent { object, id } => self.persistent(*object, id)?,
            };
            match next {
                Next::Open(child) => {
                    grow(&mut open, 1);
                    open.push(child);
                }
                Next::Become(other) => *task = other,
                Next::Stay => {}
                Next::Close => drop(open.pop()),
            }
        }
        Ok(())
    }

    #[inline]
    pub(super) fn number(&self, at: usize) -> Option<Number> {
        match self.memo.get(at) {
            Some(0 | &ONCE) | None => None,
            Some(number) => Some(Number(number - 1)),
        }
    }

    pub(super) fn number_of(&self, value: Value) -> Option<Number> {
        self.number(value.as_place()?)
    }

    /// Puts the object aside that was just written.
    #[inline]
    pub(super) fn memoize(&mut self, at: usize) -> Result<Number> {
        let number = self.sink.memoize()?;
        if let Some(place) = self.memo.get_mut(at) {
            *place = number.0 + 1;
        }
        self.opened = 0;
        Ok(number)
    }

    pub(super) fn memoize_value(&mut self, value: Value) -> Result<()> {
        value.as_place().map_or(Ok(()), |at| self.memoize(at).map(drop))
    }

    /// Writes a value, or its front and what is to be done for the rest.
    pub(super) fn save(&mut self, value: Value) -> Result<Option<Task<'g>>> {
        if self.leaf(value)? { Ok(None) } else { self.open(value) }
    }

    /// Writes a value, if it is none of the heap.
    #[inline(always)]
    pub(super) fn scalar(&mut self, value: Value) -> bool {
        self.sink.boundary();
        match value.kind() {
            Kind::Place(_) => return false,
            Kind::Int(number) => self.sink.int(number),
            Kind::Float(number) => self.sink.float(number),
            Kind::None => self.sink.op(op::NONE),
            Kind::Bool(true) => self.sink.op(op::NEWTRUE),
            Kind::Bool(false) => self.sink.op(op::NEWFALSE),
            Kind::EmptyTuple => self.sink.op(op::EMPTY_TUPLE),
        }
        true
    }

    /// Writes a value, if nothing that is not yet written lies in it.
    #[inline]
    pub(super) fn leaf(&mut self, value: Value) -> Result<bool> {
        let Some(at) = value.as_place() else { return Ok(self.scalar(value)) };
        self.sink.boundary();
        match self.number(at) {
            Some(number) => self.sink.get(number),
            None => return self.leaf_at(value, at),
        }
        Ok(true)
    }

    fn leaf_at(&mut self, value: Value, at: usize) -> Result<bool> {
        let graph = self.graph;
        let Some((tag, body)) = graph.header(at) else { return Err(foreign()) };
        match tag {
            Tag::Str => self.str(at, graph.span(at, body))?,
            Tag::Int => self.sink.int(graph.word(at + 1) as i64),
            Tag::Float => self.sink.float(f64::from_bits(graph.word(at + 1))),
            Tag::BigInt => self.big_int(at, graph.span(at, body))?,
            Tag::Bytes => self.bytes(at, graph.span(at, body))?,
            Tag::ByteArray => self.bytearray(at, graph.span(at, body))?,
            Tag::Buffer => self.buffer(value, at)?,
            // Without steps.
            Tag::Global if body == 0 => self.global(at)?,
            Tag::Extension if body == 0 => self.sink.extension(graph.word(at + 1) as u32)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn open(&mut self, value: Value) -> Result<Option<Task<'g>>> {
        let graph = self.graph;
        let place = value.as_place().and_then(|at| Some((at, graph.header(at)?)));
        let Some((at, (tag, body))) = place else { return Err(foreign()) };
        let (empty, rule) = match tag {
            Tag::List => (op::EMPTY_LIST, Rule::List),
            Tag::Dict => (op::EMPTY_DICT, Rule::Dict),
            Tag::Set if self.sink.protocol() >= 4 => (op::EMPTY_SET, Rule::Set),
            Tag::Global => {
                self.global(at)?;
                // One that is another's by name was not put aside by its place: what is done to it must not be done twice.
                if self.number(at).is_none() {
                    self.memoize(at)?;
                }
                return Ok(self.steps_of(value));
            }
            Tag::Extension => {
                self.sink.extension(graph.word(at + 1) as u32)?;
                // As in CPython no code is put aside, unless something is done to it, which must not be done twice.
                self.memoize(at)?;
                return Ok(self.steps_of(value));
            }
            _ => {
                self.opened += 1;
                if self.opened > graph.heap.len() {
                    return Err(endless());
                }
                let mut task = self.open_immutable(value, at, tag, body)?;
                // Most tuples hold no more than leaves.
                if let Task::Tuple { tuple, items, next, is_fresh } = &mut task {
                    if let Next::Close = self.tuple(*tuple, items, next, *is_fresh, Depth::Leaves)? {
                        return Ok(None);
                    }
                }
                return Ok(Some(task));
            }
        };
        self.sink.op(empty);
        self.memoize(at)?;
        if body == 0 {
            return Ok(None);
        }
        let mut batches = Batches::new(value, rule, Steps::new(graph, body));
        match self.batches(&mut batches, Depth::Leaves)? {
            Next::Close => Ok(None),
            _ => Ok(Some(Task::Batches(batches))),
        }
    }

    /// Those that are put aside behind what they are made of.
    fn open_immutable(&mut self, value: Value, at: usize, tag: Tag, body: u64) -> Result<Task<'g>> {
        let graph = self.graph;
        let is_old = self.sink.protocol() < 4;
        Ok(match tag {
            Tag::Tuple => {
                let items = graph.items(at, body);
                if items.len() > 3 {
                    self.sink.op(op::MARK);
                }
                Task::Tuple { tuple: value, items, next: 0, is_fresh: false }
            }
            Tag::FrozenSet if is_old => {
                self.old_set(b"frozenset")?;
                Task::Batches(Batches::of(graph, value, Rule::OldSet, graph.items(at, body)))
            }
            Tag::FrozenSet => {
                self.sink.op(op::MARK);
                Task::FrozenSet { set: value, items: graph.items(at, body) }
            }
            Tag::Set => {
                self.old_set(b"set")?;
                Task::Batches(Batches::new(value, Rule::OldSet, Steps::new(graph, body)))
            }
            Tag::Call => match graph.node(value) {
                Node::Object(call) if matches!(call.kind(), CallKind::Obj | CallKind::Inst) => {
                    let Node::Tuple(args) = graph.node(call.args()) else { return Err(no_arguments()) };
                    self.sink.op(op::MARK);
                    Task::Obj { object: value, class: Some(call.callable()), args }
                }
                _ => self.instead.get_mut(&at).and_then(Vec::pop).map_or(made(value), |first| Task::Call {
                    object: first,
                    stage: Stage::Callable,
                    is_alone: true,
                    instead_of: Some(value),
                }),
            },
            Tag::Persistent => Task::Persistent { object: value, id: Some(Value::from_word(graph.word(at + 1))) },
            _ => return Err(foreign()),
        })
    }

    #[inline]
    fn filled(&self, value: Value, rule: Rule, body: u64) -> Option<Task<'g>> {
        // Nothing was added if there is no chunk.
        (body != 0).then(|| Task::Batches(Batches::new(value, rule, Steps::new(self.graph, body))))
    }

    /// What is done to an object, if anything is.
    fn steps_of(&self, object: Value) -> Option<Task<'g>> {
        let (_, body) = self.graph.header(object.as_place()?)?;
        self.filled(object, Rule::Object, body)
    }

    fn after(&self, object: Value) -> Next<'g> {
        self.steps_of(object).map_or(Next::Close, Next::Become)
    }

    fn big_int(&mut self, at: usize, bytes: &[u8]) -> Result<()> {
        self.sink.long(bytes)?;
        if bytes.len() <= 255 {
            return Ok(());
        }
        // CPython puts no integer aside. Large ones that are shared must not be written without end.
        match self.memo.get_mut(at) {
            Some(place) if *place == 0 => *place = ONCE,
            _ if self.repeated + bytes.len() < REPEATS => self.repeated += bytes.len(),
            _ => drop(self.memoize(at)?),
        }
        Ok(())
    }

    fn buffer(&mut self, value: Value, at: usize) -> Result<()> {
        let Node::Buffer(bytes, is_read_only) = self.graph.node(value) else { return Err(foreign()) };
        if self.sink.protocol() < 5 {
            let text = format!("protocol {} has no buffers", self.sink.protocol());
            return Err(Error::new(ErrorKind::Unsupported, text).with_help("Writer::protocol(5) writes them"));
        }
        if let Some(choose) = &self.writer.out_of_band {
            let mut buffer = Buffer::from(bytes.clone());
            if is_read_only {
                buffer = buffer.read_only();
            }
            if choose(&buffer) {
                self.buffers.push(buffer);
                self.sink.op(op::NEXT_BUFFER);
                if is_read_only {
                    self.sink.op(op::READONLY_BUFFER);
                }
                return Ok(());
            }
        }
        if is_read_only {
            self.sink.bytes(bytes)?;
        } else {
            self.sink.bytearray(bytes);
        }
        self.memoize(at).map(drop)
    }

    fn tuple(
        &mut self,
        tuple: Value,
        items: &'g [Value],
        next: &mut usize,
        is_fresh: bool,
        depth: Depth,
    ) -> Result<Next<'g>> {
        while let Some(item) = items.get(*next) {
            if !self.leaf(*item)? {
                if depth == Depth::Leaves {
                    return Ok(Next::Stay);
                }
                if let Some(child) = self.open(*item)? {
                    *next += 1;
                    return Ok(Next::Open(child));
                }
            }
            *next += 1;
        }
        let number = self.number_of(tuple);
        match number {
            // It holds what holds it, and was made when that was written.
            Some(number) if !is_fresh => {
                match items.len() {
                    few @ 0..=3 => (0..few).for_each(|_| self.sink.op(op::POP)),
                    _ => self.sink.op(op::POP_MARK),
                }
                self.sink.get(number);
                return Ok(Next::Close);
            }
            _ => self.sink.op(match items.len() {
                0 => op::EMPTY_TUPLE,
                1 => op::TUPLE1,
                2 => op::TUPLE2,
                3 => op::TUPLE3,
                _ => op::TUPLE,
            }),
        }
        match number {
            Some(_) => drop(self.sink.memoize()?),
            None => self.memoize_value(tuple)?,
        }
        Ok(Next::Close)
    }

    fn frozenset(&mut self, set: Value, items: &mut &'g [Value]) -> Result<Next<'g>> {
        while let Some((item, rest)) = items.split_first() {
            *items = rest;
            if let Some(child) = self.save(*item)? {
                return Ok(Next::Open(child));
            }
        }
        if let Some(number) = self.number_of(set) {
            self.sink.op(op::POP_MARK);
            self.sink.get(number);
        } else {
            self.sink.op(op::FROZENSET);
            self.memoize_value(set)?;
        }
        Ok(Next::Close)
    }

    fn call(
        &mut self,
        object: Value,
        stage: &mut Stage,
        is_alone: bool,
        instead_of: Option<Value>,
    ) -> Result<Next<'g>> {
        let Node::Object(call) = self.graph.node(object) else { return Err(foreign()) };
        let is_old_ex = call.kind() == CallKind::NewObjEx && self.sink.protocol() < 4;
        loop {
            let child = match *stage {
                Stage::Callable => {
                    *stage = Stage::Args;
                    if is_old_ex {
                        self.old_global(b"copyreg", b"__newobj_ex__")?;
                    }
                    self.save(call.callable())?
                }
                Stage::Args => {
                    *stage = if call.kind() == CallKind::NewObjEx { Stage::Kwargs } else { Stage::Done };
                    let mut args = self.save(call.args())?;
                    if let Some(Task::Tuple { is_fresh, .. }) = &mut args {
                        *is_fresh = true;
                    }
                    args
                }
                Stage::Kwargs => {
                    *stage = Stage::Done;
                    self.save(call.kwargs().unwrap_or(Value::NONE))?
                }
                Stage::Done => break,
            };
            if let Some(child) = child {
                return Ok(Next::Open(child));
            }
        }
        match call.kind() {
            CallKind::NewObj => self.sink.op(op::NEWOBJ),
            CallKind::NewObjEx if is_old_ex => self.sink.raw(&[op::TUPLE3, op::REDUCE]),
            CallKind::NewObjEx => self.sink.op(op::NEWOBJ_EX),
            _ => self.sink.op(op::REDUCE),
        }
        if let Some(number) = self.number_of(instead_of.unwrap_or(object)) {
            self.sink.op(op::POP);
            self.sink.get(number);
            return Ok(Next::Close);
        }
        if let Some(object) = instead_of {
            self.sink.op(op::POP);
            return Ok(Next::Become(made(object)));
        }
        if !is_alone {
            self.memoize_value(object)?;
        }
        Ok(self.after(object))
    }

    fn obj(&mut self, object: Value, class: &mut Option<Value>, args: &mut &'g [Value]) -> Result<Next<'g>> {
        loop {
            let item = match (class.take(), args.split_first()) {
                (Some(class), _) => class,
                (None, Some((first, rest))) => {
                    *args = rest;
                    *first
                }
                (None, None) => break,
            };
            if let Some(child) = self.save(item)? {
                return Ok(Next::Open(child));
            }
        }
        if let Some(number) = self.number_of(object) {
            self.sink.op(op::POP_MARK);
            self.sink.get(number);
            return Ok(Next::Close);
        }
        self.sink.op(op::OBJ);
        self.memoize_value(object)?;
        Ok(self.after(object))
    }

    fn persistent(&mut self, object: Value, id: &mut Option<Value>) -> Result<Next<'g>> {
        if let Some(id) = id.take() {
            if let Some(child) = self.save(id)? {
                return Ok(Next::Open(child));
            }
        }
        self.sink.op(op::BINPERSID);
        let after = self.after(object);
        if matches!(after, Next::Become(_)) {
            self.memoize_value(object)?;
        }
        Ok(after)
    }
}

fn made<'g>(object: Value) -> Task<'g> {
    Task::Call { object, stage: Stage::Callable, is_alone: false, instead_of: None }
}

#[cold]
pub(super) fn foreign() -> Error {
    let error = Error::new(ErrorKind::Invalid, "a value that is not of this graph");
    error.with_help("a Value belongs to the Graph that made it")
}

#[cold]
fn endless() -> Error {
    let error = Error::new(
        ErrorKind::Invalid,
        "a tuple, frozen set or call that holds itself, and no list, dict or object between",
    );
    error.with_help("such an object cannot be made; a Value belongs to the Graph that made it")
}

#[cold]
fn no_arguments() -> Error {
    Error::mismatch("a tuple of arguments", "another value")
}
