//! Opening a database so that reading it leaves no trace.
//!
//! A connection tidies up: it rolls back the journal of a killed program, takes its `-wal` into the
//! database, or leaves a `-shm` behind. Where it would, a private copy is opened instead.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::TempDir;

use super::finding::Finding;
use super::source::Header;
use crate::backup::copy_pages;
use crate::database_file::{DatabaseFile, durable, is, space};
use crate::error::{Error, Result};

const READ_ONLY: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// `SQLITE_READONLY_ROLLBACK`: there is a journal to roll back, and a reader may not.
const READONLY_ROLLBACK: i32 = 776;

/// A database that was opened, and what was found out on the way.
pub(super) struct Opened {
    pub(super) verdict: Verdict,
    pub(super) findings: Vec<Finding>,
    _copy: Option<TempDir>,
}

/// Whether it can be read.
pub(super) enum Verdict {
    /// Where to read it, and a connection.
    Readable { path: PathBuf, connection: Connection },
    /// Why not.
    Unreadable(String),
}

/// How a database can be read without a trace.
enum Way {
    InPlace,
    /// The bytes of these files, by a connection that may tidy them up.
    CopyOf(Vec<PathBuf>),
    /// Its pages as SQLite sees them, the WAL's among them.
    Pages,
}

impl Opened {
    pub(super) fn open(file: &DatabaseFile, header: Header) -> Result<Self> {
        let mut findings = Vec::new();
        let way = way(file, header, &mut findings);
        let unreadable = |error: rusqlite::Error| {
            if is(&error, ErrorCode::DatabaseBusy) || is(&error, ErrorCode::DatabaseLocked) {
                return Err(file.locked("can't read").because(error));
            }
            Ok(Verdict::Unreadable(error.to_string()))
        };
        let (opened, copy) = match way {
            Way::InPlace => match connect(file) {
                Ok(connection) => (Ok((file.path().to_owned(), connection)), None),
                // A WAL can't be made beside the file; without one the file is all there is.
                Err(error) if is(&error, ErrorCode::CannotOpen) && header.keeps_wal => {
                    let copy = copy_files(&[file.path().to_owned()])?;
                    (open_copy(&copy, file.path()), Some(copy))
                }
                Err(error) => (Err(error), None),
            },
            Way::CopyOf(files) => {
                let copy = copy_files(&files)?;
                (open_copy(&copy, file.path()), Some(copy))
            }
            Way::Pages => match pages(file)? {
                Ok(copy) => (open_copy(&copy, file.path()), Some(copy)),
                // Somebody has it open after all: then nothing is left-over.
                Err(error) if is(&error, ErrorCode::DatabaseBusy) => {
                    findings.clear();
                    let opened = connect(file).map(|it| (file.path().to_owned(), it));
                    (opened, None)
                }
                Err(error) => (Err(error), None),
            },
        };
        let verdict = match opened {
            Ok((path, connection)) => Verdict::Readable { path, connection },
            Err(error) => unreadable(error)?,
        };
        Ok(Self { verdict, findings, _copy: copy })
    }
}

fn way(file: &DatabaseFile, header: Header, findings: &mut Vec<Finding>) -> Way {
    let size = |suffix: &str| {
        let path = file.sidecar(suffix);
        let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        (bytes > 0).then_some((path, bytes))
    };
    if let Some((path, bytes)) = size("-journal")
        && is_hot(file)
    {
        findings.push(Finding::HotJournal { path: path.clone(), bytes });
        return Way::CopyOf(vec![file.path().to_owned(), path]);
    }
    match size("-wal") {
        // SQLite reads any WAL that lies there, also one of another database
        // (<https://www.sqlite.org/howtocorrupt.html#_mispairing_database_files_and_hot_journals_>).
        Some((path, bytes)) if !header.keeps_wal => {
            findings.push(Finding::StrayWal { path, bytes });
            Way::CopyOf(vec![file.path().to_owned()])
        }
        Some((path, bytes)) => {
            findings.push(Finding::LeftoverWal { path, bytes });
            Way::Pages
        }
        None => Way::InPlace,
    }
}

/// Whether a journal is that of a killed program, not of one that writes right now.
fn is_hot(file: &DatabaseFile) -> bool {
    let answer = Connection::open_with_flags(file.path(), READ_ONLY).and_then(|connection| {
        connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0))
    });
    let code = answer.err().and_then(|error| error.sqlite_error().map(|it| it.extended_code));
    code == Some(READONLY_ROLLBACK)
}

/// A connection that has read something.
fn connect(file: &DatabaseFile) -> rusqlite::Result<Connection> {
    let connection = file.reader()?;
    connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0))?;
    Ok(connection)
}

/// Copies the pages through SQLite while nobody else has the database open. In exclusive mode SQLite
/// keeps the index of the WAL in its own memory, so that no `-shm` is made
/// (<https://www.sqlite.org/wal.html#use_of_wal_without_shared_memory>).
fn pages(file: &DatabaseFile) -> Result<rusqlite::Result<TempDir>> {
    let folder = private_folder(&[file.path().to_owned(), file.sidecar("-wal")])?;
    let copied = file.writer().and_then(|connection| {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.busy_timeout(std::time::Duration::from_millis(200))?;
        connection.execute_batch("PRAGMA locking_mode=EXCLUSIVE; PRAGMA query_only=ON")?;
        let target = folder.path().join(file.path().file_name().unwrap_or_default());
        fs::write(&target, b"")
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        copy_pages(&connection, &target)
    });
    Ok(copied.map(|()| folder))
}

fn copy_files(files: &[PathBuf]) -> Result<TempDir> {
    let folder = private_folder(files)?;
    let copied = files.iter().try_for_each(|file| {
        fs::copy(file, folder.path().join(file.file_name().unwrap_or_default())).map(drop)
    });
    copied.map_err(no_room)?;
    Ok(folder)
}

/// A folder with room for a copy of these files, if they are there.
fn private_folder(files: &[PathBuf]) -> Result<TempDir> {
    let folder = tempfile::tempdir().map_err(no_room)?;
    let bytes = |file: &PathBuf| fs::metadata(file).map_or(0, |metadata| metadata.len());
    space::check_temporary(folder.path(), files.iter().map(bytes).sum())?;
    Ok(folder)
}

fn no_room(error: io::Error) -> Error {
    Error::failed("can't make a private copy of the database to look at").because(error)
}

fn open_copy(folder: &TempDir, file: &Path) -> rusqlite::Result<(PathBuf, Connection)> {
    let path = folder.path().join(file.file_name().unwrap_or_default());
    let connection = durable::connect(&path)?;
    // Here it may be tidied up.
    connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0))?;
    Ok((path, connection))
}
