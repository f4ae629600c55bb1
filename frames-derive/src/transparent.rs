//! Structs that travel as their only field: every hook is the field's.

use crate::fields::unnamed_values;
use crate::input::{Field, travelling};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};

pub(crate) fn expand(fields: &[Field<'_>]) -> TokenStream {
    let Some(inner) = travelling(fields).next() else { return TokenStream::new() };
    let (member, ty) = (&inner.member, inner.ty);
    // The bound that a type without `FrameSerialize` breaks is reported at the type of the field.
    let field = quote_spanned!(inner.span()=> <#ty as __frames::FrameSerialize>);
    let value = quote!(__value);
    let new = unnamed_values(fields, |_| value.to_token_stream());
    let new = quote!(Self { #new });
    let one = quote!(|__value| #new);
    let all = quote! {
        |__values| {
            ::core::iter::Iterator::collect(::core::iter::Iterator::map(::core::iter::IntoIterator::into_iter(__values), #one))
        }
    };
    quote! {
        fn serialize(&self) -> __frames::Result<(__frames::Header, __frames::Frames<'_>)> {
            #field::serialize(&self.#member)
        }
        fn deserialize(__header: __frames::HeaderRef<'_>, __bytes: __frames::Frames<'_>) -> __frames::Result<Self> {
            #field::deserialize(__header, __bytes).map(#one)
        }
        #[inline]
        fn is_inline(&self) -> ::core::primitive::bool {
            #field::is_inline(&self.#member)
        }
        #[inline]
        fn is_nullable() -> ::core::primitive::bool {
            #field::is_nullable()
        }
        #[inline]
        fn write_inline(&self, __w: &mut __frames::Writer<'_>) -> __frames::Result<()> {
            #field::write_inline(&self.#member, __w)
        }
        #[inline]
        fn write_entry<'__a>(&'__a self, __w: &mut __frames::Writer<'__a>) -> __frames::Result<()> {
            #field::write_entry(&self.#member, __w)
        }
        #[inline]
        fn read_inline(__cursor: &mut __frames::Cursor<'_>) -> __frames::Result<Self> {
            #field::read_inline(__cursor).map(#one)
        }
        #[inline]
        fn read_entry(
            __cursor: &mut __frames::Cursor<'_>,
            __slots: &mut [__frames::Slot<'_>],
        ) -> __frames::Result<Self> {
            #field::read_entry(__cursor, __slots).map(#one)
        }
        fn write_slice<'__a>(__items: &'__a [Self], __w: &mut __frames::Writer<'__a>) -> __frames::Result<()> {
            #field::write_column(__items.len(), &|__i| &__items[__i].#member, __w)
        }
        fn read_slice(
            __cursor: &mut __frames::Cursor<'_>,
            __slots: &mut [__frames::Slot<'_>],
        ) -> __frames::Result<::std::vec::Vec<Self>> {
            #field::read_slice(__cursor, __slots).map(#all)
        }
        fn write_column<'__a>(
            __rows: ::core::primitive::usize,
            __at: &dyn ::core::ops::Fn(::core::primitive::usize) -> &'__a Self,
            __w: &mut __frames::Writer<'__a>,
        ) -> __frames::Result<()>
        where
            Self: '__a,
        {
            #field::write_column(__rows, &|__i| &__at(__i).#member, __w)
        }
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn shape() -> __frames::Place {
            #field::shape()
        }
        #[inline]
        fn describe(__schema: &mut __frames::Schema) {
            #field::describe(__schema)
        }
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn pack<'__a>(
            &'__a self,
            __row: &mut [::core::primitive::u8],
            __at: __frames::Place,
            __sinks: &mut __frames::Sinks<'__a>,
            __w: &mut __frames::Writer<'__a>,
        ) -> __frames::Result<()> {
            #field::pack(&self.#member, __row, __at, __sinks, __w)
        }
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn unpack(
            __row: &[::core::primitive::u8],
            __at: __frames::Place,
            __sources: &mut __frames::Sources<'_>,
            __u: &mut __frames::Unpacker<'_, '_, '_>,
        ) -> __frames::Result<Self> {
            #field::unpack(__row, __at, __sources, __u).map(#one)
        }
        #[inline]
        fn bulk(&self) -> ::core::primitive::usize {
            #field::bulk(&self.#member)
        }
        #[inline]
        fn is_number() -> ::core::primitive::bool {
            #field::is_number()
        }
        #[inline]
        fn is_text() -> ::core::primitive::bool {
            #field::is_text()
        }
        #[inline]
        fn of_text(__text: &::core::primitive::str) -> __frames::Result<Self> {
            #field::of_text(__text).map(#one)
        }
    }
}
