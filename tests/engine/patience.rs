//! Waiting for a database that somebody else holds.

use rusqlite::Connection;
use schema_engine::ErrorKind;
use schema_engine::executor::{Executor, Observer, SafetyCopies};
use schema_engine::history::Migrations;
use sea_orm::{ConnectionTrait as _, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use std::sync::Mutex;
use std::time::{Duration, Instant};

struct OneTable;

impl MigrationName for OneTable {
    fn name(&self) -> &'static str {
        "m001_one"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for OneTable {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("CREATE TABLE t (a)").await.map(drop)
    }
}

/// Remembers what it heard, and stops the run where it shall.
#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<String>>,
    cancel: bool,
}

impl Observer for Ear {
    fn waiting(&self, users: Option<&str>) {
        self.heard.lock().unwrap().push(format!("waiting for {}", users.unwrap_or("somebody")));
    }

    fn begins(&self, revision: &str, number: usize, count: usize) {
        self.heard.lock().unwrap().push(format!("{revision} {number}/{count}"));
    }

    fn cancelled(&self) -> bool {
        self.cancel
    }
}

#[tokio::test]
async fn it_gives_up_in_time_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("CREATE TABLE other (a); DROP TABLE other; BEGIN IMMEDIATE").unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let migrations: Migrations = vec![Box::new(OneTable)];
    let ear = Ear::default();
    let executor = Executor {
        patience: Duration::from_secs(2),
        observer: &ear,
        ..Executor::new(&path, &migrations, SafetyCopies::Skip)
    };
    let started = Instant::now();
    let error = executor.upgrade("head").await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(error.is_for_a_lock(), "{error}");
    assert!(error.next_steps().iter().any(|step| step.contains("-wal")), "{error}");
    assert_eq!(ear.heard.lock().unwrap().len(), 1);
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    drop(holder);
    let _ = executor.upgrade("head").await.unwrap();
    assert_eq!(ear.heard.lock().unwrap()[1], "m001_one 1/1");
}

#[tokio::test]
async fn a_run_that_is_cancelled_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let migrations: Migrations = vec![Box::new(OneTable)];
    let ear = Ear { cancel: true, ..Ear::default() };
    let executor =
        Executor { observer: &ear, ..Executor::new(&path, &migrations, SafetyCopies::Skip) };
    let error = executor.upgrade("head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    let left = Connection::open(&path).unwrap();
    let tables: i64 =
        left.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 0);
}
