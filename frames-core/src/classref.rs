//! The class reference in `type-serialized`: the pickle of one importable class, written and read as data.
//!
//! A pickle is a program. This module must never run one: it knows the dozen opcodes that spell a name, and any
//! other is an error that says which and where. The reader of opcodes is shared with the reader of numpy's dtype
//! pickles, which adds a few more.

use crate::error::{Error, Result};
use crate::pickle_ops::{Op, Pickle, get, op, put, quoted, text_into};
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
    /// [`Truncated`](crate::ErrorKind::Truncated), or [`Invalid`](crate::ErrorKind::Invalid) if it is anything but one class by name. Such a value can
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
#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

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
