//! A database as plain SQL, from which the same database can be made again: every value bit for
//! bit, rowids, sequences, virtual tables.
//!
//! The stock `sqlite3` shell loads it, 3.8 and newer. What a dump doesn't carry: the journal mode
//! and the planner's samples (`sqlite_stat4`).

mod order;
mod schema;
mod script;
pub(crate) mod seal;
pub(crate) mod value;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

pub(crate) use schema::{is_reserved, quoted};
pub(crate) use script::sequence_helper;

use crate::database_file::durable::{self, Existing, Unpublished};
use crate::database_file::{DatabaseFile, Found, real_path, same_file};
use crate::error::{Error, Result};
use crate::progress::{Progress, Silent};
use seal::{Counts, Sealing};

/// Where a dump goes.
#[non_exhaustive]
pub enum DumpTarget<'a> {
    /// A file. It appears when the dump is complete and takes the place of an older one; only its
    /// owner can read it.
    File(&'a Path),
    /// A stream, which is left incomplete if the dump fails: the last line is missing then.
    Stream(&'a mut dyn Write),
}

/// How to dump.
#[derive(Clone, Copy)]
pub struct DumpOptions<'a> {
    /// Hears how far it has come, and may stop it.
    pub progress: &'a dyn Progress,
}

impl Default for DumpOptions<'_> {
    fn default() -> Self {
        Self { progress: &Silent }
    }
}

const DRAFT: &str = "dump";

/// A finished dump.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct DumpReport {
    /// The file, if it went to one, by its real path.
    pub path: Option<PathBuf>,
    /// How many tables it holds, those behind virtual tables too.
    pub tables: u64,
    /// How many rows it holds.
    pub rows: u64,
    /// How long it is.
    pub bytes: u64,
    /// The SHA-256 that its last line carries: equal databases have equal dumps.
    pub sha256: String,
}

/// Writes a database as SQL, all of it as it was at one moment, while others may go on writing.
///
/// # Errors
///
/// If there is no database, if it is damaged or locked, if the target is the database itself or
/// one of its files, a folder or another database, or if writing fails. The old content of a
/// target file is untouched then.
pub fn dump(
    database: &Path,
    target: DumpTarget<'_>,
    options: &DumpOptions<'_>,
) -> Result<DumpReport> {
    let file = DatabaseFile::resolve(database)?;
    let nothing_written = "Nothing was written.";
    match file.found()? {
        Found::Nothing => {
            return Err(Error::failed(format!(
                "there is no database at {}",
                file.path().display()
            ))
            .state(nothing_written)
            .next("Look at the path, or create the database first."));
        }
        Found::Other => {
            return Err(Error::failed(format!(
                "{} is not a SQLite database",
                file.path().display()
            ))
            .state(nothing_written)
            .next("Look at the path."));
        }
        Found::Empty | Found::Database => {}
    }
    match target {
        DumpTarget::Stream(out) => dump_open(&file, out, None, options),
        DumpTarget::File(path) => {
            let path = check_target(&file, path)?;
            dump_to_file(&file, &path, options).map_err(|error| match error.data_state() {
                Some(_) => error,
                None => error.state("No dump was written, and an older one is as it was."),
            })
        }
    }
}

fn dump_to_file(file: &DatabaseFile, path: &Path, options: &DumpOptions<'_>) -> Result<DumpReport> {
    let failed = |error: io::Error| {
        let what = format!("can't write {}", path.display());
        let advice = match error.kind() {
            io::ErrorKind::NotFound => "The folder of the file has to exist.",
            io::ErrorKind::StorageFull => "Make room on the disk or choose another one.",
            _ => "Look at the permissions of the folder.",
        };
        Error::failed(what).because(error).next(advice)
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    durable::sweep(folder, DRAFT);
    let mut draft = durable::draft(folder, DRAFT).map_err(failed)?;
    // A file system that knows no locks has its drafts swept a minute after the last write.
    let _ = draft.as_file().try_lock();
    let report = dump_open(file, draft.as_file_mut(), Some(path.to_owned()), options)?;
    durable::publish(draft.into_temp_path(), path, Existing::Replace).map_err(|error| {
        let is_there = matches!(error, Unpublished::NotFlushed(_));
        let error = failed(error.into());
        if is_there {
            error
                .state("The dump is there and complete, but the disk reported an error in the end.")
        } else {
            error
        }
    })?;
    Ok(report)
}

fn dump_open(
    file: &DatabaseFile,
    out: &mut dyn Write,
    path: Option<PathBuf>,
    options: &DumpOptions<'_>,
) -> Result<DumpReport> {
    let mut connection = file.reader().map_err(|error| file.sqlite_error("can't open", error))?;
    let (counts, sha256, bytes) = write(file, &mut connection, out, options)?;
    Ok(DumpReport { path, tables: counts.tables, rows: counts.rows, bytes, sha256 })
}

fn write(
    file: &DatabaseFile,
    connection: &mut Connection,
    out: &mut dyn Write,
    options: &DumpOptions<'_>,
) -> Result<(Counts, String, u64)> {
    let failed = |error| file.sqlite_error("can't read", error);
    // A misspelt column must be an error, not a text; nothing of this dump may depend on a CHECK.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false).map_err(failed)?;
    connection.pragma_update(None, "ignore_check_constraints", true).map_err(failed)?;
    // Everything is read within this transaction, so it is one state of the database.
    let snapshot = connection.transaction().map_err(failed)?;
    refuse_damage(file, &snapshot)?;
    let mut out = Sealing::new(out);
    let counts = script::write(&snapshot, &mut out, options.progress)?;
    let (seal, bytes) =
        out.seal(counts).map_err(|error| Error::failed("can't write the dump").because(error))?;
    Ok((counts, seal.sha256, bytes))
}

/// A dump of a damaged database would look like a good one.
fn refuse_damage(file: &DatabaseFile, connection: &Connection) -> Result<()> {
    let answer: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| file.sqlite_error("can't check", error))?;
    if answer == "ok" {
        return Ok(());
    }
    Err(Error::failed(format!("the database {} is damaged: {answer}", file.path().display()))
        .next("Restore a safety copy from the `backups` folder beside it.")
        .next("`sqlite3 FILE .recover` saves what can still be read."))
}

/// The real path of a target that may be written to.
fn check_target(file: &DatabaseFile, target: &Path) -> Result<PathBuf> {
    let untouched = "Nothing was written; the database is unchanged.";
    let shown = target.display();
    let path = real_path(target).map_err(|error| {
        Error::failed(format!("can't find out where {shown} leads")).because(error)
    })?;
    if path.file_name().is_none() {
        return Err(Error::refused(format!("{shown} is no file name")).state(untouched));
    }
    if file.is_same_file(&path) {
        return Err(Error::refused(format!("{shown} is the database itself"))
            .state(untouched)
            .next("Choose another file for the dump."));
    }
    if file.sidecars().iter().any(|sidecar| *sidecar == path || same_file(sidecar, &path)) {
        return Err(Error::refused(format!("{shown} belongs to the database"))
            .state(untouched)
            .next("Choose another file for the dump."));
    }
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => {
            return Err(Error::refused(format!("{shown} is a folder"))
                .state(untouched)
                .next("Name a file in it."));
        }
        Ok(metadata) if !metadata.is_file() => {
            return Err(Error::refused(format!("{shown} is not a regular file")).state(untouched));
        }
        _ => {}
    }
    if DatabaseFile::resolve(&path)?.found()? == Found::Database {
        return Err(Error::refused(format!("{shown} is a database"))
            .state(untouched)
            .next("Choose another file, or remove that one first."));
    }
    Ok(path)
}
