//! Taking a newer database back by the ways down that are kept in the file itself.
//!
//! A file may come from anywhere, so nothing in it runs unasked, and what runs is confined: only the
//! kinds of statements that ways down consist of, behind SQLite's authorizer, first on a copy of the
//! whole file. There it has to lead to what this program's own revisions make.

use super::{ByHand, Executor, Standing, close};
use crate::backup::{CopyCondition, copy_pages, quick_check};
use crate::books::{self, Kept, Step};
use crate::connection::{Access, check_writable, open};
use crate::database_file::{DatabaseFile, durable};
use crate::diff::diff;
use crate::drift;
use crate::dump::quoted;
use crate::error::{Error, Result};
use crate::history::replay;
use crate::ident::Ident;
use crate::inspect::inspect;
use crate::pair::Pair;
use crate::restore::confined::{Confined, edit};
use crate::restore::stoppable;
use crate::schema::Schema;
use crate::scratch::Scratch;
use crate::sql::first::first_statement;
use crate::sql::normal::mentions;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

const UNCHANGED: &str = "The database is unchanged.";

/// Pragmas that a rebuild sets around its rename.
const PRAGMAS: [&str; 2] = ["PRAGMA legacy_alter_table = ON", "PRAGMA legacy_alter_table = OFF"];

/// What ways down begin with.
const KINDS: [&str; 7] = ["CREATE", "DROP", "ALTER", "INSERT", "UPDATE", "DELETE", "REINDEX"];

impl Executor<'_> {
    /// The revisions that [`Self::step_back`] would take back, in that order.
    ///
    /// # Errors
    /// As that, as far as it can be told beforehand.
    pub async fn preview_step_back(&self) -> Result<Vec<String>> {
        let (_, steps) = self.kept_steps().await?;
        Ok(steps.into_iter().map(|kept| kept.revision).collect())
    }

    /// Takes back every revision that this program doesn't know, by the steps in the file: proven
    /// on a copy, then with a safety copy and in one transaction.
    ///
    /// # Errors
    /// When there are none, a way down isn't kept or does what none needs, or it doesn't lead to
    /// what this program's revisions make. The database is unchanged then.
    pub async fn step_back(&self) -> Result<ByHand> {
        let (standing, steps) = self.kept_steps().await?;
        check_writable(self.database)?;
        let file = DatabaseFile::resolve(self.database)?.waiting(self.patience);
        let failed = |error| file.sqlite_error("can't copy", error).state(UNCHANGED);
        durable::sweep(file.folder(), DRAFT);
        let (lock, draft) = durable::draft(file.folder(), DRAFT)
            .map_err(|error| file.io_error("can't copy", error).state(UNCHANGED))?
            .into_parts();
        // Locked as long as its maker lives; elsewhere that would keep SQLite out, too.
        #[cfg(unix)]
        lock.lock().map_err(|error| file.io_error("can't copy", error).state(UNCHANGED))?;
        let _lock = lock;
        let reader = file.reader().map_err(failed)?;
        copy_pages(&reader, &draft).map_err(failed)?;
        drop(reader);
        let copy = durable::connect(&draft).map_err(failed)?;
        bound(&copy).map_err(failed)?;
        let (start, outcome) = self.stoppable(&copy, || take_back(&copy, &steps, &file, None))?;
        let condition = quick_check(&copy).map_err(failed)?;
        drop(copy);
        if let CopyCondition::Damaged(damage) = condition {
            return Err(Error::failed("the way back leaves a damaged copy")
                .because(damage)
                .state(UNCHANGED));
        }
        self.check_copy(&draft, &standing).await?;
        let safety_copy = self.copy("before-downgrade").await?;
        let live = file.writer().map_err(failed)?;
        let expected = Some((&start, &outcome));
        let done = self.stoppable(&live, || take_back(&live, &steps, &file, expected));
        drop(live);
        let (safety_copy, _) = self.keep(safety_copy, &done);
        done?;
        let from = standing.unknown().last().map(|unknown| unknown.applied.revision.clone());
        let to = standing.last().map(str::to_owned);
        Ok(ByHand { from, to, reshaped: None, safety_copy })
    }

    /// Works with a connection until somebody asks to stop.
    fn stoppable<T>(&self, connection: &Connection, work: impl FnOnce() -> Result<T>) -> Result<T> {
        stoppable(connection, self.progress, &AtomicBool::new(false), work).map_err(|error| {
            match error.data_state() {
                Some(_) => error,
                None => error.state(UNCHANGED),
            }
        })
    }

    /// The steps of the revisions that this program doesn't know, the newest first.
    async fn kept_steps(&self) -> Result<(Standing, Vec<Kept>)> {
        let connection = open(self.database, Access::ReadOnly).await?;
        let read = async {
            let standing = Standing::read(&connection, self.migrations).await?;
            Ok((standing, books::steps_down(&connection).await?))
        };
        let read: Result<_> = read.await;
        close(connection).await?;
        let (standing, kept) = read?;
        if standing.unknown().is_empty() {
            return Err(Error::usage(
                "this program knows every revision that the database has had",
            )
            .state(UNCHANGED)
            .next("`db downgrade` takes it back by the program's own revisions."));
        }
        let is_unknown = |kept: &Kept| {
            standing.unknown().iter().any(|unknown| unknown.applied.revision == kept.revision)
        };
        let newest_known =
            kept.iter().filter(|kept| !is_unknown(kept)).map(|kept| kept.place).max().unwrap_or(-1);
        let mut steps: Vec<_> = kept.into_iter().filter(|kept| is_unknown(kept)).collect();
        steps.reverse();
        for unknown in standing.unknown() {
            let revision = &unknown.applied.revision;
            let kept = steps.iter().find(|kept| kept.revision == *revision);
            let why = match kept {
                Some(kept) if kept.place <= newest_known => {
                    format!("a revision that this program knows was applied after {revision}")
                }
                Some(Kept { down: Some(down), .. }) if !down.is_empty() => continue,
                _ => format!("the way back from {revision} is not kept in the file"),
            };
            return Err(Error::refused(why)
                .state(UNCHANGED)
                .next("Take it back with the newer version of the program."));
        }
        for kept in &steps {
            for step in kept.down.iter().flatten() {
                check(step).map_err(|why| refusal(&kept.revision, &why))?;
            }
        }
        Ok((standing, steps))
    }

    /// The copy must be what this program's revisions make.
    async fn check_copy(&self, copy: &Path, standing: &Standing) -> Result<()> {
        let scratch = Scratch::empty().await?;
        replay(&scratch, standing.places().iter().map(|at| &self.migrations[*at])).await?;
        let replayed = scratch.schema().await?;
        let connection = open(copy, Access::ReadOnly).await?;
        let reached: Result<Schema> = inspect(&connection).await;
        close(connection).await?;
        let difference = diff(Pair::new(&replayed, &reached?));
        if difference.is_empty() {
            return Ok(());
        }
        let what = "the steps in the file don't lead to what this program's revisions make";
        Err(drift::error(what, &difference))
    }
}

/// What the name of the copy begins with on which it is tried.
pub(crate) const DRAFT: &str = "step-back";

fn refusal(revision: &str, why: &str) -> Error {
    Error::refused(format!("the way back from {revision} in this file {why}"))
        .state(UNCHANGED)
        .next("Somebody may have tampered with the file; take it back with the newer version of the program.")
}

/// What no way down writes to by itself.
const BOOKS: [&str; 4] =
    ["seaql_migrations", "schema_engine_revisions", "sqlite_schema", "sqlite_master"];

/// The statements of a text; a body of a trigger stays whole.
fn statements(sql: &str) -> impl Iterator<Item = &str> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches(|one: char| one.is_whitespace() || one == ';');
            if rest.is_empty() {
                return None;
            }
            let first = first_statement(rest);
            rest = &rest[first.len()..];
            if !first.trim().is_empty() {
                return Some(first.trim());
            }
        }
    })
}

/// What is wrong with a step, as the end of a sentence.
fn check(step: &Step) -> Result<(), String> {
    match step {
        Step::Statement(sql) => {
            for statement in statements(sql) {
                let kind = statement.split(|one: char| !one.is_ascii_alphabetic()).next();
                let kind = kind.unwrap_or_default().to_ascii_uppercase();
                let touches_books =
                    BOOKS.iter().any(|table| mentions(statement, &Ident::from(*table)));
                if touches_books || !KINDS.contains(&kind.as_str()) && !PRAGMAS.contains(&statement)
                {
                    return Err(format!("does what none needs: {statement}"));
                }
            }
            Ok(())
        }
        Step::Edit { table, stored } => {
            let parsed = crate::schema::Table::from_sql(stored.as_str(), 0);
            let fits = parsed.is_ok_and(|parsed| parsed.name == table.as_str().into())
                && first_statement(stored) == stored;
            if fits {
                Ok(())
            } else {
                Err(format!("gives {table} a text that is no table of that name"))
            }
        }
    }
}

/// The stored texts of a schema, the number of broken references, and of the rows of each table.
#[derive(Debug, PartialEq, Eq)]
struct State {
    texts: Vec<(String, String, Option<String>)>,
    broken: i64,
    rows: BTreeMap<String, i64>,
}

impl State {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT type, name, sql FROM main.sqlite_schema ORDER BY type, name";
        let texts = connection
            .prepare(sql)?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let count = "SELECT count(*) FROM pragma_foreign_key_check";
        // References to columns that aren't unique can't be checked, before and after.
        let broken = connection.query_row(count, [], |row| row.get(0)).unwrap_or(-1);
        let tables = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0 \
                      AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'seaql_migrations' \
                      AND name NOT LIKE 'schema\\_engine\\_%' ESCAPE '\\'";
        let tables: Vec<String> = connection
            .prepare(tables)?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let count = |table: String| {
            let sql = format!("SELECT count(*) FROM main.{}", quoted(&table));
            connection.query_row(&sql, [], |row| row.get(0)).map(|rows| (table, rows))
        };
        let rows = tables.into_iter().map(count).collect::<rusqlite::Result<_>>()?;
        Ok(Self { texts, broken, rows })
    }
}

/// Takes the steps in one transaction. Gives the state before and after; `expected` is both as the
/// copy had them.
/// Steps that somebody wrote into the file may not fill the disk: a way back needs room for tables
/// that are built anew, and for defaults in columns that come back.
fn bound(copy: &Connection) -> rusqlite::Result<()> {
    let pages: i64 = copy.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    copy.pragma_update(None, "max_page_count", pages.saturating_mul(8).saturating_add(1 << 14))
}

fn take_back(
    connection: &Connection,
    steps: &[Kept],
    file: &DatabaseFile,
    expected: Option<(&State, &State)>,
) -> Result<(State, State)> {
    let failed = |error| file.sqlite_error("can't take back", error).state(UNCHANGED);
    connection.execute_batch("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE").map_err(failed)?;
    let start = State::of(connection).map_err(failed)?;
    if expected.is_some_and(|(before, _)| before.texts != start.texts) {
        return Err(Error::failed(
            "the database was changed while the way back was tried on a copy",
        )
        .state(UNCHANGED)
        .next("Run this again."));
    }
    let confined = Confined::new(connection).map_err(failed)?;
    for Kept { revision, down, .. } in steps {
        for step in down.iter().flatten() {
            take(connection, &confined, step).map_err(|why| refusal(revision, &why))?;
        }
        for books in ["seaql_migrations WHERE version", "schema_engine_revisions WHERE revision"] {
            let gone = connection.execute(&format!("DELETE FROM {books} = ?1"), [revision]);
            gone.map_err(failed)?;
        }
    }
    let outcome = State::of(connection).map_err(failed)?;
    if outcome.broken > start.broken {
        return Err(
            Error::failed("rows would refer to nothing after the way back").state(UNCHANGED)
        );
    }
    let other =
        |(table, rows): &(&String, &i64)| outcome.rows.get(*table).is_some_and(|now| now != *rows);
    if let Some((table, rows)) = start.rows.iter().find(other) {
        return Err(Error::refused(format!(
            "the steps in the file leave {table} with another number of rows than its {rows}"
        ))
        .state(UNCHANGED)
        .next("No way back does that to a table that stays: take it back with the newer version of the program."));
    }
    if expected.is_some_and(|(_, after)| after.texts != outcome.texts) {
        return Err(Error::failed("the way back leads elsewhere than on the copy").state(UNCHANGED));
    }
    connection.execute_batch("COMMIT").map_err(failed)?;
    Ok((start, outcome))
}

fn take(connection: &Connection, confined: &Confined, step: &Step) -> Result<(), String> {
    let failed = |error: rusqlite::Error| format!("fails: {error}");
    match step {
        Step::Statement(sql) => {
            for statement in statements(sql) {
                if PRAGMAS.contains(&statement) {
                    connection.execute_batch(statement).map_err(failed)?;
                } else {
                    confined.run(connection, statement)?;
                }
            }
            Ok(())
        }
        Step::Edit { table, stored } => edit(connection, table, stored).map_err(failed),
    }
}
