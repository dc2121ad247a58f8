//! Databases that can't be worked on: each is refused with a reason, and not a byte of it changes.

use std::fs;

use crate::support::{Sandbox, database, frozen};

const COMMANDS: [&str; 5] = ["db current", "db history", "db check", "db upgrade", "db downgrade"];

/// A database at head among the files where the program is started, with a row in it.
fn at_head(sandbox: &Sandbox, name: &str) {
    sandbox.tgenie("db upgrade").on(name).run().exits(0);
    database::add_tasks(&sandbox.here(name), 3);
}

/// Runs all commands on a database; each must end in this way and change nothing.
#[track_caller]
fn refused(sandbox: &Sandbox, name: &str, code: i32, says: &[&str]) {
    for command in COMMANDS {
        sandbox.unchanged(|| {
            let outcome = sandbox.tgenie(command).on(name).run().exits(code).prints("");
            says.iter().fold(outcome, |outcome, text| outcome.says(text));
        });
    }
}

#[test]
fn a_wal_without_its_database_is_left_alone() {
    let sandbox = Sandbox::upgraded();
    let wal = sandbox.database().with_file_name("taskgenie.db-wal");
    fs::write(&wal, "the last of it").unwrap();
    fs::remove_file(sandbox.database()).unwrap();
    sandbox.unchanged(|| {
        for upgrade in ["db upgrade", "db upgrade --dry-run"] {
            sandbox.tgenie(upgrade).run().exits(4).says("taskgenie.db-wal is there");
        }
    });
}

#[test]
fn a_file_that_is_no_database() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.here("notes.txt"), "These are my notes, not a database.\n").unwrap();
    refused(
        &sandbox,
        "notes.txt",
        1,
        &["notes.txt is not a SQLite database\n", "The file was not touched.\n", "help: "],
    );
}

#[test]
fn a_dump_given_for_a_database_is_restored_first() {
    let sandbox = Sandbox::new();
    at_head(&sandbox, "a.db");
    for (name, kind) in
        [("a.sql", "a dump"), ("a.sql.gz", "a packed dump"), ("a.sql.zst", "a packed dump")]
    {
        sandbox.tgenie(&format!("db dump --out {name}")).on("a.db").run().exits(0);
        let is = format!("{name} is {kind}, not a database\n");
        let first = "help: Make a database of it first: `db restore --in FILE --database NEW`.\n";
        refused(&sandbox, name, 1, &[&is, first]);
        for command in ["db dump --out b.sql", "db stamp head", "db undrop", "db diff", "db repair"]
        {
            let outcome = sandbox.unchanged(|| sandbox.tgenie(command).on(name).run().exits(1));
            outcome.says(&is).says(first);
        }
        // Somebody saved it: it isn't overwritten or removed where a database is meant.
        for command in [
            "db reset --yes",
            "db reset --yes --no-backup",
            "db reset --dry-run",
            "db restore --in a.db --yes",
        ] {
            let outcome = sandbox.unchanged(|| sandbox.tgenie(command).on(name).run().exits(4));
            outcome.says(&is).says("It was not touched.\n").says("help: Look at the path: ");
        }
        if kind == "a packed dump" {
            let side = sandbox.unchanged(|| {
                sandbox.tgenie(&format!("db diff --from {name} --to a.db")).run().exits(1)
            });
            side.says(&is).says(first);
        }
    }
    // By what they hold and not by their names.
    fs::copy(sandbox.here("a.sql"), sandbox.here("taken.db")).unwrap();
    sandbox.tgenie("db upgrade").on("taken.db").run().exits(1).says("is a dump, not a database");
    sandbox.tgenie("db diff --from a.sql --to a.db --exit-code").run().exits(0);
    // As it says.
    sandbox.tgenie("db restore --in a.sql.gz --yes").on("new.db").run().exits(0);
    sandbox.tgenie("db current").on("new.db").run().exits(0);
}

#[test]
fn a_folder() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.here("folder")).unwrap();
    refused(&sandbox, "folder", 1, &["folder is a directory, not a database\n", "help: "]);
}

#[test]
fn a_path_below_a_file() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.here("file"), "").unwrap();
    refused(&sandbox, "file/a.db", 1, &["file/a.db", "caused by: "]);
}

#[test]
fn a_damaged_database() {
    let sandbox = Sandbox::new();
    at_head(&sandbox, "a.db");
    let whole = fs::read(sandbox.here("a.db")).unwrap();
    // What a copy that broke off leaves, and what a disk with a fault does.
    fs::write(sandbox.here("short.db"), &whole[..whole.len() / 2]).unwrap();
    let mut garbled = whole;
    garbled[100..4096].fill(0xA5);
    fs::write(sandbox.here("garbled.db"), garbled).unwrap();
    for name in ["short.db", "garbled.db"] {
        refused(&sandbox, name, 1, &["the file is damaged\n", "`backups`"]);
    }
}

#[test]
fn damage_that_only_a_check_finds() {
    let sandbox = Sandbox::new();
    at_head(&sandbox, "a.db");
    let page = "SELECT rootpage FROM sqlite_schema WHERE name = 'idx_tasks_created'";
    let page: u32 =
        database::open(&sandbox.here("a.db")).query_row(page, [], |row| row.get(0)).unwrap();
    let page = page as usize;
    let mut garbled = fs::read(sandbox.here("a.db")).unwrap();
    garbled[(page - 1) * 4096..page * 4096].fill(0xA5);
    fs::write(sandbox.here("a.db"), &garbled).unwrap();
    sandbox.tgenie("db current").on("a.db").run().exits(0);
    let told = sandbox.tgenie("db downgrade").on("a.db").run().exits(4).prints("");
    told.says("error: the database is damaged").says("The database is unchanged.\n").says("help: ");
    assert!(fs::read(sandbox.here("a.db")).unwrap() == garbled, "the database changed");
}

#[test]
fn a_revision_that_the_program_does_not_know() {
    let sandbox = Sandbox::new();
    at_head(&sandbox, "newer.db");
    let sql = "INSERT INTO seaql_migrations VALUES ('m999_of_the_future', 1)";
    database::run(&sandbox.here("newer.db"), sql);
    for command in ["db upgrade", "db upgrade head", "db upgrade --dry-run", "db downgrade"] {
        sandbox.unchanged(|| {
            let outcome = sandbox.tgenie(command).on("newer.db").run().exits(4).prints("");
            outcome
                .says("a revision that this program doesn't know: m999_of_the_future\n")
                .says("The database is unchanged.\n")
                .says("help: It was probably upgraded by a newer version of this program");
        });
    }
    sandbox.unchanged(|| {
        sandbox.tgenie("db check").on("newer.db").run().exits(0).says("m999");
        let current = sandbox.tgenie("db current").on("newer.db").run().exits(0);
        current.prints("m999_of_the_future (unknown to this program)\n");
        let history = sandbox.tgenie("db history --json").on("newer.db").run().exits(0).json();
        let newest = &history["revisions"][0];
        assert_eq!(newest["revision"], "m999_of_the_future");
        assert_eq!((&newest["known"], &newest["current"]), (&false.into(), &true.into()));
    });
}

#[test]
fn tables_without_a_history_are_somebody_elses() {
    let sandbox = Sandbox::new();
    let sql = "CREATE TABLE songs (id, title); INSERT INTO songs VALUES (1, 'Imagine')";
    database::run(&sandbox.here("songs.db"), sql);
    sandbox.unchanged(|| {
        let upgrade = sandbox.tgenie("db upgrade").on("songs.db").run().exits(4).prints("");
        upgrade
            .says("error: the database has tables, but has had none of the revisions\n")
            .says("songs")
            .says("The database is unchanged.\n")
            .says("`--database` names another file");
        sandbox.tgenie("db current").on("songs.db").run().exits(0).prints("base\n");
    });
}

#[test]
fn a_schema_that_something_else_changed() {
    let sandbox = Sandbox::new();
    at_head(&sandbox, "drifted.db");
    let sql = "ALTER TABLE tasks ADD COLUMN colour text; DROP INDEX idx_tasks_eta";
    database::run(&sandbox.here("drifted.db"), sql);
    for command in ["db downgrade", "db downgrade base", "db downgrade --no-backup", "db check"] {
        sandbox.unchanged(|| {
            let outcome = sandbox.tgenie(command).on("drifted.db").run().exits(4).prints("");
            outcome
                .says("is not what its revisions made it (2 differences)\n")
                .says("+ column tasks.colour text\n")
                .says("- index idx_tasks_eta on tasks\n")
                .says("The database is unchanged.\n");
        });
    }
    sandbox.unchanged(|| {
        let upgrade = sandbox.tgenie("db upgrade").on("drifted.db").run().exits(0);
        upgrade.says("Nothing to do: ");
    });
}

#[test]
fn rows_that_refer_to_nothing_already_stop_no_run() {
    let sandbox = Sandbox::new();
    at_head(&sandbox, "a.db");
    let orphan = "PRAGMA foreign_keys = OFF; DELETE FROM tasks WHERE id = 't1'";
    database::run(&sandbox.here("a.db"), orphan);
    sandbox.tgenie("db downgrade").on("a.db").run().exits(0);
}

#[test]
fn a_url_that_says_read_only() {
    let sandbox = Sandbox::new();
    at_head(&sandbox, "a.db");
    let run =
        |command: &str| sandbox.tgenie(command).env("DATABASE_URL", "sqlite:a.db?mode=ro").run();
    sandbox.unchanged(|| {
        for command in ["db current", "db history", "db check"] {
            run(command).exits(0);
        }
        for command in ["db upgrade", "db downgrade"] {
            let outcome = run(command).exits(4).prints("");
            outcome
                .says("a.db is to be read only: its URL says mode=ro\n")
                .says("The database is unchanged.\n")
                .says("Take `?mode=ro` off the URL");
        }
    });
    let missing = |mode: &str| format!("sqlite:none.db?mode={mode}");
    sandbox.unchanged(|| {
        for mode in ["ro", "rw"] {
            let upgrade = sandbox.tgenie("db upgrade").env("DATABASE_URL", missing(mode)).run();
            upgrade.exits(4).says(&format!("mode={mode}"));
        }
    });
    sandbox.tgenie("db upgrade").env("DATABASE_URL", missing("rwc")).run().exits(0);
}

#[test]
fn a_file_that_may_not_be_written() {
    let sandbox = Sandbox::new();
    at_head(&sandbox, "a.db");
    sandbox.tgenie("db downgrade --no-backup").on("a.db").run().exits(0);
    for command in ["db upgrade", "db upgrade --no-backup"] {
        let Some(outcome) = sandbox.unchanged(|| {
            frozen(&sandbox.here("a.db"), || sandbox.tgenie(command).on("a.db").run())
        }) else {
            return;
        };
        outcome
            .exits(1)
            .prints("")
            .says("can't write to ")
            .says("The database is unchanged.\n")
            .says("help: Check the permissions of the file and of its folder.\n");
    }
    let look = frozen(&sandbox.here("a.db"), || sandbox.tgenie("db current").on("a.db").run());
    look.unwrap().exits(0).prints("base\n");
}

#[test]
fn a_folder_that_may_not_be_written() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.here("folder")).unwrap();
    at_head(&sandbox, "folder/a.db");
    for (command, says) in [
        ("db downgrade", "can't make a safety copy of "),
        ("db downgrade --no-backup", "SQLite can't open a file\n"),
    ] {
        let Some(outcome) = sandbox.unchanged(|| {
            frozen(&sandbox.here("folder"), || sandbox.tgenie(command).on("folder/a.db").run())
        }) else {
            return;
        };
        outcome.exits(1).prints("").says(says).says("changed").says("writable");
    }
    let new = sandbox.unchanged(|| {
        frozen(&sandbox.here("folder"), || sandbox.tgenie("db upgrade").on("folder/b.db").run())
    });
    new.unwrap().exits(1).says("b.db");
}
