//! One value as one byte string: Dask's `serialize_bytes` and `deserialize_bytes`, the form of its spill files.
//!
//! ```text
//! pack_frames([msgpack(header + split and compression keys), frame, frame, …])
//! ```
//!
//! Dask cuts frames into pieces of 64 MiB and may compress each. Pieces that lie next to each other in one buffer are put
//! together without a copy. Compressed pieces are refused by name.

use crate::envelope::{Decoder, Encoder};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Frames;
use crate::header::{Header, HeaderRef, count_one_more_key};
use crate::msgpack::write;
use crate::prelude::{pack_frames, unpack_frames};
use bytes::Bytes;

/// One value as one byte string, which Python's `deserialize_bytes` reads. Copies the frames once.
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
/// The header has too many keys.
///
/// ```
/// let (header, frames) = frames_core::serialize(&5u8)?;
/// let blob = frames_core::pack_value(header, &frames)?;
/// assert_eq!(frames_core::deserialize_bytes::<u8>(&blob.into())?, 5);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn pack_value(header: Header, frames: &Frames<'_>) -> Result<Vec<u8>> {
    let mut bytes = header.into_bytes();
    let frames: Vec<&Frame<'_>> = frames.iter().collect();
    // In Dask's order. Frames are whole and not compressed.
    list(&mut bytes, SPLIT_COUNTS, frames.len(), |out, _| write::uint(out, 1))?;
    list(&mut bytes, SPLIT_OFFSETS, frames.len(), |out, i| write::uint(out, i as u64))?;
    list(&mut bytes, COMPRESSION, frames.len(), |out, _| write::nil(out))?;
    bytes.extend_from_slice(COUNT);
    write::uint(&mut bytes, frames.len() as u64);
    count_one_more_key(&mut bytes, 0)?;
    let all: Vec<&[u8]> = std::iter::once(&bytes[..]).chain(frames.iter().map(|f| f.as_slice())).collect();
    Ok(pack_frames(&all))
}

fn list(out: &mut Vec<u8>, key: &[u8], len: usize, item: impl Fn(&mut Vec<u8>, usize)) -> Result<()> {
    out.extend_from_slice(key);
    write::array_len(out, len)?;
    (0..len).for_each(|i| item(out, i));
    count_one_more_key(out, 0)
}

/// The value of a byte string that Python's `serialize_bytes` or [`serialize_bytes`] made. Frames are slices of the string.
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
    Decoder::new().deserialize(&without_transport(header.as_ref())?, frames)
}

/// The header and the frames of such a byte string, put together where Dask had cut them.
///
/// # Errors
///
/// The string is malformed, or a piece is compressed: the codec is named.
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
    let pieces: Vec<Bytes> = pieces.collect();
    let frames = join_pieces(header.as_ref(), blob, pieces)?;
    Ok((header, frames))
}

/// Puts the pieces together that `split-num-sub-frames` and `split-offsets` name; all are slices of `blob`.
fn join_pieces(header: HeaderRef<'_>, blob: &Bytes, pieces: Vec<Bytes>) -> Result<Frames<'static>> {
    check_compression(header)?;
    let (Some(counts), Some(offsets)) =
        (header.get_opt::<Vec<u64>>("split-num-sub-frames")?, header.get_opt::<Vec<u64>>("split-offsets")?)
    else {
        return Ok(pieces.into());
    };
    if counts.len() != offsets.len() {
        return Err(Error::invalid(format!("{} frames have {} offsets", counts.len(), offsets.len())));
    }
    let mut frames = Vec::with_capacity(counts.len());
    let mut next = 0u64;
    for (index, (count, offset)) in counts.into_iter().zip(offsets).enumerate() {
        let end = offset.saturating_add(count);
        if offset != next || end > pieces.len() as u64 {
            return Err(Error::new(
                ErrorKind::FrameCount,
                format!("pieces {offset}..{end} of frame {index} do not follow piece {next} of {}", pieces.len()),
            ));
        }
        next = end;
        frames.push(join_adjacent(blob, &pieces[offset as usize..end as usize]));
    }
    if next != pieces.len() as u64 {
        return Err(Error::frame_count(format_args!("{next} pieces"), pieces.len()));
    }
    Ok(frames.into())
}

/// Pieces that follow each other in `blob`, as one slice of it.
fn join_adjacent(blob: &Bytes, pieces: &[Bytes]) -> Bytes {
    let len: usize = pieces.iter().map(Bytes::len).sum();
    // An empty piece has no place; the first that is not empty tells where the frame starts.
    match pieces.iter().find(|p| !p.is_empty()) {
        Some(first) => {
            let start = first.as_ptr() as usize - blob.as_ptr() as usize;
            blob.slice(start..start + len)
        }
        None => Bytes::new(),
    }
}

/// The value's own header: what speaks of pieces is of no use any more, and would be there twice when it is packed again.
fn without_transport(header: HeaderRef<'_>) -> Result<Header> {
    let mut cursor = header.cursor();
    let (mut body, mut kept) = (Vec::with_capacity(header.as_bytes().len()), 0);
    for _ in 0..cursor.map()? {
        let (key, value) = (cursor.value()?, cursor.value()?);
        if !TRANSPORT.contains(&key) {
            body.extend_from_slice(key);
            body.extend_from_slice(value);
            kept += 1;
        }
    }
    let mut bytes = Vec::with_capacity(body.len() + 5);
    write::map_len(&mut bytes, kept)?;
    bytes.append(&mut body);
    Header::from_bytes(bytes)
}

/// The keys that `pack_value` and Dask's `serialize_and_split` add.
const TRANSPORT: [&[u8]; 4] = [SPLIT_COUNTS, SPLIT_OFFSETS, COMPRESSION, COUNT];
const SPLIT_COUNTS: &[u8] = b"\xb4split-num-sub-frames";
const SPLIT_OFFSETS: &[u8] = b"\xadsplit-offsets";
const COMPRESSION: &[u8] = b"\xabcompression";
const COUNT: &[u8] = b"\xa5count";

fn check_compression(header: HeaderRef<'_>) -> Result<()> {
    let mut cursor = header.cursor();
    for _ in 0..cursor.map()? {
        let key = cursor.value()?;
        if key != COMPRESSION {
            cursor.skip()?;
            continue;
        }
        for _ in 0..cursor.array()? {
            if !cursor.take_nil() {
                return Err(compressed(cursor.str()?));
            }
        }
    }
    Ok(())
}

#[cold]
fn compressed(codec: &str) -> Error {
    let codec: String = codec.chars().take(40).collect();
    Error::new(
        ErrorKind::Unsupported,
        format!("the frames are compressed with {codec:?}, which this build cannot undo"),
    )
    .with_help("write it in Python with `serialize_bytes(x, compression=None)`")
}
