//! `db revision`.

mod ask;

use super::cost::Cost;
use super::{Context, counted, stamp};
use crate::ExitCode;
use crate::arguments::{From, Preview, Revision};
use crate::settings::Naming;
use crate::terminal::{Format, Glyph};
use chrono::Utc;
use schema_engine::census::CountedHazard;
use schema_engine::change::{self, Line};
use schema_engine::draft::Draft;
use schema_engine::history::ids;
use schema_engine::migrations_dir::{self, MigrationsDir, revision_id};
use schema_engine::plan::Plan;
use schema_engine::render::{Header, empty_module};
use schema_engine::{Error, Result};
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Report {
    version: u32,
    /// Null when nothing differs and so nothing was written.
    revision: Option<String>,
    path: Option<String>,
    changes: Vec<String>,
    hazards: Vec<String>,
    notes: Vec<String>,
}

pub(super) fn revision(context: &Context<'_>, arguments: &Revision) -> Result<ExitCode> {
    let tree = context.tree.as_ref().ok_or_else(|| {
        Error::failed("a new revision is written into the source tree, and there is none here")
            .state("Nothing was written.")
            .next("Run this in a clone of the project's repository.")
    })?;
    let folder = MigrationsDir::of_crate(&tree.migration_dir())?;
    let known = ids(&context.migrations);
    folder.check_all_registered(&known)?;
    context.check_heads()?;
    let now = Utc::now();
    let time = now.format("%Y%m%d_%H%M%S").to_string();
    let naming = match context.settings.naming.value {
        Naming::Sequential => migrations_dir::Naming::Sequential,
        Naming::Timestamp => migrations_dir::Naming::Timestamp(&time),
    };
    let message = arguments.message.trim();
    let id = revision_id(message, naming, known.iter().copied())?;
    let created = now.format("%Y-%m-%d %H:%M UTC").to_string();
    let new = New { id, parent: known.last().copied(), message, created };
    let (draft, module) = if arguments.autogenerate {
        match ask::settled_draft(context, arguments.answers(&new.id), arguments.from)? {
            Ok(draft) => {
                let module = draft.module(&new.id, new.parent, new.message, &new.created);
                (Some(draft), module)
            }
            Err(notes) => return nothing_differs(context, notes),
        }
    } else {
        (None, empty_module(&new.header()))
    };
    if arguments.preview() == Preview::DryRun {
        context.terminal.data(module.trim_end())?;
        return Ok(ExitCode::Done);
    }
    let written = folder.write(&new.id, &module)?;
    if let (Some(From::Live), Some(draft)) = (arguments.from, &draft) {
        enter(context, &new.id, &draft.proven.up)?;
    }
    match context.format {
        Format::Json => context.terminal.json(&Report {
            version: 1,
            revision: Some(new.id),
            path: Some(written.path.display().to_string()),
            changes: lines(draft.iter().flat_map(|draft| &draft.changes)),
            hazards: draft
                .iter()
                .flat_map(|draft| &draft.hazards)
                .map(CountedHazard::describe)
                .collect(),
            notes: draft.map_or_else(Vec::new, |draft| draft.notes),
        })?,
        Format::Text => tell(context, draft.as_ref(), &shown(&written.path, tree.root())),
    }
    Ok(ExitCode::Done)
}

/// Enters a revision that was written from the live database into its books.
fn enter(context: &Context<'_>, id: &str, up: &Plan) -> Result<()> {
    context.settings.database.value.ensure_writable()?;
    let now = stamp();
    let entered = context.wait(context.executor(context.copies(&now)).enter(id, up));
    let done = entered.map_err(|error| {
        error.next(format!(
            "{id} was written: `{}` enters it.",
            context.command(&format!("stamp {id}"))
        ))
    })?;
    if context.format == Format::Text {
        let (path, last) = (context.database().display(), done.to.as_deref().unwrap_or(id));
        context.terminal.say(&format!("  {path} has it already, and is at {last} by its books."));
    }
    Ok(())
}

/// A revision that is about to be written.
struct New<'a> {
    id: String,
    parent: Option<&'a str>,
    message: &'a str,
    created: String,
}

impl New<'_> {
    fn header(&self) -> Header {
        Header {
            revision: self.id.clone(),
            parent: self.parent.map(str::to_owned),
            message: self.message.to_owned(),
            created: self.created.clone(),
            changes: Vec::new(),
            hazards: Vec::new(),
        }
    }
}

fn nothing_differs(context: &Context<'_>, notes: Vec<String>) -> Result<ExitCode> {
    if context.format == Format::Json {
        let (changes, hazards) = (Vec::new(), Vec::new());
        context.terminal.json(&Report {
            version: 1,
            revision: None,
            path: None,
            changes,
            hazards,
            notes,
        })?;
        return Ok(ExitCode::Done);
    }
    for note in notes {
        context.terminal.say(&format!("  {note}"));
    }
    context
        .terminal
        .success("No change: the models and the history say the same. Nothing was written.");
    Ok(ExitCode::Done)
}

fn tell(context: &Context<'_>, draft: Option<&Draft>, path: &str) {
    let terminal = context.terminal;
    if let Some(draft) = draft {
        for Line { glyph: sign, text } in &draft.changes {
            terminal.say_item(glyph(*sign), text);
        }
        Cost::of(draft).tell(terminal);
        let rows = match draft.proven.sample_rows {
            0 => String::new(),
            rows => format!(" with {}", counted(rows, "sample row", "sample rows")),
        };
        terminal.success(&format!("Wrote {path}, proven up and down on a scratch copy{rows}."));
        terminal.say(&format!("  Review it, then run `{}`.", context.command("upgrade")));
    } else {
        terminal.success(&format!("Wrote {path}."));
        terminal.say(&format!("  Fill in its SQL, then run `{}`.", context.command("upgrade")));
    }
}

/// A path as seen from the root of the source tree, which is what a developer types.
fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

fn lines<'a>(changes: impl Iterator<Item = &'a Line>) -> Vec<String> {
    changes.map(ToString::to_string).collect()
}

/// The terminal's sign for a difference.
pub(super) fn glyph(sign: change::Glyph) -> Glyph {
    match sign {
        change::Glyph::Add => Glyph::Added,
        change::Glyph::Remove => Glyph::Removed,
        change::Glyph::Modify => Glyph::Changed,
    }
}
