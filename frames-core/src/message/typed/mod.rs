//! Typed messages: any type of serde's as a [`Body`] and back, payloads and all. As `serde_json::to_value` and `from_value`.
//!
//! | serde | in a [`Body`] |
//! |---|---|
//! | struct | map with text keys, in order |
//! | newtype struct, `Some` | the value inside |
//! | `()`, unit struct, `None` | [`Body::Nil`] |
//! | sequence, tuple | [`Body::List`]; a sequence is read from a [`Body::Set`] too |
//! | map | [`Body::Map`], with any keys |
//! | unit variant; other variants | its name as text; `{name: value}`. A name is read from a [`Body::Enum`] too |
//! | integers up to 64 bits, `f32`, `f64`, `bool`, text, `char`, bytes | themselves; `char` is text |
//! | [`Payload`](crate::Payload), [`Body`] | themselves |
//!
//! `handover.rs` tells how the last line works. What must never happen here: that the bytes of a payload are copied or visited, that a
//! payload is read from anything but a payload, that a number is rounded (but by serde's own buffers), and that a call leaves something behind
//! for the next one.

mod errors;
mod from_body;
mod handover;
mod to_body;

pub use from_body::from_body;
pub use to_body::to_body;

use super::Body;

/// How many levels of newtype structs and options may stand around a value without a list or map in between. A type may contain itself so
/// (`struct T(Option<Box<T>>)`), and every value would be as deep as one likes.
const TURNS: u16 = 64;

/// What a body is, for errors: never what it holds.
fn kind(body: &Body<'_>) -> &'static str {
    match body {
        Body::Nil => "nothing (None)",
        Body::Bool(_) => "a bool",
        Body::Int(_) | Body::UInt(_) => "an integer",
        Body::Float32(_) | Body::Float(_) => "a float",
        Body::Text(_) => "text",
        Body::Bytes(_) => "bytes",
        Body::List(_) => "a list",
        Body::Map(_) => "a map",
        Body::Set(_) => "a set",
        Body::Enum(_) => "a member of an enum",
        Body::Payload(_) => "a payload",
        Body::Pickled(_) => "a pickle",
    }
}

/// A field that is a Python `set`: `#[serde(with = "frames_core::as_set")]`.
///
/// Without it a `HashSet` is written as a list, as serde knows no sets; both are read from either. Python wants elements that it can hash.
/// Other serializers write a list.
///
/// ```
/// use frames_core::{Body, to_body};
/// use std::collections::BTreeSet;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct GetData {
///     #[serde(with = "frames_core::as_set")]
///     keys: BTreeSet<String>,
/// }
///
/// let body = to_body(&GetData { keys: ["x".to_owned()].into() })?;
/// assert_eq!(body.get("keys"), Some(&Body::Set(vec!["x".into()])));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub mod as_set {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// The newtype struct that says so.
    pub(super) const NAME: &str = "$frames_core::as_set";

    /// Writes a sequence as a set.
    ///
    /// # Errors
    ///
    /// By [`to_body`](crate::to_body): the value is no sequence.
    ///
    /// ```
    /// #[derive(serde::Serialize)]
    /// struct Keys(#[serde(serialize_with = "frames_core::as_set::serialize")] [u8; 2]);
    /// assert!(matches!(frames_core::to_body(&Keys([1, 2]))?, frames_core::Body::Set(_)));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn serialize<T: Serialize + ?Sized, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(NAME, value)
    }

    /// Reads what is there: sequences are read from sets without it.
    ///
    /// # Errors
    ///
    /// As the type's own.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Keys(#[serde(deserialize_with = "frames_core::as_set::deserialize")] Vec<u8>);
    /// let keys: Keys = frames_core::from_body(frames_core::Body::Set(vec![1.into()]))?;
    /// assert_eq!(keys.0, [1]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}
