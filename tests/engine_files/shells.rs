//! Dumps as other versions of the shell, and Python, wrote them of the database that
//! `fixtures/shell/source.sql` makes.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use schema_engine::{ErrorKind, Result};
use tempfile::TempDir;

use crate::fingerprint::fingerprint;
use crate::support::{database, fixture, folder, restore_now, told};

fn written(name: &str) -> String {
    let path = fixture("shell").join(name);
    String::from_utf8(fs::read(path).expect("the fixture")).expect("UTF-8")
}

fn restored(text: &str) -> Result<(TempDir, PathBuf)> {
    let folder = folder();
    let (source, path) = (folder.path().join("in.sql"), folder.path().join("new.db"));
    fs::write(&source, text).expect("the file");
    restore_now(&path, &source).map(|_| (folder, path))
}

/// The facts without the rowids of the statistics, which ANALYZE gives out as it likes.
fn facts(database: &Path) -> Vec<String> {
    let mut facts = fingerprint(database);
    for fact in facts.iter_mut().filter(|fact| fact.starts_with("sqlite_stat1:")) {
        let end = fact.rfind(" i").unwrap_or(fact.len());
        fact.truncate(end);
    }
    facts.sort();
    facts
}

fn source(folder: &TempDir) -> PathBuf {
    let path = database(&folder.path().join("source.db"), &written("source.sql"));
    // This SQLite reads such a literal as the double beside it; the shell that wrote the dumps didn't.
    let exact = Connection::open(&path).expect("the database opens");
    exact.execute("UPDATE p SET b = ?1 WHERE a = 'x'", [1e-300]).expect("the value");
    path
}

#[test]
fn what_the_shells_write_comes_back() {
    let folder = folder();
    let source = source(&folder);
    let newest = written("3.53.4.sql");
    assert!(newest.contains("unistr(") && newest.contains("x'00ff'"));
    let raw = written("3.40.1-newlines.sql");
    assert!(raw.contains("'one\ntwo'") && raw.contains("'cr\r\nlf'"));
    for (what, text) in [
        ("3.31.1", written("3.31.1.sql")),
        ("3.40.1", written("3.40.1.sql")),
        ("3.40.1 with rowids", written("3.40.1-rowids.sql")),
        ("3.40.1 with raw line ends", raw),
        ("3.44.2", written("3.44.2.sql")),
        ("3.52.0", written("3.52.0.sql")),
        ("3.53.4", newest),
    ] {
        let (_folder, copy) =
            restored(&text).unwrap_or_else(|error| panic!("{what}: {}", told(&error)));
        assert_eq!(facts(&source), facts(&copy), "{what}");
        let connection = Connection::open(&copy).unwrap();
        for found in
            ["SELECT count(*) FROM f WHERE f MATCH 'two'", "SELECT count(*) FROM r WHERE x0 < 1"]
        {
            let count: i64 = connection.query_row(found, [], |row| row.get(0)).unwrap();
            assert_eq!(count, 1, "{what}: {found}");
        }
    }
}

#[test]
fn what_python_writes_comes_back() {
    let folder = folder();
    let source = source(&folder);
    Connection::open(&source).unwrap().execute_batch("DROP TABLE f; DROP TABLE r;").unwrap();
    let (_folder, copy) = restored(&written("python-3.11.sql")).unwrap();
    assert_eq!(facts(&source), facts(&copy));
}

#[test]
fn what_a_shell_saved_of_a_damaged_database_is_refused_until_somebody_means_it() {
    let text = written("3.40.1-damaged.sql");
    let error = restored(&text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(told(&error).contains("damaged database"), "{}", told(&error));
}
