//! What the engine relies on and promises, apart from the golden cases and the laws.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod answers;
mod architecture;
mod census;
mod conversions;
mod models;
mod patience;
mod sea_orm_facts;
mod sea_schema;
mod sqlite_facts;
mod startup;
mod stored_edits;
mod transplant;

use schema_engine::scratch::Scratch;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

/// A scratch database made by a script.
async fn scratch(script: &str) -> Scratch {
    let scratch = Scratch::empty().await.unwrap();
    run(&scratch, script).await;
    scratch
}

async fn run(scratch: &Scratch, script: &str) {
    scratch
        .run([script])
        .await
        .unwrap_or_else(|refused| panic!("{}: {}", refused.error, refused.sql));
}

/// The first column of every row, as text.
async fn query(scratch: &Scratch, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Sqlite, sql);
    let rows = scratch.connection().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}
