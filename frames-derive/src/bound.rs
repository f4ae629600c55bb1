//! The where clauses of the implementations, inferred from the types of the fields.
//!
//! `Array<T>` needs more of `T` than that it be `FrameSerialize`, so the bound is on the field's type and not on the parameter:
//!
//! ```text
//! struct Grid<T> { cells: Array<T>, width: u32 }
//! impl<T> FrameSerialize for Grid<T> where T: TypeName, Array<T>: FrameSerialize
//! ```

use crate::attr::Fallback;
use crate::input::{Field, Input};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::HashSet;
use syn::{Generics, WherePredicate, parse_quote};

/// Every type parameter has a name, which is in the name of the type:
///
/// ```text
/// struct Grid<T, const N: usize> where T: Copy
/// impl<T, const N: usize> TypeName for Grid<T, N> where T: Copy, T: TypeName
/// ```
pub(crate) fn of_names(generics: &Generics) -> Generics {
    let names = generics.type_params().map(|param| {
        let ident = &param.ident;
        parse_quote!(#ident: __frames::TypeName)
    });
    extended(generics, names.collect())
}

/// The same, and what the fields ask for; `bound = "…"` stands in for the latter:
///
/// ```text
/// struct Grid<T> { cells: Array<T> }
///     where T: TypeName, Array<T>: FrameSerialize
/// #[frames(bound = "T: Element")] struct Grid<T> { cells: Array<T> }
///     where T: TypeName, T: Element
/// ```
pub(crate) fn of_fields(input: &Input<'_>) -> Generics {
    let generics = of_names(input.generics);
    let bounds = match input.attrs.bound.get() {
        Some(bounds) => bounds.clone(),
        None => input.fields().into_iter().flat_map(|field| of_field(input, field)).collect(),
    };
    extended(&generics, bounds)
}

/// What one field asks for, if its type mentions a parameter:
///
/// ```text
/// struct Tree<T, U, V, W> {
///     cells: Vec<T>,                                      // Vec<T>: FrameSerialize
///     id: u32,                                            // nothing
///     #[frames(default)] size: Option<U>,                 // Option<U>: FrameSerialize, Option<U>: Default
///     #[frames(skip)] cache: Cache<V>,                    // Cache<V>: Default
///     #[frames(skip, default = "empty")] seen: Cache<V>,  // nothing
///     #[frames(with = "lab::weights")] weights: W,        // nothing
///     children: Vec<Tree<T, U, V, W>>,                    // see `of_recursive_field`
/// }
/// ```
fn of_field(input: &Input<'_>, field: &Field<'_>) -> Vec<WherePredicate> {
    let params = input.generics.type_params().map(|p| &p.ident).chain(input.generics.const_params().map(|p| &p.ident));
    let (ty, span) = (field.ty, field.span());
    if !mentions(ty, &params.collect::<Vec<_>>()) {
        return Vec::new();
    }
    let mut bounds = Vec::new();
    if field.travels() && !field.attrs.with.is_set() {
        if is_recursive(input, field) {
            bounds.extend(of_recursive_field(input, field));
        } else {
            bounds.push(parse_quote!(#ty: __frames::FrameSerialize));
        }
    }
    let falls_back = field.attrs.default.get().map_or(!field.travels(), |default| matches!(default, Fallback::Trait));
    if falls_back {
        let default = quote_spanned!(span=> ::core::default::Default);
        bounds.push(parse_quote!(#ty: #default));
    }
    bounds
}

/// A field that names the type itself would ask the compiler whether the type is `FrameSerialize` in order to know
/// whether it is; so its parameters are bound in place of it:
///
/// ```text
/// struct Tree<T> { value: T, children: Vec<Tree<T>> }
///     where T: TypeName, T: FrameSerialize
/// ```
fn of_recursive_field(input: &Input<'_>, field: &Field<'_>) -> Vec<WherePredicate> {
    let mentioned = input.generics.type_params().filter(|param| mentions(field.ty, &[&param.ident]));
    mentioned
        .map(|param| {
            let ident = &param.ident;
            parse_quote!(#ident: __frames::FrameSerialize)
        })
        .collect()
}

/// True if the type of the field names the type that it is in, as `Tree` or `Self`.
fn is_recursive(input: &Input<'_>, field: &Field<'_>) -> bool {
    mentions(field.ty, &[input.ident]) || mentions(field.ty, &[&Ident::new("Self", input.ident.span())])
}

/// True if one of `idents` stands in the tokens, however deep. A path like `other::T` counts as well, which
/// gives a bound more than needed, and one that holds.
fn mentions(tokens: &impl ToTokens, idents: &[&Ident]) -> bool {
    fn any(tokens: TokenStream, idents: &[&Ident]) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => idents.iter().any(|i| **i == ident),
            TokenTree::Group(group) => any(group.stream(), idents),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    any(tokens.to_token_stream(), idents)
}

/// The parameters with more bounds, each once.
fn extended(generics: &Generics, bounds: Vec<WherePredicate>) -> Generics {
    let mut generics = generics.clone();
    if bounds.is_empty() {
        return generics;
    }
    let mut seen = HashSet::new();
    let unique = bounds.into_iter().filter(|bound| seen.insert(quote!(#bound).to_string()));
    generics.make_where_clause().predicates.extend(unique);
    generics
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ctxt::Ctxt;
    use syn::DeriveInput;

    fn where_clause(input: DeriveInput) -> String {
        let ctxt = Ctxt::new();
        let parsed = Input::read(&ctxt, &input);
        ctxt.check().unwrap();
        let generics = of_fields(&parsed);
        let (_, _, clause) = generics.split_for_impl();
        clause.to_token_stream().to_string().replace(" ", "").replace("__frames::", "").replace("::core::default::", "")
    }

    #[test]
    fn bounds_are_on_field_types_that_mention_a_parameter() {
        let input = parse_quote! {
            struct Tree<'a, T, U, V, W, const N: usize> where T: Copy {
                text: Cow<'a, str>,
                cells: Vec<T>,
                id: u32,
                row: [f64; N],
                #[frames(default)] size: Option<U>,
                #[frames(skip)] cache: Cache<V>,
                #[frames(skip, default = "empty")] seen: Other<V>,
                #[frames(with = "lab::weights")] weights: W,
            }
        };
        let expected = "whereT:Copy,T:TypeName,U:TypeName,V:TypeName,W:TypeName,\
            Vec<T>:FrameSerialize,[f64;N]:FrameSerialize,Option<U>:FrameSerialize,Option<U>:Default,Cache<V>:Default";
        assert_eq!(where_clause(input), expected);
    }

    #[test]
    fn a_type_within_itself_bounds_its_parameters() {
        let input = parse_quote!(
            struct Tree<T> {
                value: T,
                children: Vec<Tree<T>>,
                parent: Option<Box<Self>>,
            }
        );
        assert_eq!(where_clause(input), "whereT:TypeName,T:FrameSerialize");
        let input = parse_quote!(
            enum List<T> {
                Nil,
                Cons(T, Box<List<T>>),
            }
        );
        assert_eq!(where_clause(input), "whereT:TypeName,T:FrameSerialize");
    }

    #[test]
    fn a_given_bound_replaces_the_inferred_ones() {
        let input = parse_quote!(
            #[frames(bound = "T: Element")]
            struct Grid<T> {
                cells: Array<T>,
            }
        );
        assert_eq!(where_clause(input), "whereT:TypeName,T:Element");
    }
}
