//! Rows that refer to nothing: only those that a run brings about count against it.

use crate::amount::{Noun, counted};
use crate::connection::explain;
use crate::error::{Error, Result};
use crate::ident::Ident;
use crate::references::{self, Broken, References};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use std::collections::BTreeSet;

/// The broken references of a database, and its tables.
#[derive(Debug, Clone, Default)]
pub(super) struct Violations {
    broken: std::collections::BTreeMap<Broken, usize>,
    tables: BTreeSet<Ident>,
}

/// The violations that are there. Tables whose references SQLite can't check have none.
pub(super) async fn violations(connection: &impl ConnectionTrait) -> Result<Violations> {
    let unreadable = |error| explain(error, "can't check the foreign keys");
    let References { broken, .. } = references::check(connection).await.map_err(unreadable)?;
    let tables = if broken.is_empty() {
        BTreeSet::new()
    } else {
        tables(connection).await.map_err(unreadable)?
    };
    Ok(Violations { broken, tables })
}

async fn tables(connection: &impl ConnectionTrait) -> Result<BTreeSet<Ident>, DbErr> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    let query = Statement::from_string(DbBackend::Sqlite, sql);
    let rows = connection.query_all_raw(query).await?;
    rows.into_iter().map(|row| Ok(Ident::from(row.try_get_by_index::<String>(0)?))).collect()
}

/// Fails if there are violations that weren't there before.
pub(super) fn check_no_new(before: &Violations, after: &Violations) -> Result<()> {
    let new: Vec<_> = after
        .broken
        .iter()
        .filter(|(broken, count)| before.count_of(broken, after) < **count)
        .map(|(Broken { child, rowid, parent }, _)| match rowid {
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

impl Violations {
    /// That there are some, in words.
    pub(super) fn note(&self) -> Option<String> {
        let rows = self.broken.values().sum::<usize>();
        let tables: BTreeSet<_> = self.broken.keys().map(|broken| broken.child.as_str()).collect();
        let tables = tables.into_iter().collect::<Vec<_>>().join(", ");
        let rows = counted(i64::try_from(rows).unwrap_or(i64::MAX), Noun("row", "rows"));
        (!tables.is_empty()).then(|| format!("{rows} in {tables} referred to nothing before, too"))
    }

    /// How often a reference was broken before. A table that is new may be one that is gone, under
    /// another name: what was broken in that is nothing new.
    fn count_of(&self, broken: &Broken, after: &Self) -> usize {
        let same = |old: &Ident, now: &Ident| {
            old == now || !after.tables.contains(old) && !self.tables.contains(now)
        };
        if let Some(count) = self.broken.get(broken) {
            return *count;
        }
        self.broken
            .iter()
            .filter(|(old, _)| {
                old.rowid == broken.rowid
                    && same(&old.child, &broken.child)
                    && same(&old.parent, &broken.parent)
            })
            .map(|(_, count)| *count)
            .max()
            .unwrap_or(0)
    }
}
