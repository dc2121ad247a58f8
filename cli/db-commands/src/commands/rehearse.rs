//! `db upgrade --rehearse`.

use super::{Context, counted};
use crate::ExitCode;
use crate::terminal::{Bar, Format, Glyph};
use schema_engine::Result;
use schema_engine::amount::{Noun, counted as count, size};
use schema_engine::executor::{Deviation, Executor, Rehearsal, SafetyCopies};
use serde::Serialize;
use std::time::Duration;

/// Runs everything on a copy and reports; the database isn't touched.
pub(super) fn rehearse(
    context: &Context<'_>,
    target: &str,
    accepted: &[Deviation],
) -> Result<ExitCode> {
    let bar = Bar::new(context.terminal, context.format);
    let executor = Executor { accepted, progress: &bar, ..context.executor(SafetyCopies::Skip) };
    let rehearsal = context.wait_for_a_run(&bar, executor.rehearse(target))?;
    match context.format {
        Format::Json => context.terminal.json(&Report::of(&rehearsal, context))?,
        Format::Text => tell(context, &rehearsal),
    }
    Ok(ExitCode::Done)
}

fn tell(context: &Context<'_>, rehearsal: &Rehearsal) {
    let terminal = context.terminal;
    let up = &rehearsal.up;
    for note in up.notes.iter().chain(&rehearsal.losses) {
        terminal.warn(note);
    }
    if let Some(taken_over) = &up.taken_over {
        terminal.say(&format!("Would be taken over: {taken_over}"));
    }
    for ran in &up.ran {
        let took = milliseconds(ran.took);
        terminal.say_item(Glyph::Added, &format!("{} ({took:.1} ms)", ran.revision));
    }
    if up.ran.is_empty() && up.taken_over.is_none() {
        terminal.success("Nothing would be run.");
        return;
    }
    let from = up.from.as_deref().unwrap_or("base");
    let to = up.to.as_deref().unwrap_or("base");
    let revisions = counted(up.ran.len(), "revision", "revisions");
    terminal.success(&format!(
        "Rehearsed on a copy from {from} to {to} ({revisions}): the database is unchanged."
    ));
    let back = rehearsal.back_took.map_or_else(String::new, |back| {
        format!(", {:.1} ms back, and up again", milliseconds(back))
    });
    terminal.say(&format!("  {:.1} ms up with all checks{back}", milliseconds(rehearsal.took)));
    if let Some(held) = &up.held {
        let rows = count(i64::try_from(held.rows).unwrap_or(i64::MAX), Noun("row", "rows"));
        let tables = counted(held.tables, "table", "tables");
        terminal.say(&format!("  {rows} in {tables} compared"));
    }
    terminal.say(&format!(
        "  {} now, {} afterwards, {} at most meanwhile",
        size(rehearsal.bytes_before),
        size(rehearsal.bytes_after),
        size(rehearsal.bytes_at_most)
    ));
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    up: super::migrate::Report<'a>,
    up_milliseconds: f64,
    back_milliseconds: Option<f64>,
    losses: &'a [String],
    bytes_before: u64,
    bytes_after: u64,
    bytes_at_most: u64,
}

impl<'a> Report<'a> {
    fn of(rehearsal: &'a Rehearsal, context: &Context<'_>) -> Self {
        Self {
            version: 1,
            up: super::migrate::Report::of(&rehearsal.up, context),
            up_milliseconds: milliseconds(rehearsal.took),
            back_milliseconds: rehearsal.back_took.map(milliseconds),
            losses: &rehearsal.losses,
            bytes_before: rehearsal.bytes_before,
            bytes_after: rehearsal.bytes_after,
            bytes_at_most: rehearsal.bytes_at_most,
        }
    }
}
