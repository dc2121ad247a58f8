//! Dumps that real shells wrote before generated columns were there, of the database that
//! `fixtures/shell/old/source.sql` makes.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use schema_engine::{ErrorKind, Result};
use tempfile::TempDir;

use crate::fingerprint::fingerprint;
use crate::support::{database, fixture, folder, restore_now, told, value};

fn written(name: &str) -> PathBuf {
    fixture("shell/old").join(name)
}

fn restored(name: &str) -> Result<(TempDir, PathBuf)> {
    let folder = folder();
    let path = folder.path().join("new.db");
    restore_now(&path, &written(name)).map(|_| (folder, path))
}

/// The facts without what another version of SQLite does otherwise for the same statements: the
/// rowids of statistics, how FTS4 notes where a segment ends, and the words in which an R-Tree
/// makes the tables behind it.
fn facts(database: &Path) -> Vec<String> {
    let mut facts = fingerprint(database);
    facts.retain(|fact| {
        !fact.starts_with("words_segdir:") && !fact.starts_with("schema: ttable tboxes_")
    });
    for fact in facts.iter_mut().filter(|fact| fact.starts_with("sqlite_stat1:")) {
        let end = fact.rfind(" i").unwrap_or(fact.len());
        fact.truncate(end);
    }
    facts.sort();
    facts
}

#[test]
fn what_old_shells_write_comes_back() {
    let folder = folder();
    let source = std::fs::read_to_string(written("source.sql")).expect("the fixture");
    let source = database(&folder.path().join("source.db"), &source);
    // This SQLite reads such a literal as the double beside it; the shells that wrote the dumps didn't.
    let exact = Connection::open(&source).expect("the database opens");
    exact.execute("UPDATE pairs SET c = ?1 WHERE c < 0", [-2e300]).expect("the value");
    let expected = facts(&source);
    for version in ["3.8.4", "3.15.0", "3.19.3", "3.24.0", "3.28.0"] {
        let (_folder, copy) = restored(&format!("{version}.sql"))
            .unwrap_or_else(|error| panic!("{version}: {}", told(&error)));
        let found = facts(&copy);
        let missing: Vec<_> = expected.iter().filter(|fact| !found.contains(fact)).collect();
        let added: Vec<_> = found.iter().filter(|fact| !expected.contains(fact)).collect();
        assert_eq!((missing, added, found.len()), (vec![], vec![], expected.len()), "{version}");
        for found in [
            "SELECT count(*) FROM words WHERE words MATCH 'run'",
            "SELECT count(*) FROM boxes WHERE x0 < 1",
        ] {
            assert_eq!(value::<i64>(&copy, found), 1, "{version}: {found}");
        }
        let open = Connection::open(&copy).expect("the database opens");
        open.execute_batch("INSERT INTO words(words) VALUES('integrity-check')").expect("sound");
        let next: i64 = open
            .query_row("INSERT INTO counted(x) VALUES('n') RETURNING id", [], |row| row.get(0))
            .expect("the row");
        assert_eq!(next, 501, "{version}");
    }
}

#[test]
fn samples_of_old_shells_are_passed_over() {
    for (version, sample, kept) in [("3.8.4", "stat3", 0), ("3.15.0", "stat4", 1)] {
        let text = std::fs::read(written(&format!("{version}.sql"))).expect("the fixture");
        let insert = format!("\nINSERT INTO \"sqlite_{sample}\"");
        assert!(memchr::memmem::find(&text, insert.as_bytes()).is_some(), "{version}");
        let (_folder, copy) = restored(&format!("{version}.sql")).expect("the restore");
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'sqlite_stat[234]'";
        assert_eq!(value::<i64>(&copy, tables), kept, "{version}");
    }
}

#[test]
fn what_old_shells_saved_of_a_damaged_database_is_refused() {
    // The older ends with COMMIT all the same.
    for version in ["3.8.4", "3.24.0"] {
        let error = restored(&format!("{version}-damaged.sql")).expect_err(version);
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(told(&error).contains("damaged database"), "{}", told(&error));
    }
}
