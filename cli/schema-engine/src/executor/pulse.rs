//! What goes on beside a run: how far a long copy has come is told, and a wish to stop is passed on
//! to the statement that runs.

use super::Observer;
use super::watch::{Copying, Watch};
use crate::attentive::attentive;
use crate::progress::{Progress, Step, Unit, begin};
use std::pin::pin;
use std::time::Duration;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Runs work to its end.
pub(super) async fn beside<T>(
    watch: Option<&Watch>,
    observer: &dyn Observer,
    progress: &dyn Progress,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(attentive(work));
    let Some(watch) = watch else { return work.await };
    let mut told = Told { step: None, progress };
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::time::sleep(PAUSE) => {
                if observer.cancelled() || progress.cancelled() {
                    watch.stop();
                }
                told.tell(watch.copying());
            }
        }
    }
}

/// What was told last.
struct Told<'a> {
    step: Option<(Copying, u64, Step<'a>)>,
    progress: &'a dyn Progress,
}

impl Told<'_> {
    fn tell(&mut self, now: Option<(Copying, u64)>) {
        let Some((copying, rows)) = now else {
            self.step = None;
            return;
        };
        if self.step.as_ref().is_none_or(|(told, ..)| *told != copying) {
            // One step ends before the next begins.
            self.step = None;
            let what = format!("Copying {}", copying.from);
            let step = begin(self.progress, &what, copying.rows, Unit::Rows);
            self.step = Some((copying, 0, step));
        }
        if let Some((_, told, step)) = &mut self.step {
            // To stop is the statement's affair.
            let _ = step.advance(rows.saturating_sub(*told));
            *told = rows;
        }
    }
}
