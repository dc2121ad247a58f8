//! A database from a dump or a copy: loaded beside its place, checked, and only then put there.
//!
//! Until the last step the database in place isn't touched, and that step happens as a whole or
//! not at all.

mod check;
mod feed;
mod guard;
mod literal;
mod loader;
mod place;
mod reader;
mod row_batch;
mod rows;
mod schema_statement;
mod script;
mod source;
mod split;
mod statement;
mod token;
mod virtual_table;
mod window;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempPath;

use crate::backup::{self, CopyName, SafetyCopy};
use crate::database_file::{DatabaseFile, LOCK_TIMEOUT, durable};
use crate::dump::seal::Counts;
use crate::dump::{DumpOptions, DumpTarget, dump, is_reserved};
use crate::error::{Error, Result};

pub use source::SourceKind;

/// What the statements of a file are, and so what they may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// A database as some tool wrote it.
    Dump,
    /// A schema as somebody typed it.
    Schema,
}

impl Dialect {
    fn noun(self) -> &'static str {
        match self {
            Self::Dump => "dump",
            Self::Schema => "schema",
        }
    }
}

/// What to do about rows that refer to rows that aren't there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ForeignKeys {
    /// Refuse them.
    #[default]
    MustHold,
    /// Take the database as it was saved.
    AsFound,
}

/// How to restore.
#[derive(Debug, Clone)]
pub struct RestoreOptions {
    /// The moment, for the name of the safety copy: `20261123-101500`.
    pub now_stamp: String,
    /// What to do about broken references.
    pub foreign_keys: ForeignKeys,
    /// How long to wait for a database that is in use.
    pub lock_timeout: Duration,
    /// What the safety copy of what is there now is named by: `before-restore`.
    pub label: &'static str,
}

impl RestoreOptions {
    /// The strict way, at this moment, waiting some seconds for a lock.
    pub fn new(now_stamp: impl Into<String>) -> Self {
        Self {
            now_stamp: now_stamp.into(),
            foreign_keys: ForeignKeys::MustHold,
            lock_timeout: LOCK_TIMEOUT,
            label: "before-restore",
        }
    }
}

/// A finished restore.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct RestoreReport {
    /// The database, by its real path.
    pub database: PathBuf,
    /// What it was restored from.
    pub source: SourceKind,
    /// How many tables it holds, those behind virtual tables too.
    pub tables: u64,
    /// How many rows it holds.
    pub rows: u64,
    /// What was there before.
    pub safety_copy: Option<SafetyCopy>,
    /// Files of an earlier database that lay about and were moved among the safety copies.
    pub set_aside: Vec<PathBuf>,
}

/// Restores a database from a dump of this tool, of `sqlite3` or of Python, or from a database
/// file.
///
/// # Errors
///
/// If the source is none of these, is cut short, was changed, tries what no dump does, or doesn't
/// make a sound database; if the database is locked or the disk fails. The database is unchanged
/// then, or the error says what state it is in.
pub fn restore(database: &Path, source: &Path, options: &RestoreOptions) -> Result<RestoreReport> {
    load(database, source, options)?.put_in_place()
}

/// A database that is loaded and checked but not yet in place. It goes away when dropped.
#[derive(Debug)]
#[must_use]
pub struct Loaded {
    // In this order, so that nothing is left of it in the end.
    draft: TempPath,
    file: DatabaseFile,
    copy_name: CopyName,
    source: SourceKind,
    counts: Counts,
}

/// Loads and checks a database beside its place, which isn't touched. See [`restore`].
///
/// # Errors
///
/// As [`restore`].
pub fn load(database: &Path, source: &Path, options: &RestoreOptions) -> Result<Loaded> {
    let file = DatabaseFile::resolve(database)?.waiting(options.lock_timeout);
    load_beside(&file, source, options).map_err(|error| match error.data_state() {
        Some(_) => error,
        None => error.state("Nothing was restored; the database is unchanged."),
    })
}

fn load_beside(file: &DatabaseFile, source: &Path, options: &RestoreOptions) -> Result<Loaded> {
    let copy_name = backup::copy_name(file, options.label, &options.now_stamp)?;
    if file.is_same_file(source) {
        return Err(Error::refused(format!("{} is the database itself", source.display()))
            .next("Name the dump or the copy to restore from."));
    }
    let kind = source::look(source)?;
    let shape = script::Shape { page_size: place::required_page_size(file)? };
    let draft = draft(file)?;
    let counts = match kind {
        SourceKind::Dump => script::load(source::open(source)?, &draft, shape)?,
        SourceKind::Database => copy(file, source, &draft, shape)?,
    };
    check::check(&draft, options.foreign_keys)?;
    Ok(Loaded { draft, file: file.clone(), copy_name, source: kind, counts })
}

impl Loaded {
    /// Where the loaded database lies, for a look at it: read it, don't keep it open.
    pub fn database(&self) -> &Path {
        &self.draft
    }

    /// What it was loaded from.
    pub fn source(&self) -> SourceKind {
        self.source
    }

    /// How many tables it holds.
    pub fn tables(&self) -> u64 {
        self.counts.tables
    }

    /// How many rows it holds.
    pub fn rows(&self) -> u64 {
        self.counts.rows
    }

    /// Replaces the database by it; what was there is kept as a safety copy.
    ///
    /// Programs that have the database open see the new content from their next query on.
    ///
    /// # Errors
    ///
    /// If the database is locked or the disk fails. The error says what state the database is in.
    pub fn put_in_place(self) -> Result<RestoreReport> {
        let Self { draft, file, copy_name, source, counts } = self;
        let placed = place::put(draft, &file, &copy_name)?;
        Ok(RestoreReport {
            database: file.path().to_owned(),
            source,
            tables: counts.tables,
            rows: counts.rows,
            safety_copy: placed.safety_copy,
            set_aside: placed.set_aside,
        })
    }
}

/// Loads the SQL of a schema into a temporary database, confined as a dump is: nothing of it reaches
/// another file. The database goes away when dropped.
///
/// # Errors
///
/// If the file can't be read, or a statement is refused or fails; the error names its line.
pub(crate) fn load_schema(source: &Path) -> Result<TempPath> {
    let no_room = |error| Error::failed("can't make a temporary database").because(error);
    let target = tempfile::Builder::new().prefix("schema-").suffix(".db").tempfile();
    let target = target.map_err(no_room)?.into_temp_path();
    script::load_schema(source, &target)?;
    Ok(target)
}

fn draft(file: &DatabaseFile) -> Result<TempPath> {
    durable::private_folder(file.folder())
        .and_then(|()| durable::draft(file.folder(), "restore"))
        .map(tempfile::NamedTempFile::into_temp_path)
        .map_err(|error| {
            Error::failed(format!("can't write to the folder {}", file.folder().display()))
                .because(error)
                .next("Look at the permissions of the folder and at the room on the disk.")
        })
}

/// Takes over a database file page by page; by way of a dump where the pages have another size
/// than they must have, since VACUUM may renumber rows.
fn copy(file: &DatabaseFile, source: &Path, draft: &Path, shape: script::Shape) -> Result<Counts> {
    let origin = DatabaseFile::resolve(source)?;
    let failed = |error| origin.sqlite_error("can't read", error);
    let reader = origin.reader().map_err(failed)?;
    let page_size: i64 =
        reader.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(failed)?;
    if shape.page_size.is_none_or(|required| required == page_size) {
        backup::copy_pages(&reader, draft).map_err(failed)?;
        return check::count(draft).map_err(failed);
    }
    close(reader);
    let script = self::draft(file)?;
    let mut text = std::fs::File::options().write(true).open(&script).map_err(|error| {
        Error::failed(format!("can't write {}", script.display())).because(error)
    })?;
    let _ = dump(source, DumpTarget::Stream(&mut text), &DumpOptions::default())?;
    drop(text);
    script::load(source::open(&script)?, draft, shape)
}

fn close(connection: Connection) {
    // A reader has nothing to lose.
    let _ = connection.close();
}
