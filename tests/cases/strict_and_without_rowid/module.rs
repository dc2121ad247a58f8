//! strict and without rowid
//!
//! - Revision: `m002_strict_and_without_rowid`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - ~ table s: STRICT
//! - ~ table s: WITHOUT ROWID
//!
//! Rebuilds:
//! - s: keeps every row
//!
//! Hazards:
//! - ! TG206: every row of s must hold values of the declared type in (k, v)

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_strict_and_without_rowid";

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

        // s: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "s__new" ( "#,
            r#""k" text NOT NULL PRIMARY KEY, "#,
            r#""v" integer "#,
            ") STRICT, WITHOUT ROWID",
        ))
        .await?;
        db.execute_unprepared(
            r#"INSERT OR ABORT INTO "s__new" ("k", "v") SELECT old."k", old."v" FROM "s" AS old"#,
        )
        .await?;
        db.execute_unprepared(r#"DROP TABLE "s""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "s__new" RENAME TO "s""#).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        refuse_enforced_foreign_keys(db).await?;

        // s: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(
            r#"CREATE TABLE "s__new" ( "k" text NOT NULL PRIMARY KEY, "v" integer )"#,
        )
        .await?;
        db.execute_unprepared(
            r#"INSERT OR ABORT INTO "s__new" ("k", "v") SELECT old."k", old."v" FROM "s" AS old"#,
        )
        .await?;
        db.execute_unprepared(r#"DROP TABLE "s""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "s__new" RENAME TO "s""#).await?;
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
