//! What `db diff --sql` prints, run by the sqlite3 shell.

use crate::shell::{Shell, shells};
use crate::support::cases;
use rusqlite::Connection;
use schema_engine::answers::{Answers, Rename};
use schema_engine::comparison::{Comparison, compare};
use schema_engine::hazard::HazardCode;
use schema_engine::history::Migrations;
use schema_engine::models::Models;
use schema_engine::pair::Pair;
use schema_engine::side::{Side, Sources};
use schema_engine::{Error, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Two files in a folder of their own: a database and the schema that it shall have.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new(before: &str, after: &str) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        let connection = Connection::open(files.database()).unwrap();
        connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF").unwrap();
        connection.execute_batch(before).unwrap();
        fs::write(files.desired(), after).unwrap();
        files
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("a.db")
    }

    fn desired(&self) -> PathBuf {
        self.folder.path().join("b.sql")
    }

    async fn compared(&self, answers: &Answers) -> Comparison {
        compared(&self.database(), &self.desired(), answers)
            .await
            .unwrap_or_else(|error| panic!("{}", told(&error)))
    }

    async fn script(&self) -> String {
        let comparison = self.compared(&Answers::default()).await;
        comparison.script().await.unwrap_or_else(|error| panic!("{}", told(&error)))
    }
}

async fn compared(from: &Path, to: &Path, answers: &Answers) -> Result<Comparison> {
    let models = Models { register: |schema| schema, objects: Vec::new };
    let migrations = Migrations::new();
    let sources = Sources { models: &models, migrations: &migrations, database: from };
    let (from, to) = (Side::File(from.to_owned()), Side::File(to.to_owned()));
    compare(Pair::new(&from, &to), &sources, answers).await
}

fn told(error: &Error) -> String {
    let cause = std::error::Error::source(error);
    format!("{error}: {}", cause.map(ToString::to_string).unwrap_or_default())
}

/// How many rows each table has that is on both sides.
fn row_counts(database: &Path) -> BTreeMap<String, i64> {
    let connection = Connection::open(database).unwrap();
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(|name| name.unwrap())
        .collect();
    let count = |table: &String| {
        let sql = format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\""));
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    tables.iter().map(|table| (table.clone(), count(table))).collect()
}

#[track_caller]
fn assert_sound(database: &Path, name: &str) {
    let connection = Connection::open(database).unwrap();
    let check: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok", "{name}");
}

#[tokio::test]
async fn every_case_goes_there_and_back() {
    for shell in shells() {
        // `db diff` parks nothing.
        for case in cases().into_iter().filter(|case| !case.parks()) {
            let name = format!("{} ({shell:?})", case.name);
            let files = Files::new(&format!("{}\n{}", case.before, case.rows), &case.after);
            let before = row_counts(&files.database());
            let answers = case.answers();
            let comparison = files.compared(&answers).await;
            assert!(!comparison.is_empty(), "{name}");
            let script =
                comparison.script().await.unwrap_or_else(|error| panic!("{name}: {error}"));
            shell
                .run(&files.database(), &script)
                .unwrap_or_else(|said| panic!("{name}: {said}\n{script}"));
            let again = files.compared(&Answers::default()).await;
            assert!(again.is_empty(), "{name}: {:?}", again.changes);
            assert_sound(&files.database(), &name);
            let after = row_counts(&files.database());
            for (table, count) in &before {
                assert!(after.get(table).is_none_or(|now| now == count), "{name}: {table}");
            }

            let warned = script.contains("dqs_ddl on");
            assert!(!warned, "{name}: no case has a string in double quotes\n{script}");

            // And back, where no value is needed that nobody has.
            fs::write(files.desired(), &case.before).unwrap();
            let renames = answers.renames.iter().rev().map(Rename::reversed).collect();
            let back = files.compared(&Answers::new(renames, Vec::new(), HazardCode::ALL)).await;
            let script = match back.script().await {
                Ok(script) => script,
                Err(error) => {
                    assert!(case.name.starts_with("drop_required"), "{name}: {}", told(&error));
                    continue;
                }
            };
            shell
                .run(&files.database(), &script)
                .unwrap_or_else(|said| panic!("{name}, back: {said}\n{script}"));
            let again = files.compared(&Answers::default()).await;
            assert!(again.is_empty(), "{name}, back: {:?}", again.changes);
            assert_sound(&files.database(), &name);
        }
    }
}

#[tokio::test]
async fn a_script_that_fails_leaves_everything_as_it_was() {
    for (before, after, says) in [
        (
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p integer);
             INSERT INTO c VALUES (1), (NULL);",
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p integer REFERENCES p); CREATE TABLE new (a);",
            "rows of c would refer to nothing",
        ),
        (
            "CREATE TABLE t (a); INSERT INTO t VALUES (1), (1);",
            "CREATE TABLE new (a); CREATE TABLE t (a UNIQUE);",
            "UNIQUE constraint failed",
        ),
    ] {
        for shell in shells() {
            // Where the rows can be counted no script is printed.
            let files = Files::new(before, after);
            assert!(files.compared(&Answers::default()).await.script().await.is_err());
            let script = Files::new(&without_rows(before), after).script().await;
            let content = fs::read(files.database()).unwrap();
            let said = shell.run(&files.database(), &script).expect_err("it fails");
            assert!(said.contains(says), "{said}");
            assert!(fs::read(files.database()).unwrap() == content, "{shell:?} changed the file");
        }
    }
}

fn without_rows(sql: &str) -> String {
    let statements = sql.split_inclusive(';');
    statements.filter(|statement| !statement.trim_start().starts_with("INSERT")).collect()
}

/// Texts that a careless script would cut in two, and references that can't be checked.
#[tokio::test]
async fn awkward_schemas_come_through() {
    let names =
        "CREATE TABLE \"it's; -- \"\"so\"\"\" (\"a\nb\" text DEFAULT ';\n.quit\n', \"é\" text);
                 INSERT INTO \"it's; -- \"\"so\"\"\" VALUES ('x', 'y');";
    for (before, after) in [
        // A comment at the end, lines that the shell takes for an end, a command in a text.
        (
            "CREATE TABLE t (a); INSERT INTO t VALUES (1);",
            "CREATE TABLE t (a CHECK (a <> '\n.quit\n#\ngo\n;\n/\n'));
             CREATE VIEW v AS SELECT a -- the end
             ;
             CREATE TABLE lines (\ngo\n, b AS (go\n/\n2)\n);
             CREATE TRIGGER g AFTER INSERT ON t BEGIN
               SELECT CASE new.a WHEN 1 THEN 'END;' END; -- one;
               DELETE FROM lines WHERE go = ';';
             END",
        ),
        (names, "CREATE TABLE \"it's; -- \"\"so\"\"\" (\"a\nb\" text NOT NULL DEFAULT ';\n.quit\n', \"é\" text)"),
        // Double quotes around what is no name.
        (
            "CREATE TABLE t (a CHECK (a <> \"none\")); INSERT INTO t VALUES (1);
             CREATE VIEW v AS SELECT \"text\" AS x FROM t;",
            "CREATE TABLE t (a CHECK (a <> \"none\"), b DEFAULT \"b\", UNIQUE (a));
             CREATE VIEW v AS SELECT \"text\" AS x FROM t;",
        ),
        // References to what is not unique, or not there, beside some that can be checked.
        (
            "CREATE TABLE p (id INTEGER PRIMARY KEY, a); INSERT INTO p VALUES (1, 2);
             CREATE TABLE odd (p REFERENCES p (a)); INSERT INTO odd VALUES (2), (3);
             CREATE TABLE lost (p REFERENCES nowhere); INSERT INTO lost VALUES (1), (1);
             CREATE TABLE good (p REFERENCES p); INSERT INTO good VALUES (1);",
            "CREATE TABLE p (id INTEGER PRIMARY KEY, a NOT NULL);
             CREATE TABLE odd (p REFERENCES p (a), CHECK (p > 0));
             CREATE TABLE lost (p REFERENCES nowhere, CHECK (p > 0));
             CREATE TABLE good (p REFERENCES p, CHECK (p > 0));",
        ),
        // What is broken already stays so, though the rows get no rowids, or others.
        (
            "CREATE TABLE p (id INTEGER PRIMARY KEY);
             CREATE TABLE a (k text PRIMARY KEY, p REFERENCES p); INSERT INTO a VALUES ('x', 5), ('y', 6);
             CREATE TABLE b (k integer, p REFERENCES p); INSERT INTO b VALUES (70, 5), (80, 6);",
            "CREATE TABLE p (id INTEGER PRIMARY KEY);
             CREATE TABLE a (k text NOT NULL PRIMARY KEY, p REFERENCES p) WITHOUT ROWID;
             CREATE TABLE b (k INTEGER PRIMARY KEY, p REFERENCES P);",
        ),
    ] {
        for shell in shells() {
            let files = Files::new(before, after);
            let counts = row_counts(&files.database());
            let script = files.script().await;
            assert_eq!(script.contains(".dbconfig dqs_ddl on\n"), before.contains("\"none\""));
            shell.run(&files.database(), &script).unwrap_or_else(|said| panic!("{said}\n{script}"));
            let again = files.compared(&Answers::default()).await;
            assert!(again.is_empty(), "{shell:?}: {:?}", again.changes);
            let after = row_counts(&files.database());
            for (table, count) in counts {
                assert_eq!(after.get(&table), Some(&count), "{table}");
            }
        }
    }
}

#[tokio::test]
async fn a_reference_that_a_change_breaks_counts_though_others_were_broken() {
    // The first was broken before; the second becomes so with another collation of its parent.
    let before = "CREATE TABLE p (id text COLLATE NOCASE PRIMARY KEY); INSERT INTO p VALUES ('A');
        CREATE TABLE c (p text REFERENCES p); INSERT INTO c VALUES ('x'), ('a');";
    let after = "CREATE TABLE p (id text PRIMARY KEY); CREATE TABLE c (p text REFERENCES p);";
    for shell in shells() {
        let files = Files::new(before, after);
        let script = files.script().await;
        let said = shell.run(&files.database(), &script).expect_err("it fails");
        assert!(said.contains("rows of c would refer to nothing"), "{said}");
    }
}

#[tokio::test]
async fn what_a_table_has_got_since_stops_the_script() {
    let before = "CREATE TABLE t (a integer, b text); CREATE TABLE n (a integer); \
        CREATE TABLE \"it's\" (a text); CREATE INDEX by_a ON \"it's\" (a); INSERT INTO t VALUES (1, 'x');";
    // One is built anew, one is edited, one gets a column in place.
    let after = "CREATE TABLE t (a text, b text); CREATE TABLE n (a integer, b integer); \
        CREATE TABLE \"it's\" (a text CHECK (a <> '')); CREATE INDEX by_a ON \"it's\" (a);";
    for shell in shells() {
        for (since, says) in [
            ("ALTER TABLE t ADD COLUMN late", Some("t has something that is not in this script")),
            ("CREATE INDEX late ON T (b)", Some("t has something that is not in this script")),
            (
                "CREATE TRIGGER late AFTER INSERT ON \"IT'S\" BEGIN SELECT 1; END",
                Some("it's has something that is not in this script"),
            ),
            ("ALTER TABLE n ADD COLUMN late", None),
        ] {
            let files = Files::new(before, after);
            let answers = Answers {
                accepted: [schema_engine::hazard::HazardCode::ChangeAffinity].into(),
                ..Answers::default()
            };
            let script = files.compared(&answers).await.script().await.unwrap();
            shell.run(&files.database(), &format!("{since};")).unwrap();
            let content = fs::read(files.database()).unwrap();
            let outcome = shell.run(&files.database(), &script);
            match says {
                None => outcome.unwrap(),
                Some(says) => {
                    let said = outcome.expect_err("it fails");
                    assert!(said.contains(says), "{said}");
                    assert!(fs::read(files.database()).unwrap() == content);
                }
            }
        }
    }
}

#[tokio::test]
async fn without_a_difference_a_script_does_nothing() {
    let files = Files::new("CREATE TABLE t (a)", "CREATE TABLE T (A)");
    let script = files.script().await;
    assert!(script.lines().all(|line| line.starts_with("--")), "{script}");
    let content = fs::read(files.database()).unwrap();
    for shell in shells() {
        shell.run(&files.database(), &script).unwrap();
    }
    assert!(fs::read(files.database()).unwrap() == content);
}

/// What the played shell stands for.
#[test]
fn the_played_shell_stops_at_an_error() {
    let files = Files::new("CREATE TABLE t (a)", "");
    let script = ".bail on\nBEGIN;\nINSERT INTO t VALUES (1);\nnonsense;\nCOMMIT;\n";
    for shell in shells() {
        shell.run(&files.database(), script).expect_err("it fails");
        assert_eq!(row_counts(&files.database())["t"], 0, "{shell:?}");
    }
    assert!(matches!(shells().last(), Some(Shell::Played)));
}

#[tokio::test]
async fn statistics_outlive_a_rebuild() {
    let before =
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a text, b int); CREATE INDEX by_a ON t (a);
        CREATE INDEX by_b ON t (b); INSERT INTO t VALUES (1, 'x', 1), (2, 'x', 2); ANALYZE;";
    let after = "CREATE TABLE t (id INTEGER PRIMARY KEY, a text COLLATE NOCASE, b int);
        CREATE INDEX by_a ON t (a); CREATE INDEX by_b ON t (b);";
    for shell in shells() {
        let files = Files::new(before, after);
        shell.run(&files.database(), &files.script().await).unwrap();
        let connection = Connection::open(files.database()).unwrap();
        let sql = "SELECT group_concat(idx || ' ' || stat) FROM (SELECT * FROM sqlite_stat1 ORDER BY idx)";
        let kept: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "by_a 2 2,by_b 2 1", "{shell:?}");
    }
}
