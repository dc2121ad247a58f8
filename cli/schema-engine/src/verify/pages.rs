//! The file itself: its pages, its CHECKs, and how much of it is free.

use rusqlite::{Connection, ErrorCode};

use super::finding::Finding;
use super::tables::Tables;
use crate::database_file::is;

/// How many faults SQLite is asked for.
const FAULTS: usize = 20;

/// What SQLite's integrity check finds. Rows that break a CHECK are no damage.
pub(super) fn faults(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection.pragma_update(None, "ignore_check_constraints", true)?;
    let faults = messages(connection, &format!("PRAGMA integrity_check({FAULTS})"));
    match faults {
        // So badly that the check itself fails.
        Err(error) if is(&error, ErrorCode::DatabaseCorrupt) => Ok(vec![error.to_string()]),
        // An index or a CHECK needs what only the app has; the pages can be checked all the same.
        Err(error) if is(&error, ErrorCode::Unknown) => {
            messages(connection, &format!("PRAGMA quick_check({FAULTS})"))
        }
        faults => faults,
    }
}

/// How many rows break a CHECK of their table; SQLite stops at a hundred.
pub(super) fn checks(connection: &Connection, tables: &Tables) -> rusqlite::Result<Vec<Finding>> {
    const BROKEN: &str = "CHECK constraint failed in ";
    connection.pragma_update(None, "ignore_check_constraints", false)?;
    let mut findings = Vec::new();
    for table in tables.ordinary().filter(|table| table.has_check) {
        let pragma = format!("PRAGMA quick_check({})", table.name.quoted());
        let count =
            messages(connection, &pragma)?.iter().filter(|fault| fault.starts_with(BROKEN)).count();
        if count > 0 {
            findings.push(Finding::BrokenCheck { table: table.name.clone(), count });
        }
    }
    Ok(findings)
}

fn messages(connection: &Connection, pragma: &str) -> rusqlite::Result<Vec<String>> {
    let faults: Vec<String> = connection
        .prepare(pragma)?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    // A fault in a page tree comes as several lines.
    Ok(faults
        .iter()
        .flat_map(|fault| fault.lines())
        .filter(|line| *line != "ok" && !line.starts_with("*** in database"))
        .map(str::to_owned)
        .collect())
}

/// A file that is large and mostly free.
pub(super) fn free(connection: &Connection, tables: &Tables) -> rusqlite::Result<Option<Finding>> {
    const WORTH_IT: u64 = 1 << 20;
    let pragma = |name: &str| -> rusqlite::Result<u64> {
        let count: i64 = connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    };
    let (size, pages, free) =
        (pragma("page_size")?, pragma("page_count")?, pragma("freelist_count")?);
    if free * 2 <= pages || free * size < WORTH_IT {
        return Ok(None);
    }
    let rowids_may_change = tables.ordinary().any(|table| !table.keeps_rowids);
    Ok(Some(Finding::FreePages { free: free * size, bytes: pages * size, rowids_may_change }))
}
