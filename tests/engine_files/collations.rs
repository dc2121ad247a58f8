//! Databases that need what only their app has: a collation, a function, a module, a tokenizer.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use schema_engine::restore::{RestoreReport, SourceKind};

use crate::support::{dump_to, files, folder, restore_now, told};

/// Opens a database as its app does.
fn as_the_app(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("the database opens");
    let by_letter = |one: &str, other: &str| one.to_lowercase().cmp(&other.to_lowercase());
    connection.create_collation("by_letter", by_letter).expect("the collation");
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection
        .create_scalar_function("twice", 1, flags, |context| Ok(2 * context.get::<i64>(0)?))
        .expect("the function");
    connection
}

fn app_database(path: &Path, sql: &str) -> PathBuf {
    as_the_app(path).execute_batch(sql).expect("the statements run");
    path.to_owned()
}

/// Sorted in another order than that of their bytes, with and without rowids, with an index or not.
const SORTED: &str = "
    CREATE TABLE tags (tag TEXT PRIMARY KEY COLLATE by_letter, n) WITHOUT ROWID;
    INSERT INTO tags VALUES ('Zoo', 1), ('apple', 2), ('Bee', 3);
    CREATE TABLE decks (id INTEGER PRIMARY KEY, name TEXT COLLATE BY_LETTER);
    CREATE UNIQUE INDEX by_name ON decks (name);
    INSERT INTO decks VALUES (1, 'b'), (2, 'A');
    CREATE TABLE plain (a, b COLLATE by_letter);
    INSERT INTO plain VALUES (1, 'x');";

#[test]
fn a_database_is_dumped_without_the_collation_of_its_app() {
    let folder = folder();
    let original = app_database(&folder.path().join("a.db"), SORTED);
    let script = folder.path().join("a.sql");
    let report = dump_to(&original, &script).unwrap();
    assert_eq!((report.rows, report.damage, report.collations.len()), (6, Vec::new(), 1));
    assert!(report.collations[0].eq_ignore_ascii_case("by_letter"));
    let text = fs::read_to_string(&script).unwrap();
    assert!(text.contains("-- needs the collation "), "{text}");

    // The app loads it, and finds all in its own order.
    let loaded = folder.path().join("loaded.db");
    let connection = as_the_app(&loaded);
    connection.execute_batch(&text).unwrap();
    let check: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let tags: String = connection
        .query_row("SELECT group_concat(tag) FROM (SELECT tag FROM tags)", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tags, "apple,Bee,Zoo");
    drop(connection);
    let again = folder.path().join("again.sql");
    let _ = dump_to(&loaded, &again).unwrap();
    assert_eq!(fs::read_to_string(&again).unwrap(), text);

    // An index in another order would be wrong, so nothing loads it here.
    let target = app_database(&folder.path().join("target.db"), "CREATE TABLE old (a)");
    let before = files(folder.path());
    let refused = restore_now(&target, &script).unwrap_err();
    assert!(told(&refused).contains("line 8 of the dump"), "{refused}");
    let refused = refused.next_steps().concat();
    assert!(refused.contains("collation `by_letter` comes with the app"), "{refused}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_copy_of_the_file_is_restored_without_the_collation_and_says_what_went_unchecked() {
    let folder = folder();
    let original = app_database(&folder.path().join("a.db"), SORTED);
    for old in [None, Some("CREATE TABLE old (a)")] {
        let target = folder.path().join(if old.is_some() { "old.db" } else { "new.db" });
        if let Some(old) = old {
            app_database(&target, old);
        }
        let RestoreReport { source, rows, unchecked, .. } =
            restore_now(&target, &original).unwrap();
        assert_eq!((source, rows), (SourceKind::Database, 6));
        let tables: Vec<_> =
            unchecked.iter().filter_map(|line| line.split_once(": no such collation")).collect();
        assert_eq!(tables.iter().map(|(table, _)| *table).collect::<Vec<_>>(), ["tags", "decks"]);
        let check: String =
            as_the_app(&target).query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
    }
}

#[test]
fn a_function_of_the_app_is_named() {
    let folder = folder();
    let original = app_database(
        &folder.path().join("a.db"),
        "CREATE TABLE t (a, b AS (twice(a)), CHECK (twice(a) > 0)); INSERT INTO t VALUES (1), (2);
         CREATE INDEX i ON t (twice(a));",
    );
    let script = folder.path().join("a.sql");
    assert_eq!(dump_to(&original, &script).unwrap().rows, 2);
    let connection = as_the_app(&folder.path().join("loaded.db"));
    connection.execute_batch(&fs::read_to_string(&script).unwrap()).unwrap();
    let sum: i64 = connection.query_row("SELECT sum(b) FROM t", [], |row| row.get(0)).unwrap();
    assert_eq!(sum, 6);
    let target = folder.path().join("target.db");
    let refused = restore_now(&target, &script).unwrap_err().next_steps().concat();
    assert!(refused.contains("function `twice` comes with the app"), "{refused}");
    assert!(!target.exists());
    let report = restore_now(&target, &original).unwrap();
    assert!(report.unchecked.iter().all(|line| line.starts_with("t: ")), "{report:?}");
    assert_eq!(report.rows, 2);
}

#[test]
fn a_module_of_the_app_is_named_when_it_is_dumped_and_when_it_is_refused() {
    let folder = folder();
    let original = app_database(
        &folder.path().join("a.db"),
        "CREATE TABLE near_rows (a); INSERT INTO near_rows VALUES (1);
         PRAGMA writable_schema = ON;
         INSERT INTO sqlite_schema VALUES
           ('table', 'near', 'near', 0, 'CREATE VIRTUAL TABLE near USING vec0(a)');",
    );
    let script = folder.path().join("a.sql");
    assert_eq!(dump_to(&original, &script).unwrap().modules, ["vec0"]);
    let text = fs::read_to_string(&script).unwrap();
    assert!(text.contains("\n-- needs the module vec0 of its app\n"), "{text}");
    let target = folder.path().join("target.db");
    let refused = restore_now(&target, &script).unwrap_err();
    assert!(told(&refused).contains("needs the virtual table module `vec0`"), "{refused}");
    let refused = refused.next_steps().concat();
    assert!(refused.contains("take a copy of the database file"), "{refused}");
    assert!(!target.exists());
    assert_eq!(restore_now(&target, &original).unwrap().rows, 1);
}

#[test]
fn a_dump_is_restored_without_the_tokenizer_of_the_app() {
    let folder = folder();
    let original = app_database(
        &folder.path().join("a.db"),
        "CREATE VIRTUAL TABLE found USING fts5(a); INSERT INTO found VALUES ('words');
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'CREATE VIRTUAL TABLE found USING fts5(a, tokenize=''by_app'')'
           WHERE name = 'found';",
    );
    let script = folder.path().join("a.sql");
    let _ = dump_to(&original, &script).unwrap();
    let report = restore_now(&folder.path().join("target.db"), &script).unwrap();
    assert_eq!(report.unchecked, ["found: no such tokenizer: by_app"]);
}
