//! A message as it leaves: the words in front, and all parts in batches for one call of the system.

use super::receive::WORD;
use crate::frame::Frame;
use crate::frames::Frames;
use std::io::IoSlice;

/// How many buffers one call of the system takes; Linux takes 1024.
pub(crate) const BATCH: usize = 1024;

/// The outer length, which ends behind the lengths; the count; the lengths.
pub(crate) fn words(frames: &Frames<'_>) -> Vec<u8> {
    let mut words = Vec::with_capacity(WORD * (2 + frames.len()));
    words.extend_from_slice(&((WORD * (1 + frames.len())) as u64).to_ne_bytes());
    words.extend_from_slice(&(frames.len() as u64).to_ne_bytes());
    frames.iter().for_each(|frame| words.extend_from_slice(&(frame.len() as u64).to_ne_bytes()));
    words
}

/// All parts with something in them.
pub(crate) fn parts<'p>(words: &'p [u8], frames: &'p Frames<'_>) -> impl Iterator<Item = IoSlice<'p>> {
    let parts = std::iter::once(words).chain(frames.iter().map(Frame::as_slice));
    parts.filter(|part| !part.is_empty()).map(IoSlice::new)
}
