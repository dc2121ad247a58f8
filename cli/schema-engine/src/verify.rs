//! A thorough look at a database or a dump: what is wrong with it, and what mends that.
//!
//! Nothing is changed: no row, no file, and no `-wal` or `-shm` is left behind. Where a file can't
//! be read without a trace (a killed program's journal would be rolled back, a `-wal` taken in), a
//! private copy is read instead.
//!
//! What is found is a [`Finding`]: its code, how bad it is, and the commands that mend it. Running
//! them is somebody else's decision.

mod beside;
mod books;
mod finding;
mod indexes;
mod keys;
mod leftovers;
mod objects;
mod opened;
mod pages;
mod part;
mod source;
mod statistics;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

pub use finding::{
    BooksProblem, BrokenObject, BrokenReferences, Finding, Fix, LeftoverRows, LeftoverTable,
    Orphans, Severity,
};

use crate::database_file::soundness::{Soundness, Unchecked};
use crate::database_file::{DatabaseFile, durable, place};
use crate::error::{Error, Result};
use crate::from_the_app::FromTheApp;
use crate::history::Migrations;
use crate::ident::Ident;
use crate::progress::{Progress, Unit, begin, stop_if_asked};
use opened::{Opened, Verdict};
use tables::Tables;

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A SQLite database.
    Database,
    /// A dump, loaded into a temporary database.
    Dump,
}

/// What a check found.
#[derive(Debug, Clone)]
#[must_use]
pub struct Verification {
    /// The file, by its real path.
    pub file: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// How many tables it holds, those behind virtual tables too.
    pub tables: u64,
    /// How many rows it holds.
    pub rows: u64,
    /// The newest revision that it has had, as its books say.
    pub revision: Option<String>,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// What was not checked, and why.
    pub notes: Vec<String>,
}

impl Verification {
    /// How bad the worst finding is; `None` where nothing was found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(Finding::severity).max()
    }
}

/// Checks a database file, or a dump of this tool, of `sqlite3` or of Python. Which of them it is,
/// is read from the file.
///
/// `migrations` are the revisions of the program whose database it may be: where it has their
/// books, its schema is held against them.
///
/// # Errors
///
/// If there is no such file, it can't be opened, another program holds a lock on it, or somebody
/// asked to stop. What is wrong inside the file is a finding and no error.
pub async fn verify(
    file: &Path,
    migrations: &Migrations,
    progress: &dyn Progress,
) -> Result<Verification> {
    let database = DatabaseFile::resolve(file)?;
    let content = source::look(&database).map_err(untouched)?;
    let mut check = Check::of(&database, content.kind(), progress);
    let outcome = match content {
        source::Content::Nothing => {
            check.found(Finding::Empty);
            Ok(())
        }
        source::Content::Database(header) => check.database(&database, header, migrations).await,
        source::Content::Dump => check.dump(file, migrations).await,
    };
    outcome.map_err(untouched)?;
    Ok(check.done())
}

fn untouched(error: Error) -> Error {
    match error.data_state() {
        Some(_) => error,
        None => error.state("The file was not touched."),
    }
}

/// A check under way.
struct Check<'a> {
    progress: &'a dyn Progress,
    verification: Verification,
    /// Tables that needed the app, which was noted.
    unchecked: Vec<Ident>,
}

impl<'a> Check<'a> {
    fn of(file: &DatabaseFile, kind: Kind, progress: &'a dyn Progress) -> Self {
        Self {
            progress,
            verification: Verification {
                file: file.path().to_owned(),
                kind,
                tables: 0,
                rows: 0,
                revision: None,
                findings: Vec::new(),
                notes: Vec::new(),
            },
            unchecked: Vec::new(),
        }
    }

    fn found(&mut self, finding: Finding) {
        self.verification.findings.push(finding);
    }

    fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.verification.findings.extend(findings);
    }

    fn note(&mut self, note: impl Into<String>) {
        self.verification.notes.push(note.into());
    }

    fn unchecked(&mut self, tables: &[Unchecked]) {
        for (table, why) in tables {
            self.note(format!("{table} can't be checked outside of its app: {why}"));
            self.unchecked.push(table.clone());
        }
    }

    fn done(mut self) -> Verification {
        // Findings of one sort stay in the order in which they were found.
        self.verification
            .findings
            .sort_by_key(|finding| (std::cmp::Reverse(finding.severity()), finding.code()));
        self.verification
    }

    async fn database(
        &mut self,
        file: &DatabaseFile,
        header: source::Header,
        migrations: &Migrations,
    ) -> Result<()> {
        self.add(place::doubt(file.path()).map(Finding::RiskyPlace));
        self.add(beside::leftovers(file));
        let opened = Opened::open(file, header)?;
        self.add(opened.findings);
        let (path, connection) = match opened.verdict {
            Verdict::Readable { path, connection } => (path, connection),
            Verdict::Unreadable(why) => {
                self.found(Finding::Unreadable(why));
                return Ok(());
            }
        };
        let step = begin(self.progress, "Checking", None, Unit::Pages);
        let progress = self.progress;
        let looked = interruptible(&connection, progress, || self.file_and_content(&connection))?;
        drop(step);
        match looked {
            Ok(()) => {
                self.books(&connection, &path, migrations).await;
                Ok(())
            }
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                Err(file.locked("can't read").because(error))
            }
            Err(error) => {
                self.found(match FromTheApp::missed_by(&error) {
                    Some(needed) => Finding::SchemaNeedsItsApp(needed.to_string()),
                    None => Finding::Unreadable(error.to_string()),
                });
                Ok(())
            }
        }
    }

    /// The pages first: where they are damaged the rest is looked at as far as it goes.
    fn file_and_content(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let Soundness { faults, misfits, unchecked } = pages::soundness(connection)?;
        self.add(misfits.into_iter().map(Finding::MisfitIndex));
        self.unchecked(&unchecked);
        let is_damaged = !faults.is_empty();
        if is_damaged {
            self.found(Finding::Damaged(faults));
        }
        let looked = self.content(connection).and_then(|tables| {
            self.verification.findings.extend(pages::free(connection, &tables)?);
            Ok(())
        });
        match looked {
            Err(error) if is_damaged => {
                self.note(format!("not checked any further, for the damage: {error}"));
                Ok(())
            }
            looked => looked,
        }
    }

    async fn dump(&mut self, file: &Path, migrations: &Migrations) -> Result<()> {
        if let Some(finding) = part::look(file, self.progress)? {
            if let Finding::Part { tables, rows } = finding {
                (self.verification.tables, self.verification.rows) = (tables, rows);
            }
            self.found(finding);
            return Ok(());
        }
        let loaded = match source::load(file)? {
            Ok(loaded) => loaded,
            Err(finding) => {
                self.found(finding);
                return Ok(());
            }
        };
        self.add(loaded.findings());
        self.unchecked(loaded.unchecked());
        if let source::Rows::Counted { tables, rows } = loaded.rows() {
            (self.verification.tables, self.verification.rows) = (tables, rows);
            self.note("its rows were read and counted; SQLite doesn't take them without its app");
            return Ok(());
        }
        let path = loaded.database().to_owned();
        let failed = |error| Error::failed("can't check what was loaded").because(error);
        // Not as a reader: those read no CHECKs.
        let connection = durable::connect(&path).map_err(failed)?;
        let progress = self.progress;
        interruptible(&connection, progress, || self.content(&connection))?.map_err(failed)?;
        self.books(&connection, &path, migrations).await;
        Ok(())
    }

    /// What a database holds: tables, references, objects, statistics.
    fn content(&mut self, connection: &Connection) -> rusqlite::Result<Tables> {
        // Nothing that stands in the schema may reach out of the database.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.pragma_update(None, "query_only", true)?;
        let tables = Tables::read(connection)?;
        self.verification.tables = tables.count();
        self.verification.rows = tables.rows();
        let notes = &mut self.verification.notes;
        let checks = pages::checks(connection, &tables, &self.unchecked, notes);
        let parts: [(&str, rusqlite::Result<Vec<Finding>>); 6] = [
            ("the references between tables", keys::check(connection, &tables, notes)),
            ("the CHECKs of the tables", checks),
            ("views and triggers", objects::check(connection, &tables)),
            ("indexes that do the same", indexes::check(connection, &tables)),
            ("the leftovers of other tools", leftovers::check(connection, &tables)),
            ("the planner's statistics", statistics::check(connection, &tables)),
        ];
        for (what, outcome) in parts {
            match outcome {
                Ok(findings) => self.add(findings),
                Err(error) => self.note(format!("{what} can't be checked: {error}")),
            }
        }
        Ok(tables)
    }

    /// Its books, and its schema as they say it should be.
    async fn books(&mut self, connection: &Connection, path: &Path, migrations: &Migrations) {
        let books = books::check(connection, path, migrations).await;
        self.verification.revision = books.revision;
        self.add(books.findings);
        self.verification.notes.extend(books.notes);
    }
}

/// Does work that SQLite breaks off when somebody asks to stop.
fn interruptible<T>(
    connection: &Connection,
    progress: &dyn Progress,
    work: impl FnOnce() -> T,
) -> Result<T> {
    const LOOK: Duration = Duration::from_millis(100);
    let handle = connection.get_interrupt_handle();
    let (done, finished) = channel::<()>();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(move || {
            while finished.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if progress.cancelled() {
                    handle.interrupt();
                }
            }
        });
        let outcome = work();
        drop(done);
        outcome
    });
    stop_if_asked(progress)?;
    Ok(outcome)
}
