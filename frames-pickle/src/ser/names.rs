//! Which names were written already, by their address: a name of a field is asked for once for each of a million records.

use rustc_hash::FxHashMap;
use std::collections::HashMap;

/// What was written lately is found without a hash: at the place that the last bits of its address say.
#[derive(Default)]
pub(super) struct Names {
    /// A power of two of places, four for each name or more; none before there is a name.
    recent: Vec<Known>,
    by_address: FxHashMap<(usize, usize), u32>,
    by_text: HashMap<&'static str, u32>,
}

/// A name at one address, and where the memo of the pickle has it. No text has the address 0.
#[derive(Clone, Copy, Default)]
struct Known {
    address: usize,
    len: usize,
    index: u32,
}

impl Names {
    #[inline(always)]
    pub(super) fn recent(&self, name: &'static str) -> Option<u32> {
        let (address, len) = address(name);
        match self.recent.get(address & self.recent.len().wrapping_sub(1)) {
            Some(known) if (known.address, known.len) == (address, len) => Some(known.index),
            _ => None,
        }
    }

    /// Another name at its place, or the same text from another address.
    pub(super) fn known(&mut self, name: &'static str) -> Option<u32> {
        if let Some(&index) = self.by_address.get(&address(name)) {
            self.place(address(name), index);
            return Some(index);
        }
        let index = *self.by_text.get(name)?;
        self.insert(name, index);
        Some(index)
    }

    pub(super) fn insert(&mut self, name: &'static str, index: u32) {
        self.by_text.insert(name, index);
        self.by_address.insert(address(name), index);
        if self.by_address.len() * 4 > self.recent.len() {
            self.recent = vec![Known::default(); (self.recent.len() * 2).max(32)];
            let known: Vec<_> = self.by_address.iter().map(|(&at, &index)| (at, index)).collect();
            known.into_iter().for_each(|(at, index)| self.place(at, index));
        }
        self.place(address(name), index);
    }

    fn place(&mut self, (address, len): (usize, usize), index: u32) {
        let at = address & self.recent.len().wrapping_sub(1);
        if let Some(place) = self.recent.get_mut(at) {
            *place = Known { address, len, index };
        }
    }
}

/// No two texts that differ have the same.
#[inline]
fn address(name: &'static str) -> (usize, usize) {
    (name.as_ptr() as usize, name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leak(text: String) -> &'static str {
        Box::leak(text.into_boxed_str())
    }

    #[test]
    fn names_are_known_by_address_or_text() {
        let mut names = Names::default();
        let made: Vec<&'static str> = (0..1000).map(|n| leak(format!("name {n}"))).collect();
        for (index, name) in made.iter().enumerate() {
            assert_eq!((names.recent(name), names.known(name)), (None, None));
            names.insert(name, index as u32);
            assert_eq!(names.recent(name), Some(index as u32));
        }
        for (index, name) in made.iter().enumerate() {
            assert_eq!(names.known(name), Some(index as u32));
            assert_eq!(names.recent(name), Some(index as u32));
        }
        let again = leak("name 7".to_owned());
        assert_eq!((names.recent(again), names.known(again), names.recent(again)), (None, Some(7), Some(7)));
    }
}
