//! Findings in words.

use super::{BooksProblem, Finding, LeftoverRows};
use crate::amount::{Noun, counted, size};
use crate::schema::ObjectKind;

/// How many rows, tables or faults a finding names.
pub(crate) const SHOWN: usize = 5;

const ROWS: Noun = Noun("row", "rows");
const LINES: Noun = Noun("difference", "differences");

impl Finding {
    /// What was found, in one line without a full stop.
    pub fn message(&self) -> String {
        match self {
            Self::Unreadable(why) => format!("SQLite can't read the file: {why}"),
            Self::Damaged(_) => "the database is damaged".to_owned(),
            Self::BadDump { what, .. } => format!("the dump can't be restored: {what}"),
            Self::Empty => {
                "the file is empty, and SQLite takes it for a database without tables".to_owned()
            }
            Self::Unsealed => {
                "the dump carries no checksum: nothing tells whether it is as it was written"
                    .to_owned()
            }
            Self::Part { .. } => {
                "the dump is as it was written, but holds a part of a database: `restore` doesn't take it"
                    .to_owned()
            }
            Self::SchemaNeedsItsApp(needed) => {
                format!("only its app can read the database: its schema needs the {needed}")
            }
            Self::DumpNeedsItsApp(needed) => format!(
                "only its app can load the dump, which needs the {}",
                needed.join(" and the ")
            ),
            Self::BrokenReferences(broken) => {
                let rows = rows(broken.count);
                let refer = if broken.count == 1 { "refers" } else { "refer" };
                let columns: Vec<_> = broken.columns.iter().map(ToString::to_string).collect();
                format!(
                    "{rows} of {} {refer} to rows of {} that aren't there ({})",
                    broken.child,
                    broken.parent,
                    columns.join(", ")
                )
            }
            Self::MissingParent { child, parent } => format!(
                "{child} refers to a table {parent}, which isn't there: where foreign keys are enforced, no row can be written to it"
            ),
            Self::UncheckableReferences { child, why } => {
                format!("the references of {child} can't be checked: {why}")
            }
            Self::BrokenCheck { table, count } => {
                // SQLite stops there.
                let least = if *count >= 100 { "at least " } else { "" };
                let breaks = if *count == 1 { "breaks" } else { "break" };
                format!("{least}{} of {table} {breaks} a CHECK", rows(*count as u64))
            }
            Self::Drift { lines, .. } => format!(
                "the schema is not what its revisions made it ({})",
                counted(i64::try_from(lines.len()).unwrap_or(i64::MAX), LINES)
            ),
            Self::UnknownRevisions(revisions) => {
                format!("the books name what this program doesn't know: {}", revisions.join(", "))
            }
            Self::SkippedRevisions(revisions) => {
                format!("passed over, though later ones have run: {}", revisions.join(", "))
            }
            Self::EditedRevisions(revisions) => {
                format!("edited since the database had them: {}", revisions.join(", "))
            }
            Self::Pending(count) => {
                let pending = Noun("revision is", "revisions are");
                format!("{} pending", counted(i64::try_from(*count).unwrap_or(i64::MAX), pending))
            }
            Self::Books(problem) => problem.message(),
            Self::BrokenObject(object) => {
                let what = object.kind.word();
                format!("the {what} {} is broken: {}", object.name, object.error)
            }
            Self::NeedsItsApp(object) => {
                let what = object.kind.word();
                format!("the {what} {} works in its app alone: {}", object.name, object.error)
            }
            Self::MisfitIndex(table) => {
                format!("the full-text index of {table} doesn't fit its texts: searches go wrong")
            }
            Self::DuplicateIndex { table, index, same_as } => match same_as {
                Some(other) => format!("the index {index} of {table} does what {other} does"),
                None => format!("the index {index} of {table} does what a key of the table does"),
            },
            Self::LeftoverTable(left) => {
                let (table, original) = (&left.table, &left.original);
                let tool = left.tool;
                let begin = format!("{table} was left behind by a rebuild of {original} ({tool})");
                match left.rows {
                    LeftoverRows::OnlyHere(count) => {
                        format!(
                            "{begin}; {original} is gone, and what it held is in there: {}",
                            rows(count)
                        )
                    }
                    LeftoverRows::AllInOriginal => {
                        format!("{begin}; all that it holds is in {original}")
                    }
                    LeftoverRows::Differ { here, there } => format!(
                        "{begin}, and holds what {original} doesn't: {} here, {} there",
                        rows(here),
                        rows(there)
                    ),
                }
            }
            Self::LeftoverFile(path) => {
                format!("left behind by an interrupted run: {}", path.display())
            }
            Self::HotJournal { bytes, .. } => format!(
                "a program was killed while it wrote: its journal ({}) takes the change back when the database is opened next",
                size(*bytes)
            ),
            Self::LeftoverWal { bytes, .. } => format!(
                "a program ended without tidying up: the newest data is in the -wal file ({}), and comes into the database when it is opened next",
                size(*bytes)
            ),
            Self::StrayWal { path, bytes } => format!(
                "{} ({}) belongs to another database; its rows would come into this one",
                path.display(),
                size(*bytes)
            ),
            Self::NoStatistics(tables) => {
                let names: Vec<_> = shown(tables, |(table, _)| table.to_string());
                format!("SQLite's planner has no statistics of {}", names.join(", "))
            }
            Self::StaleStatistics(tables) => {
                let names: Vec<_> = shown(tables, |(table, ..)| table.to_string());
                format!("SQLite's planner has old statistics of {}", names.join(", "))
            }
            Self::FreePages { free, bytes, .. } => {
                format!("{} of the file's {} are free", size(*free), size(*bytes))
            }
            Self::RiskyPlace(how) => how.clone(),
        }
    }

    /// More of it, a line each.
    pub fn details(&self) -> Vec<String> {
        match self {
            Self::Damaged(faults) => shown(faults, Clone::clone),
            Self::Drift { lines, .. } => lines.clone(),
            Self::BrokenReferences(broken) if !broken.rowids.is_empty() => {
                let ids: Vec<_> = broken.rowids.iter().map(ToString::to_string).collect();
                let more = if broken.count > ids.len() as u64 { ", …" } else { "" };
                vec![format!("rowid {}{more}", ids.join(", "))]
            }
            Self::NoStatistics(tables) => {
                shown(tables, |(table, count)| format!("{table}: {}", rows(*count)))
            }
            Self::StaleStatistics(tables) => shown(tables, |(table, then, now)| {
                format!("{table}: {} then, {} now", rows(*then), rows(*now))
            }),
            _ => Vec::new(),
        }
    }
}

impl BooksProblem {
    fn message(&self) -> String {
        match self {
            Self::Twice(revision) => {
                format!("{revision} stands in seaql_migrations more than once")
            }
            Self::TwoTools => {
                "two tools keep books here: alembic_version has a row, and so has seaql_migrations"
                    .to_owned()
            }
            Self::AlembicEmpty => "alembic_version has no row, though there are tables".to_owned(),
            Self::AlembicSeveral(versions) => {
                format!("alembic_version has {} rows: {}", versions.len(), versions.join(", "))
            }
            Self::Unreadable(why) => format!("the books can't be read: {why}"),
        }
    }
}

fn rows(count: u64) -> String {
    counted(i64::try_from(count).unwrap_or(i64::MAX), ROWS)
}

/// The first few, and how many more there are.
fn shown<T>(items: &[T], word: impl Fn(&T) -> String) -> Vec<String> {
    let mut words: Vec<_> = items.iter().take(SHOWN).map(word).collect();
    if items.len() > SHOWN {
        words.push(format!("and {} more", items.len() - SHOWN));
    }
    words
}

/// What an object is called where a fix drops it.
pub(super) fn drop_statement(kind: ObjectKind, name: &crate::ident::Ident) -> String {
    format!("DROP {} {}", kind.sql_word(), name.quoted())
}
