//! From the tokens of a type to the tokens of its implementations: one shape, one file.

use crate::ctxt::Ctxt;
use crate::input::{Input, Shape};
use crate::{bound, enums, name, plain, record, register, transparent, tuple, view};
use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, Generics, Meta, Token};

/// Everything stands in a nameless constant, so that nothing of it can be seen from outside; what it uses of ours
/// comes from `__frames`, and all else has absolute paths.
pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let ctxt = Ctxt::new();
    let parsed = Input::read(&ctxt, input);
    plain::check(&ctxt, input, &parsed);
    view::check(&ctxt, &parsed);
    ctxt.check()?;

    let krate = parsed.attrs.krate();
    let target = Target { input: &parsed, generics: bound::of_fields(&parsed) };
    let name = name::expand(&parsed);
    let (shape, hooks) = match &parsed.shape {
        Shape::Record(fields) => record::expand(&target, fields),
        Shape::Transparent(fields) => (TokenStream::new(), transparent::expand(fields)),
        Shape::Tuple(fields) => (TokenStream::new(), tuple::expand(fields)),
        Shape::Unit => (TokenStream::new(), tuple::expand_unit()),
        Shape::Enum(variants) => enums::expand(&target, variants, &krate),
    };
    let hooks = target.implement(&quote!(__frames::FrameSerialize), &hooks);
    let plain = plain::expand(&target);
    let (beside, viewable) = view::expand(&target, &input.vis, &krate);
    let registration = register::expand(&parsed);
    let allow = is_deprecated(input).then(|| quote!(#[allow(deprecated)]));
    Ok(quote! {
        #beside
        #[doc(hidden)]
        #allow
        const _: () = {
            use #krate::__private as __frames;
            #name
            #shape
            #hooks
            #plain
            #viewable
            #registration
        };
    })
}

/// The type that is implemented for, with the bounds that its fields ask for.
pub(crate) struct Target<'a> {
    pub(crate) input: &'a Input<'a>,
    pub(crate) generics: Generics,
}

impl Target<'_> {
    /// `impl<…> what for Type<…> where … { body }`.
    pub(crate) fn implement(&self, what: &TokenStream, body: &TokenStream) -> TokenStream {
        implement(self.input, &self.generics, what, body)
    }
}

pub(crate) fn implement(input: &Input<'_>, generics: &Generics, what: &TokenStream, body: &TokenStream) -> TokenStream {
    let ident = input.ident;
    let (params, _, bounds) = generics.split_for_impl();
    let (_, args, _) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #params #what for #ident #args #bounds {
            #body
        }
    }
}

/// True if some part of the type is deprecated, or the type allows that: then the generated code may use it. Not always, because
/// `allow` is an error in a crate that forbids the lint.
fn is_deprecated(input: &DeriveInput) -> bool {
    let fields = |fields: &Fields| fields.iter().any(|field| says_deprecated(&field.attrs));
    says_deprecated(&input.attrs)
        || match &input.data {
            Data::Struct(data) => fields(&data.fields),
            Data::Enum(data) => data.variants.iter().any(|v| says_deprecated(&v.attrs) || fields(&v.fields)),
            Data::Union(_) => false,
        }
}

/// `#[deprecated]`, `#[allow(deprecated)]` or `#[expect(deprecated)]`
fn says_deprecated(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        let path = attr.path();
        path.is_ident("deprecated")
            || (path.is_ident("allow") || path.is_ident("expect"))
                && attr
                    .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                    .is_ok_and(|lints| lints.iter().any(|lint| lint.path().is_ident("deprecated")))
    })
}
