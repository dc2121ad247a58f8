//! `current`, `history` and `check` look, and change nothing by looking.

use crate::support::{Sandbox, database};

const LOOKS: [&str; 6] = [
    "db current",
    "db current --json",
    "db history",
    "db history --json",
    "db check",
    "db check --json",
];

#[test]
fn without_a_database_nothing_is_created_by_looking() {
    let sandbox = Sandbox::new();
    sandbox.unchanged(|| {
        for look in LOOKS.into_iter().chain(["db settings", "--help", "db --help", "db -V"]) {
            sandbox.tgenie(look).run().exits(0);
        }
    });
}

#[test]
fn current_names_the_revision_and_what_is_pending() {
    let sandbox = Sandbox::new();
    let history = sandbox.history();
    let head = history.last().unwrap();
    let before = sandbox.tgenie("db current").run().exits(0).prints("base\n");
    before.says("pending: run `tgenie db upgrade`\n");
    let before = sandbox.tgenie("db current --json").run().exits(0).json();
    assert_eq!(
        (&before["current"], &before["pending"]),
        (&None::<&str>.into(), &history.len().into())
    );

    sandbox.tgenie("db upgrade").run().exits(0);
    sandbox.unchanged(|| {
        let after = sandbox.tgenie("db current").run().exits(0);
        after.prints(&format!("{head} (head)\n")).says_exactly("");
        let after = sandbox.tgenie("db current --json").run().exits(0).json();
        assert_eq!((&after["current"], &after["pending"]), (&head.as_str().into(), &0.into()));
        assert_eq!(after["database"], sandbox.database().to_str().unwrap());
    });
}

#[test]
fn the_exit_code_tells_what_is_pending_where_that_is_asked_for() {
    let sandbox = Sandbox::new();
    for look in ["db current", "db status"] {
        sandbox.tgenie(look).run().exits(0);
        sandbox.tgenie(&format!("{look} --exit-code")).run().exits(3).prints("base\n");
    }
    sandbox.tgenie("db upgrade").run().exits(0);
    sandbox.tgenie("db status --exit-code").run().exits(0);
    database::run(&sandbox.database(), "INSERT INTO seaql_migrations VALUES ('m999_later', 0)");
    sandbox.tgenie("db status").run().exits(0);
    sandbox
        .tgenie("db status --exit-code")
        .run()
        .exits(4)
        .prints("m999_later (unknown to this program)\n");
}

#[test]
fn history_lists_the_newest_first() {
    let sandbox = Sandbox::new();
    let mut newest_first = sandbox.history();
    newest_first.reverse();
    let first_words = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
    };
    let before = sandbox.tgenie("db history").run().exits(0);
    assert_eq!(first_words(&before.stdout), newest_first);
    assert!(before.stdout.lines().all(|line| line.ends_with("  pending")), "{before}");

    sandbox.tgenie("db upgrade").run().exits(0);
    sandbox.unchanged(|| {
        let after = sandbox.tgenie("db history").run().exits(0);
        assert_eq!(first_words(&after.stdout), newest_first);
        assert!(after.stdout.lines().all(|line| line.contains("  applied 2")), "{after}");
        let current: Vec<_> =
            after.stdout.lines().map(|line| line.ends_with("  (current)")).collect();
        assert_eq!(current.iter().position(|is| *is), Some(0), "{after}");

        let report = sandbox.tgenie("db history --json").run().exits(0).json();
        let revisions = report["revisions"].as_array().unwrap();
        assert!(revisions.iter().all(|revision| revision["applied_at"].is_i64()), "{report}");
        assert_eq!(revisions[0]["current"], true);
    });
}

#[test]
fn check_finds_the_models_and_the_history_equal() {
    let sandbox = Sandbox::upgraded();
    sandbox.unchanged(|| {
        let check = sandbox.tgenie("db check").run().exits(0).prints("");
        check.says_exactly("✓ The models and the history say the same.\n");
        let report = sandbox.tgenie("db check --json").run().exits(0).json();
        assert_eq!(report["changes"], serde_json::json!([]));
    });
}

#[test]
fn a_database_in_wal_mode_is_looked_at_without_a_trace() {
    let sandbox = Sandbox::upgraded();
    database::run(&sandbox.database(), "PRAGMA journal_mode = WAL");
    sandbox.unchanged(|| {
        for look in &LOOKS {
            sandbox.tgenie(look).run().exits(0);
        }
    });
}

#[test]
fn a_wal_that_another_program_left_is_not_moved_into_the_database_by_looking() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    // A connection that is still open keeps its WAL: what a crash leaves behind is a copy of both.
    let connection = database::open(&database);
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; INSERT INTO config (key, value) VALUES ('k', 'v')",
        )
        .unwrap();
    let copied = |from: &str, to: &str| {
        let path = format!("{}{from}", database.display());
        std::fs::copy(path, sandbox.here(format!("left.db{to}"))).unwrap();
    };
    copied("", "");
    copied("-wal", "-wal");
    drop(connection);
    let files = ["left.db", "left.db-wal"].map(|name| sandbox.here(name));
    let content = || files.clone().map(|file| std::fs::read(file).unwrap());
    let before = content();
    for look in LOOKS {
        sandbox.tgenie(look).on("left.db").run().exits(0);
    }
    assert!(content() == before, "a look changed the files");
    sandbox.tgenie("db downgrade").on("left.db").run().exits(0);
    let copies = sandbox.tgenie("db history").on("left.db").run().exits(0);
    assert!(copies.stdout.contains("pending"), "{copies}");
    let backups = std::fs::read_dir(sandbox.here("backups")).unwrap();
    let copy = backups.map(|entry| entry.unwrap().path()).next().unwrap();
    assert_eq!(database::texts(&copy, "SELECT value FROM config"), ["v"], "the WAL is in the copy");
}
