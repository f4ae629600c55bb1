//! The bytes of a pickle: opcodes with their arguments, numbers of the memo, frames.
//!
//! Frames are as CPython's C pickler makes them: closed before the first object behind 64 KiB, none around less than four
//! bytes, and a payload of 64 KiB or more lies between two of them.

use crate::opcode as op;
use frames_core::{Error, ErrorKind, Result};

const HEADER: usize = 9;
const SMALLEST: usize = 4;
const TARGET: usize = 64 << 10;

pub(super) struct Sink {
    bytes: Vec<u8>,
    protocol: u8,
    /// Where the header of the open frame is.
    frame: usize,
    /// How long the bytes may get before the frame is full.
    limit: usize,
    memoized: u32,
}

/// A number of the memo; there is one for each object that was put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number(pub(super) u32);

impl Sink {
    pub(super) fn new(protocol: u8, capacity: usize) -> Sink {
        let mut bytes = Vec::with_capacity(capacity);
        bytes.extend_from_slice(&[op::PROTO, protocol]);
        let mut sink = Sink { bytes, protocol, frame: 0, limit: usize::MAX, memoized: 0 };
        sink.open_frame();
        sink
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(op::STOP);
        self.close_frame();
        self.bytes
    }

    pub(super) fn protocol(&self) -> u8 {
        self.protocol
    }

    /// CPython opens a frame at the next byte. Frames of nothing vanish, so this is the same.
    fn open_frame(&mut self) {
        if self.protocol < 4 {
            return;
        }
        self.frame = self.bytes.len();
        self.limit = self.frame + HEADER + TARGET;
        self.bytes.extend_from_slice(&[op::FRAME, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    fn close_frame(&mut self) {
        if self.protocol < 4 {
            return;
        }
        let body = self.frame + HEADER;
        let len = self.bytes.len() - body;
        if len < SMALLEST {
            self.bytes.drain(self.frame..body);
        } else if let Some(place) = self.bytes.get_mut(self.frame + 1..body) {
            place.copy_from_slice(&(len as u64).to_le_bytes());
        }
    }

    /// Between objects, where a frame may end.
    #[inline]
    pub(super) fn boundary(&mut self) {
        if self.bytes.len() >= self.limit {
            self.next_frame();
        }
    }

    #[cold]
    fn next_frame(&mut self) {
        self.close_frame();
        self.open_frame();
    }

    #[inline]
    pub(super) fn op(&mut self, code: u8) {
        self.bytes.push(code);
    }

    #[inline]
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    #[inline]
    fn with<const N: usize>(&mut self, code: u8, argument: [u8; N]) {
        self.bytes.push(code);
        self.bytes.extend_from_slice(&argument);
    }

    /// An opcode, a length, and so many bytes.
    #[inline]
    fn payload<const N: usize>(&mut self, code: u8, len: [u8; N], bytes: &[u8]) {
        if bytes.len() >= TARGET {
            self.close_frame();
            self.with(code, len);
            self.bytes.extend_from_slice(bytes);
            self.open_frame();
        } else {
            self.with(code, len);
            self.bytes.extend_from_slice(bytes);
        }
    }

    #[inline]
    pub(super) fn int(&mut self, number: i64) {
        if let Ok(byte) = u8::try_from(number) {
            self.raw(&[op::BININT1, byte]);
        } else if let Ok(word) = u16::try_from(number) {
            let [a, b] = word.to_le_bytes();
            self.raw(&[op::BININT2, a, b]);
        } else if let Ok(word) = i32::try_from(number) {
            let [a, b, c, d] = word.to_le_bytes();
            self.raw(&[op::BININT, a, b, c, d]);
        } else {
            // At least five bytes, at most eight.
            let bits = 64 - if number < 0 { (!number).leading_zeros() } else { number.leading_zeros() };
            let len = (bits / 8 + 1) as usize;
            self.with(op::LONG1, [len as u8]);
            self.bytes.extend_from_slice(number.to_le_bytes().get(..len).unwrap_or_default());
        }
    }

    /// Two's complement, as short as can be.
    pub(super) fn long(&mut self, bytes: &[u8]) -> Result<()> {
        match (u8::try_from(bytes.len()), i32::try_from(bytes.len())) {
            (Ok(len), _) => self.with(op::LONG1, [len]),
            (_, Ok(len)) => self.with(op::LONG4, len.to_le_bytes()),
            _ => return Err(Error::new(ErrorKind::Limit, "an integer of more than 2 GiB, which pickle cannot say")),
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    pub(super) fn float(&mut self, number: f64) {
        let [a, b, c, d, e, f, g, h] = number.to_bits().to_be_bytes();
        self.raw(&[op::BINFLOAT, a, b, c, d, e, f, g, h]);
    }

    #[inline]
    pub(super) fn str(&mut self, text: &[u8]) -> Result<()> {
        match (u8::try_from(text.len()), u32::try_from(text.len())) {
            (Ok(len), _) if self.protocol >= 4 => {
                self.raw(&[op::SHORT_BINUNICODE, len]);
                self.raw(text);
            }
            (_, Ok(len)) => self.payload(op::BINUNICODE, len.to_le_bytes(), text),
            _ if self.protocol >= 4 => self.payload(op::BINUNICODE8, (text.len() as u64).to_le_bytes(), text),
            _ => return Err(too_large("text")),
        }
        Ok(())
    }

    /// In protocols that have bytes, from 3 on.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        match (u8::try_from(bytes.len()), u32::try_from(bytes.len())) {
            (Ok(len), _) => self.payload(op::SHORT_BINBYTES, [len], bytes),
            (_, Ok(len)) => self.payload(op::BINBYTES, len.to_le_bytes(), bytes),
            _ if self.protocol >= 4 => self.payload(op::BINBYTES8, (bytes.len() as u64).to_le_bytes(), bytes),
            _ => return Err(too_large("bytes")),
        }
        Ok(())
    }

    pub(super) fn bytearray(&mut self, bytes: &[u8]) {
        self.payload(op::BYTEARRAY8, (bytes.len() as u64).to_le_bytes(), bytes);
    }

    pub(super) fn extension(&mut self, code: u32) -> Result<()> {
        match (u8::try_from(code), u16::try_from(code), i32::try_from(code)) {
            (Ok(0), ..) | (_, _, Err(_)) => {
                let text = format!("an extension code of {code}");
                return Err(Error::new(ErrorKind::OutOfRange, text).with_help("codes are from 1 to 0x7fffffff"));
            }
            (Ok(code), ..) => self.with(op::EXT1, [code]),
            (_, Ok(code), _) => self.with(op::EXT2, code.to_le_bytes()),
            (.., Ok(code)) => self.with(op::EXT4, code.to_le_bytes()),
        }
        Ok(())
    }

    /// Puts the last object aside.
    #[inline]
    pub(super) fn memoize(&mut self) -> Result<Number> {
        let number = self.memoized;
        if number >= u32::MAX - 2 {
            return Err(Error::new(ErrorKind::Limit, "more objects than a pickle has numbers for"));
        }
        self.memoized += 1;
        if self.protocol >= 4 {
            self.bytes.push(op::MEMOIZE);
        } else if let Ok(byte) = u8::try_from(number) {
            self.with(op::BINPUT, [byte]);
        } else {
            self.with(op::LONG_BINPUT, number.to_le_bytes());
        }
        Ok(Number(number))
    }

    #[inline]
    pub(super) fn get(&mut self, Number(number): Number) {
        if let Ok(byte) = u8::try_from(number) {
            self.raw(&[op::BINGET, byte]);
        } else {
            let [a, b, c, d] = number.to_le_bytes();
            self.raw(&[op::LONG_BINGET, a, b, c, d]);
        }
    }
}

#[cold]
fn too_large(what: &str) -> Error {
    let error = Error::new(ErrorKind::Limit, format!("{what} of 4 GiB or more"));
    error.with_help("Writer::protocol(4) and later can write it")
}
