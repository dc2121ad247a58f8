//! convert with fill
//!
//! - Revision: `m002_convert_with_fill`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - ~ column tasks.points: type text -> integer
//! - ~ column tasks.estimate: type text -> real; NULL -> NOT NULL
//!
//! Rebuilds:
//! - tasks: keeps every row, rowids, 1 index; every points becomes (CAST(points AS INTEGER)); every estimate becomes (coalesce(CAST(estimate AS REAL), 0))

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_convert_with_fill";

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

        // tasks: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "tasks__new" ( "#,
            r#""id" varchar(36) NOT NULL PRIMARY KEY, "#,
            r#""title" varchar(255) NOT NULL, "#,
            r#""points" integer, "#,
            r#""estimate" real NOT NULL "#,
            ")",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "tasks__new" (rowid, "id", "title", "points", "estimate") "#,
            r#"SELECT old.rowid, old."id", old."title", (CAST(points AS INTEGER)), "#,
            "(coalesce(CAST(estimate AS REAL), 0)) ",
            r#"FROM "tasks" AS old"#,
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "tasks""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "tasks__new" RENAME TO "tasks""#).await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_tasks_points" ON "tasks" ("points")"#).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        refuse_enforced_foreign_keys(db).await?;

        // tasks: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "tasks__new" ( "#,
            r#""id" varchar(36) NOT NULL PRIMARY KEY, "#,
            r#""title" varchar(255) NOT NULL, "#,
            r#""points" text, "#,
            r#""estimate" text "#,
            ")",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "tasks__new" (rowid, "id", "title", "points", "estimate") "#,
            r#"SELECT old.rowid, old."id", old."title", old."points", old."estimate" "#,
            r#"FROM "tasks" AS old"#,
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "tasks""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "tasks__new" RENAME TO "tasks""#).await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_tasks_points" ON "tasks" ("points")"#).await?;
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
