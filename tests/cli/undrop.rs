//! `undrop` lists what is parked, brings it back, and ends it.

use crate::shell::proposals;
use crate::support::{Sandbox, database};

/// A database at head in which a revision has parked a column of every task, as its module does.
fn with_parked_column() -> Sandbox {
    let sandbox = Sandbox::upgraded();
    let path = sandbox.database();
    database::add_tasks(&path, 3);
    let head = sandbox.history().pop().unwrap();
    database::run(
        &path,
        &format!(
            "CREATE TABLE schema_engine_dropped_{head}_tasks (id, priority, PRIMARY KEY (id)) WITHOUT ROWID; \
             INSERT INTO schema_engine_dropped_{head}_tasks SELECT id, 'parked ' || id FROM tasks; \
             CREATE TABLE schema_engine_dropped (name text NOT NULL PRIMARY KEY, revision text NOT NULL, \
                table_name text NOT NULL, key_columns text NOT NULL, columns text NOT NULL, \
                texts text NOT NULL, sequence integer, parked_at integer NOT NULL) WITHOUT ROWID; \
             INSERT INTO schema_engine_dropped VALUES ('schema_engine_dropped_{head}_tasks', '{head}', \
                'tasks', json_array('id'), json_array('priority'), json_array(), NULL, 1764000000)"
        ),
    );
    sandbox
}

#[test]
fn a_shell_is_told_what_is_parked() {
    let sandbox = with_parked_column();
    let line = ["tgenie", "db", "undrop", "s"];
    let head = sandbox.history().pop().unwrap();
    let told = sandbox.unchanged(|| proposals(&sandbox, &line));
    assert_eq!(told, [format!("schema_engine_dropped_{head}_tasks")]);
    assert_eq!(proposals(&sandbox, &["tgenie", "db", "rebase", "m"]), sandbox.history());
    assert!(proposals(&Sandbox::new(), &line).is_empty());
}

#[test]
fn nothing_is_parked_and_nothing_is_made() {
    let sandbox = Sandbox::new();
    sandbox.unchanged(|| {
        sandbox.tgenie("db undrop").run().exits(0).prints("").says("Nothing is parked in ");
        sandbox
            .tgenie("db undrop tasks --yes")
            .run()
            .exits(2)
            .says("nothing is parked under `tasks`");
        sandbox.tgenie("db undrop --prune --yes").run().exits(0);
    });
}

#[test]
fn a_column_is_listed_brought_back_and_ended() {
    let sandbox = with_parked_column();
    let head = sandbox.history().pop().unwrap();
    let name = format!("schema_engine_dropped_{head}_tasks");
    sandbox.unchanged(|| {
        // It is no drift.
        sandbox.tgenie("db check").run().exits(0);
        sandbox.tgenie("db upgrade").run().exits(0);
        let told = sandbox.tgenie("db undrop").run().exits(0).says("`tgenie db undrop NAME` ");
        assert!(told.stdout.starts_with(&format!("{name}  tasks.priority  3 rows, ")), "{told}");
        assert!(told.stdout.ends_with("  2025-11-24 16:00:00 UTC\n"), "{told}");
        let report = sandbox.tgenie("db undrop --json").run().exits(0).json();
        assert_eq!(report["parked"][0]["rows"], 3);
        // Nobody is there to say yes.
        for command in ["db undrop tasks", "db undrop --prune"] {
            sandbox.tgenie(command).run().exits(4).says("--yes");
            sandbox.tgenie(&format!("{command} --dry-run")).run().exits(0);
        }
        sandbox.tgenie("db undrop tasks --yes --as notifications").run().exits(4);
        sandbox.tgenie("db undrop --prune --older-than 1 --yes").run().exits(0).prints("");
    });

    let told = sandbox.tgenie("db undrop tasks.priority --yes").run().exits(0).prints("");
    told.says("✓ tasks.priority is back in tasks (3 rows).\n").says("A copy from before is at ");
    let path = sandbox.database();
    let priorities = database::texts(&path, "SELECT priority FROM tasks ORDER BY id");
    assert_eq!(priorities, ["parked t1", "parked t2", "parked t3"]);

    let report = sandbox.tgenie("db undrop --prune --yes --json").run().exits(0).json();
    assert_eq!(report["names"][0], name.as_str());
    sandbox.tgenie("db undrop").run().exits(0).prints("");
    sandbox.unchanged(|| sandbox.tgenie("db check").run().exits(0));
    database::assert_sound(&path);
}
