//! Full-text tables with a tokenizer that only their app has.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use schema_engine::verify::Finding;

use crate::support::{check, database, dump_to, files, folder, restore_now, told, value};

/// Full-text tables of every kind, by what they are made with; `notes` is a table of texts.
const KINDS: [&str; 8] = [
    "fts5(a, b, tokenize='unicode61')",
    "fts5(a, b, tokenize='unicode61', content='notes', content_rowid='id')",
    "fts5(a, b, tokenize='unicode61', content='')",
    "fts5(a, b, tokenize='unicode61', content='', contentless_delete=1)",
    "fts5(a, b, tokenize='unicode61', columnsize=0)",
    "fts5(a, b, tokenize='unicode61', detail=none)",
    "fts4(a, b, tokenize=unicode61)",
    "fts4(a, b, tokenize=unicode61, content='notes')",
];

/// Gives the full-text table a tokenizer of another name, as if an app had registered it.
fn rename_tokenizer(path: &Path, from: &str, to: &str) {
    let sql = format!(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, '{from}', '{to}') WHERE name = 'f';"
    );
    database(path, &sql);
}

fn with_a_tokenizer_of_its_app(path: &Path, kind: &str) -> PathBuf {
    let id = if kind.starts_with("fts4") { "docid" } else { "rowid" };
    let file = database(
        path,
        &format!(
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, a, b);
             INSERT INTO notes VALUES (1, 'hello world', 'one'), (5, 'some words', 'it''s two');
             CREATE VIRTUAL TABLE f USING {kind};
             INSERT INTO f({id}, a, b) SELECT id, a, b FROM notes;
             CREATE VIEW found AS SELECT * FROM f WHERE f MATCH 'words';"
        ),
    );
    if kind.contains("contentless_delete") {
        database(&file, "DELETE FROM f WHERE rowid = 1");
    }
    rename_tokenizer(&file, "unicode61", "by_app");
    file
}

#[test]
fn they_are_restored_with_all_that_is_behind_them() {
    for kind in KINDS {
        let folder = folder();
        let original = with_a_tokenizer_of_its_app(&folder.path().join("a.db"), kind);
        let script = folder.path().join("a.sql");
        let report = dump_to(&original, &script).unwrap();
        assert_eq!(report.damage, Vec::<String>::new(), "{kind}");
        let target = folder.path().join("b.db");
        let restored = restore_now(&target, &script).unwrap_or_else(|error| {
            panic!("{kind}: {}", told(&error));
        });
        assert_eq!((restored.tables, restored.rows), (report.tables, report.rows), "{kind}");
        // Each is named once, if SQLite needs the tokenizer to check it.
        let unchecked = restored.unchecked.iter().map(|it| it.split_once(": ").unwrap());
        for (table, why) in unchecked {
            let fts4 = "unknown tokenizer: by_app";
            assert!(table == "f" && (why == "no such tokenizer: by_app" || why == fts4), "{why}");
        }
        assert!(restored.unchecked.len() < 2, "{:?}", restored.unchecked);
        let again = folder.path().join("b.sql");
        let _ = dump_to(&target, &again).unwrap();
        assert_eq!(fs::read(&again).unwrap(), fs::read(&script).unwrap(), "{kind}");

        // Both the database and the dump are sound, and what the app has to bring along is named.
        for file in [&original, &script] {
            let checked = check(file).unwrap();
            let found: Vec<_> = checked.findings.iter().map(Finding::message).collect();
            assert_eq!(found.len(), 2, "{kind}: {found:?}");
            for (found, what) in found.iter().zip(["virtual table f", "view found"]) {
                let start = format!("the {what} works in its app alone: ");
                assert!(
                    found.starts_with(&start) && found.ends_with("tokenizer: by_app"),
                    "{found}"
                );
            }
            assert_eq!((checked.tables, checked.rows), (report.tables, report.rows), "{kind}");
        }

        // And with the tokenizer it is searched and sound.
        rename_tokenizer(&target, "by_app", "unicode61");
        assert_eq!(value::<i64>(&target, "SELECT count(*) FROM f WHERE f MATCH 'words'"), 1);
        assert_eq!(value::<String>(&target, "PRAGMA integrity_check"), "ok");
        database(&target, "INSERT INTO f(f) VALUES ('integrity-check')");
    }
}

#[test]
fn what_lacks_the_tables_behind_it_is_refused() {
    for kind in KINDS {
        let folder = folder();
        let original = with_a_tokenizer_of_its_app(&folder.path().join("a.db"), kind);
        let script = folder.path().join("a.sql");
        let _ = dump_to(&original, &script).unwrap();
        let text = fs::read_to_string(&script).unwrap();
        // Without its first and its last line anybody may have written it.
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("--")).collect();
        let behind: Vec<String> = Connection::open(&original)
            .unwrap()
            .prepare("SELECT name FROM pragma_table_list WHERE type = 'shadow'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(behind.len() > 2, "{kind}");
        // FTS4 makes its `f_stat` where it misses it.
        for lost in behind.iter().filter(|table| *table != "f_stat") {
            let names = [format!(" \"{lost}\""), format!(" '{lost}'"), format!(" {lost}(")];
            let rest = lines.iter().filter(|line| !names.iter().any(|name| line.contains(name)));
            let cut = folder.path().join("cut.sql");
            let text = rest.fold(String::new(), |text, line| text + line + "\n");
            assert!(!text.contains(&format!("{lost}\"")));
            for tokenizer in ["by_app", "unicode61"] {
                fs::write(&cut, text.replace("by_app", tokenizer)).unwrap();
                let before = files(folder.path());
                let restored = restore_now(&folder.path().join("b.db"), &cut);
                assert!(restored.is_err(), "{kind} without {lost}, {tokenizer}: {restored:?}");
                assert_eq!(files(folder.path()), before);
            }
        }
    }
}
