//! Rows and values that no revision means to change: a run that changes them is rolled back.
//!
//! The revisions here are written by hand, with the mistakes that such revisions have.

use crate::support::{ask, bytes, open, told};
use rusqlite::Connection;
use schema_engine::Result;
use schema_engine::executor::{Executor, RowLedger, RunReport, SafetyCopies};
use schema_engine::history::Migrations;
use schema_engine::ident::Ident;
use sea_orm::{ConnectionTrait as _, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use std::path::PathBuf;
use tempfile::TempDir;

const SCHEMA: &str = "
    CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT, code TEXT);
    CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER REFERENCES p(id) ON DELETE CASCADE, n);
    CREATE TABLE s (id INTEGER PRIMARY KEY, p_id INTEGER REFERENCES p(id) ON DELETE SET NULL);
    CREATE TABLE pairs (a, b, v TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
    CREATE TABLE free (v TEXT);
    CREATE TABLE log (text);
    CREATE TRIGGER logs AFTER UPDATE ON p BEGIN INSERT INTO log VALUES (new.name); END;
";
const ROWS: &str = "
    INSERT INTO p VALUES (1, 'one', '01'), (2, 'two', '7'), (3, NULL, NULL);
    INSERT INTO c VALUES (10, 1, 'a'), (11, 2, x'00'), (12, 2, 1.5);
    INSERT INTO s VALUES (1, 1), (2, 2);
    INSERT INTO pairs VALUES (1, 'x', 'vx'), (2, 'y', 'vy');
    INSERT INTO free VALUES ('f'), ('g');
";

struct Script {
    name: &'static str,
    sql: String,
    in_transaction: bool,
}

impl MigrationName for Script {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Script {
    fn use_transaction(&self) -> Option<bool> {
        Some(self.in_transaction)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&self.sql).await.map(drop)
    }
}

struct File {
    _folder: TempDir,
    path: PathBuf,
    migrations: Migrations,
}

impl File {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let mut file = Self { path, migrations: Vec::new(), _folder: folder };
        file.then("m001", SCHEMA);
        let _ = file.up(RowLedger::default()).await.unwrap();
        file.open().execute_batch(&format!("PRAGMA foreign_keys = OFF; {ROWS}")).unwrap();
        file
    }

    fn then(&mut self, name: &'static str, sql: &str) {
        let script = Script { name, sql: sql.to_owned(), in_transaction: true };
        self.migrations.push(Box::new(script));
    }

    async fn up(&self, row_ledger: RowLedger) -> Result<RunReport> {
        let executor = Executor::new(&self.path, &self.migrations, SafetyCopies::Skip);
        Executor { row_ledger, ..executor }.upgrade("head").await
    }

    fn open(&self) -> Connection {
        open(&self.path)
    }
}

/// The run is rolled back and says so; without the ledger it would have gone through.
async fn refused(sql: &str, says: &[&str]) {
    let mut file = File::new().await;
    file.then("m002", sql);
    let before = bytes(&file.path);
    let error = match file.up(RowLedger::default()).await {
        Ok(report) => panic!("{sql}: {report:?}"),
        Err(error) => error,
    };
    for words in says {
        assert!(told(&error).contains(words), "{words}: {}", told(&error));
    }
    let state = error.data_state().unwrap_or_default();
    assert_eq!(state, "The database is unchanged: everything was rolled back.");
    assert_eq!(bytes(&file.path), before, "{sql}");
    if let Err(error) = file.up(RowLedger::Never).await {
        panic!("the ledger alone refuses it: {sql}: {}", told(&error));
    }
}

async fn accepted(sql: &str) -> File {
    let mut file = File::new().await;
    file.then("m002", sql);
    let report = file.up(RowLedger::default()).await;
    let report = report.unwrap_or_else(|error| panic!("{sql}: {}", told(&error)));
    assert!(report.held.as_ref().is_some_and(|held| held.tables > 0), "{report:?}");
    file
}

/// A table built anew by hand, as `(name, columns, what is copied)`.
fn rebuilt(table: &str, columns: &str, copy: &str) -> String {
    format!(
        "CREATE TABLE {table}_new ({columns}); INSERT {copy}; DROP TABLE {table};
         ALTER TABLE {table}_new RENAME TO {table};"
    )
}

const P: &str = "id INTEGER PRIMARY KEY, name TEXT, code TEXT";

#[tokio::test]
async fn what_stays_and_what_is_meant_to_change_goes_through() {
    for sql in [
        rebuilt("p", P, "INTO p_new SELECT * FROM p"),
        rebuilt("p", P, "INTO p_new (id, code, name) SELECT id, code, name FROM p ORDER BY name"),
        // An expression says that the value changes, and a condition that rows go.
        rebuilt("p", P, "INTO p_new SELECT id, upper(name), code FROM p"),
        rebuilt("p", P, "INTO p_new SELECT id, name, code FROM p WHERE name IS NOT NULL"),
        // Another name, in the copy or by ALTER TABLE.
        rebuilt("p", "id INTEGER PRIMARY KEY, title TEXT", "INTO p_new (id, title) SELECT id, name FROM p"),
        "ALTER TABLE p RENAME COLUMN name TO title; ALTER TABLE p RENAME TO q".to_owned(),
        "ALTER TABLE p ADD COLUMN more TEXT DEFAULT 'x'; ALTER TABLE p DROP COLUMN code".to_owned(),
        // A trigger writes to the log.
        "UPDATE p SET name = 'new' WHERE id = 3".to_owned(),
        "DELETE FROM c WHERE id = 10; INSERT INTO s VALUES (9, NULL); DROP TABLE free".to_owned(),
        "INSERT INTO pairs VALUES (3, 'z', 'vz') ON CONFLICT DO NOTHING".to_owned(),
        // A conversion that loses nothing.
        "UPDATE p SET code = '1' WHERE id = 1;".to_owned()
            + &rebuilt("p", "id INTEGER PRIMARY KEY, name TEXT, code INTEGER", "INTO p_new SELECT * FROM p"),
        // Through a temporary table and back, as SQLite's own questions and answers have it.
        "CREATE TEMPORARY TABLE keep (id, name, code); INSERT INTO keep SELECT id, name, code FROM p;
         DROP TABLE p; CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT, code TEXT);
         INSERT INTO p SELECT id, name, code FROM keep; DROP TABLE keep".to_owned(),
        rebuilt("free", "v TEXT NOT NULL", "INTO free_new SELECT v FROM free"),
        rebuilt("pairs", "a, b, v TEXT, PRIMARY KEY (b, a)", "INTO pairs_new SELECT a, b, v FROM pairs"),
    ] {
        accepted(&sql).await;
    }
}

#[tokio::test]
async fn rows_that_a_copy_leaves_out_without_a_word_stop_the_run() {
    let unique = "id INTEGER PRIMARY KEY, name TEXT NOT NULL, code TEXT";
    for copy in [
        "OR IGNORE INTO p_new SELECT * FROM p",
        "OR IGNORE INTO p_new SELECT id, name, code FROM p",
    ] {
        refused(&rebuilt("p", unique, copy), &["the rows of p", "3 rows would become 2"]).await;
    }
}

#[tokio::test]
async fn values_that_a_copy_mixes_up_stop_the_run() {
    // Into the wrong columns: what is called `name` now holds codes.
    let swapped = "INTO p_new (id, name, code) SELECT id, code, name FROM p";
    accepted(&rebuilt("p", P, swapped)).await;
    // The wrong row: no value is gone, each is at another key.
    let by_place = "id INTEGER PRIMARY KEY, code TEXT, name TEXT";
    refused(&rebuilt("p", by_place, "INTO p_new SELECT * FROM p"), &["the rows of p", "values"])
        .await;
    let by_number = "INTO p_new (name, code) SELECT name, code FROM p ORDER BY id DESC";
    refused(&rebuilt("p", P, by_number), &["the rows of p", "values"]).await;
    let forgotten = "INTO p_new (id, code) SELECT id, code FROM p";
    refused(&rebuilt("p", P, forgotten), &["the rows of p", "values in name would change"]).await;
}

#[tokio::test]
async fn r21_a_name_in_double_quotes_that_is_no_column_stops_the_run() {
    for (columns, copy, column) in [
        (
            format!("{P}, must TEXT"),
            "INTO p_new (id, name, code, must) SELECT id, name, code, \"must\" FROM p",
            "must",
        ),
        (P.to_owned(), "INTO p_new (id, name, code) SELECT id, \"nmae\", code FROM p", "name"),
    ] {
        let says = ["the rows of p", &format!("{column} would hold the text")];
        refused(&rebuilt("p", &columns, copy), &says).await;
    }
}

#[tokio::test]
async fn r22_a_conversion_that_loses_stops_the_run() {
    // '01' would become 1.
    let integers = "id INTEGER PRIMARY KEY, name TEXT, code INTEGER";
    let rebuild = rebuilt("p", integers, "INTO p_new SELECT id, name, code FROM p");
    refused(&rebuild, &["the rows of p", "values in code would change"]).await;
    // On the way through a table of other types, where the end looks like the beginning.
    let detour = "CREATE TABLE keep (id INTEGER, name TEXT, code NUMERIC);
        INSERT INTO keep SELECT id, name, code FROM p; DELETE FROM log; DROP TABLE p;
        CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT, code TEXT);
        INSERT INTO p SELECT id, name, code FROM keep; DROP TABLE keep;";
    refused(detour, &["the rows of p", "values in code would change"]).await;
    accepted(&rebuilt("p", integers, "INTO p_new SELECT id, name, CAST(code AS INTEGER) FROM p"))
        .await;
}

/// Inside of a transaction nobody can switch foreign keys on. A revision that runs outside of one
/// can, and what it does then can't be rolled back; but it doesn't pass for success.
#[tokio::test]
async fn r01_r02_children_that_a_dropped_parent_takes_along_are_missed() {
    let mut file = File::new().await;
    let rebuild = rebuilt("p", P, "INTO p_new SELECT * FROM p");
    let sql = format!("PRAGMA foreign_keys = ON; BEGIN; {rebuild} COMMIT;");
    file.migrations.push(Box::new(Script { name: "m002", sql, in_transaction: false }));
    let error = file.up(RowLedger::default()).await.unwrap_err();
    let says = "the rows of c would not be what they were: 3 rows would become 0";
    assert!(told(&error).contains(says), "{}", told(&error));
    assert!(error.data_state().unwrap().contains("m002 ran outside of any transaction"));
    assert_eq!(ask(&file.open(), "SELECT version FROM seaql_migrations"), ["m001", "m002"]);

    let mut file = File::new().await;
    file.open().execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM c").unwrap();
    let sql = format!("PRAGMA foreign_keys = ON; BEGIN; {rebuild} COMMIT;");
    file.migrations.push(Box::new(Script { name: "m002", sql, in_transaction: false }));
    let error = file.up(RowLedger::default()).await.unwrap_err();
    assert!(told(&error).contains("the rows of s"), "{}", told(&error));
    assert!(told(&error).contains("p_id"), "{}", told(&error));
}

/// Foreign keys that a revision outside of a transaction leaves on would be on for the next one.
#[tokio::test]
async fn r03_foreign_keys_are_off_again_behind_a_revision_that_switched_them_on() {
    let mut file = File::new().await;
    let sql = "PRAGMA foreign_keys = ON".to_owned();
    file.migrations.push(Box::new(Script { name: "m002", sql, in_transaction: false }));
    file.then("m003", &rebuilt("p", P, "INTO p_new SELECT * FROM p"));
    let report =
        file.up(RowLedger::default()).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!((report.alone, report.ran.len()), (vec!["m002".to_owned()], 2));
    assert_eq!(ask(&file.open(), "SELECT count(*) FROM c"), ["3"]);
}

/// What the report says was compared was, and all else that held rows is named.
#[tokio::test]
async fn tables_that_are_not_compared_are_named() {
    let made_anew = |table: &str| {
        format!(
            "CREATE TABLE {table}_new AS SELECT * FROM {table}; DROP TABLE {table};
             ALTER TABLE {table}_new RENAME TO {table};"
        )
    };
    let all = ["c", "free", "p", "pairs", "s"];
    for (sql, left_out) in [
        (made_anew("free"), vec!["free"]),
        // What is dropped is gone because the revision says so.
        ("DROP TABLE pairs; DELETE FROM free WHERE v = 'g'".to_owned(), vec!["free"]),
        ("CREATE TABLE other AS SELECT * FROM pairs; DROP TABLE pairs".to_owned(), vec!["pairs"]),
        // A table without rows has nothing that could be lost.
        ("DROP TABLE log".to_owned(), vec![]),
        ("UPDATE s SET p_id = 3".to_owned(), vec![]),
        // In both cases every table is summed up, since who reads such a text can't tell which.
        (format!("{} SELECT 1;", made_anew("free")), vec!["free"]),
    ] {
        let mut file = File::new().await;
        file.then("m002", &sql);
        let report = file.up(RowLedger::default()).await;
        let report = report.unwrap_or_else(|error| panic!("{sql}: {}", told(&error)));
        let held = report.held.unwrap();
        let named: Vec<_> = held.not_compared.iter().map(Ident::as_str).collect();
        assert_eq!(named, left_out, "{sql}");
        assert!(held.tables <= all.len() + 1 - left_out.len(), "{sql}: {}", held.tables);
        let told = report.notes.iter().any(|note| note.starts_with("not compared"));
        assert_eq!(told, !left_out.is_empty(), "{:?}", report.notes);
    }
}

#[tokio::test]
async fn a_column_copied_over_another_is_no_renaming() {
    let copy = "INTO p_new (id, name, code) SELECT id, name, name FROM p";
    refused(&rebuilt("p", P, copy), &["the rows of p", "values in code would change"]).await;
}

/// A disk that gets full in the middle of a copy; SQLite's own limit stands in for it.
#[tokio::test]
async fn r47_a_full_disk_rolls_back_and_is_named() {
    let mut file = File::new().await;
    let more = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
                INSERT INTO free SELECT hex(randomblob(2000)) FROM n";
    file.open().execute_batch(more).unwrap();
    let copy = rebuilt("free", "v TEXT NOT NULL", "INTO free_new SELECT v FROM free");
    file.then("m002", &format!("PRAGMA max_page_count = 300; {copy}"));
    let before = bytes(&file.path);
    let error = file.up(RowLedger::default()).await.unwrap_err();
    assert!(told(&error).contains("the disk is full"), "{}", told(&error));
    assert_eq!(error.next_steps(), ["Free some space and run this again."]);
    assert_eq!(error.data_state(), Some("The database is unchanged: everything was rolled back."));
    assert_eq!(bytes(&file.path), before);
}

#[tokio::test]
async fn r32_old_orphans_are_told_and_block_nothing() {
    let mut file = File::new().await;
    file.open()
        .execute_batch("PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (99, 77, 0)")
        .unwrap();
    file.then("m002", &rebuilt("p", P, "INTO p_new SELECT * FROM p"));
    let report = file.up(RowLedger::default()).await.unwrap();
    assert_eq!(report.notes, ["1 row in c referred to nothing before, too"]);
}

#[tokio::test]
async fn a_run_that_fails_again_keeps_no_second_copy_of_the_same() {
    let mut file = File::new().await;
    file.then("m002", "SELECT no_such_function()");
    let mut named = Vec::new();
    for stamp in ["20261125-100000", "20261125-100001", "20261125-100002"] {
        let copies = SafetyCopies::Keep { stamp, count: 5 };
        let error = Executor::new(&file.path, &file.migrations, copies).upgrade("head").await;
        named.extend(error.unwrap_err().next_steps().last().cloned());
    }
    assert_eq!(std::fs::read_dir(file.path.with_file_name("backups")).unwrap().count(), 1);
    assert!(
        named.iter().all(|it| it.contains("app-20261125-100000-before-upgrade.db")),
        "{named:?}"
    );
    // Once the database is another one, so is its copy.
    file.open().execute_batch("INSERT INTO free VALUES ('h')").unwrap();
    let copies = SafetyCopies::Keep { stamp: "20261125-100003", count: 5 };
    assert!(Executor::new(&file.path, &file.migrations, copies).upgrade("head").await.is_err());
    assert_eq!(std::fs::read_dir(file.path.with_file_name("backups")).unwrap().count(), 2);
}

/// A runner that had to wait for another one with the same aim finds it reached, also where the
/// aim is a step.
#[tokio::test]
async fn a_step_that_another_runner_takes_meanwhile_is_not_taken_twice() {
    let mut file = File::new().await;
    file.then("m002", "CREATE TABLE two (a)");
    file.then("m003", "CREATE TABLE three (a)");
    let executor = || Executor::new(&file.path, &file.migrations, SafetyCopies::Skip);
    let (one, other) = (executor(), executor());
    let (one, other) = tokio::join!(one.upgrade("+1"), other.upgrade("+1"));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.ran.len() + other.ran.len(), 1, "{one:?} {other:?}");
    assert_eq!(ask(&file.open(), "SELECT max(version) FROM seaql_migrations"), ["m002"]);
}
