//! The values of arguments that say more than a word.

use std::ffi::{OsStr, OsString};
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

/// Suffixes of packed files that no dump is: somebody would try in vain to unpack one.
const OTHER_PACKINGS: [&str; 8] = ["7z", "br", "bz2", "lz4", "lzma", "rar", "xz", "zip"];

impl DumpTarget {
    /// What `--out` says; a path need not be UTF-8.
    ///
    /// # Errors
    /// A sentence for an empty name, or for one that promises a packing that isn't known.
    pub fn parse(argument: OsString) -> Result<Self, String> {
        if argument == "-" {
            return Ok(Self::StandardOutput);
        }
        if argument.is_empty() {
            return Err("the name is empty".to_owned());
        }
        let path = PathBuf::from(argument);
        let suffix = path.extension().map(OsStr::to_string_lossy).unwrap_or_default();
        match OTHER_PACKINGS.iter().find(|other| suffix.eq_ignore_ascii_case(other)) {
            Some(other) => Err(format!("a dump can be packed as .gz or .zst, not as .{other}")),
            None => Ok(Self::File(path)),
        }
    }
}
