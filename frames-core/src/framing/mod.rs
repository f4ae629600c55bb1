//! Messages on a stream: Dask's TCP layout, over `std::io` here, over tokio in `comm`.
//!
//! ```text
//! u64 outer | u64 n | n × u64 length | frame | frame | …        (native byte order, as Dask writes)
//! ```
//!
//! `outer` says how many bytes behind it belong together, up to the end of some frame; Dask reads those into one buffer and every other
//! frame into its own. We end it behind the lengths, so that each array that arrives in Python is aligned. Here every frame is read into
//! a buffer of its own, 64-byte aligned, for which memory is used as its bytes arrive. The layout is that of `distributed.comm.tcp`.

mod pool;
mod receive;
mod send;

pub use pool::Pool;
pub(crate) use receive::Receiver;
#[cfg(feature = "comm")]
pub(crate) use receive::invalid;
pub(crate) use send::{outgoing, words};

use crate::frames::Frames;
use crate::limits::Limits;
use std::io::{self, ErrorKind, Read, Write};

/// Writes the frames of a message, without a copy of any, in as few calls as the writer allows.
///
/// # Errors
///
/// Those of the writer; `InvalidInput` where a frame was taken out, of which nothing was written.
///
/// ```
/// use frames_core::{Body, Limits, read_frames, read_message, write_frames, write_message};
/// let body = Body::map([("status", "OK".into())]);
/// let mut stream = Vec::new();
/// write_frames(&mut stream, &write_message(&body)?)?;
/// assert_eq!(stream.len(), 3 * 8 + 11);
/// let frames = read_frames(&mut &stream[..], &Limits::default())?.unwrap();
/// assert_eq!(read_message(frames)?, body);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_frames<W: Write + ?Sized>(writer: &mut W, frames: &Frames<'_>) -> io::Result<()> {
    let words = words(frames)?;
    let mut out = outgoing(&words, frames);
    loop {
        let parts = out.next();
        if parts.is_empty() {
            return Ok(());
        }
        match writer.write_vectored(parts) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(n) => out.written(n),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads the frames of the next message; `None` where the stream ends between two messages.
///
/// It takes nothing of what stands behind the message, and for that reads a small message in three parts: a [`FrameReader`] reads
/// ahead, and uses memory again. Behind an error the stream is of no use any more: where the next message starts is not known.
///
/// # Errors
///
/// Those of the reader; `UnexpectedEof` for a stream that ends inside of a message; `InvalidData`, around an [`Error`](crate::Error), for lengths that
/// are none or beyond [`Limits::frames`] and [`Limits::message_bytes`]; `OutOfMemory`.
///
/// ```
/// use frames_core::{Limits, read_frames};
/// assert!(read_frames(&mut &b""[..], &Limits::default())?.is_none());
/// let error = read_frames(&mut &b"\x10\0\0"[..], &Limits::default()).unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read_frames<R: Read + ?Sized>(reader: &mut R, limits: &Limits) -> io::Result<Option<Frames<'static>>> {
    receive(reader, &mut Receiver::exact(limits.clone(), Pool::new(0)))
}

fn receive<R: Read + ?Sized>(reader: &mut R, receiver: &mut Receiver) -> io::Result<Option<Frames<'static>>> {
    loop {
        if let Some(frames) = receiver.next()? {
            return Ok(Some(frames));
        }
        match reader.read(receiver.room()?) {
            Ok(0) if receiver.is_between() => return Ok(None),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => receiver.filled(n),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads message after message from a stream that is its own: a small one in one call of the system, large frames where they stay, in
/// memory that is used again. It needs no `BufReader`.
///
/// ```
/// use frames_core::{Body, FrameReader, read_message, write_frames, write_message};
/// let mut stream = Vec::new();
/// for text in ["one", "two"] {
///     write_frames(&mut stream, &write_message(&Body::from(text))?)?;
/// }
/// let mut reader = FrameReader::new(&stream[..]);
/// assert_eq!(read_message(reader.read_frames()?.unwrap())?, Body::from("one"));
/// assert_eq!(read_message(reader.read_frames()?.unwrap())?, Body::from("two"));
/// assert!(reader.read_frames()?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FrameReader<R> {
    reader: R,
    receiver: Receiver,
}

impl<R: Read> FrameReader<R> {
    /// With the default limits and the pool of the process.
    ///
    /// ```
    /// let reader = frames_core::FrameReader::new(std::io::empty());
    /// # let _ = reader;
    /// ```
    pub fn new(reader: R) -> Self {
        FrameReader { reader, receiver: Receiver::greedy(Limits::default(), Pool::default()) }
    }

    /// Refuses messages beyond `limits`: its counts of frames and bytes.
    ///
    /// ```
    /// use frames_core::{FrameReader, Limits};
    /// let mut limits = Limits::default();
    /// limits.message_bytes = 1 << 20;
    /// let reader = FrameReader::new(std::io::empty()).limits(limits);
    /// # let _ = reader;
    /// ```
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.receiver.set_limits(limits);
        self
    }

    /// Takes memory from `pool`, which others may share.
    ///
    /// ```
    /// use frames_core::{FrameReader, Pool};
    /// let reader = FrameReader::new(std::io::empty()).pool(&Pool::new(0));
    /// # let _ = reader;
    /// ```
    #[must_use]
    pub fn pool(mut self, pool: &Pool) -> Self {
        self.receiver.set_pool(pool);
        self
    }

    /// The frames of the next message; `None` where the stream ends between two messages.
    ///
    /// # Errors
    ///
    /// As [`read_frames`]. After one of a reader that would block, or that was too slow, the next call goes on where this one stopped.
    ///
    /// ```
    /// assert!(frames_core::FrameReader::new(std::io::empty()).read_frames()?.is_none());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn read_frames(&mut self) -> io::Result<Option<Frames<'static>>> {
        receive(&mut self.reader, &mut self.receiver)
    }

    /// The stream, for its settings; what is read from it is lost here.
    ///
    /// ```
    /// let reader = frames_core::FrameReader::new(&b"ab"[..]);
    /// assert_eq!(reader.get_ref(), b"ab");
    /// ```
    pub fn get_ref(&self) -> &R {
        &self.reader
    }
}
