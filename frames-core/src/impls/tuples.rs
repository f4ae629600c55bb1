//! Tuples: a msgpack array while all elements are inline, a tuple collection otherwise; a tuple in Python either way.

use super::whole;
use crate::collection;
use crate::error::Result;
use crate::fields::Fields;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::table::{self, Place, Schema, Sinks, Sources, Unpacker};
use crate::writer::Writer;
use std::borrow::Cow;

macro_rules! tuple {
    ($($len:literal $columns:ident: $($T:ident $i:tt)+;)*) => {
        /// Tuples from columns that are named by their index.
        #[allow(non_snake_case, reason = "a column is named as its type")]
        mod columns {
            use super::*;
            $(
                pub(super) fn $columns<$($T: FrameSerialize),+>(fields: &mut Fields<'_, '_, '_>) -> Result<Vec<($($T,)+)>> {
                    $(let mut $T = None;)+
                    while let Some(name) = fields.name()? {
                        match name {
                            $(stringify!($i) => fields.column_value::<$T>(&table::NTH[$i], &mut $T)?,)+
                            other => fields.unknown(other, &table::NTH[..$len])?,
                        }
                    }
                    let rows = fields.rows($len)?;
                    $(let mut $T = fields.need(&table::NTH[$i], $T)?.into_iter();)+
                    (0..rows).map(|_| Ok(($(fields.need(&table::NTH[$i], $T.next())?,)+))).collect()
                }
            )*
        }
        $(
        impl<$($T: FrameSerialize),+> crate::TypeName for ($($T,)+) {
            fn type_name() -> Cow<'static, str> {
                let names = [$($T::type_name()),+];
                format!("({}{})", names.join(", "), if $len == 1 { "," } else { "" }).into()
            }
            fn type_name_of_val(&self) -> Cow<'static, str> {
                <Self as crate::TypeName>::type_name()
            }
        }

        impl<$($T: FrameSerialize),+> FrameSerialize for ($($T,)+) {
            whole!();
            #[inline]
            fn is_inline(&self) -> bool {
                $(self.$i.is_inline())&&+
            }
            fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
                writer.descend()?;
                writer.array_len($len)?;
                $(self.$i.write_inline(writer).map_err(|e| e.at_index($i))?;)+
                writer.ascend();
                Ok(())
            }
            fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
                if self.is_inline() {
                    return writer.msgpack_entry(self);
                }
                collection::write(writer, "tuple", None, |items| {
                    $(items.push(&self.$i)?;)+
                    Ok(())
                })
            }
            fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
                collection::read_inline_tuple(cursor, $len, |e| Ok(($(e.next::<$T>()?,)+)))
            }
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                let name = <Self as crate::TypeName>::type_name();
                collection::read_tuple(cursor, frames, $len, &name, &|e| Ok(($(e.next::<$T>()?,)+)))
            }
            fn read_slice(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Vec<Self>> {
                table::read_tuple_rows(cursor, frames, columns::$columns::<$($T),+>)
            }
            #[inline(always)]
            fn shape() -> Place {
                Place::START$(.then($T::shape()))+
            }
            fn describe(schema: &mut Schema) {
                schema.tuple($len);
                $($T::describe(schema);)+
            }
            #[inline(always)]
            fn pack<'a>(
                &'a self,
                row: &mut [u8],
                at: Place,
                sinks: &mut Sinks<'a>,
                writer: &mut Writer<'a>,
            ) -> Result<()> {
                let mut next = at;
                $(
                    self.$i.pack(row, next, sinks, writer).map_err(|e| e.at_index($i))?;
                    next = next.then($T::shape());
                )+
                let _ = next;
                Ok(())
            }
            #[inline(always)]
            fn unpack(row: &[u8], at: Place, sources: &mut Sources<'_>, u: &mut Unpacker<'_, '_, '_>) -> Result<Self> {
                let mut next = at;
                Ok(($({
                    let value = $T::unpack(row, next, sources, u).map_err(|e| e.at_index($i))?;
                    next = next.then($T::shape());
                    let _ = next;
                    value
                },)+))
            }
            #[inline]
            fn bulk(&self) -> usize {
                0 $(+ self.$i.bulk())+
            }
        }
    )* };
}

tuple! {
    1 one: A 0;
    2 two: A 0 B 1;
    3 three: A 0 B 1 C 2;
    4 four: A 0 B 1 C 2 D 3;
    5 five: A 0 B 1 C 2 D 3 E 4;
    6 six: A 0 B 1 C 2 D 3 E 4 F 5;
    7 seven: A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    8 eight: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
    9 nine: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8;
    10 ten: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9;
    11 eleven: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10;
    12 twelve: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11;
}
