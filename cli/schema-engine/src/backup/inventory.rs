//! Which safety copies there are, and what is known about each without changing any.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{name, safety_copies};
use crate::database_file::DatabaseFile;
use crate::error::{Error, Result};

/// A safety copy that lies beside its database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCopy {
    /// Where it lies.
    pub path: PathBuf,
    /// When it was made, as `20261123101500` in UTC.
    pub taken: String,
    /// What was about to happen: `before-upgrade`.
    pub reason: String,
    /// How large it is, in bytes.
    pub bytes: u64,
    /// The newest revision that it has had; `None` where it has none or is no database.
    pub revision: Option<String>,
}

/// The safety copies of a database, oldest first.
///
/// # Errors
///
/// If the folder or a copy in it can't be looked at.
pub fn kept_copies(database: &Path) -> Result<Vec<KeptCopy>> {
    let file = DatabaseFile::resolve(database)?;
    safety_copies(database)?
        .into_iter()
        .filter_map(|path| {
            let (taken, _) = name::age(&file, path.file_name()?)?;
            let reason = name::reason(&file, path.file_name()?)?;
            Some((path, taken, reason))
        })
        .map(|(path, taken, reason)| {
            let bytes = fs::metadata(&path).map(|metadata| metadata.len()).map_err(|error| {
                Error::failed(format!("can't look at {}", path.display())).because(error)
            })?;
            let revision = revision(&path);
            Ok(KeptCopy { path, taken, reason, bytes, revision })
        })
        .collect()
}

/// The one copy that a text stands for: `latest`, a path, a file's name, or a unique part of one.
///
/// # Errors
///
/// If it stands for none or for several.
pub fn find_copy(database: &Path, text: &str) -> Result<KeptCopy> {
    let mut copies = kept_copies(database)?;
    let unchanged = "The database is unchanged.";
    if copies.is_empty() {
        return Err(Error::failed(format!("there are no safety copies of {}", database.display()))
            .state(unchanged)
            .next("`db restore --in FILE` takes a dump or a database file from elsewhere."));
    }
    if text == "latest" {
        return copies.pop().ok_or_else(|| Error::failed("there are no safety copies"));
    }
    let name = |copy: &KeptCopy| copy.path.file_name().map(|it| it.to_string_lossy().into_owned());
    let exact = |copy: &KeptCopy| {
        copy.path == Path::new(text) || name(copy).is_some_and(|name| name == text)
    };
    let part = |copy: &KeptCopy| name(copy).is_some_and(|name| name.contains(text));
    let found: Vec<&KeptCopy> = match copies.iter().find(|copy| exact(copy)) {
        Some(copy) => vec![copy],
        None => copies.iter().filter(|copy| part(copy)).collect(),
    };
    match found.as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(Error::usage(format!("there is no safety copy `{text}`"))
            .state(unchanged)
            .next("`db backups list` shows those that there are.")),
        several => {
            Err(Error::usage(format!("`{text}` stands for {} safety copies", several.len()))
                .state(unchanged)
                .next(format!(
                    "Name one of them: {}.",
                    several.iter().filter_map(|copy| name(copy)).collect::<Vec<_>>().join(", ")
                )))
        }
    }
}

/// A copy is nobody's live file, but looking at it must leave nothing beside it all the same.
fn revision(path: &Path) -> Option<String> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    let sql = "SELECT max(version) FROM seaql_migrations";
    connection.query_row(sql, [], |row| row.get(0)).ok().flatten()
}
