//! The laws, each checked on a database of its own with nothing of the engine's but its
//! statements.

use crate::case::Case;
use crate::database::{Answer, Database, quoted};
use crate::edit::{reordered, respelled};
use crate::fingerprint;
use crate::model::{Model, Table};
use crate::oracle::common;
use crate::parked::comes_back;
use crate::rename::Rename;
use crate::rng::Rng;
use crate::round_trip::up_and_down;
use crate::rows;
use schema_engine::change::Change;
use schema_engine::diff::diff;
use schema_engine::pair::Pair;
use schema_engine::prove::{Proven, prove};
use schema_engine::schema::Schema;
use std::collections::BTreeMap;
use std::error::Error as _;

/// A law that was broken, and how.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    pub(crate) law: &'static str,
    pub(crate) how: String,
}

/// What became of a case that broke no law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// SQLite doesn't take one of the schemas.
    Discarded(String),
    /// Both schemas mean the same.
    Equal,
    /// Went up and down, with so many rows.
    Went { rows: usize, lacking: usize, renames: usize, parked: bool, down: Down },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Down {
    WithRows,
    /// Values that are gone were part of a key or a check.
    Emptied,
}

/// Of so many cases one goes through a script, too.
const SCRIPTS: u64 = 5;

/// Of so many cases one parks what it drops, too.
const PARKINGS: u64 = 3;

pub(crate) type Checked<T = ()> = Result<T, Broken>;

pub(crate) fn broken<T>(law: &'static str, how: impl Into<String>) -> Checked<T> {
    Err(Broken { law, how: how.into() })
}

/// What only fails when the test itself is wrong.
pub(crate) fn sure<T>(result: Result<T, String>) -> Checked<T> {
    result.map_err(|how| Broken { law: "the test's own statements run", how })
}

pub(crate) async fn check(case: &Case, seed: u64) -> Checked<Outcome> {
    let mut schemas = Vec::new();
    for model in [&case.before, &case.after] {
        match Database::with(&model.statements()).await {
            Ok(database) => schemas.push(sure(database.schema().await)?),
            Err(why) => return Ok(Outcome::Discarded(why)),
        }
    }
    if let Err(why) = renamed_there_and_back(case).await {
        return Ok(Outcome::Discarded(why));
    }
    let schemas = Pair::new(&schemas[0], &schemas[1]);
    one_meaning(&case.before, schemas.current, seed).await?;
    let proven = match prove(schemas, &case.answers()).await {
        Ok(Some(proven)) => proven,
        Ok(None) => {
            fingerprint::equal(&case.before, &case.after)
                .await
                .map_err(|how| Broken { law: "1: no difference is missed", how })?;
            return Ok(Outcome::Equal);
        }
        Err(error) => {
            let source = error.source().map(ToString::to_string).unwrap_or_default();
            return broken("a plan is found and proven", format!("{error}\n{source}"));
        }
    };
    let taken = sure(rows::taken(case).await)?;
    let settled = sure(rows::settled(case, &taken).await)?;
    if settled.len() < taken.len() {
        loses_nothing(&Case { rows: taken, ..case.clone() }, &proven).await?;
    }
    let case = Case { rows: settled, ..case.clone() };
    let parked = seed.is_multiple_of(PARKINGS) && comes_back(&case, schemas).await?;
    let down = up_and_down(&case, schemas, &proven, seed.is_multiple_of(SCRIPTS)).await?;
    let lacking = case.rows.iter().filter(|row| row.lacks > 0).count();
    Ok(Outcome::Went { rows: case.rows.len(), lacking, renames: case.renames.len(), parked, down })
}

/// Law 1: one schema, however it is spelled and in whatever order it is made, has no differences.
async fn one_meaning(model: &Model, schema: &Schema, seed: u64) -> Checked {
    let law = "1: diff(A, A) is empty";
    let mut rng = Rng::new(seed ^ 0x5eed);
    let other_order = reordered(model, &mut rng);
    let respelled = respelled(model, &mut rng).statements();
    for statements in [model.statements(), other_order, respelled] {
        // In another order an index may come before its table; that is no schema then.
        let Ok(database) = Database::with(&statements).await else {
            return broken(law, format!("not a schema any more: {}", statements.join(";\n")));
        };
        let other = sure(database.schema().await)?;
        for pair in [Pair::new(schema, &other), Pair::new(&other, schema)] {
            let changes = described(pair);
            if !changes.is_empty() {
                return broken(law, format!("{changes}\nagainst: {}", statements.join(";\n")));
            }
        }
    }
    Ok(())
}

pub(crate) fn described(schemas: Pair<&Schema>) -> String {
    let difference = diff(schemas);
    let lines = difference.changes.iter().flat_map(Change::describe);
    lines.map(|line| line.to_string()).collect::<Vec<_>>().join("\n")
}

/// On rows that the second schema may not hold, the plan fails or keeps every row: it never drops
/// one without a word.
async fn loses_nothing(case: &Case, proven: &Proven) -> Checked {
    let database = sure(rows::filled(case).await)?;
    let before = sure(counts(&database, case, |(before, _)| before.name.clone()).await)?;
    if database.transaction(proven.up.statements()).await.is_ok() {
        let after = sure(counts(&database, case, |(_, after)| after.name.clone()).await)?;
        if before != after {
            let how = format!("rows before {before:?}, after {after:?}{}", listed(proven, true));
            return broken("4: no row is lost in silence", how);
        }
    }
    Ok(())
}

/// The number of rows of each table that stays, by the name that it gets.
async fn counts(
    database: &Database,
    case: &Case,
    name: fn((&Table, &Table)) -> String,
) -> Result<BTreeMap<String, Answer>, String> {
    let mut counts = BTreeMap::new();
    for tables in common(case) {
        let sql = format!("SELECT CAST(count(*) AS TEXT) FROM {}", quoted(&name(tables)));
        counts.insert(tables.1.name.clone(), database.ask(&sql).await?);
    }
    Ok(counts)
}

/// The stored texts of the first schema after its renames and back again: SQLite puts quotes
/// around a name that it writes anew.
pub(crate) async fn renamed_there_and_back(
    case: &Case,
) -> Result<BTreeMap<(String, String), String>, String> {
    let database = Database::with(&case.before.statements()).await?;
    let back = case.renames.iter().rev().map(Rename::reversed).collect::<Vec<_>>();
    for rename in case.renames.iter().chain(&back) {
        database.run(&rename.sql()).await?;
    }
    database.stored().await
}

pub(crate) fn listed(proven: &Proven, up: bool) -> String {
    let plan = if up { &proven.up } else { &proven.down };
    let statements: Vec<_> = plan.statements().collect();
    format!("\n-- the way {}:\n{};", if up { "up" } else { "down" }, statements.join(";\n"))
}
