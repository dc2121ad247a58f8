//! Drift: a live database that is not what its revisions made it.

use crate::diff::Difference;
use crate::error::Error;

/// The refusal that shows what differs: `+` is what the database has beyond its history.
pub(crate) fn error(what: &str, difference: &Difference) -> Error {
    let lines = difference.lines();
    let count = match lines.len() {
        1 => "1 difference".to_owned(),
        count => format!("{count} differences"),
    };
    Error::refused(format!("{what} ({count})"))
        .because(lines.join("\n"))
        .state("The database is unchanged.")
        .next("Something else changed its schema: `+` stands for what it has beyond its history, `-` for what it lacks.")
        .next("Undo that change by hand, or restore a copy from before it.")
}
