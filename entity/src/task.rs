//! Tasks.

use sea_orm::entity::prelude::*;
use sea_orm::{Statement, sea_query::Index};

use crate::statement;

/// A row of `tasks`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub struct Model {
    /// A UUID, made by the application.
    #[sea_orm(primary_key, column_type = "String(StringLen::N(36))")]
    pub id: String,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    /// `pending`, `in_progress` or `completed`.
    #[sea_orm(column_type = "String(StringLen::N(20))", default_value = "pending")]
    pub status: String,
    /// `low`, `medium`, `high` or `critical`.
    #[sea_orm(column_type = "String(StringLen::N(20))", default_value = "medium")]
    pub priority: Option<String>,
    /// When the task is due.
    pub eta: Option<DateTime>,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTime,
    /// Set by the application on every change: the database only gives the first value.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub updated_at: DateTime,
    /// A list of strings. Rows of the Python version hold the JSON text `null` where there
    /// are none: that is `Some(Json::Null)`, not `None`.
    pub tags: Option<Json>,
    /// An object; the JSON text `null` as in [`tags`](Self::tags).
    pub metadata: Option<Json>,
    #[sea_orm(has_many)]
    pub attachments: HasMany<super::attachment::Entity>,
    #[sea_orm(has_many)]
    pub notifications: HasMany<super::notification::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The indexes of `tasks`.
#[must_use]
pub fn objects() -> Vec<Statement> {
    let index = |name: &str| Index::create().name(name).table(Entity).take();
    vec![
        statement(index("idx_tasks_status").col(Column::Status)),
        statement(index("idx_tasks_eta").col(Column::Eta)),
        statement(index("idx_tasks_priority").col(Column::Priority)),
        statement(index("idx_tasks_created").col(Column::CreatedAt)),
    ]
}
