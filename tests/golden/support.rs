//! Cases as files, and what the tests look at in a database.

use schema_engine::answers::{Answers, Dropped};
use schema_engine::ident::Ident;
use schema_engine::schema::{Column, Schema};
use schema_engine::scratch::Scratch;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement, TransactionTrait as _};
use sea_orm_migration::{MigrationTrait, SchemaManager};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) rows: String,
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases")
}

pub(crate) fn cases() -> Vec<Case> {
    let mut folders: Vec<_> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let read = |folder: &Path, file| fs::read_to_string(folder.join(file)).unwrap();
    folders
        .into_iter()
        .map(|folder| Case {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            before: read(&folder, "before.sql"),
            after: read(&folder, "after.sql"),
            rows: read(&folder, "rows.sql"),
            folder,
        })
        .collect()
}

impl Case {
    pub(crate) fn answers(&self) -> Answers {
        let text = fs::read_to_string(self.folder.join("answers.txt")).unwrap_or_default();
        let (mut renames, mut fills) = (Vec::new(), Vec::new());
        let mut dropped = Dropped::Gone;
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("rename", rename)) => renames.push(rename.parse().unwrap()),
                Some(("fill", fill)) => fills.push(fill.parse().unwrap()),
                Some(("park", id)) => dropped = Dropped::Parked { revision: id.to_owned() },
                _ => panic!("{}: {line}", self.name),
            }
        }
        Answers { dropped, ..Answers::new(renames, fills, []) }
    }

    /// Whether what goes is parked, and so comes back.
    pub(crate) fn parks(&self) -> bool {
        self.answers().dropped != Dropped::Gone
    }

    /// `rows.sql` sets the sequence of `notes` to 40, above its highest id; that must stay.
    pub(crate) fn sequences_after(&self) -> Vec<String> {
        match (self.rows.contains("seq = 40"), self.name.as_str()) {
            (false, _) | (true, "drop_table" | "keep_dropped_table") => Vec::new(),
            (true, "rename_table") => vec!["remarks=40".to_owned()],
            (true, _) => vec!["notes=40".to_owned()],
        }
    }
}

/// The list of compiled cases, as Rust.
pub(crate) fn modules_source() -> String {
    let names: Vec<_> = cases().into_iter().map(|case| case.name).collect();
    let mut source = String::from(
        "//! The modules of the golden cases, compiled. Written by the update of the golden test.\n\n\
         #![allow(\n    dead_code,\n    unreachable_pub,\n    clippy::doc_markdown,\n    \
         reason = \"they are written for a migration crate\"\n)]\n\n\
         use sea_orm_migration::MigrationTrait;\n\n",
    );
    for name in &names {
        source.push_str(&format!("#[path = \"../cases/{name}/module.rs\"]\npub mod {name};\n"));
    }
    source.push_str(
        "\npub(crate) fn all() -> Vec<(&'static str, Box<dyn MigrationTrait>)> {\n    vec![\n",
    );
    for name in &names {
        source.push_str(&format!("        (\"{name}\", Box::new({name}::Migration)),\n"));
    }
    source.push_str("    ]\n}\n");
    source
}

/// A scratch database made by a script.
pub(crate) async fn build(script: &str) -> Scratch {
    let scratch = Scratch::empty().await.unwrap();
    scratch
        .run([script])
        .await
        .unwrap_or_else(|refused| panic!("{}: {}", refused.error, refused.sql));
    scratch
}

pub(crate) enum Way {
    Up,
    Down,
}

/// Runs a migration as the executor does: in one transaction, foreign keys off.
pub(crate) async fn go(scratch: &Scratch, migration: &dyn MigrationTrait, way: Way) {
    let transaction = scratch.connection().begin().await.unwrap();
    let manager = SchemaManager::new(&transaction);
    let outcome = match way {
        Way::Up => migration.up(&manager).await,
        Way::Down => migration.down(&manager).await,
    };
    outcome.unwrap_or_else(|error| panic!("{}: {error}", migration.name()));
    transaction.commit().await.unwrap();
    let broken = query(scratch, "SELECT \"table\" FROM pragma_foreign_key_check").await;
    assert!(broken.is_empty(), "{}: {broken:?}", migration.name());
    assert_eq!(query(scratch, "PRAGMA integrity_check").await, ["ok"]);
}

async fn query(scratch: &Scratch, sql: &str) -> Vec<String> {
    let rows = scratch
        .connection()
        .query_all_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

pub(crate) async fn sequences(scratch: &Scratch) -> Vec<String> {
    let there = "SELECT name FROM sqlite_schema WHERE name = 'sqlite_sequence'";
    if query(scratch, there).await.is_empty() {
        return Vec::new();
    }
    query(scratch, "SELECT name || '=' || seq FROM sqlite_sequence ORDER BY name").await
}

/// The values of each column that is on both sides, with the rowids.
pub(crate) async fn rows(
    scratch: &Scratch,
    one: &Schema,
    two: &Schema,
) -> BTreeMap<(Ident, Ident), Vec<String>> {
    let mut values = BTreeMap::new();
    for table in one.tables.values() {
        let Some(other) = two.tables.get(&table.name) else { continue };
        for column in &table.columns {
            if other.column(&column.name).is_none() {
                continue;
            }
            let rowid = match (table.rowid_name(), other.rowid_name()) {
                (Some(name), Some(_)) => format!("t.{name} || ': ' || "),
                _ => String::new(),
            };
            let sql = format!(
                "SELECT {rowid}quote(t.{}) FROM {} AS t ORDER BY 1",
                column.name.quoted(),
                table.name.quoted()
            );
            values.insert((table.name.clone(), column.name.clone()), query(scratch, &sql).await);
        }
    }
    values
}

/// Whether a column's NULLs were filled, or its rowid gone, so that other values are expected.
pub(crate) fn is_filled(before: &Schema, after: &Schema, (table, column): &(Ident, Ident)) -> bool {
    let (Some(one), Some(two)) = (before.tables.get(table), after.tables.get(table)) else {
        return true;
    };
    let not_null = |table: &schema_engine::schema::Table| {
        table.column(column).is_some_and(|column| column.not_null.is_some())
    };
    not_null(one) != not_null(two)
        || two.column(column).is_none()
        || one.without_rowid != two.without_rowid
        || one.column(column).map(Column::affinity) != two.column(column).map(Column::affinity)
}

/// The stored texts of a schema, by name.
pub(crate) fn texts(schema: &Schema) -> BTreeMap<String, String> {
    let tables = schema.tables.values().map(|table| {
        // A rebuild leaves the name in double quotes, however it was written.
        let name = &table.sql[table.syntax.name_span.clone()];
        (table.name.to_string(), table.sql.replacen(name, &table.name.quoted(), 1))
    });
    let indexes = schema.indexes.values().map(|index| (index.name.to_string(), index.sql.clone()));
    let objects =
        schema.objects.values().map(|object| (object.name.to_string(), object.sql.clone()));
    tables.chain(indexes).chain(objects).collect()
}
