//! A value inside a message: its header and its frames, as they travel or as they were made.

use crate::any::{AnyValue, Serialized};
use crate::compress::{self, Codec};
use crate::envelope::{Decoder, Encoder};
use crate::error::Result;
use crate::frame::Frame;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Frames;
use crate::header::Header;
use crate::pieces;
use bytes::Bytes;
use std::fmt;

/// A value of a message that is not decoded: made by [`to_serialize`], or received.
///
/// What was received keeps its pieces as they came, cut and perhaps compressed, so that it is forwarded byte for byte by
/// whoever puts it into another message. Decoding shares the frames, and can be tried again.
///
/// A `Payload<'static>` may be a field of a type of serde's, which [`to_body`](crate::to_body) and [`from_body`](crate::from_body), and
/// nobody else, make a message of.
///
/// ```
/// use frames_core::{Body, to_serialize, read_message, write_message};
/// let weights = vec![0.5f64; 3];
/// let body = Body::map([("op", "put".into()), ("data", to_serialize(&weights)?.into())]);
/// let received = read_message(write_message(&body)?.into_owned())?;
/// let payload = received.get("data").and_then(Body::as_payload).unwrap();
/// assert_eq!(payload.deserialize::<Vec<f64>>()?, weights);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Payload<'a> {
    header: Header,
    frames: Frames<'a>,
    form: Form,
}

/// What the header and the frames of a payload are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As `serialize` made them.
    Whole,
    /// As they came, with the keys that speak of pieces.
    Pieces,
    /// As they came inside the message's own header.
    Inside,
}

/// Marks a value: it travels as a payload of a message. Frames point into the value.
///
/// # Errors
///
/// As [`serialize`](crate::serialize).
///
/// ```
/// let data = vec![1u8, 2];
/// let payload = frames_core::to_serialize(&data)?;
/// assert_eq!(payload.frames().get(0)?.as_ptr(), data.as_ptr());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn to_serialize<T: FrameSerialize + ?Sized>(value: &T) -> Result<Payload<'_>> {
    Payload::new(&Encoder::DEFAULT, value)
}

impl<'a> Payload<'a> {
    /// Serializes a value with the settings of `encoder`.
    ///
    /// # Errors
    ///
    /// As [`Encoder::serialize`].
    ///
    /// ```
    /// use frames_core::{Encoder, Payload, Reader};
    /// let payload = Payload::new(&Encoder::new().reader(Reader::Rust), &5u8)?;
    /// assert_eq!(payload.deserialize::<u8>()?, 5);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new<T: FrameSerialize + ?Sized>(encoder: &Encoder, value: &'a T) -> Result<Self> {
        let (header, frames) = encoder.serialize(value)?;
        Ok(Payload::from_parts(header, frames))
    }

    /// From a whole header and its frames.
    ///
    /// ```
    /// use frames_core::Payload;
    /// let (header, frames) = frames_core::serialize(&5u8)?;
    /// assert_eq!(Payload::from_parts(header, frames).deserialize::<u8>()?, 5);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn from_parts(header: Header, frames: Frames<'a>) -> Self {
        Payload { header, frames, form: Form::Whole }
    }

    pub(crate) fn received(header: Header, frames: Frames<'static>) -> Payload<'static> {
        Payload { header, frames, form: Form::Pieces }
    }

    pub(crate) fn received_inside(header: Header, frames: Frames<'static>) -> Payload<'static> {
        Payload { header, frames, form: Form::Inside }
    }

    pub(crate) fn is_inside(&self) -> bool {
        self.form == Form::Inside
    }

    /// The header as it travels: of what was received with the keys that speak of pieces.
    ///
    /// ```
    /// let payload = frames_core::to_serialize(&5u8)?;
    /// assert!(payload.header().as_ref().contains("serializer")?);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The frames as they travel: of what was received, its pieces.
    ///
    /// ```
    /// assert_eq!(frames_core::to_serialize(&5u8)?.frames().len(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn frames(&self) -> &Frames<'a> {
        &self.frames
    }

    /// The value's own header and whole frames: pieces are put together.
    ///
    /// # Errors
    ///
    /// What the header says of the pieces is not so, or a piece is compressed with a codec that is not there: it is named.
    ///
    /// ```
    /// let whole = frames_core::to_serialize(&5u8)?.into_serialized()?;
    /// assert_eq!(whole.deserialize::<u8>()?, 5);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn into_serialized(self) -> Result<Serialized> {
        self.into_serialized_with(&Decoder::new())
    }

    fn into_serialized_with(self, decoder: &Decoder) -> Result<Serialized> {
        if self.form == Form::Whole {
            return Ok(Serialized::new(self.header, self.frames.into_owned()));
        }
        let pieces = self.frames.into_iter().map(Frame::into_bytes).collect::<Vec<Bytes>>();
        let frames = pieces::join(self.header.as_ref(), None, pieces, decoder.limits.decompressed_bytes)?;
        Ok(Serialized::new(pieces::without_keys(self.header.as_ref())?, frames))
    }

    /// Decodes the value as a `T`.
    ///
    /// # Errors
    ///
    /// As [`into_serialized`](Self::into_serialized) and [`deserialize`](crate::deserialize).
    ///
    /// ```
    /// assert_eq!(frames_core::to_serialize(&5u8)?.deserialize::<u8>()?, 5);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn deserialize<T: FrameSerialize>(&self) -> Result<T> {
        self.deserialize_with(&Decoder::new())
    }

    /// The same with the settings of `decoder`.
    ///
    /// # Errors
    ///
    /// As [`deserialize`](Self::deserialize).
    ///
    /// ```
    /// use frames_core::{Decoder, to_serialize};
    /// let strict = Decoder::new().families(["dask"]);
    /// assert!(to_serialize(&5u8)?.deserialize_with::<u8>(&strict).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn deserialize_with<T: FrameSerialize>(&self, decoder: &Decoder) -> Result<T> {
        let (header, frames) = self.clone().into_serialized_with(decoder)?.into_parts();
        decoder.deserialize(&header, frames)
    }

    /// Decodes the value through the registry.
    ///
    /// # Errors
    ///
    /// As [`into_serialized`](Self::into_serialized) and [`deserialize_any`](crate::deserialize_any).
    ///
    /// ```
    /// let value = frames_core::to_serialize(&vec![1.0f64])?.deserialize_any()?;
    /// assert_eq!(value.downcast::<frames_core::NdArray>().unwrap().shape(), [1]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn deserialize_any(&self) -> Result<AnyValue> {
        self.clone().into_serialized()?.deserialize_any()
    }

    /// The same with the settings of `decoder`.
    ///
    /// # Errors
    ///
    /// As [`deserialize_any`](Self::deserialize_any).
    ///
    /// ```
    /// use frames_core::{Decoder, Limits, to_serialize};
    /// let mut limits = Limits::default();
    /// limits.decompressed_bytes = 1 << 20;
    /// let value = to_serialize(&5u8)?.deserialize_any_with(&Decoder::new().limits(limits))?;
    /// # let _ = value;
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn deserialize_any_with(&self, decoder: &Decoder) -> Result<AnyValue> {
        let (header, frames) = self.clone().into_serialized_with(decoder)?.into_parts();
        decoder.deserialize_any(&header, frames)
    }

    /// Detaches the payload from what its frames borrow: copies those.
    ///
    /// ```
    /// let payload = { let data = vec![1u8]; frames_core::to_serialize(&data)?.into_owned() };
    /// assert_eq!(payload.deserialize::<Vec<u8>>()?, [1]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn into_owned(self) -> Payload<'static> {
        Payload { header: self.header, frames: self.frames.into_owned(), form: self.form }
    }

    /// Appends the header and the frames as they travel: cut into pieces of `shard` bytes and compressed, or as they came.
    pub(crate) fn write<'s>(&'s self, shard: usize, codec: Option<Codec>, frames: &mut Frames<'s>) -> Result<()> {
        self.frames.check_whole()?;
        if self.form != Form::Whole {
            frames.push(self.header.as_bytes());
            self.frames.iter().for_each(|frame| frames.push(frame.clone()));
            return Ok(());
        }
        let (mut pieces, mut counts) = (Vec::new(), Vec::with_capacity(self.frames.len()));
        for frame in self.frames.iter() {
            let mut cut = pieces::cut(frame, shard)?;
            counts.push(cut.len());
            pieces.append(&mut cut);
        }
        let mut codecs = vec![None; pieces.len()];
        if let Some(codec) = codec {
            for (piece, used) in pieces.iter_mut().zip(&mut codecs) {
                if let Some(small) = compress::worthwhile(codec, piece)? {
                    (*piece, *used) = (small.into(), Some(codec));
                }
            }
        }
        let mut header = self.header.as_bytes().to_vec();
        pieces::announce(&mut header, &counts, &codecs, pieces::NUM_SUB_FRAMES)?;
        frames.push(header);
        pieces.into_iter().for_each(|piece| frames.push(piece));
        Ok(())
    }
}

/// The header, and how much stands behind it: never the data.
impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (frames, bytes) = (self.frames.len(), self.frames.total_bytes());
        write!(f, "Payload({}, {frames} frames of {bytes} bytes)", self.header.as_ref())
    }
}

impl PartialEq for Payload<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.form == other.form && self.header == other.header && self.frames.iter().eq(other.frames.iter())
    }
}

impl From<Serialized> for Payload<'static> {
    fn from(value: Serialized) -> Self {
        let (header, frames) = value.into_parts();
        Payload::from_parts(header, frames)
    }
}
