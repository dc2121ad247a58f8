//! A revision goes on top of another one only if it does the same there, and comes back.

use schema_engine::history::Migrations;
use schema_engine::transplant::{Tried, transplant};
use schema_engine::{ErrorKind, Result};
use sea_orm::{ConnectionTrait as _, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use std::error::Error as _;

struct Revision(&'static str, &'static str, &'static str);

impl MigrationName for Revision {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Revision {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.1).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.2).await.map(drop)
    }
}

/// Tries the right one on top of the left one.
async fn tried(
    left: (&'static str, &'static str),
    right: (&'static str, &'static str),
) -> Result<Tried> {
    let base = "CREATE TABLE tasks (id integer PRIMARY KEY, title text NOT NULL)";
    let migrations: Migrations = vec![
        Box::new(Revision("base", base, "DROP TABLE tasks")),
        Box::new(Revision("right", right.0, right.1)),
        Box::new(Revision("left", left.0, left.1)),
    ];
    transplant(&migrations, &["right"], &["base"], &["base", "left"]).await
}

const POINTS: (&str, &str) =
    ("ALTER TABLE tasks ADD COLUMN points", "ALTER TABLE tasks DROP COLUMN points");

const REBUILD: (&str, &str) = (
    "CREATE TABLE t2 (id integer PRIMARY KEY, title text NOT NULL, note text);
     INSERT INTO t2 (id, title) SELECT id, title FROM tasks;
     DROP TABLE tasks; ALTER TABLE t2 RENAME TO tasks",
    "ALTER TABLE tasks DROP COLUMN note",
);

#[tokio::test]
async fn what_does_the_same_goes() {
    let note = ("ALTER TABLE tasks ADD COLUMN note", "ALTER TABLE tasks DROP COLUMN note");
    let seen = tried(POINTS, note).await.unwrap();
    assert_eq!((seen.sample_rows, seen.notes.len()), (3, 0));
    let columns = seen.reached.tables[&"tasks".into()].columns.len();
    assert_eq!(columns, 4, "the models are compared with both branches");
}

/// A rebuild names the columns that it knew; the other branch's would vanish with their values.
#[tokio::test]
async fn what_drops_the_other_branchs_column_is_refused() {
    let error = tried(POINTS, REBUILD).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    let text = format!("{error}: {cause}");
    assert!(text.contains("points"), "{text}");
}

#[tokio::test]
async fn what_drops_the_other_branchs_column_on_its_way_down_is_refused_by_its_name() {
    let rebuilt_down = (
        "ALTER TABLE tasks ADD COLUMN note",
        "CREATE TABLE t2 (id integer PRIMARY KEY, title text NOT NULL);
         INSERT INTO t2 (id, title) SELECT id, title FROM tasks;
         DROP TABLE tasks; ALTER TABLE t2 RENAME TO tasks",
    );
    let error = tried(POINTS, rebuilt_down).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.to_string(), "its way down doesn't return to where it began");
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    assert!(cause.contains("tasks.points"), "{cause}");
}

#[tokio::test]
async fn what_fails_there_is_refused() {
    let error = tried(POINTS, POINTS).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("the way up of right fails"), "{error}");
    let one_way = ("ALTER TABLE tasks ADD COLUMN note", "SELECT no_such_function()");
    let seen = tried(POINTS, one_way).await.unwrap();
    assert!(seen.notes.iter().any(|note| note.starts_with("tried up alone")), "{:?}", seen.notes);
    let error = tried(POINTS, ("nonsense", "")).await.unwrap_err();
    assert!(error.next_steps()[0].contains("where it was written for"), "{error}");
}
