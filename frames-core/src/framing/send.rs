//! A message as it leaves: the words in front, and all parts in batches for one call of the system.

use super::receive::WORD;
use crate::frame::Frame;
use crate::frames::Frames;
use std::io::{self, IoSlice};

/// How many buffers one call of the system takes; Linux takes 1024.
pub(crate) const BATCH: usize = 1024;

/// The outer length, which ends behind the lengths; the count; the lengths.
///
/// # Errors
///
/// A frame was taken out.
pub(crate) fn words(frames: &Frames<'_>) -> io::Result<Vec<u8>> {
    frames.check_whole().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let mut words = Vec::with_capacity(WORD * (2 + frames.len()));
    words.extend_from_slice(&((WORD * (1 + frames.len())) as u64).to_ne_bytes());
    words.extend_from_slice(&(frames.len() as u64).to_ne_bytes());
    frames.iter().for_each(|frame| words.extend_from_slice(&(frame.len() as u64).to_ne_bytes()));
    Ok(words)
}

/// All parts with something in them; large ones cut, because some systems take no more at once.
pub(crate) fn parts<'p>(words: &'p [u8], frames: &'p Frames<'_>) -> impl Iterator<Item = IoSlice<'p>> {
    let parts = std::iter::once(words).chain(frames.iter().map(Frame::as_slice));
    parts.flat_map(|part| part.chunks(1 << 30)).map(IoSlice::new)
}
