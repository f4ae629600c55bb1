//! `#[frames(plain)]`: records whose memory is their form, so that a slice of them is one structured numpy array.

use crate::ctxt::Ctxt;
use crate::derive::{Target, implement};
use crate::input::{Input, Shape, repr};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;

/// A plain record has named fields, a layout that the language fixes, and a size that is the same for all; each of its
/// fields travels with it.
pub(crate) fn check(ctxt: &Ctxt, input: &DeriveInput, parsed: &Input<'_>) {
    let Some(span) = parsed.attrs.plain.span() else { return };
    let fields = match &parsed.shape {
        Shape::Record(fields) => fields,
        // A `transparent` one was refused before.
        Shape::Transparent(_) if parsed.attrs.transparent.is_set() => return,
        Shape::Enum(_) => {
            ctxt.error_at(
                span,
                "an enum cannot be `plain`, because not every value of its memory is one of its variants",
            );
            return;
        }
        Shape::Transparent(_) | Shape::Tuple(_) | Shape::Unit => {
            ctxt.error_at(span, "the fields of a `plain` type are named in a numpy array; give them names");
            return;
        }
    };
    if fields.is_empty() {
        ctxt.error_at(span, "a `plain` type has a field at least, because numpy has no array of nothing");
    }
    let repr = repr(input);
    if !repr.iter().any(|r| r == "C") {
        ctxt.error_at(span, "a `plain` type has a layout that the language fixes: write `#[repr(C)]` on it");
    }
    if repr.iter().any(|r| r == "packed") {
        ctxt.error_at(span, "the fields of a `plain` type are borrowed, which `packed` does not allow; write the padding as a field, or none");
    }
    if let Some(param) = parsed.generics.params.first() {
        ctxt.error(param, "a `plain` type has no parameters, because its numpy dtype is one");
    }
    for field in fields {
        let attrs = &field.attrs;
        for (name, span) in
            [("skip", attrs.skip.span()), ("with", attrs.with.span()), ("default", attrs.default.span())]
        {
            if let Some(span) = span {
                ctxt.error_at(
                    span,
                    format_args!("every field of a `plain` type travels as it lies in memory; remove `{name}`"),
                );
            }
        }
    }
}

/// The `Element` implementation: the dtype, field by field.
pub(crate) fn expand(target: &Target<'_>) -> TokenStream {
    let input = target.input;
    let (Some(_), Shape::Record(fields)) = (input.attrs.plain.get(), &input.shape) else { return TokenStream::new() };
    let dtypes = fields.iter().map(|field| {
        let (name, member, ty) = (&field.names.name, &field.member, field.ty);
        let dtype = quote_spanned!(field.span()=> <#ty as __frames::Element>::dtype()?);
        quote!(__frames::Field::new(#name, ::core::mem::offset_of!(Self, #member), #dtype))
    });
    let body = quote! {
        const TYPESTR: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::None;
        fn dtype() -> __frames::Result<__frames::DType> {
            __frames::DType::structured(::std::vec![#(#dtypes),*], ::core::mem::size_of::<Self>())
        }
        // Put together once: it takes longer than all the rest of a header.
        fn encoded_dtype() -> ::core::option::Option<&'static [::core::primitive::u8]> {
            static __DTYPE: __frames::plain::Encoded = __frames::plain::Encoded::new();
            __DTYPE.of::<Self>()
        }
    };
    implement(input, input.generics, &quote!(__frames::Element), &body)
}
