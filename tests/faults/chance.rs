//! Chance that can be had again: the same seed gives the same numbers.

use crate::random::SplitMix64;

pub(crate) struct Chance(SplitMix64);

impl Chance {
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self(SplitMix64(seed))
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.0.next() % limit as u64).unwrap()
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count.div_ceil(8)).flat_map(|_| self.0.next().to_le_bytes()).take(count).collect()
    }
}
