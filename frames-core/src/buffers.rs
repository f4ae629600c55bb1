//! Memory that is used again: the header, and the buffers into which rows and text are gathered.
//!
//! A loop that sends many values of one shape then allocates nothing after the first. Buffers are handed out in the order in which
//! they came back, so that each column finds its own.

use crate::envelope::Encoder;
use crate::error::Result;
use crate::frame::Frame;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Frames;
use crate::header::{Header, HeaderRef};
use crate::writer::Kept;

/// Memory for [`Encoder::serialize_in`], to be used again and again.
///
/// It grows to the largest value that it was used for, and no further; dropping it frees it.
///
/// ```
/// use frames_core::{Buffers, Encoder};
/// let mut buffers = Buffers::new();
/// for n in 0..3u8 {
///     let texts = vec![String::from("a"); n.into()];
///     let (header, frames) = Encoder::new().serialize_in(&texts, &mut buffers)?;
///     assert_eq!(frames_core::deserialize::<Vec<String>>(header, frames)?, texts);
/// }
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Buffers {
    header: Header,
    /// What the last value used, in order.
    used: Vec<Kept>,
    /// What it did not.
    spare: Vec<Vec<u8>>,
}

impl Buffers {
    /// No memory yet.
    ///
    /// ```
    /// assert_eq!(frames_core::Buffers::new().capacity(), 0);
    /// ```
    pub const fn new() -> Self {
        Buffers { header: Header { bytes: Vec::new() }, used: Vec::new(), spare: Vec::new() }
    }

    /// How many bytes are held.
    ///
    /// ```
    /// use frames_core::{Buffers, Encoder};
    /// let mut buffers = Buffers::new();
    /// Encoder::new().serialize_in(&1u8, &mut buffers)?;
    /// assert!(buffers.capacity() > 0);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn capacity(&self) -> usize {
        let used = self.used.iter().map(|kept| kept.bytes.capacity());
        self.header.bytes.capacity() + used.chain(self.spare.iter().map(Vec::capacity)).sum::<usize>()
    }
}

impl Encoder {
    /// Serializes a value into memory that was used before: header and frames borrow from it.
    ///
    /// # Errors
    ///
    /// As [`serialize`](Self::serialize).
    ///
    /// ```
    /// use frames_core::{Buffers, Encoder, Reader};
    /// let mut buffers = Buffers::new();
    /// let rows = vec![(1u8, String::from("a")), (2, String::from("b"))];
    /// let (header, frames) = Encoder::new().reader(Reader::Rust).serialize_in(&rows, &mut buffers)?;
    /// assert_eq!(frames_core::deserialize::<Vec<(u8, String)>>(header, frames)?, rows);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn serialize_in<'a, T: FrameSerialize + ?Sized>(
        &self,
        value: &'a T,
        buffers: &'a mut Buffers,
    ) -> Result<(HeaderRef<'a>, Frames<'a>)> {
        // The next one is taken from the end.
        let mut spare = std::mem::take(&mut buffers.spare);
        spare.extend(buffers.used.drain(..).rev().map(|kept| kept.bytes));
        let (frames, used, spare) = self.serialize_keeping(value, &mut buffers.header, spare);
        (buffers.used, buffers.spare) = (used, spare);
        let mut frames = frames?;
        for kept in &buffers.used {
            if let Some(slot) = frames.slots_mut().get_mut(kept.frame) {
                *slot = Some(Frame::from(kept.bytes.get(..kept.len).unwrap_or_default()));
            }
        }
        Ok((buffers.header.as_ref(), frames))
    }
}
