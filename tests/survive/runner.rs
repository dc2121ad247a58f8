//! Which revisions run, and that the books and the tables never say two things.

use crate::support::{answers, ask, bytes, open, proven};
use rusqlite::Connection;
use schema_engine::executor::{Deviation, Executor, Observer, SafetyCopies};
use schema_engine::history::Migrations;
use schema_engine::{ErrorKind, Result};
use sea_orm::{ConnectionTrait as _, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use std::path::Path;
use std::sync::Mutex;

/// A revision of one statement.
struct Sql(&'static str, &'static str);

impl MigrationName for Sql {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Sql {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.1).await.map(drop)
    }
}

const FIRST: (&str, &str) = ("m001", "CREATE TABLE a (id integer PRIMARY KEY, n text)");
const SECOND: (&str, &str) = ("m002", "CREATE TABLE b (id integer PRIMARY KEY)");
const THIRD: (&str, &str) = ("m003", "CREATE TABLE c (id integer PRIMARY KEY)");

fn history(revisions: &[(&'static str, &'static str)]) -> Migrations {
    let each =
        revisions.iter().map(|(name, sql)| -> Box<dyn MigrationTrait> { Box::new(Sql(name, sql)) });
    each.collect()
}

async fn upgrade(path: &Path, revisions: &[(&'static str, &'static str)]) -> Result<Vec<String>> {
    let migrations = history(revisions);
    let report = Executor::new(path, &migrations, SafetyCopies::Skip).upgrade("head").await?;
    Ok(report.ran.into_iter().map(|ran| ran.revision).collect())
}

fn books(path: &Path) -> Vec<String> {
    ask(&open(path), "SELECT version FROM seaql_migrations ORDER BY version")
}

fn tables(path: &Path) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND length(name) = 1 ORDER BY 1";
    ask(&open(path), sql)
}

#[tokio::test]
async fn r28_tables_and_books_come_together_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    upgrade(&path, &[FIRST]).await.unwrap();
    // The third fails, then the books refuse the row of the second.
    let broken =
        ("m003", "CREATE TABLE c (id integer PRIMARY KEY); INSERT INTO nowhere VALUES (1)");
    upgrade(&path, &[FIRST, SECOND, broken]).await.unwrap_err();
    assert_eq!((tables(&path), books(&path)), (vec!["a".to_owned()], vec!["m001".to_owned()]));
    let full = "CREATE TRIGGER full BEFORE INSERT ON seaql_migrations
                BEGIN SELECT RAISE(ABORT, 'the books are full'); END";
    open(&path).execute_batch(full).unwrap();
    upgrade(&path, &[FIRST, SECOND]).await.unwrap_err();
    assert_eq!((tables(&path), books(&path)), (vec!["a".to_owned()], vec!["m001".to_owned()]));
    open(&path).execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(upgrade(&path, &[FIRST, SECOND]).await.unwrap(), ["m002"]);
    assert_eq!(tables(&path), ["a", "b"]);
}

#[tokio::test]
async fn r40_a_revision_that_was_merged_late_still_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    assert_eq!(upgrade(&path, &[FIRST, THIRD]).await.unwrap(), ["m001", "m003"]);
    assert_eq!(upgrade(&path, &[FIRST, SECOND, THIRD]).await.unwrap(), ["m002"]);
    assert_eq!((tables(&path).len(), books(&path).len()), (3, 3));
}

/// And whoever accepts it is heard.
#[tokio::test]
async fn r41_a_revision_that_was_edited_since_it_ran_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    upgrade(&path, &[FIRST, SECOND]).await.unwrap();
    let before = bytes(&path);
    let edited = (SECOND.0, "CREATE TABLE b (id integer PRIMARY KEY, more text)");
    let migrations = history(&[FIRST, edited, THIRD]);
    let executor = Executor::new(&path, &migrations, SafetyCopies::Skip);
    let error = executor.upgrade("head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("m002"), "{error}");
    assert!(error.next_steps().iter().any(|step| step.contains("--allow-edited")), "{error:?}");
    assert_eq!(bytes(&path), before);
    let accepted = [Deviation::EditedRevisions, Deviation::Drift];
    let report = Executor { accepted: &accepted, ..executor }.upgrade("head").await.unwrap();
    assert_eq!(report.to.as_deref(), Some("m003"));
}

/// It was written from the live schema, which somebody may have changed again since.
#[tokio::test]
async fn a_revision_from_the_live_schema_is_entered_where_that_is_still_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    upgrade(&path, &[FIRST]).await.unwrap();
    let live = format!("{}; CREATE TABLE moods (name text)", FIRST.1);
    let proven = proven(FIRST.1, &live, &answers(&[])).await;
    open(&path).execute_batch("CREATE TABLE moods (name text, more text)").unwrap();
    let before = bytes(&path);
    let migrations = history(&[FIRST]);
    let executor = Executor::new(&path, &migrations, SafetyCopies::Skip);
    let error = executor.enter("m002", &proven.up).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert_eq!(bytes(&path), before);
    open(&path).execute_batch("ALTER TABLE moods DROP COLUMN more").unwrap();
    let done = executor.enter("m002", &proven.up).await.unwrap();
    assert_eq!(
        (done.to.as_deref(), books(&path)),
        (Some("m002"), vec!["m001".into(), "m002".into()])
    );
}

/// R41, too: nobody takes it for one that is at head.
#[tokio::test]
async fn r43_a_database_that_is_newer_than_the_program_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    upgrade(&path, &[FIRST, SECOND]).await.unwrap();
    open(&path).execute_batch("INSERT INTO b VALUES (1), (2)").unwrap();
    let before = bytes(&path);
    let older = history(&[FIRST]);
    let executor = Executor::new(&path, &older, SafetyCopies::Skip);
    for outcome in [executor.upgrade("head").await, executor.downgrade("base").await] {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(!error.next_steps().is_empty());
        assert_eq!(bytes(&path), before);
    }
}

/// Ends a transaction of another program when a run has to wait for it.
struct EndsWhenWaitedFor(Mutex<Connection>);

impl Observer for EndsWhenWaitedFor {
    fn waiting(&self, _: Option<&str>) {
        self.0.lock().unwrap().execute_batch("COMMIT").unwrap();
    }
}

#[tokio::test]
async fn the_copy_holds_what_was_written_while_the_run_waited() {
    for journal in ["delete", "wal"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        upgrade(&path, &[FIRST]).await.unwrap();
        let other = open(&path);
        other.execute_batch(&format!("PRAGMA journal_mode = {journal}")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE; INSERT INTO a VALUES (1, 'just in time')").unwrap();
        let observer = EndsWhenWaitedFor(Mutex::new(other));

        let migrations = history(&[FIRST, SECOND]);
        let copies = SafetyCopies::Keep { stamp: "20261123-101500", count: 5 };
        let executor =
            Executor { observer: &observer, ..Executor::new(&path, &migrations, copies) };
        let report = executor.upgrade("head").await.unwrap();
        let copy = open(&report.safety_copy.unwrap());
        assert_eq!(ask(&copy, "SELECT n FROM a"), ["just in time"], "{journal}");
    }
}
