//! What a run tells while it goes on, and how it is asked to stop.

use super::Ran;
use std::path::Path;

/// Hears of a run while it goes on. Every method has a default that does nothing.
///
/// It is called from the run itself, so it should be quick.
pub trait Observer: Sync {
    /// Another program has held the database for a second: who, where the system tells.
    fn waiting(&self, users: Option<&str>) {
        let _ = users;
    }

    /// The run before this one was interrupted: what became of it, in words.
    fn interrupted(&self, how: &str) {
        let _ = how;
    }

    /// A copy from before was made.
    fn copied(&self, copy: &Path) {
        let _ = copy;
    }

    /// A revision begins: the `number`th of `count`.
    fn begins(&self, revision: &str, number: usize, count: usize) {
        let _ = (revision, number, count);
    }

    /// A revision has run. Nothing is committed yet.
    fn ran(&self, ran: &Ran) {
        let _ = ran;
    }

    /// Whether to stop. It is asked between two revisions; all is rolled back then.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Hears nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Observer for Silent {}
