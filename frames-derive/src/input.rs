//! The input of the derive as the rest of it sees it: names as on the wire, shapes decided, every mistake noted.

use crate::attr::{FieldAttrs, Once, TypeAttrs, VariantAttrs};
use crate::case::Case;
use crate::ctxt::Ctxt;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use std::collections::HashMap;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DeriveInput, Generics, Index, LitStr, Member, Meta, Token, Type, Visibility};

/// A type that a `FrameSerialize` is to be made for.
pub(crate) struct Input<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) attrs: TypeAttrs,
    pub(crate) shape: Shape<'a>,
}

/// How its values travel.
pub(crate) enum Shape<'a> {
    /// Named fields: an object.
    Record(Vec<Field<'a>>),
    /// As the one field that is not skipped.
    Transparent(Vec<Field<'a>>),
    /// Unnamed fields: a tuple.
    Tuple(Vec<Field<'a>>),
    /// No fields: nil.
    Unit,
    /// One of several.
    Enum(Vec<Variant<'a>>),
}

/// A variant of an enum.
pub(crate) struct Variant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) names: Names,
    pub(crate) style: Style,
    pub(crate) fields: Vec<Field<'a>>,
}

/// What stands behind the name of a struct or variant.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Style {
    /// Nothing.
    Unit,
    /// `(T)`.
    Newtype,
    /// `(T, U)`.
    Tuple,
    /// `{ t: T }`.
    Named,
}

/// A field of a struct or variant.
pub(crate) struct Field<'a> {
    /// Its name or index in Rust.
    pub(crate) member: Member,
    /// The local variable that stands for it.
    pub(crate) local: Ident,
    /// How many fields that travel stand before it.
    pub(crate) position: usize,
    pub(crate) ty: &'a Type,
    pub(crate) vis: &'a Visibility,
    /// Of unnamed fields, the index.
    pub(crate) names: Names,
    pub(crate) attrs: FieldAttrs,
}

/// The names of a field or variant on the wire.
pub(crate) struct Names {
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
}

impl Names {
    /// The name, then the aliases.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.aliases).map(String::as_str)
    }
}

impl Field<'_> {
    /// The place of the field's type, for generated code whose errors are about that type. Names in such code are those of
    /// the generated code all the same, even where the type comes out of a macro.
    pub(crate) fn span(&self) -> Span {
        located(self.ty)
    }

    /// A reference to the field.
    pub(crate) fn value(&self, place: Place) -> TokenStream {
        match place {
            Place::InSelf => {
                let mut member = self.member.clone();
                match &mut member {
                    Member::Named(ident) => ident.set_span(ident.span().located_at(self.ty.span())),
                    Member::Unnamed(index) => index.span = self.span(),
                }
                quote_spanned!(self.span()=> &self.#member)
            }
            Place::Matched => self.local.to_token_stream(),
        }
    }

    /// True if it is on the wire.
    pub(crate) fn travels(&self) -> bool {
        !self.attrs.skip.is_set()
    }
}

/// Where code that writes finds the fields.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// `&self.field`
    InSelf,
    /// `__f0`, which the pattern of a variant bound.
    Matched,
}

/// The place of some tokens, for generated code.
pub(crate) fn located(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}

/// The fields that are on the wire.
pub(crate) fn travelling<'f, 'a>(fields: &'f [Field<'a>]) -> impl Iterator<Item = &'f Field<'a>> + Clone {
    fields.iter().filter(|f| f.travels())
}

impl<'a> Input<'a> {
    pub(crate) fn read(ctxt: &Ctxt, input: &'a DeriveInput) -> Self {
        let attrs = TypeAttrs::read(ctxt, &input.attrs);
        let shape = match &input.data {
            Data::Struct(data) => Self::read_struct(ctxt, &attrs, &data.fields),
            Data::Enum(data) => Self::read_enum(ctxt, &attrs, input, data),
            Data::Union(data) => {
                let message = "a union does not know which of its fields is there, so it cannot travel; write an enum";
                ctxt.error(data.union_token, message);
                Shape::Unit
            }
        };
        let input = Input { ident: &input.ident, generics: &input.generics, attrs, shape };
        input.check(ctxt);
        input
    }

    fn read_struct(ctxt: &Ctxt, attrs: &TypeAttrs, fields: &'a syn::Fields) -> Shape<'a> {
        let (style, fields) = read_fields(ctxt, fields, attrs.rename_all.get());
        if let Some(span) = attrs.transparent.span() {
            let n = travelling(&fields).count();
            if n != 1 {
                let advice = if n == 0 {
                    "remove `transparent`"
                } else {
                    "put `#[frames(skip)]` on the others, or remove `transparent`"
                };
                let message = format!(
                    "`transparent` is for a type with exactly one field that travels, and this one has {n}; {advice}"
                );
                ctxt.error_at(span, message);
            }
            for field in travelling(&fields) {
                let a = &field.attrs;
                let given = [
                    ("rename", a.rename.span()),
                    ("default", a.default.span()),
                    ("alias", a.aliases.first().map(Spanned::span)),
                ];
                for (name, span) in given {
                    if let Some(span) = span {
                        ctxt.error_at(
                            span,
                            format_args!(
                                "the only field of a `transparent` type has no name on the wire; remove `{name}`"
                            ),
                        );
                    }
                }
                if let Some(span) = a.with.span() {
                    ctxt.error_at(span, "a `transparent` type travels as its field does, so `with` cannot be on it; remove `transparent`");
                }
            }
            return Shape::Transparent(fields);
        }
        match style {
            Style::Unit => Shape::Unit,
            Style::Newtype => Shape::Transparent(fields),
            Style::Tuple => Shape::Tuple(fields),
            Style::Named => Shape::Record(fields),
        }
    }

    fn read_enum(ctxt: &Ctxt, attrs: &TypeAttrs, input: &DeriveInput, data: &'a DataEnum) -> Shape<'a> {
        if data.variants.is_empty() {
            ctxt.error(&input.ident, "an enum without variants has no values, so none can travel");
        }
        let mut taken = Taken::new("variants");
        let read = |variant: &'a syn::Variant| {
            let own = VariantAttrs::read(ctxt, &variant.attrs);
            let case = if own.rename_all.is_set() { &own.rename_all } else { &attrs.rename_all_fields };
            let (style, fields) = read_fields(ctxt, &variant.fields, case.get());
            if let Some(span) = own.rename_all.span().filter(|_| style != Style::Named) {
                ctxt.error_at(
                    span,
                    "this variant has no named fields; to name the variant itself write `rename = \"…\"`",
                );
            }
            let cased = |name: &str| attrs.rename_all.get().map_or_else(|| name.into(), |case| case.variant(name));
            let names = taken.names(ctxt, &variant.ident, &own.rename, &own.aliases, cased);
            Variant { ident: &variant.ident, names, style, fields }
        };
        Shape::Enum(data.variants.iter().map(read).collect())
    }

    /// What does not fit the type, or another attribute.
    fn check(&self, ctxt: &Ctxt) {
        let attrs = &self.attrs;
        let refuse = |span: Option<Span>, message: &str| {
            if let Some(span) = span {
                ctxt.error_at(span, message);
            }
        };
        let aliases = attrs.aliases.first().map(Spanned::span);
        if let (Some(_), Some(span)) = (attrs.deny_unknown_fields.span(), attrs.allow_unknown_fields.span()) {
            ctxt.error_at(span, "`allow_unknown_fields` and `deny_unknown_fields` contradict each other; remove one");
        }
        let is_enum = matches!(self.shape, Shape::Enum(_));
        if !is_enum {
            refuse(
                attrs.rename_all_fields.span(),
                "`rename_all_fields` is for enums; for the fields of a struct write `rename_all`",
            );
        }
        if is_enum {
            refuse(
                attrs.transparent.span(),
                "an enum travels with the name of its variant, so it cannot be `transparent`",
            );
        } else if attrs.transparent.is_set() {
            let given = [
                ("name", attrs.name.span()),
                ("alias", aliases),
                ("python", attrs.python.span()),
                ("rename_all", attrs.rename_all.span()),
                ("plain", attrs.plain.span()),
                ("deny_unknown_fields", attrs.deny_unknown_fields.span()),
                ("allow_unknown_fields", attrs.allow_unknown_fields.span()),
            ];
            for (name, span) in given {
                refuse(
                    span,
                    &format!(
                        "a `transparent` type travels as its field, without a name or fields of its own; remove `{name}` or `transparent`"
                    ),
                );
            }
            return;
        }
        if matches!(self.shape, Shape::Transparent(_)) {
            refuse(
                aliases,
                "a struct with one unnamed field travels as that field, without a name of its own; remove `alias`",
            );
        } else if self.has_parameters() {
            refuse(
                aliases,
                "the name of a generic type has its arguments in it, so one `alias` cannot stand for all; remove it",
            );
        }
        if !matches!(self.shape, Shape::Record(_)) {
            refuse(
                attrs.python.span(),
                "`python` is for structs with named fields, which become the attributes of the Python object",
            );
            if !is_enum {
                for (name, span) in [
                    ("rename_all", attrs.rename_all.span()),
                    ("deny_unknown_fields", attrs.deny_unknown_fields.span()),
                    ("allow_unknown_fields", attrs.allow_unknown_fields.span()),
                ] {
                    refuse(span, &format!("this type has no named fields; remove `{name}`"));
                }
            }
        }
    }

    /// True if the type has type or const parameters, so that its name is known only for an instance.
    pub(crate) fn has_parameters(&self) -> bool {
        self.generics.type_params().next().is_some() || self.generics.const_params().next().is_some()
    }

    /// Every field of every variant.
    pub(crate) fn fields(&self) -> Vec<&Field<'a>> {
        match &self.shape {
            Shape::Record(fields) | Shape::Transparent(fields) | Shape::Tuple(fields) => fields.iter().collect(),
            Shape::Unit => Vec::new(),
            Shape::Enum(variants) => variants.iter().flat_map(|v| &v.fields).collect(),
        }
    }
}

fn read_fields<'a>(ctxt: &Ctxt, fields: &'a syn::Fields, case: Option<&Case>) -> (Style, Vec<Field<'a>>) {
    let style = match fields {
        syn::Fields::Named(_) => Style::Named,
        syn::Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Style::Newtype,
        syn::Fields::Unnamed(_) => Style::Tuple,
        syn::Fields::Unit => Style::Unit,
    };
    let mut taken = Taken::new("fields");
    let mut position = 0;
    let fields: Vec<Field<'a>> = fields
        .iter()
        .enumerate()
        .map(|(i, field)| {
            let attrs = FieldAttrs::read(ctxt, &field.attrs);
            check_field(ctxt, &attrs, field);
            let (member, names) = match &field.ident {
                Some(ident) if !attrs.skip.is_set() => {
                    let cased = |name: &str| case.map_or_else(|| name.into(), |case| case.field(name));
                    (ident.clone().into(), taken.names(ctxt, ident, &attrs.rename, &attrs.aliases, cased))
                }
                Some(ident) => (ident.clone().into(), Names { name: ident.to_string(), aliases: Vec::new() }),
                None => (Index::from(i).into(), Names { name: i.to_string(), aliases: Vec::new() }),
            };
            let here = position;
            position += usize::from(!attrs.skip.is_set());
            Field {
                member,
                local: Ident::new(&format!("__f{i}"), located(&field.ty)),
                position: here,
                ty: &field.ty,
                vis: &field.vis,
                names,
                attrs,
            }
        })
        .collect();
    // A struct whose only field is skipped is not that field.
    let style = if style == Style::Newtype && travelling(&fields).count() == 0 { Style::Tuple } else { style };
    (style, fields)
}

/// What does not fit a field, or another attribute of it.
fn check_field(ctxt: &Ctxt, attrs: &FieldAttrs, field: &syn::Field) {
    let aliases = attrs.aliases.first().map(Spanned::span);
    let skipped = attrs.skip.is_set();
    let given = [("rename", attrs.rename.span()), ("alias", aliases), ("with", attrs.with.span())];
    for (name, span) in given.into_iter().filter_map(|(name, span)| Some((name, span?))) {
        if skipped {
            ctxt.error_at(
                span,
                format_args!("a field with `skip` is not on the wire, so `{name}` says nothing; remove one of them"),
            );
        } else if field.ident.is_none() {
            ctxt.error_at(span, format_args!("`{name}` is for named fields; give the fields of this type names"));
        }
    }
    if let Some(span) = attrs.default.span().filter(|_| field.ident.is_none() && !skipped) {
        ctxt.error_at(span, "`default` is for named fields, since no element of a tuple can be missing; give the fields of this type names");
    }
    if let (Type::Reference(reference), false, false) = (strip_groups(&field.ty), skipped, attrs.with.is_set()) {
        let lifetime = reference.lifetime.as_ref().map_or_else(|| "'_".into(), ToString::to_string);
        let target = readable(&reference.elem);
        ctxt.error(
            &field.ty,
            format_args!("a borrowed field cannot be decoded: write `Cow<{lifetime}, {target}>`, which borrows when it is written and owns when it is read"),
        );
    }
}

/// The type that stands in the invisible groups of a macro_rules macro.
fn strip_groups(mut ty: &Type) -> &Type {
    while let Type::Group(group) = ty {
        ty = &group.elem;
    }
    ty
}

/// Tokens as a person writes them, as far as types need.
fn readable(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    [
        (" :: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        (" ;", ";"),
        ("( ", "("),
        (" )", ")"),
        ("[ ", "["),
        (" ]", "]"),
    ]
    .iter()
    .fold(text, |text, (from, to)| text.replace(from, to))
}

/// The names on the wire that the fields (or variants) so far have taken, and the Rust name of each.
struct Taken {
    by_name: HashMap<String, String>,
    plural: &'static str,
}

impl Taken {
    fn new(plural: &'static str) -> Self {
        Taken { by_name: HashMap::new(), plural }
    }

    /// The names of the next one. A name that was taken is noted where it is given.
    fn names(
        &mut self,
        ctxt: &Ctxt,
        ident: &Ident,
        rename: &Once<LitStr>,
        aliases: &[LitStr],
        cased: impl FnOnce(&str) -> String,
    ) -> Names {
        let own = ident.unraw().to_string();
        let (name, at) = match rename.get() {
            Some(rename) => (rename.value(), rename.span()),
            None => (cased(&own), ident.span()),
        };
        let aliases: Vec<(String, Span)> = aliases.iter().map(|alias| (alias.value(), alias.span())).collect();
        for (name, at) in std::iter::once(&(name.clone(), at)).chain(&aliases) {
            match self.by_name.get(name) {
                Some(other) if *other == own => {
                    ctxt.error_at(*at, format_args!("`{own}` has the name {name:?} already; remove this alias"));
                }
                Some(other) => {
                    let plural = self.plural;
                    ctxt.error_at(*at, format_args!("two {plural} have the name {name:?} on the wire, this one and `{other}`; rename one of them"));
                }
                None => {
                    self.by_name.insert(name.clone(), own.clone());
                }
            }
        }
        Names { name, aliases: aliases.into_iter().map(|(alias, _)| alias).collect() }
    }
}

/// The words of every `#[repr(…)]`.
pub(crate) fn repr(input: &DeriveInput) -> Vec<String> {
    let lists = input.attrs.iter().filter(|attr| attr.path().is_ident("repr"));
    lists
        .filter_map(|attr| attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok())
        .flatten()
        .map(|meta| meta.path().to_token_stream().to_string())
        .collect()
}

/// A name as the msgpack text that stands for it, length first.
///
/// `id` is `b"\xa2id"`.
pub(crate) fn encoded(name: &str) -> Vec<u8> {
    let len = name.len();
    let mut out = match len {
        0..32 => vec![0xa0 | len as u8],
        32..256 => vec![0xd9, len as u8],
        // No name is longer: `attr` sees to that, and the compiler takes no such identifier.
        _ => vec![0xda, (len >> 8) as u8, len as u8],
    };
    out.extend(name.as_bytes());
    out
}

/// The constant that holds the keys of some fields or variants.
pub(crate) fn keys<'n>(ident: &Ident, names: impl Iterator<Item = &'n Names>) -> TokenStream {
    let keys: Vec<TokenStream> = names
        .map(|names| {
            let name = &names.name;
            let encoded = proc_macro2::Literal::byte_string(&encoded(name));
            quote::quote!(__frames::Key { name: #name, encoded: #encoded })
        })
        .collect();
    let n = keys.len();
    quote::quote!(static #ident: [__frames::Key; #n] = [#(#keys),*];)
}
