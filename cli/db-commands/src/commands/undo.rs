//! `db undo`.

use super::backups::when;
use super::restore::{Wishes, replace};
use super::{Context, counted};
use crate::ExitCode;
use crate::arguments::Undo;
use crate::terminal::{Answer, Format};
use schema_engine::Result;
use schema_engine::backup::{KeptCopy, Lost, before_last_run, not_in_copy};
use schema_engine::executor::SafetyCopies;
use schema_engine::restore::ForeignKeys;
use serde::Serialize;

#[derive(Serialize)]
struct Plan {
    version: u32,
    would_restore: String,
    from: Option<String>,
    to: Option<String>,
    lost: Vec<LostRows>,
}

#[derive(Serialize)]
struct LostRows {
    table: String,
    rows: u64,
}

pub(super) fn undo(context: &Context<'_>, arguments: &Undo) -> Result<ExitCode> {
    let database = &context.settings.database.value;
    database.ensure_writable()?;
    let copy = before_last_run(&database.path)?;
    let lost = not_in_copy(&database.path, &copy.path)?;
    let from = newest(context)?;
    if arguments.dry_run && context.format == Format::Json {
        let lost = lost.into_iter().map(|Lost { table, rows }| LostRows { table, rows });
        context.terminal.json(&Plan {
            version: 1,
            would_restore: copy.path.display().to_string(),
            from,
            to: copy.revision,
            lost: lost.collect(),
        })?;
        return Ok(ExitCode::Done);
    }
    tell(context, &copy, from.as_deref(), &lost);
    if arguments.dry_run {
        return Ok(ExitCode::Done);
    }
    if !arguments.yes {
        let question = format!("Put {} back to that?", database.path.display());
        let instead = "Give --yes to go ahead without the question.";
        if context.terminal.confirm(&question, instead)? == Answer::No {
            context.terminal.say("Undo cancelled: nothing was changed.");
            return Ok(ExitCode::Refused);
        }
    }
    // It was this very database: what was broken in it was so before.
    let foreign_keys = ForeignKeys::AsFound;
    let label = "before-undo";
    let wishes = Wishes { yes: true, force: true, dry_run: false, foreign_keys, label };
    replace(context, &copy.path, wishes)
}

/// The newest revision that the database has had, whether this program knows it or not.
fn newest(context: &Context<'_>) -> Result<Option<String>> {
    let standing = context.wait(context.executor(SafetyCopies::Skip).standing())?;
    let unknown = standing.unknown().last().map(|unknown| unknown.applied.revision.clone());
    Ok(unknown.or_else(|| standing.last().map(str::to_owned)))
}

fn tell(context: &Context<'_>, copy: &KeptCopy, from: Option<&str>, lost: &[Lost]) {
    let terminal = context.terminal;
    let name = copy.path.file_name().unwrap_or_default().to_string_lossy();
    let before = copy.reason.replace('-', " ");
    terminal.say(&format!("The last copy of a run is from {}, {before}: {name}", when(copy)));
    let (from, to) = (from.unwrap_or("base"), copy.revision.as_deref().unwrap_or("base"));
    terminal.say(&format!("  It goes from {from} back to {to}."));
    if lost.is_empty() {
        terminal.say("  Every row that is there now is in it, as far as it has the same columns.");
        return;
    }
    terminal.say("  It doesn't hold these rows as they are now, be it that they came later or that the run changed them:");
    for Lost { table, rows } in lost {
        let rows = counted(usize::try_from(*rows).unwrap_or(usize::MAX), "row", "rows");
        terminal.say(&format!("    {table}: {rows}"));
    }
}
