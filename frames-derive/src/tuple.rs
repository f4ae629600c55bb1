//! Structs with unnamed fields, which are tuples, and structs without fields, which are nil.

use crate::fields::{Named, asserted, unnamed_values};
use crate::input::{Field, Names, Place, travelling};
use crate::table;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

/// The hooks of a tuple struct.
pub(crate) fn expand(fields: &[Field<'_>]) -> TokenStream {
    let n = travelling(fields).count();
    let is_inline = all_inline(fields, Place::InSelf);
    let write_inline = write_array(fields, Place::InSelf);
    let push = push_items(fields, Place::InSelf);
    let read = read_elements(fields, &quote!(Self));
    let parts = parts();
    let (rows, read_slice) = (rows(fields), read_slice(fields));
    quote! {
        #parts
        #read_slice
        #[inline]
        fn is_inline(&self) -> ::core::primitive::bool {
            #is_inline
        }
        fn write_inline(&self, __w: &mut __frames::Writer<'_>) -> __frames::Result<()> {
            #write_inline
        }
        fn write_entry<'__a>(&'__a self, __w: &mut __frames::Writer<'__a>) -> __frames::Result<()> {
            if __frames::FrameSerialize::is_inline(self) {
                return __w.named_msgpack_entry(self);
            }
            __frames::collection::write(
                __w,
                "tuple",
                ::core::option::Option::Some(&<Self as __frames::TypeName>::type_name()),
                |__items| #push,
            )
        }
        fn read_inline(__cursor: &mut __frames::Cursor<'_>) -> __frames::Result<Self> {
            __frames::collection::read_inline_tuple(__cursor, #n, |__e| #read)
        }
        fn read_entry(
            __cursor: &mut __frames::Cursor<'_>,
            __slots: &mut [__frames::Slot<'_>],
        ) -> __frames::Result<Self> {
            __frames::collection::read_tuple(
                __cursor,
                __slots,
                #n,
                &<Self as __frames::TypeName>::type_name(),
                &|__e| #read,
            )
        }
        #rows
    }
}

/// The hooks of the rows of a tuple struct: those of a tuple. Columns are read by the tuple of the fields' types.
fn rows(fields: &[Field<'_>]) -> TokenStream {
    let n = travelling(fields).count();
    let described = table::describe(fields, None);
    table::hooks(
        &table::shape(fields),
        &quote! {
            __schema.tuple(#n);
            #described
        },
        &table::pack(fields, Place::InSelf, None),
        &table::unpack(fields, &quote!(Self), None),
        &table::bulk(fields, Place::InSelf),
    )
}

/// Reads many: from columns that are named by their index, or one by one.
fn read_slice(fields: &[Field<'_>]) -> TokenStream {
    let keys = Ident::new("__NTH", Span::call_site());
    let named = Named { fields, keys: &keys, allow_unknown: false, by_position: true };
    let names: Vec<Names> =
        travelling(fields).map(|f| Names { name: f.position.to_string(), aliases: Vec::new() }).collect();
    let (list, read) = (crate::input::keys(&keys, names.iter()), named.read_columns());
    quote! {
        fn read_slice(
            __cursor: &mut __frames::Cursor<'_>,
            __slots: &mut [__frames::Slot<'_>],
        ) -> __frames::Result<::std::vec::Vec<Self>> {
            #list
            __frames::table::read_tuple_rows(__cursor, __slots, |__fields| { #read })
        }
    }
}

/// The hooks of a unit struct.
pub(crate) fn expand_unit() -> TokenStream {
    let parts = parts();
    let rows = table::hooks(
        &table::shape(&[]),
        &quote!(__schema.leaf("unit")),
        &table::pack(&[], Place::InSelf, None),
        &table::unpack(&[], &quote!(Self), None),
        &table::bulk(&[], Place::InSelf),
    );
    quote! {
        #parts
        #[inline]
        fn is_inline(&self) -> ::core::primitive::bool {
            true
        }
        #[inline]
        fn is_nullable() -> ::core::primitive::bool {
            true
        }
        #[inline]
        fn write_inline(&self, __w: &mut __frames::Writer<'_>) -> __frames::Result<()> {
            __w.raw(&[0xc0]);
            ::core::result::Result::Ok(())
        }
        fn write_entry<'__a>(&'__a self, __w: &mut __frames::Writer<'__a>) -> __frames::Result<()> {
            __w.named_msgpack_entry(self)
        }
        #[inline]
        fn read_inline(__cursor: &mut __frames::Cursor<'_>) -> __frames::Result<Self> {
            if __cursor.take_nil() {
                return ::core::result::Result::Ok(Self {});
            }
            ::core::result::Result::Err(
                __cursor.mismatch(::core::format_args!("nothing (None), for {}", <Self as __frames::TypeName>::type_name())),
            )
        }
        fn read_entry(
            __cursor: &mut __frames::Cursor<'_>,
            __slots: &mut [__frames::Slot<'_>],
        ) -> __frames::Result<Self> {
            __frames::entry::read_scalar::<Self>(__cursor, __slots)
        }
        #rows
    }
}

/// `serialize` and `deserialize` of a type whose whole header is its own: both through the hooks.
pub(crate) fn parts() -> TokenStream {
    quote! {
        fn serialize(&self) -> __frames::Result<(__frames::Header, __frames::Frames<'_>)> {
            __frames::Writer::collect(&|__w| __frames::FrameSerialize::write_entry(self, __w))
        }
        fn deserialize(
            __header: __frames::HeaderRef<'_>,
            mut __bytes: __frames::Frames<'_>,
        ) -> __frames::Result<Self> {
            let mut __cursor = __header.cursor();
            let __value = <Self as __frames::FrameSerialize>::read_entry(&mut __cursor, __bytes.slots_mut())?;
            __cursor.finish()?;
            ::core::result::Result::Ok(__value)
        }
    }
}

/// `is_inline(a) && is_inline(b)`
pub(crate) fn all_inline(fields: &[Field<'_>], place: Place) -> TokenStream {
    let fields = travelling(fields).map(|field| {
        let (ty, value) = (field.ty, field.value(place));
        quote_spanned!(field.span()=> && <#ty as __frames::FrameSerialize>::is_inline(#value))
    });
    quote!(true #(#fields)*)
}

/// A msgpack array.
pub(crate) fn write_array(fields: &[Field<'_>], place: Place) -> TokenStream {
    let n = travelling(fields).count();
    let fields = travelling(fields).map(|field| {
        let (ty, value, i) = (field.ty, field.value(place), field.position);
        quote_spanned! {field.span()=>
            <#ty as __frames::FrameSerialize>::write_inline(#value, __w).map_err(|__error| __error.at_index(#i))?;
        }
    });
    quote! {
        __w.descend()?;
        __w.array_len(#n)?;
        #(#fields)*
        __w.ascend();
        ::core::result::Result::Ok(())
    }
}

/// The items of a collection: `{ __items.push(a)?; __items.push(b)?; Ok(()) }`
pub(crate) fn push_items(all: &[Field<'_>], place: Place) -> TokenStream {
    let fields = travelling(all).map(|field| {
        let (ty, value) = (field.ty, field.value(place));
        quote_spanned!(field.span()=> __items.push::<#ty>(#value)?;)
    });
    let asserted = asserted(all);
    quote!({
        #asserted
        #(#fields)*
        ::core::result::Result::Ok(())
    })
}

/// The value whose elements `__e` gives: `Ok(Self { 0: __e.next()?, 1: __e.next()? })`
pub(crate) fn read_elements(fields: &[Field<'_>], constructor: &TokenStream) -> TokenStream {
    let values = unnamed_values(fields, |field| {
        let ty = field.ty;
        quote_spanned!(field.span()=> __e.next::<#ty>()?)
    });
    let asserted = asserted(fields);
    quote!({
        #asserted
        ::core::result::Result::Ok(#constructor { #values })
    })
}
