//! Several processes at one database, and one that dies with its lock.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;

use crate::program::HISTORY;
use crate::support::{Running, database};
use crate::sweep::Stage;
use crate::{everything, trial};

/// How many start at once.
const PROCESSES: usize = 8;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("r29_eight_start_on_a_new_file", || {
            start_together(|_| {}, 0, &["delete"]);
        }),
        trial("r29_eight_start_on_a_file_that_is_behind", || {
            start_together(|stage| stage.at(HISTORY[0]), 1, &["delete", "wal"]);
        }),
        trial("r29_eight_start_on_a_database_to_take_over", || {
            start_together(Stage::python, 1, &["delete", "wal"]);
        }),
        trial("r29_a_step_is_counted_from_where_it_was_asked", one_step),
        trial("a_lock_that_stays_is_told", given_up),
        trial("r30_r31_a_killed_holder_blocks_nobody", killed_holder),
    ]
}

/// None fails, and every revision runs once. `done` of them are in the books before, or get there by
/// the takeover.
fn start_together(prepare: fn(&Stage), done: usize, journals: &[&str]) {
    let rounds = if everything() { 20 } else { 4 };
    for round in 0..rounds {
        let stage = Stage::new();
        prepare(&stage);
        let path = stage.sandbox.database();
        let journal = journals[round % journals.len()];
        if path.exists() {
            database::run(&path, &format!("PRAGMA journal_mode = {journal}"));
        }
        let running: Vec<_> =
            (0..PROCESSES).map(|_| stage.run("db upgrade --json").start()).collect();
        let mut ran = Vec::new();
        for outcome in running.into_iter().map(Running::finish) {
            let report = outcome.exits(0).json();
            let revisions = report["ran"].as_array().unwrap().clone();
            ran.extend(revisions.iter().map(|it| it["revision"].as_str().unwrap().to_owned()));
        }
        ran.sort();
        assert_eq!(ran, HISTORY[done..], "round {round}, {journal}: each runs once");
        assert_eq!(database::revisions(&path), HISTORY);
        database::assert_sound(&path);
    }
}

/// Two that ask for one step from the same place take that step together, not two.
fn one_step() {
    let stage = Stage::new();
    stage.at(HISTORY[0]);
    let path = stage.sandbox.database();
    let holder = database::open(&path);
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting: Vec<_> = (0..2).map(|_| stage.run("db upgrade --rev +1").start()).collect();
    std::thread::sleep(Duration::from_millis(1500));
    drop(holder);
    for outcome in waiting.into_iter().map(Running::finish) {
        let _ = outcome.exits(0);
    }
    assert_eq!(database::revisions(&path), HISTORY[..2]);
}

/// The lock is the kernel's, so it is gone with its process; and it is the database file's, so programs
/// with other folders for temporary files see it.
fn killed_holder() {
    let stage = Stage::new();
    stage.at(HISTORY[0]);
    let holder =
        stage.run("hold").arg(stage.sandbox.database()).env("TMPDIR", stage.sandbox.home()).start();
    let pid = holder.pid();
    std::thread::sleep(Duration::from_millis(500));
    let waiting = stage.run("db upgrade").start();
    std::thread::sleep(Duration::from_millis(2500));
    let _ = holder.kill();
    let freed = Instant::now();
    let outcome = waiting.finish();
    let took = freed.elapsed();
    let outcome = outcome.exits(0).says("Waiting: the database is used by ");
    if cfg!(target_os = "linux") {
        let _ = outcome.says(&format!("process {pid} ("));
    }
    // What it still has to do after that is some milliseconds; a machine may be busy.
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    println!("went on and ended {took:?} after the holder was killed");
}

/// A real minute, which the program waits for a lock; the error names who has it.
fn given_up() {
    let stage = Stage::new();
    stage.at(HISTORY[0]);
    let path = stage.sandbox.database();
    let holder = stage.run("hold").arg(&path).start();
    let pid = holder.pid();
    std::thread::sleep(Duration::from_millis(500));
    let files = stage.sandbox.files();
    let began = Instant::now();
    let mut waiting: Vec<_> = ["db upgrade --no-backup", "db upgrade --no-backup --json"]
        .into_iter()
        .map(|command| stage.run(command).start())
        .collect();
    let json = waiting.pop().unwrap().finish().exits(1);
    let text = waiting.pop().unwrap().finish().exits(1);
    let took = began.elapsed();
    assert!(took > Duration::from_mins(1), "it gave up after {took:?}");
    files.assert_same_as(&stage.sandbox.files());
    let _ = holder.kill();
    let who = format!("process {pid} (");
    for outcome in [&text, &json] {
        if cfg!(target_os = "linux") {
            assert!(outcome.stderr.contains(&format!("it is used by {who}")), "{outcome}");
        }
        assert!(outcome.stderr.contains("The database is unchanged."), "{outcome}");
        // The one thing that is said of those files: what they are for, and to leave them.
        let advice = "Leave the -wal, -shm and -journal files beside it alone: ";
        assert!(outcome.stderr.contains(advice), "{outcome}");
        let lower = outcome.stderr.to_lowercase();
        assert!(!["delete", "remove", " rm "].iter().any(|word| lower.contains(word)), "{outcome}");
    }
    println!("{text}\n{json}");
    stage.run("db upgrade --no-backup").run().exits(0);
}

/// Holds the lock of a database until the process is killed.
pub(crate) fn hold(path: &Path) -> ! {
    let connection = database::open(path);
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::io::stdout().flush().unwrap();
    loop {
        std::thread::sleep(Duration::from_mins(1));
    }
}
