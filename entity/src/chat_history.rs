//! The conversation with the assistant.

use sea_orm::entity::prelude::*;

/// A row of `chat_history`: one message.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "chat_history")]
pub struct Model {
    /// A UUID, made by the application.
    #[sea_orm(primary_key, column_type = "String(StringLen::N(36))")]
    pub id: String,
    #[sea_orm(column_type = "String(StringLen::N(36))")]
    pub session_id: String,
    /// `user` or `assistant`.
    #[sea_orm(column_type = "String(StringLen::N(10))")]
    pub role: String,
    #[sea_orm(column_type = "Text")]
    pub content: String,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub timestamp: DateTime,
}

impl ActiveModelBehavior for ActiveModel {}
