//! `db stamp` and `db baseline`.

use super::{Context, stamp as time_stamp};
use crate::ExitCode;
use crate::arguments::{Baseline, Preview, Stamp};
use crate::terminal::Format;
use schema_engine::Result;
use schema_engine::executor::{ByHand, Deviation, Entry, Executor, Purge};
use serde::Serialize;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    database: String,
    dry_run: bool,
    from: Option<&'a str>,
    to: Option<&'a str>,
    reshaped: Option<&'a str>,
    safety_copy: Option<String>,
}

pub(super) fn stamp(context: &Context<'_>, arguments: &Stamp) -> Result<ExitCode> {
    context.settings.database.value.ensure_writable()?;
    let now = time_stamp();
    let accepted: &[_] = if arguments.force { &[Deviation::Drift] } else { &[] };
    let executor = Executor { accepted, ..context.executor(context.copies(&now)) };
    let purge = if arguments.purge { Purge::Yes } else { Purge::No };
    let entry = entry(arguments.preview());
    let done = context.wait(executor.stamp(&arguments.revision, purge, entry))?;
    tell(context, entry, &done)
}

pub(super) fn baseline(context: &Context<'_>, arguments: &Baseline) -> Result<ExitCode> {
    context.settings.database.value.ensure_writable()?;
    let now = time_stamp();
    let executor = context.executor(context.copies(&now));
    let entry = entry(arguments.preview());
    let done = context.wait(executor.baseline(arguments.revision.as_deref(), entry))?;
    tell(context, entry, &done)
}

fn entry(preview: Preview) -> Entry {
    if preview == Preview::Off { Entry::Kept } else { Entry::Tried }
}

pub(super) fn tell(context: &Context<'_>, entry: Entry, done: &ByHand) -> Result<ExitCode> {
    let database = context.database().display().to_string();
    let safety_copy = done.safety_copy.as_ref().map(|path| path.display().to_string());
    if context.format == Format::Json {
        context.terminal.json(&Report {
            version: 1,
            database,
            dry_run: entry == Entry::Tried,
            from: done.from.as_deref(),
            to: done.to.as_deref(),
            reshaped: done.reshaped.as_deref(),
            safety_copy,
        })?;
        return Ok(ExitCode::Done);
    }
    if let Some(reshaped) = &done.reshaped {
        context.terminal.say(&format!("  {reshaped}"));
    }
    let to = done.to.as_deref().unwrap_or("base");
    if entry == Entry::Tried {
        context
            .terminal
            .say(&format!("By its books {database} would be at {to}. Nothing was changed."));
        return Ok(ExitCode::Done);
    }
    context.terminal.success(&format!("By its books {database} is at {to} now."));
    if let Some(copy) = safety_copy {
        context.terminal.say(&format!("  A copy from before is at {copy}"));
    }
    Ok(ExitCode::Done)
}
