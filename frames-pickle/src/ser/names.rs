//! Which names were written already, by their address: a name of a field is asked for once for each of a million records.

use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Names {
    /// Address, length and index; a power of two of places, at most half of them taken. No text has the address 0.
    table: Vec<(usize, usize, u32)>,
    count: usize,
    by_text: HashMap<&'static str, u32>,
}

impl Names {
    #[inline]
    pub(super) fn get(&self, name: &'static str) -> Option<u32> {
        let (address, len) = (name.as_ptr() as usize, name.len());
        let mut at = self.start(address, len);
        loop {
            let &(found, found_len, index) = self.table.get(at)?;
            if (found, found_len) == (address, len) {
                return Some(index);
            }
            if found == 0 {
                return None;
            }
            at = (at + 1) & (self.table.len() - 1);
        }
    }

    /// The same text from another address.
    pub(super) fn known(&mut self, name: &'static str) -> Option<u32> {
        let index = self.by_text.get(name).copied()?;
        self.insert(name, index);
        Some(index)
    }

    pub(super) fn insert(&mut self, name: &'static str, index: u32) {
        self.by_text.insert(name, index);
        self.count += 1;
        if self.count * 2 > self.table.len() {
            let larger = vec![(0, 0, 0); (self.table.len() * 2).max(32)];
            for (address, len, index) in std::mem::replace(&mut self.table, larger) {
                if address != 0 {
                    self.place(address, len, index);
                }
            }
        }
        self.place(name.as_ptr() as usize, name.len(), index);
    }

    fn place(&mut self, address: usize, len: usize, index: u32) {
        let mut at = self.start(address, len);
        while let Some(place) = self.table.get_mut(at) {
            if place.0 == 0 {
                *place = (address, len, index);
                return;
            }
            at = (at + 1) & (self.table.len() - 1);
        }
    }

    #[inline]
    fn start(&self, address: usize, len: usize) -> usize {
        let mixed = (address ^ len.rotate_left(20)).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize);
        (mixed >> (usize::BITS / 2)) & self.table.len().wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_by_address_or_text() {
        let mut names = Names::default();
        let made: Vec<&'static str> = (0..1000).map(|n| &*Box::leak(format!("name {n}").into_boxed_str())).collect();
        for (index, name) in made.iter().enumerate() {
            assert_eq!((names.get(name), names.known(name)), (None, None));
            names.insert(name, index as u32);
        }
        for (index, name) in made.iter().enumerate() {
            assert_eq!(names.get(name), Some(index as u32));
        }
        let again: &'static str = Box::leak("name 7".to_owned().into_boxed_str());
        assert_eq!((names.get(again), names.known(again), names.get(again)), (None, Some(7), Some(7)));
    }
}
