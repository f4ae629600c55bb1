//! Python's scalar objects: dates and times, decimals, UUIDs, complex numbers and fractions, as plain Rust types.
//!
//! Dask pickles such an object, and so does this crate: each type writes itself as the pickle that CPython 3.11 writes, to the byte, and
//! Python gets the object itself. Nothing of what Python knows is lost: zones, folds, signs of zero, exponents.
//!
//! A pickle that arrives is translated by the crate frames-pickle (`use frames_pickle as _;`) into an entry of the family dask with the
//! object's class and a map of its fields, which is what the types here read; for [`Reader::Rust`](crate::Reader::Rust) they
//! are written so, too, and no pickle is needed. Every field is checked: nothing from outside makes a date that there is not.
//!
//! The types of other crates (features `uuid`, `chrono`, `jiff`, `rust_decimal`, `bigdecimal`, `num-complex`) go through these.
//!
//! ```
//! use frames_core::{Encoder, Reader, python::Date};
//! let date = Date::new(2024, 2, 29)?;
//! // To Python, the pickle of a `datetime.date` …
//! let (header, frames) = frames_core::serialize(&date)?;
//! assert_eq!(header.to_value()?["serializer"], "pickle".into());
//! assert!(frames.get(0)?.starts_with(b"\x80\x05\x95"));
//! // … and to Rust, its fields.
//! let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(&date)?;
//! assert_eq!(frames_core::deserialize::<Date>(&header, frames)?, date);
//! # Ok::<(), frames_core::Error>(())
//! ```

mod complex;
mod datetime;
mod decimal;
mod delta;
mod fraction;
#[cfg(test)]
mod tests;
mod uuid;
mod zone;

pub use complex::Complex;
pub use datetime::{Date, DateTime, Time};
pub use decimal::Decimal;
pub use delta::TimeDelta;
pub use fraction::Fraction;
pub use uuid::Uuid;
pub use zone::Zone;
#[doc(hidden)]
pub use zone::{is_utc, write_offset};

use crate::entry::{Class, Entry};
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::{Cursor, write};
use crate::pickle_ops::PickleWriter;
use crate::writer::Writer;

/// `{"serializer": "pickle", "writeable": []}`.
pub(crate) const PICKLE_ENTRY: &[u8] = b"\x82\xaaserializer\xa6pickle\xa9writeable\x90";

/// What the objects have in common: a class, a pickle, and a map of fields.
#[doc(hidden)]
pub trait Scalar: Sized {
    /// Module and name of the class.
    const CLASS: (&'static str, &'static str);

    /// An error unless the fields are those of such an object.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Appends the opcodes that make it.
    fn pickle(&self, out: &mut PickleWriter);

    /// Appends its fields as one map.
    fn write_fields(&self, out: &mut Vec<u8>) -> Result<()>;

    /// Reads its fields, and checks them.
    fn read_fields(cursor: &mut Cursor<'_>) -> Result<Self>;
}

/// The pickle, as CPython writes it.
#[doc(hidden)]
pub fn pickle<S: Scalar>(object: &S) -> Result<Vec<u8>> {
    object.check()?;
    let mut out = PickleWriter::new();
    object.pickle(&mut out);
    Ok(out.finish())
}

/// The header of an object by its class and fields. It has no frames.
#[doc(hidden)]
pub fn class_header<S: Scalar>(object: &S) -> Result<Vec<u8>> {
    object.check()?;
    let (module, name) = S::CLASS;
    let mut out = b"\x83\xaaserializer\xa4dask\xaftype-serialized".to_vec();
    write::bin(&mut out, &crate::classref::encode(module, name))?;
    out.extend_from_slice(b"\xaasub-header");
    object.write_fields(&mut out)?;
    Ok(out)
}

/// Writes an object as an entry: a pickle for Python, its fields for Rust.
#[doc(hidden)]
pub fn write<S: Scalar>(object: &S, writer: &mut Writer<'_>) -> Result<()> {
    if writer.is_packed() {
        writer.raw(&class_header(object)?);
        return Ok(());
    }
    let pickle = pickle(object)?;
    writer.raw(PICKLE_ENTRY);
    writer.frame(pickle);
    Ok(())
}

/// Reads an object from any header, and makes a `T` of it.
#[doc(hidden)]
pub fn read<T: FrameSerialize, S: Scalar>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    make: impl FnOnce(S) -> Result<T>,
) -> Result<T> {
    match Entry::read(cursor)? {
        Entry::Class(class) if class.is_scalar::<S>() => {
            of_class(&class, slots).and_then(make).map_err(|e| e.in_type(T::type_name()))
        }
        other => refuse::<T, S>(other, cursor, slots),
    }
}

/// The end of reading an object: a pickle is translated, anything else is none.
pub(crate) fn refuse<T: FrameSerialize, S: Scalar>(
    entry: Entry<'_>,
    cursor: &Cursor<'_>,
    slots: &mut [Slot<'_>],
) -> Result<T> {
    let (module, name) = S::CLASS;
    entry.refuse::<T>(&format!("Python's {module}.{name}"), cursor, slots)
}

/// The object of an entry of its class.
pub(crate) fn of_class<S: Scalar>(class: &Class<'_>, slots: &[Slot<'_>]) -> Result<S> {
    if !slots.is_empty() {
        return Err(Error::frame_count("no frame", slots.len()));
    }
    S::read_fields(&mut class.sub())
}

impl Class<'_> {
    /// True for an object of the class of `S`.
    pub(crate) fn is_scalar<S: Scalar>(&self) -> bool {
        self.class().is_ok_and(|class| class.is(S::CLASS.0, S::CLASS.1))
    }
}

/// A type that travels as one of Python's objects: to it and from it, each exactly or with an error. Or how it is read, in functions of its own.
macro_rules! through {
    // Before the other: braces are an expression, too.
    ($type:ty, $name:literal: $object:ty, $to:expr, { $($read:tt)* }) => {
        crate::impls::name!($type, $name);
        impl crate::FrameSerialize for $type {
            crate::impls::whole!();
            fn write_entry<'a>(&'a self, writer: &mut crate::writer::Writer<'a>) -> crate::Result<()> {
                let to: fn(&$type) -> crate::Result<$object> = $to;
                match to(self) {
                    Ok(object) => crate::python::write(&object, writer),
                    Err(error) => Err(error.in_type(<$type as crate::TypeName>::type_name())),
                }
            }
            $($read)*
        }
    };
    ($type:ty, $name:literal: $object:ty, $to:expr, $from:expr) => {
        crate::python::through!($type, $name: $object, $to, {
            fn read_entry(
                cursor: &mut crate::msgpack::Cursor<'_>,
                frames: &mut [crate::frames::Slot<'_>],
            ) -> crate::Result<Self> {
                let from: fn($object) -> crate::Result<$type> = $from;
                crate::python::read(cursor, frames, from)
            }
        });
    };
}
pub(crate) use through;

/// Appends a map of these fields, in this order.
macro_rules! write_map {
    ($out:expr, $($name:literal: $value:expr),+ $(,)?) => {{
        let out: &mut Vec<u8> = $out;
        crate::msgpack::write::map_len(out, [$($name),+].len())?;
        $(
            crate::msgpack::write::str(out, $name)?;
            crate::python::Plain::write($value, out)?;
        )+
        Ok(())
    }};
}
use write_map;

/// Reads a map of exactly these fields, in any order, as a tuple.
macro_rules! read_map {
    ($cursor:expr, $($name:literal as $field:ident: $type:ty),+ $(,)?) => {
        crate::fields::Fields::map($cursor, &mut [], |f| {
            const KEYS: &[crate::record::Key] = &[$(crate::record::Key { name: $name, encoded: b"" }),+];
            $(let mut $field: Option<$type> = None;)+
            while let Some(name) = f.name()? {
                match name {
                    $($name => f.value(&crate::record::Key { name: $name, encoded: b"" }, &mut $field)?,)+
                    other => f.unknown(other, KEYS)?,
                }
            }
            Ok(($(f.need(&crate::record::Key { name: $name, encoded: b"" }, $field)?,)+))
        })
    };
}
use read_map;

/// The value of a field.
trait Plain {
    fn write(self, out: &mut Vec<u8>) -> Result<()>;
}

impl Plain for i64 {
    fn write(self, out: &mut Vec<u8>) -> Result<()> {
        write::int(out, self);
        Ok(())
    }
}

impl Plain for f64 {
    fn write(self, out: &mut Vec<u8>) -> Result<()> {
        write::f64(out, self);
        Ok(())
    }
}

impl Plain for bool {
    fn write(self, out: &mut Vec<u8>) -> Result<()> {
        write::bool(out, self);
        Ok(())
    }
}

impl Plain for &str {
    fn write(self, out: &mut Vec<u8>) -> Result<()> {
        write::str(out, self)
    }
}

impl Plain for &[u8] {
    fn write(self, out: &mut Vec<u8>) -> Result<()> {
        write::bin(out, self)
    }
}

impl<T: Plain> Plain for Option<T> {
    fn write(self, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Some(value) => value.write(out),
            None => {
                write::nil(out);
                Ok(())
            }
        }
    }
}

/// An error unless the number is one of those from `least` to `most`.
fn within(what: &'static str, found: i64, least: i64, most: i64) -> Result<()> {
    match (least..=most).contains(&found) {
        true => Ok(()),
        false => {
            Err(Error::new(ErrorKind::OutOfRange, format!("expected a {what} from {least} to {most}, found {found}")))
        }
    }
}
