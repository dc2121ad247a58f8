//! A proven migration that waits to be written or shown: what differs, how it is done, what it
//! may cost.

use crate::answers::Answers;
use crate::census::{Census, CountedHazard, Footprint};
use crate::change::{Change, Glyph, Line};
use crate::diff::{Difference, diff};
use crate::error::{Error, Result};
use crate::hazard::{Severity, hazards};
use crate::pair::Pair;
use crate::prove::{Proven, prove};
use crate::questions::{self, Question, questions};
use crate::render::{self, Header};
use crate::schema::Schema;
use sea_orm::DatabaseConnection;

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
    /// How much of the live data is copied or dropped, table by table.
    pub footprint: Vec<Footprint>,
    /// What else is worth saying.
    pub notes: Vec<String>,
}

/// Compares, plans and proves. `Err(notes)` of the inner result where nothing differs.
///
/// `rows` is a database that has the current schema: what the migration may cost is counted there.
///
/// Whether the rows fit what is desired is asked with [`Draft::refuse_what_would_fail`], so that a
/// draft can be shown all the same.
///
/// # Errors
/// When an answer answers nothing, or the plan can't be proven.
pub async fn draft(
    schemas: Pair<&Schema>,
    rows: Option<&DatabaseConnection>,
    answers: &Answers,
) -> Result<Result<Draft, Vec<String>>> {
    let Some(proven) = prove(schemas, answers).await? else {
        answers.check_fills(&Difference::default())?;
        return Ok(Err(diff(schemas).notes));
    };
    answers.check_fills(&proven.difference)?;
    // What differs once the renames are done, and what the proof has shown.
    let mut notes = proven.difference.notes.clone();
    notes.extend(proven.parking.notes());
    let mut found = counted_hazards(&proven.difference, schemas, rows, answers).await;
    for CountedHazard { hazard, .. } in &mut found {
        if let Some(parked) = proven.parking.place_of(&hazard.subject)
            && hazard.code.severity() == Severity::LosesData
        {
            hazard.what.push_str(&format!(
                "; they are parked in {} until `db undrop --prune`",
                parked.name
            ));
            "`down` and `db undrop` bring them back.".clone_into(&mut hazard.fix);
        }
    }
    let footprint = match rows {
        Some(rows) => Census::new(rows, schemas.current, answers).footprint(&proven).await?,
        None => Vec::new(),
    };
    let counted = found.iter().map(|found| (&found.hazard, found.count()));
    let mut questions = questions(&proven.difference, counted, answers);
    // What is parked isn't lost.
    questions.retain(|question| {
        !matches!(question, Question::Accept { hazard, .. }
            if proven.parking.place_of(&hazard.subject).is_some())
    });
    let changes = lines(&proven.difference, answers);
    Ok(Ok(Draft { proven, changes, hazards: found, questions, footprint, notes }))
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
    schemas: Pair<&Schema>,
    rows: Option<&DatabaseConnection>,
    answers: &Answers,
) -> Vec<CountedHazard> {
    let found = hazards(difference, schemas.desired, answers);
    match rows {
        Some(rows) => Census::new(rows, schemas.current, answers).count(found).await,
        None => found.into_iter().map(CountedHazard::uncounted).collect(),
    }
}

impl Draft {
    /// Whether everything was said that a migration needs, and the live rows fit it.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Refused`] with every open question and the flags that answer it, or with
    /// what the rows would break.
    pub fn settled(&self, answers: &Answers) -> Result<()> {
        questions::settled(&self.questions)?;
        self.refuse_what_would_fail(answers)
    }

    /// What may have been renamed, with the flags that say so.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        questions::hints(&self.questions)
    }

    /// Refuses live rows that don't fit: see [`refuse_what_would_fail`].
    ///
    /// # Errors
    /// As that.
    pub fn refuse_what_would_fail(&self, answers: &Answers) -> Result<()> {
        refuse_what_would_fail(&self.hazards, answers)
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
                .map(|CountedHazard { hazard, .. }| {
                    let parked = self.proven.parking.place_of(&hazard.subject).is_some();
                    let for_good = match hazard.code.severity() {
                        Severity::LosesData if !parked => "; `down` can't bring them back",
                        _ => "",
                    };
                    format!("{}: {}{for_good}", hazard.code, hazard.what)
                })
                .collect(),
        };
        render::module(&header, &self.proven.up, &self.proven.down)
    }
}

/// Live rows that don't fit are found now, not when the migration runs; values that would
/// change are left to the one who knows what they mean.
///
/// # Errors
/// When there are some that no answer covers: all of them, each with its count, the first of
/// them and what to do.
pub fn refuse_what_would_fail(hazards: &[CountedHazard], answers: &Answers) -> Result<()> {
    let refused: Vec<_> = hazards
        .iter()
        .filter(|found| found.count().is_some_and(|count| count > 0))
        .filter(|CountedHazard { hazard, .. }| match hazard.code.severity() {
            Severity::MayFail => true,
            Severity::MayChangeData => !answers.accepted.contains(&hazard.code),
            Severity::LosesData => false,
        })
        .collect();
    let what = match refused.as_slice() {
        [] => return Ok(()),
        [one] => one.describe(),
        many => {
            let lines: Vec<_> = many.iter().map(|found| found.describe()).collect();
            format!("the database has rows that don't fit\n  {}", lines.join("\n  "))
        }
    };
    let error = Error::refused(what).state("Nothing was written.");
    Err(refused.iter().fold(error, |error, CountedHazard { hazard, .. }| match refused.len() {
        1 => error.next(hazard.fix.clone()),
        _ => error.next(format!("{}: {}", hazard.code, hazard.fix)),
    }))
}

/// A line in back quotes, as Markdown wants code, unless it holds some itself.
fn in_code(line: &str) -> String {
    if line.contains('`') { line.to_owned() } else { format!("`{line}`") }
}
