//! `verify` finds, names what mends it, and changes nothing.

use crate::support::{Sandbox, database};
use std::process::Command;

#[test]
fn a_database_at_head_is_sound_and_says_where_it_stands() {
    let sandbox = Sandbox::upgraded();
    let head = sandbox.history().pop().unwrap();
    sandbox.unchanged(|| {
        let sound = sandbox.tgenie("db verify").run().exits(0).prints("");
        sound.says(&format!("at {head}): nothing found."));
        let report = sandbox.tgenie("db verify --json").run().exits(0).json();
        assert_eq!(report["version"], 1);
        assert_eq!((&report["kind"], &report["revision"]), (&"database".into(), &head.into()));
        assert_eq!(report["findings"].as_array().unwrap().len(), 0);
    });
}

#[test]
fn drift_and_its_company_are_shown_with_what_mends_them() {
    let sandbox = Sandbox::upgraded();
    database::run(
        &sandbox.database(),
        "ALTER TABLE tasks ADD COLUMN mine; CREATE TABLE _alembic_tmp_tasks (id, mine);
         CREATE VIEW lost AS SELECT * FROM gone;",
    );
    sandbox.unchanged(|| {
        let found = sandbox.tgenie("db verify").run().exits(3);
        for line in [
            "! TV301 the schema is not what its revisions made it (3 differences)\n",
            "    + column tasks.mine",
            "  $ tgenie db repair",
            "! TV401 the view lost is broken: no such table: main.gone\n",
            "! TV501 _alembic_tmp_tasks was left behind by a rebuild of tasks (Alembic); all that it holds is in tasks\n",
        ] {
            assert!(found.stdout.contains(line), "{line}\n{found}");
        }
        found.says("3 warnings.");
        let report = sandbox.tgenie("db verify --json").run().exits(3).json();
        let codes = report["findings"].as_array().unwrap().iter().map(|found| &found["code"]);
        assert_eq!(codes.collect::<Vec<_>>(), ["TV301", "TV401", "TV501"]);
    });
    if Command::new("sqlite3").arg("-version").output().is_err() {
        return;
    }
    // The commands run as they are printed.
    let found = sandbox.tgenie("db verify").run().exits(3);
    for command in found.stdout.lines().filter_map(|line| line.strip_prefix("  $ sqlite3")) {
        let done = Command::new("sh").arg("-c").arg(format!("sqlite3{command}")).status();
        assert!(done.unwrap().success(), "{command}");
    }
    database::run(&sandbox.database(), "ALTER TABLE tasks DROP COLUMN mine");
    sandbox.tgenie("db verify").run().exits(0);
}

#[test]
fn the_books_are_held_against_the_program() {
    let sandbox = Sandbox::upgraded();
    let books = |sql: &str| database::run(&sandbox.database(), sql);
    books("INSERT INTO seaql_migrations VALUES ('m900_of_tomorrow', 1)");
    let newer = sandbox.tgenie("db verify").run().exits(3);
    assert!(newer.stdout.starts_with("! TV302 "), "{newer}");
    newer.says("wasn't compared with the history").says("at m900_of_tomorrow");
    books("DELETE FROM seaql_migrations WHERE version <> 'm900_of_tomorrow'");
    sandbox.tgenie("db verify").run().exits(0).says("its books name no revision of this program");
}

#[test]
fn dumps_and_other_files_are_checked_by_what_they_hold() {
    let sandbox = Sandbox::upgraded();
    database::add_tasks(&sandbox.database(), 10);
    sandbox.tgenie("db dump --out whole.txt").run().exits(0);
    sandbox.unchanged(|| {
        sandbox.tgenie("db verify whole.txt").run().exits(0).says("The dump ");
    });
    let text = std::fs::read_to_string(sandbox.here("whole.txt")).unwrap();
    let cut: String = text.split_inclusive('\n').take(20).collect();
    std::fs::write(sandbox.here("cut.sql"), cut).unwrap();
    std::fs::write(sandbox.here("damaged.db"), b"SQLite format 3\0 and nothing more").unwrap();
    sandbox.unchanged(|| {
        let cut = sandbox.tgenie("db verify cut.sql").run().exits(1);
        assert!(cut.stdout.starts_with("✗ TV103 the dump can't be restored: "), "{cut}");
        let damaged = sandbox.tgenie("db verify damaged.db").run().exits(1);
        assert!(damaged.stdout.contains("--database damaged.db"), "{damaged}");
        sandbox.tgenie("db verify none.db").run().exits(1).prints("").says("there is no file");
        sandbox.tgenie("db verify .").run().exits(4).prints("");
        sandbox.tgenie("db verify a b").run().exits(2);
    });
}

#[test]
fn a_dump_that_only_its_app_can_load_is_a_warning() {
    let sandbox = Sandbox::new();
    let file = sandbox.here("app.db");
    // As an app leaves it that has a collation of its own.
    let sql = "CREATE TABLE sorted (a COLLATE nocase PRIMARY KEY, b CHECK (b > 0)) WITHOUT ROWID;
        INSERT INTO sorted VALUES ('x', 1), ('Y', 2); PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'nocase', 'by_app');";
    database::run(&file, sql);
    let warning = "only its app has the collation by_app, without which the dump can't be loaded";
    sandbox.tgenie("db dump --out app.sql.gz").on("app.db").run().exits(0).says(warning);
    sandbox.unchanged(|| {
        let found = sandbox.tgenie("db verify app.sql.gz").run().exits(3);
        let named = "! TV108 only its app can load the dump, which needs the collation `by_app`\n";
        assert!(found.stdout.starts_with(named), "{found}");
        found
            .says("sorted can't be checked outside of its app: no such collation sequence: by_app")
            .says("app.sql.gz (1 table, 2 rows): 1 warning.");
        sandbox.tgenie("db verify app.db").run().exits(0).says("app.db (1 table, 2 rows)");
    });
}
