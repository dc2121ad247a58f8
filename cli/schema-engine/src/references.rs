//! Rows that refer to nothing, and tables whose references can't be told.
//!
//! `PRAGMA foreign_key_check` gives them, for the whole database or, where a key refers to what is
//! not unique and stops it, table by table
//! (<https://www.sqlite.org/pragma.html#pragma_foreign_key_check>).

use crate::connection::sqlite_code;
use crate::ident::Ident;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// What `PRAGMA foreign_key_check` says of a database.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// The references that lead nowhere, with how often each occurs.
    pub(crate) broken: BTreeMap<Broken, usize>,
    /// Tables that it can't check: a key of theirs refers to columns that are not unique
    /// (<https://www.sqlite.org/foreignkeys.html#fk_indexes>).
    pub(crate) unchecked: BTreeSet<Ident>,
}

/// A reference that leads nowhere. Rows of a table without rowids are told apart by their number
/// alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Broken {
    pub(crate) child: Ident,
    pub(crate) rowid: Option<i64>,
    pub(crate) parent: Ident,
}

impl References {
    /// How many references of each table lead nowhere.
    pub(crate) fn by_table(&self) -> BTreeMap<Ident, usize> {
        let mut counts = BTreeMap::new();
        for (broken, count) in &self.broken {
            *counts.entry(broken.child.clone()).or_default() += count;
        }
        counts
    }
}

/// Checks every table, one by one where they can't be checked together.
pub(crate) async fn check(connection: &impl ConnectionTrait) -> Result<References, DbErr> {
    let whole = "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check";
    let mut references = References::default();
    let outcome =
        add(connection, Statement::from_string(DbBackend::Sqlite, whole), &mut references);
    match outcome.await {
        Ok(()) => {}
        Err(error) if is_mismatch(&error) => {
            references.broken.clear();
            for table in tables(connection).await? {
                let sql = "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check(?)";
                let values = [table.as_str().into()];
                let one = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
                match add(connection, one, &mut references).await {
                    Ok(()) => {}
                    Err(error) if is_mismatch(&error) => {
                        references.unchecked.insert(table);
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Err(error) => return Err(error),
    }
    Ok(references)
}

async fn add(
    connection: &impl ConnectionTrait,
    query: Statement,
    references: &mut References,
) -> Result<(), DbErr> {
    for row in connection.query_all_raw(query).await? {
        let broken = Broken {
            child: Ident::from(row.try_get_by_index::<String>(0)?),
            rowid: row.try_get_by_index(1)?,
            parent: Ident::from(row.try_get_by_index::<String>(2)?),
        };
        *references.broken.entry(broken).or_default() += 1;
    }
    Ok(())
}

async fn tables(connection: &impl ConnectionTrait) -> Result<Vec<Ident>, DbErr> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name";
    let query = Statement::from_string(DbBackend::Sqlite, sql);
    let rows = connection.query_all_raw(query).await?;
    rows.into_iter().map(|row| Ok(Ident::from(row.try_get_by_index::<String>(0)?))).collect()
}

/// "foreign key mismatch" has no code of its own.
fn is_mismatch(error: &DbErr) -> bool {
    sqlite_code(error) == Some(1)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::ident::Ident;
    use crate::scratch::Scratch;

    #[tokio::test]
    async fn a_key_to_columns_that_are_not_unique_hides_no_other() {
        let scratch = Scratch::empty().await.unwrap();
        let children = "CREATE TABLE p (id INTEGER PRIMARY KEY, a);
            CREATE TABLE good (p REFERENCES p); INSERT INTO good VALUES (1), (2);
            CREATE TABLE lost (p REFERENCES nowhere); INSERT INTO lost VALUES (1);";
        scratch.run([children]).await.unwrap();
        let broken = [("good".into(), 2), ("lost".into(), 1)].into_iter().collect();
        let found = check(scratch.connection()).await.unwrap();
        assert_eq!((&found.by_table(), found.unchecked.len()), (&broken, 0));

        scratch.run(["CREATE TABLE odd (p REFERENCES p (a))"]).await.unwrap();
        let found = check(scratch.connection()).await.unwrap();
        assert_eq!(found.by_table(), broken);
        assert_eq!(Vec::from_iter(found.unchecked), [Ident::from("odd")]);
    }
}
