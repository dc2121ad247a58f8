//! Takes a database away, with everything that belongs to it.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

use crate::backup::{self, CopyName, SafetyCopy};
use crate::database_file::{DatabaseFile, Found, durable, holders, is};
use crate::error::{Error, Result};
use crate::executor;
use crate::progress::Silent;
use crate::restore::{self, mistaken};

/// Whether a reset keeps a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeforeReset<'a> {
    /// Keep a safety copy, named after this moment: `20261123-101500`.
    KeepCopy {
        /// The moment.
        now_stamp: &'a str,
    },
    /// Keep nothing: what is in the database is lost.
    KeepNothing,
}

/// What a reset did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct ResetReport {
    /// The database, by its real path.
    pub database: PathBuf,
    /// The files that are gone; none if there was nothing.
    pub removed: Vec<PathBuf>,
    /// The copy of what was there.
    pub safety_copy: Option<SafetyCopy>,
}

/// Removes a database with its `-wal`, `-shm` and journal. Where there is none, that is fine.
///
/// # Errors
///
/// If another program has it open, as far as SQLite or the system can tell; if it is a folder, a device
/// or a dump; if the safety copy can't be made or a file can't be removed.
pub fn reset(database: &Path, before: BeforeReset<'_>) -> Result<ResetReport> {
    let file = DatabaseFile::resolve(database)?;
    let name = match before {
        BeforeReset::KeepCopy { now_stamp } => {
            Some(backup::copy_name(&file, "before-reset", now_stamp)?)
        }
        BeforeReset::KeepNothing => None,
    };
    refuse_if_open(&file)?;
    file.refuse_other_names()?;
    let found = mistaken::replaceable(&file)?;
    restore::sweep(&file);
    let (safety_copy, removed) = match found {
        // Left-over sidecars of a database that isn't there stay: they may be the last of it.
        Found::Nothing => (None, Vec::new()),
        Found::Database => match lock(&file) {
            Ok(sole) => remove_database(&file, sole, name.as_ref())?,
            Err(error) if is(&error, ErrorCode::DatabaseCorrupt) => {
                remove_bytes(&file, name.as_ref())?
            }
            Err(error) => {
                return Err(file
                    .sqlite_error("can't remove", error)
                    .state("The database is unchanged."));
            }
        },
        Found::Empty | Found::Other => remove_bytes(&file, name.as_ref())?,
    };
    executor::sweep(&file);
    Ok(ResetReport { database: file.path().to_owned(), removed, safety_copy })
}

/// The files that [`reset`] would remove now. Nothing is changed, and no lock taken.
///
/// # Errors
///
/// As [`reset`], as far as that can be told beforehand.
pub fn preview(database: &Path) -> Result<Vec<PathBuf>> {
    let file = DatabaseFile::resolve(database)?;
    refuse_if_open(&file)?;
    file.refuse_other_names()?;
    Ok(match mistaken::replaceable(&file)? {
        Found::Nothing => Vec::new(),
        Found::Database | Found::Empty | Found::Other => {
            file.all_files().into_iter().filter(|path| path.exists()).collect()
        }
    })
}

/// An idle connection in rollback-journal mode holds no lock; the system may still see it.
fn refuse_if_open(file: &DatabaseFile) -> Result<()> {
    let holders = holders::of(&file.all_files());
    if holders.is_empty() {
        return Ok(());
    }
    let who = holders::names(&holders);
    Err(Error::refused(format!("{} is open in {who}", file.path().display()))
        .state("The database is unchanged.")
        .next("Close that program first: what it wrote afterwards would be lost."))
}

/// Shuts everybody else out and brings all that is committed into the one main file.
///
/// In WAL mode every connection holds a lock for as long as it lives, so this finds idle ones
/// too. <https://www.sqlite.org/pragma.html#pragma_locking_mode>
fn lock(file: &DatabaseFile) -> rusqlite::Result<Connection> {
    let sole = file.writer()?;
    sole.execute_batch("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")?;
    sole.pragma_update(None, "journal_mode", "DELETE")?;
    sole.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
    Ok(sole)
}

type Removed = (Option<SafetyCopy>, Vec<PathBuf>);

fn remove_database(
    file: &DatabaseFile,
    sole: Connection,
    name: Option<&CopyName>,
) -> Result<Removed> {
    let safety_copy =
        name.map(|name| backup::copy_database(file, &sole, name, &Silent)).transpose()?;
    // On Unix the name goes while the lock is still held; elsewhere an open file can't be removed.
    let mut sole = Some(sole);
    if cfg!(not(unix)) {
        sole = None;
    }
    // With the lock held and all committed nothing rests on the sidecars any more. They go first: a
    // run that is killed in between leaves a whole database and nothing beside a missing one.
    let mut files = file.all_files();
    files.reverse();
    let removed = remove_files(file, files, safety_copy.as_ref())?;
    drop(sole);
    Ok((safety_copy, removed))
}

fn remove_bytes(file: &DatabaseFile, name: Option<&CopyName>) -> Result<Removed> {
    let has_bytes = file
        .all_files()
        .iter()
        .any(|path| std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0));
    let safety_copy =
        name.filter(|_| has_bytes).map(|name| backup::copy_bytes(file, name)).transpose()?;
    // The main file goes first: what is left without it is never taken for a database.
    let removed = remove_files(file, file.all_files(), safety_copy.as_ref())?;
    Ok((safety_copy, removed))
}

fn remove_files(
    file: &DatabaseFile,
    files: Vec<PathBuf>,
    copy: Option<&SafetyCopy>,
) -> Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for path in files {
        let outcome = durable::remove_if_there(&path);
        if outcome.map_err(|error| not_removed(&path, error, &removed, copy))? {
            removed.push(path);
        }
    }
    durable::sync_folder(file.path())
        .map_err(|error| not_removed(file.path(), error, &removed, copy))?;
    Ok(removed)
}

fn not_removed(
    path: &Path,
    error: io::Error,
    removed: &[PathBuf],
    copy: Option<&SafetyCopy>,
) -> Error {
    let error = Error::failed(format!("can't remove {}", path.display()))
        .because(error)
        .state(if removed.is_empty() {
            "The database is unchanged."
        } else {
            "The database is gone, but not all of its files."
        })
        .next("Look at the permissions of the folder.");
    match copy {
        Some(copy) => error.next(format!("What was in it is in {}.", copy.path.display())),
        None => error,
    }
}
