//! Rows from before a column was added: `ALTER TABLE ADD COLUMN` writes nothing into them, and they
//! read the column's default from the stored text
//! (<https://www.sqlite.org/lang_altertable.html#altertabaddcol>).

use crate::database::literal;
use crate::model::{Affinity, ClauseKind, Column, Part, RuleKind, Table, Text, same};

/// The most columns, counted from the last, that rows of the table can lack.
pub(crate) fn most(table: &Table) -> usize {
    let mut lacked = 0;
    while lacked < table.columns.len() && can_lack(table, lacked + 1) {
        lacked += 1;
    }
    lacked
}

/// The table as it was before its last columns were added.
pub(crate) fn without_last(table: &Table, lacked: usize) -> Table {
    let mut shorter = table.clone();
    let gone = shorter.columns.split_off(table.columns.len() - lacked);
    let is_gone = |name: &String| gone.iter().any(|column| same(&column.name, name));
    shorter.rules.retain(|rule| match &rule.kind {
        RuleKind::PrimaryKey { .. } | RuleKind::Unique { .. } => true,
        RuleKind::Check(text) => !mentions(text, &is_gone),
        RuleKind::ForeignKey { columns, .. } => !columns.iter().any(is_gone),
    });
    for column in &mut shorter.columns {
        column.clauses.retain(
            |clause| !matches!(&clause.kind, ClauseKind::Check(text) if mentions(text, &is_gone)),
        );
    }
    shorter
}

/// The statements that give a table its stored text.
pub(crate) fn store(table: &Table, text: &str) -> [String; 3] {
    let (name, text) = (literal(&table.name), literal(text));
    [
        "PRAGMA writable_schema = ON".to_owned(),
        format!("UPDATE sqlite_schema SET sql = {text} WHERE type = 'table' AND name = {name}"),
        "PRAGMA writable_schema = RESET".to_owned(),
    ]
}

/// Whether rows can lack the column that is the `place`th from the end, where they lack those
/// behind it.
fn can_lack(table: &Table, place: usize) -> bool {
    let at = table.columns.len() - place;
    let (kept, column) = (&table.columns[..at], &table.columns[at]);
    let named = |name: &String| same(name, &column.name);
    let in_key = table.rules.iter().any(|rule| match &rule.kind {
        RuleKind::PrimaryKey { columns, .. } | RuleKind::Unique { columns, .. } => {
            columns.iter().any(|key| named(&key.name))
        }
        RuleKind::Check(_) | RuleKind::ForeignKey { .. } => false,
    });
    let worked_out_from_it = kept.iter().flat_map(|other| &other.clauses).any(
        |clause| matches!(&clause.kind, ClauseKind::Generated { text, .. } if mentions(text, &named)),
    );
    let own_key = column.has(|kind| {
        matches!(
            kind,
            ClauseKind::PrimaryKey { .. } | ClauseKind::Unique(_) | ClauseKind::Generated { .. }
        )
    });
    let a_plain_one_stays = kept.iter().any(|other| !other.is_generated());
    !own_key && !in_key && !worked_out_from_it && a_plain_one_stays && reads_a_value(column)
}

/// Whether SQLite can read the column's value from its default alone, and the column takes it.
fn reads_a_value(column: &Column) -> bool {
    let worked_out = |default: &str| {
        let text = default.to_ascii_lowercase();
        ["current", "||", " + ", "lower(", "abs("].iter().any(|part| text.contains(part))
    };
    // As text, SQLite reads an integer from it, which no row of the column can hold.
    let is_odd = |default: &str| {
        let text = default.to_ascii_lowercase();
        column.affinity() == Affinity::Text && (text == "true" || text == "false")
    };
    let required = column.has(|kind| matches!(kind, ClauseKind::NotNull(_)));
    column.default().map_or(!required, |default| !worked_out(default) && !is_odd(default))
}

fn mentions(text: &Text, name: &impl Fn(&String) -> bool) -> bool {
    text.iter().any(|part| matches!(part, Part::Column(_, column) if name(column)))
}
