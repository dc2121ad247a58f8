//! `db settings`: each value and where it came from.

use std::path::{Path, PathBuf};

use schema_engine::Result;
use serde::{Serialize, Serializer};

use super::{Access, Naming, Origin, Setting, Settings};
use crate::terminal::{Format, Terminal};

/// The version of the JSON document.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    settings: Values<'a>,
    files: Files<'a>,
}

#[derive(Serialize)]
struct Values<'a> {
    database: Value<'a, String>,
    database_access: Value<'a, Access>,
    data_dir: Option<Value<'a, String>>,
    naming: Value<'a, Naming>,
    backups_keep: Value<'a, u32>,
}

#[derive(Serialize)]
struct Value<'a, T> {
    value: T,
    origin: &'a Origin,
}

#[derive(Serialize)]
struct Files<'a> {
    env_file: Option<File<'a>>,
    config_file: Option<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(serialize_with = "path_as_text")]
    path: &'a Path,
    found: bool,
}

/// Prints the settings to stdout.
///
/// # Errors
///
/// When stdout can't take them.
pub fn print_settings(settings: &Settings, terminal: &Terminal, format: Format) -> Result<()> {
    match format {
        Format::Json => terminal.json(&report(settings)),
        Format::Text => lines(settings).iter().try_for_each(|line| terminal.data(line)),
    }
}

fn report(settings: &Settings) -> Report<'_> {
    let Settings { database, data_dir, naming, backups_keep, .. } = settings;
    Report {
        version: VERSION,
        settings: Values {
            database: Value {
                value: database.value.path.display().to_string(),
                origin: &database.origin,
            },
            database_access: Value { value: database.value.access, origin: &database.origin },
            data_dir: data_dir.as_ref().map(|Setting { value, origin }| Value {
                value: value.display().to_string(),
                origin,
            }),
            naming: Value { value: naming.value, origin: &naming.origin },
            backups_keep: Value { value: backups_keep.value, origin: &backups_keep.origin },
        },
        files: Files {
            env_file: settings.env_file.as_ref().map(file_report),
            config_file: settings.config_file.as_ref().map(file_report),
        },
    }
}

fn file_report(path: &PathBuf) -> File<'_> {
    File { path, found: path.is_file() }
}

/// One line a setting: its name, its value, its origin.
fn lines(settings: &Settings) -> Vec<String> {
    let Settings { database, data_dir, naming, backups_keep, .. } = settings;
    let access = match database.value.access {
        Access::ReadOnly => ", read only",
        Access::ExistingOnly => ", never made",
        Access::Full => "",
    };
    let naming_word = match naming.value {
        Naming::Sequential => "sequential",
        Naming::Timestamp => "timestamp",
    };
    let line = |name: &str, value: &dyn std::fmt::Display, note: &dyn std::fmt::Display| {
        format!("{name:<14}{value}  ({note})")
    };
    let file = |name: &str, path: Option<&PathBuf>| match path {
        Some(path) if path.is_file() => line(name, &path.display(), &"read"),
        Some(path) => line(name, &path.display(), &"not there"),
        None => line(name, &"none", &"nothing to read"),
    };
    vec![
        line("database", &database.value.path.display(), &format!("{}{access}", database.origin)),
        match data_dir {
            Some(folder) => line("data_dir", &folder.value.display(), &folder.origin),
            None => line("data_dir", &"none", &"there is no home folder"),
        },
        line("naming", &naming_word, &naming.origin),
        line("backups_keep", &backups_keep.value, &backups_keep.origin),
        file("env_file", settings.env_file.as_ref()),
        file("config_file", settings.config_file.as_ref()),
    ]
}

/// A path as text. JSON is UTF-8, so what isn't becomes `U+FFFD`.
pub(super) fn path_as_text<S: Serializer>(
    path: impl AsRef<Path>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.as_ref().display())
}
