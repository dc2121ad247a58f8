//! Comparing two schemas. The outcome is a list of values in a fixed order, with no SQL in it.

pub(crate) mod table;

use crate::change::{Change, TableDifference};
use crate::ident::Ident;
use crate::pair::{Pair, match_by};
use crate::schema::{LeftAlone, Schema, WhyLeftAlone};
use crate::sql::normal::normal;

/// What differs between two schemas.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// What differs, in the order of kinds and names.
    pub changes: Vec<Change>,
    /// What was seen and is no change: said, so that nothing is passed over in silence.
    pub notes: Vec<String>,
}

impl Difference {
    /// Whether both sides mean the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What differs, one line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.changes.iter().flat_map(Change::describe).map(|line| line.to_string()).collect()
    }
}

/// Compares two schemas.
#[must_use]
pub fn diff(schemas: Pair<&Schema>) -> Difference {
    let mut difference = Difference::default();
    let unreadable = note_unreadable(schemas, &mut difference.notes);
    let readable = |name: &Ident| !unreadable.contains(name);
    diff_tables(schemas, &readable, &mut difference);
    diff_indexes(schemas, &readable, &mut difference.changes);
    diff_objects(schemas, &mut difference.changes);
    difference
}

fn diff_tables(
    schemas: Pair<&Schema>,
    readable: &impl Fn(&Ident) -> bool,
    difference: &mut Difference,
) {
    let tables = match_by(schemas.map(|schema| schema.tables.values()), |table| &table.name);
    let Difference { changes, notes } = difference;
    for table in tables.added.into_iter().filter(|table| readable(&table.name)) {
        changes.push(Change::CreateTable(Box::new(table.clone())));
    }
    for tables in tables.common {
        let found = table::diff_table(tables, schemas, notes);
        if !found.is_empty() {
            let tables = tables.map(Clone::clone);
            changes.push(Change::AlterTable(Box::new(TableDifference { tables, changes: found })));
        }
    }
    for table in tables.removed.into_iter().filter(|table| readable(&table.name)) {
        changes.push(Change::DropTable(Box::new(table.clone())));
    }
}

/// An index of a table that comes or goes is named too: the plan needs it and a reader expects it
/// for the new one. For a table that goes it is implied.
fn diff_indexes(
    schemas: Pair<&Schema>,
    readable: &impl Fn(&Ident) -> bool,
    changes: &mut Vec<Change>,
) {
    let indexes = match_by(schemas.map(|schema| schema.indexes.values()), |index| &index.name);
    for index in indexes.removed {
        if readable(&index.table) && schemas.desired.tables.contains_key(&index.table) {
            changes.push(Change::DropIndex(index.clone()));
        }
    }
    for indexes in indexes.common {
        if !indexes.current.means_the_same_as(indexes.desired) {
            changes.push(Change::ReplaceIndex(indexes.map(Clone::clone)));
        }
    }
    for index in indexes.added.into_iter().filter(|index| readable(&index.table)) {
        changes.push(Change::CreateIndex(index.clone()));
    }
}

fn diff_objects(schemas: Pair<&Schema>, changes: &mut Vec<Change>) {
    let objects = match_by(schemas.map(|schema| schema.objects.values()), |object| {
        (object.kind, &object.name)
    });
    for object in objects.removed {
        changes.push(Change::DropObject(object.clone()));
    }
    for objects in objects.common {
        if !objects.current.means_the_same_as(objects.desired) {
            changes.push(Change::ReplaceObject(objects.map(Clone::clone)));
        }
    }
    let mut added = objects.added;
    added.sort_by_key(|object| (object.kind, object.ordinal));
    changes.extend(added.into_iter().cloned().map(Change::CreateObject));
}

/// Objects whose text can't be read are never changed; where the other side says something else
/// about them that is a note.
fn note_unreadable(schemas: Pair<&Schema>, notes: &mut Vec<String>) -> Vec<Ident> {
    let unreadable = |schema: &Schema| -> Vec<LeftAlone> {
        let is = |table: &&LeftAlone| matches!(table.why, WhyLeftAlone::Unreadable(_));
        schema.left_alone.iter().filter(is).cloned().collect()
    };
    let sides = schemas.map(unreadable);
    for table in &sides.current {
        let same = sides
            .desired
            .iter()
            .any(|other| other.name == table.name && normal(&other.sql) == normal(&table.sql));
        if let (false, WhyLeftAlone::Unreadable(why)) = (same, &table.why) {
            notes.push(format!(
                "{} is left alone: its definition can't be read ({why})",
                table.name
            ));
        }
    }
    let mut names: Vec<Ident> =
        sides.current.into_iter().chain(sides.desired).map(|table| table.name).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests;
