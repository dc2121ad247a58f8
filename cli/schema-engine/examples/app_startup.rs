//! An app that brings its database to the newest revision when it starts, and then works with it
//! through SeaORM: `cargo run -p schema-engine --example app_startup`.

#![expect(clippy::print_stdout, reason = "it shows what happens")]

use schema_engine::executor::{Observer, Ran};
use schema_engine::startup::bring_to_head;
use sea_orm::{ConnectionTrait as _, Database};
use sea_orm_migration::prelude::*;
use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The app's history. `tgenie db revision` writes such modules.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(Sql("m001_notes", "CREATE TABLE notes (id integer PRIMARY KEY, text text)")),
            Box::new(Sql(
                "m002_tags",
                "CREATE TABLE tags (note_id integer NOT NULL REFERENCES notes (id), tag text)",
            )),
        ]
    }
}

struct Sql(&'static str, &'static str);

impl MigrationName for Sql {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Sql {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.1).await.map(drop)
    }
}

/// What an app shows of it: a splash screen, a log, a button that stops it.
#[derive(Default)]
struct Splash {
    stop: AtomicBool,
}

impl Observer for Splash {
    fn waiting(&self, users: Option<&str>) {
        println!("waiting for {}", users.unwrap_or("another program"));
    }

    fn copied(&self, copy: &Path) {
        println!("a copy from before: {}", copy.display());
    }

    fn begins(&self, revision: &str, number: usize, count: usize) {
        println!("step {number} of {count}: {revision}");
    }

    fn ran(&self, ran: &Ran) {
        println!("{} took {:?}", ran.revision, ran.took);
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Starts the app on this database file.
pub(crate) async fn start(database: &Path) -> Result<(), Box<dyn Error>> {
    // The time of the start, from whatever clock the app has.
    let stamp = "20261125-101500";
    let report =
        bring_to_head(database, &Migrator::migrations(), stamp, &Splash::default()).await?;
    println!("ran {}, now at {}", report.ran.len(), report.to.as_deref().unwrap_or("base"));

    // From here on it is the app's own pool, with foreign keys enforced as SeaORM has it.
    let pool = Database::connect(format!("sqlite://{}", database.display())).await?;
    pool.execute_unprepared("INSERT INTO notes (text) VALUES ('one')").await?;
    let orphan = pool.execute_unprepared("INSERT INTO tags VALUES (4711, 'lost')").await;
    assert!(orphan.is_err(), "foreign keys are enforced");
    pool.close().await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("data/app.db");
    start(&database).await?;
    // The second start finds nothing to do.
    start(&database).await
}
