//! How fast the toolkit is, beside SQLite's own shell in the same run:
//! `cargo bench -p tgenie`.
//!
//! It prints medians and, where there is something to compare with, ratios taken pair by pair, so
//! that a machine whose speed drifts still gives the same answer. It judges nothing.

#![expect(clippy::print_stdout, reason = "the measurements are what it is for")]

use schema_engine::connection::{Access, open};
use schema_engine::diff::diff;
use schema_engine::executor::{Executor, SafetyCopies};
use schema_engine::history::Migrations;
use schema_engine::inspect::inspect;
use schema_engine::pair::Pair;
use sea_orm::{ConnectionTrait as _, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 15;

fn main() {
    // `cargo test --benches` runs this too, and has no use for it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().expect("a scratch folder");
    whole_process(folder.path());
    many_migrations(folder.path());
    for tables in [100, 1000] {
        comparison(folder.path(), tables);
    }
}

/// `current` and an `upgrade` with nothing to do, from start to exit.
fn whole_process(folder: &Path) {
    let program = folder.join("tgenie");
    // Away from the source tree, as a user has it.
    std::fs::copy(env!("CARGO_BIN_EXE_tgenie"), &program).expect("a copy of the program");
    let run = |arguments: &[&str]| {
        let status = Command::new(&program)
            .args(arguments)
            .env("HOME", folder)
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("the program runs");
        assert!(status.success(), "{arguments:?}");
    };
    run(&["db", "upgrade"]);
    for command in ["current", "upgrade"] {
        let times = rounds(|| timed(|| run(&["db", command])));
        report(&format!("whole process: {command}, nothing to do"), &times);
    }
}

/// A revision that makes one table.
struct OneTable(String, String);

impl MigrationName for OneTable {
    fn name(&self) -> &str {
        &self.0
    }
}

#[async_trait::async_trait]
impl MigrationTrait for OneTable {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&self.1).await.map(drop)
    }
}

fn table(number: usize, columns: usize) -> String {
    let mut sql = format!(
        "CREATE TABLE \"table_{number:04}\" ( \"id\" integer NOT NULL PRIMARY KEY AUTOINCREMENT"
    );
    for column in 1..columns {
        write!(sql, ", \"column_{column}\" varchar(255) DEFAULT 'x'").expect("a String takes it");
    }
    sql + " )"
}

/// 1000 revisions of one table each on a new file, beside the shell with the same statements.
fn many_migrations(folder: &Path) {
    let migrations: Migrations = (0..1000)
        .map(|number| -> Box<dyn MigrationTrait> {
            Box::new(OneTable(format!("m{number:04}_table"), table(number, 3)))
        })
        .collect();
    let mut script = String::from("BEGIN;\n");
    for number in 0..1000 {
        writeln!(script, "{};", table(number, 3)).expect("a String takes it");
    }
    script.push_str("COMMIT;\n");
    let database = folder.join("many.db");
    let runtime = runtime();
    let ours = || {
        let _ = std::fs::remove_file(&database);
        timed(|| {
            let executor = Executor::new(&database, &migrations, SafetyCopies::Skip);
            let report = runtime.block_on(executor.upgrade("head")).expect("the upgrade");
            assert_eq!(report.ran.len(), 1000);
        })
    };
    let shell = || {
        let _ = std::fs::remove_file(&database);
        timed(|| {
            let mut child = Command::new("sqlite3")
                .arg(&database)
                .stdin(Stdio::piped())
                .spawn()
                .expect("sqlite3 is installed");
            child.stdin.take().expect("its input").write_all(script.as_bytes()).expect("written");
            assert!(child.wait().expect("its end").success());
        })
    };
    let name = "1000 revisions of one table on a new file";
    if Command::new("sqlite3").arg("-version").stdout(Stdio::null()).status().is_err() {
        println!("(no sqlite3 shell here to compare with)");
        return report(name, &rounds(ours));
    }
    let pairs: Vec<_> = (0..ROUNDS).map(|_| (ours(), shell())).collect();
    report(name, &pairs.iter().map(|(ours, _)| *ours).collect::<Vec<_>>());
    report(
        "  the same statements in the sqlite3 shell",
        &pairs.iter().map(|(_, shell)| *shell).collect::<Vec<_>>(),
    );
    let mut ratios: Vec<_> =
        pairs.iter().map(|(ours, shell)| ours.as_secs_f64() / shell.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    println!("{:<52} {:>8.2} x", "  ratio", ratios[ratios.len() / 2]);
}

/// Reading two schemas of so many tables with ten columns each, and comparing them.
fn comparison(folder: &Path, tables: usize) {
    let database = folder.join(format!("{tables}.db"));
    let connection = rusqlite::Connection::open(&database).expect("a database");
    let statements: Vec<String> = (0..tables)
        .map(|number| {
            format!(
                "{};\nCREATE INDEX \"index_{number}\" ON \"table_{number:04}\" (\"column_1\");\n",
                table(number, 10)
            )
        })
        .collect();
    connection
        .execute_batch(&format!("BEGIN;\n{}COMMIT;", statements.concat()))
        .expect("its tables");
    drop(connection);
    let runtime = runtime();
    let times = rounds(|| {
        runtime.block_on(async {
            let one = open(&database, Access::ReadOnly).await.expect("open");
            let two = open(&database, Access::ReadOnly).await.expect("open");
            let started = Instant::now();
            let (one, two) =
                (inspect(&one).await.expect("read"), inspect(&two).await.expect("read"));
            assert!(diff(Pair::new(&one, &two)).is_empty());
            started.elapsed()
        })
    });
    report(&format!("compare {tables} tables with 10 columns, both sides read"), &times);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn rounds(mut round: impl FnMut() -> Duration) -> Vec<Duration> {
    round();
    (0..ROUNDS).map(|_| round()).collect()
}

fn report(name: &str, times: &[Duration]) {
    let mut times = times.to_vec();
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{name:<52} {:>8.2} ms   (fastest {:.2})",
        milliseconds(times[times.len() / 2]),
        milliseconds(times[0])
    );
}
