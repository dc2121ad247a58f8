//! Parts of a database, packed dumps, and what can be read of a damaged one.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;
use schema_engine::ErrorKind;
use schema_engine::dump::{DumpOptions, DumpParts, DumpReport, DumpTarget, dump};
use schema_engine::progress::Progress;

use crate::support::{database, dump_to, files, folder, restore_now, told, value};

const OBJECTS: &str = "
PRAGMA foreign_keys=OFF;
CREATE TABLE kind(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
CREATE TABLE \"odd\nname\"(a, b GENERATED ALWAYS AS (a) VIRTUAL);
CREATE TABLE item(id INTEGER PRIMARY KEY, kind INT REFERENCES kind);
CREATE INDEX by_kind ON item(kind);
CREATE VIEW both AS SELECT * FROM item JOIN kind ON kind.id = item.kind;
CREATE TRIGGER told AFTER INSERT ON kind BEGIN INSERT INTO item(kind) VALUES(new.id); END;
CREATE VIRTUAL TABLE found USING fts5(text);
INSERT INTO kind(name) VALUES('a'), ('b'); DELETE FROM kind WHERE id = 2;
INSERT INTO \"odd\nname\"(a) VALUES('x'); INSERT INTO found VALUES('words in it');
ANALYZE;";

fn part(database: &Path, parts: DumpParts, tables: &[&str]) -> (String, DumpReport) {
    let tables: Vec<String> = tables.iter().map(|name| (*name).to_owned()).collect();
    let options = DumpOptions { parts, tables: &tables, ..DumpOptions::default() };
    let mut text = Vec::new();
    let report = dump(database, DumpTarget::Stream(&mut text), &options).expect("the dump");
    (String::from_utf8(text).expect("text"), report)
}

/// Loads a script into a database without the guards that keep virtual tables.
fn load(path: &Path, script: &str) -> Connection {
    let connection = Connection::open(path).expect("the database opens");
    connection.execute_batch(script).expect("the script runs");
    connection
}

fn count(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).expect(sql)
}

#[test]
fn schema_and_rows_apart_make_the_whole() {
    let folder = folder();
    let path = database(&folder.path().join("a.db"), OBJECTS);
    let (schema, report) = part(&path, DumpParts::Schema, &[]);
    assert_eq!((report.tables, report.rows), (4, 0));
    assert!(!schema.contains("\nINSERT"), "{schema}");
    let (rows, report) = part(&path, DumpParts::Rows, &[]);
    assert_eq!((report.tables, report.rows), (3, 4));
    assert_eq!(report.left_out, ["found"]);
    assert!(!rows.contains("CREATE"), "{rows}");

    let copy = load(&folder.path().join("copy.db"), &schema);
    copy.execute_batch("DROP TRIGGER told").expect("the trigger goes");
    copy.execute_batch(&rows).expect("the rows load");
    assert_eq!(count(&copy, "SELECT count(*) FROM item"), 2);
    assert_eq!(count(&copy, "SELECT seq FROM sqlite_sequence WHERE name = 'kind'"), 2);
    copy.execute_batch("INSERT INTO found VALUES('new words')").expect("full text works");
    assert_eq!(count(&copy, "SELECT count(*) FROM found WHERE found MATCH 'words'"), 1);

    // A part is never taken for a whole.
    for (name, text) in [("schema", &schema), ("rows", &rows)] {
        let file = folder.path().join(name);
        fs::write(&file, text).expect("the file");
        let error = restore_now(&folder.path().join("new.db"), &file).expect_err("refused");
        assert!(told(&error).contains("a part of a database"), "{}", told(&error));
    }
}

#[test]
fn tables_come_with_what_belongs_to_them() {
    let folder = folder();
    let path = database(&folder.path().join("a.db"), OBJECTS);
    let (text, report) = part(&path, DumpParts::SchemaAndRows, &["ITEM", "odd\nname"]);
    assert_eq!((report.tables, report.rows), (2, 3));
    assert!(text.contains("by_kind") && !text.contains("told") && !text.contains("VIEW"));
    let copy = load(&folder.path().join("copy.db"), &text);
    assert_eq!(count(&copy, "SELECT count(*) FROM \"odd\nname\""), 1);
    assert_eq!(
        text.lines().next(),
        Some(
            "-- tgenie-dump v1, a part of a database: SQL for SQLite. The last line tells whether this file is whole."
        )
    );
    let seal = format!("-- tgenie-dump v1 holds=part tables=2 rows=3 blake3={}", report.blake3);
    assert_eq!(text.lines().last(), Some(seal.as_str()));

    let (_, report) = part(&path, DumpParts::SchemaAndRows, &["found"]);
    assert_eq!(report.tables, 6, "with the tables behind it");

    let tables = ["items".to_owned()];
    let options = DumpOptions { tables: &tables, ..DumpOptions::default() };
    let target = folder.path().join("none.sql");
    let error = dump(&path, DumpTarget::File(&target), &options).expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.next_steps()[0].contains("item"), "{:?}", error.next_steps());
    assert!(!target.exists());
}

#[test]
fn a_dump_says_what_it_is() {
    let folder = folder();
    let path = database(
        &folder.path().join("a.db"),
        "CREATE TABLE seaql_migrations(version TEXT PRIMARY KEY, applied_at BIGINT NOT NULL);
         INSERT INTO seaql_migrations VALUES('m002_b', 20), ('m001_a', 10);
         CREATE TABLE \"a\nDROP TABLE b\"(x); INSERT INTO \"a\nDROP TABLE b\" VALUES(1);",
    );
    let (text, _) = part(&path, DumpParts::SchemaAndRows, &[]);
    let comments: Vec<&str> = text.lines().filter(|line| line.starts_with("--")).collect();
    let engine = format!(
        "-- made by schema-engine {} with SQLite {}",
        env!("CARGO_PKG_VERSION"),
        rusqlite::version()
    );
    assert_eq!(
        comments[1..5],
        [
            engine.as_str(),
            "-- schema revision: m002_b",
            "-- 2 rows in \"seaql_migrations\"",
            "-- 1 row in \"a\\nDROP TABLE b\"",
        ]
    );
}

#[test]
fn a_packed_dump_holds_the_same_text() {
    let folder = folder();
    let path = database(&folder.path().join("a.db"), OBJECTS);
    let (plain, plain_report) = part(&path, DumpParts::SchemaAndRows, &[]);
    for name in ["a.sql.gz", "a.sql.ZST"] {
        let target = folder.path().join(name);
        let report = dump_to(&path, &target).expect("the dump");
        let packed = fs::read(&target).expect("the dump");
        assert_eq!((report.bytes, &report.blake3), (packed.len() as u64, &plain_report.blake3));
        let mut text = String::new();
        let read = if packed.starts_with(&[0x1f, 0x8b]) {
            flate2::read::MultiGzDecoder::new(&packed[..]).read_to_string(&mut text)
        } else {
            zstd::Decoder::new(&packed[..]).and_then(|mut it| it.read_to_string(&mut text))
        };
        read.expect("the text");
        assert!(text == plain, "{name}");
    }
}

/// 2,000 rows on some 60 pages, of which one in the middle is overwritten.
fn damaged(path: &Path) {
    let rows = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
         INSERT INTO t SELECT i, printf('%0100d', i) FROM n;";
    database(
        path,
        &format!(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, a); {rows} CREATE TABLE u(a); INSERT INTO u VALUES(7);"
        ),
    );
    let mut bytes = fs::read(path).expect("the file");
    bytes[4096 * 30..4096 * 31].fill(0xee);
    fs::write(path, bytes).expect("the file");
}

#[test]
fn what_can_be_read_of_a_damaged_database_is_saved_and_marked() {
    let folder = folder();
    let path = folder.path().join("damaged.db");
    damaged(&path);
    let before = fs::read(&path).expect("the file");
    let target = folder.path().join("damaged.sql");
    let report = dump_to(&path, &target).expect("the dump");
    assert!(report.rows > 1900 && report.rows < 2001, "{}", report.rows);
    assert!(
        report.damage.iter().any(|fault| fault.contains("rows of \"t\" between the rowids ")),
        "{:?}",
        report.damage
    );
    // The check ends at a row of that page, and says what it found before.
    assert!(report.damage.iter().any(|fault| fault.contains("page 31")), "{:?}", report.damage);
    let text = fs::read_to_string(&target).expect("text");
    assert!(text.starts_with("-- tgenie-dump v1, DAMAGED: "), "{}", &text[..60]);
    assert!(text.contains("\n-- DAMAGE: ") && text.contains("\n-- LOST: rows of \"t\""));
    let seal = format!(
        "-- tgenie-dump v1 holds=remains tables=2 rows={} blake3={}",
        report.rows, report.blake3
    );
    assert_eq!(text.lines().last(), Some(seal.as_str()));
    assert!(text.contains("\nINSERT INTO \"u\"(rowid,\"a\") VALUES(1,7);\n"));

    // It loads nowhere by accident, and with one word changed it does.
    let error = restore_now(&folder.path().join("new.db"), &target).expect_err("refused");
    assert!(told(&error).contains("damaged database"), "{}", told(&error));
    let copy = load(&folder.path().join("copy.db"), &text.replace("\nROLLBACK;", "\nCOMMIT;"));
    let rows = u64::try_from(count(&copy, "SELECT count(*) + 1 FROM t")).expect("a count");
    assert_eq!(rows, report.rows);
    assert_eq!(fs::read(&path).expect("the file"), before);
}

#[test]
fn a_damaged_table_without_rowids_is_read_from_its_end_too() {
    let folder = folder();
    for (number, (key, is_one_way)) in [
        ("a TEXT, b BLOB, c, PRIMARY KEY(a, b)", true),
        ("a TEXT COLLATE NOCASE, b INT, c, PRIMARY KEY(a DESC, b DESC)", true),
        ("a TEXT, b INT, c, PRIMARY KEY(a DESC, b)", false),
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{number}.db"));
        let rows = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
             INSERT INTO t SELECT 'it''s ' || (1000 + i / 9) || char(0) || (i % 9), i, printf('%0100d', i) FROM n;";
        database(&path, &format!("CREATE TABLE t({key}) WITHOUT ROWID; {rows}"));
        let lines = |path: &Path| -> (Vec<String>, DumpReport) {
            let mut text = Vec::new();
            let options = DumpOptions::default();
            let report = dump(path, DumpTarget::Stream(&mut text), &options).expect("the dump");
            let text = String::from_utf8(text).expect("text");
            let rows = text.lines().filter(|line| line.starts_with("INSERT"));
            (rows.map(str::to_owned).collect(), report)
        };
        let (whole, _) = lines(&path);
        let mut bytes = fs::read(&path).expect("the file");
        bytes[4096 * 30..4096 * 31].fill(0xee);
        fs::write(&path, bytes).expect("the file");
        let (mut rest, report) = lines(&path);
        assert!(rest.iter().all(|line| whole.contains(line)), "{key}");
        assert_eq!(rest.len() > 1900, is_one_way, "{key}: {}", rest.len());
        let between = |loss: &String| loss.starts_with("rows of \"t\" between the keys ");
        assert_eq!(report.damage.iter().any(between), is_one_way, "{:?}", report.damage);
        let read = rest.len();
        rest.sort();
        rest.dedup();
        assert_eq!(rest.len(), read, "each once: {key}");
    }
}

#[test]
fn no_row_is_made_up_of_a_damaged_page() {
    let folder = folder();
    let path = folder.path().join("whole.db");
    let rows = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 900)
         INSERT INTO t SELECT i, i * 7, 'text ' || i FROM n;";
    database(&path, &format!("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b); {rows}"));
    let whole = folder.path().join("whole.sql");
    let _ = dump_to(&path, &whole).expect("the dump");
    let whole = fs::read_to_string(&whole).expect("text");
    let whole: Vec<&str> = whole.lines().filter(|line| line.starts_with("INSERT")).collect();
    let bytes = fs::read(&path).expect("the file");
    let places = [0_u16, 1, 2, 3, 4, 5, 8, 40, 0xfff, 0xffff];
    // A page in the middle, and the last one, which is looked at for an estimate, too.
    let last = bytes.len() / 4096 - 1;
    for (page, place) in [3, last].into_iter().flat_map(|page| places.map(|place| (page, place))) {
        // Where the fifth cell lies.
        let mut bytes = bytes.clone();
        bytes[4096 * page + 8 + 2 * 4..][..2].copy_from_slice(&place.to_be_bytes());
        let damaged = folder.path().join(format!("{page}-{place}.db"));
        fs::write(&damaged, bytes).expect("the file");
        let target = folder.path().join(format!("{page}-{place}.sql"));
        let report = dump_to(&damaged, &target).expect("the dump");
        let rows = report.rows;
        assert!(!report.damage.is_empty() && rows > 500, "{page}, {place}: {rows}");
        let text = fs::read_to_string(&target).expect("text");
        let made_up = text.lines().find(|line| line.starts_with("INSERT") && !whole.contains(line));
        assert_eq!(made_up, None, "{page}, {place}");
    }
}

#[test]
fn the_stock_shell_takes_nothing_of_a_damaged_database() {
    let folder = folder();
    let path = folder.path().join("damaged.db");
    damaged(&path);
    let target = folder.path().join("damaged.sql");
    let _ = dump_to(&path, &target).expect("the dump");
    let loaded = folder.path().join("loaded.db");
    let shell = Command::new("sqlite3")
        .arg(&loaded)
        .stdin(fs::File::open(&target).expect("the dump"))
        .stdout(Stdio::null())
        .output();
    if shell.is_err() {
        eprintln!("skipped: there is no sqlite3 shell on this machine");
        return;
    }
    assert_eq!(value::<i64>(&loaded, "SELECT count(*) FROM sqlite_schema"), 0);
}

#[test]
fn a_dump_that_is_stopped_leaves_nothing() {
    struct Stop;
    impl Progress for Stop {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let folder = folder();
    let path = database(&folder.path().join("a.db"), OBJECTS);
    let before = files(folder.path());
    for name in ["a.sql", "a.sql.gz"] {
        let options = DumpOptions { progress: &Stop, ..DumpOptions::default() };
        let target = folder.path().join(name);
        let error = dump(&path, DumpTarget::File(&target), &options).expect_err("stopped");
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        assert!(error.data_state().is_some_and(|state| state.contains("No dump was written")));
    }
    assert_eq!(files(folder.path()), before);
}
