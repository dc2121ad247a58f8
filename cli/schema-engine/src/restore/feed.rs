//! Hands the rows that were read to SQLite, as a table that it reads from.
//!
//! One `INSERT INTO t SELECT * FROM …` writes all rows of a table: a statement that is bound and
//! run for each row takes half as long again. The table is virtual, is there only on the connection
//! that loads a dump, and has a name in SQLite's own range, so that no table of a dump can have it
//! and no statement of a dump may use it. <https://www.sqlite.org/vtab.html>
#![expect(unsafe_code, reason = "the interface of virtual tables is SQLite's own")]

use std::collections::BTreeSet;
use std::ffi::{CString, c_int};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::types::ToSqlOutput;
use rusqlite::vtab::{
    Context, Filters, IndexInfo, VTab, VTabConfig, VTabConnection, VTabCursor,
    eponymous_only_module,
};
use rusqlite::{Connection, ffi};

use super::reader::{Piece, Pieces};
use super::row_batch::RowBatch;
use crate::error::Result;

/// How much of a dump is written by one statement: then the loader looks around.
const STRETCH: u64 = 32 << 20;

/// Takes what the reader of a dump finds, and writes the rows of it.
pub(super) struct Feed {
    shared: Arc<Mutex<Shared>>,
    /// The widths for which there is a table to read from.
    widths: BTreeSet<usize>,
}

/// What the loader and the virtual table both know.
struct Shared {
    pieces: Pieces,
    /// What was taken and is not for the table that is being written.
    next: Option<Result<Piece>>,
    /// What to begin with, and then where the writing ended.
    rows: Option<(RowBatch, usize)>,
    /// Where in the dump this statement ends.
    until: u64,
}

/// What was written by one statement.
pub(super) struct Written {
    pub(super) rows: rusqlite::Result<u64>,
    /// The row at which it ended.
    pub(super) last: Option<(RowBatch, usize)>,
}

impl Feed {
    pub(super) fn new(pieces: Pieces) -> Self {
        let shared = Shared { pieces, next: None, rows: None, until: 0 };
        Self { shared: Arc::new(Mutex::new(shared)), widths: BTreeSet::new() }
    }

    /// What comes next in the dump.
    pub(super) fn next(&self) -> Result<Piece> {
        let mut shared = lock(&self.shared);
        match shared.next.take() {
            Some(piece) => piece,
            None => shared.pieces.next(),
        }
    }

    /// How many bytes of SQL were read.
    pub(super) fn used(&self) -> u64 {
        lock(&self.shared).pieces.used()
    }

    /// Makes the table for rows of this width be there.
    pub(super) fn prepare(
        &mut self,
        connection: &Connection,
        width: usize,
    ) -> rusqlite::Result<()> {
        if self.widths.contains(&width) {
            return Ok(());
        }
        let name = CString::new(table_name(width))?;
        let aux = (Arc::clone(&self.shared), width);
        connection.create_module(name.as_c_str(), eponymous_only_module::<Table>(), Some(aux))?;
        self.widths.insert(width);
        Ok(())
    }

    /// Writes these rows, and those that follow for the same table.
    pub(super) fn write(&self, connection: &Connection, rows: RowBatch) -> Written {
        let sql = format!("{}\nSELECT * FROM {}", rows.target.head, table_name(rows.target.width));
        {
            let mut shared = lock(&self.shared);
            shared.until = rows.offset + STRETCH;
            shared.rows = Some((rows, 0));
        }
        let written = connection.prepare(&sql).and_then(|mut insert| insert.execute([]));
        Written { rows: written.map(|rows| rows as u64), last: lock(&self.shared).rows.take() }
    }
}

fn table_name(width: usize) -> String {
    format!("sqlite_rows_of_a_dump_{width}")
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[repr(C)]
struct Table {
    base: ffi::sqlite3_vtab,
    shared: Arc<Mutex<Shared>>,
}

// SAFETY: `Table` is laid out like C and begins with SQLite's own part, which SQLite alone uses.
unsafe impl VTab<'_> for Table {
    type Aux = (Arc<Mutex<Shared>>, usize);
    type Cursor = Cursor;

    fn connect(
        db: &mut VTabConnection,
        aux: Option<&Self::Aux>,
        _args: &[&[u8]],
    ) -> rusqlite::Result<(String, Self)> {
        let (shared, width) =
            aux.ok_or_else(|| rusqlite::Error::ModuleError("there are no rows".to_owned()))?;
        // Not for triggers and views.
        db.config(VTabConfig::DirectOnly)?;
        let columns: Vec<String> = (0..*width).map(|column| format!("c{column}")).collect();
        let definition = format!("CREATE TABLE rows({})", columns.join(","));
        Ok((definition, Self { base: ffi::sqlite3_vtab::default(), shared: Arc::clone(shared) }))
    }

    fn best_index(&self, info: &mut IndexInfo) -> rusqlite::Result<()> {
        info.set_estimated_cost(1.0);
        Ok(())
    }

    fn open(&mut self) -> rusqlite::Result<Cursor> {
        Ok(Cursor {
            base: ffi::sqlite3_vtab_cursor::default(),
            shared: Arc::clone(&self.shared),
            rows: None,
            row: 0,
            written: 0,
        })
    }
}

/// Goes through rows once, from the first to the last.
#[repr(C)]
struct Cursor {
    base: ffi::sqlite3_vtab_cursor,
    shared: Arc<Mutex<Shared>>,
    rows: Option<RowBatch>,
    row: usize,
    written: i64,
}

impl Cursor {
    /// Takes the rows that follow if they are for the same table.
    fn next_batch(&mut self) {
        let Some(done) = self.rows.take() else { return };
        let mut shared = lock(&self.shared);
        if done.offset >= shared.until {
            return;
        }
        match shared.pieces.next() {
            Ok(Piece::Rows(rows)) if rows.target == done.target => {
                self.rows = Some(rows);
                self.row = 0;
            }
            piece => shared.next = Some(piece),
        }
    }
}

// SAFETY: `Cursor` is laid out like C and begins with SQLite's own part, which SQLite alone uses.
unsafe impl VTabCursor for Cursor {
    fn filter(&mut self, _: c_int, _: Option<&str>, _: &Filters<'_>) -> rusqlite::Result<()> {
        let first = lock(&self.shared).rows.take();
        (self.rows, self.row) = first.map_or((None, 0), |(rows, row)| (Some(rows), row));
        if self.rows.as_ref().is_some_and(|rows| rows.lines.is_empty()) {
            self.next_batch();
        }
        Ok(())
    }

    fn next(&mut self) -> rusqlite::Result<()> {
        self.row += 1;
        self.written += 1;
        if self.rows.as_ref().is_some_and(|rows| self.row >= rows.lines.len()) {
            self.next_batch();
        }
        Ok(())
    }

    fn eof(&self) -> bool {
        self.rows.is_none()
    }

    fn column(&self, context: &mut Context, column: c_int) -> rusqlite::Result<()> {
        let column = usize::try_from(column).unwrap_or_default();
        match &self.rows {
            Some(rows) => context.set_result(&ToSqlOutput::Borrowed(rows.value(self.row, column))),
            None => Ok(()),
        }
    }

    fn rowid(&self) -> rusqlite::Result<i64> {
        Ok(self.written)
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        lock(&self.shared).rows = self.rows.take().map(|rows| (rows, self.row));
    }
}
