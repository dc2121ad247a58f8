//! rebuild edit and plain steps
//!
//! - Revision: `m002_rebuild_edit_and_plain_steps`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - + table labels (id, name)
//! - + column config.note text
//! - ~ column notifications.status: NOT NULL -> NULL
//! - ~ column tasks.priority: collation BINARY -> NOCASE
//! - + index idx_labels_name on labels
//!
//! Edits of stored SQL:
//! - notifications: no row is copied
//!
//! Rebuilds:
//! - tasks: keeps every row, rowids, 4 indexes, 2 inbound foreign keys

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_rebuild_edit_and_plain_steps";

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

        manager
            .create_table(
                Table::create()
                    .table("labels")
                    .col(ColumnDef::new("id").integer().not_null().primary_key().auto_increment())
                    .col(ColumnDef::new("name").string_len(50).not_null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idx_labels_name")
                    .table("labels")
                    .unique()
                    .col("name")
                    .to_owned(),
            )
            .await?;
        manager
            .alter_table(
                Table::alter().table("config").add_column(ColumnDef::new("note").text()).to_owned(),
            )
            .await?;

        // notifications: nothing on disk depends on this, so the table's stored SQL is edited.
        edit_stored_sql(
            db,
            "notifications",
            concat!(
                r#"CREATE TABLE "notifications" ( "#,
                r#""id" varchar(36) NOT NULL PRIMARY KEY, "#,
                r#""task_id" varchar(36) NOT NULL, "#,
                r#""type" varchar(20) NOT NULL, "#,
                r#""scheduled_at" datetime_text NOT NULL, "#,
                r#""sent_at" datetime_text, "#,
                r#""status" varchar(20) DEFAULT 'pending', "#,
                r#"FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE CASCADE "#,
                ")",
            ),
        )
        .await?;

        // tasks: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "tasks__new" ( "#,
            r#""id" varchar(36) NOT NULL PRIMARY KEY, "#,
            r#""title" varchar(255) NOT NULL, "#,
            r#""description" text, "#,
            r#""status" varchar(20) NOT NULL DEFAULT 'pending', "#,
            r#""priority" varchar(20) DEFAULT 'medium' COLLATE NOCASE, "#,
            r#""eta" datetime_text, "#,
            r#""created_at" datetime_text NOT NULL DEFAULT CURRENT_TIMESTAMP, "#,
            r#""updated_at" datetime_text NOT NULL DEFAULT CURRENT_TIMESTAMP, "#,
            r#""tags" json_text, "#,
            r#""metadata" json_text "#,
            ")",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "tasks__new" (rowid, "id", "title", "description", "#,
            r#""status", "priority", "eta", "created_at", "updated_at", "tags", "metadata") "#,
            r#"SELECT old.rowid, old."id", old."title", old."description", old."status", "#,
            r#"old."priority", old."eta", old."created_at", old."updated_at", old."tags", "#,
            r#"old."metadata" "#,
            r#"FROM "tasks" AS old"#,
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "tasks""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "tasks__new" RENAME TO "tasks""#).await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_tasks_status" ON "tasks" ("status")"#).await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_tasks_eta" ON "tasks" ("eta")"#).await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority")"#)
            .await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_tasks_created" ON "tasks" ("created_at")"#)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        refuse_enforced_foreign_keys(db).await?;
        manager.alter_table(Table::alter().table("config").drop_column("note").to_owned()).await?;

        // notifications: nothing on disk depends on this, so the table's stored SQL is edited.
        db.execute_unprepared(
            r#"UPDATE OR ABORT "notifications" SET "status" = 'pending' WHERE "status" IS NULL"#,
        )
        .await?;
        edit_stored_sql(
            db,
            "notifications",
            concat!(
                r#"CREATE TABLE "notifications" ( "#,
                r#""id" varchar(36) NOT NULL PRIMARY KEY, "#,
                r#""task_id" varchar(36) NOT NULL, "#,
                r#""type" varchar(20) NOT NULL, "#,
                r#""scheduled_at" datetime_text NOT NULL, "#,
                r#""sent_at" datetime_text, "#,
                r#""status" varchar(20) NOT NULL DEFAULT 'pending', "#,
                r#"FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE CASCADE "#,
                ")",
            ),
        )
        .await?;
        // This touches only a row that breaks the new rule, and then fails.
        db.execute_unprepared(concat!(
            r#"UPDATE OR ABORT "notifications" SET "status" = "status" "#,
            r#"WHERE coalesce("status", NULL) IS NULL"#,
        ))
        .await?;

        // tasks: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "tasks__new" ( "#,
            r#""id" varchar(36) NOT NULL PRIMARY KEY, "#,
            r#""title" varchar(255) NOT NULL, "#,
            r#""description" text, "#,
            r#""status" varchar(20) NOT NULL DEFAULT 'pending', "#,
            r#""priority" varchar(20) DEFAULT 'medium', "#,
            r#""eta" datetime_text, "#,
            r#""created_at" datetime_text NOT NULL DEFAULT CURRENT_TIMESTAMP, "#,
            r#""updated_at" datetime_text NOT NULL DEFAULT CURRENT_TIMESTAMP, "#,
            r#""tags" json_text, "#,
            r#""metadata" json_text "#,
            ")",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "tasks__new" (rowid, "id", "title", "description", "#,
            r#""status", "priority", "eta", "created_at", "updated_at", "tags", "metadata") "#,
            r#"SELECT old.rowid, old."id", old."title", old."description", old."status", "#,
            r#"old."priority", old."eta", old."created_at", old."updated_at", old."tags", "#,
            r#"old."metadata" "#,
            r#"FROM "tasks" AS old"#,
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "tasks""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "tasks__new" RENAME TO "tasks""#).await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_tasks_status" ON "tasks" ("status")"#).await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_tasks_eta" ON "tasks" ("eta")"#).await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority")"#)
            .await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_tasks_created" ON "tasks" ("created_at")"#)
            .await?;
        manager.drop_table(Table::drop().table("labels").to_owned()).await?;
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
