//! What the tests of this program share.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use schema_engine::dump::{DumpOptions, DumpReport, DumpTarget, dump};
use schema_engine::history::Migrations;
use schema_engine::progress::Silent;
use schema_engine::restore::{RestoreOptions, RestoreReport, restore};
use schema_engine::verify::{Verification, verify};
use schema_engine::{Error, Result};
use tempfile::TempDir;

pub(crate) const STAMP: &str = "20261123-101500";

/// A folder of its own, gone in the end.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// A database made by these statements.
pub(crate) fn database(path: &Path, sql: &str) -> PathBuf {
    let connection = Connection::open(path).expect("the database opens");
    // The disk needn't be waited for; what is tested comes later.
    connection.execute_batch("PRAGMA synchronous=OFF").expect("the pragma");
    connection.execute_batch(sql).expect("the statements run");
    connection.close().expect("the database closes");
    path.to_owned()
}

pub(crate) fn restore_now(database: &Path, source: &Path) -> Result<RestoreReport> {
    restore(database, source, &RestoreOptions::new(STAMP))
}

pub(crate) fn dump_to(database: &Path, target: &Path) -> Result<DumpReport> {
    dump(database, DumpTarget::File(target), &DumpOptions::default())
}

/// What is found in a file.
pub(crate) fn check(file: &Path) -> Result<Verification> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(verify(file, &Migrations::new(), &Silent))
}

/// The whole message of an error, with its causes.
pub(crate) fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// Every file of a folder and what it holds.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).expect("the file"));
        }
    }
    found
}

/// One value of a database.
pub(crate) fn value<T: rusqlite::types::FromSql>(database: &Path, sql: &str) -> T {
    let connection = Connection::open(database).expect("the database opens");
    connection.query_row(sql, [], |row| row.get(0)).expect("the value")
}

/// A file of `tests/fixtures`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures")).join(name)
}
