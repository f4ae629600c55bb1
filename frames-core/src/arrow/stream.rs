//! The bytes of a stream, in one frame or in several, and what lies where.
//!
//! Where a stream is cut, the frames before the cut count as padded to [`ALIGNMENT`]: so a buffer can be a frame as it is, and what follows
//! stands where the messages say. No part that is asked for may cross a cut.

use super::schema::invalid;
use crate::error::{Error, Result};
use crate::frames::Frames;
use arrow_buffer::Buffer;
use std::ops::Range;

/// What `arrow-ipc` pads each buffer to.
pub(super) const ALIGNMENT: usize = 64;

/// A stream, and how much of it was read.
pub(super) struct Stream {
    /// Where each frame starts.
    parts: Vec<(usize, Buffer)>,
    end: usize,
    at: usize,
    /// What a part of no bytes is, wherever it is: no allocation for each of them.
    empty: Buffer,
}

impl Stream {
    /// The frames of one value. A shared frame is not copied; one that is borrowed is, once, into aligned memory.
    pub(super) fn new(frames: Frames<'_>) -> Result<Self> {
        let (mut parts, mut end) = (Vec::with_capacity(frames.len()), 0usize);
        for frame in frames {
            let start = end.checked_next_multiple_of(ALIGNMENT).ok_or_else(too_long)?;
            end = start.checked_add(frame.len()).ok_or_else(too_long)?;
            let buffer = match frame.try_into_shared() {
                Ok(bytes) => Buffer::from(bytes),
                Err(bytes) => Buffer::from(bytes),
            };
            parts.push((start, buffer));
        }
        Ok(Stream { parts, end, at: 0, empty: Buffer::from(&[][..]) })
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.end
    }

    /// How many are left.
    pub(super) fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// Moves over the next `len` bytes, and says where they are.
    pub(super) fn skip(&mut self, len: usize) -> Result<Range<usize>> {
        if len > self.left() {
            return Err(Error::truncated(len, self.left()));
        }
        let start = self.at;
        self.at += len;
        Ok(start..self.at)
    }

    /// Moves over the next `len` bytes, and gives them.
    pub(super) fn take(&mut self, len: usize) -> Result<Buffer> {
        let range = self.skip(len)?;
        self.get(range)
    }

    /// Bytes that are here, without a copy.
    pub(super) fn get(&self, range: Range<usize>) -> Result<Buffer> {
        let len = range.len();
        if len == 0 {
            return Ok(self.empty.clone());
        }
        let index = self.parts.partition_point(|(start, _)| *start <= range.start).wrapping_sub(1);
        let part = self.parts.get(index).and_then(|(start, buffer)| {
            let at = range.start.checked_sub(*start)?;
            let end = at.checked_add(len)?;
            (end <= buffer.len()).then(|| buffer.slice_with_length(at, len))
        });
        part.ok_or_else(|| invalid(format!("{len} bytes of a stream of Arrow are not in one frame")))
    }
}

#[cold]
fn too_long() -> Error {
    invalid("a stream of Arrow that is longer than any memory")
}
