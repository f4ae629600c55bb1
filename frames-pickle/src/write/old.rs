//! What not every protocol has an opcode for: bytes, bytearrays and sets are calls in older ones, globals are two lines.
//!
//! CPython makes such calls of objects that are in no graph. It puts them aside all the same, and writes those that are
//! the same object each time only once: functions and classes, their modules, texts of one character.

use super::machine::Machine;
use super::sink::Number;
use crate::compat;
use crate::graph::Tag;
use crate::node::Node;
use crate::opcode as op;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};
use std::collections::HashMap;

/// What CPython has only one of, with its number in the memo.
#[derive(Default)]
pub(super) struct Known<'g> {
    /// Before protocol 5, which has no need of globals that the graph has not.
    globals: HashMap<(&'g [u8], &'g [u8]), Number>,
    /// The name of the module, in protocol 4: of the graph, and one that is not in it.
    builtins: Option<Number>,
    made_builtins: Option<Number>,
    latin1: Option<Number>,
    /// Texts of one character of Latin-1.
    chars: HashMap<&'g [u8], Number>,
    /// Of these those that the graph has not.
    made_chars: HashMap<u32, Number>,
}

/// The characters of which CPython has one text each.
fn latin1_char(text: &[u8]) -> Option<u32> {
    let mut chars = std::str::from_utf8(text).ok().filter(|text| text.len() <= 2)?.chars();
    match (chars.next(), chars.next()) {
        (Some(char), None) => Some(char.into()).filter(|code| *code < 256),
        _ => None,
    }
}

impl<'g> Machine<'g, '_> {
    #[inline]
    pub(super) fn str(&mut self, at: usize, text: &'g [u8]) -> Result<()> {
        if text.len() <= 2 && self.sink.protocol() < 4 {
            return self.short_str(at, text);
        }
        self.sink.str(text)?;
        self.memoize(at).map(drop)
    }

    fn short_str(&mut self, at: usize, text: &'g [u8]) -> Result<()> {
        let code = latin1_char(text);
        if let Some(number) = code.and_then(|code| self.known.made_chars.get(&code)) {
            self.sink.get(*number);
            return Ok(());
        }
        self.sink.str(text)?;
        let number = self.memoize(at)?;
        if code.is_some() {
            self.known.chars.entry(text).or_insert(number);
        }
        Ok(())
    }

    /// A text that is in no graph.
    fn made_str(&mut self, text: &[u8]) -> Result<()> {
        let code = latin1_char(text);
        let graph_has = self.known.chars.get(text).copied();
        if let Some(number) = graph_has.or_else(|| self.known.made_chars.get(&code?).copied()) {
            self.sink.get(number);
            return Ok(());
        }
        self.sink.str(text)?;
        let number = self.sink.memoize()?;
        if let Some(code) = code {
            self.known.made_chars.insert(code, number);
        }
        Ok(())
    }

    pub(super) fn bytes(&mut self, at: usize, bytes: &'g [u8]) -> Result<()> {
        if self.sink.protocol() >= 3 {
            self.sink.bytes(bytes)?;
        } else {
            self.old_bytes(bytes)?;
        }
        self.memoize(at).map(drop)
    }

    /// Protocol 2 has text of as many characters, and a call that encodes it.
    fn old_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            self.old_global(b"builtins", b"bytes")?;
            self.sink.raw(&[op::EMPTY_TUPLE, op::REDUCE]);
            return Ok(());
        }
        self.old_global(b"_codecs", b"encode")?;
        let text: String = bytes.iter().copied().map(char::from).collect();
        self.made_str(text.as_bytes())?;
        match self.known.latin1 {
            Some(number) => self.sink.get(number),
            None => {
                self.sink.str(b"latin1")?;
                self.known.latin1 = Some(self.sink.memoize()?);
            }
        }
        self.sink.op(op::TUPLE2);
        self.sink.memoize()?;
        self.sink.op(op::REDUCE);
        Ok(())
    }

    pub(super) fn bytearray(&mut self, at: usize, bytes: &'g [u8]) -> Result<()> {
        if self.sink.protocol() >= 5 {
            self.sink.bytearray(bytes);
            return self.memoize(at).map(drop);
        }
        self.old_global(b"builtins", b"bytearray")?;
        self.sink.boundary();
        if bytes.is_empty() {
            self.sink.op(op::EMPTY_TUPLE);
        } else {
            self.sink.boundary();
            match self.sink.protocol() {
                2 => self.old_bytes(bytes)?,
                _ => self.sink.bytes(bytes)?,
            }
            self.sink.memoize()?;
            self.sink.op(op::TUPLE1);
            self.sink.memoize()?;
        }
        self.sink.op(op::REDUCE);
        self.memoize(at).map(drop)
    }

    /// The front of a set before protocol 4.
    pub(super) fn old_set(&mut self, class: &'static [u8]) -> Result<()> {
        self.old_global(b"builtins", class)?;
        self.sink.op(op::EMPTY_LIST);
        self.sink.memoize().map(drop)
    }

    /// A global of the graph.
    pub(super) fn global(&mut self, at: usize) -> Result<()> {
        let graph = self.graph;
        let Node::Global(global) = graph.node(Value::place(at)) else { return Err(no_name()) };
        let [Some(module), Some(name)] = global.names().map(Value::as_place) else { return Err(no_name()) };
        let text = |at| match graph.header(at) {
            Some((Tag::Str, body)) => Ok(graph.span(at, body)),
            _ => Err(no_name()),
        };
        let names = (text(module)?, text(name)?);
        let protocol = self.sink.protocol();
        if protocol == 5 {
            self.name_part(module, names.0)?;
            self.name_part(name, names.1)?;
            self.sink.op(op::STACK_GLOBAL);
            return self.memoize(at).map(drop);
        }
        if let Some(number) = self.known.globals.get(&names) {
            self.sink.get(*number);
            return Ok(());
        }
        if protocol == 4 {
            // CPython's functions have a text of their own there. These are the ones that it writes unasked.
            let is_builtins = names.0 == b"builtins" && !matches!(names.1, b"getattr" | b"iter");
            match self.known.made_builtins {
                Some(number) if is_builtins && self.number(module).is_none() => self.sink.get(number),
                _ => self.name_part(module, names.0)?,
            }
            if is_builtins {
                self.known.builtins = self.known.builtins.or(self.number(module));
            }
            self.name_part(name, names.1)?;
            self.sink.op(op::STACK_GLOBAL);
        } else {
            self.old_name(names.0, names.1)?;
        }
        let number = self.memoize(at)?;
        self.known.globals.insert(names, number);
        Ok(())
    }

    fn name_part(&mut self, at: usize, text: &'g [u8]) -> Result<()> {
        self.sink.boundary();
        match self.number(at) {
            Some(number) => {
                self.sink.get(number);
                Ok(())
            }
            None => self.str(at, text),
        }
    }

    /// A global that is in no graph, before protocol 5.
    pub(super) fn old_global(&mut self, module: &'static [u8], name: &'static [u8]) -> Result<()> {
        self.plain_global(module, name)
    }

    fn plain_global(&mut self, module: &'g [u8], name: &'g [u8]) -> Result<()> {
        self.sink.boundary();
        if let Some(number) = self.known.globals.get(&(module, name)) {
            self.sink.get(*number);
            return Ok(());
        }
        if self.sink.protocol() >= 4 {
            self.sink.boundary();
            match self.known.builtins.or(self.known.made_builtins) {
                Some(number) if module == b"builtins" => self.sink.get(number),
                _ => {
                    self.sink.str(module)?;
                    let number = self.sink.memoize()?;
                    if module == b"builtins" {
                        self.known.made_builtins = Some(number);
                    }
                }
            }
            self.sink.boundary();
            self.sink.str(name)?;
            self.sink.memoize()?;
            self.sink.op(op::STACK_GLOBAL);
        } else {
            self.old_line(module, name)?;
        }
        let number = self.sink.memoize()?;
        self.known.globals.insert((module, name), number);
        Ok(())
    }

    /// Before protocol 4, where what lies in a class is got from it.
    fn old_name(&mut self, module: &'g [u8], name: &'g [u8]) -> Result<()> {
        let mut parts = name.split(|byte| *byte == b'.');
        let outer = parts.next().unwrap_or_default();
        let attributes = parts.clone().count();
        if attributes == 0 {
            return self.old_line(module, name);
        }
        for _ in 0..attributes {
            self.old_global(b"builtins", b"getattr")?;
        }
        self.plain_global(module, outer)?;
        for part in parts {
            self.made_str(part)?;
            self.sink.op(op::TUPLE2);
            self.sink.memoize()?;
            self.sink.op(op::REDUCE);
        }
        Ok(())
    }

    /// The opcode with a name of two lines.
    fn old_line(&mut self, module: &[u8], name: &[u8]) -> Result<()> {
        let protocol = self.sink.protocol();
        let mut names = [module, name];
        if let (2, Ok(module), Ok(name)) = (protocol, std::str::from_utf8(module), std::str::from_utf8(name)) {
            if let Some((module, name)) = compat::to_python2(module, name) {
                names = [module.as_bytes(), name.as_bytes()];
            }
        }
        // What is left of a line that ends too early would be opcodes.
        for part in names {
            let needed = match std::str::from_utf8(part) {
                // No line without a name is read.
                _ if part.is_empty() || part.contains(&b'\n') => 4,
                Err(_) => 4,
                Ok(part) if !part.is_ascii() => 3,
                Ok(_) => continue,
            };
            if needed > protocol {
                let error =
                    Error::new(ErrorKind::Unsupported, format!("a global whose name protocol {protocol} cannot say"));
                return Err(error.with_help(format!("Writer::protocol({needed}) and later can")));
            }
        }
        self.lines(names)
    }

    fn lines(&mut self, names: [&[u8]; 2]) -> Result<()> {
        self.sink.op(op::GLOBAL);
        for name in names {
            self.sink.raw(name);
            self.sink.op(b'\n');
        }
        Ok(())
    }
}

#[cold]
fn no_name() -> Error {
    let error = Error::new(ErrorKind::Invalid, "a global whose names are no texts");
    error.with_help("a Value belongs to the Graph that made it")
}
