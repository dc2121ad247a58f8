//! The desired side: an app's entities, and what their attributes can't say.

mod remembered;

use crate::answers::Rename;
use crate::connection::scratch;
use crate::error::{Error, Result};
use crate::ident::Ident;
use crate::inspect::inspect;
use crate::schema::{Schema, Table};
use crate::sql::create_table::{ConstraintSyntax, parse_constraint};
use crate::sql::edit::Edits;
use crate::sql::lexer::significant_tokens;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, SchemaBuilder, Statement};
use std::sync::{Arc, Mutex, PoisonError};

/// An app's models, as two functions that its entity crate gives.
#[derive(Debug, Clone, Copy)]
pub struct Models {
    /// Registers every entity by name. The registry that SeaORM fills at link time stays empty for
    /// a program that names none of the entities, so it isn't used.
    pub register: fn(SchemaBuilder) -> SchemaBuilder,
    /// What the attributes can't say, to be run after the entities' tables are there: indexes with
    /// names of their own, views, triggers, virtual tables, and table constraints written as
    /// `ALTER TABLE … ADD [CONSTRAINT …] CHECK (…)`. An `ALTER TABLE … RENAME …` is not run: it
    /// says that a table or a column had another name before.
    pub objects: fn() -> Vec<Statement>,
}

/// What the models describe.
#[derive(Debug, Clone)]
pub struct Desired {
    /// The schema.
    pub schema: Schema,
    /// What had other names before: they stay in the models for ever and count while they fit
    /// ([`crate::answers::Answers::with_hints`]).
    pub renames: Vec<Rename>,
}

impl Models {
    /// The schema that the models describe, read from a scratch database that they were applied to.
    ///
    /// # Errors
    /// When there are no entities, or SQLite doesn't take what they say.
    pub async fn schema(&self) -> Result<Schema> {
        Ok(self.describe().await?.schema)
    }

    /// The same with what the models remember of former names.
    ///
    /// # Errors
    /// As [`Models::schema`].
    pub async fn describe(&self) -> Result<Desired> {
        let connection = scratch().await?;
        create_tables(self.register, connection.clone()).await?;
        if inspect(&connection).await?.tables.is_empty() {
            return Err(Error::failed("the models describe no table at all")
                .state("Nothing was written.")
                .next("Register every entity in the entity crate's `register`."));
        }
        let mut renames = Vec::new();
        for statement in (self.objects)() {
            let sql = statement.to_string();
            if let Some(rename) = remembered::by_statement(&sql) {
                renames.push(rename);
                continue;
            }
            declare(&connection, &sql).await.map_err(|error| {
                invalid("SQLite doesn't take a statement that the models declare").because(error)
            })?;
        }
        renames.extend(former_names(self.register).await?);
        Ok(Desired { schema: inspect(&connection).await?, renames })
    }
}

/// In a task of its own, as a panic of sea-query must stay an error here too.
async fn former_names(register: fn(SchemaBuilder) -> SchemaBuilder) -> Result<Vec<Rename>> {
    let what = "SeaORM can't say what was renamed in the models";
    match tokio::spawn(remembered::by_entities(register)).await {
        Ok(renames) => renames.map_err(|error| invalid(what).because(error)),
        Err(error) => Err(invalid(what).because(error)),
    }
}

fn invalid(what: &str) -> Error {
    Error::failed(what).state("Nothing was written.").next("Correct the model and run this again.")
}

/// sea-query panics on column types that SQLite doesn't have. In a task of its own that panic
/// becomes an error.
async fn create_tables(
    register: fn(SchemaBuilder) -> SchemaBuilder,
    connection: DatabaseConnection,
) -> Result<()> {
    let refused = Arc::new(Mutex::new(None));
    let heard = Arc::clone(&refused);
    let mut connection = connection;
    // SeaORM's error doesn't say which statement it was.
    connection.set_metric_callback(move |query| {
        if query.failed {
            let statement = query.statement.to_string();
            heard.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(statement);
        }
    });
    let applying = tokio::spawn(async move {
        let schema = sea_orm::Schema::new(DbBackend::Sqlite);
        register(schema.builder()).apply(&connection).await
    });
    match applying.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            let statement = refused.lock().unwrap_or_else(PoisonError::into_inner).take();
            let statement = statement.unwrap_or_default();
            Err(invalid("SQLite doesn't take the tables of the models")
                .because(format!("{error}: {statement}")))
        }
        Err(error) => Err(invalid("SeaORM can't say a model in SQLite's terms").because(error)),
    }
}

async fn declare(connection: &DatabaseConnection, sql: &str) -> Result<()> {
    let run = async |sql: &str| {
        connection
            .execute_unprepared(sql)
            .await
            .map(drop)
            .map_err(|error| Error::failed(sql.to_owned()).because(error))
    };
    match added_constraint(sql) {
        None => run(sql).await,
        Some((name, constraint)) => {
            // SQLite has no such ALTER before 3.53, but here the table is empty: make it anew.
            let schema = inspect(connection).await?;
            let table = schema
                .tables
                .get(&name)
                .ok_or_else(|| Error::failed(format!("{sql}: there is no table {name}")))?;
            run(&format!("DROP TABLE {}", name.quoted())).await?;
            run(&with_constraint(table, constraint)).await?;
            for index in schema.indexes_of(&name) {
                run(&index.sql).await?;
            }
            for trigger in schema.triggers_of(&name) {
                run(&trigger.sql).await?;
            }
            Ok(())
        }
    }
}

/// `ALTER TABLE name ADD constraint`, taken apart; `None` for every other statement.
fn added_constraint(sql: &str) -> Option<(Ident, &str)> {
    let tokens = significant_tokens(sql).ok()?;
    let is = |at: usize, word: &str| {
        tokens.get(at).is_some_and(|token| token.text(sql).eq_ignore_ascii_case(word))
    };
    if !(is(0, "ALTER") && is(1, "TABLE") && is(3, "ADD")) {
        return None;
    }
    let name = tokens.get(2)?.name(sql)?;
    let constraint = sql[tokens.get(4)?.span.start..].trim_end().trim_end_matches(';');
    parse_constraint(constraint).ok().map(|ConstraintSyntax { .. }| (Ident::from(name), constraint))
}

fn with_constraint(table: &Table, constraint: &str) -> String {
    let mut edits = Edits::default();
    edits.insert(table.syntax.constraints_end(), format!(", {constraint}"));
    edits.apply(&table.sql)
}
