//! `#[derive(FrameSerialize)]` for `frames-core`, which re-exports it under the feature `derive`.
//!
//! ```ignore
//! use frames_core::FrameSerialize;
//!
//! #[derive(FrameSerialize)]
//! #[frames(name = "lab.Sample", rename_all = "camelCase")]
//! struct Sample {
//!     sample_id: u32,
//!     #[frames(default)]
//!     comment: Option<String>,
//!     values: Vec<f64>, // its bytes leave as a frame that points into the vector
//! }
//! ```
//!
//! The attributes are in the documentation of [the macro](derive@FrameSerialize).

mod attr;
mod bound;
mod case;
mod ctxt;
mod derive;
mod enums;
mod fields;
mod input;
mod name;
mod plain;
mod record;
mod register;
mod table;
mod transparent;
mod tuple;
mod view;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `FrameSerialize` and `TypeName`, and registers the type.
///
/// # What a type becomes
///
/// | Rust | on the wire |
/// |---|---|
/// | struct with named fields | the layout of Dask's generic objects: `simple` fields in the header, the others with frames |
/// | `struct Meters(f64)`, and `transparent` | its only field, in every way: it has no name of its own on the wire and is not registered |
/// | tuple struct | a tuple |
/// | unit struct | `None` |
/// | enum | text, or a map of one entry `{variant: payload}` |
///
/// Types without type and const parameters register themselves, for which they must be `Send`; each instance of a generic
/// type is registered with `frames_core::register!`.
///
/// # Attributes of a type
///
/// | `#[frames(…)]` | effect |
/// |---|---|
/// | `name = "lab.Sample"` | the name that travels, in place of `module_path!()::Sample`; generic types add their arguments |
/// | `alias = "Old"`, `alias("A", "B")` | other names under which values may arrive |
/// | `python = "lab.model:Sample"` | the Python class to name in place of `builtins.dict`; named fields only |
/// | `rename_all = "camelCase"` | the case of field names, or of an enum's variants |
/// | `rename_all_fields = "camelCase"` | the case of the fields of an enum's variants |
/// | `transparent` | travels as its only field that is not skipped |
/// | `plain` | for a `#[repr(C)]` struct that derives `Pod` and `Zeroable` (of `bytemuck` with its feature `derive`): a slice travels as one structured numpy array |
/// | `view` | received values are looked at where they lie: a struct `Log` with named fields gets a `LogView` (a column a field) and a `LogRow`; see `frames_core::view` |
/// | `bound = "T: Trait"` | replaces the inferred bounds on field types; every type parameter still needs a `TypeName` |
/// | `crate = "path"` | where `frames_core` is |
/// | `deny_unknown_fields` | the default, said aloud: a field that the type does not have is an error |
/// | `allow_unknown_fields` | passes over fields that the type does not have |
/// | `no_register` | leaves the type out of the registry |
///
/// # Attributes of a field
///
/// | `#[frames(…)]` | effect |
/// |---|---|
/// | `rename = "x"` | its name on the wire |
/// | `alias = "y"`, `alias("y", "z")` | other names under which it may arrive |
/// | `default`, `default = "path"` | may be missing: `Default::default()` or `path()` stands in |
/// | `skip` | does not travel; made by `Default::default()`, or by `default = "path"` |
/// | `with = "module"` | goes through `module::serialize(&T) -> Result<(Header, Frames<'_>)>` and `module::deserialize(HeaderRef<'_>, Frames<'_>) -> Result<T>`, which make and take whole headers as `frames_core::serialize` does |
///
/// A variant of an enum takes `rename`, `alias` and `rename_all` (for its own fields).
#[proc_macro_derive(FrameSerialize, attributes(frames))]
pub fn derive_frame_serialize(input: TokenStream) -> TokenStream {
    derive::expand(&parse_macro_input!(input as DeriveInput)).unwrap_or_else(syn::Error::into_compile_error).into()
}
