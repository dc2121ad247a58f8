//! `db repair`.

use super::cost::Cost;
use super::revision::glyph;
use super::{Context, stamp};
use crate::ExitCode;
use crate::arguments::Repair;
use crate::terminal::{Answer, Format};
use schema_engine::Result;
use serde::Serialize;

#[derive(Serialize)]
struct Report {
    version: u32,
    database: String,
    changes: Vec<String>,
    repaired: bool,
    safety_copy: Option<String>,
}

pub(super) fn repair(context: &Context<'_>, arguments: &Repair) -> Result<ExitCode> {
    let (terminal, database) = (context.terminal, &context.settings.database.value);
    let path = database.path.display();
    let now = stamp();
    let executor = context.executor(context.copies(&now));
    let answers = arguments.answers.answers();
    let Some(plan) = context.wait(executor.plan_repair(&answers))? else {
        if context.format == Format::Json {
            return report(context, Vec::new(), false, None);
        }
        terminal.success(&format!("Nothing to repair: {path} is what its revisions made it."));
        return Ok(ExitCode::Done);
    };
    let changes = plan.draft.changes.iter().map(ToString::to_string).collect();
    if context.format == Format::Text {
        for line in &plan.draft.changes {
            terminal.say_item(glyph(line.glyph), &line.text);
        }
        Cost::of(&plan.draft).tell(terminal);
    }
    if arguments.dry_run {
        return match context.format {
            Format::Json => report(context, changes, false, None),
            Format::Text => Ok(ExitCode::Done),
        };
    }
    database.ensure_writable()?;
    plan.draft.settled(&answers).map_err(|error| error.state("The database is unchanged."))?;
    if !arguments.yes {
        let question = format!("Change the schema of {path} like this?");
        let instead = "Give --yes to go ahead without the question.";
        if terminal.confirm(&question, instead)? == Answer::No {
            terminal.say("Repair cancelled: nothing was changed.");
            return Ok(ExitCode::Refused);
        }
    }
    let done = context.wait(executor.repair(&plan))?;
    let copy = done.safety_copy.map(|path| path.display().to_string());
    if context.format == Format::Json {
        return report(context, changes, true, copy);
    }
    terminal.success(&format!("Repaired: {path} is what its revisions make."));
    if let Some(copy) = copy {
        terminal.say(&format!("  A copy from before is at {copy}"));
    }
    Ok(ExitCode::Done)
}

fn report(
    context: &Context<'_>,
    changes: Vec<String>,
    repaired: bool,
    safety_copy: Option<String>,
) -> Result<ExitCode> {
    let database = context.database().display().to_string();
    context.terminal.json(&Report { version: 1, database, changes, repaired, safety_copy })?;
    Ok(ExitCode::Done)
}
