//! What is attached to a task: mails, pull requests, links, documents.

use sea_orm::entity::prelude::*;
use sea_orm::{Statement, sea_query::Index};

use crate::statement;

/// A row of `attachments`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachments")]
pub struct Model {
    /// A UUID, made by the application.
    #[sea_orm(primary_key, column_type = "String(StringLen::N(36))")]
    pub id: String,
    #[sea_orm(column_type = "String(StringLen::N(36))")]
    pub task_id: String,
    /// `gmail`, `github`, `url` or `doc`.
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub r#type: String,
    /// Where it is found: a URL, a message id, a path.
    #[sea_orm(column_type = "String(StringLen::N(500))")]
    pub reference: String,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub title: Option<String>,
    /// A copy of its text.
    #[sea_orm(column_type = "Text")]
    pub content: Option<String>,
    /// An object; rows of the Python version hold the JSON text `null` where there is none:
    /// that is `Some(Json::Null)`, not `None`.
    pub metadata: Option<Json>,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTime,
    #[sea_orm(belongs_to, from = "task_id", to = "id", on_delete = "Cascade")]
    pub task: BelongsTo<super::task::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The indexes of `attachments`.
#[must_use]
pub fn objects() -> Vec<Statement> {
    let index = |name: &str| Index::create().name(name).table(Entity).take();
    vec![
        statement(index("idx_attachments_task_id").col(Column::TaskId)),
        statement(index("idx_attachments_type").col(Column::Type)),
    ]
}
