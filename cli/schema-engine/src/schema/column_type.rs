//! Declared types: when two spellings are one type, and which affinity they give.

use std::fmt;

/// How SQLite stores what is put into a column
/// (<https://www.sqlite.org/datatype3.html#determination_of_column_affinity>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affinity {
    /// Integers stay integers, text that looks like a number becomes one.
    Integer,
    /// Everything but a blob becomes text.
    Text,
    /// Nothing is converted.
    Blob,
    /// Numbers become floating point.
    Real,
    /// Text that looks like a number becomes one.
    Numeric,
}

/// A column's declared type as it was written; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredType(String);

/// Names of one type. Both members of a pair have one affinity, so no value is stored otherwise.
const SAME_TYPE: [[&str; 2]; 3] = [["int", "integer"], ["decimal", "numeric"], ["bool", "boolean"]];

impl DeclaredType {
    /// The type as it stands in the column's definition.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The affinity that this text gives a column.
    pub fn affinity(&self) -> Affinity {
        let name = self.0.to_ascii_uppercase();
        let has = |part: &str| name.contains(part);
        if has("INT") {
            Affinity::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Affinity::Text
        } else if has("BLOB") || name.is_empty() {
            Affinity::Blob
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Affinity::Real
        } else {
            Affinity::Numeric
        }
    }

    /// Whether a column of this type that is the whole primary key is the rowid itself: only the
    /// exact word `INTEGER` does that (<https://www.sqlite.org/lang_createtable.html#rowid>).
    pub fn is_exactly_integer(&self) -> bool {
        self.0.eq_ignore_ascii_case("integer")
    }

    /// Whether it is `ANY`, which takes every value as it is in a STRICT table.
    pub fn is_any(&self) -> bool {
        self.0.eq_ignore_ascii_case("any")
    }

    /// Whether both texts declare one type.
    ///
    /// Letter case and white space don't matter, a length or precision counts only where both
    /// sides give one (SQLite enforces neither), and `INT` is `INTEGER`, `DECIMAL` is `NUMERIC`,
    /// `BOOL` is `BOOLEAN`. All else differs, above all a spelling that changes the affinity.
    pub fn means_the_same_as(&self, other: &Self) -> bool {
        let (name, arguments) = self.parts();
        let (other_name, other_arguments) = other.parts();
        let same_name = name == other_name
            || SAME_TYPE
                .iter()
                .any(|pair| pair.contains(&name.as_str()) && pair.contains(&other_name.as_str()));
        same_name && arguments.iter().zip(&other_arguments).all(|(one, two)| one == two)
    }

    fn parts(&self) -> (String, Vec<String>) {
        let lower = self.0.to_ascii_lowercase();
        let (name, arguments) = match lower.split_once('(') {
            Some((name, rest)) => (name, rest.trim_end().trim_end_matches(')')),
            None => (lower.as_str(), ""),
        };
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let arguments = arguments
            .split(',')
            .map(|argument| argument.split_whitespace().collect::<String>())
            .filter(|argument| !argument.is_empty())
            .collect();
        (name, arguments)
    }
}

impl fmt::Display for DeclaredType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "no type" } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, two: &str) -> bool {
        DeclaredType::new(one).means_the_same_as(&DeclaredType::new(two))
    }

    #[test]
    fn one_type_in_many_spellings() {
        assert!(same("VARCHAR(30)", "varchar ( 30 )"));
        assert!(same("VARCHAR(30)", "varchar"));
        assert!(same("DECIMAL(10,5)", "numeric(10, 5)"));
        assert!(same("decimal(10)", "decimal(10,5)"));
        assert!(same("int", "INTEGER"));
    }

    #[test]
    fn what_differs() {
        for (one, two) in [
            ("varchar(6)", "varchar(12)"),
            ("varchar", "text"),
            ("char(1)", "varchar(1)"),
            ("bigint", "integer"),
            ("datetime", "datetime_text"),
            ("", "text"),
            ("unsigned big int", "integer"),
            ("float", "real"),
            ("boolean", "integer"),
        ] {
            assert!(!same(one, two), "{one} | {two}");
        }
    }

    #[test]
    fn affinity_follows_the_five_rules_in_order() {
        for (text, affinity) in [
            ("CHARINT", Affinity::Integer),
            ("datetime_text", Affinity::Text),
            ("", Affinity::Blob),
            ("DOUBLE PRECISION", Affinity::Real),
            ("DATETIME", Affinity::Numeric),
            ("real_decimal", Affinity::Real),
            ("boolean", Affinity::Numeric),
        ] {
            assert_eq!(DeclaredType::new(text).affinity(), affinity, "{text}");
        }
    }
}
