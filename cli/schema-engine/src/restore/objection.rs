//! Why a statement of a dump or a schema isn't let through.

use std::fmt;

/// Its text is the rest of a sentence that begins with where the statement stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Objection {
    /// The end of a dump that isn't whole.
    Damaged,
    /// Text that SQLite would take as it is and this program can't hand to it.
    NotUtf8,
    /// What the sqlite3 shell does itself.
    ShellCommand,
    /// A command of the shell, too: what the output of `.recover` of newer shells begins with.
    Recovered,
    /// Anything else.
    Other(String),
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Damaged => {
                "undoes it all: the dump was taken from a damaged database, or without a collation of its app"
            }
            Self::NotUtf8 => "isn't UTF-8 outside a value",
            Self::ShellCommand | Self::Recovered => "is a command of the sqlite3 shell, not SQL",
            Self::Other(objection) => objection,
        })
    }
}

impl From<&str> for Objection {
    fn from(objection: &str) -> Self {
        Self::Other(objection.to_owned())
    }
}

impl From<String> for Objection {
    fn from(objection: String) -> Self {
        Self::Other(objection)
    }
}
