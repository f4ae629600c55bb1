//! Derived enums: a unit variant is text, a variant with data is a map of one entry, `{variant: payload}`.
//!
//! The payload is written and read in either of the two ways of a value, inline or as an entry; [`Payload`] is the
//! place where it stands.

use crate::collection::{self, Elements};
use crate::entry::{self, Entry};
use crate::error::{Error, ErrorKind, Result};
use crate::fields::{Fields, list, unread};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::{Cursor, Kind};
use crate::record::{self, Complex, Key};
use crate::registry::near;
use crate::writer::Writer;
use std::cell::Cell;

/// What reads the variant of a name, and keeps it.
pub(crate) type Variant<'r> = &'r dyn Fn(&str, Payload<'_, '_, '_>) -> Result<()>;

/// A payload that is to be read.
#[derive(Debug)]
pub enum Payload<'s, 'h, 'f> {
    /// There is none: the variant stood as text.
    Unit,
    /// A msgpack value.
    Inline(&'s mut Cursor<'h>),
    /// A header and frames.
    Entry(&'s mut Cursor<'h>, &'s mut [Slot<'f>]),
}

impl Payload<'_, '_, '_> {
    /// The payload of a unit variant: none, or nil.
    pub fn unit(self) -> Result<()> {
        match self {
            Payload::Unit => Ok(()),
            Payload::Inline(cursor) => match cursor.take_nil() {
                true => Ok(()),
                false => Err(cursor.mismatch("a unit variant, which has no value")),
            },
            Payload::Entry(..) => Err(Error::mismatch("a unit variant, which has no value", "a value")),
        }
    }

    /// The payload of a variant with one unnamed field.
    pub fn newtype<T: FrameSerialize>(self) -> Result<T> {
        match self {
            Payload::Unit => Err(no_payload()),
            Payload::Inline(cursor) => T::read_inline(cursor),
            Payload::Entry(cursor, slots) => T::read_entry(cursor, slots),
        }
    }

    /// The payload of a variant with several unnamed fields.
    pub fn tuple<R>(self, len: usize, name: &str, read: &dyn Fn(&mut Elements<'_, '_, '_>) -> Result<R>) -> Result<R> {
        match self {
            Payload::Unit => Err(no_payload()),
            Payload::Inline(cursor) => collection::read_inline_tuple(cursor, len, read),
            Payload::Entry(cursor, slots) => collection::read_tuple(cursor, slots, len, name, read),
        }
    }

    /// The payload of a variant with named fields.
    pub fn fields<R>(self, name: &str, read: fn(&mut Fields<'_, '_, '_>) -> Result<R>) -> Result<R> {
        match self {
            Payload::Unit => Err(no_payload()),
            Payload::Inline(cursor) => Fields::map(cursor, &mut [], read),
            Payload::Entry(cursor, slots) => {
                let mut value = None;
                let name = || name.to_owned().into();
                record::read_fields(cursor, slots, &name, "a dict of the fields", &mut |fields| {
                    value = Some(read(fields)?);
                    Ok(())
                })?;
                value.ok_or_else(unread)
            }
        }
    }
}

#[cold]
fn no_payload() -> Error {
    Error::mismatch("a variant with a value", "the name alone")
}

/// Reads an enum from one msgpack value: calls `read` with the variant's name and its payload.
pub fn read_inline<R>(cursor: &mut Cursor<'_>, read: &dyn Fn(&str, Payload<'_, '_, '_>) -> Result<R>) -> Result<R> {
    if cursor.kind()? == Kind::Text {
        return read(cursor.str()?, Payload::Unit);
    }
    let mut inner = *cursor;
    inner.descend()?;
    one_entry(inner.map().map_err(|_| cursor.mismatch("a variant: text or a map of one entry"))?)?;
    let name = inner.str()?;
    let value = read(name, Payload::Inline(&mut inner)).map_err(|e| e.at_field(name.to_owned()))?;
    *cursor = inner;
    cursor.ascend();
    Ok(value)
}

/// Reads an enum from any header.
pub fn read_entry<R>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    type_name: &str,
    read: &dyn Fn(&str, Payload<'_, '_, '_>) -> Result<R>,
) -> Result<R> {
    let value = Cell::new(None);
    read_variant(cursor, slots, type_name, &|name, payload| {
        value.set(Some(read(name, payload)?));
        Ok(())
    })?;
    value.into_inner().ok_or_else(unread)
}

/// The same for a reader that keeps the value.
fn read_variant(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>], type_name: &str, read: Variant<'_>) -> Result<()> {
    match Entry::read(cursor)? {
        Entry::Msgpack => entry::read_msgpack(cursor, slots, |c| read_inline(c, read)),
        Entry::Object(mut sub) => Fields::layout(&mut sub, slots, &mut |f| f.variant(read)),
        Entry::Collection(mut items) if items.is_dict() => items.fields(slots, &mut |f| f.variant(read)),
        other => other.refuse_with(type_name, "text or a dict of one entry", cursor, slots, &mut |c, s| {
            read_variant(c, s, type_name, read)
        }),
    }
}

fn one_entry(len: usize) -> Result<()> {
    if len == 1 {
        return Ok(());
    }
    Err(Error::mismatch("a variant: a map of one entry", format_args!("{len} entries")))
}

impl Fields<'_, '_, '_> {
    /// Reads the only field as a variant.
    fn variant(&mut self, read: Variant<'_>) -> Result<()> {
        let Some(name) = self.name()? else {
            return Err(Error::mismatch("a variant: a map of one entry", "an empty map"));
        };
        self.payload(name, read)?;
        match self.name()? {
            None => Ok(()),
            Some(_) => Err(Error::mismatch("a variant: a map of one entry", "more entries")),
        }
    }
}

/// Writes a variant with data inline: the map and its key, then what `payload` appends.
pub fn write_inline(
    writer: &mut Writer<'_>,
    key: &Key,
    payload: impl FnOnce(&mut Writer<'_>) -> Result<()>,
) -> Result<()> {
    writer.descend()?;
    writer.map_len(1)?;
    writer.raw(key.encoded);
    payload(writer).map_err(|e| e.at_field(key.name))?;
    writer.ascend();
    Ok(())
}

/// Writes a variant whose data need frames: an object with the one field.
pub fn write_entry<'a>(
    writer: &mut Writer<'a>,
    type_name: &str,
    key: &Key,
    payload: impl FnOnce(&mut Writer<'a>) -> Result<()>,
) -> Result<()> {
    writer.object_head(type_name, ("builtins", "dict"))?;
    writer.object(0, 1, |_| Ok(()), |c| c.entry(key, payload))
}

/// Writes the payload of a variant with named fields that need frames: an object without a name of its own.
pub fn write_fields<'a>(
    writer: &mut Writer<'a>,
    inline: usize,
    total: usize,
    simple: impl FnOnce(&mut Writer<'a>) -> Result<()>,
    complex: impl FnOnce(&mut Complex<'_, 'a>) -> Result<()>,
) -> Result<()> {
    writer.object_head("dict", ("builtins", "dict"))?;
    writer.object(inline, total, simple, complex)
}

/// A variant that the enum does not have.
#[cold]
pub fn unknown<R>(name: &str, known: &[&'static str]) -> Result<R> {
    let shown: String = name.chars().take(80).collect();
    let error =
        Error::new(ErrorKind::UnknownVariant, format!("there is no variant {shown:?}; there are {}", list(known)));
    Err(match near(name, known.iter().copied()).first() {
        Some(near) => error.with_help(format!("`{near}` is near")),
        None => error,
    })
}
