//! A list of frames as one byte string: Dask's `pack_frames` and `unpack_frames`.
//!
//! ```text
//! u64 n | n × u64 length | frame | frame | …        (native byte order, as Dask writes)
//! ```
//!
//! Lengths are believed only as far as the bytes that are there; unpacking copies nothing.

use crate::envelope::DEFAULT_DECODER;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::limits::Limits;
use bytes::Bytes;

const WORD: usize = 8;

/// The count and the lengths that stand in front of frames.
///
/// ```
/// let prelude = frames_core::pack_prelude(&[&b"ab"[..], b""]);
/// assert_eq!(prelude.len(), 8 * 3);
/// ```
pub fn pack_prelude(frames: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(WORD * (1 + frames.len()));
    out.extend_from_slice(&(frames.len() as u64).to_ne_bytes());
    for frame in frames {
        out.extend_from_slice(&(frame.as_ref().len() as u64).to_ne_bytes());
    }
    out
}

/// All frames behind their prelude, as one byte string: one copy of each.
///
/// ```
/// let packed = frames_core::pack_frames(&[&b"ab"[..], b"c"]);
/// assert_eq!(packed.len(), 8 * 3 + 3);
/// ```
pub fn pack_frames(frames: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut out = pack_prelude(frames);
    out.reserve_exact(frames.iter().map(|f| f.as_ref().len()).sum());
    for frame in frames {
        out.extend_from_slice(frame.as_ref());
    }
    out
}

/// The frames of a packed byte string: slices that share it, no copies.
///
/// # Errors
///
/// The string ends before the prelude or a frame does, has bytes behind the last frame, or more frames than the default limit.
///
/// ```
/// use frames_core::{bytes::Bytes, pack_frames, unpack_frames};
/// let packed = Bytes::from(pack_frames(&[&b"ab"[..], b"c"]));
/// let frames = unpack_frames(&packed)?;
/// assert_eq!(frames, [&b"ab"[..], b"c"]);
/// assert_eq!(frames[0].as_ptr(), packed[24..].as_ptr());
/// assert!(unpack_frames(&packed.slice(..26)).is_err());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn unpack_frames(packed: &Bytes) -> Result<Vec<Bytes>> {
    Ok(spans(packed, &DEFAULT_DECODER.limits)?.map(|(start, end)| packed.slice(start..end)).collect())
}

/// The same over borrowed bytes.
///
/// # Errors
///
/// As [`unpack_frames`].
///
/// ```
/// let packed = frames_core::pack_frames(&[&b"ab"[..]]);
/// assert_eq!(&frames_core::unpack_frames_ref(&packed)?[0][..], b"ab");
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn unpack_frames_ref(packed: &[u8]) -> Result<Vec<Frame<'_>>> {
    Ok(spans(packed, &DEFAULT_DECODER.limits)?.map(|(start, end)| Frame::from(&packed[start..end])).collect())
}

/// Where the frames lie, after all of it was checked.
fn spans<'p>(packed: &'p [u8], limits: &Limits) -> Result<impl Iterator<Item = (usize, usize)> + use<'p>> {
    if packed.len() as u64 > limits.message_bytes {
        return Err(Error::limit("message_bytes", limits.message_bytes, packed.len()));
    }
    let Some((count, rest)) = packed.split_first_chunk::<WORD>() else {
        return Err(Error::truncated(WORD, packed.len()));
    };
    let count = u64::from_ne_bytes(*count);
    limits.check_frames(count)?;
    // Compared as a count of words that are there, which cannot overflow.
    if count > (rest.len() / WORD) as u64 {
        return Err(Error::invalid(format!(
            "the prelude speaks of {count} frames, but only {} of their lengths are there",
            rest.len() / WORD
        )));
    }
    let (lengths, body) = rest.split_at(count as usize * WORD);
    let lengths = lengths.chunks_exact(WORD).map(|w| w.iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b)));
    let lengths = lengths.map(|n| if cfg!(target_endian = "big") { n.swap_bytes() } else { n });
    let mut left = body.len() as u64;
    for (index, length) in lengths.clone().enumerate() {
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => {
                return Err(Error::invalid(format!("frame {index} has {length} bytes, of which {left} are there")));
            }
        }
    }
    if left != 0 {
        return Err(Error::invalid(format!("{left} bytes are left behind the last frame")));
    }
    let mut at = packed.len() - body.len();
    Ok(lengths.map(move |length| {
        let start = at;
        at += length as usize;
        (start, at)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn every_cut_and_every_lie_is_an_error() {
        let packed = Bytes::from(pack_frames(&[&b"abc"[..], b"", b"defgh"]));
        assert_eq!(unpack_frames(&packed).unwrap().len(), 3);
        for cut in 0..packed.len() {
            assert!(unpack_frames(&packed.slice(..cut)).is_err(), "cut at {cut}");
        }
        for huge in [u64::MAX, 1 << 63, 1 << 60, 6] {
            for word in 0..4 {
                let mut bad = packed.to_vec();
                bad[word * 8..word * 8 + 8].copy_from_slice(&huge.to_ne_bytes());
                assert!(unpack_frames(&bad.into()).is_err(), "{huge} in word {word}");
            }
        }
        let mut long = packed.to_vec();
        long.push(0);
        assert_eq!(unpack_frames(&long.into()).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
