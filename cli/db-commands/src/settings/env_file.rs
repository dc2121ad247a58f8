//! The `.env` file, read into a map: the environment of the process is left alone.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{Cursor, ErrorKind};
use std::path::{Path, PathBuf};

use schema_engine::{Error, Result};

use super::{Origin, Setting};
use crate::{App, Surroundings};

/// What the `.env` file sets.
#[derive(Debug, Default)]
pub(super) struct EnvFile {
    /// The file, unless it is turned off. It may not be there.
    pub path: Option<PathBuf>,
    /// Lines that could not be read and that are somebody else's.
    pub warnings: Vec<String>,
    values: BTreeMap<String, String>,
}

impl EnvFile {
    /// Reads the file that `…_ENV_FILE` names, else `.env` here. Empty turns it off.
    pub(super) fn read(app: &App, surroundings: &Surroundings) -> Result<Self> {
        let variable = app.variable("ENV_FILE");
        let named = surroundings.variable(&variable);
        if named.is_some_and(OsStr::is_empty) {
            return Ok(Self::default());
        }
        let path = surroundings.absolute(Path::new(named.unwrap_or(OsStr::new(".env"))));
        let unreadable = |path: &Path, error| {
            Error::failed(format!("the settings in {} can't be read", path.display()))
                .because(error)
                .state("No database was opened.")
                .next(format!("Set {variable} to another file, or to nothing to do without."))
        };
        let text = match std::fs::read(&path) {
            Ok(bytes) => String::from_utf8(bytes)
                .map_err(|error| unreadable(&path, std::io::Error::other(error.utf8_error())))?,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            // A folder called `.env` is a Python environment and no settings.
            Err(_) if named.is_none() && path.is_dir() => String::new(),
            Err(error) => return Err(unreadable(&path, error)),
        };
        let mut file = Self { path: Some(path), ..Self::default() };
        file.parse(app, text.trim_start_matches('\u{feff}'), &variable)?;
        Ok(file)
    }

    pub(super) fn variable(&self, name: &str) -> Option<Setting<&OsStr>> {
        let (name, value) = self.values.get_key_value(name)?;
        let file = self.path.clone()?;
        (!value.is_empty()).then(|| Setting {
            value: OsStr::new(value),
            origin: Origin::EnvFile { file, name: name.clone() },
        })
    }

    /// The file belongs to the whole project: a line that can't be read stops us only where it
    /// may be one of ours, because then the database that it names would be passed over.
    fn parse(&mut self, app: &App, text: &str, variable: &str) -> Result<()> {
        for pair in dotenvy::from_read_iter(Cursor::new(text)) {
            let broken = match pair {
                // As a shell does it, the last one counts.
                Ok((name, value)) => {
                    self.values.insert(name, value);
                    continue;
                }
                Err(dotenvy::Error::LineParse(broken, _)) => broken,
                Err(error) => {
                    return Err(Error::failed("the .env file can't be read").because(error));
                }
            };
            // The text itself isn't shown, it may be a secret.
            let path = self.path.as_deref().unwrap_or(Path::new(".env")).display();
            let what = format!("line {} of {path} can't be read", line_number(text, &broken));
            if !broken.contains("DATABASE_URL") && !broken.contains(app.prefix) {
                self.warnings.push(format!("{what} and is passed over"));
                continue;
            }
            return Err(Error::usage(what)
                .state("No database was opened.")
                .next("Put a value that holds spaces or quotes between single quotes.")
                .next(format!("Or set {variable} to nothing to do without the file.")));
        }
        Ok(())
    }
}

/// The line on which `part` begins.
fn line_number(text: &str, part: &str) -> usize {
    let before = text.find(part.trim()).unwrap_or_default();
    text[..before].matches('\n').count() + 1
}
