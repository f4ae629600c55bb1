//! Looking into recorded calls: names, arguments, states, and what lies under a key.

use crate::aliases::Name;
use crate::graph::{CallKind, Graph};
use crate::node::{Buffer, Node, Object};
use crate::value::Value;
use bytes::Bytes;
use frames_core::{Error, ErrorKind, Result};
use std::collections::HashSet;
use std::fmt;

/// A call of something that has a [`Name`].
#[derive(Clone, Copy)]
pub(crate) struct Call<'g> {
    pub(crate) name: Name,
    pub(crate) args: &'g [Value],
    pub(crate) object: Object<'g>,
}

impl<'g> Call<'g> {
    pub(crate) fn arg(&self, index: usize) -> Value {
        self.args.get(index).copied().unwrap_or(Value::NONE)
    }
}

/// A buffer of a peer, shared if it came out of band and copied once if not.
#[derive(Clone)]
pub(crate) struct Data {
    pub(crate) bytes: Bytes,
    pub(crate) is_writeable: bool,
}

impl<'a> Graph<'a> {
    /// The call that makes `value`, if what it calls has a name here. `copyreg`'s detours are the call that they stand for.
    pub(crate) fn known_call(&self, value: Value) -> Option<Call<'_>> {
        let Node::Object(object) = self.node(value) else { return None };
        let (module, name) = object.path()?;
        let Node::Tuple(args) = self.node(object.args()) else { return None };
        if object.kind() == CallKind::NewObjEx && object.kwargs().is_some_and(|kwargs| !self.is_empty_dict(kwargs)) {
            return None;
        }
        let name = Name::of(module, name)?;
        let class = args.first().copied().unwrap_or(Value::NONE);
        match name {
            Name::Reconstructor => Some(Call { name: self.known(class)?, args: &[], object }),
            Name::NewObj => Some(Call { name: self.known(class)?, args: args.get(1..)?, object }),
            name => Some(Call { name, args, object }),
        }
    }

    fn is_empty_dict(&self, value: Value) -> bool {
        matches!(self.node(value), Node::Dict(entries) if entries.is_empty())
    }

    /// The name of a global.
    pub(crate) fn known(&self, value: Value) -> Option<Name> {
        let (module, name) = self.global_path(value)?;
        Name::of(module, name)
    }

    pub(crate) fn global_path(&self, value: Value) -> Option<(&str, &str)> {
        match self.node(value) {
            Node::Global(global) => global.path(),
            _ => None,
        }
    }

    /// Of the class of an object: module and name of what is called, or the class that Cython or `copyreg` is told.
    pub(crate) fn class_path(&self, value: Value) -> Option<(&str, &str)> {
        let Node::Object(object) = self.node(value) else { return self.global_path(value) };
        let path = object.path()?;
        let is_detour = path.1.starts_with("__pyx_unpickle_")
            || matches!(Name::of(path.0, path.1), Some(Name::Reconstructor | Name::NewObj | Name::NewIndex));
        match self.node(object.args()) {
            Node::Tuple([class, ..]) if is_detour => self.global_path(*class),
            _ => Some(path),
        }
    }

    pub(crate) fn tuple_items(&self, value: Value) -> Result<&[Value]> {
        match self.node(value) {
            Node::Tuple(items) => Ok(items),
            _ => Err(self.not("a tuple", value)),
        }
    }

    pub(crate) fn as_str(&self, value: Value) -> Result<&str> {
        match self.node(value) {
            Node::Str(text) => text.as_str().ok_or_else(|| unsupported("a name with a lone surrogate")),
            // What Python 2 wrote.
            Node::Bytes(bytes) => std::str::from_utf8(bytes).map_err(|_| invalid("a name that is no text")),
            _ => Err(self.not("a text", value)),
        }
    }

    pub(crate) fn as_i64(&self, value: Value) -> Result<i64> {
        match self.node(value) {
            Node::Int(int) => int.to_i64().ok_or_else(|| invalid(format!("{int} is too large here"))),
            _ => Err(self.not("an integer", value)),
        }
    }

    pub(crate) fn as_u64(&self, value: Value) -> Result<u64> {
        let number = self.as_i64(value)?;
        u64::try_from(number).map_err(|_| invalid(format!("{number} is no size")))
    }

    pub(crate) fn as_usize(&self, value: Value) -> Result<usize> {
        let number = self.as_u64(value)?;
        usize::try_from(number).map_err(|_| invalid(format!("{number} is no size on this machine")))
    }

    pub(crate) fn as_bool(&self, value: Value) -> Result<bool> {
        match self.node(value) {
            Node::Bool(value) => Ok(value),
            Node::Int(int) if matches!(int.to_i64(), Some(0 | 1)) => Ok(int.to_i64() == Some(1)),
            _ => Err(self.not("a bool", value)),
        }
    }

    /// Bytes in any form in which a pickle has them, also those of protocols that have none; `None` of anything else.
    pub(crate) fn data(&self, value: Value) -> Result<Option<Data>> {
        let made = |bytes, is_writeable| Ok(Some(Data { bytes, is_writeable }));
        match self.node(value) {
            Node::Buffer(bytes, is_read_only) => made(bytes.clone(), !is_read_only),
            Node::Bytes(bytes) => made(Bytes::copy_from_slice(bytes), false),
            Node::ByteArray(bytes) => made(Bytes::copy_from_slice(bytes), true),
            // A str of Python 2 that was read as Latin-1.
            Node::Str(text) => made(latin1(text.as_wtf8())?, false),
            Node::Object(_) => {
                let Some(call) = self.known_call(value) else { return Ok(None) };
                match (call.name, call.args) {
                    (Name::Encode, [text] | [text, _]) => match self.node(*text) {
                        Node::Str(text) => made(latin1(text.as_wtf8())?, false),
                        _ => Ok(None),
                    },
                    (Name::Bytes | Name::ByteArray, []) => made(Bytes::new(), call.name == Name::ByteArray),
                    // One level: no more is ever written.
                    (Name::Bytes | Name::ByteArray, [inner, ..]) => match self.node(*inner) {
                        Node::Bytes(bytes) => made(Bytes::copy_from_slice(bytes), call.name == Name::ByteArray),
                        Node::Str(text) => made(latin1(text.as_wtf8())?, call.name == Name::ByteArray),
                        Node::Object(_) => match self.known_call(*inner) {
                            Some(Call { name: Name::Encode, args: [text] | [text, _], .. }) => match self.node(*text) {
                                Node::Str(text) => made(latin1(text.as_wtf8())?, call.name == Name::ByteArray),
                                _ => Ok(None),
                            },
                            _ => Ok(None),
                        },
                        _ => Ok(None),
                    },
                    _ => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }

    /// How many bytes paid for the graph and its buffers: what may be made of it is measured by them. Of a graph that was read these are the bytes
    /// of its pickle, whatever their words take here; of one that was made, about what a pickle of it has.
    pub(crate) fn weight(&self) -> usize {
        let made = self.made.len().saturating_add(self.heap.len());
        // One memory may be in many buffers, and was sent once.
        let mut seen = HashSet::new();
        let buffers = self.buffers.iter().map(Buffer::bytes).filter(|bytes| seen.insert((bytes.as_ptr(), bytes.len())));
        let buffers = buffers.map(Bytes::len).fold(0, usize::saturating_add);
        self.input.len().max(made).saturating_add(buffers)
    }

    #[cold]
    pub(crate) fn not(&self, expected: &str, value: Value) -> Error {
        Error::mismatch(expected, self.name_of(value))
    }
}

/// Text of characters below 256 as the bytes that they are.
fn latin1(text: &[u8]) -> Result<Bytes> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match (byte, byte < 0x80) {
            (ascii, true) => ascii,
            (0xc2 | 0xc3, _) => (byte & 3) << 6 | rest.next().map_or(0, |low| low & 0x3f),
            _ => return Err(invalid("bytes spelled as text have a character that is no byte")),
        });
    }
    Ok(bytes.into())
}

#[cold]
pub(crate) fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

/// A type in an error: no more than the start of it, because parts that it names often are in it as often.
#[cold]
pub(crate) fn short(long: &dyn fmt::Display) -> String {
    const MOST: usize = 200;
    struct Cut(String);
    impl fmt::Write for Cut {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let mut end = text.len().min(MOST - self.0.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            self.0.push_str(text.get(..end).unwrap_or_default());
            if end == text.len() { Ok(()) } else { Err(fmt::Error) }
        }
    }
    let mut cut = Cut(String::new());
    match fmt::Write::write_fmt(&mut cut, format_args!("{long}")) {
        Ok(()) => cut.0,
        Err(_) => cut.0 + "…",
    }
}

#[cold]
pub(crate) fn unsupported(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_bytes_is_those_bytes() {
        let all: Vec<u8> = (0..=255).collect();
        let text: String = all.iter().copied().map(char::from).collect();
        assert_eq!(latin1(text.as_bytes()).unwrap(), all);
        assert!(latin1("€".as_bytes()).is_err());
    }
}
