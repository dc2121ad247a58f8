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

#[test]
fn copies_are_listed_put_back_and_thinned_out() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    sandbox.tgenie("db backups list").run().exits(0).prints("").says("There are no safety copies");
    sandbox.tgenie("db backups restore latest").run().exits(1).says("there are no safety copies");
    database::add_tasks(&database, 20);
    let before = database::fingerprint(&database, "tasks");
    for _ in 0..2 {
        sandbox.tgenie("db downgrade base").run().exits(0);
        sandbox.tgenie("db upgrade").run().exits(0);
    }
    let head = sandbox.history().pop().unwrap();
    let list = sandbox.tgenie("db backups list --json").run().exits(0).json();
    let listed = list["copies"].as_array().unwrap();
    assert_eq!(listed.len(), 4, "{list}");
    assert_eq!(listed[0]["reason"], "before-downgrade");
    assert_eq!(listed[0]["revision"], head);
    let shown = sandbox.tgenie("db backups list").run().exits(0);
    assert_eq!(shown.stdout.lines().count(), 4);

    let first = listed[0]["path"].as_str().unwrap().to_owned();
    let name = first.rsplit('/').next().unwrap().to_owned();
    sandbox.unchanged(|| {
        let command = "db backups restore before-downgrade";
        sandbox.tgenie(command).run().exits(2).says("stands for 2 safety copies");
        let look = sandbox.tgenie("db backups restore --dry-run").arg(&name).run().exits(0);
        look.says("Nothing was restored");
        sandbox.tgenie("db backups restore 1999").run().exits(2).says("there is no safety copy");
        let restore = sandbox.tgenie("db backups restore").arg(&name).run();
        restore.exits(4).says("no terminal");
        sandbox
            .tgenie("db backups prune --keep 3 --dry-run")
            .run()
            .exits(0)
            .prints(&format!("{first}\n"));
    });
    sandbox.tgenie("db backups restore --yes").arg(&name).run().exits(0).says("A copy from before");
    assert_eq!(database::fingerprint(&database, "tasks"), before);
    assert_eq!(copies(&sandbox).len(), 5);
    sandbox.tgenie("db backups prune --keep 1").run().exits(0).says("4 safety copies removed");
    assert_eq!(copies(&sandbox).len(), 1);
}

/// Drift is answered by ways that keep the data. Whatever deletes or replaces it keeps a sound copy.
#[test]
fn r42_whatever_replaces_data_keeps_a_sound_copy_of_it() {
    for command in [
        "db downgrade base",
        "db repair --yes --accept TG101",
        "db restore --in other.sql --yes",
        "db backups restore latest --yes",
        "db undo --yes",
        "db stamp head --force",
        "db reset --yes",
    ] {
        let sandbox = Sandbox::upgraded();
        let database = sandbox.database();
        sandbox.tgenie("db dump --out other.sql").run().exits(0);
        sandbox.tgenie("db downgrade").run().exits(0);
        sandbox.tgenie("db upgrade").run().exits(0);
        database::add_tasks(&database, 20);
        if command.contains("repair") {
            database::run(&database, "CREATE TABLE mine (a); INSERT INTO mine VALUES (1)");
            sandbox.unchanged(|| {
                let refused = sandbox.tgenie("db downgrade").run().exits(4).says("db repair");
                assert!(!refused.stderr.contains("reset"), "{refused}");
            });
        }
        let tasks = database::fingerprint(&database, "tasks");
        let before = copies(&sandbox);

        sandbox.tgenie(command).run().exits(0);
        let new: Vec<_> = copies(&sandbox).into_iter().filter(|it| !before.contains(it)).collect();
        assert_eq!(new.len(), 1, "{command}: {new:?}");
        database::assert_sound(&new[0]);
        assert_eq!(database::fingerprint(&new[0], "tasks"), tasks, "{command}");
    }
}
