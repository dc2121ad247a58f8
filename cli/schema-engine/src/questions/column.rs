//! Columns that are gone, and the columns that they could be now.

use super::likeness::Likeness;
use super::rename::{Candidate, RenameQuestion, Sign, Strength};
use crate::answers::Rename;
use crate::change::{Change, TableChange, TableDifference};
use crate::diff::Difference;
use crate::diff::table::differing_aspects;
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Column, Index, Table};
use crate::subject::Subject;

/// A question for each column of a table that is gone while others are new.
pub(super) fn questions(
    difference: &Difference,
    table: &TableDifference,
) -> impl Iterator<Item = RenameQuestion> {
    let tables = table.tables.as_ref();
    let gone = table.changes.iter().filter_map(|change| match change {
        TableChange::DropColumn(column) => Some(column),
        _ => None,
    });
    gone.filter_map(move |gone| {
        let new = table.changes.iter().filter_map(|change| match change {
            TableChange::AddColumn(column) => Some(column),
            _ => None,
        });
        let candidates = new.filter_map(|new| candidate(difference, tables, Pair::new(gone, new)));
        let subject = Subject::column(&tables.current.name, &gone.name);
        RenameQuestion::new(subject, candidates.collect())
    })
}

fn candidate(
    difference: &Difference,
    tables: Pair<&Table>,
    columns: Pair<&Column>,
) -> Option<Candidate> {
    if columns.current.generated.is_some() != columns.desired.generated.is_some() {
        // A value that is worked out and one that was given are two things.
        return None;
    }
    let likeness = Likeness::of(&columns.current.name, &columns.desired.name);
    let same_shape = have_same_definition(tables, columns);
    let types = columns.map(|column| &column.declared_type);
    let affinities = columns.map(Column::affinity);
    let mut signs = Vec::new();
    if same_shape {
        signs.push(Sign::SameDefinition);
    } else if types.current.means_the_same_as(types.desired) {
        signs.push(Sign::SameType);
    } else if affinities.current == affinities.desired {
        signs.push(Sign::SameAffinity);
    }
    if place(tables.current, columns.current, tables.desired)
        == place(tables.desired, columns.desired, tables.current)
    {
        signs.push(Sign::SamePlace);
    }
    let names = columns.map(|column| &column.name);
    if keys_follow(tables, names) || indexes_follow(difference, tables.current, names) {
        signs.push(Sign::KeysFollow);
    }
    let has = |sign| signs.contains(&sign);
    let likely = likeness.is_similar()
        || has(Sign::KeysFollow)
        || (has(Sign::SameType) && has(Sign::SamePlace));
    let strength = match (same_shape, likely) {
        (true, _) => Strength::SameShape,
        (false, true) => Strength::Likely,
        (false, false) => return None,
    };
    let rename = Rename::Column {
        table: tables.current.name.clone(),
        from: columns.current.name.clone(),
        to: columns.desired.name.clone(),
    };
    Some(Candidate::new(rename, strength, signs, likeness))
}

/// Whether two columns are the same but for their names: type, NOT NULL, default, collation,
/// expression, and whether they belong to a key or refer to another table.
pub(super) fn have_same_definition(tables: Pair<&Table>, columns: Pair<&Column>) -> bool {
    let roles =
        Pair::new(role(tables.current, columns.current), role(tables.desired, columns.desired));
    roles.current == roles.desired && differing_aspects(columns, tables).is_empty()
}

/// What keys make of a column.
#[derive(PartialEq, Eq)]
struct Role<'a> {
    in_primary_key: bool,
    unique_keys: usize,
    /// The tables that it refers to; `None` is its own, whatever that is called.
    parents: Vec<Option<&'a Ident>>,
}

fn role<'a>(table: &'a Table, column: &Column) -> Role<'a> {
    let name = &column.name;
    let uniques = table.uniques.iter();
    let keys = table.foreign_keys.iter().filter(|key| key.columns.contains(name));
    let mut parents: Vec<_> =
        keys.map(|key| Some(&key.parent).filter(|parent| **parent != table.name)).collect();
    parents.sort();
    Role {
        in_primary_key: table.is_key_column(name),
        unique_keys: uniques
            .filter(|key| key.columns.iter().any(|part| part.name == *name))
            .count(),
        parents,
    }
}

/// The place of a column among those that both tables have.
fn place(table: &Table, column: &Column, other: &Table) -> usize {
    let before = table.columns.iter().take_while(|before| before.name != column.name);
    before.filter(|before| other.column(&before.name).is_some()).count()
}

/// Whether a key over the old name stands there over the new one.
fn keys_follow(tables: Pair<&Table>, names: Pair<&Ident>) -> bool {
    let uniques = tables.map(|table| {
        let columns = |key: &crate::schema::UniqueKey| {
            key.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>()
        };
        table.uniques.iter().map(columns).collect::<Vec<_>>()
    });
    let references = tables.map(|table| {
        let keys = table.foreign_keys.iter();
        keys.map(|key| (key.columns.clone(), key.parent.clone())).collect::<Vec<_>>()
    });
    let moved = |columns: &[Ident]| {
        let mut moved = renamed(columns, names)?;
        moved.sort();
        Some(moved)
    };
    uniques.current.iter().filter_map(|key| moved(key)).any(|key| uniques.desired.contains(&key))
        || references.current.iter().any(|(columns, parent)| {
            renamed(columns, names)
                .is_some_and(|columns| references.desired.contains(&(columns, parent.clone())))
        })
}

/// Whether an index over the old name is gone or replaced, and one over the new name is there.
fn indexes_follow(difference: &Difference, table: &Table, names: Pair<&Ident>) -> bool {
    let of_table = |index: &&Index| index.table == table.name;
    let mut sides: Pair<Vec<&Index>> = Pair::new(Vec::new(), Vec::new());
    for change in &difference.changes {
        match change {
            Change::DropIndex(index) => sides.current.push(index),
            Change::CreateIndex(index) => sides.desired.push(index),
            Change::ReplaceIndex(indexes) => {
                sides.current.push(&indexes.current);
                sides.desired.push(&indexes.desired);
            }
            _ => {}
        }
    }
    sides.current.into_iter().filter(of_table).any(|gone| {
        let columns = renamed(&gone.columns, names);
        let mut new = sides.desired.iter().copied().filter(of_table);
        columns.is_some_and(|columns| {
            new.any(|new| new.unique == gone.unique && new.columns == columns)
        })
    })
}

/// The columns with the new name in the place of the old one; `None` where that isn't among them.
fn renamed(columns: &[Ident], names: Pair<&Ident>) -> Option<Vec<Ident>> {
    columns.contains(names.current).then(|| {
        let new = |name: &Ident| if name == names.current { names.desired } else { name }.clone();
        columns.iter().map(new).collect()
    })
}
