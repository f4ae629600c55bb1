//! A pickle with the buffers that travel beside it: what a value of the family `pickle` is when nobody says which type it shall become.

use crate::graph::Graph;
use crate::node::Buffer;
use crate::read::Reader;
use bytes::Bytes;
use frames_core::__private::{Cursor, Slot, Writer, entry::Entry};
use frames_core::{Error, ErrorKind, Frame, FrameSerialize, Frames, Header, HeaderRef, Payload, Result};
use std::borrow::Cow;

/// A pickle, and the buffers that travel beside it: what [`Writer`](crate::Writer) makes, and `pickle.loads(bytes, buffers=buffers)` takes. It travels as Dask's family `pickle`, to the byte, so it can be forwarded and sent.
///
/// ```
/// use frames_pickle::Pickle;
/// let pickle = Pickle::new(&b"\x80\x05K\x07."[..], []);
/// let (header, frames) = frames_core::serialize(&pickle)?;
/// assert_eq!(header.as_ref().get::<&str>("serializer")?, "pickle");
/// assert_eq!(frames_core::deserialize::<u8>(&header, frames)?, 7);
/// assert_eq!(format!("{:?}", pickle.graph()?), "7");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pickle {
    /// The pickle itself.
    pub bytes: Bytes,
    /// What travels beside it, in the order in which the pickle asks for it.
    pub buffers: Vec<Buffer>,
}

impl Pickle {
    /// A pickle and the buffers that it names, in their order.
    ///
    /// ```
    /// let pickle = frames_pickle::Pickle::new(&b"\x80\x05\x97."[..], [vec![1, 2].into()]);
    /// assert_eq!(pickle.buffers.len(), 1);
    /// ```
    pub fn new(bytes: impl Into<Bytes>, buffers: impl IntoIterator<Item = Buffer>) -> Self {
        Pickle { bytes: bytes.into(), buffers: buffers.into_iter().collect() }
    }

    /// What is in it.
    ///
    /// # Errors
    ///
    /// It is no pickle, or does not use the buffers; see [`Reader::read`].
    ///
    /// ```
    /// assert!(frames_pickle::Pickle::new(&b"N."[..], []).graph()?.root() == frames_pickle::Value::NONE);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn graph(&self) -> Result<Graph<'_>> {
        Reader::new().buffers(self.buffers.iter().cloned()).read(&self.bytes)
    }

    /// The pickle of a part of a message that Dask marks by `ToPickle` ([`Body::Pickled`](frames_core::Body::Pickled)), which frames-core keeps
    /// closed.
    ///
    /// # Errors
    ///
    /// It is a payload of another sort, or its frames cannot be put together.
    ///
    /// ```
    /// use frames_core::{Frames, Header, Payload, rmpv::Value};
    /// use frames_pickle::Pickle;
    /// let header = Value::Map(vec![("pickled-obj".into(), Value::Binary(b"K\x07.".to_vec()))]);
    /// let payload = Payload::from_parts(Header::from_value(&header)?, Frames::new());
    /// assert_eq!(Pickle::from_message(&payload)?.graph()?.root(), 7.into());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn from_message(part: &Payload<'_>) -> Result<Self> {
        let (header, frames) = part.clone().into_serialized()?.into_parts();
        let pickle: &[u8] = header.as_ref().get("pickled-obj")?;
        Ok(Pickle::new(pickle.to_vec(), frames.into_iter().map(|frame| Buffer::from(frame.into_bytes()))))
    }

    /// What Dask writes in front of it.
    pub(crate) fn header(&self) -> Result<Header> {
        let writeable: Vec<bool> = self.buffers.iter().map(|buffer| !buffer.is_read_only()).collect();
        Header::new().with("serializer", "pickle")?.with("writeable", &writeable)
    }

    /// Of a header of the family and its frames.
    pub(crate) fn from_frames(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Self> {
        let mut frames = frames.into_iter();
        let Some(pickle) = frames.next() else {
            return Err(Error::new(ErrorKind::FrameCount, "a value of this family has a pickle in its first frame"));
        };
        let buffers: Vec<Frame<'_>> = frames.collect();
        let writeable = writeable(header, buffers.len())?;
        let buffers = buffers.into_iter().zip(writeable).map(|(frame, writeable)| {
            let buffer = Buffer::from(frame.into_bytes());
            if writeable { buffer } else { buffer.read_only() }
        });
        Ok(Pickle { bytes: pickle.into_bytes(), buffers: buffers.collect() })
    }
}

/// What Dask says of each buffer: whether Python may write to it. Before it did, to all that it had made itself.
pub(crate) fn writeable(header: HeaderRef<'_>, buffers: usize) -> Result<Vec<bool>> {
    let Some(writeable) = header.get_opt::<Vec<bool>>("writeable")? else { return Ok(vec![true; buffers]) };
    if writeable.len() != buffers {
        let text = format!("`writeable` speaks of {} buffers, and there are {buffers}", writeable.len());
        return Err(Error::new(ErrorKind::FrameCount, text));
    }
    Ok(writeable)
}

impl frames_core::TypeName for Pickle {
    fn type_name() -> Cow<'static, str> {
        "frames_pickle::Pickle".into()
    }
    fn type_name_of_val(&self) -> Cow<'static, str> {
        Self::type_name()
    }
}

impl FrameSerialize for Pickle {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        Writer::collect(&|writer| self.write_entry(writer))
    }

    fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Self> {
        Pickle::from_frames(header, frames)
    }

    /// As Dask writes it.
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        writer.raw(self.header()?.as_bytes());
        writer.frame(self.bytes.clone());
        self.buffers.iter().for_each(|buffer| writer.frame(buffer.bytes().clone()));
        Ok(())
    }

    fn read_entry(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Self> {
        match Entry::read(cursor)? {
            Entry::Foreign(foreign) if foreign.family() == "pickle" => {
                Pickle::from_frames(foreign.header(), foreign.frames(slots)?)
            }
            other => other.refuse::<Self>("a value of the family pickle", cursor, slots),
        }
    }
}
