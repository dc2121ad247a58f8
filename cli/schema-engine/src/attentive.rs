//! Waiting for SQLite's thread without going to sleep at once.
//!
//! sqlx runs SQLite on a thread of its own and most statements take it a few microseconds; putting
//! the waiting thread to sleep and waking it up takes longer than that. So a task that waits keeps
//! looking for a moment, and sleeps only if the answer takes its time.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// How long to look before going to sleep: longer than a small statement takes, and too short to
/// matter beside one that lasts.
const MOMENT: Duration = Duration::from_micros(500);

/// Remembers that the work can go on, and wakes whoever sleeps over it.
#[derive(Default)]
struct Bell {
    rung: AtomicBool,
    sleeper: Mutex<Option<Waker>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        let sleeper = self.sleeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sleeper) = sleeper {
            sleeper.wake();
        }
    }
}

/// Runs work that waits for many short answers, one after the other.
pub(crate) async fn attentive<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let bell = Arc::new(Bell { rung: AtomicBool::new(true), sleeper: Mutex::default() });
    let waker = Waker::from(Arc::clone(&bell));
    let mut waiting_since = Instant::now();
    std::future::poll_fn(|context| {
        // Before the bell is looked at: what rings after that look wakes this task.
        let sleeper = Some(context.waker().clone());
        *bell.sleeper.lock().unwrap_or_else(PoisonError::into_inner) = sleeper;
        if bell.rung.swap(false, Ordering::AcqRel) {
            if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(done);
            }
            waiting_since = Instant::now();
        }
        if waiting_since.elapsed() < MOMENT {
            // On a single core SQLite's thread needs this one's place.
            std::thread::yield_now();
            context.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn short_and_long_answers_arrive() {
        let (ask, asked) = std::sync::mpsc::channel::<(u64, tokio::sync::oneshot::Sender<u64>)>();
        std::thread::spawn(move || {
            for (number, answer) in asked {
                std::thread::sleep(Duration::from_micros(number * 300));
                let _ = answer.send(number);
            }
        });
        let sum = attentive(async {
            let mut sum = 0;
            for number in 0..10 {
                let (answer, answered) = tokio::sync::oneshot::channel();
                ask.send((number, answer)).unwrap();
                sum += answered.await.unwrap();
            }
            sum
        });
        assert_eq!(sum.await, 45);
    }
}
