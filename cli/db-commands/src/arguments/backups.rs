//! The arguments of `db backups` and `db undo`.

use clap::{Args, Subcommand};

/// `db backups`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct Backups {
    /// What to do with them.
    #[command(subcommand)]
    pub command: BackupsCommand,
}

/// The commands of `db backups`.
#[derive(Debug, Subcommand)]
pub enum BackupsCommand {
    /// Show the safety copies, oldest first.
    List,

    /// Replace the database by one of its safety copies.
    ///
    /// Asks first, and keeps a copy of what is there now.
    Restore(RestoreCopy),

    /// Remove all but the newest safety copies.
    Prune(Prune),
}

/// `db backups restore`.
#[derive(Debug, Args)]
pub struct RestoreCopy {
    /// The copy: `latest`, its file name, or a unique part of that.
    #[arg(value_name = "COPY")]
    pub copy: String,

    /// Go ahead without the question.
    #[arg(long)]
    pub yes: bool,

    /// Check the copy, say what is in it, and restore nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// `db backups prune`.
#[derive(Debug, Args)]
pub struct Prune {
    /// How many to keep; by default as many as the setting `backups_keep` says.
    #[arg(long, value_name = "N")]
    pub keep: Option<usize>,

    /// Show what would be removed and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// `db undo`.
#[derive(Debug, Args)]
pub struct Undo {
    /// Go ahead without the question.
    #[arg(long)]
    pub yes: bool,

    /// Show what would be put back and lost, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}
