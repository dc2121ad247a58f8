//! A database in memory to try a case on, asked in plain SQL.

use crate::model::{Table, same};
use schema_engine::inspect::inspect;
use schema_engine::schema::Schema;
use schema_engine::scratch::Scratch;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use std::collections::BTreeMap;

pub(crate) struct Database(Scratch);

/// What a query gives: rows of values as text.
pub(crate) type Answer = Vec<Vec<Option<String>>>;

/// A name in double quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name as a string literal.
pub(crate) fn literal(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StoredRow {
    pub(crate) rowid: Option<i64>,
    /// The type and the literal of each column, in the order asked for.
    pub(crate) values: Vec<(String, String)>,
}

impl Database {
    pub(crate) async fn with<S: AsRef<str>>(statements: &[S]) -> Result<Self, String> {
        let scratch = Scratch::empty().await.map_err(|error| error.to_string())?;
        let database = Self(scratch);
        for statement in statements {
            database.run(statement.as_ref()).await?;
        }
        Ok(database)
    }

    pub(crate) async fn run(&self, sql: &str) -> Result<(), String> {
        self.0.run([sql]).await.map_err(|refused| format!("{}: {}", refused.error, refused.sql))
    }

    /// Runs a statement that leaves nothing behind when it is refused: `ON CONFLICT FAIL` would.
    pub(crate) async fn run_alone(&self, sql: &str) -> Result<(), String> {
        self.run("SAVEPOINT alone").await?;
        let outcome = self.run(sql).await;
        if outcome.is_err() {
            // `ON CONFLICT ROLLBACK` has taken the savepoint along.
            let _ = self.run("ROLLBACK TO alone").await;
            let _ = self.run("RELEASE alone").await;
            return outcome;
        }
        self.run("RELEASE alone").await
    }

    /// Runs statements as the executor does: foreign keys off, all or nothing.
    pub(crate) async fn transaction<S: AsRef<str>>(
        &self,
        statements: impl Iterator<Item = S>,
    ) -> Result<(), String> {
        self.run("BEGIN IMMEDIATE").await?;
        for statement in statements {
            if let Err(error) = self.run(statement.as_ref()).await {
                self.run("ROLLBACK").await?;
                return Err(error);
            }
        }
        self.run("COMMIT").await
    }

    pub(crate) async fn schema(&self) -> Result<Schema, String> {
        inspect(self.0.connection()).await.map_err(|error| error.to_string())
    }

    /// What a query gives, all values as text.
    pub(crate) async fn ask(&self, sql: &str) -> Result<Answer, String> {
        let statement = Statement::from_string(DbBackend::Sqlite, sql);
        let error = |error: sea_orm::DbErr| format!("{error}: {sql}");
        let rows = self.0.connection().query_all_raw(statement).await.map_err(error)?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let width = row.column_names().len();
            let values = (0..width).map(|at| row.try_get_by_index::<Option<String>>(at));
            found.push(values.collect::<Result<Vec<_>, _>>().map_err(error)?);
        }
        Ok(found)
    }

    /// The stored texts by kind and name.
    pub(crate) async fn stored(&self) -> Result<BTreeMap<(String, String), String>, String> {
        let sql = "SELECT type, name, sql FROM sqlite_schema
                   WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
        let rows = self.ask(sql).await?;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Ok(rows.iter().map(|row| ((text(&row[0]), text(&row[1])), text(&row[2]))).collect())
    }

    /// The rows of a table in these columns, in the order of their rowids or values.
    pub(crate) async fn rows(
        &self,
        table: &Table,
        columns: &[&str],
    ) -> Result<Vec<StoredRow>, String> {
        let rowid = match (table.rowid_alias(), table.rowid_name()) {
            (Some(alias), _) => format!("x.{}", quoted(&alias.name)),
            (None, Some(name)) => format!("x.{name}"),
            (None, None) => "NULL".to_owned(),
        };
        let mut list = vec![format!("CAST({rowid} AS TEXT)")];
        for column in columns {
            let column = quoted(column);
            list.push(format!("typeof(x.{column})"));
            // As hexadecimal, text may be no UTF-8 and is a literal all the same.
            list.push(format!(
                "CASE typeof(x.{column}) WHEN 'text' THEN
                 'CAST(x''' || hex(x.{column}) || ''' AS TEXT)' ELSE quote(x.{column}) END"
            ));
        }
        let sql = format!("SELECT {} FROM {} AS x", list.join(", "), quoted(&table.name));
        let mut rows: Vec<StoredRow> = self
            .ask(&sql)
            .await?
            .into_iter()
            .map(|row| {
                let mut values = row.into_iter().map(Option::unwrap_or_default);
                let rowid = values.next().and_then(|rowid| rowid.parse().ok());
                let values: Vec<String> = values.collect();
                let values = values.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone()));
                StoredRow { rowid, values: values.collect() }
            })
            .collect();
        rows.sort();
        Ok(rows)
    }

    /// The rows that break a foreign key: the table and, where there is one, the rowid.
    pub(crate) async fn orphans(&self) -> Result<Vec<(String, Option<i64>)>, String> {
        let sql = "SELECT \"table\", CAST(rowid AS TEXT) FROM pragma_foreign_key_check";
        let rows = self.ask(sql).await?;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let rowid = |value: &Option<String>| value.as_ref().and_then(|rowid| rowid.parse().ok());
        Ok(rows.iter().map(|row| (text(&row[0]), rowid(&row[1]))).collect())
    }

    /// What `sqlite_sequence` remembers, by table.
    pub(crate) async fn sequences(&self) -> Result<BTreeMap<String, String>, String> {
        let there = "SELECT name FROM sqlite_schema WHERE name = 'sqlite_sequence'";
        if self.ask(there).await?.is_empty() {
            return Ok(BTreeMap::new());
        }
        let rows = self.ask("SELECT name, CAST(seq AS TEXT) FROM sqlite_sequence").await?;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Ok(rows.iter().map(|row| (text(&row[0]).to_ascii_lowercase(), text(&row[1]))).collect())
    }

    /// Damage that SQLite itself finds.
    pub(crate) async fn damage(&self) -> Result<Option<String>, String> {
        let rows = self.ask("PRAGMA integrity_check").await?;
        let first = rows.first().and_then(|row| row[0].clone()).unwrap_or_default();
        Ok((!same(&first, "ok")).then_some(first))
    }
}
