//! Where a database stands among the revisions that a program knows.

use crate::error::{Error, Result};
use crate::history::{Applied, Migrations, applied, ids};
use crate::target::Direction;
use sea_orm::ConnectionTrait;

/// The revisions of a program that a database has had.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What the database has had, in the order of the program's history.
    applied: Vec<Applied>,
    /// The place of each of them in that history.
    places: Vec<usize>,
}

impl Standing {
    pub(super) fn at_base() -> Self {
        Self { applied: Vec::new(), places: Vec::new() }
    }

    /// Reads where a database stands.
    ///
    /// # Errors
    /// When it can't be read, or has had a revision that the program doesn't know.
    pub async fn read(connection: &impl ConnectionTrait, migrations: &Migrations) -> Result<Self> {
        let known = ids(migrations);
        let applied = applied(connection).await?;
        let mut found = Vec::with_capacity(applied.len());
        let mut unknown = Vec::new();
        for revision in applied {
            match known.iter().position(|id| *id == revision.revision) {
                Some(place) => found.push((place, revision)),
                None => unknown.push(revision.revision),
            }
        }
        if !unknown.is_empty() {
            return Err(Error::refused(format!(
                "the database has had a revision that this program doesn't know: {}",
                unknown.join(", ")
            ))
            .state("The database is unchanged.")
            .next("It was probably upgraded by a newer version of this program: use that one.")
            .next("In a source tree: switch to the branch that has the revision."));
        }
        found.sort_by_key(|(place, _)| *place);
        let (places, applied) = found.into_iter().unzip();
        Ok(Self { applied, places })
    }

    /// What the database has had, oldest first.
    #[must_use]
    pub fn applied(&self) -> &[Applied] {
        &self.applied
    }

    /// The newest revision that the database has had.
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
        self.places.len() == migrations.len()
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
