//! The framing for transports of one's own: a codec of `tokio-util`.
//!
//! What a `Framed` reads lies in its buffer, and is copied from there into frames of their own. [`Comm::over`](super::Comm::over) reads
//! large frames where they stay, and shakes hands; this is for those who want neither.

use crate::frames::Frames;
use crate::framing::{Pool, Receiver, words};
use crate::limits::Limits;
use std::io::{self, ErrorKind};
use tokio_util::bytes::{Buf, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

/// Messages of frames out of bytes, and bytes of them.
///
/// ```
/// use frames_core::comm::FramesCodec;
/// use frames_core::{Limits, read_message, write_message};
/// use tokio_util::bytes::BytesMut;
/// use tokio_util::codec::{Decoder, Encoder};
///
/// let mut codec = FramesCodec::new(Limits::default());
/// let mut bytes = BytesMut::new();
/// codec.encode(write_message(&"hello".into())?, &mut bytes)?;
/// let frames = codec.decode(&mut bytes)?.expect("a whole message");
/// assert_eq!(read_message(frames)?, "hello".into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FramesCodec {
    receiver: Receiver,
}

impl FramesCodec {
    /// Refuses messages beyond `limits`: its counts of frames and bytes.
    ///
    /// ```
    /// let codec = frames_core::comm::FramesCodec::new(frames_core::Limits::default());
    /// # let _ = codec;
    /// ```
    pub fn new(limits: Limits) -> Self {
        FramesCodec { receiver: Receiver::exact(limits, Pool::new(0)) }
    }
}

impl FramesCodec {
    /// Takes memory from `pool`, which others may share; without one nothing is kept for the next frame.
    ///
    /// ```
    /// use frames_core::{Limits, Pool, comm::FramesCodec};
    /// let codec = FramesCodec::new(Limits::default()).pool(&Pool::default());
    /// # let _ = codec;
    /// ```
    #[must_use]
    pub fn pool(mut self, pool: &Pool) -> Self {
        self.receiver.set_pool(pool);
        self
    }
}

impl Decoder for FramesCodec {
    type Item = Frames<'static>;
    type Error = io::Error;

    fn decode(&mut self, bytes: &mut BytesMut) -> io::Result<Option<Frames<'static>>> {
        loop {
            if let Some(frames) = self.receiver.next()? {
                return Ok(Some(frames));
            }
            if bytes.is_empty() {
                return Ok(None);
            }
            let room = self.receiver.room()?;
            let n = room.len().min(bytes.len());
            bytes.copy_to_slice(room.get_mut(..n).unwrap_or_default());
            self.receiver.filled(n);
        }
    }

    fn decode_eof(&mut self, bytes: &mut BytesMut) -> io::Result<Option<Frames<'static>>> {
        match self.decode(bytes)? {
            None if !self.receiver.is_between() => Err(ErrorKind::UnexpectedEof.into()),
            frames => Ok(frames),
        }
    }
}

impl Encoder<Frames<'_>> for FramesCodec {
    type Error = io::Error;

    fn encode(&mut self, frames: Frames<'_>, bytes: &mut BytesMut) -> io::Result<()> {
        let words = words(&frames)?;
        bytes.reserve(words.len() + frames.total_bytes());
        bytes.extend_from_slice(&words);
        frames.iter().for_each(|frame| bytes.extend_from_slice(frame));
        Ok(())
    }
}
