//! `config.toml`: the app's own settings file, of which we read our part.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use schema_engine::{Error, Result};
use serde::Deserialize;

use super::{Origin, Setting, home_path};
use crate::{App, Surroundings};

/// What `config.toml` sets.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    /// The file, where one can be named. It may not be there.
    pub path: Option<PathBuf>,
    content: Content,
}

/// Our part of the file; what else is in it is the app's.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content {
    database_url: Option<String>,
    data_dir: Option<String>,
    naming: Option<String>,
    backups_keep: Option<u32>,
    database: DatabaseTable,
    app: AppTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DatabaseTable {
    url: Option<String>,
    path: Option<String>,
    naming: Option<String>,
    backups_keep: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AppTable {
    data_dir: Option<String>,
}

impl ConfigFile {
    /// Reads the file that `…_CONFIG_FILE` names, else the one in the app's folder. A file that
    /// was named and isn't there is no reason to read the other one.
    pub(super) fn read(app: &App, surroundings: &Surroundings) -> Result<Self> {
        let variable = app.variable("CONFIG_FILE");
        let path = match surroundings.variable(&variable) {
            Some(named) if named.is_empty() => None,
            Some(named) => {
                let named = home_path::expand(Path::new(named), surroundings.home.as_deref())?;
                Some(surroundings.absolute(&named))
            }
            None => {
                let home = surroundings.home.as_ref();
                home.map(|home| home.join(app.home_folder).join("config.toml"))
            }
        };
        let Some(path) = path else { return Ok(Self::default()) };
        let problem = |what: String| {
            Error::usage(what)
                .state("No database was opened.")
                .next("Correct the file.")
                .next(format!("Or set {variable} to another file, or to nothing to do without."))
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => {
                let what = format!("the settings in {} can't be read", path.display());
                return Err(problem(what).because(error));
            }
        };
        let content: Content = toml::from_str(&text).map_err(|error| {
            // Only the message: the error's own text shows the line, which may be a secret.
            let line = line_number(&text, error.span().map_or(0, |span| span.start));
            problem(format!("line {line} of {}: {}", path.display(), error.message()))
        })?;
        content.contradiction().map_or(Ok(()), |[one, other]| {
            Err(problem(format!("{} sets both {one} and {other}", path.display())))
        })?;
        Ok(Self { path: Some(path), content })
    }

    pub(super) fn database_url(&self) -> Option<Setting<&OsStr>> {
        let content = &self.content;
        self.text("database.url", content.database.url.as_ref())
            .or_else(|| self.text("database_url", content.database_url.as_ref()))
    }

    pub(super) fn database_path(&self) -> Option<Setting<&OsStr>> {
        self.text("database.path", self.content.database.path.as_ref())
    }

    pub(super) fn data_dir(&self) -> Option<Setting<&OsStr>> {
        self.text("app.data_dir", self.content.app.data_dir.as_ref())
            .or_else(|| self.text("data_dir", self.content.data_dir.as_ref()))
    }

    pub(super) fn naming(&self) -> Option<Setting<&OsStr>> {
        self.text("database.naming", self.content.database.naming.as_ref())
            .or_else(|| self.text("naming", self.content.naming.as_ref()))
    }

    pub(super) fn backups_keep(&self) -> Option<Setting<u32>> {
        let content = &self.content;
        let in_table = content.database.backups_keep.map(|value| (value, "database.backups_keep"));
        let (value, key) =
            in_table.or(content.backups_keep.map(|value| (value, "backups_keep")))?;
        Some(Setting { value, origin: Origin::ConfigFile { file: self.path.clone()?, key } })
    }

    /// A path from this file: `~` is the home folder, and what is relative begins at the file,
    /// so that it means the same wherever one stands.
    pub(super) fn path(&self, surroundings: &Surroundings, path: &OsStr) -> Result<PathBuf> {
        let path = home_path::expand(Path::new(path), surroundings.home.as_deref())?;
        let folder = self.path.as_deref().and_then(Path::parent);
        Ok(surroundings.absolute(&folder.unwrap_or(Path::new("")).join(path)))
    }

    /// A value that is set to something; an empty one is not set.
    fn text<'a>(&self, key: &'static str, value: Option<&'a String>) -> Option<Setting<&'a OsStr>> {
        let value = OsStr::new(value.filter(|value| !value.is_empty())?);
        Some(Setting { value, origin: Origin::ConfigFile { file: self.path.clone()?, key } })
    }
}

impl Content {
    /// Two keys that say the same thing, both there: which one is meant can't be known.
    fn contradiction(&self) -> Option<[&'static str; 2]> {
        let Self { database, app, .. } = self;
        let url = database.url.is_some();
        [
            (url && self.database_url.is_some(), ["database.url", "database_url"]),
            (url && database.path.is_some(), ["database.url", "database.path"]),
            (
                self.database_url.is_some() && database.path.is_some(),
                ["database_url", "database.path"],
            ),
            (app.data_dir.is_some() && self.data_dir.is_some(), ["app.data_dir", "data_dir"]),
            (database.naming.is_some() && self.naming.is_some(), ["database.naming", "naming"]),
            (
                database.backups_keep.is_some() && self.backups_keep.is_some(),
                ["database.backups_keep", "backups_keep"],
            ),
        ]
        .into_iter()
        .find_map(|(both, keys)| both.then_some(keys))
    }
}

fn line_number(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
