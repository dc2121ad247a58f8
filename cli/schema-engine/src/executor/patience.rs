//! Waiting for a database that another program holds.

use super::Observer;
use crate::database_file::DatabaseFile;
use crate::error::{Error, Result};
use std::path::Path;
use std::pin::pin;
use std::time::{Duration, Instant};

/// When whoever waits is told so.
const NOTICEABLE: Duration = Duration::from_secs(1);

/// Between two attempts; SQLite itself waits inside of each.
const PAUSE: Duration = Duration::from_millis(20);

/// How long to wait, and whom to tell.
pub(super) struct Patience<'a> {
    database: &'a Path,
    limit: Duration,
    observer: &'a dyn Observer,
    since: Instant,
    told: bool,
}

impl<'a> Patience<'a> {
    pub(super) fn new(database: &'a Path, limit: Duration, observer: &'a dyn Observer) -> Self {
        Self { database, limit, observer, since: Instant::now(), told: false }
    }

    /// Tries until it works, fails for another reason than a lock, or takes too long.
    pub(super) async fn wait<T>(
        &mut self,
        mut attempt: impl AsyncFnMut() -> Result<T>,
    ) -> Result<T> {
        loop {
            let outcome = self.listen(attempt()).await;
            match outcome {
                Err(error) if error.is_for_a_lock() => {
                    if self.since.elapsed() >= self.limit {
                        return Err(self.named(error));
                    }
                    if self.observer.cancelled() {
                        return Err(error);
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Waits for one attempt, and says so once it takes long.
    async fn listen<T>(&mut self, attempt: impl Future<Output = Result<T>>) -> Result<T> {
        let mut attempt = pin!(attempt);
        if !self.told {
            let noticeable = NOTICEABLE.saturating_sub(self.since.elapsed());
            tokio::select! {
                biased;
                outcome = &mut attempt => return outcome,
                () = tokio::time::sleep(noticeable) => {}
            }
            self.told = true;
            self.observer.waiting(self.users().as_deref());
        }
        attempt.await
    }

    fn users(&self) -> Option<String> {
        DatabaseFile::resolve(self.database).ok()?.users()
    }

    /// The error with the name of whoever holds the database.
    fn named(&self, error: Error) -> Error {
        match DatabaseFile::resolve(self.database) {
            Ok(file) => {
                file.locked("can't change").because(error).state("The database is unchanged.")
            }
            Err(_) => error,
        }
    }
}
