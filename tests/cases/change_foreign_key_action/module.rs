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
//! Edits of stored SQL:
//! - notes: no row is copied

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

        // notes: nothing on disk depends on this, so the table's stored SQL is edited.
        edit_stored_sql(
            db,
            "notes",
            concat!(
                r#"CREATE TABLE "notes" ( "#,
                r#""id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "#,
                r#""task_id" varchar(36) NOT NULL, "#,
                r#""text" text, "#,
                r#"FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE RESTRICT "#,
                ")",
            ),
        )
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();

        // notes: nothing on disk depends on this, so the table's stored SQL is edited.
        edit_stored_sql(
            db,
            "notes",
            concat!(
                r#"CREATE TABLE "notes" ( "#,
                r#""id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "#,
                r#""task_id" varchar(36) NOT NULL, "#,
                r#""text" text, "#,
                r#"FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE CASCADE "#,
                ")",
            ),
        )
        .await?;
        Ok(())
    }
}

/// Gives a table another stored text, by the way that SQLite documents for what doesn't concern
/// what is on disk: <https://www.sqlite.org/lang_altertable.html#otheralter>.
async fn edit_stored_sql(
    db: &SchemaManagerConnection<'_>,
    table: &str,
    sql: &str,
) -> Result<(), DbErr> {
    let pragma =
        sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA schema_version");
    let version: i32 = match db.query_one_raw(pragma).await? {
        Some(row) => row.try_get_by_index(0)?,
        None => 0,
    };
    db.execute_unprepared("PRAGMA writable_schema = ON").await?;
    let edit = sea_orm::Statement::from_sql_and_values(
        sea_orm::DbBackend::Sqlite,
        "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ? COLLATE NOCASE",
        [sql.into(), table.into()],
    );
    let edited = db.execute_raw(edit).await;
    // By its version other connections see that the schema is another one.
    db.execute_unprepared(&format!("PRAGMA schema_version = {}", version.wrapping_add(1))).await?;
    // This one reads it anew here, and stops at a text that it can't read.
    db.execute_unprepared("PRAGMA writable_schema = RESET").await?;
    let check = format!("SELECT 1 FROM \"{}\" LIMIT 0", table.replace('"', "\"\""));
    db.execute_unprepared(&check).await?;
    match edited?.rows_affected() {
        1 => Ok(()),
        _ => Err(DbErr::Migration(format!("{REVISION}: there is no table {table}"))),
    }
}
