//! What SQLite's planner knows of the tables, and whether that is still so.

use rusqlite::Connection;

use super::finding::Finding;
use super::tables::{Tables, collect, name, text};

/// Below so many rows a wrong plan costs nothing that anybody notices.
const MANY: u64 = 1_000;

/// From this factor on a plan may be the wrong one.
const FACTOR: u64 = 10;

/// Compares the statistics of large tables with their rows.
pub(super) fn check(connection: &Connection, tables: &Tables) -> rusqlite::Result<Vec<Finding>> {
    let there = tables.tables.iter().any(|table| table.name.as_str() == "sqlite_stat1");
    let known = if there {
        collect(connection, "SELECT tbl, stat FROM sqlite_stat1", |row| {
            let rows = text(row, 1)?.split(' ').next().and_then(|count| count.parse::<u64>().ok());
            Ok((name(row, 0)?, rows))
        })?
    } else {
        Vec::new()
    };
    let (mut unknown, mut stale) = (Vec::new(), Vec::new());
    for table in tables.ordinary() {
        let has_index = tables
            .objects
            .iter()
            .any(|object| object.kind == "index" && object.table == table.name);
        // A partial index holds fewer rows than its table.
        let then = known
            .iter()
            .filter(|(name, _)| *name == table.name)
            .filter_map(|(_, rows)| *rows)
            .max();
        match then {
            None if has_index && table.rows >= MANY => {
                unknown.push((table.name.clone(), table.rows));
            }
            Some(then) => {
                let (few, many) = (then.min(table.rows), then.max(table.rows));
                if many >= MANY && few.saturating_mul(FACTOR) <= many {
                    stale.push((table.name.clone(), then, table.rows));
                }
            }
            None => {}
        }
    }
    let mut findings = Vec::new();
    if !unknown.is_empty() {
        findings.push(Finding::NoStatistics(unknown));
    }
    if !stale.is_empty() {
        findings.push(Finding::StaleStatistics(stale));
    }
    Ok(findings)
}
