//! The name under which the type travels, its older names, and its Python class.

use crate::bound;
use crate::derive::implement;
use crate::input::Input;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::GenericParam;
use syn::ext::IdentExt;

/// The constant `__NAME` and the `TypeName` implementation.
///
/// Without type and const parameters the name is the constant; with them it is put together, `m::A<u8, 1>`.
pub(crate) fn expand(input: &Input<'_>) -> TokenStream {
    let base = match input.attrs.name.get() {
        Some(name) => name.to_token_stream(),
        None => {
            let ident = input.ident.unraw().to_string();
            quote!(::core::concat!(::core::module_path!(), "::", #ident))
        }
    };
    let arguments = input.generics.params.iter().filter_map(|param| match param {
        GenericParam::Lifetime(_) => None,
        GenericParam::Type(param) => {
            let ident = &param.ident;
            Some(quote!(<#ident as __frames::TypeName>::type_name()))
        }
        GenericParam::Const(param) => Some(param.ident.to_token_stream()),
    });
    let arguments: Vec<TokenStream> = arguments.collect();
    let name = if arguments.is_empty() {
        quote!(__frames::Cow::Borrowed(__NAME))
    } else {
        let format = format!("{{}}<{}>", vec!["{}"; arguments.len()].join(", "));
        quote!(__frames::Cow::Owned(::std::format!(#format, __NAME, #(#arguments),*)))
    };
    let aliases = (!input.attrs.aliases.is_empty()).then(|| {
        let aliases = &input.attrs.aliases;
        quote! {
            fn aliases() -> &'static [&'static ::core::primitive::str] {
                &[#(#aliases),*]
            }
        }
    });
    let python = input.attrs.python.get().map(|python| {
        let class = format!("{}:{}", python.module, python.qualname);
        quote! {
            fn python_class() -> ::core::option::Option<&'static ::core::primitive::str> {
                ::core::option::Option::Some(#class)
            }
            fn python_class_of_val(&self) -> ::core::option::Option<&'static ::core::primitive::str> {
                ::core::option::Option::Some(#class)
            }
        }
    });
    let body = quote! {
        fn type_name() -> __frames::Cow<'static, ::core::primitive::str> {
            #name
        }
        fn type_name_of_val(&self) -> __frames::Cow<'static, ::core::primitive::str> {
            <Self as __frames::TypeName>::type_name()
        }
        #aliases
        #python
    };
    let implementation = implement(input, &bound::of_names(input.generics), &quote!(__frames::TypeName), &body);
    quote! {
        const __NAME: &::core::primitive::str = #base;
        #implementation
    }
}
