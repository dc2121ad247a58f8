//! The values of arguments that say more than a word.

use std::ffi::OsString;
use std::path::PathBuf;

/// Whether a command does its work or shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preview {
    /// It does it.
    Off,
    /// It tells what it would do: `--dry-run`.
    DryRun,
    /// It prints the SQL that it would run: `--sql`.
    Sql,
}

/// Where a dump goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DumpTarget {
    /// Stdout: `-`.
    StandardOutput,
    /// A file.
    File(PathBuf),
}

impl From<OsString> for DumpTarget {
    fn from(argument: OsString) -> Self {
        if argument == "-" { Self::StandardOutput } else { Self::File(argument.into()) }
    }
}
