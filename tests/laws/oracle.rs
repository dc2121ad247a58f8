//! What a migration should leave, worked out without the engine: every stored row put into a new
//! database with the second schema.

use crate::case::Case;
use crate::database::{Database, StoredRow, quoted};
use crate::model::{Column, ObjectKind, Table, same};

/// What a column of a table on the second side is filled with.
pub(crate) enum Source<'a> {
    /// A column of the first side.
    Column(&'a Column),
    /// An expression of the answers.
    Fill(&'a str),
    /// The rowid that the row had.
    Rowid,
    /// The column's default.
    Default,
}

/// Tables that are on both sides.
pub(crate) fn common(case: &Case) -> Vec<(&Table, &Table)> {
    let pair = |after| Some((case.table_before(after)?, after));
    case.after.tables.iter().filter_map(pair).collect()
}

impl Table {
    /// Whether the rows of the table have a rowid that can be read.
    pub(crate) fn has_readable_rowid(&self) -> bool {
        self.rowid_alias().is_some() || self.rowid_name().is_some()
    }
}

/// Whether the rowids of a table must stay: they are readable on both sides, and the key that is
/// the rowid on the second side isn't another column of the first.
pub(crate) fn keeps_rowids(case: &Case, before: &Table, after: &Table) -> bool {
    if !(before.has_readable_rowid() && after.has_readable_rowid()) {
        return false;
    }
    let Some(alias) = after.rowid_alias() else { return true };
    match source(case, before, after, alias) {
        Source::Rowid => true,
        Source::Column(column) => {
            before.rowid_alias().is_some_and(|old| same(&old.name, &column.name))
        }
        Source::Fill(_) | Source::Default => false,
    }
}

/// Where the value of a column comes from when it isn't NULL.
pub(crate) fn source<'a>(
    case: &'a Case,
    before: &'a Table,
    after: &Table,
    column: &Column,
) -> Source<'a> {
    if let Some(old) = case.column_before(after, column) {
        return Source::Column(old);
    }
    if let Some(fill) = case.fill(&after.name, &column.name) {
        return Source::Fill(fill);
    }
    let alias = after.rowid_alias().is_some_and(|alias| same(&alias.name, &column.name));
    if alias && before.has_readable_rowid() { Source::Rowid } else { Source::Default }
}

/// A database with the tables of the second side and the rows of the first in them, and the rows
/// that it refused.
pub(crate) async fn moved(
    case: &Case,
    before: &Database,
) -> Result<(Database, Vec<(String, Option<i64>)>), String> {
    let mut statements: Vec<String> = case.after.tables.iter().map(Table::sql).collect();
    for object in &case.after.objects {
        if matches!(object.kind, ObjectKind::Index { .. }) {
            statements.push(object.sql());
        }
    }
    let database = Database::with(&statements).await?;
    let mut refused = Vec::new();
    for (old, new) in common(case) {
        let columns: Vec<&str> = old.columns.iter().map(|column| column.name.as_str()).collect();
        for row in before.rows(old, &columns).await? {
            let sql = insert(case, old, new, &row);
            if database.run(&sql).await.is_err() {
                refused.push((old.name.clone(), row.rowid));
            }
        }
    }
    Ok((database, refused))
}

fn insert(case: &Case, before: &Table, after: &Table, row: &StoredRow) -> String {
    let mut names = Vec::new();
    let mut values = Vec::new();
    if let (None, Some(name), Some(rowid)) = (after.rowid_alias(), after.rowid_name(), row.rowid) {
        names.push(name.to_owned());
        values.push(rowid.to_string());
    }
    for column in after.columns.iter().filter(|column| !column.is_generated()) {
        let stored = |old: &Column| {
            let at = before.columns.iter().position(|other| other.name == old.name);
            at.map_or("NULL", |at| row.values[at].1.as_str())
        };
        let value = match source(case, before, after, column) {
            Source::Column(old) if stored(old) == "NULL" && after.forbids_null(column) => {
                match case.fill(&after.name, &column.name) {
                    Some(fill) => fill.to_owned(),
                    None if column.default().is_some() => continue,
                    None => "NULL".to_owned(),
                }
            }
            Source::Column(old) => stored(old).to_owned(),
            Source::Fill(fill) => fill.to_owned(),
            Source::Rowid => row.rowid.map_or("NULL".to_owned(), |rowid| rowid.to_string()),
            Source::Default => continue,
        };
        names.push(quoted(&column.name));
        values.push(value);
    }
    let table = quoted(&after.name);
    if names.is_empty() {
        return format!("INSERT OR ABORT INTO {table} DEFAULT VALUES");
    }
    let (names, values) = (names.join(", "), values.join(", "));
    format!("INSERT OR ABORT INTO {table} ({names}) VALUES ({values})")
}
