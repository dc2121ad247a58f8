//! change foreign key action
//!
//! - Revision: `m002_change_foreign_key_action`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - - foreign key notes (task_id) -> tasks (id) ON DELETE CASCADE
//! - + foreign key notes (task_id) -> tasks (id) ON DELETE RESTRICT
//!
//! Rebuilds:
//! - notes: keeps every row, the id sequence

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_change_foreign_key_action";

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

        // notes: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "notes__new" ( "#,
            r#""id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "#,
            r#""task_id" varchar(36) NOT NULL, "#,
            r#""text" text, "#,
            r#"FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE RESTRICT "#,
            ")",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "notes__new" ("id", "task_id", "text") "#,
            r#"SELECT old."id", old."task_id", old."text" "#,
            r#"FROM "notes" AS old"#,
        ))
        .await?;
        db.execute_unprepared("DELETE FROM sqlite_sequence WHERE name = 'notes__new'").await?;
        db.execute_unprepared(concat!(
            "INSERT INTO sqlite_sequence (name, seq) ",
            "SELECT 'notes__new', seq ",
            "FROM sqlite_sequence ",
            "WHERE name = 'notes'",
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "notes""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "notes__new" RENAME TO "notes""#).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        refuse_enforced_foreign_keys(db).await?;

        // notes: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "notes__new" ( "#,
            r#""id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "#,
            r#""task_id" varchar(36) NOT NULL, "#,
            r#""text" text, "#,
            r#"FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE CASCADE "#,
            ")",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "notes__new" ("id", "task_id", "text") "#,
            r#"SELECT old."id", old."task_id", old."text" "#,
            r#"FROM "notes" AS old"#,
        ))
        .await?;
        db.execute_unprepared("DELETE FROM sqlite_sequence WHERE name = 'notes__new'").await?;
        db.execute_unprepared(concat!(
            "INSERT INTO sqlite_sequence (name, seq) ",
            "SELECT 'notes__new', seq ",
            "FROM sqlite_sequence ",
            "WHERE name = 'notes'",
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "notes""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "notes__new" RENAME TO "notes""#).await?;
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
