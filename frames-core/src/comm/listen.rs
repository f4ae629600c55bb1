//! Waiting for those who connect.

use super::connection::{self, within};
use super::{Address, Comm, Options};
use std::io;
use tokio::net::{TcpListener, TcpStream};

/// Accepts connections on one address. Dropping it stops that, and leaves the connections alone.
///
/// ```
/// # use frames_core::comm::{Listener, Options};
/// # async fn serve() -> std::io::Result<()> {
/// let listener = Listener::bind("tcp://127.0.0.1:0", &Options::new()).await?;
/// println!("listening on {}", listener.address());
/// loop {
///     let Ok(incoming) = listener.accept().await else {
///         // Too many open files, most likely: those who are served will close theirs.
///         tokio::time::sleep(std::time::Duration::from_millis(100)).await;
///         continue;
///     };
///     // A peer that takes its time keeps nobody else waiting.
///     tokio::spawn(async move {
///         let mut comm = incoming.handshake().await?;
///         comm.write(&"hello".into()).await?;
///         comm.close().await
///     });
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: String,
    options: Options,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    #[cfg(feature = "tls")]
    Tls(TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener, #[allow(dead_code, reason = "it removes the path when it is dropped")] OwnPath),
}

/// A path of the file system that was made here, and goes with the listener.
#[cfg(unix)]
#[derive(Debug)]
struct OwnPath {
    path: std::path::PathBuf,
    /// The device and the number of what was made: another listener may have taken the path since.
    made: Option<(u64, u64)>,
}

#[cfg(unix)]
impl OwnPath {
    fn identity(path: &std::path::Path) -> Option<(u64, u64)> {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::symlink_metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    }
}

#[cfg(unix)]
impl Drop for OwnPath {
    fn drop(&mut self) {
        if self.made.is_some() && OwnPath::identity(&self.path) == self.made {
            // Somebody may have removed it in between.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Somebody who has connected, and not shaken hands yet.
#[derive(Debug)]
pub struct Incoming {
    stream: Accepted,
    peer: String,
    options: Options,
}

#[derive(Debug)]
enum Accepted {
    Tcp(TcpStream),
    #[cfg(feature = "tls")]
    Tls(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

impl Listener {
    /// Listens on `tcp://host:port`, `unix:///path`, `tls://host:port`; with port 0 on one that is free. A path must not exist, and is
    /// removed when the listener is dropped.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for what is no address, or `tls://` without certificates; those of the system.
    ///
    /// # Panics
    ///
    /// As tokio's sockets: outside of a runtime that has them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use frames_core::comm::{Listener, Options};
    /// let listener = Listener::bind("tcp://127.0.0.1:0", &Options::new()).await?;
    /// assert!(listener.address().starts_with("tcp://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bind(address: &str, options: &Options) -> io::Result<Listener> {
        let (socket, address) = match address.parse()? {
            Address::Tcp(place) => {
                let socket = TcpListener::bind(place).await?;
                let address = format!("tcp://{}", socket.local_addr()?);
                (Socket::Tcp(socket), address)
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                // The directory of the process may be another when it is dropped.
                let path = std::path::absolute(path)?;
                let address = format!("unix://{}", path.display());
                let socket = tokio::net::UnixListener::bind(&path)?;
                let made = OwnPath::identity(&path);
                (Socket::Unix(socket, OwnPath { path, made }), address)
            }
            #[cfg(not(unix))]
            Address::Unix(_) => return Err(connection::no_unix()),
            #[cfg(feature = "tls")]
            Address::Tls(place) => {
                super::tls::of(options)?;
                let socket = TcpListener::bind(place).await?;
                let address = format!("tls://{}", socket.local_addr()?);
                (Socket::Tls(socket), address)
            }
            #[cfg(not(feature = "tls"))]
            Address::Tls(_) => return Err(connection::no_tls()),
        };
        Ok(Listener { socket, address, options: options.clone() })
    }

    /// Where it listens, with the port.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use frames_core::comm::{Listener, Options};
    /// let listener = Listener::bind("tcp://[::1]:0", &Options::new()).await;
    /// # if let Ok(listener) = listener {
    /// assert!(!listener.address().ends_with(":0"));
    /// # }
    /// # Ok(())
    /// # }
    /// ```
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The next who connects. *Cancel safe.*
    ///
    /// # Errors
    ///
    /// Those of the system, as when there are too many open files: wait a little, and call again.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use frames_core::comm::{Listener, Options, connect};
    /// let options = Options::new();
    /// let listener = Listener::bind("tcp://127.0.0.1:0", &options).await?;
    /// let (client, server) = tokio::join!(
    ///     connect(listener.address(), &options),
    ///     async { listener.accept().await?.handshake().await }
    /// );
    /// assert_eq!(client?.local_address(), server?.peer_address());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn accept(&self) -> io::Result<Incoming> {
        let (stream, peer) = match &self.socket {
            Socket::Tcp(socket) => {
                let (stream, peer) = socket.accept().await?;
                (Accepted::Tcp(stream), format!("tcp://{peer}"))
            }
            #[cfg(feature = "tls")]
            Socket::Tls(socket) => {
                let (stream, peer) = socket.accept().await?;
                (Accepted::Tls(stream), format!("tls://{peer}"))
            }
            #[cfg(unix)]
            Socket::Unix(socket, _) => {
                (Accepted::Unix(socket.accept().await?.0), format!("a client of {}", self.address))
            }
        };
        Ok(Incoming { stream, peer, options: self.options.clone() })
    }
}

impl Incoming {
    /// From where.
    ///
    /// ```
    /// # async fn log(listener: frames_core::comm::Listener) -> std::io::Result<()> {
    /// println!("{} connects", listener.accept().await?.peer_address());
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_address(&self) -> &str {
        &self.peer
    }

    /// Shakes hands, within [`Options::timeout`]; first those of TLS.
    ///
    /// # Errors
    ///
    /// As [`connect`](super::connect).
    ///
    /// # Panics
    ///
    /// As tokio's timers: outside of a runtime that has them.
    ///
    /// ```
    /// # async fn serve(listener: frames_core::comm::Listener) -> std::io::Result<()> {
    /// let comm = listener.accept().await?.handshake().await?;
    /// # let _ = comm;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn handshake(self) -> io::Result<Comm> {
        let Incoming { stream, peer, options } = self;
        within(options.timeout, &peer, async {
            match stream {
                Accepted::Tcp(stream) => connection::tcp(stream, &options).await,
                #[cfg(unix)]
                Accepted::Unix(stream) => connection::unix(stream, &options).await,
                #[cfg(feature = "tls")]
                Accepted::Tls(stream) => {
                    let addresses = connection::addresses_of("tls", &stream);
                    let stream = super::tls::of(&options)?.accept(stream).await?;
                    Ok(connection::with_addresses(connection::shake_hands(stream, &options).await?, addresses))
                }
            }
        })
        .await
    }
}
