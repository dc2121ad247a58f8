//! The `db` commands of a SeaORM app on SQLite: arguments, settings, terminal, and the check
//! that the program was built from the sources at hand.
//!
//! ```text
//!  tgenie (main.rs: entities + migrations + App) ──► db-commands ──► schema-engine
//!                                                     │ arguments    what was asked
//!                                                     │ settings     on which database
//!                                                     │ source_tree  by which models: rebuilt if stale
//!                                                     │ terminal     said on stderr, data on stdout
//!                                                     └ exit_code    told to the shell
//! ```
//!
//! It is a library of its own so that an edit of a model rebuilds as little as possible: a
//! program that depends on the entities is rebuilt with every one of them, so that program is
//! a few lines that hand them over, and all that is compiled for long stays here. It is also
//! why another app gets the same commands: it writes those few lines for itself.
//!
//! The environment is read once, into [`Surroundings`], and handed down; nothing here changes
//! it. No folder is made by reading settings or printing help.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod arguments;
mod commands;
mod completion;
pub mod exit_code;
pub mod settings;
pub mod source_tree;
mod stop;
pub mod surroundings;
pub mod terminal;

pub use exit_code::ExitCode;
pub use settings::Settings;
pub use source_tree::{Freshness, SourceTree};
pub use surroundings::Surroundings;
pub use terminal::Terminal;

use schema_engine::executor::Predecessor;
use schema_engine::history::Migrations;
use schema_engine::models::Models;

/// The app whose database is kept: its names, and what its program was built from.
#[derive(Debug, Clone, Copy)]
pub struct App {
    /// The program as it is typed: `tgenie`.
    pub name: &'static str,
    /// Its version: `env!("CARGO_PKG_VERSION")`.
    pub version: &'static str,
    /// The Cargo package that holds the program: `env!("CARGO_PKG_NAME")`.
    pub package: &'static str,
    /// What it was built from: `env!("TGENIE_FINGERPRINT")`, set by its build script. Empty
    /// turns the check of [`source_tree`] off.
    pub fingerprint: &'static str,
    /// How it was built, `debug` or `release`: `env!("TGENIE_PROFILE")`, set by its build
    /// script.
    pub profile: &'static str,
    /// What its variables begin with: `TASKGENIE` for `TASKGENIE_DATA_DIR`.
    pub prefix: &'static str,
    /// Its folder in the home folder, which holds `config.toml` and is the data folder where
    /// nothing else is set: `.taskgenie`.
    pub home_folder: &'static str,
    /// The database inside the data folder: `data/taskgenie.db`.
    pub database_file: &'static str,
    /// The entities, as the entity crate gives them.
    pub models: Models,
    /// The history, as the migration crate gives it: `Migrator::migrations`.
    pub migrations: fn() -> Migrations,
    /// An earlier program with Alembic whose databases this one takes over.
    pub predecessor: Option<Predecessor<'static>>,
}

/// Runs the program: what `main` does, with the exit code that it returns.
#[must_use]
pub fn run(app: &App) -> ExitCode {
    if let Some(answered) = completion::answer(app) {
        return answered;
    }
    let terminal = Terminal::of_process();
    stop::outlive_the_file_size_limit();
    let outcome = match arguments::parse(app, std::env::args_os()) {
        Ok(arguments) => commands::run(app, arguments, &terminal),
        Err(error) => return arguments::report(&error),
    };
    outcome.unwrap_or_else(|error| {
        terminal.error(&error);
        ExitCode::from(&error)
    })
}

impl App {
    /// The name of one of the app's variables: `TASKGENIE_DATA_DIR` for `DATA_DIR`.
    #[must_use]
    pub fn variable(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix)
    }

    /// The name of one of the program's own variables: `TGENIE_NO_REBUILD` for `NO_REBUILD`.
    #[must_use]
    pub fn program_variable(&self, name: &str) -> String {
        format!("{}_{name}", self.name.to_uppercase().replace('-', "_"))
    }
}

#[cfg(test)]
impl App {
    /// TaskGenie, as the tests know it.
    pub(crate) const TEST: Self = Self {
        name: "tgenie",
        version: "0.0.0",
        package: "tgenie",
        fingerprint: "",
        profile: "debug",
        prefix: "TASKGENIE",
        home_folder: ".taskgenie",
        database_file: "data/taskgenie.db",
        models: Models { register: |schema| schema, objects: Vec::new },
        migrations: Vec::new,
        predecessor: None,
    };
}
