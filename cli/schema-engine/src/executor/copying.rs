//! The safety copy of a run, on a thread of its own: it can last, and meanwhile it is told how far it
//! has come, and somebody may ask to stop.

use crate::backup::{SafetyCopy, copy_what_is_there};
use crate::error::{Error, Result};
use crate::progress::{Progress, Unit, begin};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Makes the safety copy; see [`crate::backup::safety_copy`].
pub(super) async fn safety_copy(
    database: &Path,
    label: &'static str,
    stamp: &str,
    progress: &dyn Progress,
) -> Result<Option<SafetyCopy>> {
    let relay = Arc::new(Relay::default());
    // Whoever doesn't wait for the end any more needs no copy.
    let _stop = Stop(Arc::clone(&relay));
    let (path, stamp, told) = (database.to_owned(), stamp.to_owned(), Arc::clone(&relay));
    let mut work =
        tokio::task::spawn_blocking(move || copy_what_is_there(&path, label, &stamp, &*told));
    let (mut step, mut seen) = (None, 0);
    loop {
        tokio::select! {
            biased;
            outcome = &mut work => return outcome.unwrap_or_else(|error| {
                Err(Error::failed("the safety copy was not made").because(error))
            }),
            () = tokio::time::sleep(PAUSE) => {
                let total = relay.total.load(Ordering::Acquire);
                if total == 0 {
                    continue;
                }
                let done = relay.done.load(Ordering::Acquire);
                let told = step.get_or_insert_with(|| {
                    begin(progress, "Copying the database", Some(total), Unit::Pages)
                });
                if told.advance(done - seen).is_err() {
                    relay.stop.store(true, Ordering::Release);
                }
                seen = done;
            }
        }
    }
}

/// What the copy tells, for whoever waits for it.
#[derive(Default)]
struct Relay {
    total: AtomicU64,
    done: AtomicU64,
    stop: AtomicBool,
}

impl Progress for Relay {
    fn begins(&self, _: &str, total: Option<u64>, _: Unit) {
        self.total.store(total.unwrap_or(0), Ordering::Release);
    }

    fn advanced(&self, by: u64) {
        self.done.fetch_add(by, Ordering::AcqRel);
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

/// Asks the copy to stop when it is dropped; one that is done doesn't hear it.
struct Stop(Arc<Relay>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Release);
    }
}
