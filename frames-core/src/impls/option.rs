//! `Option`, `Result`, `()` and `PhantomData`.
//!
//! `None` is nil and `Some(x)` is `x`. Where `x` itself may be nil (`Option<Option<T>>`, `Option<()>`), `Some` is a map of one entry,
//! `{"Some": x}`, so that `Some(None)` is never read as `None`.

use super::{inline_entry, name, name_of, whole};
use crate::entry::Entry;
use crate::error::Result;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::{Cursor, write};
use crate::record::Key;
use crate::table::{self, Place, Schema, Sinks, Sources, Unpacker};
use crate::variant::{self, Payload};
use crate::writer::Writer;
use std::marker::PhantomData;

const SOME: Key = Key { name: "Some", encoded: b"\xa4Some" };
const OK: Key = Key { name: "Ok", encoded: b"\xa2Ok" };
const ERR: Key = Key { name: "Err", encoded: b"\xa3Err" };

name_of!([T: FrameSerialize] Option<T>, "Option<{}>", T);

impl<T: FrameSerialize> FrameSerialize for Option<T> {
    whole!();
    #[inline]
    fn is_inline(&self) -> bool {
        self.as_ref().is_none_or(T::is_inline)
    }
    #[inline]
    fn is_nullable() -> bool {
        true
    }
    #[inline]
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        match self {
            None => {
                write::nil(&mut writer.out);
                Ok(())
            }
            Some(value) if T::is_nullable() => variant::write_inline(writer, &SOME, |w| value.write_inline(w)),
            Some(value) => value.write_inline(writer),
        }
    }
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        match self {
            Some(value) if T::is_nullable() && !value.is_inline() => {
                variant::write_entry(writer, "dict", &SOME, |w| value.write_entry(w))
            }
            Some(value) if !T::is_nullable() => value.write_entry(writer),
            _ => writer.msgpack_entry(self),
        }
    }
    #[inline]
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        if cursor.take_nil() {
            return Ok(None);
        }
        if T::is_nullable() {
            return variant::read_inline(cursor, &read_some);
        }
        T::read_inline(cursor).map(Some)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        if let [Some(frame)] = frames {
            // `None` among values with headers is a msgpack nil in a frame.
            if frame[..] == [0xc0] {
                let mut after = *cursor;
                if let Entry::Msgpack = Entry::read(&mut after)? {
                    *cursor = after;
                    frames.fill(None);
                    return Ok(None);
                }
            }
            // Of a family that another crate brings: the pickle of `None` has at most these bytes and ends so.
            if frame.len() <= 16 && frame.ends_with(b"N.") {
                let mut after = *cursor;
                if let foreign @ Entry::Foreign(_) = Entry::read(&mut after)? {
                    *cursor = after;
                    return foreign.refuse(&<Self as crate::TypeName>::type_name(), cursor, frames);
                }
            }
        }
        if T::is_nullable() {
            return variant::read_entry(cursor, frames, &<Self as crate::TypeName>::type_name(), &read_some);
        }
        T::read_entry(cursor, frames).map(Some)
    }
    fn read_slice(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Vec<Self>> {
        table::read_options(cursor, frames)
    }
    /// A number lies in the row behind its flag; text has a length that says there is none.
    #[inline(always)]
    fn shape() -> Place {
        match (T::is_number(), T::is_text()) {
            (true, _) => Place::bytes(1).then(T::shape()),
            (_, true) => Place::TEXT,
            _ => Place::OPTION,
        }
    }
    fn describe(schema: &mut Schema) {
        schema.around::<T>("option");
    }
    #[inline]
    fn pack<'a>(&'a self, row: &mut [u8], at: Place, sinks: &mut Sinks<'a>, writer: &mut Writer<'a>) -> Result<()> {
        if T::is_number() {
            let inner = at.then(Place::bytes(1));
            table::put(row, at.fixed, [self.is_some() as u8]);
            return match self {
                Some(value) => value.pack(row, inner, sinks, writer),
                // The memory may have been used before.
                None => table::clear(row, inner.fixed, T::shape().fixed),
            };
        }
        match self {
            Some(value) if T::is_text() => value.pack(row, at, sinks, writer),
            None if T::is_text() => sinks.no_text(row, at, writer),
            value => sinks.option(value.as_ref(), row, at, writer),
        }
    }
    #[inline]
    fn unpack(row: &[u8], at: Place, sources: &mut Sources<'_>, u: &mut Unpacker<'_, '_, '_>) -> Result<Self> {
        if T::is_text() {
            return match Sources::has_text(row, at)? {
                true => T::unpack(row, at, sources, u).map(Some),
                false => Ok(None),
            };
        }
        match table::flag(row, at.fixed)? {
            false => Ok(None),
            true if T::is_number() => T::unpack(row, at.then(Place::bytes(1)), sources, u).map(Some),
            true => sources.one(at, u).map(Some),
        }
    }
    #[inline]
    fn bulk(&self) -> usize {
        self.as_ref().map_or(0, T::bulk)
    }
}

fn read_some<T: FrameSerialize>(name: &str, payload: Payload<'_, '_, '_>) -> Result<Option<T>> {
    match name {
        "Some" => payload.newtype().map(Some),
        _ => variant::unknown(name, &["Some"]),
    }
}

name_of!([T: FrameSerialize, E: FrameSerialize] std::result::Result<T, E>, "Result<{}, {}>", T, E);

impl<T: FrameSerialize, E: FrameSerialize> FrameSerialize for std::result::Result<T, E> {
    whole!();
    fn is_inline(&self) -> bool {
        match self {
            Ok(value) => value.is_inline(),
            Err(error) => error.is_inline(),
        }
    }
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        match self {
            Ok(value) => variant::write_inline(writer, &OK, |w| value.write_inline(w)),
            Err(error) => variant::write_inline(writer, &ERR, |w| error.write_inline(w)),
        }
    }
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        match self {
            _ if self.is_inline() => writer.msgpack_entry(self),
            Ok(value) => variant::write_entry(writer, "dict", &OK, |w| value.write_entry(w)),
            Err(error) => variant::write_entry(writer, "dict", &ERR, |w| error.write_entry(w)),
        }
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        variant::read_inline(cursor, &read_result)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        variant::read_entry(cursor, frames, &<Self as crate::TypeName>::type_name(), &read_result)
    }
}

fn read_result<T: FrameSerialize, E: FrameSerialize>(
    name: &str,
    payload: Payload<'_, '_, '_>,
) -> Result<std::result::Result<T, E>> {
    match name {
        "Ok" => payload.newtype().map(Ok),
        "Err" => payload.newtype().map(Err),
        _ => variant::unknown(name, &["Ok", "Err"]),
    }
}

macro_rules! nothing {
    ([$($generics:tt)*] $type:ty, $new:expr) => {
        impl<$($generics)*> FrameSerialize for $type {
            whole!();
            inline_entry!();
            fn is_nullable() -> bool {
                true
            }
            fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
                write::nil(&mut writer.out);
                Ok(())
            }
            fn shape() -> Place {
                Place::START
            }
            fn describe(schema: &mut Schema) {
                schema.leaf("unit");
            }
            fn pack<'a>(
                &'a self,
                _: &mut [u8],
                _: Place,
                _: &mut Sinks<'a>,
                _: &mut Writer<'a>,
            ) -> Result<()> {
                Ok(())
            }
            fn unpack(_: &[u8], _: Place, _: &mut Sources<'_>, _: &mut Unpacker<'_, '_, '_>) -> Result<Self> {
                Ok($new)
            }
            fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
                if cursor.take_nil() { Ok($new) } else { Err(cursor.mismatch("nothing (None)")) }
            }
        }
    };
}

name!(());
nothing!([](), ());

name_of!([T: crate::TypeName] PhantomData<T>, "PhantomData<{}>", T);
nothing!([T: crate::TypeName] PhantomData<T>, PhantomData);
