//! What SeaORM does on SQLite and the engine relies on.

#![expect(unreachable_pub, reason = "SeaORM's derives want it so")]

use crate::{query, scratch};
use schema_engine::scratch::Scratch;
use sea_orm::sea_query::{self, Alias, ColumnDef, SqliteQueryBuilder};
use sea_orm::{ConnectionTrait as _, Database, DbBackend, DbErr, Schema};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

struct Nothing;

impl MigrationName for Nothing {
    fn name(&self) -> &'static str {
        "m001_nothing"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Nothing {
    async fn up(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Nothing)]
    }
}

/// The books are kept as SeaORM keeps them, so that both can work on one database.
#[tokio::test]
async fn both_keep_the_same_books() {
    let theirs = Scratch::empty().await.unwrap();
    Migrator::up(theirs.connection(), None).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ours.db");
    let (migrations, skip) = (Migrator::migrations(), schema_engine::executor::SafetyCopies::Skip);
    let executor = schema_engine::executor::Executor::new(&path, &migrations, skip);
    let report = executor.upgrade("head").await.unwrap();
    assert_eq!(report.to.as_deref(), Some("m001_nothing"));
    let ours = Database::connect(format!("sqlite:{}", path.display())).await.unwrap();
    let text = "SELECT sql FROM sqlite_schema WHERE name = 'seaql_migrations'";
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, text);
    let our_text: String =
        ours.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap();
    assert_eq!(query(&theirs, text).await, [our_text]);
    // And SeaORM finds nothing left to do.
    assert!(Migrator::get_pending_migrations_read_only(&ours).await.unwrap().is_empty());
}

/// sea-query splices the name of an index in unescaped: one with a quote stays SQL.
#[test]
fn an_index_name_with_a_quote_is_not_escaped_by_sea_query() {
    let sql = sea_query::Index::create()
        .name("a\"b")
        .table(Alias::new("t"))
        .col(Alias::new("c"))
        .to_string(SqliteQueryBuilder);
    assert!(sql.contains("\"a\"b\""), "{sql}: if that is mended, lift can stop comparing");
}

/// A null default and no default are one, and nothing explicit is written for a nullable column.
#[test]
fn a_nullable_column_says_nothing() {
    let sql = sea_query::Table::create()
        .table(Alias::new("t"))
        .col(ColumnDef::new(Alias::new("c")).text())
        .to_string(SqliteQueryBuilder);
    assert_eq!(sql, "CREATE TABLE \"t\" ( \"c\" text )");
}

/// The stored text of a table is what was sent, but for `IF NOT EXISTS` and the schema's name.
#[tokio::test]
async fn the_stored_text_is_what_was_sent() {
    let scratch = scratch("CREATE TABLE IF NOT EXISTS main.t (a, -- why\n b);").await;
    let sql = query(&scratch, "SELECT sql FROM sqlite_schema").await;
    assert_eq!(sql, ["CREATE TABLE t (a, -- why\n b)"]);
}

/// A model with a field that had another name.
mod renamed {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "renamed")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(renamed_from = "old")]
        pub new: String,
        #[sea_orm(renamed_from = "former", comment = "It's said.")]
        pub latter: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `renamed_from` is kept in the comment of the column, which is written for `MySQL` alone: from
/// there the former names are read. If this changes, `models/remembered.rs` has to.
#[test]
fn a_former_name_is_written_into_a_comment_for_mysql() {
    let sql = |backend: DbBackend| {
        let table = Schema::new(backend).create_table_from_entity(renamed::Entity);
        backend.build(&table).sql
    };
    let mysql = sql(DbBackend::MySql);
    for comment in
        [r#"COMMENT 'renamed_from \"old\"'"#, r#"COMMENT 'It\'s said.; renamed_from \"former\"'"#]
    {
        assert!(mysql.contains(comment), "{mysql}");
    }
    for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
        assert!(!sql(backend).contains("renamed_from"), "{}", sql(backend));
    }
}
