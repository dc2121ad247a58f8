//! The database as a file: where it lies and what may be done to it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use schema_engine::{Error, Result};
use serde::Serialize;

use super::{Setting, database_url};
use crate::Surroundings;

/// The file that holds the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// The file, as an absolute path. It may not be there yet.
    pub path: PathBuf,
    /// What the URL allows.
    pub access: Access,
}

/// What may be done to a database, the `mode` of its URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// `mode=ro`: it is read and never written.
    ReadOnly,
    /// `mode=rw`: it is written if it is there.
    ExistingOnly,
    /// `mode=rwc`, or no mode: it is written, and made where it isn't there.
    #[default]
    Full,
}

impl Database {
    /// A database that may be read, written and made.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path, access: Access::Full }
    }

    /// Asks leave to write.
    ///
    /// # Errors
    ///
    /// [`schema_engine::ErrorKind::Refused`] when the URL says `mode=ro`, or when it says
    /// `mode=rw` and there is no such file.
    pub fn ensure_writable(&self) -> Result<()> {
        let path = self.path.display();
        let refused = |what: String| Error::refused(what).state("The database is unchanged.");
        match self.access {
            Access::ReadOnly => {
                Err(refused(format!("{path} is to be read only: its URL says mode=ro"))
                    .next("Take `?mode=ro` off the URL to let this command write."))
            }
            // A file that can't be looked at is for the opening to complain about.
            Access::ExistingOnly if matches!(self.path.try_exists(), Ok(false)) => {
                Err(refused(format!("there is no {path}, and its URL says mode=rw"))
                    .next("Write `?mode=rwc` to let the database be made."))
            }
            Access::ExistingOnly | Access::Full => Ok(()),
        }
    }

    /// Makes the folders above the file, for the user alone where the system knows users.
    ///
    /// # Errors
    ///
    /// Those of [`Database::ensure_writable`], and when a folder can't be made.
    pub fn ensure_parent(&self) -> Result<()> {
        self.ensure_writable()?;
        let Some(parent) = self.path.parent() else { return Ok(()) };
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(parent).map_err(|error| {
            Error::failed(format!("the folder {} can't be made", parent.display()))
                .because(error)
                .state("There is no database there.")
                .next("Make the folder, or name another file with --database PATH.")
        })
    }
}

/// The database that a URL names.
pub(super) fn from_url(
    url: Setting<&OsStr>,
    surroundings: &Surroundings,
) -> Result<Setting<Database>> {
    let parsed = match url.value.to_str() {
        Some(text) => database_url::parse(text),
        None => Err(database_url::Problem::NotUtf8),
    };
    let file = parsed.map_err(|problem| problem.into_error(&url.origin))?;
    let database = Database { path: surroundings.absolute(&file.path), access: file.access };
    Ok(Setting { value: database, origin: url.origin })
}

/// The database that a flag names: a path, or a URL where it looks like one.
pub(super) fn from_flag(
    flag: Setting<&OsStr>,
    surroundings: &Surroundings,
) -> Result<Setting<Database>> {
    let reads_as_url = flag.value.to_str().is_some_and(database_url::reads_as_url);
    if flag.value.is_empty() || reads_as_url {
        return from_url(flag, surroundings);
    }
    // The shell has expanded a `~` that stood for a home folder.
    let path = surroundings.absolute(Path::new(flag.value));
    Ok(Setting { value: Database::at(path), origin: flag.origin })
}
