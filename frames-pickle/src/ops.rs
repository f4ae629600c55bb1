//! The opcodes of a pickle one after the other, without a machine that runs them: what `pickletools.genops` gives in
//! Python.

use crate::arg::Arg;
use crate::opcode::{self as op, name};
use frames_core::{Error, ErrorKind, Result};
use std::fmt;

/// The opcodes of the pickle in front of `bytes`, up to and with `STOP`. Nothing is checked but that each is one and
/// has its argument.
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
#[derive(Clone)]
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

impl fmt::Debug for Opcodes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opcodes from byte {} of {}", self.at, self.bytes.len())
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

/// The opcode at `at`, the bytes of its argument without their count or the end of their line, and where the next one
/// is.
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
pub(crate) fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_those_of_pickletools() {
        let count = |wanted| (0..=255).filter(|code| name(*code).is_some() && protocol(*code) == wanted).count();
        assert_eq!([0, 1, 2, 3, 4, 5].map(count), [22, 19, 12, 2, 10, 3]);
    }
}
