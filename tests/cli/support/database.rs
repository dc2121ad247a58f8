//! A look into a database file with SQLite itself, and rows to put there.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// Opens a database that is there.
pub(crate) fn open(path: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs statements on a database, which is made where there is none.
pub(crate) fn run(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap_or_else(|error| panic!("{error}"));
}

/// The stored texts of a schema, bookkeeping and all.
pub(crate) fn schema(path: &Path) -> Vec<String> {
    texts(path, "SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY type, name")
}

/// The revisions in the books.
pub(crate) fn revisions(path: &Path) -> Vec<String> {
    texts(path, "SELECT version FROM seaql_migrations ORDER BY version")
}

/// The first column of what a query finds, as text.
pub(crate) fn texts(path: &Path, query: &str) -> Vec<String> {
    let connection = open(path);
    let mut statement = connection.prepare(query).unwrap();
    let rows = statement.query_map([], |row| {
        Ok(match row.get_ref(0)? {
            rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            other => format!("{other:?}"),
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Adds tasks, each with an attachment and a notification; every third has no priority.
pub(crate) fn add_tasks(path: &Path, count: usize) {
    let sql = format!(
        "PRAGMA foreign_keys = ON;
         BEGIN;
         CREATE TEMP TABLE n AS
             WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             SELECT i FROM n;
         INSERT INTO tasks (id, title, description, priority, tags)
             SELECT 't' || i, 'Task ' || i, hex(randomblob(50)), iif(i % 3, 'high', NULL), '[]'
             FROM n;
         INSERT INTO attachments (id, task_id, type, reference, title)
             SELECT 'a' || i, 't' || i, 'url', 'https://example.org/' || i, 'é' || i FROM n;
         INSERT INTO notifications (id, task_id, type, scheduled_at)
             SELECT 'n' || i, 't' || i, 'due_6h', '2026-01-01 00:00:00' FROM n;
         COMMIT;"
    );
    run(path, &sql);
}

/// Every value of some columns, a row a text, in the order of their ids.
pub(crate) fn rows(path: &Path, table: &str, columns: &[&str]) -> Vec<String> {
    let values: Vec<_> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
    texts(path, &format!("SELECT {} FROM \"{table}\" ORDER BY id", values.join(" || ',' || ")))
}

/// A number for all rows of a table.
pub(crate) fn fingerprint(path: &Path, table: &str) -> u64 {
    let connection = open(path);
    let mut statement = connection.prepare(&format!("SELECT rowid, * FROM \"{table}\"")).unwrap();
    let width = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut hasher = DefaultHasher::new();
    while let Some(row) = rows.next().unwrap() {
        for column in 0..width {
            format!("{:?}", row.get_ref(column).unwrap()).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// What SQLite finds wrong with a file: nothing.
#[track_caller]
pub(crate) fn assert_sound(path: &Path) {
    assert_eq!(texts(path, "PRAGMA integrity_check"), ["ok"]);
    assert_eq!(texts(path, "SELECT \"table\" FROM pragma_foreign_key_check"), [""; 0]);
}
