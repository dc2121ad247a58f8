//! The program with a longer history than TaskGenie has so far: a step of every kind.

use async_trait::async_trait;
use db_commands::{App, ExitCode};
use schema_engine::executor::Predecessor;
use schema_engine::history::Migrations;
use schema_engine::models::Models;
use sea_orm::{ConnectionTrait as _, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::rebuild_edit_and_plain_steps as everything;

/// The revisions, oldest first.
pub(crate) const HISTORY: [&str; 4] =
    [migration::m001_initial_schema::REVISION, everything::REVISION, "m003_boards", "m004_places"];

/// Does what the arguments of the process say.
pub(crate) fn run() -> ExitCode {
    db_commands::run(&App {
        name: "tgenie",
        version: "0.0.0",
        package: "tgenie",
        // There is no source tree that it could be older than.
        fingerprint: "",
        profile: "debug",
        prefix: "TASKGENIE",
        home_folder: ".taskgenie",
        database_file: "data/taskgenie.db",
        models: Models { register: entity::register, objects: entity::objects },
        migrations,
        predecessor: Some(Predecessor { alembic_revision: "001_initial", revision: HISTORY[0] }),
    })
}

fn migrations() -> Migrations {
    vec![
        Box::new(migration::m001_initial_schema::Migration),
        Box::new(everything::Migration),
        Box::new(Sql {
            name: HISTORY[2],
            up: "CREATE TABLE boards (id integer NOT NULL PRIMARY KEY, name text NOT NULL);
                 INSERT INTO boards (name) VALUES ('first')",
            down: "DROP TABLE boards",
        }),
        Box::new(Sql {
            name: HISTORY[3],
            up: "ALTER TABLE boards ADD COLUMN place integer;
                 CREATE INDEX idx_boards_place ON boards (place)",
            down: "DROP INDEX idx_boards_place; ALTER TABLE boards DROP COLUMN place",
        }),
    ]
}

/// A revision of plain statements.
struct Sql {
    name: &'static str,
    up: &'static str,
    down: &'static str,
}

impl MigrationName for Sql {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait]
impl MigrationTrait for Sql {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.up).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.down).await.map(drop)
    }
}
