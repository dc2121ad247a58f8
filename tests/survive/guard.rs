//! Generated modules under another runner, and the executor's own connection.

// The module of a golden case, compiled as an app would. It rebuilds `tasks`, whose rows `notes`
// refers to with ON DELETE CASCADE.
#[expect(dead_code, unreachable_pub, reason = "it is written for a migration crate")]
#[path = "../cases/change_collation/module.rs"]
mod change_collation;

// One that makes a table before it edits another and rebuilds a third.
#[expect(
    dead_code,
    unreachable_pub,
    clippy::doc_markdown,
    reason = "it is written for a migration crate"
)]
#[path = "../cases/rebuild_edit_and_plain_steps/module.rs"]
mod rebuild_edit_and_plain_steps;

// One whose table keeps its rows where they are.
#[expect(dead_code, unreachable_pub, reason = "it is written for a migration crate")]
#[path = "../cases/allow_null/module.rs"]
mod allow_null;

use crate::support::{Revision, Trip, ask, bytes, open, told};
use schema_engine::history::Migrations;
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, DbErr,
    Statement, TransactionTrait as _,
};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const BEFORE: &str = include_str!("../cases/change_collation/before.sql");
const ROWS: &str = include_str!("../cases/change_collation/rows.sql");

/// The runner of an app that uses SeaORM alone.
struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Migrations {
        vec![Box::new(Revision::first(BEFORE)), Box::new(change_collation::Migration)]
    }
}

/// SeaORM enforces foreign keys unless it is told otherwise.
async fn connect(path: &Path, foreign_keys: bool) -> DatabaseConnection {
    let mut options = ConnectOptions::new(format!("sqlite:{}?mode=rwc", path.display()));
    options
        .max_connections(1)
        .map_sqlx_sqlite_opts(move |sqlite| sqlite.foreign_keys(foreign_keys));
    Database::connect(options).await.unwrap()
}

/// A file at the first revision, with rows and children. It keeps a rollback journal, so that all
/// that it holds is in one file.
async fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let connection = connect(&path, false).await;
    Migrator::up(&connection, Some(1)).await.unwrap();
    connection.close().await.unwrap();
    open(&path).execute_batch(ROWS).unwrap();
    (folder, path)
}

fn children(path: &Path) -> Vec<String> {
    ask(&open(path), "SELECT * FROM notes ORDER BY id")
}

/// R01, R02 and R05 under a runner that nobody told to switch foreign keys off.
#[tokio::test]
async fn r03_a_module_refuses_where_foreign_keys_are_enforced_and_touches_nothing() {
    let (_folder, path) = file().await;
    let (before, rows) = (bytes(&path), children(&path));
    assert_eq!(rows.len(), 2);
    let connection = connect(&path, true).await;

    // Straight, and inside a transaction, where the pragma would be ignored without a word.
    let manager = SchemaManager::new(&connection);
    let refused = change_collation::Migration.up(&manager).await.unwrap_err().to_string();
    assert!(refused.contains("enforces foreign keys"), "{refused}");
    let refused = change_collation::Migration.down(&manager).await.unwrap_err().to_string();
    assert!(refused.contains("Nothing was changed"), "{refused}");
    let transaction = connection.begin().await.unwrap();
    transaction.execute_unprepared("PRAGMA foreign_keys = OFF").await.unwrap();
    let refused =
        change_collation::Migration.up(&SchemaManager::new(&transaction)).await.unwrap_err();
    assert!(refused.to_string().contains("foreign_keys(false)"), "{refused}");
    transaction.rollback().await.unwrap();

    // And the runner as a whole.
    Migrator::up(&connection, None).await.unwrap_err();
    connection.close().await.unwrap();
    assert_eq!(children(&path), rows);
    assert_eq!(bytes(&path), before);
}

/// Also the steps before the rebuild, which would do no harm by themselves.
#[tokio::test]
async fn r03_a_module_of_several_steps_refuses_before_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    open(&path)
        .execute_batch(concat!(
            include_str!("../cases/rebuild_edit_and_plain_steps/before.sql"),
            include_str!("../cases/rebuild_edit_and_plain_steps/rows.sql")
        ))
        .unwrap();
    let before = bytes(&path);
    let connection = connect(&path, true).await;
    let module = rebuild_edit_and_plain_steps::Migration;
    let refused = module.up(&SchemaManager::new(&connection)).await.unwrap_err().to_string();
    assert!(refused.contains("enforces foreign keys"), "{refused}");
    let transaction = connection.begin().await.unwrap();
    let refused = module.up(&SchemaManager::new(&transaction)).await.unwrap_err().to_string();
    assert!(refused.contains("Nothing was changed"), "{refused}");
    transaction.commit().await.unwrap();
    connection.close().await.unwrap();
    assert_eq!(bytes(&path), before);
}

#[tokio::test]
async fn r03_a_module_runs_under_a_runner_that_switched_them_off() {
    let (_folder, path) = file().await;
    let rows = children(&path);
    let connection = connect(&path, false).await;
    Migrator::up(&connection, None).await.unwrap();
    assert_eq!(children(&path), rows);
    Migrator::down(&connection, Some(1)).await.unwrap();
    assert_eq!(children(&path), rows);
}

/// Deferring a violation defers no action: CASCADE would delete at once.
#[tokio::test]
async fn r04_deferred_foreign_keys_are_no_cure() {
    let (_folder, path) = file().await;
    let rows = children(&path);
    let connection = connect(&path, true).await;
    connection.execute_unprepared("PRAGMA defer_foreign_keys = ON").await.unwrap();
    change_collation::Migration.up(&SchemaManager::new(&connection)).await.unwrap_err();
    assert_eq!(children(&path), rows);
    assert!(!include_str!("../cases/change_collation/module.rs").contains("defer_foreign_keys"));
}

/// What a migration sees of the connection that it runs on.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

/// Looks around between two other revisions.
struct Look {
    name: &'static str,
    path: PathBuf,
    seen: Seen,
}

impl MigrationName for Look {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Look {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection.execute_unprepared("CREATE TEMP TABLE IF NOT EXISTS mark (n)").await?;
        connection.execute_unprepared("INSERT INTO mark VALUES (1)").await?;
        let sql =
            "SELECT (SELECT foreign_keys FROM pragma_foreign_keys) || ' ' || count(*) FROM mark";
        let statement = Statement::from_string(DbBackend::Sqlite, sql);
        let row = connection.query_one_raw(statement).await?.expect("a row");
        let mut seen = vec![row.try_get_by_index::<String>(0)?];
        // The replay has a scratch database of its own; only the file can be busy.
        if self.path.exists() {
            let other = open(&self.path);
            other.busy_timeout(std::time::Duration::ZERO).unwrap();
            seen.push(match other.execute_batch("BEGIN IMMEDIATE; ROLLBACK") {
                Ok(()) => "others write".to_owned(),
                Err(error) => error.to_string(),
            });
        }
        self.seen.0.lock().unwrap().push(seen.join(", "));
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

#[tokio::test]
async fn r48_all_revisions_run_on_one_connection_and_nobody_writes_between_them() {
    let before = "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT);
                  CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE);";
    let after = &before.replace("n TEXT", "n TEXT NOT NULL DEFAULT ''");
    let rows = "INSERT INTO p VALUES (1, 'a'); INSERT INTO c VALUES (1, 1), (2, 1);";
    let mut trip = Trip::new(before, after, rows).await;
    let seen = Seen::default();
    let look = |name, seen: &Seen| -> Box<dyn MigrationTrait> {
        Box::new(Look { name, path: trip.path.clone(), seen: seen.clone() })
    };
    let (early, late) = (look("m0015_early", &seen), look("m003_late", &seen));
    trip.migrations.insert(1, early);
    trip.migrations.push(late);
    // A pool of the app is open meanwhile and enforces foreign keys on each of its connections.
    let others: Vec<_> = (0..3).map(|_| trip.open()).collect();
    let report = trip.try_up().await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!(report.ran.len(), 3);
    let live: Vec<_> = seen
        .0
        .lock()
        .unwrap()
        .iter()
        .filter(|seen| seen.starts_with("0 "))
        .take(2)
        .cloned()
        .collect();
    // Off both times, the second row beside the first, and the file locked throughout.
    assert_eq!(live, ["0 1, database is locked", "0 2, database is locked"]);
    for other in &others {
        assert_eq!(ask(other, "PRAGMA foreign_keys"), ["1"]);
        assert_eq!(ask(other, "SELECT * FROM c"), ["1|1", "2|1"]);
    }
}

/// A text that is stored for rows in another order would give every value to another column.
#[tokio::test]
async fn an_edit_refuses_a_table_whose_columns_stand_in_another_order() {
    let other_order = BEFORE.replace(
        "\"id\" varchar(36) NOT NULL PRIMARY KEY, \"title\" varchar(255) NOT NULL",
        "\"title\" varchar(255) NOT NULL, \"id\" varchar(36) NOT NULL PRIMARY KEY",
    );
    assert_ne!(other_order, BEFORE);
    for (schema, works) in [(BEFORE, true), (&other_order, false)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        open(&path).execute_batch(schema).unwrap();
        open(&path).execute_batch("INSERT INTO tasks (id, title) VALUES ('t1', 'one')").unwrap();
        let connection = connect(&path, true).await;
        // Outside of any transaction, as SeaORM's own runner does it.
        let outcome = allow_null::Migration.up(&SchemaManager::new(&connection)).await;
        assert_eq!(outcome.is_ok(), works, "{outcome:?}");
        if let Err(error) = outcome {
            assert!(error.to_string().contains("stand in another order"), "{error}");
            let sql = "SELECT sql FROM sqlite_schema WHERE name = 'tasks'";
            assert!(schema.contains(&ask(&open(&path), sql)[0]));
        }
        connection.close().await.unwrap();
        assert_eq!(ask(&open(&path), "SELECT id, title FROM tasks"), ["t1|one"]);
        assert_eq!(ask(&open(&path), "PRAGMA integrity_check"), ["ok"]);
    }
}
