//! The way back from a schema that something else changed to the one that the revisions make.

use super::foreign_keys::{check_no_new, violations};
use super::run::UNCHANGED;
use super::{ByHand, Entry, Executor, close};
use crate::answers::Answers;
use crate::books::Recordings;
use crate::connection::{Access, explain, open};
use crate::diff::diff;
use crate::draft::{Draft, draft};
use crate::error::{Error, Result};
use crate::history::replay;
use crate::inspect::inspect;
use crate::pair::Pair;
use crate::plan::statistics::Statistics;
use crate::schema::Schema;
use crate::scratch::Scratch;
use sea_orm::{ConnectionTrait as _, DatabaseConnection};

/// A proven way back, with what it costs.
#[derive(Debug)]
#[must_use]
pub struct Repair {
    /// What differs, the proven plan, hazards with their counts, and open questions.
    pub draft: Draft,
    live: Schema,
    replayed: Schema,
}

impl Executor<'_> {
    /// Plans and proves the way from the live schema to what the database's revisions make; `None`
    /// where nothing differs. Nothing is changed.
    ///
    /// # Errors
    /// When the database has had revisions that the program doesn't know or none at all, or no way
    /// can be proven.
    pub async fn plan_repair(&self, answers: &Answers) -> Result<Option<Repair>> {
        let connection = open(self.database, Access::ReadOnly).await?;
        let planned = self.planned(&connection, answers).await;
        close(connection).await?;
        planned
    }

    async fn planned(
        &self,
        connection: &DatabaseConnection,
        answers: &Answers,
    ) -> Result<Option<Repair>> {
        let standing = self.checked_standing(connection, &Recordings::of(self.migrations)).await?;
        if standing.places().is_empty() {
            return Err(Error::refused(
                "the database has had none of the revisions: there is nothing to go back to",
            )
            .state("The database is unchanged.")
            .next("`db baseline` enters a database that has the tables but no history."));
        }
        let live = inspect(connection).await?;
        let scratch = Scratch::empty().await?;
        replay(&scratch, standing.places().iter().map(|at| &self.migrations[*at])).await?;
        let replayed = scratch.schema().await?;
        let drafted = draft(Pair::new(&live, &replayed), Some(connection), answers).await?;
        Ok(drafted.ok().map(|draft| Repair { draft, live, replayed }))
    }

    /// Takes a planned way: under the lock, a safety copy first, in one transaction.
    ///
    /// # Errors
    /// When the schema was changed since the plan was made, a row stands in the way, or the outcome
    /// is another than planned. The database is unchanged then.
    pub async fn repair(&self, repair: &Repair) -> Result<ByHand> {
        self.change("before-repair", Entry::Kept, async |transaction| {
            let standing =
                self.checked_standing(transaction, &Recordings::of(self.migrations)).await?;
            let live = inspect(transaction).await?;
            if !diff(Pair::new(&repair.live, &live)).is_empty() {
                return Err(Error::refused("the schema was changed since the repair was planned")
                    .state("The database is unchanged.")
                    .next("Run this again."));
            }
            let known = violations(transaction).await?;
            let statistics = Statistics::of(&live);
            let plan = repair.draft.proven.up.statements();
            let own = |statements: &[String]| statements.to_vec();
            let statements = own(&statistics.save)
                .into_iter()
                .chain(plan.map(str::to_owned))
                .chain(own(&statistics.restore));
            for sql in statements {
                transaction.execute_unprepared(&sql).await.map_err(|error| {
                    explain(error, "the repair failed").because(sql).state(UNCHANGED)
                })?;
            }
            let after = inspect(transaction).await?;
            let left = diff(Pair::new(&after, &repair.replayed));
            if !left.is_empty() {
                return Err(Error::failed("the repair doesn't lead to what the revisions make")
                    .because(left.lines().join("\n"))
                    .state(UNCHANGED));
            }
            let now = violations(transaction).await?;
            check_no_new(&known, &now).map_err(|error| error.state(UNCHANGED))?;
            let at = standing.last().map(str::to_owned);
            Ok(ByHand { from: at.clone(), to: at, reshaped: None, safety_copy: None })
        })
        .await
    }
}
