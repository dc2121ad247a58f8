//! A long copy tells how far it has come, and can be stopped in its middle.

use crate::support::{Journal, Trip, ask, told};
use schema_engine::ErrorKind;
use schema_engine::executor::{Executor, Observer, SafetyCopies};
use schema_engine::progress::{Progress, Unit};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const BEFORE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);";
const AFTER: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE);";
const MANY: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900000)
                    INSERT INTO t SELECT i, hex(i) FROM n;";

#[derive(Default)]
struct Listener {
    began: Mutex<Vec<(String, Option<u64>)>>,
    rows: AtomicU64,
    stops: bool,
}

impl Progress for Listener {
    fn begins(&self, what: &str, total: Option<u64>, unit: Unit) {
        assert_eq!(unit, Unit::Rows);
        self.began.lock().unwrap().push((what.to_owned(), total));
    }

    fn advanced(&self, by: u64) {
        self.rows.fetch_add(by, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.stops && self.rows.load(Ordering::Relaxed) > 0
    }
}

#[tokio::test]
async fn a_long_copy_is_told_and_stopped_in_its_middle() {
    let trip = Trip::with(BEFORE, AFTER, MANY, &[], Journal::Wal).await;
    let stopper = Listener { stops: true, ..Listener::default() };
    let executor = Executor::new(&trip.path, &trip.migrations, SafetyCopies::Skip);
    let started = Instant::now();
    let error = Executor { progress: &stopper, ..executor }.upgrade("head").await.unwrap_err();
    let stopped = started.elapsed();
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{}", told(&error));
    assert_eq!(error.data_state(), Some("The database is unchanged: everything was rolled back."));
    let copied = stopper.rows.load(Ordering::Relaxed);
    assert!(copied > 0 && copied < 900_000, "{copied} rows in {stopped:?}");
    assert_eq!(ask(&trip.open(), "SELECT version FROM seaql_migrations"), ["m001_before"]);
    assert_eq!(ask(&trip.open(), "SELECT count(*) FROM t"), ["900000"]);

    let listener = Listener::default();
    let report = Executor { progress: &listener, ..executor }.upgrade("head").await;
    assert_eq!(report.unwrap_or_else(|error| panic!("{}", told(&error))).ran.len(), 1);
    let began = listener.began.lock().unwrap();
    assert_eq!(began.first(), Some(&("Copying t".to_owned(), Some(900_000))), "{began:?}");
}

/// Whoever is asked to stop from the first moment on, and hears what begins all the same.
#[derive(Default)]
struct Hasty(Mutex<Vec<String>>);

impl Observer for Hasty {
    fn begins(&self, revision: &str, _: usize, _: usize) {
        self.0.lock().unwrap().push(revision.to_owned());
    }

    fn cancelled(&self) -> bool {
        true
    }
}

/// The checks before the first revision read every reference; nobody has to wait for their end.
#[tokio::test]
async fn r33_a_check_of_many_references_is_stopped_in_its_middle() {
    const BEFORE: &str = "CREATE TABLE p (id INTEGER PRIMARY KEY);
        CREATE TABLE t (id INTEGER PRIMARY KEY, p_id INTEGER REFERENCES p (id));";
    const MANY: &str = "INSERT INTO p VALUES (1);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900000)
        INSERT INTO t SELECT i, 1 FROM n;";
    let after = format!("{BEFORE} CREATE TABLE other (a);");
    let trip = Trip::with(BEFORE, &after, MANY, &[], Journal::Delete).await;
    let hasty = Hasty::default();
    let executor = Executor::new(&trip.path, &trip.migrations, SafetyCopies::Skip);
    let error = Executor { observer: &hasty, ..executor }.upgrade("head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{}", told(&error));
    assert!(error.data_state().unwrap_or_default().contains("unchanged"), "{error:?}");
    assert_eq!(hasty.0.lock().unwrap().as_slice(), [""; 0]);
    assert_eq!(ask(&trip.open(), "SELECT version FROM seaql_migrations"), ["m001_before"]);
    assert_eq!(executor.upgrade("head").await.unwrap().ran.len(), 1);
}
