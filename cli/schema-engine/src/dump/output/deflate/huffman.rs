//! Codes that are the shorter the more often they are used.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The bits of a symbol, the first one lowest, and how many they are: none for one that isn't used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) bits: u16,
    pub(super) length: u8,
}

/// A code for each symbol that is used, none longer than `most` bits. There are two at least, for
/// not every reader takes fewer.
pub(super) fn codes<const N: usize>(mut counts: [u32; N], most: u8) -> [Code; N] {
    let missing = 2_usize.saturating_sub(counts.iter().filter(|count| **count > 0).count());
    for count in counts.iter_mut().filter(|count| **count == 0).take(missing) {
        *count = 1;
    }
    loop {
        let lengths = lengths(&counts);
        if lengths.iter().all(|length| *length <= most) {
            return in_order(lengths);
        }
        // The nearer to each other, the flatter the tree.
        for count in counts.iter_mut().filter(|count| **count > 0) {
            *count = *count / 2 + 1;
        }
    }
}

/// How long the codes are for which the whole text is shortest: the depths of Huffman's tree.
fn lengths<const N: usize>(counts: &[u32; N]) -> [u8; N] {
    let used = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    let mut trees: BinaryHeap<_> = used.map(|(symbol, count)| Reverse((*count, symbol))).collect();
    // Of the symbols, then of the trees that were made of two.
    let mut parents = vec![0; N];
    while let (Some(Reverse((first, left))), Some(Reverse((second, right)))) =
        (trees.pop(), trees.pop())
    {
        let tree = parents.len();
        parents.push(0);
        (parents[left], parents[right]) = (tree, tree);
        trees.push(Reverse((first + second, tree)));
    }
    // A parent comes after its children, the root last.
    let mut depths = vec![0_u8; parents.len()];
    for node in (0..parents.len() - 1).rev() {
        if parents[node] > 0 {
            depths[node] = depths[parents[node]] + 1;
        }
    }
    std::array::from_fn(|symbol| depths[symbol])
}

/// The codes that follow from their lengths, as every reader works them out.
/// <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.2>
fn in_order<const N: usize>(lengths: [u8; N]) -> [Code; N] {
    let mut codes = [Code::default(); N];
    let mut next = 0_u16;
    for length in 1..=15 {
        for (code, _) in codes.iter_mut().zip(lengths).filter(|(_, found)| *found == length) {
            // The format has the highest bit of a code first.
            *code = Code { bits: next.reverse_bits() >> (16 - length), length };
            next += 1;
        }
        next <<= 1;
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::{Code, codes};

    /// How much of all words the codes take, of 2^15.
    fn taken(codes: &[Code]) -> u32 {
        codes.iter().filter(|code| code.length > 0).map(|code| 1 << (15 - code.length)).sum()
    }

    #[test]
    fn codes_are_complete_and_no_longer_than_allowed() {
        // For these the tree is as deep as can be.
        let mut counts = [0_u32; 40];
        (counts[0], counts[1]) = (1, 1);
        for symbol in 2..40 {
            counts[symbol] = counts[symbol - 1] + counts[symbol - 2];
        }
        for most in [7, 14, 15] {
            let codes = codes(counts, most);
            assert!(codes.iter().all(|code| (1..=most).contains(&code.length)));
            assert!(codes.is_sorted_by_key(|code| std::cmp::Reverse(code.length)));
            assert_eq!(taken(&codes), 1 << 15);
        }
    }

    #[test]
    fn few_symbols_have_codes_of_one_bit() {
        for (counts, used) in [([0, 0, 0], [0, 1]), ([0, 0, 5], [0, 2]), ([0, 9, 5], [1, 2])] {
            let codes = codes(counts, 15);
            let found = (0..3).filter(|symbol| codes[*symbol].length == 1);
            assert!(found.eq(used), "{codes:?}");
            assert_eq!(taken(&codes), 1 << 15);
        }
    }

    #[test]
    fn the_codes_are_those_of_the_format() {
        // The example of the RFC, section 3.2.2: lengths 3, 3, 3, 3, 3, 2, 4, 4.
        let codes = codes([4, 4, 4, 4, 4, 8, 2, 2], 15);
        let told = codes.map(|Code { bits, length }| {
            (0..length).map(|bit| if bits >> bit & 1 == 1 { '1' } else { '0' }).collect::<String>()
        });
        assert_eq!(told, ["010", "011", "100", "101", "110", "00", "1110", "1111"]);
    }
}
