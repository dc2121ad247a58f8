//! The file itself: its pages, its CHECKs, and how much of it is free.

use rusqlite::Connection;

use super::finding::Finding;
use super::tables::{Tables, collect, text};
use crate::database_file::soundness::{self, Depth, Soundness, is_missing_something};

/// What SQLite's integrity check finds. Rows that break a CHECK are no damage.
pub(super) fn soundness(connection: &Connection) -> rusqlite::Result<Soundness> {
    const FAULTS: usize = 20;
    connection.pragma_update(None, "ignore_check_constraints", true)?;
    soundness::check(connection, Depth::Full, FAULTS)
}

/// How many rows break a CHECK of their table; SQLite stops at a hundred.
pub(super) fn checks(connection: &Connection, tables: &Tables) -> rusqlite::Result<Vec<Finding>> {
    const BROKEN: &str = "CHECK constraint failed in ";
    connection.pragma_update(None, "ignore_check_constraints", false)?;
    let mut findings = Vec::new();
    for table in tables.ordinary().filter(|table| table.has_check) {
        let pragma = format!("PRAGMA quick_check({})", table.name.quoted());
        let faults = collect(connection, &pragma, |row| text(row, 0));
        let faults = match faults {
            // The table needs what only the app has, which was said before.
            Err(error) if is_missing_something(&error) => continue,
            faults => faults?,
        };
        let count = faults.iter().filter(|fault| fault.starts_with(BROKEN)).count();
        if count > 0 {
            findings.push(Finding::BrokenCheck { table: table.name.clone(), count });
        }
    }
    Ok(findings)
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
