//! Databases that need what only their app has: a collation, a function.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use schema_engine::reset::{BeforeReset, reset};
use schema_engine::restore::{RestoreReport, SourceKind};
use schema_engine::verify::{Finding, Severity};

use crate::support::{check, dump_to, files, folder, restore_now, told};

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

/// SQLite asks for a collation that it misses in the encoding of the database.
const ENCODINGS: [&str; 3] = ["UTF-8", "UTF-16le", "UTF-16be"];

#[test]
fn rows_are_counted_and_saved_in_every_encoding() {
    for encoding in ENCODINGS {
        let folder = folder();
        let sql =
            format!("PRAGMA encoding='{encoding}'; {SORTED} INSERT INTO tags VALUES ('é', 4);");
        let original = app_database(&folder.path().join("a.db"), &sql);
        let checked = check(&original).unwrap();
        assert_eq!((checked.tables, checked.rows, checked.worst()), (3, 7, None), "{encoding}");
        // Only counted with the order that stands in for it.
        for table in ["tags", "decks"] {
            let start = format!("{table} can't be checked outside of its app: no such collation");
            assert!(checked.notes.iter().any(|note| note.starts_with(&start)), "{checked:?}");
        }
        let script = folder.path().join("a.sql");
        assert_eq!(dump_to(&original, &script).unwrap().rows, 7);
        let loaded = folder.path().join("loaded.db");
        as_the_app(&loaded).execute_batch(&fs::read_to_string(&script).unwrap()).unwrap();
        assert_eq!(restore_now(&folder.path().join("b.db"), &original).unwrap().rows, 7);
        for copy in ["loaded.db", "b.db"] {
            let again = folder.path().join("again.sql");
            let _ = dump_to(&folder.path().join(copy), &again).unwrap();
            assert_eq!(fs::read(&again).unwrap(), fs::read(&script).unwrap(), "{encoding} {copy}");
        }
    }
}

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
fn what_a_dump_can_be_loaded_without_is_not_said_to_be_needed() {
    let folder = folder();
    let original = app_database(
        &folder.path().join("a.db"),
        "CREATE TABLE t (a DEFAULT (twice(4)), b); INSERT INTO t (b) VALUES (1);
         CREATE VIEW v AS SELECT twice(b) FROM t ORDER BY a COLLATE by_letter;
         CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET b = twice(new.a); END;",
    );
    let script = folder.path().join("a.sql");
    let report = dump_to(&original, &script).unwrap();
    assert_eq!(
        [report.collations, report.functions, report.modules].concat(),
        Vec::<String>::new()
    );
    assert_eq!(restore_now(&folder.path().join("b.db"), &script).unwrap().rows, 1);
}

#[test]
fn references_that_need_the_collation_go_unchecked_and_no_others() {
    let folder = folder();
    let original = app_database(
        &folder.path().join("a.db"),
        "CREATE TABLE sorted (a COLLATE by_letter UNIQUE); INSERT INTO sorted VALUES ('K');
         CREATE TABLE child (a REFERENCES sorted (a)); INSERT INTO child VALUES ('k');
         CREATE TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TABLE other (p REFERENCES parent (id)); INSERT INTO other VALUES (NULL);",
    );
    let target = folder.path().join("b.db");
    let unchecked = restore_now(&target, &original).unwrap().unchecked;
    let tables: Vec<_> =
        unchecked.iter().filter_map(|line| line.split(": no such").next()).collect();
    assert_eq!(tables, ["sorted", "child"]);
    app_database(&original, "PRAGMA foreign_keys=OFF; UPDATE other SET p = 7");
    let refused = restore_now(&target, &original).unwrap_err();
    assert!(told(&refused).starts_with("1 row refers to rows that are not there"), "{refused}");
}

#[test]
fn a_copy_with_pages_of_another_size_is_restored_once_the_database_is_gone() {
    let folder = folder();
    let original = app_database(&folder.path().join("a.db"), SORTED);
    let target = folder.path().join("live.db");
    app_database(&target, "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; CREATE TABLE old (a)");
    let before = files(folder.path());
    let refused = restore_now(&target, &original).unwrap_err();
    assert!(told(&refused).contains("pages of another size"), "{refused}");
    assert!(refused.next_steps()[0].starts_with("`db reset` takes the database away"));
    assert_eq!(files(folder.path()), before);
    // As it says.
    let _ = reset(&target, BeforeReset::KeepNothing).unwrap();
    assert_eq!(restore_now(&target, &original).unwrap().rows, 6);
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

/// Definitions that need the app, with rows, and what is needed and goes unchecked.
const NEEDING_THE_APP: [(&str, &str, &[&str]); 6] = [
    (SORTED, "collation `by_letter`", &["tags can't", "decks can't"]),
    (
        "CREATE TABLE one (a, CHECK (a <> 'X' COLLATE by_letter)); INSERT INTO one VALUES (1);
         CREATE TABLE sorted (a COLLATE by_letter UNIQUE); INSERT INTO sorted VALUES ('K');
         CREATE TABLE child (a REFERENCES sorted (a)); INSERT INTO child VALUES ('k');
         CREATE INDEX some ON one (a) WHERE a > 'x' COLLATE by_letter;",
        "collation `by_letter`",
        &["sorted can't", "the CHECKs of one can't", "the references of child can't"],
    ),
    (
        "CREATE TABLE t (a, b NOT NULL UNIQUE AS (twice(a)) STORED, CHECK (twice(a) > 0));
         CREATE UNIQUE INDEX i ON t (twice(a)); CREATE INDEX some ON t (a) WHERE twice(a) > 2;
         INSERT INTO t VALUES (1), (2);",
        "function `twice`",
        &["the CHECKs of t can't"],
    ),
    (
        "CREATE TABLE t (a COLLATE by_letter PRIMARY KEY, n INT, b AS (twice(n))) WITHOUT ROWID;
         INSERT INTO t VALUES ('b', 1), ('A', 2), ('C', 3);",
        "collation `by_letter` and the function `twice`",
        &["t can't"],
    ),
    // What stands in gives what this column mustn't hold.
    (
        "CREATE TABLE t (a INT, b NOT NULL AS (nullif(twice(a), 1)) STORED);
         INSERT INTO t VALUES (1), (2); CREATE TABLE other (a); INSERT INTO other VALUES ('x');",
        "function `twice`",
        &["its rows were read and counted"],
    ),
    (
        "CREATE TABLE v_data (a); INSERT INTO v_data VALUES (1); PRAGMA writable_schema = ON;
         INSERT INTO sqlite_schema VALUES ('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v USING vec0(a)');",
        "virtual table module `vec0`",
        &[],
    ),
];

#[test]
fn a_whole_dump_that_only_its_app_can_load_is_no_damage() {
    for (sql, needed, unchecked) in NEEDING_THE_APP {
        let folder = folder();
        let original = app_database(&folder.path().join("a.db"), sql);
        for name in ["a.sql", "a.sql.gz", "a.sql.zst"] {
            let script = folder.path().join(name);
            let report = dump_to(&original, &script).unwrap();
            // What is needed is said when the dump is made, and in it.
            let told = [
                ("collation", &report.collations),
                ("function", &report.functions),
                ("virtual table module", &report.modules),
            ];
            let names = |(what, names): (&str, &Vec<String>)| {
                names.iter().map(|name| format!("{what} `{name}`")).collect::<Vec<_>>()
            };
            let told: Vec<_> = told.into_iter().flat_map(names).collect();
            assert_eq!(told.join(" and the ").to_lowercase(), needed, "{sql}");
            if name == "a.sql" {
                let text = fs::read_to_string(&script).unwrap().to_lowercase();
                for needed in needed.split(" and the ") {
                    let line = format!("-- needs the {} of its app\n", needed.replace('`', ""));
                    assert!(text.contains(&line), "{text}");
                }
            }
            let checked = check(&script).unwrap();
            let found = &checked.findings[0];
            assert_eq!((found.code(), checked.worst()), ("TV108", Some(Severity::Warning)));
            let expected = format!("only its app can load the dump, which needs the {needed}");
            assert_eq!(found.message(), expected);
            assert_eq!((checked.tables, checked.rows), (report.tables, report.rows), "{sql}");
            let others: Vec<_> = checked.findings[1..].iter().map(Finding::code).collect();
            assert!(others.iter().all(|code| *code == "TV402"), "{checked:?}");
            for start in unchecked {
                let found = checked.notes.iter().filter(|note| note.starts_with(start)).count();
                assert_eq!(found, 1, "{start}: {checked:?}");
            }
            // What is checked is not what stands in for it; and nothing of it is restored.
            assert!(restore_now(&folder.path().join("b.db"), &script).is_err());
        }
        // Of another tool, it has no checksum.
        let text = fs::read_to_string(folder.path().join("a.sql")).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("-- ")).collect();
        let script = folder.path().join("other.sql");
        fs::write(&script, lines.join("\n")).unwrap();
        let codes: Vec<_> = check(&script).unwrap().findings.iter().map(Finding::code).collect();
        assert_eq!(codes[..2], ["TV108", "TV106"], "{sql}");
    }
}

#[test]
fn a_dump_that_only_its_app_can_load_is_damaged_if_it_was_cut_or_changed() {
    for (sql, ..) in NEEDING_THE_APP {
        let folder = folder();
        let original = app_database(&folder.path().join("a.db"), sql);
        let script = folder.path().join("a.sql");
        let _ = dump_to(&original, &script).unwrap();
        let text = fs::read_to_string(&script).unwrap();
        let mut wrong = vec![
            text.replacen("(1", "(7", 1),
            text.replace("by_letter", "by_better")
                .replace("twice", "thrice")
                .replace("vec0", "vec1"),
            text.replace("COMMIT;\n", ""),
        ];
        // A row less, and the text cut after any of its lines.
        let row = text.lines().find(|line| line.starts_with("INSERT INTO \"")).unwrap();
        wrong.push(text.replace(&format!("{row}\n"), ""));
        let ends = text.match_indices('\n').map(|(at, _)| at);
        wrong.extend(ends.filter(|at| at + 1 < text.len()).map(|at| text[..=at].to_owned()));
        for wrong in wrong.into_iter().filter(|wrong| *wrong != text) {
            fs::write(&script, &wrong).unwrap();
            let codes: Vec<_> =
                check(&script).unwrap().findings.iter().map(Finding::code).collect();
            assert_eq!(codes, ["TV103"], "{wrong}");
        }
        // So it is where it is packed.
        for name in ["a.sql.gz", "a.sql.zst"] {
            let script = folder.path().join(name);
            let _ = dump_to(&original, &script).unwrap();
            let bytes = fs::read(&script).unwrap();
            fs::write(&script, &bytes[..bytes.len() * 2 / 3]).unwrap();
            assert_eq!(check(&script).unwrap().worst(), Some(Severity::Damage));
        }
    }
}

#[test]
fn a_schema_that_only_its_app_can_read_is_no_damage() {
    let folder = folder();
    let path = folder.path().join("a.db");
    let connection = as_the_app(&path);
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let lower =
        |context: &rusqlite::functions::Context<'_>| Ok(context.get::<String>(0)?.to_lowercase());
    connection.create_scalar_function("lower", 2, flags, lower).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE t (a, CHECK (lower(a, 'tr') <> 'x')); INSERT INTO t VALUES ('A');",
        )
        .unwrap();
    drop(connection);
    let checked = check(&path).unwrap();
    let found: Vec<_> = checked.findings.iter().map(Finding::message).collect();
    assert_eq!(
        found,
        ["only its app can read the database: its schema needs the function `lower`"]
    );
    assert_eq!(checked.worst(), Some(Severity::Warning));
    let before = files(folder.path());
    for refused in [
        dump_to(&path, &folder.path().join("a.sql")).unwrap_err(),
        restore_now(&folder.path().join("b.db"), &path).unwrap_err(),
    ] {
        assert!(refused.next_steps().concat().contains("is no damage"), "{refused}");
    }
    assert_eq!(files(folder.path()), before);
}
