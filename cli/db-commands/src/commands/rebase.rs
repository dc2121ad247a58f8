//! `db rebase`.

use super::{Context, counted};
use crate::arguments::{Preview, Rebase};
use crate::source_tree::rebuild;
use crate::terminal::{Format, Glyph};
use crate::{ExitCode, Surroundings};
use chrono::Utc;
use schema_engine::diff::diff;
use schema_engine::executor::SafetyCopies;
use schema_engine::migrations_dir::{Branch, MigrationsDir, Moved};
use schema_engine::pair::Pair;
use schema_engine::transplant::transplant;
use schema_engine::{Error, Result};
use serde::Serialize;

#[derive(Serialize)]
struct Report {
    version: u32,
    moved: Vec<Entry>,
    sample_rows: usize,
    notes: Vec<String>,
    written: bool,
}

#[derive(Serialize)]
struct Entry {
    from: String,
    to: String,
    parent: String,
}

impl From<&Moved> for Entry {
    fn from(Moved { from, to, parent }: &Moved) -> Self {
        Self { from: from.clone(), to: to.clone(), parent: parent.clone() }
    }
}

pub(super) fn rebase(context: &Context<'_>, arguments: &Rebase) -> Result<ExitCode> {
    let tree = context.tree.as_ref().ok_or_else(|| {
        Error::failed(
            "revisions are put on top of each other in the source tree, and there is none here",
        )
        .state("Nothing was changed.")
        .next("Run this in a clone of the project's repository.")
    })?;
    let folder = MigrationsDir::of_crate(&tree.migration_dir())?;
    let now = Utc::now().format("%Y%m%d_%H%M%S").to_string();
    let branch = Branch::of(&folder.lineage()?, &arguments.revision, &now)?;
    refuse_what_was_applied(context, &branch)?;
    let texts = |ids: &[String]| ids.to_vec();
    let (before, after) =
        (texts(&branch.common), [texts(&branch.common), texts(&branch.onto)].concat());
    let moved: Vec<&str> = branch.moved.iter().map(|it| it.from.as_str()).collect();
    let tried = context.wait(async {
        let tried =
            transplant(&context.migrations, &moved, &borrowed(&before), &borrowed(&after)).await?;
        let models = context.app.models.describe().await?;
        let same = diff(Pair::new(&tried.reached, &models.schema)).is_empty();
        Ok((tried, same))
    })?;
    let (tried, same) = tried;
    let mut notes = tried.notes.clone();
    if !same {
        notes.push(format!(
            "the models differ from the history all the same: `{}` shows how",
            context.command("check")
        ));
    }
    let written = arguments.preview() == Preview::Off;
    if written {
        let undo = folder.rewrite(&branch)?;
        context.terminal.say("the migrations have other names now: compiling\u{2026}");
        if let Err(error) = rebuild(context.app, tree, &Surroundings::of_process()?) {
            undo.put_back()?;
            return Err(error.state("The files were put back as they were."));
        }
    }
    if context.format == Format::Json {
        let moved = branch.moved.iter().map(Entry::from).collect();
        let sample_rows = tried.sample_rows;
        context.terminal.json(&Report { version: 1, moved, sample_rows, notes, written })?;
        return Ok(ExitCode::Done);
    }
    let terminal = context.terminal;
    for Moved { from, to, parent } in &branch.moved {
        terminal.say_item(Glyph::Changed, &format!("{from} -> {to}, builds on {parent}"));
    }
    for note in notes {
        terminal.say(&format!("  {note}"));
    }
    let rows = counted(tried.sample_rows, "sample row", "sample rows");
    terminal.success(&format!("Does the same there, proven up and down with {rows}."));
    if written {
        let upgrade = context.command("upgrade");
        terminal.say(&format!("  Review and commit the files, then run `{upgrade}`."));
    } else {
        terminal.say("  Nothing was written.");
    }
    Ok(ExitCode::Done)
}

/// A database that has had a revision keeps its name in the books.
fn refuse_what_was_applied(context: &Context<'_>, branch: &Branch) -> Result<()> {
    let standing = context.wait(context.executor(SafetyCopies::Skip).standing())?;
    let had = |id: &str| standing.applied().iter().any(|applied| applied.revision == id);
    let Some(moved) = branch.moved.iter().find(|it| had(&it.from)) else { return Ok(()) };
    let database = context.database().display();
    let what = format!("{database} has had {}, and would no longer know it", moved.from);
    let mut error = Error::refused(what).state("Nothing was changed.");
    if let Some(other) = branch.onto.iter().rfind(|_| !branch.onto.iter().any(|id| had(id))) {
        let instead = context.command(&format!("rebase {other}"));
        error = error.next(format!("Put the other branch on top: `{instead}`."));
    }
    let below = branch.common.last().map_or("base", String::as_str);
    let downgrade = context.command(&format!("downgrade {below}"));
    Err(error.next(format!("Or take it back first: `{downgrade}`.")))
}

fn borrowed(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}
