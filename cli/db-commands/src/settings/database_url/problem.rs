//! Why a URL names no database that can be worked on, and what to write instead.

use schema_engine::Error;

use crate::settings::Origin;

/// What is wrong with a URL.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::settings) enum Problem {
    /// Nothing at all.
    Empty,
    /// A database that is gone with its connection.
    Memory,
    /// A database that isn't SQLite, or a driver that opens files of its own kind.
    OtherScheme(String),
    /// A path without `sqlite:` before it.
    BarePath(String),
    /// `file:`, which SQLite reads by rules of its own.
    SqliteUri,
    /// A query parameter other than one `mode`.
    Parameter(String),
    /// A `mode` that there isn't.
    Mode(String),
    /// `sqlite+aiosqlite:` without the slashes that SQLAlchemy wants.
    Slashes,
    /// `~`, which no program would read as the home folder here.
    Tilde(String),
    /// Bytes that are no text, plain or percent-encoded.
    NotUtf8,
    /// A NUL, which no path can hold.
    Nul,
}

impl Problem {
    /// The error that tells it. A URL may hold a password, so no more of it is shown than is
    /// surely none.
    pub(in crate::settings) fn into_error(self, origin: &Origin) -> Error {
        let url = format!("the database URL set by {origin}");
        let error = match self {
            Self::Empty => Error::usage(format!("{url} is empty")).next(forms()),
            Self::Memory => Error::refused(format!(
                "{url} names a database in memory, which is gone when the command ends"
            ))
            .next(forms()),
            Self::OtherScheme(scheme) => Error::refused(format!(
                "{url} begins with `{scheme}:`, and this program works on SQLite files only"
            ))
            .next(forms()),
            Self::BarePath(path) => Error::usage(format!("{url} is no URL")).next(
                // What has one of these signs may be a login rather than a file.
                if path.contains(['@', '=']) {
                    forms()
                } else {
                    format!("For a file write `{}`.", url_of(&path))
                },
            ),
            Self::SqliteUri => Error::usage(format!("{url} names a `file:` URI")).next(forms()),
            Self::Parameter(name) if name == "mode" => {
                Error::usage(format!("{url} says `mode` twice")).next("Say it once.")
            }
            Self::Parameter(name) => {
                Error::usage(format!("{url} has the parameter `{name}`, which isn't understood"))
                    .next("Take it off the URL; `mode` is the only one that can be given.")
                    .next("For a `?` in a file's name write `%3F`, or use --database PATH.")
            }
            Self::Mode(mode) => Error::usage(format!("{url} has the unknown mode `{mode}`"))
                .next("Write `mode=ro`, `mode=rw` or `mode=rwc`."),
            Self::Slashes => Error::usage(format!("{url} lacks slashes before the path")).next(
                "Write `sqlite+aiosqlite:///relative.db` or `sqlite+aiosqlite:////absolute.db`.",
            ),
            Self::Tilde(path) => Error::usage(format!(
                "{url} names `{path}`, and `~` isn't the home folder in a URL"
            ))
            .next("Write the path in full.")
            .next(format!("For a folder that is called `~` write `./{path}`.")),
            Self::NotUtf8 => Error::usage(format!("{url} isn't UTF-8"))
                .next("Name such a file with --database PATH."),
            Self::Nul => {
                Error::usage(format!("{url} holds a NUL, which no path can")).next(forms())
            }
        };
        error.state("No database was opened.")
    }
}

fn forms() -> String {
    "Write `sqlite:///absolute/path.db` or `sqlite://relative/path.db`.".to_owned()
}

/// The URL that names this path by sqlx's rule.
fn url_of(path: &str) -> String {
    let path = path.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite://{path}")
}
