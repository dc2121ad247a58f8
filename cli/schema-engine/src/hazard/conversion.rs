//! What becomes of a value in a column of another affinity, as expressions
//! (<https://www.sqlite.org/datatype3.html#type_affinity>).
//!
//! `INSERT` converts where nothing is lost by SQLite's own measure; `CAST` always converts, and cuts
//! off what it can't use. So the rules are written out here. `tests/engine/conversions.rs` holds
//! them against real tables.

use super::shown::shown;
use crate::schema::{Affinity, Column};

/// The smallest integer, which no real becomes.
const SMALLEST: i64 = i64::MIN;

/// A value on its way into a column of an affinity.
pub(super) struct Conversion {
    /// The value, as an expression without affinity.
    value: String,
    /// The value as it is stored.
    stored: String,
    to: Affinity,
}

/// Whether a text is a number as a whole. A comparison applies the affinity of its other side,
/// which leaves alone a text that isn't.
fn is_number(value: &str) -> String {
    format!("(typeof({value}) = 'text' AND CAST({value} AS NUMERIC) = {value})")
}

impl Conversion {
    /// Of a column, written with its table's name before it.
    pub(super) fn new(column: &str, to: Affinity) -> Self {
        // Without its affinity no comparison converts it.
        let value = format!("+{column}");
        let stored = stored(&value, to);
        Self { value, stored, to }
    }

    /// Whether the way back can't bring the value, as an expression. `None` where it always can.
    ///
    /// A number in its shortest form is no loss as a text, nor the other way round.
    pub(super) fn loses(&self) -> Option<String> {
        let Self { value, .. } = self;
        let number = is_number(value);
        let differs = |text: &str| format!("CAST({text} AS TEXT) <> {value} COLLATE BINARY");
        let condition = match self.to {
            Affinity::Blob => return None,
            Affinity::Text => {
                format!(
                    "typeof({value}) = 'real' AND CAST(CAST({value} AS TEXT) AS REAL) IS NOT {value}"
                )
            }
            Affinity::Integer | Affinity::Numeric => {
                format!("{number} AND {}", differs(&self.stored))
            }
            Affinity::Real => {
                let as_number = format!("CAST({value} AS NUMERIC)");
                let as_real = format!("CAST({value} AS REAL)");
                let inexact = format!("({as_real} <> {as_number} OR {as_number} = {SMALLEST})");
                format!(
                    "(typeof({value}) = 'integer' AND {inexact}) \
                     OR ({number} AND ({inexact} OR {}) AND {})",
                    differs(&as_number),
                    differs(&as_real)
                )
            }
        };
        Some(format!("({condition})"))
    }

    /// Whether the stored value is of another class than those that the column is read as.
    /// `None` where every class will do.
    pub(super) fn misfits(&self, column: &Column) -> Option<String> {
        let classes = classes(column, self.to)?;
        Some(format!("typeof({}) NOT IN ('null', {classes})", self.stored))
    }

    /// The value and what becomes of it.
    pub(super) fn shown(&self) -> String {
        let Self { value, stored, .. } = self;
        format!(
            "{} || CASE WHEN typeof({value}) = typeof({stored}) AND {stored} IS {value} \
             THEN ' stays ' || typeof({value}) ELSE ' -> ' || {} END",
            shown(value),
            shown(stored)
        )
    }
}

/// The value as it is stored.
pub(super) fn stored(value: &str, to: Affinity) -> String {
    let number = is_number(value);
    match to {
        Affinity::Blob => value.to_owned(),
        Affinity::Text => format!(
            "CASE WHEN typeof({value}) IN ('integer', 'real') THEN CAST({value} AS TEXT) \
             ELSE {value} END"
        ),
        // The two differ in CAST alone.
        Affinity::Integer | Affinity::Numeric => {
            let value =
                format!("CASE WHEN {number} THEN CAST({value} AS NUMERIC) ELSE {value} END");
            format!(
                "CASE WHEN typeof({value}) = 'real' AND CAST({value} AS INTEGER) = {value} \
                 AND CAST({value} AS INTEGER) > {SMALLEST} THEN CAST({value} AS INTEGER) \
                 ELSE {value} END"
            )
        }
        Affinity::Real => format!(
            "CASE WHEN typeof({value}) = 'integer' OR {number} THEN CAST({value} AS REAL) \
             ELSE {value} END"
        ),
    }
}

/// The storage classes that a column of a declared type is read as.
fn classes(column: &Column, affinity: Affinity) -> Option<&'static str> {
    let declared = column.declared_type.as_str().to_ascii_lowercase();
    match affinity {
        Affinity::Integer => Some("'integer'"),
        Affinity::Real => Some("'real'"),
        Affinity::Text => Some("'text'"),
        // A column without a type takes what comes.
        Affinity::Blob => declared.contains("blob").then_some("'blob'"),
        // `datetime`, `json` and the like have this affinity and hold text.
        Affinity::Numeric if declared.starts_with("bool") => Some("'integer'"),
        Affinity::Numeric if declared.starts_with("dec") || declared.starts_with("num") => {
            Some("'integer', 'real'")
        }
        Affinity::Numeric => None,
    }
}
