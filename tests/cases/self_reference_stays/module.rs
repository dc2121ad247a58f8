//! self reference stays
//!
//! - Revision: `m002_self_reference_stays`
//! - Parent: `m001_before`
//! - Created: 2026-11-23 12:00 UTC
//!
//! Changes:
//! - ~ column tree.name: type text -> varchar(40)
//!
//! Rebuilds:
//! - tree: keeps every row

use sea_orm_migration::prelude::*;

/// This revision.
pub const REVISION: &str = "m002_self_reference_stays";

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
        refuse_enforced_foreign_keys(db).await?;

        // tree: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "tree__new" ( "#,
            r#""id" integer NOT NULL PRIMARY KEY, "#,
            r#""parent" integer, "#,
            r#""name" varchar(40), "#,
            r#"FOREIGN KEY ("parent") REFERENCES "tree" ("id") ON DELETE CASCADE "#,
            ")",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "tree__new" ("id", "parent", "name") "#,
            r#"SELECT old."id", old."parent", old."name" "#,
            r#"FROM "tree" AS old"#,
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "tree""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "tree__new" RENAME TO "tree""#).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        refuse_enforced_foreign_keys(db).await?;

        // tree: ALTER TABLE can't do this exactly, so the table is built anew.
        db.execute_unprepared(concat!(
            r#"CREATE TABLE "tree__new" ( "#,
            r#""id" integer NOT NULL PRIMARY KEY, "#,
            r#""parent" integer, "#,
            r#""name" text, "#,
            r#"FOREIGN KEY ("parent") REFERENCES "tree" ("id") ON DELETE CASCADE "#,
            ")",
        ))
        .await?;
        db.execute_unprepared(concat!(
            r#"INSERT OR ABORT INTO "tree__new" ("id", "parent", "name") "#,
            r#"SELECT old."id", old."parent", old."name" "#,
            r#"FROM "tree" AS old"#,
        ))
        .await?;
        db.execute_unprepared(r#"DROP TABLE "tree""#).await?;
        db.execute_unprepared(r#"ALTER TABLE "tree__new" RENAME TO "tree""#).await?;
        Ok(())
    }
}

/// A rebuild drops the old table. Where foreign keys are enforced, that deletes or changes the rows
/// of its children; and they can't be switched off inside a transaction.
async fn refuse_enforced_foreign_keys(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let pragma = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA foreign_keys");
    let enforced = match db.query_one_raw(pragma).await? {
        Some(row) => row.try_get_by_index::<i32>(0)? != 0,
        None => false,
    };
    if enforced {
        return Err(DbErr::Migration(format!(
            "{REVISION} rebuilds a table, which is not safe on a connection that enforces foreign \
             keys: rows of other tables would be deleted. Nothing was changed. Open the connection \
             with foreign_keys(false) for migrations, or run `db upgrade`."
        )));
    }
    Ok(())
}
