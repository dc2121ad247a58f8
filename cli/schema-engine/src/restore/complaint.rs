//! What is said of a statement that isn't let through, or that fails.

use rusqlite::ErrorCode;

use super::Dialect;
use super::objection::Objection;
use super::split::Statement;
use crate::error::Error;
use crate::from_the_app::FromTheApp;

impl Dialect {
    /// A statement that isn't let through.
    pub(super) fn refused(self, statement: &Statement, objection: impl Into<Objection>) -> Error {
        let objection = objection.into();
        let what = format!("{} {objection}: {}", self.place(statement), excerpt(&statement.text));
        if self == Self::Schema {
            return Error::failed(what);
        }
        let error = Error::refused(what);
        match objection {
            Objection::Damaged => error
                .next("Restore a safety copy or an older dump, if there is one (`db backups list`).")
                .next("To take what this one holds all the same, write COMMIT where it says ROLLBACK."),
            Objection::NotUtf8 => error.next("A copy of the database file is restored as it is."),
            Objection::Recovered => error.next(
                "If this is the output of .recover, have the sqlite3 shell load it into a new file, and restore that file.",
            ),
            Objection::ShellCommand | Objection::Other(_) => error.next(
                "Restore only dumps from sources you trust, made by this tool, sqlite3 or Python.",
            ),
        }
    }

    /// A statement that SQLite couldn't run.
    pub(super) fn failed(self, statement: &Statement, error: rusqlite::Error) -> Error {
        let what = match (self, error.sqlite_error_code()) {
            (Self::Schema, Some(ErrorCode::OperationInterrupted)) => "runs too long for a schema",
            (Self::Schema, Some(ErrorCode::DiskFull)) => "needs more room than a schema may take",
            (Self::Dump, Some(ErrorCode::DiskFull)) => {
                "needs more room than the disk has, or than a dump may take"
            }
            _ => "can't be loaded",
        };
        let (place, text) = (self.place(statement), excerpt(&statement.text));
        let needs = FromTheApp::missed_by(&error);
        let error = Error::failed(format!("{place} {what}: {text}")).because(error);
        match needs {
            Some(needed) => error.next(advice(&needed)),
            None => error,
        }
    }

    fn place(self, statement: &Statement) -> String {
        format!("line {} of the {}", statement.line, self.noun())
    }
}

/// What to do where the app is needed.
pub(super) fn advice(needed: &FromTheApp) -> String {
    format!(
        "The {needed} comes with the app of the database: have the app load this, or take a copy of the database file, which needs none."
    )
}

/// The beginning of a statement, on one line.
fn excerpt(text: &[u8]) -> String {
    const LENGTH: usize = 80;
    let start = text.get(..4 * LENGTH).unwrap_or(text);
    let text = String::from_utf8_lossy(start);
    let line: String =
        text.chars().map(|one| if one.is_control() { ' ' } else { one }).take(LENGTH).collect();
    if line.len() < start.len() { format!("{line}…") } else { line }
}
