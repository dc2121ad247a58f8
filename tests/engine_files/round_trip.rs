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
    assert_eq!(dumped.sha256, again.sha256);
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
