//! A proven migration that waits to be written or shown: what differs, how it is done, what it
//! may cost.

mod expressions;

use crate::answers::Answers;
use crate::change::{Change, Glyph, Line};
use crate::diff::{Difference, diff};
use crate::error::{Error, Result};
use crate::hazard::{Hazard, hazards};
use crate::pair::Pair;
use crate::prove::{Proven, prove};
use crate::questions::{self, Question, questions};
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
    /// What somebody has to say first. The plan is the one without those answers: what is gone is
    /// dropped, what is new is added, and rows without a value make it fail.
    pub questions: Vec<Question>,
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
/// When an answer answers nothing, or the plan can't be proven.
pub async fn draft(
    schemas: Pair<&Schema>,
    rows: Option<&DatabaseConnection>,
    answers: &Answers,
) -> Result<Result<Draft, Vec<String>>> {
    let notes = diff(schemas).notes;
    expressions::check(schemas.current, answers).await?;
    let Some(proven) = prove(schemas, answers).await? else {
        answers.check_fills(&Difference::default())?;
        return Ok(Err(notes));
    };
    answers.check_fills(&proven.difference)?;
    let mut found = Vec::new();
    for hazard in hazards(&proven.difference, answers) {
        let count = count(&hazard, rows, schemas.current, answers).await?;
        found.push(CountedHazard { hazard, count });
    }
    let counted = found.iter().map(|found| (&found.hazard, found.count));
    let questions = questions(&proven.difference, counted, answers);
    let renames = answers.renames.iter();
    let renames = renames.map(|rename| Line { glyph: Glyph::Modify, text: rename.describe() });
    let lines = proven.difference.changes.iter().flat_map(Change::describe);
    let changes = renames.chain(lines).collect();
    Ok(Ok(Draft { proven, changes, hazards: found, questions, notes }))
}

async fn count(
    hazard: &Hazard,
    rows: Option<&DatabaseConnection>,
    current: &Schema,
    answers: &Answers,
) -> Result<Option<i64>> {
    let (Some(rows), Some(sql)) = (rows, &hazard.count) else { return Ok(None) };
    let uncounted = |error| Error::failed("can't count the rows that are concerned").because(error);
    let query = Statement::from_string(DbBackend::Sqlite, answers.by_new_names(sql, current));
    match rows.query_one_raw(query).await.map_err(uncounted)? {
        Some(row) => Ok(Some(row.try_get_by_index(0).map_err(uncounted)?)),
        None => Ok(None),
    }
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
    /// Whether everything was said that a migration needs.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Refused`] with every open question and the flags that answer it.
    pub fn settled(&self) -> Result<()> {
        questions::settled(&self.questions)
    }

    /// What may have been renamed, with the flags that say so.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        questions::hints(&self.questions)
    }

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
