//! One frame: a run of bytes that is borrowed from the sender's memory or shared by reference count.
//!
//! A frame never copies unless its documentation says so.

use crate::error::{Error, Result};
use bytes::Bytes;
use std::fmt;
use std::ops::{Bound, Deref, RangeBounds};

/// A run of bytes: borrowed (`&'a [u8]`) or shared (`Bytes`).
///
/// It derefs to `[u8]`. A frame that is serialized from a plain `Vec` is borrowed from it; a frame that was
/// received is shared, so that an [`Array`](crate::Array) can keep it without a copy.
///
/// ```
/// use frames_core::Frame;
/// let data = vec![1u8, 2, 3];
/// let frame = Frame::from(&data[..]);
/// assert_eq!(&frame[1..], [2, 3]);
/// assert_eq!(frame.as_ptr(), data.as_ptr());
/// ```
#[derive(Clone)]
pub struct Frame<'a>(Repr<'a>);

#[derive(Clone)]
enum Repr<'a> {
    Borrowed(&'a [u8]),
    Shared(Bytes),
}

impl<'a> Frame<'a> {
    /// A frame with no bytes.
    ///
    /// ```
    /// assert!(frames_core::Frame::empty().is_empty());
    /// ```
    pub const fn empty() -> Self {
        Frame(Repr::Borrowed(&[]))
    }

    /// The bytes. The same as `&*frame`.
    ///
    /// ```
    /// assert_eq!(frames_core::Frame::from(&b"ab"[..]).as_slice(), b"ab");
    /// ```
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Repr::Borrowed(bytes) => bytes,
            Repr::Shared(bytes) => bytes,
        }
    }

    /// True if the frame is shared by reference count, so that [`into_owned`](Self::into_owned) copies nothing.
    ///
    /// ```
    /// use frames_core::{bytes::Bytes, Frame};
    /// assert!(Frame::from(Bytes::from_static(b"ab")).is_shared());
    /// assert!(!Frame::from(&b"ab"[..]).is_shared());
    /// ```
    pub fn is_shared(&self) -> bool {
        matches!(self.0, Repr::Shared(_))
    }

    /// A part of the frame, without a copy: borrowed stays borrowed, shared stays shared.
    ///
    /// # Errors
    ///
    /// A range that goes beyond the frame, or ends before it starts.
    ///
    /// ```
    /// let frame = frames_core::Frame::from(&b"header|body"[..]);
    /// assert_eq!(&frame.slice(7..)?[..], b"body");
    /// assert!(frame.slice(7..99).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<Frame<'a>> {
        let len = self.len();
        let start = match range.start_bound() {
            Bound::Included(&n) => n,
            Bound::Excluded(&n) => n.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&n) => n.saturating_add(1),
            Bound::Excluded(&n) => n,
            Bound::Unbounded => len,
        };
        if start > end || end > len {
            return Err(Error::invalid(format!("the range {start}..{end} is not in a frame of {len} bytes")));
        }
        Ok(match &self.0 {
            Repr::Borrowed(bytes) => Frame(Repr::Borrowed(&bytes[start..end])),
            Repr::Shared(bytes) => Frame(Repr::Shared(bytes.slice(start..end))),
        })
    }

    /// Detaches the frame from what it borrows: copies a borrowed frame, moves a shared one.
    ///
    /// ```
    /// # use frames_core::Frame;
    /// let owned: Frame<'static> = { let data = vec![7u8]; Frame::from(&data[..]).into_owned() };
    /// assert_eq!(&owned[..], [7]);
    /// ```
    pub fn into_owned(self) -> Frame<'static> {
        Frame(Repr::Shared(self.into_bytes()))
    }

    /// The frame as `Bytes`: copies a borrowed frame, moves a shared one (a unique one stays unique).
    ///
    /// ```
    /// assert_eq!(frames_core::Frame::from(&b"ab"[..]).into_bytes(), b"ab"[..]);
    /// ```
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Repr::Borrowed(bytes) => Bytes::copy_from_slice(bytes),
            Repr::Shared(bytes) => bytes,
        }
    }

    /// The frame as a `Vec`. No copy for a shared frame that is unique and was made from a `Vec`; one otherwise.
    ///
    /// ```
    /// assert_eq!(frames_core::Frame::from(&b"ab"[..]).into_vec(), b"ab");
    /// ```
    pub fn into_vec(self) -> Vec<u8> {
        match self.0 {
            Repr::Borrowed(bytes) => bytes.to_vec(),
            Repr::Shared(bytes) => bytes.into(),
        }
    }

    /// The bytes of a frame that is borrowed.
    pub(crate) fn into_borrowed(self) -> Result<&'a [u8]> {
        match self.0 {
            Repr::Borrowed(bytes) => Ok(bytes),
            Repr::Shared(_) => Err(Error::invalid("a view was opened over frames that it owns; please report this")),
        }
    }

    /// The shared buffer, or the frame itself if it is borrowed.
    pub(crate) fn try_into_shared(self) -> Result<Bytes, &'a [u8]> {
        match self.0 {
            Repr::Borrowed(bytes) => Err(bytes),
            Repr::Shared(bytes) => Ok(bytes),
        }
    }
}

impl Deref for Frame<'_> {
    type Target = [u8];
    #[inline]
    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl AsRef<[u8]> for Frame<'_> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<'a> From<&'a [u8]> for Frame<'a> {
    #[inline]
    fn from(bytes: &'a [u8]) -> Self {
        Frame(Repr::Borrowed(bytes))
    }
}

impl<'a> From<&'a str> for Frame<'a> {
    fn from(text: &'a str) -> Self {
        text.as_bytes().into()
    }
}

impl From<Bytes> for Frame<'_> {
    #[inline]
    fn from(bytes: Bytes) -> Self {
        Frame(Repr::Shared(bytes))
    }
}

impl From<Vec<u8>> for Frame<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Frame(Repr::Shared(bytes.into()))
    }
}

impl From<String> for Frame<'_> {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl PartialEq for Frame<'_> {
    fn eq(&self, other: &Frame<'_>) -> bool {
        self[..] == other[..]
    }
}

impl Eq for Frame<'_> {}

/// Tells the length and the kind, never the bytes.
impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} bytes, {})", self.len(), if self.is_shared() { "shared" } else { "borrowed" })
    }
}
