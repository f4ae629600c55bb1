//! What may be made of a pickle whose graph becomes a tree: so many bytes for each of its own. A graph can name one list, text or array often, and
//! each time is another value in a tree.

use crate::pickle::Pickle;
use bytes::Bytes;
use frames_core::{DType, Error, ErrorKind, NdArray, Result};

/// How many bytes are made of each byte of the pickle and its buffers, beyond those that are made in any case.
const EXPANSION: usize = 48;
const FREE: usize = 16 << 20;

/// What a value costs, beside its bytes.
pub(crate) const VALUE: usize = 48;

/// What an array costs beside its items, and each of its dimensions.
const ARRAY: usize = 192;
const DIMENSION: usize = 16;

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

    /// Room for values that will be paid for one by one, if they can be: a vector that grows takes up to three times what is in it.
    pub(crate) fn room<T>(&self, values: usize) -> Result<Vec<T>> {
        match values.checked_mul(VALUE) {
            Some(bytes) if bytes <= self.left => Ok(Vec::with_capacity(values)),
            _ => Err(self.exhausted()),
        }
    }

    /// Pays for an array: its items, and what stands around them in each place where it is named.
    pub(crate) fn array(&mut self, array: &NdArray) -> Result<()> {
        let dims = array.shape().len().saturating_mul(DIMENSION);
        self.charge(array.as_bytes().len().saturating_add(ARRAY + dims))?;
        self.dtype(array.dtype())
    }

    /// Pays for a dtype, whose parts may share each other and are written, shown and compared one by one. Its nesting is bounded where it is made.
    pub(crate) fn dtype(&mut self, dtype: &DType) -> Result<()> {
        if let Some((base, shape)) = dtype.subarray() {
            self.charge(VALUE + shape.len().saturating_mul(DIMENSION))?;
            return self.dtype(base);
        }
        for field in dtype.fields().unwrap_or_default() {
            let text = field.name.len() + field.title.as_ref().map_or(0, String::len);
            self.charge(VALUE.saturating_add(text))?;
            self.dtype(&field.dtype)?;
        }
        Ok(())
    }

    /// An error if so many bytes more are more than was paid for.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<()> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(self.exhausted()),
        }
    }

    #[cold]
    fn exhausted(&self) -> Error {
        let text = format!("the value names its parts so often that they are more than {} bytes", self.limit);
        Error::new(ErrorKind::Limit, text).with_help("frames_pickle::read has no such limit")
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
