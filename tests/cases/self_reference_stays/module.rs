//! self reference stays
//!
//! - Revision: `m002_self_reference_stays`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - ~ column tree.name: type text -> varchar(40)
//!
//! Edits of stored SQL:
//! - tree: no row is copied

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_self_reference_stays";

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

        // tree: nothing on disk depends on this, so the table's stored SQL is edited.
        edit_stored_sql(
            db,
            "tree",
            concat!(
                r#"CREATE TABLE "tree" ( "#,
                r#""id" integer NOT NULL PRIMARY KEY, "#,
                r#""parent" integer, "#,
                r#""name" varchar(40), "#,
                r#"FOREIGN KEY ("parent") REFERENCES "tree" ("id") ON DELETE CASCADE "#,
                ")",
            ),
        )
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();

        // tree: nothing on disk depends on this, so the table's stored SQL is edited.
        edit_stored_sql(
            db,
            "tree",
            concat!(
                r#"CREATE TABLE "tree" ( "#,
                r#""id" integer NOT NULL PRIMARY KEY, "#,
                r#""parent" integer, "#,
                r#""name" text, "#,
                r#"FOREIGN KEY ("parent") REFERENCES "tree" ("id") ON DELETE CASCADE "#,
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
