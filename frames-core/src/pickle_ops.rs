//! The opcodes of a pickle, read one by one: what the reader of class references and the reader of numpy's dtypes share. And
//! written: what CPython's pickler writes for an object of a few parts.
//!
//! A pickle is a program. This module must never run one: it names the steps and gives their arguments, and does nothing.

use crate::error::{Error, ErrorKind, Result};

/// A peer's text for an error: escaped, and cut so that it cannot flood a log.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        None => format!("{text:?}"),
        Some((cut, _)) => format!("{:?}…", &text[..cut]),
    }
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

/// Text as an opcode.
pub(crate) fn text_into(out: &mut Vec<u8>, text: &str) {
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

/// An integer in two's complement, lowest byte first, without the bytes that only repeat its sign.
#[doc(hidden)]
#[inline]
pub fn shortest(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., below, top] = bytes {
        let sign = (*below as i8 >> 7) as u8;
        if *top != sign {
            break;
        }
        bytes = bytes.get(..rest.len() + 1).unwrap_or_default();
    }
    bytes
}

/// A pickle of protocol 5 as it grows: opcodes, memo and frames to the byte as CPython's `pickle.dumps` writes them.
#[derive(Debug)]
pub struct PickleWriter {
    out: Vec<u8>,
    /// Where the frame began that is open.
    frame: usize,
    /// How many objects the memo has.
    memo: u8,
}

/// What stands in the memo, to be written again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memo(u8);

/// Text from here on stands outside of frames; frames of less have no head.
const FRAME_TARGET: usize = 64 << 10;
const FRAME_LEAST: usize = 4;

impl PickleWriter {
    pub(crate) fn new() -> Self {
        PickleWriter { out: vec![op::PROTO, 5], frame: 2, memo: 0 }
    }

    /// The whole pickle.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.out.push(op::STOP);
        self.end_frame();
        self.out
    }

    fn end_frame(&mut self) {
        let len = self.out.len() - self.frame;
        if len >= FRAME_LEAST {
            let mut head = [op::FRAME, 0, 0, 0, 0, 0, 0, 0, 0];
            head[1..].copy_from_slice(&(len as u64).to_le_bytes());
            self.out.splice(self.frame..self.frame, head);
        }
        self.frame = self.out.len();
    }

    pub(crate) fn op(&mut self, code: u8) {
        self.out.push(code);
    }

    /// An opcode whose result the memo takes. The objects written here have a few parts each, so that the index is a byte.
    pub(crate) fn kept(&mut self, code: u8) -> Memo {
        self.out.push(code);
        self.memoize()
    }

    fn memoize(&mut self) -> Memo {
        self.out.push(op::MEMOIZE);
        let index = self.memo;
        self.memo = self.memo.saturating_add(1);
        Memo(index)
    }

    pub(crate) fn text(&mut self, text: &str) -> Memo {
        let is_long = text.len() >= FRAME_TARGET;
        if is_long {
            self.end_frame();
        }
        text_into(&mut self.out, text);
        if is_long {
            self.frame = self.out.len();
        }
        self.memoize()
    }

    pub(crate) fn get(&mut self, memo: Memo) {
        self.out.extend_from_slice(&[op::BINGET, memo.0]);
    }

    /// A class or function; gives where its module stands.
    pub(crate) fn global(&mut self, module: &str, name: &str) -> Memo {
        let module = self.text(module);
        self.text(name);
        self.kept(op::STACK_GLOBAL);
        module
    }

    /// Another of a module that was written.
    pub(crate) fn global_of(&mut self, module: Memo, name: &str) {
        self.get(module);
        self.text(name);
        self.kept(op::STACK_GLOBAL);
    }

    /// At most 255 bytes.
    pub(crate) fn bytes<const N: usize>(&mut self, bytes: [u8; N]) {
        const { assert!(N < 256) };
        self.out.extend_from_slice(&[op::SHORT_BINBYTES, N as u8]);
        self.out.extend_from_slice(&bytes);
        self.memoize();
    }

    /// Any number of bytes.
    #[cfg(feature = "arrow")]
    pub(crate) fn byte_string(&mut self, bytes: &[u8]) {
        if let Ok(n) = u8::try_from(bytes.len()) {
            self.out.extend_from_slice(&[op::SHORT_BINBYTES, n]);
        } else if let Ok(n) = u32::try_from(bytes.len()) {
            self.out.push(op::BINBYTES);
            self.out.extend_from_slice(&n.to_le_bytes());
        } else {
            self.out.push(op::BINBYTES8);
            self.out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        }
        self.out.extend_from_slice(bytes);
        self.memoize();
    }

    /// An integer in two's complement, lowest byte first, of less than 4 GiB.
    pub(crate) fn int(&mut self, bytes: &[u8]) {
        let bytes = shortest(bytes);
        let sign = if bytes.last().is_some_and(|top| *top >= 0x80) { 0xff } else { 0 };
        let mut low = [sign; 4];
        let Some(word) = low.get_mut(..bytes.len()) else {
            match u8::try_from(bytes.len()) {
                Ok(len) => self.out.extend_from_slice(&[op::LONG1, len]),
                Err(_) => {
                    self.out.push(op::LONG4);
                    self.out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
                }
            }
            return self.out.extend_from_slice(bytes);
        };
        word.copy_from_slice(bytes);
        match low {
            [n, 0, 0, 0] => self.out.extend_from_slice(&[op::BININT1, n]),
            [a, b, 0, 0] => self.out.extend_from_slice(&[op::BININT2, a, b]),
            [a, b, c, d] => self.out.extend_from_slice(&[op::BININT, a, b, c, d]),
        }
    }

    /// To the bit.
    pub(crate) fn float(&mut self, number: f64) {
        self.out.push(op::BINFLOAT);
        self.out.extend_from_slice(&number.to_be_bytes());
    }

    /// What the call of the function and the arguments on the stack makes.
    pub(crate) fn reduce(&mut self) {
        self.kept(op::REDUCE);
    }
}

/// The opcodes of pickle: numbers for the ones that are read or written, names for all.
pub(crate) mod op {
    #[cfg(feature = "arrow")]
    pub(crate) const APPENDS: u8 = b'e';
    #[cfg(feature = "arrow")]
    pub(crate) const BINBYTES: u8 = b'B';
    #[cfg(feature = "arrow")]
    pub(crate) const BINBYTES8: u8 = 0x8e;
    pub(crate) const BINFLOAT: u8 = b'G';
    pub(crate) const BINGET: u8 = b'h';
    pub(crate) const BININT: u8 = b'J';
    pub(crate) const BININT1: u8 = b'K';
    pub(crate) const BININT2: u8 = b'M';
    pub(crate) const BINPUT: u8 = b'q';
    pub(crate) const BINUNICODE: u8 = b'X';
    pub(crate) const BINUNICODE8: u8 = 0x8d;
    pub(crate) const BUILD: u8 = b'b';
    pub(crate) const EMPTY_DICT: u8 = b'}';
    #[cfg(feature = "arrow")]
    pub(crate) const EMPTY_LIST: u8 = b']';
    pub(crate) const EMPTY_TUPLE: u8 = b')';
    pub(crate) const FRAME: u8 = 0x95;
    pub(crate) const GET: u8 = b'g';
    pub(crate) const GLOBAL: u8 = b'c';
    pub(crate) const LONG_BINGET: u8 = b'j';
    pub(crate) const LONG_BINPUT: u8 = b'r';
    pub(crate) const LONG1: u8 = 0x8a;
    pub(crate) const LONG4: u8 = 0x8b;
    pub(crate) const MARK: u8 = b'(';
    pub(crate) const MEMOIZE: u8 = 0x94;
    pub(crate) const NEWFALSE: u8 = 0x89;
    pub(crate) const NEWTRUE: u8 = 0x88;
    pub(crate) const NEWOBJ: u8 = 0x81;
    #[cfg(feature = "arrow")]
    pub(crate) const NEXT_BUFFER: u8 = 0x97;
    pub(crate) const NONE: u8 = b'N';
    pub(crate) const PROTO: u8 = 0x80;
    pub(crate) const PUT: u8 = b'p';
    #[cfg(feature = "arrow")]
    pub(crate) const READONLY_BUFFER: u8 = 0x98;
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
