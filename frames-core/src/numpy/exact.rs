//! Arrays of one sort of number read as another, if each of them is the same number there: by the rules of single numbers in a header.
//!
//! Integers become integers that they fit, and floats that are exactly as large; floats become other floats. Never a float an integer, and never a
//! rounded one.

use super::dtype::{ByteOrder, DType};
use super::element::Element;
use crate::error::{Error, ErrorKind, Result};
use crate::msgpack::Number;

/// True if numbers of the dtype `found` may be such of `wanted`, one by one.
pub(crate) fn may_be_exact(found: &DType, wanted: &DType) -> bool {
    Source::of(found, wanted).is_some()
}

/// How to read an element of a dtype as a number.
#[derive(Clone, Copy)]
pub(super) struct Source {
    kind: char,
    size: usize,
    big: bool,
}

impl Source {
    /// Of a dtype whose numbers may be such of `wanted`.
    pub(super) fn of(found: &DType, wanted: &DType) -> Option<Source> {
        let source = Source { kind: found.kind(), size: found.itemsize(), big: found.byteorder() == ByteOrder::Big };
        let fits = match (found.kind(), wanted.kind()) {
            ('i' | 'u', 'i' | 'u' | 'f') => matches!(source.size, 1 | 2 | 4 | 8),
            ('f', 'f') => matches!(source.size, 2 | 4 | 8),
            _ => false,
        };
        (fits && found.subarray().is_none() && found.fields().is_none()).then_some(source)
    }

    /// The element whose bytes these are.
    fn number(self, bytes: &[u8]) -> Option<Number> {
        let mut word = [0; 8];
        let place = word.get_mut(..self.size)?;
        place.copy_from_slice(bytes.get(..self.size)?);
        if self.big {
            place.reverse();
        }
        let bits = u64::from_le_bytes(word);
        let unused = 64 - 8 * self.size as u32;
        Some(match (self.kind, self.size) {
            ('i', _) => match (bits << unused) as i64 >> unused {
                negative @ i64::MIN..=-1 => Number::Signed(negative),
                number => Number::Unsigned(number as u64),
            },
            ('u', _) => Number::Unsigned(bits),
            (_, 2) => Number::F32(half(bits as u16)),
            (_, 4) => Number::F32(f32::from_bits(bits as u32)),
            _ => Number::F64(f64::from_bits(bits)),
        })
    }

    /// The element as a `T`, or an error that says which it is.
    pub(super) fn read<T: Element>(self, bytes: &[u8], index: u64, found: &DType) -> Result<T> {
        let number = self.number(bytes);
        match number.and_then(T::exactly) {
            Some(value) => Ok(value),
            None => Err(inexact(number, index, found, T::dtype()?)),
        }
    }
}

impl Source {
    /// All of them.
    pub(super) fn read_all<'b, T: Element>(
        self,
        items: impl Iterator<Item = Result<&'b [u8]>>,
        found: &DType,
    ) -> Result<Vec<T>> {
        items.enumerate().map(|(index, bytes)| self.read(bytes?, index as u64, found)).collect()
    }
}

#[cold]
fn inexact(number: Option<Number>, index: u64, found: &DType, wanted: DType) -> Error {
    let number = number.map_or_else(String::new, |number| number.to_string());
    let text = format!("expected an array of {wanted}, found an array of {found} with {number} at [{index}]");
    Error::new(ErrorKind::OutOfRange, text)
        .with_help("numbers are never rounded or cut; read the type that was sent, or `.astype` on the other side")
}

/// A half as a float, which has all of them.
fn half(bits: u16) -> f32 {
    let (sign, exponent, digits) = (u32::from(bits >> 15) << 31, u32::from(bits >> 10 & 0x1f), u32::from(bits & 0x3ff));
    match exponent {
        // Below 2⁻¹⁴ the digits count multiples of 2⁻²⁴: by its bits, as `powi` need not be exact.
        0 => f32::from_bits((digits as f32 * f32::from_bits((127 - 24) << 23)).to_bits() | sign),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | digits << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | digits << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_sizes_are_read() {
        let read = |typestr: &str, bytes: &[u8]| {
            let found = DType::parse(typestr).unwrap();
            Source::of(&found, &DType::parse("<f8").unwrap()).unwrap().number(bytes).unwrap()
        };
        assert_eq!(read("|i1", &[0xff]), Number::Signed(-1));
        assert_eq!(read("|u1", &[0xff]), Number::Unsigned(255));
        assert_eq!(read(">i2", &[0x80, 0]), Number::Signed(-32768));
        assert_eq!(read("<u4", &[1, 0, 0, 0x80]), Number::Unsigned(0x8000_0001));
        assert_eq!(read("<i8", &i64::MIN.to_le_bytes()), Number::Signed(i64::MIN));
        assert_eq!(read("<i8", &7i64.to_le_bytes()), Number::Unsigned(7));
        assert_eq!(read(">f4", &1.5f32.to_be_bytes()), Number::F32(1.5));
        assert_eq!(read("<f8", &0.1f64.to_le_bytes()), Number::F64(0.1));
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2f32.powi(-24)),
            (0x8001, -(2f32.powi(-24))),
            (0x0400, 2f32.powi(-14)),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
            (0x3555, 0.333_251_95),
        ] {
            assert_eq!(half(bits), value, "{bits:#x}");
        }
        assert!(half(0x7e00).is_nan());
        assert_eq!(half(0x8000).to_bits(), (-0.0f32).to_bits());
    }

    #[test]
    fn only_exact_numbers_are_taken() {
        let pairs =
            [("<f8", "<i8"), ("|b1", "|u1"), ("<M8[s]", "<i8"), ("<c8", "<f8"), ("<f16", "<f8"), ("<i4", "|b1")];
        for (found, wanted) in pairs {
            assert!(Source::of(&DType::parse(found).unwrap(), &DType::parse(wanted).unwrap()).is_none(), "{found}");
        }
        let found = DType::parse("<i8").unwrap();
        let source = Source::of(&found, &DType::parse("|u1").unwrap()).unwrap();
        assert_eq!(source.read::<u8>(&255i64.to_le_bytes(), 0, &found).unwrap(), 255);
        let error = source.read::<u8>(&(-1i64).to_le_bytes(), 3, &found).unwrap_err();
        assert!(
            error.to_string().starts_with("expected an array of |u1, found an array of <i8 with -1 at [3];"),
            "{error}"
        );
        assert!(source.read::<f32>(&((1i64 << 24) + 1).to_le_bytes(), 0, &found).is_err());
        assert_eq!(source.read::<f64>(&((1i64 << 24) + 1).to_le_bytes(), 0, &found).unwrap(), 16_777_217.0);
    }
}
