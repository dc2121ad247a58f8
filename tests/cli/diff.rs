//! `diff` compares any two sides, tells all that differs, and changes nothing.

use std::fs;

use crate::support::{Sandbox, database};

const BEFORE: &str =
    "CREATE TABLE \"tasks\" ( \"id\" integer NOT NULL PRIMARY KEY, \"title\" text, \"old\" text );
    CREATE VIEW v AS SELECT id FROM tasks;
    INSERT INTO tasks VALUES (1, 'one', 'x'), (2, NULL, 'y');";

const AFTER: &str = "-- no transaction, no last semicolon
    PRAGMA foreign_keys = ON;
    CREATE TABLE tasks (id integer NOT NULL PRIMARY KEY, title text, due date);
    CREATE VIEW v AS SELECT id FROM tasks WHERE due IS NOT NULL;
    CREATE VIRTUAL TABLE words USING fts5(word);
    INSERT INTO words VALUES ('a' || 'b');
    CREATE TABLE later (a); ALTER TABLE later RENAME TO labels; DROP TABLE IF EXISTS never";

/// A database `a.db` and a schema `b.sql`.
fn two_files() -> Sandbox {
    let sandbox = Sandbox::new();
    database::run(&sandbox.here("a.db"), BEFORE);
    fs::write(sandbox.here("b.sql"), AFTER).unwrap();
    sandbox
}

#[test]
fn files_are_compared_without_anything_around_them() {
    let sandbox = two_files();
    let found = "+ table labels (a)
+ column tasks.due date
- column tasks.old text
~ view v
+ virtual table words

--- a.db: table tasks
+++ b.sql: table tasks
@@ -1,5 +1,5 @@
-CREATE TABLE \"tasks\" (
-    \"id\" integer NOT NULL PRIMARY KEY,
-    \"title\" text,
-    \"old\" text
+CREATE TABLE tasks (
+    id integer NOT NULL PRIMARY KEY,
+    title text,
+    due date
 )

--- a.db: view v
+++ b.sql: view v
@@ -1,3 +1,4 @@
 CREATE VIEW v AS
     SELECT id
     FROM tasks
+    WHERE due IS NOT NULL
";
    sandbox.unchanged(|| {
        let diff = || sandbox.tgenie("db diff --from a.db --to b.sql");
        let told = diff().run().exits(0).prints(found);
        told.says(
            "warning: TG102: drops column tasks.old and its values (2 rows here hold one). Keep",
        );
        diff().arg("--exit-code").run().exits(3);

        for equal in ["--from a.db --to a.db", "--from b.sql --to b.sql"] {
            let equal = sandbox.tgenie(&format!("db diff --exit-code {equal}")).run().exits(0);
            equal.prints("").says("✓ Nothing differs between ");
        }
    });
}

/// The same schema as statements of every kind, with everything that makes it another way.
#[test]
fn a_schema_may_be_put_together_from_migrations() {
    let sandbox = Sandbox::new();
    let migrations = "PRAGMA journal_mode = WAL;
        BEGIN;
        CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, junk TEXT);
        CREATE VIEW names AS SELECT name FROM users;
        CREATE VIEW more AS SELECT * FROM names;
        CREATE TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM users WHERE name = new.name; END;
        COMMIT;
        ALTER TABLE users RENAME TO people;
        ALTER TABLE people RENAME COLUMN name TO full_name;
        ALTER TABLE people DROP COLUMN junk;
        INSERT INTO people (full_name) SELECT 'x' UNION ALL SELECT date('now');
        ALTER TABLE people ADD COLUMN age INTEGER CHECK (age IS NULL OR age > 0);
        CREATE TABLE copy AS SELECT * FROM people;
        CREATE VIRTUAL TABLE words USING fts5(full_name, content='people', content_rowid='id');
        CREATE VIRTUAL TABLE boxes USING rtree(id, low, high);
        CREATE VIRTUAL TABLE gone USING fts4(a, tokenize=porter);
        INSERT INTO words (words) VALUES ('rebuild');
        INSERT INTO boxes VALUES (1, 0.0, 1.5);
        INSERT INTO gone VALUES ('a'); DELETE FROM gone; DROP TABLE gone;
        DROP VIEW more;
        UPDATE people SET age = 3 WHERE id = 1;
        CREATE INDEX by_name ON people (full_name) WHERE age > 1;
        ANALYZE;";
    fs::write(sandbox.here("m.sql"), migrations).unwrap();
    database::run(&sandbox.here("m.db"), migrations);
    sandbox.tgenie("db dump --database m.db --out dump.sql").run().exits(0);
    let schema = database::texts(
        &sandbox.here("m.db"),
        "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'words!_%' ESCAPE '!' AND name NOT LIKE 'boxes!_%' ESCAPE '!' AND sql IS NOT NULL",
    );
    fs::write(sandbox.here("schema.sql"), schema.join(";\n")).unwrap();
    for file in ["m.sql", "dump.sql", "schema.sql"] {
        let line = format!("db diff --exit-code --from m.db --to {file}");
        sandbox.tgenie(&line).run().exits(0).prints("");
    }
}

#[test]
fn a_report_for_programs_has_it_all() {
    let sandbox = two_files();
    let report = sandbox.tgenie("db diff --from a.db --to b.sql --json").run().exits(0).json();
    assert_eq!((&report["from"], &report["to"]), (&"a.db".into(), &"b.sql".into()));
    let changes = report["changes"].as_array().unwrap();
    assert!(changes.contains(&"- column tasks.old text".into()), "{report}");
    assert_eq!(report["hazards"][0]["code"], "TG102");
    assert_eq!(report["hazards"][0]["count"], 2);
    assert!(report["hazards"][0]["fix"].as_str().unwrap().contains("--rename tasks.old="));
    assert_eq!(report["unproven"], serde_json::Value::Null);

    let renamed = sandbox
        .tgenie("db diff --from a.db --to b.sql --json --exit-code --rename tasks.old=due")
        .run()
        .exits(3)
        .json();
    assert_eq!(renamed["changes"][0], "~ column tasks.old renamed to due");
    assert_eq!(renamed["rebuilds"][0]["table"], "tasks");
    assert_eq!(renamed["rebuilds"][0]["keeps"][0], "every row");

    let equal = sandbox.tgenie("db diff --from a.db --to a.db --json").run().exits(0);
    assert_eq!(equal.json()["changes"], serde_json::json!([]));
    equal.says_exactly("");
    sandbox.tgenie("db diff --from a.db --to b.sql --json --sql").run().exits(2).prints("");
}

#[test]
fn the_live_database_is_compared_with_the_models() {
    let sandbox = Sandbox::new();
    let missing = sandbox.tgenie("db diff").run().exits(1).prints("");
    missing.says("there is no database at ").says("`db upgrade` creates it");
    fs::create_dir_all(sandbox.database().parent().unwrap()).unwrap();
    fs::write(sandbox.database(), "").unwrap();
    let empty = sandbox.tgenie("db diff --exit-code").run().exits(3);
    assert!(empty.stdout.starts_with("+ table "), "{empty}");

    sandbox.tgenie("db upgrade").run().exits(0);
    let equal = "✓ Nothing differs between live and models.\n";
    sandbox.tgenie("db diff --exit-code").run().exits(0).prints("").says_exactly(equal);

    database::add_tasks(&sandbox.database(), 3);
    database::run(&sandbox.database(), "ALTER TABLE tasks ADD COLUMN extra text DEFAULT 'x'");
    sandbox.unchanged(|| {
        let told = sandbox.tgenie("db diff").run().exits(0);
        assert!(told.stdout.starts_with("- column tasks.extra text DEFAULT 'x'\n"), "{told}");
        told.says("(3 rows here hold one)");
        let other_way = sandbox.tgenie("db diff --from history --to live").run().exits(0);
        assert!(other_way.stdout.starts_with("+ column tasks.extra"), "{other_way}");
    });
}

#[test]
fn the_history_is_compared_up_to_a_revision() {
    let sandbox = Sandbox::new();
    let history = sandbox.history();
    let first = &history[0];
    sandbox.unchanged(|| {
        for head in ["history", "history@head", &format!("history@{}", history.last().unwrap())] {
            let line = format!("db diff --exit-code --from {head} --to history");
            sandbox.tgenie(&line).run().exits(0).prints("");
        }
        let line = format!("db diff --exit-code --from history@base --to history@{first}");
        let told = sandbox.tgenie(&line).run().exits(3);
        assert!(told.stdout.contains("+ table tasks (id, "), "{told}");
        // The empty database is meant here: it has a name of its own.
        let gone = sandbox.tgenie("db diff --from history@001 --to history@base").run().exits(0);
        assert!(gone.stdout.contains("- table tasks\n"), "{gone}");
        let unknown = sandbox.tgenie("db diff --from history@nope --to models").run().exits(2);
        unknown.prints("").says("there is no revision `nope`").says(first);
    });
}

#[test]
fn a_file_that_is_called_like_a_keyword_is_a_path() {
    let sandbox = two_files();
    for name in ["live", "models", "history@head"] {
        fs::copy(sandbox.here("a.db"), sandbox.here(name)).unwrap();
        let line = format!("db diff --exit-code --from ./{name} --to a.db");
        sandbox.tgenie(&line).run().exits(0);
    }
}

#[test]
#[cfg(unix)]
fn a_path_may_be_no_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = two_files();
    let name = std::ffi::OsStr::from_bytes(b"a\xff b.db");
    if fs::copy(sandbox.here("a.db"), sandbox.here(name)).is_err() {
        println!("not tried: file names are text on this file system");
        return;
    }
    let diff = sandbox.tgenie("db diff --exit-code --to a.db --from");
    diff.arg(name).run().exits(0);
    fs::copy(
        sandbox.here("b.sql"),
        sandbox.here("").join(std::ffi::OsStr::from_bytes(b"\xff.SQL")),
    )
    .unwrap();
    let diff = sandbox.tgenie("db diff --exit-code --to b.sql --from");
    diff.arg(std::ffi::OsStr::from_bytes(b"\xff.SQL")).run().exits(0);
}

#[test]
fn what_can_be_no_side_is_refused_by_name() {
    let sandbox = two_files();
    fs::create_dir(sandbox.here("folder")).unwrap();
    for (name, content) in [
        ("text.db", b"hello".as_slice()),
        ("half.db", b"SQLite format 3\0 and then junk"),
        ("empty.db", b""),
        ("comment.sql", b"-- nothing\n"),
        ("app.sql", b"CREATE TABLE t (a COLLATE by_letter);"),
    ] {
        fs::write(sandbox.here(name), content).unwrap();
    }
    for (sides, code, says) in [
        ("--from missing.db --to b.sql", 1, "there is no file missing.db"),
        ("--from folder --to b.sql", 1, "folder is a directory"),
        ("--from text.db --to b.sql", 1, "text.db is not a SQLite database"),
        ("--from half.db --to b.sql", 1, "half.db"),
        ("--from a.db --to empty.db", 4, "empty.db has no table at all"),
        ("--from app.sql --to a.db", 1, "or take a copy of the database file, which needs none"),
        ("--from a.db --to comment.sql", 4, "`history@base` is the empty database"),
        ("--from a.db --to b.sql --rename nope=x", 2, "table nope renamed to x: not possible"),
    ] {
        let refused = sandbox.unchanged(|| sandbox.tgenie(&format!("db diff {sides}")).run());
        refused.exits(code).prints("").says(says);
    }
    sandbox.tgenie("db diff --from empty.db --to comment.sql --exit-code").run().exits(0);
    sandbox.tgenie("db diff --from empty.db --to b.sql --exit-code").run().exits(3);
}

#[test]
fn a_schema_that_reaches_outside_is_refused_with_its_line() {
    let sandbox = two_files();
    let outside = sandbox.here("outside.db");
    let outside = outside.display();
    for (statement, says) in [
        (format!("ATTACH '{outside}' AS o;"), "begins with ATTACH"),
        (format!("VACUUM INTO '{outside}';"), "begins with VACUUM"),
        (format!(".output {outside}\nCREATE TABLE u (a);"), "is a command of the sqlite3 shell"),
        (".shell touch outside".into(), "is a command of the sqlite3 shell"),
        ("SELECT load_extension('x');".into(), "begins with SELECT"),
        ("INSERT INTO t SELECT load_extension('x');".into(), "calls `load_extension`"),
        (format!("INSERT INTO t VALUES (writefile('{outside}', 'x'));"), "writefile"),
        ("CREATE TABLE u (a CHECK (load_extension('x')));".into(), "calls `load_extension`"),
        ("UPDATE t SET a = load_extension('x');".into(), "calls `load_extension`"),
        ("UPDATE sqlite_schema SET sql = 'x';".into(), "writes to the schema"),
        ("UPDATE \"main\".[sqlite_master] SET sql = 'x';".into(), "writes to the schema"),
        ("DELETE FROM sqlite_master;".into(), "writes to the schema"),
        ("INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 2, 'y');".into(), "writes to the schema"),
        ("CREATE VIRTUAL TABLE u USING csv(filename='/etc/passwd');".into(), "`csv`, which isn't let in"),
        ("CREATE TEMP TABLE u (a);".into(), "makes something that is gone"),
        ("CREATE TABLE temp.u (a);".into(), "reaches for another database"),
        ("PRAGMA temp_store_directory = '/tmp';".into(), "PRAGMA temp_store_directory"),
        (
            "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n;".into(),
            "is a recursive query",
        ),
        ("INSERT INTO t VALUES (zeroblob(500000000));".into(), "needs more room"),
        ("CREATE TABLE u (a,);".into(), "can't be loaded"),
        ("COMMIT;".into(), "ends a transaction that wasn't begun"),
        ("CREATE TABLE u (a 'open);".into(), "ends within the statement"),
        ("nonsense".into(), "begins with NONSENSE"),
    ] {
        let text = format!("PRAGMA writable_schema = ON;\nCREATE TABLE t (a);\n\n{statement}");
        fs::write(sandbox.here("hostile.sql"), text).unwrap();
        let sides = "db diff --from a.db --to hostile.sql";
        let refused = sandbox.unchanged(|| sandbox.tgenie(sides).run());
        let refused = refused.exits(1).prints("").says("can't load hostile.sql");
        refused.says("line 4").says(says);
    }
}

/// SQLite reads a stored text up to its first semicolon; what stands behind it must not run either.
#[test]
fn what_a_tampered_database_carries_behind_a_definition_does_not_run() {
    let sandbox = two_files();
    let outside = sandbox.here("outside.db");
    let behind =
        format!("; ATTACH 'file:{}?mode=rwc' AS o; CREATE TABLE o.t (a)", outside.display());
    let behind = behind.replace('\'', "''");
    database::run(
        &sandbox.here("a.db"),
        &format!(
            "CREATE TRIGGER g AFTER INSERT ON tasks BEGIN SELECT 1; END;
             PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = sql || '{behind}'"
        ),
    );
    sandbox.unchanged(|| {
        let told = sandbox.tgenie("db diff --from a.db --to b.sql").run().exits(0);
        assert!(told.stdout.contains("- column tasks.old text\n"), "{told}");
        let script = sandbox.tgenie("db diff --from b.sql --to a.db --sql").run().exits(0);
        assert!(!script.stdout.contains("ATTACH"), "{script}");
    });
}

#[test]
fn nothing_that_a_file_holds_ends_in_a_panic() {
    let sandbox = two_files();
    let mut number = 7_u64;
    let mut byte = || {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        u8::try_from(number >> 56).unwrap()
    };
    let whole = fs::read(sandbox.here("a.db")).unwrap();
    for round in 0..12 {
        let junk: Vec<u8> = (0..2000).map(|_| byte().max(1)).collect();
        let mut damaged = whole.clone();
        for _ in 0..200 {
            let place = 100 + usize::from(byte()) * 30 + usize::from(byte());
            if let Some(place) = damaged.get_mut(place) {
                *place = byte();
            }
        }
        let cut = AFTER.as_bytes()[..AFTER.len() * round / 12].to_vec();
        for (name, content) in [("junk.sql", junk), ("damaged.db", damaged), ("cut.sql", cut)] {
            fs::write(sandbox.here(name), content).unwrap();
            let outcome = sandbox.tgenie(&format!("db diff --to b.sql --from {name}")).run();
            let code = outcome.code();
            let outcome = outcome.never_says("panicked");
            assert!(matches!(code, Some(0 | 1 | 4)), "{outcome}");
        }
    }
}

#[test]
fn rows_that_need_a_value_stop_the_script_and_not_the_differences() {
    let sandbox = two_files();
    let required =
        "CREATE TABLE tasks (id integer NOT NULL PRIMARY KEY, title text NOT NULL, old text);
                    CREATE VIEW v AS SELECT id FROM tasks;";
    fs::write(sandbox.here("required.sql"), required).unwrap();
    sandbox.unchanged(|| {
        let diff =
            |flags: &str| sandbox.tgenie(&format!("db diff --from a.db --to required.sql{flags}"));
        let told = diff(" --exit-code").run().exits(3);
        assert!(told.stdout.starts_with("~ column tasks.title: NULL -> NOT NULL\n"), "{told}");
        told.says("warning: TG202")
            .says("(1 row here has none: id = 2)")
            .says("--fill tasks.title=…");
        let report = diff(" --json").run().exits(0).json();
        assert_eq!(report["hazards"][0]["samples"][0], "id = 2", "{report}");
        assert_eq!(report["changes"].as_array().unwrap().len(), 1);
        diff(" --sql").run().exits(4).prints("").says("TG202").says("--fill tasks.title=…");

        let filled = diff(" --sql --fill tasks.title='none'").run().exits(0);
        assert!(filled.stdout.contains("\n.bail on\n"), "{filled}");
        assert!(filled.stdout.ends_with("COMMIT;\n"), "{filled}");
    });
}

#[test]
fn a_script_of_nothing_is_a_comment() {
    let sandbox = two_files();
    let script = sandbox.tgenie("db diff --from a.db --to a.db --sql --exit-code").run().exits(0);
    script.prints("-- From a.db to a.db: nothing differs.\n");
}
