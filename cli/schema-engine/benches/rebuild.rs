//! What a big table costs: `cargo bench -p schema-engine`.
//!
//! A table of 1,000,000 rows and 10 columns is rebuilt, and its stored SQL edited, by the engine
//! with all that it checks, and by hand with the steps of SQLite's own manual, on the same SQLite
//! and in turns. It prints medians, ratios taken pair by pair and how much memory each took; it
//! judges nothing.

#![expect(clippy::print_stdout, reason = "the measurements are what it is for")]

use rusqlite::Connection;
use schema_engine::answers::Answers;
use schema_engine::executor::{Executor, RowLedger, SafetyCopies};
use schema_engine::history::Migrations;
use schema_engine::pair::Pair;
use schema_engine::plan::Plan;
use schema_engine::prove::prove;
use schema_engine::scratch::Scratch;
use sea_orm::{ConnectionTrait as _, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const ROUNDS: usize = 5;
const ROWS: u32 = 1_000_000;

/// The table, with places where the cases below differ.
fn table(name: &str, status: &str, points: &str, note: &str) -> String {
    format!(
        "CREATE TABLE \"{name}\" (\n  id INTEGER PRIMARY KEY,\n  title TEXT NOT NULL,\n  \
         body TEXT,\n  status {status},\n  points {points},\n  weight REAL,\n  \
         created_at TEXT NOT NULL,\n  due_at TEXT,\n  uuid BLOB NOT NULL,\n  note {note}\n)"
    )
}

const STATUS: &str = "TEXT NOT NULL DEFAULT 'open'";
const INDEXES: [&str; 2] = [
    "CREATE INDEX by_due ON tasks (due_at)",
    "CREATE INDEX by_points ON tasks (points, created_at)",
];
const COLUMNS: &str = "id, title, body, status, points, weight, created_at, due_at, uuid, note";

/// A change of that table, and how the manual does it.
struct Change {
    name: &'static str,
    after: String,
    by_hand: Vec<String>,
}

fn changes() -> Vec<Change> {
    let points = table("tasks", STATUS, "TEXT", "TEXT");
    let new = table("tasks_new", STATUS, "TEXT", "TEXT");
    let copy = [
        new,
        format!("INSERT INTO tasks_new ({COLUMNS}) SELECT {COLUMNS} FROM tasks"),
        "DROP TABLE tasks".to_owned(),
        "ALTER TABLE tasks_new RENAME TO tasks".to_owned(),
    ];
    let copy = copy.into_iter().chain(INDEXES.map(str::to_owned));
    let copy = copy.chain(["PRAGMA foreign_key_check".to_owned()]).collect();
    let not_null = table("tasks", STATUS, "INTEGER", "TEXT NOT NULL");
    let checked = vec!["SELECT count(*) FROM tasks WHERE note IS NULL".to_owned()];
    let default = table("tasks", "TEXT NOT NULL DEFAULT 'new'", "INTEGER", "TEXT");
    // Rows may lack the last column, and would read another default from then on: whoever edits
    // by hand and knows that gives them their value first.
    let last = table("tasks", STATUS, "INTEGER", "TEXT DEFAULT 'none'");
    let mut careful = edit(&last.replace("'none'", "x'00'"), Vec::new());
    careful.push("UPDATE tasks SET note = NULL WHERE note IS x'00'".to_owned());
    careful.extend(edit(&last, Vec::new()));
    let rule = table(
        "tasks",
        "TEXT NOT NULL DEFAULT 'open' CHECK (length(status) < 9)",
        "INTEGER",
        "TEXT",
    );
    let checked_rule = vec!["SELECT count(*) FROM tasks WHERE NOT (length(status) < 9)".to_owned()];
    vec![
        Change { name: "rebuild: another type", after: points, by_hand: copy },
        Change { name: "edit: NOT NULL", by_hand: edit(&not_null, checked), after: not_null },
        Change { name: "edit: CHECK", by_hand: edit(&rule, checked_rule), after: rule },
        Change { name: "edit: default", by_hand: edit(&default, Vec::new()), after: default },
        Change {
            name: "edit: default of the last column, by hand without a look at the rows",
            by_hand: edit(&last, Vec::new()),
            after: last.clone(),
        },
        Change {
            name: "edit: default of the last column, by hand with a look at the rows",
            by_hand: careful,
            after: last,
        },
    ]
}

/// The edit as the manual has it, rows looked at first.
fn edit(after: &str, mut checked: Vec<String>) -> Vec<String> {
    let text = after.replace('\'', "''");
    checked.extend([
        "PRAGMA writable_schema = ON".to_owned(),
        format!("UPDATE sqlite_schema SET sql = '{text}' WHERE name = 'tasks'"),
        "PRAGMA schema_version = 1000".to_owned(),
        "PRAGMA writable_schema = RESET".to_owned(),
    ]);
    checked
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, change, way, path] = arguments.as_slice()
        && flag == "--once"
    {
        return once(change, way, Path::new(path));
    }
    // `cargo test --benches` runs this too, and has no use for it.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().expect("a scratch folder");
    let original = folder.path().join("original.db");
    build(&original);
    let bytes = std::fs::metadata(&original).expect("the file").len();
    println!("{ROWS} rows, 10 columns, 2 indexes, {} MB; medians of {ROUNDS}", bytes / 1_000_000);
    let mut rebuilt = f64::NAN;
    for change in changes() {
        let mut taken = [Vec::new(), Vec::new(), Vec::new()];
        let mut whole = [Vec::new(), Vec::new(), Vec::new()];
        let mut memory = [0, 0, 0];
        for _ in 0..ROUNDS {
            for (at, way) in ["by hand", "engine", "engine, no ledger"].into_iter().enumerate() {
                let path = folder.path().join("work.db");
                std::fs::copy(&original, &path).expect("a copy of the file");
                // What is still to be written of the copy would be written at the first flush.
                std::fs::File::open(&path).and_then(|file| file.sync_all()).expect("a flush");
                let began = Instant::now();
                let (seconds, kilobytes) = measured(change.name, way, &path);
                whole[at].push(began.elapsed().as_secs_f64());
                taken[at].push(seconds);
                memory[at] = memory[at].max(kilobytes);
            }
        }
        let mut ratio = ratios(&taken[1], &taken[0]);
        let mut bare = ratios(&taken[2], &taken[0]);
        let mut processes = ratios(&whole[1], &whole[0]);
        let [theirs, ours, _] = taken.each_mut().map(|times| median(times));
        println!(
            "{}: engine {ours:.3} s, by hand {theirs:.3} s, ratio {:.2}, without the row ledger {:.2}, \
             of whole processes {:.2}; memory {} and {} MB",
            change.name,
            median(&mut ratio),
            median(&mut bare),
            median(&mut processes),
            memory[1] / 1024,
            memory[0] / 1024,
        );
        if change.name.starts_with("rebuild") {
            rebuilt = ours;
        } else {
            println!("  {:.0} times as fast as the copy", rebuilt / ours);
        }
    }
}

/// Pair by pair.
fn ratios(ours: &[f64], theirs: &[f64]) -> Vec<f64> {
    ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect()
}

/// One run in a process of its own, so that its memory is its own: seconds and kilobytes.
fn measured(change: &str, way: &str, path: &Path) -> (f64, u64) {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["--once", change, way])
        .arg(path)
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{change} {way}: {}", String::from_utf8_lossy(&output.stderr));
    let mut parts = text.split_whitespace();
    let seconds = parts.next().and_then(|part| part.parse().ok()).expect("seconds");
    let kilobytes = parts.next().and_then(|part| part.parse().ok()).expect("kilobytes");
    (seconds, kilobytes)
}

fn once(change: &str, way: &str, path: &Path) {
    let change = changes().into_iter().find(|found| found.name == change).expect("a change");
    let seconds = match way {
        "engine" => by_engine(&change, path, RowLedger::default()),
        "engine, no ledger" => by_engine(&change, path, RowLedger::Never),
        _ => by_hand(&change, path),
    };
    println!("{seconds} {}", peak_memory());
}

/// The most memory that this process had, in kilobytes; 0 where the system doesn't say.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn by_hand(change: &Change, path: &Path) -> f64 {
    let connection = Connection::open(path).expect("the file");
    let started = Instant::now();
    connection.execute_batch("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE").expect("a transaction");
    for sql in &change.by_hand {
        connection.execute_batch(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
    connection.execute_batch("COMMIT").expect("a commit");
    started.elapsed().as_secs_f64()
}

/// A revision of plain statements.
struct Statements(&'static str, Vec<String>);

impl MigrationName for Statements {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Statements {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in &self.1 {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

fn before() -> Vec<String> {
    let mut statements = vec![table("tasks", STATUS, "INTEGER", "TEXT")];
    statements.extend(INDEXES.map(str::to_owned));
    statements
}

fn by_engine(change: &Change, path: &Path, row_ledger: RowLedger) -> f64 {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("tokio");
    runtime.block_on(async {
        let plan = planned(change).await;
        let migrations: Migrations = vec![
            Box::new(Statements("m001_tasks", before())),
            Box::new(Statements("m002_change", plan.statements().map(str::to_owned).collect())),
        ];
        let executor = Executor::new(path, &migrations, SafetyCopies::Skip);
        let executor = Executor { row_ledger, ..executor };
        let started = Instant::now();
        let report = executor.upgrade("head").await.expect("the upgrade");
        assert_eq!(report.ran.len(), 1);
        started.elapsed().as_secs_f64()
    })
}

async fn planned(change: &Change) -> Plan {
    let (current, desired) =
        (Scratch::empty().await.expect("a scratch"), Scratch::empty().await.expect("a scratch"));
    current.run(before()).await.expect("the schema");
    desired.run([change.after.as_str()].into_iter().chain(INDEXES)).await.expect("the schema");
    let current = current.schema().await.expect("the schema");
    let desired = desired.schema().await.expect("the schema");
    let proven = prove(Pair::new(&current, &desired), &Answers::default()).await;
    proven.expect("a proof").expect("a difference").up
}

/// The file, with the books that say that the first revision has run.
fn build(path: &Path) {
    let connection = Connection::open(path).expect("a file");
    connection.execute_batch("PRAGMA synchronous = OFF; BEGIN").expect("a transaction");
    for sql in before() {
        connection.execute_batch(&sql).expect("the schema");
    }
    connection
        .execute_batch(&format!(
            "CREATE TABLE seaql_migrations (version varchar NOT NULL PRIMARY KEY, applied_at integer NOT NULL);
             INSERT INTO seaql_migrations VALUES ('m001_tasks', 0);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
             INSERT INTO tasks ({COLUMNS}) SELECT i, 'Task number ' || i,
             substr('Some words that say more about what has to be done, and some more of them.', 1, 20 + i % 50),
             CASE i % 3 WHEN 0 THEN 'done' ELSE 'open' END, i % 100, i * 0.25,
             '2026-01-' || (10 + i % 20) || ' 10:00:00', '2026-02-' || (10 + i * 7 % 18),
             randomblob(16), 'note ' || (i * 7919 % 1000) FROM n;
             COMMIT"
        ))
        .expect("rows");
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
