//! `db restore`.

use super::{Context, counted, stamp};
use crate::ExitCode;
use crate::arguments::Restore;
use crate::terminal::{Answer, Format};
use schema_engine::executor::{Executor, SafetyCopies};
use schema_engine::restore::{
    self, ForeignKeys, Loaded, Packing, RestoreOptions, RestoreReport, RestoreSource, SourceKind,
};
use schema_engine::{Error, ErrorKind, Result};
use serde::Serialize;
use std::path::Path;
use std::{fs, io};

#[derive(Serialize)]
struct Report {
    version: u32,
    database: String,
    dry_run: bool,
    source: &'static str,
    compression: Option<&'static str>,
    tables: u64,
    rows: u64,
    bytes: u64,
    revision: Option<String>,
    pending: usize,
    unchecked: Vec<String>,
    safety_copy: Option<String>,
}

/// How to go about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wishes {
    /// `--yes`: somebody has agreed beforehand.
    pub(super) yes: bool,
    /// `--force`: also what a newer program made.
    pub(super) force: bool,
    /// `--dry-run`: only look.
    pub(super) dry_run: bool,
    /// What becomes of broken references.
    pub(super) foreign_keys: ForeignKeys,
    /// What the safety copy is named by.
    pub(super) label: &'static str,
}

pub(super) fn restore(context: &Context<'_>, arguments: &Restore) -> Result<ExitCode> {
    let foreign_keys = if arguments.allow_broken_references {
        ForeignKeys::AsFound
    } else {
        ForeignKeys::MustHold
    };
    let Restore { yes, force, dry_run, .. } = *arguments;
    let wishes = Wishes { yes, force, dry_run, foreign_keys, label: "before-restore" };
    replace(context, &arguments.input, wishes)
}

/// Replaces the database by the content of a file, after asking. `-` is stdin.
pub(super) fn replace(context: &Context<'_>, input: &Path, wishes: Wishes) -> Result<ExitCode> {
    let database = &context.settings.database.value;
    let is_stdin = input == "-";
    if !is_stdin && let Err(error) = fs::metadata(input) {
        let what = match error.kind() {
            io::ErrorKind::NotFound => format!("there is no file {}", input.display()),
            _ => format!("can't read {}", input.display()),
        };
        return Err(Error::failed(what).because(error).state("The database is unchanged."));
    }
    let mut asks = false;
    if !wishes.dry_run {
        database.ensure_writable()?;
        asks = !wishes.yes && fs::symlink_metadata(&database.path).is_ok();
        if asks {
            refuse_unasked(context, input)?;
        }
        database.ensure_parent()?;
    }
    let elsewhere = match database.path.parent() {
        // A look makes no folder.
        Some(parent) if wishes.dry_run && !parent.is_dir() => Some(temporary()?),
        _ => None,
    };
    let place = elsewhere.as_ref().map_or(database.path.clone(), |elsewhere| {
        elsewhere.path().join(database.path.file_name().unwrap_or("database".as_ref()))
    });
    let loaded = context.watched(|progress| {
        let mut options = RestoreOptions::new(stamp());
        options.foreign_keys = wishes.foreign_keys;
        options.label = wishes.label;
        options.progress = progress;
        let source = if is_stdin {
            RestoreSource::Stream(Box::new(io::stdin()))
        } else {
            RestoreSource::File(input)
        };
        restore::load(&place, source, &options)
    })?;
    let stands = stands(context, &loaded, wishes.force)?;
    if asks && !agreed(context, input, &loaded)? {
        context.terminal.say("Restore cancelled: nothing was changed.");
        return Ok(ExitCode::Refused);
    }
    let bytes = fs::metadata(loaded.database()).map_or(0, |metadata| metadata.len());
    let mut report = Report {
        version: 1,
        database: context.database().display().to_string(),
        dry_run: wishes.dry_run,
        source: match loaded.source() {
            SourceKind::Database => "database",
            _ => "dump",
        },
        compression: match loaded.packing() {
            Packing::Gzip => Some("gzip"),
            Packing::Zstd => Some("zstd"),
            _ => None,
        },
        tables: loaded.tables(),
        rows: loaded.rows(),
        bytes,
        revision: stands.revision,
        pending: stands.pending,
        unchecked: loaded.unchecked(),
        safety_copy: None,
    };
    let placed = if wishes.dry_run {
        drop(loaded);
        None
    } else {
        let placed = context.watched(|_| loaded.put_in_place())?;
        report.safety_copy =
            placed.safety_copy.as_ref().map(|copy| copy.path.display().to_string());
        Some(placed)
    };
    tell(context, &report, placed.as_ref(), input)
}

const INSTEAD: &str = "Give --yes to go ahead without the question.";

/// Refuses at once what nobody can be asked about later.
fn refuse_unasked(context: &Context<'_>, input: &Path) -> Result<()> {
    let why = if input == "-" {
        "and stdin is the dump: nobody can be asked"
    } else if context.terminal.can_ask() {
        return Ok(());
    } else {
        "and there is no terminal to ask on"
    };
    let database = context.database().display();
    Err(Error::refused(format!("this replaces the database at {database}, {why}"))
        .state("Nothing was changed.")
        .next(INSTEAD))
}

/// Asks, now that it is known what comes and what goes.
fn agreed(context: &Context<'_>, input: &Path, loaded: &Loaded) -> Result<bool> {
    let (database, input) = (context.database().display(), input.display());
    let goes = loaded
        .replaces()
        .map_or(String::new(), |(tables, rows)| format!(" ({})", held(tables, rows)));
    let comes = held(loaded.tables(), loaded.rows());
    let question = format!(
        "This replaces the database at {database}{goes} by the content of {input} ({comes}). Continue?"
    );
    Ok(context.terminal.confirm(&question, INSTEAD)? == Answer::Yes)
}

fn held(tables: u64, rows: u64) -> String {
    let many = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let tables = counted(many(tables), "table", "tables");
    format!("{tables} with {}", counted(many(rows), "row", "rows"))
}

fn temporary() -> Result<tempfile::TempDir> {
    tempfile::tempdir()
        .map_err(|error| Error::failed("a temporary folder can't be made").because(error))
}

/// Where a loaded database stands in the history.
struct Stands {
    revision: Option<String>,
    pending: usize,
}

/// Refuses a database that a newer program made.
fn stands(context: &Context<'_>, loaded: &Loaded, force: bool) -> Result<Stands> {
    let executor = Executor::new(loaded.database(), &context.migrations, SafetyCopies::Skip);
    let standing = context.wait(executor.standing()).and_then(|standing| {
        standing.refuse_unknown()?;
        Ok(standing)
    });
    match standing {
        Ok(standing) => Ok(Stands {
            revision: standing.last().map(str::to_owned),
            pending: context.migrations.len() - standing.applied().len(),
        }),
        Err(error) if force && error.kind() != ErrorKind::Interrupted => {
            context.terminal.warn(&format!("{error}"));
            Ok(Stands { revision: None, pending: 0 })
        }
        Err(error) => Err(unfit(error)),
    }
}

/// Why what was loaded isn't restored: the program can't work with it, or somebody wants it to stop.
fn unfit(error: Error) -> Error {
    let error = match error.kind() {
        ErrorKind::Interrupted => error,
        _ => Error::refused("this program can't work with what would be restored")
            .because(error)
            .next("Use the program that made it, or a newer one.")
            .next("--force restores it all the same; then this program refuses to run on it."),
    };
    error.state("Nothing was restored; the database is unchanged.")
}

fn tell(
    context: &Context<'_>,
    report: &Report,
    placed: Option<&RestoreReport>,
    input: &Path,
) -> Result<ExitCode> {
    let terminal = context.terminal;
    if context.format == Format::Json {
        terminal.json(report)?;
        return Ok(ExitCode::Done);
    }
    let held = held(report.tables, report.rows);
    let database = &report.database;
    let stands = match (&report.revision, report.pending) {
        (Some(revision), 0) => Some(format!("It is at {revision} (head).")),
        (Some(revision), pending) => Some(format!(
            "It is at {revision}: {} pending, run `{}`.",
            counted(pending, "revision is", "revisions are"),
            context.command("upgrade")
        )),
        (None, 0) => None,
        (None, _) => Some(format!(
            "No revision is recorded in it: `{}` brings it up to date.",
            context.command("upgrade")
        )),
    };
    for table in &report.unchecked {
        terminal.warn(&format!("it can't be checked without the app of the database: {table}"));
    }
    match placed {
        None => {
            let from = if input == "-" { "stdin".to_owned() } else { input.display().to_string() };
            let packed = report.compression.map(|name| format!(", {name}")).unwrap_or_default();
            let found = if report.unchecked.is_empty() {
                "whole and sound"
            } else {
                "sound as far as it can be checked"
            };
            terminal.data(&format!("{from}: a {}{packed}, {found}", report.source))?;
            terminal.data(&format!("  {held}, {} bytes as a database", report.bytes))?;
            if let Some(stands) = stands {
                terminal.data(&format!("  {stands}"))?;
            }
            terminal.say(&format!("Nothing was restored; {database} is unchanged."));
        }
        Some(placed) => {
            terminal.success(&format!("Restored {held} to {database}"));
            if let Some(copy) = &report.safety_copy {
                terminal.say(&format!("  A copy from before is at {copy}"));
            }
            for aside in &placed.set_aside {
                terminal.say(&format!("  Set aside: {}", aside.display()));
            }
            if let Some(stands) = stands {
                terminal.say(&format!("  {stands}"));
            }
        }
    }
    Ok(ExitCode::Done)
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorKind, unfit};

    #[test]
    fn a_wish_to_stop_is_no_verdict_on_what_was_loaded() {
        let stopped = unfit(Error::new(ErrorKind::Interrupted, "stopped by SIGINT"));
        assert_eq!(stopped.kind(), ErrorKind::Interrupted);
        assert!(stopped.data_state().is_some() && stopped.next_steps().is_empty());
        assert_eq!(unfit(Error::refused("unknown revision")).kind(), ErrorKind::Refused);
    }
}
