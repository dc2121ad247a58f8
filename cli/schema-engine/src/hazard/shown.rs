//! Values and rows as people are shown them: expressions that give one line of text.

use crate::ident::Ident;
use crate::schema::Table;

/// How many samples are shown at most.
pub const SAMPLES: usize = 5;

/// How much of a long value is shown.
const LONGEST: usize = 40;

/// A value as SQL writes it, cut where it is long.
pub(super) fn shown(value: &str) -> String {
    format!(
        "CASE WHEN typeof({value}) IN ('text', 'blob') AND length({value}) > {LONGEST} \
         THEN quote(substr({value}, 1, {LONGEST})) || '…' ELSE quote({value}) END"
    )
}

/// `name = value`
pub(super) fn named(name: &Ident, value: &str) -> String {
    let name = Ident::from(format!("{name} = "));
    format!("{} || {}", name.literal(), shown(value))
}

/// Pieces of text, put together with something between them.
pub(super) fn joined(pieces: &[String], between: &str) -> String {
    pieces.join(&format!(" || {} || ", Ident::from(between).literal()))
}

/// Whether rows can be told by a rowid that no column carries. A table that is read under its new
/// name has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rowids {
    Named,
    Unnamed,
}

/// What tells a row from the others: its primary key, or else its rowid. `row` is what the table
/// is called in the query.
pub(super) fn key(table: &Table, row: &str, rowids: Rowids) -> Option<String> {
    if let Some(key) = &table.primary_key {
        let columns = key.columns.iter();
        let pieces: Vec<_> = columns
            .map(|column| named(&column.name, &format!("{row}.{}", column.name.quoted())))
            .collect();
        return Some(joined(&pieces, ", "));
    }
    match rowids {
        Rowids::Named => table.rowid_name().map(|name| format!("'rowid = ' || {row}.{name}")),
        Rowids::Unnamed => None,
    }
}
