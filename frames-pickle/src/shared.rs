//! A [`Buffer`] in a type of serde's: shared, not copied, by this crate's own serializer and deserializer.
//!
//! serde has no word for bytes that are shared, so the buffer goes around it: both sides agree on the name of a newtype struct, and
//! the buffer lies in a variable of the thread for the time of one call. Any other format sees bytes.

use crate::node::Buffer;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::cell::{Cell, RefCell};
use std::fmt;

pub(crate) const NAME: &str = "$frames_pickle::Buffer";

thread_local! {
    static HANDED: RefCell<Option<Buffer>> = const { RefCell::new(None) };
    /// The serializer that is asked takes buffers.
    static WANTED: Cell<bool> = const { Cell::new(false) };
}

/// Gives a buffer to the visitor of [`Buffer`]; another one sees a unit.
pub(crate) fn hand<'de, V: Visitor<'de>, E: Error>(buffer: Buffer, visitor: V) -> Result<V::Value, E> {
    HANDED.set(Some(buffer));
    let value = visitor.visit_unit();
    HANDED.take();
    value
}

/// The buffer that `value` is, if it is one: it says so while `serialize` runs, before it asks for bytes.
pub(crate) fn wanted<T>(serialize: impl FnOnce() -> T) -> T {
    WANTED.set(true);
    let done = serialize();
    WANTED.set(false);
    done
}

pub(crate) fn take() -> Option<Buffer> {
    HANDED.take()
}

/// As [`to_frames`](crate::to_frames) writes it, it is shared and travels out of band; other formats write bytes.
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Block {
///     offset: u64,
///     data: frames_pickle::Buffer,
/// }
/// let block = Block { offset: 0, data: vec![0; 1 << 20].into() };
/// let (pickle, buffers) = frames_pickle::to_frames(&block)?;
/// assert!(pickle.len() < 100);
/// assert!(std::ptr::eq(&**buffers[0].bytes(), &**block.data.bytes()));
/// # Ok::<(), frames_core::Error>(())
/// ```
impl Serialize for Buffer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Bytes<'a>(&'a Buffer);
        impl Serialize for Bytes<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if WANTED.take() {
                    HANDED.set(Some(self.0.clone()));
                }
                serializer.serialize_bytes(self.0.bytes())
            }
        }
        serializer.serialize_newtype_struct(NAME, &Bytes(self))
    }
}

/// From [`from_frames`](crate::from_frames) it shares what travelled out of band; bytes of the pickle and of other formats are copied.
///
/// ```
/// let buffer: frames_pickle::Buffer = frames_pickle::from_slice(b"C\x02hi.")?;
/// assert_eq!(buffer.bytes(), &b"hi"[..]);
/// # Ok::<(), frames_core::Error>(())
/// ```
impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BufferVisitor;
        impl<'de> Visitor<'de> for BufferVisitor {
            type Value = Buffer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_unit<E: Error>(self) -> Result<Buffer, E> {
                take().ok_or_else(|| E::invalid_type(serde::de::Unexpected::Unit, &self))
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Buffer, D::Error> {
                deserializer.deserialize_byte_buf(self)
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Buffer, E> {
                Ok(Buffer::from(bytes.to_vec()))
            }

            fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Buffer, E> {
                Ok(Buffer::from(bytes))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Buffer, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Buffer::from(bytes))
            }
        }
        deserializer.deserialize_newtype_struct(NAME, BufferVisitor)
    }
}
