//! What a shell proposes while somebody types.
//!
//! The script of `completions` asks the program itself, through a variable of its own, so
//! what is proposed is what this very program knows: its revisions too.

use crate::arguments::{Shell, command};
use crate::settings::Settings;
use crate::{App, ExitCode, Surroundings, arguments};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};
use schema_engine::hazard::HazardCode;
use schema_engine::{Error, Result};

/// The variable by which a shell asks: `TGENIE_COMPLETE`.
fn variable(app: &App) -> String {
    app.program_variable("COMPLETE")
}

/// Answers a shell that asks for proposals; `None` when none does.
pub(crate) fn answer(app: &App) -> Option<ExitCode> {
    let variable = variable(app);
    std::env::var_os(&variable).filter(|shell| !shell.is_empty())?;
    // The library wants a name that lives as long as the process, and the process ends here.
    let variable: &'static str = Box::leak(variable.into_boxed_str());
    let current_dir = std::env::current_dir().ok();
    let answered = CompleteEnv::with_factory(|| with_candidates(app))
        .var(variable)
        .bin(app.name)
        .try_complete(std::env::args_os(), current_dir.as_deref());
    match answered {
        Ok(true) => Some(ExitCode::Done),
        Ok(false) => None,
        Err(error) => Some(arguments::report(&error)),
    }
}

/// The script that makes a shell ask.
///
/// # Errors
/// None is known: the script is written into memory.
pub(crate) fn script(app: &App, shell: Shell) -> Result<String> {
    let shells = Shells::builtins();
    let unwritten = || Error::failed(format!("there are no completions for {}", shell.name()));
    let writer = shells.completer(shell.name()).ok_or_else(unwritten)?;
    let mut script = Vec::new();
    writer
        .write_registration(&variable(app), app.name, app.name, app.name, &mut script)
        .map_err(|error| unwritten().because(error))?;
    String::from_utf8(script).map_err(|error| unwritten().because(error))
}

/// The command line with the values that arguments may take.
fn with_candidates(app: &App) -> clap::Command {
    let migrations = app.migrations;
    let revisions = move || {
        let migrations = migrations();
        migrations.iter().rev().map(|migration| migration.name().to_owned()).collect::<Vec<_>>()
    };
    let targets = move || candidates(revisions().into_iter().chain(words(&["head", "base"])));
    let sides = move || {
        let replayed = revisions().into_iter().map(|revision| format!("history@{revision}"));
        candidates(words(&["live", "models", "history"]).chain(replayed))
    };
    let app_here = *app;
    let parked = move || candidates(parked(&app_here).unwrap_or_default().into_iter());
    let codes = || candidates(HazardCode::ALL.iter().map(ToString::to_string));
    command(app).mut_subcommand("db", |db| {
        let db = ["upgrade", "downgrade"].into_iter().fold(db, |db, name| {
            db.mut_subcommand(name, |command| {
                let command =
                    command.mut_arg("revision", |arg| arg.add(ArgValueCandidates::new(targets)));
                command.mut_arg("flag", |arg| arg.add(ArgValueCandidates::new(targets)))
            })
        });
        let db = db.mut_subcommand("diff", |diff| {
            let diff = diff.mut_arg("from", |arg| arg.add(ArgValueCandidates::new(sides)));
            diff.mut_arg("to", |arg| arg.add(ArgValueCandidates::new(sides)))
        });
        let db = db.mut_subcommand("rebase", |rebase| {
            let known = move || candidates(revisions().into_iter());
            rebase.mut_arg("revision", |arg| arg.add(ArgValueCandidates::new(known)))
        });
        let db = db.mut_subcommand("undrop", |undrop| {
            undrop.mut_arg("name", |arg| arg.add(ArgValueCandidates::new(parked)))
        });
        ["diff", "revision"].into_iter().fold(db, |db, name| {
            db.mut_subcommand(name, |command| {
                command.mut_arg("accepted", |arg| arg.add(ArgValueCandidates::new(codes)))
            })
        })
    })
}

/// What is parked in the database of the settings. Nobody can be told of an error here.
fn parked(app: &App) -> Option<Vec<String>> {
    let settings = Settings::resolve(app, &Surroundings::of_process().ok()?, None).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let kept = runtime.block_on(schema_engine::undrop::kept(&settings.database.value.path)).ok()?;
    Some(kept.into_iter().map(|kept| kept.name.as_str().to_owned()).collect())
}

fn words(words: &'static [&'static str]) -> impl Iterator<Item = String> {
    words.iter().map(|word| (*word).to_owned())
}

fn candidates(values: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
    values
        .enumerate()
        .map(|(at, value)| CompletionCandidate::new(value).display_order(Some(at)))
        .collect()
}
