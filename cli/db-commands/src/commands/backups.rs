//! `db backups`.

use super::restore::{Wishes, replace};
use super::{Context, counted};
use crate::ExitCode;
use crate::arguments::{BackupsCommand, Prune, RestoreCopy};
use crate::terminal::Format;
use schema_engine::Result;
use schema_engine::backup::{KeptCopy, find_copy, kept_copies, prune, to_prune};
use schema_engine::restore::ForeignKeys;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Serialize)]
struct List<'a> {
    version: u32,
    database: String,
    copies: Vec<Copy<'a>>,
}

#[derive(Serialize)]
struct Copy<'a> {
    path: String,
    taken: String,
    reason: &'a str,
    bytes: u64,
    revision: Option<&'a str>,
}

#[derive(Serialize)]
struct Pruned {
    version: u32,
    removed: Vec<String>,
}

pub(super) fn backups(context: &Context<'_>, command: &BackupsCommand) -> Result<ExitCode> {
    match command {
        BackupsCommand::List => list(context),
        BackupsCommand::Restore(arguments) => put_back(context, arguments),
        BackupsCommand::Prune(arguments) => thin_out(context, arguments),
    }
}

fn list(context: &Context<'_>) -> Result<ExitCode> {
    let copies = kept_copies(context.database())?;
    let database = context.database().display().to_string();
    if context.format == Format::Json {
        let copies = copies.iter().map(|copy| Copy {
            path: copy.path.display().to_string(),
            taken: when(copy),
            reason: &copy.reason,
            bytes: copy.bytes,
            revision: copy.revision.as_deref(),
        });
        context.terminal.json(&List { version: 1, database, copies: copies.collect() })?;
        return Ok(ExitCode::Done);
    }
    for copy in &copies {
        let at = copy.revision.as_deref().unwrap_or("no revision");
        let name = copy.path.file_name().unwrap_or_default().to_string_lossy();
        let size = size(copy.bytes);
        context.terminal.data(&format!("{}  {size:>9}  {at}  {name}", when(copy)))?;
    }
    match copies.first().and_then(|copy| copy.path.parent()) {
        Some(folder) => context.terminal.say(&format!(
            "{} in {}",
            counted(copies.len(), "safety copy", "safety copies"),
            folder.display()
        )),
        None => context.terminal.say(&format!("There are no safety copies of {database}")),
    }
    Ok(ExitCode::Done)
}

fn put_back(context: &Context<'_>, arguments: &RestoreCopy) -> Result<ExitCode> {
    let copy = find_copy(context.database(), &arguments.copy)?;
    // It was this very database: what was broken in it was so before, and so was its revision.
    let foreign_keys = ForeignKeys::AsFound;
    let RestoreCopy { yes, dry_run, .. } = *arguments;
    let wishes = Wishes { yes, force: true, dry_run, foreign_keys, label: "before-restore" };
    replace(context, &copy.path, wishes)
}

fn thin_out(context: &Context<'_>, arguments: &Prune) -> Result<ExitCode> {
    let keep = arguments.keep.unwrap_or(context.settings.backups_keep.value as usize);
    let removed: Vec<PathBuf> = if arguments.dry_run {
        to_prune(context.database(), keep)?
    } else {
        prune(context.database(), keep)?
    };
    if context.format == Format::Json {
        let removed = removed.iter().map(|path| path.display().to_string()).collect();
        context.terminal.json(&Pruned { version: 1, removed })?;
        return Ok(ExitCode::Done);
    }
    for path in &removed {
        context.terminal.data(&path.display().to_string())?;
    }
    let count = counted(removed.len(), "safety copy", "safety copies");
    let done = if arguments.dry_run { "would be removed" } else { "removed" };
    context.terminal.success(&format!("{count} {done}."));
    Ok(ExitCode::Done)
}

/// `20261123101500` as a person reads it.
pub(super) fn when(copy: &KeptCopy) -> String {
    let part = |from: usize, to: usize| copy.taken.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{} {}:{}:{} UTC",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    )
}

/// A size as a person reads it.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}
