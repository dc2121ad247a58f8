//! Two sides compared: what differs, what it may cost, and the way from one to the other.
//!
//! What differs is told even if no way can be proven.

use crate::answers::Answers;
use crate::census::{CountedHazard, Footprint};
use crate::change::{Line, TextLine};
use crate::diff::{Difference, diff};
use crate::draft::{Draft, counted_hazards, draft, lines, refuse_what_would_fail};
use crate::error::{Error, ErrorKind, Result};
use crate::ident::Ident;
use crate::pair::Pair;
use crate::prove::{Proven, renamed};
use crate::questions::{self, Question};
use crate::references;
use crate::render::script::{Before, CheckedReferences, RowsKnownBy, Script, empty_script};
use crate::schema::{Schema, Table};
use crate::scratch::Scratch;
use crate::side::{Rows, Side, Sources};
use sea_orm::DatabaseConnection;
use std::collections::BTreeSet;

/// What two sides differ in.
#[derive(Debug)]
#[must_use]
pub struct Comparison {
    /// The names of the sides.
    sides: Pair<String>,
    /// The schemas, with the renames done in the current one.
    schemas: Pair<Schema>,
    answers: Answers,
    /// The differences, one line each, renames first.
    pub changes: Vec<Line>,
    /// The stored texts that differ, as one unified diff.
    pub texts: Vec<TextLine>,
    /// What the way may cost, with counts where the current side has rows.
    pub hazards: Vec<CountedHazard>,
    /// How much of the current side's data is copied or dropped, table by table.
    pub footprint: Vec<Footprint>,
    /// What somebody would have to say before the way is taken.
    pub questions: Vec<Question>,
    /// What else is worth saying.
    pub notes: Vec<String>,
    /// The way from the current side to the desired one.
    pub way: Way,
}

/// The way from the current side to the desired one.
#[derive(Debug)]
pub enum Way {
    /// There is nothing to do.
    None,
    /// It was seen to work.
    Proven(Box<Proven>),
    /// No way could be proven, and why.
    Unproven(Error),
}

/// Compares two sides.
///
/// # Errors
/// When a side can't be read, a rename isn't possible, or the desired side is a file that holds
/// nothing. That no way can be proven is no error.
pub async fn compare(
    sides: Pair<&Side>,
    sources: &Sources<'_>,
    answers: &Answers,
) -> Result<Comparison> {
    let desired = sides.desired.read(sources).await?;
    if let Some(rows) = desired.rows {
        rows.close().await?;
    }
    let current = sides.current.read(sources).await?;
    let rows = current.rows.as_ref().map(Rows::connection);
    let schemas = Pair::new(&current.schema, &desired.schema);
    let answers = answers.with_hints(&desired.renames, schemas);
    let outcome = between(sides, schemas, rows, &answers).await;
    if let Some(rows) = current.rows {
        rows.close().await?;
    }
    outcome
}

async fn between(
    sides: Pair<&Side>,
    schemas: Pair<&Schema>,
    rows: Option<&DatabaseConnection>,
    answers: &Answers,
) -> Result<Comparison> {
    refuse_nothing(sides.desired, schemas)?;
    let drafted = match draft(schemas, rows, answers).await {
        // An answer that makes no sense.
        Err(error) if error.kind() == ErrorKind::Usage => return Err(error),
        drafted => drafted,
    };
    let start = match answers.renames.as_slice() {
        [] => None,
        renames => renamed(schemas.current, renames).await.ok(),
    };
    let start = start.unwrap_or_else(|| schemas.current.clone());
    let (mut questions, mut footprint) = (Vec::new(), Vec::new());
    let (difference, hazards, notes, way) = match drafted {
        Ok(Ok(Draft { proven, hazards, notes, questions: open, footprint: measured, .. })) => {
            (questions, footprint) = (open, measured);
            (proven.difference.clone(), hazards, notes, Way::Proven(Box::new(proven)))
        }
        Ok(Err(notes)) => (Difference::default(), Vec::new(), notes, Way::None),
        Err(error) => {
            let difference = diff(Pair::new(&start, schemas.desired));
            let hazards = counted_hazards(&difference, schemas, rows, answers).await;
            let notes = difference.notes.clone();
            (difference, hazards, notes, Way::Unproven(error))
        }
    };
    let sides = sides.map(ToString::to_string);
    let names = sides.as_ref().map(String::as_str);
    let changes = match way {
        Way::None => Vec::new(),
        Way::Proven(_) | Way::Unproven(_) => lines(&difference, answers),
    };
    let texts = difference.changes.iter().flat_map(|change| change.text_lines(names)).collect();
    let schemas = Pair::new(start, schemas.desired.clone());
    let answers = answers.clone();
    Ok(Comparison {
        sides,
        schemas,
        answers,
        changes,
        texts,
        hazards,
        footprint,
        questions,
        notes,
        way,
    })
}

/// A file that holds nothing is more often a wrong path than a wish to drop everything.
fn refuse_nothing(desired: &Side, schemas: Pair<&Schema>) -> Result<()> {
    let is_nothing = |schema: &Schema| schema.is_empty() && schema.left_alone.is_empty();
    if !desired.is_file() || !schemas.desired.is_empty() || is_nothing(schemas.current) {
        return Ok(());
    }
    Err(Error::refused(format!("{desired} has no table at all: that would drop everything"))
        .state("Nothing was compared.")
        .next("Check what it names; `history@base` is the empty database, if that is meant."))
}

impl Comparison {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.way, Way::None)
    }

    /// What may have been renamed, with the flags that say so.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        questions::hints(&self.questions)
    }

    /// The way as a script for the stock `sqlite3` shell.
    ///
    /// # Errors
    /// When no way could be proven, when it isn't known whether something was renamed, or when the
    /// rows at hand would make it fail.
    pub async fn script(self) -> Result<String> {
        questions::settled(&questions::about_the_plan(&self.questions))?;
        refuse_what_would_fail(&self.hazards, &self.answers)?;
        let names = self.sides.as_ref().map(String::as_str);
        let proven = match self.way {
            Way::None => return Ok(empty_script(names)),
            Way::Proven(proven) => proven,
            Way::Unproven(error) => return Err(error),
        };
        let changes: Vec<_> = self.changes.iter().map(ToString::to_string).collect();
        let hazards: Vec<_> = self.hazards.iter().map(CountedHazard::describe).collect();
        let references = checked_references(self.schemas.as_ref()).await?;
        let script = Script {
            sides: names,
            schemas: self.schemas.as_ref(),
            changes: &changes,
            hazards: &hazards,
            plan: &proven.up,
            references: &references,
        };
        Ok(script.text())
    }
}

/// The desired tables whose references SQLite can check.
async fn checked_references(schemas: Pair<&Schema>) -> Result<Vec<CheckedReferences>> {
    let unchecked = Pair::new(
        unchecked_references(schemas.current).await?,
        unchecked_references(schemas.desired).await?,
    );
    let tables = schemas.desired.tables.values();
    let tables = tables
        .filter(|table| !table.foreign_keys.is_empty() && !unchecked.desired.contains(&table.name));
    let checked = tables.map(|desired| {
        let table = desired.name.clone();
        let current = schemas.current.tables.get(&table);
        let current = current.filter(|_| !unchecked.current.contains(&table));
        let keeps_rowids = |current: &Table| {
            current.rowid_name().is_some()
                && desired.rowid_name().is_some()
                && current.rowid_alias() == desired.rowid_alias()
        };
        CheckedReferences {
            before: if current.is_some() { Before::Checked } else { Before::Unknown },
            rows: match current {
                Some(current) if keeps_rowids(current) => RowsKnownBy::Rowid,
                _ => RowsKnownBy::Number,
            },
            table,
        }
    });
    Ok(checked.collect())
}

async fn unchecked_references(schema: &Schema) -> Result<BTreeSet<Ident>> {
    let scratch = Scratch::of(schema).await?;
    let references = references::check(scratch.connection()).await;
    let references = references.map_err(|error| {
        Error::failed("can't tell which references can be checked").because(error)
    })?;
    Ok(references.unchecked)
}
