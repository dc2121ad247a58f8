//! What a comparison of two schemas must find, and what it must pass over: the cases of Alembic's
//! own suites and those in which it fails on SQLite, by their numbers in our list.
//!
//! A number can stand several times, with a letter behind it. Where our decision is another one than
//! the list expects, the case names the record in `docs/decisions`. Every difference is also planned
//! and proven, there and back again as well as back and there again.

mod constraints;
mod defaults;
mod foreign_keys;
mod indexes;
mod rest;
mod tables;
mod types;

use crate::support::{answers, schema, told};
use schema_engine::answers::Answers;
use schema_engine::diff::diff;
use schema_engine::pair::Pair;
use schema_engine::prove::prove;
use schema_engine::schema::Schema;

/// Two schemas and what a comparison must come to.
pub(crate) struct Case {
    number: &'static str,
    before: String,
    after: String,
    said: Vec<&'static str>,
    /// The lines of the difference, what was answered being done; `None` where it is refused.
    expected: Option<Vec<String>>,
}

/// Nothing differs.
pub(crate) fn same(number: &'static str, before: &str, after: &str) -> Case {
    changes(number, before, after, &[])
}

/// This differs.
pub(crate) fn changes(number: &'static str, before: &str, after: &str, lines: &[&str]) -> Case {
    let expected = Some(lines.iter().map(|line| (*line).to_owned()).collect());
    Case { number, before: before.to_owned(), after: after.to_owned(), said: Vec::new(), expected }
}

/// One column of a table; the lines begin behind the column's name.
pub(crate) fn column(number: &'static str, before: &str, after: &str, lines: &[&str]) -> Case {
    let table = |definition| format!("CREATE TABLE t (id INTEGER PRIMARY KEY, v {definition})");
    let lines: Vec<_> = lines.iter().map(|line| format!("~ column t.v: {line}")).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    changes(number, &table(before), &table(after), &lines)
}

impl Case {
    /// With answers given beforehand.
    pub(crate) fn said(mut self, said: &[&'static str]) -> Self {
        self.said = said.to_vec();
        self
    }

    /// No migration can come of it.
    pub(crate) fn refused(mut self) -> Self {
        self.expected = None;
        self
    }

    async fn check(&self) -> Result<(), String> {
        let (before, after) = (schema(&self.before).await, schema(&self.after).await);
        let answers = answers(&self.said);
        let proven = prove(Pair::new(&before, &after), &answers).await;
        let proven = match (proven, &self.expected) {
            (Err(_), None) => return Ok(()),
            (Ok(_), None) => return Err("not refused".to_owned()),
            (Err(error), Some(_)) => return Err(told(&error)),
            (Ok(proven), Some(_)) => proven,
        };
        let found = if answers.renames.is_empty() {
            diff(Pair::new(&before, &after)).lines()
        } else {
            proven.map(|proven| proven.difference.lines()).unwrap_or_default()
        };
        if Some(&found) != self.expected.as_ref() {
            return Err(format!("found {found:#?}\nexpected {:#?}", self.expected));
        }
        self.check_back(&before, &after, found.is_empty()).await
    }

    /// The other way round there is as much to do, and it can be done.
    async fn check_back(
        &self,
        before: &Schema,
        after: &Schema,
        nothing: bool,
    ) -> Result<(), String> {
        if !self.said.is_empty() {
            return Ok(());
        }
        match prove(Pair::new(after, before), &Answers::default()).await {
            Err(error) => Err(format!("back: {}", told(&error))),
            Ok(proven) if proven.is_none() != nothing => {
                Err(format!("back: {:?}", proven.map(|proven| proven.difference.lines())))
            }
            Ok(_) => Ok(()),
        }
    }
}

async fn check(cases: Vec<Case>) {
    let mut wrong = Vec::new();
    for case in &cases {
        if let Err(problem) = case.check().await {
            let Case { number, before, after, .. } = case;
            wrong.push(format!("case {number}\n  {before}\n  {after}\n{problem}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

#[tokio::test]
async fn cases_1_to_31_tables_and_columns() {
    check(tables::cases()).await;
}

#[tokio::test]
async fn cases_32_to_66_types() {
    check(types::cases()).await;
}

#[tokio::test]
async fn cases_67_to_85_null_and_defaults() {
    check(defaults::cases()).await;
}

#[tokio::test]
async fn cases_86_to_107_indexes() {
    check(indexes::cases()).await;
}

#[tokio::test]
async fn cases_108_to_121_unique_constraints() {
    check(constraints::cases()).await;
}

#[tokio::test]
async fn cases_122_to_141_foreign_keys() {
    check(foreign_keys::cases()).await;
}

#[tokio::test]
async fn cases_142_to_159_checks_keys_and_options() {
    check(rest::cases()).await;
}
