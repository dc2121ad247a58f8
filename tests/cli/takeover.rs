//! A database of the Python version: recognised, brought to our tables, every value kept.

use crate::support::Sandbox;
use crate::support::database::{assert_sound, run, schema, texts};
use std::fs;
use std::path::{Path, PathBuf};

const TABLES: [(&str, &str); 5] = [
    (
        "tasks",
        "id, title, description, status, priority, eta, created_at, updated_at, tags, metadata",
    ),
    ("attachments", "id, task_id, type, reference, title, content, metadata, created_at"),
    ("notifications", "id, task_id, type, scheduled_at, sent_at, status"),
    ("chat_history", "id, session_id, role, content, timestamp"),
    ("config", "\"key\", value, updated_at"),
];

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/taskgenie-python.db")
}

/// A sandbox whose database is the Python version's.
fn with_python_database() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.database().parent().unwrap()).unwrap();
    fs::copy(fixture(), sandbox.database()).unwrap();
    sandbox
}

/// Every row with its rowid and the type and text of every value.
fn values(path: &Path) -> Vec<String> {
    TABLES
        .iter()
        .flat_map(|(table, columns)| {
            let columns: Vec<_> = columns
                .split(", ")
                .map(|column| format!("typeof({column}) || quote({column})"))
                .collect();
            texts(
                path,
                &format!(
                    "SELECT rowid || ': ' || {} FROM {table} ORDER BY rowid",
                    columns.join(" || ', ' || ")
                ),
            )
        })
        .collect()
}

#[test]
fn every_row_and_value_is_kept_and_the_schema_is_ours() {
    let sandbox = with_python_database();
    let before = values(&sandbox.database());
    assert!(before.len() > 200, "the fixture holds {} rows", before.len());
    sandbox.unchanged(|| {
        let shown = sandbox.tgenie("db upgrade --dry-run").run().exits(0).prints("");
        let _ = shown.says("would be taken over as m001_initial_schema");
        let report = sandbox.tgenie("db upgrade --dry-run --json").run().exits(0).json();
        assert_eq!(report["would_take_over"], "m001_initial_schema");
        sandbox.tgenie("db upgrade --sql").run().exits(1).says("is no script");
    });
    sandbox.tgenie("db upgrade").run().exits(0).says("Taken over").says("A copy from before");
    assert_eq!(values(&sandbox.database()), before);
    let copy = fs::read_dir(sandbox.backups()).unwrap().next().unwrap().unwrap().path();
    assert_eq!(values(&copy), before);
    assert_sound(&sandbox.database());

    let fresh = Sandbox::upgraded();
    let sorted = |path: &Path| {
        let mut schema = schema(path);
        schema.sort();
        schema
    };
    assert_eq!(sorted(&sandbox.database()), sorted(&fresh.database()));
    let head = sandbox.history().pop().unwrap();
    sandbox.tgenie("db current").run().exits(0).prints(&format!("{head} (head)\n"));
    sandbox.tgenie("db upgrade").run().exits(0).says("Nothing to do");
}

#[test]
fn what_is_no_database_of_that_revision_is_refused() {
    for (change, says) in [
        ("UPDATE alembic_version SET version_num = '65b55a11a506'", "Alembic's 65b55a11a506"),
        ("INSERT INTO alembic_version VALUES ('002_more')", "001_initial, 002_more"),
        ("DELETE FROM alembic_version", "books in it are empty"),
        // What the takeover would put right isn't held against it.
        (
            "ALTER TABLE tasks ADD COLUMN mine TEXT",
            "(1 difference)\ncaused by: + column tasks.mine",
        ),
        ("CREATE TABLE mine (a)", "(1 difference)\ncaused by: + table mine (a)"),
        ("CREATE INDEX mine ON tasks (title)", "(1 difference)\ncaused by: + index mine"),
        ("DROP TABLE config", "(1 difference)\ncaused by: - table config"),
    ] {
        let sandbox = with_python_database();
        run(&sandbox.database(), change);
        let bytes = fs::read(sandbox.database()).unwrap();
        if change.contains("alembic_version") {
            sandbox.tgenie("db upgrade --dry-run").run().exits(4).says(says);
        }
        sandbox.tgenie("db upgrade").run().exits(4).says(says).says("unchanged");
        assert_eq!(fs::read(sandbox.database()).unwrap(), bytes, "{change}");
    }
}

#[test]
fn an_index_that_is_missing_is_made() {
    let sandbox = with_python_database();
    run(&sandbox.database(), "DROP INDEX idx_tasks_eta");
    sandbox.tgenie("db upgrade").run().exits(0);
    let index =
        texts(&sandbox.database(), "SELECT name FROM sqlite_schema WHERE name = 'idx_tasks_eta'");
    assert_eq!(index.len(), 1);
}

#[test]
fn a_database_that_was_loaded_from_a_dump_is_taken_over_like_the_file() {
    let sandbox = with_python_database();
    let from_file = values(&sandbox.database());
    let dump = fs::read_to_string(fixture().with_file_name("taskgenie-python-dump.sql")).unwrap();
    fs::remove_file(sandbox.database()).unwrap();
    // As the shell has it: the dump fills children before their parents are there.
    run(&sandbox.database(), &format!("PRAGMA foreign_keys = OFF; {dump}"));
    assert_eq!(values(&sandbox.database()), from_file);
    sandbox.tgenie("db upgrade").run().exits(0).says("Taken over");
    assert_eq!(values(&sandbox.database()), from_file);
    assert_sound(&sandbox.database());
    let left = texts(
        &sandbox.database(),
        "SELECT name FROM sqlite_schema WHERE name LIKE 'alembic%' OR name LIKE '%\\_\\_new' ESCAPE '\\'",
    );
    assert_eq!(left, [""; 0]);
}

#[test]
fn baseline_takes_over_whatever_alembics_books_say() {
    for change in [
        "UPDATE alembic_version SET version_num = '65b55a11a506'",
        "INSERT INTO alembic_version VALUES ('002_more')",
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
    ] {
        let sandbox = with_python_database();
        run(&sandbox.database(), change);
        let before = values(&sandbox.database());
        sandbox.unchanged(|| sandbox.tgenie("db upgrade").run().exits(4).says("`db baseline`"));
        let done = sandbox.tgenie("db baseline").run().exits(0);
        done.says("taken over, rows untouched").says("before-baseline.db");
        assert_eq!(values(&sandbox.database()), before, "{change}");
        assert_sound(&sandbox.database());
        sandbox.tgenie("db upgrade").run().exits(0);
        assert!(!schema(&sandbox.database()).iter().any(|text| text.contains("alembic")));
    }
    for change in ["ALTER TABLE tasks ADD COLUMN mine TEXT", "CREATE TABLE mine (a)"] {
        let sandbox = with_python_database();
        run(&sandbox.database(), "DROP TABLE alembic_version");
        run(&sandbox.database(), change);
        sandbox.unchanged(|| {
            let refused = sandbox.tgenie("db baseline").run().exits(4).says("mine");
            refused.says("no revision makes the schema").says("The database is unchanged.");
        });
    }
}

/// What a downgrade to base of the Python version leaves behind.
#[test]
fn an_empty_database_of_the_earlier_program_is_one_like_any_other() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.database().parent().unwrap()).unwrap();
    run(&sandbox.database(), "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)");
    sandbox.tgenie("db upgrade").run().exits(0).says("+ m001_initial_schema");
    assert_eq!(schema(&sandbox.database()), schema(&Sandbox::upgraded().database()));
}
