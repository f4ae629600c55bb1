//! What two ends of a connection tell each other first, and what they agree on. As `distributed.comm.core`.
//!
//! ```text
//! {"compression": nil or the name of a codec, "python": […], "pickle-protocol": 5, "frames": 1}
//! ```
//!
//! Both sides send it at once. Dask reads `compression` and `pickle-protocol`, and passes over what it does not know: `frames` is ours, and
//! says that packed rows are understood. Nothing but the agreed codec is
//! written after it; what is read says of each piece how it is compressed, and is taken as it says.

use crate::compress::Codec;
use crate::envelope::{Encoder, Reader};
use crate::error::{Error, ErrorKind, Result};
use crate::message::Body;

/// What one side says of itself.
///
/// ```
/// use frames_core::{Codec, Handshake, Reader};
/// let (us, them) = (Handshake::new(), Handshake::from_body(&Handshake::new().to_body())?);
/// let agreed = us.agree(&them);
/// assert_eq!((agreed.compression, agreed.pickle_protocol, agreed.reader), (None, 5, Reader::Rust));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handshake {
    /// The codec that this side would use; none by default, as in Dask.
    pub compression: Option<String>,
    /// The newest protocol of pickles that this side reads.
    pub pickle_protocol: u64,
    /// The version of this crate's own additions that this side knows; `None` for Dask.
    pub frames: Option<u64>,
}

/// What both sides can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Agreed {
    /// The codec, if both sides named the same one.
    pub compression: Option<Codec>,
    /// The older of the protocols of pickles.
    pub pickle_protocol: u64,
    /// Who reads.
    pub reader: Reader,
}

impl Handshake {
    /// No codec, pickles of protocol 5, packed rows.
    ///
    /// ```
    /// assert_eq!(frames_core::Handshake::new().pickle_protocol, 5);
    /// ```
    pub fn new() -> Self {
        Handshake { compression: None, pickle_protocol: 5, frames: Some(1) }
    }

    /// Would use `codec`.
    ///
    /// # Errors
    ///
    /// The feature of the codec is off.
    ///
    /// ```
    /// use frames_core::{Codec, Handshake};
    /// assert_eq!(Handshake::new().compression(Codec::Lz4).is_ok(), Codec::Lz4.is_available());
    /// ```
    pub fn compression(mut self, codec: Codec) -> Result<Self> {
        codec.check_available()?;
        self.compression = Some(codec.name().to_owned());
        Ok(self)
    }

    /// The message.
    ///
    /// ```
    /// use frames_core::{Body, Handshake};
    /// assert_eq!(Handshake::new().to_body().get("compression"), Some(&Body::Nil));
    /// ```
    pub fn to_body(&self) -> Body<'_> {
        let mut entries = vec![
            ("compression", self.compression.as_deref().into()),
            // Dask sends its version of Python, and reads nobody's.
            ("python", Body::List(Vec::new())),
            ("pickle-protocol", self.pickle_protocol.into()),
        ];
        entries.extend(self.frames.map(|version| ("frames", version.into())));
        Body::map(entries)
    }

    /// Of the message that the other side sent.
    ///
    /// # Errors
    ///
    /// It is no handshake: the key that is missing or of another type is named.
    ///
    /// ```
    /// use frames_core::{Body, Handshake};
    /// let error = Handshake::from_body(&Body::map([("compression", Body::Nil)])).unwrap_err();
    /// assert!(error.to_string().contains("pickle-protocol"), "{error}");
    /// ```
    pub fn from_body(body: &Body<'_>) -> Result<Self> {
        let missing = |key: &str| {
            Error::new(ErrorKind::MissingField, format!("a handshake has the key {key:?}"))
                .with_help("the other side is no Dask of 2021 or later")
        };
        let compression = match body.get("compression").ok_or_else(|| missing("compression"))? {
            Body::Nil => None,
            Body::Text(name) => Some(name.clone().into_owned()),
            _ => return Err(Error::mismatch("the name of a codec, or nothing", "something else").at_key("compression")),
        };
        let number = |key: &str| match body.get(key) {
            Some(value) => match value.as_u64() {
                Some(n) => Ok(Some(n)),
                None => Err(Error::mismatch("a number", "something else").at_key(key)),
            },
            None => Ok(None),
        };
        let pickle_protocol = number("pickle-protocol")?.ok_or_else(|| missing("pickle-protocol"))?;
        Ok(Handshake { compression, pickle_protocol, frames: number("frames")? })
    }

    /// What this side and the other can do.
    ///
    /// ```
    /// use frames_core::{Handshake, Reader};
    /// let mut dask = Handshake::new();
    /// dask.frames = None;
    /// dask.pickle_protocol = 4;
    /// let agreed = Handshake::new().agree(&dask);
    /// assert_eq!((agreed.reader, agreed.pickle_protocol), (Reader::Any, 4));
    /// ```
    pub fn agree(&self, other: &Handshake) -> Agreed {
        let same = self.compression.as_deref().filter(|name| other.compression.as_deref() == Some(name));
        Agreed {
            compression: same.and_then(|name| Codec::parse(name).ok()).filter(|codec| codec.is_available()),
            pickle_protocol: self.pickle_protocol.min(other.pickle_protocol),
            reader: if self.frames.is_some() && other.frames.is_some() { Reader::Rust } else { Reader::Any },
        }
    }
}

impl Default for Handshake {
    fn default() -> Self {
        Handshake::new()
    }
}

impl Agreed {
    /// The settings for what is written from now on. Frames are cut only to be compressed: whoever receives pieces, Dask or we,
    /// has to copy them together.
    ///
    /// ```
    /// use frames_core::{Encoder, Handshake, Reader};
    /// let agreed = Handshake::new().agree(&Handshake::new());
    /// assert_eq!(agreed.encoder(), Encoder::new().reader(Reader::Rust).shard(usize::MAX));
    /// ```
    pub fn encoder(&self) -> Encoder {
        let encoder = Encoder::new().reader(self.reader).compression(self.compression);
        if self.compression.is_none() { encoder.shard(usize::MAX) } else { encoder }
    }
}
