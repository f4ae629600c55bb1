//! A message as it arrives, without any I/O: says where the next bytes go, and takes them.
//!
//! ```text
//!            room()                    filled(n)                next()
//! waiting ───────────► &mut [u8] ◄─ read ──────────► taken ─────────────► Some(frames), or more is needed
//! ```
//!
//! Bytes of large frames are read where they stay. Small frames, and what comes before frames, go through an inbox, so that a small
//! message takes one read, and are copied out of it once, each into memory of its own. To read many into their own memory at once, by
//! a vectored read, took longer than the copy when it was measured: that memory has to be zeroed before.
//!
//! No length reserves memory that was not paid for: the inbox is bounded, frames that are not mapped are small,
//! and a mapping costs what is written to it (see [`pool`](super::pool)).

use super::pool::{Lease, Pool};
use crate::error::Error;
use crate::frames::Frames;
use crate::limits::Limits;
use bytes::{Buf, Bytes};
use std::io::{self, ErrorKind};

pub(super) const WORD: usize = 8;

/// Where the first byte of a frame lies: on a line of the cache, and on the bounds of any vector unit.
const ALIGNMENT: usize = 64;

/// Frames of fewer bytes go through the inbox.
const SMALL: usize = 16 << 10;

/// Frames of fewer bytes lie where the allocator has room for any alignment: it hands out small blocks that were used as they were, and to
/// guess where those lie is mostly wrong.
const FITTED: usize = 1 << 10;

/// Frames of fewer bytes lie on the heap.
const MAPPED: usize = 64 << 10;

/// How large the inbox may be, and a larger one for a peer that has sent a part of it: fewer calls of the system, and fewer turns of both
/// ends, for many small frames.
const INBOX: usize = 64 << 10;
const LARGE_INBOX: usize = 256 << 10;

/// How much is read of a message of which nothing is known. So much of it may be copied once.
const AHEAD: usize = 4 << 10;

/// How many lengths are looked at to say how much is to be read: those of empty frames cost nothing but time.
const LOOK: usize = 4096;

/// So much address space is taken on a length's word, and then sixteen times what came: a step beyond copies what is there.
const MAP_AT_ONCE: usize = if cfg!(target_pointer_width = "64") { 1 << 30 } else { 1 << 24 };
const GROWTH: usize = 16;

/// How many lengths, and frames, are reserved on a count's word.
const CAUTIOUS: usize = 64;

/// The messages of one stream.
#[derive(Debug)]
pub(crate) struct Receiver {
    limits: Limits,
    pool: Pool,
    /// How many bytes may be taken of what was not announced: none where the stream is somebody else's behind a message.
    ahead: usize,
    /// All of it is initialized; received and not taken yet is `start..end`.
    inbox: Vec<u8>,
    start: usize,
    end: usize,
    /// How many bytes came since the last message was whole.
    arrived: usize,
    /// How many bytes are in front of the last fitted frame.
    front: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The outer length and the count.
    Words,
    Lengths {
        outer: u64,
        left: u64,
        lengths: Vec<u64>,
    },
    Frames {
        lengths: std::vec::IntoIter<u64>,
        frames: Frames<'static>,
        current: Option<Current>,
    },
}

/// A frame of which some bytes are here.
#[derive(Debug)]
struct Current {
    memory: Memory,
    filled: usize,
    len: usize,
}

enum Memory {
    /// With what aligns the first byte in front.
    Heap(Vec<u8>, usize),
    Mapped(Lease),
}

impl Receiver {
    /// Takes what was announced and no more.
    pub(crate) fn exact(limits: Limits, pool: Pool) -> Self {
        let state = State::Words;
        Receiver { limits, pool, ahead: 0, inbox: Vec::new(), start: 0, end: 0, arrived: 0, front: 0, state }
    }

    /// Takes what comes: small messages in one read.
    pub(crate) fn greedy(limits: Limits, pool: Pool) -> Self {
        Receiver { ahead: AHEAD, ..Receiver::exact(limits, pool) }
    }

    pub(crate) fn set_pool(&mut self, pool: &Pool) {
        self.pool = pool.clone();
    }

    /// For the next message.
    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// True if nothing is here of the next message.
    pub(crate) fn is_between(&self) -> bool {
        matches!(self.state, State::Words) && self.start == self.end
    }

    /// The next message, if all of it is here.
    pub(crate) fn next(&mut self) -> io::Result<Option<Frames<'static>>> {
        loop {
            let staged = self.inbox.get(self.start..self.end).unwrap_or_default();
            match &mut self.state {
                State::Words => {
                    let Some((outer, rest)) = split_word(staged) else { return Ok(None) };
                    let Some((count, _)) = split_word(rest) else { return Ok(None) };
                    self.limits.check_frames(count).map_err(invalid)?;
                    if outer < count.saturating_mul(WORD as u64).saturating_add(WORD as u64) {
                        let text = format!("an outer length of {outer} bytes does not hold {count} lengths");
                        return Err(invalid(Error::invalid(text)));
                    }
                    self.start += 2 * WORD;
                    let lengths = Vec::with_capacity(CAUTIOUS.min(count as usize));
                    self.state = State::Lengths { outer, left: count, lengths };
                }
                State::Lengths { outer, left, lengths } => {
                    let mut rest = staged;
                    while *left > 0 {
                        let Some((length, after)) = split_word(rest) else { break };
                        lengths.push(length);
                        (rest, *left) = (after, *left - 1);
                    }
                    self.start = self.end - rest.len();
                    if *left > 0 {
                        return Ok(None);
                    }
                    let inside = *outer - (WORD * (1 + lengths.len())) as u64;
                    check_lengths(lengths, inside, &self.limits).map_err(invalid)?;
                    let lengths = std::mem::take(lengths).into_iter();
                    self.state = State::Frames { lengths, frames: Frames::new(), current: None };
                }
                State::Frames { lengths, frames, current } => {
                    if current.as_ref().is_some_and(|current| current.filled < current.len) {
                        return Ok(None);
                    }
                    if let Some(whole) = current.take() {
                        frames.push(whole.memory.freeze(whole.len));
                    }
                    let Some(&len) = lengths.as_slice().first() else {
                        let frames = std::mem::take(frames);
                        (self.state, self.arrived) = (State::Words, 0);
                        return Ok(Some(frames));
                    };
                    let Ok(len) = usize::try_from(len) else { return Err(ErrorKind::OutOfMemory.into()) };
                    match staged.get(..len) {
                        Some(whole) if len < MAPPED => frames.push(aligned(whole, &mut self.front)),
                        _ if len < SMALL => return Ok(None),
                        _ => {
                            let mut memory = Memory::new(len, &self.pool)?;
                            let filled = staged.len().min(len);
                            copy(memory.bytes_mut(), staged.get(..filled).unwrap_or_default());
                            self.start += filled;
                            *current = Some(Current { memory, filled, len });
                            lengths.next();
                            continue;
                        }
                    }
                    self.start += len;
                    lengths.next();
                }
            }
        }
    }

    /// Where the next bytes go: at least one, after [`next`](Self::next) said that more are needed.
    pub(crate) fn room(&mut self) -> io::Result<&mut [u8]> {
        let staged = self.end - self.start;
        let wanted = match &mut self.state {
            State::Words => (2 * WORD).max(self.ahead),
            State::Lengths { left, .. } => WORD.saturating_mul(*left as usize).max(self.ahead),
            State::Frames { current: Some(current), .. } => {
                current.grow(&self.pool)?;
                // Some systems take no more at once.
                let end = current.len.min(current.memory.bytes_mut().len()).min(current.filled + (1 << 30));
                return Ok(current.memory.bytes_mut().get_mut(current.filled..end).unwrap_or_default());
            }
            // Small frames one behind the other.
            State::Frames { lengths, .. } => {
                let small = lengths.as_slice().iter().take(LOOK).take_while(|len| **len < SMALL as u64);
                let mut total = 0;
                for len in small {
                    total += *len as usize;
                    if total >= LARGE_INBOX {
                        break;
                    }
                }
                total.max(self.ahead)
            }
        };
        self.inbox.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, staged);
        let most = self.arrived.saturating_mul(4).clamp(INBOX, LARGE_INBOX);
        let size = wanted.min(most).max(staged + 1);
        if self.inbox.len() < size {
            self.inbox.resize(size, 0);
        }
        Ok(self.inbox.get_mut(staged..size).unwrap_or_default())
    }

    /// So many bytes of the room were filled.
    pub(crate) fn filled(&mut self, n: usize) {
        self.arrived = self.arrived.saturating_add(n);
        match &mut self.state {
            State::Frames { current: Some(current), .. } => {
                current.filled = current.len.min(current.filled + n);
                if let Memory::Mapped(lease) = &mut current.memory {
                    lease.note_filled(current.filled);
                }
            }
            _ => self.end = self.inbox.len().min(self.end + n),
        }
    }
}

impl Current {
    /// Makes room for the rest where not all was taken at once.
    fn grow(&mut self, pool: &Pool) -> io::Result<()> {
        if self.filled < self.memory.bytes_mut().len() {
            return Ok(());
        }
        let mut more = pool.take(self.len.min(self.filled.saturating_mul(GROWTH)))?;
        copy(more.bytes_mut(), self.memory.bytes_mut());
        self.memory = Memory::Mapped(more);
        Ok(())
    }
}

impl Memory {
    fn new(len: usize, pool: &Pool) -> io::Result<Self> {
        if len >= MAPPED {
            return pool.take(len.min(MAP_AT_ONCE)).map(Memory::Mapped);
        }
        let bytes = vec![0; len + ALIGNMENT - 1];
        let pad = pad(&bytes);
        Ok(Memory::Heap(bytes, pad))
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Memory::Heap(bytes, pad) => bytes.get_mut(*pad..).unwrap_or_default(),
            Memory::Mapped(lease) => lease.bytes_mut(),
        }
    }

    fn freeze(self, len: usize) -> Bytes {
        match self {
            Memory::Heap(bytes, pad) => Bytes::from(bytes).slice(pad..pad + len),
            Memory::Mapped(lease) => lease.freeze(len),
        }
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Memory::Heap(..)) { "Heap" } else { "Mapped" })
    }
}

/// A copy of a small frame in memory of its own. `front` is how many bytes are in front of the last one, which aligned it.
///
/// `Bytes` allocates once more, for its counter, where a `Vec` is not full to its end. That costs more than the copy: such small blocks
/// between the frames keep what is freed from being joined. So the frame ends where its memory does; how much is in front depends on
/// where it will lie, and the last one is the guess, right for frames of one size behind each other.
fn aligned(bytes: &[u8], front: &mut usize) -> Bytes {
    if bytes.is_empty() {
        return Bytes::new();
    }
    let mut own = if bytes.len() < FITTED { anywhere(bytes.len()) } else { fitted(bytes.len(), front) };
    let pad = pad(&own);
    own.resize(pad, 0);
    own.extend_from_slice(bytes);
    let mut own = Bytes::from(own);
    own.advance(pad);
    own
}

/// Memory that ends where `len` bytes from the first aligned one on do, if it can be had.
fn fitted(len: usize, front: &mut usize) -> Vec<u8> {
    let mut own = Vec::with_capacity(*front + len);
    let pad_here = pad(&own);
    if pad_here == *front {
        return own;
    }
    *front = pad_here;
    // To make it fit seldom moves it.
    own.reserve_exact(pad_here + len);
    own.shrink_to(pad_here + len);
    if pad(&own) == pad_here { own } else { anywhere(len) }
}

/// Memory for `len` bytes from the first aligned one on, wherever it lies.
fn anywhere(len: usize) -> Vec<u8> {
    Vec::with_capacity(len + ALIGNMENT - 1)
}

/// How many bytes are in front of the first that is aligned.
fn pad(bytes: &[u8]) -> usize {
    bytes.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT - 1)
}

/// As many bytes as both have.
fn copy(to: &mut [u8], from: &[u8]) {
    let n = to.len().min(from.len());
    if let (Some(to), Some(from)) = (to.get_mut(..n), from.get(..n)) {
        to.copy_from_slice(from);
    }
}

fn split_word(bytes: &[u8]) -> Option<(u64, &[u8])> {
    bytes.split_first_chunk().map(|(word, rest)| (u64::from_ne_bytes(*word), rest))
}

/// Refuses a message that is too large, and an outer length that does not end where a frame does.
fn check_lengths(lengths: &[u64], inside: u64, limits: &Limits) -> crate::Result<()> {
    let (mut total, mut ends_with_a_frame) = (0u64, inside == 0);
    for len in lengths {
        total = total.saturating_add(*len);
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
pub(crate) fn invalid(error: Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}
