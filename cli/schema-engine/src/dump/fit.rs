//! Whether values are of the kinds that their columns take.
//!
//! It is what SQLite's quick check looks for in rows, said in its words
//! (<https://www.sqlite.org/pragma.html#pragma_quick_check>). A value that doesn't fit got there past
//! SQLite, and its literal would be stored as another one. A dump has every value in hand anyway.

use rusqlite::types::{Type, ValueRef};

use crate::schema::{Affinity, DeclaredType};

/// What a column takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Takes {
    column: String,
    is_not_null: bool,
    kinds: Kinds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kinds {
    All,
    /// Numbers become text.
    NoNumbers,
    /// Text that reads as a number becomes one.
    NoNumericText,
    /// That of a STRICT table, with its name.
    Only(&'static str, Type),
}

/// The types of a STRICT table, but for ANY, and what they hold.
/// <https://www.sqlite.org/stricttables.html>
const STRICT: [(&str, Type); 5] = [
    ("BLOB", Type::Blob),
    ("INT", Type::Integer),
    ("INTEGER", Type::Integer),
    ("REAL", Type::Real),
    ("TEXT", Type::Text),
];

/// How a value doesn't fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Misfit {
    Null,
    Kind,
}

impl Takes {
    /// A column that takes every value: the rowid, whose kind SQLite doesn't leave open.
    pub(super) fn all(column: String) -> Self {
        Self { column, is_not_null: false, kinds: Kinds::All }
    }

    /// What a column of this type takes.
    pub(super) fn of(
        column: String,
        declared: &DeclaredType,
        is_not_null: bool,
        is_strict: bool,
    ) -> Self {
        let strict = |name: &str| declared.as_str().eq_ignore_ascii_case(name);
        let kinds = match declared.affinity() {
            _ if is_strict => {
                let found = STRICT.into_iter().find(|(name, _)| strict(name));
                found.map_or(Kinds::All, |(name, kind)| Kinds::Only(name, kind))
            }
            Affinity::Blob => Kinds::All,
            Affinity::Text => Kinds::NoNumbers,
            Affinity::Integer | Affinity::Real | Affinity::Numeric => Kinds::NoNumericText,
        };
        Self { column, is_not_null, kinds }
    }

    /// How a value doesn't fit, if it doesn't.
    #[inline]
    pub(super) fn misfit(&self, value: ValueRef<'_>) -> Option<Misfit> {
        if matches!(value, ValueRef::Null) {
            return self.is_not_null.then_some(Misfit::Null);
        }
        let fits = match self.kinds {
            Kinds::All => true,
            Kinds::NoNumbers => !matches!(value, ValueRef::Integer(_) | ValueRef::Real(_)),
            Kinds::NoNumericText => !matches!(value, ValueRef::Text(text) if is_number(text)),
            Kinds::Only(_, kind) => value.data_type() == kind,
        };
        (!fits).then_some(Misfit::Kind)
    }

    /// What is wrong with the values of this column.
    pub(super) fn told(&self, table: &str, misfit: Misfit) -> String {
        let what = match (misfit, self.kinds) {
            (Misfit::Null, _) => "NULL value".to_owned(),
            (Misfit::Kind, Kinds::NoNumbers) => "NUMERIC value".to_owned(),
            (Misfit::Kind, Kinds::Only(name, _)) => format!("non-{name} value"),
            (Misfit::Kind, Kinds::NoNumericText | Kinds::All) => "TEXT value".to_owned(),
        };
        format!("{what} in {table}.{}", self.column)
    }
}

/// Whether SQLite reads the whole text as a number.
/// <https://www.sqlite.org/datatype3.html#type_affinity>
fn is_number(text: &[u8]) -> bool {
    // A date, which most texts in such columns are, is none from its second minus or colon on; nor
    // are the words that Rust takes for numbers.
    let may_be = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E' | b' ' | b'\t'..=b'\r');
    let is_space = |character: char| matches!(character, ' ' | '\t'..='\r');
    if !text.iter().all(may_be) {
        return false;
    }
    std::str::from_utf8(text).is_ok_and(|text| text.trim_matches(is_space).parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::is_number;

    #[test]
    fn a_number_is_what_sqlite_takes_for_one() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (a NUMERIC)").unwrap();
        let parts =
            ["", " ", "+", "-", "1", "0", ".", "e", "E", "5", "\t", "\u{b}", "x", "é", "\0"];
        let mut state = 1_u64;
        let mut next = |most: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % most
        };
        let mut texts: Vec<String> =
            ["inf", "nan", "infinity", "0x10", "1_0", "1e400", "2024-01-01"]
                .map(str::to_owned)
                .into();
        texts.push("9".repeat(400));
        texts.extend(
            (0..20_000).map(|_| (0..next(7)).map(|_| parts[next(parts.len())]).collect::<String>()),
        );
        let mut numbers = 0;
        for text in texts {
            let kind: String = connection
                .query_row("INSERT INTO t VALUES (?1) RETURNING typeof(a)", [&text], |row| {
                    row.get(0)
                })
                .unwrap();
            assert_eq!(is_number(text.as_bytes()), kind != "text", "{text:?}");
            numbers += usize::from(kind != "text");
        }
        assert!(numbers > 1000);
    }
}
