//! How safety copies are named, and which files count as one.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use crate::database_file::DatabaseFile;
use crate::error::{Error, Result};

/// The folder for the copies of this database.
pub(crate) fn folder(file: &DatabaseFile) -> PathBuf {
    file.folder().join("backups")
}

/// `<name>-<stamp>-<label>`, to which a number and a suffix come.
#[derive(Debug, Clone)]
pub(crate) struct CopyName {
    file: DatabaseFile,
    folder: PathBuf,
    start: OsString,
}

impl CopyName {
    pub(super) fn new(file: &DatabaseFile, stamp: &str, label: &str) -> Result<Self> {
        if split_stamp(stamp).is_none_or(|rest| !rest.is_empty()) {
            return Err(Error::usage(format!("`{stamp}` is no time stamp like 20261123-101500")));
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if label.is_empty() || !label.bytes().all(plain) {
            return Err(Error::usage(format!("`{label}` can't be part of a file name"))
                .next("Use lower-case letters, digits and `-`."));
        }
        let mut start = stem(file);
        start.push(format!("-{stamp}-{label}"));
        Ok(Self { file: file.clone(), folder: folder(file), start })
    }

    /// The highest number among the copies of the same second, 0 where there is none. A copy with
    /// a lower one would pass for an older copy, and be the first to go.
    pub(super) fn highest_number(&self) -> usize {
        let age = |name: &OsStr| age(&self.file, name);
        let mut own = self.start.clone();
        own.push(".db");
        let Some((second, _)) = age(&own) else { return 0 };
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| age(&entry.file_name()))
            .filter(|(other, _)| *other == second)
            .map(|(_, number)| number as usize)
            .max()
            .unwrap_or(0)
    }

    /// The folder the copy goes to.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Paths to try, the plain one first, then numbered.
    pub(super) fn candidates(&self, suffix: &str) -> impl Iterator<Item = PathBuf> {
        (1_u32..10_000).map(move |number| {
            let mut name = self.start.clone();
            if number > 1 {
                name.push(format!(".{number}"));
            }
            name.push(suffix);
            self.folder.join(name)
        })
    }
}

/// What orders the copies of a database by age, or `None` for any other file.
pub(super) fn age(file: &DatabaseFile, name: &OsStr) -> Option<(String, u32)> {
    let rest = name.as_encoded_bytes().strip_prefix(stem(file).as_encoded_bytes())?;
    let rest = std::str::from_utf8(rest).ok()?.strip_prefix('-')?;
    let after = split_stamp(rest)?;
    let digits = rest[..rest.len() - after.len()].bytes().filter(u8::is_ascii_digit);
    let label = after.strip_prefix('-')?.strip_suffix(".db")?;
    let number = match label.split_once('.') {
        None => 1,
        Some((_, number)) => number.parse().ok()?,
    };
    Some((digits.map(char::from).collect(), number))
}

/// What was about to happen when a copy was made: the label in its name.
pub(super) fn reason(file: &DatabaseFile, name: &OsStr) -> Option<String> {
    let rest = name.as_encoded_bytes().strip_prefix(stem(file).as_encoded_bytes())?;
    let rest = std::str::from_utf8(rest).ok()?.strip_prefix('-')?;
    let label = split_stamp(rest)?.strip_prefix('-')?.strip_suffix(".db")?;
    Some(label.split_once('.').map_or(label, |(label, _)| label).to_owned())
}

/// `app` for `app.db`, but `app.sqlite` for `app.sqlite`: two databases in a folder share no copies.
fn stem(file: &DatabaseFile) -> OsString {
    let path = file.path();
    let whole = path.file_name().unwrap_or_default();
    match path.extension() {
        Some(extension) if extension == "db" => path.file_stem().unwrap_or(whole).to_owned(),
        _ => whole.to_owned(),
    }
}

/// What follows a stamp at the start of a text: `20261123-101500`, `20261123T101500Z`, …
fn split_stamp(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let well_formed = bytes.len() >= 15
        && matches!(bytes[8], b'-' | b'_' | b'T')
        && bytes[..15].iter().enumerate().all(|(at, byte)| at == 8 || byte.is_ascii_digit());
    if !well_formed {
        return None;
    }
    let rest = &text[15..];
    Some(rest.strip_prefix('Z').unwrap_or(rest))
}
