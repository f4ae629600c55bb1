//! Frames cut into pieces for the way, and put together again: the keys of a header that say how.
//!
//! ```text
//! {…, "split-num-sub-frames": [pieces of each frame, …], "split-offsets": [its first piece, …],
//!     "compression": [nil or codec of each piece, …], "num-sub-frames": pieces}
//! ```
//!
//! Dask cuts frames larger than its shard size, and says `count` for `num-sub-frames` in files. Pieces that lie one behind the other
//! in one buffer are put together without a copy; of others a frame is made once all their bytes are here, and compressed ones are
//! decompressed straight into it.

use crate::compress::{self, Budget, Codec};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::frames::Frames;
use crate::header::{Header, HeaderRef, count_one_more_key};
use crate::msgpack::{Cursor, write};
use bytes::Bytes;

/// How many pieces there are, in a message and in a file.
pub(crate) const NUM_SUB_FRAMES: &[u8] = b"\xaenum-sub-frames";
pub(crate) const COUNT: &[u8] = b"\xa5count";

const SPLIT_COUNTS: &[u8] = b"\xb4split-num-sub-frames";
const SPLIT_OFFSETS: &[u8] = b"\xadsplit-offsets";
const COMPRESSION: &[u8] = b"\xabcompression";
const PAD: &[u8] = b"\xaaframes-pad";

/// Adds to a header that its frames travel in so many pieces each, and how each piece is compressed; in Dask's order.
pub(crate) fn announce(
    header: &mut Vec<u8>,
    pieces: &[usize],
    codecs: &[Option<Codec>],
    count_key: &[u8],
) -> Result<()> {
    list(header, SPLIT_COUNTS, pieces.len(), |out, i| write::uint(out, pieces.get(i).copied().unwrap_or(0) as u64))?;
    let mut next = 0;
    let mut offsets = Vec::with_capacity(pieces.len());
    for count in pieces {
        offsets.push(next);
        next += count;
    }
    list(header, SPLIT_OFFSETS, offsets.len(), |out, i| write::uint(out, offsets.get(i).copied().unwrap_or(0) as u64))?;
    list(header, COMPRESSION, next, |out, i| match codecs.get(i).copied().flatten() {
        None => write::nil(out),
        // No name is longer than text may be.
        Some(codec) => write::str(out, codec.name()).unwrap_or_default(),
    })?;
    header.extend_from_slice(count_key);
    write::uint(header, next as u64);
    count_one_more_key(header, 0)
}

/// Adds a key that says nothing, so that what stands behind `before` bytes and the header begins on a multiple of `alignment`, of 256 at
/// most. Dask passes over it.
pub(crate) fn pad(header: &mut Vec<u8>, before: usize, alignment: usize) -> Result<()> {
    if (before + header.len()) % alignment == 0 {
        return Ok(());
    }
    header.extend_from_slice(PAD);
    write::bin(header, &[])?;
    count_one_more_key(header, 0)?;
    let len = (before + header.len()).next_multiple_of(alignment) - before - header.len();
    // The length of so few bytes is the last byte.
    if let Some(last) = header.last_mut() {
        *last = len as u8;
    }
    header.resize(header.len() + len, 0);
    Ok(())
}

fn list(out: &mut Vec<u8>, key: &[u8], len: usize, item: impl Fn(&mut Vec<u8>, usize)) -> Result<()> {
    out.extend_from_slice(key);
    write::array_len(out, len)?;
    (0..len).for_each(|i| item(out, i));
    count_one_more_key(out, 0)
}

/// The pieces of a frame that are no larger than `shard`: one if it is small. They borrow or share, and copy nothing.
pub(crate) fn cut<'a>(frame: &Frame<'a>, shard: usize) -> Result<Vec<Frame<'a>>> {
    if frame.len() <= shard {
        return Ok(vec![frame.clone()]);
    }
    // Whole numbers, if they are of up to 16 bytes, stay whole.
    let size = if shard > 16 { shard / 16 * 16 } else { shard.max(1) };
    (0..frame.len()).step_by(size).map(|start| frame.slice(start..frame.len().min(start + size))).collect()
}

/// Puts the pieces together as the header says, in no more memory than `limit` where they are compressed. `parent` is the buffer of
/// which all are slices, if there is one.
pub(crate) fn join(
    header: HeaderRef<'_>,
    parent: Option<&Bytes>,
    pieces: Vec<Bytes>,
    limit: u64,
) -> Result<Frames<'static>> {
    let (codecs, mut budget) = (codecs(header, pieces.len())?, Budget::new(limit));
    let counts: Option<Vec<u64>> = header.get_opt("split-num-sub-frames")?;
    let (counts, offsets) = match (counts, header.get_opt::<Vec<u64>>("split-offsets")?) {
        (Some(counts), Some(offsets)) => (counts, offsets),
        (None, None) => {
            let whole = pieces.iter().enumerate().map(|(i, piece)| {
                together(parent, std::slice::from_ref(piece), codecs.get(i..=i).unwrap_or_default(), &mut budget)
                    .map_err(|e| e.at_index(i))
            });
            return Ok(whole.collect::<Result<Vec<_>>>()?.into());
        }
        // Each piece for a frame of its own would be a guess.
        (Some(_), None) => return Err(Error::invalid("split-num-sub-frames without split-offsets")),
        (None, Some(_)) => return Err(Error::invalid("split-offsets without split-num-sub-frames")),
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
        let range = offset as usize..end as usize;
        let (mine, codecs) = (pieces.get(range.clone()), codecs.get(range));
        let frame = together(parent, mine.unwrap_or_default(), codecs.unwrap_or_default(), &mut budget);
        frames.push(frame.map_err(|e| e.at_index(index))?);
    }
    if next != pieces.len() as u64 {
        return Err(Error::frame_count(format_args!("{next} pieces"), pieces.len()));
    }
    Ok(frames.into())
}

/// The bytes of all pieces: a slice of `parent` if they follow each other there, else one copy.
fn together(parent: Option<&Bytes>, pieces: &[Bytes], codecs: &[Option<Codec>], budget: &mut Budget) -> Result<Bytes> {
    if codecs.iter().any(Option::is_some) {
        let mut joined = Vec::new();
        for (piece, codec) in pieces.iter().zip(codecs) {
            match codec {
                Some(codec) => compress::decompress(*codec, piece, &mut joined, budget)?,
                None => joined.extend_from_slice(piece),
            }
        }
        return Ok(joined.into());
    }
    // An empty piece has no place.
    let mut filled = pieces.iter().filter(|piece| !piece.is_empty());
    let (Some(first), second) = (filled.next(), filled.next()) else { return Ok(Bytes::new()) };
    if second.is_none() {
        return Ok(first.clone());
    }
    let len = pieces.iter().map(Bytes::len).sum();
    let adjacent = parent.and_then(|parent| {
        let start = (first.as_ptr() as usize).checked_sub(parent.as_ptr() as usize)?;
        let mut at = first.as_ptr() as usize;
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            if piece.as_ptr() as usize != at {
                return None;
            }
            at += piece.len();
        }
        let end = start.checked_add(len)?;
        (end <= parent.len()).then(|| parent.slice(start..end))
    });
    Ok(adjacent.unwrap_or_else(|| {
        let mut joined = Vec::with_capacity(len);
        pieces.iter().for_each(|piece| joined.extend_from_slice(piece));
        joined.into()
    }))
}

/// The value's own header: what speaks of pieces is of no use any more, and would be there twice when it is packed again.
pub(crate) fn without_keys(header: HeaderRef<'_>) -> Result<Header> {
    let mut cursor = header.cursor();
    let (mut body, mut kept) = (Vec::with_capacity(header.as_bytes().len()), 0);
    for _ in 0..cursor.map()? {
        let name = name(cursor);
        let (key, value) = (cursor.value()?, cursor.value()?);
        if name.is_none() || !KEYS.iter().any(|known| known.get(1..) == name) {
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

/// The keys that [`announce`], [`pad`] and Dask's `serialize_and_split` add.
const KEYS: [&[u8]; 6] = [SPLIT_COUNTS, SPLIT_OFFSETS, COMPRESSION, COUNT, NUM_SUB_FRAMES, PAD];

/// The key that stands next, if it is text: without its length, which may be wider than ours and means the same.
fn name<'h>(mut cursor: Cursor<'h>) -> Option<&'h [u8]> {
    cursor.text_bytes().ok()
}

/// The codec of each piece; none are given where the header says nothing of them.
fn codecs(header: HeaderRef<'_>, pieces: usize) -> Result<Vec<Option<Codec>>> {
    let mut cursor = header.cursor();
    for _ in 0..cursor.map()? {
        let name = name(cursor);
        cursor.skip()?;
        if name != COMPRESSION.get(1..) {
            cursor.skip()?;
            continue;
        }
        let said = cursor.array()?;
        if said != pieces {
            return Err(Error::frame_count(format_args!("{said} pieces, of which the codec is said"), pieces));
        }
        let codec = |_| if cursor.take_nil() { Ok(None) } else { Codec::parse(cursor.str()?).map(Some) };
        return (0..said).map(codec).collect();
    }
    Ok(Vec::new())
}
