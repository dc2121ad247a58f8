//! Tables that are gone, and the tables that they could be now.

use super::column::have_same_definition;
use super::likeness::Likeness;
use super::rename::{Candidate, RenameQuestion, Sign, Strength};
use crate::answers::Rename;
use crate::change::{Change, TableChange};
use crate::diff::Difference;
use crate::pair::Pair;
use crate::schema::{Column, Table};
use crate::subject::Subject;

/// A question for each table that is gone while others are new.
pub(super) fn questions(difference: &Difference) -> impl Iterator<Item = RenameQuestion> {
    let gone = difference.changes.iter().filter_map(|change| match change {
        Change::DropTable(table) => Some(&**table),
        _ => None,
    });
    gone.filter_map(|gone| {
        let new = difference.changes.iter().filter_map(|change| match change {
            Change::CreateTable(table) => Some(&**table),
            _ => None,
        });
        let candidates = new.filter_map(|new| candidate(difference, Pair::new(gone, new)));
        RenameQuestion::new(Subject::Table(gone.name.clone()), candidates.collect())
    })
}

fn candidate(difference: &Difference, tables: Pair<&Table>) -> Option<Candidate> {
    let likeness = Likeness::of(&tables.current.name, &tables.desired.name);
    let columns = tables.map(|table| table.columns.len());
    let of = columns.current.max(columns.desired);
    let shared = shared(tables).count();
    let options = tables.map(|table| (table.strict, table.without_rowid));
    let same_shape = shared == of && options.current == options.desired;
    let mut signs = Vec::new();
    if same_shape {
        signs.push(Sign::SameColumns);
    } else if shared > 0 {
        signs.push(Sign::SharedColumns { shared, of });
    }
    let follow = references_follow(difference, tables);
    if follow {
        signs.push(Sign::KeysFollow);
    }
    let strength = if same_shape {
        Strength::SameShape
    } else if follow || (shared > 0 && likeness.is_similar()) || share_most(tables) {
        Strength::Likely
    } else {
        return None;
    };
    let rename =
        Rename::Table { from: tables.current.name.clone(), to: tables.desired.name.clone() };
    Some(Candidate::new(rename, strength, signs, likeness))
}

/// The columns that both tables have, equal in name and definition.
fn shared(tables: Pair<&Table>) -> impl Iterator<Item = &Column> {
    tables.current.columns.iter().filter(move |column| {
        let other = tables.desired.column(&column.name);
        other.is_some_and(|other| have_same_definition(tables, Pair::new(*column, other)))
    })
}

/// Whether half of the columns are shared. Every table has a key, so keys say nothing.
fn share_most(tables: Pair<&Table>) -> bool {
    let plain = |table: &Table| {
        table.columns.iter().filter(|column| !table.is_key_column(&column.name)).count()
    };
    let of = plain(tables.current).max(plain(tables.desired));
    let shared = shared(tables).filter(|column| !tables.current.is_key_column(&column.name));
    let shared = shared.count();
    shared > 0 && shared * 2 >= of
}

/// Whether another table refers to the new one where it referred to the old one.
fn references_follow(difference: &Difference, tables: Pair<&Table>) -> bool {
    difference.changes.iter().any(|change| {
        let Change::AlterTable(child) = change else { return false };
        let gone = child.changes.iter().filter_map(|change| match change {
            TableChange::DropForeignKey(key) if key.parent == tables.current.name => Some(key),
            _ => None,
        });
        let mut gone = gone.map(|key| &key.columns);
        gone.any(|columns| {
            child.changes.iter().any(|change| {
                matches!(change, TableChange::AddForeignKey(key)
                    if key.parent == tables.desired.name && key.columns == *columns)
            })
        })
    })
}
