//! `db undo`.

use super::backups::when;
use super::restore::{Wishes, replace};
use super::{Context, counted, readable_time};
use crate::ExitCode;
use crate::arguments::Undo;
use crate::terminal::{Answer, Format};
use schema_engine::Result;
use schema_engine::backup::{KeptCopy, Lost, before_last_run, not_in_copy};
use schema_engine::executor::SafetyCopies;
use schema_engine::history::Applied;
use schema_engine::restore::ForeignKeys;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Plan {
    version: u32,
    would_restore: String,
    from: Option<String>,
    to: Option<String>,
    /// The revisions that it takes back, those of one run together.
    runs: Vec<Vec<String>>,
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
    let applied = applied(context)?;
    let from = applied.last().map(|newest| newest.revision.clone());
    let runs = runs_after(&copy, &applied);
    if arguments.dry_run && context.format == Format::Json {
        let lost = lost.into_iter().map(|Lost { table, rows }| LostRows { table, rows });
        context.terminal.json(&Plan {
            version: 1,
            would_restore: copy.path.display().to_string(),
            from,
            to: copy.revision,
            runs: runs.into_iter().map(|(_, revisions)| revisions).collect(),
            lost: lost.collect(),
        })?;
        return Ok(ExitCode::Done);
    }
    tell(context, &copy, from.as_deref(), &lost);
    tell_runs(context, &runs);
    if arguments.dry_run {
        return Ok(ExitCode::Done);
    }
    if !arguments.yes {
        let path = database.path.display();
        let question = match runs.len() {
            0 | 1 => format!("Put {path} back to that?"),
            several => format!("Put {path} back to that, past {several} runs?"),
        };
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

/// What the database has had, whether this program knows it or not, the newest last.
fn applied(context: &Context<'_>) -> Result<Vec<Applied>> {
    let standing = context.wait(context.executor(SafetyCopies::Skip).standing())?;
    let unknown = standing.unknown().iter().map(|unknown| unknown.applied.clone());
    Ok(standing.applied().iter().cloned().chain(unknown).collect())
}

/// The revisions that the copy doesn't have, by the time at which they were applied: a run applies
/// all of its own at once.
fn runs_after(copy: &KeptCopy, applied: &[Applied]) -> Vec<(i64, Vec<String>)> {
    let mut runs: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for Applied { revision, applied_at } in applied {
        if Some(revision) > copy.revision.as_ref() {
            runs.entry(*applied_at).or_default().push(revision.clone());
        }
    }
    runs.into_iter().collect()
}

/// A run with `--no-backup` leaves no copy, so the one before it is gone back to.
fn tell_runs(context: &Context<'_>, runs: &[(i64, Vec<String>)]) {
    if runs.len() < 2 {
        return;
    }
    context.terminal.warn(&format!(
        "this goes back past {} runs, for the later ones kept no copy:",
        runs.len()
    ));
    for (at, revisions) in runs {
        context.terminal.say(&format!("  {}: {}", readable_time(*at), revisions.join(", ")));
    }
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
