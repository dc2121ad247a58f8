//! `db current`.

use super::{Context, counted};
use crate::ExitCode;
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
}

pub(super) fn current(context: &Context<'_>) -> Result<ExitCode> {
    let standing = context.wait(context.executor(SafetyCopies::Skip).standing())?;
    let pending = context.migrations.len() - standing.applied().len();
    if context.format == Format::Json {
        context.terminal.json(&Report {
            version: 1,
            database: context.database().display().to_string(),
            current: standing.last(),
            pending,
        })?;
        return Ok(ExitCode::Done);
    }
    let head = if pending == 0 { " (head)" } else { "" };
    context.terminal.data(&format!("{}{head}", standing.last().unwrap_or("base")))?;
    if pending > 0 {
        let pending = counted(pending, "revision is", "revisions are");
        context.terminal.say(&format!("{pending} pending: run `{}`", context.command("upgrade")));
    }
    Ok(ExitCode::Done)
}
