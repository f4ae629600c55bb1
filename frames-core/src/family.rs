//! The door for families of other crates: pickle above all.
//!
//! A family that is not ours does not need to know our types. It *translates*: its payload to a header and frames of the
//! families dask and msgpack, and back. So a pickled dict decodes into a derived struct through the same code as a dict
//! collection. Linking the crate is enough; a family that is not linked is an error that says so.

use crate::any::AnyValue;
use crate::dynamic::Dynamic;
use crate::error::{Error, ErrorKind, Result};
use crate::frames::Frames;
use crate::header::{Header, HeaderRef};

/// A family of serialization that another crate brings, submitted by `inventory::submit!`.
///
/// ```
/// use frames_core::{Family, Frames, Header, HeaderRef, Result, inventory};
///
/// /// Text in capitals, for the example.
/// fn decode<'f>(_: HeaderRef<'_>, frames: Frames<'f>) -> Result<(Header, Frames<'f>)> {
///     let text = String::from_utf8_lossy(&frames.into_one()?).to_lowercase();
///     let (header, frames) = frames_core::serialize(&text)?;
///     Ok((header, frames.into_owned()))
/// }
/// inventory::submit! { Family { name: "shout", decode, encode: None, any: None, dynamic: None } }
///
/// let header = Header::new().with("serializer", "shout")?;
/// let frames = Frames::from(frames_core::Frame::from("HELLO"));
/// assert_eq!(frames_core::deserialize::<String>(&header, frames)?, "hello");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// As in the header's `serializer`.
    pub name: &'static str,
    /// Translates a header and frames of this family into the families dask and msgpack.
    pub decode: Translate,
    /// Translates the other way; `None` if this family cannot be written.
    pub encode: Option<Translate>,
    /// What [`deserialize_any`](crate::deserialize_any) makes of a value; `None` if it is what the translation is.
    pub any: Option<ReadAny>,
    /// What a [`Dynamic`] of a value is; `None` if it is that of the translation.
    pub dynamic: Option<ReadDynamic>,
}

/// How a [`Family`] turns one header with its frames into another.
///
/// ```
/// use frames_core::{Frames, HeaderRef, Translate};
/// let same: Translate = |header: HeaderRef<'_>, frames| Ok((header.to_owned(), frames));
/// # let _ = same;
/// ```
pub type Translate = for<'f> fn(HeaderRef<'_>, Frames<'f>) -> Result<(Header, Frames<'f>)>;

/// How a [`Family`] makes a value of which no type is wanted: it may read a translation with the last argument, or keep the value in a type
/// of its own.
///
/// ```
/// use frames_core::{Frames, HeaderRef, ReadAny};
/// let translated: ReadAny = |header: HeaderRef<'_>, frames, read| read(&header.to_owned(), frames);
/// # let _ = translated;
/// ```
pub type ReadAny = fn(
    HeaderRef<'_>,
    Frames<'static>,
    &mut dyn FnMut(&Header, Frames<'static>) -> Result<AnyValue>,
) -> Result<AnyValue>;

/// How a [`Family`] makes a [`Dynamic`] that nests no deeper than the last argument says. Errors of the kinds `UnknownType`, `Unsupported` and `Limit`
/// mean that the value cannot be opened: it is kept as it came, as [`Dynamic::Other`].
///
/// ```
/// use frames_core::{Dynamic, Frames, HeaderRef, ReadDynamic};
/// let sizes: ReadDynamic = |_: HeaderRef<'_>, frames, _depth| Ok(Dynamic::from(frames.total_bytes() as u64));
/// # let _ = sizes;
/// ```
pub type ReadDynamic = fn(HeaderRef<'_>, Frames<'static>, u16) -> Result<Dynamic>;

inventory::collect!(Family);

pub(crate) fn find(name: &str) -> Result<&'static Family> {
    let mut found = inventory::iter::<Family>.into_iter().filter(|f| f.name == name);
    match (found.next(), found.next()) {
        (Some(family), None) => Ok(family),
        (Some(_), Some(_)) => {
            Err(Error::new(ErrorKind::Family, format!("two linked crates bring the family {name:?}")))
        }
        (None, _) => {
            let shown: String = name.chars().take(40).collect();
            let error = Error::new(ErrorKind::Family, format!("no linked crate brings the family {shown:?}"));
            Err(match name {
                "pickle" => error.with_help(
                    "the crate frames-pickle does (`use frames_pickle as _;`); without it the value can be forwarded unchanged",
                ),
                _ => error.with_help("the value can be forwarded unchanged"),
            })
        }
    }
}

/// A foreign value in the families dask and msgpack.
pub(crate) fn translate<'f>(
    family: &Family,
    header: HeaderRef<'_>,
    frames: Frames<'f>,
) -> Result<(Header, Frames<'f>)> {
    (family.decode)(header, frames).map_err(|e| e.in_family(family.name))
}

/// A value of the families dask and msgpack in a foreign one.
pub(crate) fn encode<'f>(name: &str, header: HeaderRef<'_>, frames: Frames<'f>) -> Result<(Header, Frames<'f>)> {
    match find(name)?.encode {
        Some(encode) => encode(header, frames),
        None => Err(Error::new(ErrorKind::Unsupported, format!("the family {name:?} can be read and not written"))),
    }
}
