//! The arguments of `db undrop`.

use clap::Args;

/// `db undrop`.
#[derive(Debug, Args)]
pub struct Undrop {
    /// What to bring back: its name, a unique part of it, its table, TABLE.COLUMN, or its revision.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// Put it into a new table of this name.
    #[arg(long = "as", value_name = "TABLE", requires = "name", conflicts_with = "prune")]
    pub into: Option<String>,

    /// Delete what is parked, for good: NAME, or with --older-than, or all of it.
    #[arg(long)]
    pub prune: bool,

    /// Delete what was parked by a revision that N or more others have followed since.
    #[arg(long, value_name = "N", requires = "prune", conflicts_with = "name")]
    pub older_than: Option<usize>,

    /// Go ahead without the question.
    #[arg(long)]
    pub yes: bool,

    /// Show what would be done and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}
