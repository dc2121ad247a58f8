//! A line from the keyboard. Once the program has listened for Ctrl-C, nothing ends a read that waits
//! for a person; so it is listened for meanwhile, too.

use std::io::{self, BufRead};
use std::sync::mpsc;
use std::thread;

use crate::stop;

/// Appends what is typed to `line`, up to its end, and says how much that is.
///
/// The error is of the kind `Interrupted` if somebody asks to stop instead. What is typed later is
/// lost then, so nothing can be asked any more.
pub(super) fn read(line: &mut Vec<u8>) -> io::Result<usize> {
    let (typed, outcome) = mpsc::channel();
    let stopped = typed.clone();
    let (_done, mut is_over) = tokio::sync::oneshot::channel::<()>();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                signal = stop::signal() => {
                    let stop = io::Error::new(io::ErrorKind::Interrupted, format!("stopped by {signal}"));
                    // The answer may just have come.
                    let _ = stopped.send(Err(stop));
                }
                _ = &mut is_over => {}
            }
        });
    })?;
    thread::Builder::new().spawn(move || {
        let mut line = Vec::new();
        let read = io::stdin().lock().read_until(b'\n', &mut line);
        // Nobody waits for it after a wish to stop.
        let _ = typed.send(read.map(|_| line));
    })?;
    let read = outcome.recv().map_err(io::Error::other)??;
    line.extend_from_slice(&read);
    Ok(read.len())
}
