//! Structs with named fields: the `Record` of the runtime, to which the hooks forward.

use crate::derive::Target;
use crate::fields::Named;
use crate::input::{Field, Place, keys, travelling};
use crate::table;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// The `Record` implementation, and the hooks of `FrameSerialize`.
pub(crate) fn expand(target: &Target<'_>, fields: &[Field<'_>]) -> (TokenStream, TokenStream) {
    let attrs = &target.input.attrs;
    let key_list = Ident::new("__KEYS", Span::call_site());
    let keys = keys(&key_list, travelling(fields).map(|f| &f.names));
    let named =
        Named { fields, keys: &key_list, allow_unknown: attrs.allow_unknown_fields.is_set(), by_position: false };

    let (module, qualname) = match attrs.python.get() {
        Some(python) => (&*python.module, &*python.qualname),
        None => ("builtins", "dict"),
    };
    let head = if target.input.has_parameters() {
        quote!(&[])
    } else {
        quote! {
            &__frames::record::head::<{ __frames::record::head_len(__NAME, #module, #qualname) }>(__NAME, #module, #qualname)
        }
    };
    let inline_fields = named.inline_count(Place::InSelf);
    let write_simple = named.write_simple(Place::InSelf);
    let write_complex = named.write_complex(Place::InSelf);
    let read = named.read(&quote!(Self));
    let read_columns = named.read_columns();
    let record = target.implement(
        &quote!(__frames::Record),
        &quote! {
            const KEYS: &'static [__frames::Key] = &__KEYS;
            const HEAD: &'static [::core::primitive::u8] = #head;
            const LAYOUT: &'static [::core::primitive::u8] =
                &__frames::record::layout::<{ __frames::record::layout_len(#module, #qualname) }>(#module, #qualname);
            const CLASS: (&'static ::core::primitive::str, &'static ::core::primitive::str) = (#module, #qualname);

            #[cfg_attr(not(debug_assertions), inline)]
            fn inline_fields(&self) -> ::core::primitive::usize {
                #inline_fields
            }
            #[cfg_attr(not(debug_assertions), inline)]
            fn write_simple(&self, __w: &mut __frames::Writer<'_>) -> __frames::Result<()> {
                #write_simple
                ::core::result::Result::Ok(())
            }
            fn write_complex<'__a>(&'__a self, __c: &mut __frames::Complex<'_, '__a>) -> __frames::Result<()> {
                #write_complex
                ::core::result::Result::Ok(())
            }
            // Called from three places, in each of which it would be compiled again.
            #[inline(never)]
            fn read(__fields: &mut __frames::Fields<'_, '_, '_>) -> __frames::Result<Self> {
                #read
            }
            fn read_columns(__fields: &mut __frames::Fields<'_, '_, '_>) -> __frames::Result<::std::vec::Vec<Self>> {
                #read_columns
            }
        },
    );
    (quote!(#keys #record), hooks(attrs.plain.is_set(), &rows(fields, &key_list)))
}

/// The hooks of rows.
fn rows(fields: &[Field<'_>], keys: &Ident) -> TokenStream {
    let n = travelling(fields).count();
    let described = table::describe(fields, Some(keys));
    let bulk = table::bulk(fields, Place::InSelf);
    table::hooks(
        &table::shape(fields),
        &quote! {
            if __schema.record(<Self as __frames::TypeName>::type_name(), #n) {
                #described
                __schema.end();
            }
        },
        &table::pack(fields, Place::InSelf, Some(keys)),
        &table::unpack(fields, &quote!(Self), Some(keys)),
        &bulk,
    )
}

/// Every hook is the runtime's function of the same name; a slice of plain records is one structured array.
fn hooks(plain: bool, rows: &TokenStream) -> TokenStream {
    let (write_slice, read_slice) = if plain {
        (
            quote!(__frames::plain::write_slice(__items, __w)),
            quote!(__frames::plain::read_slice::<Self>(__cursor, __slots, __frames::record::read_columns::<Self>)),
        )
    } else {
        (quote!(__frames::record::write_rows(__items, __w)), quote!(__frames::record::read_columns(__cursor, __slots)))
    };
    let memory = plain.then(|| {
        quote! {
            #[cfg_attr(not(debug_assertions), inline)]
            fn as_rows(__items: &[Self]) -> ::core::option::Option<&[::core::primitive::u8]> {
                __frames::plain::as_rows(__items)
            }
            #[cfg_attr(not(debug_assertions), inline)]
            fn from_rows(
                __rows: &[::core::primitive::u8],
            ) -> ::core::option::Option<__frames::Result<::std::vec::Vec<Self>>> {
                __frames::plain::from_rows(__rows)
            }
        }
    });
    quote! {
        fn serialize(&self) -> __frames::Result<(__frames::Header, __frames::Frames<'_>)> {
            __frames::record::serialize(self)
        }
        fn deserialize(__header: __frames::HeaderRef<'_>, __bytes: __frames::Frames<'_>) -> __frames::Result<Self> {
            __frames::record::deserialize(__header, __bytes)
        }
        #[cfg_attr(not(debug_assertions), inline)]
        fn is_inline(&self) -> ::core::primitive::bool {
            __frames::record::is_inline(self)
        }
        fn write_inline(&self, __w: &mut __frames::Writer<'_>) -> __frames::Result<()> {
            __frames::record::write_inline(self, __w)
        }
        fn write_entry<'__a>(&'__a self, __w: &mut __frames::Writer<'__a>) -> __frames::Result<()> {
            __frames::record::write_entry(self, __w)
        }
        fn read_inline(__cursor: &mut __frames::Cursor<'_>) -> __frames::Result<Self> {
            __frames::record::read_inline(__cursor)
        }
        fn read_entry(
            __cursor: &mut __frames::Cursor<'_>,
            __slots: &mut [__frames::Slot<'_>],
        ) -> __frames::Result<Self> {
            __frames::record::read_entry(__cursor, __slots)
        }
        fn write_slice<'__a>(__items: &'__a [Self], __w: &mut __frames::Writer<'__a>) -> __frames::Result<()> {
            #write_slice
        }
        fn read_slice(
            __cursor: &mut __frames::Cursor<'_>,
            __slots: &mut [__frames::Slot<'_>],
        ) -> __frames::Result<::std::vec::Vec<Self>> {
            #read_slice
        }
        fn write_column<'__a>(
            __rows: ::core::primitive::usize,
            __at: &dyn ::core::ops::Fn(::core::primitive::usize) -> &'__a Self,
            __w: &mut __frames::Writer<'__a>,
        ) -> __frames::Result<()>
        where
            Self: '__a,
        {
            __frames::record::write_column(__rows, __at, __w)
        }
        #rows
        #memory
    }
}
