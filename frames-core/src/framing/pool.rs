//! Memory into which frames are received: mapped from the system in whole pages, and given back to a pool when the last user drops it.
//!
//! A mapping is address space: the system gives it memory page by page as bytes are written to it, so one of the length that
//! a peer announced costs what the peer has sent, and its first byte lies on a page. Fresh pages are half the price of receiving,
//! which is why large mappings ask for huge pages, and why dropped ones are kept for the next frame. What a mapping held before is
//! never shown: a frame ends where its own bytes end.

use bytes::Bytes;
use memmap2::{MmapMut, MmapOptions};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

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

/// Mappings that nobody uses, by size.
#[derive(Default)]
struct Free {
    held: usize,
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

    /// How many bytes are held, and used by nobody.
    ///
    /// ```
    /// assert_eq!(frames_core::Pool::default().held(), 0);
    /// ```
    pub fn held(&self) -> usize {
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner).held
    }

    /// Memory for `len` bytes.
    pub(crate) fn take(&self, len: usize) -> io::Result<Lease> {
        let size = len.div_ceil(GRAIN).checked_mul(GRAIN).ok_or(io::ErrorKind::OutOfMemory)?;
        let map = match self.take_free(size) {
            Some(map) => map,
            None => fresh(size)?,
        };
        Ok(Lease { map: Some(map), pool: self.clone(), len: 0 })
    }

    /// One that is large enough, and not so large that most of it would lie idle.
    fn take_free(&self, size: usize) -> Option<MmapMut> {
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        let (&found, maps) = free.by_size.range_mut(size..=size.saturating_mul(2)).next()?;
        let map = maps.pop();
        if maps.is_empty() {
            free.by_size.remove(&found);
        }
        free.held -= map.as_ref().map_or(0, |map| map.len());
        map
    }

    fn give_back(&self, map: MmapMut) {
        let size = map.len();
        if size > self.0.bound {
            return;
        }
        // What had to make room goes back to the system when the lock is open again.
        let mut gone = Vec::new();
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        while free.held + size > self.0.bound {
            let Some(mut entry) = free.by_size.first_entry() else { break };
            gone.extend(entry.get_mut().pop());
            if entry.get().is_empty() {
                entry.remove();
            }
            free.held -= gone.last().map_or(0, |map: &MmapMut| map.len());
        }
        free.held += size;
        free.by_size.entry(size).or_default().push(map);
    }
}

/// Holds up to 256 MiB.
impl Default for Pool {
    fn default() -> Self {
        Pool::new(256 << 20)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("bound", &self.0.bound).field("held", &self.held()).finish()
    }
}

fn fresh(size: usize) -> io::Result<MmapMut> {
    let map = MmapOptions::new().len(size).no_reserve_swap().map_anon();
    let map = map.map_err(|error| io::Error::new(io::ErrorKind::OutOfMemory, error))?;
    #[cfg(target_os = "linux")]
    {
        // What has room for one. A system without them says so, and gives small ones.
        const HUGE: usize = 2 << 20;
        let _ = if size >= HUGE { map.advise(memmap2::Advice::HugePage) } else { Ok(()) };
    }
    Ok(map)
}

/// Memory on its way to become a frame, and then that of the frame.
pub(crate) struct Lease {
    /// Always there, but while it is dropped.
    map: Option<MmapMut>,
    pool: Pool,
    /// How many bytes are the frame's.
    len: usize,
}

impl Lease {
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.map.as_deref_mut().unwrap_or_default()
    }

    /// The first `len` bytes as a frame that keeps this memory.
    pub(crate) fn freeze(mut self, len: usize) -> Bytes {
        self.len = len;
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
            self.pool.give_back(map);
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
        assert_eq!((again.map.as_ref().unwrap().as_ptr(), pool.held()), (at, 0));

        let (large, larger) = (pool.take(3 * GRAIN).unwrap(), pool.take(4 * GRAIN).unwrap());
        drop(again);
        drop(larger);
        assert_eq!(pool.held(), 2 * GRAIN, "beyond the bound it goes back to the system");
        drop(large);
        assert_eq!(pool.held(), 3 * GRAIN, "the last one stays, others go");
        assert!(pool.0.free.lock().unwrap().by_size.keys().eq(&[3 * GRAIN]));
    }
}
