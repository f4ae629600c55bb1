//! The settings of connections.

#[cfg(feature = "tls")]
use super::Tls;
use crate::Result;
use crate::compress::Codec;
use crate::framing::Pool;
use crate::handshake::Handshake;
use crate::limits::Limits;
use std::time::Duration;

/// How connections are made: for [`connect`](super::connect) and [`Listener`](super::Listener).
///
/// ```
/// use frames_core::comm::Options;
/// use std::time::Duration;
/// let options = Options::new().timeout(Duration::from_secs(5));
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) handshake: Handshake,
    pub(crate) limits: Limits,
    pub(crate) pool: Pool,
    pub(crate) shard: Option<usize>,
    pub(crate) timeout: Duration,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

impl Options {
    /// No compression, the default [`Limits`], the [`Pool`] of the process, and 30 seconds to connect, as in Dask.
    ///
    /// ```
    /// let options = frames_core::comm::Options::new();
    /// # let _ = options;
    /// ```
    pub fn new() -> Self {
        Options {
            handshake: Handshake::new(),
            limits: Limits::default(),
            pool: Pool::default(),
            shard: None,
            timeout: Duration::from_secs(30),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Offers a codec, which is used if the other side names the same one.
    ///
    /// # Errors
    ///
    /// The feature of the codec is off.
    ///
    /// ```
    /// use frames_core::{Codec, comm::Options};
    /// assert_eq!(Options::new().compression(Codec::Zstd).is_ok(), Codec::Zstd.is_available());
    /// ```
    pub fn compression(mut self, codec: Codec) -> Result<Self> {
        self.handshake = self.handshake.compression(codec)?;
        Ok(self)
    }

    /// What is said of this side.
    ///
    /// ```
    /// use frames_core::{Handshake, comm::Options};
    /// let mut like_dask = Handshake::new();
    /// like_dask.frames = None;
    /// let options = Options::new().handshake(like_dask);
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn handshake(mut self, handshake: Handshake) -> Self {
        self.handshake = handshake;
        self
    }

    /// What each connection's peer may cost.
    ///
    /// ```
    /// use frames_core::{Limits, comm::Options};
    /// let mut limits = Limits::default();
    /// limits.message_bytes = 1 << 30;
    /// let options = Options::new().limits(limits);
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The memory into which frames are received.
    ///
    /// ```
    /// use frames_core::{Pool, comm::Options};
    /// let options = Options::new().pool(&Pool::new(1 << 30));
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn pool(mut self, pool: &Pool) -> Self {
        self.pool = pool.clone();
        self
    }

    /// The most bytes of one piece of a frame, in place of none where nothing is compressed and 64 MiB where it is; see
    /// [`Encoder::shard`](crate::Encoder::shard).
    ///
    /// ```
    /// let options = frames_core::comm::Options::new().shard(8 << 20);
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn shard(mut self, bytes: usize) -> Self {
        self.shard = Some(bytes);
        self
    }

    /// How long connecting may take, and the handshake on each side.
    ///
    /// ```
    /// use std::time::Duration;
    /// let options = frames_core::comm::Options::new().timeout(Duration::from_secs(1));
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The certificates for `tls://`.
    ///
    /// ```no_run
    /// use frames_core::comm::{Options, Tls};
    /// let tls = Tls::from_pem_files("ca.pem", "cert.pem", "key.pem")?;
    /// let options = Options::new().tls(tls);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Options::new()
    }
}
