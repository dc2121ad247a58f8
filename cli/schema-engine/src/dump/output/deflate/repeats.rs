//! Finds what a text repeats of itself.

/// The shortest that is looked for, and the longest that can be told. Few shorter ones take fewer
/// bits than their bytes, and all of them time.
const SHORTEST: usize = 7;
const LONGEST: usize = 258;

/// How far back a repeat may lie.
const WINDOW: usize = 1 << 15;

/// How many bits of a hash choose a slot. The table fits into the innermost cache.
const HASH_BITS: u32 = 14;

/// How far the next place lies that is looked at, more by one for each so many bytes without a
/// repeat: where nothing repeats, hardly anything is lost by looking less.
const STEP: usize = 4;
const BYTES_TO_SPEED_UP: usize = 32;

/// Bytes that stood before, after some that didn't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeat {
    /// How many bytes stand before it that are no repeat.
    literals: u32,
    length: u16,
    distance: u16,
}

/// A number as the format tells it: a symbol, and bits that say which of its numbers it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) symbol: usize,
    pub(super) extra: u16,
    pub(super) extra_bits: u32,
}

impl Repeat {
    /// The bytes before the repeat, and those after it.
    #[inline]
    pub(super) fn split(self, text: &[u8]) -> (&[u8], &[u8]) {
        let (run, rest) = text.split_at(self.literals as usize);
        (run, &rest[usize::from(self.length)..])
    }

    /// <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.5>
    #[inline]
    pub(super) fn length(self) -> Value {
        const FIRST: usize = 257;
        if usize::from(self.length) == LONGEST {
            return Value { symbol: 285, extra: 0, extra_bits: 0 };
        }
        let Value { symbol, extra, extra_bits } = value(self.length - 3, 2);
        Value { symbol: FIRST + symbol, extra, extra_bits }
    }

    /// <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.5>
    #[inline]
    pub(super) fn distance(self) -> Value {
        value(self.distance - 1, 1)
    }
}

/// A number where the symbols of each power of two are 2 to the `fraction`, and the smallest
/// numbers have one each.
#[inline]
fn value(number: u16, fraction: u32) -> Value {
    if number < 1 << (fraction + 1) {
        return Value { symbol: number.into(), extra: 0, extra_bits: 0 };
    }
    let extra_bits = number.ilog2() - fraction;
    let leading = number >> extra_bits;
    Value {
        symbol: ((extra_bits << fraction) + u32::from(leading)) as usize,
        extra: number - (leading << extra_bits),
        extra_bits,
    }
}

/// What was found, and the places where to look.
pub(super) struct Repeats {
    pub(super) found: Vec<Repeat>,
    /// The last place of each hash, in its lowest 16 bits: all that a window needs.
    places: Box<[u16; 1 << HASH_BITS]>,
}

impl Default for Repeats {
    #[expect(clippy::large_stack_arrays, reason = "it stays there for a moment, once a thread")]
    fn default() -> Self {
        Self { found: Vec::new(), places: Box::new([0; 1 << HASH_BITS]) }
    }
}

impl Repeats {
    /// Finds the repeats of a text, from its begin to its end. The bytes after the last are none.
    pub(super) fn find(&mut self, text: &[u8]) {
        self.found.clear();
        self.places.fill(0);
        // Words are read from all places before.
        let end = text.len().saturating_sub(2 * size_of::<u64>());
        let (mut place, mut begin) = (1, 0);
        while place < end {
            match self.last(text, place) {
                Some(distance) => {
                    let before = common_before(&text[begin..place], &text[..place - distance]);
                    let start = place - before;
                    place += SHORTEST + common(text, place + SHORTEST, distance);
                    self.add(start - begin, place - start, distance);
                    begin = place;
                    if place < end {
                        let _ = self.last(text, place - 2);
                    }
                }
                None => place += STEP + (place - begin) / BYTES_TO_SPEED_UP,
            }
        }
    }

    /// How far back the same bytes stood last; keeps the place for the next.
    #[inline]
    fn last(&mut self, text: &[u8], place: usize) -> Option<usize> {
        // Odd and without a pattern: 2^64 divided by the golden ratio.
        const SCATTER: u64 = 0x9e37_79b9_7f4a_7c15;
        let word = word(text, place);
        let hash = shortest(word).wrapping_mul(SCATTER) >> (u64::BITS - HASH_BITS);
        #[expect(clippy::cast_possible_truncation, reason = "a window needs no more")]
        let low = place as u16;
        let slot = &mut self.places[hash as usize];
        // An empty slot stands for the first place, so that this never leads beyond it.
        let distance = usize::from(low.wrapping_sub(std::mem::replace(slot, low)));
        // The bytes are compared first: they nearly always differ, which the processor learns.
        let is_same = shortest(word) == shortest(self::word(text, place - distance));
        (is_same && (1..=WINDOW).contains(&distance)).then_some(distance)
    }

    fn add(&mut self, literals: usize, length: usize, distance: usize) {
        // A chunk has less than 2^32 bytes, a window 2^15.
        let mut literals = u32::try_from(literals).unwrap_or_default();
        let distance = u16::try_from(distance).unwrap_or_default();
        let mut rest = length;
        while rest > 0 {
            // What is left must not be too short to be told.
            let most = if rest < LONGEST + SHORTEST { LONGEST - SHORTEST } else { LONGEST };
            let length = if rest <= LONGEST { rest } else { most };
            let told = u16::try_from(length).unwrap_or_default();
            self.found.push(Repeat { literals, length: told, distance });
            literals = 0;
            rest -= length;
        }
    }
}

/// How many bytes are the same at the end of both.
#[inline]
fn common_before(here: &[u8], there: &[u8]) -> usize {
    let mut length = 0;
    // Nearly always fewer than a word of them, found without a branch for each.
    if let (Some(here), Some(there)) = (here.last_chunk(), there.last_chunk()) {
        let differing = u64::from_le_bytes(*here) ^ u64::from_le_bytes(*there);
        if differing != 0 {
            return differing.leading_zeros() as usize / 8;
        }
        length = 8;
    }
    let here = here[..here.len() - length].iter().rev();
    let there = there[..there.len() - length].iter().rev();
    length + here.zip(there).take_while(|(here, there)| here == there).count()
}

/// How many bytes from this place on are those that stand so far before them.
#[inline]
fn common(text: &[u8], place: usize, distance: usize) -> usize {
    let (here, _) = text[place..].as_chunks::<8>();
    let (there, _) = text[place - distance..].as_chunks::<8>();
    let mut length = 0;
    for (here, there) in here.iter().zip(there) {
        let differing = u64::from_le_bytes(*here) ^ u64::from_le_bytes(*there);
        if differing != 0 {
            return length + differing.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    length
}

#[inline]
fn word(text: &[u8], place: usize) -> u64 {
    text[place..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[inline]
fn shortest(word: u64) -> u64 {
    word << (8 * (size_of::<u64>() - SHORTEST))
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Repeat, Repeats, Value, value};

    /// The text that repeats and literals make.
    fn told(text: &[u8], repeats: &[Repeat]) -> Vec<u8> {
        let mut made = Vec::new();
        for repeat in repeats {
            let literals = repeat.literals as usize;
            made.extend_from_slice(&text[made.len()..][..literals]);
            for _ in 0..repeat.length {
                made.push(made[made.len() - usize::from(repeat.distance)]);
            }
        }
        made.extend_from_slice(&text[made.len()..]);
        made
    }

    #[test]
    fn repeats_make_the_text_again() {
        let mut repeats = Repeats::default();
        for length in (0..40).chain(LONGEST - 5..LONGEST + 40).chain(2 * LONGEST..2 * LONGEST + 40)
        {
            let text = [b"a".repeat(length), b"0123456789abcdefghijk".to_vec()].concat();
            repeats.find(&text);
            assert!(told(&text, &repeats.found) == text, "{length}");
            let range = 3..=LONGEST;
            assert!(repeats.found.iter().all(|repeat| range.contains(&repeat.length.into())));
            assert!(
                length < 40 || repeats.found.len() == (length - 1).div_ceil(LONGEST),
                "{length}"
            );
        }
    }

    #[test]
    fn nothing_beyond_the_window_is_a_repeat() {
        let mut repeats = Repeats::default();
        for (distance, is_found) in [(1 << 15, true), ((1 << 15) + 2, false), (1 << 16, false)] {
            let mut text: Vec<u8> = b"0123456789abcdef".to_vec();
            text.resize(distance, b'-');
            text.extend_from_slice(b"0123456789abcdef and a tail that ends it");
            repeats.find(&text);
            assert!(told(&text, &repeats.found) == text);
            let found = repeats.found.iter().any(|repeat| usize::from(repeat.distance) == distance);
            assert_eq!(found, is_found, "{distance}");
        }
    }

    #[test]
    fn numbers_are_told_as_the_format_has_it() {
        let repeat = |length, distance| Repeat { literals: 0, length, distance };
        let told = |value: Value| (value.symbol, value.extra_bits, value.extra);
        let lengths = [3, 10, 11, 12, 13, 18, 19, 257, 258];
        let expected = [
            (257, 0, 0),
            (264, 0, 0),
            (265, 1, 0),
            (265, 1, 1),
            (266, 1, 0),
            (268, 1, 1),
            (269, 2, 0),
            (284, 5, 30),
            (285, 0, 0),
        ];
        assert_eq!(lengths.map(|length| told(repeat(length, 1).length())), expected);
        let distances = [1, 4, 5, 6, 7, 24_577, 32_768];
        let expected =
            [(0, 0, 0), (3, 0, 0), (4, 1, 0), (4, 1, 1), (5, 1, 0), (29, 13, 0), (29, 13, 8191)];
        assert_eq!(distances.map(|distance| told(repeat(3, distance).distance())), expected);
        assert_eq!(told(value(0, 1)), (0, 0, 0));
    }
}
