//! TaskGenie's tables as SeaORM entities, one file a table.
//!
//! The models are what the database should look like: `tgenie db revision --autogenerate`
//! compares them with the database and writes the migration that closes the gap. A table
//! takes part when [`register`] names its entity; what no attribute can say about it stands
//! below its model as SQL, in the `objects()` of the same file, and takes part when
//! [`objects`] names that.
//!
//! A misspelt `#[sea_orm(…)]` key is not an error, SeaORM ignores it. Review the generated
//! migration: what is missing there was not understood here.
//!
//! Dates are text without an offset, and SQLite compares them as text. Rows of the Python
//! version carry six digits of a second even where they are zero and SeaORM leaves such zeros
//! out, so a filter for a whole second (`eq`, or `lte` at its edge) misses those rows. A range
//! that ends one second later finds them.

use sea_orm::{DbBackend, SchemaBuilder, Statement, StatementBuilder};

pub mod attachment;
pub mod chat_history;
pub mod config;
pub mod notification;
pub mod task;

/// Adds every table to `schema`.
///
/// The entities are named one by one rather than collected by SeaORM's `entity-registry`: a
/// program that depends on this crate but names nothing in it links nothing of it, and its
/// registry would be empty without a word.
#[must_use]
pub fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema
        .register(task::Entity)
        .register(attachment::Entity)
        .register(notification::Entity)
        .register(chat_history::Entity)
        .register(config::Entity)
}

/// The statements that create what SeaORM's attributes can't express, to be run in this order
/// once the tables of [`register`] are there.
///
/// An index goes here when it has a name of its own, several columns, a direction or a
/// `WHERE`: sea-query's `Index::create()` says all of that. A view, a trigger, an FTS5 table
/// or an index on an expression is written as SQL with `Statement::from_string`. A `CHECK`, a
/// `COLLATE` or a generated column belongs to its column and needs no statement:
/// `#[sea_orm(extra = "CHECK (…)")]`.
///
/// A table that had another name says so here, as `ALTER TABLE old RENAME TO new`: that is read
/// as an answer and never run. For a field there is `#[sea_orm(renamed_from = "old")]`.
#[must_use]
pub fn objects() -> Vec<Statement> {
    [task::objects(), attachment::objects(), notification::objects()].concat()
}

/// The SQL of a sea-query statement, as SQLite reads it.
fn statement(statement: &impl StatementBuilder) -> Statement {
    DbBackend::Sqlite.build(statement)
}
