//! `tgenie`: TaskGenie's entities and history, handed to the `db` commands.

use db_commands::{App, ExitCode};
use migration::MigratorTrait as _;
use schema_engine::executor::Predecessor;
use schema_engine::models::Models;

fn main() -> ExitCode {
    db_commands::run(&App {
        name: "tgenie",
        version: env!("CARGO_PKG_VERSION"),
        package: env!("CARGO_PKG_NAME"),
        fingerprint: env!("TGENIE_FINGERPRINT"),
        profile: env!("TGENIE_PROFILE"),
        prefix: "TASKGENIE",
        home_folder: ".taskgenie",
        database_file: "data/taskgenie.db",
        models: Models { register: entity::register, objects: entity::objects },
        migrations: migration::Migrator::migrations,
        predecessor: Some(Predecessor {
            alembic_revision: "001_initial",
            revision: migration::m001_initial_schema::REVISION,
        }),
    })
}
