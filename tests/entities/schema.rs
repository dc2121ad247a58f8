//! The SQL of the models.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::database;

/// The `CREATE` texts that `sqlite_schema` holds for objects of this type, by name.
async fn stored_sql(db: &DatabaseConnection, kind: &str) -> BTreeMap<String, String> {
    db.query_all_raw(Statement::from_sql_and_values(
        DbBackend::Sqlite,
        "SELECT name, sql FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL",
        [kind.into()],
    ))
    .await
    .unwrap()
    .iter()
    .map(|row| row.try_get_many_by_index().unwrap())
    .collect()
}

/// Expected SQL, laid out for reading, as the one line that SeaORM writes.
fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn tables_are_created_as_written_here() {
    let expected = [
        (
            "tasks",
            r#"CREATE TABLE "tasks" (
                "id" varchar(36) NOT NULL PRIMARY KEY,
                "title" varchar(255) NOT NULL,
                "description" text,
                "status" varchar(20) NOT NULL DEFAULT 'pending',
                "priority" varchar(20) DEFAULT 'medium',
                "eta" datetime_text,
                "created_at" datetime_text NOT NULL DEFAULT CURRENT_TIMESTAMP,
                "updated_at" datetime_text NOT NULL DEFAULT CURRENT_TIMESTAMP,
                "tags" json_text,
                "metadata" json_text )"#,
        ),
        (
            "attachments",
            r#"CREATE TABLE "attachments" (
                "id" varchar(36) NOT NULL PRIMARY KEY,
                "task_id" varchar(36) NOT NULL,
                "type" varchar(20) NOT NULL,
                "reference" varchar(500) NOT NULL,
                "title" varchar(255),
                "content" text,
                "metadata" json_text,
                "created_at" datetime_text NOT NULL DEFAULT CURRENT_TIMESTAMP,
                FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE CASCADE )"#,
        ),
        (
            "notifications",
            r#"CREATE TABLE "notifications" (
                "id" varchar(36) NOT NULL PRIMARY KEY,
                "task_id" varchar(36) NOT NULL,
                "type" varchar(20) NOT NULL,
                "scheduled_at" datetime_text NOT NULL,
                "sent_at" datetime_text,
                "status" varchar(20) NOT NULL DEFAULT 'pending',
                FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE CASCADE )"#,
        ),
        (
            "chat_history",
            r#"CREATE TABLE "chat_history" (
                "id" varchar(36) NOT NULL PRIMARY KEY,
                "session_id" varchar(36) NOT NULL,
                "role" varchar(10) NOT NULL,
                "content" text NOT NULL,
                "timestamp" datetime_text NOT NULL DEFAULT CURRENT_TIMESTAMP )"#,
        ),
        (
            "config",
            r#"CREATE TABLE "config" (
                "key" varchar(100) NOT NULL PRIMARY KEY,
                "value" text NOT NULL,
                "updated_at" datetime_text NOT NULL DEFAULT CURRENT_TIMESTAMP )"#,
        ),
    ];
    let expected: BTreeMap<_, _> =
        expected.map(|(table, sql)| (table.to_owned(), one_line(sql))).into();
    assert_eq!(stored_sql(&database().await, "table").await, expected);
}

#[tokio::test]
async fn indexes_are_created_as_written_here() {
    let expected = [
        ("idx_tasks_status", r#"CREATE INDEX "idx_tasks_status" ON "tasks" ("status")"#),
        ("idx_tasks_eta", r#"CREATE INDEX "idx_tasks_eta" ON "tasks" ("eta")"#),
        ("idx_tasks_priority", r#"CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority")"#),
        ("idx_tasks_created", r#"CREATE INDEX "idx_tasks_created" ON "tasks" ("created_at")"#),
        (
            "idx_attachments_task_id",
            r#"CREATE INDEX "idx_attachments_task_id" ON "attachments" ("task_id")"#,
        ),
        (
            "idx_attachments_type",
            r#"CREATE INDEX "idx_attachments_type" ON "attachments" ("type")"#,
        ),
        (
            "idx_notifications_task_id",
            r#"CREATE INDEX "idx_notifications_task_id" ON "notifications" ("task_id")"#,
        ),
        (
            "idx_notifications_scheduled",
            r#"CREATE INDEX "idx_notifications_scheduled" ON "notifications" ("scheduled_at")"#,
        ),
        (
            "idx_notifications_status",
            r#"CREATE INDEX "idx_notifications_status" ON "notifications" ("status")"#,
        ),
    ];
    let in_order: Vec<_> = entity::objects().into_iter().map(|o| o.sql).collect();
    assert_eq!(in_order, expected.map(|(_, sql)| sql));

    let expected: BTreeMap<_, _> =
        expected.map(|(index, sql)| (index.to_owned(), sql.to_owned())).into();
    assert_eq!(stored_sql(&database().await, "index").await, expected);
}

/// A model that `register()` doesn't name, or whose objects `objects()` doesn't, is a table
/// that never reaches a migration. Two models of one table are no better: SeaORM keeps the
/// first and drops the other without a word.
#[tokio::test]
async fn every_model_file_takes_part() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = std::fs::read_to_string(source.join("lib.rs")).unwrap();
    let created = stored_sql(&database().await, "table").await;
    let mut declared = BTreeSet::new();

    for entry in std::fs::read_dir(&source).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        if file == "lib.rs" {
            continue;
        }
        let model = file.strip_suffix(".rs").expect("only models live here");
        let text = std::fs::read_to_string(&path).unwrap();

        let tables: Vec<_> = text
            .split("table_name = \"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect();
        assert!(!tables.is_empty(), "{file} declares no table");
        for table in tables {
            assert!(
                created.contains_key(&table),
                "{file}: register() lacks {model}::Entity (table {table})"
            );
            assert!(declared.insert(table.clone()), "{file}: table {table} has another model");
        }
        if text.contains("pub fn objects()") {
            let call = format!("{model}::objects()");
            let code = lib.lines().filter(|line| !line.trim_start().starts_with("//"));
            assert!(
                code.into_iter().any(|line| line.contains(&call)),
                "{file}: objects() of the crate lacks {call}"
            );
        }
    }
}
