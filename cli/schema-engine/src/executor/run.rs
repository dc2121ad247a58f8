//! The run itself, inside its transactions.

use super::adopt::{adopt, is_kept_by_alembic};
use super::foreign_keys::{Violations, check_no_new, violations};
use super::patience::Patience;
use super::{Executor, Ran, RunReport, Standing};
use crate::connection::explain;
use crate::diff::diff;
use crate::error::{Error, ErrorKind, Result};
use crate::history::{Migrations, ensure_bookkeeping, forget, record, replay};
use crate::inspect::inspect;
use crate::pair::Pair;
use crate::plan::statistics::Statistics;
use crate::schema::Schema;
use crate::scratch::Scratch;
use crate::target::Direction;
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait as _,
};
use sea_orm_migration::SchemaManager;
use std::time::Instant;

/// What is undone when a run fails.
const UNCHANGED: &str = "The database is unchanged: everything was rolled back.";

/// Runs what is to do. What that is gets decided once the lock is held, so that a second runner,
/// which had to wait for the first, finds nothing left.
pub(super) async fn run(
    executor: &Executor<'_>,
    connection: &DatabaseConnection,
    patience: &mut Patience<'_>,
    target: &str,
    direction: Direction,
) -> Result<RunReport> {
    let migrations = executor.migrations;
    let transaction = patience.wait(async || begin(connection).await).await?;
    let mut standing = Standing::read(&transaction, migrations).await?;
    let mut report = RunReport::of_nothing(&standing, direction);
    let mut before = inspect(&transaction).await?;
    let mut known = if before.tables.is_empty() {
        Violations::default()
    } else {
        violations(&transaction).await?
    };
    if standing.places().is_empty() && is_kept_by_alembic(&before) {
        let taken_over = adopt(&transaction, migrations, &before, executor.predecessor).await?;
        report.taken_over = Some(taken_over);
        standing = Standing::read(&transaction, migrations).await?;
        before = inspect(&transaction).await?;
    }
    let todo =
        standing.todo(migrations, executor.resolve(&standing, target, direction)?, direction);
    // On an empty database the run is itself the replay; there is nothing to compare with.
    let is_new = before.tables.is_empty() && standing.places().is_empty();
    let expected = if is_new || todo.is_empty() {
        None
    } else {
        Some(Expected::at(&standing, migrations, &before).await?)
    };
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
    };
    work.keep_books(&statistics.save).await?;
    for (number, at) in todo.iter().enumerate() {
        if executor.observer.cancelled() {
            return Err(stopped(&report));
        }
        executor.observer.begins(migrations[*at].name(), number + 1, todo.len());
        if migrations[*at].use_transaction() == Some(false) {
            known = work.commit(&known).await?;
            work.alone(*at, &mut report).await?;
        } else {
            work.step(*at, &mut report).await?;
        }
        if let Some(ran) = report.ran.last() {
            executor.observer.ran(ran);
        }
    }
    work.keep_books(&statistics.restore).await?;
    if let Some(expected) = expected {
        let after = inspect(work.transaction().await?).await?;
        let remaining = remaining(&standing, &todo, direction);
        expected.check(migrations, &remaining, &after).await?;
    }
    work.commit(&known).await?;
    report.to =
        remaining(&standing, &todo, direction).last().map(|at| migrations[*at].name().to_owned());
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

async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction> {
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
    async fn alone(&mut self, at: usize, report: &mut RunReport) -> Result<()> {
        let name = self.migrations[at].name();
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
        report.notes.push(format!(
            "{name} ran outside of any transaction: what ran before it was committed first"
        ));
        report.ran.push(Ran { revision: name.to_owned(), took: started.elapsed() });
        Ok(())
    }

    /// Commits if no row refers to nothing that didn't before. Gives what is broken now.
    async fn commit(&mut self, known: &Violations) -> Result<Violations> {
        let Some(transaction) = self.transaction.take() else {
            return Ok(known.clone());
        };
        let unwritten = |error| explain(error, "can't write the books").state(UNCHANGED);
        record(&transaction, &self.unrecorded).await.map_err(unwritten)?;
        self.unrecorded.clear();
        let now = violations(&transaction).await?;
        check_no_new(known, &now).map_err(|error| error.state(UNCHANGED))?;
        transaction.commit().await.map_err(|error| explain(error, "can't commit the changes"))?;
        Ok(now)
    }
}

fn stopped(report: &RunReport) -> Error {
    Error::new(ErrorKind::Interrupted, "the run was stopped").state(state(report))
}

fn state(report: &RunReport) -> String {
    match report.notes.as_slice() {
        [] => UNCHANGED.to_owned(),
        notes => format!("Everything since then was rolled back; but {}.", notes.join(", and ")),
    }
}

fn failure(name: &str, error: DbErr, state: &str) -> Error {
    let explained = explain(error, &format!("{name} failed"));
    if explained.data_state().is_some() { explained } else { explained.state(state) }
}

/// The history replayed on a scratch database, to hold the live schema against.
struct Expected {
    scratch: Scratch,
    position: Vec<usize>,
}

impl Expected {
    /// Replays what the database has had and compares: it must be where its books say.
    async fn at(standing: &Standing, migrations: &Migrations, live: &Schema) -> Result<Self> {
        let scratch = Scratch::empty().await?;
        let applied = standing.places().iter().map(|at| &migrations[*at]);
        replay(&scratch, applied).await?;
        let replayed = scratch.schema().await?;
        if standing.places().is_empty() && replayed.tables.is_empty() {
            return Err(stranger(live));
        }
        drift(live, &replayed)?;
        Ok(Self { scratch, position: standing.places().to_vec() })
    }

    /// Compares what a run left with what the history says it should leave.
    async fn check(self, migrations: &Migrations, now: &[usize], live: &Schema) -> Result<()> {
        let onwards = now.starts_with(&self.position);
        let scratch = if onwards { self.scratch } else { Scratch::empty().await? };
        let done = if onwards { self.position.len() } else { 0 };
        replay(&scratch, now[done..].iter().map(|at| &migrations[*at])).await?;
        let replayed = scratch.schema().await?;
        let difference = diff(Pair::new(live, &replayed));
        if difference.is_empty() {
            return Ok(());
        }
        Err(Error::failed("the revisions left another schema than they leave on an empty database")
            .because(difference.lines().join("\n"))
            .state(UNCHANGED)
            .next("A revision does something else where there are rows; correct it."))
    }
}

/// The refusal of a database that has tables, but none of them from a revision.
fn stranger(live: &Schema) -> Error {
    let names: Vec<_> = live.tables.keys().map(ToString::to_string).collect();
    let more =
        if names.len() > 5 { format!(", and {} more", names.len() - 5) } else { String::new() };
    let names = names.into_iter().take(5).collect::<Vec<_>>().join(", ");
    Error::refused("the database has tables, but has had none of the revisions")
        .because(format!("it holds {names}{more}"))
        .state("The database is unchanged.")
        .next("It may belong to another program: check the path, `--database` names another file.")
}

/// Refuses a live schema that isn't what its history says.
fn drift(live: &Schema, replayed: &Schema) -> Result<()> {
    let difference = diff(Pair::new(replayed, live));
    if difference.is_empty() {
        return Ok(());
    }
    Err(crate::drift::error("the database is not what its revisions made it", &difference))
}
