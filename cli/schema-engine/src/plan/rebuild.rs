//! Building a table anew: create, copy, drop, rename.
//!
//! The order is that of <https://www.sqlite.org/lang_altertable.html#otheralter>, never the other
//! way round: renaming the old table first would repoint the foreign keys of its children.
//! Foreign keys must be off, which no statement can see to inside a transaction; the runner does,
//! and the module refuses to run where they are enforced.

use super::copy::Copy;
use super::{PlanOptions, Wording, free_name, stored_edit, table_text};
use crate::change::TableDifference;
use crate::error::Result;
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Index, Object, ObjectKind, Schema, Table};
use crate::sql::edit::Edits;
use crate::sql::lexer::{Token, significant_tokens};
use crate::sql::normal::mentions;
use std::ops::Range;

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
    let qualifiers = own_qualifiers(&target);
    let mut statements = vec![renamed(&target, &temporary, &qualifiers)];
    let rows = Copy { current, target: &target, desired: schemas.desired, options };
    statements.push(rows.statement(&temporary));
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
    if !qualifiers.is_empty() {
        statements.extend(stored_edit::store(&current.name, &temporary, &target.sql));
    }
    statements.extend(indexes.iter().map(|index| index.sql.clone()));
    statements.extend(triggers.iter().map(|trigger| trigger.sql.clone()));
    let keeps = keeps(&rows, &indexes, triggers, schemas);
    let fills = rows.fills();
    Ok(Rebuild { table: current.name.clone(), temporary, statements, keeps, fills })
}

/// The target's text under another name. Where it calls itself by its own, as in `CHECK (t.a > 0)`,
/// it is left with the bare column until it has that name.
fn renamed(target: &Table, name: &Ident, qualifiers: &[Range<usize>]) -> String {
    let mut edits = Edits::default();
    edits.replace(target.syntax.name_span.clone(), name.quoted());
    for qualifier in qualifiers {
        edits.remove(qualifier.clone());
    }
    edits.apply(&target.sql)
}

/// Where a table's text has its own name and a dot before a column's.
fn own_qualifiers(table: &Table) -> Vec<Range<usize>> {
    let sql = table.sql.as_str();
    let tokens = significant_tokens(sql).unwrap_or_default();
    let is_own = |token: &Token| {
        token.span.start > table.syntax.name_span.end
            && token.name(sql).is_some_and(|name| Ident::from(name) == table.name)
    };
    tokens
        .windows(3)
        .filter(|three| {
            is_own(&three[0]) && three[1].text(sql) == "." && three[2].name(sql).is_some()
        })
        .map(|three| three[0].span.start..three[2].span.start)
        .collect()
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
    rows: &Copy<'_>,
    indexes: &[&Index],
    triggers: &[&Object],
    schemas: Pair<&Schema>,
) -> Vec<String> {
    let Copy { current, target, .. } = rows;
    let mut keeps = vec!["every row".to_owned()];
    if rows.rowid().is_some() {
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
    let views =
        schemas.current.objects.values().filter(|object| {
            object.kind == ObjectKind::View && mentions(&object.sql, &current.name)
        });
    let views = views.count();
    for (count, one, many) in [
        (kept.count(), "index", "indexes"),
        (triggers.len(), "trigger", "triggers"),
        (views, "view", "views"),
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
