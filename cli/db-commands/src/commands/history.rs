//! `db history`.

use super::{Context, readable_time};
use crate::ExitCode;
use crate::terminal::Format;
use schema_engine::Result;
use schema_engine::executor::SafetyCopies;
use schema_engine::history::ids;
use schema_engine::migrations_dir::{Lineage, MigrationsDir};
use serde::Serialize;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    database: String,
    revisions: Vec<Revision<'a>>,
}

/// A revision, the newest first in the report.
#[derive(Serialize)]
struct Revision<'a> {
    revision: &'a str,
    /// The revision that it builds on; null for the first, and where no source tree tells.
    parent: Option<&'a str>,
    /// Seconds since 1970; null while it is pending.
    applied_at: Option<i64>,
    current: bool,
    /// Whether this program knows it.
    known: bool,
    /// The program that applied it, where it is unknown and that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<&'a str>,
}

pub(super) fn history(context: &Context<'_>) -> Result<ExitCode> {
    let standing = context.wait(context.executor(SafetyCopies::Skip).standing())?;
    let lineage = match &context.tree {
        Some(tree) => MigrationsDir::of_crate(&tree.migration_dir())?.lineage()?,
        None => Lineage::default(),
    };
    let unknown = standing.unknown().iter().rev().enumerate().map(|(at, unknown)| Revision {
        revision: &unknown.applied.revision,
        parent: None,
        applied_at: Some(unknown.applied.applied_at),
        current: at == 0,
        known: false,
        program: unknown.program.as_deref(),
    });
    let known = ids(&context.migrations).into_iter().rev().map(|revision| {
        let applied = standing.applied().iter().find(|applied| applied.revision == revision);
        Revision {
            revision,
            parent: lineage.revision(revision).and_then(|it| it.parent.as_deref()),
            applied_at: applied.map(|applied| applied.applied_at),
            current: standing.last() == Some(revision) && standing.unknown().is_empty(),
            known: true,
            program: None,
        }
    });
    let revisions: Vec<_> = unknown.chain(known).collect();
    if context.format == Format::Json {
        let database = context.database().display().to_string();
        context.terminal.json(&Report { version: 1, database, revisions })?;
        return Ok(ExitCode::Done);
    }
    let width = revisions.iter().map(|revision| revision.revision.len()).max().unwrap_or(0);
    for Revision { revision, parent, applied_at, current, known, program } in &revisions {
        let state = match applied_at {
            Some(seconds) => format!("applied {}", readable_time(*seconds)),
            None => "pending".to_owned(),
        };
        let mark = if *current { "  (current)" } else { "" };
        let by = program.map_or_else(String::new, |program| format!(", applied by {program}"));
        let unknown =
            if *known { String::new() } else { format!("  (unknown to this program{by})") };
        let parent = parent.map_or_else(String::new, |parent| format!("  builds on {parent}"));
        context.terminal.data(&format!("{revision:width$}  {state}{mark}{unknown}{parent}"))?;
    }
    if revisions.is_empty() {
        context.terminal.say("There are no revisions yet.");
    }
    Ok(ExitCode::Done)
}
