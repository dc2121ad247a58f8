//! Connections as the engine needs them: one, its own, with foreign keys off.
//!
//! `PRAGMA foreign_keys` does nothing inside a transaction and holds for one connection alone
//! (<https://www.sqlite.org/pragma.html#pragma_foreign_keys>), so it is off from the moment the
//! connection is opened, and no pool can hand the work to another one.

use crate::database_file::{DatabaseFile, LEAVE_SIDECARS, LOCK_TIMEOUT};
use crate::error::{Error, ErrorKind, Result};
use crate::from_the_app::FromTheApp;
use crate::restore::mistaken;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr, sqlx,
};
use std::fs::{self, File};
use std::io::{self, ErrorKind as IoErrorKind, Read as _};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read a database that is there.
    ReadOnly,
    /// Change a database that is there.
    ReadWrite,
    /// Change a database, made empty where there is none.
    Create,
}

/// Whether there is a database at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// There is nothing.
    Missing,
    /// There is an empty file, which SQLite takes for an empty database.
    Empty,
    /// There is a database.
    Database,
}

/// Looks what is at a path, without opening it as a database.
///
/// # Errors
/// When it is a directory, can't be read, or holds something other than a database.
pub fn presence(path: &Path) -> Result<Presence> {
    let shown = path.display();
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == IoErrorKind::NotFound => return Ok(Presence::Missing),
        Err(error) => return Err(Error::failed(format!("can't look at {shown}")).because(error)),
    };
    if metadata.is_dir() {
        return Err(Error::failed(format!("{shown} is a directory, not a database"))
            .state("Nothing was changed.")
            .next("Name the database file itself."));
    }
    let mut header = Vec::new();
    File::open(path)
        .and_then(|file| file.take(16).read_to_end(&mut header))
        .map_err(|error| Error::failed(format!("can't read {shown}")).because(error))?;
    match header.as_slice() {
        [] => Ok(Presence::Empty),
        b"SQLite format 3\0" => Ok(Presence::Database),
        _ if has_journal(path) => Ok(Presence::Database),
        _ => Err(mistaken::no_database(path)
            .state("The file was not touched.")
            .next("Check the path; `--database` names another file.")),
    }
}

/// Whether a rollback journal stands beside a file: a power cut may have left anything in the first
/// page, and SQLite takes that back before it looks at it.
/// <https://www.sqlite.org/fileformat2.html#the_rollback_journal>
fn has_journal(path: &Path) -> bool {
    const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    let mut begin = [0; MAGIC.len()];
    let journal = DatabaseFile::resolve(path).map(|file| file.sidecar("-journal"));
    let read = journal.is_ok_and(|journal| {
        File::open(journal).is_ok_and(|mut file| file.read_exact(&mut begin).is_ok())
    });
    read && begin == MAGIC
}

/// Opens a database on a connection of its own.
///
/// # Errors
/// When there is no database and `access` doesn't make one, when the file is no database, may not
/// be written, or can't be opened.
pub async fn open(path: &Path, access: Access) -> Result<DatabaseConnection> {
    let shown = path.display();
    if presence(path)? == Presence::Missing && access != Access::Create {
        return Err(Error::failed(format!("there is no database at {shown}"))
            .next("`db upgrade` creates it."));
    }
    if access != Access::ReadOnly {
        check_writable(path)?;
    }
    let way = Way::to(path).map_err(|error| {
        Error::failed(format!("can't open {shown}")).because(error).state("Nothing was changed.")
    })?;
    let options = SqliteConnectOptions::new()
        .filename(way.path())
        // What was reported as done outlives a power cut: with a rollback journal only this flushes
        // the folder after the journal's name is gone from it. In WAL mode it is FULL.
        // <https://www.sqlite.org/pragma.html#pragma_synchronous>
        .synchronous(SqliteSynchronous::Extra)
        .create_if_missing(access == Access::Create);
    let options = if access == Access::ReadOnly { reading(options, path)? } else { options };
    connect(options).await.map_err(|error| explain(error, &format!("can't open {shown}")))
}

/// A connection that writes no row but may put right what a killed program left behind: a
/// read-only one can't roll back its journal, nor remove the `-wal` and `-shm` that it makes itself
/// (<https://www.sqlite.org/rescode.html#readonly_rollback>,
/// <https://www.sqlite.org/wal.html#read_only_databases>).
fn reading(options: SqliteConnectOptions, path: &Path) -> Result<SqliteConnectOptions> {
    // The last one out moves the content of a WAL into the database. A reader leaves that to a
    // writer.
    let wal = DatabaseFile::resolve(path)?.sidecar("-wal");
    let has_wal = fs::metadata(wal).is_ok_and(|wal| wal.len() > 0);
    Ok(options.read_only(has_wal).pragma("query_only", "ON"))
}

/// The path of a database as sqlx takes it, which is UTF-8. SQLite itself takes any and works on
/// the file that a link leads to, so a link with a plain name leads there.
struct Way {
    path: PathBuf,
    /// The folder of the link. SQLite has followed it once the connection is open.
    _folder: Option<TempDir>,
}

impl Way {
    fn to(path: &Path) -> io::Result<Self> {
        #[cfg(unix)]
        if path.to_str().is_none() {
            let folder = tempfile::tempdir()?;
            let link = folder.path().join("database");
            std::os::unix::fs::symlink(std::path::absolute(path)?, &link)?;
            return Ok(Self { path: link, _folder: Some(folder) });
        }
        Ok(Self { path: path.to_owned(), _folder: None })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

/// Opens an empty database in memory, for trying things out.
///
/// # Errors
/// When SQLite can't.
pub async fn scratch() -> Result<DatabaseConnection> {
    connect(SqliteConnectOptions::new().in_memory(true))
        .await
        .map_err(|error| Error::failed("can't open a scratch database").because(error))
}

async fn connect(options: SqliteConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let mut settings = ConnectOptions::new("sqlite::memory:");
    let options = options.foreign_keys(false).busy_timeout(LOCK_TIMEOUT);
    settings
        .min_connections(1)
        .max_connections(1)
        .sqlx_logging(false)
        .test_before_acquire(false)
        // `map` comes last, after logging was set: it has to be switched off once more.
        .map_sqlx_sqlite_opts(move |_| {
            sqlx::ConnectOptions::disable_statement_logging(options.clone())
        })
        .map_sqlx_sqlite_pool_opts(|pool| pool.idle_timeout(None).max_lifetime(None));
    Database::connect(settings).await
}

/// SQLite opens a read-only file without a word and fails at the first write; say it before.
///
/// # Errors
/// When it is there and may not be written.
pub(crate) fn check_writable(path: &Path) -> Result<()> {
    match fs::OpenOptions::new().append(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == IoErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::failed(format!("can't write to {}", path.display()))
            .because(error)
            .state("The database is unchanged.")
            .next("Check the permissions of the file and of its folder.")),
    }
}

/// Turns a database error into one that says what to do, where its cause is a known one.
pub(crate) fn explain(error: DbErr, what: &str) -> Error {
    match sqlite_code(&error) {
        // The primary result code is the lowest byte (https://www.sqlite.org/rescode.html).
        Some(5 | 6) => Error::failed(format!("{what}: another program is using the database"))
            .for_a_lock()
            .because(error)
            .state("The database is unchanged.")
            .next("Close the other program, or wait until it is done, and run this again.")
            .next(LEAVE_SIDECARS),
        Some(9) => Error::new(ErrorKind::Interrupted, format!("{what}: it was stopped"))
            .state("The database is unchanged."),
        Some(8) => Error::failed(format!("{what}: the database is read-only"))
            .because(error)
            .state("The database is unchanged."),
        Some(11) if let Some(needed) = FromTheApp::missed(&error.to_string()) => {
            Error::failed(format!("{what}: its schema needs the {needed}, which only its app has"))
                .because(error)
                .state("The database is unchanged.")
        }
        Some(11) => Error::failed(format!("{what}: the file is damaged"))
            .because(error)
            .state("The database is unchanged.")
            .next("Safety copies lie in the `backups` folder beside it."),
        Some(13) => Error::failed(format!("{what}: the disk is full"))
            .because(error)
            .state("The database is unchanged.")
            .next("Free some space and run this again."),
        Some(14) => Error::failed(format!("{what}: SQLite can't open a file"))
            .because(error)
            .state("The database is unchanged.")
            .next("Make the file and its folder writable: SQLite keeps a journal beside the file."),
        Some(26) => Error::failed(format!("{what}: the file is not a SQLite database"))
            .because(error)
            .state("The file was not touched."),
        _ => Error::failed(what).because(error),
    }
}

/// Commits. SQLite rolls back what it couldn't commit, if not at once then when the file is opened
/// next (<https://www.sqlite.org/lang_transaction.html>).
pub(crate) async fn commit(transaction: DatabaseTransaction) -> Result<()> {
    transaction.commit().await.map_err(|error| {
        let error = explain(error, "can't commit the changes");
        if error.data_state().is_some() {
            return error;
        }
        error
            .state("The database holds either all of the changes or none of them.")
            .next("`db current` and `db verify` tell which, and whether it is sound.")
    })
}

pub(crate) fn sqlite_code(error: &DbErr) -> Option<u32> {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
