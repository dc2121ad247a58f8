//! Hearing what a revision would do, without a database: every statement is taken down, none runs.
//!
//! Only what was written before it asks is known. A revision that asks for rows, or for the schema
//! in another way than generated modules do, does what depends on the database: it isn't recorded.

use super::step::{Step, steps};
use sea_orm::{
    DatabaseConnection, DatabaseConnectionType, DbBackend, DbErr, ExecResult, MockDatabase,
    MockDatabaseConnection, MockDatabaseTrait, MockExecResult, QueryResult, Statement, Transaction,
    Value,
};
use sea_orm_migration::{MigrationTrait, SchemaManager};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What a revision does on the way up; `None` where that depends on the database.
pub(super) async fn recorded_up(migration: &dyn MigrationTrait) -> Option<Vec<Step>> {
    let heard = Heard::default();
    let connection = heard.connection();
    migration.up(&SchemaManager::new(&connection)).await.ok()?;
    steps(&heard.take())
}

/// What a revision does on the way down; `None` where that depends on the database, or there is no
/// way down.
pub(super) async fn recorded_down(migration: &dyn MigrationTrait) -> Option<Vec<Step>> {
    let heard = Heard::default();
    let connection = heard.connection();
    migration.down(&SchemaManager::new(&connection)).await.ok()?;
    steps(&heard.take())
}

/// The statements so far.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Vec<Statement>>>);

impl Heard {
    fn connection(&self) -> DatabaseConnection {
        let listener = MockDatabaseConnection::new(self.clone());
        DatabaseConnectionType::MockDatabaseConnection(Arc::new(listener)).into()
    }

    fn take(&self) -> Vec<Statement> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl MockDatabaseTrait for Heard {
    fn execute(&mut self, _: usize, statement: Statement) -> Result<ExecResult, DbErr> {
        let done = MockDatabase::new(DbBackend::Sqlite)
            .append_exec_results([MockExecResult::default()])
            .execute(0, statement.clone());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
        done
    }

    /// The few questions of a generated module are answered so that it goes on; the statements that
    /// follow don't depend on the answer.
    fn query(&mut self, _: usize, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let asked: Vec<&str> = statement.sql.split_whitespace().collect();
        let rows: Vec<BTreeMap<&str, Value>> = match asked.as_slice() {
            // The guard of a rebuild, for which foreign keys are off; the version that an edit
            // raises, which whoever repeats it sees to; the layout of a table around an edit.
            ["PRAGMA", "foreign_keys" | "schema_version"]
            | ["SELECT", "coalesce(group_concat(part,", ..] => Vec::new(),
            // The text that an edit would put back.
            ["SELECT", "sql", "FROM", "sqlite_schema", "WHERE", "type", "=", "'table'", ..] => {
                vec![BTreeMap::from([("sql", String::new().into())])]
            }
            _ => {
                let why = "what this revision does depends on the database";
                return Err(DbErr::Custom(why.to_owned()));
            }
        };
        MockDatabase::new(DbBackend::Sqlite).append_query_results([rows]).query(0, statement)
    }

    fn begin(&mut self) {}

    fn commit(&mut self) {}

    fn rollback(&mut self) {}

    fn drain_transaction_log(&mut self) -> Vec<Transaction> {
        Vec::new()
    }

    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    fn ping(&self) -> Result<(), DbErr> {
        Ok(())
    }
}
