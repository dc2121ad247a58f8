//! Reading a table once and summing it up, a large one on two processors.

use super::COLUMNS;
use super::digest::Sums;
use super::second_reader::SecondReader;
use crate::connection::explain;
use crate::error::Result;
use crate::executor::watch::DIGEST;
use crate::ident::Ident;
use crate::schema::Table;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::path::Path;

/// Fewer rowids than this are read before a second reader has begun.
const FEW: i128 = 10_000;

/// What is summed up of a table.
pub(super) struct Summing<'a> {
    /// The table.
    pub(super) table: &'a Ident,
    /// The columns that tell which row is which.
    pub(super) key: &'a [Ident],
    /// The columns to sum up.
    pub(super) columns: &'a [&'a Ident],
}

impl Summing<'_> {
    /// Reads the table once.
    pub(super) async fn sum(&self, connection: &impl ConnectionTrait) -> Result<Vec<Sums>> {
        self.sum_where(connection, "").await
    }

    /// The same, half by half at the same time. The connection holds the lock and has written
    /// nothing, so that another one reads what it reads itself.
    pub(super) async fn sum_beside(
        &self,
        connection: &impl ConnectionTrait,
        table: &Table,
        database: &Path,
    ) -> Result<Vec<Sums>> {
        let Some(rowid) = table.rowid_name() else { return self.sum(connection).await };
        let Some(middle) = self.middle(connection, rowid).await? else {
            return self.sum(connection).await;
        };
        let (lower, upper) =
            (format!("WHERE {rowid} <= {middle}"), format!("WHERE {rowid} > {middle}"));
        let reader = SecondReader::open(database);
        let reading = reader.map(|reader| reader.read(self.query(&upper), self.parts().len()));
        let mut sums = self.sum_where(connection, &lower).await?;
        let read = match reading {
            Some(reading) => reading.done().await,
            None => None,
        };
        // Whatever kept the other one from it: there is no need for it.
        let others = match read {
            Some(others) => others,
            None => self.sum_where(connection, &upper).await?,
        };
        for (sums, others) in sums.iter_mut().zip(&others) {
            sums.join(others);
        }
        Ok(sums)
    }

    /// Half way between the first rowid and the last; `None` where it isn't worth while.
    async fn middle(&self, connection: &impl ConnectionTrait, rowid: &str) -> Result<Option<i64>> {
        let table = self.table.quoted();
        // Each by itself is looked up, both together would be a look at every row
        // (https://www.sqlite.org/optoverview.html#minmax).
        let sql = format!(
            "SELECT (SELECT min({rowid}) FROM main.{table}), (SELECT max({rowid}) FROM main.{table})"
        );
        let unreadable = |error| explain(error, &format!("can't read the rows of {}", self.table));
        let query = Statement::from_string(DbBackend::Sqlite, sql);
        let Some(row) = connection.query_one_raw(query).await.map_err(unreadable)? else {
            return Ok(None);
        };
        let bound = |at: usize| row.try_get_by_index::<Option<i64>>(at).map_err(unreadable);
        let (Some(first), Some(last)) = (bound(0)?, bound(1)?) else { return Ok(None) };
        Ok((i128::from(last) - i128::from(first) >= FEW).then(|| first.midpoint(last)))
    }

    fn parts(&self) -> Vec<String> {
        let (keys, key) = (self.key.len(), listed(self.key));
        let digest = DIGEST.to_string_lossy();
        let part = |columns: &[&Ident]| {
            format!("{digest}({keys}{key}{})", listed(columns.iter().copied()))
        };
        match self.columns {
            [] => vec![part(&[])],
            columns => columns.chunks(COLUMNS).map(part).collect(),
        }
    }

    fn query(&self, condition: &str) -> String {
        // The rows themselves, and not what an index says of them.
        let (parts, table) = (self.parts().join(", "), self.table.quoted());
        format!("SELECT {parts} FROM main.{table} NOT INDEXED {condition}")
    }

    async fn sum_where(
        &self,
        connection: &impl ConnectionTrait,
        condition: &str,
    ) -> Result<Vec<Sums>> {
        let unreadable = |error| explain(error, &format!("can't read the rows of {}", self.table));
        let query = Statement::from_string(DbBackend::Sqlite, self.query(condition));
        let row = connection.query_one_raw(query).await.map_err(unreadable)?;
        let mut sums = Vec::new();
        for at in 0..self.parts().len() {
            let bytes: Vec<u8> = match &row {
                Some(row) => row.try_get_by_index(at).map_err(unreadable)?,
                None => Vec::new(),
            };
            sums.push(Sums::from_bytes(&bytes));
        }
        Ok(sums)
    }
}

fn listed<'a>(columns: impl IntoIterator<Item = &'a Ident>) -> String {
    columns.into_iter().fold(String::new(), |list, column| list + ", " + &column.quoted())
}

#[cfg(test)]
mod tests {
    use super::{SecondReader, Summing};
    use crate::connection::{Access, open};
    use crate::executor::run::begin;
    use crate::executor::watch::Watch;
    use crate::ident::Ident;
    use crate::schema::Table;

    #[tokio::test]
    async fn two_halves_are_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        for (journal, columns) in [
            ("delete", "id INTEGER PRIMARY KEY, a, b"),
            ("wal", "id INTEGER PRIMARY KEY, a, b"),
            ("delete", "id TEXT PRIMARY KEY, a, b"),
            ("delete", "id INTEGER PRIMARY KEY, a, b, rowid, oid"),
            ("delete", "id INTEGER PRIMARY KEY, a, b, rowid, _rowid_, oid"),
            ("delete", "id INTEGER PRIMARY KEY, a, b) WITHOUT ROWID; CREATE TABLE u (a"),
        ] {
            let made = rusqlite::Connection::open(&database).unwrap();
            made.pragma_update(None, "journal_mode", journal).unwrap();
            let sql = format!("CREATE TABLE t ({columns})");
            let rows = "WITH RECURSIVE n(i) AS (SELECT -9000 UNION ALL SELECT i + 3 FROM n WHERE i < 90000) \
                        INSERT INTO t (id, a, b) SELECT i, 'text ' || i, i * 0.5 FROM n";
            made.execute_batch(&format!(
                "DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS u; {sql}; {rows}"
            ))
            .unwrap();
            drop(made);
            let connection = open(&database, Access::ReadWrite).await.unwrap();
            let _watch = Watch::on(&connection).await.unwrap();
            let transaction = begin(&connection).await.unwrap();
            let table = Table::from_sql(sql.split(';').next().unwrap(), 0).unwrap();
            let (key, a, b) = ([Ident::from("id")], Ident::from("a"), Ident::from("b"));
            let summing = Summing { table: &table.name, key: &key, columns: &[&a, &b] };
            let whole = summing.sum(&transaction).await.unwrap();
            assert_eq!(whole[0].rows, 33_001);
            let halves = summing.sum_beside(&transaction, &table, &database).await.unwrap();
            assert_eq!(halves, whole, "{columns}");
            if let Some(reader) = SecondReader::open(&database) {
                let read = reader.read(summing.query(""), 1).done().await;
                assert_eq!(read.as_ref(), Some(&whole), "{columns}");
            }
            // Nobody else can read it: the connection does it alone.
            let nowhere = folder.path().join("nowhere.db");
            assert_eq!(summing.sum_beside(&transaction, &table, &nowhere).await.unwrap(), whole);
            assert!(!nowhere.exists());
            transaction.rollback().await.unwrap();
            connection.close().await.unwrap();
        }
    }
}
