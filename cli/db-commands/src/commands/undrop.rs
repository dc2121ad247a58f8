//! `db undrop`.

use super::{Context, counted, readable_time, stamp};
use crate::ExitCode;
use crate::arguments::Undrop;
use crate::terminal::{Answer, Format};
use schema_engine::amount::size;
use schema_engine::backup::{prune as prune_copies, safety_copy};
use schema_engine::executor::SafetyCopies;
use schema_engine::history::ids;
use schema_engine::ident::Ident;
use schema_engine::undrop::{self, Kept};
use schema_engine::{ErrorKind, Result};
use serde::Serialize;
use std::fs;
use std::path::PathBuf;

#[derive(Serialize)]
struct List {
    version: u32,
    parked: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: String,
    revision: String,
    table: String,
    columns: Vec<String>,
    whole_table: bool,
    rows: i64,
    bytes: Option<i64>,
    /// Seconds since 1970.
    parked_at: i64,
}

impl From<&Kept> for Entry {
    fn from(kept: &Kept) -> Self {
        Self {
            name: kept.name.to_string(),
            revision: kept.revision.clone(),
            table: kept.table.to_string(),
            columns: kept.columns.iter().map(ToString::to_string).collect(),
            whole_table: !kept.texts.is_empty(),
            rows: kept.rows,
            bytes: kept.bytes,
            parked_at: kept.parked_at,
        }
    }
}

#[derive(Serialize)]
struct Done {
    version: u32,
    /// What was brought back, or deleted.
    names: Vec<String>,
    into: Option<String>,
    rows: Option<u64>,
    notes: Vec<String>,
    safety_copy: Option<String>,
}

pub(super) fn undrop(context: &Context<'_>, arguments: &Undrop) -> Result<ExitCode> {
    let kept = context.wait(undrop::kept(context.database()))?;
    match &arguments.name {
        _ if arguments.prune => end(context, arguments, &kept),
        None => list(context, &kept),
        Some(name) => bring_back(context, arguments, undrop::find(&kept, name)?),
    }
}

fn list(context: &Context<'_>, kept: &[Kept]) -> Result<ExitCode> {
    let terminal = context.terminal;
    if context.format == Format::Json {
        terminal.json(&List { version: 1, parked: kept.iter().map(Entry::from).collect() })?;
        return Ok(ExitCode::Done);
    }
    for it in kept {
        terminal.data(&line(it))?;
    }
    let database = context.database().display();
    terminal.say(&match kept.len() {
        0 => format!("Nothing is parked in {database}"),
        _ => format!("`{}` brings one back.", context.command("undrop NAME")),
    });
    Ok(ExitCode::Done)
}

fn line(kept: &Kept) -> String {
    let rows = counted(usize::try_from(kept.rows).unwrap_or_default(), "row", "rows");
    let bytes = kept.bytes.and_then(|bytes| u64::try_from(bytes).ok()).map(size);
    let bytes = bytes.map(|bytes| format!(", {bytes}")).unwrap_or_default();
    let when = readable_time(kept.parked_at);
    format!("{}  {}  {rows}{bytes}  {when}", kept.name, kept.what())
}

fn bring_back(context: &Context<'_>, arguments: &Undrop, kept: &Kept) -> Result<ExitCode> {
    let place = arguments.into.clone().unwrap_or_else(|| kept.table.to_string());
    let question = format!("This puts {} back into {place}. Continue?", kept.what());
    if arguments.dry_run {
        context.terminal.data(&line(kept))?;
        return Ok(ExitCode::Done);
    }
    if !agreed(context, arguments, &question)? {
        return Ok(ExitCode::Refused);
    }
    let copy = copy(context)?;
    let into = arguments.into.as_deref().map(Ident::from);
    let name = kept.name.as_str();
    let work = undrop::bring_back(context.database(), name, into.as_ref());
    let report = context.wait(work).map_err(|error| match &copy {
        // Nothing was tried, so nobody needs a copy.
        Some(copy) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::Usage) => {
            let _ = fs::remove_file(copy);
            let _ = copy.parent().map(fs::remove_dir);
            error
        }
        Some(copy) => error.next(format!("A copy from before is at {}.", copy.display())),
        None => error,
    })?;
    let mut notes = report.notes.clone();
    if report.is_new {
        notes.push(format!(
            "no revision knows {}: until one does, or it is dropped, `upgrade` refuses the \
             database as one that has drifted",
            report.into
        ));
    }
    notes.push(format!("it is parked as well, until `{}`", context.command("undrop --prune")));
    if context.format == Format::Json {
        let (into, rows) = (Some(report.into.to_string()), Some(report.rows));
        return done(context, &[kept], into, rows, notes, copy);
    }
    let rows = usize::try_from(report.rows).unwrap_or_default();
    let count = counted(rows, "row", "rows");
    context.terminal.success(&format!("{} is back in {} ({count}).", kept.what(), report.into));
    for note in &notes {
        context.terminal.say(&format!("  {note}"));
    }
    tell_copy(context, copy.as_ref());
    Ok(ExitCode::Done)
}

fn end(context: &Context<'_>, arguments: &Undrop, kept: &[Kept]) -> Result<ExitCode> {
    let chosen: Vec<&Kept> = match (&arguments.name, arguments.older_than) {
        (Some(name), _) => vec![undrop::find(kept, name)?],
        (None, None) => kept.iter().collect(),
        (None, Some(count)) => {
            let standing = context.wait(context.executor(SafetyCopies::Skip).standing())?;
            let history = ids(&context.migrations);
            let followed = |it: &&Kept| {
                let place = history.iter().position(|id| *id == it.revision);
                place.is_some_and(|place| standing.position() > place + count)
            };
            kept.iter().filter(followed).collect()
        }
    };
    if context.format == Format::Text {
        for it in &chosen {
            context.terminal.data(&line(it))?;
        }
    }
    let what = counted(chosen.len(), "thing that is parked", "things that are parked");
    if arguments.dry_run || chosen.is_empty() {
        if context.format == Format::Json {
            return done(context, &chosen, None, None, Vec::new(), None);
        }
        context.terminal.say(&format!("{what} would be deleted."));
        return Ok(ExitCode::Done);
    }
    if !agreed(context, arguments, &format!("This deletes {what}, for good. Continue?"))? {
        return Ok(ExitCode::Refused);
    }
    let copy = copy(context)?;
    let names: Vec<_> = chosen.iter().map(|it| it.name.clone()).collect();
    context.wait(undrop::prune(context.database(), &names))?;
    if context.format == Format::Json {
        return done(context, &chosen, None, None, Vec::new(), copy);
    }
    context.terminal.success(&format!("{what} deleted."));
    tell_copy(context, copy.as_ref());
    Ok(ExitCode::Done)
}

fn agreed(context: &Context<'_>, arguments: &Undrop, question: &str) -> Result<bool> {
    context.settings.database.value.ensure_writable()?;
    if arguments.yes {
        return Ok(true);
    }
    let instead = "Give --yes to go ahead without the question.";
    let agreed = context.terminal.confirm(question, instead)? == Answer::Yes;
    if !agreed {
        context.terminal.say("Cancelled: nothing was changed.");
    }
    Ok(agreed)
}

/// A safety copy, as before everything that changes rows.
fn copy(context: &Context<'_>) -> Result<Option<PathBuf>> {
    let copy = safety_copy(context.database(), "before-undrop", &stamp())?;
    prune_copies(context.database(), context.settings.backups_keep.value as usize)?;
    Ok(copy.map(|copy| copy.path).filter(|path| path.exists()))
}

fn tell_copy(context: &Context<'_>, copy: Option<&PathBuf>) {
    if let Some(copy) = copy {
        context.terminal.say(&format!("  A copy from before is at {}", copy.display()));
    }
}

fn done(
    context: &Context<'_>,
    kept: &[&Kept],
    into: Option<String>,
    rows: Option<u64>,
    notes: Vec<String>,
    copy: Option<PathBuf>,
) -> Result<ExitCode> {
    let names = kept.iter().map(|it| it.name.to_string()).collect();
    let safety_copy = copy.map(|copy| copy.display().to_string());
    context.terminal.json(&Done { version: 1, names, into, rows, notes, safety_copy })?;
    Ok(ExitCode::Done)
}
