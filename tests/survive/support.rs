//! A database file that goes up and down through the executor, and plain SQL to ask it with.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use schema_engine::Result;
use schema_engine::answers::{Answers, Dropped};
use schema_engine::executor::{Executor, RunReport, SafetyCopies};
use schema_engine::history::Migrations;
use schema_engine::pair::Pair;
use schema_engine::plan::Plan;
use schema_engine::prove::{Proven, prove};
use schema_engine::schema::Schema;
use schema_engine::scratch::Scratch;
use sea_orm::{ConnectionTrait as _, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A revision as a generated module has it, without having been compiled for itself.
pub(crate) struct Revision {
    name: &'static str,
    up: Vec<String>,
    down: Vec<String>,
}

impl Revision {
    pub(crate) fn first(script: &str) -> Self {
        Self { name: "m001_before", up: vec![script.to_owned()], down: Vec::new() }
    }

    pub(crate) fn second(proven: &Proven) -> Self {
        let statements = |plan: &Plan| plan.statements().map(str::to_owned).collect();
        Self { name: "m002_after", up: statements(&proven.up), down: statements(&proven.down) }
    }
}

impl MigrationName for Revision {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Revision {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &self.up).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &self.down).await
    }
}

async fn run(manager: &SchemaManager<'_>, statements: &[String]) -> Result<(), DbErr> {
    for sql in statements {
        manager.get_connection().execute_unprepared(sql).await?;
    }
    Ok(())
}

/// How the file keeps its changes until they are folded in.
#[derive(Clone, Copy)]
pub(crate) enum Journal {
    Wal,
    Delete,
}

/// A database file at the first of two revisions, with rows.
pub(crate) struct Trip {
    _folder: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) migrations: Migrations,
    pub(crate) proven: Proven,
}

impl Trip {
    /// A file in WAL mode with the first schema and rows, and the proven way to the second.
    pub(crate) async fn new(before: &str, after: &str, rows: &str) -> Self {
        Self::with(before, after, rows, &[], Journal::Wal).await
    }

    pub(crate) async fn with(
        before: &str,
        after: &str,
        rows: &str,
        said: &[&str],
        journal: Journal,
    ) -> Self {
        let proven = proven(before, after, &answers(said)).await;
        Self::of(proven, before, rows, journal).await
    }

    /// The same for a way that is known.
    pub(crate) async fn of(proven: Proven, before: &str, rows: &str, journal: Journal) -> Self {
        let first: Box<dyn MigrationTrait> = Box::new(Revision::first(before));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let mut trip = Self { path, migrations: vec![first], proven, _folder: folder };
        let _ = trip.try_up().await.unwrap();
        trip.migrations.push(Box::new(Revision::second(&trip.proven)));
        let mode = match journal {
            Journal::Wal => "WAL",
            Journal::Delete => "DELETE",
        };
        let database = trip.open();
        database.execute_batch(&format!("PRAGMA journal_mode = {mode}")).unwrap();
        // Rows are put in as a program would have left them, orphans and all.
        database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        database.execute_batch(rows).unwrap_or_else(|error| panic!("{error}"));
        trip
    }

    /// A connection of its own, which enforces foreign keys as an app's does.
    pub(crate) fn open(&self) -> Connection {
        open(&self.path)
    }

    fn executor(&self) -> Executor<'_> {
        Executor::new(&self.path, &self.migrations, SafetyCopies::Skip)
    }

    pub(crate) async fn try_up(&self) -> Result<RunReport> {
        self.executor().upgrade("head").await
    }

    pub(crate) async fn try_down(&self) -> Result<RunReport> {
        self.executor().downgrade("m001_before").await
    }

    pub(crate) async fn up(&self) {
        let report = self.try_up().await.unwrap_or_else(|error| panic!("{}", told(&error)));
        assert_eq!(report.ran.len(), 1);
        self.check_sound("up");
    }

    pub(crate) async fn down(&self) {
        let report = self.try_down().await;
        let report = report.unwrap_or_else(|error| panic!("{}", told(&error)));
        assert_eq!(report.ran.len(), 1);
        self.check_sound("down");
    }

    /// What is asked must get the same answers before, after the way up and after the way down.
    pub(crate) async fn keeps(&self, queries: &[&str]) {
        let asked = || -> Vec<_> {
            let database = self.open();
            queries.iter().map(|sql| ask(&database, sql)).collect()
        };
        let before = asked();
        self.up().await;
        assert_same(queries, &before, &asked(), "up");
        self.down().await;
        assert_same(queries, &before, &asked(), "down");
    }

    /// What must hold after the way up and after the way down.
    pub(crate) async fn both_ways(&self, check: impl Fn(&Connection)) {
        self.up().await;
        check(&self.open());
        self.down().await;
        check(&self.open());
    }

    fn check_sound(&self, way: &str) {
        let database = self.open();
        assert_eq!(ask(&database, "PRAGMA integrity_check"), ["ok"], "{way}");
        assert_eq!(ask(&database, "PRAGMA foreign_key_check"), [""; 0], "{way}");
        let left = "SELECT name FROM sqlite_schema WHERE name LIKE '%\\_\\_new%' ESCAPE '\\'";
        assert_eq!(ask(&database, left), [""; 0], "{way}: a rebuild left something");
    }

    /// How many tables the way up and the way down rebuild.
    pub(crate) fn rebuilds(&self) -> (usize, usize) {
        (self.proven.up.rebuilds().count(), self.proven.down.rebuilds().count())
    }
}

fn assert_same(queries: &[&str], before: &[Vec<String>], after: &[Vec<String>], way: &str) {
    for ((sql, before), after) in queries.iter().zip(before).zip(after) {
        assert!(!before.is_empty(), "nothing to keep: {sql}");
        assert_eq!(before, after, "{way}: {sql}");
    }
}

pub(crate) fn open(path: &Path) -> Connection {
    let database = Connection::open(path).unwrap();
    database.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF").unwrap();
    database
}

/// Renames and fills, as the command line takes them, and the revision that parks what goes.
pub(crate) fn answers(said: &[&str]) -> Answers {
    let (mut renames, mut fills) = (Vec::new(), Vec::new());
    let mut dropped = Dropped::Gone;
    for line in said {
        match line.split_once(' ') {
            Some(("rename", rename)) => renames.push(rename.parse().unwrap()),
            Some(("fill", fill)) => fills.push(fill.parse().unwrap()),
            Some(("park", revision)) => dropped = Dropped::Parked { revision: revision.to_owned() },
            _ => panic!("{line}"),
        }
    }
    Answers { dropped, ..Answers::new(renames, fills, []) }
}

/// The schema that a script makes.
pub(crate) async fn schema(script: &str) -> Schema {
    let scratch = Scratch::empty().await.unwrap();
    scratch
        .run([script])
        .await
        .unwrap_or_else(|refused| panic!("{}: {}", refused.error, refused.sql));
    scratch.schema().await.unwrap()
}

pub(crate) async fn proven(before: &str, after: &str, answers: &Answers) -> Proven {
    let (before, after) = (schema(before).await, schema(after).await);
    prove(Pair::new(&before, &after), answers)
        .await
        .unwrap_or_else(|error| panic!("{}", told(&error)))
        .expect("a difference")
}

/// Every row that a query gives, its values parted by bars.
pub(crate) fn ask(database: &Connection, sql: &str) -> Vec<String> {
    try_ask(database, sql).unwrap_or_else(|error| panic!("{error}: {sql}"))
}

pub(crate) fn try_ask(database: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = database.prepare(sql)?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let values: Vec<_> = (0..width).map(|at| shown(row.get_ref(at).unwrap())).collect();
        found.push(values.join("|"));
    }
    Ok(found)
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => format!("{value:?}"),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!("x{bytes:02x?}"),
    }
}

/// What SQLite says when it refuses a statement.
pub(crate) fn refusal(database: &Connection, sql: &str) -> String {
    match database.execute_batch(sql) {
        Ok(()) => panic!("taken: {sql}"),
        Err(error) => error.to_string(),
    }
}

/// The stored text of an object.
pub(crate) fn text(database: &Connection, name: &str) -> String {
    let sql = format!("SELECT sql FROM sqlite_schema WHERE name = '{name}'");
    ask(database, &sql).pop().unwrap_or_else(|| panic!("there is no {name}"))
}

/// The whole message of an error, with its causes.
pub(crate) fn told(error: &schema_engine::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// Every byte that a database has on disk.
pub(crate) fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}
