//! The rows of a database that the Python version made, in columns declared `VARCHAR(n)`,
//! `DATETIME` and `JSON`.

use entity::{attachment, chat_history, config, notification, task};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::{
    Database, DatabaseConnection, DbBackend, IntoActiveModel, QueryOrder, Schema, Statement,
    TryGetableMany,
};
use serde_json::json;
use tempfile::TempDir;

use crate::instant;

/// A copy of the fixture, with the columns that the models gained since then added to it. The
/// folder goes when the first of the pair is dropped.
async fn python_database() -> (TempDir, DatabaseConnection) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("taskgenie.db");
    std::fs::copy(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/taskgenie-python.db"),
        &file,
    )
    .unwrap();
    let db = Database::connect(format!("sqlite:{}", file.display())).await.unwrap();
    entity::register(Schema::new(DbBackend::Sqlite).builder()).sync(&db).await.unwrap();
    (folder, db)
}

/// The rows that `sql` selects, past the entities. `date(column)` in it stands for the text of
/// a date with six digits of a second, whichever form is stored.
async fn stored<T: TryGetableMany>(db: &DatabaseConnection, sql: &str) -> Vec<T> {
    let mut parts = sql.split("date(");
    let mut expanded = parts.next().unwrap().to_owned();
    for part in parts {
        let (column, rest) = part.split_once(')').unwrap();
        expanded += &format!("substr({column} || '.000000', 1, 26){rest}");
    }
    db.query_all_raw(Statement::from_string(DbBackend::Sqlite, expanded))
        .await
        .unwrap()
        .iter()
        .map(|row| row.try_get_many_by_index().unwrap())
        .collect()
}

fn date(at: DateTime) -> String {
    at.format("%F %T%.6f").to_string()
}

fn parse(json: Option<String>) -> Option<Json> {
    json.map(|text| serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn every_task_is_read() {
    let (_folder, db) = python_database().await;
    let read = task::Entity::find().order_by_asc(task::Column::Id).all(&db).await.unwrap();
    assert_eq!(read.len(), 60);

    type Row = (
        String,
        String,
        Option<String>,
        String,
        Option<String>,
        Option<String>,
        String,
        String,
        Option<String>,
        Option<String>,
    );
    let rows: Vec<Row> = stored(
        &db,
        "SELECT id, title, description, status, priority, date(eta), date(created_at),
                date(updated_at), tags, metadata FROM tasks ORDER BY id",
    )
    .await;
    for (t, row) in read.into_iter().zip(rows) {
        let (id, title, description, status, priority, eta, created_at, updated_at, ..) = row;
        assert_eq!((t.tags, t.metadata), (parse(row.8), parse(row.9)));
        assert_eq!(
            (t.id, t.title, t.description, t.status, t.priority),
            (id, title, description, status, priority)
        );
        assert_eq!(
            (t.eta.map(date), date(t.created_at), date(t.updated_at)),
            (eta, created_at, updated_at)
        );
    }
}

#[tokio::test]
async fn every_attachment_is_read() {
    let (_folder, db) = python_database().await;
    let read =
        attachment::Entity::find().order_by_asc(attachment::Column::Id).all(&db).await.unwrap();
    assert_eq!(read.len(), 90);

    type Row =
        (String, String, String, String, Option<String>, Option<String>, Option<String>, String);
    let rows: Vec<Row> = stored(
        &db,
        "SELECT id, task_id, type, reference, title, content, metadata, date(created_at)
         FROM attachments ORDER BY id",
    )
    .await;
    for (a, row) in read.into_iter().zip(rows) {
        let (id, task_id, r#type, reference, title, content, metadata, created_at) = row;
        assert_eq!(
            (a.id, a.task_id, a.r#type, a.reference, a.title, a.content),
            (id, task_id, r#type, reference, title, content)
        );
        assert_eq!((a.metadata, date(a.created_at)), (parse(metadata), created_at));
    }
}

#[tokio::test]
async fn every_notification_is_read() {
    let (_folder, db) = python_database().await;
    let read: Vec<_> = notification::Entity::find()
        .order_by_asc(notification::Column::Id)
        .all(&db)
        .await
        .unwrap()
        .into_iter()
        .map(|n| (n.id, n.task_id, n.r#type, date(n.scheduled_at), n.sent_at.map(date), n.status))
        .collect();
    assert_eq!(read.len(), 60);
    let rows: Vec<(_, _, _, _, _, _)> = stored(
        &db,
        "SELECT id, task_id, type, date(scheduled_at), date(sent_at), status
         FROM notifications ORDER BY id",
    )
    .await;
    assert_eq!(read, rows);
}

#[tokio::test]
async fn every_message_and_setting_is_read() {
    let (_folder, db) = python_database().await;
    let messages: Vec<_> = chat_history::Entity::find()
        .order_by_asc(chat_history::Column::Id)
        .all(&db)
        .await
        .unwrap()
        .into_iter()
        .map(|m| (m.id, m.session_id, m.role, m.content, date(m.timestamp)))
        .collect();
    assert_eq!(messages.len(), 25);
    let rows: Vec<(_, _, _, _, _)> = stored(
        &db,
        "SELECT id, session_id, role, content, date(timestamp) FROM chat_history ORDER BY id",
    )
    .await;
    assert_eq!(messages, rows);

    let settings: Vec<_> = config::Entity::find()
        .order_by_asc(config::Column::Key)
        .all(&db)
        .await
        .unwrap()
        .into_iter()
        .map(|s| (s.key, s.value, date(s.updated_at)))
        .collect();
    assert_eq!(settings.len(), 3);
    let rows: Vec<(_, _, _)> =
        stored(&db, "SELECT key, value, date(updated_at) FROM config ORDER BY key").await;
    assert_eq!(settings, rows);
}

const ALPS: &str = "ae97ba94-d0ed-482f-8f6d-05584ef8aa38";
const DENTIST: &str = "d23f0824-128b-4f33-8c5c-7fd0a6a3a450";

/// The Python version wrote dates of its own with six digits of a second, and left others to
/// `CURRENT_TIMESTAMP`, which has none.
#[tokio::test]
async fn both_forms_of_a_date_are_read() {
    let (_folder, db) = python_database().await;
    let forms: Vec<(String, String)> =
        stored(&db, &format!("SELECT eta, created_at FROM tasks WHERE id = '{ALPS}'")).await;
    assert_eq!(
        forms,
        [("2026-01-02 04:00:00.000004".to_owned(), "2026-11-23 02:59:02".to_owned())]
    );
    let task = task::Entity::find_by_id(ALPS).one(&db).await.unwrap();
    let task = task.unwrap();
    assert_eq!(task.eta, Some(instant(1, 2, (4, 0, 0), 4)));
    assert_eq!(task.created_at, instant(11, 23, (2, 59, 2), 0));

    let notification = notification::Entity::find_by_id("36f675cc-81e7-4ef5-a8e2-5d940ed90475")
        .one(&db)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(notification.scheduled_at, instant(2, 1, (0, 1, 0), 0));
    assert_eq!(notification.sent_at, Some(instant(2, 1, (0, 0, 1), 0)));
}

/// SQLite compares the texts, and SeaORM writes a whole second without the six zeros.
#[tokio::test]
async fn dates_are_found_by_range_not_by_equality() {
    let (_folder, db) = python_database().await;
    let first = instant(1, 1, (0, 0, 0), 0);
    let due = |condition| task::Entity::find().filter(condition).all(&db);

    let in_range = due(task::Column::Eta.between(first, instant(1, 1, (0, 0, 1), 0)));
    let in_range = in_range.await.unwrap();
    assert_eq!(in_range.len(), 1);
    assert_eq!(in_range[0].eta, Some(first));
    let equal = due(task::Column::Eta.eq(first)).await.unwrap();
    assert!(equal.is_empty());
}

/// Where the Python version had nothing to say it stored the text `null`, not SQL `NULL`.
#[tokio::test]
async fn json_of_every_kind_is_read() {
    let (_folder, db) = python_database().await;
    let dentist = task::Entity::find_by_id(DENTIST).one(&db).await.unwrap();
    let dentist = dentist.unwrap();
    assert_eq!(dentist.tags, Some(Json::Null));
    assert_eq!(dentist.metadata, Some(json!({"source": "gmail", "n": 1, "f": 1.0 / 7.0})));
    let escaped = task::Entity::find_by_id("0cb1e29c-658c-4a14-95e6-0af593bd04cf")
        .one(&db)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(escaped.tags, Some(json!(["é", "日本"])));

    let tasks = task::Entity::find().all(&db).await.unwrap();
    assert!(tasks.iter().all(|t| t.tags.is_some()));
    let mut floats = 0;
    for metadata in tasks.into_iter().filter_map(|t| t.metadata) {
        if let (Some(n), Some(f)) = (metadata["n"].as_f64(), metadata["f"].as_f64()) {
            assert_eq!(f, n / 7.0);
            floats += 1;
        }
    }
    assert_eq!(floats, 20);
}

/// The entities also write into the columns as the Python version declared them, and what
/// they don't change stays as it was, to the byte.
#[tokio::test]
async fn rows_are_written_beside_the_old_ones() {
    let (_folder, db) = python_database().await;
    let new = task::ActiveModel {
        id: Set("new".to_owned()),
        title: Set("Written by SeaORM".to_owned()),
        eta: Set(Some(instant(5, 6, (7, 8, 9), 10))),
        tags: Set(Some(json!(["work"]))),
        ..Default::default()
    };
    let new = new.insert(&db).await.unwrap();
    assert_eq!(new.status, "pending");
    assert_eq!(new.eta, Some(instant(5, 6, (7, 8, 9), 10)));
    assert_eq!((new.tags, new.metadata), (Some(json!(["work"])), None));

    let old = task::Entity::find_by_id(DENTIST).one(&db).await.unwrap();
    let mut change = old.unwrap().into_active_model();
    change.eta = Set(Some(instant(5, 6, (7, 8, 9), 0)));
    change.update(&db).await.unwrap();
    let row: Vec<(String, String, String, String)> = stored(
        &db,
        &format!("SELECT eta, created_at, tags, metadata FROM tasks WHERE id = '{DENTIST}'"),
    )
    .await;
    assert_eq!(
        row,
        [(
            "2026-05-06 07:08:09".to_owned(),
            "2026-11-23 02:59:02".to_owned(),
            "null".to_owned(),
            r#"{"source": "gmail", "n": 1, "f": 0.14285714285714285}"#.to_owned()
        )]
    );

    task::Entity::delete_by_id(DENTIST).exec(&db).await.unwrap();
    let left = notification::Entity::find()
        .filter(notification::Column::TaskId.eq(DENTIST))
        .count(&db)
        .await
        .unwrap();
    assert_eq!(left, 0);
    assert_eq!(notification::Entity::find().count(&db).await.unwrap(), 59);
}
