//! A database from a dump or a copy: loaded beside its place, checked, and only then put there.
//!
//! Until the last step the database in place isn't touched, and that step happens as a whole or
//! not at all.

mod check;
mod complaint;
pub(crate) mod confined;
mod copy;
mod draft;
mod feed;
mod guard;
mod literal;
mod loader;
pub(crate) mod mistaken;
mod objection;
mod place;
mod reader;
mod row_batch;
mod rows;
mod schema_statement;
mod script;
mod source;
mod split;
mod stand_in;
mod statement;
mod token;
mod virtual_table;
mod window;

use std::io::Read;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::TempPath;

use crate::backup::{self, CopyName, SafetyCopy};
use crate::database_file::soundness::Unchecked;
use crate::database_file::{DatabaseFile, Found, LOCK_TIMEOUT};
use crate::dump::is_reserved;
use crate::dump::seal::Counts;
use crate::error::{Error, Result};
use crate::from_the_app::FromTheApp;
use crate::progress::{Progress, Silent};
use draft::{Draft, draft};
use script::Filled;
use source::Content;

pub(crate) use draft::sweep;
pub(crate) use reader::BYTE_ORDER_MARK;
pub(crate) use script::stoppable;
pub use source::{Packing, RestoreSource, SourceKind};
pub(crate) use stand_in::{NeedsItsApp, StandIns};
pub(crate) use virtual_table::module_of;

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

    fn unreadable(self, error: std::io::Error) -> Error {
        let noun = self.noun();
        Error::failed(format!("can't read the {noun}"))
            .because(error)
            .next(format!("Take another copy of the {noun} if this one is damaged."))
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
#[derive(Clone)]
pub struct RestoreOptions<'a> {
    /// The moment, for the name of the safety copy: `20261123-101500`.
    pub now_stamp: String,
    /// What to do about broken references.
    pub foreign_keys: ForeignKeys,
    /// How long to wait for a database that is in use.
    pub lock_timeout: Duration,
    /// What the safety copy of what is there now is named by: `before-restore`.
    pub label: &'static str,
    /// Hears how far it has come, and may stop it until the database is replaced.
    pub progress: &'a dyn Progress,
}

impl RestoreOptions<'_> {
    /// The strict way, at this moment, waiting some seconds for a lock.
    pub fn new(now_stamp: impl Into<String>) -> Self {
        Self {
            now_stamp: now_stamp.into(),
            foreign_keys: ForeignKeys::MustHold,
            lock_timeout: LOCK_TIMEOUT,
            label: "before-restore",
            progress: &Silent,
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
    /// How that was compressed.
    pub packing: Packing,
    /// How many tables it holds, those behind virtual tables too.
    pub tables: u64,
    /// How many rows it holds.
    pub rows: u64,
    /// Tables that couldn't be checked without what their app has, each with the reason.
    pub unchecked: Vec<String>,
    /// What was there before.
    pub safety_copy: Option<SafetyCopy>,
    /// Files of an earlier database that lay about and were moved among the safety copies.
    pub set_aside: Vec<PathBuf>,
}

/// Restores a database from a dump of this tool, of `sqlite3` or of Python, or from a database
/// file, compressed with gzip or zstd or not at all.
///
/// A dump is read with a window of some hundred kilobytes, or of its longest row.
///
/// # Errors
///
/// If the source is none of these, is cut short, was changed, tries what no dump does, or doesn't
/// make a sound database; if the database is locked or the disk fails. The database is unchanged
/// then, or the error says what state it is in.
pub fn restore<'a>(
    database: &Path,
    source: impl Into<RestoreSource<'a>>,
    options: &RestoreOptions<'_>,
) -> Result<RestoreReport> {
    load(database, source, options)?.put_in_place()
}

/// A database that is loaded and checked but not yet in place. It goes away when dropped.
#[derive(Debug)]
#[must_use]
pub struct Loaded {
    draft: Draft,
    file: DatabaseFile,
    copy_name: CopyName,
    source: SourceKind,
    packing: Packing,
    counts: Counts,
    from_the_app: Vec<FromTheApp>,
    unchecked: Vec<Unchecked>,
}

/// Loads and checks a database beside its place, which isn't touched. See [`restore`].
///
/// # Errors
///
/// As [`restore`].
pub fn load<'a>(
    database: &Path,
    source: impl Into<RestoreSource<'a>>,
    options: &RestoreOptions<'_>,
) -> Result<Loaded> {
    let file = DatabaseFile::resolve(database)?.waiting(options.lock_timeout);
    let loaded = load_beside(&file, source.into(), options, NeedsItsApp::Refuse);
    loaded.map_err(|error| match error.data_state() {
        Some(_) => error,
        None => error.state("Nothing was restored; the database is unchanged."),
    })
}

/// What was loaded only to be looked at: unlike a [`Loaded`] it can't be put in place.
pub(crate) struct ForALook(Loaded);

impl Deref for ForALook {
    type Target = Loaded;

    fn deref(&self) -> &Loaded {
        &self.0
    }
}

/// Loads a dump as [`load`] does, but only to be looked at.
pub(crate) fn load_for_a_look(
    database: &Path,
    source: &Path,
    options: &RestoreOptions<'_>,
    needs_its_app: NeedsItsApp,
) -> Result<ForALook> {
    let file = DatabaseFile::resolve(database)?;
    load_beside(&file, source.into(), options, needs_its_app).map(ForALook)
}

fn load_beside(
    file: &DatabaseFile,
    source: RestoreSource<'_>,
    options: &RestoreOptions<'_>,
    needs_its_app: NeedsItsApp,
) -> Result<Loaded> {
    let copy_name = backup::copy_name(file, options.label, &options.now_stamp)?;
    if let RestoreSource::File(source) = source
        && file.is_same_file(source)
    {
        return Err(Error::refused(format!("{} is the database itself", source.display()))
            .next("Name the dump or the copy to restore from."));
    }
    file.refuse_other_names()?;
    mistaken::replaceable(file)?;
    sweep(file);
    let name = source.name();
    let opened = source::open(source)?;
    let packing = opened.packing;
    let shape = script::Shape { page_size: place::required_page_size(file)?, needs_its_app };
    let draft = draft(file)?;
    let copy = |path: &Path| copy::copy(file, path, &name, &draft.path, shape, options.progress);
    let (source, Filled { counts, from_the_app }) = match opened.content {
        Content::Dump(input) => {
            let watch = script::Watch {
                read: opened.read,
                total: opened.total,
                progress: options.progress,
            };
            (SourceKind::Dump, script::load(input, &draft.path, shape, &watch)?)
        }
        Content::DatabaseFile(path) => (SourceKind::Database, copy(path)?),
        Content::DatabaseBytes(mut input) => {
            let whole = self::draft(file)?;
            copy::save(&mut input, &whole.path, options.progress)?;
            (SourceKind::Database, copy(&whole.path)?)
        }
    };
    let unchecked = thread::scope(|scope| {
        let flushed = scope.spawn(|| draft.flush());
        let unchecked = check::check(&draft.path, source, options)?;
        flushed.join().unwrap_or_else(|_| Err(Error::failed("the flushing broke off")))?;
        Ok(unchecked)
    })?;
    Ok(Loaded {
        draft,
        file: file.clone(),
        copy_name,
        source,
        packing,
        counts,
        from_the_app,
        unchecked,
    })
}

fn told(unchecked: &[Unchecked]) -> Vec<String> {
    unchecked.iter().map(|(table, why)| format!("{table}: {why}")).collect()
}

impl Loaded {
    /// Where the loaded database lies, for a look at it: read it, don't keep it open.
    pub fn database(&self) -> &Path {
        &self.draft.path
    }

    /// What it was loaded from.
    pub fn source(&self) -> SourceKind {
        self.source
    }

    /// How that was compressed.
    pub fn packing(&self) -> Packing {
        self.packing
    }

    /// How many tables it holds.
    pub fn tables(&self) -> u64 {
        self.counts.tables
    }

    /// How many rows it holds.
    pub fn rows(&self) -> u64 {
        self.counts.rows
    }

    /// Tables that couldn't be checked without what their app has, each with the reason.
    pub fn unchecked(&self) -> Vec<String> {
        told(&self.unchecked)
    }

    pub(crate) fn unchecked_tables(&self) -> &[Unchecked] {
        &self.unchecked
    }

    /// What its app would have brought along, and something stood in for.
    pub(crate) fn needed(&self) -> &[FromTheApp] {
        &self.from_the_app
    }

    /// How many tables and rows it would replace, if there is a database that can be read.
    pub fn replaces(&self) -> Option<(u64, u64)> {
        if self.file.found().ok()? != Found::Database {
            return None;
        }
        let there = check::count_in(&self.file.reader().ok()?).ok()?;
        Some((there.tables, there.rows))
    }

    /// Replaces the database by it; what was there is kept as a safety copy.
    ///
    /// Programs that have the database open see the new content from their next query on.
    ///
    /// # Errors
    ///
    /// If the database is locked or the disk fails. The error says what state the database is in.
    pub fn put_in_place(self) -> Result<RestoreReport> {
        let Self {
            draft: Draft { path, lock },
            file,
            copy_name,
            source,
            packing,
            counts,
            from_the_app: _,
            unchecked,
        } = self;
        let placed = place::put(path, &file, &copy_name)?;
        drop(lock);
        Ok(RestoreReport {
            database: file.path().to_owned(),
            source,
            packing,
            tables: counts.tables,
            rows: counts.rows,
            unchecked: told(&unchecked),
            safety_copy: placed.safety_copy,
            set_aside: placed.set_aside,
        })
    }
}

/// The text of a file, unpacked, if it may be a dump.
pub(crate) fn text(source: &Path) -> Result<Option<Box<dyn Read + Send>>> {
    match source::open(source.into())?.content {
        Content::Dump(text) => Ok(Some(text)),
        Content::DatabaseFile(_) | Content::DatabaseBytes(_) => Ok(None),
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
