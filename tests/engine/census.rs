//! What is counted in live data, and that it is counted exactly where a migration fails.

mod expressions;
mod names;
mod outcomes;
mod rules;

use crate::{run, scratch};
use schema_engine::answers::Answers;
use schema_engine::census::{Census, CountedHazard};
use schema_engine::draft::draft;
use schema_engine::hazard::{Severity, hazards};
use schema_engine::pair::Pair;
use schema_engine::prove::{Proven, prove};
use schema_engine::schema::Schema;
use schema_engine::scratch::Scratch;

/// A change of a live database.
struct Case {
    live: Scratch,
    before: Schema,
    after: Schema,
    answers: Answers,
}

impl Case {
    async fn new(before: &str, rows: &str, after: &str) -> Self {
        let live = scratch(before).await;
        let before = live.schema().await.unwrap();
        run(&live, rows).await;
        let after = scratch(after).await.schema().await.unwrap();
        Self { live, before, after, answers: Answers::default() }
    }

    fn answered(mut self, renames: &[&str], fills: &[&str]) -> Self {
        let renames = renames.iter().map(|rename| rename.parse().unwrap()).collect();
        let fills = fills.iter().map(|fill| fill.parse().unwrap()).collect();
        self.answers = Answers::new(renames, fills, []);
        self
    }

    async fn proven(&self) -> Proven {
        let proven = prove(Pair::new(&self.before, &self.after), &self.answers).await;
        proven
            .unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)))
            .unwrap()
    }

    async fn counted(&self) -> Vec<CountedHazard> {
        let proven = self.proven().await;
        let found = hazards(&proven.difference, &self.after, &self.answers);
        Census::new(self.live.connection(), &self.before, &self.answers).count(found).await
    }

    /// What is told about the live data, a line for each hazard.
    ///
    /// The migration runs on it then: it must fail if and only if rows were found that make it.
    async fn told(&self) -> Vec<String> {
        let counted = self.counted().await;
        let fails = counted.iter().any(|found| {
            found.hazard.code.severity() == Severity::MayFail && found.count() > Some(0)
        });
        let certain = counted.iter().all(|found| found.note.is_none());
        let schemas = Pair::new(&self.before, &self.after);
        let drafted = draft(schemas, Some(self.live.connection()), &self.answers).await;
        let refused = drafted.unwrap().unwrap().refuse_what_would_fail(&self.answers);
        assert!(!fails || refused.is_err(), "it was not refused");
        let proven = self.proven().await;
        let ran = self.live.run(["BEGIN"]).await.and(self.live.run(proven.up.statements()).await);
        let broken =
            crate::query(&self.live, "SELECT \"table\" FROM pragma_foreign_key_check").await;
        let lines = counted.iter().map(CountedHazard::describe).collect();
        if certain {
            let failed = ran.is_err() || !broken.is_empty();
            assert_eq!(failed, fails, "{lines:#?}: {ran:?} {broken:?}");
        }
        self.live.run(["ROLLBACK"]).await.unwrap();
        lines
    }
}

/// What is told about a change of a live database.
async fn told(before: &str, rows: &str, after: &str) -> Vec<String> {
    Case::new(before, rows, after).await.told().await
}
