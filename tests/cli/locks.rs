//! A database that another program holds.

use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::support::{Outcome, Running, Sandbox, database};

/// How long the program may take to give up on a lock.
const PATIENCE: Duration = Duration::from_secs(15);

fn lock(sandbox: &Sandbox, how: &str) -> Connection {
    let connection = database::open(&sandbox.database());
    connection.execute_batch(how).unwrap();
    connection
}

/// All at once: each waits as long as it will wait.
fn all(sandbox: &Sandbox, commands: &[&str]) -> Vec<Outcome> {
    let running: Vec<_> = commands.iter().map(|command| sandbox.tgenie(command).start()).collect();
    running.into_iter().map(Running::finish).collect()
}

fn assert_locked(outcome: Outcome) {
    outcome
        .exits(1)
        .prints("")
        .says("another program is using ")
        .says("unchanged")
        .says("help: Close the other program")
        .says("-wal")
        .never_says("panicked");
}

#[test]
fn a_database_that_is_being_written_is_left_alone() {
    let sandbox = Sandbox::upgraded();
    database::add_tasks(&sandbox.database(), 3);
    let commands = ["db current", "db history", "db check"];
    sandbox.unchanged(|| {
        let other = lock(&sandbox, "BEGIN EXCLUSIVE");
        let started = Instant::now();
        let outcomes = all(&sandbox, &commands);
        assert!(started.elapsed() < PATIENCE, "it took {:?}", started.elapsed());
        drop(other);
        outcomes.into_iter().for_each(assert_locked);
    });
}

#[test]
fn a_database_that_is_about_to_be_written_can_be_read_but_not_changed() {
    let sandbox = Sandbox::upgraded();
    sandbox.unchanged(|| {
        let other = lock(&sandbox, "BEGIN IMMEDIATE");
        let outcomes = all(&sandbox, &["db current", "db upgrade"]);
        drop(other);
        for outcome in outcomes {
            outcome.exits(0);
        }
    });
}

#[test]
fn a_reader_keeps_nobody_from_looking() {
    let sandbox = Sandbox::upgraded();
    sandbox.unchanged(|| {
        let other = lock(&sandbox, "BEGIN; SELECT count(*) FROM tasks");
        let outcomes = all(&sandbox, &["db current", "db history", "db check", "db upgrade"]);
        drop(other);
        for outcome in outcomes {
            outcome.exits(0);
        }
    });
}

#[test]
fn who_waits_says_so_and_goes_on_when_the_lock_comes_free() {
    for how in ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"] {
        let sandbox = Sandbox::upgraded();
        let other = lock(&sandbox, how);
        let waiting = sandbox.tgenie("db downgrade").start();
        thread::sleep(Duration::from_millis(1600));
        drop(other);
        let outcome = waiting.finish().exits(0).says("Waiting: the database is used by ");
        if cfg!(target_os = "linux") {
            outcome.says(&format!("process {} (", std::process::id()));
        }
    }
}

#[test]
fn of_several_upgrades_at_once_one_does_the_work() {
    for round in 0..5 {
        let sandbox = if round == 0 { Sandbox::new() } else { Sandbox::upgraded() };
        if round > 0 {
            sandbox.tgenie("db downgrade base --no-backup").run().exits(0);
        }
        let outcomes = all(&sandbox, &["db upgrade --json"; 4]);
        let ran: Vec<_> = outcomes
            .into_iter()
            .map(|outcome| outcome.exits(0).json()["ran"].as_array().unwrap().len())
            .filter(|ran| *ran > 0)
            .collect();
        assert_eq!(ran, [sandbox.history().len()], "each revision ran once");
        database::assert_sound(&sandbox.database());
    }
}
