//! Enums: the name of the variant as text, or a map of one entry from the name to the payload.

use crate::derive::Target;
use crate::fields::{Named, asserted, unnamed_values};
use crate::input::{Field, Place, Style, Variant, keys, travelling};
use crate::{table, tuple};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};

/// The constants and the reader of variants, and the hooks of `FrameSerialize`.
pub(crate) fn expand(target: &Target<'_>, variants: &[Variant<'_>], krate: &TokenStream) -> (TokenStream, TokenStream) {
    let allow_unknown = target.input.attrs.allow_unknown_fields.is_set();
    let key_lists: Vec<Ident> = (0..variants.len()).map(|i| format_ident!("__KEYS_{i}")).collect();
    let named =
        |i: usize| Named { fields: &variants[i].fields, keys: &key_lists[i], allow_unknown, by_position: false };
    let each = |one: &dyn Fn(usize, &Variant<'_>) -> TokenStream| -> TokenStream {
        variants.iter().enumerate().map(|(i, variant)| one(i, variant)).collect()
    };

    let variant_keys = keys(&format_ident!("__VARIANTS"), variants.iter().map(|v| &v.names));
    let field_keys = each(&|i, variant| match variant.style {
        Style::Named => keys(&key_lists[i], travelling(&variant.fields).map(|f| &f.names)),
        _ => TokenStream::new(),
    });
    let arms = each(&|i, variant| read_variant(variant, &named(i)));
    let names = variants.iter().map(|v| &v.names.name);
    let reader = target.implement(
        &quote!(__Variants),
        &quote! {
            fn __read(
                __name: &::core::primitive::str,
                __payload: __frames::Payload<'_, '_, '_>,
            ) -> __frames::Result<Self> {
                match __name {
                    #arms
                    _ => __frames::variant::unknown(__name, &[#(#names),*]),
                }
            }
        },
    );
    let shape = quote! {
        #variant_keys
        #field_keys
        trait __Variants: ::core::marker::Sized {
            fn __read(
                __name: &::core::primitive::str,
                __payload: __frames::Payload<'_, '_, '_>,
            ) -> __frames::Result<Self>;
        }
        #reader
    };

    let is_inline = each(&|_, variant| is_inline(variant));
    let write_inline = each(&|i, variant| write_inline(i, variant, &named(i), krate));
    let write_entry = each(&|i, variant| write_entry(i, variant, &named(i)));
    let units = variants.iter().any(|v| v.style == Style::Unit).then(|| quote!(_ => __w.named_msgpack_entry(self),));
    let parts = tuple::parts();
    let rows = rows(variants, &named);
    let hooks = quote! {
        #parts
        #[inline]
        fn is_inline(&self) -> ::core::primitive::bool {
            match self {
                #is_inline
            }
        }
        fn write_inline(&self, __w: &mut __frames::Writer<'_>) -> __frames::Result<()> {
            match self {
                #write_inline
            }
        }
        fn write_entry<'__a>(&'__a self, __w: &mut __frames::Writer<'__a>) -> __frames::Result<()> {
            if __frames::FrameSerialize::is_inline(self) {
                return __w.named_msgpack_entry(self);
            }
            match self {
                #write_entry
                #units
            }
        }
        fn read_inline(__cursor: &mut __frames::Cursor<'_>) -> __frames::Result<Self> {
            __frames::variant::read_inline(__cursor, &<Self as __Variants>::__read)
        }
        fn read_entry(
            __cursor: &mut __frames::Cursor<'_>,
            __slots: &mut [__frames::Slot<'_>],
        ) -> __frames::Result<Self> {
            __frames::variant::read_entry(
                __cursor,
                __slots,
                &<Self as __frames::TypeName>::type_name(),
                &<Self as __Variants>::__read,
            )
        }
        #rows
    };
    (shape, hooks)
}

/// The hooks of rows: a code in the row, and the data of each variant in a table of its own. In columns, where a value with data
/// has no place, each value is written whole.
fn rows<'f, 'a>(variants: &[Variant<'_>], named: &dyn Fn(usize) -> Named<'f, 'a>) -> TokenStream {
    let n = variants.len();
    let with_data = |i: usize| variants[..i].iter().filter(|v| v.style != Style::Unit).count();
    let (tables, is_plain) = (with_data(n), with_data(n) == 0);
    let read_code = |code: &TokenStream, arms: &TokenStream| {
        quote! {
            match #code {
                #arms
                __code => ::core::result::Result::Err(__frames::table::no_such_variant(__code as ::core::primitive::usize, #n)),
            }
        }
    };
    if is_plain {
        let code = if n <= 256 { quote!(::core::primitive::u8) } else { quote!(::core::primitive::u16) };
        let codes: TokenStream = variants
            .iter()
            .enumerate()
            .map(|(i, variant)| {
                let (pattern, code) = (pattern(variant, std::iter::empty()), Literal::usize_unsuffixed(i));
                quote!(#pattern => #code,)
            })
            .collect();
        let arms: TokenStream = variants
            .iter()
            .enumerate()
            .map(|(i, variant)| {
                let (ident, code) = (variant.ident, Literal::usize_unsuffixed(i));
                quote!(#code => ::core::result::Result::Ok(Self::#ident {}),)
            })
            .collect();
        let read = read_code(&quote!(<#code>::from_le_bytes(__frames::table::get(__row, __at.fixed)?)), &arms);
        return table::hooks(
            &quote!(__frames::Place::bytes(::core::mem::size_of::<#code>())),
            &quote!(__schema.names(&__VARIANTS)),
            &quote! {
                let __code: #code = match self { #codes };
                __frames::table::put(__row, __at.fixed, __code.to_le_bytes());
                ::core::result::Result::Ok(())
            },
            &read,
            &quote!(0),
        );
    }
    let (mut described, mut packed, mut arms, mut bulks) =
        (TokenStream::new(), TokenStream::new(), TokenStream::new(), TokenStream::new());
    for (i, variant) in variants.iter().enumerate() {
        let (named, table, ident) = (named(i), with_data(i), variant.ident);
        let (code, keys) = (Literal::u32_unsuffixed(i as u32), (variant.style == Style::Named).then_some(named.keys));
        let (count, bound) = (named.count(), pattern(variant, travelling(&variant.fields)));
        let put = quote!({ let __code: ::core::primitive::u32 = #code; __frames::table::put(__row, __at.fixed, __code.to_le_bytes()); });
        let fields = table::describe(&variant.fields, keys);
        let describe = match variant.style {
            Style::Unit => quote!(__schema.nothing();),
            Style::Newtype => fields,
            Style::Tuple => quote!(__schema.tuple(#count); #fields),
            Style::Named => quote!(__schema.fields(#count); #fields __schema.end();),
        };
        described.extend(quote!(__schema.key(&__VARIANTS[#i]); #describe));
        if variant.style == Style::Unit {
            packed.extend(quote!(#bound => { #put ::core::result::Result::Ok(()) }));
            arms.extend(quote!(#code => ::core::result::Result::Ok(Self::#ident {}),));
        } else {
            let shape = table::shape(&variant.fields);
            let pack = table::pack(&variant.fields, Place::Matched, keys);
            let unpack = table::unpack(&variant.fields, &quote!(Self::#ident), keys);
            packed.extend(quote! {
                #bound => {
                    #put
                    __sinks.variant(__at.tables + #table, #shape, __w, |__row, __sinks, __w| {
                        let __at = __frames::Place::START;
                        #pack
                    })
                }
            });
            arms.extend(quote! {
                #code => __sources.variant(__at.tables + #table, #shape, __u, |__row, __sources, __u| {
                    let __at = __frames::Place::START;
                    #unpack
                }),
            });
        }
        let bulk = table::bulk(&variant.fields, Place::Matched);
        let bound = pattern(variant, travelling(&variant.fields).filter(|f| !f.attrs.with.is_set()));
        bulks.extend(quote!(#bound => #bulk,));
    }
    let read =
        read_code(&quote!(::core::primitive::u32::from_le_bytes(__frames::table::get(__row, __at.fixed)?)), &arms);
    table::hooks(
        &quote!(__frames::Place { fixed: 4, texts: 0, tables: #tables }),
        &quote! {
            if __schema.choice(<Self as __frames::TypeName>::type_name(), #n) {
                #described
                __schema.end();
            }
        },
        &quote! {
            if !__w.is_packed() {
                return __sinks.whole_value(self, __at, __w);
            }
            match self { #packed }
        },
        &read,
        &quote!(match self { #bulks }),
    )
}

/// `Self::Variant { 0: __f0, 2: __f2, .. }`
fn pattern<'f>(variant: &Variant<'_>, fields: impl Iterator<Item = &'f Field<'f>>) -> TokenStream {
    let ident = variant.ident;
    let fields = fields.map(|field| {
        let (member, local) = (&field.member, &field.local);
        quote!(#member: #local,)
    });
    quote!(Self::#ident { #(#fields)* .. })
}

/// `Self::Variant { … } => is_inline(__f0) && …,`
fn is_inline(variant: &Variant<'_>) -> TokenStream {
    if travelling(&variant.fields).any(|f| f.attrs.with.is_set()) {
        let pattern = pattern(variant, std::iter::empty());
        return quote!(#pattern => false,);
    }
    let pattern = pattern(variant, travelling(&variant.fields));
    let all = tuple::all_inline(&variant.fields, Place::Matched);
    quote!(#pattern => #all,)
}

/// `Self::Variant { … } =>` the text, or the map of one entry.
fn write_inline(i: usize, variant: &Variant<'_>, named: &Named<'_, '_>, krate: &TokenStream) -> TokenStream {
    let key = quote!(&__VARIANTS[#i]);
    let bound = pattern(variant, travelling(&variant.fields));
    let payload = match variant.style {
        Style::Unit => {
            let encoded = Literal::byte_string(&crate::input::encoded(&variant.names.name));
            return quote! {
                #bound => {
                    __w.raw(#encoded);
                    ::core::result::Result::Ok(())
                }
            };
        }
        Style::Newtype => {
            let field = travelling(&variant.fields).map(|field| {
                let (ty, local) = (field.ty, &field.local);
                quote_spanned!(field.span()=> <#ty as __frames::FrameSerialize>::write_inline(#local, __w))
            });
            quote!(#(#field)*)
        }
        Style::Tuple => tuple::write_array(&variant.fields, Place::Matched),
        Style::Named => match named.write_map(Place::Matched) {
            Some(map) => map,
            None => {
                let bare = pattern(variant, std::iter::empty());
                let message = "a variant with a field that has functions of its own (`with`) needs frames";
                return quote! {
                    #bare => ::core::result::Result::Err(
                        __frames::Error::new(#krate::ErrorKind::Unsupported, #message).at_field(__VARIANTS[#i].name),
                    ),
                };
            }
        },
    };
    quote!(#bound => __frames::variant::write_inline(__w, #key, |__w| { #payload }),)
}

/// `Self::Variant { … } =>` an object whose only field is the payload. Unit variants have none.
fn write_entry(i: usize, variant: &Variant<'_>, named: &Named<'_, '_>) -> TokenStream {
    let bound = pattern(variant, travelling(&variant.fields));
    let payload = match variant.style {
        Style::Unit => return TokenStream::new(),
        Style::Newtype => {
            let field = travelling(&variant.fields).map(|field| {
                let (ty, local) = (field.ty, &field.local);
                quote_spanned!(field.span()=> <#ty as __frames::FrameSerialize>::write_entry(#local, __w))
            });
            quote!(#(#field)*)
        }
        Style::Tuple => {
            let push = tuple::push_items(&variant.fields, Place::Matched);
            quote!(__frames::collection::write(__w, "tuple", ::core::option::Option::None, |__items| #push))
        }
        Style::Named => {
            let (count, total) = (named.inline_count(Place::Matched), named.count());
            let (simple, complex) = (named.write_simple(Place::Matched), named.write_complex(Place::Matched));
            quote! {
                __frames::variant::write_fields(
                    __w,
                    #count,
                    #total,
                    |__w| {
                        #simple
                        ::core::result::Result::Ok(())
                    },
                    |__c| {
                        #complex
                        ::core::result::Result::Ok(())
                    },
                )
            }
        }
    };
    quote! {
        #bound => __frames::variant::write_entry(
            __w,
            &<Self as __frames::TypeName>::type_name(),
            &__VARIANTS[#i],
            |__w| #payload,
        ),
    }
}

/// `"Variant" | "Alias" =>` its value, from the payload.
fn read_variant(variant: &Variant<'_>, named: &Named<'_, '_>) -> TokenStream {
    let (names, ident) = (variant.names.all(), variant.ident);
    let constructor = quote!(Self::#ident);
    let read = match variant.style {
        Style::Unit => quote!(__payload.unit().map(|()| #constructor {})),
        Style::Newtype => {
            let value = unnamed_values(&variant.fields, |_| quote!(__value));
            let ty = travelling(&variant.fields).map(|f| f.ty);
            let newtype = quote_spanned!(variant.fields[0].span()=> __payload.newtype::<#(#ty)*>());
            let asserted = asserted(&variant.fields);
            quote!({
                #asserted
                #newtype.map(|__value| #constructor { #value })
            })
        }
        Style::Tuple => {
            let n = travelling(&variant.fields).count();
            let read = tuple::read_elements(&variant.fields, &constructor);
            quote!(__payload.tuple(#n, __name, &|__e| #read))
        }
        Style::Named => {
            let read = named.read(&constructor);
            quote!(__payload.fields(__name, |__fields| { #read }))
        }
    };
    quote!(#(#names)|* => #read,)
}
