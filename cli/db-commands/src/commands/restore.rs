//! `db restore`.

use super::{Context, counted, stamp};
use crate::ExitCode;
use crate::arguments::Restore;
use crate::terminal::{Answer, Format};
use schema_engine::restore::{self, ForeignKeys, RestoreOptions, RestoreReport};
use schema_engine::{Error, Result};
use serde::Serialize;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

#[derive(Serialize)]
struct Report {
    version: u32,
    database: String,
    tables: u64,
    rows: u64,
    safety_copy: Option<String>,
}

pub(super) fn restore(context: &Context<'_>, arguments: &Restore) -> Result<ExitCode> {
    let input = &arguments.input;
    if let Err(error) = fs::metadata(input) {
        let what = match error.kind() {
            ErrorKind::NotFound => format!("there is no file {}", input.display()),
            _ => format!("can't read {}", input.display()),
        };
        return Err(Error::failed(what).because(error).state("The database is unchanged."));
    }
    let mut options = RestoreOptions::new(stamp());
    if arguments.allow_broken_references {
        options.foreign_keys = ForeignKeys::AsFound;
    }
    replace(context, input, &options, Consent::of(arguments.yes))
}

/// Whether somebody has said yes beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// `--yes` was given.
    Given,
    /// It has to be asked for.
    Ask,
}

impl Consent {
    pub(super) fn of(yes: bool) -> Self {
        if yes { Self::Given } else { Self::Ask }
    }
}

/// Replaces the database by the content of a file, after asking.
pub(super) fn replace(
    context: &Context<'_>,
    input: &Path,
    options: &RestoreOptions,
    consent: Consent,
) -> Result<ExitCode> {
    let database = &context.settings.database.value;
    database.ensure_writable()?;
    let replaces = fs::symlink_metadata(&database.path).is_ok();
    if replaces && consent == Consent::Ask {
        let question = format!(
            "This replaces the database at {} by the content of {}. Continue?",
            database.path.display(),
            input.display()
        );
        if context.terminal.confirm(&question, "Give --yes to go ahead without the question.")?
            == Answer::No
        {
            context.terminal.say("Restore cancelled: nothing was changed.");
            return Ok(ExitCode::Refused);
        }
    }
    put_back(context, input, options)
}

/// Replaces the database by the content of a file.
pub(super) fn put_back(
    context: &Context<'_>,
    input: &Path,
    options: &RestoreOptions,
) -> Result<ExitCode> {
    let database = &context.settings.database.value;
    database.ensure_parent()?;
    let report = restore::restore(&database.path, input, options)?;
    tell(context, &report)
}

fn tell(context: &Context<'_>, report: &RestoreReport) -> Result<ExitCode> {
    let copy = report.safety_copy.as_ref().map(|copy| copy.path.display().to_string());
    let database = context.database().display().to_string();
    if context.format == Format::Json {
        let RestoreReport { tables, rows, .. } = *report;
        context.terminal.json(&Report { version: 1, database, tables, rows, safety_copy: copy })?;
        return Ok(ExitCode::Done);
    }
    let tables = counted(usize::try_from(report.tables).unwrap_or(usize::MAX), "table", "tables");
    let rows = counted(usize::try_from(report.rows).unwrap_or(usize::MAX), "row", "rows");
    context.terminal.success(&format!("Restored {tables} with {rows} to {database}"));
    if let Some(copy) = copy {
        context.terminal.say(&format!("  A copy from before is at {copy}"));
    }
    for aside in &report.set_aside {
        context.terminal.say(&format!("  Set aside: {}", aside.display()));
    }
    context.terminal.say(&format!("  `{}` shows its revision.", context.command("current")));
    Ok(ExitCode::Done)
}
