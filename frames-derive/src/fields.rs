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

    /// The names under which a column may arrive.
    fn names(&self, field: &Field<'_>) -> Vec<String> {
        if self.by_position { vec![field.position.to_string()] } else { field.names.all().map(str::to_owned).collect() }
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
            quote_spanned!(field.span()=> __w.simple::<#ty>(#key, #value)?;)
        });
        let asserted = asserted(self.fields);
        quote!(#asserted #(#fields)*)
    }

    /// Writes the fields that are not inline: `__c.field(key, value)?; …`
    pub(crate) fn write_complex(&self, place: Place) -> TokenStream {
        let fields = self.keyed().map(|(key, field)| {
            let (ty, value) = (field.ty, field.value(place));
            match field.attrs.with.get() {
                None => quote_spanned!(field.span()=> __c.field::<#ty>(#key, #value)?;),
                Some(with) => quote_spanned!(located(with)=> __c.field_with(#key, #with::serialize(#value))?;),
            }
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
            quote_spanned!(field.span()=> __w.inline_field::<#ty>(#key, #value)?;)
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
    ///     __fields.field(&__KEYS[0], &mut __f0)?; …        // the straight line: keys as we write them, in order
    ///     if !__fields.section()? { break; }
    /// }
    /// while let Some(__name) = __fields.name()? {          // any order, any alias
    ///     match __name { "id" => __fields.value(&__KEYS[0], &mut __f0)?, … __other => __fields.unknown(…)? }
    /// }
    /// Ok(Self { id: __fields.need(&__KEYS[0], __f0)?, … })
    /// ```
    pub(crate) fn read(&self, constructor: &TokenStream) -> TokenStream {
        let locals = travelling(self.fields).map(|field| {
            let (local, ty) = (&field.local, field.ty);
            quote!(let mut #local: ::core::option::Option<#ty> = ::core::option::Option::None;)
        });
        let line = self.keyed().map(|(key, field)| {
            let (ty, local) = (field.ty, &field.local);
            match field.attrs.with.get() {
                None => quote_spanned!(field.span()=> __fields.field::<#ty>(#key, &mut #local)?;),
                Some(with) => quote_spanned! {located(with)=>
                    if __fields.next_is(#key) {
                        __fields.value_with(#key, &mut #local, #with::deserialize)?;
                    }
                },
            }
        });
        let arms = self.keyed().map(|(key, field)| {
            let (names, ty, local) = (field.names.all(), field.ty, &field.local);
            let read = match field.attrs.with.get() {
                None => quote_spanned!(field.span()=> __fields.value::<#ty>(#key, &mut #local)?),
                Some(with) => {
                    quote_spanned!(located(with)=> __fields.value_with(#key, &mut #local, #with::deserialize)?)
                }
            };
            quote!(#(#names)|* => #read,)
        });
        let values = self.values(|key, field| {
            let local = &field.local;
            match &field.attrs.default.get() {
                None => quote!(__fields.need(#key, #local)?),
                Some(default) => {
                    let default = fallback(field, Some(default));
                    quote! {
                        match #local {
                            ::core::option::Option::Some(__value) => __value,
                            ::core::option::Option::None => #default,
                        }
                    }
                }
            }
        });
        let pass = self.pass(&quote!(#(#line)*), &quote!(#(#arms)*));
        quote! {
            #(#locals)*
            #pass
            ::core::result::Result::Ok(#constructor { #values })
        }
    }

    /// Reads all rows: the same with a `Vec` a field, from which the rows are then put together. All that are there have the
    /// same length, to which the runtime sees.
    pub(crate) fn read_columns(&self) -> TokenStream {
        let locals = travelling(self.fields).map(|field| {
            let (local, ty) = (&field.local, field.ty);
            quote!(let mut #local: ::core::option::Option<::std::vec::Vec<#ty>> = ::core::option::Option::None;)
        });
        let line = self.keyed().map(|(key, field)| {
            let (ty, local) = (field.ty, &field.local);
            match field.attrs.with.get() {
                None => quote_spanned!(field.span()=> __fields.column::<#ty>(#key, &mut #local)?;),
                Some(with) => quote_spanned! {located(with)=>
                    if __fields.next_is(#key) {
                        __fields.column_with(#key, &mut #local, #with::deserialize)?;
                    }
                },
            }
        });
        let arms = self.keyed().map(|(key, field)| {
            let (names, ty, local) = (self.names(field), field.ty, &field.local);
            let read = match field.attrs.with.get() {
                None => quote_spanned!(field.span()=> __fields.column_value::<#ty>(#key, &mut #local)?),
                Some(with) => {
                    quote_spanned!(located(with)=> __fields.column_with(#key, &mut #local, #with::deserialize)?)
                }
            };
            quote!(#(#names)|* => #read,)
        });
        let there = travelling(self.fields).map(|field| {
            let local = &field.local;
            quote!(+ #local.is_some() as ::core::primitive::usize)
        });
        let columns = self.keyed().map(|(key, field)| {
            let local = &field.local;
            match field.attrs.default.get() {
                None => quote!(let mut #local = ::core::iter::IntoIterator::into_iter(__fields.need(#key, #local)?);),
                Some(_) => quote!(let mut #local = #local.map(::core::iter::IntoIterator::into_iter);),
            }
        });
        let values = self.values(|key, field| {
            let local = &field.local;
            match field.attrs.default.get() {
                None => quote!(__fields.need(#key, ::core::iter::Iterator::next(&mut #local))?),
                Some(default) => {
                    let default = fallback(field, Some(default));
                    quote! {
                        match &mut #local {
                            ::core::option::Option::Some(__column) => {
                                __fields.need(#key, ::core::iter::Iterator::next(__column))?
                            }
                            ::core::option::Option::None => #default,
                        }
                    }
                }
            }
        });
        let pass = self.pass(&quote!(#(#line)*), &quote!(#(#arms)*));
        quote! {
            #(#locals)*
            #pass
            let __rows = __fields.rows(0 #(#there)*)?;
            #(#columns)*
            let mut __out = ::std::vec::Vec::with_capacity(__rows);
            for _ in 0..__rows {
                __out.push(Self { #values });
            }
            ::core::result::Result::Ok(__out)
        }
    }

    /// Opens all columns: the same with the column of a view a field.
    pub(crate) fn view_columns(&self) -> TokenStream {
        let open = |key: &TokenStream, field: &Field<'_>| {
            let (ty, local) = (field.ty, &field.local);
            match field.attrs.with.get() {
                None => quote_spanned!(field.span()=> __fields.view_column::<#ty>(#key, &mut #local)?),
                Some(with) => {
                    quote_spanned!(located(with)=> __fields.view_column_with(#key, &mut #local, #with::deserialize)?)
                }
            }
        };
        let line = self.keyed().map(|(key, field)| {
            let open = open(&key, field);
            quote!(if __fields.next_is(#key) { #open; })
        });
        let arms = self.keyed().map(|(key, field)| {
            let (names, open) = (self.names(field), open(&key, field));
            quote!(#(#names)|* => #open,)
        });
        self.pass(&quote!(#(#line)*), &quote!(#(#arms)*))
    }

    /// The straight line, then the fields one by one as they come.
    fn pass(&self, line: &TokenStream, arms: &TokenStream) -> TokenStream {
        let keys = self.keys;
        let other = if self.allow_unknown {
            quote!(_ => __fields.skip()?)
        } else {
            quote!(__other => __fields.unknown(__other, &#keys)?)
        };
        let asserted = asserted(self.fields);
        quote! {
            #asserted
            loop {
                #line
                if !__fields.section()? {
                    break;
                }
            }
            while let ::core::option::Option::Some(__name) = __fields.name()? {
                match __name {
                    #arms
                    #other,
                }
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
