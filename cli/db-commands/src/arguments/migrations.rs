//! The arguments of the commands that move along the history or add to it.

use clap::Args;
use schema_engine::answers::{Answers, Dropped};
use schema_engine::executor::Deviation;

use super::answers::AnswerFlags;
use super::values::Preview;

/// `db upgrade`.
#[derive(Debug, Args)]
pub struct Upgrade {
    /// What it shares with `db downgrade`.
    #[command(flatten)]
    pub migrate: Migrate,

    /// Run everything on a copy of the database: up, the checks, down and up again. Report rows,
    /// time and disk, and change nothing.
    #[arg(long, conflicts_with_all = ["dry_run", "sql", "no_backup"])]
    pub rehearse: bool,
}

/// `db downgrade`.
#[derive(Debug, Args)]
pub struct Downgrade {
    /// What it shares with `db upgrade`.
    #[command(flatten)]
    pub migrate: Migrate,

    /// Take back the revisions that this program doesn't know, by the steps that are kept in the
    /// file. They are tried on a copy first, and confined.
    #[arg(long, conflicts_with_all = ["revision", "flag", "sql", "accept_drift", "allow_edited"])]
    pub from_file: bool,
}

/// `db upgrade` and `db downgrade`.
#[derive(Debug, Args)]
pub struct Migrate {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    preview: PreviewFlags,
    /// Print the SQL that would be run, as a script for the sqlite3 shell, and change nothing.
    #[arg(long, conflicts_with_all = ["dry_run", "json"])]
    sql: bool,
    /// Make no safety copy.
    #[arg(long)]
    pub no_backup: bool,
    #[command(flatten)]
    accepted: AcceptFlags,
}

/// What is accepted that would be refused.
#[derive(Debug, Args)]
struct AcceptFlags {
    /// Go on although the schema is not what the database's revisions made it. What differs stays
    /// as it is.
    #[arg(long)]
    accept_drift: bool,

    /// Go on although modules of revisions that the database has had were edited since.
    #[arg(long)]
    allow_edited: bool,
}

impl Migrate {
    /// What is accepted that would be refused.
    #[must_use]
    pub fn accepted(&self) -> Vec<Deviation> {
        let drift = self.accepted.accept_drift.then_some(Deviation::Drift);
        let edited = self.accepted.allow_edited.then_some(Deviation::EditedRevisions);
        drift.into_iter().chain(edited).collect()
    }

    /// The revision to go to, if one is given.
    #[must_use]
    pub fn revision(&self) -> Option<&str> {
        self.target.revision.as_deref().or(self.target.flag.as_deref())
    }

    /// Whether to do it or to show it.
    #[must_use]
    pub fn preview(&self) -> Preview {
        if self.sql { Preview::Sql } else { self.preview.preview() }
    }
}

/// A revision, as an argument or as a flag.
#[derive(Debug, Args)]
struct Target {
    /// The revision to go to: an id or a unique part of one, `head`, `base`, `+N`, `-N`, `ID+N`
    /// or `ID-N`.
    #[arg(value_name = "REV", allow_negative_numbers = true)]
    revision: Option<String>,

    /// The same as a flag.
    #[arg(
        long = "rev",
        value_name = "REV",
        allow_negative_numbers = true,
        conflicts_with = "revision"
    )]
    flag: Option<String>,
}

/// The flags that show instead of doing.
#[derive(Debug, Args)]
struct PreviewFlags {
    /// Show what would be done and change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl PreviewFlags {
    fn preview(&self) -> Preview {
        if self.dry_run { Preview::DryRun } else { Preview::Off }
    }
}

/// `db current`.
#[derive(Debug, Args)]
pub struct Current {
    /// Exit with 3 when revisions are pending, and with 4 when the database is newer than this
    /// program.
    #[arg(long)]
    pub exit_code: bool,
}

/// `db rebase`.
#[derive(Debug, Args)]
pub struct Rebase {
    /// A revision of the branch that goes on top: its id or a unique part of it.
    #[arg(value_name = "REV")]
    pub revision: String,

    #[command(flatten)]
    preview: PreviewFlags,
}

impl Rebase {
    /// Whether to write it or to show it.
    #[must_use]
    pub fn preview(&self) -> Preview {
        self.preview.preview()
    }
}

/// What a revision is written from instead of the models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum From {
    /// The live database.
    Live,
}

/// `db repair`.
#[derive(Debug, Args)]
pub struct Repair {
    /// Go ahead without the question.
    #[arg(long)]
    pub yes: bool,

    /// Show the way back and change nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// What the comparison can't find out by itself.
    #[command(flatten)]
    pub answers: AnswerFlags,
}

/// `db revision`.
#[derive(Debug, Args)]
#[command(mut_group("AnswerFlags", |answers| answers.requires("autogenerate")))]
pub struct Revision {
    /// What the revision does, in a few words: its name is made of them.
    #[arg(short, long, value_name = "TEXT")]
    pub message: String,

    /// Find out what changed in the models and write it down.
    #[arg(short, long)]
    pub autogenerate: bool,

    /// Write down what something else changed in the live database, and enter the revision into its
    /// books, so that it is run everywhere but there. With --autogenerate.
    #[arg(long, value_name = "SIDE", requires = "autogenerate", conflicts_with = "keep_dropped")]
    pub from: Option<From>,

    /// Park the values of dropped columns and tables in the database instead of losing them.
    ///
    /// `down` brings them back, and so does `undrop`, until `undrop --prune` ends it.
    #[arg(long, requires = "autogenerate")]
    keep_dropped: bool,

    /// What the comparison can't find out by itself.
    #[command(flatten)]
    pub answers: AnswerFlags,

    #[command(flatten)]
    preview: PreviewFlags,
}

impl Revision {
    /// The answers that were given, for the revision of this id.
    #[must_use]
    pub fn answers(&self, id: &str) -> Answers {
        let mut answers = self.answers.answers();
        if self.keep_dropped {
            answers.dropped = Dropped::Parked { revision: id.to_owned() };
        }
        answers
    }

    /// Whether to write it or to show it.
    #[must_use]
    pub fn preview(&self) -> Preview {
        self.preview.preview()
    }
}

/// `db stamp`.
#[derive(Debug, Args)]
pub struct Stamp {
    /// The revision that the database is to stand at, as for `upgrade`.
    #[arg(value_name = "REV", allow_negative_numbers = true)]
    pub revision: String,

    /// Empty the books first, so that revisions that this program doesn't know go too.
    #[arg(long)]
    pub purge: bool,

    /// Do it although the schema is not what the revisions up to there make.
    #[arg(long)]
    pub force: bool,

    #[command(flatten)]
    preview: PreviewFlags,
}

impl Stamp {
    /// Whether to do it or to show it.
    #[must_use]
    pub fn preview(&self) -> Preview {
        self.preview.preview()
    }
}

/// `db baseline`.
#[derive(Debug, Args)]
pub struct Baseline {
    /// The revision that the tables correspond to; the newest that makes them unless given.
    #[arg(value_name = "REV")]
    pub revision: Option<String>,

    #[command(flatten)]
    preview: PreviewFlags,
}

impl Baseline {
    /// Whether to do it or to show it.
    #[must_use]
    pub fn preview(&self) -> Preview {
        self.preview.preview()
    }
}
