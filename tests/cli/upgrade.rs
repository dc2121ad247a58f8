//! `upgrade` and `downgrade` where all is well.

use crate::support::{Sandbox, database};

/// The five tables, without the books.
const TABLES: [&str; 5] = ["attachments", "chat_history", "config", "notifications", "tasks"];

fn tables(sandbox: &Sandbox) -> Vec<String> {
    let query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('seaql_migrations', 'schema_engine_revisions') ORDER BY name";
    database::texts(&sandbox.database(), query)
}

#[test]
fn a_fresh_home_gets_its_database() {
    let sandbox = Sandbox::new();
    let head = sandbox.history().pop().unwrap();
    let upgrade = sandbox.tgenie("db upgrade").run().exits(0).prints("");
    let database = sandbox.database();
    upgrade
        .says(&format!("✓ Database upgraded from base to {head} ("))
        .says(&format!("): {}\n", database.display()));
    assert_eq!(tables(&sandbox), TABLES);
    assert_eq!(database::revisions(&database), sandbox.history());
    database::assert_sound(&database);
    assert_eq!(sandbox.files().names(), [database.as_path()], "nothing else is left");
}

#[test]
#[cfg(unix)]
fn the_folders_are_for_the_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::upgraded();
    sandbox.tgenie("db downgrade").run().exits(0);
    for folder in [".taskgenie", ".taskgenie/data", ".taskgenie/data/backups"] {
        let mode = sandbox.home().join(folder).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
}

#[test]
fn a_second_upgrade_leaves_every_byte_as_it_is() {
    let sandbox = Sandbox::upgraded();
    let head = sandbox.history().pop().unwrap();
    sandbox.unchanged(|| {
        let told = format!("✓ Nothing to do: {} is at {head}.\n", sandbox.database().display());
        sandbox.tgenie("db upgrade").run().exits(0).prints("").says_exactly(&told);
        let report = sandbox.tgenie("db upgrade --json").run().exits(0).json();
        assert_eq!(report["ran"], serde_json::json!([]));
        assert_eq!((&report["from"], &report["to"]), (&head.as_str().into(), &head.into()));
    });
}

#[test]
fn an_empty_file_is_an_empty_database() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.here("empty.db"), "").unwrap();
    sandbox.unchanged(|| {
        sandbox.tgenie("db current").on("empty.db").run().exits(0).prints("base\n");
        sandbox.tgenie("db upgrade --dry-run").on("empty.db").run().exits(0);
    });
    sandbox.tgenie("db upgrade").on("empty.db").run().exits(0);
    assert_eq!(database::revisions(&sandbox.here("empty.db")), sandbox.history());
}

#[test]
fn down_and_up_again_gives_the_same_schema() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    let before = database::schema(&database);
    let count = sandbox.history().len();
    let report = sandbox.tgenie("db downgrade base --json").run().exits(0).json();
    assert_eq!(report["ran"].as_array().unwrap().len(), count);
    assert_eq!(report["to"], serde_json::Value::Null);
    assert_eq!(tables(&sandbox), [""; 0]);
    let report = sandbox.tgenie("db upgrade --json").run().exits(0).json();
    assert_eq!(report["from"], serde_json::Value::Null);
    assert_eq!(database::schema(&database), before);
}

#[test]
fn a_dry_run_shows_what_would_run_and_makes_nothing() {
    let sandbox = Sandbox::new();
    let listed = |sign: &str, revisions: &[String]| -> String {
        revisions.iter().flat_map(|revision| [sign, " ", revision, "\n"]).collect()
    };
    let mut history = sandbox.history();
    sandbox.unchanged(|| {
        let upgrade = sandbox.tgenie("db upgrade --dry-run").run().exits(0);
        upgrade.prints(&listed("+", &history)).says_exactly("");
        let report = sandbox.tgenie("db upgrade --dry-run --json").run().exits(0).json();
        assert_eq!(report["would_run"], serde_json::json!(history));
    });
    sandbox.tgenie("db upgrade").run().exits(0);
    sandbox.unchanged(|| {
        let upgrade = sandbox.tgenie("db upgrade --dry-run").run().exits(0).prints("");
        upgrade.says_exactly("Nothing would be run.\n");
        history.reverse();
        let downgrade = sandbox.tgenie("db downgrade base --dry-run").run().exits(0);
        downgrade.prints(&listed("-", &history));
    });
}

#[test]
fn a_downgrade_without_a_database_says_so_and_makes_none() {
    let sandbox = Sandbox::new();
    sandbox.unchanged(|| {
        for arguments in ["db downgrade", "db downgrade --dry-run", "db downgrade base"] {
            let downgrade = sandbox.tgenie(arguments).run().exits(1).prints("");
            downgrade
                .says(&format!("error: there is no database at {}\n", sandbox.database().display()))
                .says("`db upgrade` creates it.");
        }
    });
}

#[test]
fn an_upgrade_to_base_makes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.unchanged(|| {
        sandbox.tgenie("db upgrade base").run().exits(0).says("Nothing to do: ");
    });
}

#[test]
#[cfg(unix)]
fn a_database_behind_a_link_stays_behind_it() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.here("disk")).unwrap();
    std::os::unix::fs::symlink("disk/real.db", sandbox.here("link.db")).unwrap();
    sandbox.tgenie("db upgrade").on("link.db").run().exits(0);
    sandbox.tgenie("db downgrade").on("link.db").run().exits(0);
    sandbox.tgenie("db upgrade").on("link.db").run().exits(0);
    assert!(sandbox.here("link.db").is_symlink());
    assert_eq!(database::revisions(&sandbox.here("disk/real.db")), sandbox.history());
    assert!(sandbox.here("disk/backups").is_dir(), "copies lie beside the file itself");
}

#[test]
fn a_rehearsal_reports_and_changes_nothing() {
    let sandbox = Sandbox::upgraded();
    database::add_tasks(&sandbox.database(), 20);
    sandbox.unchanged(|| {
        sandbox.tgenie("db upgrade --rehearse").run().exits(0).says("Nothing would be run.")
    });
    // A new database, which has everything before it.
    let new = Sandbox::new();
    new.tgenie("db upgrade --rehearse").run().exits(0).says("Rehearsed on a copy from base to ");
    assert!(!new.database().exists());
    let report = new.tgenie("db upgrade --rehearse --json").run().exits(0).json();
    assert_eq!(report["up"]["ran"].as_array().unwrap().len(), new.history().len());
    assert!(report["back_milliseconds"].is_number());
    new.tgenie("db upgrade --rehearse --dry-run").run().exits(2);
}
