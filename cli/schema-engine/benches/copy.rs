//! What a safety copy costs: `cargo bench -p schema-engine --bench copy`.
//!
//! A database of about 400 MB is copied by SQLite's backup as its shell's `.backup` does it, and as
//! a safety copy with all that this has beyond: it is checked, flushed and named. Both in turns, on
//! the same file and the same SQLite. It prints medians and ratios pair by pair; it judges nothing.

#![expect(clippy::print_stdout, reason = "the measurements are what it is for")]

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use schema_engine::backup::{prune, safety_copy};
use std::path::Path;
use std::time::{Duration, Instant};

const ROUNDS: usize = 7;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    // `cargo test` runs benchmarks, too, and only wants to know whether they start.
    let rows = if std::env::args().any(|argument| argument == "--bench") { 1_000_000 } else { 100 };
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("app.db");
    fill(&database, rows)?;
    let bytes = std::fs::metadata(&database)?.len();
    println!("{} MB, medians of {ROUNDS} rounds", bytes / 1_000_000);
    let (mut plain, mut safe, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let one = backup(&database, &folder.path().join("plain.db"))?;
        let started = Instant::now();
        let _ = safety_copy(&database, "bench", "20260101-000000")?;
        let other = started.elapsed();
        let _ = prune(&database, 0)?;
        plain.push(one);
        safe.push(other);
        ratios.push(other.as_secs_f64() / one.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    println!("  backup       {:?}", median(plain));
    println!("  safety copy  {:?}", median(safe));
    println!(
        "  ratio        {:.2} ({:.2} to {:.2})",
        ratios[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1]
    );
    Ok(())
}

fn fill(database: &Path, rows: u32) -> Outcome {
    let connection = Connection::open(database)?;
    connection.execute_batch(&format!(
        "PRAGMA synchronous = OFF; BEGIN;
         CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT, due_at TEXT,
            priority TEXT CHECK (priority IN ('low', 'high')), weight REAL, uuid BLOB NOT NULL);
         WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
         INSERT INTO tasks SELECT i, 'Task ' || i, hex(randomblob(120)), '2026-01-' || (i % 28 + 1),
            iif(i % 3, 'low', 'high'), i / 7.0, randomblob(16) FROM n;
         CREATE INDEX by_due ON tasks (due_at); CREATE UNIQUE INDEX by_uuid ON tasks (uuid);
         COMMIT"
    ))?;
    Ok(())
}

/// As the shell does it, which makes a new file with SQLite's defaults.
fn backup(database: &Path, target: &Path) -> Outcome<Duration> {
    let _ = std::fs::remove_file(target);
    let started = Instant::now();
    let source = Connection::open(database)?;
    let mut copy = Connection::open(target)?;
    let backup = Backup::new(&source, &mut copy)?;
    while backup.step(100)? != StepResult::Done {}
    drop(backup);
    drop(copy);
    Ok(started.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
