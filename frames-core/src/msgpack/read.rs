//! Reading msgpack in place. Every length is checked against the bytes that are left; skipping is a loop.

use crate::envelope::Decoder;
use crate::error::{Error, ErrorKind, Result};
use std::fmt;

/// What stands next in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// nil: Python's `None`.
    Nil,
    /// A bool.
    Bool,
    /// An integer of any size.
    Int,
    /// A 32- or 64-bit float.
    Float,
    /// UTF-8 text.
    Text,
    /// Raw bytes.
    Bytes,
    /// An array (a tuple in Python).
    Array,
    /// A map (a dict in Python).
    Map,
    /// An extension type, which Dask never sends.
    Ext,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Nil => "nothing (None)",
            Kind::Bool => "a bool",
            Kind::Int => "an integer",
            Kind::Float => "a float",
            Kind::Text => "text",
            Kind::Bytes => "bytes",
            Kind::Array => "a list",
            Kind::Map => "a map",
            Kind::Ext => "a msgpack extension",
        })
    }
}

/// A number as msgpack holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A non-negative integer.
    Unsigned(u64),
    /// A negative integer.
    Signed(i64),
    /// A 32-bit float.
    F32(f32),
    /// A 64-bit float.
    F64(f64),
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Unsigned(n) => write!(f, "{n}"),
            Number::Signed(n) => write!(f, "{n}"),
            Number::F32(n) => write!(f, "{n:?} (f32)"),
            Number::F64(n) => write!(f, "{n:?} (f64)"),
        }
    }
}

/// A place in a header, from which values are read in order. Copy it to come back.
#[derive(Clone, Copy)]
pub struct Cursor<'h> {
    rest: &'h [u8],
    /// Levels of nesting that are still allowed below here.
    depth: u16,
    decoder: &'h Decoder,
}

impl<'h> Cursor<'h> {
    /// Reads `bytes` under the settings of `decoder`.
    pub fn new(bytes: &'h [u8], decoder: &'h Decoder) -> Self {
        Cursor { rest: bytes, depth: decoder.limits.depth, decoder }
    }

    /// Reads `bytes` with `depth` levels left.
    pub(crate) fn with_depth(bytes: &'h [u8], decoder: &'h Decoder, depth: u16) -> Self {
        Cursor { rest: bytes, depth, decoder }
    }

    /// The levels of nesting that are still allowed.
    pub(crate) fn depth(&self) -> u16 {
        self.depth
    }

    /// A cursor on other bytes, with this one's settings and depth.
    pub fn on<'o>(&self, bytes: &'o [u8]) -> Cursor<'o>
    where
        'h: 'o,
    {
        Cursor { rest: bytes, depth: self.depth, decoder: self.decoder }
    }

    /// The settings of this decode.
    #[inline]
    pub fn decoder(&self) -> &'h Decoder {
        self.decoder
    }

    /// Moves over bytes that were looked at.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn advance(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or(&[]);
    }

    /// What has not been read.
    #[inline]
    pub fn rest(&self) -> &'h [u8] {
        self.rest
    }

    /// Refuses bytes behind the value.
    #[inline]
    pub fn finish(&self) -> Result<()> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(format!("{} bytes are left behind the value", self.rest.len())))
    }

    /// The same behind a value that was read, which stays where it is.
    #[inline]
    pub(crate) fn finish_after<T>(&self, value: &mut Result<T>) {
        if value.is_ok() {
            if let Err(error) = self.finish() {
                *value = Err(error);
            }
        }
    }

    /// One level deeper; an error at the limit. Pair it with [`ascend`](Self::ascend), or descend on a copy.
    #[inline]
    pub fn descend(&mut self) -> Result<()> {
        match self.depth.checked_sub(1) {
            Some(depth) => {
                self.depth = depth;
                Ok(())
            }
            None => Err(Error::limit("depth", self.decoder.limits.depth.into(), "another level of nesting")),
        }
    }

    /// One level up again.
    #[inline]
    pub fn ascend(&mut self) {
        self.depth += 1;
    }

    /// Moves on if exactly `bytes` stand next.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn take_exact(&mut self, bytes: &[u8]) -> bool {
        match self.rest.strip_prefix(bytes) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Moves behind `{"start": a, "stop": b, "header":` if that stands next and both counts are of one byte: what stands in front of
    /// every field that has frames, in one look.
    #[inline]
    pub(crate) fn take_span(&mut self) -> Option<(u8, u8)> {
        const LEN: usize = 21;
        let head = self.rest.first_chunk::<LEN>()?;
        let [
            0x83,
            0xa5,
            b's',
            b't',
            b'a',
            b'r',
            b't',
            start @ 0..=0x7f,
            0xa4,
            b's',
            b't',
            b'o',
            b'p',
            stop @ 0..=0x7f,
            end @ ..,
        ] = head
        else {
            return None;
        };
        if end != b"\xa6header" {
            return None;
        }
        self.rest = self.rest.get(LEN..)?;
        Some((*start, *stop))
    }

    #[inline]
    fn bytes(&mut self, n: usize) -> Result<&'h [u8]> {
        match self.rest.split_at_checked(n) {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(head)
            }
            None => Err(Error::truncated(n, self.rest.len())),
        }
    }

    #[inline]
    fn array_of<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk::<N>() {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(*head)
            }
            None => Err(Error::truncated(N, self.rest.len())),
        }
    }

    #[inline]
    fn marker(&mut self) -> Result<u8> {
        match self.rest.split_first() {
            Some((&m, rest)) => {
                self.rest = rest;
                Ok(m)
            }
            None => Err(Error::truncated(1, 0)),
        }
    }

    #[inline]
    fn be8(&mut self) -> Result<usize> {
        Ok(self.marker()? as usize)
    }
    #[inline]
    fn be16(&mut self) -> Result<usize> {
        Ok(u16::from_be_bytes(self.array_of()?) as usize)
    }
    #[inline]
    fn be32(&mut self) -> Result<usize> {
        Ok(u32::from_be_bytes(self.array_of()?) as usize)
    }

    /// The next value's kind, without moving.
    pub fn kind(&self) -> Result<Kind> {
        let Some(&marker) = self.rest.first() else { return Err(Error::truncated(1, 0)) };
        Ok(match marker {
            0xc0 => Kind::Nil,
            0xc2 | 0xc3 => Kind::Bool,
            0x00..=0x7f | 0xe0..=0xff | 0xcc..=0xd3 => Kind::Int,
            0xca | 0xcb => Kind::Float,
            0xa0..=0xbf | 0xd9..=0xdb => Kind::Text,
            0xc4..=0xc6 => Kind::Bytes,
            0x90..=0x9f | 0xdc | 0xdd => Kind::Array,
            0x80..=0x8f | 0xde | 0xdf => Kind::Map,
            0xc7..=0xc9 | 0xd4..=0xd8 => Kind::Ext,
            0xc1 => return Err(Error::invalid("0xc1 is not msgpack")),
        })
    }

    /// Why no value of `kind` could be read here: another stands here, or it is cut.
    #[cold]
    fn not(&self, kind: Kind) -> Error {
        match (self.kind(), { *self }.skip()) {
            (Ok(found), Err(cut)) if found == kind => cut,
            (Ok(found), _) => Error::mismatch(kind, found),
            (Err(error), _) => error,
        }
    }

    #[cold]
    fn unexpected(&self, expected: &str) -> Error {
        match self.kind() {
            Ok(kind) => Error::mismatch(expected, kind),
            Err(error) => error,
        }
    }

    /// A value of another kind leaves the cursor in front of it, so that the caller may try another reading.
    #[cold]
    fn back(&mut self, before: Self, expected: &str) -> Error {
        *self = before;
        self.unexpected(expected)
    }

    /// Both sides of a mismatch: `expected`, and the kind that stands here.
    #[cold]
    pub fn mismatch(&self, expected: impl fmt::Display) -> Error {
        self.unexpected(&expected.to_string())
    }

    /// True, and one nil further, if nil stands next.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn take_nil(&mut self) -> bool {
        if self.rest.first() == Some(&0xc0) {
            self.rest = &self.rest[1..];
            return true;
        }
        false
    }

    /// A bool.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn bool(&mut self) -> Result<bool> {
        match self.rest.first() {
            Some(0xc2) => {
                self.rest = &self.rest[1..];
                Ok(false)
            }
            Some(0xc3) => {
                self.rest = &self.rest[1..];
                Ok(true)
            }
            _ => Err(self.unexpected("a bool")),
        }
    }

    /// A number of any sort; `wanted` names the type for the error.
    #[inline]
    pub fn number(&mut self, wanted: &str) -> Result<Number> {
        let before = *self;
        Ok(match self.marker()? {
            n @ 0x00..=0x7f => Number::Unsigned(n.into()),
            n @ 0xe0..=0xff => Number::Signed((n as i8).into()),
            0xcc => Number::Unsigned(self.be8()? as u64),
            0xcd => Number::Unsigned(self.be16()? as u64),
            0xce => Number::Unsigned(self.be32()? as u64),
            0xcf => Number::Unsigned(u64::from_be_bytes(self.array_of()?)),
            0xd0 => signed(i8::from_be_bytes(self.array_of()?).into()),
            0xd1 => signed(i16::from_be_bytes(self.array_of()?).into()),
            0xd2 => signed(i32::from_be_bytes(self.array_of()?).into()),
            0xd3 => signed(i64::from_be_bytes(self.array_of()?)),
            0xca => Number::F32(f32::from_be_bytes(self.array_of()?)),
            0xcb => Number::F64(f64::from_be_bytes(self.array_of()?)),
            _ => return Err(self.back(before, wanted)),
        })
    }

    /// An integer in the forms that fit a `u64`; `None`, without moving, for anything else.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn peek_uint(&self) -> Option<(u64, usize)> {
        Some(match *self.rest {
            [n @ 0..=0x7f, ..] => (n.into(), 1),
            [0xcc, n, ..] => (n.into(), 2),
            [0xcd, a, b, ..] => (u16::from_be_bytes([a, b]).into(), 3),
            [0xce, a, b, c, d, ..] => (u32::from_be_bytes([a, b, c, d]).into(), 5),
            [0xcf, a, b, c, d, e, f, g, h, ..] => (u64::from_be_bytes([a, b, c, d, e, f, g, h]), 9),
            _ => return None,
        })
    }

    /// The same for integers that fit an `i64`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn peek_int(&self) -> Option<(i64, usize)> {
        Some(match *self.rest {
            [n @ (0..=0x7f | 0xe0..=0xff), ..] => ((n as i8).into(), 1),
            [0xcc, n, ..] => (n.into(), 2),
            [0xcd, a, b, ..] => (u16::from_be_bytes([a, b]).into(), 3),
            [0xce, a, b, c, d, ..] => (u32::from_be_bytes([a, b, c, d]).into(), 5),
            [0xd0, n, ..] => ((n as i8).into(), 2),
            [0xd1, a, b, ..] => (i16::from_be_bytes([a, b]).into(), 3),
            [0xd2, a, b, c, d, ..] => (i32::from_be_bytes([a, b, c, d]).into(), 5),
            [0xd3, a, b, c, d, e, f, g, h, ..] => (i64::from_be_bytes([a, b, c, d, e, f, g, h]), 9),
            _ => return None,
        })
    }

    /// A 64-bit float; `None`, without moving, for anything else.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn take_f64(&mut self) -> Option<f64> {
        let [0xcb, a, b, c, d, e, f, g, h, rest @ ..] = self.rest else { return None };
        let n = f64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
        self.rest = rest;
        Some(n)
    }

    /// A 32-bit float; `None`, without moving, for anything else.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn take_f32(&mut self) -> Option<f32> {
        let [0xca, a, b, c, d, rest @ ..] = self.rest else { return None };
        let n = f32::from_be_bytes([*a, *b, *c, *d]);
        self.rest = rest;
        Some(n)
    }

    /// A count or an index: a non-negative integer.
    #[inline]
    pub fn count(&mut self) -> Result<u64> {
        if let Some((&n @ 0..=0x7f, rest)) = self.rest.split_first() {
            self.rest = rest;
            return Ok(n.into());
        }
        match self.peek_uint() {
            Some((n, len)) => {
                self.advance(len);
                Ok(n)
            }
            None => match self.number("a count")? {
                Number::Unsigned(n) => Ok(n),
                other => Err(Error::mismatch("a count", other)),
            },
        }
    }

    /// Text.
    #[inline]
    pub fn str(&mut self) -> Result<&'h str> {
        match std::str::from_utf8(self.text_bytes()?) {
            Ok(text) => Ok(text),
            Err(error) => Err(not_utf8(error)),
        }
    }

    /// Moves on if this short text stands next: no look at its UTF-8.
    #[inline]
    pub(crate) fn take_text(&mut self, text: &str) -> bool {
        debug_assert!(text.len() < 32);
        match self.rest.split_first() {
            Some((&marker, rest)) if marker == 0xa0 | text.len() as u8 => match rest.strip_prefix(text.as_bytes()) {
                Some(rest) => {
                    self.rest = rest;
                    true
                }
                None => false,
            },
            _ => false,
        }
    }

    /// Text as bytes that nobody checked, to be compared with known ones.
    #[inline]
    pub(crate) fn text_bytes(&mut self) -> Result<&'h [u8]> {
        let (n, len) = match *self.rest {
            [m @ 0xa0..=0xbf, ..] => ((m & 0x1f) as usize, 1),
            [0xd9, n, ..] => (n as usize, 2),
            [0xda, a, b, ..] => (u16::from_be_bytes([a, b]) as usize, 3),
            [0xdb, a, b, c, d, ..] => (u32::from_be_bytes([a, b, c, d]) as usize, 5),
            _ => return Err(self.not(Kind::Text)),
        };
        self.rest = &self.rest[len..];
        self.bytes(n)
    }

    /// Raw bytes.
    #[inline]
    pub fn bin(&mut self) -> Result<&'h [u8]> {
        let (n, len) = match *self.rest {
            [0xc4, n, ..] => (n as usize, 2),
            [0xc5, a, b, ..] => (u16::from_be_bytes([a, b]) as usize, 3),
            [0xc6, a, b, c, d, ..] => (u32::from_be_bytes([a, b, c, d]) as usize, 5),
            _ => return Err(self.not(Kind::Bytes)),
        };
        self.rest = &self.rest[len..];
        self.bytes(n)
    }

    /// Goes into an array and tells how many values follow. The count is checked against the bytes that are left
    /// (a value takes at least one), so it may be used to reserve.
    #[inline]
    pub fn array(&mut self) -> Result<usize> {
        let (n, len) = match *self.rest {
            [m @ 0x90..=0x9f, ..] => ((m & 0x0f) as usize, 1),
            [0xdc, a, b, ..] => (u16::from_be_bytes([a, b]) as usize, 3),
            [0xdd, a, b, c, d, ..] => (u32::from_be_bytes([a, b, c, d]) as usize, 5),
            _ => return Err(self.not(Kind::Array)),
        };
        self.rest = &self.rest[len..];
        if n > self.rest.len() {
            return Err(Error::truncated(n, self.rest.len()));
        }
        Ok(n)
    }

    /// Goes into a map and tells how many keys with values follow, checked as in [`array`](Self::array).
    #[inline]
    pub fn map(&mut self) -> Result<usize> {
        let (n, len) = match *self.rest {
            [m @ 0x80..=0x8f, ..] => ((m & 0x0f) as usize, 1),
            [0xde, a, b, ..] => (u16::from_be_bytes([a, b]) as usize, 3),
            [0xdf, a, b, c, d, ..] => (u32::from_be_bytes([a, b, c, d]) as usize, 5),
            _ => return Err(self.not(Kind::Map)),
        };
        self.rest = &self.rest[len..];
        if n > self.rest.len() / 2 {
            return Err(Error::truncated(n.saturating_mul(2), self.rest.len()));
        }
        Ok(n)
    }

    /// Moves over one value of any sort, however deep: a count of what is still to come, no recursion.
    pub fn skip(&mut self) -> Result<()> {
        let mut todo: u64 = 1;
        while todo > 0 {
            todo -= 1;
            let more = match self.marker()? {
                0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => 0,
                m @ 0x80..=0x8f => 2 * (m & 0x0f) as u64,
                m @ 0x90..=0x9f => (m & 0x0f) as u64,
                m @ 0xa0..=0xbf => self.over((m & 0x1f) as usize)?,
                0xc4 | 0xd9 => {
                    let n = self.be8()?;
                    self.over(n)?
                }
                0xc5 | 0xda => {
                    let n = self.be16()?;
                    self.over(n)?
                }
                0xc6 | 0xdb => {
                    let n = self.be32()?;
                    self.over(n)?
                }
                0xca | 0xce | 0xd2 => self.over(4)?,
                0xcb | 0xcf | 0xd3 => self.over(8)?,
                0xcc | 0xd0 => self.over(1)?,
                0xcd | 0xd1 => self.over(2)?,
                0xc7 => {
                    let n = self.be8()?;
                    self.over(n + 1)?
                }
                0xc8 => {
                    let n = self.be16()?;
                    self.over(n + 1)?
                }
                0xc9 => {
                    let n = self.be32()?;
                    self.over(n.saturating_add(1))?
                }
                m @ 0xd4..=0xd8 => self.over((1usize << (m - 0xd4)) + 1)?,
                0xdc => self.be16()? as u64,
                0xdd => self.be32()? as u64,
                0xde => 2 * self.be16()? as u64,
                0xdf => 2 * self.be32()? as u64,
                0xc1 => return Err(Error::invalid("0xc1 is not msgpack")),
            };
            todo += more;
            // Each value still to come takes a byte at least: a count beyond that is a lie, found at once.
            if todo > self.rest.len() as u64 {
                return Err(Error::new(
                    ErrorKind::Truncated,
                    format!("truncated: {todo} more values announced, {} bytes left", self.rest.len()),
                ));
            }
        }
        Ok(())
    }

    /// Moves over an array whose elements are often the same bytes: one that begins with all of the one before it is no longer than that.
    pub(crate) fn skip_alike(&mut self) -> Result<()> {
        if !matches!(self.kind(), Ok(Kind::Array)) {
            return self.skip();
        }
        let mut last: &[u8] = &[];
        for _ in 0..self.array()? {
            match self.rest.strip_prefix(last) {
                Some(rest) if !last.is_empty() => self.rest = rest,
                _ => last = self.value()?,
            }
        }
        Ok(())
    }

    #[inline]
    fn over(&mut self, n: usize) -> Result<u64> {
        self.bytes(n)?;
        Ok(0)
    }

    /// Moves over one value and gives its bytes.
    pub fn value(&mut self) -> Result<&'h [u8]> {
        let start = self.rest;
        self.skip()?;
        Ok(&start[..start.len() - self.rest.len()])
    }
}

#[cold]
fn not_utf8(error: std::str::Utf8Error) -> Error {
    Error::invalid(format!("text is not UTF-8 from its byte {} on", error.valid_up_to()))
}

#[inline]
fn signed(n: i64) -> Number {
    match u64::try_from(n) {
        Ok(n) => Number::Unsigned(n),
        Err(_) => Number::Signed(n),
    }
}

impl fmt::Debug for Cursor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({} bytes left)", self.rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::DEFAULT_DECODER;
    use crate::msgpack::write;

    fn cursor(bytes: &[u8]) -> Cursor<'_> {
        Cursor::new(bytes, &DEFAULT_DECODER)
    }

    #[test]
    fn alike_elements_are_skipped_as_any_others() {
        let map = b"\x81\xa1a\x93\x01\x02\x03";
        for elements in [&[&map[..]; 40][..], &[b"\xa1a", b"\xa2ab", b"\xa2ab", map, b"\x90", b"\x91\x90", b"\x91\x90"]]
        {
            let mut bytes = Vec::new();
            write::array_len(&mut bytes, elements.len()).unwrap();
            elements.iter().for_each(|element| bytes.extend_from_slice(element));
            bytes.push(7);
            let mut at = cursor(&bytes);
            at.skip_alike().unwrap();
            assert_eq!(at.rest(), [7]);
            // Cut anywhere, it is an error.
            for end in 0..bytes.len() - 1 {
                assert!(cursor(&bytes[..end]).skip_alike().is_err(), "{end}");
            }
        }
        let mut at = cursor(map);
        at.skip_alike().unwrap();
        assert!(at.rest().is_empty());
    }

    #[test]
    fn skipping_walks_what_rmpv_writes() {
        use rmpv::Value as V;
        let value = V::Map(vec![
            (V::from("a"), V::Array(vec![V::Nil, V::from(300), V::from(-70_000), V::from(1.5), V::from(2.5f32)])),
            (V::from("x".repeat(70_000)), V::Binary(vec![1; 300])),
            (V::Ext(3, vec![1, 2, 3]), V::Ext(4, vec![0; 16])),
        ]);
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &value).unwrap();
        bytes.push(0xc0);
        let mut c = cursor(&bytes);
        c.skip().unwrap();
        assert!(c.take_nil());
        c.finish().unwrap();
        for cut in 0..bytes.len() - 1 {
            assert!(cursor(&bytes[..cut]).skip().is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn lengths_are_checked_before_they_are_believed() {
        assert_eq!(cursor(&[0xdd, 0xff, 0xff, 0xff, 0xff, 0]).array().unwrap_err().kind(), ErrorKind::Truncated);
        assert_eq!(cursor(&[0xdf, 0, 0, 0, 2, 0, 0, 0]).map().unwrap_err().kind(), ErrorKind::Truncated);
        assert_eq!(cursor(&[0xdd, 0xff, 0xff, 0xff, 0xff, 0]).skip().unwrap_err().kind(), ErrorKind::Truncated);
        assert_eq!(cursor(&[0xc9, 0xff, 0xff, 0xff, 0xff, 0]).skip().unwrap_err().kind(), ErrorKind::Truncated);
    }

    #[test]
    fn skipping_a_million_levels_needs_no_stack() {
        let mut bytes = vec![0x91; 1_000_000];
        bytes.push(0xc0);
        let mut c = cursor(&bytes);
        c.skip().unwrap();
        c.finish().unwrap();
    }
}
