//! The front doors: a value to a header and frames and back, with the settings that the caller chooses.

use crate::any::AnyValue;
use crate::buffers::Spare;
use crate::compress::Codec;
use crate::entry;
use crate::error::{Error, ErrorKind, Result};
use crate::family;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Frames;
use crate::header::{Header, HeaderRef};
use crate::limits::Limits;
use crate::registry::Registry;
use crate::writer::{CAPACITY, Kept, MSGPACK_ENTRY, Writer};
use std::borrow::Cow;
use std::sync::Arc;

/// Writes a value as Dask's `serialize` does: the header to send and the frames that belong to it.
///
/// Frames point into the value wherever it lies in memory as it goes over the wire. The families are `dask` and
/// `msgpack`; [`Encoder`] changes that.
///
/// # Errors
///
/// The value cannot be written; the error names the path.
///
/// ```
/// let data = vec![1.5f64; 1000];
/// let (header, frames) = frames_core::serialize(&data)?;
/// assert_eq!(frames.get(0)?.as_ptr(), data.as_ptr().cast(), "no copy");
/// assert_eq!(header.to_value()?["type"], "numpy.ndarray".into());
/// # Ok::<(), frames_core::Error>(())
/// ```
#[inline]
pub fn serialize<T: FrameSerialize + ?Sized>(value: &T) -> Result<(Header, Frames<'_>)> {
    Writer::collect(&|w| value.write_entry(w))
}

/// Reads a value of a known type from any form in which Python or Rust could have sent it.
///
/// # Errors
///
/// The header is malformed, or it is another value's: the error names the path, and what was expected and found there.
///
/// ```
/// let data = vec![1.5f64, 2.5];
/// let (header, frames) = frames_core::serialize(&data)?;
/// assert_eq!(frames_core::deserialize::<Vec<f64>>(&header, frames)?, [1.5, 2.5]);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[inline]
pub fn deserialize<'h, T: FrameSerialize>(header: impl Into<HeaderRef<'h>>, frames: Frames<'_>) -> Result<T> {
    let header = header.into();
    // Inside of a type written by hand this is the decoder that called it, with its limits, families and registry.
    header.decoder().deserialize(header, frames)
}

/// Reads a value whose type the header names: looked up in the registry of this program.
///
/// # Errors
///
/// As [`deserialize`]; and a type that nobody registered, with the names that are near.
///
/// ```
/// let (header, frames) = frames_core::serialize(&7u8)?;
/// let value = frames_core::deserialize_any(&header, frames)?;
/// assert_eq!(value.downcast_ref::<frames_core::rmpv::Value>(), Some(&7.into()));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn deserialize_any<'h>(header: impl Into<HeaderRef<'h>>, frames: Frames<'_>) -> Result<AnyValue> {
    let header = header.into();
    header.decoder().deserialize_any(header, frames)
}

/// Who will read what is written. Some values have a form that Python reads and a faster one that only Rust does.
///
/// ```
/// use frames_core::{Encoder, Reader};
/// assert_eq!(Encoder::new().reader(Reader::Rust), Encoder::new().reader(Reader::Rust));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reader {
    /// Not known, or Dask: the portable form.
    #[default]
    Any,
    /// Another process with this crate.
    Rust,
}

/// The settings of one serialization: who will read it, and the families in order of preference.
///
/// ```
/// use frames_core::Encoder;
/// let data = vec![1u32, 2];
/// let (header, _) = Encoder::new().families(["msgpack"]).serialize(&data)?;
/// assert_eq!(header.to_value()?["serializer"], "msgpack".into());
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoder {
    reader: Reader,
    families: Cow<'static, [Cow<'static, str>]>,
    /// What `families` say, so that a small value need not compare text: nothing but the default; `msgpack` among them.
    natural: bool,
    msgpack: bool,
    depth: u16,
    shard: usize,
    codec: Option<Codec>,
}

/// Dask's `distributed.comm.shard`.
const SHARD: usize = 64 << 20;

const NATURAL: &[Cow<'static, str>] = &[Cow::Borrowed("dask"), Cow::Borrowed("msgpack")];

impl Encoder {
    pub(crate) const DEFAULT: Encoder = Encoder {
        reader: Reader::Any,
        families: Cow::Borrowed(NATURAL),
        natural: true,
        msgpack: true,
        depth: Limits::DEFAULT.depth,
        shard: SHARD,
        codec: None,
    };

    /// For any reader, families `dask` and `msgpack`.
    ///
    /// ```
    /// assert!(frames_core::Encoder::new().serialize(&1u8).is_ok());
    /// ```
    pub fn new() -> Self {
        Encoder::DEFAULT
    }

    /// Says who will read.
    ///
    /// ```
    /// use frames_core::{Encoder, Reader};
    /// let encoder = Encoder::new().reader(Reader::Rust);
    /// assert!(encoder.serialize(&"").is_ok());
    /// ```
    #[must_use]
    pub fn reader(mut self, reader: Reader) -> Self {
        self.reader = reader;
        self
    }

    /// The families to try, in order, as Dask's `serializers=`: the first that has a form for the value is taken.
    /// `dask` (arrays, bytes, objects), `msgpack` (everything that fits one msgpack value), `error` (takes what nothing else
    /// did, and makes the receiver's decode an error), and those that linked crates bring.
    ///
    /// ```
    /// let encoder = frames_core::Encoder::new().families(["dask"]);
    /// assert!(encoder.serialize(&vec![1.0f64]).is_ok());
    /// assert!(encoder.serialize(&1.0f64).is_err(), "a number has no form in the family dask");
    /// ```
    #[must_use]
    pub fn families<N: Into<Cow<'static, str>>>(mut self, families: impl IntoIterator<Item = N>) -> Self {
        self.families = families.into_iter().map(Into::into).collect();
        self.natural = *self.families == *NATURAL;
        self.msgpack = self.families.iter().any(|f| f == "msgpack");
        self
    }

    /// Sets how deep a value may nest; see [`Limits::depth`]. A value that is deeper is refused before it uses up the stack.
    ///
    /// ```
    /// let deep = vec![vec![vec![1u8]]];
    /// assert!(frames_core::Encoder::new().depth(1).serialize(&deep).is_err());
    /// ```
    #[must_use]
    pub fn depth(mut self, levels: u16) -> Self {
        self.depth = levels;
        self
    }

    /// Writes a value; see [`serialize`](crate::serialize).
    ///
    /// # Errors
    ///
    /// No family of the list has a form for the value, or it cannot be written.
    ///
    /// ```
    /// let (header, frames) = frames_core::Encoder::new().serialize(&"text")?;
    /// assert_eq!(frames_core::deserialize::<String>(&header, frames)?, "text");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn serialize<'a, T: FrameSerialize + ?Sized>(&self, value: &'a T) -> Result<(Header, Frames<'a>)> {
        let mut header = Header { bytes: Vec::with_capacity(CAPACITY) };
        let frames = self.serialize_into(value, &mut header)?;
        Ok((header, frames))
    }

    /// The same into a header whose memory is used again; what it held is lost.
    ///
    /// # Errors
    ///
    /// As [`serialize`](Self::serialize); the header then holds no value.
    ///
    /// ```
    /// use frames_core::{Encoder, Header};
    /// let mut header = Header::new();
    /// for n in 0..3u32 {
    ///     let frames = Encoder::new().serialize_into(&n, &mut header)?;
    ///     assert_eq!(frames_core::deserialize::<u32>(&header, frames)?, n);
    /// }
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    #[inline]
    pub fn serialize_into<'a, T: FrameSerialize + ?Sized>(
        &self,
        value: &'a T,
        header: &mut Header,
    ) -> Result<Frames<'a>> {
        let mut writer = Writer::reuse(std::mem::take(&mut header.bytes), self);
        self.write_into(value, header, &mut writer)
    }

    /// The same with memory for the buffers of tables. Gives back what was used, and what was not.
    pub(crate) fn serialize_keeping<'a, T: FrameSerialize + ?Sized>(
        &self,
        value: &'a T,
        header: &mut Header,
        spare: Spare,
    ) -> (Result<Frames<'a>>, Vec<Kept>, Spare) {
        let mut writer = Writer::reuse(std::mem::take(&mut header.bytes), self);
        writer.keep(spare);
        let frames = self.write_into(value, header, &mut writer);
        let (used, spare) = writer.take_kept();
        (frames, used, spare)
    }

    #[inline]
    fn write_into<'a, T: FrameSerialize + ?Sized>(
        &self,
        value: &'a T,
        header: &mut Header,
        writer: &mut Writer<'a>,
    ) -> Result<Frames<'a>> {
        let result = if self.natural { value.write_entry(writer) } else { self.write_first(value, writer) };
        header.bytes = std::mem::take(&mut writer.out);
        match result {
            Ok(()) => Ok(std::mem::take(&mut writer.frames)),
            Err(error) => {
                // What a failed attempt left is no msgpack map.
                *header = Header::new();
                Err(error)
            }
        }
    }

    fn write_first<'a, T: FrameSerialize + ?Sized>(&self, value: &'a T, writer: &mut Writer<'a>) -> Result<()> {
        let mut reasons: Vec<Error> = Vec::new();
        for family in self.families.iter() {
            match self.attempt(value, family, writer, &reasons) {
                Ok(()) => return Ok(()),
                // What cannot be done in this family may be done in the next; anything else is a fault, as in Dask.
                Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Family) => reasons.push(error),
                Err(error) => return Err(error),
            }
            writer.start_again();
        }
        let tried: Vec<String> = reasons.iter().map(|e| format!("{}: {e}", e.family().unwrap_or("?"))).collect();
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("no family of {:?} can write this value: {}", self.families, tried.join("; ")),
        )
        .in_type(value.type_name_of_val()))
    }

    fn attempt<'a, T: FrameSerialize + ?Sized>(
        &self,
        value: &'a T,
        family: &str,
        writer: &mut Writer<'a>,
        reasons: &[Error],
    ) -> Result<()> {
        match family {
            "dask" if value.is_inline() => {
                Err(Error::new(ErrorKind::Unsupported, "a plain msgpack value has no form in this family"))
            }
            "dask" => value.write_entry(writer),
            "msgpack" => {
                writer.raw(MSGPACK_ENTRY);
                writer.inline_frame(|w| value.write_inline(w))
            }
            "error" => {
                writer.raw(b"\x81\xaaserializer\xa5error");
                writer.frame(format!("Could not serialize object of type {}", value.type_name_of_val()));
                for reason in reasons {
                    writer.frame(format!("\n{reason}"));
                }
                Ok(())
            }
            _ => {
                let (header, frames) = Writer::collect_marked(value)?;
                let (header, frames) = family::encode(family, header.as_ref(), frames)?;
                entry::write_parts(Ok((header, frames)), writer)
            }
        }
        .map_err(|e| e.in_family(family))
    }

    /// Frames of messages that are larger are cut into pieces of about so many bytes. Default 64 MiB, as Dask's
    /// `distributed.comm.shard`.
    ///
    /// ```
    /// use frames_core::{Body, Encoder, to_serialize};
    /// let data = vec![0u8; 100];
    /// let body = Body::from(to_serialize(&data)?);
    /// let frames = Encoder::new().shard(32).write_message(&body)?;
    /// assert_eq!(frames.len(), 2 + 4);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    #[must_use]
    pub fn shard(mut self, bytes: usize) -> Self {
        self.shard = bytes.max(1);
        self
    }

    /// Compresses the pieces of payloads for which that is worth it (a sample of five times 10 kB tells, as in Dask), if the reader
    /// has said that it knows the codec. Default none, as Dask's `distributed.comm.compression`.
    ///
    /// ```
    /// use frames_core::{Body, Codec, Encoder, to_serialize};
    /// # if !Codec::Lz4.is_available() { return Ok(()) }
    /// let zeros = vec![0u8; 1 << 20];
    /// let body = Body::from(to_serialize(&zeros)?);
    /// let frames = Encoder::new().compression(Codec::Lz4).write_message(&body)?;
    /// assert!(frames.total_bytes() < 10_000);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    #[must_use]
    pub fn compression(mut self, codec: impl Into<Option<Codec>>) -> Self {
        self.codec = codec.into();
        self
    }

    pub(crate) fn codec_of(&self) -> Option<Codec> {
        self.codec
    }

    pub(crate) fn shard_of(&self) -> usize {
        self.shard
    }

    pub(crate) fn reader_of(&self) -> Reader {
        self.reader
    }

    pub(crate) fn depth_of(&self) -> u16 {
        self.depth
    }

    pub(crate) fn allows_msgpack(&self) -> bool {
        self.msgpack
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Encoder::new()
    }
}

pub(crate) static DEFAULT_DECODER: Decoder = Decoder { limits: Limits::DEFAULT, families: None, registry: None };

/// The settings of one decode: [`Limits`], the families that are allowed, the [`Registry`].
///
/// ```
/// use frames_core::{Decoder, ErrorKind, Frames, Header};
/// let decoder = Decoder::new().families(["dask", "msgpack"]);
/// let pickled = Header::new().with("serializer", "pickle")?;
/// let error = decoder.deserialize::<u8>(&pickled, Frames::new()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Family);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    pub(crate) limits: Limits,
    /// `None`: every family that is linked.
    families: Option<Vec<Cow<'static, str>>>,
    /// `None`: the registry of the program.
    registry: Option<Arc<Registry>>,
}

impl Decoder {
    /// Default limits, every linked family, the registry of the program.
    ///
    /// ```
    /// let (header, frames) = frames_core::serialize(&1u8)?;
    /// assert_eq!(frames_core::Decoder::new().deserialize::<u8>(&header, frames)?, 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new() -> Self {
        Decoder::default()
    }

    /// Sets the bounds.
    ///
    /// ```
    /// use frames_core::{Decoder, Limits};
    /// let decoder = Decoder::new().limits(Limits::default());
    /// # let _ = decoder;
    /// ```
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Allows these families and no others, as Dask's `deserializers=`. Where a collection is read without its type, items of another
    /// family are kept undecoded, as [`Serialized`](crate::Serialized).
    ///
    /// ```
    /// let decoder = frames_core::Decoder::new().families(["dask"]);
    /// let (header, frames) = frames_core::serialize(&1u8)?;
    /// assert!(decoder.deserialize::<u8>(&header, frames).is_err(), "a number comes in the family msgpack");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    #[must_use]
    pub fn families<N: Into<Cow<'static, str>>>(mut self, families: impl IntoIterator<Item = N>) -> Self {
        self.families = Some(families.into_iter().map(Into::into).collect());
        self
    }

    /// Looks types up in `registry` and nowhere else.
    ///
    /// ```
    /// use frames_core::{Decoder, Registry};
    /// let decoder = Decoder::new().registry(Registry::new().with::<u8>()?);
    /// # let _ = decoder;
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    #[must_use]
    pub fn registry(mut self, registry: impl Into<Arc<Registry>>) -> Self {
        self.registry = Some(registry.into());
        self
    }

    /// Reads a value of a known type; see [`deserialize`](crate::deserialize).
    ///
    /// # Errors
    ///
    /// The header is malformed, or it is another value's.
    ///
    /// ```
    /// let (header, frames) = frames_core::serialize(&"text")?;
    /// assert_eq!(frames_core::Decoder::new().deserialize::<String>(&header, frames)?, "text");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn deserialize<'h, T: FrameSerialize>(
        &self,
        header: impl Into<HeaderRef<'h>>,
        mut frames: Frames<'_>,
    ) -> Result<T> {
        let header = header.into();
        self.check(&header, &frames)?;
        let mut cursor = header.cursor_of(self);
        let mut value = T::read_entry(&mut cursor, frames.slots_mut());
        cursor.finish_after(&mut value);
        value
    }

    /// Reads a value whose type the header names; see [`deserialize_any`](crate::deserialize_any).
    ///
    /// # Errors
    ///
    /// The header is malformed, or nobody registered its type.
    ///
    /// ```
    /// let data = vec![1.5f32];
    /// let (header, frames) = frames_core::serialize(&data)?;
    /// let value = frames_core::Decoder::new().deserialize_any(&header, frames)?;
    /// assert_eq!(value.type_name(), "numpy.ndarray");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn deserialize_any<'h>(&self, header: impl Into<HeaderRef<'h>>, mut frames: Frames<'_>) -> Result<AnyValue> {
        let header = header.into();
        self.check(&header, &frames)?;
        let mut cursor = header.cursor_of(self);
        let value = crate::any::read(&mut cursor, frames.slots_mut())?;
        cursor.finish()?;
        Ok(value)
    }

    #[inline]
    pub(crate) fn check(&self, header: &HeaderRef<'_>, frames: &Frames<'_>) -> Result<()> {
        self.limits.check_header(header.as_bytes().len())?;
        self.limits.check_frames(frames.len() as u64)
    }

    /// An error unless `family` is allowed.
    #[inline]
    pub(crate) fn check_family(&self, family: &str) -> Result<()> {
        match &self.families {
            None => Ok(()),
            Some(allowed) if allowed.iter().any(|f| f == family) => Ok(()),
            Some(allowed) => Err(Error::new(
                ErrorKind::Family,
                format!("the family {family:?} is not allowed here; allowed are {allowed:?}"),
            )),
        }
    }

    pub(crate) fn registry_ref(&self) -> Result<&Registry> {
        match &self.registry {
            Some(registry) => Ok(registry),
            None => Registry::global(),
        }
    }
}
