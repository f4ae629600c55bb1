//! The rows of tables: what a row of the type takes, how it is described, packed and unpacked. One function a hook, for
//! fields of every kind of type.

use crate::fields::{asserted, fallback};
use crate::input::{Field, Place, located, travelling};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

/// The shape of fields one behind the other: `Place::START.then(<A>::shape()).then(<B>::shape())`
pub(crate) fn shape(all: &[Field<'_>]) -> TokenStream {
    let fields = travelling(all).map(|field| {
        let shape = one_shape(field);
        quote!(.then(#shape))
    });
    let asserted = asserted(all);
    quote!({ #asserted __frames::Place::START #(#fields)* })
}

fn one_shape(field: &Field<'_>) -> TokenStream {
    let ty = field.ty;
    match field.attrs.with.get() {
        None => quote_spanned!(field.span()=> <#ty as __frames::FrameSerialize>::shape()),
        Some(_) => quote!(__frames::Place::OTHER),
    }
}

/// The description of each field, with its key if there are `keys`: `__schema.key(…); <A>::describe(__schema); …`
pub(crate) fn describe(all: &[Field<'_>], keys: Option<&Ident>) -> TokenStream {
    let fields = travelling(all).map(|field| {
        let (ty, i) = (field.ty, field.position);
        let key = keys.map(|keys| quote!(__schema.key(&#keys[#i]);));
        let describe = match field.attrs.with.get() {
            None => quote_spanned!(field.span()=> <#ty as __frames::FrameSerialize>::describe(__schema);),
            Some(_) => quote!(__schema.leaf("other");),
        };
        quote!(#key #describe)
    });
    let asserted = asserted(all);
    quote!(#asserted #(#fields)*)
}

/// Packs each field into `__row` from `__at` on.
pub(crate) fn pack(fields: &[Field<'_>], place: Place, keys: Option<&Ident>) -> TokenStream {
    let asserted = asserted(fields);
    let packed = travelling(fields).map(|field| {
        let (ty, value, shape) = (field.ty, field.value(place), one_shape(field));
        let packed = match field.attrs.with.get() {
            None => quote_spanned! {field.span()=>
                <#ty as __frames::FrameSerialize>::pack(#value, __row, __at, __sinks, __w)
            },
            Some(with) => quote_spanned! {located(with)=>
                __frames::table::pack_with(#with::serialize(#value), __row, __at, __sinks, __w)
            },
        };
        let failed = located_in(field, keys);
        quote! {
            if let ::core::result::Result::Err(__error) = #packed {
                return #failed;
            }
            let __at = __at.then(#shape);
        }
    });
    quote! {
        #asserted
        #(#packed)*
        let _ = __at;
        ::core::result::Result::Ok(())
    }
}

/// Reads each field from `__row` from `__at` on, and makes the value of them: `Ok(Self { … })`
pub(crate) fn unpack(fields: &[Field<'_>], constructor: &TokenStream, keys: Option<&Ident>) -> TokenStream {
    let asserted = asserted(fields);
    let places = travelling(fields).map(|field| {
        let (local, shape) = (&field.local, one_shape(field));
        quote! {
            let #local = __at;
            let __at = __at.then(#shape);
        }
    });
    let values = fields.iter().map(|field| {
        let (member, ty, local) = (&field.member, field.ty, &field.local);
        if !field.travels() {
            let value = fallback(field, field.attrs.default.get());
            return quote!(#member: #value,);
        }
        let unpacked = match field.attrs.with.get() {
            None => quote_spanned! {field.span()=>
                <#ty as __frames::FrameSerialize>::unpack(__row, #local, __sources, __u)
            },
            Some(with) => quote_spanned! {located(with)=>
                __frames::table::unpack_with(__row, #local, __sources, __u, #with::deserialize)
            },
        };
        let failed = located_in(field, keys);
        quote! {
            #member: match #unpacked {
                ::core::result::Result::Ok(__value) => __value,
                ::core::result::Result::Err(__error) => return #failed,
            },
        }
    });
    quote! {
        #asserted
        #(#places)*
        let _ = __at;
        ::core::result::Result::Ok(#constructor { #(#values)* })
    }
}

/// How many bytes the lists of numbers in the fields have: `0 + <A>::bulk(a) + …`
pub(crate) fn bulk(all: &[Field<'_>], place: Place) -> TokenStream {
    let fields = travelling(all).filter(|f| !f.attrs.with.is_set()).map(|field| {
        let (ty, value) = (field.ty, field.value(place));
        quote_spanned!(field.span()=> + <#ty as __frames::FrameSerialize>::bulk(#value))
    });
    let asserted = asserted(all);
    quote!({ #asserted 0 #(#fields)* })
}

/// `__error`, which says in which field it is.
fn located_in(field: &Field<'_>, keys: Option<&Ident>) -> TokenStream {
    let i = field.position;
    match keys {
        Some(keys) => quote!(__frames::table::in_field(__error, &#keys[#i])),
        None => quote!(__frames::table::in_element(__error, #i)),
    }
}

/// The hooks, of their bodies, which are over the names of the parameters here.
pub(crate) fn hooks(
    shape: &TokenStream,
    describe: &TokenStream,
    pack: &TokenStream,
    unpack: &TokenStream,
    bulk: &TokenStream,
) -> TokenStream {
    quote! {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn shape() -> __frames::Place {
            #shape
        }
        fn describe(__schema: &mut __frames::Schema) {
            #describe
        }
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn pack<'__a>(
            &'__a self,
            __row: &mut [::core::primitive::u8],
            __at: __frames::Place,
            __sinks: &mut __frames::Sinks<'__a>,
            __w: &mut __frames::Writer<'__a>,
        ) -> __frames::Result<()> {
            #pack
        }
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn unpack(
            __row: &[::core::primitive::u8],
            __at: __frames::Place,
            __sources: &mut __frames::Sources<'_>,
            __u: &mut __frames::Unpacker<'_, '_, '_>,
        ) -> __frames::Result<Self> {
            #unpack
        }
        #[cfg_attr(not(debug_assertions), inline)]
        fn bulk(&self) -> ::core::primitive::usize {
            #bulk
        }
    }
}
