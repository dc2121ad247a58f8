//! The order of tables that refer to each other.

use crate::ident::Ident;
use crate::schema::Table;
use std::collections::BTreeSet;

/// Tables so that each comes after those that it refers to, by name where that leaves a choice.
///
/// A reference to the table itself or to one that is not in the list doesn't count. Where tables
/// refer to each other in a circle the first by name begins; SQLite takes a foreign key to a table
/// that is not there yet.
pub(super) fn parents_first<'a>(tables: &[&'a Table]) -> Vec<&'a Table> {
    let mut waiting: Vec<&Table> = tables.to_vec();
    waiting.sort_by(|one, two| one.name.cmp(&two.name));
    let mut ordered = Vec::with_capacity(waiting.len());
    let mut pending: BTreeSet<&Ident> = waiting.iter().map(|table| &table.name).collect();
    // Going round by name and taking what is free keeps parents close to their children.
    while !waiting.is_empty() {
        let free = |table: &&Table| {
            table
                .foreign_keys
                .iter()
                .all(|key| key.parent == table.name || !pending.contains(&key.parent))
        };
        let at = waiting.iter().position(free).unwrap_or(0);
        let table = waiting.remove(at);
        pending.remove(&table.name);
        ordered.push(table);
    }
    ordered
}

/// Tables so that each comes before those that it refers to.
pub(super) fn children_first<'a>(tables: &[&'a Table]) -> Vec<&'a Table> {
    let mut ordered = parents_first(tables);
    ordered.reverse();
    ordered
}
