//! The two halves of a connection, each of which knows how far it got.

use crate::envelope::{Decoder, Encoder};
use crate::frames::Frames;
use crate::framing::{Pool, Receiver, invalid, outgoing, words};
use crate::limits::Limits;
use crate::message::Body;
use std::fmt;
use std::io::{self, ErrorKind};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The half of a [`Comm`](super::Comm) that reads.
pub struct CommReader {
    half: Box<dyn AsyncRead + Send + Unpin>,
    receiver: Receiver,
    limits: Limits,
}

/// The half of a [`Comm`](super::Comm) that writes. [`close`](Self::close) says to the other side that nothing more comes; dropping it
/// does so on some transports only.
pub struct CommWriter {
    half: Box<dyn AsyncWrite + Send + Unpin>,
    encoder: Encoder,
    /// A message was begun and not finished: what follows would be taken for the rest of it.
    is_torn: bool,
}

impl CommReader {
    /// For the handshake: a small message of one frame, whatever the limits are.
    pub(super) fn new(half: Box<dyn AsyncRead + Send + Unpin>, mut limits: Limits, pool: Pool) -> Self {
        limits.message_bytes = limits.message_bytes.min(64 << 10);
        limits.frames = limits.frames.min(16);
        CommReader { half, receiver: Receiver::greedy(limits.clone(), pool), limits }
    }

    /// For what follows it.
    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.receiver.set_limits(limits.clone());
        self.limits = limits;
    }

    /// As [`Comm::read`](super::Comm::read), cancel safe.
    ///
    /// # Errors
    ///
    /// As [`Comm::read`](super::Comm::read).
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// let (mut reader, writer) = left?.split();
    /// right?.close().await?;
    /// assert!(reader.read().await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn read(&mut self) -> io::Result<Option<Body<'static>>> {
        match self.read_frames().await? {
            Some(frames) => {
                let decoder = Decoder::new().limits(self.limits.clone());
                decoder.read_message(frames).map(Some).map_err(invalid)
            }
            None => Ok(None),
        }
    }

    /// As [`Comm::read_frames`](super::Comm::read_frames), cancel safe.
    ///
    /// # Errors
    ///
    /// As [`Comm::read`](super::Comm::read).
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// let (mut reader, writer) = left?.split();
    /// right?.close().await?;
    /// assert!(reader.read_frames().await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn read_frames(&mut self) -> io::Result<Option<Frames<'static>>> {
        loop {
            // All that is known of the message under way is in the receiver, and a read that is dropped has read nothing.
            if let Some(frames) = self.receiver.next()? {
                return Ok(Some(frames));
            }
            let n = match self.half.read(self.receiver.room()?).await {
                // Over TLS, Dask hangs up without a word of TLS. What is cut, our lengths show.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => 0,
                n => n?,
            };
            match n {
                0 if self.receiver.is_between() => return Ok(None),
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                n => self.receiver.filled(n),
            }
        }
    }
}

impl CommWriter {
    /// For the handshake.
    pub(super) fn new(half: Box<dyn AsyncWrite + Send + Unpin>) -> Self {
        CommWriter { half, encoder: Encoder::new(), is_torn: false }
    }

    /// For what follows it.
    pub(super) fn set_encoder(&mut self, encoder: Encoder) {
        self.encoder = encoder;
    }

    /// As [`Comm::write`](super::Comm::write).
    ///
    /// # Errors
    ///
    /// As [`Comm::write`](super::Comm::write).
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// let (reader, mut writer) = left?.split();
    /// writer.write(&1.into()).await?;
    /// assert_eq!(right?.read().await?, Some(1.into()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn write(&mut self, body: &Body<'_>) -> io::Result<()> {
        let frames = self.encoder.write_message(body).map_err(invalid)?;
        send(&mut *self.half, &mut self.is_torn, &frames).await
    }

    /// As [`Comm::write_frames`](super::Comm::write_frames).
    ///
    /// # Errors
    ///
    /// As [`Comm::write`](super::Comm::write).
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// let (reader, mut writer) = left?.split();
    /// writer.write_frames(&frames_core::write_message(&1.into()).unwrap()).await?;
    /// assert_eq!(right?.read().await?, Some(1.into()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn write_frames(&mut self, frames: &Frames<'_>) -> io::Result<()> {
        send(&mut *self.half, &mut self.is_torn, frames).await
    }

    /// The settings that were agreed on.
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// let (reader, writer) = left?.split();
    /// let payload = frames_core::Payload::new(writer.encoder(), &5u8).unwrap();
    /// # let _ = payload;
    /// # Ok(())
    /// # }
    /// ```
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// Says that nothing more comes. As [`Comm::close`](super::Comm::close).
    ///
    /// # Errors
    ///
    /// As [`Comm::close`](super::Comm::close).
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// let (reader, mut writer) = left?.split();
    /// writer.close().await?;
    /// assert!(right?.read().await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close(&mut self) -> io::Result<()> {
        self.half.shutdown().await
    }
}

/// Writes a message; `is_torn` while a part of it is out.
async fn send(half: &mut (dyn AsyncWrite + Send + Unpin), is_torn: &mut bool, frames: &Frames<'_>) -> io::Result<()> {
    if *is_torn {
        return Err(io::Error::new(
            ErrorKind::BrokenPipe,
            "a message on this connection was cut off while it was written: nothing can follow it",
        ));
    }
    let words = words(frames)?;
    let mut out = outgoing(&words, frames);
    loop {
        let parts = out.next();
        if parts.is_empty() {
            break;
        }
        // Where this future is dropped while it waits for the first bytes, none are out.
        match half.write_vectored(parts).await? {
            0 => return Err(ErrorKind::WriteZero.into()),
            n => {
                *is_torn = true;
                out.written(n);
            }
        }
    }
    // Of a transport that keeps something back.
    half.flush().await?;
    *is_torn = false;
    Ok(())
}

impl fmt::Debug for CommReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommReader").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

impl fmt::Debug for CommWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommWriter")
            .field("encoder", &self.encoder)
            .field("is_torn", &self.is_torn)
            .finish_non_exhaustive()
    }
}
