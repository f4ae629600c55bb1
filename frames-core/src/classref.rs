//! The class reference in `type-serialized`: the pickle of one importable class, written and read as data.
//!
//! A pickle is a program. This module must never run one: it knows the dozen opcodes that spell a name, and any
//! other is an error that says which and where. The reader of opcodes is shared with the reader of numpy's dtype
//! pickles, which adds a few more.

use crate::error::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::fmt;

/// A Python class by name, as Dask's `type-serialized` spells it.
///
/// It is only a name: nothing is imported, and the class need not exist.
///
/// ```
/// use frames_core::ClassRef;
/// let class = ClassRef::parse("shapes.flat:Polygon.Corner")?;
/// assert_eq!((&*class.module, &*class.qualname), ("shapes.flat", "Polygon.Corner"));
/// assert_eq!(class.to_string(), "shapes.flat.Polygon.Corner");
/// let bytes = class.encode();
/// assert_eq!(ClassRef::decode(&bytes)?, class);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClassRef<'a> {
    /// The module that Python imports, `numpy`.
    pub module: Cow<'a, str>,
    /// The name inside the module, with dots for nested classes, `Outer.Inner`.
    pub qualname: Cow<'a, str>,
}

impl fmt::Display for ClassRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.qualname)
    }
}

impl<'a> ClassRef<'a> {
    /// The class `qualname` of `module`; texts are borrowed, strings are kept.
    ///
    /// ```
    /// use frames_core::ClassRef;
    /// assert_eq!(ClassRef::new("builtins", "dict").to_string(), "builtins.dict");
    /// ```
    pub fn new(module: impl Into<Cow<'a, str>>, qualname: impl Into<Cow<'a, str>>) -> Self {
        ClassRef { module: module.into(), qualname: qualname.into() }
    }

    /// True if it is the class `qualname` of `module`.
    ///
    /// ```
    /// use frames_core::ClassRef;
    /// assert!(ClassRef::parse("builtins:dict")?.is("builtins", "dict"));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is(&self, module: &str, qualname: &str) -> bool {
        self.module == module && self.qualname == qualname
    }

    /// True if it is the class that `text` says in the notation of [`parse`](Self::parse).
    ///
    /// ```
    /// use frames_core::ClassRef;
    /// assert!(ClassRef::new("builtins", "dict").is_named("builtins:dict"));
    /// ```
    pub fn is_named(&self, text: &str) -> bool {
        text.split_once(':').is_some_and(|(module, qualname)| self.is(module, qualname))
    }

    /// Reads the notation of people, `module:Class`; the colon tells where the module ends.
    ///
    /// ```
    /// use frames_core::ClassRef;
    /// assert_eq!(ClassRef::parse("numpy:ndarray")?, ClassRef::new("numpy", "ndarray"));
    /// assert!(ClassRef::parse("numpy.ndarray").is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is not exactly one colon, or either side is not Python names joined by dots.
    pub fn parse(text: &'a str) -> Result<Self> {
        let wrong = |what: &str| {
            Error::invalid(format!("{} {what}", quoted(text)))
                .with_help("write the class as `package.module:Class`, nested ones as `package.module:Outer.Inner`")
        };
        let Some((module, qualname)) = text.split_once(':') else {
            return Err(wrong("has no colon between the module and the class"));
        };
        for part in module.split('.').chain(qualname.split('.')) {
            let mut chars = part.chars();
            let first = chars.next().ok_or_else(|| wrong("has an empty name"))?;
            if !(first == '_' || first.is_alphabetic()) || chars.any(|c| !(c == '_' || c.is_alphanumeric())) {
                return Err(wrong(&format!("has {}, which is not a Python name", quoted(part))));
            }
        }
        Ok(ClassRef::new(module, qualname))
    }

    /// Reads the pickle of a class, of any protocol. The form that Python writes today is read in place; every form
    /// that can be borrowed is.
    ///
    /// ```
    /// use frames_core::ClassRef;
    /// let class = ClassRef::decode(b"\x80\x02c__builtin__\ndict\nq\x00.")?;
    /// assert_eq!(class, ClassRef::new("builtins", "dict"));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Truncated`], or [`ErrorKind::Invalid`] if it is anything but one class by name. Such a value can
    /// still be forwarded.
    pub fn decode(bytes: &'a [u8]) -> Result<Self> {
        decode(bytes)
    }

    /// The pickle that CPython writes for this class with protocol 5, byte for byte.
    ///
    /// ```
    /// use frames_core::ClassRef;
    /// let bytes = ClassRef::new("numpy", "ndarray").encode();
    /// assert_eq!(&bytes[11..], b"\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94.");
    /// ```
    pub fn encode(&self) -> Vec<u8> {
        encode(&self.module, &self.qualname)
    }

    /// The same reference, free of what it was read from.
    ///
    /// ```
    /// use frames_core::ClassRef;
    /// let name = String::from("numpy:ndarray");
    /// let class: ClassRef<'static> = ClassRef::parse(&name)?.into_owned();
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn into_owned(self) -> ClassRef<'static> {
        ClassRef { module: Cow::Owned(self.module.into_owned()), qualname: Cow::Owned(self.qualname.into_owned()) }
    }
}

/// A peer's text for an error: escaped, and cut so that it cannot flood a log.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        None => format!("{text:?}"),
        Some((cut, _)) => format!("{:?}…", &text[..cut]),
    }
}

/// `PROTO`, `FRAME` and the length of the rest.
const HEAD: usize = 11;
/// `MEMOIZE STACK_GLOBAL MEMOIZE STOP`: what follows the qualname.
const TAIL: [u8; 4] = [op::MEMOIZE, op::STACK_GLOBAL, op::MEMOIZE, op::STOP];

/// Reads the pickle of a class; see [`ClassRef::decode`].
pub(crate) fn decode(bytes: &[u8]) -> Result<ClassRef<'_>> {
    match decode_canonical(bytes) {
        Some(class) => Ok(class),
        None => decode_any(bytes),
    }
}

/// The form of protocols 4 and 5, in which nearly every class arrives: no allocation.
fn decode_canonical(bytes: &[u8]) -> Option<ClassRef<'_>> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let [op::PROTO, 4 | 5, op::FRAME, len @ ..] = *head else { return None };
    if u64::from_le_bytes(len) != rest.len() as u64 {
        return None;
    }
    let (module, rest) = short_text(rest)?;
    let (qualname, rest) = short_text(rest.strip_prefix(&[op::MEMOIZE])?)?;
    (rest == TAIL).then_some(ClassRef::new(module, qualname))
}

fn short_text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (&[op::SHORT_BINUNICODE, n @ 1..=255], rest) = bytes.split_first_chunk()? else { return None };
    let (text, rest) = rest.split_at_checked(n.into())?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

/// What can stand on the stack of a class reference.
#[derive(Clone, Copy)]
enum Item<'p> {
    Text(&'p str),
    Class { module: &'p str, qualname: &'p str },
}

fn decode_any(bytes: &[u8]) -> Result<ClassRef<'_>> {
    let mut pickle = Pickle::new(bytes)?;
    let mut stack: Vec<Item<'_>> = Vec::new();
    let mut memo: Vec<Item<'_>> = Vec::new();
    loop {
        let start = pickle.offset();
        let item = match pickle.next()? {
            // A frame that ends early would hide what follows from a reader that trusts it.
            Op::Frame(len) if len == pickle.rest().len() => continue,
            Op::Frame(len) => {
                let behind = pickle.rest().len() - len;
                return Err(refused(format!("{behind} bytes stand behind its frame")));
            }
            Op::Text(text) => Item::Text(text),
            Op::Global(module, qualname) => Item::Class { module, qualname },
            Op::StackGlobal => match (stack.pop(), stack.pop()) {
                (Some(Item::Text(qualname)), Some(Item::Text(module))) => Item::Class { module, qualname },
                _ => return Err(refused(format!("STACK_GLOBAL at offset {start} has no two texts before it"))),
            },
            Op::Put(index) => {
                let Some(&top) = stack.last() else {
                    return Err(refused(format!("the memo takes a value at offset {start}, and there is none")));
                };
                put(&mut memo, index, top)?;
                continue;
            }
            Op::Get(index) => *get(&memo, index)?,
            Op::Stop => break,
            Op::Other(code) => {
                return Err(refused(format!("it holds the opcode {} at offset {start}", op::name(code))));
            }
        };
        // Two texts make a class: honest writers never hold more.
        if stack.len() == 2 || memo.len() > 8 {
            return Err(refused(format!("it holds more than one name at offset {start}")));
        }
        stack.push(item);
    }
    match stack[..] {
        [Item::Class { module, qualname }] if pickle.rest().is_empty() => {
            let (module, qualname) = match pickle.protocol {
                0..=2 => python3_name(module, qualname),
                _ => (module, qualname),
            };
            if module.is_empty() || qualname.is_empty() {
                return Err(refused("a name in it is empty"));
            }
            Ok(ClassRef::new(module, qualname))
        }
        [Item::Class { .. }] => Err(refused(format!("{} bytes stand behind its end", pickle.rest().len()))),
        _ => Err(refused("it ends without a class")),
    }
}

#[cold]
fn refused(why: impl fmt::Display) -> Error {
    Error::invalid(format!("this pickle is not a plain class reference: {why}"))
        .with_help("the value can only be forwarded, not decoded")
}

/// Up to protocol 2 Python 3 writes the names that Python 2 knew; these are the ones that classes of data have.
fn python3_name<'p>(module: &'p str, qualname: &'p str) -> (&'p str, &'p str) {
    match (module, qualname) {
        ("__builtin__", "unicode") => ("builtins", "str"),
        ("__builtin__", "long") => ("builtins", "int"),
        ("__builtin__", "xrange") => ("builtins", "range"),
        ("__builtin__" | "exceptions", name) => ("builtins", name),
        ("copy_reg", name) => ("copyreg", name),
        name => name,
    }
}

/// The pickle of a class by name; see [`ClassRef::encode`].
pub(crate) fn encode(module: &str, qualname: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(encoded_len(module, qualname));
    out.extend_from_slice(&[op::PROTO, 5, op::FRAME, 0, 0, 0, 0, 0, 0, 0, 0]);
    text_into(&mut out, module);
    out.push(op::MEMOIZE);
    text_into(&mut out, qualname);
    out.extend_from_slice(&TAIL);
    let len = (out.len() - HEAD) as u64;
    out[3..HEAD].copy_from_slice(&len.to_le_bytes());
    out
}

fn text_into(out: &mut Vec<u8>, text: &str) {
    if let Ok(n) = u8::try_from(text.len()) {
        out.extend_from_slice(&[op::SHORT_BINUNICODE, n]);
    } else if let Ok(n) = u32::try_from(text.len()) {
        out.push(op::BINUNICODE);
        out.extend_from_slice(&n.to_le_bytes());
    } else {
        out.push(op::BINUNICODE8);
        out.extend_from_slice(&(text.len() as u64).to_le_bytes());
    }
    out.extend_from_slice(text.as_bytes());
}

/// How many bytes [`encode_into`] writes.
#[doc(hidden)]
pub(crate) const fn encoded_len(module: &str, qualname: &str) -> usize {
    HEAD + 2 + module.len() + 1 + 2 + qualname.len() + TAIL.len()
}

/// Writes a class reference into a constant at compile time, from `at` on.
///
/// Each name has at most 255 bytes and the reference fits into `out`: otherwise the constant does not compile.
#[doc(hidden)]
pub(crate) const fn encode_into<const N: usize>(mut out: [u8; N], at: usize, module: &str, qualname: &str) -> [u8; N] {
    assert!(module.len() <= 255 && qualname.len() <= 255, "a class name has at most 255 bytes");
    let len = ((encoded_len(module, qualname) - HEAD) as u64).to_le_bytes();
    out = put_bytes(out, at, &[op::PROTO, 5, op::FRAME]);
    out = put_bytes(out, at + 3, &len);
    out = put_bytes(out, at + HEAD, &[op::SHORT_BINUNICODE, module.len() as u8]);
    out = put_bytes(out, at + HEAD + 2, module.as_bytes());
    let at = at + HEAD + 2 + module.len();
    out = put_bytes(out, at, &[op::MEMOIZE, op::SHORT_BINUNICODE, qualname.len() as u8]);
    out = put_bytes(out, at + 3, qualname.as_bytes());
    put_bytes(out, at + 3 + qualname.len(), &TAIL)
}

const fn put_bytes<const N: usize>(mut out: [u8; N], at: usize, bytes: &[u8]) -> [u8; N] {
    let mut i = 0;
    while i < bytes.len() {
        out[at + i] = bytes[i];
        i += 1;
    }
    out
}

/// One step of a pickle that both of our readers know.
pub(crate) enum Op<'p> {
    /// A frame of this length begins; that much is there.
    Frame(usize),
    Text(&'p str),
    Global(&'p str, &'p str),
    StackGlobal,
    /// The top of the stack goes into the memo: at this index, or behind the last.
    Put(Option<u64>),
    Get(u64),
    Stop,
    /// Another opcode, whose argument has not been read.
    Other(u8),
}

/// A pickle, read opcode by opcode; nothing is kept and nothing is done.
pub(crate) struct Pickle<'p> {
    bytes: &'p [u8],
    at: usize,
    pub(crate) protocol: u8,
}

impl<'p> Pickle<'p> {
    /// Begins to read; protocols 0 and 1 do not say their number.
    pub(crate) fn new(bytes: &'p [u8]) -> Result<Self> {
        let mut pickle = Pickle { bytes, at: 0, protocol: 0 };
        if bytes.first() == Some(&op::PROTO) {
            pickle.at = 1;
            pickle.protocol = pickle.u8()?;
        }
        match pickle.protocol {
            0..=5 => Ok(pickle),
            n => Err(Error::invalid(format!("a pickle says protocol {n}, and 0 to 5 are known"))),
        }
    }

    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    pub(crate) fn rest(&self) -> &'p [u8] {
        &self.bytes[self.at..]
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'p [u8]> {
        match self.rest().get(..n) {
            Some(bytes) => {
                self.at += n;
                Ok(bytes)
            }
            None => Err(Error::truncated(n, self.rest().len())),
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest().first_chunk::<N>() {
            Some(&bytes) => {
                self.at += N;
                Ok(bytes)
            }
            None => Err(Error::truncated(N, self.rest().len())),
        }
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn text(&mut self, len: u64) -> Result<&'p str> {
        // A length beyond usize is beyond the input as well.
        let bytes = self.take(usize::try_from(len).unwrap_or(usize::MAX))?;
        std::str::from_utf8(bytes).map_err(|_| Error::invalid("a name in a pickle is not UTF-8"))
    }

    fn line(&mut self) -> Result<&'p str> {
        let Some(len) = self.rest().iter().position(|&b| b == b'\n') else {
            return Err(Error::new(ErrorKind::Truncated, "truncated: a line in a pickle does not end"));
        };
        let line = self.text(len as u64)?;
        self.at += 1;
        Ok(line)
    }

    fn decimal(&mut self) -> Result<u64> {
        let line = self.line()?;
        line.parse().map_err(|_| Error::invalid(format!("a pickle has {} as a memo index", quoted(line))))
    }

    pub(crate) fn next(&mut self) -> Result<Op<'p>> {
        Ok(match self.u8()? {
            op::FRAME => {
                let len = u64::from_le_bytes(self.array()?);
                let left = self.rest().len();
                match usize::try_from(len) {
                    Ok(len) if len <= left => Op::Frame(len),
                    _ => return Err(Error::truncated(len.try_into().unwrap_or(usize::MAX), left)),
                }
            }
            op::SHORT_BINUNICODE => {
                let len = self.u8()?;
                Op::Text(self.text(len.into())?)
            }
            op::BINUNICODE => {
                let len = u32::from_le_bytes(self.array()?);
                Op::Text(self.text(len.into())?)
            }
            op::BINUNICODE8 => {
                let len = u64::from_le_bytes(self.array()?);
                Op::Text(self.text(len)?)
            }
            op::GLOBAL => Op::Global(self.line()?, self.line()?),
            op::STACK_GLOBAL => Op::StackGlobal,
            op::MEMOIZE => Op::Put(None),
            op::PUT => Op::Put(Some(self.decimal()?)),
            op::BINPUT => Op::Put(Some(self.u8()?.into())),
            op::LONG_BINPUT => Op::Put(Some(u32::from_le_bytes(self.array()?).into())),
            op::GET => Op::Get(self.decimal()?),
            op::BINGET => Op::Get(self.u8()?.into()),
            op::LONG_BINGET => Op::Get(u32::from_le_bytes(self.array()?).into()),
            op::STOP => Op::Stop,
            code => Op::Other(code),
        })
    }
}

/// Keeps `value` in the memo. Every pickler numbers its memo in order, so the memo never outgrows the input.
pub(crate) fn put<T>(memo: &mut Vec<T>, index: Option<u64>, value: T) -> Result<()> {
    let count = memo.len() as u64;
    match index.unwrap_or(count) {
        index if index == count => memo.push(value),
        index if index < count => memo[index as usize] = value,
        index => return Err(Error::invalid(format!("a pickle numbers memo {index} after {count} entries"))),
    }
    Ok(())
}

/// Looks `index` up in the memo.
pub(crate) fn get<T>(memo: &[T], index: u64) -> Result<&T> {
    usize::try_from(index)
        .ok()
        .and_then(|i| memo.get(i))
        .ok_or_else(|| Error::invalid(format!("a pickle asks for memo {index} of {}", memo.len())))
}

/// The opcodes of pickle: numbers for the ones that are read, names for all.
pub(crate) mod op {
    pub(crate) const BINGET: u8 = b'h';
    pub(crate) const BININT: u8 = b'J';
    pub(crate) const BININT1: u8 = b'K';
    pub(crate) const BININT2: u8 = b'M';
    pub(crate) const BINPUT: u8 = b'q';
    pub(crate) const BINUNICODE: u8 = b'X';
    pub(crate) const BINUNICODE8: u8 = 0x8d;
    pub(crate) const BUILD: u8 = b'b';
    pub(crate) const EMPTY_DICT: u8 = b'}';
    pub(crate) const EMPTY_TUPLE: u8 = b')';
    pub(crate) const FRAME: u8 = 0x95;
    pub(crate) const GET: u8 = b'g';
    pub(crate) const GLOBAL: u8 = b'c';
    pub(crate) const LONG_BINGET: u8 = b'j';
    pub(crate) const LONG_BINPUT: u8 = b'r';
    pub(crate) const MARK: u8 = b'(';
    pub(crate) const MEMOIZE: u8 = 0x94;
    pub(crate) const NEWFALSE: u8 = 0x89;
    pub(crate) const NEWTRUE: u8 = 0x88;
    pub(crate) const NONE: u8 = b'N';
    pub(crate) const PROTO: u8 = 0x80;
    pub(crate) const PUT: u8 = b'p';
    pub(crate) const REDUCE: u8 = b'R';
    pub(crate) const SETITEM: u8 = b's';
    pub(crate) const SETITEMS: u8 = b'u';
    pub(crate) const SHORT_BINBYTES: u8 = b'C';
    pub(crate) const SHORT_BINUNICODE: u8 = 0x8c;
    pub(crate) const STACK_GLOBAL: u8 = 0x93;
    pub(crate) const STOP: u8 = b'.';
    pub(crate) const TUPLE: u8 = b't';
    pub(crate) const TUPLE1: u8 = 0x85;
    pub(crate) const TUPLE2: u8 = 0x86;
    pub(crate) const TUPLE3: u8 = 0x87;

    /// The opcodes below 0x80 by their letters, and the others in order from 0x80.
    const LETTERS: &[u8] = b"(.012BCFGIJKLMNPQRSTUVX]abcdeghijlopqrstu})";
    #[rustfmt::skip]
    const LETTER_NAMES: [&str; 43] = [
        "MARK", "STOP", "POP", "POP_MARK", "DUP", "BINBYTES", "SHORT_BINBYTES", "FLOAT", "BINFLOAT", "INT", "BININT",
        "BININT1", "LONG", "BININT2", "NONE", "PERSID", "BINPERSID", "REDUCE", "STRING", "BINSTRING",
        "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "EMPTY_LIST", "APPEND", "BUILD", "GLOBAL", "DICT", "APPENDS",
        "GET", "BINGET", "INST", "LONG_BINGET", "LIST", "OBJ", "PUT", "BINPUT", "LONG_BINPUT", "SETITEM", "TUPLE",
        "SETITEMS", "EMPTY_DICT", "EMPTY_TUPLE",
    ];
    #[rustfmt::skip]
    const HIGH_NAMES: [&str; 25] = [
        "PROTO", "NEWOBJ", "EXT1", "EXT2", "EXT4", "TUPLE1", "TUPLE2", "TUPLE3", "NEWTRUE", "NEWFALSE", "LONG1",
        "LONG4", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES8", "EMPTY_SET", "ADDITEMS", "FROZENSET", "NEWOBJ_EX",
        "STACK_GLOBAL", "MEMOIZE", "FRAME", "BYTEARRAY8", "NEXT_BUFFER", "READONLY_BUFFER",
    ];

    /// The name of an opcode, for errors.
    pub(crate) fn name(code: u8) -> String {
        let high = (code as usize).checked_sub(0x80).and_then(|i| HIGH_NAMES.get(i));
        let low = || LETTERS.iter().position(|&letter| letter == code).and_then(|i| LETTER_NAMES.get(i));
        match high.or_else(low) {
            Some(name) => (*name).to_owned(),
            None => format!("0x{code:02x}, which pickle does not have"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pickle.dumps(class, protocol)` of CPython 3.11.
    const PYTHON: &[(&[u8], &str, &str)] = &[
        (b"cnumpy\nndarray\np0\n.", "numpy", "ndarray"),
        (b"cnumpy\nndarray\nq\x00.", "numpy", "ndarray"),
        (b"\x80\x02cnumpy\nndarray\nq\x00.", "numpy", "ndarray"),
        (b"\x80\x03cnumpy\nndarray\nq\x00.", "numpy", "ndarray"),
        (b"\x80\x04\x95\x15\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94.", "numpy", "ndarray"),
        (b"\x80\x05\x95\x15\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94.", "numpy", "ndarray"),
        (b"c__builtin__\ndict\np0\n.", "builtins", "dict"),
        (b"c__builtin__\ndict\nq\x00.", "builtins", "dict"),
        (b"\x80\x02c__builtin__\ndict\nq\x00.", "builtins", "dict"),
        (b"\x80\x03cbuiltins\ndict\nq\x00.", "builtins", "dict"),
        (b"\x80\x04\x95\x15\0\0\0\0\0\0\0\x8c\x08builtins\x94\x8c\x04dict\x94\x93\x94.", "builtins", "dict"),
        (b"\x80\x05\x95\x15\0\0\0\0\0\0\0\x8c\x08builtins\x94\x8c\x04dict\x94\x93\x94.", "builtins", "dict"),
        (b"\x80\x02c__builtin__\nunicode\nq\x00.", "builtins", "str"),
        (b"\x80\x02cexceptions\nOSError\nq\x00.", "builtins", "OSError"),
        (b"\x80\x04\x95\x14\0\0\0\0\0\0\0\x8c\x08__main__\x94\x8c\x03O.I\x94\x93\x94.", "__main__", "O.I"),
        (b"\x80\x05\x95\x14\0\0\0\0\0\0\0\x8c\x08__main__\x94\x8c\x03O.I\x94\x93\x94.", "__main__", "O.I"),
    ];

    #[test]
    fn classes_of_every_protocol_are_read() {
        for &(bytes, module, qualname) in PYTHON {
            assert_eq!(decode(bytes).unwrap(), ClassRef::new(module, qualname), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_written_is_what_python_writes() {
        for &(bytes, module, qualname) in PYTHON.iter().filter(|(bytes, ..)| bytes.starts_with(b"\x80\x05")) {
            assert_eq!(encode(module, qualname), bytes);
        }
        const LEN: usize = encoded_len("numpy", "ndarray");
        const HEAD: [u8; LEN + 2] = encode_into([7; LEN + 2], 1, "numpy", "ndarray");
        assert_eq!(HEAD[1..LEN + 1], encode("numpy", "ndarray"));
        assert_eq!((HEAD[0], HEAD[LEN + 1]), (7, 7));
    }

    #[test]
    fn long_and_foreign_names_come_back() {
        let long = "x".repeat(300);
        for (module, qualname) in [("štěstí", "Třída.Vnitřní"), (&*long, "C"), ("m", &*long)] {
            let bytes = encode(module, qualname);
            assert_eq!(decode(&bytes).unwrap(), ClassRef::new(module, qualname));
        }
        assert_eq!(encode(&long, "C")[11..16], *b"X\x2c\x01\0\0");
    }

    #[test]
    fn the_canonical_form_is_borrowed() {
        let bytes = encode("numpy", "ndarray");
        let ClassRef { module: Cow::Borrowed(module), .. } = decode(&bytes).unwrap() else { panic!("copied") };
        assert!(bytes.as_ptr_range().contains(&module.as_ptr()));
    }

    #[test]
    fn a_pickle_that_would_run_code_is_refused_by_name() {
        // getattr(O, 'I'): how protocol 2 spells a nested class.
        let nested = b"\x80\x02c__builtin__\ngetattr\nq\0c__main__\nO\nq\x01X\x01\0\0\0Iq\x02\x86q\x03Rq\x04.";
        let system = b"cposix\nsystem\n(S'ls'\ntR.";
        let error = decode(nested).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("more than one name"), "{error}");
        let error = decode(system).unwrap_err();
        assert!(error.to_string().contains("the opcode MARK at offset 14"), "{error}");
        let error = decode(b"cposix\nfork\n)R.").unwrap_err();
        assert_eq!(
            error.to_string(),
            "this pickle is not a plain class reference: it holds the opcode EMPTY_TUPLE at offset 12; \
             the value can only be forwarded, not decoded"
        );
        let error = decode(b"cposix\nfork\nR.").unwrap_err();
        assert!(error.to_string().contains("the opcode REDUCE at offset 12"), "{error}");
    }

    #[test]
    fn the_memo_serves_and_is_bounded() {
        assert_eq!(decode(b"\x80\x04\x8c\x01a\x94h\x00\x93.").unwrap(), ClassRef::new("a", "a"));
        assert_eq!(decode(b"\x80\x04X\x01\0\0\0aq\x00j\0\0\0\0\x93.").unwrap(), ClassRef::new("a", "a"));
        assert!(decode(b"\x80\x04\x8c\x01ah\x00\x93.").is_err());
        assert!(decode(b"\x80\x04\x8c\x01ar\xff\xff\xff\xffh\x00\x93.").is_err());
        let many = [&b"\x80\x04\x8c\x01a"[..], &[op::MEMOIZE; 1000], b"h\0\x93."].concat();
        assert!(decode(&many).is_err());
    }

    #[test]
    fn frames_and_ends_are_exact() {
        let good = encode("numpy", "ndarray");
        let mut behind = good.clone();
        behind.push(b'.');
        assert!(decode(&behind).is_err());
        let mut short = good.clone();
        short[3] -= 1;
        assert!(decode(&short).unwrap_err().to_string().contains("behind its frame"));
        assert!(decode(b"cnumpy\nndarray\nq\x00..").unwrap_err().to_string().contains("behind its end"));
        assert!(decode(b"\x80\x06cnumpy\nndarray\n.").is_err());
        assert!(decode(b"\x80\x04\x8c\x00\x8c\x01a\x93.").is_err());
    }

    #[test]
    fn damaged_bytes_never_panic() {
        for &(bytes, ..) in PYTHON {
            for cut in 0..bytes.len() {
                assert!(decode(&bytes[..cut]).is_err(), "{bytes:?} cut at {cut}");
            }
            for bit in 0..bytes.len() * 8 {
                let mut bytes = bytes.to_vec();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let _ = decode(&bytes);
            }
        }
    }

    #[test]
    fn the_notation_of_people_is_checked() {
        assert_eq!(ClassRef::parse("a.b:C.D").unwrap(), ClassRef::new("a.b", "C.D"));
        for wrong in ["", ":", "a", "a.b", "a:", ":a", "a:b:c", "a..b:c", "a:b.", "a b:c", "1a:b", "a:b[0]"] {
            let error = ClassRef::parse(wrong).unwrap_err();
            assert!(error.to_string().contains("package.module:Class"), "{error}");
        }
    }

    #[test]
    fn every_opcode_has_its_name() {
        assert_eq!((op::name(op::REDUCE), op::name(0x97)), ("REDUCE".into(), "NEXT_BUFFER".into()));
        assert_eq!((op::name(b'('), op::name(b')')), ("MARK".into(), "EMPTY_TUPLE".into()));
        assert!(op::name(0xff).contains("0xff"));
    }
}
