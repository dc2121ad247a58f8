//! What stands in for what only the app of a database has, where its dump is loaded to be looked at, or
//! its tables are made to see what is needed.
//!
//! Nothing that is loaded so may be kept: indexes lie in another order than the app's, and what a
//! function has to give is made up.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use crate::dump::collations;
use crate::from_the_app::{FromTheApp, Kind};

/// What to do about a dump that needs its app.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum NeedsItsApp {
    /// It is refused.
    #[default]
    Refuse,
    /// Something else stands in: it is only looked at.
    StandIn,
    /// The same, and rows are counted and not written: no constraint over what stands in holds them up.
    CountRows,
}

/// More than any app has. Each has its statement read once more, and a dump may be made to name
/// as many as it has room for.
const MOST: usize = 200;

/// What stands in on the connection that loads a dump.
pub(crate) struct StandIns<'a> {
    connection: &'a Connection,
    allowed: NeedsItsApp,
    used: BTreeSet<FromTheApp>,
}

impl<'a> StandIns<'a> {
    pub(crate) fn new(connection: &'a Connection, allowed: NeedsItsApp) -> Self {
        Self { connection, allowed, used: BTreeSet::new() }
    }

    /// Whether rows are only counted.
    pub(super) fn count_rows(&self) -> bool {
        self.allowed == NeedsItsApp::CountRows
    }

    /// Has something stand in for what SQLite misses; then the statement may be tried again.
    pub(crate) fn take_the_place(&mut self, error: &rusqlite::Error) -> bool {
        let Some(missed) = FromTheApp::missed_by(error) else { return false };
        if self.allowed == NeedsItsApp::Refuse
            || self.used.len() >= MOST
            || self.used.contains(&missed)
        {
            return false;
        }
        let name = missed.name.as_str();
        let made = match missed.kind {
            // What is unique stays so.
            Kind::Collation => collations::by_bytes(self.connection, name),
            Kind::Function => another_value_each_time(self.connection, name),
            Kind::Module | Kind::Tokenizer => return false,
        };
        self.used.insert(missed);
        made.is_ok()
    }

    /// Whether a virtual table may be entered whose module nothing here knows, so that nothing runs.
    pub(super) fn takes_module(&mut self, module: &str) -> bool {
        if self.allowed == NeedsItsApp::Refuse {
            return false;
        }
        self.used.insert(FromTheApp { kind: Kind::Module, name: module.to_owned() });
        true
    }

    /// What was needed of the app.
    pub(crate) fn used(&self) -> Vec<FromTheApp> {
        self.used.iter().cloned().collect()
    }
}

/// A number that is never NULL and never the same: what is unique or required mostly stays so.
fn another_value_each_time(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    let number = AtomicI64::new(1);
    connection.create_scalar_function(name, -1, flags, move |_| {
        Ok(number.fetch_add(1, Ordering::Relaxed))
    })
}

#[cfg(test)]
mod tests {
    use super::{MOST, NeedsItsApp, StandIns};
    use rusqlite::Connection;

    #[test]
    fn what_stands_in_is_bounded_and_named_once() {
        let connection = Connection::open_in_memory().unwrap();
        let mut stand_ins = StandIns::new(&connection, NeedsItsApp::StandIn);
        let many: Vec<_> = (0..2 * MOST).map(|at| format!("CHECK (f{at}(a) > F1(a))")).collect();
        let sql = format!("CREATE TABLE t (a, {})", many.join(", "));
        let mut tries = 1;
        while let Err(error) = connection.execute_batch(&sql)
            && stand_ins.take_the_place(&error)
        {
            tries += 1;
        }
        assert_eq!((tries, stand_ins.used().len()), (MOST + 1, MOST));
        let mut refusing = StandIns::new(&connection, NeedsItsApp::Refuse);
        let missing = connection.execute_batch("SELECT f999(1)").unwrap_err();
        assert!(!refusing.take_the_place(&missing) && !refusing.takes_module("csv"));
    }
}
