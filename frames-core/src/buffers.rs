//! Memory that is used again: the header, and the buffers into which rows and text are gathered.
//!
//! A loop that sends many values of one shape then allocates no buffer after the first. They are numbered as they are handed out, so that each
//! column finds its own again, which has the size that it needs.

use crate::envelope::Encoder;
use crate::error::Result;
use crate::frame::Frame;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Frames;
use crate::header::{Header, HeaderRef};
use crate::table::Buffer;
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
    /// What of the last value's frames is held here.
    used: Vec<Kept>,
    spare: Spare,
}

/// The memory of buffers, in the order in which a value asks for them.
#[derive(Debug, Default)]
pub(crate) struct Spare {
    places: Vec<Vec<u8>>,
    next: usize,
}

impl Spare {
    /// An empty buffer.
    pub(crate) fn next(&mut self) -> Buffer {
        if self.next == self.places.len() {
            self.places.push(Vec::new());
        }
        let memory = self.places.get_mut(self.next).map(std::mem::take).unwrap_or_default();
        self.next += 1;
        Buffer::over(memory, self.next - 1)
    }

    /// Keeps the memory of a buffer for the next value.
    pub(crate) fn put(&mut self, buffer: Buffer) {
        let (memory, place) = buffer.into_memory();
        if let Some(kept) = place.and_then(|place| self.places.get_mut(place)) {
            *kept = memory;
        }
    }

    /// Begins again, with all that a value has used.
    pub(crate) fn take_back(&mut self, kept: &mut Vec<Kept>) {
        kept.drain(..).for_each(|kept| self.put(kept.buffer));
        self.next = 0;
    }
}

impl Buffers {
    /// No memory yet.
    ///
    /// ```
    /// assert_eq!(frames_core::Buffers::new().capacity(), 0);
    /// ```
    pub const fn new() -> Self {
        Buffers { header: Header { bytes: Vec::new() }, used: Vec::new(), spare: Spare { places: Vec::new(), next: 0 } }
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
        let used = self.used.iter().map(|kept| kept.buffer.capacity());
        self.header.bytes.capacity() + used.chain(self.spare.places.iter().map(Vec::capacity)).sum::<usize>()
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
        let mut spare = std::mem::take(&mut buffers.spare);
        spare.take_back(&mut buffers.used);
        let (frames, used, spare) = self.serialize_keeping(value, &mut buffers.header, spare);
        (buffers.used, buffers.spare) = (used, spare);
        let mut frames = frames?;
        for kept in &buffers.used {
            if let Some(slot) = frames.slots_mut().get_mut(kept.frame) {
                *slot = Some(Frame::from(kept.buffer.used()));
            }
        }
        Ok((buffers.header.as_ref(), frames))
    }
}
