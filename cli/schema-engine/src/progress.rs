//! How far a long step has come, told while it goes on, and whether to stop.
//!
//! ```
//! use schema_engine::progress::{Progress, Silent, Unit, begin};
//!
//! # fn copy(progress: &dyn Progress) -> schema_engine::Result<()> {
//! let step = begin(progress, "Copying", Some(300), Unit::Rows);
//! for _ in 0..3 {
//!     step.advance(100)?; // an error once somebody asked to stop
//! }
//! # Ok(())
//! # }
//! # copy(&Silent).unwrap();
//! ```

use crate::error::{Error, ErrorKind, Result};

/// What is counted while a step goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Rows.
    Rows,
    /// Pages of a database.
    Pages,
}

/// Hears of long work while it goes on. Every method has a default that does nothing.
///
/// It is called from the work itself, some thousand times a second at most, so it should be quick.
/// Steps come one after the other, never within each other.
pub trait Progress: Sync {
    /// A step begins: what is done, `Dumping` for one, and how much of it there is, as far as that
    /// is known or can be estimated.
    fn begins(&self, what: &str, total: Option<u64>, unit: Unit) {
        let _ = (what, total, unit);
    }

    /// So much more of the step is done.
    fn advanced(&self, by: u64) {
        let _ = by;
    }

    /// The step is over, done or not.
    fn ended(&self) {}

    /// Whether somebody asked to stop. What was begun is undone then.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Hears nothing and never stops anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}

/// A step that goes on; it ends when this is dropped.
pub struct Step<'a> {
    progress: &'a dyn Progress,
}

/// Begins a step. See [`Progress::begins`].
#[must_use = "the step ends when this is dropped"]
pub fn begin<'a>(
    progress: &'a dyn Progress,
    what: &str,
    total: Option<u64>,
    unit: Unit,
) -> Step<'a> {
    progress.begins(what, total, unit);
    Step { progress }
}

impl Step<'_> {
    /// Tells that so much more is done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Interrupted`] if somebody asked to stop.
    pub fn advance(&self, by: u64) -> Result<()> {
        self.progress.advanced(by);
        stop_if_asked(self.progress)
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        self.progress.ended();
    }
}

/// An error if somebody asked to stop.
///
/// # Errors
///
/// [`ErrorKind::Interrupted`] then.
pub fn stop_if_asked(progress: &dyn Progress) -> Result<()> {
    if progress.cancelled() {
        return Err(Error::new(ErrorKind::Interrupted, "stopped on request"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Default)]
    struct Heard(AtomicU64, AtomicU64);

    impl Progress for Heard {
        fn advanced(&self, by: u64) {
            self.0.fetch_add(by, Ordering::Relaxed);
        }
        fn ended(&self) {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
        fn cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed) > 5
        }
    }

    #[test]
    fn a_step_ends_and_stops_when_asked() {
        let heard = Heard::default();
        let step = begin(&heard, "Counting", None, Unit::Rows);
        assert!(step.advance(5).is_ok());
        assert_eq!(step.advance(1).unwrap_err().kind(), ErrorKind::Interrupted);
        drop(step);
        assert_eq!(heard.1.load(Ordering::Relaxed), 1);
        assert!(stop_if_asked(&Silent).is_ok());
    }
}
