//! `db upgrade` and `db downgrade`.

use super::{Context, counted, stamp};
use crate::ExitCode;
use crate::arguments::{Downgrade, Migrate, Preview, Upgrade};
use crate::settings::Access;
use crate::terminal::{Bar, Format, Glyph};
use schema_engine::Result;
use schema_engine::executor::{Deviation, Entry, Executor, RunReport, SafetyCopies, Todo};
use schema_engine::target::Direction;
use serde::Serialize;
use std::path::Path;

pub(super) fn upgrade(context: &Context<'_>, arguments: &Upgrade) -> Result<ExitCode> {
    context.check_heads()?;
    let request = Request::new(&arguments.migrate, Direction::Up, "head");
    if arguments.rehearse {
        return super::rehearse::rehearse(context, request.target, &request.accepted);
    }
    request.run(context)
}

pub(super) fn downgrade(context: &Context<'_>, arguments: &Downgrade) -> Result<ExitCode> {
    let request = Request::new(&arguments.migrate, Direction::Down, "-1");
    if arguments.from_file { request.step_back(context) } else { request.run(context) }
}

/// What both commands ask for.
struct Request<'a> {
    target: &'a str,
    direction: Direction,
    preview: Preview,
    copies: bool,
    accepted: Vec<Deviation>,
}

impl<'a> Request<'a> {
    fn new(arguments: &'a Migrate, direction: Direction, default_target: &'a str) -> Self {
        Self {
            target: arguments.revision().unwrap_or(default_target),
            direction,
            preview: arguments.preview(),
            copies: !arguments.no_backup,
            accepted: arguments.accepted(),
        }
    }

    fn run(&self, context: &Context<'_>) -> Result<ExitCode> {
        let stamp = stamp();
        let copies = if self.copies {
            let count = context.settings.backups_keep.value as usize;
            SafetyCopies::Keep { stamp: &stamp, count }
        } else {
            SafetyCopies::Skip
        };
        let bar = Bar::new(context.terminal, context.format);
        let executor =
            Executor { accepted: &self.accepted, progress: &bar, ..context.executor(copies) };
        match self.preview {
            Preview::Off => {}
            Preview::DryRun => {
                let todo = context.wait(executor.preview(self.target, self.direction))?;
                return self.show(context, &todo);
            }
            Preview::Sql => {
                let script = context.wait(executor.script(self.target, self.direction))?;
                context.terminal.data(script.trim_end())?;
                return Ok(ExitCode::Done);
            }
        }
        let database = &context.settings.database.value;
        database.ensure_writable()?;
        if self.direction == Direction::Up && database.access == Access::Full {
            self.make_folder(context, &executor)?;
        }
        let report = context.wait_for_a_run(&bar, async {
            match self.direction {
                Direction::Up => executor.upgrade(self.target).await,
                Direction::Down => executor.downgrade(self.target).await,
            }
        })?;
        match context.format {
            Format::Json => context.terminal.json(&Report::of(&report, context))?,
            Format::Text => self.tell(context, &report),
        }
        Ok(ExitCode::Done)
    }

    /// Takes a newer database back by what is kept in it.
    fn step_back(&self, context: &Context<'_>) -> Result<ExitCode> {
        let stamp = stamp();
        let copies = if self.copies { context.copies(&stamp) } else { SafetyCopies::Skip };
        let executor = context.executor(copies);
        let todo = context.wait(executor.preview_step_back())?;
        if self.preview == Preview::DryRun {
            return self.show(context, &Todo { takes_over: None, runs: todo });
        }
        context.settings.database.value.ensure_writable()?;
        let done = context.watched(|progress| {
            super::runtime()?.block_on(Executor { progress, ..executor }.step_back())
        })?;
        if context.format == Format::Text {
            for revision in &todo {
                context
                    .terminal
                    .say_item(self.glyph(), &format!("{revision} (by the steps in the file)"));
            }
        }
        super::stamp::tell(context, Entry::Kept, &done)
    }

    /// Makes the folder of a database that is about to be made. A target that makes no sense, or
    /// leaves nothing to do, leaves no folder behind.
    fn make_folder(&self, context: &Context<'_>, executor: &Executor<'_>) -> Result<()> {
        let database = &context.settings.database.value;
        if database.path.parent().is_none_or(Path::exists) {
            return Ok(());
        }
        let todo = context.wait(executor.preview(self.target, self.direction))?;
        if todo.runs.is_empty() && !context.migrations.is_empty() {
            return Ok(());
        }
        database.ensure_parent()
    }

    fn show(&self, context: &Context<'_>, todo: &Todo) -> Result<ExitCode> {
        let Todo { takes_over, runs } = todo;
        if context.format == Format::Json {
            let report = Foreseen { version: 1, would_take_over: takes_over, would_run: runs };
            context.terminal.json(&report)?;
            return Ok(ExitCode::Done);
        }
        if let Some(revision) = takes_over {
            let what =
                format!("The tables of the earlier program would be taken over as {revision}.");
            context.terminal.say(&what);
        } else if runs.is_empty() {
            context.terminal.say("Nothing would be run.");
        }
        for revision in runs {
            context.terminal.data_item(self.glyph(), revision)?;
        }
        Ok(ExitCode::Done)
    }

    fn tell(&self, context: &Context<'_>, report: &RunReport) {
        let terminal = context.terminal;
        let path = context.database().display();
        for note in &report.notes {
            terminal.warn(note);
        }
        if let Some(taken_over) = &report.taken_over {
            terminal.success(&format!("Taken over: {taken_over}"));
        }
        let at = report.to.as_deref().unwrap_or("base");
        for ran in &report.ran {
            let milliseconds = ran.took.as_secs_f64() * 1000.0;
            terminal.say_item(self.glyph(), &format!("{} ({milliseconds:.1} ms)", ran.revision));
        }
        if report.ran.is_empty() && report.taken_over.is_none() {
            terminal.success(&format!("Nothing to do: {path} is at {at}."));
        }
        if !report.ran.is_empty() {
            let done = match self.direction {
                Direction::Up => "upgraded",
                Direction::Down => "downgraded",
            };
            let from = report.from.as_deref().unwrap_or("base");
            let count = counted(report.ran.len(), "revision", "revisions");
            terminal.success(&format!("Database {done} from {from} to {at} ({count}): {path}"));
        }
        if let Some(copy) = &report.safety_copy {
            terminal.say(&format!("  A copy from before is at {}", copy.display()));
        }
    }

    fn glyph(&self) -> Glyph {
        match self.direction {
            Direction::Up => Glyph::Added,
            Direction::Down => Glyph::Removed,
        }
    }
}

#[derive(Serialize)]
struct Foreseen<'a> {
    version: u32,
    would_take_over: &'a Option<String>,
    would_run: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Report<'a> {
    version: u32,
    database: String,
    from: Option<&'a str>,
    to: Option<&'a str>,
    ran: Vec<Ran<'a>>,
    interrupted: Option<&'a str>,
    taken_over: Option<&'a str>,
    safety_copy: Option<String>,
    outside_transaction: &'a [String],
    milliseconds: f64,
    checked: &'a [&'static str],
    held: Option<Held>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Held {
    tables: usize,
    rows: u64,
    not_compared: Vec<String>,
}

#[derive(Serialize)]
struct Ran<'a> {
    revision: &'a str,
    milliseconds: f64,
}

impl<'a> Report<'a> {
    pub(super) fn of(report: &'a RunReport, context: &Context<'_>) -> Self {
        let ran = report.ran.iter().map(|ran| Ran {
            revision: &ran.revision,
            milliseconds: ran.took.as_secs_f64() * 1000.0,
        });
        Self {
            version: 1,
            database: context.database().display().to_string(),
            from: report.from.as_deref(),
            to: report.to.as_deref(),
            ran: ran.collect(),
            interrupted: report.interrupted.as_deref(),
            taken_over: report.taken_over.as_deref(),
            safety_copy: report.safety_copy.as_ref().map(|path| path.display().to_string()),
            outside_transaction: &report.alone,
            milliseconds: report.took.as_secs_f64() * 1000.0,
            checked: &report.checked,
            held: report.held.as_ref().map(|held| Held {
                tables: held.tables,
                rows: held.rows,
                not_compared: held.not_compared.iter().map(ToString::to_string).collect(),
            }),
            notes: &report.notes,
        }
    }
}
