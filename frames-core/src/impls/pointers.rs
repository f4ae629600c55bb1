//! Pointers to one value travel as the value: `Box`, `Rc`, `Arc`, `Cow`. Sharing is not kept.

use super::{name_of, whole};
use crate::error::Result;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::table::{Place, Schema, Sinks, Sources, Unpacker};
use crate::writer::Writer;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

macro_rules! pointer {
    ($([$($generics:tt)*] $type:ty, $name:literal, $new:expr;)*) => { $(
        name_of!([$($generics)*] $type, $name, T);
        impl<$($generics)*> FrameSerialize for $type {
            whole!();
            #[inline]
            fn is_inline(&self) -> bool { (**self).is_inline() }
            fn is_nullable() -> bool { T::is_nullable() }
            #[inline]
            fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> { (**self).write_inline(writer) }
            fn write_entry<'w>(&'w self, writer: &mut Writer<'w>) -> Result<()> { (**self).write_entry(writer) }
            #[inline]
            fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> { T::read_inline(cursor).map($new) }
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                T::read_entry(cursor, frames).map($new)
            }
            fn write_slice<'w>(items: &'w [Self], writer: &mut Writer<'w>) -> Result<()> {
                T::write_column(items.len(), &|i| &*items[i], writer)
            }
            fn read_slice(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Vec<Self>> {
                Ok(T::read_slice(cursor, frames)?.into_iter().map($new).collect())
            }
            fn write_column<'w>(rows: usize, at: &dyn Fn(usize) -> &'w Self, writer: &mut Writer<'w>) -> Result<()>
            where
                Self: 'w,
            {
                T::write_column(rows, &|i| &**at(i), writer)
            }
            /// A row of a child table, because a type may contain itself behind a pointer.
            fn shape() -> Place { Place { tables: 1, ..Place::START } }
            fn describe(schema: &mut Schema) { schema.around::<T>("box") }
            fn pack<'w>(
                &'w self,
                _: &mut [u8],
                at: Place,
                sinks: &mut Sinks<'w>,
                writer: &mut Writer<'w>,
            ) -> Result<()> {
                sinks.one::<T>(self, at, writer)
            }
            fn unpack(
                _: &[u8],
                at: Place,
                sources: &mut Sources<'_>,
                u: &mut Unpacker<'_, '_, '_>,
            ) -> Result<Self> {
                sources.one(at, u).map($new)
            }
            fn bulk(&self) -> usize { (**self).bulk() }
        }
    )* };
}

pointer! {
    [T: FrameSerialize] Box<T>, "Box<{}>", Box::new;
    [T: FrameSerialize] Rc<T>, "Rc<{}>", Rc::new;
    [T: FrameSerialize] Arc<T>, "Arc<{}>", Arc::new;
    ['a, T: FrameSerialize + Clone] Cow<'a, T>, "Cow<{}>", Cow::Owned;
}
