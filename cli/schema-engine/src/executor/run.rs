//! The run itself, inside its transactions.

use super::adopt::{adopt, is_kept_by_alembic};
use super::foreign_keys::{Violations, check_no_new, violations};
use super::interruption::Note;
use super::ledger::{Ledger, Readers, foreseen};
use super::patience::Patience;
use super::watch::Watch;
use super::{Deviation, Executor, Ran, RowLedger, RunReport, Standing};
use crate::amount::size;
use crate::books::{self, Recordings};
use crate::connection::{commit, explain};
use crate::diff::diff;
use crate::drift;
use crate::error::{Error, ErrorKind, Result};
use crate::history::{Migrations, ensure_bookkeeping, forget, record, replay};
use crate::ident::Ident;
use crate::inspect::inspect;
use crate::pair::Pair;
use crate::plan::statistics::Statistics;
use crate::schema::Schema;
use crate::scratch::Scratch;
use crate::target::Direction;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait as _,
};
use sea_orm_migration::SchemaManager;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// From so many bytes on a second reader is worth while.
const LARGE: u64 = 16 << 20;

/// What is undone when a run fails.
pub(super) const UNCHANGED: &str = "The database is unchanged: everything was rolled back.";

/// What a run is asked for.
pub(super) struct Request<'a> {
    /// How many revisions of the history there are up to and with the target. It was worked out
    /// before the lock was held: who waited for another run that went there is where it wanted.
    pub(super) target: usize,
    pub(super) direction: Direction,
    /// What sees where rows come from, if rows are to be held.
    pub(super) watch: Option<&'a Arc<Watch>>,
    pub(super) recordings: &'a Recordings<'a>,
    /// Where the safety copy is named, once there is one.
    pub(super) copy: &'a mut Option<PathBuf>,
}

/// Runs what is to do. What that is gets decided once the lock is held, so that a second runner,
/// which had to wait for the first, finds nothing left.
pub(super) async fn run(
    executor: &Executor<'_>,
    connection: &DatabaseConnection,
    patience: &mut Patience<'_>,
    request: Request<'_>,
) -> Result<RunReport> {
    let Request { target, direction, watch, recordings, copy } = request;
    let migrations = executor.migrations;
    let transaction = patience.wait(async || begin(connection).await).await?;
    let mut standing = executor.checked_standing(&transaction, recordings).await?;
    let mut report = RunReport::of_nothing(&standing, direction);
    let mut before = inspect(&transaction).await?;
    let mut known = if before.tables.is_empty() {
        Violations::default()
    } else {
        violations(&transaction).await?
    };
    let mut holding = Holding { executor, watch, ledger: None };
    // As long as the transaction has written nothing.
    let two_readers = Readers::Two(executor.database);
    let mut under_way = None;
    if standing.places().is_empty() && is_kept_by_alembic(&before) {
        *copy = executor.copy_before(direction).await?;
        holding.open(&transaction, &before, None, two_readers, &mut report).await?;
        let to = target.checked_sub(1).map(|last| migrations[last].name());
        under_way = Note::write(executor.database, direction, None, to);
        let taken_over = adopt(&transaction, migrations, &before, executor.predecessor).await?;
        report.taken_over = Some(taken_over);
        standing = Standing::read(&transaction, migrations).await?;
        before = inspect(&transaction).await?;
    }
    let todo = standing.todo(migrations, target, direction);
    // On an empty database the run is itself the replay; there is nothing to compare with.
    let is_new = before.tables.is_empty() && standing.places().is_empty();
    let expected = if is_new || todo.is_empty() {
        None
    } else {
        let expected = Expected::at(&standing, executor, &before).await?;
        report.notes.extend(expected.drift_note());
        Some(expected)
    };
    if !todo.is_empty() && report.taken_over.is_none() {
        // Under the lock, so that it holds exactly what was there before.
        *copy = executor.copy_before(direction).await?;
        let foreseen = holding.foresee(&before, recordings, &todo, direction).await;
        holding.open(&transaction, &before, foreseen.as_ref(), two_readers, &mut report).await?;
    }
    let done = remaining(&standing, &todo, direction);
    let to = done.last().map(|at| migrations[*at].name().to_owned());
    // A new database can only be empty or complete; there is nothing to say of it.
    if !is_new && !todo.is_empty() && under_way.is_none() {
        let from = report.from.as_deref();
        under_way = Note::write(executor.database, direction, from, to.as_deref());
    }
    ensure_bookkeeping(&transaction)
        .await
        .map_err(|error| explain(error, "can't write the books"))?;
    let statistics = if todo.is_empty() { Statistics::default() } else { Statistics::of(&before) };
    let mut work = Work {
        connection,
        transaction: Some(transaction),
        migrations,
        direction,
        unrecorded: Vec::new(),
        holding,
    };
    work.keep_books(&statistics.save).await?;
    for (number, at) in todo.iter().enumerate() {
        if executor.observer.cancelled() || executor.progress.cancelled() {
            return Err(stopped(&report));
        }
        executor.observer.begins(migrations[*at].name(), number + 1, todo.len());
        if migrations[*at].use_transaction() == Some(false) {
            known = work.commit(&known, None, &mut report).await?;
            work.alone(*at, &mut report).await?;
            if number + 1 < todo.len() {
                work.hold(&mut report).await?;
            }
        } else {
            work.step(*at, &mut report).await?;
        }
        if let Some(ran) = report.ran.last() {
            executor.observer.ran(ran);
        }
    }
    work.keep_books(&statistics.restore).await?;
    let mut after = None;
    if let Some(expected) = expected {
        let found = inspect(work.transaction().await?).await?;
        expected.check(migrations, &done, &found).await?;
        report.checked.push("schema");
        after = Some(found);
    }
    work.record_steps(recordings, &done, executor.program).await?;
    let known = work.commit(&known, after, &mut report).await?;
    drop(under_way);
    report.notes.extend(known.note());
    report.to = to;
    report.checked.push("foreign_keys");
    if let Some(held) = &report.held {
        report.checked.push("rows");
        report.notes.extend(held.note());
    }
    Ok(report)
}

/// The places of the revisions that are applied when all is done.
fn remaining(standing: &Standing, todo: &[usize], direction: Direction) -> Vec<usize> {
    let mut places: Vec<usize> = standing.places().to_vec();
    match direction {
        Direction::Up => places.extend(todo),
        Direction::Down => places.retain(|at| !todo.contains(at)),
    }
    places.sort_unstable();
    places
}

pub(super) async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    connection
        .begin_with_options(options)
        .await
        .map_err(|error| explain(error, "can't begin to change the database"))
}

/// The transaction that the steps run in.
struct Work<'a> {
    connection: &'a DatabaseConnection,
    transaction: Option<DatabaseTransaction>,
    migrations: &'a Migrations,
    direction: Direction,
    /// What has run in the open transaction; its rows are written right before the commit.
    unrecorded: Vec<String>,
    holding: Holding<'a>,
}

/// The row ledger of the open transaction.
struct Holding<'a> {
    executor: &'a Executor<'a>,
    watch: Option<&'a Arc<Watch>>,
    ledger: Option<Ledger>,
}

impl Holding<'_> {
    /// The tables whose rows these revisions can touch; `None` where that can't be told.
    async fn foresee(
        &self,
        before: &Schema,
        recordings: &Recordings<'_>,
        todo: &[usize],
        direction: Direction,
    ) -> Option<BTreeSet<Ident>> {
        self.watch?;
        let mut steps = Vec::new();
        for at in todo {
            let migration = self.executor.migrations[*at].as_ref();
            // One that runs alone may change anything between two transactions.
            if migration.use_transaction() == Some(false) {
                return None;
            }
            steps.extend(recordings.steps(*at, direction).await?);
        }
        foreseen(steps, before)
    }

    /// Begins to hold what is there, if the database isn't too large for that.
    async fn open(
        &mut self,
        transaction: &impl ConnectionTrait,
        before: &Schema,
        foreseen: Option<&BTreeSet<Ident>>,
        readers: Readers<'_>,
        report: &mut RunReport,
    ) -> Result<()> {
        let (Some(watch), RowLedger::UpTo(limit)) = (self.watch, self.executor.row_ledger) else {
            return Ok(());
        };
        let bytes = bytes(transaction).await?;
        if bytes > limit {
            let note =
                format!("the database is larger than {}: its rows were not compared", size(limit));
            if !report.notes.contains(&note) {
                report.notes.push(note);
            }
            return Ok(());
        }
        let readers = if bytes < LARGE { Readers::One } else { readers };
        let opened = Ledger::open(transaction, before.clone(), watch, foreseen, readers).await?;
        self.ledger = Some(opened);
        Ok(())
    }

    /// The same where the schema has to be read first.
    async fn open_here(
        &mut self,
        connection: &(impl ConnectionTrait + sea_schema::Connection),
        report: &mut RunReport,
    ) -> Result<()> {
        if self.watch.is_none() {
            return Ok(());
        }
        let before = inspect(connection).await?;
        self.open(connection, &before, None, Readers::One, report).await
    }

    /// Compares what is held, if anything is. The schema is read where it isn't given.
    async fn check(
        &mut self,
        connection: &(impl ConnectionTrait + sea_schema::Connection),
        after: Option<Schema>,
        report: &mut RunReport,
    ) -> Result<()> {
        let Some(ledger) = self.ledger.take() else { return Ok(()) };
        let after = match after {
            Some(after) => after,
            None => inspect(connection).await?,
        };
        let held = ledger.check(connection, &after).await?;
        report.held = Some(match report.held.take() {
            Some(other) => other.and(held),
            None => held,
        });
        Ok(())
    }
}

/// How large the database is.
async fn bytes(transaction: &impl ConnectionTrait) -> Result<u64> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let query = Statement::from_string(DbBackend::Sqlite, sql);
    let unreadable = |error| explain(error, "can't read how large the database is");
    let row = transaction.query_one_raw(query).await.map_err(unreadable)?;
    let bytes: Option<i64> =
        row.map(|row| row.try_get_by_index(0)).transpose().map_err(unreadable)?;
    Ok(bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0))
}

impl Work<'_> {
    async fn transaction(&mut self) -> Result<&DatabaseTransaction> {
        if self.transaction.is_none() {
            self.transaction = Some(begin(self.connection).await?);
        }
        self.transaction.as_ref().ok_or_else(|| Error::failed("there is no transaction"))
    }

    /// Statements of the engine's own, which touch nobody's tables.
    async fn keep_books(&mut self, statements: &[String]) -> Result<()> {
        for sql in statements {
            let transaction = self.transaction().await?;
            let outcome = transaction.execute_unprepared(sql).await;
            outcome.map_err(|error| {
                explain(error, "can't keep the statistics of the tables").state(UNCHANGED)
            })?;
        }
        Ok(())
    }

    /// One revision with its row in the books, in the transaction of them all.
    async fn step(&mut self, at: usize, report: &mut RunReport) -> Result<()> {
        let (migrations, direction) = (self.migrations, self.direction);
        let started = Instant::now();
        let name = migrations[at].name();
        let state = state(report);
        let transaction = self.transaction().await?;
        let manager = SchemaManager::new(transaction);
        let outcome = match direction {
            Direction::Up => migrations[at].up(&manager).await,
            Direction::Down => migrations[at].down(&manager).await,
        };
        outcome.map_err(|error| failure(name, error, &state))?;
        match direction {
            Direction::Up => self.unrecorded.push(name.to_owned()),
            Direction::Down => {
                forget(transaction, name).await.map_err(|error| failure(name, error, &state))?;
            }
        }
        report.ran.push(Ran { revision: name.to_owned(), took: started.elapsed() });
        Ok(())
    }

    /// A revision that refuses to run in a transaction. Its row is written right behind it.
    ///
    /// What it does to rows can't be rolled back any more, but it doesn't pass for success.
    async fn alone(&mut self, at: usize, report: &mut RunReport) -> Result<()> {
        let name = self.migrations[at].name();
        self.holding.open_here(self.connection, report).await?;
        let started = Instant::now();
        let manager = SchemaManager::new(self.connection);
        let outcome = match self.direction {
            Direction::Up => self.migrations[at].up(&manager).await,
            Direction::Down => self.migrations[at].down(&manager).await,
        };
        let state = format!(
            "{name} runs outside of any transaction, so parts of it may have been done; everything before it is done and recorded."
        );
        outcome.map_err(|error| failure(name, error, &state))?;
        let booked = match self.direction {
            Direction::Up => record(self.connection, &[name.to_owned()]).await,
            Direction::Down => forget(self.connection, name).await,
        };
        booked.map_err(|error| failure(name, error, &state))?;
        // It can have switched them on, and the next transaction would be in their hands.
        let off = self.connection.execute_unprepared("PRAGMA foreign_keys = OFF").await;
        off.map_err(|error| failure(name, error, &state))?;
        report.notes.push(format!(
            "{name} ran outside of any transaction: what ran before it was committed first"
        ));
        report.alone.push(name.to_owned());
        report.ran.push(Ran { revision: name.to_owned(), took: started.elapsed() });
        let state = format!(
            "{name} ran outside of any transaction and is recorded: that can't be rolled back."
        );
        let checked = self.holding.check(self.connection, None, report).await;
        checked.map_err(|error| {
            error.state(state).next("Put the copy from before back with `db backups restore`.")
        })
    }

    /// Enters what has run into both books.
    async fn record_steps(
        &mut self,
        recordings: &Recordings<'_>,
        now: &[usize],
        program: Option<&str>,
    ) -> Result<()> {
        let unrecorded = std::mem::take(&mut self.unrecorded);
        let transaction = self.transaction().await?;
        let unwritten = |error| explain(error, "can't write the books").state(UNCHANGED);
        record(transaction, &unrecorded).await.map_err(unwritten)?;
        books::keep(transaction, recordings, now, program).await
    }

    /// Begins to hold the rows as they are in a new transaction.
    async fn hold(&mut self, report: &mut RunReport) -> Result<()> {
        self.transaction().await?;
        match &self.transaction {
            Some(transaction) => self.holding.open_here(transaction, report).await,
            None => Ok(()),
        }
    }

    /// Commits if no row refers to nothing that didn't before, and no row or value changed that
    /// wasn't meant to. Gives what is broken now. The schema is read where it isn't given.
    async fn commit(
        &mut self,
        known: &Violations,
        after: Option<Schema>,
        report: &mut RunReport,
    ) -> Result<Violations> {
        let Some(transaction) = self.transaction.take() else {
            return Ok(known.clone());
        };
        let unwritten = |error| explain(error, "can't write the books").state(UNCHANGED);
        record(&transaction, &self.unrecorded).await.map_err(unwritten)?;
        self.unrecorded.clear();
        let now = violations(&transaction).await?;
        let state = state(report);
        check_no_new(known, &now).map_err(|error| error.state(&state))?;
        let held = self.holding.check(&transaction, after, report).await;
        held.map_err(|error| error.state(&state))?;
        commit(transaction).await?;
        Ok(now)
    }
}

fn stopped(report: &RunReport) -> Error {
    Error::new(ErrorKind::Interrupted, "the run was stopped").state(state(report))
}

fn state(report: &RunReport) -> String {
    match report.alone.as_slice() {
        [] => UNCHANGED.to_owned(),
        alone => format!(
            "What ran up to {} is done and recorded, because that runs outside of any transaction; everything behind it was rolled back.",
            alone[alone.len() - 1]
        ),
    }
}

fn failure(name: &str, error: DbErr, state: &str) -> Error {
    explain(error, &format!("{name} failed")).state(state)
}

/// The history replayed on a scratch database, to hold the live schema against.
struct Expected {
    scratch: Scratch,
    position: Vec<usize>,
    /// What the live schema differs in from its history, where that was accepted.
    drift: Vec<String>,
}

impl Expected {
    /// Replays what the database has had and compares: it must be where its books say.
    async fn at(standing: &Standing, executor: &Executor<'_>, live: &Schema) -> Result<Self> {
        let scratch = Scratch::empty().await?;
        let applied = standing.places().iter().map(|at| &executor.migrations[*at]);
        replay(&scratch, applied).await?;
        let replayed = scratch.schema().await?;
        if standing.places().is_empty() && replayed.tables.is_empty() {
            return Err(stranger(live));
        }
        let difference = diff(Pair::new(&replayed, live));
        if !difference.is_empty() && !executor.accepts(Deviation::Drift) {
            return Err(drift::error("the database is not what its revisions made it", &difference)
                .next("`db repair` plans the way back, and `db revision -a --from live` writes the change down as a revision.")
                .next("`db upgrade --accept-drift` goes on and leaves it as it is."));
        }
        let drift = difference.lines();
        Ok(Self { scratch, position: standing.places().to_vec(), drift })
    }

    fn drift_note(&self) -> Option<String> {
        (!self.drift.is_empty()).then(|| {
            format!(
                "the database is not what its revisions made it, and was left so:\n  {}",
                self.drift.join("\n  ")
            )
        })
    }

    /// Compares what a run left with what the history says it should leave.
    async fn check(self, migrations: &Migrations, now: &[usize], live: &Schema) -> Result<()> {
        let onwards = now.starts_with(&self.position);
        let scratch = if onwards { self.scratch } else { Scratch::empty().await? };
        let done = if onwards { self.position.len() } else { 0 };
        replay(&scratch, now[done..].iter().map(|at| &migrations[*at])).await?;
        let replayed = scratch.schema().await?;
        let left = diff(Pair::new(&replayed, live)).lines();
        if left == self.drift {
            return Ok(());
        }
        if !self.drift.is_empty() {
            let changed = self
                .drift
                .iter()
                .filter(|line| !left.contains(line))
                .map(|line| format!("gone: {line}"));
            let new = left
                .iter()
                .filter(|line| !self.drift.contains(line))
                .map(|line| format!("new: {line}"));
            return Err(Error::refused("the revisions would change what the database differs in from its history")
                .because(changed.chain(new).collect::<Vec<_>>().join("\n"))
                .state(UNCHANGED)
                .next("What they would take away may hold data: see to it with `db repair` or `db revision -a --from live` first."));
        }
        let difference = diff(Pair::new(live, &replayed));
        Err(Error::failed("the revisions left another schema than they leave on an empty database")
            .because(difference.lines().join("\n"))
            .state(UNCHANGED)
            .next("A revision does something else where there are rows; correct it."))
    }
}

/// The refusal of a database that has tables, but none of them from a revision.
pub(super) fn stranger(live: &Schema) -> Error {
    let names: Vec<_> = live.tables.keys().map(ToString::to_string).collect();
    let more =
        if names.len() > 5 { format!(", and {} more", names.len() - 5) } else { String::new() };
    let names = names.into_iter().take(5).collect::<Vec<_>>().join(", ");
    Error::refused("the database has tables, but has had none of the revisions")
        .because(format!("it holds {names}{more}"))
        .state("The database is unchanged.")
        .next("It may belong to another program: check the path, `--database` names another file.")
        .next("If it is this program's: `db baseline` enters into the books what its tables correspond to.")
}
