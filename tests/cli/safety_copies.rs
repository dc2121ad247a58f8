//! A copy of the database as it was, before anything changes.

use std::fs;
use std::path::PathBuf;

use crate::support::{Sandbox, database};

fn copies(sandbox: &Sandbox) -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(sandbox.backups()) else { return Vec::new() };
    let mut copies: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    copies.sort();
    copies
}

#[test]
fn a_downgrade_keeps_what_it_takes_away() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    assert!(copies(&sandbox).is_empty(), "a new database is nothing to copy");
    database::add_tasks(&database, 50);
    let schema = database::schema(&database);
    let tasks = database::rows(&database, "tasks", &["id", "title", "description"]);

    let downgrade = sandbox.tgenie("db downgrade base").run().exits(0);
    let copies = copies(&sandbox);
    assert_eq!(copies.len(), 1, "{copies:?}");
    downgrade.says(&format!("  A copy from before is at {}\n", copies[0].display()));
    let name = copies[0].file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("taskgenie-2") && name.ends_with("-before-downgrade.db"), "{name}");
    database::assert_sound(&copies[0]);
    assert_eq!(database::schema(&copies[0]), schema);
    assert_eq!(database::rows(&copies[0], "tasks", &["id", "title", "description"]), tasks);
}

#[test]
fn an_upgrade_keeps_what_was_there() {
    let sandbox = Sandbox::upgraded();
    sandbox.tgenie("db downgrade --no-backup").run().exits(0);
    let report = sandbox.tgenie("db upgrade --json").run().exits(0).json();
    let copies = copies(&sandbox);
    assert_eq!(copies.len(), 1, "{copies:?}");
    assert_eq!(report["safety_copy"], copies[0].to_str().unwrap());
    assert!(copies[0].to_str().unwrap().ends_with("-before-upgrade.db"));
}

#[test]
fn none_is_made_where_none_is_wanted_or_nothing_changes() {
    let sandbox = Sandbox::upgraded();
    for command in [
        "db downgrade --no-backup",
        "db upgrade --no-backup",
        "db upgrade",
        "db downgrade --dry-run",
        "db current",
    ] {
        sandbox.tgenie(command).run().exits(0).never_says("copy");
        assert!(copies(&sandbox).is_empty(), "after {command}");
    }
}

#[test]
fn only_the_newest_are_kept() {
    let sandbox = Sandbox::upgraded();
    let foreign = sandbox.backups().join("my-own-copy.db");
    fs::create_dir(sandbox.backups()).unwrap();
    fs::write(&foreign, "mine").unwrap();
    let twice = |keep: &str| {
        for command in ["db downgrade", "db upgrade"] {
            let run = sandbox.tgenie(command).env("TASKGENIE_BACKUPS_KEEP", keep).run();
            let said = run.exits(0).stderr.contains("A copy from before");
            assert_eq!(said, keep != "0", "a copy that is gone again is not named");
        }
        copies(&sandbox).len()
    };
    let counts = [twice("3"), twice("3"), twice("100"), twice("1"), twice("0")];
    // One more than there are copies: the file that isn't one of them.
    assert_eq!(counts, [3, 4, 6, 2, 1]);
    assert_eq!(fs::read(&foreign).unwrap(), b"mine", "what isn't a copy of ours is left alone");
}

#[test]
fn five_are_kept_unless_the_settings_say_otherwise() {
    let sandbox = Sandbox::upgraded();
    for _ in 0..4 {
        sandbox.tgenie("db downgrade").run().exits(0);
        sandbox.tgenie("db upgrade").run().exits(0);
    }
    assert_eq!(copies(&sandbox).len(), 5);
}
