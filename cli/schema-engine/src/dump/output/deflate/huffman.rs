//! Codes that are the shorter the more often they are used.

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
    let mut leaves: Vec<usize> = (0..N).filter(|symbol| counts[*symbol] > 0).collect();
    leaves.sort_unstable_by_key(|symbol| (counts[*symbol], *symbol));
    // The leaves, then the trees that were made of two nodes each: they come in this order, too, so
    // the next node is the lighter one of the next leaf and the next tree.
    let mut weights: Vec<u32> = leaves.iter().map(|symbol| counts[*symbol]).collect();
    let mut parents = vec![0; 2 * leaves.len() - 1];
    let (mut leaf, mut tree) = (0, leaves.len());
    for made in leaves.len()..parents.len() {
        let mut weight = 0;
        for _ in 0..2 {
            let takes_leaf =
                leaf < leaves.len() && (tree == made || weights[leaf] <= weights[tree]);
            let next = if takes_leaf { &mut leaf } else { &mut tree };
            parents[*next] = made;
            weight += weights[*next];
            *next += 1;
        }
        weights.push(weight);
    }
    // A parent comes after its children, the root last.
    let mut depths = vec![0_u8; parents.len()];
    for node in (0..parents.len() - 1).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    let mut lengths = [0; N];
    for (symbol, depth) in leaves.into_iter().zip(depths) {
        lengths[symbol] = depth;
    }
    lengths
}

/// The codes that follow from their lengths, as every reader works them out.
/// <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.2>
fn in_order<const N: usize>(lengths: [u8; N]) -> [Code; N] {
    let mut counts = [0_u16; 16];
    for length in lengths.into_iter().filter(|length| *length > 0) {
        counts[usize::from(length)] += 1;
    }
    // The first code of each length follows on the last one of the length before, with a bit more.
    let mut next = [0_u16; 16];
    for length in 1..next.len() {
        next[length] = 2 * (next[length - 1] + counts[length - 1]);
    }
    lengths.map(|length| {
        let code = next[usize::from(length)];
        next[usize::from(length)] += u16::from(length > 0);
        // The format has the highest bit of a code first.
        Code { bits: if length == 0 { 0 } else { code.reverse_bits() >> (16 - length) }, length }
    })
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
