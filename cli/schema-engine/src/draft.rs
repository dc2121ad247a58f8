//! A proven migration that waits to be written or shown: what differs, how it is done, what it
//! may cost.

use crate::answers::Answers;
use crate::change::{Change, Glyph, Line};
use crate::diff::{Difference, diff};
use crate::error::{Error, Result};
use crate::hazard::{Hazard, HazardCode, hazards};
use crate::pair::Pair;
use crate::prove::{Proven, prove};
use crate::render::{self, Header};
use crate::schema::Schema;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};

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

/// Compares, plans and proves. `Err(notes)` of the inner result where nothing differs.
///
/// `rows` is a database that has the current schema: what the migration may cost is counted there.
///
/// # Errors
/// When the rows don't fit what is desired, or the plan can't be proven.
pub async fn draft(
    schemas: Pair<&Schema>,
    rows: Option<&DatabaseConnection>,
    answers: &Answers,
) -> Result<Result<Draft, Vec<String>>> {
    let notes = diff(schemas).notes;
    let Some(proven) = prove(schemas, answers).await? else {
        return Ok(Err(notes));
    };
    let found = counted_hazards(&proven.difference, rows, answers).await?;
    refuse_what_would_fail(&found)?;
    let changes = lines(&proven.difference, answers);
    Ok(Ok(Draft { proven, changes, hazards: found, notes }))
}

/// The differences, one line each, renames first.
pub(crate) fn lines(difference: &Difference, answers: &Answers) -> Vec<Line> {
    let renames = answers.renames.iter();
    let renames = renames.map(|rename| Line { glyph: Glyph::Modify, text: rename.describe() });
    renames.chain(difference.changes.iter().flat_map(Change::describe)).collect()
}

/// The hazards of a difference, with counts where there are rows to count.
pub(crate) async fn counted_hazards(
    difference: &Difference,
    rows: Option<&DatabaseConnection>,
    answers: &Answers,
) -> Result<Vec<CountedHazard>> {
    let mut found = Vec::new();
    for hazard in hazards(difference, answers) {
        let count = count(&hazard, rows, answers).await?;
        found.push(CountedHazard { hazard, count });
    }
    Ok(found)
}

async fn count(
    hazard: &Hazard,
    rows: Option<&DatabaseConnection>,
    answers: &Answers,
) -> Result<Option<i64>> {
    // A rename is not done in the live database yet, so its new names can't be asked for.
    let (Some(rows), Some(sql), true) = (rows, &hazard.count, answers.renames.is_empty()) else {
        return Ok(None);
    };
    let uncounted = |error| Error::failed("can't count the rows that are concerned").because(error);
    let query = Statement::from_string(DbBackend::Sqlite, sql.as_str());
    match rows.query_one_raw(query).await.map_err(uncounted)? {
        Some(row) => Ok(Some(row.try_get_by_index(0).map_err(uncounted)?)),
        None => Ok(None),
    }
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
