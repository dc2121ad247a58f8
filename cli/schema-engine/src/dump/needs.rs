//! What a dump needs of the app of its database wherever it is loaded.
//!
//! SQLite reads a schema without the functions in it, and finds that they are missing when a table
//! or an index is made. So each of them is made once, empty and in memory.

use std::collections::HashMap;

use rusqlite::Connection;

use super::parts::DumpParts;
use super::schema::{Contents, Definition, Role, quoted};
use crate::from_the_app::{FromTheApp, Kind};
use crate::restore::{NeedsItsApp, StandIns, module_of};
use crate::sql::first::first_statement;

/// What is needed, in a fixed order; `collations` are those that were missed where it is read.
pub(super) fn needs(
    connection: &Connection,
    contents: &Contents,
    collations: &[String],
    parts: DumpParts,
) -> rusqlite::Result<Vec<FromTheApp>> {
    let collations = collations.iter().map(|name| (Kind::Collation, name.clone()));
    let mut needs: Vec<_> = collations.map(|(kind, name)| FromTheApp { kind, name }).collect();
    if parts.has_schema() {
        needs.extend(missed(contents)?);
        needs.extend(modules(connection, contents)?);
    }
    needs.sort_by_key(|needed| (needed.kind, needed.name.to_ascii_lowercase()));
    needs.dedup_by(|one, other| {
        one.kind == other.kind && one.name.eq_ignore_ascii_case(&other.name)
    });
    Ok(needs)
}

fn missed(contents: &Contents) -> rusqlite::Result<Vec<FromTheApp>> {
    let empty = Connection::open_in_memory()?;
    empty.pragma_update(None, "ignore_check_constraints", true)?;
    let mut stand_ins = StandIns::new(&empty, NeedsItsApp::StandIn);
    let mut with: HashMap<String, Vec<&Definition>> = HashMap::new();
    for definition in &contents.definitions {
        if let Some(table) = &definition.table {
            with.entry(table.to_ascii_lowercase()).or_default().push(definition);
        }
    }
    for table in contents.tables.iter().filter(|table| table.role != Role::Virtual) {
        // One at a time: SQLite goes through all that there is for each that is made.
        empty.execute_batch("BEGIN")?;
        make(&empty, &table.sql, &mut stand_ins);
        // What only a row has SQLite look for: a generated column may compare. It is a whole one, for
        // which no default is worked out.
        let values: String = empty.query_row(
            "SELECT group_concat('NULL') FROM pragma_table_xinfo(?1) WHERE hidden = 0",
            [&table.name],
            |row| row.get::<_, Option<String>>(0).map(Option::unwrap_or_default),
        )?;
        let row = format!("INSERT INTO {} VALUES({values})", quoted(&table.name));
        while let Err(error) = empty.prepare(&row)
            && stand_ins.take_the_place(&error)
        {}
        for definition in with.get(&table.name.to_ascii_lowercase()).into_iter().flatten() {
            make(&empty, &definition.sql, &mut stand_ins);
        }
        if !empty.is_autocommit() {
            empty.execute_batch("ROLLBACK")?;
        }
    }
    Ok(stand_ins.used())
}

/// What fails for another reason isn't the app's.
fn make(empty: &Connection, definition: &[u8], stand_ins: &mut StandIns<'_>) {
    let sql = String::from_utf8_lossy(definition);
    // A text that can't be read as it stands may hold more.
    let sql = first_statement(&sql);
    while let Err(error) = empty.execute_batch(sql)
        && stand_ins.take_the_place(&error)
    {}
}

fn modules(connection: &Connection, contents: &Contents) -> rusqlite::Result<Vec<FromTheApp>> {
    let mut known = connection.prepare(
        "SELECT EXISTS(SELECT 1 FROM pragma_module_list WHERE name = ?1 COLLATE NOCASE)",
    )?;
    let mut missing = Vec::new();
    for table in contents.tables.iter().filter(|table| table.role == Role::Virtual) {
        let name = module_of(&String::from_utf8_lossy(&table.sql));
        if !known.query_row([&name], |row| row.get::<_, bool>(0))? {
            missing.push(FromTheApp { kind: Kind::Module, name });
        }
    }
    Ok(missing)
}
