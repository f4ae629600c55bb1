//! `uuid.UUID`.

use super::{Scalar, read_map, through, write_map};
use crate::error::Result;
use crate::msgpack::Cursor;
use crate::pickle_ops::{PickleWriter, op};
use std::fmt;

/// Python's `uuid.UUID`. It prints as Python's does.
///
/// ```
/// use frames_core::python::Uuid;
/// let uuid = Uuid::new([0x11; 16]);
/// assert_eq!(uuid.to_string(), "11111111-1111-1111-1111-111111111111");
/// assert_eq!(<[u8; 16]>::from(uuid), [0x11; 16]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Uuid {
    /// As they are written, the highest first.
    pub bytes: [u8; 16],
    /// Whether it was made in a way that is safe among processes, if that is known.
    pub is_safe: Option<bool>,
}

impl Uuid {
    /// Of its bytes.
    ///
    /// ```
    /// assert_eq!(frames_core::python::Uuid::new([0; 16]).is_safe, None);
    /// ```
    pub fn new(bytes: [u8; 16]) -> Uuid {
        Uuid { bytes, is_safe: None }
    }
}

impl From<Uuid> for [u8; 16] {
    fn from(uuid: Uuid) -> [u8; 16] {
        uuid.bytes
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.bytes.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

through!(Uuid, "frames_core::python::Uuid": Uuid, |uuid| Ok(*uuid), Ok);

impl Scalar for Uuid {
    const CLASS: (&'static str, &'static str) = ("uuid", "UUID");

    /// An instance with the attributes that `UUID.__getstate__` gives.
    fn pickle(&self, out: &mut PickleWriter) {
        out.global("uuid", "UUID");
        out.op(op::EMPTY_TUPLE);
        out.kept(op::NEWOBJ);
        out.kept(op::EMPTY_DICT);
        if self.is_safe.is_some() {
            out.op(op::MARK);
        }
        out.text("int");
        let mut number = [0; 17];
        number.iter_mut().zip(self.bytes.iter().rev()).for_each(|(to, from)| *to = *from);
        out.int(&number);
        match self.is_safe {
            None => out.op(op::SETITEM),
            Some(is_safe) => {
                out.text("is_safe");
                out.int(if is_safe { &[] } else { &[0xff] });
                out.op(op::SETITEMS);
            }
        }
        out.op(op::BUILD);
    }

    fn write_fields(&self, out: &mut Vec<u8>) -> Result<()> {
        write_map!(out, "bytes": &self.bytes[..], "is_safe": self.is_safe)
    }

    fn read_fields(cursor: &mut Cursor<'_>) -> Result<Self> {
        let (bytes, is_safe) = read_map!(cursor, "bytes" as bytes: [u8; 16], "is_safe" as is_safe: Option<bool>)?;
        Ok(Uuid { bytes, is_safe })
    }
}
