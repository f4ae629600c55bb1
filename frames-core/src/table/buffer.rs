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
    /// Which it is of those that are used again, if they are.
    place: Option<usize>,
}

/// Room is made in steps of this, so that what is set to zero is still in the first cache when it is written.
const STEP: usize = 4 << 10;

impl Buffer {
    /// Over memory that was used before: what it holds is lost, its room is not.
    pub(crate) fn over(bytes: Vec<u8>, place: usize) -> Self {
        Buffer { bytes, len: 0, place: Some(place) }
    }

    /// The memory, and its place.
    pub(crate) fn into_memory(self) -> (Vec<u8>, Option<usize>) {
        (self.bytes, self.place)
    }

    /// How much memory it has.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
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
        let mut needed = self.len + n.max(STEP);
        if self.len + n > self.bytes.capacity() {
            // An eighth where the size was foreseen and a little was missing; twice is too much for a large buffer.
            let more = if self.len > 1 << 20 { self.len / 8 } else { self.len };
            self.bytes.reserve_exact((self.len + more).max(needed) - self.bytes.len());
        } else {
            // The last step of a buffer whose size was foreseen is what is left of it.
            needed = needed.min(self.bytes.capacity());
        }
        self.bytes.resize(needed, 0);
    }

    /// Appends bytes, most often few.
    #[inline(always)]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.len..).and_then(|room| room.first_chunk_mut::<SHORT>()) {
            if bytes.len() <= SHORT {
                copy_short(room, bytes);
                self.len += bytes.len();
                return;
            }
        }
        self.push_long(bytes);
    }

    /// Appends texts, most often short, each of which `each` sees with what belongs to it; `MARKED` ones as msgpack. One after the other without a look at
    /// the buffer itself: as calls of [`push`](Self::push) they take half as long again.
    #[inline(always)]
    pub(crate) fn push_each<'t, R, const MARKED: bool>(
        &mut self,
        texts: impl Iterator<Item = (&'t str, R)>,
        mut each: impl FnMut(&str, R) -> Result<()>,
    ) -> Result<()> {
        let (marker, short) = if MARKED { (1, 31) } else { (0, SHORT) };
        let mut total = self.bytes.len();
        let mut rest = self.bytes.get_mut(self.len..).unwrap_or_default();
        for (text, of) in texts {
            let (bytes, n) = (text.as_bytes(), text.len());
            each(text, of)?;
            let room = rest.first_chunk_mut::<{ SHORT + 1 }>();
            match room.filter(|_| n <= short) {
                Some(room) => {
                    if MARKED {
                        room[0] = 0xa0 | n as u8;
                    }
                    if let Some(room) = room[marker..].first_chunk_mut() {
                        copy_short(room, bytes);
                    }
                    rest = rest.get_mut(marker + n..).unwrap_or_default();
                }
                None => {
                    self.len = total - rest.len();
                    if MARKED {
                        self.push_long_text(text)?;
                    } else {
                        self.push_long(bytes);
                    }
                    total = self.bytes.len();
                    rest = self.bytes.get_mut(self.len..).unwrap_or_default();
                }
            }
        }
        self.len = total - rest.len();
        Ok(())
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
    #[inline(always)]
    pub(crate) fn push_msgpack(&mut self, text: &str) -> Result<()> {
        let n = text.len();
        let room = self.bytes.get_mut(self.len..).and_then(|room| room.split_first_mut());
        if let Some((marker, room)) = room.filter(|_| n < 32) {
            if let Some(room) = room.first_chunk_mut::<SHORT>() {
                *marker = 0xa0 | n as u8;
                copy_short(room, text.as_bytes());
                self.len += n + 1;
                return Ok(());
            }
        }
        self.push_long_text(text)
    }

    #[inline(never)]
    fn push_long_text(&mut self, text: &str) -> Result<()> {
        match text.len() {
            n @ 0..=31 => self.put([0xa0 | n as u8]),
            n @ 32..=255 => self.put([0xd9, n as u8]),
            n => {
                let mut marker = Vec::with_capacity(5);
                write::str_len(&mut marker, n)?;
                self.push_long(&marker);
            }
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

/// Up to so many bytes are short. So much room is made for them, however few they are.
const SHORT: usize = 64;

/// Copies up to [`SHORT`] bytes in pieces of fixed size that overlap. There are few classes of length, because a branch that is
/// guessed wrong costs more than a move that is not needed.
#[inline(always)]
fn copy_short(to: &mut [u8; SHORT], from: &[u8]) {
    match from.len() {
        17..=64 => windows::<16, 4>(to, from),
        4..=12 => windows::<4, 3>(to, from),
        13..=16 => windows::<8, 2>(to, from),
        n @ 1..=3 => {
            for i in [0, n / 2, n - 1] {
                to[i] = from[i];
            }
        }
        _ => {}
    }
}

/// Some pieces of `N` bytes, the last of which reach back: for lengths from `N` to `PIECES` times that.
#[inline(always)]
fn windows<const N: usize, const PIECES: usize>(to: &mut [u8; SHORT], from: &[u8]) {
    let n = from.len();
    if n < N || n > PIECES * N || n > SHORT {
        return;
    }
    let last = n - N;
    for i in 0..PIECES {
        let at = (i * N).min(last);
        to[at..at + N].copy_from_slice(&from[at..at + N]);
    }
}
