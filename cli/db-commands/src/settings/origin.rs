//! Where a value came from.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// A value and the place that set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// What set it.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// The same setting with its value read as something else.
    pub(super) fn try_map<U, E>(
        self,
        read: impl FnOnce(T) -> Result<U, E>,
    ) -> Result<Setting<U>, E> {
        Ok(Setting { value: read(self.value)?, origin: self.origin })
    }
}

/// What set a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// A flag on the command line.
    Flag {
        /// The flag: `--database`.
        name: &'static str,
    },
    /// A variable of the environment.
    Environment {
        /// The variable.
        name: String,
    },
    /// A line of the `.env` file.
    EnvFile {
        /// The file.
        #[serde(serialize_with = "super::report::path_as_text")]
        file: PathBuf,
        /// The variable.
        name: String,
    },
    /// A key of `config.toml`.
    ConfigFile {
        /// The file.
        #[serde(serialize_with = "super::report::path_as_text")]
        file: PathBuf,
        /// The key with its table: `database.url`.
        key: &'static str,
    },
    /// Nothing: it is the default.
    Default,
}

/// Fits after "set by": `DATABASE_URL in /home/me/app/.env`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag { name } => f.write_str(name),
            Self::Environment { name } => write!(f, "{name} in the environment"),
            Self::EnvFile { file, name } => write!(f, "{name} in {}", file.display()),
            Self::ConfigFile { file, key } => write!(f, "{key} in {}", file.display()),
            Self::Default => f.write_str("default"),
        }
    }
}
