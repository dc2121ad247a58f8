//! The inspector against sea-schema's own discovery, wherever that one is right.

use crate::scratch;
use schema_engine::ident::Ident;
use sea_schema::sqlite::def::DefaultType;
use sea_schema::sqlite::discovery::SchemaDiscovery;

#[tokio::test]
async fn the_inspector_agrees_with_sea_schema() {
    let scratch = scratch(
        "CREATE TABLE parent ( id integer NOT NULL PRIMARY KEY AUTOINCREMENT, name varchar(30) NOT NULL UNIQUE );
         CREATE TABLE child (
             a text NOT NULL, b integer NOT NULL DEFAULT 5, c real(10, 2), d datetime_text DEFAULT CURRENT_TIMESTAMP,
             e text DEFAULT 'x', parent_id integer,
             PRIMARY KEY (a), UNIQUE (b, c),
             FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL );
         CREATE INDEX child_e ON child (e, c);
         CREATE UNIQUE INDEX child_d ON child (d);",
    )
    .await;
    let ours = scratch.schema().await.unwrap();
    let theirs = SchemaDiscovery::discover_with(scratch.connection()).await.unwrap();
    assert_eq!(theirs.tables.len(), ours.tables.len());
    for table in &theirs.tables {
        let our_table = &ours.tables[&Ident::from(table.name.as_str())];
        assert_eq!(our_table.columns.len(), table.columns.len());
        for (our, their) in our_table.columns.iter().zip(&table.columns) {
            assert_eq!(our.name.as_str(), their.name);
            assert_eq!(our.not_null.is_some(), their.not_null, "{}", their.name);
            let declared = our.declared_type.as_str().to_owned();
            let kind = sea_schema::sqlite::def::parse_type(declared).unwrap();
            assert_eq!(format!("{kind:?}"), format!("{:?}", their.r#type), "{}", their.name);
            let has_default = !matches!(their.default_value, DefaultType::Unspecified);
            assert_eq!(our.default.is_some(), has_default, "{}", their.name);
            assert_eq!(our_table.is_key_column(&our.name), their.primary_key, "{}", their.name);
        }
        assert_eq!(our_table.is_autoincrement(), table.auto_increment);
        let ours = our_table.foreign_keys.iter().map(|key| {
            let text = |names: &[Ident]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
            (key.parent.to_string(), text(&key.columns), text(&key.parent_columns))
        });
        let theirs = table
            .foreign_keys
            .iter()
            .map(|key| (key.table.clone(), key.from.clone(), key.to.clone()));
        assert_eq!(ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>());
        assert_eq!(our_table.uniques.len(), table.constraints.len(), "{}", table.name);
    }
    let names: Vec<_> =
        theirs.indexes.iter().map(|index| (index.index_name.clone(), index.unique)).collect();
    assert_eq!(names.len(), ours.indexes.len());
    for (name, unique) in names {
        assert_eq!(ours.indexes[&Ident::from(name)].unique, unique);
    }
}

/// Why the inspector isn't sea-schema's: names are spliced into its queries.
#[tokio::test]
async fn a_hostile_name_is_only_a_name() {
    let script = "CREATE TABLE \"x'); CREATE TABLE pwned(a);--\" (a); CREATE TABLE \"it's\" (b);";
    let scratch = scratch(script).await;
    let schema = scratch.schema().await.unwrap();
    assert_eq!(schema.tables.len(), 2);
    assert_eq!(scratch.schema().await.unwrap().tables.len(), 2, "reading ran nothing");
}
