//! Named fields, whatever they belong to: a struct or a variant. Written in two groups, read in a straight line.

use crate::attr::Fallback;
use crate::input::{Field, Place, located, travelling};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

/// Some named fields, the constant with their keys, and whether others may stand among them.
pub(crate) struct Named<'f, 'a> {
    pub(crate) fields: &'f [Field<'a>],
    pub(crate) keys: &'f Ident,
    pub(crate) allow_unknown: bool,
    /// True where columns are named by the position of the field.
    pub(crate) by_position: bool,
}

impl<'f, 'a> Named<'f, 'a> {
    /// Each field that travels, and the expression for its key.
    fn keyed(&self) -> impl Iterator<Item = (TokenStream, &'f Field<'a>)> {
        travelling(self.fields).map(|field| (self.key(field), field))
    }

    fn key(&self, field: &Field<'_>) -> TokenStream {
        let (keys, i) = (self.keys, field.position);
        quote!(&#keys[#i])
    }

    /// Each field that must be there.
    fn needed(&self) -> impl Iterator<Item = (TokenStream, &'f Field<'a>)> {
        self.keyed().filter(|(_, field)| !field.attrs.default.is_set())
    }

    /// How many fields travel.
    pub(crate) fn count(&self) -> usize {
        travelling(self.fields).count()
    }

    /// How many of the fields are inline, which a field with functions of its own never is.
    ///
    /// `is_inline(a) as usize + is_inline(b) as usize`
    pub(crate) fn inline_count(&self, place: Place) -> TokenStream {
        let counts = travelling(self.fields).filter(|f| !f.attrs.with.is_set()).map(|field| {
            let (ty, value) = (field.ty, field.value(place));
            quote_spanned!(field.span()=> + <#ty as __frames::FrameSerialize>::is_inline(#value) as ::core::primitive::usize)
        });
        quote!(0 #(#counts)*)
    }

    /// Writes the fields that are inline: `__w.simple(key, value)?; …`
    pub(crate) fn write_simple(&self, place: Place) -> TokenStream {
        let fields = self.keyed().filter(|(_, f)| !f.attrs.with.is_set()).map(|(key, field)| {
            let (ty, value) = (field.ty, field.value(place));
            done(&quote_spanned!(field.span()=> __w.simple::<#ty>(#key, #value)))
        });
        let asserted = asserted(self.fields);
        quote!(#asserted #(#fields)*)
    }

    /// Writes the fields that are not inline: `__c.field(key, value)?; …`
    pub(crate) fn write_complex(&self, place: Place) -> TokenStream {
        let fields = self.keyed().map(|(key, field)| {
            let (ty, value) = (field.ty, field.value(place));
            done(&match field.attrs.with.get() {
                None => quote_spanned!(field.span()=> __c.field::<#ty>(#key, #value)),
                Some(with) => quote_spanned!(located(with)=> __c.field_with(#key, #with::serialize(#value))),
            })
        });
        let asserted = asserted(self.fields);
        quote!(#asserted #(#fields)*)
    }

    /// Writes all fields as one msgpack map; `None` if one of them has functions of its own, and so no such form.
    pub(crate) fn write_map(&self, place: Place) -> Option<TokenStream> {
        if travelling(self.fields).any(|f| f.attrs.with.is_set()) {
            return None;
        }
        let fields = self.keyed().map(|(key, field)| {
            let (ty, value) = (field.ty, field.value(place));
            done(&quote_spanned!(field.span()=> __w.inline_field::<#ty>(#key, #value)))
        });
        let n = self.count();
        let asserted = asserted(self.fields);
        Some(quote! {
            #asserted
            __w.descend()?;
            __w.map_len(#n)?;
            #(#fields)*
            __w.ascend();
            ::core::result::Result::Ok(())
        })
    }

    /// Reads one value: the body of a function of `__fields`.
    ///
    /// ```text
    /// let mut __f0: Option<u32> = None; …
    /// loop {
    ///     __fields.field(&__KEYS[0], &mut __f0)?; …                       // the straight line: keys as we write them, in order
    ///     if !__fields.again(&__KEYS, &[("alias", 0)], false)? { break; }   // another section, or a key out of order
    /// }
    /// let __there = [(&__KEYS[0], __f0.is_some()), …];
    /// match (__f0, …) {
    ///     (Some(__f0), …) => Ok(Self { id: __f0, … }),
    ///     _ => Err(incomplete(&__there)),
    /// }
    /// ```
    pub(crate) fn read(&self, constructor: &TokenStream) -> TokenStream {
        let locals = travelling(self.fields).map(|field| {
            let (local, ty) = (&field.local, field.ty);
            quote!(let mut #local: ::core::option::Option<#ty> = ::core::option::Option::None;)
        });
        let passes = self.passes(|key, field| {
            let (ty, local) = (field.ty, &field.local);
            match field.attrs.with.get() {
                None => quote_spanned!(field.span()=> __fields.field::<#ty>(#key, &mut #local)),
                Some(with) => if_next(
                    key,
                    &quote_spanned! {located(with)=>
                        __fields.value_with(#key, &mut #local, #with::deserialize)
                    },
                ),
            }
        });
        let values = self.values(|_, field| {
            let local = &field.local;
            match field.attrs.default.get() {
                None => quote!(#local),
                Some(default) => or(&quote!(#local), &fallback(field, Some(default))),
            }
        });
        let made = self.if_complete(&quote!(::core::result::Result::Ok(#constructor { #values })));
        let asserted = asserted(self.fields);
        quote! {
            #asserted
            #(#locals)*
            #passes
            #made
        }
    }

    /// Reads all rows: a `Vec` a field, from which the rows are then put together. All that are there have the same length, to
    /// which the runtime sees.
    pub(crate) fn read_columns(&self) -> TokenStream {
        let locals = travelling(self.fields).map(|field| {
            let (local, ty) = (&field.local, field.ty);
            quote!(let mut #local = __frames::Values::<#ty>::none();)
        });
        let passes = self.passes(|key, field| {
            let (ty, local) = (field.ty, &field.local);
            match field.attrs.with.get() {
                None => quote_spanned!(field.span()=> __fields.column::<#ty>(#key, &mut #local)),
                Some(with) => if_next(
                    key,
                    &quote_spanned! {located(with)=>
                        __fields.column_with(#key, &mut #local, #with::deserialize)
                    },
                ),
            }
        });
        let there = self.keyed().map(|(key, field)| {
            let (local, is_needed) = (&field.local, !field.attrs.default.is_set());
            quote!((#key, #local.is_there(), #is_needed))
        });
        let values = self.values(|_, field| {
            let local = &field.local;
            match field.attrs.default.get() {
                None => quote!(#local),
                Some(default) => or(&quote!(#local.next()), &fallback(field, Some(default))),
            }
        });
        let needed: Vec<_> = self.needed().map(|(_, field)| &field.local).collect();
        let row = match &needed[..] {
            [] => quote!(__out.push(Self { #values });),
            needed => quote! {
                match (#(#needed.next(),)*) {
                    (#(::core::option::Option::Some(#needed),)*) => __out.push(Self { #values }),
                    _ => return ::core::result::Result::Err(__frames::record::incomplete(&[])),
                }
            },
        };
        let asserted = asserted(self.fields);
        quote! {
            #asserted
            #(#locals)*
            #passes
            let __rows = __fields.whole_rows(&[#(#there),*])?;
            let mut __out = ::std::vec::Vec::with_capacity(__rows);
            for _ in 0..__rows {
                #row
            }
            ::core::result::Result::Ok(__out)
        }
    }

    /// Opens all columns: the same with the column of a view a field.
    pub(crate) fn view_columns(&self) -> TokenStream {
        let passes = self.passes(|key, field| {
            let (ty, local) = (field.ty, &field.local);
            match field.attrs.with.get() {
                None => quote_spanned!(field.span()=> __fields.view_column::<#ty>(#key, &mut #local)),
                Some(with) => if_next(
                    key,
                    &quote_spanned! {located(with)=>
                        __fields.view_column_with(#key, &mut #local, #with::deserialize)
                    },
                ),
            }
        });
        let asserted = asserted(self.fields);
        quote!(#asserted #passes)
    }

    /// All fields in order, each of which `read` reads if it stands next, as often as that is worth it.
    fn passes(&self, read: impl Fn(&TokenStream, &Field<'a>) -> TokenStream) -> TokenStream {
        let (keys, allow_unknown) = (self.keys, self.allow_unknown);
        let line = self.keyed().map(|(key, field)| done(&read(&key, field)));
        let aliases = travelling(self.fields).filter(|_| !self.by_position).flat_map(|field| {
            let i = field.position;
            field.names.aliases.iter().map(move |name| quote!((#name, #i)))
        });
        quote! {
            loop {
                #(#line)*
                if !__fields.again(&#keys, &[#(#aliases),*], #allow_unknown)? {
                    break;
                }
            }
        }
    }

    /// `then`, where the local of each field that must be there is its value; else an error that says which is missing.
    pub(crate) fn if_complete(&self, then: &TokenStream) -> TokenStream {
        let (keys, locals): (Vec<_>, Vec<_>) = self.needed().map(|(key, field)| (key, &field.local)).unzip();
        if locals.is_empty() {
            return then.clone();
        }
        quote! {
            let __there = [#((#keys, #locals.is_some())),*];
            match (#(#locals,)*) {
                (#(::core::option::Option::Some(#locals),)*) => #then,
                _ => ::core::result::Result::Err(__frames::record::incomplete(&__there)),
            }
        }
    }

    /// `id: value, …` for every field, where `value` makes those that travel.
    fn values(&self, value: impl Fn(&TokenStream, &Field<'_>) -> TokenStream) -> TokenStream {
        let values = self.fields.iter().map(|field| {
            let member = &field.member;
            let value = if field.travels() {
                value(&self.key(field), field)
            } else {
                fallback(field, field.attrs.default.get())
            };
            quote!(#member: #value,)
        });
        quote!(#(#values)*)
    }
}

/// `result?;` for a result without a value, in fewer calls for the compiler to take away.
pub(crate) fn done(result: &TokenStream) -> TokenStream {
    quote! {
        if let ::core::result::Result::Err(__error) = #result {
            return ::core::result::Result::Err(__error);
        }
    }
}

/// The value of an `Option`, or what stands in for it.
fn or(option: &TokenStream, otherwise: &TokenStream) -> TokenStream {
    quote! {
        match #option {
            ::core::option::Option::Some(__value) => __value,
            ::core::option::Option::None => #otherwise,
        }
    }
}

/// `read`, if the field stands next.
fn if_next(key: &TokenStream, read: &TokenStream) -> TokenStream {
    quote!(if __fields.next_is(#key) { #read } else { ::core::result::Result::Ok(()) })
}

/// Names the trait for the type of each field that needs it: `let _ = <T as FrameSerialize>::is_inline;`
///
/// Nothing of it is left in the program. It stands first in every function whose calls have the bound, so that the
/// compiler says once, at the type of the field, that the trait is missing; and not again for every call.
pub(crate) fn asserted(fields: &[Field<'_>]) -> TokenStream {
    let types = travelling(fields).filter(|f| !f.attrs.with.is_set()).map(|field| {
        let ty = field.ty;
        quote_spanned!(field.span()=> let _ = <#ty as __frames::FrameSerialize>::is_inline;)
    });
    quote!(#(#types)*)
}

/// The value of a field that is not on the wire.
pub(crate) fn fallback(field: &Field<'_>, default: Option<&Fallback>) -> TokenStream {
    match default {
        // The type is said, so that a function of another type is the mistake and not the field.
        Some(Fallback::Path(path)) => {
            let ty = field.ty;
            quote_spanned! {located(path)=> {
                let __default: #ty = #path();
                __default
            }}
        }
        Some(Fallback::Trait) | None => quote_spanned!(field.span()=> ::core::default::Default::default()),
    }
}

/// `0: value, 1: value, …` for unnamed fields: `value` makes those that travel.
pub(crate) fn unnamed_values(fields: &[Field<'_>], value: impl Fn(&Field<'_>) -> TokenStream) -> TokenStream {
    let values = fields.iter().map(|field| {
        let member = &field.member;
        let value = if field.travels() { value(field) } else { fallback(field, field.attrs.default.get()) };
        quote!(#member: #value,)
    });
    quote!(#(#values)*)
}
