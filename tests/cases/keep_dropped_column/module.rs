//! keep dropped column
//!
//! - Revision: `m002_keep_dropped_column`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - - column tasks.priority varchar(20) DEFAULT 'medium'
//! - - index idx_tasks_priority on tasks
//!
//! Hazards:
//! - ! TG102: drops column tasks.priority and its values

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_keep_dropped_column";

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

        // tasks: what goes is parked here, until the way back or `db undrop --prune`.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "schema_engine_dropped_m002_keep_dropped_column_tasks" ("#,
            r#""id", "#,
            r#""priority", "#,
            r#"PRIMARY KEY ("id")"#,
            ") WITHOUT ROWID",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT INTO "schema_engine_dropped_m002_keep_dropped_column_tasks" ("id", "#,
            r#""priority") "#,
            r#"SELECT old."id", old."priority" "#,
            r#"FROM "tasks" AS old"#,
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"CREATE TABLE IF NOT EXISTS "schema_engine_dropped" ( "#,
            r#""name" text NOT NULL PRIMARY KEY, "#,
            r#""revision" text NOT NULL, "#,
            r#""table_name" text NOT NULL, "#,
            r#""key_columns" text NOT NULL, "#,
            r#""columns" text NOT NULL, "#,
            r#""texts" text NOT NULL, "#,
            r#""sequence" integer, "#,
            r#""parked_at" integer NOT NULL "#,
            ") WITHOUT ROWID",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT INTO "schema_engine_dropped" VALUES ('schema_engine_dropped_m002_keep_dropped_column_tasks', "#,
            "'m002_keep_dropped_column', 'tasks', json_array('id'), json_array('priority'), ",
            "json_array(), NULL, unixepoch())",
        )).await?;
        manager
            .drop_index(Index::drop().name("idx_tasks_priority").table("tasks").to_owned())
            .await?;
        manager
            .alter_table(Table::alter().table("tasks").drop_column("priority").to_owned())
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        refuse_enforced_foreign_keys(db).await?;

        // tasks: what was parked comes back, as far as it is still there.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE IF NOT EXISTS "schema_engine_dropped_m002_keep_dropped_column_tasks" ("#,
            r#""id", "#,
            r#""priority", "#,
            r#"PRIMARY KEY ("id")"#,
            ") WITHOUT ROWID",
        )).await?;
        db.execute_unprepared(concat!(
            r#"CREATE TABLE IF NOT EXISTS "schema_engine_dropped" ( "#,
            r#""name" text NOT NULL PRIMARY KEY, "#,
            r#""revision" text NOT NULL, "#,
            r#""table_name" text NOT NULL, "#,
            r#""key_columns" text NOT NULL, "#,
            r#""columns" text NOT NULL, "#,
            r#""texts" text NOT NULL, "#,
            r#""sequence" integer, "#,
            r#""parked_at" integer NOT NULL "#,
            ") WITHOUT ROWID",
        ))
        .await?;

        // tasks: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "tasks__new" ( "#,
            r#""id" varchar(36) NOT NULL PRIMARY KEY, "#,
            r#""title" varchar(255) NOT NULL, "#,
            r#""priority" varchar(20) DEFAULT 'medium' "#,
            ")",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "tasks__new" (rowid, "id", "title", "priority") "#,
            r#"SELECT old.rowid, old."id", old."title", (CASE WHEN EXISTS ("#,
            "SELECT 1 ",
            r#"FROM "schema_engine_dropped_m002_keep_dropped_column_tasks" AS parked "#,
            r#"WHERE parked."id" = +old."id") THEN ("#,
            r#"SELECT parked."priority" "#,
            r#"FROM "schema_engine_dropped_m002_keep_dropped_column_tasks" AS parked "#,
            r#"WHERE parked."id" = +old."id") ELSE 'medium' "#,
            "END) ",
            r#"FROM "tasks" AS old"#,
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "tasks""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "tasks__new" RENAME TO "tasks""#).await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority")"#)
            .await?;

        // tasks: nothing is parked any more.
        db.execute_unprepared(concat!(
            "DELETE ",
            r#"FROM "schema_engine_dropped" "#,
            "WHERE name = 'schema_engine_dropped_m002_keep_dropped_column_tasks'",
        ))
        .await?;
        db.execute_unprepared(
            r#"DROP TABLE "schema_engine_dropped_m002_keep_dropped_column_tasks""#,
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
