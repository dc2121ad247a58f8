//! Rows written and read through the entities.

use entity::{attachment, chat_history, config, notification, task};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::{DatabaseConnection, DbBackend, IntoActiveModel, QueryOrder, Statement};
use serde_json::json;

use crate::{database, instant};

async fn insert_task(db: &DatabaseConnection, id: &str) -> task::Model {
    let task = task::ActiveModel {
        id: Set(id.to_owned()),
        title: Set(format!("Task {id}")),
        ..Default::default()
    };
    task.insert(db).await.unwrap()
}

async fn insert_children(db: &DatabaseConnection, task_id: &str, n: u32) {
    for i in 0..n {
        let attachment = attachment::ActiveModel {
            id: Set(format!("{task_id}-a{i}")),
            task_id: Set(task_id.to_owned()),
            r#type: Set("url".to_owned()),
            reference: Set(format!("https://example.org/{i}")),
            ..Default::default()
        };
        attachment.insert(db).await.unwrap();
        let notification = notification::ActiveModel {
            id: Set(format!("{task_id}-n{i}")),
            task_id: Set(task_id.to_owned()),
            r#type: Set("due_6h".to_owned()),
            scheduled_at: Set(instant(3, 1, (8, 0, i), 0)),
            ..Default::default()
        };
        notification.insert(db).await.unwrap();
    }
}

/// The one text that `sql` selects.
async fn text(db: &DatabaseConnection, sql: &str) -> String {
    db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await
        .unwrap()
        .unwrap()
        .try_get_by_index(0)
        .unwrap()
}

#[tokio::test]
async fn what_is_not_set_comes_from_the_database() {
    let db = database().await;
    let now = text(&db, "SELECT CURRENT_TIMESTAMP").await;
    let now = DateTime::parse_from_str(&now, "%F %T").unwrap();
    let is_now = |at: DateTime| (0..60).contains(&(at - now).num_seconds());

    let task = insert_task(&db, "t").await;
    assert!(is_now(task.created_at) && is_now(task.updated_at));
    assert_eq!(task.status, "pending");
    assert_eq!(task.priority.as_deref(), Some("medium"));
    assert_eq!((&task.description, task.eta), (&None, None));
    assert_eq!((&task.tags, &task.metadata), (&None, &None));

    insert_children(&db, "t", 1).await;
    let attachment = attachment::Entity::find().one(&db).await.unwrap().unwrap();
    assert!(is_now(attachment.created_at));
    let notification = notification::Entity::find().one(&db).await.unwrap();
    let notification = notification.unwrap();
    assert_eq!(notification.status, "pending");
    assert_eq!(notification.sent_at, None);

    let message = chat_history::ActiveModel {
        id: Set("m".to_owned()),
        session_id: Set("s".to_owned()),
        role: Set("user".to_owned()),
        content: Set("What is due today?".to_owned()),
        ..Default::default()
    };
    assert!(is_now(message.insert(&db).await.unwrap().timestamp));
    let setting = config::ActiveModel {
        key: Set("theme".to_owned()),
        value: Set("dark".to_owned()),
        ..Default::default()
    };
    assert!(is_now(setting.insert(&db).await.unwrap().updated_at));
}

#[tokio::test]
async fn what_is_set_comes_back() {
    let db = database().await;
    let task = task::Model {
        title: "買い物: O'Reilly\n\"🏔️\"".to_owned(),
        description: Some(String::new()),
        status: "in_progress".to_owned(),
        priority: None,
        eta: Some(instant(1, 2, (3, 4, 5), 6)),
        created_at: instant(1, 1, (0, 0, 0), 0),
        updated_at: instant(12, 31, (23, 59, 59), 999_999),
        tags: Some(json!(["é", "日本"])),
        metadata: Some(json!({"n": i64::MIN, "nested": {"f": 0.1, "none": null}})),
        ..insert_task(&db, "t").await
    };
    let write = task.clone().into_active_model().reset_all();
    write.update(&db).await.unwrap();
    let found = task::Entity::find_by_id("t").one(&db).await.unwrap();
    assert_eq!(found, Some(task));
    assert_eq!(
        text(&db, "SELECT eta || '|' || created_at || '|' || updated_at FROM tasks").await,
        "2026-01-02 03:04:05.000006|2026-01-01 00:00:00|2026-12-31 23:59:59.999999"
    );
}

/// SQL `NULL` and the JSON text `null` stay two things, so reading and writing a row of the
/// Python version doesn't turn one into the other.
#[tokio::test]
async fn json_values_keep_their_kind() {
    let db = database().await;
    insert_task(&db, "t").await;
    for (value, stored) in [
        (None, "null:"),
        (Some(json!(null)), "text:null"),
        (Some(json!([])), "text:[]"),
        (Some(json!({})), "text:{}"),
        (Some(json!(["work", "home"])), r#"text:["work","home"]"#),
        (Some(json!(12)), "text:12"),
        (Some(json!("12")), r#"text:"12""#),
        (Some(json!(true)), "text:true"),
    ] {
        let change = task::ActiveModel {
            id: Set("t".to_owned()),
            tags: Set(value.clone()),
            metadata: Set(value.clone()),
            ..Default::default()
        };
        change.update(&db).await.unwrap();
        let task = task::Entity::find_by_id("t").one(&db).await.unwrap();
        let task = task.unwrap();
        assert_eq!((task.tags, task.metadata), (value.clone(), value));
        for column in ["tags", "metadata"] {
            let sql = format!("SELECT typeof({column}) || ':' || ifnull({column}, '') FROM tasks");
            assert_eq!(text(&db, &sql).await, stored);
        }
    }
}

#[tokio::test]
async fn relations_lead_both_ways() {
    let db = database().await;
    let (one, other) = (insert_task(&db, "one").await, insert_task(&db, "other").await);
    insert_children(&db, "one", 2).await;
    insert_children(&db, "other", 1).await;

    let attachments = one.find_related(attachment::Entity).all(&db).await.unwrap();
    let ids: Vec<_> = attachments.iter().map(|a| a.id.as_str()).collect();
    assert_eq!(ids, ["one-a0", "one-a1"]);
    let notifications = other.find_related(notification::Entity).all(&db).await;
    let notifications = notifications.unwrap();
    let ids: Vec<_> = notifications.iter().map(|n| n.id.as_str()).collect();
    assert_eq!(ids, ["other-n0"]);

    let of_attachment = attachments[1].find_related(task::Entity).one(&db).await;
    assert_eq!(of_attachment.unwrap().as_ref(), Some(&one));
    let of_notification = notifications[0].find_related(task::Entity).one(&db).await;
    assert_eq!(of_notification.unwrap().as_ref(), Some(&other));

    let loaded = task::Entity::load()
        .with(attachment::Entity)
        .with(notification::Entity)
        .order_by_asc(task::Column::Id)
        .all(&db)
        .await
        .unwrap();
    let counts: Vec<_> = loaded
        .iter()
        .map(|t| (t.id.as_str(), t.attachments.len(), t.notifications.len()))
        .collect();
    assert_eq!(counts, [("one", 2, 2), ("other", 1, 1)]);
}

#[tokio::test]
async fn deleting_a_task_deletes_its_children_only() {
    let db = database().await;
    assert_eq!(text(&db, "SELECT foreign_keys || '' FROM pragma_foreign_keys").await, "1");
    for id in ["gone", "kept"] {
        insert_task(&db, id).await;
        insert_children(&db, id, 2).await;
    }
    task::Entity::delete_by_id("gone").exec(&db).await.unwrap();

    let attachments = attachment::Entity::find().all(&db).await.unwrap();
    assert_eq!(attachments.len(), 2);
    assert!(attachments.iter().all(|a| a.task_id == "kept"));
    let notifications = notification::Entity::find().all(&db).await.unwrap();
    assert_eq!(notifications.len(), 2);
    assert!(notifications.iter().all(|n| n.task_id == "kept"));
}

#[tokio::test]
async fn a_child_without_its_task_is_refused() {
    let db = database().await;
    let orphan = notification::ActiveModel {
        id: Set("n".to_owned()),
        task_id: Set("nowhere".to_owned()),
        r#type: Set("due_24h".to_owned()),
        scheduled_at: Set(instant(3, 1, (8, 0, 0), 0)),
        ..Default::default()
    };
    let error = orphan.insert(&db).await.unwrap_err();
    assert!(matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))), "{error}");
}
