//! composite index
//!
//! - Revision: `m002_composite_index`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - + index idx_tasks_both on tasks

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_composite_index";

/// The revision that it builds on.
pub const DOWN_REVISION: Option<&str> = Some("m001_before");

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        REVISION
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(
                Index::create()
                    .name("idx_tasks_both")
                    .table("tasks")
                    .col("title")
                    .col("priority")
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("idx_tasks_both").table("tasks").to_owned()).await?;
        Ok(())
    }
}
