//! The history of TaskGenie's database. `tgenie db revision` adds to it; a revision that was
//! released is never changed again.

pub use sea_orm_migration::prelude::*;

pub mod m001_initial_schema;

/// All revisions, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            // A line a revision, oldest first: `tgenie db revision` adds the next one below.
            Box::new(m001_initial_schema::Migration),
        ]
    }
}
