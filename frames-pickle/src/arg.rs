//! Arguments of opcodes, as `pickletools` reads and shows them.
//!
//! It does not always read as a loader does: a decimal line is one in base 10 here, a text in quotes may only be ASCII.

use crate::graph::shortest;
use crate::int::{DIGITS, Int};
use crate::literal;
use crate::opcode as op;
use crate::ops::unsigned;
use crate::repr;
use crate::text::{Text, is_wtf8};
use frames_core::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::fmt;

/// What stands behind an opcode. `Display` gives Python's `repr` of it.
///
/// To be exact for texts, the `repr` has to know which characters can be printed. All that Unicode had assigned for
/// Python 3.11 are as there; of those that are younger, and for which Python's own versions differ, Rust's standard
/// library decides.
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
    pub(crate) fn read(code: u8, bytes: &'a [u8]) -> Result<Option<Arg<'a>>> {
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

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.first_chunk().copied().ok_or_else(|| invalid("an argument that is too short"))
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
    use crate::opcodes;

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
}
