//! What decides how a table lies on disk.

use crate::schema::{KeyColumn, Table};
use crate::sql::create_table::{ColumnClauseKind, ConstraintKind, IndexedColumn};
use crate::sql::normal::normal;

/// All that decides how a table's rows and the indexes of its keys are laid out on disk, as texts
/// to compare. Keys are taken as they are written: SQLite makes their indexes in that order.
pub(super) fn layout(table: &Table) -> Vec<String> {
    let mut parts = vec![format!("strict {} rowid {}", table.strict, !table.without_rowid)];
    for column in &table.columns {
        let declared =
            if table.strict { normal(column.declared_type.as_str()) } else { String::new() };
        parts.push(format!(
            "{} {:?} {declared} {:?} {:?}",
            normal(&column.name.quoted()),
            column.affinity(),
            column.collation.as_ref().map(|name| name.as_str().to_ascii_lowercase()),
            column.generated,
        ));
    }
    if let Some(key) = &table.primary_key {
        parts.push(format!("alias {} sequence {}", key.rowid_alias, key.autoincrement));
        // Without rowids SQLite makes the index of an `INTEGER` key last, that of any other key in
        // its turn. The names of the indexes, and with them their pages, change hands.
        if table.without_rowid {
            let is_integer = |column: &KeyColumn| {
                let declared = table.column(&column.name).map(|it| it.declared_type.as_str());
                declared.is_some_and(|declared| declared.eq_ignore_ascii_case("integer"))
            };
            parts.push(format!(
                "integer {:?}",
                key.columns.iter().map(is_integer).collect::<Vec<_>>()
            ));
        }
    }
    for column in &table.syntax.columns {
        for clause in &column.clauses {
            match &clause.kind {
                ColumnClauseKind::PrimaryKey { descending, conflict, .. } => parts.push(format!(
                    "key {} {descending} {conflict:?}",
                    normal(&column.name.quoted())
                )),
                ColumnClauseKind::Unique { conflict } => {
                    parts.push(format!("unique {} {conflict:?}", normal(&column.name.quoted())));
                }
                _ => {}
            }
        }
    }
    for constraint in &table.syntax.constraints {
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, conflict, .. } => {
                parts.push(format!("key {} {conflict:?}", key_columns(columns, table)));
            }
            ConstraintKind::Unique { columns, conflict } => {
                parts.push(format!("unique {} {conflict:?}", key_columns(columns, table)));
            }
            _ => {}
        }
    }
    parts
}

fn key_columns(columns: &[IndexedColumn], table: &Table) -> String {
    let columns = columns.iter().map(|column| {
        format!(
            "{} {:?} {}",
            normal(&table.sql[column.expression.clone()]),
            column.collation.as_ref().map(|name| name.as_str().to_ascii_lowercase()),
            column.descending
        )
    });
    columns.collect::<Vec<_>>().join(", ")
}
