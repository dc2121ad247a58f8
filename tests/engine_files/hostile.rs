//! What must not be restored: the old database is byte for byte as before, and nothing is left.

use std::fs;
use std::path::{Path, PathBuf};

use schema_engine::ErrorKind;
use schema_engine::dump::{DumpOptions, DumpTarget, dump};
use schema_engine::restore::{ForeignKeys, RestoreOptions, restore};

use crate::support::{STAMP, database, dump_to, files, folder, restore_now, told, value};

/// Tries to restore this over a database and answers with what is said about it.
#[track_caller]
fn refused(source: &[u8]) -> String {
    for live in [
        "CREATE TABLE t(a); INSERT INTO t VALUES('old');",
        "PRAGMA journal_mode=WAL; CREATE TABLE t(a);",
    ] {
        let folder = folder();
        database(&folder.path().join("live.db"), live);
        fs::write(folder.path().join("in.sql"), source).expect("the file");
        refused_in(folder.path());
    }
    let folder = folder();
    fs::write(folder.path().join("in.sql"), source).expect("the file");
    let before = files(folder.path());
    let error = restore_now(&folder.path().join("live.db"), &folder.path().join("in.sql"))
        .expect_err("refused");
    assert_eq!(files(folder.path()), before);
    told(&error)
}

#[track_caller]
fn refused_in(folder: &Path) {
    let before = files(folder);
    let error = restore_now(&folder.join("live.db"), &folder.join("in.sql")).expect_err("refused");
    assert_eq!(error.data_state(), Some("Nothing was restored; the database is unchanged."));
    assert!(
        !error.next_steps().is_empty() || error.kind() == ErrorKind::Failed,
        "{}",
        told(&error)
    );
    assert_eq!(files(folder), before);
}

/// A dump with this between its first table and its end.
fn with(statements: &str) -> Vec<u8> {
    format!(
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a);\nINSERT INTO t VALUES('new');\n{statements}\nCOMMIT;\n"
    )
    .into_bytes()
}

#[test]
fn incomplete_and_broken_dumps_are_refused() {
    let whole = with("");
    let text = |text: &str| text.as_bytes().to_vec();
    for (source, hint) in [
        (text(""), "is empty"),
        (text("\n-- nothing\n"), "no BEGIN"),
        (text("old data"), "line 1 of the dump begins with OLD"),
        (text("{\"a\": 1};"), "line 1 of the dump is not SQL"),
        (text("SELECT 1;"), "begins with SELECT"),
        (text("BEGIN;\nCREATE TABLE t(a);\n"), "COMMIT is missing"),
        (text("CREATE TABLE t(a);\nCOMMIT;\n"), "before the BEGIN"),
        (text("BEGIN;CREATE TABLE t(a);COMMIT;INSERT INTO t VALUES(1);"), "follows the COMMIT"),
        (text("BEGIN;COMMIT;BEGIN;COMMIT;"), "follows the COMMIT"),
        (text("BEGIN;CREATE TABLE t(a);\nROLLBACK; -- due to errors\n"), "damaged database"),
        (whole[..whole.len() - 12].to_vec(), "cut short"),
        (whole[..whole.len() - 3].to_vec(), "cut short"),
        (with("INSERT INTO t VALUES('x"), "cut short"),
        (with("/* open"), "cut short"),
        (with("INSERT INTO missing VALUES(1);"), "line 5 of the dump can't be loaded"),
        (with("INSERT INTO t VALUES(1, 2);"), "line 5"),
        (with("CREATE TABLE t(b);"), "already exists"),
        (
            with("CREATE TABLE u(a UNIQUE);\nINSERT INTO u VALUES(1),(1);"),
            "UNIQUE constraint failed",
        ),
        (with("CREATE TABLE u(a NOT NULL);\nINSERT INTO u VALUES(NULL);"), "NOT NULL"),
        (
            with(
                "CREATE TABLE p(id INTEGER PRIMARY KEY);\nCREATE TABLE c(p REFERENCES p);\nINSERT INTO c VALUES(1);",
            ),
            "1 row refers",
        ),
        (with("INSERT INTO t VALUES('a\0b');"), "line 5 holds a NUL byte"),
        (b"\xff\xfeB\0E\0".to_vec(), "UTF-16"),
        (b"\x1f\x8b\x08\0".to_vec(), "can't read"),
        (b"\x28\xb5\x2f\xfd".to_vec(), "can't read"),
        (b"SQLite format 3\0 and then junk".to_vec(), ""),
        (vec![0x80; 5000], "line 1 of the dump is not SQL"),
        (vec![0; 5000], "NUL byte"),
        ((0..=255).cycle().take(9000).collect(), "NUL byte"),
        (
            with("CREATE TABLE \"\u{1}\"(\n\u{fffd});")
                .iter()
                .map(|byte| if *byte == 0xef { 0xff } else { *byte })
                .collect(),
            "isn't UTF-8",
        ),
    ] {
        let said = refused(&source);
        assert!(said.contains(hint), "{hint}: {said}");
    }
}

#[test]
fn programs_are_refused_by_name() {
    let away = folder();
    let outside = away.path().join("outside.db");
    let outside_text = outside.display();
    for (statement, hint) in [
        (format!("ATTACH '{outside_text}' AS x;"), "line 5 of the dump begins with ATTACH"),
        (format!("attach/**/database '{outside_text}' AS x;"), "ATTACH"),
        ("DETACH main;".into(), "DETACH"),
        (format!("VACUUM INTO '{outside_text}';"), "VACUUM"),
        ("SELECT load_extension('x');".into(), "SELECT"),
        ("INSERT INTO t VALUES(load_extension('x'));".into(), "load_extension"),
        (format!("INSERT INTO t VALUES(writefile('{outside_text}', 'x'));"), "writefile"),
        ("INSERT INTO t VALUES(\"load_extension\"('x'));".into(), "load_extension"),
        ("INSERT INTO t VALUES((SELECT 1));".into(), "SELECT"),
        ("INSERT INTO t SELECT a FROM t, t AS u, t AS v;".into(), "VALUES"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) INSERT INTO t SELECT i FROM n;".into(), "WITH"),
        ("INSERT INTO t WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i FROM n) SELECT i FROM n;".into(), "no dump needs"),
        ("CREATE TABLE u AS SELECT 1;".into(), "by a query"),
        ("CREATE TABLE u AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n;".into(), "query"),
        ("CREATE TABLE u(a CHECK(load_extension('x')));".into(), "load_extension"),
        ("CREATE TABLE u(a, b AS (load_extension('x')) STORED);".into(), "load_extension"),
        ("CREATE INDEX i ON t(load_extension(a));".into(), "load_extension"),
        ("CREATE TEMP TABLE u(a);".into(), "TEMP"),
        ("CREATE TEMPORARY TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;".into(), "TEMPORARY"),
        ("CREATE TABLE temp.u(a);".into(), "another database"),
        ("CREATE VIRTUAL TABLE u USING csv(filename='/etc/passwd');".into(), "VIRTUAL"),
        ("INSERT INTO temp.t VALUES(1);".into(), "another database"),
        ("PRAGMA journal_mode=WAL;".into(), "PRAGMA journal_mode"),
        ("PRAGMA temp_store_directory='/tmp';".into(), "temp_store_directory"),
        ("PRAGMA main.cache_size=9;".into(), "PRAGMA main"),
        ("PRAGMA wal_checkpoint;".into(), "wal_checkpoint"),
        ("INSERT INTO sqlite_master VALUES('table','x','x',2,'CREATE TABLE x(a)');".into(), "the schema"),
        ("INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('trigger','x','t',0,'CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END');".into(), "the schema"),
        ("INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)VALUES('table','u','u',0,'CREATE VIRTUAL TABLE u USING csv(filename=x)');".into(), "`csv`"),
        ("INSERT INTO \"SQLITE_MASTER\" VALUES(1);".into(), "the schema"),
        ("INSERT INTO [sqlite_autoindex_x] VALUES(1);".into(), "belongs to SQLite"),
        ("UPDATE sqlite_master SET sql = '';".into(), "UPDATE"),
        ("DELETE FROM t;".into(), "DELETE"),
        ("DELETE FROM sqlite_master;".into(), "DELETE"),
        ("DROP TABLE t;".into(), "DROP"),
        ("DROP TABLE sequence_helper;".into(), "DROP"),
        ("ALTER TABLE t RENAME TO u;".into(), "ALTER"),
        ("REINDEX;".into(), "REINDEX"),
        ("ANALYZE;".into(), "ANALYZE"),
        ("SAVEPOINT x;".into(), "SAVEPOINT"),
        ("EXPLAIN INSERT INTO t VALUES(1);".into(), "EXPLAIN"),
        ("INSERT INTO t VALUES(?1);".into(), "`?`"),
        ("INSERT INTO t VALUES(:a);".into(), "`:`"),
        ("INSERT INTO t VALUES(1) RETURNING a;".into(), "RETURNING"),
        (".shell touch x".into(), "command of the sqlite3 shell"),
        (".read /etc/passwd".into(), "command of the sqlite3 shell"),
        (".open x;".into(), "command of the sqlite3 shell"),
    ] {
        let said = refused(&with(&statement));
        assert!(said.contains(hint), "{statement}\n{hint}: {said}");
        assert!(said.contains("line 5"), "{said}");
    }
    assert!(files(away.path()).is_empty());
}

#[test]
fn triggers_of_a_dump_do_not_fire_while_it_is_loaded() {
    let folder = folder();
    let source = folder.path().join("in.sql");
    fs::write(
        &source,
        with("CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO t VALUES('fired'); END;\nINSERT INTO t VALUES('more');"),
    )
    .expect("the file");
    let live = folder.path().join("live.db");
    let _ = restore_now(&live, &source).expect("the restore");
    assert_eq!(value::<String>(&live, "SELECT group_concat(a) FROM t"), "new,more");
}

#[test]
fn a_virtual_table_without_what_is_behind_it_is_refused() {
    let said = refused(&with(
        "PRAGMA writable_schema=ON;\nINSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)VALUES('table','f','f',0,'CREATE VIRTUAL TABLE f USING fts5(a)');\nPRAGMA writable_schema=OFF;",
    ));
    assert!(said.contains("damaged") || said.contains("check"), "{said}");
}

#[test]
fn a_changed_dump_of_ours_is_told_from_a_whole_one() {
    let folder = folder();
    let path = database(
        &folder.path().join("a.db"),
        "CREATE TABLE t(a); INSERT INTO t VALUES('one'), ('two'), ('three');",
    );
    let mut whole = Vec::new();
    let _ = dump(&path, DumpTarget::Stream(&mut whole), &DumpOptions::default()).expect("the dump");
    let text = String::from_utf8(whole.clone()).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    let without_seal = format!("{}\n", lines[..lines.len() - 1].join("\n"));
    for (changed, hint) in [
        (text.replace("'two'", "'2wo'"), "was changed"),
        (text.replace("INSERT INTO \"t\"(rowid,\"a\") VALUES(2,'two');\n", ""), "was changed"),
        (text.replace("rows=3", "rows=2"), "3 came out"),
        (text.replace('\n', "\r\n"), "was changed"),
        (text.replace("blake3=", "another="), "another version of the program"),
        (without_seal, "last line is missing"),
        (format!("{text}INSERT INTO t VALUES(1);\n"), "last line is missing"),
        (text.trim_end().to_owned(), "last line is missing"),
    ] {
        let said = refused(changed.as_bytes());
        assert!(said.contains(hint), "{hint}: {said}");
    }
    // Wherever it is cut.
    for length in (1..whole.len()).step_by(37) {
        refused(&whole[..length]);
    }
    // A change that is meant: without the first and the last line it is a dump like any other.
    let edited = lines[1..lines.len() - 1].join("\n").replace("'two'", "'2wo'");
    fs::write(folder.path().join("edited.sql"), edited).expect("the file");
    let copy = folder.path().join("copy.db");
    let _ = restore_now(&copy, &folder.path().join("edited.sql")).expect("the restore");
    assert_eq!(value::<String>(&copy, "SELECT a FROM t WHERE rowid = 2"), "2wo");
}

#[test]
fn sources_that_are_no_files_are_refused() {
    let folder = folder();
    let live = database(&folder.path().join("live.db"), "CREATE TABLE t(a);");
    let mut sources: Vec<(PathBuf, &str)> = vec![
        (folder.path().to_owned(), "is a folder"),
        (folder.path().join("missing.sql"), "there is no file"),
        (live.clone(), "the database itself"),
    ];
    #[cfg(unix)]
    {
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink("live.db", &link).expect("a link");
        sources.extend([(link, "the database itself"), ("/dev/zero".into(), "not a regular file")]);
    }
    let before = files(folder.path());
    for (source, hint) in sources {
        let error = restore_now(&live, &source).expect_err("refused");
        assert!(told(&error).contains(hint), "{}", told(&error));
        assert_eq!(files(folder.path()), before);
    }
}

#[test]
fn a_damaged_database_file_is_refused() {
    let folder = folder();
    let source = database(
        &folder.path().join("in.sql"),
        "CREATE TABLE t(a); CREATE INDEX i ON t(a); INSERT INTO t VALUES(zeroblob(9000)), ('x');
         PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE name = 'i'; PRAGMA writable_schema=OFF;",
    );
    database(&folder.path().join("live.db"), "CREATE TABLE t(a);");
    refused_in(folder.path());
    assert!(source.exists());
}

#[test]
fn a_database_file_that_ends_within_its_last_page_is_damaged() {
    let folder = folder();
    let source = database(
        &folder.path().join("in.sql"),
        "CREATE TABLE t(a); INSERT INTO t VALUES('the last byte of the file');",
    );
    let bytes = fs::read(&source).unwrap();
    assert!(bytes.ends_with(b"of the file"));
    // SQLite itself finds nothing wrong: it reads a zero.
    fs::write(&source, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(value::<String>(&source, "PRAGMA integrity_check"), "ok");
    database(&folder.path().join("live.db"), "CREATE TABLE t(a);");
    refused_in(folder.path());
    let report = dump_to(&source, &folder.path().join("remains.sql")).unwrap();
    assert_eq!(report.damage, ["the file is cut short, within page 2"]);
}

#[test]
fn broken_references_come_back_only_if_that_is_meant() {
    let folder = folder();
    let path = database(
        &folder.path().join("a.db"),
        "PRAGMA foreign_keys=OFF; CREATE TABLE c(p REFERENCES gone); INSERT INTO c VALUES(1);",
    );
    let (source, copy) = (folder.path().join("a.sql"), folder.path().join("copy.db"));
    let _ = dump_to(&path, &source).expect("the dump");
    let error = restore_now(&copy, &source).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Refused);
    let mut options = RestoreOptions::new(STAMP);
    options.foreign_keys = ForeignKeys::AsFound;
    let _ = restore(&copy, &source, &options).expect("the restore");
    assert_eq!(value::<i64>(&copy, "SELECT p FROM c"), 1);
}

#[test]
fn a_definition_that_is_no_utf8_comes_back_from_the_file_alone() {
    let folder = folder();
    let source = database(
        &folder.path().join("source.db"),
        "CREATE TABLE t(a, b DEFAULT 'x'); INSERT INTO t(a) VALUES(1); PRAGMA writable_schema=ON;
         UPDATE sqlite_schema SET sql = CAST(X'435245415445205441424C45207428612C20622044454641554C542027E92729' AS TEXT);",
    );
    let dump = folder.path().join("in.sql");
    let _ = dump_to(&source, &dump).unwrap();
    let live = folder.path().join("live.db");
    let error = restore_now(&live, &dump).unwrap_err();
    assert!(told(&error).contains("line 7 of the dump isn't UTF-8"), "{}", told(&error));
    assert_eq!(error.next_steps(), ["A copy of the database file is restored as it is."]);
    assert_eq!(restore_now(&live, &source).unwrap().rows, 1);
}
