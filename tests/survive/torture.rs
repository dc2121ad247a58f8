//! One table that has everything, put through every kind of change.
//!
//! Before, after the way up and after the way down everything that can be seen of it is written
//! down. Only what a change concerns may differ. And the schema that is reached must be the desired
//! one twice over: as the engine compares schemas, and as SQLite's pragmas show them.

mod base;
mod columns;
mod facts;
mod keys;
mod objects;
mod rules;

use crate::support::{Journal, Trip, answers, ask, schema, told};
use base::{ODD_ROWS, ROWS, SCHEMA};
use facts::Facts;
use rusqlite::Connection;
use schema_engine::connection::{Access, open};
use schema_engine::diff::diff;
use schema_engine::inspect::inspect;
use schema_engine::pair::Pair;
use schema_engine::prove::prove;

/// One kind of change.
pub(crate) struct Change {
    name: &'static str,
    /// What is made of the base before anything begins.
    before: Vec<(&'static str, &'static str)>,
    /// The change itself: what stands in the base and what stands there afterwards.
    edits: Vec<(&'static str, &'static str)>,
    said: Vec<&'static str>,
    /// The beginnings of the facts that may differ afterwards.
    concerns: Vec<&'static str>,
    /// Those that the way back can't restore.
    lost: Vec<&'static str>,
    renamed: Option<(&'static str, &'static str)>,
    odd_rows: bool,
}

/// A change of the text, and what it concerns.
pub(crate) fn change(
    name: &'static str,
    edits: &[(&'static str, &'static str)],
    concerns: &[&'static str],
) -> Change {
    Change {
        name,
        before: Vec::new(),
        edits: edits.to_vec(),
        said: Vec::new(),
        concerns: concerns.to_vec(),
        lost: Vec::new(),
        renamed: None,
        odd_rows: true,
    }
}

impl Change {
    pub(crate) fn before(mut self, edits: &[(&'static str, &'static str)]) -> Self {
        self.before = edits.to_vec();
        self
    }

    pub(crate) fn said(mut self, said: &'static str) -> Self {
        self.said.push(said);
        self
    }

    pub(crate) fn lost(mut self, facts: &[&'static str]) -> Self {
        self.lost = facts.to_vec();
        self
    }

    pub(crate) fn renamed(mut self, old: &'static str, new: &'static str) -> Self {
        self.renamed = Some((old, new));
        self
    }

    /// Only with values of the types that are declared.
    pub(crate) fn without_odd_rows(mut self) -> Self {
        self.odd_rows = false;
        self
    }

    fn texts(&self) -> (String, String) {
        let edited = |text: String, edits: &[(&str, &str)]| {
            edits.iter().fold(text, |text, (from, to)| {
                assert!(text.contains(from), "{}: no {from:?}", self.name);
                text.replace(from, to)
            })
        };
        let before = edited(SCHEMA.to_owned(), &self.before);
        let after = edited(before.clone(), &self.edits);
        (before, after)
    }

    async fn trip(&self) -> Result<(Trip, String), String> {
        let (before, after) = self.texts();
        let (current, desired) = (schema(&before).await, schema(&after).await);
        let proven = prove(Pair::new(&current, &desired), &answers(&self.said))
            .await
            .map_err(|error| told(&error))?
            .ok_or("no difference")?;
        let rows = if self.odd_rows { format!("{ROWS} {ODD_ROWS}") } else { ROWS.to_owned() };
        Ok((Trip::of(proven, &before, &rows, Journal::Wal).await, after))
    }

    async fn endure(&self) -> Result<(), String> {
        let (trip, after) = self.trip().await?;
        let table = |now: bool| match self.renamed {
            Some(("tasks", new)) if now => new,
            _ => "tasks",
        };
        let seen = |now: bool| {
            let database = trip.open();
            let mut facts = facts::facts(&database, self.renamed.filter(|_| now));
            facts.extend(facts::formatting(&database, table(now)));
            facts
        };
        let before = seen(false);
        let _ = trip.try_up().await.map_err(|error| format!("up: {}", told(&error)))?;
        compare("up", &self.spelled(before.clone()), &self.spelled(seen(true)), &self.concerns)?;
        sound(&trip.open())?;
        self.reaches(&trip, &after).await?;
        let _ = trip.try_down().await.map_err(|error| format!("down: {}", told(&error)))?;
        compare("down", &self.spelled(before), &self.spelled(seen(false)), &self.lost)?;
        sound(&trip.open())
    }

    /// A rename leaves names in quotes.
    fn spelled(&self, facts: Facts) -> Facts {
        if self.renamed.is_none() {
            return facts;
        }
        facts
            .into_iter()
            .map(|(name, what)| (name.replace('"', ""), what.replace('"', "")))
            .collect()
    }

    async fn reaches(&self, trip: &Trip, after: &str) -> Result<(), String> {
        let live = open(&trip.path, Access::ReadOnly).await.map_err(|error| told(&error))?;
        let reached = inspect(&live).await.map_err(|error| told(&error))?;
        live.close().await.unwrap();
        let desired = schema(after).await;
        let difference = diff(Pair::new(&reached, &desired)).lines();
        if !difference.is_empty() {
            return Err(format!("not reached: {difference:#?}"));
        }
        let fresh = Connection::open_in_memory().unwrap();
        fresh.execute_batch(after).unwrap();
        let reached = facts::schema(&trip.open(), self.renamed);
        let desired = facts::schema(&fresh, self.renamed);
        compare("not as SQLite sees it", &self.spelled(desired), &self.spelled(reached), &[])
    }
}

fn sound(database: &Connection) -> Result<(), String> {
    let integrity = ask(database, "PRAGMA integrity_check");
    let orphans = ask(database, "PRAGMA foreign_key_check");
    let sound = integrity == ["ok"] && orphans.is_empty();
    sound.then_some(()).ok_or(format!("{integrity:?} {orphans:?}"))
}

/// The facts that differ and may not.
fn compare(when: &str, before: &Facts, now: &Facts, concerned: &[&str]) -> Result<(), String> {
    let mut names: Vec<_> = before.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    let wrong: Vec<_> = names
        .into_iter()
        .filter(|name| !concerned.iter().any(|concern| name.starts_with(concern)))
        .filter(|name| before.get(*name) != now.get(*name))
        .map(|name| format!("  {name}:\n    {:?}\n    {:?}", before.get(name), now.get(name)))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("{when}:\n{}", wrong.join("\n"))) }
}

async fn endure(changes: Vec<Change>) {
    let mut wrong = Vec::new();
    for change in &changes {
        if let Err(problem) = change.endure().await {
            wrong.push(format!("{}: {problem}", change.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), changes.len(), wrong.join("\n\n"));
}

#[tokio::test]
async fn changes_of_columns() {
    endure(columns::changes()).await;
}

#[tokio::test]
async fn changes_of_rules() {
    endure(rules::changes()).await;
}

#[tokio::test]
async fn changes_of_keys_and_options() {
    endure(keys::changes()).await;
}

#[tokio::test]
async fn changes_of_names_and_of_what_hangs_on_the_table() {
    endure(objects::changes()).await;
}

/// Every change that leaves the table and its indexes leaves what the planner knows of them.
#[tokio::test]
async fn statistics_stay() {
    let (trip, _) = columns::changes().remove(0).trip().await.unwrap();
    let (rebuilt, _) = rules::changes().remove(0).trip().await.unwrap();
    assert_eq!(rebuilt.rebuilds(), (1, 1));
    for trip in [trip, rebuilt] {
        let before = facts::statistics(&trip.open());
        assert!(before.keys().filter(|name| name.starts_with("tasks ")).count() > 5);
        trip.up().await;
        compare("up", &before, &facts::statistics(&trip.open()), &[]).unwrap();
        trip.down().await;
        compare("down", &before, &facts::statistics(&trip.open()), &[]).unwrap();
    }
}
