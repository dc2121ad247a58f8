//! Changing the books by hand: what a database is said to have had, without anything being run.
//!
//! Where the schema doesn't agree nothing is entered, unless somebody insists.

use super::adopt::{adopt_regardless, drop_version_table};
use super::patience::Patience;
use super::run::{UNCHANGED, begin};
use super::{Deviation, Executor, Standing, close};
use crate::attentive::attentive;
use crate::books::{self, Recordings};
use crate::connection::{Access, Presence, check_writable, commit, explain, open, presence};
use crate::diff::{Difference, diff};
use crate::drift;
use crate::error::{Error, Result};
use crate::history::{ensure_bookkeeping, forget, forget_all, ids, record, replay};
use crate::inspect::inspect;
use crate::pair::Pair;
use crate::plan::Plan;
use crate::schema::Schema;
use crate::scratch::Scratch;
use crate::target::{Direction, resolve};
use sea_orm::DatabaseTransaction;
use std::path::PathBuf;

/// Whether the books are emptied before they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purge {
    /// Revisions that the program doesn't know are refused.
    No,
    /// Whatever stands in the books goes.
    Yes,
}

/// What becomes of the entry once it was made and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// It is committed, behind a safety copy.
    Kept,
    /// It is rolled back: only to see whether it can be made.
    Tried,
}

/// What was entered into the books.
#[derive(Debug, Clone)]
#[must_use]
pub struct ByHand {
    /// The revision at which the database stood by its books; `None` is base.
    pub from: Option<String>,
    /// The revision at which it stands now; `None` is base.
    pub to: Option<String>,
    /// What was done to the tables, in words.
    pub reshaped: Option<String>,
    /// The copy of the database as it was before.
    pub safety_copy: Option<PathBuf>,
}

impl Executor<'_> {
    /// Writes the books as if the database had had every revision up to `target` and none beyond,
    /// each as its module is now. Nothing is run.
    ///
    /// # Errors
    /// When the schema isn't what those revisions make and [`Deviation::Drift`] isn't accepted, or
    /// the database has had unknown ones and the books aren't purged. It is unchanged then.
    pub async fn stamp(&self, target: &str, purge: Purge, entry: Entry) -> Result<ByHand> {
        self.change("before-stamp", entry, async |transaction| {
            let standing = Standing::read(transaction, self.migrations).await?;
            if purge == Purge::No {
                standing.refuse_unknown()?;
            }
            let known = ids(self.migrations);
            let resolved = |direction| resolve(&known, standing.position(), target, direction);
            let count = resolved(Direction::Up).or_else(|_| resolved(Direction::Down))?;
            let difference = self.difference(count, &inspect(transaction).await?).await?;
            if !difference.is_empty() && !self.accepts(Deviation::Drift) {
                let at = count.checked_sub(1).map_or("base", |last| known[last]);
                let what = format!("the schema is not what the revisions up to {at} make");
                return Err(drift::error(&what, &difference)
                    .next("`--force` enters it into the books all the same."));
            }
            let unwritten = |error| explain(error, "can't write the books").state(UNCHANGED);
            ensure_bookkeeping(transaction).await.map_err(unwritten)?;
            if purge == Purge::Yes {
                forget_all(transaction).await.map_err(unwritten)?;
                books::forget_all(transaction).await?;
            }
            let had = if purge == Purge::Yes { &[] } else { standing.places() };
            for at in had.iter().filter(|at| **at >= count) {
                forget(transaction, known[*at]).await.map_err(unwritten)?;
            }
            let new = (0..count).filter(|at| !had.contains(at));
            let new: Vec<_> = new.map(|at| known[at].to_owned()).collect();
            record(transaction, &new).await.map_err(unwritten)?;
            self.keep_steps(transaction, count).await?;
            Ok(ByHand {
                from: standing.last().map(str::to_owned),
                to: count.checked_sub(1).map(|last| known[last].to_owned()),
                reshaped: None,
                safety_copy: None,
            })
        })
        .await
    }

    /// Enters a revision that was written from this very database, so that it isn't run on it.
    ///
    /// `up` is what the revision does. Under the lock the database must still be what that makes of
    /// the history before it.
    ///
    /// # Errors
    /// When the database has moved or its schema was changed since. It is unchanged then.
    pub async fn enter(&self, revision: &str, up: &Plan) -> Result<ByHand> {
        let scratch = Scratch::empty().await?;
        replay(&scratch, self.migrations).await?;
        scratch.run(up.statements()).await.map_err(|refused| {
            Error::failed(format!("{revision} failed on a scratch database")).because(refused.error)
        })?;
        let written = scratch.schema().await?;
        self.change("before-stamp", Entry::Kept, async |transaction| {
            if !diff(Pair::new(&written, &inspect(transaction).await?)).is_empty() {
                return Err(Error::refused(format!(
                    "the schema of the database was changed since {revision} was drafted from it"
                ))
                .state("The database is unchanged.")
                .next(format!("Remove {revision} from the migrations, and run this again.")));
            }
            let standing = Standing::read(transaction, self.migrations).await?;
            if !standing.is_at_head(self.migrations) {
                return Err(Error::failed("the database is no longer at head")
                    .state("The database is unchanged."));
            }
            let unwritten = |error| explain(error, "can't write the books").state(UNCHANGED);
            ensure_bookkeeping(transaction).await.map_err(unwritten)?;
            record(transaction, &[revision.to_owned()]).await.map_err(unwritten)?;
            let from = standing.last().map(str::to_owned);
            Ok(ByHand { from, to: Some(revision.to_owned()), reshaped: None, safety_copy: None })
        })
        .await
    }

    /// Enters a database that has the tables but no history: at `target`, or at the newest revision
    /// that makes its schema. One of the earlier program is taken over whatever Alembic's books say.
    ///
    /// # Errors
    /// When it has a history or no tables, or no revision makes its schema. It is unchanged then.
    pub async fn baseline(&self, target: Option<&str>, entry: Entry) -> Result<ByHand> {
        self.change("before-baseline", entry, async |transaction| {
            let standing = Standing::read(transaction, self.migrations).await?;
            let known = ids(self.migrations);
            if !standing.places().is_empty() || !standing.unknown().is_empty() {
                return Err(Error::usage("the database has a history already")
                    .state("The database is unchanged.")
                    .next("`db current` shows where it stands, `db stamp REV` changes that."));
            }
            let live = inspect(transaction).await?;
            if live.is_empty() {
                return Err(Error::usage("the database has no tables that could be entered")
                    .state("The database is unchanged.")
                    .next("`db upgrade` makes them."));
            }
            let named = target.map(|text| resolve(&known, 0, text, Direction::Up)).transpose()?;
            let mut reshaped = None;
            let count = match self.matching(named, &live).await? {
                Ok(count) => {
                    let unwritten =
                        |error| explain(error, "can't write the books").state(UNCHANGED);
                    ensure_bookkeeping(transaction).await.map_err(unwritten)?;
                    let new: Vec<_> = known[..count].iter().map(|id| (*id).to_owned()).collect();
                    record(transaction, &new).await.map_err(unwritten)?;
                    drop_version_table(transaction).await?;
                    count
                }
                Err(refusal) => {
                    let earlier = self.predecessor.and_then(|earlier| {
                        let at = known.iter().position(|id| *id == earlier.revision)?;
                        named.is_none_or(|count| count == at + 1).then_some((earlier, at + 1))
                    });
                    let Some((earlier, count)) = earlier else { return Err(refusal) };
                    let taken =
                        adopt_regardless(transaction, self.migrations, &live, earlier).await;
                    taken.map_err(|error| match error.kind() {
                        crate::ErrorKind::Refused => refusal,
                        _ => error,
                    })?;
                    reshaped = Some(
                        "its tables are those of the earlier program: taken over, rows untouched"
                            .to_owned(),
                    );
                    count
                }
            };
            self.keep_steps(transaction, count).await?;
            let to = count.checked_sub(1).map(|last| known[last].to_owned());
            Ok(ByHand { from: None, to, reshaped, safety_copy: None })
        })
        .await
    }

    /// How many revisions make the schema: as many as named, or the most. The refusal of the inner
    /// result shows what differs.
    async fn matching(
        &self,
        named: Option<usize>,
        live: &Schema,
    ) -> Result<std::result::Result<usize, Error>> {
        let first = named.unwrap_or(self.migrations.len());
        let difference = self.difference(first, live).await?;
        if first > 0 && difference.is_empty() {
            return Ok(Ok(first));
        }
        if named.is_none() {
            for count in (1..first).rev() {
                if self.difference(count, live).await?.is_empty() {
                    return Ok(Ok(count));
                }
            }
        }
        let what = match named {
            Some(_) => "the schema is not what the revisions up to there make",
            None => "no revision makes the schema that the database has",
        };
        Ok(Err(drift::error(what, &difference).next(
            "Bring the tables to those of a revision by hand (`db diff --from live --to history@REV --sql` writes the way), and run this again.",
        )))
    }

    /// What a schema has beyond the first `count` revisions, and lacks of them.
    async fn difference(&self, count: usize, live: &Schema) -> Result<Difference> {
        let scratch = Scratch::empty().await?;
        replay(&scratch, self.migrations.iter().take(count)).await?;
        let replayed = scratch.schema().await?;
        Ok(diff(Pair::new(&replayed, live)))
    }

    async fn keep_steps(&self, transaction: &DatabaseTransaction, count: usize) -> Result<()> {
        let places: Vec<_> = (0..count).collect();
        books::keep(transaction, &Recordings::of(self.migrations), &places, self.program).await
    }

    /// Does what changes a database that is there, under its lock: a safety copy first, all of it in
    /// one transaction.
    pub(super) async fn change(
        &self,
        label: &'static str,
        entry: Entry,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<ByHand>,
    ) -> Result<ByHand> {
        if presence(self.database)? != Presence::Database {
            let what = format!("there is no database at {}", self.database.display());
            return Err(Error::failed(what).next("`db upgrade` creates it."));
        }
        check_writable(self.database)?;
        let mut patience = Patience::new(self.database, self.patience, self.observer);
        let mut copy = None;
        let connection = open(self.database, Access::ReadWrite).await?;
        let outcome = attentive(async {
            let transaction = patience.wait(async || begin(&connection).await).await?;
            if entry == Entry::Kept {
                // Under the lock, so that it holds exactly what was there before.
                copy = self.copy(label).await?;
            }
            let done = work(&transaction).await?;
            match entry {
                Entry::Kept => commit(transaction).await?,
                Entry::Tried => {
                    let ended = transaction.rollback().await;
                    ended.map_err(|error| explain(error, "can't roll back what was tried"))?;
                }
            }
            Ok(done)
        })
        .await;
        let closed = close(connection).await;
        let (copy, _) = self.keep(copy, &outcome);
        let done = outcome?;
        closed?;
        Ok(ByHand { safety_copy: copy, ..done })
    }
}
