//! The engine's own books: what a module did when it ran, and the way back.

use crate::support::Sandbox;
use crate::support::database::{add_tasks, run, schema, texts};

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
