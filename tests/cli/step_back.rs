//! A database of a newer program, taken back by what is kept in the file.

use crate::support::Sandbox;
use crate::support::database::{add_tasks, assert_sound, revisions, rows, run, schema, texts};

/// A database with tasks that a newer program has put a revision on.
fn newer(down: &str) -> Sandbox {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    add_tasks(&database, 20);
    let down = down.replace('\'', "''");
    run(
        &database,
        &format!(
            "ALTER TABLE tasks ADD COLUMN mood text; CREATE TABLE moods (name text);
             INSERT INTO moods VALUES ('calm'); UPDATE tasks SET mood = 'calm';
             INSERT INTO seaql_migrations VALUES ('m900_moods', 5);
             INSERT INTO schema_engine_revisions
                 VALUES ('m900_moods', 900, 5, 'f', '{down}', 'tgenie 9.0.0')"
        ),
    );
    sandbox
}

const DOWN: &str = r#"["DROP TABLE moods", "ALTER TABLE tasks DROP COLUMN mood"]"#;

#[test]
fn an_older_program_takes_a_newer_file_back() {
    let sandbox = newer(DOWN);
    let database = sandbox.database();
    let tasks = rows(&database, "tasks", &["id", "title", "priority"]);
    sandbox.unchanged(|| {
        let upgrade = sandbox.tgenie("db upgrade").run().exits(4);
        upgrade.says("it was applied by tgenie 9.0.0\n").says("--from-file");
        sandbox.tgenie("db downgrade --from-file --dry-run").run().prints("- m900_moods\n");
    });
    let done = sandbox.tgenie("db downgrade --from-file").run().exits(0);
    done.says("m900_moods (by the steps in the file)").says("before-downgrade.db");
    assert_sound(&database);
    assert_eq!(schema(&database), schema(&Sandbox::upgraded().database()));
    assert_eq!(rows(&database, "tasks", &["id", "title", "priority"]), tasks);
    assert_eq!(revisions(&database), sandbox.history());
    let kept = "SELECT revision FROM schema_engine_revisions";
    assert_eq!(texts(&database, kept), sandbox.history());
    sandbox.tgenie("db upgrade").run().exits(0).says("Nothing to do");
    sandbox.unchanged(|| sandbox.tgenie("db downgrade --from-file").run().exits(2));
}

#[test]
fn an_edit_of_stored_sql_is_taken_back() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    add_tasks(&database, 20);
    let before = schema(&database);
    let text = "SELECT sql FROM sqlite_schema WHERE name = 'config'";
    let stored = texts(&database, text).remove(0);
    let down = serde_json::json!([{ "table": "config", "stored": stored }]).to_string();
    let edited = stored.replacen('(', "( /* newer */", 1);
    let quote = |text: &str| text.replace('\'', "''");
    run(
        &database,
        &format!(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = '{}' WHERE name = 'config';
             PRAGMA writable_schema = RESET;
             INSERT INTO seaql_migrations VALUES ('m900_edit', 5);
             INSERT INTO schema_engine_revisions VALUES ('m900_edit', 900, 5, 'f', '{}', NULL)",
            quote(&edited),
            quote(&down)
        ),
    );
    assert_ne!(schema(&database), before);
    sandbox.tgenie("db downgrade --from-file").run().exits(0);
    assert_eq!(schema(&database), before);
    assert_sound(&database);
}

#[test]
fn what_no_way_back_does_is_refused_and_nothing_changes() {
    for (down, says) in [
        (r#"["ATTACH 'other.db' AS other"]"#, "does what none needs: ATTACH"),
        (r#"["DROP TABLE moods; ATTACH 'other.db' AS other"]"#, "does what none needs: ATTACH"),
        (r#"["PRAGMA journal_mode = OFF"]"#, "does what none needs: PRAGMA"),
        (r#"["COMMIT", "DROP TABLE tasks"]"#, "does what none needs: COMMIT"),
        (r#"["DELETE FROM seaql_migrations"]"#, "does what none needs: DELETE"),
        (r#"["UPDATE tasks SET title = load_extension('x')"]"#, "calls `load_extension`"),
        (r#"["CREATE TEMP TABLE t (a)"]"#, "m900_moods in this file"),
        (r#"["VACUUM INTO 'other.db'"]"#, "does what none needs: VACUUM"),
        (r#"["UPDATE sqlite_schema SET sql = 'x'"]"#, "does what none needs: UPDATE"),
        (r#"[{"table": "tasks", "stored": "CREATE TABLE moods (a)"}]"#, "no table of that name"),
        (r#"[{"table": "moods", "stored": "CREATE TABLE moods (a, b)"}]"#, "another order"),
        (r#"["DROP TABLE moods"]"#, "+ column tasks.mood text"),
        (
            r#"["DROP TABLE moods", "ALTER TABLE tasks DROP COLUMN mood", "DELETE FROM chat_history", "DELETE FROM attachments"]"#,
            "leave attachments with another number of rows than its 20",
        ),
        (r#"["DROP TABLE none_there"]"#, "fails: no such table"),
        (r#"["UPDATE tasks SET metadata = zeroblob(60000000)"]"#, "database or disk is full"),
        ("[]", "is not kept in the file"),
        ("no list", "is not kept in the file"),
    ] {
        let sandbox = newer(down);
        sandbox.unchanged(|| {
            let refused = sandbox.tgenie("db downgrade --from-file").run();
            refused.exits(4).says(says).says("The database is unchanged.");
        });
    }
}

#[cfg(unix)]
#[test]
fn steps_that_take_for_ever_are_stopped_and_nothing_changes() {
    let sandbox = newer(
        r#"["UPDATE tasks SET title = (SELECT count(*) FROM tasks a, tasks b, tasks c, tasks d, tasks e, tasks f, tasks g, tasks h)"]"#,
    );
    let before = std::fs::read(sandbox.database()).expect("the database");
    let running = sandbox.tgenie("db downgrade --from-file").start();
    let draft = || {
        let names = std::fs::read_dir(sandbox.database().parent().expect("a folder"));
        names.expect("the folder").any(|entry| {
            entry.expect("a file").file_name().to_string_lossy().starts_with(".step-back-")
        })
    };
    while !draft() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    running.signal("TERM");
    running.finish().exits(130).says("stopped on request").says("The database is unchanged.");
    assert_eq!(std::fs::read(sandbox.database()).expect("the database"), before);
    assert!(!draft(), "what the trial made is gone");
}
