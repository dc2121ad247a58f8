//! What a dump saves comes back, all of it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::awkward;
use crate::fingerprint::assert_same;
use crate::support::{database, dump_to, files, folder, restore_now, value};

/// Dumps, restores, dumps again: both dumps and both databases are equal.
fn there_and_back(original: &Path) {
    let folder = folder();
    let (first, second) = (folder.path().join("first.sql"), folder.path().join("second.sql"));
    let copy = folder.path().join("copy.db");
    let dumped = dump_to(original, &first).expect("the dump");
    let restored = restore_now(&copy, &first).expect("the restore");
    assert_eq!((dumped.tables, dumped.rows), (restored.tables, restored.rows));
    let again = dump_to(&copy, &second).expect("the second dump");
    let read = |path: &Path| fs::read(path).expect("the dump");
    assert!(read(&first) == read(&second), "the dumps differ");
    assert_eq!(dumped.blake3, again.blake3);
    // Nothing temporary is left.
    assert_eq!(files(folder.path()).len(), 3);
    // SQLite can't show that many columns at once in every form.
    let widest: i64 = value(original, "SELECT max(ncol) FROM pragma_table_list");
    if widest < 600 {
        assert_same(original, &copy);
    }
}

#[test]
fn an_awkward_database_comes_back_bit_for_bit() {
    let folder = folder();
    let path = folder.path().join("awkward.db");
    awkward::make(&path, "");
    there_and_back(&path);
}

#[test]
fn so_does_one_in_utf_16_with_other_pages() {
    for encoding in ["UTF-16le", "UTF-16be"] {
        let folder = folder();
        let path = folder.path().join("wide.db");
        awkward::make(
            &path,
            &format!("PRAGMA encoding='{encoding}'; PRAGMA page_size=1024; PRAGMA auto_vacuum=2;"),
        );
        there_and_back(&path);
    }
}

#[test]
fn definitions_with_line_ends_of_windows_and_open_comments_come_back() {
    let folder = folder();
    let path = database(
        &folder.path().join("odd.db"),
        "CREATE TABLE crlf(a,\r\n b DEFAULT '\r\n');
         CREATE TABLE \"line\r\nend\"(\"a\nb\"); INSERT INTO \"line\r\nend\" VALUES(1);
         CREATE VIEW line AS SELECT 1 -- open
         ;
         CREATE VIEW block AS SELECT 1 /* open; */;",
    );
    let sql: String = value(&path, "SELECT sql FROM sqlite_schema WHERE name = 'line'");
    assert!(sql.ends_with("-- open"), "{sql}");
    there_and_back(&path);
}

#[test]
fn an_empty_database_and_a_lone_sequence_come_back() {
    let folder = folder();
    let path = database(&folder.path().join("empty.db"), "PRAGMA user_version=3;");
    there_and_back(&path);
    let path = database(
        &folder.path().join("sequence.db"),
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t VALUES(4); DROP TABLE t;
         INSERT INTO sqlite_sequence VALUES('unknown', 12);",
    );
    there_and_back(&path);
}

#[test]
fn a_sequence_comes_back_as_it_was() {
    let folder = folder();
    let made = "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t VALUES(4);";
    for (name, odd) in [
        ("twice.db", "INSERT INTO sqlite_sequence VALUES('t', 99);"),
        ("low.db", "UPDATE sqlite_sequence SET seq = 2;"),
        ("empty.db", "DROP TABLE t;"),
    ] {
        let path = database(&folder.path().join(name), &format!("{made}{odd}"));
        there_and_back(&path);
    }
}

#[test]
fn views_and_triggers_with_several_rows_of_values_come_back() {
    let folder = folder();
    let path = database(
        &folder.path().join("values.db"),
        "CREATE TABLE t(a); CREATE VIEW v AS VALUES(1, 2), (3, 4);
         CREATE VIEW w AS WITH q(a) AS (VALUES(1), (2)) SELECT * FROM q UNION ALL VALUES(3), (4);
         CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO t VALUES(1), (2); END;",
    );
    there_and_back(&path);
}

#[test]
fn characters_that_sqlite_replaces_come_back_in_utf_16() {
    let folder = folder();
    for encoding in ["UTF-16le", "UTF-16be"] {
        let path = database(
            &folder.path().join(format!("{encoding}.db")),
            &format!(
                "PRAGMA encoding='{encoding}'; CREATE TABLE t(a UNIQUE);
                 INSERT INTO t VALUES(CAST(X'FFFF' AS TEXT)), (CAST(X'FFFE' AS TEXT)),
                   (CAST(X'FEFF' AS TEXT)), (CAST(X'FEFF4100' AS TEXT)), (CAST(X'00D8' AS TEXT));"
            ),
        );
        there_and_back(&path);
    }
}

#[test]
fn virtual_tables_that_only_show_something_come_back() {
    let folder = folder();
    let path = database(
        &folder.path().join("shown.db"),
        "CREATE VIRTUAL TABLE pages USING dbstat(main);
         CREATE VIRTUAL TABLE words USING fts3tokenize(porter);",
    );
    there_and_back(&path);
}

#[test]
fn a_table_of_two_thousand_columns_comes_back() {
    let folder = folder();
    let columns: Vec<String> = (0..2000).map(|number| format!("c{number}")).collect();
    let values: Vec<String> = (0..2000).map(|number| format!("'{number}\n'")).collect();
    let path = database(
        &folder.path().join("wide.db"),
        &format!(
            "CREATE TABLE t({}); INSERT INTO t VALUES({});",
            columns.join(","),
            values.join(",")
        ),
    );
    there_and_back(&path);
}

#[test]
fn the_stock_shell_loads_a_dump_with_nothing_lost() {
    for pragmas in ["", "PRAGMA encoding='UTF-16be'; PRAGMA auto_vacuum=1;"] {
        let folder = folder();
        let path = folder.path().join("awkward.db");
        awkward::make(&path, pragmas);
        let dump = folder.path().join("awkward.sql");
        let _ = dump_to(&path, &dump).expect("the dump");
        let loaded = folder.path().join("loaded.db");
        let shell = Command::new("sqlite3")
            .arg("-bail")
            .arg(&loaded)
            .stdin(fs::File::open(&dump).expect("the dump"))
            .stdout(Stdio::null())
            .output();
        let Ok(shell) = shell else {
            eprintln!("skipped: there is no sqlite3 shell on this machine");
            return;
        };
        assert!(shell.status.success(), "{}", String::from_utf8_lossy(&shell.stderr));
        assert_same(&path, &loaded);
    }
}
