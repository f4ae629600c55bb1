//! Tuples: a msgpack array while all elements are inline, a tuple collection otherwise; a tuple in Python either way.

use super::whole;
use crate::collection;
use crate::error::Result;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::writer::Writer;
use std::borrow::Cow;

macro_rules! tuple {
    ($($len:literal: $($T:ident $i:tt)+;)*) => { $(
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
        }
    )* };
}

tuple! {
    1: A 0;
    2: A 0 B 1;
    3: A 0 B 1 C 2;
    4: A 0 B 1 C 2 D 3;
    5: A 0 B 1 C 2 D 3 E 4;
    6: A 0 B 1 C 2 D 3 E 4 F 5;
    7: A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    8: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
    9: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8;
    10: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9;
    11: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10;
    12: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11;
}
