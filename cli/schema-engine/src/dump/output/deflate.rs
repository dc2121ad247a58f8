//! Deflate for the text of a dump, as quick as the text is read from the database.
//!
//! One look at each place for a repeat, and one block with codes of its own for each chunk of text.
//! What a block looks like: <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.7>.

mod huffman;
mod repeats;

use huffman::{Code, codes};
use repeats::{Repeat, Repeats, Value};

/// Literal bytes, the end of the block, and lengths of repeats.
const LITERALS: usize = 286;
const END_OF_BLOCK: usize = 256;
const DISTANCES: usize = 30;

/// The longest codes. Four literals with 14 bits each fit into one word with the bits before them,
/// and so does a repeat; the format would allow 15 for both.
const MOST_LITERAL_BITS: u8 = 14;
const MOST_DISTANCE_BITS: u8 = 15;
const MOST_LENGTH_BITS: u8 = 7;

/// A text of which a part is counted, and not all.
const LONG_TEXT: usize = 1 << 16;

/// How many bytes are counted together, or not.
const PIECE: usize = 64;

/// The order in which the lengths of the codes for lengths are told: likely ones first.
const LENGTH_ORDER: [usize; 19] =
    [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Packs one chunk after the other, each for itself.
#[derive(Default)]
pub(super) struct Deflater {
    repeats: Repeats,
    bits: Bits,
}

impl Deflater {
    /// Blocks that refer to nothing before them, aren't the last ones and end on a byte.
    pub(super) fn deflate(&mut self, text: &[u8]) -> &[u8] {
        let Self { repeats, bits } = self;
        repeats.find(text);
        bits.start(text.len());
        Block::of(text, &repeats.found).write(bits);
        // An empty block of stored bytes fills the last byte up.
        bits.put(0, 3);
        bits.fill_byte();
        bits.put(0xffff_0000, 32);
        bits.flush();
        bits.written()
    }
}

/// A text as literals and repeats, with the codes that suit it.
struct Block<'a> {
    text: &'a [u8],
    repeats: &'a [Repeat],
    literals: [Code; LITERALS],
    distances: [Code; DISTANCES],
}

impl<'a> Block<'a> {
    /// The codes follow from a quarter of a long text: those of the whole make it hardly shorter.
    fn of(text: &'a [u8], repeats: &'a [Repeat]) -> Self {
        let mut sample = Sample { quarters: if text.len() < LONG_TEXT { 4 } else { 1 }, place: 0 };
        // In what isn't looked at there can be each symbol.
        let least = u32::from(sample.quarters < 4);
        let (mut literals, mut distances) = ([least; LITERALS], [least; DISTANCES]);
        literals[END_OF_BLOCK] = 1;
        // Two neighbours that are equal are counted in two places: neither waits for the other.
        let mut odd = [0_u32; 256];
        let mut count = |run: &[u8]| {
            let (pairs, rest) = run.as_chunks::<2>();
            for [first, second] in pairs {
                literals[usize::from(*first)] += 1;
                odd[usize::from(*second)] += 1;
            }
            for byte in rest {
                literals[usize::from(*byte)] += 1;
            }
        };
        let mut lengths = [0; LITERALS];
        let mut rest = text;
        for repeat in repeats {
            let (run, after) = repeat.split(rest);
            rest = after;
            run.chunks(PIECE).filter(|_| sample.holds()).for_each(&mut count);
            if sample.holds() {
                lengths[repeat.length().symbol] += 1;
                distances[repeat.distance().symbol] += 1;
            }
        }
        rest.chunks(PIECE).filter(|_| sample.holds()).for_each(&mut count);
        for (place, count) in literals.iter_mut().enumerate() {
            *count += lengths[place] + odd.get(place).copied().unwrap_or_default();
        }
        Self {
            text,
            repeats,
            literals: codes(literals, MOST_LITERAL_BITS),
            distances: codes(distances, MOST_DISTANCE_BITS),
        }
    }

    fn write(&self, bits: &mut Bits) {
        self.write_codes(bits);
        let mut rest = self.text;
        for repeat in self.repeats {
            let (run, after) = repeat.split(rest);
            self.write_literals(bits, run);
            rest = after;
            for (codes, value) in [
                (self.literals.as_slice(), repeat.length()),
                (self.distances.as_slice(), repeat.distance()),
            ] {
                let Value { symbol, extra, extra_bits } = value;
                bits.put_code(codes[symbol]);
                bits.put(extra.into(), extra_bits);
            }
            bits.flush();
        }
        self.write_literals(bits, rest);
        bits.put_code(self.literals[END_OF_BLOCK]);
        bits.flush();
    }

    fn write_literals(&self, bits: &mut Bits, run: &[u8]) {
        let (fours, rest) = run.as_chunks::<4>();
        for four in fours {
            for byte in four {
                bits.put_code(self.literals[usize::from(*byte)]);
            }
            bits.flush();
        }
        for byte in rest {
            bits.put_code(self.literals[usize::from(*byte)]);
        }
        bits.flush();
    }

    /// The head of the block: the length of each code, packed with codes of their own.
    fn write_codes(&self, bits: &mut Bits) {
        let literals = used(&self.literals, END_OF_BLOCK + 1);
        let distances = used(&self.distances, 1);
        let lengths: Vec<u8> = literals.iter().chain(distances).map(|code| code.length).collect();
        let runs = runs(&lengths);
        let mut counts = [0; LENGTH_ORDER.len()];
        for run in &runs {
            counts[run.symbol] += 1;
        }
        let codes = codes(counts, MOST_LENGTH_BITS);
        let told = used(&LENGTH_ORDER.map(|symbol| codes[symbol]), 4).len();
        // Not the last block, one with codes of its own.
        bits.put(0b10 << 1, 3);
        bits.put((literals.len() - 257) as u64, 5);
        bits.put((distances.len() - 1) as u64, 5);
        bits.put((told - 4) as u64, 4);
        bits.flush();
        for symbol in &LENGTH_ORDER[..told] {
            bits.put(codes[*symbol].length.into(), 3);
            bits.flush();
        }
        for Value { symbol, extra, extra_bits } in runs {
            bits.put_code(codes[symbol]);
            bits.put(extra.into(), extra_bits);
            bits.flush();
        }
    }
}

/// Chooses so many of four, evenly, and whatever pattern the text has.
struct Sample {
    quarters: u32,
    place: u32,
}

impl Sample {
    fn holds(&mut self) -> bool {
        // Multiples of the golden ratio lie evenly, also if only every few of them are looked at.
        self.place = self.place.wrapping_add(0x9e37_79b9);
        self.place >> 30 < self.quarters
    }
}

/// The codes up to the last one that is used, at least so many.
fn used(codes: &[Code], least: usize) -> &[Code] {
    let last = codes.iter().rposition(|code| code.length > 0).unwrap_or(0);
    &codes[..least.max(last + 1)]
}

/// Lengths of codes as the format packs them: as they are, or as a repeat of the one before (16) or
/// of zero (17, 18).
fn runs(lengths: &[u8]) -> Vec<Value> {
    let mut runs = Vec::new();
    for run in lengths.chunk_by(u8::eq) {
        let single =
            Value { symbol: run.first().copied().map_or(0, usize::from), extra: 0, extra_bits: 0 };
        let mut rest = run.len();
        if single.symbol != 0 {
            runs.push(single);
            rest -= 1;
        }
        while rest >= 3 {
            let (symbol, least, most, extra_bits) = match (single.symbol, rest) {
                (0, 11..) => (18, 11, 138, 7),
                (0, _) => (17, 3, 10, 3),
                _ => (16, 3, 6, 2),
            };
            let length = rest.min(most);
            // No run has more than 138.
            let extra = u16::try_from(length - least).unwrap_or_default();
            runs.push(Value { symbol, extra, extra_bits });
            rest -= length;
        }
        runs.extend(std::iter::repeat_n(single, rest));
    }
    runs
}

/// Bits on their way into bytes, the lowest first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    /// How many of the bytes are written.
    complete: usize,
    word: u64,
    /// How many bits of the word are in use.
    count: u32,
}

impl Bits {
    /// Makes room for all that can come of a text of so many bytes: less than two for each.
    fn start(&mut self, text: usize) {
        const HEAD: usize = 1024;
        self.bytes.resize(self.bytes.len().max(2 * text + HEAD), 0);
        (self.complete, self.word, self.count) = (0, 0, 0);
    }

    #[inline]
    fn put_code(&mut self, code: Code) {
        self.put(code.bits.into(), code.length.into());
    }

    /// Up to 57 bits fit before the next [`Bits::flush`].
    #[inline]
    fn put(&mut self, bits: u64, count: u32) {
        self.word |= bits << self.count;
        self.count += count;
    }

    #[inline]
    fn flush(&mut self) {
        self.bytes[self.complete..][..8].copy_from_slice(&self.word.to_le_bytes());
        let bytes = self.count / 8;
        self.complete += bytes as usize;
        self.word >>= bytes * 8;
        self.count %= 8;
    }

    fn fill_byte(&mut self) {
        self.count = self.count.next_multiple_of(8);
        self.flush();
    }

    fn written(&self) -> &[u8] {
        &self.bytes[..self.complete]
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::{Deflater, Value, runs};

    /// An empty last block.
    const END: [u8; 2] = [3, 0];

    /// Numbers without a pattern.
    fn noise() -> impl FnMut() -> u8 {
        let mut state = 1_u64;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        }
    }

    #[test]
    fn every_chunk_is_read_back_for_itself() {
        let mut next = noise();
        let mut texts = vec![Vec::new(), vec![7], vec![b'a'; 300_000], (0..=255).collect()];
        texts.push((0..300_000).map(|_| next()).collect());
        // As rare as a byte can be, and as frequent: the longest codes.
        texts.push((0..300_000).map(|_| u8::try_from(next().leading_zeros()).unwrap()).collect());
        for length in 1..200 {
            // Pieces of before in an order without a pattern, with some new ones.
            let mut text = Vec::new();
            while text.len() < length * length {
                let start = usize::from(next()) * text.len() / 256;
                let piece = text[start..].iter().take(usize::from(next() % 64)).copied();
                let piece: Vec<u8> = piece.collect();
                text.extend(piece);
                text.push(next());
            }
            texts.push(text);
        }
        for length in [100, 1000, 2000, super::LONG_TEXT, 100_000] {
            // One repeat after a run of so many bytes.
            let run: Vec<u8> = (0..length).map(|_| next()).collect();
            texts.push([&run, &run[..100], &[0; 20][..]].concat());
        }
        let mut deflater = Deflater::default();
        for text in texts {
            let packed = deflater.deflate(&text).to_vec();
            let mut found = Vec::new();
            let whole = packed.as_slice().chain(&END[..]);
            flate2::read::DeflateDecoder::new(whole).read_to_end(&mut found).unwrap();
            assert!(found == text, "{} bytes", text.len());
        }
    }

    #[test]
    fn noise_takes_hardly_more_room_and_text_far_less() {
        let mut next = noise();
        let random: Vec<u8> = (0..100_000).map(|_| next()).collect();
        assert!(Deflater::default().deflate(&random).len() < 100_800);
        let row = |id: usize| format!("INSERT INTO t VALUES({id},'the same again');\n");
        let rows = (0..2000).map(row).collect::<Vec<_>>().concat();
        assert!(Deflater::default().deflate(rows.as_bytes()).len() < rows.len() / 8);
    }

    #[test]
    fn lengths_are_told_in_runs() {
        let told = |lengths: &[u8]| -> Vec<_> {
            let told = |Value { symbol, extra, .. }: &Value| (*symbol, *extra);
            runs(lengths).iter().map(told).collect()
        };
        assert_eq!(told(&[0; 2]), [(0, 0), (0, 0)]);
        assert_eq!(told(&[0; 10]), [(17, 7)]);
        assert_eq!(told(&[0; 138 + 11]), [(18, 127), (18, 0)]);
        assert_eq!(told(&[8; 3]), [(8, 0), (8, 0), (8, 0)]);
        assert_eq!(told(&[8; 8]), [(8, 0), (16, 3), (8, 0)]);
    }
}
