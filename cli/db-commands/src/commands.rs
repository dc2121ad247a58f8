//! The commands, a file each. A command does its work through the engine and reports what came of
//! it, to a person or as JSON.

mod backups;
mod check;
mod cost;
mod current;
mod diff;
mod dump;
mod heads;
mod history;
mod manual;
mod migrate;
mod rebase;
mod rehearse;
mod repair;
mod reset;
mod restore;
mod revision;
mod stamp;
mod undo;
mod undrop;
mod verify;

use crate::arguments::{Arguments, Db, DbCommand, Group};
use crate::settings::{Settings, print_settings};
use crate::source_tree::{Ready, SourceTree, ensure_fresh};
use crate::terminal::{Bar, Format, Terminal};
use crate::{App, ExitCode, Surroundings, completion, stop};
use chrono::Utc;
use schema_engine::executor::{Executor, SafetyCopies};
use schema_engine::history::Migrations;
use schema_engine::migrations_dir::MigrationsDir;
use schema_engine::progress::Progress;
use schema_engine::{Error, ErrorKind, Result};
use std::path::Path;
use std::time::Duration;

/// What every command works with.
struct Context<'a> {
    app: &'a App,
    terminal: &'a Terminal,
    settings: Settings,
    /// The source tree, where the program runs in one.
    tree: Option<SourceTree>,
    format: Format,
    migrations: Migrations,
    /// The program by name and version.
    program: String,
}

pub(crate) fn run(app: &App, arguments: Arguments, terminal: &Terminal) -> Result<ExitCode> {
    match arguments.group {
        Group::Db(db) => run_db(app, db, terminal),
        Group::Completions(arguments) => {
            terminal.data(completion::script(app, arguments.shell)?.trim_end())?;
            Ok(ExitCode::Done)
        }
        Group::Man(arguments) => manual::manual(app, terminal, &arguments),
    }
}

fn run_db(app: &App, Db { common, command }: Db, terminal: &Terminal) -> Result<ExitCode> {
    let surroundings = Surroundings::of_process()?;
    let tree = if command.depends_on_sources() {
        match ensure_fresh(app, &surroundings, terminal, common.rebuild_policy())? {
            Ready::Here(tree) => tree,
            // The rebuilt program has said all there is to say.
            Ready::Elsewhere(code) => std::process::exit(code.into()),
        }
    } else {
        SourceTree::find(app, &surroundings)
    };
    let settings = Settings::resolve(app, &surroundings, common.database.as_deref())?;
    for warning in &settings.warnings {
        terminal.warn(warning);
    }
    let context = Context {
        app,
        terminal,
        settings,
        tree,
        format: common.format(),
        migrations: (app.migrations)(),
        program: format!("{} {}", app.name, app.version),
    };
    match command {
        DbCommand::Upgrade(arguments) => migrate::upgrade(&context, &arguments),
        DbCommand::Downgrade(arguments) => migrate::downgrade(&context, &arguments),
        DbCommand::Revision(arguments) => revision::revision(&context, &arguments),
        DbCommand::Current(arguments) => current::current(&context, &arguments),
        DbCommand::History => history::history(&context),
        DbCommand::Rebase(arguments) => rebase::rebase(&context, &arguments),
        DbCommand::Heads => heads::heads(&context),
        DbCommand::Check => check::check(&context),
        DbCommand::Diff(arguments) => diff::diff(&context, &arguments),
        DbCommand::Settings => {
            print_settings(&context.settings, terminal, context.format)?;
            Ok(ExitCode::Done)
        }
        DbCommand::Dump(arguments) => dump::dump(&context, &arguments),
        DbCommand::Restore(arguments) => restore::restore(&context, &arguments),
        DbCommand::Backups(arguments) => backups::backups(&context, &arguments.command),
        DbCommand::Undrop(arguments) => undrop::undrop(&context, &arguments),
        DbCommand::Undo(arguments) => undo::undo(&context, &arguments),
        DbCommand::Stamp(arguments) => stamp::stamp(&context, &arguments),
        DbCommand::Repair(arguments) => repair::repair(&context, &arguments),
        DbCommand::Baseline(arguments) => stamp::baseline(&context, &arguments),
        DbCommand::Reset(arguments) => reset::reset(&context, &arguments),
        DbCommand::Verify(arguments) => verify::verify(&context, &arguments),
    }
}

impl Context<'_> {
    fn database(&self) -> &Path {
        &self.settings.database.value.path
    }

    fn executor<'a>(&'a self, safety_copies: SafetyCopies<'a>) -> Executor<'a> {
        Executor {
            predecessor: self.app.predecessor,
            observer: self.terminal,
            program: Some(&self.program),
            ..Executor::new(self.database(), &self.migrations, safety_copies)
        }
    }

    /// Refuses to go on with a history that branches, where its sources are at hand.
    fn check_heads(&self) -> Result<()> {
        let Some(tree) = &self.tree else { return Ok(()) };
        let lineage = MigrationsDir::of_crate(&tree.migration_dir())?.lineage()?;
        lineage.check(&self.command("rebase"))
    }

    /// Copies as the settings say.
    fn copies<'a>(&self, stamp: &'a str) -> SafetyCopies<'a> {
        SafetyCopies::Keep { stamp, count: self.settings.backups_keep.value as usize }
    }

    /// How the program's own commands are written in a hint.
    fn command(&self, rest: &str) -> String {
        format!("{} db {rest}", self.app.name)
    }

    /// Runs engine work with a bar that shows how far it has come. The work is asked to stop when
    /// somebody asks the program to, and tidies up by itself.
    fn watched<T>(&self, work: impl FnOnce(&dyn Progress) -> Result<T>) -> Result<T> {
        let runtime = runtime()?;
        // From here on a signal is heard, not before the thread below comes around to it.
        let entered = runtime.enter();
        let signal = stop::signal();
        drop(entered);
        let bar = Bar::new(self.terminal, self.format);
        let (done, finished) = tokio::sync::oneshot::channel::<()>();
        std::thread::scope(|scope| {
            let watcher = &bar;
            scope.spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = signal => watcher.cancel(),
                        _ = finished => {}
                    }
                });
            });
            let outcome = work(&bar);
            drop(done);
            outcome
        })
    }

    /// Runs engine work that a bar shows. Somebody who asks to stop stops the statement that runs,
    /// and is waited for until everything is rolled back; but not for ever.
    fn wait_for_a_run<T>(&self, bar: &Bar<'_>, work: impl Future<Output = Result<T>>) -> Result<T> {
        const GRACE: Duration = Duration::from_secs(1);
        runtime()?.block_on(async {
            let mut work = std::pin::pin!(work);
            let signal = tokio::select! {
                outcome = &mut work => return outcome,
                signal = stop::signal() => signal,
            };
            bar.cancel();
            match tokio::time::timeout(GRACE, work).await {
                Ok(Ok(done)) => Ok(done),
                Ok(Err(error)) if error.kind() != ErrorKind::Interrupted => Err(error),
                Ok(Err(_)) | Err(_) => Err(self.stopped_by(signal)),
            }
        })
    }

    fn stopped_by(&self, signal: &str) -> Error {
        Error::new(ErrorKind::Interrupted, format!("stopped by {signal}"))
            .state("What was under way is undone as a whole: the database is as it was before, or, if the end was reached just now, as it should be after.")
            .next(format!("`{}` shows which.", self.command("current")))
    }

    /// Runs engine work to its end, or until somebody asks to stop.
    fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        runtime()?.block_on(async {
            tokio::select! {
                outcome = work => outcome,
                signal = stop::signal() => Err(self.stopped_by(signal)),
            }
        })
    }
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failed("can't start the program's runtime").because(error))
}

/// The time as safety copies are named by it, in UTC.
fn stamp() -> String {
    Utc::now().format("%Y%m%d-%H%M%S").to_string()
}

/// Seconds since 1970 as a person reads them.
fn readable_time(seconds: i64) -> String {
    chrono::DateTime::from_timestamp(seconds, 0).map_or_else(
        || seconds.to_string(),
        |time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

/// A count with its noun.
fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
