//! Connections that carry messages, over tokio: what `distributed.comm` is in Dask, and understood by it.
//!
//! [`connect`] and [`Listener`] speak `tcp://`, `unix://` and, with the feature `tls`, `tls://`. Both ends shake hands first; what they
//! agreed on ([`Agreed`](crate::Agreed)) is used from then on. A transport of one's own is joined by [`Comm::over`], or framed by
//! [`FramesCodec`].
//!
//! ```
//! use frames_core::comm::{Listener, Options, connect};
//! use frames_core::{Body, to_serialize};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let options = Options::new();
//! let listener = Listener::bind("tcp://127.0.0.1:0", &options).await?;
//! let address = listener.address().to_string();
//! let server = tokio::spawn(async move {
//!     let mut comm = listener.accept().await?.handshake().await?;
//!     while let Some(message) = comm.read().await? {
//!         comm.write(&message).await?;
//!     }
//!     comm.close().await
//! });
//!
//! let mut comm = connect(&address, &options).await?;
//! let data = vec![1.0f64, 2.0];
//! let put = Body::map([("op", "put".into()), ("data", to_serialize(&data).unwrap().into())]);
//! comm.write(&put).await?;
//! let echo = comm.read().await?.expect("the other side answers");
//! let payload = echo.get("data").and_then(Body::as_payload).expect("a payload");
//! assert_eq!(payload.deserialize::<Vec<f64>>().unwrap(), data);
//! comm.close().await?;
//! server.await.unwrap()
//! # }
//! ```
//!
//! # What a peer may do
//!
//! Nothing is queued here: a peer that sends faster than it is read, or reads slower than it is written to, fills the system's
//! buffers and waits there, or makes [`Comm::write`] wait. Memory is used as bytes arrive, within [`Limits`](crate::Limits). A peer that
//! stalls costs its own connection: give up on it with a timeout around [`Comm::read`], which loses nothing. The handshake has one.

mod address;
mod codec;
mod connection;
mod halves;
mod listen;
mod options;
#[cfg(feature = "tls")]
mod tls;

pub use address::Address;
pub use codec::FramesCodec;
pub use connection::{Comm, connect};
pub use halves::{CommReader, CommWriter};
pub use listen::{Incoming, Listener};
pub use options::Options;
#[cfg(feature = "tls")]
pub use tls::Tls;
/// For a [`Tls`] of one's own making.
#[cfg(feature = "tls")]
pub use tokio_rustls::rustls;

use tokio::io::{AsyncRead, AsyncWrite};

/// Any transport.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}
