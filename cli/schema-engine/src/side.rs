//! The sides of a comparison: what a schema can be read from.

mod reading;

pub use reading::{Rows, SideSchema, Sources};

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// Where one side of a comparison comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// The database of the settings: `live`.
    Live,
    /// The revisions, replayed on a scratch database: `history`, `history@REV`.
    History(Until),
    /// The models: `models`.
    Models,
    /// A database file, or a schema as SQL.
    File(PathBuf),
}

/// Up to where the history is replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// All of it.
    Head,
    /// Up to and with a revision, by what [`crate::target::resolve`] understands; steps count from
    /// head.
    Revision(String),
}

impl Side {
    /// Whether it comes from what a program was built from, rather than from a file.
    #[must_use]
    pub fn depends_on_sources(&self) -> bool {
        matches!(self, Self::History(_) | Self::Models)
    }

    /// Whether it is a file: of the settings or by its path.
    #[must_use]
    pub fn is_file(&self) -> bool {
        matches!(self, Self::Live | Self::File(_))
    }
}

/// A keyword is one to the letter; anything else is a path, so a file that is called like a keyword
/// is given as `./live`.
impl From<OsString> for Side {
    fn from(text: OsString) -> Self {
        match text.to_str() {
            Some("live") => Self::Live,
            Some("models") => Self::Models,
            Some("history") => Self::History(Until::Head),
            Some(word) => match word.strip_prefix("history@") {
                Some(revision) => Self::History(Until::Revision(revision.to_owned())),
                None => Self::File(text.into()),
            },
            None => Self::File(text.into()),
        }
    }
}

/// As it is given on a command line.
impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live => f.write_str("live"),
            Self::Models => f.write_str("models"),
            Self::History(Until::Head) => f.write_str("history"),
            Self::History(Until::Revision(revision)) => write!(f, "history@{revision}"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_is_no_path_and_a_path_no_keyword() {
        let revision = |text: &str| Side::History(Until::Revision(text.to_owned()));
        for (text, side) in [
            ("live", Side::Live),
            ("models", Side::Models),
            ("history", Side::History(Until::Head)),
            ("history@002", revision("002")),
            ("history@", revision("")),
            ("./live", Side::File("./live".into())),
            ("Live", Side::File("Live".into())),
            ("a b.sql", Side::File("a b.sql".into())),
            ("", Side::File("".into())),
        ] {
            let read = Side::from(OsString::from(text));
            assert_eq!(read, side);
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_path_may_be_no_text() {
        use std::os::unix::ffi::OsStringExt as _;
        let bytes = b"live\xff.db".to_vec();
        let text = OsString::from_vec(bytes);
        assert_eq!(Side::from(text.clone()), Side::File(text.into()));
    }
}
