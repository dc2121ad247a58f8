//! `db reset`.

use super::{Context, stamp};
use crate::ExitCode;
use crate::arguments::Reset;
use crate::terminal::{Answer, Format};
use schema_engine::Result;
use schema_engine::reset::{self, BeforeReset, ResetReport};
use serde::Serialize;
use std::fs;

#[derive(Serialize)]
struct Report {
    version: u32,
    database: String,
    dry_run: bool,
    removed: Vec<String>,
    safety_copy: Option<String>,
}

pub(super) fn reset(context: &Context<'_>, arguments: &Reset) -> Result<ExitCode> {
    let database = &context.settings.database.value;
    let path = database.path.display();
    if arguments.dry_run {
        return foresee(context);
    }
    database.ensure_writable()?;
    let there = fs::symlink_metadata(&database.path).is_ok();
    if there && !arguments.yes {
        let copy =
            if arguments.no_backup { "without keeping a copy" } else { "after a copy is made" };
        let question = format!("This deletes the database at {path}, {copy}. Continue?");
        if context.terminal.confirm(&question, "Give --yes to go ahead without the question.")?
            == Answer::No
        {
            context.terminal.say("Reset cancelled: nothing was changed.");
            return Ok(ExitCode::Refused);
        }
    }
    let stamp = stamp();
    let before = if arguments.no_backup {
        BeforeReset::KeepNothing
    } else {
        BeforeReset::KeepCopy { now_stamp: &stamp }
    };
    let report = reset::reset(&database.path, before)?;
    tell(context, &report)
}

fn foresee(context: &Context<'_>) -> Result<ExitCode> {
    let files = reset::preview(context.database())?;
    let database = context.database().display().to_string();
    let removed: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
    let terminal = context.terminal;
    if context.format == Format::Json {
        terminal.json(&Report {
            version: 1,
            database,
            dry_run: true,
            removed,
            safety_copy: None,
        })?;
        return Ok(ExitCode::Done);
    }
    for path in &removed {
        terminal.data(path)?;
    }
    let count = super::counted(removed.len(), "file", "files");
    terminal.success(&format!("{count} would be deleted. Nothing was changed."));
    Ok(ExitCode::Done)
}

fn tell(context: &Context<'_>, report: &ResetReport) -> Result<ExitCode> {
    let copy = report.safety_copy.as_ref().map(|copy| copy.path.display().to_string());
    let database = report.database.display().to_string();
    let terminal = context.terminal;
    if context.format == Format::Json {
        let removed = report.removed.iter().map(|path| path.display().to_string()).collect();
        terminal.json(&Report {
            version: 1,
            database,
            dry_run: false,
            removed,
            safety_copy: copy,
        })?;
        return Ok(ExitCode::Done);
    }
    if report.removed.is_empty() {
        terminal.success(&format!("Nothing to reset: there is no database at {database}"));
        return Ok(ExitCode::Done);
    }
    terminal.success(&format!("Deleted the database at {database}"));
    if let Some(copy) = copy {
        terminal.say(&format!("  A copy from before is at {copy}"));
    }
    terminal.say(&format!("  `{}` makes a new one.", context.command("upgrade")));
    Ok(ExitCode::Done)
}
