//! A buffer that grows by small pieces: text of many rows one after the other, or rows of fixed width.
//!
//! Short text is copied in pieces of fixed size, which the compiler makes into two moves; a call of `memcpy` costs more than the
//! text. That needs room that is initialized, so a buffer is a vector with all its bytes set, of which `len` are used.
//! Nothing here reads or writes outside of that.

use crate::error::Result;
use crate::msgpack::write;

/// Bytes, of which the first `len` are used. All of `bytes` is initialized.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    len: usize,
}

/// Room is made in steps of this, so that what is set to zero is still in the first cache when it is written.
const STEP: usize = 4 << 10;

impl Buffer {
    /// Over memory that was used before: what it holds is lost, its room is not.
    pub(crate) fn over(bytes: Vec<u8>) -> Self {
        Buffer { bytes, len: 0 }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn used(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub(crate) fn used_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.len).unwrap_or_default()
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// The memory, and how much of it is used.
    pub(crate) fn into_parts(self) -> (Vec<u8>, usize) {
        (self.bytes, self.len)
    }

    /// The used bytes.
    pub(crate) fn into_vec(mut self) -> Vec<u8> {
        self.bytes.truncate(self.len);
        self.bytes
    }

    /// Makes room that is not initialized yet for what is expected.
    pub(crate) fn expect(&mut self, total: usize) {
        self.bytes.reserve_exact(total.saturating_sub(self.bytes.len()));
    }

    /// The next `n` bytes, which become used.
    #[inline]
    pub(crate) fn room(&mut self, n: usize) -> &mut [u8] {
        let start = self.len;
        if self.bytes.len() - start < n {
            self.grow(n);
        }
        self.len = start + n;
        self.bytes.get_mut(start..start + n).unwrap_or_default()
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, n: usize) {
        let needed = self.len + n.max(STEP);
        if needed > self.bytes.capacity() {
            // A tenth where the size was foreseen and a little was missing; twice is too much for a large buffer.
            let more = if self.len > 1 << 20 { self.len / 8 } else { self.len };
            self.bytes.reserve_exact((self.len + more).max(needed) - self.bytes.len());
        }
        self.bytes.resize(needed, 0);
    }

    /// Appends bytes, most often few.
    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        copy_short(self.room(bytes.len()), bytes);
    }

    /// Appends many bytes.
    #[inline(never)]
    pub(crate) fn push_long(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
    }

    /// Appends an array of bytes.
    #[inline(always)]
    pub(crate) fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        if let Some(slot) = self.room(N).first_chunk_mut::<N>() {
            *slot = bytes;
        }
    }

    /// Appends text with its msgpack length.
    #[inline]
    pub(crate) fn push_msgpack(&mut self, text: &str) -> Result<()> {
        let n = text.len();
        if n < 32 {
            let room = self.room(n + 1);
            if let Some((marker, rest)) = room.split_first_mut() {
                *marker = 0xa0 | n as u8;
                copy_short(rest, text.as_bytes());
            }
            return Ok(());
        }
        self.push_long_text(text)
    }

    #[inline(never)]
    fn push_long_text(&mut self, text: &str) -> Result<()> {
        if let (33..=255, [n, ..]) = (text.len(), text.len().to_le_bytes()) {
            self.put([0xd9, n]);
        } else {
            let mut marker = Vec::with_capacity(5);
            write::str_len(&mut marker, text.len())?;
            self.push(&marker);
        }
        self.push(text.as_bytes());
        Ok(())
    }

    /// Replaces bytes that were written before.
    pub(crate) fn patch(&mut self, at: usize, bytes: &[u8]) {
        if let Some(slot) = self.bytes.get_mut(at..at + bytes.len()) {
            slot.copy_from_slice(bytes);
        }
    }
}

/// Copies `from`, which is as long as `to`: in two pieces that overlap, where it is short.
#[inline(always)]
fn copy_short(to: &mut [u8], from: &[u8]) {
    match from.len() {
        16..=32 => ends::<16>(to, from),
        8..=15 => ends::<8>(to, from),
        4..=7 => ends::<4>(to, from),
        n @ 0..=3 => {
            for (to, from) in to.iter_mut().zip(from).take(n) {
                *to = *from;
            }
        }
        _ => copy_long(to, from),
    }
}

#[inline(always)]
fn ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(head), Some(tail)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) {
        if let Some(slot) = to.first_chunk_mut::<N>() {
            *slot = *head;
        }
        if let Some(slot) = to.last_chunk_mut::<N>() {
            *slot = *tail;
        }
    }
}

#[inline(never)]
fn copy_long(to: &mut [u8], from: &[u8]) {
    if to.len() == from.len() {
        to.copy_from_slice(from);
    }
}
