//! Counting on live data: what a migration concerns there, and how much of it there is.
//!
//! It only reads. What can't be counted doesn't stop anything: the hazard says why instead.

mod footprint;

pub use footprint::{Fate, Footprint};

use crate::answers::Answers;
use crate::error::Result;
use crate::hazard::{Concern, Evidence, Hazard, NewNames, Query, SAMPLES, new_names};
use crate::prove::Proven;
use crate::schema::Schema;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, DbErr, Statement};

/// How long a sample can be, in characters.
const LONGEST: usize = 60;

/// A hazard and how much of the live data it concerns.
#[derive(Debug, Clone)]
pub struct CountedHazard {
    /// The hazard.
    pub hazard: Hazard,
    /// What was counted; empty where there was no live data to ask.
    pub tallies: Vec<Tally>,
    /// Why nothing was counted, or not everything, though there is live data.
    pub note: Option<String>,
}

/// How much of the live data one query found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// What is wrong with it.
    pub concern: Concern,
    /// How many rows or values.
    pub count: i64,
    /// The first of them, each on one line and short.
    pub samples: Vec<String>,
}

impl CountedHazard {
    /// A hazard where there is no live data.
    #[must_use]
    pub fn uncounted(hazard: Hazard) -> Self {
        Self { hazard, tallies: Vec::new(), note: None }
    }

    /// How many rows or values it concerns; `None` where nothing was counted.
    #[must_use]
    pub fn count(&self) -> Option<i64> {
        (!self.tallies.is_empty()).then(|| self.tallies.iter().map(|tally| tally.count).sum())
    }

    /// The first of them.
    pub fn samples(&self) -> impl Iterator<Item = &str> {
        self.tallies.iter().flat_map(|tally| &tally.samples).map(String::as_str)
    }

    /// The hazard in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let found = self.tallies.iter().filter(|tally| tally.count > 0);
        let mut counted: Vec<_> = found.map(Tally::describe).collect();
        if counted.is_empty() {
            counted.extend(self.tallies.first().map(Tally::describe));
        }
        counted.extend(self.note.iter().map(|why| format!("not counted: {why}")));
        let counted = match counted.as_slice() {
            [] => String::new(),
            parts => format!(" ({})", parts.join("; ")),
        };
        format!("{}: {}{counted}", self.hazard.code, self.hazard.what)
    }
}

impl Tally {
    /// The count in words, with the samples.
    #[must_use]
    pub fn describe(&self) -> String {
        let counted = self.concern.describe(self.count);
        match self.samples.as_slice() {
            [] => counted,
            samples => format!("{counted}: {}", samples.join("; ")),
        }
    }
}

/// A live database that has a migration's current schema.
pub struct Census<'a> {
    rows: &'a DatabaseConnection,
    names: Vec<NewNames>,
    /// The tables under the names that they get, for a query to begin with.
    renamed: String,
}

impl<'a> Census<'a> {
    /// `current` is the schema of the database, before any rename.
    #[must_use]
    pub fn new(rows: &'a DatabaseConnection, current: &Schema, answers: &Answers) -> Self {
        let names = new_names(current, &answers.renames);
        let renamed: Vec<_> =
            names.iter().filter(|names| names.differ()).map(NewNames::expression).collect();
        let renamed = match renamed.as_slice() {
            [] => String::new(),
            tables => format!("WITH {} ", tables.join(", ")),
        };
        Self { rows, names, renamed }
    }

    /// Counts what each hazard concerns.
    pub async fn count(&self, hazards: Vec<Hazard>) -> Vec<CountedHazard> {
        let mut counted = Vec::with_capacity(hazards.len());
        for hazard in hazards {
            let mut found = CountedHazard::uncounted(hazard);
            match &found.hazard.evidence {
                Evidence::Unavailable(why) => found.note = Some(why.clone()),
                Evidence::Queries(queries) => {
                    for query in queries {
                        let counted = match self.doubt(query).await {
                            Ok(None) => self.tally(query).await.map(|tally| {
                                found.tallies.push(tally);
                                None
                            }),
                            other => other,
                        };
                        match counted {
                            Ok(None) => {}
                            Ok(Some(doubt)) => found.note = Some(doubt),
                            Err(error) => found.note = Some(reason(&error)),
                        }
                    }
                }
            }
            counted.push(found);
        }
        counted
    }

    /// How much of the data a proven migration copies or drops.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn footprint(&self, proven: &Proven) -> Result<Vec<Footprint>> {
        footprint::of(self.rows, proven, &self.names).await
    }

    /// Why a query would not tell the truth here.
    async fn doubt(&self, query: &Query) -> Result<Option<String>, DbErr> {
        let Some(premise) = &query.premise else { return Ok(None) };
        let exceptions = self.number(&premise.exceptions).await?;
        Ok((exceptions > 0).then(|| premise.otherwise.clone()))
    }

    async fn number(&self, sql: &str) -> Result<i64, DbErr> {
        match self.rows.query_one_raw(self.statement(sql)).await? {
            Some(row) => row.try_get_by_index(0),
            None => Ok(0),
        }
    }

    async fn tally(&self, query: &Query) -> Result<Tally, DbErr> {
        let count = self.number(&query.count).await?;
        let mut samples = Vec::new();
        if let Some(sql) = query.samples.as_ref().filter(|_| count > 0) {
            // As bytes: text need not be UTF-8.
            let sql = format!("SELECT CAST(s.sample AS BLOB) FROM ({sql}) AS s LIMIT {SAMPLES}");
            for row in self.rows.query_all_raw(self.statement(&sql)).await? {
                let sample: Vec<u8> = row.try_get_by_index(0)?;
                samples.push(one_line(&String::from_utf8_lossy(&sample)));
            }
        }
        Ok(Tally { concern: query.concern, count, samples })
    }

    fn statement(&self, sql: &str) -> Statement {
        Statement::from_string(DbBackend::Sqlite, format!("{}{sql}", self.renamed))
    }
}

/// What SQLite said, without what the libraries above it add.
fn reason(error: &DbErr) -> String {
    let text = error.to_string();
    let said = text.split_once("(code: ").and_then(|(_, said)| said.split_once(") "));
    let said = said.map_or(text.as_str(), |(_, said)| said);
    one_line(said)
}

/// A text that can stand in a line: control characters escaped, cut where it is long.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for (at, character) in text.chars().enumerate() {
        if at == LONGEST {
            line.push('…');
            break;
        }
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}
