//! Messages on a stream, over `std::io`: Dask's TCP layout.
//!
//! ```text
//! u64 outer | u64 n | n × u64 length | frame | frame | …        (native byte order, as Dask writes)
//! ```
//!
//! `outer` says how many bytes behind it belong together, up to the end of some frame; Dask reads those into one buffer and every other
//! frame into its own. We end it behind the lengths, so that each array that arrives in Python is aligned. Here every frame is read into
//! a buffer of its own, 64-byte aligned, whose memory grows with what has arrived: a length alone reserves 64 KiB, and then sixteen
//! times what came. The layout is that of `distributed.comm.tcp`.

use crate::error::Error;
use crate::frame::Frame;
use crate::frames::Frames;
use crate::limits::Limits;
use bytes::Bytes;
use std::io::{self, ErrorKind, IoSlice, Read, Write};

const WORD: usize = 8;

/// Where the first byte of a frame lies: on a line of the cache, and on the bounds of any vector unit.
const ALIGNMENT: usize = 64;

/// How much is reserved on a length's word.
const FIRST: usize = 64 << 10;

/// How many times what has arrived is reserved for what follows it. A step may move what is there, so they are few.
const GROWTH: usize = 16;

/// How many buffers one call of the system takes; Linux takes 1024.
const BATCH: usize = 512;

/// Writes the frames of a message, without a copy of any, in as few calls as the writer allows.
///
/// # Errors
///
/// Those of the writer.
///
/// ```
/// use frames_core::{Body, Limits, read_frames, read_message, write_frames, write_message};
/// let body = Body::map([("status", "OK".into())]);
/// let mut stream = Vec::new();
/// write_frames(&mut stream, &write_message(&body)?)?;
/// assert_eq!(stream.len(), 3 * 8 + 11);
/// let frames = read_frames(&mut &stream[..], &Limits::default())?.unwrap();
/// assert_eq!(read_message(frames)?, body);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_frames<W: Write + ?Sized>(writer: &mut W, frames: &Frames<'_>) -> io::Result<()> {
    let mut prelude = Vec::with_capacity(WORD * (2 + frames.len()));
    prelude.extend_from_slice(&((WORD * (1 + frames.len())) as u64).to_ne_bytes());
    prelude.extend_from_slice(&(frames.len() as u64).to_ne_bytes());
    frames.iter().for_each(|frame| prelude.extend_from_slice(&(frame.len() as u64).to_ne_bytes()));
    let parts = std::iter::once(&prelude[..]).chain(frames.iter().map(Frame::as_slice));
    let mut parts = parts.filter(|part| !part.is_empty()).map(IoSlice::new);
    let mut batch = Vec::with_capacity(BATCH.min(1 + frames.len()));
    loop {
        batch.clear();
        batch.extend(parts.by_ref().take(BATCH));
        if batch.is_empty() {
            return Ok(());
        }
        let mut rest = &mut batch[..];
        while !rest.is_empty() {
            match writer.write_vectored(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut rest, written),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Reads the frames of the next message; `None` where the stream ends between two messages.
///
/// Behind an error the stream is of no use any more: where the next message starts is not known.
///
/// # Errors
///
/// Those of the reader; `UnexpectedEof` for a stream that ends inside of a message; `InvalidData`, around an [`Error`], for lengths that
/// are none or beyond [`Limits::frames`] and [`Limits::message_bytes`]; `OutOfMemory`.
///
/// ```
/// use frames_core::{Limits, read_frames};
/// assert!(read_frames(&mut &b""[..], &Limits::default())?.is_none());
/// let error = read_frames(&mut &b"\x10\0\0"[..], &Limits::default()).unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read_frames<R: Read>(reader: &mut R, limits: &Limits) -> io::Result<Option<Frames<'static>>> {
    let Some(outer) = first_word(reader)? else { return Ok(None) };
    let count = word(reader)?;
    limits.check_frames(count).map_err(invalid)?;
    let lengths = count.saturating_mul(WORD as u64);
    let Some(inside) = outer.checked_sub(lengths.saturating_add(WORD as u64)) else {
        return Err(invalid(Error::invalid(format!("an outer length of {outer} bytes does not hold {count} lengths"))));
    };
    let lengths = read_buffer(reader, lengths, 1)?;
    let lengths = lengths.chunks_exact(WORD).map(|w| w.first_chunk().copied().map_or(0, u64::from_ne_bytes));
    check_lengths(lengths.clone(), inside, limits).map_err(invalid)?;
    let frames = lengths.map(|len| read_buffer(reader, len, ALIGNMENT).map(Frame::from));
    Ok(Some(frames.collect::<io::Result<Vec<_>>>()?.into()))
}

/// Refuses a message that is too large, and an outer length that does not end where a frame does.
fn check_lengths(lengths: impl Iterator<Item = u64>, inside: u64, limits: &Limits) -> crate::Result<()> {
    let (mut total, mut ends_with_a_frame) = (0u64, inside == 0);
    for len in lengths {
        total = total.saturating_add(len);
        ends_with_a_frame |= total == inside;
    }
    if total > limits.message_bytes {
        return Err(Error::limit("message_bytes", limits.message_bytes, total));
    }
    match ends_with_a_frame {
        true => Ok(()),
        false => {
            Err(Error::invalid(format!("the outer length ends {inside} bytes behind the lengths, inside of a frame")))
        }
    }
}

#[cold]
fn invalid(error: Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

fn word<R: Read>(reader: &mut R) -> io::Result<u64> {
    let mut bytes = [0; WORD];
    reader.read_exact(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

/// The same, where the stream may have ended.
fn first_word<R: Read>(reader: &mut R) -> io::Result<Option<u64>> {
    let mut bytes = [0; WORD];
    loop {
        match reader.read(&mut bytes) {
            Ok(0) => return Ok(None),
            Ok(n) => {
                reader.read_exact(bytes.get_mut(n..).unwrap_or_default())?;
                return Ok(Some(u64::from_ne_bytes(bytes)));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads `len` bytes into a buffer of their own, of which the first lies on a multiple of `alignment`.
fn read_buffer<R: Read>(reader: &mut R, len: u64, alignment: usize) -> io::Result<Bytes> {
    let Ok(len) = usize::try_from(len) else { return Err(ErrorKind::OutOfMemory.into()) };
    if len == 0 {
        return Ok(Bytes::new());
    }
    let mut have = len.min(FIRST);
    let mut buffer = Vec::new();
    reserve(&mut buffer, have, alignment)?;
    let mut pad = buffer.as_ptr().align_offset(alignment).min(alignment - 1);
    buffer.resize(pad + have, 0);
    reader.read_exact(buffer.get_mut(pad..).unwrap_or_default())?;
    while have < len {
        let more = len.min(have.saturating_mul(GROWTH)) - have;
        reserve(&mut buffer, more, alignment)?;
        // Into memory that is not set to zero first. There is room for all of it: the buffer never grows on its own.
        if reader.by_ref().take(more as u64).read_to_end(&mut buffer)? < more {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        have += more;
    }
    let new_pad = buffer.as_ptr().align_offset(alignment).min(alignment - 1);
    if new_pad != pad {
        // The buffer grew to a place of another alignment.
        buffer.resize(new_pad.max(pad) + len, 0);
        buffer.copy_within(pad..pad + len, new_pad);
        pad = new_pad;
    }
    Ok(Bytes::from(buffer).slice(pad..pad + len))
}

/// Room for `more` bytes, and for those that align the first.
fn reserve(buffer: &mut Vec<u8>, more: usize, alignment: usize) -> io::Result<()> {
    let room = more.checked_add(alignment - 1).ok_or(ErrorKind::OutOfMemory)?;
    buffer.try_reserve_exact(room).map_err(|error| io::Error::new(ErrorKind::OutOfMemory, error))
}
