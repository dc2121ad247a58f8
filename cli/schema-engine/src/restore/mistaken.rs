//! A file that `restore` takes, given where a database is wanted.

use std::io::Read as _;
use std::path::Path;

use super::reader::BYTE_ORDER_MARK;
use super::source::{self, Content, Packing};
use super::token::Tokens;
use crate::database_file::{DatabaseFile, Found};
use crate::dump::seal::MARK_OF_ANY_VERSION;
use crate::error::{Error, Result};

/// The error for a file that isn't a database. Where it is one that `restore` takes, it says so and
/// what to do; else that is left to be said.
pub(crate) fn no_database(path: &Path) -> Error {
    let shown = path.display();
    match kind(path) {
        Some(kind) => Error::failed(format!("{shown} is {kind}, not a database"))
            .next("Make a database of it first: `db restore --in FILE --database NEW`."),
        None => Error::failed(format!("{shown} is not a SQLite database")),
    }
}

/// What stands in a place that is to be filled or emptied; refused is what somebody saved. A database
/// that lost its first page may go, a dump may not.
pub(crate) fn replaceable(file: &DatabaseFile) -> Result<Found> {
    let (found, path) = (file.found()?, file.path());
    match (found == Found::Other).then(|| kind(path)).flatten() {
        Some(kind) => Err(Error::refused(format!("{} is {kind}, not a database", path.display()))
            .state("It was not touched.")
            .next("Look at the path: a dump is what `--in` takes, `--database` names a database.")),
        None => Ok(found),
    }
}

/// What a file is, if `restore` takes it and it is no database.
fn kind(path: &Path) -> Option<&'static str> {
    let opened = source::open(path.into()).ok()?;
    match (opened.packing, opened.content) {
        (Packing::Plain, Content::Dump(text)) => is_dump(text).then_some("a dump"),
        (_, Content::Dump(text)) => is_dump(text).then_some("a packed dump"),
        (Packing::Gzip | Packing::Zstd, Content::DatabaseBytes(_)) => Some("a packed database"),
        (_, Content::DatabaseFile(_) | Content::DatabaseBytes(_)) => None,
    }
}

/// Whether a text begins as dumps do. What follows a long comment isn't seen.
fn is_dump(text: impl std::io::Read) -> bool {
    const SEEN: u64 = 4096;
    let mut start = Vec::new();
    // What is packed and was cut short has a beginning all the same.
    let _ = text.take(SEEN).read_to_end(&mut start);
    let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&start);
    start.starts_with(MARK_OF_ANY_VERSION.as_bytes())
        || Tokens::new(start).next().is_some_and(|first| {
            ["PRAGMA", "BEGIN", "CREATE", "INSERT"].iter().any(|keyword| first.is(keyword))
        })
}

#[cfg(test)]
mod tests {
    use super::{is_dump, kind};
    use std::fs;

    #[test]
    fn what_is_packed_is_looked_into() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        assert_eq!(kind(&path), None);
        let packed = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
        let database = fs::read(&path).unwrap();
        for (content, found) in [
            (packed(&database), Some("a packed database")),
            (packed(b"BEGIN; COMMIT;"), Some("a packed dump")),
            (packed(b"notes"), None),
            (b"BEGIN; COMMIT;".to_vec(), Some("a dump")),
            (b"notes".to_vec(), None),
            (Vec::new(), None),
        ] {
            fs::write(&path, content).unwrap();
            assert_eq!(kind(&path), found);
        }
    }

    #[test]
    fn a_dump_is_known_by_how_it_begins() {
        for dump in [
            &b"-- tgenie-dump v1: SQL for SQLite."[..],
            b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;",
            b"\xef\xbb\xbfBEGIN TRANSACTION;",
            b"/* WARNING: Script requires that */ -- more\n pragma foreign_keys=OFF;",
        ] {
            assert!(is_dump(dump));
        }
        for other in [&b""[..], b"old data", b"-- a comment", b"\0\x01BEGIN", b"beginning"] {
            assert!(!is_dump(other));
        }
    }
}
