//! Sums over the rows of a table, the same in whatever order the rows are read.
//!
//! Each value is hashed with its type and with the key of its row, and the hashes of a column are
//! added up. A hash that doesn't care how a number is stored stands beside it, for a column that
//! gets another type: `'12'` may become 12 and 12.0, but `'012'` may not.

use foldhash::quality::FixedState;
use rusqlite::functions::{Aggregate, Context};
use rusqlite::types::ValueRef;
use std::hash::BuildHasher as _;

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

/// The SQL function `(number of key columns, key columns…, columns…)` that gives [`Sums`].
/// It holds on to what has to live as long as the connection that it was given to.
pub(crate) struct Digest<T>(pub(crate) T);

impl<T> Aggregate<Sums, Vec<u8>> for Digest<T> {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Sums> {
        Ok(Sums::default())
    }

    fn step(&self, arguments: &mut Context<'_>, sums: &mut Sums) -> rusqlite::Result<()> {
        let keys: u32 = arguments.get(0)?;
        let first = keys as usize + 1;
        let key = (1..first).fold(0, |key, at| mix(key, said(arguments.get_raw(at))));
        sums.columns.resize(arguments.len().saturating_sub(first), ColumnSum::default());
        let mut row = key;
        for (at, column) in sums.columns.iter_mut().enumerate() {
            let value = arguments.get_raw(first + at);
            let exact = exact(value);
            let said = if may_be_a_number(value) { said(value) } else { exact };
            row = mix(row, exact);
            column.exact = column.exact.wrapping_add(mix(key, exact));
            column.said = column.said.wrapping_add(mix(key, said));
        }
        sums.rows += 1;
        sums.whole = sums.whole.wrapping_add(row);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sums: Option<Sums>) -> rusqlite::Result<Vec<u8>> {
        Ok(sums.unwrap_or_default().to_bytes())
    }
}

impl Sums {
    fn to_bytes(&self) -> Vec<u8> {
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

fn hash(kind: u8, bytes: &[u8]) -> u64 {
    FixedState::default().hash_one((kind, bytes))
}

fn mix(one: u64, other: u64) -> u64 {
    FixedState::default().hash_one((one, other))
}

fn exact(value: ValueRef<'_>) -> u64 {
    match value {
        ValueRef::Null => 1,
        ValueRef::Integer(number) => mix(2, number.cast_unsigned()),
        ValueRef::Real(number) => mix(3, number.to_bits()),
        ValueRef::Text(text) => hash(4, text),
        ValueRef::Blob(bytes) => hash(5, bytes),
    }
}

fn may_be_a_number(value: ValueRef<'_>) -> bool {
    match value {
        ValueRef::Real(_) => true,
        ValueRef::Text(text) => {
            text.len() <= 32 && text.first().is_some_and(|it| matches!(it, b'-' | b'0'..=b'9'))
        }
        _ => false,
    }
}

/// The hash of a value in the form that all ways to store it share.
fn said(value: ValueRef<'_>) -> u64 {
    match value {
        ValueRef::Real(number) => said_number(number).unwrap_or_else(|| exact(value)),
        ValueRef::Text(text) if may_be_a_number(value) => {
            said_text(text).unwrap_or_else(|| exact(value))
        }
        value => exact(value),
    }
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
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(number) = text.parse::<i64>() {
        return (number.to_string() == text).then(|| exact(ValueRef::Integer(number)));
    }
    let number: f64 = text.parse().ok()?;
    let written = format!("{number:?}") == text;
    written.then(|| said_number(number).unwrap_or_else(|| exact(ValueRef::Real(number))))
}

#[cfg(test)]
mod tests {
    use super::{Digest, Sums, exact, said};
    use rusqlite::Connection;
    use rusqlite::functions::FunctionFlags;
    use rusqlite::types::ValueRef::{Integer, Real, Text};

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
            (Text(b"abc"), Integer(0)),
            (Integer(9_007_199_254_740_993), Real(9_007_199_254_740_992.0)),
            (Real(-0.0), Integer(0)),
        ] {
            assert_ne!(said(one), said(other), "{one:?} {other:?}");
        }
        assert_ne!(exact(Integer(12)), exact(Real(12.0)));
    }

    fn digest(sql: &str) -> Sums {
        let database = Connection::open_in_memory().unwrap();
        let flags = FunctionFlags::SQLITE_UTF8;
        database.create_aggregate_function("digest", -1, flags, Digest(())).unwrap();
        let sql = format!("SELECT digest(1, column1, column1, column2) FROM ({sql})");
        Sums::from_bytes(&database.query_row(&sql, [], |row| row.get::<_, Vec<u8>>(0)).unwrap())
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_everything_else_does() {
        let sums = digest("VALUES (1, 'a'), (2, 'b')");
        assert_eq!((sums.rows, sums.columns.len()), (2, 2));
        assert_eq!(digest("VALUES (2, 'b'), (1, 'a')"), sums);
        // The same values, at the wrong keys.
        let swapped = digest("VALUES (1, 'b'), (2, 'a')");
        assert_eq!(swapped.columns[0], sums.columns[0]);
        assert_ne!(swapped.columns[1], sums.columns[1]);
        assert_ne!(digest("VALUES (1, 'a'), (2, NULL)").columns[1], sums.columns[1]);
        assert_eq!(digest("SELECT 1 AS column1, 2 AS column2 WHERE 0"), Sums::default());
    }
}
