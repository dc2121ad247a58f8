//! Safety copies: what a database was before something changed it.
//!
//! They lie in `backups/` beside the database file, are made through SQLite's backup API, so what
//! is still in the WAL comes along and every rowid stays (`VACUUM INTO` may renumber them), and are
//! complete or not there. <https://www.sqlite.org/backup.html>

mod inventory;
mod name;
mod undo;

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode};
use tempfile::TempPath;

use crate::database_file::durable::{self, Existing};
use crate::database_file::soundness::{self, Depth, Soundness};
use crate::database_file::{DatabaseFile, Found, is};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Progress, Silent, Unit, begin};

pub use inventory::{KeptCopy, find_copy, kept_copies};
pub(crate) use name::CopyName;
pub use undo::{Lost, before_last_run, not_in_copy};

/// A copy of a database, kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct SafetyCopy {
    /// Where it lies.
    pub path: PathBuf,
    /// How large it is.
    pub bytes: u64,
    /// What sort of copy it is.
    pub condition: CopyCondition,
}

/// What is known about a safety copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CopyCondition {
    /// A database that passed SQLite's quick check.
    Sound,
    /// A faithful copy of a database that is damaged; the text says how.
    Damaged(String),
    /// A faithful copy that SQLite can't check without what the app adds to it (a collation, a
    /// module); the text says what is missing.
    Unchecked(String),
    /// The bytes of a file that isn't a SQLite database.
    Bytes,
}

/// Copies a database, which may be in use, to `backups/<name>-<stamp>-<label>.db` beside it.
///
/// A file that isn't a SQLite database is copied byte for byte. Where there is nothing to lose (no
/// file, or an empty one) the answer is `None`. An existing copy is never overwritten: the name
/// gets a number.
///
/// # Errors
///
/// If the stamp isn't of the form `20261123-101500` (`T` or `_` may stand between, `Z` at the
/// end), if the label holds other than lower-case letters, digits and `-`, if the database is
/// locked for longer than a few seconds, or if the disk fails.
pub fn safety_copy(database: &Path, label: &str, now_stamp: &str) -> Result<Option<SafetyCopy>> {
    copy_what_is_there(database, label, now_stamp, &Silent)
}

/// The safety copies of a database, oldest first.
///
/// # Errors
///
/// If the folder exists and can't be read.
pub fn safety_copies(database: &Path) -> Result<Vec<PathBuf>> {
    let file = DatabaseFile::resolve(database)?;
    let folder = name::folder(&file);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let what = format!("can't read the folder {}", folder.display());
            return Err(Error::failed(what).because(error));
        }
    };
    let mut copies: Vec<_> = entries
        .flatten()
        .filter_map(|entry| Some((name::age(&file, &entry.file_name())?, entry.path())))
        .collect();
    copies.sort();
    Ok(copies.into_iter().map(|(_, path)| path).collect())
}

/// The safety copies that [`prune`] would remove.
///
/// # Errors
///
/// If the folder exists and can't be read.
pub fn to_prune(database: &Path, keep: usize) -> Result<Vec<PathBuf>> {
    let mut copies = safety_copies(database)?;
    copies.truncate(copies.len().saturating_sub(keep));
    Ok(copies)
}

/// Removes all but the newest `keep` safety copies of a database and says which.
///
/// Only files named as [`safety_copy`] names them for this very database are touched.
///
/// # Errors
///
/// If a copy can't be removed.
pub fn prune(database: &Path, keep: usize) -> Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for copy in to_prune(database, keep)? {
        let file = DatabaseFile::resolve(&copy)?;
        for path in file.sidecars().into_iter().chain([copy.clone()]) {
            durable::remove_if_there(&path).map_err(|error| {
                Error::failed(format!("can't remove the safety copy {}", path.display()))
                    .because(error)
            })?;
        }
        removed.push(copy);
    }
    Ok(removed)
}

/// Names for copies made at this moment, checked before anything is touched.
pub(crate) fn copy_name(file: &DatabaseFile, label: &str, stamp: &str) -> Result<CopyName> {
    CopyName::new(file, stamp, label)
}

/// Copies whatever lies there, a database through a connection of its own.
pub(crate) fn copy_what_is_there(
    database: &Path,
    label: &str,
    now_stamp: &str,
    progress: &dyn Progress,
) -> Result<Option<SafetyCopy>> {
    let file = &DatabaseFile::resolve(database)?;
    let name = &CopyName::new(file, now_stamp, label)?;
    match file.found()? {
        Found::Nothing | Found::Empty => Ok(None),
        Found::Other => copy_bytes(file, name).map(Some),
        Found::Database => {
            let source = file.reader().map_err(|error| file.sqlite_error("can't read", error))?;
            copy_database(file, &source, name, progress).map(Some)
        }
    }
}

/// Copies a database as this connection sees it.
pub(crate) fn copy_database(
    file: &DatabaseFile,
    source: &Connection,
    name: &CopyName,
    progress: &dyn Progress,
) -> Result<SafetyCopy> {
    let failed = |error: rusqlite::Error| {
        if is(&error, ErrorCode::OperationInterrupted) {
            return Error::new(ErrorKind::Interrupted, "the run was stopped")
                .state("The database is unchanged.");
        }
        file.sqlite_error("can't make a safety copy of", error).state("Nothing was changed.")
    };
    let draft = draft(file, name)?;
    let copied = copy_pages_told(source, draft.as_ref(), progress)
        .and_then(|()| durable::connect(draft.as_ref()));
    let copy = match copied {
        Ok(copy) => copy,
        Err(error) if is(&error, ErrorCode::DatabaseCorrupt) => return copy_bytes(file, name),
        Err(error) => return Err(failed(error)),
    };
    // The one waits for the disk, the other for the processor.
    let (flushed, checked) = std::thread::scope(|scope| {
        let flush = scope.spawn(|| durable::flush(draft.as_ref()));
        let checked = quick_check(&copy);
        (flush.join(), checked)
    });
    flushed.unwrap_or_else(|_| Err(io::Error::other("the thread that flushes it died"))).map_err(
        |error| file.io_error("can't make a safety copy of", error).state("Nothing was changed."),
    )?;
    drop(copy);
    let condition = match checked {
        Ok(condition) => condition,
        // The pages are there, but to look at them SQLite would need what only the app has.
        Err(error) if soundness::is_missing_something(&error) => {
            CopyCondition::Unchecked(error.to_string())
        }
        Err(error) => return Err(failed(error)),
    };
    keep(name, draft, condition)
}

/// Copies the file byte for byte, with the sidecars that hold data.
///
/// For what SQLite can't read: nothing of this process can hold a lock on such a file.
pub(crate) fn copy_bytes(file: &DatabaseFile, name: &CopyName) -> Result<SafetyCopy> {
    let failed = |error: io::Error| {
        file.io_error("can't make a safety copy of", error).state("Nothing was changed.")
    };
    let draft = draft(file, name)?;
    copy_file(file.path(), draft.as_ref()).map_err(failed)?;
    let copy = keep(name, draft, CopyCondition::Bytes)?;
    for suffix in ["-wal", "-journal"] {
        let sidecar = file.sidecar(suffix);
        if fs::metadata(&sidecar).is_ok_and(|metadata| metadata.len() > 0) {
            let target = DatabaseFile::resolve(&copy.path)?.sidecar(suffix);
            let draft = self::draft(file, name)?;
            copy_file(&sidecar, draft.as_ref()).map_err(failed)?;
            durable::publish(draft.path, &target, Existing::Keep)
                .map_err(|error| failed(error.into()))?;
        }
    }
    Ok(copy)
}

/// Moves a left-over sidecar among the safety copies, so that it can't meet another database.
pub(crate) fn set_aside(sidecar: &Path, suffix: &str, name: &CopyName) -> Result<PathBuf> {
    let moved = make_folder(name, sidecar).and_then(|()| {
        let target = name
            .candidates(suffix)
            .find(|candidate| fs::symlink_metadata(candidate).is_err())
            .ok_or_else(|| io::Error::other("no name is free"))?;
        fs::rename(sidecar, &target)?;
        durable::sync_folder(&target)?;
        Ok(target)
    });
    moved.map_err(|error| {
        Error::failed(format!("can't move the left-over {} aside", sidecar.display()))
            .because(error)
            .state("The database is unchanged.")
    })
}

/// Copies all pages, and leaves one plain file without a WAL.
pub(crate) fn copy_pages(source: &Connection, target: &Path) -> rusqlite::Result<()> {
    copy_pages_told(source, target, &Silent)
}

fn copy_pages_told(
    source: &Connection,
    target: &Path,
    progress: &dyn Progress,
) -> rusqlite::Result<()> {
    let mut copy = durable::connect(target)?;
    // The target is nobody else's, and it is flushed as a whole in the end.
    copy.execute_batch(
        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF",
    )?;
    let backup = Backup::new(source, &mut copy)?;
    in_pieces(&backup, progress)?;
    drop(backup);
    copy.close().map_err(|(_, error)| error)?;
    without_wal(target).map_err(|error| {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR);
        rusqlite::Error::SqliteFailure(code, Some(error.to_string()))
    })
}

/// Copies some pages at a time, tells of them, and stops where somebody asks for it. Whoever writes
/// between two pieces makes it start anew; then all is copied in one.
fn in_pieces(backup: &Backup<'_, '_>, progress: &dyn Progress) -> rusqlite::Result<()> {
    const PIECE: i32 = 1024;
    const ALL: i32 = -1;
    let (mut step, mut left) = (None, 0);
    loop {
        let anew = backup.progress().remaining > left;
        let outcome = backup.step(if anew && step.is_some() { ALL } else { PIECE })?;
        let now = backup.progress();
        let total = u64::from(now.pagecount.unsigned_abs());
        let told = step.get_or_insert_with(|| {
            left = now.pagecount;
            begin(progress, "Copying the database", Some(total), Unit::Pages)
        });
        let done = u64::from(left.saturating_sub(now.remaining).max(0).unsigned_abs());
        if told.advance(done).is_err() {
            let stopped = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_INTERRUPT);
            return Err(rusqlite::Error::SqliteFailure(stopped, None));
        }
        match outcome {
            StepResult::Done => return Ok(()),
            StepResult::More if now.remaining <= left => left = now.remaining,
            // It has begun anew: the next step is the last.
            StepResult::More => {}
            _ => return Err(busy()),
        }
    }
}

/// Says in the header of a copy, which nobody has open, that it has no WAL. SQLite would open one
/// to say so, and leave that behind where the disk fails.
/// <https://www.sqlite.org/fileformat2.html#file_format_version_numbers>
fn without_wal(copy: &Path) -> io::Result<()> {
    const VERSIONS: SeekFrom = SeekFrom::Start(18);
    let mut file = File::options().read(true).write(true).open(copy)?;
    let mut versions = [0; 2];
    file.seek(VERSIONS)?;
    match file.read_exact(&mut versions) {
        // A database without a page.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
        read => read?,
    }
    if versions == [2, 2] {
        file.seek(VERSIONS)?;
        file.write_all(&[1, 1])?;
    }
    Ok(())
}

/// The error of SQLite for a lock that didn't come free.
pub(crate) fn busy() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
        Some("the database is locked".to_owned()),
    )
}

/// What SQLite's quick check says of a database.
///
/// Rows that break a CHECK are no fault of the file.
pub(crate) fn quick_check(connection: &Connection) -> rusqlite::Result<CopyCondition> {
    connection.pragma_update(None, "ignore_check_constraints", true)?;
    let Soundness { faults, unchecked, .. } = soundness::check(connection, Depth::Quick, 1)?;
    Ok(match (faults.into_iter().next(), unchecked.into_iter().next()) {
        (Some(fault), _) => CopyCondition::Damaged(fault),
        (None, Some((table, why))) => CopyCondition::Unchecked(format!("{table}: {why}")),
        (None, None) => CopyCondition::Sound,
    })
}

/// A copy that is being made.
struct Draft {
    path: TempPath,
    /// Locked as long as its maker lives, so that nobody takes it for a left-over.
    _file: File,
}

impl AsRef<Path> for Draft {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

const DRAFT: &str = "safety-copy";

/// Makes the folder of the safety copies of this file, unless it is there.
fn make_folder(name: &CopyName, of: &Path) -> io::Result<()> {
    let is_there = name.folder().exists();
    durable::private_folder(name.folder())?;
    if !is_there {
        durable::give_away(name.folder(), of);
    }
    Ok(())
}

fn draft(file: &DatabaseFile, name: &CopyName) -> Result<Draft> {
    make_folder(name, file.path())
        .and_then(|()| {
            durable::sweep(name.folder(), DRAFT);
            let (made, path) = durable::draft(name.folder(), DRAFT)?.into_parts();
            durable::give_away(&path, file.path());
            // Elsewhere a lock keeps its own process out, too.
            #[cfg(unix)]
            made.lock()?;
            Ok(Draft { path, _file: made })
        })
        .map_err(|error| {
            file.io_error("can't make a safety copy of", error)
                .state("Nothing was changed.")
                .next(format!("Make the folder {} writable.", name.folder().display()))
        })
}

/// Whether a copy holds the same bytes as the one that was made before it; gives the older one.
pub(crate) fn same_as_before(database: &Path, copy: &Path) -> Option<PathBuf> {
    let copies = safety_copies(database).ok()?;
    let at = copies.iter().position(|it| it == copy)?;
    let before = copies.get(at.checked_sub(1)?)?;
    let same = same_bytes(before, copy, |_| ()).unwrap_or(false);
    same.then(|| before.clone())
}

/// Whether two files hold the same, but for what is blotted out at the beginning of both.
fn same_bytes(one: &Path, other: &Path, blot_out: impl Fn(&mut [u8])) -> io::Result<bool> {
    const PIECE: usize = 1 << 16;
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (vec![0; PIECE], vec![0; PIECE]);
    let mut begins = true;
    loop {
        let read = one.read(&mut left)?;
        if read == 0 {
            return Ok(true);
        }
        other.read_exact(&mut right[..read])?;
        if std::mem::take(&mut begins) {
            blot_out(&mut left[..read]);
            blot_out(&mut right[..read]);
        }
        if left[..read] != right[..read] {
            return Ok(false);
        }
    }
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    io::copy(&mut File::open(from)?, &mut File::options().write(true).open(to)?).map(|_| ())
}

/// Gives a finished copy the first free name.
fn keep(name: &CopyName, draft: Draft, condition: CopyCondition) -> Result<SafetyCopy> {
    let failed = |error: io::Error| {
        Error::failed(format!("can't keep a safety copy in {}", name.folder().display()))
            .because(error)
            .state("The database is unchanged.")
    };
    let bytes = fs::metadata(&draft).map_err(failed)?.len();
    let Draft { path: mut draft, _file } = draft;
    for path in name.candidates(".db").skip(name.highest_number()) {
        draft = match durable::publish_new(draft, &path) {
            Ok(()) => return Ok(SafetyCopy { path, bytes, condition }),
            Err((error, Some(back))) if error.kind() == io::ErrorKind::AlreadyExists => back,
            Err((error, _)) => return Err(failed(error)),
        };
    }
    Err(failed(io::Error::other("no name is free")))
}
