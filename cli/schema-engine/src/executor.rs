//! Running revisions on a database that holds somebody's only data: all of it, or nothing.
//!
//! One connection of its own with foreign keys off, `BEGIN IMMEDIATE` before anything is decided, a
//! safety copy of what is there then, every pending revision and its row in the books, a foreign key
//! check against what was broken before, the schema against the replayed history, and only then
//! `COMMIT`.

mod adopt;
mod by_hand;
mod copying;
mod foreign_keys;
mod interruption;
mod ledger;
mod observer;
mod patience;
mod pulse;
mod rehearsal;
mod repair;
mod run;
mod script;
mod standing;
mod step_back;
mod watch;

pub use adopt::Predecessor;
pub use by_hand::{ByHand, Entry, Purge};
pub use ledger::{DEFAULT_LIMIT, Held, RowLedger};
pub use observer::{Observer, Silent};
pub use rehearsal::Rehearsal;
pub use repair::Repair;
pub use standing::{Standing, Unknown};

use crate::backup::{CopyCondition, prune, same_as_before};
use crate::books::{self, Recordings};
use crate::connection::{Access, Presence, check_writable, open, presence};
use crate::database_file::space::{Copying, Space};
use crate::database_file::{DatabaseFile, durable, place};
use crate::error::{Error, ErrorKind, Result};
use crate::history::{Migrations, ids};
use crate::inspect::inspect;
use crate::progress::Progress;
use crate::target::{Direction, resolve};
use patience::Patience;
use sea_orm::ConnectionTrait;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use watch::Watch;

/// Runs a program's revisions on one database.
#[derive(Clone, Copy)]
pub struct Executor<'a> {
    /// The database file.
    pub database: &'a Path,
    /// The revisions that the program was built with, oldest first.
    pub migrations: &'a Migrations,
    /// Whether a copy is made before anything changes.
    pub safety_copies: SafetyCopies<'a>,
    /// Whether the rows that no revision means to change are compared before a commit.
    pub row_ledger: RowLedger,
    /// The program with Alembic whose databases this one takes over, if there is one.
    pub predecessor: Option<Predecessor<'a>>,
    /// How long to wait for a database that another program holds.
    pub patience: Duration,
    /// Who hears of what is done.
    pub observer: &'a dyn Observer,
    /// Who hears how far a long copy of rows has come.
    pub progress: &'a dyn Progress,
    /// The program by name and version, for the books: who applied a revision.
    pub program: Option<&'a str>,
    /// What is accepted that would otherwise be refused.
    pub accepted: &'a [Deviation],
}

/// What a database may differ in from what the program expects of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deviation {
    /// Its schema is not what its revisions made it. It stays so.
    Drift,
    /// Modules of revisions that it has had were edited since.
    EditedRevisions,
}

/// Long enough for another one to rebuild a large table.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Whether a copy of the database is kept before it is changed.
#[derive(Debug, Clone, Copy)]
pub enum SafetyCopies<'a> {
    /// A copy is made, and the oldest are deleted.
    Keep {
        /// The time that the copy is named by, as `YYYYMMDD-HHMMSS`.
        stamp: &'a str,
        /// How many copies are kept.
        count: usize,
    },
    /// No copy is made.
    Skip,
}

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Todo {
    /// The revision that the tables of an earlier program would be taken over as, first of all.
    pub takes_over: Option<String>,
    /// The revisions that would run, in the order in which they would.
    pub runs: Vec<String>,
}

/// What a run did.
#[derive(Debug, Clone)]
#[must_use]
pub struct RunReport {
    /// Which way it went.
    pub direction: Direction,
    /// The revision at which the database stood; `None` is base.
    pub from: Option<String>,
    /// The revision at which it stands now; `None` is base.
    pub to: Option<String>,
    /// The revisions that ran, in the order in which they did.
    pub ran: Vec<Ran>,
    /// Those of them that refuse to run in a transaction, and so ended the one before them.
    pub alone: Vec<String>,
    /// What became of the run before, where that was interrupted, in words.
    pub interrupted: Option<String>,
    /// What was taken over from an earlier program, in words.
    pub taken_over: Option<String>,
    /// The copy of the database as it was before.
    pub safety_copy: Option<PathBuf>,
    /// How long the whole of it took, the copy and the checks included.
    pub took: Duration,
    /// What was checked before the commit: `schema`, `foreign_keys`, `rows`.
    pub checked: Vec<&'static str>,
    /// What the row ledger compared; `None` where none was kept.
    pub held: Option<Held>,
    /// What else is worth saying.
    pub notes: Vec<String>,
}

/// A revision that ran.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Its id.
    pub revision: String,
    /// How long it took.
    pub took: Duration,
}

impl<'a> Executor<'a> {
    /// An executor that takes nothing over, waits [`PATIENCE`] and tells nobody.
    #[must_use]
    pub fn new(
        database: &'a Path,
        migrations: &'a Migrations,
        safety_copies: SafetyCopies<'a>,
    ) -> Self {
        Self {
            database,
            migrations,
            safety_copies,
            row_ledger: RowLedger::default(),
            predecessor: None,
            patience: PATIENCE,
            observer: &Silent,
            progress: &crate::progress::Silent,
            program: None,
            accepted: &[],
        }
    }

    /// Applies what is pending up to a target: see [`resolve`] for what it takes.
    ///
    /// # Errors
    /// When the target makes no sense, the database is newer than the program, differs from its
    /// history or can't be written, or a revision fails. The database is as before then, except
    /// for revisions that refuse to run in a transaction, which the error names.
    pub async fn upgrade(&self, target: &str) -> Result<RunReport> {
        self.go(target, Direction::Up).await
    }

    /// Takes revisions back down to a target: see [`resolve`] for what it takes.
    ///
    /// # Errors
    /// As for [`Self::upgrade`], and when there is no database.
    pub async fn downgrade(&self, target: &str) -> Result<RunReport> {
        self.go(target, Direction::Down).await
    }

    /// What a run would do, in its order; nothing is changed.
    ///
    /// # Errors
    /// When the target makes no sense, the database can't be read, or it is one that an upgrade
    /// refuses because of whose it is.
    pub async fn preview(&self, target: &str, direction: Direction) -> Result<Todo> {
        self.check_there(direction)?;
        let standing = self.standing().await?;
        standing.refuse_unknown()?;
        let target = self.resolve(&standing, target, direction)?;
        let todo = standing.todo(self.migrations, target, direction);
        let mut seen = Todo { takes_over: None, runs: Vec::with_capacity(todo.len()) };
        let mut behind = None;
        if direction == Direction::Up && standing.places().is_empty() && !todo.is_empty() {
            seen.takes_over = self.takeover().await?.map(|earlier| earlier.revision.to_owned());
            let is_it =
                |at: &usize| Some(self.migrations[*at].name()) == seen.takes_over.as_deref();
            behind = todo.iter().copied().find(is_it);
        }
        let runs = todo.into_iter().filter(|at| behind.is_none_or(|behind| *at > behind));
        seen.runs = runs.map(|at| self.migrations[at].name().to_owned()).collect();
        Ok(seen)
    }

    /// Whose database it is that an upgrade would take over first. One with tables that is nobody's
    /// is refused, as by the upgrade.
    async fn takeover(&self) -> Result<Option<Predecessor<'_>>> {
        if presence(self.database)? == Presence::Missing {
            return Ok(None);
        }
        let connection = open(self.database, Access::ReadOnly).await?;
        let found = async {
            let live = inspect(&connection).await?;
            if adopt::is_kept_by_alembic(&live) {
                return adopt::recognised(&connection, &live, self.predecessor).await;
            }
            if live.tables.is_empty() { Ok(None) } else { Err(run::stranger(&live)) }
        };
        let found = found.await;
        close(connection).await?;
        found
    }

    /// Where the database stands; a missing one stands at base. Nothing is created by looking.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn standing(&self) -> Result<Standing> {
        if presence(self.database)? == Presence::Missing {
            return Ok(Standing::at_base());
        }
        let connection = open(self.database, Access::ReadOnly).await?;
        let standing = Standing::read(&connection, self.migrations).await;
        close(connection).await?;
        standing
    }

    /// Where the database stands, if this program knows all that it has had, as it has had it.
    async fn checked_standing(
        &self,
        connection: &impl ConnectionTrait,
        recordings: &Recordings<'_>,
    ) -> Result<Standing> {
        let standing = Standing::read(connection, self.migrations).await?;
        standing.refuse_unknown()?;
        if !self.accepts(Deviation::EditedRevisions) {
            let edited = books::edited(connection, recordings, standing.places()).await?;
            if !edited.is_empty() {
                return Err(books::edited_error(&edited));
            }
        }
        Ok(standing)
    }

    fn accepts(&self, deviation: Deviation) -> bool {
        self.accepted.contains(&deviation)
    }

    /// The same before anything is opened for writing.
    async fn first_look(&self, recordings: &Recordings<'_>) -> Result<Standing> {
        if presence(self.database)? == Presence::Missing {
            return Ok(Standing::at_base());
        }
        let connection = open(self.database, Access::ReadOnly).await?;
        let standing = self.checked_standing(&connection, recordings).await;
        close(connection).await?;
        standing
    }

    async fn go(&self, target_text: &str, direction: Direction) -> Result<RunReport> {
        let started = Instant::now();
        let presence = self.check_there(direction)?;
        let mut patience = Patience::new(self.database, self.patience, self.observer);
        let recordings = Recordings::of(self.migrations);
        let looked = patience.wait(async || self.first_look(&recordings).await).await;
        // What became of the run before is said also where this one is refused.
        let at = match &looked {
            Ok(standing) => Some(standing.last().map(str::to_owned)),
            Err(error) if error.kind() == ErrorKind::Refused => {
                self.standing().await.ok().map(|standing| standing.last().map(str::to_owned))
            }
            Err(_) => None,
        };
        let interrupted = match (presence, &at) {
            (Presence::Missing, _) | (_, None) => None,
            (_, Some(at)) => {
                interruption::found(self.database, at.as_deref(), &ids(self.migrations))
            }
        };
        if let Some(interrupted) = &interrupted {
            self.observer.interrupted(interrupted);
        }
        let standing = looked?;
        let target = self.resolve(&standing, target_text, direction)?;
        let nothing_to_do = standing.todo(self.migrations, target, direction).is_empty();
        // A history without revisions still begins with a database.
        let begins = presence == Presence::Missing && self.migrations.is_empty();
        if nothing_to_do && !begins {
            return Ok(RunReport { interrupted, ..RunReport::of_nothing(&standing, direction) });
        }
        check_writable(self.database)?;
        let mut notes = self.look_around()?;
        let mut copy = None;
        let connection = open(self.database, Access::Create).await?;
        // Where there are no rows there is nothing to hold.
        let watch = match (presence, self.row_ledger) {
            (Presence::Database, RowLedger::UpTo(_)) => Some(Watch::on(&connection).await?),
            _ => None,
        };
        let request = run::Request {
            target,
            direction,
            watch: watch.as_ref(),
            recordings: &recordings,
            copy: &mut copy,
        };
        let work = Box::pin(run::run(self, &connection, &mut patience, request));
        let outcome = pulse::beside(watch.as_deref(), self.observer, self.progress, work).await;
        let closed = close(connection).await;
        let (copy, note) = self.keep(copy, &outcome);
        let mut report = outcome.map_err(|error| match &copy {
            Some(copy) => error.next(format!("A copy from before is at {}.", copy.display())),
            None => error,
        })?;
        closed?;
        report.safety_copy = copy;
        report.interrupted = interrupted;
        report.took = started.elapsed();
        notes.append(&mut report.notes);
        report.notes = notes;
        report.notes.extend(note);
        Ok(report)
    }

    /// What there is at the path. Only the way up can begin with nothing.
    fn check_there(&self, direction: Direction) -> Result<Presence> {
        let presence = presence(self.database)?;
        if presence == Presence::Missing && direction == Direction::Down {
            let what = format!("there is no database at {}", self.database.display());
            return Err(Error::failed(what).next("`db upgrade` creates it."));
        }
        if presence == Presence::Missing {
            self.refuse_a_stray_wal()?;
        }
        Ok(presence)
    }

    /// SQLite deletes a WAL that has no database, and it may hold the last of one that was moved.
    fn refuse_a_stray_wal(&self) -> Result<()> {
        let wal = DatabaseFile::resolve(self.database)?.sidecar("-wal");
        if fs::metadata(&wal).map_or(0, |metadata| metadata.len()) == 0 {
            return Ok(());
        }
        let what = format!("there is no database, but its {} is there", wal.display());
        Err(Error::refused(what)
            .because("it may hold the newest data of a database that was moved or deleted")
            .state("Nothing was changed.")
            .next("Put the database back beside it, or move that file away."))
    }

    fn resolve(&self, standing: &Standing, target: &str, direction: Direction) -> Result<usize> {
        resolve(&ids(self.migrations), standing.position(), target, direction)
    }

    /// Refuses what can't fit on the disk, and notes what is wrong with the place.
    fn look_around(&self) -> Result<Vec<String>> {
        let file = DatabaseFile::resolve(self.database)?;
        let copying = match self.safety_copies {
            SafetyCopies::Keep { .. } => Copying::Yes,
            SafetyCopies::Skip => Copying::No,
        };
        let full = Space::of(&file, copying).check()?;
        Ok(place::doubt(file.path()).into_iter().chain(full).collect())
    }

    /// The copy from before a run. The lock on the database is held already: it is read through
    /// SQLite alone, since closing any other handle of the file would drop that lock
    /// (<https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).
    async fn copy_before(&self, direction: Direction) -> Result<Option<PathBuf>> {
        let label = match direction {
            Direction::Up => "before-upgrade",
            Direction::Down => "before-downgrade",
        };
        let copy = self.copy(label).await?;
        if let Some(copy) = &copy {
            self.observer.copied(copy);
        }
        Ok(copy)
    }

    async fn copy(&self, label: &'static str) -> Result<Option<PathBuf>> {
        let SafetyCopies::Keep { stamp, .. } = self.safety_copies else {
            return Ok(None);
        };
        let copied = copying::safety_copy(self.database, label, stamp, self.progress).await?;
        let Some(copy) = copied else {
            return Ok(None);
        };
        if let CopyCondition::Damaged(how) = copy.condition {
            // Nothing was done, so nobody needs a copy of it.
            fs::remove_file(&copy.path).map_err(|error| {
                Error::failed(format!("can't remove {}", copy.path.display())).because(error)
            })?;
            return Err(Error::refused("the database is damaged; a change would make it worse")
                .because(how)
                .state("The database is unchanged.")
                .next("Restore an earlier copy or a dump with `db restore`."));
        }
        Ok(Some(copy.path))
    }

    /// Keeps the copy that was made, and only so many with it; gives a note where the others
    /// can't be thinned out. A run that was refused tried nothing: its copy would only push an
    /// older one out.
    fn keep<T>(
        &self,
        copy: Option<PathBuf>,
        outcome: &Result<T>,
    ) -> (Option<PathBuf>, Option<String>) {
        let (Some(path), SafetyCopies::Keep { count, .. }) = (&copy, self.safety_copies) else {
            return (copy, None);
        };
        let kind = outcome.as_ref().err().map(Error::kind);
        let note = if matches!(kind, Some(ErrorKind::Refused | ErrorKind::Usage)) {
            // What can't be removed is named as any other copy, and the folder stays if there are
            // others in it.
            let _ = std::fs::remove_file(path);
            let _ = path.parent().map(std::fs::remove_dir);
            None
        } else if kind.is_some()
            && let Some(before) = same_as_before(self.database, path)
        {
            // A run that fails again and again would fill the folder with one and the same.
            let _ = std::fs::remove_file(path);
            return (Some(before), None);
        } else {
            prune(self.database, count).err().map(|error| error.to_string())
        };
        // With none to be kept there is none to be named.
        (copy.filter(|path| path.exists()), note)
    }
}

impl RunReport {
    fn of_nothing(standing: &Standing, direction: Direction) -> Self {
        let at = standing.last().map(str::to_owned);
        Self {
            direction,
            from: at.clone(),
            to: at,
            ran: Vec::new(),
            alone: Vec::new(),
            interrupted: None,
            taken_over: None,
            safety_copy: None,
            took: Duration::ZERO,
            checked: Vec::new(),
            held: None,
            notes: Vec::new(),
        }
    }
}

/// Removes what runs on this database left beside it when they were killed.
pub(crate) fn sweep(file: &DatabaseFile) {
    durable::sweep(file.folder(), step_back::DRAFT);
    durable::sweep_folders(file.folder(), rehearsal::FOLDER);
    // What it says is of a database that is to be reset.
    let _ = interruption::found(file.path(), None, &[]);
}

/// Closes a connection, so that its WAL is folded back into the file.
async fn close(connection: sea_orm::DatabaseConnection) -> Result<()> {
    connection
        .close()
        .await
        .map_err(|error| Error::failed("can't close the database").because(error))
}
