//! A small seeded sequence of numbers (`SplitMix64`), so that the same seed makes the same world.
//! Never used for anything that must not be guessed.

/// The sequence.
pub(in crate::demo) struct Random(u64);

impl Random {
    pub(in crate::demo) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 where the bound is 0.
    pub(in crate::demo) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }

    /// True in so many of a hundred cases.
    pub(in crate::demo) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of these; nothing only where there is none.
    pub(in crate::demo) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}
