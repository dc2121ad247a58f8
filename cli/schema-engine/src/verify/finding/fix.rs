//! What mends a finding.

use super::words::drop_statement;
use super::{BooksProblem, BrokenReferences, Finding, LeftoverRows, Orphans};
use crate::ident::Ident;
use std::path::PathBuf;

/// One way to mend a finding, or to see more of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fix {
    /// A command of this program on the file that was checked: what stands behind `db`.
    Command(String),
    /// Statements for the `sqlite3` shell on the file that was checked.
    Sql(String),
    /// A file to delete.
    Remove(PathBuf),
    /// A file to move out of the way; it is kept.
    MoveAside(PathBuf),
    /// Something to do that no command does.
    Words(String),
}

impl Finding {
    /// What mends it, the likeliest first. Nothing here is done by the check itself, and nothing
    /// deletes rows that might be the only ones.
    pub fn fixes(&self) -> Vec<Fix> {
        match self {
            Self::Damaged(faults) => {
                let mut fixes = made_anew(faults);
                fixes.extend(from_copies());
                fixes
            }
            Self::Unreadable(_) | Self::Empty => from_copies(),
            Self::BadDump { next, .. } => next.iter().map(|step| words(step)).collect(),
            Self::Part { .. } => vec![words(
                "A dump without --schema-only, --data-only and --table holds everything; the sqlite3 shell loads a part.",
            )],
            Self::SchemaNeedsItsApp(_) => {
                vec![words("Have the app check it, by `PRAGMA integrity_check` for one.")]
            }
            Self::DumpNeedsItsApp(_) => vec![words(
                "Have the app load it. `db restore` takes a copy of the database file instead, which needs nothing.",
            )],
            Self::Unsealed => vec![words("`db dump` writes dumps that carry one.")],
            Self::BrokenReferences(broken) => broken.fixes(),
            Self::MissingParent { .. } => {
                vec![command("backups list"), words("A copy from before may still have the table.")]
            }
            Self::UncheckableReferences { .. } => {
                vec![words(
                    "The columns that a key refers to need a primary key or a unique index.",
                )]
            }
            Self::BrokenCheck { table, .. } => {
                vec![sql(format!("PRAGMA quick_check({})", table.quoted()))]
            }
            Self::Drift { revision, .. } => vec![
                command(&format!("diff --from history@{revision} --to live")),
                command("repair"),
                words(
                    "`repair` undoes that change, after a copy; `upgrade --accept-drift` leaves it as it is.",
                ),
            ],
            Self::UnknownRevisions(_) => vec![
                words("It was probably upgraded by a newer version of this program: use that one."),
                words("In a source tree: switch to the branch that has the revision."),
            ],
            Self::EditedRevisions(_) => vec![
                words("Take the edit back, and write what it should do as a new revision."),
                words(
                    "Where the schema is right all the same: `db stamp` enters the modules as they are now.",
                ),
            ],
            Self::SkippedRevisions(_) | Self::Pending(_) => vec![command("upgrade")],
            Self::Books(problem) => problem.fixes(),
            Self::BrokenObject(object) => vec![
                words("Bring back what it names."),
                sql(drop_statement(object.kind, &object.name)),
            ],
            Self::MisfitIndex(table) => {
                let table = table.quoted();
                vec![sql(format!("INSERT INTO {table} ({table}) VALUES ('rebuild')"))]
            }
            Self::DuplicateIndex { index, .. } => vec![
                sql(format!("DROP INDEX {}", index.quoted())),
                words("Where a model defines it, take it out of the model instead."),
            ],
            Self::LeftoverTable(left) => match left.rows {
                LeftoverRows::OnlyHere(_) => vec![sql(format!(
                    "ALTER TABLE {} RENAME TO {}",
                    left.table.quoted(),
                    left.original.quoted()
                ))],
                LeftoverRows::AllInOriginal => {
                    vec![sql(format!("DROP TABLE {}", left.table.quoted()))]
                }
                LeftoverRows::Differ { .. } => vec![
                    sql(format!("SELECT * FROM {} LIMIT 20", left.table.quoted())),
                    words("Compare the two before either of them goes."),
                ],
            },
            Self::LeftoverFile(path) => vec![Fix::Remove(path.clone())],
            Self::HotJournal { .. } => vec![
                command("current"),
                words("Leave the -journal file alone: without it the database is damaged."),
            ],
            Self::LeftoverWal { .. } => vec![
                sql("PRAGMA wal_checkpoint".to_owned()),
                words("Leave the -wal file alone: it holds the newest data."),
            ],
            Self::StrayWal { path, .. } => vec![Fix::MoveAside(path.clone())],
            Self::NoStatistics(_) | Self::StaleStatistics(_) => vec![sql("ANALYZE".to_owned())],
            Self::FreePages { rowids_may_change: false, .. } => vec![sql("VACUUM".to_owned())],
            Self::FreePages { .. } => vec![
                command("dump --out whole.sql"),
                command("restore --in whole.sql"),
                words(
                    "VACUUM is quicker, but may number anew the rows of tables without an INTEGER PRIMARY KEY.",
                ),
            ],
            Self::RiskyPlace(_) => {
                vec![words(
                    "Move it to a folder of this machine alone, and keep dumps in this one.",
                )]
            }
            Self::NeedsItsApp(_) => Vec::new(),
        }
    }
}

/// What helps a damaged database in any case.
fn from_copies() -> Vec<Fix> {
    vec![
        command("backups list"),
        command("backups restore latest"),
        words("`sqlite3 FILE .recover` saves what can still be read."),
    ]
}

/// What makes indexes anew out of the rows, where nothing else is damaged.
fn made_anew(faults: &[String]) -> Vec<Fix> {
    const WORDS: &str = "fts5: corruption found reading blob ";
    let mut fixes = Vec::new();
    for fault in faults {
        let is_of_index = fault.starts_with("wrong # of entries in index ")
            || (fault.starts_with("row ") && fault.contains(" missing from index "));
        let of_words = fault.strip_prefix(WORDS).and_then(|rest| {
            Some(rest.split_once(" from table \"")?.1.strip_suffix('"')?.to_owned())
        });
        let fix = match of_words {
            Some(table) => Finding::MisfitIndex(Ident::new(table)).fixes(),
            None if is_of_index => vec![sql("REINDEX".to_owned())],
            None => return Vec::new(),
        };
        fixes.extend(fix);
    }
    fixes.dedup();
    fixes
}

impl BrokenReferences {
    /// What the schema itself would have done with these rows, or else how to see them.
    fn fixes(&self) -> Vec<Fix> {
        let child = self.child.quoted();
        let pairs = self.columns.iter().zip(&self.parent_columns);
        let same: Vec<_> = pairs
            .map(|(own, theirs)| format!("p.{} = {child}.{}", theirs.quoted(), own.quoted()))
            .collect();
        let filled: Vec<_> =
            self.columns.iter().map(|own| format!("{} IS NOT NULL", own.quoted())).collect();
        let lost = format!(
            "{} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
            filled.join(" AND "),
            self.parent.quoted(),
            same.join(" AND ")
        );
        let look = sql(format!("SELECT * FROM {child} WHERE {lost}"));
        match self.orphans {
            Orphans::Go => vec![look, sql(format!("DELETE FROM {child} WHERE {lost}"))],
            Orphans::ReferToNothing => {
                let nothing: Vec<_> =
                    self.columns.iter().map(|own| format!("{} = NULL", own.quoted())).collect();
                vec![look, sql(format!("UPDATE {child} SET {} WHERE {lost}", nothing.join(", ")))]
            }
            Orphans::Unsaid => vec![look, words("Bring back the missing rows, or delete these.")],
        }
    }
}

impl BooksProblem {
    fn fixes(&self) -> Vec<Fix> {
        match self {
            Self::Twice(_) => vec![sql(
                "DELETE FROM seaql_migrations WHERE rowid NOT IN (SELECT min(rowid) FROM seaql_migrations GROUP BY version)"
                    .to_owned(),
            )],
            Self::TwoTools => {
                vec![words("Find out which of the two programs works on this file; the other one must not.")]
            }
            Self::AlembicEmpty | Self::AlembicSeveral(_) => {
                vec![words("Set it right with the program that made the database (`alembic stamp`).")]
            }
            Self::Unreadable(_) => vec![command("backups list")],
        }
    }
}

fn command(rest: &str) -> Fix {
    Fix::Command(rest.to_owned())
}

fn sql(statement: String) -> Fix {
    Fix::Sql(statement)
}

fn words(words: &str) -> Fix {
    Fix::Words(words.to_owned())
}
