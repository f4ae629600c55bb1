//! The machine of opcodes, which fills a graph: one function with an arm for each opcode, as they are one list in the format, and below
//! what the arms share.
//!
//! Nothing here calls what a pickle names, recurses, or believes a length.

use crate::compat;
use crate::graph::{CallKind, Graph, Step, Tag, grow};
use crate::int;
use crate::literal;
use crate::memo::Memo;
use crate::node::Node;
use crate::opcode::{self as op, name};
use crate::read::{Python2, Reader};
use crate::text::is_wtf8;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// Runs the pickle in front of `bytes`; with how many bytes and buffers it has.
pub(crate) fn run<'a>(reader: &Reader<'_>, bytes: &'a [u8]) -> Result<(Graph<'a>, usize, usize)> {
    let graph = Graph { input: Cow::Borrowed(bytes), buffers: reader.buffers.clone(), ..Graph::default() };
    let mut machine = Machine {
        reader,
        input: bytes,
        pos: 0,
        at: 0,
        limit: bytes.len(),
        is_framed: false,
        called: 0,
        protocol: 0,
        stack: Vec::new(),
        marks: Vec::new(),
        floor: 0,
        memo: Memo::default(),
        next_buffer: 0,
        moved: HashMap::new(),
        extensions: BTreeMap::new(),
        graph,
    };
    match machine.run() {
        Ok(()) => Ok((machine.graph, machine.pos, machine.next_buffer)),
        Err(error) => {
            let at = machine.at;
            let code = bytes.get(at).and_then(|code| name(*code)).unwrap_or("the end");
            Err(Error::new(error.kind(), format!("{code} at byte {at} of the pickle: {error}")))
        }
    }
}

struct Machine<'a, 'r> {
    reader: &'r Reader<'r>,
    input: &'a [u8],
    pos: usize,
    /// Where the opcode is that runs.
    at: usize,
    /// Where the frame ends, or the input.
    limit: usize,
    is_framed: bool,
    /// Behind the last `REDUCE`.
    called: usize,
    protocol: u8,
    stack: Vec<Value>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    /// The last mark: what is below is out of reach.
    floor: usize,
    memo: Memo,
    next_buffer: usize,
    /// Globals of today's names by the two texts of the old ones, in protocols that have these, and those of codes. To name one again must not cost its names again.
    moved: HashMap<(Value, Value), Value>,
    extensions: BTreeMap<u32, Value>,
    graph: Graph<'a>,
}

impl<'a> Machine<'a, '_> {
    fn run(&mut self) -> Result<()> {
        loop {
            self.at = self.pos;
            if self.pos == self.limit {
                // A frame ends between opcodes.
                self.limit = self.input.len();
                self.is_framed = false;
            }
            let Some(&code) = self.input.get(self.pos) else { return Err(truncated()) };
            self.pos += 1;
            match code {
                op::SHORT_BINUNICODE => {
                    let len = self.byte()?;
                    self.text(len as usize)?;
                }
                op::MEMOIZE => self.memo.push(self.top()?)?,
                op::BINGET => {
                    let index = self.byte()?;
                    self.get(index as u64)?;
                }
                op::BININT1 => {
                    let number = self.byte()?;
                    self.push((number as i32).into());
                }
                op::BINFLOAT => {
                    let bits = u64::from_be_bytes(self.array()?);
                    let number = self.graph.float(f64::from_bits(bits));
                    self.push(number);
                }
                op::BININT => {
                    let number = i32::from_le_bytes(self.array()?);
                    self.push(number.into());
                }
                op::BININT2 => {
                    let number = u16::from_le_bytes(self.array()?);
                    self.push((number as i32).into());
                }
                op::LONG_BINGET => {
                    let index = u32::from_le_bytes(self.array()?);
                    self.get(index as u64)?;
                }
                op::MARK => {
                    self.floor = self.stack.len();
                    grow(&mut self.marks, 1);
                    self.marks.push(self.floor);
                }
                op::EMPTY_DICT => self.empty(Tag::Dict),
                op::EMPTY_LIST => self.empty(Tag::List),
                op::EMPTY_SET => self.empty(Tag::Set),
                op::SETITEMS => self.steps(Step::SetItems)?,
                op::APPENDS => self.steps(Step::Append)?,
                op::ADDITEMS => self.steps(Step::Add)?,
                op::SETITEM => self.last_step(Step::SetItems, 2)?,
                op::APPEND => self.last_step(Step::Append, 1)?,
                op::BUILD => self.last_step(Step::Build, 1)?,
                op::TUPLE1 => self.tuple_of(1)?,
                op::TUPLE2 => self.tuple_of(2)?,
                op::TUPLE3 => self.tuple_of(3)?,
                op::TUPLE => {
                    let from = self.pop_mark()?;
                    let tuple = self.graph.tuple(self.stack.get(from..).unwrap_or_default());
                    self.replace(from, tuple);
                }
                op::NONE => self.push(Value::NONE),
                op::NEWTRUE => self.push(true.into()),
                op::NEWFALSE => self.push(false.into()),
                op::EMPTY_TUPLE => self.push(Value::EMPTY_TUPLE),
                op::SHORT_BINBYTES => {
                    let len = self.byte()?;
                    self.bytes(Tag::Bytes, len as u64)?;
                }
                op::BINBYTES => {
                    let len = u32::from_le_bytes(self.array()?);
                    self.bytes(Tag::Bytes, len as u64)?;
                }
                op::BINBYTES8 => {
                    let len = u64::from_le_bytes(self.array()?);
                    self.bytes(Tag::Bytes, len)?;
                }
                op::BYTEARRAY8 => {
                    let len = u64::from_le_bytes(self.array()?);
                    self.bytes(Tag::ByteArray, len)?;
                }
                op::BINUNICODE => {
                    let len = u32::from_le_bytes(self.array()?);
                    self.text(len as usize)?;
                }
                op::BINUNICODE8 => {
                    let len = u64::from_le_bytes(self.array()?);
                    self.text(usize::try_from(len).unwrap_or(usize::MAX))?;
                }
                op::LONG1 => {
                    let len = self.byte()?;
                    self.long(len as usize)?;
                }
                op::LONG4 => {
                    let len = self.signed_len()?;
                    self.long(len)?;
                }
                op::NEXT_BUFFER => self.buffer()?,
                op::READONLY_BUFFER => self.read_only()?,
                op::STACK_GLOBAL => {
                    let name = self.pop()?;
                    let module = self.pop()?;
                    self.global(module, name)?;
                }
                op::REDUCE => {
                    self.call(CallKind::Reduce)?;
                    self.called = self.pos;
                }
                op::NEWOBJ => self.call(CallKind::NewObj)?,
                op::NEWOBJ_EX => self.call(CallKind::NewObjEx)?,
                op::OBJ => {
                    let from = self.pop_mark()?;
                    let Some((&class, args)) = self.stack.get(from..).and_then(<[Value]>::split_first) else {
                        return Err(underflow());
                    };
                    self.check_callable(class)?;
                    let args = self.graph.tuple(args);
                    let object = self.graph.push_call(CallKind::Obj, class, args, Value::NONE);
                    self.replace(from, object);
                }
                op::INST => {
                    // Python 2 had no other names.
                    let (module, name) = (literal::ascii(self.line()?)?, literal::ascii(self.line()?)?);
                    let class = self.named(module.as_bytes(), name.as_bytes())?;
                    let from = self.pop_mark()?;
                    let args = self.graph.tuple(self.stack.get(from..).unwrap_or_default());
                    let object = self.graph.push_call(CallKind::Inst, class, args, Value::NONE);
                    self.replace(from, object);
                }
                op::GLOBAL => {
                    let (module, name) = (self.line()?, self.line()?);
                    let global = self.named(module, name)?;
                    self.push(global);
                }
                op::LIST => {
                    let from = self.pop_mark()?;
                    let list = self.graph.list(self.stack.get(from..).unwrap_or_default());
                    self.replace(from, list);
                }
                op::DICT => {
                    let from = self.pop_mark()?;
                    let dict = self.graph.push_empty(Tag::Dict);
                    self.graph.set_items(dict, self.stack.get(from..).unwrap_or_default())?;
                    self.replace(from, dict);
                }
                op::FROZENSET => {
                    let from = self.pop_mark()?;
                    let set = self.graph.frozenset(self.stack.get(from..).unwrap_or_default());
                    self.replace(from, set);
                }
                op::POP => self.discard()?,
                op::POP_MARK => {
                    let from = self.pop_mark()?;
                    for value in self.stack.drain(from..).rev() {
                        note_discarded(&mut self.graph, value);
                    }
                }
                op::DUP => self.push(self.top()?),
                op::BINPUT => {
                    let index = self.byte()?;
                    self.put(index as u64)?;
                }
                op::LONG_BINPUT => {
                    let index = u32::from_le_bytes(self.array()?);
                    self.put(index as u64)?;
                }
                op::PUT => {
                    let index = self.index()?;
                    self.put(index)?;
                }
                op::GET => {
                    let index = self.index()?;
                    self.get(index)?;
                }
                op::PROTO => {
                    self.protocol = self.byte()?;
                    if self.protocol > 5 {
                        let text = format!("protocol {}, and 5 is the last that is known", self.protocol);
                        return Err(Error::new(ErrorKind::Unsupported, text));
                    }
                }
                op::FRAME => self.frame()?,
                op::EXT1 => {
                    let code = self.byte()?;
                    self.extension(code as i64)?;
                }
                op::EXT2 => {
                    let code = u16::from_le_bytes(self.array()?);
                    self.extension(code as i64)?;
                }
                op::EXT4 => {
                    let code = i32::from_le_bytes(self.array()?);
                    self.extension(code as i64)?;
                }
                op::BINPERSID => {
                    let id = self.pop()?;
                    self.persistent(id)?;
                }
                op::PERSID => {
                    let line = self.line()?;
                    let id = self.graph.push_made(Tag::Str, literal::ascii(line)?.as_bytes());
                    self.persistent(id)?;
                }
                op::INT => {
                    let value = match self.line()? {
                        b"01" => true.into(),
                        b"00" => false.into(),
                        [b'+' | b' ' | b'\t' | 11..=13, b'0' | b'1'] | b"-0" => {
                            return Err(Error::new(
                                ErrorKind::Invalid,
                                "a line that is an int to some and a bool to others",
                            ));
                        }
                        line => self.decimal(line)?,
                    };
                    self.push(value);
                }
                op::LONG => {
                    let line = self.line()?;
                    let value = self.decimal(line.strip_suffix(b"L").unwrap_or(line))?;
                    self.push(value);
                }
                op::FLOAT => {
                    let number = literal::finite(self.line()?)?;
                    let number = self.graph.float(number);
                    self.push(number);
                }
                op::UNICODE => {
                    let text = literal::raw_unicode_escape(self.line()?)?;
                    let text = self.graph.push_made(Tag::Str, &text);
                    self.push(text);
                }
                op::STRING => {
                    let bytes = literal::string(self.line()?)?;
                    self.python2(&bytes)?;
                }
                op::SHORT_BINSTRING => {
                    let len = self.byte()?;
                    let bytes = self.take(len as usize)?;
                    self.python2(bytes)?;
                }
                op::BINSTRING => {
                    let len = self.signed_len()?;
                    let bytes = self.take(len)?;
                    self.python2(bytes)?;
                }
                op::STOP => {
                    let root = self.pop()?;
                    // Where the next pickle starts would be in question.
                    if self.is_framed && self.pos < self.limit {
                        return Err(Error::new(ErrorKind::Invalid, "the pickle ends inside of a frame"));
                    }
                    self.graph.set_root(root);
                    let left = std::mem::take(&mut self.stack);
                    left.into_iter().for_each(|value| note_discarded(&mut self.graph, value));
                    self.graph.keep_hidden();
                    return Ok(());
                }
                code => {
                    return Err(Error::new(ErrorKind::Invalid, format!("0x{code:02x} is no opcode")));
                }
            }
        }
    }

    #[inline]
    fn push(&mut self, value: Value) {
        grow(&mut self.stack, 1);
        self.stack.push(value);
    }

    #[inline]
    fn pop(&mut self) -> Result<Value> {
        if self.stack.len() <= self.floor {
            return Err(underflow());
        }
        self.stack.pop().ok_or_else(underflow)
    }

    #[inline]
    fn top(&self) -> Result<Value> {
        match self.stack.last() {
            Some(top) if self.stack.len() > self.floor => Ok(*top),
            _ => Err(underflow()),
        }
    }

    /// Where the values behind the last mark start.
    #[inline]
    fn pop_mark(&mut self) -> Result<usize> {
        let from = self.marks.pop().ok_or_else(|| Error::new(ErrorKind::Invalid, "there is no mark on the stack"))?;
        self.floor = self.marks.last().copied().unwrap_or(0);
        Ok(from)
    }

    #[inline]
    fn replace(&mut self, from: usize, value: Value) {
        self.stack.truncate(from);
        self.push(value);
    }

    /// The next bytes, all of them in one frame.
    #[inline]
    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let end = self.pos.saturating_add(len);
        match self.input.get(self.pos..end) {
            Some(bytes) if end <= self.limit => {
                self.pos = end;
                Ok(bytes)
            }
            Some(_) => Err(straddles()),
            None => Err(truncated()),
        }
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.take(N)?;
        bytes.first_chunk().copied().ok_or_else(truncated)
    }

    #[inline]
    fn byte(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// The rest of a line, without its end.
    fn line(&mut self) -> Result<&'a [u8]> {
        let rest = self.input.get(self.pos..).unwrap_or_default();
        let len = rest.iter().position(|byte| *byte == b'\n').ok_or_else(truncated)?;
        let line = self.take(len)?;
        self.take(1)?;
        Ok(line)
    }

    /// A length that the format has with a sign.
    fn signed_len(&mut self) -> Result<usize> {
        let len = i32::from_le_bytes(self.array()?);
        usize::try_from(len).map_err(|_| Error::new(ErrorKind::Invalid, format!("a length of {len}")))
    }

    #[inline]
    fn text(&mut self, len: usize) -> Result<()> {
        let start = self.pos;
        let bytes = self.take(len)?;
        if !is_wtf8(bytes) {
            return Err(Error::new(ErrorKind::Invalid, "a text that is not UTF-8"));
        }
        let text = self.graph.push_span(Tag::Str, start, len);
        self.push(text);
        Ok(())
    }

    fn bytes(&mut self, tag: Tag, len: u64) -> Result<()> {
        let (start, len) = (self.pos, usize::try_from(len).unwrap_or(usize::MAX));
        self.take(len)?;
        let bytes = self.graph.push_span(tag, start, len);
        self.push(bytes);
        Ok(())
    }

    fn long(&mut self, len: usize) -> Result<()> {
        let start = self.pos;
        self.take(len)?;
        let number = self.graph.int_of_input(start, len);
        self.push(number);
        Ok(())
    }

    fn decimal(&mut self, line: &[u8]) -> Result<Value> {
        match int::parse(literal::ascii(line)?) {
            Some(bytes) => Ok(self.graph.big_int(&bytes)),
            None if line.len() > int::DIGITS => {
                let text = format!("an integer of {} digits, and {} are read", line.len(), int::DIGITS);
                Err(Error::new(ErrorKind::Limit, text))
            }
            None => Err(Error::new(ErrorKind::Invalid, "a line that is no integer")),
        }
    }

    fn python2(&mut self, bytes: &[u8]) -> Result<()> {
        let value = match self.reader.python2 {
            Python2::Bytes => self.graph.push_made(Tag::Bytes, bytes),
            Python2::Ascii if bytes.is_ascii() => self.graph.push_made(Tag::Str, bytes),
            Python2::Ascii => {
                let error = Error::new(ErrorKind::Invalid, "a str of Python 2 that is not ASCII");
                return Err(error.with_help("Reader::python2 reads it as Latin-1 or as bytes"));
            }
            Python2::Latin1 => {
                let text: String = bytes.iter().copied().map(char::from).collect();
                self.graph.str(&text)
            }
        };
        self.push(value);
        Ok(())
    }

    #[inline]
    fn get(&mut self, index: u64) -> Result<()> {
        let value = self.memo.get(index)?;
        self.push(value);
        Ok(())
    }

    fn put(&mut self, index: u64) -> Result<()> {
        let top = self.top()?;
        self.memo.put(index, top)
    }

    /// A decimal index.
    fn index(&mut self) -> Result<u64> {
        literal::index(self.line()?).ok_or_else(|| Error::new(ErrorKind::Invalid, "a line that is no index"))
    }

    #[inline]
    fn empty(&mut self, tag: Tag) {
        let node = self.graph.push_empty(tag);
        self.push(node);
    }

    #[inline]
    fn tuple_of(&mut self, len: usize) -> Result<()> {
        let from = self.reach(len)?;
        let tuple = self.graph.tuple(self.stack.get(from..).unwrap_or_default());
        self.replace(from, tuple);
        Ok(())
    }

    /// Where the last `len` values start.
    #[inline]
    fn reach(&self, len: usize) -> Result<usize> {
        match self.stack.len().checked_sub(len) {
            Some(from) if from >= self.floor => Ok(from),
            _ => Err(underflow()),
        }
    }

    /// What lies behind the mark goes to what lies before it.
    #[inline]
    fn steps(&mut self, step: Step) -> Result<()> {
        let from = self.pop_mark()?;
        self.step_from(from, step)
    }

    #[inline]
    fn last_step(&mut self, step: Step, len: usize) -> Result<()> {
        let from = self.reach(len)?;
        self.step_from(from, step)
    }

    #[inline]
    fn step_from(&mut self, from: usize, step: Step) -> Result<()> {
        let Some(target) = from.checked_sub(1).filter(|below| *below >= self.floor) else { return Err(underflow()) };
        if let (Some(target), Some(items)) = (self.stack.get(target), self.stack.get(from..)) {
            self.graph.checked_step(*target, step, items)?;
        }
        self.stack.truncate(from);
        Ok(())
    }

    fn call(&mut self, kind: CallKind) -> Result<()> {
        let kwargs = if kind == CallKind::NewObjEx { self.pop()? } else { Value::NONE };
        let args = self.pop()?;
        let callable = self.pop()?;
        self.check_callable(callable)?;
        let is_tuple = args == Value::EMPTY_TUPLE || self.graph.tag(args) == Some(Tag::Tuple);
        // What Python makes elsewhere may be one; a value that we see is one or none.
        if !is_tuple && !self.is_opaque(args) {
            return Err(Error::mismatch("a tuple of arguments", self.graph.name_of(args)));
        }
        let is_dict = kind != CallKind::NewObjEx || self.graph.tag(kwargs) == Some(Tag::Dict);
        if !is_dict && !self.is_opaque(kwargs) {
            return Err(Error::mismatch("a dict of named arguments", self.graph.name_of(kwargs)));
        }
        let object = self.graph.push_call(kind, callable, args, kwargs);
        self.push(object);
        Ok(())
    }

    /// True for what only Python knows the nature of.
    fn is_opaque(&self, value: Value) -> bool {
        matches!(self.graph.tag(value), Some(Tag::Call | Tag::Global | Tag::Persistent | Tag::Extension))
    }

    fn check_callable(&self, value: Value) -> Result<()> {
        match self.is_opaque(value) {
            true => Ok(()),
            false => Err(Error::mismatch("a class or function to call", self.graph.name_of(value))),
        }
    }

    fn global(&mut self, module: Value, name: Value) -> Result<()> {
        for text in [module, name] {
            if self.graph.tag(text) != Some(Tag::Str) {
                return Err(Error::mismatch("a str that names a global", self.graph.name_of(text)));
            }
        }
        let global = match self.moved_global(module, name) {
            Some(global) => global,
            None => self.graph.push_global(module, name),
        };
        self.push(global);
        Ok(())
    }

    /// Today's global of two texts, if it moved. Protocols before 3 have Python 2's names for what did; the protocol may change on the way.
    fn moved_global(&mut self, module: Value, name: Value) -> Option<Value> {
        if self.protocol >= 3 {
            return None;
        }
        let texts = (module, name);
        if let Some(known) = self.moved.get(&texts) {
            return Some(*known);
        }
        let (Node::Str(module), Node::Str(name)) = (self.graph.node(module), self.graph.node(name)) else {
            return None;
        };
        let (module, name) = compat::to_python3(module.as_str()?, name.as_str()?)?;
        let (module, name) = (module.to_owned(), name.to_owned());
        let global = self.graph.global(&module, &name);
        self.moved.insert(texts, global);
        Some(global)
    }

    /// A global by the two lines of an opcode.
    fn named(&mut self, module: &[u8], name: &[u8]) -> Result<Value> {
        let (Ok(module), Ok(name)) = (std::str::from_utf8(module), std::str::from_utf8(name)) else {
            return Err(Error::new(ErrorKind::Invalid, "a name that is not UTF-8"));
        };
        if module.is_empty() || name.is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "a global without a name"));
        }
        Ok(self.today(module, name))
    }

    fn today(&mut self, module: &str, name: &str) -> Value {
        let moved = if self.protocol < 3 { compat::to_python3(module, name) } else { None };
        let (module, name) = moved.unwrap_or((module, name));
        self.graph.global(module, name)
    }

    fn extension(&mut self, code: i64) -> Result<()> {
        let Some(code) = u32::try_from(code).ok().filter(|code| *code > 0) else {
            return Err(Error::new(ErrorKind::Invalid, format!("an extension code of {code}")));
        };
        let value = match (self.extensions.get(&code), &self.reader.extensions) {
            (Some(value), _) => *value,
            (None, Some(known)) => {
                let value = match known(code) {
                    Some((module, name)) => self.today(&module, &name),
                    None => self.graph.extension(code),
                };
                self.extensions.insert(code, value);
                value
            }
            (None, None) => self.graph.extension(code),
        };
        self.push(value);
        Ok(())
    }

    fn persistent(&mut self, id: Value) -> Result<()> {
        let value = match &self.reader.persistent_ids {
            Some(find) => {
                let found = find(&mut self.graph, id)?;
                note_discarded(&mut self.graph, id);
                found
            }
            None => self.graph.persistent(id),
        };
        self.push(value);
        Ok(())
    }

    fn buffer(&mut self) -> Result<()> {
        let index = self.next_buffer;
        let Some(buffer) = self.reader.buffers.get(index) else {
            let text = format!("the pickle wants buffer {index}, and there are {}", self.reader.buffers.len());
            return Err(Error::new(ErrorKind::FrameCount, text));
        };
        self.next_buffer += 1;
        let value = self.graph.push_buffer(index, buffer.is_read_only());
        self.push(value);
        Ok(())
    }

    fn read_only(&mut self) -> Result<()> {
        let top = self.pop()?;
        let value = match top.as_place().and_then(|at| self.graph.header(at)) {
            Some((Tag::Buffer, body)) if body & 1 == 0 => self.graph.push_buffer((body >> 1) as usize, true),
            Some((Tag::Buffer | Tag::Bytes, _)) => top,
            _ => return Err(Error::mismatch("a buffer", self.graph.name_of(top))),
        };
        self.push(value);
        Ok(())
    }

    fn frame(&mut self) -> Result<()> {
        let len = u64::from_le_bytes(self.array()?);
        if self.is_framed && self.pos < self.limit {
            return Err(Error::new(ErrorKind::Invalid, "a frame starts inside of another"));
        }
        let end = usize::try_from(len).ok().and_then(|len| self.pos.checked_add(len));
        match end {
            Some(end) if end <= self.input.len() => (self.limit, self.is_framed) = (end, true),
            _ => return Err(truncated()),
        }
        Ok(())
    }

    fn discard(&mut self) -> Result<()> {
        if self.marks.last() == Some(&self.stack.len()) {
            return self.pop_mark().map(drop);
        }
        let value = self.pop()?;
        // cloudpickle gives functions and classes their state so: setter(object, state), and the result is dropped at once.
        let call = if self.called == self.at { self.graph.node(value) } else { Node::None };
        if let (Node::Object(call), Ok(target)) = (call, self.top()) {
            let setter = call.callable();
            if let (CallKind::Reduce, Node::Tuple(&[object, state])) = (call.kind(), self.graph.node(call.args())) {
                if object == target && self.graph.checked_step(target, Step::Setter, &[setter, state]).is_ok() {
                    return Ok(());
                }
            }
        }
        note_discarded(&mut self.graph, value);
        Ok(())
    }
}

/// A call is made also if nobody wants what it makes, or the container that it lies in.
fn note_discarded(graph: &mut Graph<'_>, value: Value) {
    use Tag::*;
    // What comes into an empty one later takes it to the stack again.
    let holds = match value.as_place().and_then(|at| graph.header(at)) {
        Some((Call | Global | Persistent | Extension, _)) => true,
        Some((Tuple | FrozenSet | List | Dict | Set, body)) => body > 0,
        _ => false,
    };
    // One that is dropped many times was dropped.
    if holds && graph.discarded.last() != Some(&value) {
        grow(&mut graph.discarded, 1);
        graph.discarded.push(value);
    }
}

#[cold]
fn truncated() -> Error {
    Error::new(ErrorKind::Truncated, "the pickle ends here")
}

#[cold]
fn straddles() -> Error {
    Error::new(ErrorKind::Invalid, "an argument that goes beyond the end of its frame")
}

#[cold]
fn underflow() -> Error {
    Error::new(ErrorKind::Invalid, "there are too few values on the stack")
}
