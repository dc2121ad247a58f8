//! Which thread of a dump goes first where there are fewer cores than threads: those that read and pack
//! the rows. They decide how long it takes, and the check of the pages has less to do.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// How long the threads that go first need to find a core each. The system hardly moves a thread to
/// the core of one that gives way, so that one has to come last.
const TIME_TO_SETTLE: Duration = Duration::from_millis(30);

/// What the check of the pages gives to the others.
pub(super) struct HeadStart(Receiver<()>);

/// Tells the check that there is nothing left to wait for; dropped, that it isn't needed any more.
pub(super) struct Rows(SyncSender<()>);

pub(super) fn head_start() -> (HeadStart, Rows) {
    let (rows, start) = sync_channel(1);
    (HeadStart(start), Rows(rows))
}

impl HeadStart {
    /// Waits, and has this thread give way from then on. False if the dump has failed meanwhile.
    pub(super) fn given(self) -> bool {
        let waited = self.0.recv_timeout(TIME_TO_SETTLE);
        give_way();
        waited != Err(RecvTimeoutError::Disconnected)
    }
}

impl Rows {
    /// All rows are read.
    pub(super) fn are_read(self) {
        // There is room for it, and the check may be on its way already.
        let _ = self.0.try_send(());
    }
}

fn give_way() {
    // It gets a tenth of what each of the others gets that want its core. Only with Linux is that a
    // matter of one thread: elsewhere the whole program would give way.
    // <https://man7.org/linux/man-pages/man7/sched.7.html>
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(10);
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{TIME_TO_SETTLE, head_start};

    #[test]
    fn the_check_begins_in_time_or_not_at_all() {
        let (start, rows) = head_start();
        let before = Instant::now();
        assert!(start.given());
        assert!(before.elapsed() >= TIME_TO_SETTLE);
        // Nobody waits any more.
        rows.are_read();

        let (start, rows) = head_start();
        rows.are_read();
        assert!(start.given());

        let (start, rows) = head_start();
        drop(rows);
        assert!(!start.given());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_the_thread_that_gives_way_is_behind_the_others() {
        use rustix::process::getpriority_process;

        let before = getpriority_process(None).unwrap();
        let there = std::thread::spawn(|| {
            super::give_way();
            getpriority_process(None).unwrap()
        });
        assert_eq!(there.join().unwrap(), (before + 10).min(19));
        assert_eq!(getpriority_process(None).unwrap(), before);
    }
}
