//! Where a database stands among the revisions that a program knows.

use crate::books;
use crate::error::{Error, Result};
use crate::history::{Applied, Migrations, applied, ids};
use crate::target::Direction;
use sea_orm::ConnectionTrait;
use std::collections::HashMap;

/// The revisions of a program that a database has had.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What the database has had, in the order of the program's history.
    applied: Vec<Applied>,
    /// The place of each of them in that history.
    places: Vec<usize>,
    /// What it has had that the program doesn't know, in the order of their ids.
    unknown: Vec<Unknown>,
    /// The newest revision that the program knows.
    head: Option<String>,
}

/// A revision that a database has had and the program doesn't know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The revision, and when it was applied.
    pub applied: Applied,
    /// The program that applied it, by name and version, where that is known.
    pub program: Option<String>,
}

impl Standing {
    pub(super) fn at_base() -> Self {
        Self { applied: Vec::new(), places: Vec::new(), unknown: Vec::new(), head: None }
    }

    /// Reads where a database stands.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn read(connection: &impl ConnectionTrait, migrations: &Migrations) -> Result<Self> {
        let known = ids(migrations);
        let applied = applied(connection).await?;
        let mut found = Vec::with_capacity(applied.len());
        let mut unknown = Vec::new();
        let places: HashMap<_, _> = known.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        for revision in applied {
            match places.get(revision.revision.as_str()) {
                Some(place) => found.push((*place, revision)),
                None => unknown.push(Unknown { applied: revision, program: None }),
            }
        }
        if !unknown.is_empty() {
            let mut programs = books::written_by(connection).await?;
            for one in &mut unknown {
                one.program = programs.remove(&one.applied.revision);
            }
        }
        found.sort_by_key(|(place, _)| *place);
        let (places, applied) = found.into_iter().unzip();
        let head = known.last().map(|id| (*id).to_owned());
        Ok(Self { applied, places, unknown, head })
    }

    /// Refuses revisions that the program doesn't know.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Refused`] with their names, and the program that applied them where that
    /// is known.
    pub fn refuse_unknown(&self) -> Result<()> {
        if self.unknown.is_empty() {
            return Ok(());
        }
        let names: Vec<_> =
            self.unknown.iter().map(|unknown| unknown.applied.revision.as_str()).collect();
        let mut error = Error::refused(format!(
            "the database has had a revision that this program doesn't know: {}",
            names.join(", ")
        ));
        let mut programs: Vec<_> =
            self.unknown.iter().filter_map(|unknown| unknown.program.as_deref()).collect();
        programs.dedup();
        if !programs.is_empty() {
            error = error.because(format!("it was applied by {}", programs.join(", ")));
        }
        error = error.state("The database is unchanged.");
        let is_newer = names.iter().all(|name| Some(*name) > self.head.as_deref());
        Err(if is_newer {
            error
                .next("It was probably upgraded by a newer version of this program: use that one.")
                .next("`db downgrade --from-file` takes it back to what this one knows, by the steps that are kept in the file.")
                .next("In a source tree: switch to the branch that has the revision.")
        } else {
            error
                .next("Its module is missing from this program: bring it back from version control.")
                .next("If it is gone for good and the schema is right without it: `db stamp REV --purge` writes the books anew.")
        })
    }

    /// What the database has had that the program doesn't know, in the order of their ids.
    #[must_use]
    pub fn unknown(&self) -> &[Unknown] {
        &self.unknown
    }

    /// What the database has had, oldest first.
    #[must_use]
    pub fn applied(&self) -> &[Applied] {
        &self.applied
    }

    /// The newest revision that the database has had, of those that the program knows.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.applied.last().map(|applied| applied.revision.as_str())
    }

    /// How many revisions there are up to and with the newest that it has had.
    #[must_use]
    pub fn position(&self) -> usize {
        self.places.last().map_or(0, |place| place + 1)
    }

    /// Whether nothing is pending.
    #[must_use]
    pub fn is_at_head(&self, migrations: &Migrations) -> bool {
        self.unknown.is_empty() && self.places.len() == migrations.len()
    }

    /// The places of the revisions to run for a target, in the order in which they run. A revision
    /// that was merged late is pending although a later one has run.
    pub(super) fn todo(
        &self,
        migrations: &Migrations,
        target: usize,
        direction: Direction,
    ) -> Vec<usize> {
        match direction {
            Direction::Up => {
                (0..target.min(migrations.len())).filter(|at| !self.places.contains(at)).collect()
            }
            Direction::Down => {
                self.places.iter().rev().copied().filter(|at| *at >= target).collect()
            }
        }
    }

    /// The places of the revisions that it has had.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }
}
