//! A database as files: where it really lies, what belongs to it, and how to open it with care.
//!
//! The main file is opened through SQLite alone wherever it may be a database: closing any other
//! handle of it would drop the locks that connections of this process hold on it
//! (<https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).

pub(crate) mod durable;
pub(crate) mod holders;
pub(crate) mod place;
pub(crate) mod read_ahead;
pub(crate) mod soundness;
pub(crate) mod space;

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{Error, Result};
use crate::from_the_app::FromTheApp;

/// What the names of the files end in that SQLite keeps beside a database.
pub(crate) const SIDECARS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// How long to wait for a lock before saying who holds it.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// What is said to whoever finds a database locked: the wrong cure is a popular one.
pub(crate) const LEAVE_SIDECARS: &str = "Leave the -wal, -shm and -journal files beside it alone: they hold changes that are not in the database yet, and without them it may be damaged.";

/// What lies where a database is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// No file.
    Nothing,
    /// A file of zero bytes, which SQLite takes for an empty database.
    Empty,
    /// A SQLite database, sound or not.
    Database,
    /// Something else, or a database that lost its first page.
    Other,
}

/// A database file by its real path.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    lock_timeout: Duration,
}

impl DatabaseFile {
    /// Follows symbolic links, also one that leads to a file not there yet: `-wal` and journal
    /// lie beside the real file, so that is the one to work on.
    pub(crate) fn resolve(path: &Path) -> Result<Self> {
        let path = real_path(path).map_err(|error| {
            Error::failed(format!("can't find out where {} lies", path.display()))
                .state("Nothing was changed.")
                .because(error)
        })?;
        Ok(Self { path, lock_timeout: LOCK_TIMEOUT })
    }

    /// Waits this long for a lock.
    pub(crate) fn waiting(self, lock_timeout: Duration) -> Self {
        Self { lock_timeout, ..self }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder it lies in.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// The path of the `-wal`, `-shm` or `-journal` beside it.
    pub(crate) fn sidecar(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(self.path.as_os_str());
        name.push(suffix);
        PathBuf::from(name)
    }

    /// Every file that SQLite may keep beside it.
    pub(crate) fn sidecars(&self) -> [PathBuf; 3] {
        SIDECARS.map(|suffix| self.sidecar(suffix))
    }

    /// Looks at what is there. A folder, socket or device is refused.
    pub(crate) fn found(&self) -> Result<Found> {
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(self.io_error("can't look at", error)),
        };
        if !metadata.is_file() {
            let what = if metadata.is_dir() { "a folder" } else { "not a regular file" };
            return Err(Error::refused(format!("{} is {what}", self.path.display()))
                .state("Nothing was changed.")
                .next("Name the database file itself."));
        }
        match metadata.len() {
            0 => return Ok(Found::Empty),
            // SQLite takes a single byte, whatever it is, for an empty database.
            1 => return Ok(Found::Other),
            _ => {}
        }
        let answer = self.reader().and_then(|connection| {
            connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0))
        });
        match answer {
            Err(error) if is(&error, ErrorCode::NotADatabase) => Ok(Found::Other),
            Err(error)
                if is(&error, ErrorCode::CannotOpen) || is(&error, ErrorCode::PermissionDenied) =>
            {
                Err(self.sqlite_error("can't read", error))
            }
            _ => Ok(Found::Database),
        }
    }

    /// Refuses a file that has several names, for SQLite keeps a `-wal` and a journal for each.
    /// <https://www.sqlite.org/howtocorrupt.html#_multiple_links_to_the_same_file>
    pub(crate) fn refuse_other_names(&self) -> Result<()> {
        #[cfg(unix)]
        if let Ok(metadata) = fs::metadata(&self.path) {
            use std::os::unix::fs::MetadataExt as _;
            let names = metadata.nlink();
            if metadata.is_file() && names > 1 {
                return Err(Error::refused(format!(
                    "{} has {names} names (hard links), and SQLite keeps a -wal for each",
                    self.path.display()
                ))
                .state("The database is unchanged.")
                .next("Remove the other names, or copy the file and use the copy."));
            }
        }
        Ok(())
    }

    /// Opens it for reading, without ever creating it.
    ///
    /// Not with the read-only flag: such a connection can't finish what a crashed program left
    /// behind and leaves `-wal` and `-shm` lying about. Where the file itself may only be read
    /// SQLite falls back to that by itself.
    pub(crate) fn reader(&self) -> rusqlite::Result<Connection> {
        let has_wal = fs::metadata(self.sidecar("-wal")).is_ok_and(|wal| wal.len() > 0);
        let connection = self.writer()?;
        if has_wal {
            // The last one out would move the content of the WAL into the database. A reader
            // leaves the files as they are.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        }
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    /// Opens it for writing, without ever creating it.
    pub(crate) fn writer(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.lock_timeout)?;
        Ok(connection)
    }

    /// Whether the other path leads to this file, by whatever name or link.
    pub(crate) fn is_same_file(&self, other: &Path) -> bool {
        same_file(&self.path, other)
    }

    /// An error of the file system about this file.
    pub(crate) fn io_error(&self, what: &str, error: io::Error) -> Error {
        Error::failed(format!("{what} {}", self.path.display())).because(error)
    }

    /// An error of SQLite about this file, with what can be done about it.
    pub(crate) fn sqlite_error(&self, what: &str, error: rusqlite::Error) -> Error {
        self.sqlite_error_about(&self.path.display(), what, error)
    }

    /// The same for a private copy: the user knows it by the name of what was copied.
    pub(crate) fn sqlite_error_about(
        &self,
        path: &dyn fmt::Display,
        what: &str,
        error: rusqlite::Error,
    ) -> Error {
        let advice = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                return self.locked(what).because(error);
            }
            // SQLite says that the schema is malformed, and then why.
            Some(ErrorCode::DatabaseCorrupt) if FromTheApp::missed_by(&error).is_some() => {
                "That is no damage: the schema of the database needs what only its app has. A copy of the file keeps it."
            }
            Some(ErrorCode::NotADatabase) => "The file is not a SQLite database; look at the path.",
            Some(ErrorCode::DatabaseCorrupt) => {
                "The database is damaged: restore a safety copy from the `backups` folder beside it."
            }
            Some(ErrorCode::DiskFull) => "Make room on the disk and try again.",
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
                "Look at the permissions of the file and of the folder it lies in."
            }
            _ => return Error::failed(format!("{what} {path}")).because(error),
        };
        Error::failed(format!("{what} {path}")).because(error).next(advice)
    }

    /// Who else uses the database, in words: those that hold a lock, if the system tells.
    pub(crate) fn users(&self) -> Option<String> {
        let files = self.all_files();
        let others = holders::others(&holders::of(&files));
        let users = holders::writers(others, &files);
        (!users.is_empty()).then(|| holders::names(&users))
    }

    /// The error for a lock that didn't come free, naming who has the database open.
    pub(crate) fn locked(&self, what: &str) -> Error {
        let who = self.users().map_or("another program is using it".to_owned(), |names| {
            format!("it is used by {names}")
        });
        Error::failed(format!("{what} {}: {who}", self.path.display()))
            .for_a_lock()
            .next("Close the other program or wait for it, then try again.")
            .next(LEAVE_SIDECARS)
    }

    /// The database and its sidecars.
    pub(crate) fn all_files(&self) -> Vec<PathBuf> {
        let mut files = vec![self.path.clone()];
        files.extend(self.sidecars());
        files
    }
}

/// Whether SQLite failed with this code.
pub(crate) fn is(error: &rusqlite::Error, code: ErrorCode) -> bool {
    error.sqlite_error_code() == Some(code)
}

/// Whether two paths lead to one file.
pub(crate) fn same_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    if let (Ok(one), Ok(other)) = (fs::metadata(one), fs::metadata(other)) {
        use std::os::unix::fs::MetadataExt as _;
        return one.dev() == other.dev() && one.ino() == other.ino();
    }
    match (real_path(one), real_path(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// The path with every link followed; the last part need not exist.
pub(crate) fn real_path(path: &Path) -> io::Result<PathBuf> {
    let mut path = std::path::absolute(path)?;
    // As many links as Linux follows.
    for _ in 0..40 {
        match dunce::canonicalize(&path) {
            Ok(real) => return Ok(real),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        if let Ok(target) = fs::read_link(&path) {
            path = folder.join(target);
            continue;
        }
        // Nothing there: the folder may still be reached through a link, or not exist either.
        return Ok(match (dunce::canonicalize(&folder), path.file_name()) {
            (Ok(folder), Some(name)) => folder.join(name),
            _ => path,
        });
    }
    Err(io::Error::other("too many symbolic links"))
}
