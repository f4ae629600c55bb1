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
                    Entry::Foreign(Foreign { family: "pickle", .. }) => {
                        let number = read_pickled(&take_one(frames)?).map_err(|e| e.in_family("pickle"))?;
                        let sign: fn($type) -> u8 = $sign;
                        extend(&number)
                            .and_then(|wide| {
                                let (low, high) = wide.split_first_chunk::<16>()?;
                                let value = $type::from_le_bytes(*low);
                                (high == [sign(value)]).then_some(value)
                            })
                            .ok_or_else(|| {
                                let text = concat!("an integer of the peer does not fit ", stringify!($type));
                                Error::new(ErrorKind::OutOfRange, text)
                            })
                    }
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
