//! What `db upgrade --sql` and `db downgrade --sql` print, run by the sqlite3 shell.

use crate::modules;
use crate::shell::shells;
use crate::support::{build, cases, texts};
use async_trait::async_trait;
use rusqlite::Connection;
use schema_engine::diff::diff;
use schema_engine::executor::{Executor, SafetyCopies};
use schema_engine::history::Migrations;
use schema_engine::pair::Pair;
use schema_engine::schema::Schema;
use schema_engine::target::Direction;
use sea_orm::{ConnectionTrait as _, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use std::path::Path;

async fn schema(database: &Path) -> Schema {
    schema_engine::inspect::inspect(
        &schema_engine::connection::open(database, schema_engine::connection::Access::ReadOnly)
            .await
            .unwrap(),
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn the_shell_does_what_the_modules_do() {
    for shell in shells() {
        for (case, (name, migration)) in cases().into_iter().zip(modules::all()) {
            let folder = tempfile::tempdir().unwrap();
            let database = folder.path().join("app.db");
            let mut migrations: Migrations = vec![Box::new(Before(case.before.clone()))];
            let executor = Executor::new(&database, &migrations, SafetyCopies::Skip);
            let _ = executor.upgrade("head").await.unwrap();
            let connection = Connection::open(&database).unwrap();
            connection.execute_batch(&case.rows).unwrap();
            connection.close().unwrap();
            let before = schema(&database).await;
            let desired = build(&case.after).await.schema().await.unwrap();

            migrations.push(migration);
            let executor = Executor::new(&database, &migrations, SafetyCopies::Skip);
            let script = executor.script("head", Direction::Up).await.unwrap();
            shell.run(&database, &script).unwrap_or_else(|said| panic!("{name}: {said}\n{script}"));
            let difference = diff(Pair::new(&schema(&database).await, &desired));
            assert!(difference.is_empty(), "{name}: {:?}", difference.changes);
            assert!(executor.standing().await.unwrap().is_at_head(&migrations), "{name}");

            let script = executor.script("m000_before", Direction::Down).await.unwrap();
            shell.run(&database, &script).unwrap_or_else(|said| panic!("{name}: {said}\n{script}"));
            assert_eq!(texts(&schema(&database).await), texts(&before), "{name}");
            let standing = executor.standing().await.unwrap();
            assert_eq!(standing.last(), Some("m000_before"), "{name}");
        }
    }
}

/// The revision that made what a case starts from.
struct Before(String);

impl MigrationName for Before {
    fn name(&self) -> &'static str {
        "m000_before"
    }
}

#[async_trait]
impl MigrationTrait for Before {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&self.0).await.map(drop)
    }
}

struct Asking;

impl MigrationName for Asking {
    fn name(&self) -> &'static str {
        "m001_asking"
    }
}

#[async_trait]
impl MigrationTrait for Asking {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.has_table("notes").await.map(drop)
    }
}

#[tokio::test]
async fn what_depends_on_the_database_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    let migrations: Migrations = vec![Box::new(Asking)];
    let executor = Executor::new(&database, &migrations, SafetyCopies::Skip);
    let error = executor.script("head", Direction::Up).await.unwrap_err();
    assert_eq!(error.to_string(), "the SQL of m001_asking can't be told beforehand");
    assert!(!database.exists());
}
