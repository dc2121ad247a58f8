//! Whatever ends a run in its middle, the database is as before or as after.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{Sandbox, State, Tgenie, database};

/// Kills a run at many moments, from its first until one comes after its end. What is left must
/// be what was there before or what should be there after, and a look must work at once.
pub(crate) fn survives_kills(
    sandbox: &Sandbox,
    moments: u32,
    run: impl Fn() -> Tgenie,
    look: impl Fn() -> Tgenie,
) {
    let database = sandbox.database();
    let pristine = sandbox.here("pristine.db");
    fs::copy(&database, &pristine).unwrap();
    let before = State::of(&database);
    let started = Instant::now();
    run().run().exits(0);
    let step = started.elapsed() / moments;
    let after = State::of(&database);
    assert_ne!(before, after, "the run must do something");

    let mut left_before = 0;
    // A busy machine may need more moments than were planned.
    for moment in 0..4 * moments {
        fs::copy(&pristine, &database).unwrap();
        let running = run().start();
        std::thread::sleep(step * moment);
        let ended = running.kill();
        look().run().exits(0);
        let left = State::of(&database);
        let when = step * moment;
        assert!(left == before || left == after, "killed after {when:?}: {left:?}\n{ended}");
        left_before += u32::from(left == before);
        if ended.code() == Some(0) {
            println!("{left_before} of {moment} kills over {when:?} left the database as before");
            break;
        }
    }
    assert!(left_before > 0, "no kill came in time");
}

#[test]
fn a_killed_downgrade_leaves_the_old_or_the_new() {
    let sandbox = Sandbox::upgraded();
    database::add_tasks(&sandbox.database(), 4000);
    let run = || sandbox.tgenie("db downgrade base --no-backup");
    survives_kills(&sandbox, 15, run, || sandbox.tgenie("db current"));
}

#[test]
fn a_killed_upgrade_leaves_the_old_or_the_new() {
    let sandbox = Sandbox::upgraded();
    sandbox.tgenie("db downgrade base --no-backup").run().exits(0);
    let run = || sandbox.tgenie("db upgrade");
    survives_kills(&sandbox, 15, run, || sandbox.tgenie("db current"));
}

#[test]
fn what_a_killed_program_left_half_written_is_put_right_by_the_next_look() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    database::add_tasks(&database, 100);
    // A write that ran out of cache has pages in the file and the old ones in the journal: a copy
    // of both is what a crash leaves.
    let writer = database::open(&database);
    writer
        .execute_batch(
            "PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE tasks SET description = hex(zeroblob(5000))",
        )
        .unwrap();
    let journal = |path: &Path| {
        let mut name = path.as_os_str().to_owned();
        name.push("-journal");
        std::path::PathBuf::from(name)
    };
    let left = sandbox.here("left.db");
    for command in ["db current", "db history", "db upgrade", "db downgrade"] {
        fs::copy(&database, &left).unwrap();
        fs::copy(journal(&database), journal(&left)).unwrap();
        sandbox.tgenie(command).on(&left).run().exits(0);
        assert!(!journal(&left).exists(), "{command} leaves the journal");
        database::assert_sound(&left);
        if command != "db downgrade" {
            let count = "SELECT count(*) FROM tasks WHERE length(description) = 100";
            assert_eq!(database::texts(&left, count), ["Integer(100)"], "{command}");
        }
    }
    drop(writer);
}

#[test]
#[cfg(unix)]
fn who_waits_for_a_lock_can_be_stopped() {
    for signal in ["INT", "TERM"] {
        let sandbox = Sandbox::upgraded();
        sandbox.unchanged(|| {
            let other = database::open(&sandbox.database());
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            let waiting = sandbox.tgenie("db downgrade --no-backup").start();
            // It takes a few milliseconds until its handlers are there.
            std::thread::sleep(Duration::from_millis(500));
            let asked = Instant::now();
            waiting.signal(signal);
            let outcome = waiting.finish();
            assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
            outcome
                .exits(130)
                .prints("")
                .says(&format!("error: stopped by SIG{signal}\n"))
                .says("the database is as it was before")
                .says("`tgenie db current` shows which.");
            drop(other);
        });
    }
}

/// The note that a killed run leaves beside the database.
#[test]
fn the_next_run_says_what_became_of_one_that_was_interrupted() {
    let sandbox = Sandbox::upgraded();
    let head = sandbox.history().pop().unwrap();
    let note = sandbox.database().with_file_name(".taskgenie.db-running");
    for (text, says) in [
        (
            format!("downgrade\n{head}\nbase\n"),
            format!("the downgrade to base was interrupted; the database is unchanged, at {head}"),
        ),
        (
            format!("upgrade\nbase\n{head}\n"),
            format!("the upgrade to {head} was interrupted right after its end"),
        ),
    ] {
        fs::write(&note, text).unwrap();
        sandbox.tgenie("db upgrade").run().exits(0).says(&says);
        assert!(!note.exists());
        sandbox.tgenie("db upgrade").run().exits(0).never_says("interrupted");
    }
    fs::write(&note, format!("upgrade\nbase\n{head}\n")).unwrap();
    let report = sandbox.tgenie("db upgrade --json").run().exits(0).json();
    assert!(report["interrupted"].as_str().unwrap().contains("right after its end"));
    sandbox.tgenie("db downgrade --no-backup").run().exits(0);
    assert!(!note.exists(), "a run takes its own note away");
}

/// The run after it may be refused; it says what became of the one before all the same.
#[test]
fn a_run_that_is_refused_says_what_became_of_one_that_was_interrupted() {
    let sandbox = Sandbox::upgraded();
    let head = sandbox.history().pop().unwrap();
    let newer = "INSERT INTO seaql_migrations VALUES ('m900_newer', 5)";
    database::run(&sandbox.database(), newer);
    let note = sandbox.database().with_file_name(".taskgenie.db-running");
    fs::write(&note, format!("upgrade\nbase\n{head}\n")).unwrap();
    let refused = sandbox.tgenie("db upgrade").run().exits(4);
    let _ = refused.says(&format!("the upgrade to {head} was interrupted")).says("m900_newer");
    assert!(!note.exists());
}

/// A run that is killed while it holds the lock leaves the note, and blocks nobody.
#[test]
#[cfg(unix)]
fn a_killed_run_leaves_its_note() {
    let sandbox = Sandbox::upgraded();
    database::add_tasks(&sandbox.database(), 4000);
    let note = sandbox.database().with_file_name(".taskgenie.db-running");
    for _ in 0..40 {
        let running = sandbox.tgenie("db downgrade base --no-backup").start();
        let started = Instant::now();
        while !note.exists() && started.elapsed() < Duration::from_millis(500) {
            std::thread::yield_now();
        }
        let ended = running.kill();
        if note.exists() {
            let next = Instant::now();
            let said = sandbox.tgenie("db downgrade base --no-backup").run().exits(0);
            assert!(next.elapsed() < Duration::from_secs(5), "{:?}", next.elapsed());
            said.says("the downgrade to base was interrupted");
            database::assert_sound(&sandbox.database());
            return;
        }
        if ended.code() == Some(0) {
            sandbox.tgenie("db upgrade --no-backup").run().exits(0);
            database::add_tasks(&sandbox.database(), 4000);
        }
    }
    panic!("no kill came while the run was under way");
}

/// The system ends whoever writes beyond `ulimit -f`; for this program it is a full disk.
#[cfg(unix)]
#[test]
fn a_limit_of_the_file_size_is_an_error_and_leaves_nothing_behind() {
    let sandbox = Sandbox::upgraded();
    database::add_tasks(&sandbox.database(), 2000);
    fs::create_dir(sandbox.backups()).unwrap();
    sandbox.tgenie("db dump --out whole.sql").run().exits(0);
    let limited = |arguments: &str| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "ulimit -f 40 && exec \"$0\" \"$@\""]).arg(sandbox.program());
        command.env_clear().env("HOME", sandbox.home()).current_dir(sandbox.here(""));
        Tgenie::new(command, arguments)
    };
    sandbox.unchanged(|| {
        limited("db dump --out new.sql").run().exits(1).says("No dump was written");
        limited("db restore --in whole.sql --yes").run().exits(1).says("the database is unchanged");
        limited("db downgrade base").run().exits(1).says("Nothing was changed");
        limited("db reset --yes").run().exits(1).says("Nothing was changed");
    });
}
