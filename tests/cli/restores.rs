//! `restore` as a process: from stdin, only looking, of another program's revision, interrupted.

use crate::support::Sandbox;
use crate::support::database::{add_tasks, assert_sound, run, texts};
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

fn with_dump(tasks: usize) -> Sandbox {
    let sandbox = Sandbox::upgraded();
    add_tasks(&sandbox.database(), tasks);
    sandbox.tgenie("db dump --out backup.sql").run().exits(0);
    sandbox
}

fn count(sandbox: &Sandbox) -> String {
    texts(&sandbox.database(), "SELECT count(*) || '' FROM tasks").remove(0)
}

#[test]
fn a_dump_may_come_by_stdin() {
    let sandbox = with_dump(3);
    let dump = || File::open(sandbox.here("backup.sql")).unwrap();
    run(&sandbox.database(), "DELETE FROM tasks");
    sandbox.unchanged(|| {
        sandbox.tgenie("db restore --in -").stdin(dump()).run().exits(4).says("--yes")
    });
    sandbox.tgenie("db restore --in - --yes").stdin(dump()).run().exits(0).says("Restored");
    assert_eq!(count(&sandbox), "3");
    sandbox.unchanged(|| sandbox.tgenie("db restore --in - --yes").run().exits(1).says("empty"));
    // A database as well.
    fs::copy(sandbox.database(), sandbox.here("copy.db")).unwrap();
    let copy = File::open(sandbox.here("copy.db")).unwrap();
    sandbox.tgenie("db restore --in - --database new.db").stdin(copy).run().exits(0);
    assert_sound(&sandbox.here("new.db"));
}

#[test]
fn a_dry_run_says_what_is_in_it_and_touches_nothing() {
    let sandbox = with_dump(3);
    let head = sandbox.history().pop().unwrap();
    let outcome =
        sandbox.unchanged(|| sandbox.tgenie("db restore --in backup.sql --dry-run").run().exits(0));
    for words in ["backup.sql: a dump, whole and sound", "tables with", &head] {
        assert!(outcome.stdout.contains(words), "{}", outcome.stdout);
    }
    let elsewhere = "db restore --in backup.sql --dry-run --json --database none/at/all.db";
    let report = sandbox.unchanged(|| sandbox.tgenie(elsewhere).run().exits(0)).json();
    assert_eq!(report["dry_run"], true);
    assert_eq!(report["revision"], head);
    assert_eq!(report["source"], "dump");
    fs::write(sandbox.here("cut.sql"), "BEGIN;").unwrap();
    sandbox.unchanged(|| {
        sandbox.tgenie("db restore --in cut.sql --dry-run").run().exits(1).says("COMMIT")
    });
}

#[test]
fn what_a_newer_program_made_is_refused_unless_forced() {
    let sandbox = Sandbox::upgraded();
    run(
        &sandbox.database(),
        "INSERT INTO seaql_migrations(version, applied_at) VALUES('m999_from_tomorrow', 1)",
    );
    sandbox.tgenie("db dump --out newer.sql").run().exits(0);
    run(&sandbox.database(), "DELETE FROM seaql_migrations WHERE version = 'm999_from_tomorrow'");
    sandbox.unchanged(|| {
        let restore = sandbox.tgenie("db restore --in newer.sql --yes").run();
        restore.exits(4).says("m999_from_tomorrow").says("--force").says("unchanged")
    });
    let forced = sandbox.tgenie("db restore --in newer.sql --yes --force").run();
    forced.exits(0).says("m999_from_tomorrow").says("Restored");
}

#[test]
fn an_older_revision_is_told_with_the_way_up() {
    let sandbox = Sandbox::new();
    fs::write(
        sandbox.here("old.sql"),
        "BEGIN; CREATE TABLE notes(a); INSERT INTO notes VALUES(1); COMMIT;",
    )
    .unwrap();
    let restore = sandbox.tgenie("db restore --in old.sql").run();
    restore.exits(0).says("No revision is recorded").says("db upgrade");
}

/// A dump that never ends: the program waits for more when it is asked to stop.
#[cfg(unix)]
#[test]
fn a_restore_that_is_stopped_leaves_nothing_behind() {
    for signal in ["INT", "TERM"] {
        let sandbox = with_dump(3);
        let mut endless = endless_dump();
        let input = endless.stdout.take().unwrap();
        sandbox.unchanged(|| {
            let restore = sandbox.tgenie("db restore --in - --yes").stdin(input).start();
            wait_for_a_draft(&sandbox);
            restore.signal(signal);
            restore.finish().exits(130)
        });
        endless.kill().unwrap();
        endless.wait().unwrap();
    }
}

/// One that is killed leaves its temporary database, and the next restore removes it.
#[cfg(unix)]
#[test]
fn what_a_killed_restore_left_goes_with_the_next() {
    let sandbox = with_dump(3);
    let mut endless = endless_dump();
    let input = endless.stdout.take().unwrap();
    let first = sandbox.tgenie("db restore --in - --yes").stdin(input).start();
    wait_for_a_draft(&sandbox);
    // While the first one is at work, nobody takes its file away.
    sandbox.tgenie("db restore --in backup.sql --yes").run().exits(0);
    let left = drafts(&sandbox).pop().unwrap();
    let yesterday = SystemTime::now() - Duration::from_hours(24);
    File::options().append(true).open(&left).unwrap().set_modified(yesterday).unwrap();
    sandbox.tgenie("db restore --in backup.sql --yes").run().exits(0);
    assert!(left.exists());
    drop(first.kill());
    assert!(left.exists());
    sandbox.tgenie("db restore --in backup.sql --yes").run().exits(0);
    assert!(!left.exists());
    assert_eq!(count(&sandbox), "3");
    endless.kill().unwrap();
    endless.wait().unwrap();
}

/// The program that writes such a dump.
#[cfg(unix)]
fn endless_dump() -> Child {
    Command::new("sh")
        .arg("-c")
        .arg("echo 'BEGIN; CREATE TABLE t(a); INSERT INTO t VALUES(1);'; exec sleep 60")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The temporary databases beside the database.
#[cfg(unix)]
fn drafts(sandbox: &Sandbox) -> Vec<PathBuf> {
    let database = sandbox.database();
    let entries = fs::read_dir(database.parent().unwrap()).unwrap().flatten();
    let is_draft =
        |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(".restore-");
    entries.filter(is_draft).map(|entry| entry.path()).collect()
}

#[cfg(unix)]
fn wait_for_a_draft(sandbox: &Sandbox) {
    for _ in 0..2000 {
        if !drafts(sandbox).is_empty() {
            // Time to lock it.
            thread::sleep(Duration::from_millis(100));
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("the restore doesn't begin");
}
