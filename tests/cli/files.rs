//! `dump`, `restore` and `reset`: the users' workflow, and that nothing is ever lost on the way.

use crate::support::Sandbox;
use crate::support::database::{add_tasks, assert_sound, run, schema, texts};
use std::fs;

fn count(sandbox: &Sandbox) -> String {
    texts(&sandbox.database(), "SELECT count(*) || '' FROM tasks").remove(0)
}

/// The guide's "backup before update": dump, upgrade, and back.
#[test]
fn a_dump_brings_everything_back() {
    let sandbox = Sandbox::upgraded();
    add_tasks(&sandbox.database(), 20);
    let before = schema(&sandbox.database());
    sandbox.tgenie("db dump --out backup.sql").run().exits(0).says("Dumped");
    run(&sandbox.database(), "DELETE FROM tasks");
    sandbox
        .tgenie("db restore --in backup.sql --yes")
        .run()
        .exits(0)
        .says("Restored")
        .says("A copy from before");
    assert_eq!(count(&sandbox), "20");
    assert_eq!(schema(&sandbox.database()), before);
    assert_sound(&sandbox.database());
    let head = sandbox.history().pop().unwrap();
    sandbox.tgenie("db current").run().exits(0).prints(&format!("{head} (head)\n"));
}

#[test]
fn a_dump_of_a_restored_database_is_the_same_dump() {
    let sandbox = Sandbox::upgraded();
    add_tasks(&sandbox.database(), 5);
    sandbox.tgenie("db dump --out one.sql").run().exits(0);
    sandbox.tgenie("db restore --in one.sql --database other.db").run().exits(0);
    sandbox.tgenie("db dump --out two.sql --database other.db").run().exits(0);
    let read = |name: &str| fs::read(sandbox.here(name)).unwrap();
    assert_eq!(read("one.sql"), read("two.sql"));
    let printed = sandbox.tgenie("db dump --out -").run().exits(0);
    assert_eq!(printed.stdout.as_bytes(), read("one.sql"));
}

#[test]
fn nothing_happens_without_an_answer() {
    let sandbox = Sandbox::upgraded();
    sandbox.tgenie("db dump --out backup.sql").run().exits(0);
    for command in ["db restore --in backup.sql", "db reset"] {
        sandbox.unchanged(|| sandbox.tgenie(command).run().exits(4).says("--yes"));
    }
}

#[test]
fn restoring_where_there_is_nothing_asks_nothing() {
    let sandbox = Sandbox::upgraded();
    add_tasks(&sandbox.database(), 3);
    sandbox.tgenie("db dump --out backup.sql").run().exits(0);
    sandbox.tgenie("db reset --yes").run().exits(0).says("Deleted").says("A copy from before");
    assert!(!sandbox.database().exists());
    sandbox.tgenie("db restore --in backup.sql").run().exits(0);
    assert_eq!(count(&sandbox), "3");
}

#[test]
fn a_bad_dump_changes_nothing() {
    let sandbox = Sandbox::upgraded();
    add_tasks(&sandbox.database(), 3);
    sandbox.tgenie("db dump --out good.sql").run().exits(0);
    let good = fs::read_to_string(sandbox.here("good.sql")).unwrap();
    let cut = &good[..good.len() / 2];
    let edited = good.replacen("INSERT INTO \"tasks\"", "INSERT INTO \"taskz\"", 1);
    for (name, text) in [
        ("cut.sql", cut),
        ("edited.sql", edited.as_str()),
        ("empty.sql", ""),
        ("words.sql", "this is no SQL"),
        ("hostile.sql", "BEGIN; ATTACH 'elsewhere.db' AS e; CREATE TABLE e.t (a); COMMIT;"),
        ("shell.sql", ".shell touch hacked\n"),
    ] {
        fs::write(sandbox.here(name), text).unwrap();
        let restore = format!("db restore --yes --in {name}");
        let outcome = sandbox.unchanged(|| sandbox.tgenie(&restore).run());
        assert!(matches!(outcome.code(), Some(1 | 4)), "{name}: {}", outcome.stderr);
    }
    sandbox.unchanged(|| {
        sandbox.tgenie("db restore --yes --in missing.sql").run().exits(1).says("no file")
    });
    sandbox.unchanged(|| sandbox.tgenie("db restore --yes --in .").run().exits(4).says("folder"));
}

#[test]
fn a_dump_never_writes_over_the_database() {
    let sandbox = Sandbox::upgraded();
    let database = sandbox.database();
    sandbox
        .unchanged(|| sandbox.tgenie("db dump --out").arg(&database).run().exits(4).says("itself"));
    sandbox.unchanged(|| {
        sandbox.tgenie("db dump --out a.sql --database none.db").run().exits(1).says("no database")
    });
}

#[test]
fn reset_of_nothing_is_done_and_reset_twice_too() {
    let sandbox = Sandbox::upgraded();
    sandbox.unchanged(|| {
        let foreseen = sandbox.tgenie("db reset --dry-run").run().exits(0);
        foreseen
            .prints(&format!("{}\n", sandbox.database().display()))
            .says("1 file would be deleted");
        let foreseen = sandbox.tgenie("db reset --dry-run --json").run().exits(0).json();
        assert_eq!(
            (&foreseen["dry_run"], &foreseen["safety_copy"]),
            (&true.into(), &None::<&str>.into())
        );
    });
    sandbox.tgenie("db reset --yes --no-backup").run().exits(0);
    assert!(!sandbox.backups().exists());
    sandbox.tgenie("db reset --yes").run().exits(0).says("Nothing to reset");
    sandbox.tgenie("db reset --yes --database postgres://x/y").run().exits(4);
    sandbox.tgenie("db upgrade").run().exits(0);
}
