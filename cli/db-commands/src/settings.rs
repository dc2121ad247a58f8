//! The settings, layer over layer, each with the place it came from.
//!
//! First wins: flags, the environment, the `.env` file, `config.toml`, the defaults. Reading
//! them opens no database and makes no folder.

mod config_file;
mod database;
mod database_url;
mod env_file;
mod home_path;
mod origin;
mod report;

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use schema_engine::{Error, Result};
use serde::Serialize;

use crate::{App, Surroundings};
use config_file::ConfigFile;
use env_file::EnvFile;

pub use database::{Access, Database};
pub use origin::{Origin, Setting};
pub use report::print_settings;

/// How new revisions are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Naming {
    /// `m002_add_priority_field`: the next number.
    Sequential,
    /// `m20261123_101500_add_priority_field`: the time, as `sea-orm-cli` does it.
    Timestamp,
}

/// All settings, resolved.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The database that the commands work on.
    pub database: Setting<Database>,
    /// The app's data folder. There is none where the system knows no home folder, nothing
    /// names one, and the database is given by itself.
    pub data_dir: Option<Setting<PathBuf>>,
    /// How new revisions are named.
    pub naming: Setting<Naming>,
    /// How many safety copies are kept.
    pub backups_keep: Setting<u32>,
    /// The `.env` file that is read, unless that is turned off.
    pub env_file: Option<PathBuf>,
    /// The `config.toml` that is read, unless that is turned off.
    pub config_file: Option<PathBuf>,
    /// What was passed over while reading, to be said once.
    pub warnings: Vec<String>,
}

impl Settings {
    /// Resolves the settings; `database` is the value of the flag `--database`.
    ///
    /// # Errors
    ///
    /// When a file can't be read or understood, when a value makes no sense, and when no
    /// database can be named because there is no home folder.
    pub fn resolve(
        app: &App,
        surroundings: &Surroundings,
        database: Option<&OsStr>,
    ) -> Result<Self> {
        let env_file = EnvFile::read(app, surroundings)?;
        let config = ConfigFile::read(app, surroundings)?;
        let layers = Layers { app, surroundings, env_file: &env_file, config: &config };

        let data_dir = layers.data_dir()?;
        Ok(Self {
            database: layers.database(database, data_dir.as_ref())?,
            data_dir,
            naming: layers.naming()?,
            backups_keep: layers.backups_keep()?,
            env_file: env_file.path,
            config_file: config.path,
            warnings: env_file.warnings,
        })
    }
}

/// The layers below the flags.
struct Layers<'a> {
    app: &'a App,
    surroundings: &'a Surroundings,
    env_file: &'a EnvFile,
    config: &'a ConfigFile,
}

impl Layers<'_> {
    /// A variable from the environment, else from the `.env` file. An empty one is not set.
    fn variable(&self, name: &str) -> Option<Setting<&OsStr>> {
        let here = self
            .surroundings
            .filled_variable(name)
            .map(|value| Setting { value, origin: Origin::Environment { name: name.to_owned() } });
        here.or_else(|| self.env_file.variable(name))
    }

    fn data_dir(&self) -> Result<Option<Setting<PathBuf>>> {
        if let Some(found) = self.variable(&self.app.variable("DATA_DIR")) {
            return found.try_map(|path| self.written_path(path.as_ref())).map(Some);
        }
        if let Some(found) = self.config.data_dir() {
            return found.try_map(|path| self.config.path(self.surroundings, path)).map(Some);
        }
        Ok(self.surroundings.home.as_ref().map(|home| Setting {
            value: home.join(self.app.home_folder),
            origin: Origin::Default,
        }))
    }

    fn database(
        &self,
        flag: Option<&OsStr>,
        data_dir: Option<&Setting<PathBuf>>,
    ) -> Result<Setting<Database>> {
        if let Some(value) = flag {
            let flag = Setting { value, origin: Origin::Flag { name: "--database" } };
            return database::from_flag(flag, self.surroundings);
        }
        if let Some(found) = self.variable("DATABASE_URL") {
            return database::from_url(found, self.surroundings);
        }
        if let Some(found) = self.config.database_url() {
            return database::from_url(found, self.surroundings);
        }
        if let Some(found) = self.config.database_path() {
            return found
                .try_map(|path| self.config.path(self.surroundings, path).map(Database::at));
        }
        let Some(data_dir) = data_dir else {
            return Err(Error::failed("there is no home folder to hold the database")
                .state("No database was opened.")
                .next("Set HOME to your home folder.")
                .next(format!("Or set {} to a folder for the data.", self.app.variable("DATA_DIR")))
                .next("Or name the file with --database PATH."));
        };
        Ok(Setting {
            value: Database::at(
                data_dir
                    .value
                    .join(Path::new(self.app.database_file).components().collect::<PathBuf>()),
            ),
            origin: Origin::Default,
        })
    }

    fn naming(&self) -> Result<Setting<Naming>> {
        let found = self.variable(&self.app.variable("NAMING")).or_else(|| self.config.naming());
        let Some(found) = found else {
            return Ok(Setting { value: Naming::Sequential, origin: Origin::Default });
        };
        let problem = wrong_value("naming", &found, "`sequential` or `timestamp`");
        found.try_map(|value| match value.to_str() {
            Some("sequential") => Ok(Naming::Sequential),
            Some("timestamp") => Ok(Naming::Timestamp),
            _ => Err(problem),
        })
    }

    fn backups_keep(&self) -> Result<Setting<u32>> {
        if let Some(found) = self.variable(&self.app.variable("BACKUPS_KEEP")) {
            let problem = wrong_value("backups_keep", &found, "a whole number");
            return found
                .try_map(|value| value.to_str().and_then(|text| text.parse().ok()).ok_or(problem));
        }
        Ok(self.config.backups_keep().unwrap_or(Setting { value: 5, origin: Origin::Default }))
    }

    /// A path from the environment: `~` is the home folder, and what is relative begins here.
    fn written_path(&self, path: &std::path::Path) -> Result<PathBuf> {
        let path = home_path::expand(path, self.surroundings.home.as_deref())?;
        Ok(self.surroundings.absolute(&path))
    }
}

fn wrong_value(setting: &str, found: &Setting<&OsStr>, wanted: &str) -> Error {
    let value = found.value.display();
    Error::usage(format!("{setting} is `{value}`, set by {}", found.origin))
        .state("No database was opened.")
        .next(format!("Set it to {wanted}."))
}
