//! What is done to a table without copying it: adding and dropping plain columns, which `ALTER
//! TABLE` does exactly, and then an edit of its stored text for what else nothing on disk depends on.
//!
//! The rules are those of <https://www.sqlite.org/lang_altertable.html>, read so that a plan never
//! depends on whether a table holds rows.

use super::stored_edit::{Editing, StoredEdit};
use super::{Effort, PlanOptions, StatementKind, Step, Wording, free_name, table_text};
use crate::change::{TableChange, TableDifference};
use crate::diff::table::diff_table;
use crate::pair::Pair;
use crate::schema::{Column, Object, Schema, Table};
use crate::sql::create_table::ColumnClauseKind;
use crate::sql::normal::mentions;

/// The steps for a table that needs no copy; `None` where it does.
pub(super) fn in_place(
    difference: &TableDifference,
    schemas: Pair<&Schema>,
    options: &PlanOptions<'_>,
    triggers: &[&Object],
) -> Option<Vec<Step>> {
    let effort = options.effort.get(&difference.tables.current.name);
    if effort == Some(&Effort::Rebuild) {
        return None;
    }
    let altered = table_text::with_columns_alone(difference)?;
    let possible = difference.changes.iter().all(|change| match change {
        TableChange::AddColumn(column) => {
            let key = (difference.tables.current.name.clone(), column.name.clone());
            !options.fills.contains_key(&key) && can_add(column, &difference.tables.desired)
        }
        TableChange::DropColumn(column) => can_drop(column, &altered, schemas.desired),
        // What else is listed stands inside the definition of a column that comes or goes, or is
        // left for an edit.
        _ => true,
    });
    if !possible {
        return None;
    }
    let mut steps = columns(difference);
    let tables = Pair::new(&altered, &difference.tables.desired);
    let done = diff_table(tables, schemas, &mut Vec::new()).is_empty();
    if !done || effort == Some(&Effort::Edit) {
        steps.push(Step::Edit(edit(difference, &altered, schemas, options, triggers)?));
    }
    Some(steps)
}

fn edit(
    difference: &TableDifference,
    altered: &Table,
    schemas: Pair<&Schema>,
    options: &PlanOptions<'_>,
    triggers: &[&Object],
) -> Option<StoredEdit> {
    let text = match options.wording {
        Wording::EditCurrent => table_text::edited(difference, schemas),
        Wording::Desired => difference.tables.desired.sql.clone(),
    };
    let temporary = free_name(&altered.name, schemas);
    Editing { current: altered, text, schemas, triggers, options, temporary }.plan()
}

/// The statements for the columns that come and go.
fn columns(difference: &TableDifference) -> Vec<Step> {
    let Pair { current, desired } = &difference.tables;
    let table = current.name.quoted();
    let statement = |kind, sql: String| Step::of(kind, &current.name, sql);
    difference
        .changes
        .iter()
        .filter_map(|change| match change {
            TableChange::AddColumn(column) => {
                let definition = table_text::definition(desired, &column.name)?;
                let sql = format!("ALTER TABLE {table} ADD COLUMN {definition}");
                Some(statement(StatementKind::AddColumn, sql))
            }
            TableChange::DropColumn(column) => {
                let sql = format!("ALTER TABLE {table} DROP COLUMN {}", column.name.quoted());
                Some(statement(StatementKind::DropColumn, sql))
            }
            _ => None,
        })
        .collect()
}

fn can_add(column: &Column, desired: &Table) -> bool {
    let Some(syntax) = desired.syntax.column(&column.name) else {
        return false;
    };
    let constant = column.default.as_ref().is_none_or(|default| {
        default.is_constant() && default.is_the_same_for_old_rows(column.affinity())
    });
    syntax.clauses.iter().all(|clause| match &clause.kind {
        ColumnClauseKind::PrimaryKey { .. } | ColumnClauseKind::Unique { .. } => false,
        ColumnClauseKind::NotNull { .. } => column.default.is_some() && constant,
        ColumnClauseKind::Default(_) => constant,
        // With foreign keys enforced SQLite takes a reference only if the default is NULL.
        ColumnClauseKind::References(_) => column.default.is_none(),
        ColumnClauseKind::Generated { stored, .. } => !stored,
        ColumnClauseKind::Check(_)
        | ColumnClauseKind::Collate(_)
        | ColumnClauseKind::Null
        | ColumnClauseKind::NameOnly => true,
    })
}

/// A column can be dropped when nothing that stays mentions it: indexes, views and triggers that go
/// are dropped before. Reading a mention where there is none only costs a rebuild.
fn can_drop(column: &Column, altered: &Table, desired: &Schema) -> bool {
    let name = &column.name;
    let table = &altered.name;
    let in_table = mentions(&altered.sql, name) && name != table;
    let in_index = desired.indexes_of(table).any(|index| mentions(&index.sql, name));
    let in_object = desired
        .objects
        .values()
        .any(|object| mentions(&object.sql, name) && mentions(&object.sql, table));
    !(in_table || in_index || in_object || name == table)
}
