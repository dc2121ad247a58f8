//! Rows that refer to nothing: only those that a run brings about count against it.

use crate::connection::explain;
use crate::error::{Error, Result};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::collections::BTreeMap;

/// How often each violation occurs, by child, row and parent. Rows of a table without rowids are
/// told apart by their number alone.
pub(super) type Violations = BTreeMap<(String, Option<i64>, String), usize>;

/// The violations that are there, as `PRAGMA foreign_key_check` finds them
/// (<https://www.sqlite.org/pragma.html#pragma_foreign_key_check>).
pub(super) async fn violations(connection: &impl ConnectionTrait) -> Result<Violations> {
    let unreadable = |error| explain(error, "can't check the foreign keys");
    let query = Statement::from_string(
        DbBackend::Sqlite,
        "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check",
    );
    let mut found = Violations::new();
    for row in connection.query_all_raw(query).await.map_err(unreadable)? {
        let key = (
            row.try_get_by_index(0).map_err(unreadable)?,
            row.try_get_by_index(1).map_err(unreadable)?,
            row.try_get_by_index(2).map_err(unreadable)?,
        );
        *found.entry(key).or_default() += 1;
    }
    Ok(found)
}

/// Fails if there are violations that weren't there before.
pub(super) fn check_no_new(before: &Violations, after: &Violations) -> Result<()> {
    let new: Vec<_> = after
        .iter()
        .filter(|(key, count)| before.get(*key).is_none_or(|known| known < *count))
        .map(|((child, rowid, parent), _)| match rowid {
            Some(rowid) => format!("row {rowid} of {child} refers to nothing in {parent}"),
            None => format!("a row of {child} refers to nothing in {parent}"),
        })
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    let shown: Vec<_> = new.iter().take(5).map(String::as_str).collect();
    let more = if new.len() > 5 { format!(", and {} more", new.len() - 5) } else { String::new() };
    Err(Error::failed("rows would refer to nothing").because(format!("{}{more}", shown.join("; "))))
}
