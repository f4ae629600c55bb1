//! Memory into which frames are received: mapped from the system in whole pages, and given back to a pool when the last user drops it.
//!
//! A mapping is address space: the system gives it memory page by page as bytes are written to it, so one of the length that
//! a peer announced costs what the peer has sent, and its first byte lies on a page. Fresh pages are half the price of receiving,
//! which is why large mappings ask for huge pages, once a part is paid for, and why dropped ones are kept for the next frame. One that is used
//! again has its pages: until its frame is whole it counts as held, so that those who announce and do not send cannot empty the pool
//! beyond its bound. What a mapping held before is never shown: a frame ends where its own bytes end.
//!
//! Systems bound how many mappings a process has (Linux some 65,000, neighbours counted once): beyond it there is no memory for more frames.

use bytes::Bytes;
use memmap2::{MmapMut, MmapOptions};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Memory of received frames that is used again. A clone is another handle to the same pool.
///
/// A dropped frame gives its memory back to the pool, as long as that holds no more than its bound; beyond it to the system.
///
/// ```
/// use frames_core::{FrameReader, Pool, write_frames, write_message, Body};
/// let pool = Pool::new(64 << 20);
/// let mut stream = Vec::new();
/// write_frames(&mut stream, &write_message(&Body::from("hello"))?)?;
/// let mut reader = FrameReader::new(&stream[..]).pool(&pool);
/// assert_eq!(reader.read_frames()?.unwrap().len(), 1);
/// assert_eq!(pool.held(), 0, "small frames are not worth it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Pool(Arc<Shared>);

struct Shared {
    bound: usize,
    free: Mutex<Free>,
}

#[derive(Default)]
struct Free {
    /// The bytes below, and those lent to frames that are not whole yet.
    held: usize,
    /// Mappings that nobody uses.
    by_size: BTreeMap<usize, Vec<MmapMut>>,
}

/// Sizes are multiples of this, so that frames of about the same size use the same memory.
const GRAIN: usize = 64 << 10;

impl Pool {
    /// A pool that holds up to `bound` bytes for those who come; with 0 everything goes back to the system.
    ///
    /// ```
    /// assert_eq!(frames_core::Pool::new(0).held(), 0);
    /// ```
    pub fn new(bound: usize) -> Self {
        Pool(Arc::new(Shared { bound, free: Mutex::default() }))
    }

    /// How many bytes are held for those who come: used by nobody, or lent to a frame that is on its way.
    ///
    /// ```
    /// assert!(frames_core::Pool::default().held() <= 256 << 20);
    /// ```
    pub fn held(&self) -> usize {
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner).held
    }

    /// Memory for `len` bytes.
    pub(crate) fn take(&self, len: usize) -> io::Result<Lease> {
        let size = len.div_ceil(GRAIN).checked_mul(GRAIN).ok_or(io::ErrorKind::OutOfMemory)?;
        let used = self.take_free(size);
        let is_lent = used.is_some();
        let map = match used {
            Some(map) => map,
            None => fresh(size)?,
        };
        Ok(Lease { map: Some(map), pool: self.clone(), len: 0, is_lent, is_huge: is_lent })
    }

    /// One that is large enough, and not so large that most of it would lie idle.
    fn take_free(&self, size: usize) -> Option<MmapMut> {
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        let (&found, maps) = free.by_size.range_mut(size..=size.saturating_mul(2)).next()?;
        let map = maps.pop();
        if maps.is_empty() {
            free.by_size.remove(&found);
        }
        map
    }

    /// What was lent has been paid for.
    fn paid(&self, size: usize) {
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner).held -= size;
    }

    fn give_back(&self, map: MmapMut, is_lent: bool) {
        let size = map.len();
        if size > self.0.bound {
            return;
        }
        // What has to make room, or finds none, goes back to the system when the lock is open again.
        let mut gone = Vec::new();
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_lent {
            while free.held + size > self.0.bound {
                let Some(mut entry) = free.by_size.first_entry() else {
                    gone.push(map);
                    return;
                };
                gone.extend(entry.get_mut().pop());
                if entry.get().is_empty() {
                    entry.remove();
                }
                free.held -= gone.last().map_or(0, |map: &MmapMut| map.len());
            }
            free.held += size;
        }
        free.by_size.entry(size).or_default().push(map);
    }
}

/// The pool of this process, which holds up to 256 MiB, for all who name none.
impl Default for Pool {
    fn default() -> Self {
        static PROCESS: OnceLock<Pool> = OnceLock::new();
        PROCESS.get_or_init(|| Pool::new(256 << 20)).clone()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("bound", &self.0.bound).field("held", &self.held()).finish()
    }
}

fn fresh(size: usize) -> io::Result<MmapMut> {
    let map = MmapOptions::new().len(size).no_reserve_swap().map_anon();
    map.map_err(|error| io::Error::new(io::ErrorKind::OutOfMemory, error))
}

/// Memory on its way to become a frame, and then that of the frame.
pub(crate) struct Lease {
    /// Always there, but while it is dropped.
    map: Option<MmapMut>,
    pool: Pool,
    /// How many bytes are the frame's.
    len: usize,
    /// The pool counts it as its own.
    is_lent: bool,
    /// Huge pages were asked for.
    is_huge: bool,
}

/// How much of a mapping is written before the rest may come in huge pages: the first byte of one takes two MiB.
const PAID: usize = 1 << 20;

impl Lease {
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.map.as_deref_mut().unwrap_or_default()
    }

    /// `filled` bytes are written: enough for the others to come in huge pages?
    pub(crate) fn note_filled(&mut self, filled: usize) {
        if self.is_huge || filled < PAID {
            return;
        }
        self.is_huge = true;
        #[cfg(target_os = "linux")]
        if let Some(map) = &self.map {
            // A system without them says so, and gives small ones.
            let _ = map.advise_range(memmap2::Advice::HugePage, filled, map.len().saturating_sub(filled));
        }
    }

    /// The first `len` bytes, all of them written, as a frame that keeps this memory.
    pub(crate) fn freeze(mut self, len: usize) -> Bytes {
        self.len = len;
        if std::mem::take(&mut self.is_lent) {
            self.pool.paid(self.map.as_ref().map_or(0, |map| map.len()));
        }
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Lease {
    fn as_ref(&self) -> &[u8] {
        self.map.as_deref().and_then(|bytes| bytes.get(..self.len)).unwrap_or_default()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(map) = self.map.take() {
            self.pool.give_back(map, self.is_lent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_within_the_bound() {
        let pool = Pool::new(3 * GRAIN);
        let first = pool.take(GRAIN + 1).unwrap().freeze(GRAIN + 1);
        let at = first.as_ptr();
        assert_eq!((first.len(), pool.held(), at.align_offset(4096)), (GRAIN + 1, 0, 0));
        let half = first.slice(..9);
        drop(first);
        assert_eq!(pool.held(), 0, "a part is still used");
        drop(half);
        assert_eq!(pool.held(), 2 * GRAIN);
        assert!(pool.take_free(4 * GRAIN).is_none(), "too small");
        assert!(pool.take_free(GRAIN / 2).is_none(), "too large");
        let again = pool.take(GRAIN).unwrap();
        assert_eq!((again.map.as_ref().unwrap().as_ptr(), pool.held()), (at, 2 * GRAIN), "lent");
        let again = again.freeze(1);
        assert_eq!(pool.held(), 0, "paid for");

        let (large, larger) = (pool.take(3 * GRAIN).unwrap(), pool.take(4 * GRAIN).unwrap());
        drop(again);
        drop(larger);
        assert_eq!(pool.held(), 2 * GRAIN, "beyond the bound it goes back to the system");
        drop(large);
        assert_eq!(pool.held(), 3 * GRAIN, "the last one stays, others go");
        assert!(pool.0.free.lock().unwrap().by_size.keys().eq(&[3 * GRAIN]));
    }

    #[test]
    fn who_announces_and_does_not_send_gets_no_more_than_the_bound() {
        let pool = Pool::new(4 * GRAIN);
        let mut stalled = Vec::new();
        for _ in 0..20 {
            drop(pool.take(GRAIN).unwrap().freeze(GRAIN));
            stalled.push(pool.take(GRAIN).unwrap());
            assert!(pool.held() <= 4 * GRAIN);
        }
        assert_eq!(
            stalled.iter().filter(|lease| lease.is_lent).count(),
            4,
            "the others are fresh, and cost what they send"
        );
        drop(stalled);
        assert_eq!(pool.held(), 4 * GRAIN);
    }
}
