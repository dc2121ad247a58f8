//! Puts a loaded and checked database where it belongs.
//!
//! A database that others may have open is overwritten through SQLite's backup API, in one
//! transaction: renaming another file over it would leave them with the old one, and a left-over
//! `-wal` would bring the old rows back.
//! <https://www.sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use>

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode};
use tempfile::TempPath;

use crate::backup::{self, CopyCondition, CopyName, SafetyCopy};
use crate::database_file::durable::{self, Existing, Unpublished};
use crate::database_file::{DatabaseFile, Found, SIDECARS, holders, is};
use crate::dump::{DumpOptions, DumpTarget, dump};
use crate::error::{Error, Result};
use crate::progress::Silent;

/// What is said where flushing failed after all was written.
const IN_PLACE: &str =
    "The new content is in place, but the disk reported an error while it was written.";

/// What became of the database that was there.
pub(super) struct Placed {
    pub(super) safety_copy: Option<SafetyCopy>,
    pub(super) set_aside: Vec<PathBuf>,
}

/// Puts a database in place of what is there now.
pub(super) fn put(fresh: TempPath, file: &DatabaseFile, name: &CopyName) -> Result<Placed> {
    match file.found()? {
        Found::Nothing => {
            let set_aside = set_aside_sidecars(file, name)?;
            publish(fresh, file, Existing::Keep)?;
            Ok(Placed { safety_copy: None, set_aside })
        }
        Found::Other => replace(fresh, file, name),
        Found::Empty | Found::Database => match overwrite(&fresh, file, name) {
            Ok(safety_copy) => Ok(Placed { safety_copy, set_aside: Vec::new() }),
            Err(Failure::Unusable) => replace(fresh, file, name),
            Err(Failure::Final(error)) => Err(error),
        },
    }
}

/// The database a new one has to fit into: in WAL mode the size of its pages can't change.
pub(super) fn required_page_size(file: &DatabaseFile) -> Result<Option<i64>> {
    if file.found()? != Found::Database {
        return Ok(None);
    }
    let answer = file.reader().and_then(|live| {
        let is_wal = journal_mode(&live)? == "wal";
        let size = live.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        Ok(is_wal.then_some(size))
    });
    match answer {
        Ok(size) => Ok(size),
        Err(error) if is(&error, ErrorCode::DatabaseBusy) => {
            Err(file.locked("can't read").because(error))
        }
        // Too damaged to have any.
        Err(_) => Ok(None),
    }
}

fn journal_mode(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))
}

enum Failure {
    /// The database there is so damaged that SQLite won't write to it; nothing was done.
    Unusable,
    Final(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// Overwrites a database that may be in use; the safety copy holds exactly what was overwritten,
/// because no one else can write from before it is made.
fn overwrite(
    fresh: &Path,
    file: &DatabaseFile,
    name: &CopyName,
) -> Result<Option<SafetyCopy>, Failure> {
    let is_empty = file.found()? == Found::Empty;
    let before = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Failure::Unusable,
        _ => Failure::Final(
            file.sqlite_error("can't replace", error).state("The database is unchanged."),
        ),
    };
    let source = durable::connect(fresh).map_err(before)?;
    let mut live = file.writer().map_err(before)?;
    let is_wal = journal_mode(&live).map_err(before)? == "wal";
    // So that a commit that was reported outlives a power cut: in rollback-journal mode only EXTRA
    // flushes the folder. <https://www.sqlite.org/pragma.html#pragma_synchronous>
    live.pragma_update(None, "synchronous", if is_wal { "FULL" } else { "EXTRA" })
        .map_err(before)?;
    let keep = |connection: &Connection| {
        if is_empty {
            return Ok(None);
        }
        backup::copy_database(file, connection, name, &Silent).map(Some)
    };

    let copy;
    let outcome = if is_wal {
        let transfer = Backup::new(&source, &mut live).map_err(before)?;
        // No page yet: this only takes the write lock. Readers go on, so the copy can be read.
        require_lock(transfer.step(0)).map_err(before)?;
        let reader = file.reader().map_err(before)?;
        copy = keep(&reader)?;
        require_done(transfer.step(-1))
    } else {
        // Kept past the end of the transaction, since the copy can't be made within one.
        live.execute_batch("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")
            .map_err(before)?;
        copy = keep(&live)?;
        Backup::new(&source, &mut live).and_then(|transfer| require_done(transfer.step(-1)))
    };
    drop(live);
    outcome.map_err(|error| broken_off(file, fresh, copy.as_ref(), error))?;
    verify(file, copy.as_ref())?;
    Ok(copy)
}

fn require_lock(step: rusqlite::Result<StepResult>) -> rusqlite::Result<()> {
    match step? {
        StepResult::Busy | StepResult::Locked => Err(backup::busy()),
        _ => Ok(()),
    }
}

fn require_done(step: rusqlite::Result<StepResult>) -> rusqlite::Result<()> {
    match step? {
        StepResult::Done => Ok(()),
        _ => Err(backup::busy()),
    }
}

/// An error while the pages were written. SQLite undoes what was written, except where flushing
/// failed after the commit was already in the file: so look.
fn broken_off(
    file: &DatabaseFile,
    fresh: &Path,
    mut copy: Option<&SafetyCopy>,
    error: rusqlite::Error,
) -> Error {
    let hash = |path: &Path| {
        dump(path, DumpTarget::Stream(&mut io::sink()), &DumpOptions::default())
            .map(|done| done.blake3)
    };
    let now = hash(file.path());
    let is = |other: &Path| matches!((&now, hash(other)), (Ok(one), Ok(two)) if *one == two);
    let is_bad_disk = error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure);
    let state = if is(fresh) {
        IN_PLACE
    } else if copy.is_some_and(|copy| is(&copy.path)) {
        if !is_bad_disk {
            // It is of no use any more, and may be what fills the disk.
            copy = copy.filter(|copy| durable::remove_if_there(&copy.path).is_err());
        }
        "The database is unchanged."
    } else {
        "It is not certain what the database holds now."
    };
    let error = file.sqlite_error("writing failed while replacing", error).state(state);
    match copy {
        Some(copy) => error.next(format!("What was there before is in {}.", copy.path.display())),
        None => error,
    }
}

/// Looks at the database once more, as the next program will see it.
fn verify(file: &DatabaseFile, copy: Option<&SafetyCopy>) -> Result<()> {
    let answer = file.reader().and_then(|live| backup::quick_check(&live));
    let error = match answer {
        Ok(CopyCondition::Damaged(fault)) => Error::failed(format!(
            "{} is damaged after the restore: {fault}",
            file.path().display()
        )),
        Ok(_) => return Ok(()),
        Err(error) if is(&error, ErrorCode::DatabaseBusy) => return Ok(()),
        Err(error) => file.sqlite_error("after the restore SQLite can't read", error),
    };
    let error = error.state("The new content is in place.").next("Look at the disk it lies on.");
    Err(match copy {
        Some(copy) => error.next(format!("What was there before is in {}.", copy.path.display())),
        None => error,
    })
}

/// Takes the place of a file that isn't a database, or no longer one that SQLite can write to.
fn replace(fresh: TempPath, file: &DatabaseFile, name: &CopyName) -> Result<Placed> {
    let holders = holders::of(&file.all_files());
    if !holders.is_empty() {
        let who = holders::names(&holders);
        return Err(Error::refused(format!("{} is open in {who}", file.path().display()))
            .state("The database is unchanged.")
            .next("Close that program first."));
    }
    let there = fs::metadata(file.path()).map_err(|error| {
        file.io_error("can't look at", error).state("The database is unchanged.")
    })?;
    // Before anything is moved: who may not give a file away finds out here.
    durable::keep_owner(&fresh, &there).map_err(|error| {
        let what = format!(
            "{} belongs to another user or group, and would be yours",
            file.path().display()
        );
        Error::failed(what)
            .because(error)
            .state("The database is unchanged.")
            .next("Run it as the user that the file belongs to.")
    })?;
    let safety_copy = Some(backup::copy_bytes(file, name)?);
    let set_aside = set_aside_sidecars(file, name)?;
    let failed = |error: io::Error| {
        file.io_error("can't replace", error).state("The database is unchanged.")
    };
    fs::set_permissions(&fresh, there.permissions()).map_err(failed)?;
    publish(fresh, file, Existing::Replace)?;
    Ok(Placed { safety_copy, set_aside })
}

/// A sidecar that lies about would be taken for one of the new database.
fn set_aside_sidecars(file: &DatabaseFile, name: &CopyName) -> Result<Vec<PathBuf>> {
    let mut set_aside = Vec::new();
    for suffix in SIDECARS {
        let sidecar = file.sidecar(suffix);
        if fs::symlink_metadata(&sidecar).is_ok() {
            set_aside.push(backup::set_aside(&sidecar, &format!(".db{suffix}"), name)?);
        }
    }
    Ok(set_aside)
}

fn publish(fresh: TempPath, file: &DatabaseFile, existing: Existing) -> Result<()> {
    durable::publish(fresh, file.path(), existing).map_err(|error| {
        let state = match &error {
            Unpublished::NotFlushed(_) => IN_PLACE,
            Unpublished::NotThere(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                "Another program has just created it; it is unchanged."
            }
            Unpublished::NotThere(_) => "The database is unchanged.",
        };
        file.io_error("can't put the restored database at", error.into()).state(state)
    })
}
