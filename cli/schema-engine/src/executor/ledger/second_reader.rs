//! A second reader of the database that a run is about to change, on a thread of its own.
//!
//! While a run holds the lock and hasn't written, nobody changes what it sees, so another connection
//! sees the same. It is gone before the run writes: SQLite closes its file only once no lock of this
//! process is left on it (<https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).

use super::digest::Sums;
use super::sql_function;
use crate::database_file::DatabaseFile;
use rusqlite::{Connection, InterruptHandle};
use std::path::Path;
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};

/// The reader before it reads.
pub(super) struct SecondReader(Connection);

/// A query under way. Dropping it ends it.
pub(super) struct Reading {
    outcome: JoinHandle<rusqlite::Result<Vec<Sums>>>,
    interrupt: InterruptHandle,
}

impl SecondReader {
    /// Opens it; `None` where there is no second processor, or anything is in its way.
    pub(super) fn open(database: &Path) -> Option<Self> {
        if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
            return None;
        }
        let file = DatabaseFile::resolve(database).ok()?.waiting(Duration::ZERO);
        let connection = file.reader().ok()?;
        sql_function::install_on(&connection).ok()?;
        Some(Self(connection))
    }

    /// Begins with a query whose one row has so many sums.
    pub(super) fn read(self, sql: String, parts: usize) -> Reading {
        let interrupt = self.0.get_interrupt_handle();
        let outcome = spawn_blocking(move || {
            self.0.query_row(&sql, [], |row| {
                (0..parts).map(|at| Ok(Sums::from_bytes(&row.get::<_, Vec<u8>>(at)?))).collect()
            })
        });
        Reading { outcome, interrupt }
    }
}

impl Reading {
    /// What it has read; `None` if anything kept it from that.
    pub(super) async fn done(mut self) -> Option<Vec<Sums>> {
        (&mut self.outcome).await.ok()?.ok()
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.interrupt.interrupt();
    }
}
