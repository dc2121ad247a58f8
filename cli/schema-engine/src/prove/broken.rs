//! Views and triggers that work and won't any more.
//!
//! SQLite takes a view or a trigger whatever it mentions, and says what is missing when it is used:
//! a trigger then stops every write to its table. So each is compiled, before and after.

use crate::from_the_app::FromTheApp;
use crate::ident::Ident;
use crate::schema::{Object, ObjectKind, Schema};
use crate::scratch::Scratch;
use crate::sql::create_trigger::{TriggerEvent, event};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use std::collections::BTreeMap;

/// What is broken, by kind and name, and what SQLite says of it.
pub(super) type Broken = BTreeMap<(ObjectKind, Ident), String>;

/// Finds the views and triggers that SQLite can't compile. Nothing is run: to tell its plan, SQLite
/// compiles a statement with all that it sets off (<https://www.sqlite.org/eqp.html>). The program
/// itself, plain `EXPLAIN`, is nothing to ask for: listing one has crashed SQLite 3.51.
pub(super) async fn broken(scratch: &Scratch, schema: &Schema) -> Broken {
    let mut broken = Broken::new();
    for (key, object) in &schema.objects {
        for statement in uses(object, schema) {
            let query = Statement::from_string(
                DbBackend::Sqlite,
                format!("EXPLAIN QUERY PLAN {statement}"),
            );
            let Err(error) = scratch.connection().query_all_raw(query).await else { continue };
            let said = error.to_string();
            // What an app brings along isn't there in a scratch database.
            if FromTheApp::missed(&said).is_none() {
                broken.insert(key.clone(), said);
            }
        }
    }
    broken
}

/// What is told of what a migration breaks.
pub(super) fn notes(before: &Broken, after: Broken) -> impl Iterator<Item = String> {
    let newly = after.into_iter().filter(|(key, _)| !before.contains_key(key));
    newly.map(|((kind, name), said)| {
        let said = said.rsplit_once("(code: 1) ").map_or(said.as_str(), |(_, said)| said);
        let stops = match kind {
            ObjectKind::Trigger => "; it would stop every write that sets it off",
            ObjectKind::View | ObjectKind::VirtualTable => "",
        };
        format!("{} {name} would not work any more: {said}{stops}", kind.word())
    })
}

/// Statements that need the object to be sound.
fn uses(object: &Object, schema: &Schema) -> Vec<String> {
    let name = object.name.quoted();
    let table = object.table.quoted();
    match object.kind {
        ObjectKind::View => vec![format!("SELECT * FROM {name}")],
        ObjectKind::VirtualTable => Vec::new(),
        ObjectKind::Trigger => match event(&object.sql) {
            Some(TriggerEvent::Delete) => vec![format!("DELETE FROM {table}")],
            Some(TriggerEvent::Insert) => vec![format!("INSERT INTO {table} DEFAULT VALUES")],
            Some(TriggerEvent::Update) => {
                let columns = schema.tables.get(&object.table).map(|table| &table.columns);
                let plain = columns.into_iter().flatten().filter(|it| it.generated.is_none());
                let sets: Vec<_> = plain
                    .map(|column| format!("{name} = {name}", name = column.name.quoted()))
                    .collect();
                if sets.is_empty() {
                    return Vec::new();
                }
                vec![format!("UPDATE {table} SET {}", sets.join(", "))]
            }
            None => Vec::new(),
        },
    }
}
