//! The desired side: entities applied to a scratch database.

#![expect(unreachable_pub, reason = "SeaORM's derives want it so")]

use schema_engine::answers::Answers;
use schema_engine::diff::diff;
use schema_engine::models::Models;
use schema_engine::pair::Pair;
use schema_engine::prove::prove;
use schema_engine::schema::Schema;
use sea_orm::{DbBackend, SchemaBuilder, Statement};

/// Every type that SeaORM can write on SQLite.
mod every_type {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "every_type")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(column_type = "Char(None)")]
        pub char_plain: String,
        #[sea_orm(column_type = "Char(Some(3))")]
        pub char_three: String,
        pub string: String,
        #[sea_orm(column_type = "String(StringLen::N(40))", unique, default_value = "it's")]
        pub string_forty: String,
        #[sea_orm(column_type = "String(StringLen::Max)", nullable)]
        pub string_max: Option<String>,
        #[sea_orm(column_type = "Text", nullable, indexed)]
        pub text: Option<String>,
        #[sea_orm(column_type = "Blob")]
        pub blob: Vec<u8>,
        #[sea_orm(column_type = "Binary(16)")]
        pub binary: Vec<u8>,
        pub varbinary: Vec<u8>,
        #[sea_orm(column_type = "VarBinary(StringLen::N(32))")]
        pub varbinary_long: Vec<u8>,
        #[sea_orm(default_value = -5)]
        pub tiny: i8,
        pub small: i16,
        pub integer: i32,
        pub big: i64,
        pub tiny_unsigned: u8,
        pub small_unsigned: u16,
        pub unsigned: u32,
        pub big_unsigned: u64,
        #[sea_orm(default_value = 1.5)]
        pub float: f32,
        pub double: f64,
        #[sea_orm(column_type = "Decimal(None)")]
        pub decimal: f64,
        #[sea_orm(column_type = "Decimal(Some((16, 4)))")]
        pub decimal_long: f64,
        #[sea_orm(column_type = "Money(None)")]
        pub money: f64,
        #[sea_orm(column_type = "Money(Some((16, 4)))")]
        pub money_long: f64,
        #[sea_orm(default_expr = "Expr::current_timestamp()")]
        pub date_time: DateTime,
        #[sea_orm(column_type = "Timestamp")]
        pub timestamp: DateTime,
        pub timestamp_zone: DateTimeUtc,
        pub time: Time,
        pub date: Date,
        #[sea_orm(default_value = true)]
        pub boolean: bool,
        pub json: Json,
        #[sea_orm(column_type = "JsonBinary")]
        pub json_binary: Json,
        #[sea_orm(column_type = "Uuid")]
        pub uuid: String,
        #[sea_orm(column_type = "custom(\"citext\")")]
        pub custom: String,
        #[sea_orm(extra = "COLLATE NOCASE CHECK (length(extra) > 1)")]
        pub extra: String,
        #[sea_orm(unique_key = "pair")]
        pub one: i32,
        #[sea_orm(unique_key = "pair")]
        pub two: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A composite key in another order than the columns would suggest, and a reference to it.
mod composite {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "composite")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub b: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub a: String,
        pub every: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::every_type::Entity",
            from = "Column::Every",
            to = "super::every_type::Column::Id",
            on_delete = "SetNull",
            on_update = "Cascade"
        )]
        Every,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema.register(every_type::Entity).register(composite::Entity)
}

fn none() -> Vec<Statement> {
    Vec::new()
}

fn sql(text: &str) -> Statement {
    Statement::from_string(DbBackend::Sqlite, text)
}

/// Straight after the first migration nothing differs, whatever the types; and its module says the
/// tables in sea-query's own words.
#[tokio::test]
async fn every_type_comes_back_as_it_was_written() {
    let models = Models { register, objects: none };
    let desired = models.schema().await.unwrap();
    let proven =
        prove(Pair::new(&Schema::default(), &desired), &Answers::default()).await.unwrap().unwrap();
    let scratch = crate::scratch("").await;
    scratch.run(proven.up.statements()).await.unwrap();
    let reached = scratch.schema().await.unwrap();
    assert!(diff(Pair::new(&reached, &models.schema().await.unwrap())).is_empty());

    let header = schema_engine::render::Header {
        revision: "m001_a".into(),
        parent: None,
        message: "a".into(),
        created: "now".into(),
        changes: Vec::new(),
        hazards: Vec::new(),
    };
    let module = schema_engine::render::module(&header, &proven.up, &proven.down);
    assert!(!module.contains("execute_unprepared"), "{module}");
}

/// SeaORM registers tables in another order on each run; what is written must not depend on it.
#[tokio::test]
async fn the_plan_does_not_depend_on_the_order_of_registration() {
    let models = Models { register, objects: none };
    let mut plans = Vec::new();
    for _ in 0..5 {
        let desired = models.schema().await.unwrap();
        let proven = prove(Pair::new(&Schema::default(), &desired), &Answers::default())
            .await
            .unwrap()
            .unwrap();
        plans.push(proven.up.statements().map(str::to_owned).collect::<Vec<_>>());
    }
    assert!(plans.windows(2).all(|pair| pair[0] == pair[1]), "{plans:#?}");
}

#[tokio::test]
async fn objects_beside_the_models_are_applied() {
    let models = Models {
        register,
        objects: || {
            vec![
                sql("CREATE INDEX some ON every_type (lower(text)) WHERE tiny > 0"),
                sql("ALTER TABLE composite ADD CONSTRAINT positive CHECK (b > 0)"),
                sql("CREATE VIEW shown AS SELECT a FROM composite"),
                sql("CREATE VIRTUAL TABLE search USING fts5(text)"),
            ]
        },
    };
    let schema = models.schema().await.unwrap();
    assert_eq!(schema.tables[&"composite".into()].checks, ["b > 0"]);
    assert_eq!(schema.objects.len(), 2);
    assert!(schema.indexes.contains_key(&"some".into()));
}

#[tokio::test]
async fn what_is_no_model_is_an_error() {
    let empty = Models { register: |schema| schema, objects: none };
    assert!(empty.schema().await.unwrap_err().to_string().contains("no table"));
    let forgotten =
        Models { register: |schema| schema, objects: || vec![sql("CREATE INDEX x ON t (a)")] };
    assert!(forgotten.schema().await.unwrap_err().to_string().contains("no table"));
    let broken = Models { register, objects: || vec![sql("CREATE INDEX x ON nowhere (a)")] };
    let error = broken.schema().await.unwrap_err();
    assert!(error.data_state().is_some_and(|state| state.contains("Nothing was written")));
}

/// A column that SQLite doesn't take.
mod invalid {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "invalid")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(extra = "CHECK (title <>)")]
        pub title: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[tokio::test]
async fn invalid_ddl_is_shown_with_its_statement() {
    let models = Models { register: |schema| schema.register(invalid::Entity), objects: none };
    let error = models.schema().await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("CREATE TABLE \"invalid\""), "{cause}");
}

/// A type that SQLite doesn't have makes sea-query panic; here it is an error.
mod impossible {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "impossible")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(column_type = "Year")]
        pub year: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[tokio::test]
async fn an_impossible_type_is_an_error_and_no_panic() {
    let models = Models { register: |schema| schema.register(impossible::Entity), objects: none };
    assert!(models.schema().await.unwrap_err().to_string().contains("SQLite's terms"));
}

/// A model that remembers former names, with a comment and without.
mod remembering {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "remembering", comment = "renamed_from \"no_column\"")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(renamed_from = "prio")]
        pub priority: Option<String>,
        #[sea_orm(
            renamed_from = "old note's",
            comment = "It's \"said\" once.",
            default_value = "it's",
            extra = "CHECK (note <> 'a, b' AND length(\"note\") > 1)"
        )]
        pub note: String,
        #[sea_orm(comment = "renamed_from nothing")]
        pub plain: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Former names are known, and change nothing in the schema.
#[tokio::test]
async fn what_was_renamed_is_remembered() {
    let models = Models {
        register: |schema| register(schema).register(remembering::Entity),
        objects: || {
            vec![
                sql("ALTER TABLE memories RENAME TO remembering"),
                sql("CREATE VIEW shown AS SELECT plain FROM remembering"),
                sql("ALTER TABLE \"remembering\" RENAME COLUMN simple TO plain"),
            ]
        },
    };
    let desired = models.describe().await.unwrap();
    let renames: Vec<_> = desired.renames.iter().map(ToString::to_string).collect();
    assert_eq!(
        renames,
        [
            "memories=remembering",
            "remembering.simple=plain",
            "remembering.prio=priority",
            "remembering.old note's=note",
        ]
    );
    let table = &desired.schema.tables[&"remembering".into()];
    let columns: Vec<_> = table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["id", "priority", "note", "plain"]);
    assert_eq!(desired.schema.objects.len(), 1);
}
