//! Columns of tuples: a column an element.

use super::{Column, ColumnSlice, Rows, Viewable};
use crate::entry::{self, Entry};
use crate::error::Result;
use crate::fields::Fields;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::table::{self, Place, Sources, Unpacker};
use std::ops::Range;

/// Columns named by their index through `read`, any other form tuple by tuple.
fn open_columns<'f, T: Viewable>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'f>],
    read: impl Fn(&mut Fields<'_, '_, 'f>) -> Result<T::Column<'f>>,
) -> Result<T::Column<'f>> {
    let mut after = *cursor;
    let entry = Entry::read(&mut after)?;
    let received = entry::received(cursor, &after, slots);
    let read = |fields: &mut Fields<'_, '_, 'f>| {
        fields.makes_rows::<T>(received);
        read(fields)
    };
    match table::read_dict(&entry, &after, slots, read) {
        Some(column) => {
            *cursor = after;
            column
        }
        None => T::of_values(T::read_slice(cursor, slots)?),
    }
}

macro_rules! tuples {
    ($($len:literal: $($T:ident $C:ident $i:tt)+;)*) => { $(
        impl<$($T: Viewable, $C: Column<$T>),+> Column<($($T,)+)> for ($($C,)+) {
            fn len(&self) -> usize {
                self.0.len()
            }
            #[inline]
            fn get(&self, index: usize) -> Option<($($T::Ref<'_>,)+)> {
                Some(($(self.$i.get(index)?,)+))
            }
        }

        impl<$($T: Viewable),+> Viewable for ($($T,)+) {
            type Ref<'v> = ($($T::Ref<'v>,)+);
            type List<'v> = ColumnSlice<'v, Self>;
            type Column<'f> = ($($T::Column<'f>,)+);
            fn open_packed<'f>(
                rows: Rows<'f>,
                at: Place,
                sources: &mut Sources<'f>,
                unpacker: &mut Unpacker<'_, '_, 'f>,
            ) -> Result<Self::Column<'f>> {
                let mut next = at;
                Ok(($({
                    let column = $T::open_packed(rows, next, sources, unpacker).map_err(|e| e.at_index($i))?;
                    next = next.then($T::shape());
                    let _ = next;
                    column
                },)+))
            }
            #[allow(non_snake_case, reason = "a column is named as its type")]
            fn open_portable<'f>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Self::Column<'f>> {
                open_columns::<Self>(cursor, slots, |fields| {
                    $(let mut $T = None;)+
                    while let Some(name) = fields.name()? {
                        match name {
                            $(stringify!($i) => fields.view_column_value::<$T>(&table::NTH[$i], &mut $T)?,)+
                            other => fields.unknown(other, &table::NTH[..$len])?,
                        }
                    }
                    fields.rows($len)?;
                    Ok(($(fields.need(&table::NTH[$i], $T)?,)+))
                })
            }
            #[allow(non_snake_case, reason = "a column is named as its type")]
            fn of_values<'f>(values: Vec<Self>) -> Result<Self::Column<'f>> {
                $(let mut $T = Vec::with_capacity(values.len());)+
                for value in values {
                    $($T.push(value.$i);)+
                }
                Ok(($($T::of_values($T)?,)+))
            }
            fn list<'v, 'f: 'v>(column: Option<&'v Self::Column<'f>>, range: Range<usize>) -> Option<Self::List<'v>> {
                ColumnSlice::new(column.map(|c| c as &dyn Column<Self>), range)
            }
        }
    )* };
}

tuples! {
    1: A CA 0;
    2: A CA 0 B CB 1;
    3: A CA 0 B CB 1 C CC 2;
    4: A CA 0 B CB 1 C CC 2 D CD 3;
    5: A CA 0 B CB 1 C CC 2 D CD 3 E CE 4;
    6: A CA 0 B CB 1 C CC 2 D CD 3 E CE 4 F CF 5;
    7: A CA 0 B CB 1 C CC 2 D CD 3 E CE 4 F CF 5 G CG 6;
    8: A CA 0 B CB 1 C CC 2 D CD 3 E CE 4 F CF 5 G CG 6 H CH 7;
    9: A CA 0 B CB 1 C CC 2 D CD 3 E CE 4 F CF 5 G CG 6 H CH 7 I CI 8;
    10: A CA 0 B CB 1 C CC 2 D CD 3 E CE 4 F CF 5 G CG 6 H CH 7 I CI 8 J CJ 9;
    11: A CA 0 B CB 1 C CC 2 D CD 3 E CE 4 F CF 5 G CG 6 H CH 7 I CI 8 J CJ 9 K CK 10;
    12: A CA 0 B CB 1 C CC 2 D CD 3 E CE 4 F CF 5 G CG 6 H CH 7 I CI 8 J CJ 9 K CK 10 L CL 11;
}
