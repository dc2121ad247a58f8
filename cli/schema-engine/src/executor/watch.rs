//! What SQLite itself tells of the statements that run on a connection: which tables each of them
//! writes to, and its text once it begins.
//!
//! sqlx has no call for either, so its handle is taken for a moment
//! (<https://www.sqlite.org/c3ref/set_authorizer.html>, <https://www.sqlite.org/c3ref/trace_v2.html>).
//! The authorizer is asked while a statement is compiled, the trace when it starts; what the one
//! saw belongs to the next that the other tells.

#![expect(unsafe_code, reason = "sqlx has no authorizer and no trace")]

use super::ledger::{self, Lineage, Touched};
use crate::connection::explain;
use crate::error::{Error, Result};
use crate::ident::Ident;
use rusqlite::ffi;
use sea_orm::{DatabaseConnection, DbErr, RuntimeErr};
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The SQL function that sums up rows.
pub(super) const DIGEST: &CStr = c"tgenie_digest";

/// What was seen, shared by the run and SQLite's thread.
#[derive(Default)]
pub(super) struct Watch {
    seen: Mutex<Seen>,
    /// How many rows were written so far.
    rows: AtomicU64,
    /// Whether the statement that runs shall end.
    stop: AtomicBool,
}

#[derive(Default)]
struct Seen {
    /// Where rows come from; `None` while nobody wants to know.
    lineage: Option<Lineage>,
    /// What the statement that was compiled last writes to.
    touched: Vec<Touched>,
    /// The copy that runs, or ran last.
    copying: Option<Copying>,
    /// How many rows each table had.
    rows: BTreeMap<Ident, u64>,
}

/// A copy of rows that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copying {
    /// The table that the rows come from.
    pub(super) from: Ident,
    /// How many rows it has, as far as that was counted.
    pub(super) rows: Option<u64>,
    /// How many rows had been written before it.
    since: u64,
}

/// Between two looks whether to stop, in instructions of SQLite's machine: about a millisecond.
const INSTRUCTIONS: i32 = 20_000;

impl Watch {
    /// Watches a connection from now on until it is closed.
    pub(super) async fn on(connection: &DatabaseConnection) -> Result<Arc<Self>> {
        let failed = |error| {
            let error = DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)));
            explain(error, "can't watch the connection")
        };
        let watch = Arc::new(Self::default());
        let mut connection =
            connection.get_sqlite_connection_pool().acquire().await.map_err(failed)?;
        let mut handle = connection.lock_handle().await.map_err(failed)?;
        install(handle.as_raw_handle().as_ptr(), &watch)
            .map_err(|error| Error::failed("can't watch the connection").because(error))?;
        let counting = Arc::clone(&watch);
        handle.set_update_hook(move |_| {
            counting.rows.fetch_add(1, Ordering::Relaxed);
        });
        let stopping = Arc::clone(&watch);
        // Once is enough: the statement ends with an error, and rolling back must not.
        handle.set_progress_handler(INSTRUCTIONS, move || {
            !stopping.stop.swap(false, Ordering::Relaxed)
        });
        Ok(watch)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows rows from here.
    pub(super) fn follow(&self, lineage: Lineage, rows: BTreeMap<Ident, u64>) {
        *self.seen() = Seen { lineage: Some(lineage), rows, ..Seen::default() };
    }

    /// Follows no more, and gives where rows came from so far.
    pub(super) fn take(&self) -> Lineage {
        std::mem::take(&mut *self.seen()).lineage.unwrap_or_default()
    }

    /// Ends the statement that runs, with an error.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The copy that runs, and how many rows it has copied.
    pub(super) fn copying(&self) -> Option<(Copying, u64)> {
        let copying = self.seen().copying.clone()?;
        let rows = self.rows.load(Ordering::Relaxed).saturating_sub(copying.since);
        Some((copying, rows))
    }

    fn touches(&self, touched: Touched) {
        let mut seen = self.seen();
        if seen.lineage.is_some() && !seen.touched.contains(&touched) {
            seen.touched.push(touched);
        }
    }

    fn begins(&self, sql: &str) {
        // A comment in the place of a statement tells that a trigger fires.
        if sql.starts_with("--") {
            return;
        }
        let Seen { lineage, touched, copying, rows } = &mut *self.seen();
        if let Some(lineage) = lineage {
            let from = lineage.follow(sql, std::mem::take(touched));
            let since = self.rows.load(Ordering::Relaxed);
            *copying = from.map(|from| Copying { rows: rows.get(&from).copied(), from, since });
        }
    }
}

fn install(handle: *mut ffi::sqlite3, watch: &Arc<Watch>) -> rusqlite::Result<()> {
    let seen_by = Arc::as_ptr(watch).cast_mut().cast::<c_void>();
    // SAFETY: the handle is open and locked by the caller, so nobody else uses it meanwhile. SQLite
    // drops the function when it closes the connection, and calls nobody any more after that: so
    // long the function holds on to the watch.
    unsafe { ledger::install(handle, DIGEST, Arc::clone(watch))? };
    // SAFETY: the handle is as above, and the context is kept alive by the function.
    unsafe {
        ffi::sqlite3_set_authorizer(handle, Some(authorize), seen_by);
        ffi::sqlite3_trace_v2(handle, ffi::SQLITE_TRACE_STMT, Some(trace), seen_by);
    }
    Ok(())
}

unsafe extern "C" fn authorize(
    watch: *mut c_void,
    action: c_int,
    table: *const c_char,
    column: *const c_char,
    _schema: *const c_char,
    _trigger: *const c_char,
) -> c_int {
    if matches!(action, ffi::SQLITE_INSERT | ffi::SQLITE_DELETE | ffi::SQLITE_UPDATE) {
        // SAFETY: SQLite gives the context that was installed, which outlives the connection, and
        // texts that end in a NUL, or none.
        let (watch, table, column) =
            unsafe { (&*watch.cast::<Watch>(), text(table), text(column)) };
        if let Some(table) = table.map(Ident::from) {
            watch.touches(match column {
                Some(column) if action == ffi::SQLITE_UPDATE => {
                    Touched::Column(table, Ident::from(column))
                }
                _ => Touched::Rows(table),
            });
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn trace(
    _event: c_uint,
    watch: *mut c_void,
    _statement: *mut c_void,
    sql: *mut c_void,
) -> c_int {
    // SAFETY: as in `authorize`; for this event the last argument is the statement's text
    // (https://www.sqlite.org/c3ref/c_trace.html).
    let (watch, sql) = unsafe { (&*watch.cast::<Watch>(), text(sql.cast())) };
    if let Some(sql) = sql {
        // A panic must not reach SQLite. What is followed no further is not held either.
        let _ = catch_unwind(AssertUnwindSafe(|| watch.begins(&sql)));
    }
    0
}

/// # Safety
/// The pointer is null or leads to a text that ends in a NUL and stays for the call.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller promises it.
    Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}
