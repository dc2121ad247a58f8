//! hostile names
//!
//! - Revision: `m002_hostile_names`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - ~ column it's "a" table.x y: type integer -> text
//!
//! Rebuilds:
//! - it's "a" table: keeps every row, rowids, 1 index
//!
//! Hazards:
//! - ! TG301: it's "a" table.x y changes from integer to text, which may store values otherwise

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_hostile_names";

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

        // it's "a" table: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "it's ""a"" table__new" ( "#,
            r#""select" text, "#,
            r#""x y" text, "#,
            r#""rowid" text, "#,
            r#""É" text "#,
            ")",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "it's ""a"" table__new" (_rowid_, "select", "x y", "rowid", "#,
            r#""É") "#,
            r#"SELECT old._rowid_, old."select", old."x y", old."rowid", old."É" "#,
            r#"FROM "it's ""a"" table" AS old"#,
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "it's ""a"" table""#).await?;
        db.execute_unprepared(
            r#"ALTER TABLE "it's ""a"" table__new" RENAME TO "it's ""a"" table""#,
        )
        .await?;
        db.execute_unprepared(r#"CREATE INDEX "in ""dex" ON "it's ""a"" table" ("select")"#)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        refuse_enforced_foreign_keys(db).await?;

        // it's "a" table: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "it's ""a"" table__new" ( "#,
            r#""select" text, "#,
            r#""x y" integer, "#,
            r#""rowid" text, "#,
            r#""É" text "#,
            ")",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "it's ""a"" table__new" (_rowid_, "select", "x y", "rowid", "#,
            r#""É") "#,
            r#"SELECT old._rowid_, old."select", old."x y", old."rowid", old."É" "#,
            r#"FROM "it's ""a"" table" AS old"#,
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "it's ""a"" table""#).await?;
        db.execute_unprepared(
            r#"ALTER TABLE "it's ""a"" table__new" RENAME TO "it's ""a"" table""#,
        )
        .await?;
        db.execute_unprepared(r#"CREATE INDEX "in ""dex" ON "it's ""a"" table" ("select")"#)
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
