//! Comparing one table with itself.

use crate::change::{Aspect, TableChange};
use crate::pair::{Pair, match_by};
use crate::schema::{Column, ForeignKey, Schema, Table};
use std::collections::BTreeSet;

pub(crate) fn diff_table(
    tables: Pair<&Table>,
    schemas: Pair<&Schema>,
    notes: &mut Vec<String>,
) -> Vec<TableChange> {
    let mut changes = Vec::new();
    diff_columns(tables, &mut changes);
    if changes.is_empty() && order_differs(tables) {
        notes.push(format!(
            "the columns of {} stand in another order; that is left as it is",
            tables.current.name
        ));
    }
    let keys = tables.map(|table| &table.primary_key);
    if keys.current != keys.desired {
        changes.push(TableChange::ChangePrimaryKey(keys.map(Clone::clone)));
    }
    let uniques = tables.map(|table| table.uniques.clone());
    diff_lists(uniques, &mut changes, TableChange::AddUnique, TableChange::DropUnique);
    let foreign_keys = Pair::new(
        resolved_foreign_keys(tables.current, schemas.current),
        resolved_foreign_keys(tables.desired, schemas.desired),
    );
    diff_lists(foreign_keys, &mut changes, TableChange::AddForeignKey, TableChange::DropForeignKey);
    let checks = tables.map(|table| table.checks.clone());
    diff_lists(checks, &mut changes, TableChange::AddCheck, TableChange::DropCheck);
    let strict = tables.map(|table| table.strict);
    if strict.current != strict.desired {
        changes.push(TableChange::ChangeStrict(strict));
    }
    let without_rowid = tables.map(|table| table.without_rowid);
    if without_rowid.current != without_rowid.desired {
        changes.push(TableChange::ChangeWithoutRowid(without_rowid));
    }
    changes
}

/// Added columns come in the order in which they are declared.
fn diff_columns(tables: Pair<&Table>, changes: &mut Vec<TableChange>) {
    let mut columns = match_by(tables.map(|table| table.columns.iter()), |column| &column.name);
    let place = |columns: &[Column], column: &Column| {
        columns.iter().position(|other| other.name == column.name)
    };
    columns.added.sort_by_key(|column| place(&tables.desired.columns, column));
    columns.common.sort_by_key(|columns| place(&tables.current.columns, columns.current));
    columns.removed.sort_by_key(|column| place(&tables.current.columns, column));
    for column in columns.added {
        changes.push(TableChange::AddColumn(column.clone()));
    }
    for columns in columns.common {
        let aspects = differing_aspects(columns, tables);
        if !aspects.is_empty() {
            changes.push(TableChange::AlterColumn { columns: columns.map(Clone::clone), aspects });
        }
    }
    for column in columns.removed {
        changes.push(TableChange::DropColumn(column.clone()));
    }
}

pub(crate) fn differing_aspects(columns: Pair<&Column>, tables: Pair<&Table>) -> Vec<Aspect> {
    let Pair { current, desired } = columns;
    let implied = tables.current.implies_not_null(&current.name)
        && tables.desired.implies_not_null(&desired.name);
    [
        (Aspect::Type, !current.declared_type.means_the_same_as(&desired.declared_type)),
        (Aspect::NotNull, !implied && current.not_null != desired.not_null),
        (Aspect::Default, !current.default_means_the_same_as(desired)),
        (Aspect::Collation, current.collation != desired.collation),
        (Aspect::Generated, current.generated != desired.generated),
    ]
    .into_iter()
    .filter_map(|(aspect, differs)| differs.then_some(aspect))
    .collect()
}

fn order_differs(tables: Pair<&Table>) -> bool {
    let names = tables.map(|table| table.columns.iter().map(|column| &column.name));
    names.current.ne(names.desired)
}

/// `REFERENCES parent` without columns means the parent's primary key. Columns of one composite
/// key may be listed in any order, as long as the pairs are the same.
fn resolved_foreign_keys(table: &Table, schema: &Schema) -> Vec<ForeignKey> {
    table.foreign_keys.iter().map(|key| resolved(key, schema)).collect()
}

/// A foreign key as it is compared.
pub(crate) fn resolved(key: &ForeignKey, schema: &Schema) -> ForeignKey {
    let mut key = key.clone();
    if key.parent_columns.is_empty()
        && let Some(primary) =
            schema.tables.get(&key.parent).and_then(|parent| parent.primary_key.as_ref())
    {
        key.parent_columns = primary.columns.iter().map(|column| column.name.clone()).collect();
    }
    if key.columns.len() == key.parent_columns.len() {
        let mut pairs: Vec<_> = key.columns.drain(..).zip(key.parent_columns.drain(..)).collect();
        pairs.sort();
        (key.columns, key.parent_columns) = pairs.into_iter().unzip();
    }
    key
}

/// Compares lists whose order means nothing, nor does it to say something twice.
fn diff_lists<T: Ord + Clone>(
    lists: Pair<Vec<T>>,
    changes: &mut Vec<TableChange>,
    add: fn(T) -> TableChange,
    drop: fn(T) -> TableChange,
) {
    let Pair { current, desired } = lists.map(BTreeSet::from_iter);
    let (gone, new): (Vec<_>, Vec<_>) = (
        current.iter().filter(|item| !desired.contains(item)).collect(),
        desired.iter().filter(|item| !current.contains(item)).collect(),
    );
    changes.extend(gone.into_iter().cloned().map(drop));
    changes.extend(new.into_iter().cloned().map(add));
}
