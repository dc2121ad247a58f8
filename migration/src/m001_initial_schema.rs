//! Initial schema
//!
//! - Revision: `m001_initial_schema`
//! - Parent: none, this is the first
//! - Created: 2026-11-23 14:25 UTC
//!
//! Changes:
//! - `+ table attachments (id, task_id, type, reference, title, content, metadata, created_at)`
//! - `+ table chat_history (id, session_id, role, content, timestamp)`
//! - `+ table config (key, value, updated_at)`
//! - `+ table notifications (id, task_id, type, scheduled_at, sent_at, status)`
//! - `+ table tasks (id, title, description, status, priority, eta, created_at, updated_at, tags, metadata)`
//! - `+ index idx_attachments_task_id on attachments`
//! - `+ index idx_attachments_type on attachments`
//! - `+ index idx_notifications_scheduled on notifications`
//! - `+ index idx_notifications_status on notifications`
//! - `+ index idx_notifications_task_id on notifications`
//! - `+ index idx_tasks_created on tasks`
//! - `+ index idx_tasks_eta on tasks`
//! - `+ index idx_tasks_priority on tasks`
//! - `+ index idx_tasks_status on tasks`

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m001_initial_schema";

/// The revision that it builds on.
pub const DOWN_REVISION: Option<&str> = None;

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
                    .table("chat_history")
                    .col(ColumnDef::new("id").string_len(36).not_null().primary_key())
                    .col(ColumnDef::new("session_id").string_len(36).not_null())
                    .col(ColumnDef::new("role").string_len(10).not_null())
                    .col(ColumnDef::new("content").text().not_null())
                    .col(
                        ColumnDef::new("timestamp")
                            .date_time()
                            .not_null()
                            .default(Expr::current_timestamp()),
                    )
                    .to_owned(),
            )
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("config")
                    .col(ColumnDef::new("key").string_len(100).not_null().primary_key())
                    .col(ColumnDef::new("value").text().not_null())
                    .col(
                        ColumnDef::new("updated_at")
                            .date_time()
                            .not_null()
                            .default(Expr::current_timestamp()),
                    )
                    .to_owned(),
            )
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("tasks")
                    .col(ColumnDef::new("id").string_len(36).not_null().primary_key())
                    .col(ColumnDef::new("title").string_len(255).not_null())
                    .col(ColumnDef::new("description").text())
                    .col(ColumnDef::new("status").string_len(20).not_null().default("pending"))
                    .col(ColumnDef::new("priority").string_len(20).default("medium"))
                    .col(ColumnDef::new("eta").date_time())
                    .col(
                        ColumnDef::new("created_at")
                            .date_time()
                            .not_null()
                            .default(Expr::current_timestamp()),
                    )
                    .col(
                        ColumnDef::new("updated_at")
                            .date_time()
                            .not_null()
                            .default(Expr::current_timestamp()),
                    )
                    .col(ColumnDef::new("tags").json())
                    .col(ColumnDef::new("metadata").json())
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("idx_tasks_status").table("tasks").col("status").to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("idx_tasks_eta").table("tasks").col("eta").to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idx_tasks_priority")
                    .table("tasks")
                    .col("priority")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idx_tasks_created")
                    .table("tasks")
                    .col("created_at")
                    .to_owned(),
            )
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("attachments")
                    .col(ColumnDef::new("id").string_len(36).not_null().primary_key())
                    .col(ColumnDef::new("task_id").string_len(36).not_null())
                    .col(ColumnDef::new("type").string_len(20).not_null())
                    .col(ColumnDef::new("reference").string_len(500).not_null())
                    .col(ColumnDef::new("title").string_len(255))
                    .col(ColumnDef::new("content").text())
                    .col(ColumnDef::new("metadata").json())
                    .col(
                        ColumnDef::new("created_at")
                            .date_time()
                            .not_null()
                            .default(Expr::current_timestamp()),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from("attachments", "task_id")
                            .to("tasks", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idx_attachments_task_id")
                    .table("attachments")
                    .col("task_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idx_attachments_type")
                    .table("attachments")
                    .col("type")
                    .to_owned(),
            )
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("notifications")
                    .col(ColumnDef::new("id").string_len(36).not_null().primary_key())
                    .col(ColumnDef::new("task_id").string_len(36).not_null())
                    .col(ColumnDef::new("type").string_len(20).not_null())
                    .col(ColumnDef::new("scheduled_at").date_time().not_null())
                    .col(ColumnDef::new("sent_at").date_time())
                    .col(ColumnDef::new("status").string_len(20).not_null().default("pending"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("notifications", "task_id")
                            .to("tasks", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idx_notifications_task_id")
                    .table("notifications")
                    .col("task_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idx_notifications_scheduled")
                    .table("notifications")
                    .col("scheduled_at")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idx_notifications_status")
                    .table("notifications")
                    .col("status")
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("notifications").to_owned()).await?;
        manager.drop_table(Table::drop().table("attachments").to_owned()).await?;
        manager.drop_table(Table::drop().table("tasks").to_owned()).await?;
        manager.drop_table(Table::drop().table("config").to_owned()).await?;
        manager.drop_table(Table::drop().table("chat_history").to_owned()).await?;
        Ok(())
    }
}
