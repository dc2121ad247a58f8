//! What live data can be asked about a hazard.

use crate::amount::{Noun, counted};

/// How the rows that a hazard concerns are found in live data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// By these queries. They name tables and columns as they are called once the renames are
    /// done.
    Queries(Vec<Query>),
    /// Not at all, and why.
    Unavailable(String),
}

/// One question to live data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What is asked for.
    pub concern: Concern,
    /// How many there are: one row, one integer.
    pub count: String,
    /// The first of them, as text for people: a row for each, one column called `sample`. `None`
    /// where showing them says nothing.
    pub samples: Option<String>,
    /// What must hold for the answer to be right. `None` where it always is.
    pub premise: Option<Premise>,
}

/// What a query takes for granted of live data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Premise {
    /// How many rows it doesn't hold for: one row, one integer.
    pub exceptions: String,
    /// What is said where there are any, in place of a count.
    pub otherwise: String,
}

/// What is wrong, or lost, with the rows or values that a query finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// Rows that are lost, or that have no value for a new column.
    Rows,
    /// Values that are lost.
    Values,
    /// Rows that hold NULL where it may no longer be.
    Missing,
    /// Rows whose key another row has, too.
    Alike,
    /// Rows that refer to nothing.
    Orphans,
    /// Rows for which a CHECK is false.
    Violations,
    /// Values that are stored otherwise, so that the way back can't bring them.
    Changes,
    /// Values that stay of another class than the one that the new type is read as.
    Misfits,
}

impl Concern {
    /// A count of it, in words.
    #[must_use]
    pub fn describe(self, count: i64) -> String {
        const ROW: Noun = Noun("row", "rows");
        const VALUE: Noun = Noun("value", "values");
        let noun = if matches!(self, Self::Changes | Self::Misfits) { VALUE } else { ROW };
        let what = match (self, count) {
            (Self::Rows, _) => "here",
            (Self::Values, 1) => "here holds one",
            (Self::Values, _) => "here hold one",
            (Self::Missing, 1) => "here has none",
            (Self::Missing, _) => "here have none",
            (Self::Alike, 1) => "here is not unique",
            (Self::Alike, _) => "here are not unique",
            (Self::Orphans, 1) => "here refers to nothing",
            (Self::Orphans, _) => "here refer to nothing",
            (Self::Violations, 1) => "here doesn't",
            (Self::Violations, _) => "here don't",
            (Self::Changes, 1) => "here changes",
            (Self::Changes, _) => "here change",
            (Self::Misfits, 1) => "here doesn't fit",
            (Self::Misfits, _) => "here don't fit",
        };
        format!("{} {what}", counted(count, noun))
    }
}
