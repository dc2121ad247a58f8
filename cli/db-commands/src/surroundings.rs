//! What the process was started with, read once.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use schema_engine::{Error, Result};

/// The environment, the current directory, the home folder and the program's own file.
///
/// All that depends on them takes this value, so a test needs no process of its own and
/// nobody changes the environment of a running program.
#[derive(Debug, Clone)]
pub struct Surroundings {
    variables: BTreeMap<OsString, OsString>,
    /// Where relative paths begin.
    pub current_dir: PathBuf,
    /// The user's home folder, where the system knows one.
    pub home: Option<PathBuf>,
    /// The file this program runs from, where the system tells.
    pub executable: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    ///
    /// # Errors
    ///
    /// When the current directory can't be told, because it was deleted or may not be read.
    pub fn of_process() -> Result<Self> {
        let current_dir = std::env::current_dir().map_err(|error| {
            Error::failed("the current directory can't be read")
                .because(error)
                .state("Nothing was read or written.")
                .next("Change into a folder that exists and run the command again.")
        })?;
        Ok(Self {
            variables: std::env::vars_os().collect(),
            current_dir,
            // A relative or empty HOME would make the data folder depend on where one stands.
            home: std::env::home_dir().filter(|home| home.is_absolute()),
            executable: std::env::current_exe().ok(),
        })
    }

    /// A variable, where it is set; it may be empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// A variable, where it is set to something: an empty one counts as not set.
    #[must_use]
    pub fn filled_variable(&self, name: &str) -> Option<&OsStr> {
        self.variable(name).filter(|value| !value.is_empty())
    }

    /// Whether a switch such as `TGENIE_NO_REBUILD` is on: any value but none, empty and `0`.
    #[must_use]
    pub fn switch(&self, name: &str) -> bool {
        self.filled_variable(name).is_some_and(|value| value != "0")
    }

    /// The path as an absolute one, without touching the file system.
    ///
    /// Absolute also means that no name is left that SQLite would read in a way of its own,
    /// such as `:memory:` or `file:x`.
    #[must_use]
    pub fn absolute(&self, path: &Path) -> PathBuf {
        let joined = self.current_dir.join(path);
        std::path::absolute(&joined).unwrap_or(joined)
    }
}

#[cfg(test)]
impl Surroundings {
    /// Surroundings in `folder`, with `folder/home` as the home folder and no variables.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            variables: BTreeMap::new(),
            current_dir: folder.to_path_buf(),
            home: Some(folder.join("home")),
            executable: None,
        }
    }

    /// The same with one variable more.
    pub(crate) fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_on_for_anything_but_zero() {
        let folder = Surroundings::in_folder(Path::new("/folder"));
        for (value, on) in [("1", true), ("yes", true), ("0", false), ("", false)] {
            assert_eq!(folder.clone().with("X", value).switch("X"), on, "{value:?}");
        }
        assert!(!folder.switch("X"));
    }

    #[test]
    #[cfg(unix)]
    fn a_path_becomes_absolute_and_keeps_its_links() {
        let folder = Surroundings::in_folder(Path::new("/folder"));
        for (path, expected) in [
            ("a.db", "/folder/a.db"),
            ("./a/./b.db", "/folder/a/b.db"),
            ("../a.db", "/folder/../a.db"),
            ("/a.db", "/a.db"),
            (":memory:", "/folder/:memory:"),
        ] {
            assert_eq!(folder.absolute(Path::new(path)), Path::new(expected), "{path}");
        }
    }

    #[test]
    fn the_process_has_surroundings() {
        let process = Surroundings::of_process().expect("tests run in a folder that exists");
        assert!(process.current_dir.is_absolute());
        assert!(process.executable.is_some());
    }
}
