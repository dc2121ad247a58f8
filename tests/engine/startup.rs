//! An app that calls the engine when it starts.

#[expect(dead_code, reason = "it is a program")]
#[path = "../../cli/schema-engine/examples/app_startup.rs"]
mod app_startup;

use schema_engine::executor::{Observer, Silent};
use schema_engine::startup::bring_to_head;
use schema_engine::{ErrorKind, history::Migrations};
use sea_orm_migration::MigratorTrait as _;
use std::fs;

#[tokio::test]
async fn the_example_starts_twice_and_works_in_wal_mode_too() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("data/app.db");
    app_startup::start(&database).await.unwrap();
    let app = rusqlite::Connection::open(&database).unwrap();
    app.pragma_update(None, "journal_mode", "WAL").unwrap();
    // While another connection of the app is open.
    app_startup::start(&database).await.unwrap();
    let count = |sql| app.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM notes"), 2);
    assert_eq!(count("SELECT count(*) FROM seaql_migrations"), 2);
    let mode: String = app.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal", "it stays as the app set it");
}

struct Impatient;

impl Observer for Impatient {
    fn cancelled(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_start_that_is_cancelled_or_refused_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    let (all, stamp) = (app_startup::Migrator::migrations(), "20261125-101500");
    let first: Migrations = app_startup::Migrator::migrations().into_iter().take(1).collect();
    let report = bring_to_head(&database, &first, stamp, &Silent).await.unwrap();
    assert_eq!(report.to.as_deref(), Some("m001_notes"));
    let before = fs::read(&database).unwrap();

    let error = bring_to_head(&database, &all, stamp, &Impatient).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(fs::read(&database).unwrap(), before);

    // An older app, after a newer one.
    let report = bring_to_head(&database, &all, stamp, &Silent).await.unwrap();
    assert_eq!(report.ran.len(), 1);
    let newer = fs::read(&database).unwrap();
    let error = bring_to_head(&database, &first, stamp, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(fs::read(&database).unwrap(), newer);
}
