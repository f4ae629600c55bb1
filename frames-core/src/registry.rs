//! The registry: from the name in a header to the code that reads the value.
//!
//! Types register themselves at link time through `inventory` (the derive and [`register!`](crate::register) do it), or
//! by hand into a registry of one's own. Two types under one name are an error that names both places, in every build; nothing is
//! ever picked silently.

use crate::any::AnyValue;
use crate::classref::ClassRef;
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::OnceLock;

type ReadAny = fn(&mut Cursor<'_>, &mut [Slot<'_>]) -> Result<AnyValue>;

/// One registered type: its names, how to read it, where it was registered. Made by the derive and by [`register!`](crate::register).
///
/// ```
/// let registry = frames_core::Registry::new().with::<u8>()?;
/// let entry = registry.get("u8").unwrap();
/// assert_eq!(entry.name(), "u8");
/// assert!(entry.place().contains(".rs:"));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Registration {
    name: fn() -> Cow<'static, str>,
    aliases: fn() -> &'static [&'static str],
    class: fn() -> Option<&'static str>,
    read: ReadAny,
    read_slice: ReadAny,
    file: &'static str,
    line: u32,
}

impl Registration {
    /// The registration of `T`, made at a place of the source.
    #[doc(hidden)]
    pub const fn of<T: FrameSerialize + Send + 'static>(file: &'static str, line: u32) -> Self {
        Registration {
            name: T::type_name,
            aliases: T::aliases,
            class: T::python_class,
            read: |cursor, slots| T::read_entry(cursor, slots).map(AnyValue::new),
            read_slice: |cursor, slots| T::read_slice(cursor, slots).map(AnyValue::new),
            file,
            line,
        }
    }

    /// The name under which the type travels.
    ///
    /// ```
    /// # let registry = frames_core::Registry::new().with::<u8>()?;
    /// assert_eq!(registry.get("u8").unwrap().name(), "u8");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn name(&self) -> Cow<'static, str> {
        (self.name)()
    }

    /// The `file:line` of the registration.
    ///
    /// ```
    /// # let registry = frames_core::Registry::new().with::<u8>()?;
    /// assert!(registry.get("u8").unwrap().place().contains(':'));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    pub(crate) fn read(&self, cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<AnyValue> {
        (self.read)(cursor, slots)
    }

    pub(crate) fn read_slice(&self, cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<AnyValue> {
        (self.read_slice)(cursor, slots)
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registration({} at {})", self.name(), self.place())
    }
}

inventory::collect!(Registration);

/// Names of types, and for each the code that reads it.
///
/// ```
/// use frames_core::{Decoder, FrameSerialize, Registry};
/// // A registry of one's own: what is not in it is not decoded.
/// let registry = Registry::new().with::<Vec<String>>()?.with::<Vec<f64>>()?;
/// assert_eq!(registry.len(), 2);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Registry {
    entries: Vec<Registration>,
    by_name: FxHashMap<Cow<'static, str>, usize>,
    by_class: FxHashMap<String, usize>,
}

impl Registry {
    /// A registry of nothing.
    ///
    /// ```
    /// assert!(frames_core::Registry::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Registry::default()
    }

    /// The registry of this program: everything that linked crates registered. Built once, at the first use.
    ///
    /// # Errors
    ///
    /// Two types under one name; every use of the registry then gives this error.
    ///
    /// ```
    /// assert!(frames_core::Registry::global()?.get("no::such::Type").is_none());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn global() -> Result<&'static Registry> {
        static GLOBAL: OnceLock<Result<Registry>> = OnceLock::new();
        let registry = GLOBAL.get_or_init(|| {
            let mut all: Vec<Registration> = inventory::iter::<Registration>.into_iter().copied().collect();
            // The linker's order is nobody's; the error about a duplicate must be the same in every build.
            all.sort_by_cached_key(|r| (r.name(), r.file, r.line));
            let mut registry = Registry::new();
            all.into_iter().try_for_each(|r| registry.insert(r))?;
            Ok(registry)
        });
        registry.as_ref().map_err(Clone::clone)
    }

    /// Checks that no two linked types have one name. Worth a test in every program.
    ///
    /// # Errors
    ///
    /// Two types under one name, with the file and line of both.
    ///
    /// ```
    /// frames_core::Registry::check()?;
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn check() -> Result<()> {
        Registry::global().map(drop)
    }

    /// Adds a type by hand.
    ///
    /// # Errors
    ///
    /// Its name, an alias or its Python class is taken.
    ///
    /// ```
    /// use frames_core::Registry;
    /// let error = Registry::new().with::<u8>()?.with::<u8>().unwrap_err();
    /// assert!(error.to_string().contains("`u8` is registered twice"));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    #[track_caller]
    pub fn with<T: FrameSerialize + Send + 'static>(mut self) -> Result<Self> {
        let place = Location::caller();
        self.insert(Registration::of::<T>(place.file(), place.line()))?;
        Ok(self)
    }

    /// The part of this registry that has these names: an allow-list.
    ///
    /// # Errors
    ///
    /// A name that is not here.
    ///
    /// ```
    /// use frames_core::Registry;
    /// let registry = Registry::new().with::<u8>()?.with::<u16>()?;
    /// assert_eq!(registry.only(["u8"])?.len(), 1);
    /// assert!(registry.only(["u9"]).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn only<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<Registry> {
        let mut part = Registry::new();
        for name in names {
            match self.get(name) {
                Some(entry) => part.insert(*entry)?,
                None => return Err(self.unknown(name)),
            }
        }
        Ok(part)
    }

    fn insert(&mut self, new: Registration) -> Result<()> {
        let index = self.entries.len();
        let name = new.name();
        for name in [name.clone()].into_iter().chain((new.aliases)().iter().map(|&a| a.into())) {
            if let Some(old) = self.by_name.insert(name.clone(), index) {
                return Err(duplicate(&name, &self.entry(old), &new));
            }
        }
        if let Some(class) = (new.class)() {
            let class = ClassRef::parse(class)?.to_string();
            if let Some(old) = self.by_class.insert(class.clone(), index) {
                return Err(duplicate(&class, &self.entry(old), &new));
            }
        }
        self.entries.push(new);
        Ok(())
    }

    fn entry(&self, index: usize) -> String {
        self.entries.get(index).map_or_else(|| "the same place".into(), Registration::place)
    }

    /// The type of a name or an alias.
    ///
    /// ```
    /// assert!(frames_core::Registry::new().get("u8").is_none());
    /// ```
    #[inline]
    pub fn get(&self, name: &str) -> Option<&Registration> {
        self.entries.get(*self.by_name.get(name)?)
    }

    /// The type that stands for a Python class.
    pub(crate) fn get_class(&self, class: &ClassRef<'_>) -> Option<&Registration> {
        if self.by_class.is_empty() {
            return None;
        }
        self.entries.get(*self.by_class.get(&class.to_string())?)
    }

    /// How many types there are.
    ///
    /// ```
    /// assert_eq!(frames_core::Registry::new().len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there are none.
    ///
    /// ```
    /// assert!(frames_core::Registry::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names, sorted.
    ///
    /// ```
    /// let registry = frames_core::Registry::new().with::<u8>()?.with::<i8>()?;
    /// assert_eq!(registry.names(), ["i8", "u8"]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn names(&self) -> Vec<Cow<'static, str>> {
        let mut names: Vec<_> = self.entries.iter().map(Registration::name).collect();
        names.sort();
        names
    }

    /// The error about a name that nobody registered.
    #[cold]
    pub(crate) fn unknown(&self, name: &str) -> Error {
        let shown: String = name.chars().take(120).collect();
        let error = Error::new(
            ErrorKind::UnknownType,
            format!("no type is registered as {shown:?}, among {} registered", self.len()),
        );
        let near = near(name, self.by_name.keys().map(|k| &**k));
        if near.is_empty() {
            let root = shown.split("::").next().unwrap_or_default();
            let forward = "the value can be forwarded unchanged";
            // `Vec<…>` and `(…)` are no crate's.
            return error.with_help(match root.contains(|c: char| !c.is_alphanumeric() && c != '_') {
                true => forward.to_owned(),
                false => format!("if a crate registers it, link that crate (`use {root} as _;`); {forward}"),
            });
        }
        let near: Vec<String> = near.iter().map(|n| format!("`{n}`")).collect();
        error.with_help(format!("near names are {}; `#[frames(alias = …)]` accepts an old name", near.join(", ")))
    }
}

#[cold]
fn duplicate(name: &str, old: &str, new: &Registration) -> Error {
    Error::new(ErrorKind::DuplicateType, format!("`{name}` is registered twice: at {old} and at {}", new.place()))
        .with_help("give one of them `#[frames(name = \"…\")]`, or `no_register`")
}

/// Up to three of `names` that are spelled much like `name`, or end in the same word; the nearest first.
pub(crate) fn near<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    // A name is the peer's: comparing costs the product of the lengths, so a long one is not compared.
    if name.len() > 200 {
        return Vec::new();
    }
    let last = |s: &str| s.rsplit(['.', ':']).next().unwrap_or_default().to_lowercase();
    let mut found: Vec<(usize, &str)> = names
        .filter(|candidate| candidate.len() <= 200)
        .filter_map(|candidate| {
            let far = distance(name, candidate);
            let same_word = last(name) == last(candidate);
            let close = far <= name.len().min(candidate.len()) / 3;
            (same_word || close).then_some((if same_word { 0 } else { far }, candidate))
        })
        .collect();
    found.sort_unstable();
    found.truncate(3);
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// The edit distance of two short texts, by bytes.
fn distance(a: &str, b: &str) -> usize {
    let b = b.as_bytes();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.as_bytes().iter().enumerate() {
        let mut diagonal = row.first().copied().unwrap_or(0);
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        let mut left = i + 1;
        for (cell, &y) in row.iter_mut().skip(1).zip(b) {
            let above = *cell;
            *cell = (diagonal + (x != y) as usize).min(above + 1).min(left + 1);
            diagonal = above;
            left = *cell;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Names a type that implements [`FrameSerialize`](crate::FrameSerialize) by hand, and registers it; or registers an instance of a
/// generic type.
///
/// `register!(Human)` gives the type the name `module_path!()::Human`. `name = "…"` pins another, `alias = "…"` accepts
/// older ones, and `python = "package.module:Class"` names the Python class for which Dask has the
/// functions that match. A type that is not a single identifier has its name already (by the derive) and is registered
/// as it is: `register!(Grid<f64, 3>)`.
///
/// ```
/// use frames_core::{FrameSerialize, Frames, Header, HeaderRef, Registry, Result, register};
/// struct Unit;
/// impl FrameSerialize for Unit {
///     fn serialize(&self) -> Result<(Header, Frames<'_>)> { Ok((Header::new(), Frames::new())) }
///     fn deserialize(_: HeaderRef<'_>, _: Frames<'_>) -> Result<Self> { Ok(Unit) }
/// }
/// register!(Unit, name = "example::Unit", alias = "example::Old");
/// assert!(Registry::global()?.get("example::Old").is_some());
///
/// register!(Option<Vec<u8>>);
/// assert!(Registry::global()?.get("Option<Vec<u8>>").is_some());
/// # Ok::<(), frames_core::Error>(())
/// ```
#[macro_export]
macro_rules! register {
    ($type:ident $(, name = $name:expr)? $(, alias = $alias:expr)* $(, python = $python:expr)? $(,)?) => {
        const _: () = {
            impl $crate::TypeName for $type {
                fn type_name() -> ::std::borrow::Cow<'static, str> {
                    ::std::borrow::Cow::Borrowed($crate::__first!(
                        $($name,)? ::core::concat!(::core::module_path!(), "::", ::core::stringify!($type))
                    ))
                }
                fn type_name_of_val(&self) -> ::std::borrow::Cow<'static, str> {
                    <Self as $crate::TypeName>::type_name()
                }
                fn aliases() -> &'static [&'static str] {
                    &[$($alias),*]
                }
                fn python_class() -> ::core::option::Option<&'static str> {
                    $crate::__first!($(::core::option::Option::Some($python),)? ::core::option::Option::None)
                }
                fn python_class_of_val(&self) -> ::core::option::Option<&'static str> {
                    <Self as $crate::TypeName>::python_class()
                }
            }
            $crate::inventory::submit! {
                $crate::Registration::of::<$type>(::core::file!(), ::core::line!())
            }
        };
    };
    ($type:ty) => {
        const _: () = {
            $crate::inventory::submit! {
                $crate::Registration::of::<$type>(::core::file!(), ::core::line!())
            }
        };
    };
}

/// The first of its arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __first {
    ($first:expr $(, $rest:expr)*) => {
        $first
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_by_spelling_and_by_the_last_word() {
        let names = ["model::Estimator", "model::Estimate", "shapes::Circle", "numpy.ndarray"];
        assert_eq!(near("model::Estimatr", names.into_iter()), ["model::Estimate", "model::Estimator"]);
        assert_eq!(near("moved::here::Circle", names.into_iter()), ["shapes::Circle"]);
        assert!(near("unrelated", names.into_iter()).is_empty());
        assert!(near(&"x".repeat(1 << 20), names.into_iter()).is_empty());
    }

    #[test]
    fn a_duplicate_names_both_places() {
        let mut registry = Registry::new();
        registry.insert(Registration::of::<u8>("a.rs", 1)).unwrap();
        let error = registry.insert(Registration::of::<u8>("b.rs", 2)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DuplicateType);
        assert!(error.to_string().contains("at a.rs:1 and at b.rs:2"), "{error}");
    }
}
