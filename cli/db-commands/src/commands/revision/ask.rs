//! The questions of a draft, put to the person at the keyboard. Where nobody is there, open
//! questions are a refusal that gives their flags.

use crate::arguments::From;
use crate::commands::Context;
use crate::terminal::{Answer, Format, Terminal};
use schema_engine::answers::{Answers, Rename};
use schema_engine::autogenerate::Autogenerate;
use schema_engine::draft::Draft;
use schema_engine::hazard::Hazard;
use schema_engine::questions::{Question, RenameQuestion, Strength};
use schema_engine::subject::Subject;
use schema_engine::{Error, ErrorKind, Result};

/// What makes an open question answerable without a terminal.
const INSTEAD: &str = "Run this again and answer, or give the answer as a flag: `--rename`, \
                       `--fill` or `--accept`.";

/// Drafts until no question is open. `Err(notes)` of the inner result where nothing differs.
pub(super) fn settled_draft(
    context: &Context<'_>,
    mut answers: Answers,
    from: Option<From>,
) -> Result<Result<Draft, Vec<String>>> {
    let somebody_is_there = context.terminal.can_ask() && context.format == Format::Text;
    let given = answers.fills.clone();
    loop {
        let autogenerate = Autogenerate {
            models: &context.app.models,
            migrations: &context.migrations,
            database: context.database(),
            answers: &answers,
        };
        let drafted = context.wait(async {
            match from {
                None => autogenerate.draft().await,
                Some(From::Live) => autogenerate.draft_from_live().await,
            }
        });
        let mut draft = match drafted {
            Ok(Ok(draft)) => draft,
            Ok(Err(notes)) => return Ok(Err(notes)),
            // A slip in an expression that was typed just now: it is asked for again.
            Err(error) if error.kind() == ErrorKind::Usage && answers.fills != given => {
                context.terminal.error(&error);
                answers.fills.clone_from(&given);
                continue;
            }
            Err(error) => return Err(error),
        };
        if !somebody_is_there {
            draft.settled(&answers)?;
            return Ok(Ok(draft));
        }
        let questions = std::mem::take(&mut draft.questions);
        match ask_all(context.terminal, &questions, &mut answers)? {
            Outcome::Settled => {
                draft.refuse_what_would_fail(&answers)?;
                return Ok(Ok(draft));
            }
            Outcome::DraftAnew => {}
        }
    }
}

/// What the answers to the questions of one draft come to.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The draft is what was asked for.
    Settled,
    /// The answers make another migration.
    DraftAnew,
}

/// Asks in the order in which the questions come: renames, values, losses. A rename or a value
/// changes what is left to ask, so losses are asked of the last draft alone.
fn ask_all(terminal: &Terminal, questions: &[Question], answers: &mut Answers) -> Result<Outcome> {
    let mut filled = false;
    for question in questions {
        match question {
            Question::Rename(question) => match which(terminal, question)? {
                Some(rename) => {
                    answers.renames.push(rename);
                    return Ok(Outcome::DraftAnew);
                }
                None => {
                    answers.not_renamed.insert(question.gone.clone());
                }
            },
            Question::Fill { hazard, rows } => {
                if let Subject::Column { table, column } = &hazard.subject {
                    let expression = fill(terminal, hazard, *rows)?;
                    answers.fills.insert((table.clone(), column.clone()), expression);
                    filled = true;
                }
            }
            Question::Accept { .. } if filled => break,
            Question::Accept { hazard, rows } => accept(terminal, hazard, *rows)?,
        }
    }
    Ok(if filled { Outcome::DraftAnew } else { Outcome::Settled })
}

/// Which of the candidates it is now; `None` where it is gone for good.
fn which(terminal: &Terminal, question: &RenameQuestion) -> Result<Option<Rename>> {
    let gone = &question.gone;
    terminal.say(&format!("{gone} is gone. Was it renamed?"));
    for (number, candidate) in (1..).zip(&question.candidates) {
        let (new, evidence) = (candidate.rename.target(), candidate.evidence());
        terminal.say(&format!("  {number}  to {new} ({evidence})"));
    }
    terminal.say(&format!("  n  no: {gone} is dropped, what is new is added"));
    let default = match question.strength() {
        Strength::SameShape => "1",
        Strength::Likely => "n",
    };
    let count = question.candidates.len();
    loop {
        let typed = terminal.ask(&format!("Which? [{default}] "), INSTEAD)?.to_lowercase();
        let chosen = if typed.is_empty() { default } else { typed.as_str() };
        if matches!(chosen, "n" | "no") {
            return Ok(None);
        }
        let place = chosen.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        if let Some(candidate) = place.and_then(|place| question.candidates.get(place)) {
            return Ok(Some(candidate.rename.clone()));
        }
        let numbers = if count == 1 { "1".to_owned() } else { format!("1 to {count}") };
        terminal.say(&format!("Please answer {numbers}, or n."));
    }
}

/// The expression for rows that have no value.
fn fill(terminal: &Terminal, hazard: &Hazard, rows: i64) -> Result<String> {
    terminal.say(&format!("{}: {}{}.", hazard.code, hazard.what, here(hazard, Some(rows))));
    terminal.say(
        "  What do these rows get? An SQL expression over the old row: 0, 'none', lower(title).",
    );
    let expression = terminal.ask(&format!("{} = ", hazard.subject), INSTEAD)?;
    if expression.is_empty() {
        return Err(refused(format!("{} got no value for rows that are there", hazard.subject))
            .next(hazard.fix.clone()));
    }
    Ok(expression)
}

/// Goes on with what is lost, or not at all.
fn accept(terminal: &Terminal, hazard: &Hazard, rows: Option<i64>) -> Result<()> {
    terminal.say(&format!("{}: {}{}.", hazard.code, hazard.what, here(hazard, rows)));
    match terminal.confirm("Go on?", INSTEAD)? {
        Answer::Yes => Ok(()),
        Answer::No => Err(refused(format!("{} was not accepted: {}", hazard.code, hazard.what))
            .next(hazard.fix.clone())),
    }
}

fn here(hazard: &Hazard, rows: Option<i64>) -> String {
    rows.map(|rows| format!(" ({})", hazard.counted(rows))).unwrap_or_default()
}

fn refused(what: String) -> Error {
    Error::refused(what).state("Nothing was written.")
}

#[cfg(test)]
mod tests;
