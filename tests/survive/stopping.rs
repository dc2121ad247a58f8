//! A long copy tells how far it has come, and can be stopped in its middle.

use crate::support::{Journal, Trip, ask, told};
use schema_engine::ErrorKind;
use schema_engine::executor::{Executor, SafetyCopies};
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
