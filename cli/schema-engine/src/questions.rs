//! What a comparison leaves open, so that somebody has to say it: was it renamed, what fills it,
//! may it go?
//!
//! Pure: questions are found and put into words here. Who asks them, and whether an open one stops
//! the work, is decided elsewhere.

mod column;
mod likeness;
mod rename;
mod table;

pub use rename::{Candidate, RenameQuestion, Sign, Strength};

use crate::amount::{Noun, counted};
use crate::answers::Answers;
use crate::change::Change;
use crate::diff::Difference;
use crate::error::{Error, Result};
use crate::hazard::{Hazard, HazardCode, Severity};
use crate::subject::Subject;
use std::fmt;

/// An open question.
#[derive(Debug, Clone)]
pub enum Question {
    /// Something is gone that may have a new name.
    Rename(RenameQuestion),
    /// Rows have no value for a column that must have one. The subject of the hazard is the
    /// column.
    Fill {
        /// What would fail.
        hazard: Hazard,
        /// How many rows have no value.
        rows: i64,
    },
    /// Something is lost.
    Accept {
        /// What is lost.
        hazard: Hazard,
        /// How many rows it concerns, where they were counted.
        rows: Option<i64>,
    },
}

/// The questions without whose answers nobody knows what the plan is, or rows would make it fail.
/// That something is lost is no such question.
#[must_use]
pub fn about_the_plan(questions: &[Question]) -> Vec<Question> {
    let needed = |question: &&Question| match question {
        Question::Rename(rename) => rename.strength() == Strength::SameShape,
        Question::Fill { .. } => true,
        Question::Accept { .. } => false,
    };
    questions.iter().filter(needed).cloned().collect()
}

/// The questions that the answers leave open, renames first: a rename changes the others.
///
/// The hazards are those of the difference, each with the count of rows that it concerns.
#[must_use]
pub fn questions<'a>(
    difference: &Difference,
    hazards: impl IntoIterator<Item = (&'a Hazard, Option<i64>)>,
    answers: &Answers,
) -> Vec<Question> {
    let meant = |code| answers.accepted.contains(&code);
    let mut open = Vec::new();
    if !meant(HazardCode::DropTable) {
        open.extend(table::questions(difference));
    }
    if !meant(HazardCode::DropColumn) {
        open.extend(difference.changes.iter().flat_map(|change| match change {
            Change::AlterTable(table) => column::questions(difference, table).collect(),
            _ => Vec::new(),
        }));
    }
    open.retain(|question| !answers.not_renamed.contains(&question.gone));
    let mut open: Vec<_> = open.into_iter().map(Question::Rename).collect();
    let (mut fills, mut losses) = (Vec::new(), Vec::new());
    for (hazard, rows) in hazards {
        match (hazard.code, rows) {
            (HazardCode::AddRequiredColumn | HazardCode::RequireValue, Some(rows @ 1..)) => {
                fills.push(Question::Fill { hazard: hazard.clone(), rows });
            }
            (code, rows) if code.severity() == Severity::LosesData && !meant(code) => {
                losses.push(Question::Accept { hazard: hazard.clone(), rows });
            }
            _ => {}
        }
    }
    open.append(&mut fills);
    open.append(&mut losses);
    open
}

/// Refuses to go on while questions are open, with the flags that answer them.
///
/// # Errors
/// [`crate::ErrorKind::Refused`] unless there is none.
pub fn settled(questions: &[Question]) -> Result<()> {
    let open: Vec<_> =
        questions.iter().filter_map(|question| in_full(question, questions)).collect();
    let what = match open.len() {
        0 => return Ok(()),
        1 => "a question is open that nobody has answered".to_owned(),
        count => format!("{count} questions are open that nobody has answered"),
    };
    let error = Error::refused(what).state("Nothing was written.");
    Err(open.into_iter().fold(error, Error::next))
}

/// What is worth saying of possible renames where nothing has to be decided.
#[must_use]
pub fn hints(questions: &[Question]) -> Vec<String> {
    let renames = questions.iter().filter_map(|question| match question {
        Question::Rename(rename) => Some(rename),
        _ => None,
    });
    renames
        .map(|rename| format!("{}: if it was renamed, `{}`", rename.what(), rename.flags()))
        .collect()
}

/// One question with the flags that answer it; `None` where another one asks for the same.
fn in_full(question: &Question, all: &[Question]) -> Option<String> {
    match question {
        Question::Rename(rename) if rename.strength() == Strength::SameShape => {
            let (things, code) = match &rename.gone {
                Subject::Table(_) => ("rows", HazardCode::DropTable),
                Subject::Column { .. } => ("values", HazardCode::DropColumn),
            };
            Some(format!(
                "{}. If it was renamed: `{}`. If {} and its {things} shall go: `{}`.",
                rename.what(),
                rename.flags(),
                rename.gone.name(),
                flag("accept", &code)
            ))
        }
        // A weak one isn't a question of its own, it goes with the loss.
        Question::Rename(_) => None,
        Question::Fill { hazard, rows } => Some(format!(
            "{}: {}, and the database has {} without a value. {}",
            hazard.code,
            hazard.what,
            counted(*rows, Noun("row", "rows")),
            hazard.fix
        )),
        Question::Accept { hazard, rows } => {
            let rename = all.iter().find_map(|other| match other {
                Question::Rename(rename) if rename.gone == hazard.subject => Some(rename),
                _ => None,
            });
            let renamed = match rename {
                Some(rename) if rename.strength() == Strength::SameShape => return None,
                Some(rename) => {
                    format!(" {}; if it was renamed: `{}`.", rename.what(), rename.flags())
                }
                None => String::new(),
            };
            let here = rows.map(|rows| format!(" ({})", hazard.counted(rows))).unwrap_or_default();
            Some(format!(
                "{}: {}{here}. If that is meant: `{}`.{renamed}",
                hazard.code,
                hazard.what,
                flag("accept", &hazard.code)
            ))
        }
    }
}

/// A flag as it is typed, in quotes where a shell would take it apart.
fn flag(name: &str, value: &impl fmt::Display) -> String {
    let value = value.to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "_.=-".contains(letter);
    if value.chars().all(plain) {
        format!("--{name} {value}")
    } else {
        format!("--{name} '{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
