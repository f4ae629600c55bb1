//! The entry in the registry, made at link time.

use crate::input::{Input, Shape};
use proc_macro2::TokenStream;
use quote::quote;
use syn::GenericParam;

/// A type registers itself unless it says `no_register`, travels as something else, or has type or const parameters: of those
/// each instance is registered by the user. Lifetimes are `'static` there, since what is read owns itself.
pub(crate) fn expand(input: &Input<'_>) -> TokenStream {
    let transparent = matches!(input.shape, Shape::Transparent(_));
    if input.attrs.no_register.is_set() || transparent || input.has_parameters() {
        return TokenStream::new();
    }
    let ident = input.ident;
    let lifetimes = input.generics.params.iter().filter(|p| matches!(p, GenericParam::Lifetime(_)));
    let arguments: Vec<TokenStream> = lifetimes.map(|_| quote!('static)).collect();
    let instance = if arguments.is_empty() { quote!(#ident) } else { quote!(#ident<#(#arguments),*>) };
    quote! {
        __frames::inventory::submit! {
            __frames::Registration::of::<#instance>(::core::file!(), ::core::line!())
        }
    }
}
