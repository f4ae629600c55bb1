//! A connection: made, and shaken hands on.

use super::{Address, CommReader, CommWriter, Options, Stream};
use crate::envelope::Encoder;
use crate::frames::Frames;
use crate::framing::invalid;
use crate::handshake::{Agreed, Handshake};
use crate::message::Body;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A connection on which both sides have shaken hands.
///
/// Dropping it hangs up at once, [`close`](Self::close) after what was written is on its way.
///
/// ```
/// # use frames_core::comm::{Comm, Options};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// // Over any transport: here a pipe in memory.
/// let options = Options::new();
/// let (left, right) = tokio::io::duplex(1024);
/// let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
/// let (mut left, mut right) = (left?, right?);
/// left.write(&"hello".into()).await?;
/// assert_eq!(right.read().await?, Some("hello".into()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Comm {
    reader: CommReader,
    writer: CommWriter,
    agreed: Agreed,
    remote: Handshake,
    local_address: String,
    peer_address: String,
}

/// Connects to an address: `tcp://host:port`, `unix:///path`, `tls://host:port`.
///
/// # Errors
///
/// `InvalidInput` for what is no address, or `tls://` without certificates; `TimedOut` where connecting and the handshake take longer than
/// [`Options::timeout`]; `InvalidData` where the other side's handshake is none; those of the system.
///
/// # Panics
///
/// As tokio's sockets and timers: outside of a runtime that has both.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use frames_core::comm::{Options, connect};
/// let error = connect("127.0.0.1:8786", &Options::new()).await.unwrap_err();
/// assert!(error.to_string().contains("tcp://"));
/// # }
/// ```
pub async fn connect(address: &str, options: &Options) -> io::Result<Comm> {
    let parsed = address.parse()?;
    within(options.timeout, address, async {
        let mut comm = match &parsed {
            Address::Tcp(place) => tcp(TcpStream::connect(place).await?, options).await?,
            #[cfg(unix)]
            Address::Unix(path) => unix(tokio::net::UnixStream::connect(path).await?, options).await?,
            #[cfg(not(unix))]
            Address::Unix(_) => return Err(no_unix()),
            #[cfg(feature = "tls")]
            Address::Tls(place) => {
                let tls = super::tls::of(options)?;
                let stream = TcpStream::connect(place).await?;
                let addresses = addresses_of("tls", &stream);
                let stream = tls.connect(place, stream).await?;
                with_addresses(shake_hands(stream, options).await?, addresses)
            }
            #[cfg(not(feature = "tls"))]
            Address::Tls(_) => return Err(no_tls()),
        };
        comm.peer_address = parsed.to_string();
        Ok(comm)
    })
    .await
}

/// What takes too long, says so.
pub(super) async fn within<T>(
    timeout: Duration,
    peer: &str,
    work: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    match tokio::time::timeout(timeout, work).await {
        Ok(done) => done,
        Err(_) => {
            let text = format!("{peer} did not finish the handshake within {timeout:?}");
            Err(io::Error::new(ErrorKind::TimedOut, text))
        }
    }
}

#[cfg(not(feature = "tls"))]
#[cold]
pub(super) fn no_tls() -> io::Error {
    io::Error::new(ErrorKind::Unsupported, "tls:// needs the feature `tls` of frames-core")
}

#[cfg(not(unix))]
#[cold]
pub(super) fn no_unix() -> io::Error {
    io::Error::new(ErrorKind::Unsupported, "unix:// needs a Unix")
}

pub(super) async fn tcp(stream: TcpStream, options: &Options) -> io::Result<Comm> {
    stream.set_nodelay(true)?;
    let addresses = addresses_of("tcp", &stream);
    let (reader, writer) = stream.into_split();
    Ok(with_addresses(shake_hands_over(Box::new(reader), Box::new(writer), options).await?, addresses))
}

#[cfg(unix)]
pub(super) async fn unix(stream: tokio::net::UnixStream, options: &Options) -> io::Result<Comm> {
    let name = |address: io::Result<tokio::net::unix::SocketAddr>| {
        let path = address.ok().and_then(|address| address.as_pathname().map(|path| path.display().to_string()));
        format!("unix://{}", path.unwrap_or_default())
    };
    let addresses = (name(stream.local_addr()), name(stream.peer_addr()));
    let (reader, writer) = stream.into_split();
    Ok(with_addresses(shake_hands_over(Box::new(reader), Box::new(writer), options).await?, addresses))
}

/// Of both ends.
pub(super) fn addresses_of(scheme: &str, stream: &TcpStream) -> (String, String) {
    let name = |address: io::Result<std::net::SocketAddr>| {
        address.map_or_else(|_| format!("{scheme}://?"), |address| format!("{scheme}://{address}"))
    };
    (name(stream.local_addr()), name(stream.peer_addr()))
}

pub(super) fn with_addresses(mut comm: Comm, (local, peer): (String, String)) -> Comm {
    (comm.local_address, comm.peer_address) = (local, peer);
    comm
}

pub(super) async fn shake_hands(stream: impl Stream + 'static, options: &Options) -> io::Result<Comm> {
    let (reader, writer) = tokio::io::split(stream);
    shake_hands_over(Box::new(reader), Box::new(writer), options).await
}

async fn shake_hands_over(
    reader: Box<dyn AsyncRead + Send + Unpin>,
    writer: Box<dyn AsyncWrite + Send + Unpin>,
    options: &Options,
) -> io::Result<Comm> {
    let ours = &options.handshake;
    let mut reader = CommReader::new(reader, options.limits.clone(), options.pool.clone());
    let mut writer = CommWriter::new(writer);
    // At once: both sides write first, and a transport may hold little.
    let hello = ours.to_body();
    let ((), Some(body)) = tokio::try_join!(writer.write(&hello), reader.read())? else {
        return Err(io::Error::new(ErrorKind::UnexpectedEof, "the other side hung up in place of a handshake"));
    };
    let remote = Handshake::from_body(&body).map_err(invalid)?;
    let agreed = ours.agree(&remote);
    let encoder = agreed.encoder();
    reader.set_limits(options.limits.clone());
    writer.set_encoder(match options.shard {
        Some(bytes) => encoder.shard(bytes),
        None => encoder,
    });
    Ok(Comm { reader, writer, agreed, remote, local_address: String::new(), peer_address: String::new() })
}

impl Comm {
    /// Shakes hands over a transport of one's own, within [`Options::timeout`].
    ///
    /// # Errors
    ///
    /// As [`connect`]; those of the transport.
    ///
    /// # Panics
    ///
    /// As tokio's timers: outside of a runtime that has them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use frames_core::comm::{Comm, Options};
    /// let (ours, theirs) = tokio::io::duplex(64);
    /// drop(theirs);
    /// assert!(Comm::over(ours, &Options::new()).await.is_err());
    /// # }
    /// ```
    pub async fn over(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        options: &Options,
    ) -> io::Result<Comm> {
        within(options.timeout, "the other side", shake_hands(stream, options)).await
    }

    /// The next message, its payloads not decoded; `None` where the other side has closed the connection.
    ///
    /// *Cancel safe*: if the future is dropped, the next call goes on where it stopped, and nothing is lost.
    ///
    /// # Errors
    ///
    /// `InvalidData`, around an [`Error`](crate::Error), for what is no message or beyond the limits; `UnexpectedEof` for a message that is cut; those of
    /// the system. Behind an error the connection is of no use any more.
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// # let (mut left, mut comm) = (left?, right?);
    /// # left.close().await?;
    /// assert!(comm.read().await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn read(&mut self) -> io::Result<Option<Body<'static>>> {
        self.reader.read().await
    }

    /// The frames of the next message, for those who forward it or read it later. See [`read`](Self::read).
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// # let (mut left, mut comm) = (left?, right?);
    /// left.write(&5.into()).await?;
    /// let frames = comm.read_frames().await?.expect("a message");
    /// assert_eq!(&frames.get(0).unwrap()[..], [5]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn read_frames(&mut self) -> io::Result<Option<Frames<'static>>> {
        self.reader.read_frames().await
    }

    /// Writes a message, its payloads cut and compressed as was agreed. Done when the system has taken all of it: a peer that does not
    /// read makes this wait, and nothing is queued.
    ///
    /// *Not cancel safe*: if the future is dropped when a part of the message is out, the connection can write nothing more, and says so.
    /// Compression runs here: it is a matter of milliseconds for each megabyte.
    ///
    /// # Errors
    ///
    /// `InvalidData`, around an [`Error`](crate::Error), for a body that cannot travel, of which nothing was written; `BrokenPipe` behind a message that
    /// was torn; those of the system.
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// # let (mut comm, mut right) = (left?, right?);
    /// comm.write(&vec![1, 2].into()).await?;
    /// assert_eq!(right.read().await?, Some(vec![1, 2].into()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn write(&mut self, body: &Body<'_>) -> io::Result<()> {
        self.writer.write(body).await
    }

    /// Writes the frames of a message as they are. See [`write`](Self::write).
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// # let (mut comm, mut right) = (left?, right?);
    /// let body = "hello".into();
    /// comm.write_frames(&frames_core::write_message(&body).unwrap()).await?;
    /// assert_eq!(right.read().await?, Some("hello".into()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn write_frames(&mut self, frames: &Frames<'_>) -> io::Result<()> {
        self.writer.write_frames(frames).await
    }

    /// The settings that were agreed on, for [`Payload::new`](crate::Payload::new).
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// # let (comm, mut right) = (left?, right?);
    /// use frames_core::{Encoder, Reader};
    /// assert_eq!(*comm.encoder(), Encoder::new().reader(Reader::Rust).shard(usize::MAX), "both ends are ours");
    /// # Ok(())
    /// # }
    /// ```
    pub fn encoder(&self) -> &Encoder {
        self.writer.encoder()
    }

    /// What both sides can do.
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// # let (comm, mut right) = (left?, right?);
    /// assert_eq!(comm.agreed().compression, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn agreed(&self) -> Agreed {
        self.agreed
    }

    /// What the other side said of itself.
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// # let (comm, mut right) = (left?, right?);
    /// assert_eq!(comm.remote(), &frames_core::Handshake::new());
    /// # Ok(())
    /// # }
    /// ```
    pub fn remote(&self) -> &Handshake {
        &self.remote
    }

    /// This end, as an address; empty over a transport of one's own.
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// # let (comm, mut right) = (left?, right?);
    /// assert_eq!((comm.local_address(), comm.peer_address()), ("", ""));
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_address(&self) -> &str {
        &self.local_address
    }

    /// The other end: what was connected to, or from where.
    ///
    /// ```
    /// # use frames_core::comm::{Listener, Options, connect};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// let listener = Listener::bind("tcp://127.0.0.1:0", &options).await?;
    /// let (comm, _) = tokio::join!(
    ///     connect(listener.address(), &options),
    ///     async { listener.accept().await?.handshake().await }
    /// );
    /// assert_eq!(comm?.peer_address(), listener.address());
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_address(&self) -> &str {
        &self.peer_address
    }

    /// Both halves, for two tasks.
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// let (comm, mut other) = (left?, right?);
    /// let (mut reader, mut writer) = comm.split();
    /// let (written, read) = tokio::join!(
    ///     async { writer.write(&1.into()).await?; other.write(&2.into()).await },
    ///     reader.read()
    /// );
    /// assert_eq!((written?, read?), ((), Some(2.into())));
    /// # Ok(())
    /// # }
    /// ```
    pub fn split(self) -> (CommReader, CommWriter) {
        (self.reader, self.writer)
    }

    /// Hangs up when all that was written is with the system. The other side reads what is under way, and then the end; but where it has
    /// sent what was not read here, the system may reset the connection, and what is under way is lost. Where that can be, close the
    /// [`CommWriter`] of [`split`](Self::split), and read to the end.
    ///
    /// # Errors
    ///
    /// Those of the system: the other side may have hung up before.
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// # let (mut comm, mut right) = (left?, right?);
    /// comm.write(&1.into()).await?;
    /// comm.close().await?;
    /// assert_eq!((right.read().await?, right.read().await?), (Some(1.into()), None));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close(mut self) -> io::Result<()> {
        self.writer.close().await
    }

    /// Hangs up at once, without a word. The same as dropping it.
    ///
    /// ```
    /// # use frames_core::comm::{Comm, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let options = Options::new();
    /// # let (left, right) = tokio::io::duplex(1024);
    /// # let (left, right) = tokio::join!(Comm::over(left, &options), Comm::over(right, &options));
    /// # let (comm, mut right) = (left?, right?);
    /// comm.abort();
    /// assert!(!matches!(right.read().await, Ok(Some(_))));
    /// # Ok(())
    /// # }
    /// ```
    pub fn abort(self) {
        drop(self);
    }
}
