//! partial and expression index
//!
//! - Revision: `m002_partial_and_expression_index`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - ~ index idx_lower on tasks
//! - + index idx_open on tasks

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_partial_and_expression_index";

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
        let db = manager.get_connection();
        manager.drop_index(Index::drop().name("idx_lower").table("tasks").to_owned()).await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_lower" ON "tasks" (upper("title"))"#).await?;
        db.execute_unprepared(
            r#"CREATE INDEX "idx_open" ON "tasks" ("title") WHERE "priority" IS NOT NULL"#,
        )
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        manager.drop_index(Index::drop().name("idx_open").table("tasks").to_owned()).await?;
        manager.drop_index(Index::drop().name("idx_lower").table("tasks").to_owned()).await?;
        db.execute_unprepared(r#"CREATE INDEX "idx_lower" ON "tasks" (lower("title"))"#).await?;
        Ok(())
    }
}
