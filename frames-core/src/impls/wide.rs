//! 128-bit integers: plain numbers while msgpack can say them, otherwise what Python itself makes of a large int: the
//! pickle of one number. It is written and read here as data, eight opcodes' worth, so that no digit is lost.

use super::{name, whole};
use crate::entry::{Entry, Foreign, read_msgpack};
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Slot, take_one};
use crate::msgpack::{Cursor, Number, write};
use crate::python::PICKLE_ENTRY;
use crate::writer::Writer;

/// An entry with the pickle of one integer, given as little-endian two's complement.
pub(crate) fn write_pickled(number: &[u8], writer: &mut Writer<'_>) -> Result<()> {
    // PROTO 2, LONG1 or LONG4 with its length, STOP.
    let mut pickle = vec![0x80, 2];
    match u8::try_from(number.len()) {
        Ok(len) => pickle.extend_from_slice(&[0x8a, len]),
        Err(_) => {
            // CPython reads this length with a sign.
            let len = i32::try_from(number.len()).map_err(|_| {
                Error::new(ErrorKind::Unsupported, format!("an integer of {} bytes is none for a pickle", number.len()))
            })?;
            pickle.push(0x8b);
            pickle.extend_from_slice(&len.to_le_bytes());
        }
    }
    pickle.extend_from_slice(number);
    pickle.push(b'.');
    write_pickle(pickle, writer);
    Ok(())
}

/// A pickle without buffers, as Dask sends one.
pub(crate) fn write_pickle(pickle: Vec<u8>, writer: &mut Writer<'_>) {
    writer.raw(PICKLE_ENTRY);
    writer.frame(pickle);
}

/// The integer of such a pickle, of any protocol from 2 on, as little-endian two's complement: at most 17 bytes matter, and
/// one byte more than 16 says that it is too large.
pub(crate) fn read_pickled(pickle: &[u8]) -> Result<Vec<u8>> {
    let not = || Error::mismatch("the pickle of an integer", "another pickle");
    let body =
        pickle.strip_prefix(&[0x80]).and_then(|p| p.get(1..)).and_then(|p| p.strip_suffix(b".")).ok_or_else(not)?;
    let body = match body.strip_prefix(&[0x95]) {
        Some(framed) => framed.get(8..).ok_or_else(not)?,
        None => body,
    };
    let (op, rest) = body.split_first().ok_or_else(not)?;
    match (op, rest) {
        // Unsigned one and two bytes, signed four, and counted bytes.
        (b'K', [n]) => Ok(vec![*n, 0]),
        (b'M', [a, b]) => Ok(vec![*a, *b, 0]),
        (b'J', [_, _, _, _]) => Ok(rest.to_vec()),
        (0x8a, [n, bytes @ ..]) if bytes.len() == *n as usize => Ok(bytes.to_vec()),
        (0x8b, [a, b, c, d, bytes @ ..]) if bytes.len() == u32::from_le_bytes([*a, *b, *c, *d]) as usize => {
            Ok(bytes.to_vec())
        }
        _ => Err(not()),
    }
}

/// An integer of any size that came as its own pickle, as little-endian two's complement.
pub(crate) struct Pickled(Vec<u8>);

impl Pickled {
    /// The integer that a value of the family pickle is, if it is one and nothing else; its frame stays.
    fn of(foreign: &Foreign<'_>, slots: &[Slot<'_>]) -> Option<Pickled> {
        let ("pickle", [Some(pickle)]) = (foreign.family, slots) else { return None };
        read_pickled(pickle).ok().map(Pickled)
    }

    /// The same, if no msgpack can say it. A translation of the pickle has it as it came.
    pub(crate) fn beyond_msgpack(foreign: &Foreign<'_>, slots: &[Slot<'_>]) -> Option<Pickled> {
        let number = Pickled::of(foreign, slots)?;
        let fits = extend(&number.0).is_some_and(|wide| {
            let (low, high) = wide.split_at(8);
            let sign = if low.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
            high.iter().all(|&byte| byte == 0) || high.iter().all(|&byte| byte == sign)
        });
        (!fits).then_some(number)
    }

    /// The number as an `f64`, if it is exactly one.
    pub(crate) fn exact_f64(&self) -> Option<f64> {
        let is_negative = self.0.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut magnitude = self.0.clone();
        if is_negative {
            let mut carry = true;
            for byte in &mut magnitude {
                (*byte, carry) = (!*byte).overflowing_add(carry.into());
            }
        }
        let first = magnitude.iter().position(|&byte| byte != 0)?;
        let last = magnitude.iter().rposition(|&byte| byte != 0)?;
        let unused = magnitude.get(first)?.trailing_zeros() + magnitude.get(last)?.leading_zeros();
        let bits = 8 * (last - first + 1) - unused as usize;
        // So few bits are not rounded on the way either; a number that is too large becomes infinite.
        let number = magnitude.iter().rev().fold(0.0, |number, &byte| number * 256.0 + f64::from(byte));
        let is_exact = bits <= f64::MANTISSA_DIGITS as usize && f64::is_finite(number);
        is_exact.then_some(if is_negative { -number } else { number })
    }
}

/// As Python writes it, if it is not too long to read.
impl std::fmt::Display for Pickled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match extend(&self.0).and_then(|wide| Some((*wide.first_chunk::<16>()?, wide[16]))) {
            Some((low, 0)) => write!(f, "{}", u128::from_le_bytes(low)),
            Some((low, 0xff)) if low[15] & 0x80 != 0 => write!(f, "{}", i128::from_le_bytes(low)),
            _ => write!(f, "an integer of {} bytes", self.0.len()),
        }
    }
}

/// Sign-extends to 17 bytes, if the number fits.
fn extend(number: &[u8]) -> Option<[u8; 17]> {
    let fill = if number.last().is_some_and(|b| b & 0x80 != 0) { 0xff } else { 0 };
    let mut out = [fill; 17];
    let (head, tail) = number.split_at(number.len().min(17));
    out[..head.len()].copy_from_slice(head);
    tail.iter().all(|&b| b == fill).then_some(out)
}

macro_rules! wide {
    ($($type:ident $fits:ident as $narrow:ident, $sign:expr;)*) => { $(
        name!($type);
        impl FrameSerialize for $type {
            whole!();
            fn is_inline(&self) -> bool {
                u64::try_from(*self).is_ok() || i64::try_from(*self).is_ok()
            }
            fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
                if let Ok(n) = u64::try_from(*self) {
                    write::uint(&mut writer.out, n);
                } else if let Ok(n) = i64::try_from(*self) {
                    write::int(&mut writer.out, n);
                } else {
                    return Err(Error::new(ErrorKind::Unsupported, "an integer beyond 64 bits is no msgpack value"));
                }
                Ok(())
            }
            fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
                if self.is_inline() {
                    return writer.msgpack_entry(self);
                }
                let sign: fn($type) -> u8 = $sign;
                let mut bytes = self.to_le_bytes().to_vec();
                bytes.push(sign(*self));
                write_pickled(&bytes, writer)
            }
            fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
                match cursor.number(stringify!($type))? {
                    Number::Unsigned(n) => Ok(n.into()),
                    number @ Number::Signed(n) => {
                        $type::try_from(n).map_err(|_| super::numbers::out_of_range(stringify!($type), number))
                    }
                    number => Err(Error::mismatch(stringify!($type), number)),
                }
            }
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                match Entry::read(cursor)? {
                    Entry::Msgpack => read_msgpack(cursor, frames, Self::read_inline),
                    Entry::Foreign(foreign) => match Pickled::of(&foreign, frames) {
                        Some(number) => {
                            drop(take_one(frames)?);
                            let sign: fn($type) -> u8 = $sign;
                            extend(&number.0)
                                .and_then(|wide| {
                                    let (low, high) = wide.split_first_chunk::<16>()?;
                                    let value = $type::from_le_bytes(*low);
                                    (high == [sign(value)]).then_some(value)
                                })
                                .ok_or_else(|| {
                                    let text = format!("{number} does not fit {}", stringify!($type));
                                    Error::new(ErrorKind::OutOfRange, text).in_family("pickle")
                                })
                        }
                        // Another object that is a number, as numpy's are.
                        None => Entry::Foreign(foreign).refuse::<Self>(stringify!($type), cursor, frames),
                    },
                    other => other.refuse::<Self>(stringify!($type), cursor, frames),
                }
            }
        }
    )* };
}

wide! {
    u128 u64 as u64, |_| 0;
    i128 i64 as i64, |n| if n < 0 { 0xff } else { 0 };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_pickle_opcode_are_read() {
        for (pickle, expected) in [
            (&b"\x80\x05K\x01."[..], 1i128),
            (b"\x80\x04M\x2c\x01.", 300),
            (b"\x80\x02J\xff\xff\xff\xff.", -1),
            (b"\x80\x05\x95\x0c\0\0\0\0\0\0\0\x8a\x09\0\0\0\0\0\0\0\0\x40.", 1 << 70),
        ] {
            let wide = extend(&read_pickled(pickle).unwrap()).unwrap();
            assert_eq!(i128::from_le_bytes(*wide.first_chunk::<16>().unwrap()), expected);
        }
        assert!(read_pickled(b"\x80\x05\x8c\x01a.").is_err());
        assert!(read_pickled(b"\x80").is_err());
    }

    #[test]
    fn extremes_survive_and_what_is_too_large_is_refused() {
        for n in [u128::MAX, u128::MAX - 1, 1 << 127, u64::MAX as u128 + 1] {
            let (header, frames) = crate::serialize(&n).unwrap();
            assert_eq!(crate::deserialize::<u128>(&header, frames.clone()).unwrap(), n);
            let as_signed = crate::deserialize::<i128>(&header, frames);
            assert_eq!(as_signed.ok(), i128::try_from(n).ok());
        }
        for n in [i128::MIN, i128::MAX, i64::MIN as i128 - 1] {
            let (header, frames) = crate::serialize(&n).unwrap();
            assert_eq!(crate::deserialize::<i128>(&header, frames).unwrap(), n);
        }
    }
}
