//! Sample rows that go the way of revisions that are there already.

use super::kept::kept;
use super::{compare, read, spared};
use crate::answers::Answers;
use crate::diff::diff;
use crate::error::Result;
use crate::ident::Ident;
use crate::pair::Pair;
use crate::sample::{self, Kept};
use crate::schema::Schema;
use crate::scratch::Scratch;
use std::collections::BTreeMap;

/// Rows on their way, and what of them must stay the same.
#[derive(Debug, Default)]
pub(crate) struct Passage {
    kept: Kept,
    before: BTreeMap<Ident, Vec<String>>,
    sample_rows: usize,
}

impl Passage {
    /// Puts rows into a scratch database that has the current schema.
    pub(crate) async fn with_rows(
        scratch: &Scratch,
        schemas: Pair<&Schema>,
        answers: &Answers,
    ) -> Result<Self> {
        let difference = diff(schemas);
        let spared = spared(&difference, answers);
        let trial = sample::Trial::new(schemas.desired, answers).await?;
        let sample_rows = sample::fill(scratch, schemas.current, &spared, &trial).await;
        let kept = kept(schemas.current, &difference, answers);
        let before = read(scratch, &kept).await?;
        Ok(Self { kept, before, sample_rows })
    }

    /// No rows at all.
    pub(crate) fn without_rows() -> Self {
        Self::default()
    }

    pub(crate) fn sample_rows(&self) -> usize {
        self.sample_rows
    }

    /// What is kept must have the values that it had.
    pub(crate) async fn check(&self, scratch: &Scratch, way: &str) -> Result<()> {
        compare(&self.before, &read(scratch, &self.kept).await?, way)
    }
}
