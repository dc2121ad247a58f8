//! Foreign keys: rows that refer to nothing, and keys that can lead nowhere.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::finding::{BrokenReferences, Finding, Orphans};
use super::tables::{Nature, Tables, name, text};
use crate::database_file::soundness::told;
use crate::from_the_app::FromTheApp;
use crate::ident::Ident;

/// How many rows a finding names.
const SHOWN: usize = 5;

/// A foreign key of a table.
struct Key {
    parent: Ident,
    columns: Vec<Ident>,
    parent_columns: Vec<Ident>,
    orphans: Orphans,
}

/// Checks each table by itself: one that can't be checked hides no other.
///
/// What needs the app is noted.
pub(super) fn check(
    connection: &Connection,
    tables: &Tables,
    notes: &mut Vec<String>,
) -> rusqlite::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for table in tables.tables.iter().filter(|table| table.nature != Nature::Virtual) {
        let keys = keys(connection, &table.name)?;
        if keys.is_empty() {
            continue;
        }
        for key in keys.values() {
            // SQLite takes a view for no parent either, but says so itself.
            let missing =
                Finding::MissingParent { child: table.name.clone(), parent: key.parent.clone() };
            if !tables.has(&key.parent) && !findings.contains(&missing) {
                findings.push(missing);
            }
        }
        match broken(connection, &table.name, &keys) {
            Ok(broken) => findings.extend(
                broken
                    .into_values()
                    .filter(|broken| tables.has(&broken.parent))
                    .map(Finding::BrokenReferences),
            ),
            Err(error) if FromTheApp::missed_by(&error).is_some() => notes.push(format!(
                "the references of {} can't be checked outside of its app: {}",
                table.name,
                told(&error)
            )),
            // A key to columns that are not unique has no code of its own.
            Err(error) if error.sqlite_error().is_some_and(|it| it.extended_code == 1) => {
                findings.push(Finding::UncheckableReferences {
                    child: table.name.clone(),
                    why: told(&error),
                });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(findings)
}

/// The foreign keys of a table by their numbers.
fn keys(connection: &Connection, table: &Ident) -> rusqlite::Result<BTreeMap<i64, Key>> {
    let mut statement = connection.prepare(
        "SELECT id, \"table\", \"from\", \"to\", on_delete FROM pragma_foreign_key_list(?1) ORDER BY id, seq",
    )?;
    let mut rows = statement.query([table.as_str()])?;
    let mut keys: BTreeMap<i64, Key> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let parent = name(row, 1)?;
        let orphans = match text(row, 4)?.as_str() {
            "CASCADE" => Orphans::Go,
            "SET NULL" => Orphans::ReferToNothing,
            _ => Orphans::Unsaid,
        };
        let empty = || Key { parent, columns: Vec::new(), parent_columns: Vec::new(), orphans };
        let key = keys.entry(row.get(0)?).or_insert_with(empty);
        key.columns.push(name(row, 2)?);
        if row.get_ref(3)?.as_bytes().is_ok() {
            key.parent_columns.push(name(row, 3)?);
        }
    }
    drop(rows);
    for key in keys.values_mut().filter(|key| key.parent_columns.is_empty()) {
        // A key that names no columns means the primary key.
        let mut statement = connection
            .prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?;
        let columns = statement.query_map([key.parent.as_str()], |row| name(row, 0))?;
        key.parent_columns = columns.collect::<rusqlite::Result<_>>()?;
    }
    Ok(keys)
}

/// The broken references of a table, by the number of the key.
fn broken(
    connection: &Connection,
    table: &Ident,
    keys: &BTreeMap<i64, Key>,
) -> rusqlite::Result<BTreeMap<i64, BrokenReferences>> {
    let mut statement =
        connection.prepare("SELECT fkid, rowid FROM pragma_foreign_key_check(?1)")?;
    let mut rows = statement.query([table.as_str()])?;
    let mut found: BTreeMap<i64, BrokenReferences> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (id, rowid): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
        let Some(key) = keys.get(&id) else { continue };
        let broken = found.entry(id).or_insert_with(|| BrokenReferences {
            child: table.clone(),
            columns: key.columns.clone(),
            parent: key.parent.clone(),
            parent_columns: key.parent_columns.clone(),
            count: 0,
            rowids: Vec::new(),
            orphans: key.orphans,
        });
        broken.count += 1;
        broken.rowids.extend(rowid.filter(|_| broken.rowids.len() < SHOWN));
    }
    Ok(found)
}
