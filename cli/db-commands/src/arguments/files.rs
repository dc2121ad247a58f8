//! The arguments of the commands that take the database as a whole.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use schema_engine::dump::DumpParts;

use super::values::DumpTarget;

/// `db dump`.
#[derive(Debug, Args)]
pub struct Dump {
    /// The file to write, `-` for stdout. An older file of that name is replaced. `.gz` and `.zst`
    /// are compressed.
    #[arg(
        long,
        value_name = "FILE",
        value_parser = OsStringValueParser::new().try_map(DumpTarget::parse)
    )]
    pub out: DumpTarget,

    /// Only the definitions, no rows.
    #[arg(long, conflicts_with = "data_only")]
    schema_only: bool,

    /// Only the rows, for tables that are there already.
    #[arg(long)]
    data_only: bool,

    /// Only this table, with its indexes and triggers. May be given several times.
    #[arg(long = "table", value_name = "TABLE")]
    pub tables: Vec<String>,
}

impl Dump {
    /// What of the tables it holds.
    #[must_use]
    pub fn parts(&self) -> DumpParts {
        match (self.schema_only, self.data_only) {
            (true, _) => DumpParts::Schema,
            (_, true) => DumpParts::Rows,
            _ => DumpParts::SchemaAndRows,
        }
    }
}

/// `db restore`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Restore {
    /// The dump or database file to read, compressed or not; `-` for stdin.
    #[arg(long = "in", value_name = "FILE")]
    pub input: PathBuf,

    /// Load and check it, say what is in it, and restore nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// Take it even if a newer program made it.
    #[arg(long)]
    pub force: bool,

    /// Go ahead without the question.
    #[arg(long)]
    pub yes: bool,

    /// Take it even if rows in it refer to rows that aren't there.
    #[arg(long)]
    pub allow_broken_references: bool,
}

/// `db reset`.
#[derive(Debug, Args)]
pub struct Reset {
    /// Go ahead without the question.
    #[arg(long)]
    pub yes: bool,

    /// Keep no safety copy.
    #[arg(long)]
    pub no_backup: bool,

    /// Show what would be deleted and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// `db verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// A database file or a dump; by default the database of the settings.
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub file: Option<PathBuf>,
}
