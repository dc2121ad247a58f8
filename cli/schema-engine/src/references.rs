//! Rows that refer to nothing, and tables whose references can't be told.

use crate::connection::sqlite_code;
use crate::ident::Ident;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// What `PRAGMA foreign_key_check` says of a database.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// How many references of each table lead nowhere.
    pub(crate) broken: BTreeMap<Ident, usize>,
    /// Tables that it can't check: a key of theirs refers to columns that are not unique
    /// (<https://www.sqlite.org/foreignkeys.html#fk_indexes>).
    pub(crate) unchecked: BTreeSet<Ident>,
}

/// Checks every table, one by one where they can't be checked together.
pub(crate) async fn check(connection: &impl ConnectionTrait) -> Result<References, DbErr> {
    let whole = Statement::from_string(
        DbBackend::Sqlite,
        "SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY 1",
    );
    let mut references = References::default();
    match counts(connection, whole).await {
        Ok(broken) => references.broken = broken,
        Err(error) if is_mismatch(&error) => {
            for table in tables(connection).await? {
                let sql = "SELECT \"table\", count(*) FROM pragma_foreign_key_check(?) GROUP BY 1";
                let values = [table.as_str().into()];
                let one = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
                match counts(connection, one).await {
                    Ok(broken) => references.broken.extend(broken),
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

async fn counts(
    connection: &impl ConnectionTrait,
    query: Statement,
) -> Result<BTreeMap<Ident, usize>, DbErr> {
    let mut counts = BTreeMap::new();
    for row in connection.query_all_raw(query).await? {
        let count: i64 = row.try_get_by_index(1)?;
        let table = Ident::from(row.try_get_by_index::<String>(0)?);
        counts.insert(table, usize::try_from(count).unwrap_or(usize::MAX));
    }
    Ok(counts)
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
        assert_eq!((&found.broken, found.unchecked.len()), (&broken, 0));

        scratch.run(["CREATE TABLE odd (p REFERENCES p (a))"]).await.unwrap();
        let found = check(scratch.connection()).await.unwrap();
        assert_eq!(found.broken, broken);
        assert_eq!(Vec::from_iter(found.unchecked), [Ident::from("odd")]);
    }
}
