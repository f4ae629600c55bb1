//! serde's errors in the words and kinds of this crate: both sides are said, and never what was sent.

use crate::error::{Error, ErrorKind};
use crate::fields::list;
use crate::registry::near;
use serde::de::{self, Expected, Unexpected};
use serde::ser;
use std::fmt::Display;

/// What a user's [`Serialize`](serde::Serialize) says, as [`Error::custom`](Error::custom()).
///
/// ```
/// let error = <frames_core::Error as serde::ser::Error>::custom("odd");
/// assert_eq!(error.kind(), frames_core::ErrorKind::Custom);
/// ```
impl ser::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Error::new(ErrorKind::Custom, message.to_string())
    }
}

/// What serde's visitors say, each with the [`ErrorKind`] that it has elsewhere.
///
/// ```
/// let error = <frames_core::Error as serde::de::Error>::missing_field("key");
/// assert_eq!(error.kind(), frames_core::ErrorKind::MissingField);
/// ```
impl de::Error for Error {
    #[cold]
    fn custom<T: Display>(message: T) -> Self {
        Error::new(ErrorKind::Custom, message.to_string())
    }

    #[cold]
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Error::mismatch(expected, shown(&found))
    }

    #[cold]
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let kind = match found {
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => ErrorKind::OutOfRange,
            _ => ErrorKind::Mismatch,
        };
        Error::new(kind, format!("expected {expected}, found {}", shown(&found)))
    }

    #[cold]
    fn invalid_length(len: usize, expected: &dyn Expected) -> Self {
        Error::mismatch(expected, format_args!("a length of {len}"))
    }

    #[cold]
    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        unknown(ErrorKind::UnknownVariant, "variant", name, known)
    }

    #[cold]
    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        unknown(ErrorKind::UnknownField, "field", name, known)
    }

    #[cold]
    fn missing_field(name: &'static str) -> Self {
        Error::new(ErrorKind::MissingField, format!("the field `{name}` is missing"))
            .with_help("`#[serde(default)]` on the field makes it optional")
    }

    #[cold]
    fn duplicate_field(name: &'static str) -> Self {
        Error::new(ErrorKind::DuplicateField, format!("the field `{name}` is there twice"))
    }
}

fn unknown(kind: ErrorKind, what: &str, name: &str, known: &[&'static str]) -> Error {
    let shown: String = name.chars().take(80).collect();
    let error = Error::new(kind, format!("there is no {what} {shown:?}; there are {}", list(known)));
    match near(name, known.iter().copied()).first() {
        Some(near) => error.with_help(format!("`{near}` is near")),
        None => error,
    }
}

/// Numbers are shown, as everywhere in this crate; of all else the kind.
fn shown(found: &Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(_) => "a bool",
        Unexpected::Unsigned(n) => return n.to_string(),
        Unexpected::Signed(n) => return n.to_string(),
        Unexpected::Float(n) => return format!("{n:?}"),
        Unexpected::Char(_) | Unexpected::Str(_) => "text",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit => "nothing (None)",
        Unexpected::Option => "an option",
        // Nothing else is visited so without being asked for.
        Unexpected::NewtypeStruct => "a payload",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a map",
        Unexpected::Enum => "an enum",
        Unexpected::UnitVariant => "a variant without a value",
        Unexpected::NewtypeVariant => "a variant with a value",
        Unexpected::TupleVariant => "a variant with a tuple",
        Unexpected::StructVariant => "a variant with fields",
        Unexpected::Other(other) => other,
    }
    .to_owned()
}
