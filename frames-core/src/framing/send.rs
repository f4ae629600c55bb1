//! A message as it leaves, without any I/O: says what is to be written next, and is told how much was.

use super::receive::WORD;
use crate::frame::Frame;
use crate::frames::Frames;
use std::io::{self, IoSlice};

/// How many buffers one call of the system takes; Linux takes 1024.
const BATCH: usize = 1024;

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

/// The parts of one message that are not written yet.
pub(crate) struct Outgoing<'p, P> {
    parts: P,
    batch: Vec<IoSlice<'p>>,
    /// So many of the batch are written.
    start: usize,
}

/// All parts with something in them; large ones cut, because some systems take no more at once.
pub(crate) fn outgoing<'p>(words: &'p [u8], frames: &'p Frames<'_>) -> Outgoing<'p, impl Iterator<Item = IoSlice<'p>>> {
    let parts = std::iter::once(words).chain(frames.iter().map(Frame::as_slice));
    let parts = parts.flat_map(|part| part.chunks(1 << 30)).map(IoSlice::new);
    Outgoing { parts, batch: Vec::with_capacity(BATCH.min(1 + frames.len())), start: 0 }
}

impl<'p, P: Iterator<Item = IoSlice<'p>>> Outgoing<'p, P> {
    /// What is to be written next, for one call of the system; nothing when all is.
    pub(crate) fn next(&mut self) -> &[IoSlice<'p>] {
        if self.start == self.batch.len() {
            self.batch.clear();
            self.batch.extend(self.parts.by_ref().take(BATCH));
            self.start = 0;
        }
        self.batch.get(self.start..).unwrap_or_default()
    }

    /// So many bytes of it were written.
    pub(crate) fn written(&mut self, n: usize) {
        let mut rest = self.batch.get_mut(self.start..).unwrap_or_default();
        // A writer that says more than it was given may not make this panic.
        let all = rest.iter().map(|part| part.len()).sum();
        IoSlice::advance_slices(&mut rest, n.min(all));
        let left = rest.len();
        self.start = self.batch.len() - left;
    }
}
