//! Views and triggers that can't be compiled, and virtual tables that only their app can open.
//!
//! SQLite compiles a view when it is read and a trigger when its table is written to, so a broken
//! one is found by the first user who needs it. Here each is compiled by itself, and never run, in a
//! database in memory that has the same tables and no rows.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::finding::{BrokenObject, Finding};
use super::tables::{Nature, Stored, Tables, collect, name};
use crate::database_file::soundness::told;
use crate::from_the_app::FromTheApp;
use crate::ident::Ident;
use crate::schema::ObjectKind;

/// Checks every view, trigger and virtual table.
pub(super) fn check(_: &Connection, tables: &Tables) -> rusqlite::Result<Vec<Finding>> {
    let is_virtual = |object: &Stored| {
        tables.find(&object.name).is_some_and(|table| table.nature == Nature::Virtual)
    };
    if !tables.objects.iter().any(|it| it.kind == "view" || it.kind == "trigger" || is_virtual(it))
    {
        return Ok(Vec::new());
    }
    let (empty, missing) = empty_copy(tables)?;
    let mut findings = Vec::new();
    for object in &tables.objects {
        let compiled = match (object.kind.as_str(), &object.sql) {
            ("table", _) if is_virtual(object) => {
                let error = missing.get(&object.name).filter(|error| is_from_the_app(error));
                let kind = ObjectKind::VirtualTable;
                findings.extend(
                    error.map(|error| Finding::NeedsItsApp(broken(object, kind, error.clone()))),
                );
                continue;
            }
            ("view", _) => {
                let sql = format!("SELECT * FROM {}", object.name.quoted());
                empty.prepare(&sql).map(drop)
            }
            ("trigger", Some(sql)) => trigger(&empty, object, sql),
            _ => continue,
        };
        if let Err(error) = compiled {
            findings.push(finding(object, told(&error), &missing));
        }
    }
    Ok(findings)
}

/// Missing by its name, and what SQLite says of it.
type Missing<'a> = BTreeMap<&'a Ident, String>;

fn finding(object: &Stored, error: String, missing: &Missing<'_>) -> Finding {
    let kind = if object.kind == "view" { ObjectKind::View } else { ObjectKind::Trigger };
    // What it needs may be what SQLite doesn't take without the app.
    let missed = error
        .strip_prefix("no such table: ")
        .and_then(|name| missing.get(&Ident::from(name.strip_prefix("main.").unwrap_or(name))));
    match missed {
        Some(reason) => Finding::NeedsItsApp(broken(object, kind, reason.clone())),
        None if is_from_the_app(&error) => Finding::NeedsItsApp(broken(object, kind, error)),
        None => Finding::BrokenObject(broken(object, kind, error)),
    }
}

fn is_from_the_app(error: &str) -> bool {
    FromTheApp::missed(error).is_some()
}

fn broken(object: &Stored, kind: ObjectKind, error: String) -> BrokenObject {
    BrokenObject { kind, name: object.name.clone(), table: object.table.clone(), error }
}

/// A database in memory with the same tables and views, and what is missing in it: what SQLite
/// doesn't take without the modules and collations of the app.
fn empty_copy(tables: &Tables) -> rusqlite::Result<(Connection, Missing<'_>)> {
    let empty = Connection::open_in_memory()?;
    empty.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, true)?;
    empty.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    let mut missing = Missing::new();
    let shadows: Vec<_> = tables
        .tables
        .iter()
        .filter(|table| table.nature == Nature::Shadow)
        .map(|table| &table.name)
        .collect();
    let made = |kind: &str| {
        let kind = kind.to_owned();
        tables.objects.iter().filter(move |object| object.kind == kind)
    };
    for object in made("table").chain(made("view")) {
        let is_made_along = object.name.as_str().to_ascii_lowercase().starts_with("sqlite_")
            || shadows.contains(&&object.name);
        if let (false, Some(sql)) = (is_made_along, &object.sql)
            && let Err(error) = empty.execute_batch(sql)
        {
            missing.insert(&object.name, told(&error));
        }
    }
    Ok((empty, missing))
}

/// Compiles the statements that fire a trigger, with no other trigger there.
fn trigger(empty: &Connection, object: &Stored, sql: &str) -> rusqlite::Result<()> {
    let statements = firing(empty, &object.table)?;
    // What fails without the trigger is not its fault.
    let statements: Vec<_> = statements
        .into_iter()
        .filter(|statement| {
            let error = empty.prepare(statement).err().map(|error| error.to_string());
            error.is_none_or(|error| error.contains("because it is a view"))
        })
        .collect();
    empty.execute_batch(sql)?;
    let compiled = statements.iter().try_for_each(|statement| {
        match empty.prepare(statement) {
            // The trigger is for another event.
            Err(error) if error.to_string().contains("because it is a view") => Ok(()),
            outcome => outcome.map(drop),
        }
    });
    empty.execute_batch(&format!("DROP TRIGGER {}", object.name.quoted()))?;
    compiled
}

/// An INSERT, an UPDATE of every column and a DELETE.
fn firing(empty: &Connection, table: &Ident) -> rusqlite::Result<Vec<String>> {
    let columns: Vec<(Ident, String)> = collect(
        empty,
        &format!("SELECT name, hidden FROM pragma_table_xinfo({})", table.literal()),
        |row| Ok((name(row, 0)?, row.get::<_, i64>(1)?.to_string())),
    )?;
    let columns: Vec<_> =
        columns.iter().filter(|(_, hidden)| hidden == "0").map(|(name, _)| name.quoted()).collect();
    let table = table.quoted();
    let nulls = vec!["NULL"; columns.len()].join(", ");
    let kept: Vec<_> = columns.iter().map(|column| format!("{column} = {column}")).collect();
    Ok(vec![
        format!("INSERT INTO {table} ({}) VALUES ({nulls})", columns.join(", ")),
        format!("UPDATE {table} SET {}", kept.join(", ")),
        format!("DELETE FROM {table}"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(sql: &str) -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(sql).unwrap();
        let tables = Tables::read(&connection).unwrap();
        let findings = check(&connection, &tables).unwrap();
        findings.iter().map(|finding| format!("{} {}", finding.code(), finding.message())).collect()
    }

    #[test]
    fn each_broken_one_is_named_and_no_sound_one() {
        let found = broken(
            "CREATE TABLE t (a, b); CREATE TABLE log (x);
             CREATE VIEW sound AS SELECT a FROM t;
             CREATE VIEW lost AS SELECT a FROM gone;
             CREATE VIEW column_lost AS SELECT other.a FROM t;
             CREATE TRIGGER fine AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END;
             CREATE TRIGGER astray AFTER UPDATE OF b ON t BEGIN INSERT INTO gone VALUES (new.a); END;
             CREATE TRIGGER instead INSTEAD OF INSERT ON sound BEGIN INSERT INTO t(a) VALUES (new.a); END;
             CREATE TRIGGER instead_lost INSTEAD OF DELETE ON sound BEGIN DELETE FROM gone; END;
             CREATE VIEW by_app AS SELECT app_function(a) FROM t;",
        );
        assert_eq!(
            found,
            [
                "TV401 the view lost is broken: no such table: main.gone",
                "TV401 the view column_lost is broken: no such column: other.a",
                "TV401 the trigger astray is broken: no such table: main.gone",
                "TV401 the trigger instead_lost is broken: no such table: main.gone",
                "TV402 the view by_app works in its app alone: no such function: app_function",
            ]
        );
    }

    #[test]
    fn a_broken_trigger_of_another_table_is_not_blamed_twice() {
        let found = broken(
            "CREATE TABLE a (x); CREATE TABLE b (x);
             CREATE TRIGGER onwards AFTER INSERT ON a BEGIN INSERT INTO b VALUES (new.x); END;
             CREATE TRIGGER astray AFTER INSERT ON b BEGIN INSERT INTO gone VALUES (new.x); END;",
        );
        assert_eq!(found, ["TV401 the trigger astray is broken: no such table: main.gone"]);
    }

    #[test]
    fn generated_columns_strict_tables_and_full_text_are_compiled() {
        let found = broken(
            "CREATE TABLE s (id INTEGER PRIMARY KEY, a TEXT NOT NULL, g TEXT AS (a || a)) STRICT;
             CREATE VIRTUAL TABLE f USING fts5(a, content='s', content_rowid='id');
             CREATE TRIGGER s_in AFTER INSERT ON s BEGIN INSERT INTO f(rowid, a) VALUES (new.id, new.a); END;
             CREATE TRIGGER s_out AFTER DELETE ON s BEGIN INSERT INTO f(f, rowid, a) VALUES ('delete', old.id, old.a); END;
             CREATE VIEW found AS SELECT rowid, highlight(f, 0, '<', '>') FROM f WHERE f MATCH 'x';",
        );
        assert_eq!(found, Vec::<String>::new());
    }
}
