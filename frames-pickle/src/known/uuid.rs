//! `uuid.UUID`.

use crate::known::Known;
use crate::known::call::{Call, Callee, int};
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};
use std::fmt;

/// Python's `uuid.UUID`. It prints as Python's does.
///
/// ```
/// use frames_pickle::known::Uuid;
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
    /// assert_eq!(frames_pickle::known::Uuid::new([0; 16]).is_safe, None);
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

pub(crate) fn uuid(call: &Call<'_>) -> Result<Known> {
    call.count(0..=0)?;
    call.made()?;
    let [number, is_safe] = call.attributes(["int", "is_safe"])?;
    let number = match number {
        Some(number) => int(call.graph, number).and_then(|number| {
            let text = "expected a number of 128 bits, found a negative or larger one";
            number.to_u128().ok_or_else(|| Error::new(ErrorKind::OutOfRange, text))
        }),
        None => return Err(Error::new(ErrorKind::MissingField, "it has no `int`").at_field("state")),
    };
    let number = number.map_err(|error| error.at_key("int").at_field("state"))?;
    let is_safe = safety(call, is_safe.unwrap_or(Value::NONE));
    let is_safe = is_safe.map_err(|error| error.at_key("is_safe").at_field("state"))?;
    Ok(Known::Uuid(Uuid { bytes: number.to_be_bytes(), is_safe }))
}

/// The value of `uuid.SafeUUID`, or its member, which Python 3.7 pickled.
fn safety(call: &Call<'_>, value: Value) -> Result<Option<bool>> {
    let value = match Call::of_value(call.graph, value) {
        Some(member) if member.callee == Callee::Global("uuid", "SafeUUID") => {
            member.count(1..=1)?;
            member.no_steps()?;
            member.get(0).unwrap_or(Value::NONE)
        }
        _ => value,
    };
    if value == Value::NONE {
        return Ok(None);
    }
    match int(call.graph, value)?.to_i64() {
        Some(0) => Ok(Some(true)),
        Some(-1) => Ok(Some(false)),
        _ => Err(Error::mismatch("0, -1 or None", "another number")),
    }
}
