//! comments and clauses stay
//!
//! - Revision: `m002_comments_and_clauses_stay`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - ~ column formatted.size: NULL -> NOT NULL; default none -> 1
//!
//! Rebuilds:
//! - formatted: keeps every row, 1 index; NULL in size becomes 1
//!
//! Hazards:
//! - ! TG205: every row of formatted must hold to: size > 0

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_comments_and_clauses_stay";

/// The revision that it builds on.
pub const DOWN_REVISION: Option<&str> = Some("m001_before");

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        REVISION
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        refuse_enforced_foreign_keys(db).await?;

        // formatted: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(
            r#"CREATE TABLE "formatted__new" (
  -- the key, as the app hands it out
  id   INTEGER PRIMARY KEY,
  name VARCHAR(30) COLLATE NOCASE NOT NULL ON CONFLICT REPLACE DEFAULT 'none', /* shown first */
  size REAL NOT NULL DEFAULT 1 CHECK (size > 0) -- in metres
)"#,
        )
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "formatted__new" ("id", "name", "size") "#,
            r#"SELECT old."id", old."name", coalesce(old."size", 1) "#,
            r#"FROM "formatted" AS old"#,
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "formatted""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "formatted__new" RENAME TO "formatted""#).await?;
        db.execute_unprepared(
            "CREATE INDEX by_name ON formatted (name COLLATE NOCASE DESC) WHERE size > 1",
        )
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        refuse_enforced_foreign_keys(db).await?;

        // formatted: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(
            r#"CREATE TABLE "formatted__new" (
  -- the key, as the app hands it out
  id   INTEGER PRIMARY KEY,
  name VARCHAR(30) COLLATE NOCASE NOT NULL ON CONFLICT REPLACE DEFAULT 'none', /* shown first */
  size REAL CHECK (size > 0) -- in metres
)"#,
        )
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "formatted__new" ("id", "name", "size") "#,
            r#"SELECT old."id", old."name", old."size" "#,
            r#"FROM "formatted" AS old"#,
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "formatted""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "formatted__new" RENAME TO "formatted""#).await?;
        db.execute_unprepared(
            "CREATE INDEX by_name ON formatted (name COLLATE NOCASE DESC) WHERE size > 1",
        )
        .await?;
        Ok(())
    }
}

/// A rebuild drops the old table. Where foreign keys are enforced, that deletes or changes the rows
/// of its children; and they can't be switched off inside a transaction.
async fn refuse_enforced_foreign_keys(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let pragma = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA foreign_keys");
    let enforced = match db.query_one_raw(pragma).await? {
        Some(row) => row.try_get_by_index::<i32>(0)? != 0,
        None => false,
    };
    if enforced {
        return Err(DbErr::Migration(format!(
            "{REVISION} rebuilds a table, which is not safe on a connection that enforces foreign \
             keys: rows of other tables would be deleted. Nothing was changed. Open the connection \
             with foreign_keys(false) for migrations, or run `db upgrade`."
        )));
    }
    Ok(())
}
