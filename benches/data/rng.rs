//! The seeded generator of every data set.

/// xorshift64*: small, fast, and good enough that no codec finds a pattern.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        // Zero is the one state that never changes; neighbouring seeds start far apart.
        Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Any number.
    pub(crate) fn any(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// From 0 to `end`, without it.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.any()) * u128::from(end)) >> 64) as u64
    }

    /// From 0 to 1, without it.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.any() >> 40) as f32 / (1 << 24) as f32
    }

    /// From 0 to 1, without it, with all the digits of an f64.
    pub(crate) fn unit_wide(&mut self) -> f64 {
        (self.any() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True every other time.
    pub(crate) fn heads(&mut self) -> bool {
        self.any() >> 63 == 0
    }

    /// One of these.
    pub(crate) fn among<T: Copy>(&mut self, these: &[T]) -> T {
        these[self.below(these.len() as u64) as usize]
    }

    /// A word of a list, as text of its own.
    pub(crate) fn word(&mut self, list: &[&str]) -> String {
        self.among(list).into()
    }

    /// A value every other time.
    pub(crate) fn perhaps<T>(&mut self, make: impl FnOnce(&mut Rng) -> T) -> Option<T> {
        self.heads().then(|| make(self))
    }

    /// Fewer than `end` values.
    pub(crate) fn fewer_than<T>(&mut self, end: u64, mut make: impl FnMut(&mut Rng) -> T) -> Vec<T> {
        (0..self.below(end)).map(|_| make(self)).collect()
    }
}
