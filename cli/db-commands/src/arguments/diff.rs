//! The arguments of `db diff`.

use clap::Args;
use schema_engine::pair::Pair;
use schema_engine::side::Side;

use super::answers::AnswerFlags;

/// `db diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// What is there: `live`, `history`, `history@REV`, `models`, a database file or an .sql file.
    #[arg(long, value_name = "SIDE", default_value = "live")]
    from: Side,

    /// What shall be there.
    #[arg(long, value_name = "SIDE", default_value = "models")]
    to: Side,

    /// Print the way from the one to the other as SQL for the sqlite3 shell.
    #[arg(long)]
    sql: bool,

    /// Exit with 3 when something differs.
    #[arg(long)]
    exit_code: bool,

    /// What the comparison can't find out by itself.
    #[command(flatten)]
    pub answers: AnswerFlags,
}

/// What `db diff` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffOutput {
    /// What differs.
    Differences,
    /// The way from one side to the other, as SQL.
    Sql,
}

/// What a difference means for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: it was found, so the work is done.
    Done,
    /// An exit code of its own.
    Told,
}

impl Diff {
    /// The two sides.
    #[must_use]
    pub fn sides(&self) -> Pair<&Side> {
        Pair::new(&self.from, &self.to)
    }

    /// What to print.
    #[must_use]
    pub fn output(&self) -> DiffOutput {
        if self.sql { DiffOutput::Sql } else { DiffOutput::Differences }
    }

    /// What a difference means for the exit code.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.exit_code { Verdict::Told } else { Verdict::Done }
    }

    /// Whether a side comes from the models or migrations that the program was built from.
    #[must_use]
    pub fn depends_on_sources(&self) -> bool {
        self.from.depends_on_sources() || self.to.depends_on_sources()
    }
}
