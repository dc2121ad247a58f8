//! The file itself: its pages, its CHECKs, and how much of it is free.

use rusqlite::{Connection, MAIN_DB};

use super::finding::Finding;
use super::tables::{Tables, collect, text};
use crate::database_file::soundness::{self, Depth, Soundness, is_missing_something, told};
use crate::ident::Ident;

/// What SQLite's integrity check finds. Rows that break a CHECK are no damage.
pub(super) fn soundness(connection: &Connection) -> rusqlite::Result<Soundness> {
    const FAULTS: usize = 20;
    connection.pragma_update(None, "ignore_check_constraints", true)?;
    soundness::check(connection, Depth::Full, FAULTS)
}

/// How many rows break a CHECK of their table; SQLite stops at a hundred. What needs the app is noted,
/// unless it was before.
pub(super) fn checks(
    connection: &Connection,
    tables: &Tables,
    noted: &[Ident],
    notes: &mut Vec<String>,
) -> rusqlite::Result<Vec<Finding>> {
    const BROKEN: &str = "CHECK constraint failed in ";
    connection.pragma_update(None, "ignore_check_constraints", false)?;
    let mut findings = Vec::new();
    let with_checks: Vec<_> = tables.ordinary().filter(|table| table.has_check).collect();
    // SQLite reads no CHECKs where it can't write, and then finds that all of them hold.
    if !with_checks.is_empty() && connection.is_readonly(MAIN_DB)? {
        notes.push(
            "the CHECKs of the tables can't be checked: the file can't be written to".to_owned(),
        );
        return Ok(findings);
    }
    for table in with_checks {
        let pragma = format!("PRAGMA quick_check({})", table.name.quoted());
        let faults = collect(connection, &pragma, |row| text(row, 0));
        let faults = match faults {
            Err(error) if is_missing_something(&error) => {
                if !noted.contains(&table.name) {
                    let (table, why) = (&table.name, told(&error));
                    notes.push(format!(
                        "the CHECKs of {table} can't be checked outside of its app: {why}"
                    ));
                }
                continue;
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::OpenFlags;

    #[test]
    fn a_reader_is_no_judge_of_checks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let writer = Connection::open(&path).unwrap();
        let sql = "PRAGMA ignore_check_constraints=ON; CREATE TABLE t (a CHECK (a > 0)); INSERT INTO t VALUES (0)";
        writer.execute_batch(sql).unwrap();
        let found = |connection: &Connection| {
            let mut notes = Vec::new();
            let tables = Tables::read(connection).unwrap();
            let found = checks(connection, &tables, &[], &mut notes).unwrap();
            (found.len(), notes.len())
        };
        assert_eq!(found(&writer), (1, 0));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let reader = Connection::open_with_flags(&path, flags).unwrap();
        assert_eq!(found(&reader), (0, 1));
        // If this fails SQLite has changed its mind.
        let says: String = reader.query_row("PRAGMA quick_check(t)", [], |row| row.get(0)).unwrap();
        assert_eq!(says, "ok");
    }
}
