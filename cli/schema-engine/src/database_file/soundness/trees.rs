//! Checks the trees of a database, and not what its rows hold.
//!
//! SQLite's quick check goes through all trees first, in one instruction of its program, and through
//! the rows of each table after that (<https://www.sqlite.org/pragma.html#pragma_quick_check>). It is
//! ended between the two.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, ErrorCode, StatementStatus};

use super::{gather, is, or_what_was_found};

/// More instructions than any program has before its rows, but for one with very many trees.
const LEAST: i32 = 100_000;

/// What the check says of the trees, as SQLite says it: so many faults at most.
pub(super) fn answers(connection: &Connection, most: usize) -> rusqlite::Result<Vec<String>> {
    let pages: i64 = connection.query_row("PRAGMA main.page_count", [], |row| row.get(0))?;
    // Each page is looked at once, and so is each reference to one.
    let end = pages.saturating_mul(3).try_into().unwrap_or(i32::MAX).max(LEAST);
    answers_until(connection, most, end)
}

/// Has the program ended after so many instructions, or the look at the trees after so many steps of
/// its own: SQLite asks in both whether it shall go on.
/// <https://www.sqlite.org/c3ref/progress_handler.html>
fn answers_until(connection: &Connection, most: usize, end: i32) -> rusqlite::Result<Vec<String>> {
    let has_ended = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&has_ended);
    let handler = move || {
        ends.store(true, Ordering::Relaxed);
        true
    };
    connection.progress_handler(end, Some(handler))?;
    let answers = run(connection, most, end, &has_ended);
    connection.progress_handler(0, None::<fn() -> bool>)?;
    match answers? {
        Some(answers) => Ok(answers),
        None => super::answers(connection, &pragma(most)),
    }
}

fn pragma(most: usize) -> String {
    format!("PRAGMA main.quick_check({most})")
}

/// None if it was ended before all trees were looked at.
fn run(
    connection: &Connection,
    most: usize,
    end: i32,
    has_ended: &AtomicBool,
) -> rusqlite::Result<Option<Vec<String>>> {
    let mut statement = connection.prepare(&pragma(most))?;
    let mut answers = Vec::new();
    let ended = gather(&mut statement.query([])?, &mut answers);
    match or_what_was_found(ended, &mut answers) {
        Ok(()) => return Ok(Some(answers)),
        // Among the rows of a small database: a generated value that its column can't hold.
        Err(error) if is(&error, ErrorCode::ConstraintViolation) => return Ok(Some(answers)),
        Err(error) if !is(&error, ErrorCode::OperationInterrupted) => return Err(error),
        Err(_) if has_ended.load(Ordering::Relaxed) => {}
        Err(from_elsewhere) => return Err(from_elsewhere),
    }
    // Up to its rows the program has no loop. So if it has come that far it was among them; what is a
    // step in a tree counts as no instruction.
    let instructions = statement.get_status(StatementStatus::VmStep);
    Ok((instructions >= end).then_some(answers))
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{answers, answers_until};

    /// A table of some 600 pages, with an index, whose last row has a NULL where it may not.
    fn connection() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (a INTEGER PRIMARY KEY, b); CREATE INDEX i ON t (b);
                 WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
                 INSERT INTO t SELECT i, nullif(i, 100000) FROM n;
                 PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET sql = replace(sql, 'b)', 'b NOT NULL)') WHERE name = 't';
                 PRAGMA writable_schema = RESET;",
            )
            .unwrap();
        connection
    }

    #[test]
    fn rows_are_not_looked_at() {
        let connection = connection();
        assert_eq!(answers(&connection, 5).unwrap(), Vec::<String>::new());
        let whole = super::super::answers(&connection, &super::pragma(5)).unwrap();
        assert_eq!(whole, ["NULL value in t.b"]);
    }

    #[test]
    fn a_check_that_is_ended_among_the_trees_is_made_again_as_a_whole() {
        let connection = connection();
        assert_eq!(answers_until(&connection, 5, 300).unwrap(), ["NULL value in t.b"]);
    }

    #[test]
    fn a_fault_of_a_tree_is_found() {
        let connection = connection();
        connection
            .execute_batch(
                "PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'i';
                 PRAGMA writable_schema = RESET;",
            )
            .unwrap();
        let found = answers(&connection, 5).unwrap().concat();
        assert!(found.contains("reference to page 2"), "{found}");
    }

    #[test]
    fn an_interruption_from_elsewhere_is_an_error() {
        let connection = connection();
        let handle = connection.get_interrupt_handle();
        let mut busy = connection.prepare("SELECT 1 UNION ALL SELECT 2").unwrap();
        let mut rows = busy.query([]).unwrap();
        // It holds for all that runs while another statement does.
        let _ = rows.next().unwrap();
        handle.interrupt();
        answers(&connection, 5).unwrap_err();
    }
}
