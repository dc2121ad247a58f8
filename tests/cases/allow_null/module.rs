//! allow null
//!
//! - Revision: `m002_allow_null`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - ~ column tasks.title: NOT NULL -> NULL
//!
//! Edits of stored SQL:
//! - tasks: no row is copied

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_allow_null";

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

        // tasks: nothing on disk depends on this, so the table's stored SQL is edited.
        edit_stored_sql(
            db,
            "tasks",
            concat!(
                r#"CREATE TABLE "tasks" ( "#,
                r#""id" varchar(36) NOT NULL PRIMARY KEY, "#,
                r#""title" varchar(255), "#,
                r#""priority" varchar(20) DEFAULT 'medium' "#,
                ")",
            ),
        )
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();

        // tasks: nothing on disk depends on this, so the table's stored SQL is edited.
        edit_stored_sql(
            db,
            "tasks",
            concat!(
                r#"CREATE TABLE "tasks" ( "#,
                r#""id" varchar(36) NOT NULL PRIMARY KEY, "#,
                r#""title" varchar(255) NOT NULL, "#,
                r#""priority" varchar(20) DEFAULT 'medium' "#,
                ")",
            ),
        )
        .await?;
        // This touches only a row that breaks the new rule, and then fails.
        db.execute_unprepared(concat!(
            r#"UPDATE OR ABORT "tasks" SET "title" = "title" "#,
            r#"WHERE coalesce("title", NULL) IS NULL"#,
        ))
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
    let before = layout(db, table).await?;
    let stored = sea_orm::Statement::from_sql_and_values(
        sea_orm::DbBackend::Sqlite,
        "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
        [table.into()],
    );
    let Some(old) = db.query_one_raw(stored).await? else {
        return Err(DbErr::Migration(format!("{REVISION}: there is no table {table}")));
    };
    let old: String = old.try_get_by_index(0)?;
    store_sql(db, table, sql).await?;
    if layout(db, table).await? != before {
        store_sql(db, table, &old).await?;
        return Err(DbErr::Migration(format!(
            "{REVISION} was written for a table {table} whose columns and keys stand in another \
             order than here. The table is as it was. Change the revision to build it anew."
        )));
    }
    Ok(())
}

async fn store_sql(db: &SchemaManagerConnection<'_>, table: &str, sql: &str) -> Result<(), DbErr> {
    db.execute_unprepared("PRAGMA writable_schema = ON").await?;
    let edit = sea_orm::Statement::from_sql_and_values(
        sea_orm::DbBackend::Sqlite,
        "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ? COLLATE NOCASE",
        [sql.into(), table.into()],
    );
    let edited = db.execute_raw(edit).await;
    // This connection reads the text anew here; others do once the schema has another version.
    db.execute_unprepared("PRAGMA writable_schema = RESET").await?;
    edited?;
    let version =
        sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA schema_version");
    if let Some(row) = db.query_one_raw(version).await? {
        let next = row.try_get_by_index::<i32>(0)?.wrapping_add(1);
        db.execute_unprepared(&format!("PRAGMA schema_version = {next}")).await?;
    }
    Ok(())
}

/// How a table and the indexes of its keys lie on disk: an edit must leave that as it is.
async fn layout(db: &SchemaManagerConnection<'_>, table: &str) -> Result<String, DbErr> {
    let query = sea_orm::Statement::from_sql_and_values(
        sea_orm::DbBackend::Sqlite,
        "SELECT coalesce(group_concat(part, ';'), '') FROM (
             SELECT cid || ' ' || lower(name) || ' ' || hidden || ' ' || pk AS part
             FROM pragma_table_xinfo(?1)
             UNION ALL
             SELECT i.name || ' ' || c.seqno || ' ' || c.cid || ' ' || c.desc || ' ' || lower(c.coll)
             FROM pragma_index_list(?1) AS i, pragma_index_xinfo(i.name) AS c ORDER BY 1)",
        [table.into()],
    );
    match db.query_one_raw(query).await? {
        Some(row) => row.try_get_by_index(0),
        None => Ok(String::new()),
    }
}
