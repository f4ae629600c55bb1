//! `#[frames(view)]`: the column view of a struct with named fields, its row, and how both are opened.
//!
//! ```text
//! struct Log { code: u16, request: String }
//!
//! struct LogView<'f> { … }                      // a column a field
//!     fn len(&self), get(&self, i) -> Option<LogRow>, iter(&self)
//!     fn code(&self) -> &[u16]                  // a field whose type is written as a number or bool
//!     fn request(&self, i: usize) -> &str       // any other
//! struct LogRow<'v> { code: u16, request: &'v str }
//! ```
//!
//! Any other type, and a `plain` one, is looked at as its values.

use crate::ctxt::Ctxt;
use crate::derive::{Target, implement};
use crate::fields::{Named, fallback};
use crate::input::{Field, Input, Shape, located, travelling};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Type, Visibility};

/// The methods of every view, which no field may have the name of.
const METHODS: [&str; 5] = ["len", "is_empty", "get", "iter", "open"];

const NUMBERS: [&str; 13] =
    ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "usize", "isize", "f32", "f64", "bool"];

pub(crate) fn check(ctxt: &Ctxt, parsed: &Input<'_>) {
    if !parsed.attrs.view.is_set() {
        return;
    }
    if let Some(param) = parsed.generics.params.first() {
        ctxt.error(param, "a view is of one type, so a type with `view` has no parameters; write a view of each instance by hand, or remove `view`");
    }
    let (Shape::Record(fields), None) = (&parsed.shape, parsed.attrs.plain.get()) else { return };
    for field in travelling(fields) {
        let name = field.member.to_token_stream().to_string();
        if METHODS.contains(&name.as_str()) {
            ctxt.error(
                &field.member,
                format_args!("every view has a function `{name}`; give the field another name and write `#[frames(rename = \"{name}\")]` on it"),
            );
        }
    }
}

/// What stands beside the type, and the implementations that stand inside of the constant.
pub(crate) fn expand(target: &Target<'_>, vis: &Visibility, krate: &TokenStream) -> (TokenStream, TokenStream) {
    let input = target.input;
    if !input.attrs.view.is_set() {
        return (TokenStream::new(), TokenStream::new());
    }
    match &input.shape {
        Shape::Record(fields) if !input.attrs.plain.is_set() => {
            let view = View { input, fields, vis, krate };
            (view.types(), view.implementations())
        }
        _ => (TokenStream::new(), values(input)),
    }
}

/// A type whose values are looked at whole.
fn values(input: &Input<'_>) -> TokenStream {
    let ident = input.ident;
    let plain = input.attrs.plain.is_set();
    let cell = plain.then(|| {
        quote! {
            impl __frames::view::Cell for #ident {
                #[inline]
                fn load(__bytes: &[::core::primitive::u8]) -> ::core::option::Option<Self> {
                    __frames::bytemuck::try_pod_read_unaligned(__bytes.get(..::core::mem::size_of::<Self>())?).ok()
                }
                fn cast(__bytes: &[::core::primitive::u8]) -> ::core::option::Option<&[Self]> {
                    __frames::bytemuck::try_cast_slice(__bytes).ok()
                }
            }
        }
    });
    let (reference, column) =
        if plain { (quote!(Self), quote!(Numbers<'__f, Self>)) } else { (quote!(&'__v Self), quote!(Owned<Self>)) };
    let of = if plain { quote!(Numbers::owned) } else { quote!(Owned::of) };
    let list = if plain { quote!(Numbers::list) } else { quote!(Owned::list) };
    let open = plain.then(|| {
        quote! {
            fn open_packed<'__f>(
                __rows: __frames::view::Rows<'__f>,
                __at: __frames::Place,
                __sources: &mut __frames::Sources<'__f>,
                __u: &mut __frames::Unpacker<'_, '_, '__f>,
            ) -> __frames::Result<<Self as __frames::Viewable>::Column<'__f>> {
                __frames::view::open_plain(__rows, __at, __sources, __u)
            }
            fn open_portable<'__f>(
                __cursor: &mut __frames::Cursor<'_>,
                __slots: &mut [__frames::Slot<'__f>],
            ) -> __frames::Result<<Self as __frames::Viewable>::Column<'__f>> {
                __frames::view::open_plain_portable(__cursor, __slots)
            }
        }
    });
    // The associated types with their trait: a variant may have the name of one.
    let body = quote! {
        type Ref<'__v> = #reference;
        type List<'__v> = &'__v [Self];
        type Column<'__f> = __frames::view::#column;
        fn of_values<'__f>(__values: ::std::vec::Vec<Self>) -> __frames::Result<<Self as __frames::Viewable>::Column<'__f>> {
            ::core::result::Result::Ok(__frames::view::#of(__values))
        }
        fn list<'__v, '__f: '__v>(
            __column: ::core::option::Option<&'__v <Self as __frames::Viewable>::Column<'__f>>,
            __range: ::core::ops::Range<::core::primitive::usize>,
        ) -> ::core::option::Option<<Self as __frames::Viewable>::List<'__v>> {
            __frames::view::#list(__column, __range)
        }
        #open
    };
    let implementation = implement(input, input.generics, &quote!(__frames::Viewable), &body);
    quote!(#cell #implementation)
}

/// A struct with a column a field.
struct View<'i, 'a> {
    input: &'i Input<'a>,
    fields: &'i [Field<'a>],
    vis: &'i Visibility,
    krate: &'i TokenStream,
}

impl<'a> View<'_, 'a> {
    fn view(&self) -> Ident {
        format_ident!("{}View", self.input.ident.unraw(), span = located(self.input.ident))
    }

    fn row(&self) -> Ident {
        format_ident!("{}Row", self.input.ident.unraw(), span = located(self.input.ident))
    }

    fn fields(&self) -> impl Iterator<Item = &Field<'a>> {
        travelling(self.fields)
    }

    /// `<u16 as Viewable>::Column<'__f>`
    fn column(&self, field: &Field<'_>, private: &TokenStream) -> TokenStream {
        let ty = field.ty;
        match field.attrs.with.get() {
            None => quote_spanned!(field.span()=> <#ty as #private::Viewable>::Column<'__f>),
            Some(_) => quote!(#private::view::Owned<#ty>),
        }
    }

    /// `<u16 as Viewable>::Ref<'__v>`
    fn reference(&self, field: &Field<'_>, private: &TokenStream, lifetime: &TokenStream) -> TokenStream {
        let ty = field.ty;
        match field.attrs.with.get() {
            None => quote_spanned!(field.span()=> <#ty as #private::Viewable>::Ref<#lifetime>),
            Some(_) => quote!(&#lifetime #ty),
        }
    }

    /// The value of a field in a row: `self.__f0.get(__index)`
    fn get(&self, field: &Field<'_>, private: &TokenStream) -> TokenStream {
        let (local, ty) = (&field.local, field.ty);
        match field.attrs.with.get() {
            None => quote_spanned!(field.span()=> #private::Column::<#ty>::get(&self.#local, __index)),
            Some(_) => quote!(self.#local.at(__index)),
        }
    }

    /// The view and the row, which people name.
    fn types(&self) -> TokenStream {
        let (krate, vis, ident) = (self.krate, self.vis, self.input.ident);
        let private = quote!(#krate::__private);
        let (view, row) = (self.view(), self.row());
        let of = ident.unraw();
        let view_doc =
            format!("A column view of received [`{of}`]s: opened and checked by `frames_core::view::<{of}>`.");
        let row_doc = format!("One received [`{of}`], looked at where it lies.");
        let columns = self.fields().map(|field| {
            let (local, column) = (&field.local, self.column(field, &private));
            quote!(#local: #column,)
        });
        let members = self.fields().map(|field| {
            let (member, reference) = (&field.member, self.reference(field, &private, &quote!('__v)));
            let (doc, vis) = (format!("`{}` of the row.", member.to_token_stream()), field.vis);
            quote!(#[doc = #doc] #vis #member: #reference,)
        });
        let marker = self.fields().next().is_none().then(|| quote!(__marker: ::core::marker::PhantomData<&'__v ()>,));
        let accessors = self.fields().map(|field| self.accessor(field, &private));
        let values = self.fields().map(|field| {
            let (member, get) = (&field.member, self.get(field, &private));
            quote!(#member: #get?,)
        });
        let no_field = marker.is_some().then(|| quote!(__marker: ::core::marker::PhantomData,));
        let debug = self.fields().map(|field| {
            let (member, name) = (&field.member, &field.names.name);
            quote!(.field(#name, &self.#member))
        });
        let (view_name, row_name) = (view.to_string(), row.to_string());
        quote! {
            #[doc = #view_doc]
            #vis struct #view<'__f> {
                __rows: ::core::primitive::usize,
                __marker: ::core::marker::PhantomData<&'__f ()>,
                #(#columns)*
            }

            #[doc = #row_doc]
            #[derive(::core::clone::Clone, ::core::marker::Copy)]
            #vis struct #row<'__v> {
                #(#members)*
                #marker
            }

            #[automatically_derived]
            #[allow(dead_code, reason = "not every column is looked at")]
            impl<'__f> #view<'__f> {
                /// How many rows there are.
                #vis fn len(&self) -> ::core::primitive::usize {
                    self.__rows
                }
                /// True if there are none.
                #vis fn is_empty(&self) -> ::core::primitive::bool {
                    self.__rows == 0
                }
                /// The row at `index`; `None` behind the last.
                #[inline]
                #vis fn get(&self, index: ::core::primitive::usize) -> ::core::option::Option<#row<'_>> {
                    let __index = index;
                    if __index >= self.__rows {
                        return ::core::option::Option::None;
                    }
                    ::core::option::Option::Some(#row { #(#values)* #no_field })
                }
                /// All rows, in order.
                #vis fn iter(&self) -> #private::view::Iter<'_, #ident, Self> {
                    #private::view::Iter::new(::core::option::Option::Some(self), 0..self.__rows)
                }
                #(#accessors)*
            }

            #[automatically_derived]
            impl<'__f> ::core::fmt::Debug for #view<'__f> {
                fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::write!(__formatter, "{}({} rows)", #view_name, self.__rows)
                }
            }

            #[automatically_derived]
            impl<'__v> ::core::fmt::Debug for #row<'__v> {
                fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    __formatter.debug_struct(#row_name) #(#debug)* .finish()
                }
            }

            #[automatically_derived]
            impl<'__v, '__f> ::core::iter::IntoIterator for &'__v #view<'__f> {
                type Item = #row<'__v>;
                type IntoIter = #private::view::Iter<'__v, #ident, #view<'__f>>;
                fn into_iter(self) -> Self::IntoIter {
                    self.iter()
                }
            }
        }
    }

    /// `fn code(&self) -> &[u16]` or `fn request(&self, index: usize) -> &str`
    fn accessor(&self, field: &Field<'_>, private: &TokenStream) -> TokenStream {
        let (vis, member, local) = (field.vis, &field.member, &field.local);
        if is_number(field.ty) && !field.attrs.with.is_set() {
            let (doc, ty) = (format!("`{}` of all rows.", member.to_token_stream()), field.ty);
            return quote! {
                #[doc = #doc]
                #vis fn #member(&self) -> &[#ty] {
                    self.#local.as_slice()
                }
            };
        }
        let doc = format!(
            "`{}` of the row at `index`.\n\n# Panics\n\nIf there is no such row, as a slice does.",
            member.to_token_stream()
        );
        let (reference, get) = (self.reference(field, private, &quote!('_)), self.get(field, private));
        quote! {
            #[doc = #doc]
            #[inline]
            #[track_caller]
            #vis fn #member(&self, index: ::core::primitive::usize) -> #reference {
                let __index = index;
                #private::view::row(#get, __index, self.__rows)
            }
        }
    }

    fn implementations(&self) -> TokenStream {
        let private = quote!(__frames);
        let (view, row, ident) = (self.view(), self.row(), self.input.ident);
        let key_list = Ident::new("__KEYS", Span::call_site());
        let allow_unknown = self.input.attrs.allow_unknown_fields.is_set();
        let named = Named { fields: self.fields, keys: &key_list, allow_unknown, by_position: false };
        let locals: Vec<_> = self.fields().map(|field| &field.local).collect();
        let made = quote! {
            ::core::result::Result::Ok(#view { __rows, __marker: ::core::marker::PhantomData, #(#locals),* })
        };

        let packed = self.fields().map(|field| {
            let (local, ty, i) = (&field.local, field.ty, field.position);
            let (open, shape) = match field.attrs.with.get() {
                None => (
                    quote_spanned!(field.span()=> <#ty as __frames::Viewable>::open_packed(__table, __at, __sources, __u)),
                    quote_spanned!(field.span()=> <#ty as __frames::FrameSerialize>::shape()),
                ),
                Some(with) => (
                    quote_spanned!(located(with)=> __frames::view::open_with_packed(__table, __at, __sources, __u, #with::deserialize)),
                    quote!(__frames::Place::OTHER),
                ),
            };
            quote! {
                let #local = match #open {
                    ::core::result::Result::Ok(__column) => __column,
                    ::core::result::Result::Err(__error) => return __frames::table::in_field(__error, &__KEYS[#i]),
                };
                let __at = __at.then(#shape);
            }
        });

        let declared = self.fields().map(|field| {
            let local = &field.local;
            quote!(let mut #local = ::core::option::Option::None;)
        });
        let portable = named.view_columns();
        let there = self.fields().map(|field| {
            let local = &field.local;
            quote!(+ #local.is_some() as ::core::primitive::usize)
        });
        let needed = self.fields().map(|field| {
            let (local, ty, i) = (&field.local, field.ty, field.position);
            match field.attrs.default.get() {
                None => quote!(let #local = __fields.need(&__KEYS[#i], #local)?;),
                Some(default) => {
                    let (default, of) = (fallback(field, Some(default)), self.of_values(field));
                    quote! {
                        let #local = match #local {
                            ::core::option::Option::Some(__column) => __column,
                            ::core::option::Option::None => {
                                let __values: ::std::vec::Vec<#ty> = (0..__rows).map(|_| #default).collect();
                                #of(__values)?
                            }
                        };
                    }
                }
            }
        });

        let lists = self.fields().map(|field| {
            let (local, ty) = (&field.local, field.ty);
            quote!(let mut #local: ::std::vec::Vec<#ty> = ::std::vec::Vec::with_capacity(__rows);)
        });
        let pushed = self.fields().map(|field| {
            let (local, member) = (&field.local, &field.member);
            quote!(#local.push(__value.#member);)
        });
        let columns = self.fields().map(|field| {
            let (local, of) = (&field.local, self.of_values(field));
            quote!(let #local = #of(#local)?;)
        });

        let body = quote! {
            type Ref<'__v> = #row<'__v>;
            type List<'__v> = __frames::view::ColumnSlice<'__v, Self>;
            type Column<'__f> = #view<'__f>;

            fn open_packed<'__f>(
                __table: __frames::view::Rows<'__f>,
                __at: __frames::Place,
                __sources: &mut __frames::Sources<'__f>,
                __u: &mut __frames::Unpacker<'_, '_, '__f>,
            ) -> __frames::Result<#view<'__f>> {
                let __rows = __table.len();
                #(#packed)*
                let _ = __at;
                #made
            }

            fn open_portable<'__f>(
                __cursor: &mut __frames::Cursor<'_>,
                __slots: &mut [__frames::Slot<'__f>],
            ) -> __frames::Result<#view<'__f>> {
                __frames::view::open_columns::<Self>(__cursor, __slots, |__fields| {
                    #(#declared)*
                    #portable
                    let __rows = __fields.rows(0 #(#there)*)?;
                    #(#needed)*
                    #made
                })
            }

            fn of_values<'__f>(__values: ::std::vec::Vec<Self>) -> __frames::Result<#view<'__f>> {
                let __rows = __values.len();
                #(#lists)*
                for __value in __values {
                    #(#pushed)*
                    let _ = __value;
                }
                #(#columns)*
                #made
            }

            fn list<'__v, '__f: '__v>(
                __column: ::core::option::Option<&'__v #view<'__f>>,
                __range: ::core::ops::Range<::core::primitive::usize>,
            ) -> ::core::option::Option<Self::List<'__v>> {
                __frames::view::ColumnSlice::new(
                    __column.map(|__column| __column as &dyn __frames::Column<Self>),
                    __range,
                )
            }
        };
        let viewable = implement(self.input, self.input.generics, &quote!(__frames::Viewable), &body);
        let _ = private;
        quote! {
            #viewable
            #[automatically_derived]
            impl<'__f> __frames::Column<#ident> for #view<'__f> {
                fn len(&self) -> ::core::primitive::usize {
                    self.__rows
                }
                #[inline]
                fn get(&self, __index: ::core::primitive::usize) -> ::core::option::Option<#row<'_>> {
                    #view::get(self, __index)
                }
            }
        }
    }

    /// The function that makes a column of decoded values.
    fn of_values(&self, field: &Field<'_>) -> TokenStream {
        let ty = field.ty;
        match field.attrs.with.get() {
            None => quote_spanned!(field.span()=> <#ty as __frames::Viewable>::of_values),
            Some(_) => quote!(__frames::view::with_values),
        }
    }
}

/// True for a type that is written as a number or bool.
fn is_number(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.qself.is_none()
        && path
            .path
            .segments
            .last()
            .is_some_and(|last| last.arguments.is_none() && NUMBERS.contains(&last.ident.to_string().as_str()))
}
