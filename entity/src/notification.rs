//! Reminders of a task's due date.

use sea_orm::entity::prelude::*;
use sea_orm::{Statement, sea_query::Index};

use crate::statement;

/// A row of `notifications`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notifications")]
pub struct Model {
    /// A UUID, made by the application.
    #[sea_orm(primary_key, column_type = "String(StringLen::N(36))")]
    pub id: String,
    #[sea_orm(column_type = "String(StringLen::N(36))")]
    pub task_id: String,
    /// `due_24h` or `due_6h`.
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub r#type: String,
    pub scheduled_at: DateTime,
    /// Empty until it went out.
    pub sent_at: Option<DateTime>,
    /// `pending`, `sent` or `dismissed`.
    #[sea_orm(column_type = "String(StringLen::N(20))", default_value = "pending")]
    pub status: String,
    #[sea_orm(belongs_to, from = "task_id", to = "id", on_delete = "Cascade")]
    pub task: BelongsTo<super::task::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The indexes of `notifications`.
#[must_use]
pub fn objects() -> Vec<Statement> {
    let index = |name: &str| Index::create().name(name).table(Entity).take();
    vec![
        statement(index("idx_notifications_task_id").col(Column::TaskId)),
        statement(index("idx_notifications_scheduled").col(Column::ScheduledAt)),
        statement(index("idx_notifications_status").col(Column::Status)),
    ]
}
