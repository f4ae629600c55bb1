//! Python's text: UTF-8, with the lone surrogates that `str` may hold.

use std::borrow::Cow;
use std::fmt;

/// A Python `str`: Unicode, possibly with lone surrogates, which UTF-8 cannot carry and Python's `surrogatepass` does (WTF-8).
///
/// ```
/// use frames_pickle::Text;
/// assert_eq!(Text::from("hi").as_str(), Some("hi"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text<'g>(&'g [u8]);

impl<'g> Text<'g> {
    /// Bytes that [`is_wtf8`] has seen.
    pub(crate) fn new(bytes: &'g [u8]) -> Text<'g> {
        Text(bytes)
    }

    /// As Rust's text; `None` if there are lone surrogates.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"X\x03\0\0\0\xed\xa0\x80.")?;
    /// let frames_pickle::Node::Str(text) = graph.node(graph.root()) else { panic!() };
    /// assert_eq!((text.as_str(), text.to_string_lossy()), (None, "\u{fffd}".into()));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    #[inline]
    pub fn as_str(&self) -> Option<&'g str> {
        std::str::from_utf8(self.0).ok()
    }

    /// In UTF-8, with surrogates as Python's `surrogatepass` has them.
    ///
    /// ```
    /// assert_eq!(frames_pickle::Text::from("é").as_wtf8(), b"\xc3\xa9");
    /// ```
    pub fn as_wtf8(&self) -> &'g [u8] {
        self.0
    }

    /// As Rust's text, with a replacement character for each lone surrogate.
    ///
    /// ```
    /// assert_eq!(frames_pickle::Text::from("hi").to_string_lossy(), "hi");
    /// ```
    pub fn to_string_lossy(&self) -> Cow<'g, str> {
        match self.as_str() {
            Some(text) => Cow::Borrowed(text),
            None => {
                let mut text = String::with_capacity(self.0.len());
                for part in parts(self.0) {
                    match part {
                        Ok(part) => text.push_str(part),
                        Err(_) => text.push(char::REPLACEMENT_CHARACTER),
                    }
                }
                Cow::Owned(text)
            }
        }
    }

    /// Without quotes; surrogates as Python escapes them.
    pub(crate) fn write_plain(&self, f: &mut impl fmt::Write) -> fmt::Result {
        for part in parts(self.0) {
            match part {
                Ok(part) => f.write_str(part)?,
                Err(surrogate) => write!(f, "\\u{surrogate:04x}")?,
            }
        }
        Ok(())
    }
}

impl<'g> From<&'g str> for Text<'g> {
    fn from(text: &'g str) -> Text<'g> {
        Text(text.as_bytes())
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

/// In quotes, with Rust's escapes; surrogates as `\u{d800}`.
impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for part in parts(self.0) {
            match part {
                Ok(part) => write!(f, "{}", part.escape_debug())?,
                Err(surrogate) => write!(f, "\\u{{{surrogate:04x}}}")?,
            }
        }
        f.write_str("\"")
    }
}

/// The text between surrogates, and the surrogates; any other byte that is no text as a surrogate too.
pub(crate) fn parts(bytes: &[u8]) -> impl Iterator<Item = Result<&str, u16>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let good = match std::str::from_utf8(rest) {
            Ok(all) => all,
            Err(error) => std::str::from_utf8(rest.get(..error.valid_up_to())?).ok()?,
        };
        if !good.is_empty() {
            rest = rest.get(good.len()..)?;
            return Some(Ok(good));
        }
        let (surrogate, len) = match surrogate(rest) {
            Some(surrogate) => (surrogate, 3),
            None => (0xdc00 | rest.first().map_or(0, |byte| *byte as u16), 1),
        };
        rest = rest.get(len..)?;
        Some(Err(surrogate))
    })
}

/// The surrogate in front of `bytes`, as UTF-8 would write it if it did.
fn surrogate(bytes: &[u8]) -> Option<u16> {
    match bytes {
        [0xed, high @ 0xa0..=0xbf, low @ 0x80..=0xbf, ..] => {
            Some(0xd000 | ((*high as u16 & 0x3f) << 6) | (*low as u16 & 0x3f))
        }
        _ => None,
    }
}

/// True for UTF-8 in which lone surrogates may stand: what Python reads with `surrogatepass`.
#[inline]
pub(crate) fn is_wtf8(bytes: &[u8]) -> bool {
    // Most texts are names.
    if bytes.len() < 32 {
        return bytes.is_ascii() || is_wtf8_cold(bytes);
    }
    simdutf8::basic::from_utf8(bytes).is_ok() || is_wtf8_cold(bytes)
}

#[cold]
fn is_wtf8_cold(mut bytes: &[u8]) -> bool {
    loop {
        let Err(error) = std::str::from_utf8(bytes) else { return true };
        let rest = bytes.get(error.valid_up_to()..).unwrap_or_default();
        if surrogate(rest).is_none() {
            return false;
        }
        bytes = rest.get(3..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogates_are_kept() {
        let text = b"a\xed\xa0\x80\xed\xb0\x80b\xc3\xa9";
        assert!(is_wtf8(text));
        assert_eq!(format!("{:?}", Text::new(text)), r#""a\u{d800}\u{dc00}bé""#);
        assert_eq!(Text::new(text).to_string_lossy(), "a\u{fffd}\u{fffd}bé");
        for bad in [&b"\xff"[..], b"\xed\xa0", b"\xed\xa0\x80\xff", b"\xc3", b"\xf5\x80\x80\x80", b"\xe0\x80\x80"] {
            assert!(!is_wtf8(bad), "{bad:?}");
            assert!(!is_wtf8(&[&[b'x'; 40][..], bad].concat()));
        }
        assert!(is_wtf8(&[b'x'; 40]) && is_wtf8(b""));
    }
}
