//! change view and trigger
//!
//! - Revision: `m002_change_view_and_trigger`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - ~ view urgent
//! - ~ trigger log_task

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_change_view_and_trigger";

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
        db.execute_unprepared(r#"DROP TRIGGER "log_task""#).await?;
        db.execute_unprepared(r#"DROP VIEW "urgent""#).await?;
        db.execute_unprepared(concat!(
            r#"CREATE VIEW "urgent" AS "#,
            r#"SELECT "id", "title" "#,
            r#"FROM "tasks" "#,
            r#"WHERE "priority" IN ('high', 'critical')"#,
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"CREATE TRIGGER "log_task" AFTER INSERT ON "tasks" "#,
            r#"BEGIN INSERT INTO "audit" VALUES (NEW."title"); "#,
            "END",
        ))
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared(r#"DROP TRIGGER "log_task""#).await?;
        db.execute_unprepared(r#"DROP VIEW "urgent""#).await?;
        db.execute_unprepared(concat!(
            r#"CREATE VIEW "urgent" AS "#,
            r#"SELECT "id", "title" "#,
            r#"FROM "tasks" "#,
            r#"WHERE "priority" = 'high'"#,
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"CREATE TRIGGER "log_task" AFTER INSERT ON "tasks" "#,
            r#"BEGIN INSERT INTO "audit" VALUES (NEW."id"); "#,
            "END",
        ))
        .await?;
        Ok(())
    }
}
