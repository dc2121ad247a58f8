//! keep dropped table
//!
//! - Revision: `m002_keep_dropped_table`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - - table notes
//!
//! Hazards:
//! - ! TG101: drops table notes and its rows

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_keep_dropped_table";

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

        // notes: what goes is parked here, until the way back or `db undrop --prune`.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "schema_engine_dropped_m002_keep_dropped_table_notes" ("#,
            r#""id" INTEGER PRIMARY KEY, "#,
            r#""task_id", "#,
            r#""text""#,
            ")",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT INTO "schema_engine_dropped_m002_keep_dropped_table_notes" ("id", "#,
            r#""task_id", "text") "#,
            r#"SELECT old."id", old."task_id", old."text" "#,
            r#"FROM "notes" AS old"#,
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
            r#"INSERT INTO "schema_engine_dropped" VALUES ('schema_engine_dropped_m002_keep_dropped_table_notes', "#,
            "'m002_keep_dropped_table', 'notes', json_array('id'), json_array('id', ",
            "'task_id', 'text'), ",
            r#"json_array('CREATE TABLE "notes" ( "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "task_id" varchar(36) NOT NULL, "text" text, FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE CASCADE )'), "#,
            "(",
            "SELECT max(seq) ",
            "FROM sqlite_sequence ",
            "WHERE name = 'notes' COLLATE NOCASE), unixepoch())",
        )).await?;
        manager.drop_table(Table::drop().table("notes").to_owned()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();

        // notes: what was parked comes back, as far as it is still there.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE IF NOT EXISTS "schema_engine_dropped_m002_keep_dropped_table_notes" ("#,
            r#""id" INTEGER PRIMARY KEY, "#,
            r#""task_id", "#,
            r#""text""#,
            ")",
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

        manager
            .create_table(
                Table::create()
                    .table("notes")
                    .col(ColumnDef::new("id").integer().not_null().primary_key().auto_increment())
                    .col(ColumnDef::new("task_id").string_len(36).not_null())
                    .col(ColumnDef::new("text").text())
                    .foreign_key(
                        ForeignKey::create()
                            .from("notes", "task_id")
                            .to("tasks", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;

        // notes: its rows come back.
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "notes" ("id", "task_id", "text") "#,
            r#"SELECT parked."id", parked."task_id", parked."text" "#,
            r#"FROM "schema_engine_dropped_m002_keep_dropped_table_notes" AS parked"#,
        ))
        .await?;
        db.execute_unprepared("DELETE FROM sqlite_sequence WHERE name = 'notes' COLLATE NOCASE")
            .await?;
        db.execute_unprepared(concat!(
            "INSERT INTO sqlite_sequence (name, seq) ",
            "SELECT 'notes', sequence ",
            r#"FROM "schema_engine_dropped" "#,
            "WHERE name = 'schema_engine_dropped_m002_keep_dropped_table_notes' AND sequence IS NOT NULL",
        )).await?;

        // notes: nothing is parked any more.
        db.execute_unprepared(concat!(
            "DELETE ",
            r#"FROM "schema_engine_dropped" "#,
            "WHERE name = 'schema_engine_dropped_m002_keep_dropped_table_notes'",
        ))
        .await?;
        db.execute_unprepared(
            r#"DROP TABLE "schema_engine_dropped_m002_keep_dropped_table_notes""#,
        )
        .await?;
        Ok(())
    }
}
