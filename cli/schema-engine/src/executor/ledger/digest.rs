//! Sums over the rows of a table, the same in whatever order the rows are read.
//!
//! Each value is hashed with its type and with the key of its row, and the hashes of a column are
//! added up. A hash that doesn't care how a number is stored stands beside it, for a column that
//! gets another type: `'12'` may become 12 and 12.0, but `'012'` may not.

use foldhash::fast::FixedState;
use rusqlite::types::ValueRef;
use std::hash::{BuildHasher as _, Hasher as _};

/// The sums over rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// How many rows there are.
    pub(super) rows: u64,
    /// One number for the rows as a whole.
    pub(super) whole: u64,
    pub(super) columns: Vec<ColumnSum>,
}

/// The sums over a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ColumnSum {
    /// Of the values bit for bit.
    pub(super) exact: u64,
    /// Of what they say, however a number is stored.
    pub(super) said: u64,
}

impl Sums {
    /// Adds a row: first so many values that tell which one it is, then what is summed up of it.
    #[inline]
    pub(super) fn add<'v>(
        &mut self,
        keys: usize,
        values: impl ExactSizeIterator<Item = ValueRef<'v>>,
    ) {
        let columns = values.len().saturating_sub(keys);
        if self.columns.len() != columns {
            self.columns.resize(columns, ColumnSum::default());
        }
        let mut key = 0;
        let mut row = 0;
        // One loop over both, so that there is one place where a value is read.
        for (at, value) in values.enumerate() {
            let exact = exact(value);
            let number = may_be_a_number(value);
            let Some(column) = at.checked_sub(keys).and_then(|at| self.columns.get_mut(at)) else {
                key = mix(key, if number { said(value, exact) } else { exact });
                row = key;
                continue;
            };
            let here = mix(key, exact);
            column.exact = column.exact.wrapping_add(here);
            let said = if number { mix(key, said(value, exact)) } else { here };
            column.said = column.said.wrapping_add(said);
            row = mix(row, exact);
        }
        self.rows += 1;
        self.whole = self.whole.wrapping_add(row);
    }

    /// Adds what was summed up of other rows.
    pub(super) fn join(&mut self, other: &Self) {
        self.rows += other.rows;
        self.whole = self.whole.wrapping_add(other.whole);
        if self.columns.len() < other.columns.len() {
            self.columns.resize(other.columns.len(), ColumnSum::default());
        }
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            column.exact = column.exact.wrapping_add(other.exact);
            column.said = column.said.wrapping_add(other.said);
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let columns = self.columns.iter().flat_map(|column| [column.exact, column.said]);
        [self.rows, self.whole].into_iter().chain(columns).flat_map(u64::to_le_bytes).collect()
    }

    /// Reads what the SQL function gave.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let mut numbers = bytes
            .chunks_exact(8)
            .map(|number| number.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
        let (rows, whole) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        let mut columns = Vec::new();
        while let (Some(exact), Some(said)) = (numbers.next(), numbers.next()) {
            columns.push(ColumnSum { exact, said });
        }
        Self { rows, whole, columns }
    }
}

/// Both numbers multiplied, and the halves of the product laid upon each other: each bit of either
/// reaches every bit of the outcome.
#[inline]
fn mix(one: u64, other: u64) -> u64 {
    // The digits of pi, so that neither factor is 0 for a number that data is full of.
    const PI: [u64; 2] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344];
    let product = u128::from(one ^ PI[0]) * u128::from(other ^ PI[1]);
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    let lower = product as u64;
    lower ^ (product >> 64) as u64
}

#[inline]
fn hash(kind: u64, bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(kind).build_hasher();
    hasher.write(bytes);
    mix(hasher.finish(), bytes.len() as u64)
}

#[inline]
fn exact(value: ValueRef<'_>) -> u64 {
    match value {
        ValueRef::Null => 1,
        ValueRef::Integer(number) => mix(2, number.cast_unsigned()),
        ValueRef::Real(number) => mix(3, number.to_bits()),
        ValueRef::Text(text) => hash(4, text),
        ValueRef::Blob(bytes) => hash(5, bytes),
    }
}

#[inline]
fn may_be_a_number(value: ValueRef<'_>) -> bool {
    match value {
        ValueRef::Real(_) => true,
        ValueRef::Text(text) => {
            text.first().is_some_and(|it| matches!(it, b'-' | b'0'..=b'9')) && text.len() <= 32
        }
        _ => false,
    }
}

/// The hash of a value that may be a number in the form that all ways to store it share; any other
/// has but its own.
fn said(value: ValueRef<'_>, exact: u64) -> u64 {
    let said = match value {
        ValueRef::Real(number) => said_number(number),
        ValueRef::Text(text) => said_text(text),
        _ => None,
    };
    said.unwrap_or(exact)
}

fn said_number(number: f64) -> Option<u64> {
    // 2^53: beyond it a real number doesn't tell one integer from the next.
    let is_whole = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
    (is_whole && !(number == 0.0 && number.is_sign_negative()))
        .then(|| exact(ValueRef::Integer(number as i64)))
}

/// A text that is how SQLite itself would write a number.
fn said_text(text: &[u8]) -> Option<u64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    // Most texts that begin like a number are moments.
    let mut before = b' ';
    for byte in digits {
        let fits = match byte {
            b'0'..=b'9' | b'.' | b'e' => true,
            b'+' | b'-' => before == b'e',
            _ => false,
        };
        if !fits {
            return None;
        }
        before = *byte;
    }
    let text = std::str::from_utf8(text).ok()?;
    if digits.iter().all(u8::is_ascii_digit)
        && let Ok(number) = text.parse::<i64>()
    {
        let is_as_written = digits[0] != b'0' || text == "0";
        return is_as_written.then(|| exact(ValueRef::Integer(number)));
    }
    let number: f64 = text.parse().ok()?;
    let written = format!("{number:?}") == text;
    written.then(|| said_number(number).unwrap_or_else(|| exact(ValueRef::Real(number))))
}

#[cfg(test)]
mod tests {
    use super::{Sums, exact};
    use rusqlite::types::ValueRef::{self, Integer, Null, Real, Text};

    fn said(value: ValueRef) -> u64 {
        super::said(value, exact(value))
    }

    #[test]
    fn a_number_says_the_same_however_it_is_stored() {
        for same in [
            [Integer(12), Real(12.0), Text(b"12"), Text(b"12.0")],
            [Integer(-1), Real(-1.0), Text(b"-1"), Text(b"-1.0")],
            [Real(1.5), Text(b"1.5"), Real(1.5), Text(b"1.5")],
        ] {
            for value in same {
                assert_eq!(said(value), said(same[0]), "{value:?}");
            }
        }
        for (one, other) in [
            (Text(b"012"), Integer(12)),
            (Text(b"1e5"), Integer(100_000)),
            (Text(b""), Integer(0)),
            (Text(b"-"), Integer(0)),
            (Text(b"-0"), Integer(0)),
            (Text(b"2026-02-11"), Integer(2026)),
            (Text(b"abc"), Integer(0)),
            (Integer(9_007_199_254_740_993), Real(9_007_199_254_740_992.0)),
            (Real(-0.0), Integer(0)),
        ] {
            assert_ne!(said(one), said(other), "{one:?} {other:?}");
        }
        assert_ne!(exact(Integer(12)), exact(Real(12.0)));
    }

    fn digest(rows: &[[ValueRef; 2]]) -> Sums {
        let mut sums = Sums::default();
        for row in rows {
            sums.add(1, [row[0], row[0], row[1]].into_iter());
        }
        assert_eq!(Sums::from_bytes(&sums.to_bytes()), sums);
        sums
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_everything_else_does() {
        let [one, two] = [[Integer(1), Text(b"a")], [Integer(2), Text(b"b")]];
        let sums = digest(&[one, two]);
        assert_eq!((sums.rows, sums.columns.len()), (2, 2));
        assert_eq!(digest(&[two, one]), sums);
        // The same values, at the wrong keys.
        let swapped = digest(&[[Integer(1), Text(b"b")], [Integer(2), Text(b"a")]]);
        assert_eq!(swapped.columns[0], sums.columns[0]);
        assert_ne!(swapped.columns[1], sums.columns[1]);
        assert_ne!(digest(&[one, [Integer(2), Null]]).columns[1], sums.columns[1]);
        assert_eq!(digest(&[]), Sums::default());
    }

    /// Numbers and texts that differ little are told apart all the same.
    #[test]
    fn values_that_are_near_each_other_weigh_differently() {
        let mut seen = std::collections::BTreeSet::new();
        let count = 20_000_i32;
        for number in 1..=count {
            let (text, wide) = (number.to_string(), i64::from(number));
            let padded = format!("{number:>20}\0");
            seen.extend([
                exact(Integer(wide)),
                exact(Integer(-wide)),
                exact(Integer(wide << 40)),
                exact(Real(f64::from(number) / 8.0)),
                exact(Text(text.as_bytes())),
                exact(Text(padded.as_bytes())),
                exact(ValueRef::Blob(text.as_bytes())),
            ]);
        }
        assert_eq!(seen.len(), 7 * usize::try_from(count).unwrap());
    }
}
