//! The revisions: those that a program was built with, and those that a database has had.

use crate::connection::explain;
use crate::error::{Error, Result};
use crate::scratch::Scratch;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The revisions that a program was built with, oldest first.
pub type Migrations = Vec<Box<dyn MigrationTrait>>;

/// SeaORM's own bookkeeping table, so that `sea-orm-cli migrate` and `Migrator::up` keep working
/// on the same database.
pub const BOOKKEEPING_TABLE: &str = "seaql_migrations";

/// As sea-orm-migration writes it.
pub(crate) const CREATE_BOOKKEEPING: &str = "CREATE TABLE IF NOT EXISTS \"seaql_migrations\" \
     ( \"version\" varchar NOT NULL PRIMARY KEY, \"applied_at\" integer NOT NULL )";

/// A revision that a database has had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The revision's id.
    pub revision: String,
    /// When it was applied, in seconds since 1970.
    pub applied_at: i64,
}

/// The revisions that a database has had, in the order of their ids. Reading makes no table.
///
/// # Errors
/// When the database can't be read.
pub async fn applied(connection: &impl ConnectionTrait) -> Result<Vec<Applied>> {
    read_applied(connection)
        .await
        .map_err(|error| explain(error, "can't read which revisions the database has"))
}

async fn read_applied(connection: &impl ConnectionTrait) -> Result<Vec<Applied>, DbErr> {
    let query = |sql: &str| Statement::from_string(DbBackend::Sqlite, sql);
    let there = connection
        .query_one_raw(query(
            "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'seaql_migrations'",
        ))
        .await?;
    if there.is_none() {
        return Ok(Vec::new());
    }
    let rows = connection
        .query_all_raw(query("SELECT version, applied_at FROM seaql_migrations ORDER BY version"))
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Applied { revision: row.try_get_by_index(0)?, applied_at: row.try_get_by_index(1)? })
        })
        .collect()
}

/// Makes the bookkeeping table where there is none.
pub(crate) async fn ensure_bookkeeping(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    connection.execute_unprepared(CREATE_BOOKKEEPING).await.map(drop)
}

/// Records that revisions were applied, now by SQLite's clock.
pub(crate) async fn record(
    connection: &impl ConnectionTrait,
    revisions: &[String],
) -> Result<(), DbErr> {
    // SQLite takes 32766 parameters, and a thousand rows at once cost little more than one.
    for revisions in revisions.chunks(1000) {
        let rows = vec!["(?, unixepoch())"; revisions.len()].join(", ");
        let sql = format!("INSERT INTO seaql_migrations (version, applied_at) VALUES {rows}");
        let values = revisions.iter().map(|revision| revision.as_str().into());
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        connection.execute_raw(statement).await?;
    }
    Ok(())
}

/// Records that a revision was taken back.
pub(crate) async fn forget(connection: &impl ConnectionTrait, revision: &str) -> Result<(), DbErr> {
    let sql = "DELETE FROM seaql_migrations WHERE version = ?";
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [revision.into()]);
    let done = connection.execute_raw(statement).await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(DbErr::Custom(format!("{revision} stands {} times in the books", done.rows_affected())))
    }
}

/// Records that a database has had nothing at all.
pub(crate) async fn forget_all(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    connection.execute_unprepared("DELETE FROM seaql_migrations").await.map(drop)
}

/// Runs revisions on a scratch database, one after the other.
///
/// # Errors
/// When one of them fails; the error names it.
pub async fn replay<'a>(
    scratch: &Scratch,
    migrations: impl IntoIterator<Item = &'a Box<dyn MigrationTrait>>,
) -> Result<()> {
    let manager = SchemaManager::new(scratch.connection());
    for migration in migrations {
        migration.up(&manager).await.map_err(|error| {
            Error::failed(format!("{} doesn't run on an empty database", migration.name()))
                .because(error)
                .next("A revision must run on whatever the ones before it leave; correct it.")
        })?;
    }
    Ok(())
}

/// The ids of revisions, oldest first.
#[must_use]
pub fn ids(migrations: &Migrations) -> Vec<&str> {
    migrations.iter().map(|migration| migration.name()).collect()
}
