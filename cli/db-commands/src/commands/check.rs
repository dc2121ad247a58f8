//! `db check`: do the models and the history say the same?

use super::Context;
use super::cost::Cost;
use super::revision::glyph;
use crate::ExitCode;
use crate::terminal::Format;
use schema_engine::Result;
use schema_engine::answers::Answers;
use schema_engine::autogenerate::Autogenerate;
use schema_engine::draft::Draft;
use serde::Serialize;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    changes: Vec<String>,
    notes: &'a [String],
    hints: &'a [String],
}

pub(super) fn check(context: &Context<'_>) -> Result<ExitCode> {
    context.check_heads()?;
    let answers = Answers::default();
    let autogenerate = Autogenerate {
        models: &context.app.models,
        migrations: &context.migrations,
        database: context.database(),
        answers: &answers,
    };
    let terminal = context.terminal;
    let draft = context.wait(autogenerate.draft())?;
    let (changes, notes) = match &draft {
        Ok(draft) => (draft.changes.as_slice(), &draft.notes),
        Err(notes) => ([].as_slice(), notes),
    };
    // An open question is no error here: `revision` asks it.
    let hints = draft.as_ref().map(Draft::hints).unwrap_or_default();
    if context.format == Format::Json {
        let changes = changes.iter().map(ToString::to_string).collect();
        terminal.json(&Report { version: 1, changes, notes, hints: &hints })?;
    } else {
        for line in changes {
            terminal.data_item(glyph(line.glyph), &line.text)?;
        }
        match &draft {
            Ok(draft) => Cost::of(draft).tell(terminal),
            Err(notes) => notes.iter().for_each(|note| terminal.say(&format!("  {note}"))),
        }
        for hint in &hints {
            terminal.say(&format!("  {hint}"));
        }
    }
    if changes.is_empty() {
        terminal.success("The models and the history say the same.");
        return Ok(ExitCode::Done);
    }
    terminal.say(&format!(
        "The models differ from the history: `{}` writes the revision.",
        context.command("revision -m \"…\" --autogenerate")
    ));
    Ok(ExitCode::Differences)
}
