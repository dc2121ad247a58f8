//! add table
//!
//! - Revision: `m002_add_table`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - + table notes (id, task_id, text)
//! - + index idx_notes_task on notes

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_add_table";

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
            .create_table(
                Table::create()
                    .table("notes")
                    .col(ColumnDef::new("id").integer().not_null().primary_key().auto_increment())
                    .col(ColumnDef::new("task_id").string_len(36).not_null())
                    .col(ColumnDef::new("text").text())
                    .foreign_key(
                        ForeignKey::create()
                            .from("notes", "task_id")
                            .to("tasks", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idx_notes_task")
                    .table("notes")
                    .unique()
                    .col("task_id")
                    .col(("text", IndexOrder::Desc))
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("notes").to_owned()).await?;
        Ok(())
    }
}
