//! The command line. The doc comments here are the help text.

mod answers;
mod backups;
mod diff;
mod files;
mod migrations;
mod shell;
mod undrop;
mod values;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::source_tree::RebuildPolicy;
use crate::terminal::Format;
use crate::{App, ExitCode};

pub use answers::AnswerFlags;
pub use backups::{Backups, BackupsCommand, Prune, RestoreCopy, Undo};
pub use diff::{Diff, DiffOutput, Verdict};
pub use files::{Dump, Reset, Restore, Verify};
pub use migrations::{
    Baseline, Current, Downgrade, From, Migrate, Rebase, Repair, Revision, Stamp, Upgrade,
};
pub use shell::{Completions, Manual, Shell};
pub use undrop::Undrop;
pub use values::{DumpTarget, Preview};

/// Keeps the app's database: `db` has the commands.
#[derive(Debug, Parser)]
#[command(propagate_version = true, arg_required_else_help = true)]
pub struct Arguments {
    /// The group of commands.
    #[command(subcommand)]
    pub group: Group,
}

/// The groups of commands, and the commands that belong to none.
#[derive(Debug, Subcommand)]
pub enum Group {
    /// Keep the database: migrations, dump and restore.
    Db(Db),

    /// Print what makes a shell complete commands, flags and revisions.
    ///
    /// For bash this line goes into ~/.bashrc: `source <(tgenie completions bash)`.
    Completions(Completions),

    /// Write the manual pages.
    Man(Manual),
}

/// `db` with its flags and its command.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct Db {
    /// The flags that every command takes.
    #[command(flatten)]
    pub common: Common,
    /// The command.
    #[command(subcommand)]
    pub command: DbCommand,
}

/// The flags that every `db` command takes, before or after its name.
#[derive(Debug, Args)]
pub struct Common {
    /// The database: a path or a `sqlite:` URL. Wins over all other settings.
    #[arg(long, global = true, value_name = "PATH|URL", help_heading = "Common options")]
    pub database: Option<OsString>,

    /// Report as JSON on stdout.
    #[arg(long, global = true, help_heading = "Common options")]
    pub json: bool,

    /// In a source tree: stop when the models or migrations changed since this program was
    /// built, instead of rebuilding it.
    #[arg(long, global = true, help_heading = "Common options")]
    pub no_rebuild: bool,
}

/// The `db` commands.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Bring the database to a newer revision.
    ///
    /// All pending revisions are applied or none: when one fails, the database is as it was
    /// before. A safety copy is made first.
    Upgrade(Upgrade),

    /// Take the database back to an older revision.
    ///
    /// Without a revision, one step. What the revision added is removed with its data; a safety
    /// copy is made first.
    Downgrade(Downgrade),

    /// Write a new revision.
    ///
    /// With --autogenerate it holds what makes the database match the models, proven on a
    /// scratch database before it is written. Review it, then run `upgrade`.
    Revision(Revision),

    /// Show the revision that the database is at.
    #[command(visible_alias = "status")]
    Current(Current),

    /// Show all revisions, the newest first.
    History,

    /// Show the newest revision, or both where two branches were merged.
    ///
    /// With two heads `upgrade`, `revision` and `check` refuse to go on: nobody has said yet which
    /// of them comes first.
    Heads,

    /// Put one of two branches on top of the other.
    ///
    /// Its revisions get the next numbers and new parents; what they do stays as it is. They are
    /// tried there with sample rows, up and down, before a file is changed, and must do the same.
    Rebase(Rebase),

    /// Compare the models with the history of revisions.
    ///
    /// Exits with 0 when nothing differs and with 3 when a new revision is needed.
    Check,

    /// Show what two schemas differ in.
    ///
    /// A side is `live` (the database of the settings), `history` (all revisions replayed),
    /// `history@REV` (those up to REV), `models`, a database file, or an .sql file. A path that is
    /// called like one of these words is given as `./live`.
    Diff(Diff),

    /// Show each setting and where it came from.
    Settings,

    /// Write the whole database to a file, as SQL.
    Dump(Dump),

    /// Replace the database by the content of a dump or of another database file.
    ///
    /// The file is loaded and checked beside the database before anything is replaced. Asks
    /// first unless there is no database yet.
    Restore(Restore),

    /// See, restore and thin out the safety copies.
    Backups(Backups),

    /// Put back the database as it was before the last upgrade or downgrade.
    ///
    /// It comes from the safety copy of that run. Shows what would be lost and asks first; what is
    /// there now is kept as a copy, so `undo` can be undone.
    Undo(Undo),

    /// Write into the books that the database is at a revision. Nothing is run.
    ///
    /// Refused where the schema is not what the revisions up to there make.
    Stamp(Stamp),

    /// Enter a database that has the tables but no history into the books.
    ///
    /// Finds the revision that makes these tables. A database of the app's earlier program is taken
    /// over, whatever Alembic's books in it say.
    Baseline(Baseline),

    /// Bring a schema that something else changed back to what its revisions make.
    ///
    /// Plans and proves the way, shows it and asks. What it would lose has to be accepted.
    Repair(Repair),

    /// See and bring back what revisions written with --keep-dropped have parked.
    ///
    /// Without a name it lists what is parked. A column gets its values back where it is there
    /// again; a table comes back under its name, or another one given with --as.
    Undrop(Undrop),

    /// Delete the database.
    ///
    /// Asks first. A safety copy is kept.
    Reset(Reset),

    /// Look for damage, broken references, leftovers and the like, in a database or a dump.
    ///
    /// Changes nothing. Each finding comes with the command that mends it. Exits with 0 when
    /// nothing or only advice was found, with 3 when something needs mending, and with 1 when
    /// the file is damaged.
    Verify(Verify),
}

impl DbCommand {
    /// Whether the command depends on the models or migrations that the program was built from.
    /// One that doesn't still works while they don't compile: a dump can always be made.
    #[must_use]
    pub fn depends_on_sources(&self) -> bool {
        match self {
            Self::Diff(diff) => diff.depends_on_sources(),
            // After a merge the migrations may not compile.
            Self::Heads
            | Self::Settings
            | Self::Dump(_)
            | Self::Restore(_)
            | Self::Backups(_)
            | Self::Undrop(_)
            | Self::Undo(_)
            | Self::Reset(_) => false,
            Self::Upgrade(_)
            | Self::Downgrade(_)
            | Self::Revision(_)
            | Self::Rebase(_)
            | Self::Stamp(_)
            | Self::Baseline(_)
            | Self::Repair(_)
            | Self::Current(_)
            | Self::History
            | Self::Check
            | Self::Verify(_) => true,
        }
    }
}

impl Common {
    /// For whom to report.
    #[must_use]
    pub fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::Text }
    }

    /// Whether a stale program may rebuild itself.
    #[must_use]
    pub fn rebuild_policy(&self) -> RebuildPolicy {
        if self.no_rebuild { RebuildPolicy::Never } else { RebuildPolicy::Rebuild }
    }
}

/// The command line's definition under the app's name, for parsing, completions and the manual.
#[must_use]
pub fn command(app: &App) -> clap::Command {
    let command = Arguments::command().name(app.name).version(app.version);
    // Where no terminal sets the width, help is the same everywhere.
    if std::io::stdout().is_terminal() { command } else { command.term_width(100) }
}

/// Reads the arguments, the program's own name first.
///
/// # Errors
///
/// When they make no sense, and when help or the version was asked for: [`report`] prints both.
pub fn parse<I, T>(app: &App, arguments: I) -> Result<Arguments, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let matches = command(app).try_get_matches_from(arguments)?;
    Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command(app)))
}

/// Prints help, the version or a usage error where each belongs.
#[must_use]
pub fn report(error: &clap::Error) -> ExitCode {
    // A stream that can't take it leaves nobody to tell.
    let _ = error.print();
    exit_code(error)
}

/// Help that was asked for is no error.
fn exit_code(error: &clap::Error) -> ExitCode {
    if error.use_stderr() { ExitCode::Usage } else { ExitCode::Done }
}
