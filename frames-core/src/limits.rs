//! What a peer may make us do: one value, each field named by the threat that it stops.

use crate::error::{Error, Result};

/// The bounds on one decode. The defaults never hurt an honest peer of Dask's size; lower them for strangers.
///
/// Memory follows the bytes that have arrived: nothing is reserved on a length's word, and a value takes at most a small
/// multiple of its bytes (a field of a few bytes may be a `String` of 24). The one thing that a peer can repeat without paying,
/// a broadcast array, has a bound of its own.
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
    /// recursion. Default 28; honest data rarely passes 10, and 28 levels fit a stack of 256 KiB in a debug build (a
    /// level takes up to 9 KiB there, more for a struct of very many fields). Recursive types that are deeper want more here,
    /// in [`Encoder::depth`](crate::Encoder::depth) and of the stack.
    pub depth: u16,
    /// How many frames one value or message may have. Stops a peer from making us keep books about
    /// billions of empty frames. Default 2²⁴ (a Dask list of a million arrays has a million).
    pub frames: u64,
    /// How many bytes one header may have. A header is read more than once in the worst case, so
    /// this bounds time. Default 1 GiB.
    pub header_bytes: u64,
    /// How many rows may be made of records without a single column, or of packed rows without bytes: values that cost time, and no
    /// memory that a byte has not paid for. Stops thirty bytes from keeping a loop busy for a year. Default 2²⁰.
    pub nodes: u64,
    /// How many times its own bytes an array may take that Python broadcasts, when its elements are wanted in a `Vec`; up to
    /// 4 KiB are allowed in any case. Stops a header that says "this number, a billion times" from filling the memory,
    /// also as one of many; so are the rows bounded that are made of what is repeated, or of nothing, and payloads that many placeholders
    /// of a message name. Default 64. [`NdArray`](crate::NdArray) repeats nothing and needs no allowance.
    pub expansion: u64,
    /// How many bytes the compressed pieces of one value may become. Stops a kilobyte of zstd from filling the memory. Memory grows
    /// with what was made until there, and never by what a piece says of itself alone; the window that a frame of zstd wants may not be
    /// larger either. Default 2³⁴ (16 GiB): raise it for larger values,
    /// lower it for strangers.
    pub decompressed_bytes: u64,
    /// How many bytes one message may have in all. Default 2⁴⁸, in effect none: a frame is allocated only
    /// as its bytes arrive.
    pub message_bytes: u64,
}

impl Limits {
    pub(crate) const DEFAULT: Limits = Limits {
        depth: 28,
        frames: 1 << 24,
        header_bytes: 1 << 30,
        message_bytes: 1 << 48,
        decompressed_bytes: 1 << 34,
        nodes: 1 << 20,
        expansion: 64,
    };

    /// An error if values of `wanted` bytes are made of `paid` bytes that are repeated.
    pub(crate) fn check_expansion(&self, wanted: u64, paid: u64) -> Result<()> {
        const FREE: u64 = 4096;
        if wanted > FREE.max(paid.saturating_mul(self.expansion)) {
            return Err(Error::limit("expansion", self.expansion, format_args!("{wanted} bytes out of {paid}")));
        }
        Ok(())
    }

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
