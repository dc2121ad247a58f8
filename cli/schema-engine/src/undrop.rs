//! What revisions written with `--keep-dropped` have parked: seen, brought back, ended.
//!
//! It stands in tables of the engine's own, which [`crate::plan::parking`] makes. What is read there
//! comes out of a file that anybody may have written: names are checked before anything is done to
//! a table, and texts before they are run.

mod bring_back;

pub use bring_back::{Report, bring_back};

use crate::connection::{Access, Presence, commit, explain, open, presence};
use crate::error::{Error, Result};
use crate::ident::Ident;
use crate::plan::parking::REGISTRY;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait as _,
};
use std::path::Path;

/// Something dropped that is parked in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The table that holds it.
    pub name: Ident,
    /// The revision that dropped it.
    pub revision: String,
    /// The table that it was in.
    pub table: Ident,
    /// The dropped columns, or all that held values where the table was dropped.
    pub columns: Vec<Ident>,
    /// The columns by which a row is known again.
    pub key: Vec<Ident>,
    /// How a dropped table, its indexes and its triggers are made again; empty for columns.
    pub texts: Vec<String>,
    /// Where the ids of a dropped table stood.
    pub sequence: Option<i64>,
    /// When it was parked, in seconds since 1970.
    pub parked_at: i64,
    /// How many rows are parked.
    pub rows: i64,
    /// The disk that they take; `None` where SQLite can't tell.
    pub bytes: Option<i64>,
}

impl Kept {
    /// What it is: `tasks` for a table, `tasks.priority, tasks.points` for columns.
    #[must_use]
    pub fn what(&self) -> String {
        if !self.texts.is_empty() {
            return format!("table {}", self.table);
        }
        let columns: Vec<_> =
            self.columns.iter().map(|column| format!("{}.{column}", self.table)).collect();
        columns.join(", ")
    }

    fn answers_to(&self, name: &str) -> bool {
        let column = |column: &Ident| format!("{}.{column}", self.table);
        Ident::from(name) == self.table
            || self.revision == name
            || self.columns.iter().any(|it| column(it).eq_ignore_ascii_case(name))
    }
}

/// What is parked in a database, oldest first.
///
/// # Errors
/// When it can't be read, or what stands there is not what this engine writes.
pub async fn kept(database: &Path) -> Result<Vec<Kept>> {
    if presence(database)? != Presence::Database {
        return Ok(Vec::new());
    }
    let connection = open(database, Access::ReadOnly).await?;
    let kept = read(&connection).await;
    close(connection).await?;
    kept
}

/// The one that a name stands for: its own name, that of its table, `table.column`, its revision, or
/// a unique part of its own.
///
/// # Errors
/// When there is none, or several.
pub fn find<'a>(kept: &'a [Kept], name: &str) -> Result<&'a Kept> {
    let exact = kept.iter().filter(|it| it.name == Ident::from(name));
    let known = kept.iter().filter(|it| it.answers_to(name));
    let parts = kept.iter().filter(|it| it.name.as_str().contains(name));
    for found in [exact.collect::<Vec<_>>(), known.collect(), parts.collect()] {
        match found.as_slice() {
            [] => {}
            [one] => return Ok(one),
            [..] => {
                let names: Vec<_> = found.iter().map(|it| it.name.to_string()).collect();
                return Err(Error::usage(format!("`{name}` may be {}", names.join(" or ")))
                    .state("The database is unchanged.")
                    .next("Give the whole name."));
            }
        }
    }
    Err(Error::usage(format!("nothing is parked under `{name}`"))
        .state("The database is unchanged.")
        .next("`db undrop` shows what is."))
}

/// Deletes what is parked, for good: all of it in one transaction.
///
/// # Errors
/// When the database can't be written. It is unchanged then.
pub async fn prune(database: &Path, names: &[Ident]) -> Result<()> {
    let connection = open(database, Access::ReadWrite).await?;
    let work = async {
        let transaction = begin(&connection).await?;
        let there = read(&transaction).await?;
        for kept in there.iter().filter(|it| names.contains(&it.name)) {
            run(&transaction, &format!("DROP TABLE {}", kept.name.quoted())).await?;
            let forget = format!("DELETE FROM {REGISTRY} WHERE name = {}", kept.name.literal());
            run(&transaction, &forget).await?;
        }
        if there.iter().all(|it| names.contains(&it.name)) && !there.is_empty() {
            run(&transaction, &format!("DROP TABLE {REGISTRY}")).await?;
        }
        commit(transaction).await
    };
    let outcome = work.await;
    close(connection).await?;
    outcome
}

async fn read(connection: &impl ConnectionTrait) -> Result<Vec<Kept>> {
    let unreadable = |error| explain(error, "can't read what is parked");
    let there = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = \
                 'schema_engine_dropped'";
    if number(connection, there).await.map_err(unreadable)? != Some(1) {
        return Ok(Vec::new());
    }
    // What somebody has dropped by hand is not there any more.
    let sql = "SELECT r.name, r.revision, r.table_name, r.key_columns, r.columns, r.texts, \
               r.sequence, r.parked_at FROM schema_engine_dropped AS r \
               JOIN sqlite_schema AS s ON s.type = 'table' AND s.name = r.name COLLATE NOCASE \
               ORDER BY r.parked_at, r.name";
    let rows = connection.query_all_raw(query(sql)).await.map_err(unreadable)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let mut kept = entry(connection, &row).await.map_err(unreadable)?;
        if !kept.name.as_str().starts_with("schema_engine_dropped_") {
            return Err(Error::refused(format!(
                "{} is no table that anything is parked in",
                kept.name
            ))
            .because("the table schema_engine_dropped was written by something else")
            .state("The database is unchanged."));
        }
        let count = format!("SELECT count(*) FROM {}", kept.name.quoted());
        kept.rows = number(connection, &count).await.map_err(unreadable)?.unwrap_or_default();
        let size = format!("SELECT sum(pgsize) FROM dbstat WHERE name = {}", kept.name.literal());
        kept.bytes = number(connection, &size).await.ok().flatten();
        found.push(kept);
    }
    Ok(found)
}

async fn entry(connection: &impl ConnectionTrait, row: &QueryResult) -> Result<Kept, DbErr> {
    let text = |at| row.try_get_by_index::<String>(at);
    let names = |texts: Vec<String>| texts.into_iter().map(Ident::from).collect::<Vec<_>>();
    Ok(Kept {
        name: Ident::from(text(0)?),
        revision: text(1)?,
        table: Ident::from(text(2)?),
        key: names(elements(connection, text(3)?).await?),
        columns: names(elements(connection, text(4)?).await?),
        texts: elements(connection, text(5)?).await?,
        sequence: row.try_get_by_index(6)?,
        parked_at: row.try_get_by_index(7)?,
        rows: 0,
        bytes: None,
    })
}

/// The texts in a JSON array.
async fn elements(connection: &impl ConnectionTrait, json: String) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT CAST(value AS TEXT) FROM json_each(?) ORDER BY id";
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [json.into()]);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

async fn number(connection: &impl ConnectionTrait, sql: &str) -> Result<Option<i64>, DbErr> {
    match connection.query_one_raw(query(sql)).await? {
        Some(row) => row.try_get_by_index(0),
        None => Ok(None),
    }
}

fn query(sql: &str) -> Statement {
    Statement::from_string(DbBackend::Sqlite, sql)
}

async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let begun = connection.begin_with_options(options).await;
    begun.map_err(|error| explain(error, "can't begin to change the database"))
}

/// Runs a statement and says how many rows it changed.
async fn run(connection: &impl ConnectionTrait, sql: &str) -> Result<u64> {
    let done = connection.execute_unprepared(sql).await;
    done.map(|done| done.rows_affected()).map_err(|error| {
        explain(error, "can't change what is parked")
            .state("The database is unchanged: everything was rolled back.")
    })
}

async fn close(connection: DatabaseConnection) -> Result<()> {
    let closed = connection.close().await;
    closed.map_err(|error| Error::failed("can't close the database").because(error))
}
