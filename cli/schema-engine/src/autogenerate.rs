//! From changed models to a proven migration that waits to be written.

use crate::answers::Answers;
use crate::change::{Change, Glyph, Line};
use crate::connection::{Access, Presence, open, presence};
use crate::diff::diff;
use crate::drift;
use crate::error::{Error, Result};
use crate::executor::Standing;
use crate::hazard::{Hazard, HazardCode, hazards};
use crate::history::{Migrations, replay};
use crate::inspect::inspect;
use crate::models::Models;
use crate::pair::Pair;
use crate::prove::{Proven, prove};
use crate::render::{self, Header};
use crate::schema::Schema;
use crate::scratch::Scratch;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};
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

/// A proven migration.
#[derive(Debug)]
#[must_use]
pub struct Draft {
    /// The proven plan.
    pub proven: Proven,
    /// The differences, one line each, renames first.
    pub changes: Vec<Line>,
    /// What it may cost, with counts from the live data where there is some.
    pub hazards: Vec<CountedHazard>,
    /// What else is worth saying.
    pub notes: Vec<String>,
}

/// A hazard and how much of the live data it concerns.
#[derive(Debug, Clone)]
pub struct CountedHazard {
    /// The hazard.
    pub hazard: Hazard,
    /// How many rows; `None` where nothing was counted.
    pub count: Option<i64>,
}

impl Autogenerate<'_> {
    /// Compares, plans and proves. `Err(notes)` of the inner result where nothing differs.
    ///
    /// # Errors
    /// When the models or the history are not valid, the live database has drifted, live rows
    /// don't fit what is desired, or the plan can't be proven. Nothing is written in any case.
    pub async fn draft(&self) -> Result<Result<Draft, Vec<String>>> {
        let desired = self.models.schema().await?;
        let scratch = Scratch::empty().await?;
        replay(&scratch, self.migrations).await?;
        let history = scratch.schema().await?;
        let mut notes = Vec::new();
        let live = self.live(&history, &mut notes).await?;
        let outcome = self.draft_from(&history, &desired, live.as_ref(), notes).await;
        if let Some(live) = live {
            close(live).await?;
        }
        outcome
    }

    async fn draft_from(
        &self,
        history: &Schema,
        desired: &Schema,
        live: Option<&DatabaseConnection>,
        mut notes: Vec<String>,
    ) -> Result<Result<Draft, Vec<String>>> {
        let schemas = Pair::new(history, desired);
        notes.extend(diff(schemas).notes);
        let Some(proven) = prove(schemas, self.answers).await? else {
            return Ok(Err(notes));
        };
        let mut found = Vec::new();
        for hazard in hazards(&proven.difference, self.answers) {
            let count = self.count(&hazard, live).await?;
            found.push(CountedHazard { hazard, count });
        }
        refuse_what_would_fail(&found)?;
        let renames = self.answers.renames.iter();
        let renames = renames.map(|rename| Line { glyph: Glyph::Modify, text: rename.describe() });
        let lines = proven.difference.changes.iter().flat_map(Change::describe);
        let changes = renames.chain(lines).collect();
        Ok(Ok(Draft { proven, changes, hazards: found, notes }))
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
        Err(drift::error(what, &difference))
    }

    async fn count(
        &self,
        hazard: &Hazard,
        live: Option<&DatabaseConnection>,
    ) -> Result<Option<i64>> {
        // A rename is not done in the live database yet, so its new names can't be asked for.
        let (Some(live), Some(sql), true) = (live, &hazard.count, self.answers.renames.is_empty())
        else {
            return Ok(None);
        };
        let uncounted =
            |error| Error::failed("can't count the rows that are concerned").because(error);
        let query = Statement::from_string(DbBackend::Sqlite, sql.as_str());
        match live.query_one_raw(query).await.map_err(uncounted)? {
            Some(row) => Ok(Some(row.try_get_by_index(0).map_err(uncounted)?)),
            None => Ok(None),
        }
    }
}

async fn close(connection: DatabaseConnection) -> Result<()> {
    let closed = connection.close().await;
    closed.map_err(|error| Error::failed("can't close the live database").because(error))
}

/// Live rows that don't fit are found now, not when the migration runs.
fn refuse_what_would_fail(hazards: &[CountedHazard]) -> Result<()> {
    for CountedHazard { hazard, count } in hazards {
        let fails = matches!(hazard.code, HazardCode::AddRequiredColumn | HazardCode::RequireValue);
        if fails && let Some(count @ 1..) = count {
            let rows = if *count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
            return Err(Error::refused(format!(
                "{} {}, and the database has {rows} without a value",
                hazard.code, hazard.what
            ))
            .state("Nothing was written.")
            .next(hazard.fix.clone()));
        }
    }
    Ok(())
}

impl CountedHazard {
    /// The hazard in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let counted = match self.count {
            None => String::new(),
            Some(1) => " (1 row here)".to_owned(),
            Some(count) => format!(" ({count} rows here)"),
        };
        format!("{}: {}{counted}", self.hazard.code, self.hazard.what)
    }
}

impl Draft {
    /// The module's text.
    #[must_use]
    pub fn module(
        &self,
        revision: &str,
        parent: Option<&str>,
        message: &str,
        created: &str,
    ) -> String {
        let header = Header {
            revision: revision.to_owned(),
            parent: parent.map(str::to_owned),
            message: message.to_owned(),
            created: created.to_owned(),
            changes: self.changes.iter().map(|line| in_code(&line.to_string())).collect(),
            // Counts are of the developer's own data: they don't belong into everybody's history.
            hazards: self
                .hazards
                .iter()
                .map(|found| format!("{}: {}", found.hazard.code, found.hazard.what))
                .collect(),
        };
        render::module(&header, &self.proven.up, &self.proven.down)
    }
}

/// A line in back quotes, as Markdown wants code, unless it holds some itself.
fn in_code(line: &str) -> String {
    if line.contains('`') { line.to_owned() } else { format!("`{line}`") }
}
