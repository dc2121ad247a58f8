//! The books: which revisions a database has had, and whether its schema is what they made it.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::Connection;

use super::finding::{BooksProblem, Finding};
use super::tables::{collect, text};
use crate::books::{Recordings, edited};
use crate::connection::{Access, open};
use crate::database_file::soundness::told;
use crate::diff::diff;
use crate::error::{Error, Result};
use crate::history::{BOOKKEEPING_TABLE, Migrations, ids, replay};
use crate::inspect::inspect;
use crate::pair::Pair;
use crate::scratch::Scratch;

/// What the books say.
#[derive(Default)]
pub(super) struct Books {
    pub(super) revision: Option<String>,
    pub(super) findings: Vec<Finding>,
    pub(super) notes: Vec<String>,
}

const ALEMBIC_TABLE: &str = "alembic_version";

/// Reads the books, and holds the schema against the history where they are this program's.
pub(super) async fn check(connection: &Connection, path: &Path, migrations: &Migrations) -> Books {
    let mut books = Books::default();
    let recorded = match read(connection, &mut books) {
        Ok(recorded) => recorded,
        Err(error) => {
            let why = BooksProblem::Unreadable(told(&error));
            books.findings.push(Finding::Books(why));
            return books;
        }
    };
    if recorded.is_empty() {
        let why = "it has no books of this program's";
        books.notes.push(format!("the schema wasn't compared with the history: {why}"));
        return books;
    }
    let known = ids(migrations);
    let unknown: Vec<String> =
        recorded.iter().filter(|it| !known.contains(&it.as_str())).cloned().collect();
    // What is unknown here was applied by a newer program.
    let newest_known = known.iter().rev().find(|id| recorded.contains(**id));
    books.revision = unknown.last().cloned().or(newest_known.map(|id| (*id).to_owned()));
    if unknown.len() == recorded.len() {
        let why = "its books name no revision of this program";
        books.notes.push(format!("the schema wasn't compared with the history: {why}"));
        return books;
    }
    let last = known.iter().rposition(|id| recorded.contains(*id)).map_or(0, |at| at + 1);
    let missing = |ids: &[&str]| -> Vec<String> {
        ids.iter().filter(|id| !recorded.contains(**id)).map(|id| (*id).to_owned()).collect()
    };
    let skipped = missing(&known[..last]);
    if !skipped.is_empty() {
        books.findings.push(Finding::SkippedRevisions(skipped));
    }
    if last < known.len() {
        books.findings.push(Finding::Pending(known.len() - last));
    }
    if !unknown.is_empty() {
        books.findings.push(Finding::UnknownRevisions(unknown));
        let why = "nobody here knows what the unknown revisions do";
        books.notes.push(format!("the schema wasn't compared with the history: {why}"));
        return books;
    }
    match compare(path, migrations, &recorded).await {
        Ok(Compared { lines, edited }) => {
            if !lines.is_empty() {
                let revision = books.revision.clone().unwrap_or_default();
                books.findings.push(Finding::Drift { revision, lines });
            }
            if !edited.is_empty() {
                books.findings.push(Finding::EditedRevisions(edited));
            }
        }
        Err(error) => {
            books.notes.push(format!("the schema wasn't compared with the history: {error}"));
        }
    }
    books
}

/// The revisions in the books, each once.
fn read(connection: &Connection, books: &mut Books) -> rusqlite::Result<BTreeSet<String>> {
    let there = |table: &str| -> rusqlite::Result<bool> {
        connection.query_row(
            "SELECT EXISTS(SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)",
            [table],
            |row| row.get(0),
        )
    };
    let mut recorded = BTreeSet::new();
    if there(BOOKKEEPING_TABLE)? {
        let sql = "SELECT version FROM seaql_migrations ORDER BY version";
        for revision in collect(connection, sql, |row| text(row, 0))? {
            if !recorded.insert(revision.clone()) {
                let twice = Finding::Books(BooksProblem::Twice(revision));
                if !books.findings.contains(&twice) {
                    books.findings.push(twice);
                }
            }
        }
    }
    if there(ALEMBIC_TABLE)? {
        let sql = "SELECT version_num FROM alembic_version ORDER BY version_num";
        let versions = collect(connection, sql, |row| text(row, 0))?;
        let has_tables: bool = connection.query_row(
            "SELECT EXISTS(SELECT 1 FROM sqlite_schema WHERE type = 'table'
               AND name NOT IN ('alembic_version', 'seaql_migrations') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\')",
            [],
            |row| row.get(0),
        )?;
        let problem = match versions.as_slice() {
            [] if has_tables => Some(BooksProblem::AlembicEmpty),
            [_, _, ..] => Some(BooksProblem::AlembicSeveral(versions)),
            [_] if !recorded.is_empty() => Some(BooksProblem::TwoTools),
            _ => None,
        };
        books.findings.extend(problem.map(Finding::Books));
    }
    Ok(recorded)
}

/// What a comparison with the history shows.
struct Compared {
    /// What differs between the two schemas: `+` is what is there beyond the history.
    lines: Vec<String>,
    /// The revisions whose modules were edited since the database had them.
    edited: Vec<String>,
}

async fn compare(
    path: &Path,
    migrations: &Migrations,
    recorded: &BTreeSet<String>,
) -> Result<Compared> {
    let places: Vec<usize> =
        (0..migrations.len()).filter(|at| recorded.contains(migrations[*at].name())).collect();
    let scratch = Scratch::empty().await?;
    replay(&scratch, places.iter().map(|at| &migrations[*at])).await?;
    let replayed = scratch.schema().await?;
    let live = open(path, Access::ReadOnly).await?;
    let schema = inspect(&live).await;
    let edited = edited(&live, &Recordings::of(migrations), &places).await;
    let closed = live.close().await;
    closed.map_err(|error| Error::failed("can't close the database").because(error))?;
    Ok(Compared { lines: diff(Pair::new(&replayed, &schema?)).lines(), edited: edited? })
}
