//! What a pickle has put aside under numbers.

use crate::graph::grow;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};
use std::collections::BTreeMap;

/// Values by number. Numbers that follow each other are a vector; a number that stands alone takes no memory for those below.
#[derive(Default)]
pub(crate) struct Memo {
    dense: Vec<Value>,
    sparse: BTreeMap<u64, Value>,
    /// How many numbers have a value.
    count: usize,
}

const ABSENT: Value = Value::from_word(u64::MAX);

impl Memo {
    #[inline]
    pub(crate) fn get(&self, index: u64) -> Result<Value> {
        match usize::try_from(index).ok().and_then(|index| self.dense.get(index)) {
            Some(value) if *value != ABSENT => Ok(*value),
            _ => self
                .sparse
                .get(&index)
                .copied()
                .ok_or_else(|| Error::new(ErrorKind::Invalid, format!("nothing was put aside as number {index}"))),
        }
    }

    /// Under the number of how many there are.
    #[inline]
    pub(crate) fn push(&mut self, value: Value) -> Result<()> {
        // Also the next number may have one, if those before it have holes.
        if self.count == self.dense.len() && self.sparse.is_empty() {
            grow(&mut self.dense, 1);
            self.dense.push(value);
            self.count += 1;
            return Ok(());
        }
        self.put(self.count as u64, value)
    }

    #[cold]
    pub(crate) fn put(&mut self, index: u64, value: Value) -> Result<()> {
        // Twice as many places as values: no number takes memory that others have not paid for.
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        if at < self.count.saturating_mul(2) + 64 && !self.sparse.contains_key(&index) {
            if at >= self.dense.len() {
                let more = at + 1 - self.dense.len();
                grow(&mut self.dense, more);
                self.dense.resize(at + 1, ABSENT);
            }
            if let Some(place) = self.dense.get_mut(at) {
                self.count += usize::from(*place == ABSENT);
                *place = value;
            }
            return Ok(());
        }
        if self.sparse.insert(index, value).is_none() {
            self.count += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_far_apart_take_no_memory() {
        let mut memo = Memo::default();
        memo.put(u64::MAX, 1.into()).unwrap();
        memo.put(0xffff_ffff, 2.into()).unwrap();
        memo.put(0, 3.into()).unwrap();
        memo.push(4.into()).unwrap();
        assert_eq!(memo.get(u64::MAX).unwrap(), 1.into());
        assert_eq!(memo.get(0xffff_ffff).unwrap(), 2.into());
        assert_eq!((memo.get(0).unwrap(), memo.get(3).unwrap()), (3.into(), 4.into()));
        assert!(memo.get(1).is_err() && memo.get(5).is_err());
        assert!(memo.dense.capacity() < 200);
    }

    #[test]
    fn a_number_that_is_taken_is_written_over() {
        // CPython's MEMOIZE takes the count as number, whatever it names.
        let mut memo = Memo::default();
        memo.put(100, 1.into()).unwrap();
        (0..98).for_each(|index| memo.put(index, 2.into()).unwrap());
        memo.put(99, 3.into()).unwrap();
        assert_eq!(memo.count, 100);
        memo.push(4.into()).unwrap();
        assert_eq!((memo.get(100).unwrap(), memo.count), (4.into(), 100));
        memo.push(5.into()).unwrap();
        assert_eq!((memo.get(100).unwrap(), memo.get(98).is_err()), (5.into(), true));
    }

    #[test]
    fn numbers_in_order_are_a_vector() {
        let mut memo = Memo::default();
        (0..1000).for_each(|index| memo.put(index, (index as i32).into()).unwrap());
        memo.put(7, 70.into()).unwrap();
        memo.push(1000.into()).unwrap();
        assert!(memo.sparse.is_empty());
        assert_eq!((memo.get(7).unwrap(), memo.get(1000).unwrap()), (70.into(), 1000.into()));
    }
}
