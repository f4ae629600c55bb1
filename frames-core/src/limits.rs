//! What a peer may make us do: one value, each field named by the threat that it stops.

use crate::error::{Error, Result};

/// The bounds on one decode. The defaults never hurt an honest peer of Dask's size; lower them for strangers.
///
/// Memory is bounded by the input even without them: nothing is allocated before the bytes that pay for it
/// have arrived. These bounds stop what the input itself can be made to cost.
///
/// ```
/// use frames_core::{Decoder, Limits};
/// let mut careful = Limits::default();
/// careful.depth = 16;
/// let decoder = Decoder::new().limits(careful);
/// # let _ = decoder;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How deep values may nest: a struct, collection, list or map inside of another is a level. Stops a header of a few
    /// kilobytes that nests thousands of lists from using up the stack, because typed decoding follows the nesting by
    /// recursion. Default 24; honest data rarely passes 10, and 24 levels fit a stack of 256 KiB in a debug build (a
    /// level takes up to 9 KiB there, more for a struct of very many fields). Recursive types that are deeper want more here,
    /// in [`Encoder::depth`](crate::Encoder::depth) and of the stack.
    pub depth: u16,
    /// How many frames one value or message may have. Stops a peer from making us keep books about
    /// billions of empty frames. Default 2²⁴ (a Dask list of a million arrays has a million).
    pub frames: u64,
    /// How many bytes one header may have. A header is read more than once in the worst case, so
    /// this bounds time. Default 1 GiB.
    pub header_bytes: u64,
    /// How many values may be made that no byte has paid for: rows without columns, the repeats of a broadcast array (of 16 bytes each; a larger element counts for more).
    /// Stops thirty bytes from becoming a terabyte. Default 2²⁰.
    pub nodes: u64,
    /// How many bytes one message may have in all. Default 2⁴⁸, in effect none: a frame is allocated only
    /// as its bytes arrive.
    pub message_bytes: u64,
}

impl Limits {
    pub(crate) const DEFAULT: Limits =
        Limits { depth: 24, frames: 1 << 24, header_bytes: 1 << 30, message_bytes: 1 << 48, nodes: 1 << 20 };

    pub(crate) fn check_frames(&self, count: u64) -> Result<()> {
        if count > self.frames {
            return Err(Error::limit("frames", self.frames, count));
        }
        Ok(())
    }

    pub(crate) fn check_header(&self, bytes: usize) -> Result<()> {
        if bytes as u64 > self.header_bytes {
            return Err(Error::limit("header_bytes", self.header_bytes, bytes));
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::DEFAULT
    }
}
