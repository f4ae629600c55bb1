//! What may be made of a pickle whose graph becomes a tree: so many bytes for each of its own. A graph can name one list, text or array often, and
//! each time is another value in a tree.

use crate::pickle::Pickle;
use bytes::Bytes;
use frames_core::{Error, ErrorKind, Result};

/// How many bytes are made of each byte of the pickle and its buffers, beyond those that are made in any case.
const EXPANSION: usize = 64;
const FREE: usize = 16 << 20;

/// What a value costs, beside its bytes.
pub(crate) const VALUE: usize = 64;

/// How many bytes may still be made.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
    limit: usize,
}

impl Budget {
    pub(crate) fn of(pickle: &Pickle) -> Budget {
        let buffers = pickle.buffers.iter().map(|buffer| buffer.bytes().len());
        let paid = buffers.fold(pickle.bytes.len(), usize::saturating_add);
        let limit = paid.saturating_mul(EXPANSION).saturating_add(FREE);
        Budget { left: limit, limit }
    }

    /// An error if so many bytes more are more than was paid for.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<()> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                let text = format!("the pickle names its parts so often that they are more than {} bytes", self.limit);
                Err(Error::new(ErrorKind::Limit, text).with_help("frames_pickle::read has no such limit"))
            }
        }
    }
}

/// Bytes that lie in `whole`, without a copy.
pub(crate) fn part_of(bytes: &[u8], whole: &Bytes) -> Bytes {
    // Bytes::slice_ref would panic for what lies elsewhere.
    let start = (bytes.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    match start.checked_add(bytes.len()) {
        Some(end) if end <= whole.len() => whole.slice(start..end),
        _ => Bytes::copy_from_slice(bytes),
    }
}
