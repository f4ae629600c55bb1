//! The text of `pickletools.dis`, with its checks.
//!
//! Of the stack only its height and where its marks are is followed, which is all that the checks and the indentation
//! want to know.

use crate::arg::Key;
use crate::opcode as op;
use crate::ops::{Opcode, located, opcodes};
use frames_core::{Error, ErrorKind, Result};
use std::collections::HashSet;
use std::fmt::{self, Write};

/// The pickle in front of `pickle`, as a text that equals the output of `pickletools.dis` of Python 3.11 to 3.13.
///
/// Four blanks for each open mark make the text grow with the square of how deep marks are nested. What is beyond 16
/// MiB and 256 times the pickle is an error here; [`disassemble_to`] has no such limit.
///
/// # Errors
///
/// What `pickletools.dis` checks: each opcode is one and has its argument; there is a mark where one is wanted, enough
/// on the stack, and nothing left at the end; nothing is got from the memo before it is put there, or put twice, or is
/// a mark.
///
/// ```
/// let text = frames_pickle::disassemble(b"\x80\x04](K\x01K\x02e.")?;
/// assert_eq!(text, r"    0: \x80 PROTO      4
///     2: ]    EMPTY_LIST
///     3: (    MARK
///     4: K        BININT1    1
///     6: K        BININT1    2
///     8: e        APPENDS    (MARK at 3)
///     9: .    STOP
/// highest protocol among opcodes = 2
/// ");
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn disassemble(pickle: &[u8]) -> Result<String> {
    let most = pickle.len().saturating_mul(256).saturating_add(16 << 20);
    let mut out = Limited { text: String::new(), most, is_full: false };
    match disassemble_to(pickle, &mut out) {
        Err(_) if out.is_full => {
            let error =
                Error::new(ErrorKind::Limit, format!("the text has more than {most} bytes: marks are nested deep"));
            Err(error.with_help("disassemble_to writes it without a limit"))
        }
        done => done.map(|()| out.text),
    }
}

/// The same, written as it is made: up to the opcode at which there is an error, as Python does.
///
/// # Errors
///
/// As [`disassemble`], and if `out` has one.
///
/// ```
/// let mut text = String::new();
/// assert!(frames_pickle::disassemble_to(b"Ne.", &mut text).is_err());
/// assert_eq!(text, "    0: N    NONE\n    1: e    APPENDS    no MARK exists on stack\n");
/// ```
pub fn disassemble_to(pickle: &[u8], out: &mut dyn Write) -> Result<()> {
    let mut machine = Machine { pickle, ..Machine::default() };
    let mut highest = 0;
    for opcode in opcodes(pickle) {
        let opcode = opcode?;
        highest = highest.max(opcode.protocol());
        machine.step(&opcode, out)?;
    }
    written(writeln!(out, "highest protocol among opcodes = {highest}"))?;
    if machine.height > 0 {
        let text = format!("{} more values are on the stack than STOP takes", machine.height);
        return Err(Error::new(ErrorKind::Invalid, text));
    }
    Ok(())
}

/// What `pickletools` emulates of an unpickler.
#[derive(Default)]
struct Machine<'a> {
    pickle: &'a [u8],
    height: usize,
    /// Where on the stack marks are. An opcode may have taken one for a value: then there are fewer than of the others.
    marks: Vec<usize>,
    /// Where in the pickle the open marks are.
    opened: Vec<usize>,
    memo: Memo,
}

/// Which numbers were put aside. Most pickles number without gaps, and that takes no memory.
#[derive(Default)]
struct Memo {
    /// All numbers below.
    dense: usize,
    sparse: HashSet<Key>,
}

impl Memo {
    fn len(&self) -> usize {
        self.dense + self.sparse.len()
    }

    fn contains(&self, key: &Key) -> bool {
        matches!(key, Key::Int(number) if (0..self.dense as i128).contains(number)) || self.sparse.contains(key)
    }

    fn insert(&mut self, key: Key) {
        if key != Key::Int(self.dense as i128) {
            self.sparse.insert(key);
            return;
        }
        self.dense += 1;
        while !self.sparse.is_empty() && self.sparse.remove(&Key::Int(self.dense as i128)) {
            self.dense += 1;
        }
    }
}

impl Machine<'_> {
    fn step(&mut self, opcode: &Opcode<'_>, out: &mut dyn Write) -> Result<()> {
        let (code, at) = (opcode.code(), opcode.position());
        written(write!(out, "{at:5}: "))?;
        let byte = if code < 0x80 { char::from(code).to_string() } else { format!("\\x{code:02x}") };
        written(write!(out, "{byte:4} "))?;
        indent(out, self.opened.len())?;
        written(out.write_str(opcode.name()))?;

        let (mut takes, takes_mark, leaves) = effect(code);
        let mut note = Note::None;
        let mut wrong = None;
        if takes_mark || code == op::POP && self.is_mark_on_top() {
            match self.opened.pop() {
                Some(opened) => {
                    note = Note::MarkAt(opened);
                    match self.marks.pop() {
                        Some(height) => self.height = height,
                        None => wrong = Some("its mark was taken for a value".to_owned()),
                    }
                    if code == op::POP {
                        takes = 0;
                    }
                }
                None => {
                    note = Note::NoMark;
                    wrong = Some("there is no mark on the stack".to_owned());
                }
            }
        }
        match code {
            op::PUT | op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => {
                let key = match opcode.arg() {
                    Some(arg) => arg.key(),
                    None => {
                        note = Note::As(self.memo.len());
                        Key::Int(self.memo.len() as i128)
                    }
                };
                if self.memo.contains(&key) {
                    wrong = Some(format!("number {key} of the memo is there already"));
                } else if self.height == 0 {
                    wrong = Some("nothing is on the stack to be put into the memo".to_owned());
                } else if self.is_mark_on_top() {
                    wrong = Some("a mark cannot be put into the memo".to_owned());
                } else {
                    self.memo.insert(key);
                }
            }
            op::GET | op::BINGET | op::LONG_BINGET => {
                let key = opcode.arg().map(|arg| arg.key());
                if let Some(key) = key.filter(|key| !self.memo.contains(key)) {
                    wrong = Some(format!("nothing was put aside as number {key}"));
                }
            }
            _ => {}
        }

        self.finish_line(opcode, note, out)?;
        if wrong.is_none() && self.height < takes {
            wrong = Some(format!("it takes {takes} from the stack, and there are {}", self.height));
        }
        if let Some(wrong) = wrong {
            return Err(located(&Error::new(ErrorKind::Invalid, wrong), self.pickle, at));
        }
        self.take(takes);
        if code == op::MARK {
            self.opened.push(at);
            self.marks.push(self.height);
        }
        self.height += leaves;
        Ok(())
    }

    fn is_mark_on_top(&self) -> bool {
        self.height > 0 && self.marks.last() == Some(&(self.height - 1))
    }

    fn take(&mut self, count: usize) {
        self.height -= count;
        while self.marks.last().is_some_and(|mark| *mark >= self.height) {
            self.marks.pop();
        }
    }

    /// What stands behind the name, in a column of its own if the name is not too long.
    fn finish_line(&self, opcode: &Opcode<'_>, note: Note, out: &mut dyn Write) -> Result<()> {
        if opcode.arg().is_some() || !matches!(note, Note::None) {
            let blanks = 10usize.saturating_sub(opcode.name().len());
            written(write!(out, "{:blanks$}", ""))?;
        }
        if let Some(arg) = opcode.arg() {
            written(out.write_char(' '))?;
            let shown = arg.write_repr(out).map_err(|error| located(&error, self.pickle, opcode.position()))?;
            written(shown)?;
        }
        written(match note {
            Note::None => out.write_char('\n'),
            Note::MarkAt(at) => writeln!(out, " (MARK at {at})"),
            Note::NoMark => writeln!(out, " no MARK exists on stack"),
            Note::As(number) => writeln!(out, " (as {number})"),
        })
    }
}

enum Note {
    None,
    MarkAt(usize),
    NoMark,
    As(usize),
}

/// How many values an opcode takes, below its mark if it has one, whether it takes a mark, and how many it leaves.
fn effect(code: u8) -> (usize, bool, usize) {
    match code {
        op::PROTO | op::FRAME | op::PUT | op::BINPUT | op::LONG_BINPUT => (0, false, 0),
        op::POP | op::STOP => (1, false, 0),
        op::DUP => (1, false, 2),
        op::MEMOIZE | op::READONLY_BUFFER | op::BINPERSID | op::TUPLE1 => (1, false, 1),
        op::APPEND | op::TUPLE2 | op::STACK_GLOBAL | op::REDUCE | op::BUILD | op::NEWOBJ => (2, false, 1),
        op::SETITEM | op::TUPLE3 | op::NEWOBJ_EX => (3, false, 1),
        op::APPENDS | op::SETITEMS | op::ADDITEMS => (1, true, 1),
        op::LIST | op::TUPLE | op::DICT | op::FROZENSET | op::INST | op::OBJ => (0, true, 1),
        op::POP_MARK => (0, true, 0),
        _ => (0, false, 1),
    }
}

fn indent(out: &mut dyn Write, depth: usize) -> Result<()> {
    const BLANKS: &str = "                                                                ";
    let mut left = depth.saturating_mul(4);
    while left > 0 {
        let now = left.min(BLANKS.len());
        written(out.write_str(BLANKS.get(..now).unwrap_or_default()))?;
        left -= now;
    }
    Ok(())
}

fn written(done: fmt::Result) -> Result<()> {
    done.map_err(|fmt::Error| Error::new(ErrorKind::Custom, "the text cannot be written"))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Int(number) => write!(f, "{number}"),
            Key::Digits(digits) => write!(f, "of {} digits", digits.len()),
        }
    }
}

/// A text that becomes no longer than that.
struct Limited {
    text: String,
    most: usize,
    is_full: bool,
}

impl Write for Limited {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.text.len() + part.len() > self.most {
            self.is_full = true;
            return Err(fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_the_place() {
        for (pickle, words) in [
            (&b"N"[..], "the end at byte 1"),
            (b"", "the end at byte 0"),
            (b"NN.", "1 more values"),
            (b"t.", "TUPLE at byte 0 of the pickle: there is no mark"),
            (b"(q\0N.", "BINPUT at byte 1 of the pickle: a mark"),
            (b"q\0N.", "nothing is on the stack"),
            (b"Nq\0q\0.", "number 0 of the memo is there"),
            (b"Nq\x01\x94\x94.", "number 1 of the memo is there"),
            (b"h\x07.", "number 7"),
            (b"g00\n.", "number 0"),
            (b"NR.", "takes 2 from the stack, and there are 1"),
            (b".", "takes 1 from the stack, and there are 0"),
            (b"(\x85t.", "its mark was taken for a value"),
            (b"\xff", "0xff is no opcode"),
        ] {
            let error = disassemble(pickle).unwrap_err().to_string();
            assert!(error.contains(words), "{pickle:?}: {error}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "megabytes of text, interpreted")]
    fn marks_nested_deep_take_no_memory() {
        let mut deep = vec![b'('; 100_000];
        deep.push(b'.');
        assert_eq!(disassemble(&deep).unwrap_err().kind(), ErrorKind::Limit);
        assert!(disassemble(&deep[99_900..]).unwrap_err().to_string().contains("99 more values"));
    }
}
