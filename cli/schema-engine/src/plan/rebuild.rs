//! Building a table anew: create, copy, drop, rename.
//!
//! The order is that of <https://www.sqlite.org/lang_altertable.html#otheralter>, never the other
//! way round: renaming the old table first would repoint the foreign keys of its children.
//! Foreign keys must be off, which no statement can see to inside a transaction; the runner does,
//! and the module refuses to run where they are enforced.

use super::{PlanOptions, Wording, table_text};
use crate::change::TableDifference;
use crate::error::Result;
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Affinity, Column, Index, Object, ObjectKind, Schema, Table};
use crate::sql::edit::Edits;

/// A table that is built anew.
#[derive(Debug, Clone)]
pub struct Rebuild {
    /// The table.
    pub table: Ident,
    /// The name that the new table has until it takes the old one's place.
    pub temporary: Ident,
    /// The statements in their order, without semicolons.
    pub statements: Vec<String>,
    /// What of the table is kept beside its rows, in words.
    pub keeps: Vec<String>,
    /// What takes the place of values that would be missing, in words.
    pub fills: Vec<String>,
}

pub(super) fn rebuild(
    difference: &TableDifference,
    schemas: Pair<&Schema>,
    options: &PlanOptions<'_>,
    triggers: &[&Object],
) -> Result<Rebuild> {
    let Pair { current, desired } = &difference.tables;
    let text = match options.wording {
        Wording::EditCurrent => table_text::edited(difference, schemas),
        Wording::Desired => desired.sql.clone(),
    };
    let target = Table::from_sql(text, 0).map_err(|error| {
        crate::Error::failed(format!("the new definition of {} can't be read", current.name))
            .because(error)
    })?;
    let temporary = free_name(&current.name, schemas);
    let indexes = kept_or_new_indexes(&current.name, schemas, options.wording);
    let mut statements = vec![renamed(&target, &temporary)];
    statements.push(copy(current, &target, &temporary, options));
    if current.is_autoincrement() && target.is_autoincrement() {
        statements.extend(keep_sequence(&current.name, &temporary));
    }
    statements.push(format!("DROP TABLE {}", current.name.quoted()));
    let rename = format!("ALTER TABLE {} RENAME TO {}", temporary.quoted(), current.name.quoted());
    if has_views_or_triggers(schemas.current) {
        // A view or trigger that mentions the table is broken while the table is gone, and the
        // rename would stop at it; in legacy mode it leaves all other objects alone
        // (https://www.sqlite.org/pragma.html#pragma_legacy_alter_table).
        statements.push("PRAGMA legacy_alter_table = ON".to_owned());
        statements.push(rename);
        statements.push("PRAGMA legacy_alter_table = OFF".to_owned());
    } else {
        statements.push(rename);
    }
    statements.extend(indexes.iter().map(|index| index.sql.clone()));
    statements.extend(triggers.iter().map(|trigger| trigger.sql.clone()));
    let keeps = keeps(current, &target, &indexes, triggers, schemas);
    let fills = fills(current, &target, options);
    Ok(Rebuild { table: current.name.clone(), temporary, statements, keeps, fills })
}

/// A name next to the table's own that nothing else has.
fn free_name(table: &Ident, schemas: Pair<&Schema>) -> Ident {
    let taken = |name: &Ident| schemas.current.has_name(name) || schemas.desired.has_name(name);
    let mut name = Ident::from(format!("{table}__new"));
    let mut counter = 2;
    while taken(&name) {
        name = Ident::from(format!("{table}__new{counter}"));
        counter += 1;
    }
    name
}

/// The target's text under another name.
fn renamed(target: &Table, name: &Ident) -> String {
    let mut edits = Edits::default();
    edits.replace(target.syntax.name_span.clone(), name.quoted());
    edits.apply(&target.sql)
}

fn copy(current: &Table, target: &Table, temporary: &Ident, options: &PlanOptions<'_>) -> String {
    let mut into = Vec::new();
    let mut from = Vec::new();
    if let Some((target_rowid, current_rowid)) = rowids(current, target) {
        into.push(target_rowid.to_owned());
        from.push(format!("old.{current_rowid}"));
    }
    for column in target.columns.iter().filter(|column| column.generated.is_none()) {
        if let Some(source) = source(column, current, target, options) {
            into.push(column.name.quoted());
            from.push(source);
        }
    }
    // `old."x"` can only be a column. A bare "x" that names none would silently be the string 'x'
    // (https://www.sqlite.org/quirks.html#dblquote).
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {} AS old",
        temporary.quoted(),
        into.join(", "),
        from.join(", "),
        current.name.quoted()
    )
}

/// The names under which the rowid is copied; `None` where the key carries it or there is none.
fn rowids(current: &Table, target: &Table) -> Option<(&'static str, &'static str)> {
    let alias = |table: &Table| table.primary_key.as_ref().is_some_and(|key| key.rowid_alias);
    if alias(target) {
        return None;
    }
    Some((target.rowid_name()?, current.rowid_name()?))
}

/// What a column of the new table is filled with; `None` leaves it to its default.
fn source(
    column: &Column,
    current: &Table,
    target: &Table,
    options: &PlanOptions<'_>,
) -> Option<String> {
    let instead = instead_of_null(column, current, target, options);
    let Some(old) = current.column(&column.name) else {
        return instead;
    };
    let value = format!("old.{}", old.name.quoted());
    Some(match instead {
        Some(expression) => format!("coalesce({value}, {expression})"),
        None => value,
    })
}

/// What takes the place of a value that is missing, where the column must have one.
fn instead_of_null(
    column: &Column,
    current: &Table,
    target: &Table,
    options: &PlanOptions<'_>,
) -> Option<String> {
    let fill = options.fills.get(&(current.name.clone(), column.name.clone()));
    let fill = fill.map(|expression| format!("({expression})"));
    let Some(old) = current.column(&column.name) else {
        return fill.or_else(|| placeholder(column, options.wording));
    };
    let was_nullable = old.not_null.is_none() && !current.implies_not_null(&old.name);
    let must_not_be_null = column.not_null.is_some() && !target.implies_not_null(&column.name);
    if !(was_nullable && must_not_be_null) {
        return None;
    }
    fill.or_else(|| column.default.as_ref().map(|default| default.as_expression()))
}

/// The same in words.
fn fills(current: &Table, target: &Table, options: &PlanOptions<'_>) -> Vec<String> {
    let columns = target.columns.iter().filter(|column| column.generated.is_none());
    columns
        .filter_map(|column| {
            let expression = instead_of_null(column, current, target, options)?;
            let subject = match current.column(&column.name) {
                Some(_) => format!("NULL in {}", column.name),
                None => format!("{} of the rows that are there", column.name),
            };
            Some(format!("{subject} becomes {expression}"))
        })
        .collect()
}

/// What stands in for values that are gone, on the way back to a table whose column must not be
/// NULL and has no default: the emptiest value that the model can still read.
fn placeholder(column: &Column, wording: Wording) -> Option<String> {
    let needed = column.not_null.is_some() && column.default.is_none();
    if wording != Wording::Desired || !needed {
        return None;
    }
    let declared = column.declared_type.as_str().to_ascii_lowercase();
    let starts = |names: &[&str]| names.iter().any(|name| declared.starts_with(name));
    let value = if starts(&["datetime", "timestamp"]) {
        "'1970-01-01 00:00:00'"
    } else if starts(&["date"]) {
        "'1970-01-01'"
    } else if starts(&["time"]) {
        "'00:00:00'"
    } else if starts(&["json"]) {
        "'null'"
    } else if starts(&["uuid"]) {
        "'00000000-0000-0000-0000-000000000000'"
    } else {
        match column.affinity() {
            Affinity::Integer | Affinity::Real | Affinity::Numeric => "0",
            Affinity::Text => "''",
            Affinity::Blob => "x''",
        }
    };
    Some(value.to_owned())
}

/// `sqlite_sequence` remembers the highest id that ever was; the copy only saw those that are
/// left (<https://www.sqlite.org/autoinc.html>). DROP takes the old row away, RENAME moves the new.
fn keep_sequence(table: &Ident, temporary: &Ident) -> [String; 2] {
    let (table, temporary) = (table.literal(), temporary.literal());
    [
        format!("DELETE FROM sqlite_sequence WHERE name = {temporary}"),
        format!(
            "INSERT INTO sqlite_sequence (name, seq) \
             SELECT {temporary}, seq FROM sqlite_sequence WHERE name = {table}"
        ),
    ]
}

/// The indexes that the table shall have, kept ones with the text that they have now on the way
/// up and with the text that they had on the way back.
fn kept_or_new_indexes<'a>(
    table: &'a Ident,
    schemas: Pair<&'a Schema>,
    wording: Wording,
) -> Vec<&'a Index> {
    let mut indexes: Vec<(&Index, usize)> = schemas
        .desired
        .indexes_of(table)
        .map(|desired| {
            let kept = schemas
                .current
                .indexes
                .get(&desired.name)
                .filter(|current| current.means_the_same_as(desired));
            match (kept, wording) {
                (Some(kept), Wording::EditCurrent) => (kept, kept.ordinal),
                // New ones come behind those that were there.
                (None, Wording::EditCurrent) => (desired, usize::MAX / 2 + desired.ordinal),
                (_, Wording::Desired) => (desired, desired.ordinal),
            }
        })
        .collect();
    indexes.sort_by_key(|(_, place)| *place);
    indexes.into_iter().map(|(index, _)| index).collect()
}

fn has_views_or_triggers(schema: &Schema) -> bool {
    schema.objects.keys().any(|(kind, _)| *kind != ObjectKind::VirtualTable)
}

fn keeps(
    current: &Table,
    target: &Table,
    indexes: &[&Index],
    triggers: &[&Object],
    schemas: Pair<&Schema>,
) -> Vec<String> {
    let mut keeps = vec!["every row".to_owned()];
    if rowids(current, target).is_some() {
        keeps.push("rowids".to_owned());
    }
    let kept = indexes.iter().filter(|index| schemas.current.indexes.contains_key(&index.name));
    let children: usize = schemas
        .current
        .tables
        .values()
        .filter(|table| table.name != current.name)
        .flat_map(|table| &table.foreign_keys)
        .filter(|key| key.parent == current.name)
        .count();
    for (count, one, many) in [
        (kept.count(), "index", "indexes"),
        (triggers.len(), "trigger", "triggers"),
        (children, "inbound foreign key", "inbound foreign keys"),
    ] {
        match count {
            0 => {}
            1 => keeps.push(format!("1 {one}")),
            count => keeps.push(format!("{count} {many}")),
        }
    }
    if current.is_autoincrement() && target.is_autoincrement() {
        keeps.push("the id sequence".to_owned());
    }
    keeps
}
