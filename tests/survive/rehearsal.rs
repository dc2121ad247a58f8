//! A run on a copy of the user's own database, which leaves that as it is.

use crate::support::{Journal, Trip, ask, bytes, told};
use schema_engine::executor::{Executor, SafetyCopies};

const BEFORE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);
                      CREATE TABLE gone (x TEXT);";
const AFTER: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b TEXT);";
const ROWS: &str =
    "INSERT INTO t VALUES (1, 'a', 'b'), (2, NULL, 'c'); INSERT INTO gone VALUES ('x');";

#[tokio::test]
async fn a_rehearsal_goes_up_down_and_up_and_touches_nothing() {
    for journal in [Journal::Wal, Journal::Delete] {
        let trip = Trip::with(BEFORE, AFTER, ROWS, &[], journal).await;
        let untouched = bytes(&trip.path);
        let executor = Executor::new(&trip.path, &trip.migrations, SafetyCopies::Skip);
        let rehearsal =
            executor.rehearse("head").await.unwrap_or_else(|error| panic!("{}", told(&error)));
        assert_eq!(rehearsal.up.ran.len(), 1);
        assert_eq!(rehearsal.up.held.as_ref().map(|held| (held.tables, held.rows)), Some((1, 2)));
        assert!(rehearsal.back_took.is_some());
        assert_eq!(rehearsal.losses, ["gone has 0 rows after the way back, and had 1"]);
        assert!(rehearsal.bytes_at_most >= rehearsal.bytes_before, "{rehearsal:?}");
        assert!(rehearsal.bytes_before > 0);
        assert_eq!(bytes(&trip.path), untouched);
        assert_eq!(ask(&trip.open(), "SELECT version FROM seaql_migrations"), ["m001_before"]);
        let folder = trip.path.parent().unwrap();
        let left = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let left: Vec<_> =
            left.filter(|name| !name.to_string_lossy().starts_with("app.db")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[tokio::test]
async fn a_rehearsal_fails_as_the_run_would_and_says_that_it_was_one() {
    let trip = Trip::new(BEFORE, AFTER, ROWS).await;
    trip.open().execute_batch("CREATE TABLE mine (x)").unwrap();
    let untouched = bytes(&trip.path);
    let executor = Executor::new(&trip.path, &trip.migrations, SafetyCopies::Skip);
    let error = executor.rehearse("head").await.unwrap_err();
    assert!(told(&error).contains("table mine"), "{}", told(&error));
    assert_eq!(
        error.data_state(),
        Some("This was a rehearsal on a copy; the database is unchanged.")
    );
    assert_eq!(bytes(&trip.path), untouched);
}
