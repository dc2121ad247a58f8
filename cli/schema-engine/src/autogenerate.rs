//! From changed models to a proven migration that waits to be written.

use crate::answers::Answers;
use crate::connection::{Access, Presence, explain, open, presence};
use crate::diff::diff;
use crate::draft::{Draft, draft};
use crate::drift;
use crate::error::{Error, Result};
use crate::executor::Standing;
use crate::history::{Migrations, replay};
use crate::inspect::inspect;
use crate::models::{Desired, Models};
use crate::pair::Pair;
use crate::schema::Schema;
use crate::scratch::Scratch;
use sea_orm::{DatabaseConnection, TransactionTrait as _};
use std::path::Path;

/// What a migration is drafted from.
#[derive(Clone, Copy)]
pub struct Autogenerate<'a> {
    /// The desired side.
    pub models: &'a Models,
    /// The history.
    pub migrations: &'a Migrations,
    /// The live database.
    pub database: &'a Path,
    /// What was answered beforehand.
    pub answers: &'a Answers,
}

impl Autogenerate<'_> {
    /// Compares, plans and proves, with the renames that the models remember. `Err(notes)` of the
    /// inner result where nothing differs.
    ///
    /// # Errors
    /// When the models or the history are not valid, the live database has drifted, an answer
    /// answers nothing, or the plan can't be proven. Nothing is written in any case.
    pub async fn draft(&self) -> Result<Result<Draft, Vec<String>>> {
        let Desired { schema: desired, renames: hints } = self.models.describe().await?;
        let scratch = Scratch::empty().await?;
        replay(&scratch, self.migrations).await?;
        let history = scratch.schema().await?;
        let mut notes = Vec::new();
        let live = self.live(&history, &mut notes).await?;
        let schemas = Pair::new(&history, &desired);
        let answers = self.answers.with_hints(&hints, schemas);
        let outcome = draft(schemas, live.as_ref(), &answers).await;
        if let Some(live) = live {
            close(live).await?;
        }
        Ok(match outcome? {
            Ok(mut draft) => {
                notes.append(&mut draft.notes);
                draft.notes = notes;
                Ok(draft)
            }
            Err(more) => {
                notes.extend(more);
                Err(notes)
            }
        })
    }

    /// Drafts what the live database has beyond the history, and lacks of it, as a revision. Nothing
    /// is counted: the rows are there already.
    ///
    /// # Errors
    /// When there is no database or it doesn't stand at head, an answer answers nothing, or the plan
    /// can't be proven.
    pub async fn draft_from_live(&self) -> Result<Result<Draft, Vec<String>>> {
        let scratch = Scratch::empty().await?;
        replay(&scratch, self.migrations).await?;
        let history = scratch.schema().await?;
        let connection = open(self.database, Access::ReadOnly).await?;
        let read = async {
            // In one transaction, so that the books and the tables are of the same moment.
            let unreadable = |error| explain(error, "can't read the live database");
            let moment = connection.begin().await.map_err(unreadable)?;
            let standing = Standing::read(&moment, self.migrations).await?;
            standing.refuse_unknown()?;
            if standing.is_at_head(self.migrations) {
                return inspect(&moment).await;
            }
            Err(Error::refused(format!(
                "the database is not at head (at {}): what it differs in belongs behind what is pending",
                standing.last().unwrap_or("base")
            ))
            .state("Nothing was written.")
            .next("Run `db upgrade --accept-drift` first."))
        };
        let live: Result<Schema> = read.await;
        close(connection).await?;
        draft(Pair::new(&history, &live?), None, self.answers).await
    }

    /// The live database where it stands at head and agrees with the history.
    async fn live(
        &self,
        history: &Schema,
        notes: &mut Vec<String>,
    ) -> Result<Option<DatabaseConnection>> {
        let shown = self.database.display();
        if presence(self.database)? != Presence::Database {
            if !self.migrations.is_empty() {
                notes.push(format!(
                    "there is no database at {shown}: compared with the replayed history instead"
                ));
            }
            return Ok(None);
        }
        let connection = open(self.database, Access::ReadOnly).await?;
        match self.agreed(&connection, history, notes).await {
            Ok(true) => Ok(Some(connection)),
            other => {
                close(connection).await?;
                other.map(|_| None)
            }
        }
    }

    /// Whether the database stands at head and is what its revisions made it.
    async fn agreed(
        &self,
        connection: &DatabaseConnection,
        history: &Schema,
        notes: &mut Vec<String>,
    ) -> Result<bool> {
        let instead = "compared with the replayed history instead";
        let standing = match Standing::read(connection, self.migrations).await {
            Ok(standing) => standing,
            Err(error) => {
                notes.push(format!("{error}: {instead}"));
                return Ok(false);
            }
        };
        if let Err(error) = standing.refuse_unknown() {
            notes.push(format!("{error}: {instead}"));
            return Ok(false);
        }
        let schema = inspect(connection).await?;
        if !standing.is_at_head(self.migrations) {
            let at = standing.last().unwrap_or("base");
            notes.push(format!("the database is behind head (at {at}): {instead}"));
            return Ok(false);
        }
        let difference = diff(Pair::new(history, &schema));
        if difference.is_empty() {
            return Ok(true);
        }
        let what = "the live database is not what its revisions made it";
        Err(drift::error(what, &difference)
            .next("`db repair` plans the way back, and `db revision -a --from live` writes the change down as a revision."))
    }
}

async fn close(connection: DatabaseConnection) -> Result<()> {
    let closed = connection.close().await;
    closed.map_err(|error| Error::failed("can't close the live database").because(error))
}
