//! Messages: Dask's `dumps` and `loads`. A msgpack body in the first frame, in which placeholders name the frames of payloads.
//!
//! ```text
//! frame 0      msgpack body, with {"__Serialized__": i} in place of a payload
//! frame i      msgpack header of the payload, with "num-sub-frames": n
//! i+1 … i+n    its pieces
//! ```
//!
//! | placeholder | in a [`Body`] |
//! |---|---|
//! | `{"__Serialized__": i}`, `{"__Serialized__": true, "data": [header, [bytes, …]]}` | [`Body::Payload`], not decoded |
//! | `{"__Pickled__": i}` | [`Body::Pickled`], never opened |
//! | `{"__Set__": true, "as-list": […]}` | [`Body::Set`] |
//! | `{"__Enum__": true, "name", "__module__", "__name__"}` | [`Body::Enum`], never imported |
//!
//! A map that holds such a key and is no placeholder is an error on both sides: Python would take it for one. The form is that of
//! `distributed.protocol.core`.

mod body;
mod payload;
mod typed;

pub use body::{Body, EnumMember};
pub use payload::{Payload, to_serialize};
pub use typed::{as_set, from_body, to_body};

use crate::envelope::{Decoder, Encoder};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::frames::{Frames, Slot};
use crate::header::{Header, HeaderRef};
use crate::msgpack::{Cursor, Kind, Number, write};
use bytes::Bytes;
use std::borrow::Cow;

/// The frames of a message, with the settings of a default [`Encoder`]. They point into the body and the values of its payloads.
///
/// # Errors
///
/// As [`Encoder::write_message`].
///
/// ```
/// use frames_core::{Body, write_message};
/// let body = Body::map([("status", "OK".into())]);
/// assert_eq!(&write_message(&body)?.get(0)?[..], b"\x81\xa6status\xa2OK");
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn write_message<'a>(body: &'a Body<'_>) -> Result<Frames<'a>> {
    Encoder::DEFAULT.write_message(body)
}

/// The body of a message, with the settings of a default [`Decoder`]. Its payloads share the frames.
///
/// # Errors
///
/// As [`Decoder::read_message`].
///
/// ```
/// use frames_core::{Body, Frame, Frames, read_message};
/// let frames = Frames::from(Frame::from(&b"\x81\xa6status\xa2OK"[..]).into_owned());
/// assert_eq!(read_message(frames)?, Body::map([("status", "OK".into())]));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn read_message(frames: Frames<'static>) -> Result<Body<'static>> {
    Decoder::new().read_message(frames)
}

/// The keys that make a map a placeholder.
const RESERVED: [&str; 4] = ["__Serialized__", "__Pickled__", "__Set__", "__Enum__"];

impl Encoder {
    /// The frames of a message: the body, then each payload's header and frames, cut where they are larger than the shard size.
    ///
    /// # Errors
    ///
    /// The body nests deeper than [`Encoder::depth`], or a map in it has a key that Python would take for a placeholder.
    ///
    /// ```
    /// use frames_core::{Body, Encoder, ErrorKind};
    /// let body = Body::map([("__Set__", 1.into())]);
    /// let error = Encoder::new().write_message(&body).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Unsupported);
    /// ```
    pub fn write_message<'a>(&self, body: &'a Body<'_>) -> Result<Frames<'a>> {
        let mut writer = Writing { out: Vec::with_capacity(128), payloads: Frames::new(), encoder: self };
        writer.body(body, self.depth_of())?;
        let mut frames = Frames::from(Frame::from(writer.out));
        writer.payloads.into_iter().for_each(|frame| frames.push(frame));
        Ok(frames)
    }
}

/// A message under construction.
struct Writing<'a, 'e> {
    out: Vec<u8>,
    payloads: Frames<'a>,
    encoder: &'e Encoder,
}

impl<'a> Writing<'a, '_> {
    fn body(&mut self, body: &'a Body<'_>, depth: u16) -> Result<()> {
        // As a reader counts: a placeholder is a map, and a list stands in that of a set.
        let limit = self.encoder.depth_of();
        let below = |levels| {
            let left = depth.checked_sub(levels);
            left.ok_or_else(|| Error::limit("depth", limit.into(), "a message that nests deeper"))
        };
        let out = &mut self.out;
        match body {
            Body::Nil => write::nil(out),
            Body::Bool(value) => write::bool(out, *value),
            Body::Int(n) => write::int(out, *n),
            Body::UInt(n) => write::uint(out, *n),
            Body::Float32(n) => write::f32(out, *n),
            Body::Float(n) => write::f64(out, *n),
            Body::Text(text) => write::str(out, text)?,
            Body::Bytes(bytes) => write::bin(out, bytes)?,
            Body::List(items) => self.list(items, below(1)?)?,
            Body::Map(entries) => {
                let below = below(1)?;
                write::map_len(out, entries.len())?;
                for (key, value) in entries {
                    if let Some(name) = key.as_str().filter(|name| RESERVED.contains(name)) {
                        return Err(reserved(name));
                    }
                    self.body(key, below)?;
                    self.body(value, below).map_err(|e| e.at_key(Shown(key)))?;
                }
            }
            Body::Set(items) => {
                out.extend_from_slice(b"\x82\xa7__Set__\xc3\xa7as-list");
                self.list(items, below(2)?)?;
            }
            Body::Enum(member) => {
                below(1)?;
                out.extend_from_slice(b"\x84\xa8__Enum__\xc3\xa4name");
                write::str(out, &member.name)?;
                out.extend_from_slice(b"\xaa__module__");
                write::str(out, &member.module)?;
                out.extend_from_slice(b"\xa8__name__");
                write::str(out, &member.class)?;
            }
            Body::Payload(payload) if payload.is_inside() => {
                below(2)?;
                out.extend_from_slice(b"\x82\xae__Serialized__\xc3\xa4data\x92");
                out.extend_from_slice(payload.header().as_bytes());
                write::array_len(out, payload.frames().len())?;
                for frame in payload.frames().iter() {
                    write::bin(out, frame)?;
                }
            }
            Body::Payload(payload) => below(1).and_then(|_| self.payload(b"\x81\xae__Serialized__", payload))?,
            Body::Pickled(pickle) => below(1).and_then(|_| self.payload(b"\x81\xab__Pickled__", pickle))?,
        }
        Ok(())
    }

    fn list(&mut self, items: &'a [Body<'_>], depth: u16) -> Result<()> {
        write::array_len(&mut self.out, items.len())?;
        for (i, item) in items.iter().enumerate() {
            self.body(item, depth).map_err(|e| e.at_index(i))?;
        }
        Ok(())
    }

    fn payload(&mut self, placeholder: &[u8], payload: &'a Payload<'_>) -> Result<()> {
        self.out.extend_from_slice(placeholder);
        write::uint(&mut self.out, self.payloads.len() as u64 + 1);
        payload.write(self.encoder.shard_of(), self.encoder.codec_of(), &mut self.payloads)
    }
}

#[cold]
fn reserved(name: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("a map of a message has the key {name:?}, which Python takes for a placeholder"),
    )
    .with_help("rename the key, or send the map as a payload: `to_serialize(&map)`")
}

impl Decoder {
    /// The body of a message. Payloads stay as they came and share the frames; nothing in them is looked at but their headers.
    ///
    /// # Errors
    ///
    /// The body is not one msgpack value, or deeper than the limit; a placeholder is malformed or names frames that are not there;
    /// frames are left that belong to no payload. Whole payloads that no placeholder names are passed over: Dask leaves them behind
    /// where it falls back to a pickle.
    ///
    /// ```
    /// use frames_core::{Decoder, Frame, Frames};
    /// let cut = Frames::from(Frame::from(&b"\x81\xa6sta"[..]).into_owned());
    /// assert!(Decoder::new().read_message(cut).is_err());
    /// ```
    pub fn read_message(&self, frames: Frames<'static>) -> Result<Body<'static>> {
        self.limits.check_frames(frames.len() as u64)?;
        let frames: Vec<Bytes> = frames.into_iter().map(Frame::into_bytes).collect();
        let Some(first) = frames.first() else { return Err(Error::frame_count("a message", 0)) };
        self.limits.check_header(first.len())?;
        let mut cursor = Cursor::new(first, self);
        let received = frames.iter().map(|frame| (frame.len() + 8) as u64).sum();
        let mut reading = Reading { frames: &frames, owners: vec![0; frames.len()], received, repeated: 0 };
        let body = reading.body(&mut cursor)?;
        cursor.finish()?;
        reading.check_rest(self)?;
        Ok(body)
    }
}

/// A message that is read.
struct Reading<'f> {
    frames: &'f [Bytes],
    /// The payload to which each frame belongs, by the number of its header; 0 for none.
    owners: Vec<usize>,
    /// How many bytes the peer has sent, lengths included. Known once: placeholders and frames are both many.
    received: u64,
    /// How many bytes were taken for payloads that had been read before.
    repeated: u64,
}

impl Reading<'_> {
    fn body(&mut self, cursor: &mut Cursor<'_>) -> Result<Body<'static>> {
        Ok(match cursor.kind()? {
            Kind::Nil => {
                cursor.skip()?;
                Body::Nil
            }
            Kind::Bool => Body::Bool(cursor.bool()?),
            Kind::Int | Kind::Float => match cursor.number("a number")? {
                Number::Unsigned(n) => Body::UInt(n),
                Number::Signed(n) => Body::Int(n),
                Number::F32(n) => Body::Float32(n),
                Number::F64(n) => Body::Float(n),
            },
            Kind::Text => Body::Text(Cow::Owned(cursor.str()?.to_owned())),
            Kind::Bytes => self.bytes(cursor)?.into(),
            Kind::Array => Body::List(self.list(cursor)?),
            Kind::Map => self.map(cursor)?,
            Kind::Ext => return Err(cursor.mismatch("a value that Dask writes")),
        })
    }

    /// A byte string, sharing the first frame.
    fn bytes(&self, cursor: &mut Cursor<'_>) -> Result<Frame<'static>> {
        let bytes = cursor.bin()?;
        let after = cursor.rest().len();
        Ok(match self.frames.first() {
            Some(first) => Frame::from(first.slice(first.len() - after - bytes.len()..first.len() - after)),
            None => Frame::empty(),
        })
    }

    fn list(&mut self, cursor: &mut Cursor<'_>) -> Result<Vec<Body<'static>>> {
        cursor.descend()?;
        let len = cursor.array()?;
        let mut items = Vec::with_capacity(len.min(CAUTIOUS));
        for i in 0..len {
            items.push(self.body(cursor).map_err(|e| e.at_index(i))?);
        }
        cursor.ascend();
        Ok(items)
    }

    fn map(&mut self, cursor: &mut Cursor<'_>) -> Result<Body<'static>> {
        let start = *cursor;
        cursor.descend()?;
        let len = cursor.map()?;
        let mut entries = Vec::with_capacity(len.min(CAUTIOUS));
        for _ in 0..len {
            if cursor.kind()? == Kind::Text {
                if let Some(name) = RESERVED.into_iter().find(|name| cursor.clone().str().is_ok_and(|key| key == *name))
                {
                    *cursor = start;
                    return self.placeholder(name, cursor).map_err(|e| e.at_key(name));
                }
            }
            let key = self.body(cursor)?;
            let value = self.body(cursor).map_err(|e| e.at_key(Shown(&key)))?;
            entries.push((key, value));
        }
        cursor.ascend();
        Ok(Body::Map(entries))
    }

    /// A map with a reserved key, in exactly the form that Dask writes.
    fn placeholder(&mut self, name: &'static str, cursor: &mut Cursor<'_>) -> Result<Body<'static>> {
        cursor.descend()?;
        let len = cursor.map()?;
        let body = match (name, len) {
            ("__Serialized__" | "__Pickled__", 1) => {
                expect(cursor, name)?;
                let payload = Box::new(self.payload(cursor)?);
                if name == "__Pickled__" { Body::Pickled(payload) } else { Body::Payload(payload) }
            }
            ("__Serialized__", 2) => {
                expect_true(cursor, name)?;
                expect(cursor, "data")?;
                self.inside(cursor)?.into()
            }
            ("__Set__", 2) => {
                expect_true(cursor, name)?;
                expect(cursor, "as-list")?;
                Body::Set(self.list(cursor)?)
            }
            ("__Enum__", 4) => {
                expect_true(cursor, name)?;
                let mut text = |key| {
                    expect(cursor, key)?;
                    cursor.str().map(|text| Cow::Owned(text.to_owned()))
                };
                let (name, module, class) = (text("name")?, text("__module__")?, text("__name__")?);
                EnumMember { name, module, class }.into()
            }
            _ => return Err(no_placeholder(name)),
        };
        cursor.ascend();
        Ok(body)
    }

    /// The payload whose header is the frame that stands next. Several placeholders may name one payload, as far as the bytes of the
    /// message pay for it; payloads that share some of their frames are none that anybody writes.
    fn payload(&mut self, cursor: &mut Cursor<'_>) -> Result<Payload<'static>> {
        let (index, frames) = (cursor.count()?, self.frames);
        let Some((at, bytes)) =
            usize::try_from(index).ok().filter(|at| *at > 0).and_then(|at| Some((at, frames.get(at)?)))
        else {
            return Err(Error::new(
                ErrorKind::FrameCount,
                format!("a placeholder names frame {index} of a message of {} frames", frames.len()),
            ));
        };
        let limits = &cursor.decoder().limits;
        limits.check_header(bytes.len())?;
        let is_again = self.owners.get(at) == Some(&at);
        if is_again {
            // Before the header is copied. What it says of its frames was checked the first time.
            let pieces = self.owners.iter().skip(at + 1).take_while(|owner| **owner == at).count();
            self.repeated += (bytes.len() + pieces * size_of::<Slot<'_>>()) as u64;
            limits.check_expansion(self.repeated, self.received)?;
        }
        let header = Header::from_bytes(bytes.to_vec()).map_err(|e| e.at_index(at))?;
        let end = self.end_of(at, header.as_ref()).map_err(|e| e.at_index(at))?;
        let owners = self.owners.get_mut(at..end).unwrap_or_default();
        if !is_again && owners.iter().any(|owner| *owner != 0) {
            return Err(Error::new(ErrorKind::FrameCount, "a frame of a message belongs to two payloads").at_index(at));
        }
        owners.fill(at);
        let pieces = frames.get(at + 1..end).unwrap_or_default();
        Ok(Payload::received(header, pieces.to_vec().into()))
    }

    /// Behind the last piece of the payload whose header is frame `at`.
    fn end_of(&self, at: usize, header: HeaderRef<'_>) -> Result<usize> {
        let count = header.get::<u64>("num-sub-frames")?;
        let end = usize::try_from(count).ok().and_then(|n| n.checked_add(at + 1));
        end.filter(|end| *end <= self.frames.len()).ok_or_else(|| {
            Error::frame_count(format_args!("{count} frames behind a header"), self.frames.len().saturating_sub(at + 1))
        })
    }

    /// Looks at the frames that no placeholder names. Where Dask meets an object that msgpack does not take, it starts anew with pickles
    /// for such, and leaves the payloads behind that it had made until there: whole ones, which nobody reads. Any other frame is lost.
    fn check_rest(&self, decoder: &Decoder) -> Result<()> {
        let mut at = 1;
        while let (Some(owner), Some(bytes)) = (self.owners.get(at), self.frames.get(at)) {
            if *owner != 0 {
                at += 1;
                continue;
            }
            decoder.limits.check_header(bytes.len())?;
            let end = HeaderRef::new(bytes).and_then(|header| self.end_of(at, header)).ok();
            let of_nobody =
                |end: &usize| self.owners.get(at..*end).is_some_and(|all| all.iter().all(|owner| *owner == 0));
            let Some(end) = end.filter(of_nobody) else {
                return Err(Error::new(
                    ErrorKind::FrameCount,
                    format!("frame {at} of a message of {} belongs to no payload", self.frames.len()),
                ));
            };
            at = end;
        }
        Ok(())
    }

    /// `[header, [bytes, …]]`
    fn inside(&self, cursor: &mut Cursor<'_>) -> Result<Payload<'static>> {
        cursor.descend()?;
        if cursor.array()? != 2 {
            return Err(no_placeholder("__Serialized__"));
        }
        let header = Header::from_bytes(cursor.value()?.to_vec())?;
        let mut frames = Frames::new();
        for _ in 0..cursor.array()? {
            frames.push(self.bytes(cursor)?);
        }
        cursor.ascend();
        Ok(Payload::received_inside(header, frames))
    }
}

/// How many elements are reserved on a count's word; the count itself was checked against the bytes that are left.
const CAUTIOUS: usize = 64;

fn expect(cursor: &mut Cursor<'_>, key: &'static str) -> Result<()> {
    match cursor.str() {
        Ok(found) if found == key => Ok(()),
        _ => Err(no_placeholder(key)),
    }
}

fn expect_true(cursor: &mut Cursor<'_>, key: &'static str) -> Result<()> {
    expect(cursor, key)?;
    match cursor.bool() {
        Ok(true) => Ok(()),
        _ => Err(no_placeholder(key)),
    }
}

#[cold]
fn no_placeholder(key: &str) -> Error {
    Error::invalid(format!("a map with a key of Dask's placeholders is none: {key:?} is not as Dask writes it"))
        .with_help("a map of the sender's own that holds such a key cannot travel in a message; it can as a payload")
}

/// A key in an error.
struct Shown<'b>(&'b Body<'b>);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Body::Text(text) => write!(f, "{text:?}"),
            Body::UInt(n) => write!(f, "{n}"),
            Body::Int(n) => write!(f, "{n}"),
            _ => f.write_str("a key"),
        }
    }
}
