//! The header of a value: a msgpack map, built as it grows and read in place.
//!
//! `rmpv::Value` is how a person looks at an unknown header; it is never on the way of a value that is decoded.

use crate::classref;
use crate::envelope::{DEFAULT_DECODER, Decoder};
use crate::error::{Error, ErrorKind, Result};
use crate::msgpack::{Cursor, write};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A header: a msgpack map from text to any serde value, owned.
///
/// ```
/// use frames_core::Header;
/// let header = Header::new().with("n", &5)?.with("tags", &["a", "b"])?;
/// assert_eq!(header.as_ref().get::<u32>("n")?, 5);
/// assert_eq!(header.as_ref().get::<Vec<&str>>("tags")?, ["a", "b"]);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    pub(crate) bytes: Vec<u8>,
}

impl Header {
    /// A header with no keys.
    ///
    /// ```
    /// assert!(frames_core::Header::new().as_ref().keys().unwrap().is_empty());
    /// ```
    pub fn new() -> Self {
        Header { bytes: vec![0x80] }
    }

    /// Adds a key, and gives the header back, for building in one expression.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    ///
    /// ```
    /// let header = frames_core::Header::new().with("name", "Alice")?;
    /// assert_eq!(header.as_ref().get::<&str>("name")?, "Alice");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn with<T: Serialize + ?Sized>(mut self, key: &str, value: &T) -> Result<Self> {
        self.insert(key, value)?;
        Ok(self)
    }

    /// Adds a key with any serde value.
    ///
    /// # Errors
    ///
    /// The key is there already, or the value does not fit msgpack.
    ///
    /// ```
    /// let mut header = frames_core::Header::new();
    /// header.insert("n", &5)?;
    /// assert!(header.insert("n", &6).is_err(), "a key is written once");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn insert<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<()> {
        if self.as_ref().contains(key)? {
            return Err(Error::new(ErrorKind::DuplicateField, format!("the header has the key {key:?} already")));
        }
        let before = self.bytes.len();
        write::str(&mut self.bytes, key)?;
        let mut serializer = rmp_serde::Serializer::new(&mut self.bytes).with_struct_map();
        if let Err(error) = value.serialize(&mut serializer) {
            self.bytes.truncate(before);
            return Err(Error::new(ErrorKind::Unsupported, error.to_string()).at_key(key));
        }
        count_one_more_key(&mut self.bytes, 0)
    }

    /// A header from its msgpack bytes.
    ///
    /// # Errors
    ///
    /// The bytes are not one whole msgpack map.
    ///
    /// ```
    /// use frames_core::Header;
    /// let header = Header::from_bytes(vec![0x81, 0xa1, b'n', 5])?;
    /// assert_eq!(header.as_ref().get::<u8>("n")?, 5);
    /// assert!(Header::from_bytes(vec![0x81]).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        HeaderRef::new(&bytes)?;
        Ok(Header { bytes })
    }

    /// A header from an `rmpv` map, for tools and tests.
    ///
    /// # Errors
    ///
    /// The value is not a map.
    ///
    /// ```
    /// use frames_core::{Header, rmpv::Value};
    /// let value = Value::Map(vec![("n".into(), 5.into())]);
    /// assert_eq!(Header::from_value(&value)?.to_value()?, value);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn from_value(value: &rmpv::Value) -> Result<Self> {
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, value).map_err(|e| Error::new(ErrorKind::Unsupported, e.to_string()))?;
        Header::from_bytes(bytes)
    }

    /// The header as a tree that a person can look at.
    ///
    /// # Errors
    ///
    /// As [`HeaderRef::to_value`].
    ///
    /// ```
    /// let header = frames_core::Header::new().with("n", &5)?;
    /// assert_eq!(header.to_value()?.to_string(), r#"{"n": 5}"#);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_value(&self) -> Result<rmpv::Value> {
        self.as_ref().to_value()
    }

    /// The header to read from.
    ///
    /// ```
    /// let header = frames_core::Header::new();
    /// assert_eq!(header.as_ref().as_bytes(), [0x80]);
    /// ```
    #[allow(clippy::should_implement_trait, reason = "AsRef cannot give a HeaderRef by value")]
    pub fn as_ref(&self) -> HeaderRef<'_> {
        HeaderRef { bytes: &self.bytes, decoder: &DEFAULT_DECODER, depth: u16::MAX }
    }

    /// The msgpack bytes.
    ///
    /// ```
    /// assert_eq!(frames_core::Header::new().as_bytes(), [0x80]);
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The msgpack bytes, moved out.
    ///
    /// ```
    /// assert_eq!(frames_core::Header::new().into_bytes(), [0x80]);
    /// ```
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Default for Header {
    fn default() -> Self {
        Header::new()
    }
}

/// The header as a person writes it: `{"n": 5}`; `<not msgpack>` never happens to a header that was made here.
impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_ref(), f)
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Header({self})")
    }
}

/// Raises the count of the map whose first byte is `bytes[at]`, after a key and its value were appended.
pub(crate) fn count_one_more_key(bytes: &mut Vec<u8>, at: usize) -> Result<()> {
    match bytes.get(at..) {
        Some([0x80..=0x8e, ..]) => bytes[at] += 1,
        Some([0x8f, ..]) => {
            bytes.splice(at..at + 1, [0xde, 0, 16]);
        }
        Some([0xde, hi, lo, ..]) => match u16::from_be_bytes([*hi, *lo]).checked_add(1) {
            Some(n) => bytes[at + 1..at + 3].copy_from_slice(&n.to_be_bytes()),
            None => return Err(Error::new(ErrorKind::Unsupported, "a header has 65,535 keys at most")),
        },
        Some([0xdf, a, b, c, d, ..]) => match u32::from_be_bytes([*a, *b, *c, *d]).checked_add(1) {
            Some(n) => bytes[at + 1..at + 5].copy_from_slice(&n.to_be_bytes()),
            None => return Err(Error::new(ErrorKind::Unsupported, "a header has 2³² − 1 keys at most")),
        },
        _ => return Err(Error::new(ErrorKind::Unsupported, "a header is a msgpack map")),
    }
    Ok(())
}

/// A header that is read in place: a view of msgpack bytes, to be copied freely.
///
/// ```
/// use frames_core::HeaderRef;
/// let header = HeaderRef::new(b"\x81\xa1n\x05")?;
/// assert_eq!(header.get::<u8>("n")?, 5);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct HeaderRef<'h> {
    bytes: &'h [u8],
    decoder: &'h Decoder,
    /// What is left of the limit where the header lies inside of another one.
    depth: u16,
}

impl<'h> HeaderRef<'h> {
    /// A view of the bytes of one msgpack map, under the default [`Limits`](crate::Limits).
    ///
    /// # Errors
    ///
    /// The bytes are not one whole msgpack map, or more than the limit `header_bytes`.
    ///
    /// ```
    /// assert!(frames_core::HeaderRef::new(b"\x80").is_ok());
    /// assert!(frames_core::HeaderRef::new(b"\x90").is_err());
    /// ```
    pub fn new(bytes: &'h [u8]) -> Result<Self> {
        DEFAULT_DECODER.limits.check_header(bytes.len())?;
        let mut cursor = Cursor::new(bytes, &DEFAULT_DECODER);
        cursor.map()?;
        let mut cursor = Cursor::new(bytes, &DEFAULT_DECODER);
        cursor.skip()?;
        cursor.finish()?;
        Ok(HeaderRef { bytes, decoder: &DEFAULT_DECODER, depth: u16::MAX })
    }

    /// A view of bytes that the caller has walked already.
    pub(crate) fn at(cursor: &Cursor<'h>, bytes: &'h [u8]) -> Self {
        HeaderRef { bytes, decoder: cursor.decoder(), depth: cursor.depth() }
    }

    #[doc(hidden)]
    pub fn cursor(&self) -> Cursor<'h> {
        self.cursor_of(self.decoder)
    }

    /// The same under other settings. A header inside of another one keeps its depth, so that a type written by hand cannot
    /// be made to nest for ever.
    pub(crate) fn cursor_of<'d>(&self, decoder: &'d Decoder) -> Cursor<'d>
    where
        'h: 'd,
    {
        Cursor::with_depth(self.bytes, decoder, self.depth.min(decoder.limits.depth))
    }

    /// How deep the msgpack itself may nest to be looked at: an object inside of an object is four maps, so that a view for
    /// people ends before a typed decode does; the trees of `rmpv` and serde take much stack.
    fn depth_of_msgpack(&self) -> u16 {
        self.cursor().depth().saturating_mul(2).saturating_add(8)
    }

    /// The settings under which the header came.
    pub(crate) fn decoder(&self) -> &'h Decoder {
        self.decoder
    }

    /// The value under `key` as any serde type; text and bytes can be borrowed from the header.
    ///
    /// # Errors
    ///
    /// The key is missing, or the value is of another type.
    ///
    /// ```
    /// let header = frames_core::Header::new().with("shape", &[2, 3])?;
    /// assert_eq!(header.as_ref().get::<[u64; 2]>("shape")?, [2, 3]);
    /// let error = header.as_ref().get::<u8>("dtype").unwrap_err();
    /// assert_eq!(error.to_string(), r#"the header has no key "dtype"; it has "shape""#);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn get<T: Deserialize<'h>>(&self, key: &str) -> Result<T> {
        match self.find(key)? {
            Some(bytes) => self.read(key, bytes),
            None => Err(self.missing(key)),
        }
    }

    /// The value under `key`, or `None` if the key is missing.
    ///
    /// # Errors
    ///
    /// The value is of another type.
    ///
    /// ```
    /// let header = frames_core::Header::new();
    /// assert_eq!(header.as_ref().get_opt::<u8>("n")?, None);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn get_opt<T: Deserialize<'h>>(&self, key: &str) -> Result<Option<T>> {
        self.find(key)?.map(|bytes| self.read(key, bytes)).transpose()
    }

    /// The header under `key`: a map inside this one.
    ///
    /// # Errors
    ///
    /// The key is missing, or its value is no map.
    ///
    /// ```
    /// use frames_core::HeaderRef;
    /// let header = HeaderRef::new(b"\x81\xa1h\x81\xa1n\x05")?;
    /// assert_eq!(header.header("h")?.get::<u8>("n")?, 5);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn header(&self, key: &str) -> Result<HeaderRef<'h>> {
        let Some(bytes) = self.find(key)? else { return Err(self.missing(key)) };
        let mut cursor = self.cursor().on(bytes);
        cursor.map().map_err(|e| e.at_key(key))?;
        cursor.descend()?;
        Ok(Self::at(&cursor, bytes))
    }

    /// True if there is a value under `key`.
    ///
    /// # Errors
    ///
    /// The bytes are malformed.
    ///
    /// ```
    /// assert!(!frames_core::Header::new().as_ref().contains("n")?);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn contains(&self, key: &str) -> Result<bool> {
        Ok(self.find(key)?.is_some())
    }

    /// The keys that are text, in the order of the bytes.
    ///
    /// # Errors
    ///
    /// The bytes are malformed.
    ///
    /// ```
    /// let header = frames_core::Header::new().with("b", &1)?.with("a", &2)?;
    /// assert_eq!(header.as_ref().keys()?, ["b", "a"]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn keys(&self) -> Result<Vec<&'h str>> {
        let mut cursor = self.cursor();
        let mut keys = Vec::new();
        for _ in 0..cursor.map()? {
            let key = cursor.value()?;
            keys.extend(self.cursor().on(key).str().ok());
            cursor.skip()?;
        }
        Ok(keys)
    }

    /// The header as a tree that a person can look at. It copies everything; nothing in this crate decodes through it.
    ///
    /// # Errors
    ///
    /// The header nests deeper than the limit, or is malformed.
    ///
    /// ```
    /// let header = frames_core::Header::new().with("n", &5)?;
    /// assert_eq!(header.as_ref().to_value()?["n"], 5.into());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_value(&self) -> Result<rmpv::Value> {
        read_value(self.bytes, self.depth_of_msgpack())
    }

    /// The msgpack bytes.
    ///
    /// ```
    /// assert_eq!(frames_core::Header::new().as_ref().as_bytes(), [0x80]);
    /// ```
    pub fn as_bytes(&self) -> &'h [u8] {
        self.bytes
    }

    /// A copy of the header that owns its bytes.
    ///
    /// ```
    /// let header = frames_core::Header::new();
    /// assert_eq!(header.as_ref().to_owned(), header);
    /// ```
    pub fn to_owned(&self) -> Header {
        Header { bytes: self.bytes.to_vec() }
    }

    fn find(&self, key: &str) -> Result<Option<&'h [u8]>> {
        let mut cursor = self.cursor();
        for _ in 0..cursor.map()? {
            let found = {
                let mut name = cursor;
                name.str().is_ok_and(|name| name == key)
            };
            cursor.skip()?;
            if found {
                return cursor.value().map(Some);
            }
            cursor.skip()?;
        }
        Ok(None)
    }

    fn read<T: Deserialize<'h>>(&self, key: &str, bytes: &'h [u8]) -> Result<T> {
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes);
        deserializer.set_max_depth(self.depth_of_msgpack().into());
        T::deserialize(&mut deserializer).map_err(|e| {
            // serde's words may quote what was sent; what it expected is ours.
            let words = e.to_string();
            let expected = match words.rsplit_once(", expected ") {
                Some((_, expected)) => expected,
                None if words.starts_with("missing field") => {
                    return Error::new(ErrorKind::MissingField, words).at_key(key);
                }
                None => "a value of the type that was asked for",
            };
            self.cursor().on(bytes).mismatch(expected).at_key(key)
        })
    }

    #[cold]
    fn missing(&self, key: &str) -> Error {
        let keys = self.keys().unwrap_or_default();
        let keys: Vec<String> = keys.iter().take(16).map(|k| format!("{k:?}")).collect();
        let has = if keys.is_empty() { "no keys".into() } else { keys.join(", ") };
        Error::new(ErrorKind::MissingField, format!("the header has no key {key:?}; it has {has}"))
    }
}

/// One msgpack value as a tree, no deeper than `depth`.
pub(crate) fn read_value(bytes: &[u8], depth: u16) -> Result<rmpv::Value> {
    rmpv::decode::read_value_with_max_depth(&mut &bytes[..], depth.into())
        .map_err(|e| Error::new(ErrorKind::Invalid, format!("no msgpack that a person can look at: {e}")))
}

/// The header as a person writes it: `{"n": 5}`.
impl fmt::Display for HeaderRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_value() {
            Ok(value) => show(&value, f),
            Err(_) => write!(f, "<{} bytes that are not a msgpack map>", self.bytes.len()),
        }
    }
}

/// As msgpack reads, but for byte strings: a class reference shows its name, any other its length.
fn show(value: &rmpv::Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use rmpv::Value;
    // The tree is no deeper than the limit, which is checked where it is read.
    match value {
        Value::Binary(bytes) => match classref::decode(bytes) {
            Ok(class) => write!(f, "<class {class}>"),
            Err(_) => write!(f, "<{} bytes>", bytes.len()),
        },
        Value::Array(items) => {
            f.write_str("[")?;
            for (i, item) in items.iter().enumerate() {
                f.write_str(if i == 0 { "" } else { ", " })?;
                show(item, f)?;
            }
            f.write_str("]")
        }
        Value::Map(entries) => {
            f.write_str("{")?;
            for (i, (key, item)) in entries.iter().enumerate() {
                f.write_str(if i == 0 { "" } else { ", " })?;
                show(key, f)?;
                f.write_str(": ")?;
                show(item, f)?;
            }
            f.write_str("}")
        }
        other => write!(f, "{other}"),
    }
}

impl fmt::Debug for HeaderRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderRef({self})")
    }
}

impl<'h> From<&'h Header> for HeaderRef<'h> {
    fn from(header: &'h Header) -> Self {
        header.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_added_to_every_form_of_a_map() {
        for (before, keys) in [(&b"\x80"[..], 1), (b"\xde\0\0", 1), (b"\xdf\0\0\0\0", 1)] {
            let header = Header::from_bytes(before.to_vec()).unwrap().with("n", &5).unwrap();
            assert_eq!(header.as_ref().keys().unwrap().len(), keys);
            assert_eq!(header.as_ref().get::<u8>("n").unwrap(), 5);
        }
        let mut header = Header::new();
        for n in 0..40 {
            header.insert(&format!("key {n}"), &n).unwrap();
        }
        assert_eq!(header.as_ref().get::<u8>("key 39").unwrap(), 39);
    }
}
