//! One value as one byte string: Dask's `serialize_bytes` and `deserialize_bytes`, the form of its spill files.
//!
//! ```text
//! pack_frames([msgpack(header + split and compression keys), frame, frame, …])
//! ```
//!
//! Dask cuts frames into pieces of 64 MiB and may compress each. Pieces that lie next to each other in one buffer are put
//! together without a copy; compressed ones are decompressed if the feature of their codec is on, and refused by name otherwise.

use crate::envelope::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Frames;
use crate::header::Header;
use crate::limits::Limits;
use crate::pieces;
use crate::prelude::{pack_frames, unpack_frames};
use bytes::Bytes;

/// Where the first frame begins, so that a file that is mapped into memory is used where it lies.
const ALIGNMENT: usize = 64;

/// One value as one byte string, which Python's `deserialize_bytes` reads. Copies the frames once.
///
/// The first frame begins on a multiple of 64 bytes, the others where those before end.
///
/// # Errors
///
/// As [`serialize`](crate::serialize).
///
/// ```
/// let blob = frames_core::serialize_bytes(&vec![1.0f64, 2.0])?;
/// assert_eq!(frames_core::deserialize_bytes::<Vec<f64>>(&blob.into())?, [1.0, 2.0]);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn serialize_bytes<T: FrameSerialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    let (header, frames) = Encoder::DEFAULT.serialize(value)?;
    pack_value(header, &frames)
}

/// A header and its frames as one byte string; see [`serialize_bytes`].
///
/// # Errors
///
/// The header has too many keys, or a frame was taken out.
///
/// ```
/// let (header, frames) = frames_core::serialize(&5u8)?;
/// let blob = frames_core::pack_value(header, &frames)?;
/// assert_eq!(frames_core::deserialize_bytes::<u8>(&blob.into())?, 5);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn pack_value(header: Header, frames: &Frames<'_>) -> Result<Vec<u8>> {
    frames.check_whole()?;
    let mut bytes = header.into_bytes();
    // Frames are whole and not compressed.
    pieces::announce(&mut bytes, &vec![1; frames.len()], &[], pieces::COUNT)?;
    if frames.total_bytes() > 0 {
        // Behind the count, the length of the header and those of the frames.
        pieces::pad(&mut bytes, size_of::<u64>() * (2 + frames.len()), ALIGNMENT)?;
    }
    let all: Vec<&[u8]> = std::iter::once(&bytes[..]).chain(frames.iter().map(Frame::as_slice)).collect();
    Ok(pack_frames(&all))
}

/// The value of a byte string that Python's `serialize_bytes` or [`serialize_bytes`] made. Frames are slices of the string.
///
/// A file that is mapped into memory is read where it lies: hand the map over as `Bytes::from_owner(map)`, and arrays point into it as far as
/// they are aligned there. Those that are not, are copied.
///
/// # Errors
///
/// As [`unpack_value`] and [`deserialize`](crate::deserialize).
///
/// ```
/// let blob = frames_core::serialize_bytes(&"text")?;
/// assert_eq!(frames_core::deserialize_bytes::<String>(&blob.into())?, "text");
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn deserialize_bytes<T: FrameSerialize>(blob: &Bytes) -> Result<T> {
    let (header, frames) = unpack_value(blob)?;
    Decoder::new().deserialize(&pieces::without_keys(header.as_ref())?, frames)
}

/// The header and the frames of such a byte string, put together where Dask had cut them.
///
/// # Errors
///
/// The string is malformed, or a piece is compressed with a codec that is not there: it is named.
///
/// ```
/// let blob = frames_core::serialize_bytes(&vec![1.0f64])?;
/// let (header, frames) = frames_core::unpack_value(&blob.into())?;
/// assert_eq!((header.as_ref().get::<u64>("count")?, frames.len()), (1, 1));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn unpack_value(blob: &Bytes) -> Result<(Header, Frames<'static>)> {
    let mut pieces = unpack_frames(blob)?.into_iter();
    let header = match pieces.next() {
        // Dask writes an empty header as no bytes.
        Some(header) if header.is_empty() => Header::new(),
        Some(header) => Header::from_bytes(header.into())?,
        None => return Err(Error::frame_count("a header and its frames", 0)),
    };
    let frames = pieces::join(header.as_ref(), Some(blob), pieces.collect(), Limits::default().decompressed_bytes)?;
    Ok((header, frames))
}
