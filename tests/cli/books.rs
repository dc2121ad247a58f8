//! The engine's own books: what a module did when it ran, and the way back.

use serde_json::json;

use crate::support::Sandbox;
use crate::support::database::{add_tasks, revisions, run, schema, texts};

const KEPT: &str = "SELECT revision || ' ' || place || ' ' || program FROM schema_engine_revisions";

#[test]
fn each_revision_is_kept_with_its_way_down_and_no_difference_is_seen() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    let program = format!("tgenie {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(texts(&database, KEPT)[0], format!("m001_initial_schema 0 {program}"));
    let down = "SELECT value FROM schema_engine_revisions, json_each(down) WHERE place = 0";
    assert!(texts(&database, down).contains(&"DROP TABLE \"tasks\"".to_owned()));
    sandbox.tgenie("db diff --exit-code --from live --to history").run().exits(0);
    sandbox.tgenie("db downgrade base").run().exits(0);
    assert!(texts(&database, KEPT).is_empty());
    sandbox.tgenie("db upgrade").run().exits(0);
    assert_eq!(texts(&database, KEPT).len(), sandbox.history().len());
}

#[test]
fn a_module_that_was_edited_since_is_named() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    add_tasks(&database, 5);
    // As if the module had done something else when it ran.
    run(&database, "UPDATE schema_engine_revisions SET fingerprint = 'other' WHERE place = 0");
    for command in ["db upgrade", "db downgrade base", "db downgrade base --accept-drift"] {
        sandbox.unchanged(|| {
            let outcome = sandbox.tgenie(command).run().exits(4).prints("");
            outcome
                .says("error: m001_initial_schema was edited after the database had it\n")
                .says("The database is unchanged.\n")
                .says("`db stamp`")
                .says("`--allow-edited`");
        });
    }
    sandbox.tgenie("db downgrade base --allow-edited").run().exits(0);
}

#[test]
fn a_row_of_another_run_does_not_count() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    // The stock runner took the revision back and applied it again.
    run(&database, "UPDATE schema_engine_revisions SET fingerprint = 'other'");
    run(&database, "UPDATE seaql_migrations SET applied_at = applied_at + 1");
    sandbox.tgenie("db upgrade").run().exits(0);
    run(&database, "DROP TABLE schema_engine_revisions");
    sandbox.tgenie("db upgrade").run().exits(0);
    sandbox.tgenie("db downgrade").run().exits(0);
}

#[test]
fn drift_that_is_accepted_stays() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    sandbox.tgenie("db downgrade base").run().exits(0);
    sandbox.tgenie("db upgrade").run().exits(0);
    run(&database, "CREATE TABLE mine (a); INSERT INTO mine VALUES (1)");
    sandbox.unchanged(|| {
        let refused = sandbox.tgenie("db downgrade base").run().exits(4);
        refused.says("+ table mine").says("--accept-drift").says("db repair");
    });
    let accepted = sandbox.tgenie("db downgrade base --accept-drift").run().exits(0);
    accepted.says("and was left so").says("+ table mine");
    assert_eq!(texts(&database, "SELECT a FROM mine"), ["Integer(1)"]);
    sandbox.tgenie("db upgrade --accept-drift").run().exits(4).says("none of the revisions");
    run(&database, "DROP TABLE mine");
    sandbox.tgenie("db upgrade").run().exits(0);
    assert!(schema(&database).len() > 10);
}

#[test]
fn drift_that_a_revision_would_take_away_is_not_accepted() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    run(&database, "ALTER TABLE tasks ADD COLUMN mine TEXT");
    sandbox.unchanged(|| {
        let refused = sandbox.tgenie("db downgrade base --accept-drift").run().exits(4);
        refused.says("gone: + column tasks.mine").says("rolled back");
    });
}

#[test]
fn stamp_writes_the_books_and_runs_nothing() {
    let sandbox = Sandbox::upgraded();
    let head = sandbox.history().pop().unwrap();
    let database = sandbox.database();
    add_tasks(&database, 3);
    sandbox.unchanged(|| {
        let refused = sandbox.tgenie("db stamp base").run().exits(4).says("+ table tasks");
        sandbox.tgenie("db stamp base --dry-run").run().exits(4).says("+ table tasks");
        let tried = sandbox.tgenie("db stamp base --force --dry-run").run().exits(0);
        tried.says("would be at base").says("Nothing was changed");
        refused.says("make (").says("--force");
    });
    sandbox.tgenie("db stamp base --force").run().exits(0).says("is at base now");
    sandbox.tgenie("db current").run().exits(0).prints("base\n");
    sandbox.unchanged(|| sandbox.tgenie("db upgrade").run().exits(4).says("`db baseline`"));
    sandbox.unchanged(|| {
        let tried = sandbox.tgenie("db baseline --dry-run --json").run().exits(0).json();
        assert_eq!((&tried["dry_run"], &tried["to"]), (&true.into(), &head.as_str().into()));
    });
    let at = sandbox.tgenie("db baseline --json").run().exits(0).json();
    assert_eq!(at["to"], head);
    assert_eq!(texts(&database, "SELECT id FROM tasks").len(), 3);

    run(&database, "UPDATE schema_engine_revisions SET fingerprint = 'other'");
    sandbox.tgenie("db upgrade").run().exits(4);
    sandbox.tgenie("db stamp head").run().exits(0);
    sandbox.tgenie("db upgrade").run().exits(0).says("Nothing to do");

    run(&database, "INSERT INTO seaql_migrations VALUES ('m000_gone', 5)");
    sandbox.unchanged(|| {
        let refused = sandbox.tgenie("db stamp head").run().exits(4);
        refused.says("m000_gone").says("--purge");
    });
    sandbox.tgenie("db stamp head --purge").run().exits(0);
    assert_eq!(revisions(&database), sandbox.history());
    sandbox.unchanged(|| sandbox.tgenie("db baseline").run().exits(2).says("has a history"));
}

#[test]
fn undo_says_past_how_many_runs_it_goes() {
    let sandbox = Sandbox::upgraded();
    sandbox.tgenie("db downgrade --no-backup").run().exits(0);
    sandbox.tgenie("db upgrade").run().exits(0);
    let head = sandbox.history().pop().unwrap();
    let plan = || sandbox.tgenie("db undo --dry-run --json").run().exits(0).json();
    assert_eq!(plan()["runs"], json!([[head]]));
    sandbox.tgenie("db undo --dry-run").run().exits(0).never_says("warning");
    // What a newer program's run with `--no-backup` leaves.
    let later =
        "INSERT INTO seaql_migrations VALUES ('m900_a', 9999999999), ('m901_b', 9999999999)";
    run(&sandbox.database(), later);
    assert_eq!(plan()["runs"], json!([[head], ["m900_a", "m901_b"]]));
    let shown = sandbox.tgenie("db undo --dry-run").run().exits(0);
    let shown = shown.says("warning: this goes back past 2 runs, for the later ones kept no copy:");
    let _ = shown.says("  2286-11-20 17:46:39 UTC: m900_a, m901_b\n");
}

#[test]
fn undo_puts_back_what_was_before_the_last_run_and_can_be_undone() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    sandbox.unchanged(|| sandbox.tgenie("db undo").run().exits(1).says("nothing to undo"));
    add_tasks(&database, 5);
    sandbox.tgenie("db downgrade base").run().exits(0);
    run(&database, "CREATE TABLE notes (a); INSERT INTO notes VALUES (1), (2)");
    sandbox.unchanged(|| {
        let shown = sandbox.tgenie("db undo --dry-run").run().exits(0);
        shown.says("before downgrade").says("notes: 2 rows");
        sandbox.tgenie("db undo").run().exits(4).says("--yes");
        let plan = sandbox.tgenie("db undo --dry-run --json").run().exits(0).json();
        assert_eq!(plan["lost"][0]["rows"], 2);
        assert_eq!(plan["to"], *sandbox.history().last().unwrap());
    });
    // What a killed undo leaves: its copy of what is still there.
    let killed = sandbox.backups().join("taskgenie-29991231-000000-before-undo.db");
    std::fs::copy(&database, &killed).unwrap();
    sandbox.tgenie("db undo --dry-run").run().exits(0).says("before downgrade");
    std::fs::remove_file(killed).unwrap();
    sandbox.tgenie("db undo --yes").run().exits(0).says("before-undo");
    assert_eq!(texts(&database, "SELECT id FROM tasks").len(), 5);
    assert_eq!(revisions(&database), sandbox.history());
    sandbox.tgenie("db undo --yes").run().exits(0);
    assert_eq!(texts(&database, "SELECT a FROM notes").len(), 2);
    assert!(revisions(&database).is_empty());
    sandbox.tgenie("db reset --yes").run().exits(0);
    sandbox.tgenie("db undo --yes").run().exits(1).says("no database").says("backups restore");
}

#[test]
fn repair_plans_the_way_back_and_loses_nothing_unasked() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    add_tasks(&database, 4);
    let before = schema(&database);
    sandbox.unchanged(|| sandbox.tgenie("db repair").run().exits(0).says("Nothing to repair"));
    run(&database, "DROP INDEX idx_tasks_eta; ALTER TABLE tasks ADD COLUMN mine TEXT DEFAULT 'x'");
    sandbox.unchanged(|| {
        let shown = sandbox.tgenie("db repair --dry-run").run().exits(0);
        shown.says("- column tasks.mine").says("+ index idx_tasks_eta");
        let open = sandbox.tgenie("db repair --yes").run().exits(4);
        open.says("4 rows here hold one").says("--accept TG102");
        let unasked = sandbox.tgenie("db repair --accept TG102").run().exits(4);
        unasked.says("Give --yes");
    });
    sandbox.tgenie("db repair --yes --accept TG102").run().exits(0).says("before-repair");
    let sorted = |mut schema: Vec<String>| {
        schema.sort();
        schema
    };
    assert_eq!(sorted(schema(&database)), sorted(before));
    assert_eq!(texts(&database, "SELECT id FROM tasks").len(), 4);
    sandbox.tgenie("db downgrade").run().exits(0);
    sandbox.unchanged(|| sandbox.tgenie("db repair").run().exits(4).says("none of the revisions"));
}
