//! Dumps that other programs wrote.

use std::fs;
use std::path::Path;
use std::process::Command;

use schema_engine::restore::SourceKind;

use crate::fingerprint::{assert_same, fingerprint};
use crate::support::{database, fixture, folder, restore_now, told, value};

/// Restores a text and answers with the folder and the database.
fn restored(text: impl AsRef<[u8]>) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = folder();
    let (source, path) = (folder.path().join("in.sql"), folder.path().join("new.db"));
    fs::write(&source, text).expect("the file");
    let report = restore_now(&path, &source).unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!(report.source, SourceKind::Dump);
    (folder, path)
}

#[test]
fn the_dump_of_the_python_version_restores_to_its_database() {
    let folder = folder();
    let path = folder.path().join("new.db");
    let report = restore_now(&path, &fixture("taskgenie-python-dump.sql")).expect("the restore");
    assert_eq!((report.tables, report.safety_copy), (6, None));
    // Python writes the tables in another order and no rowids: compare without them.
    let sorted = |path: &Path| {
        let mut facts = fingerprint(path);
        for fact in &mut facts {
            let end =
                fact.rfind(" i").filter(|_| !fact.starts_with("schema")).unwrap_or(fact.len());
            fact.truncate(end);
        }
        facts.sort();
        facts
    };
    let original = folder.path().join("original.db");
    fs::copy(fixture("taskgenie-python.db"), &original).expect("the fixture");
    assert_eq!(sorted(&original), sorted(&path));
}

#[test]
fn a_dump_of_the_stock_shell_restores() {
    let folder = folder();
    let path = database(
        &folder.path().join("a.db"),
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a, b AS (a + 1), \"we\"\"ird\" TEXT);
         INSERT INTO t(a, \"we\"\"ird\") VALUES(1, 'a\nb'), (-2.5, 'c\r\nd\\n'), (9e999, CAST(X'61FF' AS TEXT));
         INSERT INTO t(id, a) VALUES(100, X'00FF'); DELETE FROM t WHERE id = 100;
         CREATE TABLE pairs(a, b, PRIMARY KEY(a, b)) WITHOUT ROWID; INSERT INTO pairs VALUES('x', 1e-300);
         CREATE TABLE kept(id INTEGER PRIMARY KEY, at TEXT REFERENCES t); CREATE INDEX i ON t(a DESC);
         CREATE TABLE strict(a ANY) STRICT; INSERT INTO strict VALUES('007'), (7), (7.0);
         CREATE VIEW v AS SELECT * FROM t; CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM pairs; END;
         CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES('one two');
         ANALYZE;",
    );
    let Ok(dumped) = Command::new("sqlite3").arg(&path).arg(".dump").output() else {
        eprintln!("skipped: there is no sqlite3 shell on this machine");
        return;
    };
    let (_folder, copy) = restored(&dumped.stdout);
    assert_same(&path, &copy);
    assert_eq!(value::<i64>(&copy, "SELECT count(*) FROM f WHERE f MATCH 'two'"), 1);
}

#[test]
fn statistics_bring_no_table_that_was_not_there() {
    let tables = |samples: &str| {
        let (_folder, path) = restored(format!(
            "BEGIN;\nCREATE TABLE t(a);\nCREATE INDEX i ON t(a);\nANALYZE sqlite_schema;\n\
             INSERT INTO sqlite_stat1 VALUES('t','i','9 3');\n{samples}COMMIT;\n"
        ));
        value::<String>(
            &path,
            "SELECT group_concat(name) FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'",
        )
    };
    assert_eq!(tables(""), "sqlite_stat1");
    let sample = "INSERT INTO sqlite_stat4 VALUES('t','i','1 1','0 0','0 0',x'00');\n";
    assert_eq!(tables(sample), "sqlite_stat1,sqlite_stat4");
}

#[test]
fn forms_of_other_versions_restore() {
    // unistr() and lower-case x'' of 3.53, bare infinities of 3.53 and Python, a line ending of
    // Windows, a byte order mark, several rows at once.
    let (_folder, path) = restored(
        "\u{feff}PRAGMA foreign_keys=OFF;\r\nBEGIN TRANSACTION;\r\nCREATE TABLE t(a,b);\r\n\
         INSERT INTO t VALUES(unistr('a\\u000ab'),x'0aff');\r\nINSERT INTO t VALUES(Inf,-Inf),(1e-310,+2);\r\nCOMMIT;\r\n",
    );
    assert_eq!(
        value::<String>(
            &path,
            "SELECT group_concat(quote(a) || ' ' || hex(b), '|') FROM t WHERE rowid = 1"
        ),
        "'a\nb' 0AFF"
    );
    assert_eq!(
        value::<f64>(&path, "SELECT a FROM t WHERE rowid = 2").to_bits(),
        f64::INFINITY.to_bits()
    );
    assert_eq!(
        value::<f64>(&path, "SELECT b FROM t WHERE rowid = 2").to_bits(),
        f64::NEG_INFINITY.to_bits()
    );
    assert_eq!(
        value::<f64>(&path, "SELECT a FROM t WHERE rowid = 3").to_bits(),
        (1e-310_f64).to_bits()
    );
}

#[test]
fn a_sequence_written_twice_counts_from_the_higher() {
    let (_folder, path) = restored(
        "PRAGMA foreign_keys=OFF; BEGIN TRANSACTION;
         CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO t VALUES(5,'x');
         INSERT INTO sqlite_sequence VALUES('t',100); COMMIT;",
    );
    assert_eq!(value::<i64>(&path, "SELECT count(*) FROM sqlite_sequence"), 1);
    assert_eq!(value::<i64>(&path, "INSERT INTO t(a) VALUES('y') RETURNING id"), 101);
}

#[test]
fn a_sequence_made_by_hand_is_understood() {
    for table in ["CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT);", ""] {
        let (_folder, path) = restored(format!(
            "BEGIN TRANSACTION; {table} PRAGMA writable_schema=ON;
             CREATE TABLE IF NOT EXISTS sqlite_sequence(name,seq); DELETE FROM sqlite_sequence;
             INSERT INTO sqlite_sequence VALUES('t',7); PRAGMA writable_schema=OFF; COMMIT;"
        ));
        assert_eq!(value::<i64>(&path, "SELECT seq FROM sqlite_sequence"), 7);
    }
}

#[test]
fn full_text_tables_of_python_restore() {
    let dumped = include_bytes!("../fixtures/python-full-text-dump.sql");
    let (_folder, copy) = restored(dumped);
    assert_eq!(value::<i64>(&copy, "SELECT count(*) FROM f WHERE f MATCH 'two'"), 1);
}

#[test]
fn a_database_file_restores_with_what_is_in_its_wal() {
    let folder = folder();
    let path = folder.path().join("a.db");
    let open = rusqlite::Connection::open(&path).expect("the database opens");
    open.execute_batch(
        "PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t(rowid, a) VALUES(9, 'x');",
    )
    .expect("the statements run");
    let copy = folder.path().join("copy.db");
    let report = restore_now(&copy, &path).expect("the restore");
    assert_eq!((report.source, report.tables, report.rows), (SourceKind::Database, 1, 1));
    assert_same(&path, &copy);
}

#[test]
fn a_database_file_with_other_pages_restores_into_one_in_wal_mode() {
    let folder = folder();
    let path = database(
        &folder.path().join("a.db"),
        "PRAGMA page_size=8192; CREATE TABLE t(a UNIQUE); INSERT INTO t(rowid, a) VALUES(90, 'x'), (7, 'y');",
    );
    let live =
        database(&folder.path().join("live.db"), "PRAGMA journal_mode=WAL; CREATE TABLE old(a);");
    let _ = restore_now(&live, &path).expect("the restore");
    assert_same(&path, &live);
    assert_eq!(value::<i64>(&live, "PRAGMA page_size"), 4096);
    assert_eq!(value::<String>(&live, "PRAGMA journal_mode"), "wal");
}

#[test]
fn a_sequence_that_no_table_is_left_for_is_emptied_all_the_same() {
    // So sqlite3 and Python write it: the first table with AUTOINCREMENT would have made it.
    for name in ["sqlite_sequence", "\"sqlite_sequence\""] {
        let (_folder, path) = restored(format!(
            "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a);\n\
             DELETE FROM {name};\nINSERT INTO {name} VALUES('gone',7);\nCOMMIT;\n"
        ));
        assert_eq!(value::<i64>(&path, "SELECT seq FROM sqlite_sequence"), 7);
        assert_eq!(value::<i64>(&path, "SELECT count(*) FROM sqlite_schema"), 2);
    }
}
