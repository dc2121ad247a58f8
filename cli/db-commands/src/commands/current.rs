//! `db current`.

use super::{Context, counted};
use crate::ExitCode;
use crate::arguments::Current;
use crate::terminal::Format;
use schema_engine::Result;
use schema_engine::executor::SafetyCopies;
use serde::Serialize;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    database: String,
    current: Option<&'a str>,
    pending: usize,
    /// What the database has had and this program doesn't know.
    unknown: Vec<&'a str>,
}

pub(super) fn current(context: &Context<'_>, arguments: &Current) -> Result<ExitCode> {
    let standing = context.wait(context.executor(SafetyCopies::Skip).standing())?;
    let pending = context.migrations.len() - standing.applied().len();
    let unknown: Vec<_> =
        standing.unknown().iter().map(|unknown| unknown.applied.revision.as_str()).collect();
    let code = if !arguments.exit_code {
        ExitCode::Done
    } else if !unknown.is_empty() {
        ExitCode::Refused
    } else if pending > 0 {
        ExitCode::Differences
    } else {
        ExitCode::Done
    };
    let current = unknown.last().copied().or(standing.last());
    if context.format == Format::Json {
        context.terminal.json(&Report {
            version: 1,
            database: context.database().display().to_string(),
            current,
            pending,
            unknown,
        })?;
        return Ok(code);
    }
    for unknown in &unknown {
        context.terminal.data(&format!("{unknown} (unknown to this program)"))?;
    }
    if unknown.is_empty() {
        let head = if pending == 0 { " (head)" } else { "" };
        context.terminal.data(&format!("{}{head}", current.unwrap_or("base")))?;
    } else {
        let known = standing.last().unwrap_or("base");
        context.terminal.say(&format!("The newest that this program knows of them is {known}."));
        return Ok(code);
    }
    if pending > 0 {
        let pending = counted(pending, "revision is", "revisions are");
        context.terminal.say(&format!("{pending} pending: run `{}`", context.command("upgrade")));
    }
    Ok(code)
}
