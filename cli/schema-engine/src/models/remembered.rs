//! What the models remember of former names: `#[sea_orm(renamed_from = "…")]` on a field, and
//! `ALTER TABLE … RENAME …` among the objects.
//!
//! SeaORM keeps a field's former name in the comment of its column, and writes comments for `MySQL`
//! alone (`tests/engine/sea_orm_facts.rs` holds it to that). So the entities are written for `MySQL`
//! into a list of statements, which is read and never run.

mod comments;

use crate::answers::Rename;
use crate::ident::Ident;
use crate::sql::lexer::significant_tokens;
use sea_orm::sqlx::sqlite::SqliteQueryResult;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, SchemaBuilder, Statement,
};
use std::sync::{Mutex, PoisonError};

/// The former names of columns that the entities give, in the order of table and column names.
///
/// # Errors
/// When SeaORM can't write the entities.
pub(super) async fn by_entities(
    register: fn(SchemaBuilder) -> SchemaBuilder,
) -> Result<Vec<Rename>, DbErr> {
    let recorder = Recorder::default();
    let schema = sea_orm::Schema::new(DbBackend::MySql);
    register(schema.builder()).apply(&recorder).await?;
    let mut statements = recorder.statements.into_inner().unwrap_or_else(PoisonError::into_inner);
    // SeaORM registers tables in another order on each run.
    statements.sort();
    Ok(statements.iter().flat_map(|sql| comments::former_names(sql)).collect())
}

/// `ALTER TABLE a RENAME TO b` and `ALTER TABLE t RENAME [COLUMN] a TO b`: what was renamed, not
/// what shall be done. `None` for every other statement.
pub(super) fn by_statement(sql: &str) -> Option<Rename> {
    let tokens = significant_tokens(sql).ok()?;
    let tokens = match tokens.split_last() {
        Some((last, before)) if last.text(sql) == ";" => before,
        _ => &tokens,
    };
    let is = |at: usize, word: &str| {
        tokens.get(at).is_some_and(|token| token.text(sql).eq_ignore_ascii_case(word))
    };
    let name = |at: usize| Some(Ident::from(tokens.get(at)?.name(sql)?));
    if !(is(0, "ALTER") && is(1, "TABLE") && is(3, "RENAME")) {
        return None;
    }
    match tokens.len() {
        6 if is(4, "TO") => Some(Rename::Table { from: name(2)?, to: name(5)? }),
        7 if is(5, "TO") => Some(Rename::Column { table: name(2)?, from: name(4)?, to: name(6)? }),
        8 if is(4, "COLUMN") && is(6, "TO") => {
            Some(Rename::Column { table: name(2)?, from: name(5)?, to: name(7)? })
        }
        _ => None,
    }
}

/// A connection to nothing, which keeps what it is told to run.
#[derive(Default)]
struct Recorder {
    statements: Mutex<Vec<String>>,
}

impl Recorder {
    fn keep(&self, sql: String) -> ExecResult {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).push(sql);
        SqliteQueryResult::default().into()
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Recorder {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::MySql
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        Ok(self.keep(statement.sql))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        Ok(self.keep(sql.to_owned()))
    }

    async fn query_one_raw(&self, _: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(None)
    }

    async fn query_all_raw(&self, _: Statement) -> Result<Vec<QueryResult>, DbErr> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_says_what_was_renamed() {
        for (sql, rename) in [
            ("ALTER TABLE tags RENAME TO labels", Some("tags=labels")),
            ("alter table \"tags\" rename to [labels] -- why\n;", Some("tags=labels")),
            ("ALTER TABLE t RENAME COLUMN a TO b", Some("t.a=b")),
            ("ALTER TABLE t RENAME a TO `b`;", Some("t.a=b")),
            ("ALTER TABLE t RENAME COLUMN TO b", Some("t.COLUMN=b")),
            ("ALTER TABLE t RENAME TO", None),
            ("ALTER TABLE t RENAME TO a b", None),
            ("ALTER TABLE t ADD CHECK (a > 0)", None),
            ("CREATE VIEW v AS SELECT 1", None),
            ("ALTER TABLE t RENAME TO 'x", None),
            ("", None),
        ] {
            assert_eq!(
                by_statement(sql).map(|rename| rename.to_string()).as_deref(),
                rename,
                "{sql}"
            );
        }
    }
}
