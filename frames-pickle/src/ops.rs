//! The opcodes of a pickle one after the other, without a machine that runs them: what `pickletools.genops` gives in Python.
//!
//! Arguments are read as `pickletools` reads them, which is not always how a loader does: a decimal line is one in base 10 here, a text in quotes
//! may only be ASCII.

use crate::graph::shortest;
use crate::int::{DIGITS, Int};
use crate::literal;
use crate::opcode::{self as op, name};
use crate::repr;
use crate::text::{Text, is_wtf8};
use frames_core::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::fmt;

/// The opcodes of the pickle in front of `bytes`, up to and with `STOP`. Nothing is checked but that each is one and has its argument.
///
/// ```
/// let opcodes: Vec<_> = frames_pickle::opcodes(b"\x80\x04]\x94K\x07a.").collect::<Result<_, _>>()?;
/// let names: Vec<_> = opcodes.iter().map(|opcode| opcode.name()).collect();
/// assert_eq!(names, ["PROTO", "EMPTY_LIST", "MEMOIZE", "BININT1", "APPEND", "STOP"]);
/// assert_eq!(opcodes[3].to_string(), "BININT1 7");
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn opcodes(bytes: &[u8]) -> Opcodes<'_> {
    Opcodes { bytes, at: 0, is_over: false }
}

/// The iterator that [`opcodes`] gives. It ends behind `STOP` and behind an error.
///
/// ```
/// let mut opcodes = frames_pickle::opcodes(b"N");
/// assert_eq!(opcodes.next().unwrap()?.name(), "NONE");
/// assert!(opcodes.next().unwrap().is_err(), "there is no STOP");
/// assert!(opcodes.next().is_none());
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Opcodes<'a> {
    bytes: &'a [u8],
    at: usize,
    is_over: bool,
}

impl<'a> Opcodes<'a> {
    /// Where the next opcode starts: behind `STOP`, where the pickle ends.
    ///
    /// ```
    /// let mut opcodes = frames_pickle::opcodes(b"N.more");
    /// assert_eq!(opcodes.by_ref().count(), 2);
    /// assert_eq!(opcodes.position(), 2);
    /// ```
    pub fn position(&self) -> usize {
        self.at
    }

    fn opcode(&mut self) -> Result<Opcode<'a>> {
        let at = self.at;
        let (code, argument, end) = split(self.bytes, at).map_err(|error| located(&error, self.bytes, at))?;
        let arg = Arg::read(code, argument).map_err(|error| located(&error, self.bytes, at))?;
        self.at = end;
        Ok(Opcode { at, code, arg })
    }
}

impl<'a> Iterator for Opcodes<'a> {
    type Item = Result<Opcode<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let opcode = self.opcode();
        self.is_over = opcode.as_ref().map_or(true, |opcode| opcode.code == op::STOP);
        Some(opcode)
    }
}

/// How many opcodes the pickle in front of `bytes` has, and how many bytes, as far as it is one.
pub(crate) fn count(bytes: &[u8]) -> (usize, usize) {
    let (mut count, mut at) = (0, 0);
    while let Ok((code, _, end)) = split(bytes, at) {
        count += 1;
        at = end;
        if code == op::STOP {
            break;
        }
    }
    (count, at)
}

/// An opcode, where it is, and its argument.
///
/// `Display` gives its name and the `repr` of its argument.
///
/// ```
/// let opcode = frames_pickle::opcodes(b"X\x02\0\0\0hi.").next().unwrap()?;
/// assert_eq!((opcode.position(), opcode.code(), opcode.name()), (0, b'X', "BINUNICODE"));
/// assert_eq!(opcode.to_string(), "BINUNICODE 'hi'");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Opcode<'a> {
    at: usize,
    code: u8,
    arg: Option<Arg<'a>>,
}

impl<'a> Opcode<'a> {
    /// At which byte it is.
    ///
    /// ```
    /// # let opcode = frames_pickle::opcodes(b"N.").nth(1).unwrap()?;
    /// assert_eq!(opcode.position(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn position(&self) -> usize {
        self.at
    }

    /// Its byte.
    ///
    /// ```
    /// # let opcode = frames_pickle::opcodes(b"N.").next().unwrap()?;
    /// assert_eq!(opcode.code(), b'N');
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn code(&self) -> u8 {
        self.code
    }

    /// Its name in `pickletools`.
    ///
    /// ```
    /// # let opcode = frames_pickle::opcodes(b"N.").next().unwrap()?;
    /// assert_eq!(opcode.name(), "NONE");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn name(&self) -> &'static str {
        name(self.code).unwrap_or_default()
    }

    /// The first protocol that has it.
    ///
    /// ```
    /// # let opcode = frames_pickle::opcodes(b"\x88.").next().unwrap()?;
    /// assert_eq!((opcode.name(), opcode.protocol()), ("NEWTRUE", 2));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn protocol(&self) -> u8 {
        protocol(self.code)
    }

    /// Its argument, if it has one.
    ///
    /// ```
    /// # let opcode = frames_pickle::opcodes(b"K\x07.").next().unwrap()?;
    /// assert_eq!(opcode.arg().and_then(|arg| arg.to_i128()), Some(7));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn arg(&self) -> Option<&Arg<'a>> {
        self.arg.as_ref()
    }
}

impl fmt::Display for Opcode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match &self.arg {
            Some(arg) => write!(f, " {arg}"),
            None => Ok(()),
        }
    }
}

/// What stands behind an opcode. `Display` gives Python's `repr` of it.
///
/// To be exact for texts, the `repr` has to know which characters can be printed. All that Unicode had assigned for Python 3.11 are as there; of those
/// that are younger, and for which Python's own versions differ, Rust's standard library decides.
///
/// ```
/// let opcode = frames_pickle::opcodes(b"U\x06it's \xe9.").next().unwrap()?;
/// assert_eq!(opcode.arg().unwrap().to_string(), r#""it's é""#);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Arg<'a>(Kind<'a>);

#[derive(Clone, Debug, PartialEq)]
enum Kind<'a> {
    Bool(bool),
    Int(i128),
    /// Beyond that, from its bytes.
    Long(Int<'a>),
    /// Beyond that, from decimal digits.
    Digits(String),
    Float(f64),
    Text(Cow<'a, [u8]>),
    Bytes(&'a [u8]),
    ByteArray(&'a [u8]),
}

impl<'a> Arg<'a> {
    fn read(code: u8, bytes: &'a [u8]) -> Result<Option<Arg<'a>>> {
        let kind = match code {
            op::INT | op::PUT | op::GET => match bytes {
                b"00" => Kind::Bool(false),
                b"01" => Kind::Bool(true),
                line => decimal(line)?,
            },
            op::LONG => decimal(bytes.strip_suffix(b"L").unwrap_or(bytes))?,
            op::FLOAT => Kind::Float(float(bytes)?),
            op::BININT | op::EXT4 => Kind::Int(i32::from_le_bytes(array(bytes)?).into()),
            op::BINFLOAT => Kind::Float(f64::from_be_bytes(array(bytes)?)),
            op::BININT1
            | op::BININT2
            | op::EXT1
            | op::EXT2
            | op::BINGET
            | op::BINPUT
            | op::LONG_BINGET
            | op::LONG_BINPUT
            | op::PROTO
            | op::FRAME => Kind::Int(unsigned(bytes).into()),
            op::LONG1 | op::LONG4 => long(bytes),
            op::STRING => Kind::Text(Cow::Owned(ascii(literal::unescape(unquoted(bytes)?)?)?)),
            op::BINSTRING | op::SHORT_BINSTRING => Kind::Text(latin1(bytes)),
            op::BINBYTES | op::SHORT_BINBYTES | op::BINBYTES8 => Kind::Bytes(bytes),
            op::BYTEARRAY8 => Kind::ByteArray(bytes),
            op::UNICODE => Kind::Text(Cow::Owned(literal::raw_unicode_escape(bytes)?)),
            op::SHORT_BINUNICODE | op::BINUNICODE | op::BINUNICODE8 if is_wtf8(bytes) => Kind::Text(bytes.into()),
            op::SHORT_BINUNICODE | op::BINUNICODE | op::BINUNICODE8 => {
                return Err(invalid("a text that is not UTF-8"));
            }
            op::PERSID => Kind::Text(Cow::Owned(ascii(literal::unescape(bytes)?)?)),
            op::GLOBAL | op::INST => {
                let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
                let (module, name) = bytes.split_at(end);
                let mut both = ascii(literal::unescape(module)?)?;
                both.push(b' ');
                both.extend(ascii(literal::unescape(name.get(1..).unwrap_or_default())?)?);
                Kind::Text(Cow::Owned(both))
            }
            _ => return Ok(None),
        };
        Ok(Some(Arg(kind)))
    }

    /// The number, if it is an integer that fits.
    ///
    /// ```
    /// # let opcode = frames_pickle::opcodes(b"K\x07.").next().unwrap()?;
    /// assert_eq!(opcode.arg().unwrap().to_i128(), Some(7));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_i128(&self) -> Option<i128> {
        match &self.0 {
            Kind::Bool(value) => Some((*value).into()),
            Kind::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, if it is a float.
    ///
    /// ```
    /// # let opcode = frames_pickle::opcodes(b"F1.5\n.").next().unwrap()?;
    /// assert_eq!(opcode.arg().unwrap().to_f64(), Some(1.5));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_f64(&self) -> Option<f64> {
        match &self.0 {
            Kind::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The text, if it is one. Module and name of `GLOBAL` are one text, with a blank between.
    ///
    /// ```
    /// # let opcode = frames_pickle::opcodes(b"cm\nC\n.").next().unwrap()?;
    /// assert_eq!(opcode.arg().unwrap().as_text(), Some("m C".into()));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn as_text(&self) -> Option<Text<'_>> {
        match &self.0 {
            Kind::Text(text) => Some(Text::new(text)),
            _ => None,
        }
    }

    /// The bytes, if it is `bytes` or `bytearray`.
    ///
    /// ```
    /// # let opcode = frames_pickle::opcodes(b"C\x02hi.").next().unwrap()?;
    /// assert_eq!(opcode.arg().unwrap().as_bytes(), Some(&b"hi"[..]));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn as_bytes(&self) -> Option<&'a [u8]> {
        match &self.0 {
            Kind::Bytes(bytes) | Kind::ByteArray(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The `repr`; an error for an integer that Python does not write in decimal either.
    pub(crate) fn write_repr(&self, out: &mut dyn fmt::Write) -> Result<fmt::Result> {
        Ok(match &self.0 {
            Kind::Bool(value) => out.write_str(if *value { "True" } else { "False" }),
            Kind::Int(number) => write!(out, "{number}"),
            Kind::Long(int) => {
                let text = int.to_string();
                if text.starts_with('<') || text.trim_start_matches('-').len() > DIGITS {
                    return Err(too_long());
                }
                out.write_str(&text)
            }
            Kind::Digits(digits) => out.write_str(digits),
            Kind::Float(number) => repr::float(*number, out),
            Kind::Text(text) => repr::str(Text::new(text), out),
            Kind::Bytes(bytes) => repr::bytes(bytes, out),
            Kind::ByteArray(bytes) => repr::bytearray(bytes, out),
        })
    }

    /// Equal for what Python holds for the same key of a dict.
    pub(crate) fn key(&self) -> Key {
        match &self.0 {
            Kind::Digits(digits) => Key::Digits(digits.clone()),
            _ => Key::Int(self.to_i128().unwrap_or_default()),
        }
    }
}

impl fmt::Display for Arg<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.write_repr(f), &self.0) {
            (Ok(done), _) => done,
            (Err(_), Kind::Long(int)) => write!(f, "{int}"),
            (Err(_), _) => Ok(()),
        }
    }
}

/// A number of the memo: a line of text can say any.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Int(i128),
    Digits(String),
}

/// The opcode at `at`, the bytes of its argument without their count or the end of their line, and where the next one is.
fn split(bytes: &[u8], at: usize) -> Result<(u8, &[u8], usize)> {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some((&code, rest)) = rest.split_first() else { return Err(truncated()) };
    let fixed = |len: usize| Ok((0, len, 0));
    let (skipped, len, behind) = match code {
        op::BININT1 | op::EXT1 | op::BINGET | op::BINPUT | op::PROTO => fixed(1),
        op::BININT2 | op::EXT2 => fixed(2),
        op::BININT | op::EXT4 | op::LONG_BINGET | op::LONG_BINPUT => fixed(4),
        op::BINFLOAT | op::FRAME => fixed(8),
        op::LONG1 | op::SHORT_BINSTRING | op::SHORT_BINBYTES | op::SHORT_BINUNICODE => counted(rest, 1, u64::MAX),
        // A length with a sign.
        op::LONG4 | op::BINSTRING => counted(rest, 4, i32::MAX as u64),
        op::BINBYTES | op::BINUNICODE => counted(rest, 4, u64::MAX),
        op::BINBYTES8 | op::BYTEARRAY8 | op::BINUNICODE8 => counted(rest, 8, u64::MAX),
        op::INT | op::LONG | op::STRING | op::UNICODE | op::FLOAT | op::GET | op::PUT | op::PERSID => {
            line(rest).map(|len| (0, len, 1))
        }
        op::GLOBAL | op::INST => {
            let module = line(rest)?;
            let name = line(rest.get(module + 1..).unwrap_or_default())?;
            Ok((0, module + 1 + name, 1))
        }
        code if name(code).is_some() => fixed(0),
        code => Err(Error::new(ErrorKind::Invalid, format!("0x{code:02x} is no opcode"))),
    }?;
    let argument = rest.get(skipped..).and_then(|rest| rest.get(..len)).ok_or_else(truncated)?;
    Ok((code, argument, at + 1 + skipped + len + behind))
}

/// The width of a count, and the count that stands in front of `rest`.
fn counted(rest: &[u8], width: usize, most: u64) -> Result<(usize, usize, usize)> {
    let len = unsigned(rest.get(..width).ok_or_else(truncated)?);
    if len > most {
        return Err(Error::new(ErrorKind::Invalid, format!("a length of {}", len as u32 as i32)));
    }
    Ok((width, usize::try_from(len).unwrap_or(usize::MAX), 0))
}

fn line(rest: &[u8]) -> Result<usize> {
    rest.iter().position(|byte| *byte == b'\n').ok_or_else(truncated)
}

/// Up to eight bytes, the lowest first.
fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.first_chunk().copied().ok_or_else(truncated)
}

/// Two's complement of any size.
fn long(bytes: &[u8]) -> Kind<'_> {
    let bytes = shortest(bytes);
    match Int::large(bytes).to_i128() {
        Some(number) => Kind::Int(number),
        None => Kind::Long(Int::large(bytes)),
    }
}

/// Python's `int(line)`.
fn decimal<'a>(line: &[u8]) -> Result<Kind<'a>> {
    let line = trimmed(line);
    let (is_negative, digits) = match line {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let mut text = String::with_capacity(digits.len() + 1);
    let mut was_digit = false;
    for byte in digits {
        match byte {
            b'0'..=b'9' => text.push(char::from(*byte)),
            b'_' if was_digit => {}
            _ => return Err(invalid("a line that is no integer")),
        }
        was_digit = byte.is_ascii_digit();
    }
    if !was_digit {
        return Err(invalid("a line that is no integer"));
    }
    if text.len() > DIGITS {
        return Err(too_long());
    }
    let zeros = text.bytes().take_while(|byte| *byte == b'0').count();
    text.drain(..zeros);
    if is_negative && !text.is_empty() {
        text.insert(0, '-');
    }
    match text.as_str() {
        "" => Ok(Kind::Int(0)),
        text if text.len() > 39 => Ok(Kind::Digits(text.to_owned())),
        text => Ok(text.parse().map_or_else(|_| Kind::Digits(text.to_owned()), Kind::Int)),
    }
}

/// Python's `float(line)`: as Rust reads it, with underscores between digits.
fn float(line: &[u8]) -> Result<f64> {
    let line = trimmed(line);
    if !line.contains(&b'_') {
        return literal::float(line);
    }
    let is_between = |at: usize| {
        let digit = |at: Option<usize>| at.and_then(|at| line.get(at)).is_some_and(u8::is_ascii_digit);
        digit(at.checked_sub(1)) && digit(Some(at + 1))
    };
    if line.iter().enumerate().any(|(at, byte)| *byte == b'_' && !is_between(at)) {
        return Err(invalid("a line that is no float"));
    }
    let line: Vec<u8> = line.iter().copied().filter(|byte| *byte != b'_').collect();
    literal::float(&line)
}

/// Without what C takes for white space.
fn trimmed(mut line: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    while let [first, rest @ ..] = line {
        if !is_space(first) {
            break;
        }
        line = rest;
    }
    while let [rest @ .., last] = line {
        if !is_space(last) {
            break;
        }
        line = rest;
    }
    line
}

/// What is in the quotes. To `pickletools` one alone is both.
fn unquoted(line: &[u8]) -> Result<&[u8]> {
    match line {
        [b'\'', inside @ .., b'\''] | [b'"', inside @ .., b'"'] => Ok(inside),
        b"'" | b"\"" => Ok(&[]),
        _ => Err(invalid("a text that is not in quotes")),
    }
}

fn ascii(bytes: Vec<u8>) -> Result<Vec<u8>> {
    match bytes.is_ascii() {
        true => Ok(bytes),
        false => Err(invalid("a text that is not ASCII")),
    }
}

fn latin1(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes.is_ascii() {
        true => Cow::Borrowed(bytes),
        false => Cow::Owned(bytes.iter().copied().map(char::from).collect::<String>().into_bytes()),
    }
}

/// The first protocol that has an opcode.
fn protocol(code: u8) -> u8 {
    match code {
        op::NEXT_BUFFER | op::READONLY_BUFFER | op::BYTEARRAY8 => 5,
        op::SHORT_BINUNICODE..=op::FRAME => 4,
        op::BINBYTES | op::SHORT_BINBYTES => 3,
        op::PROTO..=op::LONG4 => 2,
        op::BININT
        | op::BININT1
        | op::BININT2
        | op::BINSTRING
        | op::SHORT_BINSTRING
        | op::BINUNICODE
        | op::BINFLOAT
        | op::EMPTY_LIST
        | op::APPENDS
        | op::EMPTY_TUPLE
        | op::EMPTY_DICT
        | op::SETITEMS
        | op::POP_MARK
        | op::BINGET
        | op::LONG_BINGET
        | op::BINPUT
        | op::LONG_BINPUT
        | op::OBJ
        | op::BINPERSID => 1,
        _ => 0,
    }
}

/// With the opcode and where it is.
#[cold]
pub(crate) fn located(error: &Error, bytes: &[u8], at: usize) -> Error {
    let code = bytes.get(at).map_or("the end", |code| name(*code).unwrap_or("a byte"));
    Error::new(error.kind(), format!("{code} at byte {at} of the pickle: {error}"))
}

#[cold]
fn truncated() -> Error {
    Error::new(ErrorKind::Truncated, "the pickle ends here")
}

#[cold]
fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

#[cold]
fn too_long() -> Error {
    Error::new(ErrorKind::Limit, format!("an integer of more than {DIGITS} digits, which Python does not show"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arg(pickle: &[u8]) -> Result<String> {
        opcodes(pickle).next().unwrap().map(|opcode| opcode.arg().unwrap().to_string())
    }

    #[test]
    fn lines_are_read_as_python_reads_them() {
        for (line, expect) in [
            (&b"I 007\n"[..], "7"),
            (b"I-0\n", "0"),
            (b"I00\n", "False"),
            (b"I01\n", "True"),
            (b"I1_0\x0b\n", "10"),
            (b"L5L\n", "5"),
            (b"L-170141183460469231731687303715884105729\n", "-170141183460469231731687303715884105729"),
            (b"F1_0.5e1_0\n", "105000000000.0"),
            (b"F-nan\n", "nan"),
            (b"F1e999\n", "inf"),
            (b"S'\n", "''"),
            (b"S\"\\'\\x41\"\n", "\"'A\""),
            (b"Pa\\x41\n", "'aA'"),
            (b"ca\nb\\n\n", "'a b\\n'"),
            (b"V\\ud83d\\ude00\n", r"'\ud83d\ude00'"),
        ] {
            assert_eq!(arg(line).unwrap(), expect, "{line:?}");
        }
        for bad in [
            &b"I\n"[..],
            b"I0x1\n",
            b"I1__0\n",
            b"I_1\n",
            b"I1_\n",
            b"I- 1\n",
            b"I5L\n",
            b"F1_.5\n",
            b"F\n",
            b"F0x1p3\n",
            b"S'a\"\n",
            b"S'\\xe9'\n",
            b"S'a' \n",
            b"Sa\n",
            b"P\\\n",
            b"U\x02a",
            b"T\xff\xff\xff\xff",
            b"X\x01\0\0\0\xff",
            b"I5",
            b"\xff",
        ] {
            assert!(arg(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn integers_end_where_python_ends() {
        let long = |len: u32, byte: u8| [&b"\x8b"[..], &len.to_le_bytes(), &vec![byte; len as usize], b"."].concat();
        let shown = |pickle: &[u8]| {
            let opcode = opcodes(pickle).next().unwrap().unwrap();
            let mut text = String::new();
            opcode.arg().unwrap().write_repr(&mut text).map(|_| text)
        };
        assert_eq!(shown(&long(10_000, 0)).unwrap(), "0");
        assert_eq!(shown(&long(10_000, 0xff)).unwrap(), "-1");
        assert_eq!(shown(&long(1785, 0x7f)).unwrap().len(), 4299);
        assert_eq!(shown(&long(1790, 0x7f)).unwrap_err().kind(), ErrorKind::Limit);
        assert_eq!(shown(&long(10_000, 0x7f)).unwrap_err().kind(), ErrorKind::Limit);
        assert!(arg(&[b"I", &b"9".repeat(4301)[..], b"\n"].concat()).is_err());
        assert_eq!(arg(&[b"I-", &b"9".repeat(4300)[..], b"\n"].concat()).unwrap().len(), 4301);
    }

    #[test]
    fn protocols_are_those_of_pickletools() {
        let count = |wanted| (0..=255).filter(|code| name(*code).is_some() && protocol(*code) == wanted).count();
        assert_eq!([0, 1, 2, 3, 4, 5].map(count), [22, 19, 12, 2, 10, 3]);
    }
}
