//! The attributes under `#[frames(…)]`: what a type, a variant and a field may say, each at most once.
//!
//! Only the form of each attribute is checked here. What does not fit the type, or another attribute, is found in
//! [`input`](crate::input).

use crate::case::Case;
use crate::ctxt::Ctxt;
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::Parse;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, ExprPath, Lit, LitStr, Meta, Path, Token, WherePredicate};

/// What carries attributes, and the names that it knows.
struct Level {
    noun: &'static str,
    plural: &'static str,
    names: &'static [&'static str],
}

const TYPE: Level = Level {
    noun: "a type",
    plural: "types",
    names: &[
        "name",
        "alias",
        "python",
        "rename_all",
        "rename_all_fields",
        "transparent",
        "plain",
        "view",
        "bound",
        "crate",
        "deny_unknown_fields",
        "allow_unknown_fields",
        "no_register",
    ],
};
const VARIANT: Level = Level { noun: "a variant", plural: "variants", names: &["rename", "alias", "rename_all"] };
const FIELD: Level =
    Level { noun: "a field", plural: "fields", names: &["rename", "alias", "default", "skip", "with"] };

/// An attribute that may be given once, and where it was.
pub(crate) struct Once<T>(Option<(Span, T)>);

impl<T> Once<T> {
    const NONE: Self = Once(None);

    /// Takes the value, unless there was one before or it could not be read (which was noted).
    fn set(&mut self, ctxt: &Ctxt, item: &Item, value: Option<T>) {
        let Some(value) = value else { return };
        if self.0.is_some() {
            ctxt.error(&item.meta, format_args!("`{}` is given twice; remove one", item.name));
        } else {
            self.0 = Some((item.meta.path().span(), value));
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }

    /// Where it is given.
    pub(crate) fn span(&self) -> Option<Span> {
        self.0.as_ref().map(|(span, _)| *span)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.is_some()
    }
}

/// `package.module:Outer.Inner`, in its two halves.
pub(crate) struct Python {
    pub(crate) module: String,
    pub(crate) qualname: String,
}

/// What `#[frames(…)]` says about a type.
pub(crate) struct TypeAttrs {
    pub(crate) name: Once<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) python: Once<Python>,
    pub(crate) rename_all: Once<Case>,
    pub(crate) rename_all_fields: Once<Case>,
    pub(crate) transparent: Once<()>,
    pub(crate) plain: Once<()>,
    pub(crate) view: Once<()>,
    pub(crate) bound: Once<Vec<WherePredicate>>,
    pub(crate) krate: Once<Path>,
    pub(crate) deny_unknown_fields: Once<()>,
    pub(crate) allow_unknown_fields: Once<()>,
    pub(crate) no_register: Once<()>,
}

impl TypeAttrs {
    pub(crate) fn read(ctxt: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut out = TypeAttrs {
            name: Once::NONE,
            aliases: Vec::new(),
            python: Once::NONE,
            rename_all: Once::NONE,
            rename_all_fields: Once::NONE,
            transparent: Once::NONE,
            plain: Once::NONE,
            view: Once::NONE,
            bound: Once::NONE,
            krate: Once::NONE,
            deny_unknown_fields: Once::NONE,
            allow_unknown_fields: Once::NONE,
            no_register: Once::NONE,
        };
        for item in Item::all(ctxt, attrs) {
            match &*item.name {
                "name" => out.name.set(ctxt, &item, item.text(ctxt).filter(|name| named(ctxt, name))),
                "alias" => out.aliases.extend(item.texts(ctxt).into_iter().filter(|name| named(ctxt, name))),
                "python" => out.python.set(ctxt, &item, item.text(ctxt).and_then(|text| python(ctxt, &text))),
                "rename_all" => out.rename_all.set(ctxt, &item, item.case(ctxt)),
                "rename_all_fields" => out.rename_all_fields.set(ctxt, &item, item.case(ctxt)),
                "transparent" => out.transparent.set(ctxt, &item, item.flag(ctxt)),
                "plain" => out.plain.set(ctxt, &item, item.flag(ctxt)),
                "view" => out.view.set(ctxt, &item, item.flag(ctxt)),
                "bound" => out.bound.set(ctxt, &item, item.predicates(ctxt)),
                "crate" => out.krate.set(ctxt, &item, item.path(ctxt)),
                "deny_unknown_fields" => out.deny_unknown_fields.set(ctxt, &item, item.flag(ctxt)),
                "allow_unknown_fields" => out.allow_unknown_fields.set(ctxt, &item, item.flag(ctxt)),
                "no_register" => out.no_register.set(ctxt, &item, item.flag(ctxt)),
                _ => item.unknown(ctxt, &TYPE),
            }
        }
        out
    }

    /// The path to `frames_core`.
    pub(crate) fn krate(&self) -> TokenStream {
        match self.krate.get() {
            Some(path) => path.to_token_stream(),
            None => quote::quote!(::frames_core),
        }
    }
}

/// What `#[frames(…)]` says about a variant.
pub(crate) struct VariantAttrs {
    pub(crate) rename: Once<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) rename_all: Once<Case>,
}

impl VariantAttrs {
    pub(crate) fn read(ctxt: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut out = VariantAttrs { rename: Once::NONE, aliases: Vec::new(), rename_all: Once::NONE };
        for item in Item::all(ctxt, attrs) {
            match &*item.name {
                "rename" => out.rename.set(ctxt, &item, item.text(ctxt).filter(|name| short(ctxt, name))),
                "alias" => out.aliases.extend(item.texts(ctxt)),
                "rename_all" => out.rename_all.set(ctxt, &item, item.case(ctxt)),
                _ => item.unknown(ctxt, &VARIANT),
            }
        }
        out
    }
}

/// Where the value of a field comes from that is not on the wire.
pub(crate) enum Fallback {
    /// `Default::default()`.
    Trait,
    /// A function without parameters.
    Path(ExprPath),
}

/// What `#[frames(…)]` says about a field.
pub(crate) struct FieldAttrs {
    pub(crate) rename: Once<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) default: Once<Fallback>,
    pub(crate) skip: Once<()>,
    /// The module with `serialize` and `deserialize`.
    pub(crate) with: Once<ExprPath>,
}

impl FieldAttrs {
    pub(crate) fn read(ctxt: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut out = FieldAttrs {
            rename: Once::NONE,
            aliases: Vec::new(),
            default: Once::NONE,
            skip: Once::NONE,
            with: Once::NONE,
        };
        for item in Item::all(ctxt, attrs) {
            match &*item.name {
                "rename" => out.rename.set(ctxt, &item, item.text(ctxt).filter(|name| short(ctxt, name))),
                "alias" => out.aliases.extend(item.texts(ctxt)),
                "default" => out.default.set(ctxt, &item, item.fallback(ctxt)),
                "skip" => out.skip.set(ctxt, &item, item.flag(ctxt)),
                "with" => out.with.set(ctxt, &item, item.parsed(ctxt, "a module")),
                _ => item.unknown(ctxt, &FIELD),
            }
        }
        out
    }
}

/// One of the comma-separated parts of `#[frames(…)]`.
struct Item {
    name: String,
    meta: Meta,
}

impl Item {
    /// Every part of every `#[frames(…)]` here.
    fn all(ctxt: &Ctxt, attrs: &[Attribute]) -> Vec<Item> {
        let mut items = Vec::new();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("frames")) {
            let Meta::List(list) = &attr.meta else {
                ctxt.error(&attr.meta, "write the attributes in parentheses: `#[frames(…)]`");
                continue;
            };
            let parsed = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            items.extend(ctxt.ok(parsed).into_iter().flatten().map(|meta| {
                let name = match meta.path().get_ident() {
                    Some(ident) => ident.unraw().to_string(),
                    None => meta.path().to_token_stream().to_string().replace(' ', ""),
                };
                Item { name, meta }
            }));
        }
        items
    }

    /// `name`, with nothing behind it.
    fn flag(&self, ctxt: &Ctxt) -> Option<()> {
        match self.meta {
            Meta::Path(_) => Some(()),
            _ => {
                ctxt.error(&self.meta, format_args!("`{0}` takes no value: write `{0}`", self.name));
                None
            }
        }
    }

    /// `name = "…"`.
    fn text(&self, ctxt: &Ctxt) -> Option<LitStr> {
        match &self.meta {
            Meta::NameValue(pair) => literal(&pair.value).or_else(|| {
                ctxt.error(&pair.value, format_args!("`{0}` takes text: write `{0} = \"…\"`", self.name));
                None
            }),
            _ => {
                ctxt.error(&self.meta, format_args!("`{0}` takes text: write `{0} = \"…\"`", self.name));
                None
            }
        }
    }

    /// `name = "…"` or `name("…", "…")`.
    fn texts(&self, ctxt: &Ctxt) -> Vec<LitStr> {
        let Meta::List(list) = &self.meta else {
            return self.text(ctxt).filter(|name| short(ctxt, name)).into_iter().collect();
        };
        match list.parse_args_with(Punctuated::<LitStr, Token![,]>::parse_terminated) {
            Ok(texts) if !texts.is_empty() => texts.into_iter().filter(|name| short(ctxt, name)).collect(),
            _ => {
                let message = format!("`{0}` takes text: write `{0} = \"…\"` or `{0}(\"…\", \"…\")`", self.name);
                ctxt.error(&self.meta, message);
                Vec::new()
            }
        }
    }

    /// `name = "…"`, where the text is code.
    fn parsed<T: Parse>(&self, ctxt: &Ctxt, what: &str) -> Option<T> {
        let text = self.text(ctxt)?;
        text.parse().ok().or_else(|| {
            ctxt.error(&text, format_args!("{:?} is not the path of {what}", text.value()));
            None
        })
    }

    /// `rename_all = "…"`.
    fn case(&self, ctxt: &Ctxt) -> Option<Case> {
        let text = self.text(ctxt)?;
        Case::parse(&text.value()).map_err(|message| ctxt.error(&text, message)).ok()
    }

    /// `default` or `default = "path"`.
    fn fallback(&self, ctxt: &Ctxt) -> Option<Fallback> {
        match &self.meta {
            Meta::Path(_) => Some(Fallback::Trait),
            Meta::NameValue(pair) if literal(&pair.value).is_some() => {
                self.parsed(ctxt, "a function").map(Fallback::Path)
            }
            _ => {
                ctxt.error(&self.meta, "write `default`, or `default = \"path::to::function\"`");
                None
            }
        }
    }

    /// `crate = path` or `crate = "path"`.
    fn path(&self, ctxt: &Ctxt) -> Option<Path> {
        let path = match &self.meta {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
                value => literal(value).and_then(|text| text.parse_with(Path::parse_mod_style).ok()),
            },
            _ => None,
        };
        if path.is_none() {
            ctxt.error(&self.meta, format_args!("`{0}` takes a path: write `{0} = path::to::frames_core`", self.name));
        }
        path
    }

    /// `bound = "T: Trait, U: Trait"`.
    fn predicates(&self, ctxt: &Ctxt) -> Option<Vec<WherePredicate>> {
        let text = self.text(ctxt)?;
        match text.parse_with(Punctuated::<WherePredicate, Token![,]>::parse_terminated) {
            Ok(predicates) => Some(predicates.into_iter().collect()),
            Err(error) => {
                ctxt.error(&text, format_args!("this is no where clause ({error}); write `bound = \"T: Trait\"`"));
                None
            }
        }
    }

    /// Says what may be written here, and what was perhaps meant.
    fn unknown(&self, ctxt: &Ctxt, level: &Level) {
        let name = &self.name;
        let mut message = format!("unknown attribute `{name}`");
        let elsewhere: Vec<&str> =
            [&TYPE, &VARIANT, &FIELD].iter().filter(|l| l.names.contains(&&**name)).map(|l| l.plural).collect();
        if !elsewhere.is_empty() {
            message.push_str(&format!(", which is for {}", elsewhere.join(" and ")));
        } else if let Some(near) = near(name, level.names) {
            message.push_str(&format!("; did you mean `{near}`?"));
        }
        let known: Vec<String> = level.names.iter().map(|name| format!("`{name}`")).collect();
        message.push_str(&format!("\n{} knows {}", level.noun, known.join(", ")));
        ctxt.error(&self.meta, message);
    }
}

/// The text of a literal.
fn literal(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
        // What a macro_rules macro passes on as `$x:expr` stands in an invisible group.
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

/// True if the text can be a key on the wire.
fn short(ctxt: &Ctxt, name: &LitStr) -> bool {
    let len = name.value().len();
    if len > u16::MAX.into() {
        ctxt.error(name, format_args!("a name has at most 65535 bytes, and this one has {len}"));
    }
    len <= u16::MAX.into()
}

/// True if the text can be the name of a type.
fn named(ctxt: &Ctxt, name: &LitStr) -> bool {
    if name.value().is_empty() {
        ctxt.error(name, "the name of a type is not empty");
        return false;
    }
    short(ctxt, name)
}

/// `a.b:Outer.Inner` in its halves, of which each is a path of Python identifiers that fits a class reference.
fn python(ctxt: &Ctxt, text: &LitStr) -> Option<Python> {
    const MAX: usize = 100;
    let value = text.value();
    let (module, qualname) = value.split_once(':').unwrap_or((&value, ""));
    let identifier = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_') && chars.all(|c| c.is_alphanumeric() || c == '_')
    };
    for (what, half) in [("module", module), ("class", qualname)] {
        if !half.split('.').all(identifier) {
            let message =
                "a Python class is named by its module, a colon and the class: `python = \"package.module:Class\"`";
            ctxt.error(text, message);
            return None;
        }
        if half.len() > MAX {
            ctxt.error(text, format_args!("the name of this {what} has {} bytes, and {MAX} is the most", half.len()));
            return None;
        }
    }
    Some(Python { module: module.into(), qualname: qualname.into() })
}

/// The name of `known` from which `name` is one or two typing errors away.
fn near<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let allowed = if name.len() < 5 { 1 } else { 2 };
    known
        .iter()
        .map(|k| (edits(name, k), *k))
        .filter(|(edits, k)| *edits <= allowed || (name.len() > 3 && k.starts_with(name)))
        .min()
        .map(|(_, k)| k)
}

/// How many characters must be inserted, removed, replaced or swapped with the next to make `a` into `b`.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (mut before, mut row): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let mut best = (row[j] + 1).min(next[j - 1] + 1).min(row[j - 1] + usize::from(a[i - 1] != b[j - 1]));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_find_their_name() {
        assert_eq!(near("renmae", FIELD.names), Some("rename"));
        assert_eq!(near("defualt", FIELD.names), Some("default"));
        assert_eq!(near("aliases", FIELD.names), Some("alias"));
        assert_eq!(near("deny_unknown", TYPE.names), Some("deny_unknown_fields"));
        assert_eq!(near("borrow", FIELD.names), None);
    }
}
