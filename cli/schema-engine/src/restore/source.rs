//! What there is to restore from.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use crate::database_file::{DatabaseFile, Found};
use crate::error::{Error, Result};

/// What a file to restore from is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceKind {
    /// SQL text.
    Dump,
    /// A SQLite database.
    Database,
}

/// Looks at a file, without believing its name.
pub(super) fn look(source: &Path) -> Result<SourceKind> {
    let shown = source.display();
    let unreadable = |error: io::Error| Error::failed(format!("can't read {shown}")).because(error);
    let metadata = match fs::metadata(source) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(
                Error::failed(format!("there is no file {shown}")).next("Look at the path.")
            );
        }
        Err(error) => return Err(unreadable(error)),
    };
    if metadata.is_dir() {
        return Err(Error::refused(format!("{shown} is a folder")).next("Name a file in it."));
    }
    if !metadata.is_file() {
        return Err(Error::refused(format!("{shown} is not a regular file"))
            .next("Save it to a file first, then restore from that."));
    }
    if metadata.len() == 0 {
        return Err(Error::failed(format!("{shown} is empty"))
            .next("Take another copy of the dump: this one holds nothing."));
    }
    if DatabaseFile::resolve(source)?.found()? == Found::Database {
        return Ok(SourceKind::Database);
    }
    let mut start = Vec::new();
    File::open(source)
        .and_then(|file| file.take(16).read_to_end(&mut start))
        .map_err(unreadable)?;
    match foreign_format(&start) {
        None => Ok(SourceKind::Dump),
        Some((what, advice)) => Err(Error::failed(format!("{shown} is {what}")).next(advice)),
    }
}

fn foreign_format(start: &[u8]) -> Option<(&'static str, &'static str)> {
    let formats: [(&[u8], &str, &str); 5] = [
        (b"\x1f\x8b", "compressed with gzip", "Unpack it with gunzip first."),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it with unzstd first."),
        (b"PK\x03\x04", "a zip archive", "Unpack it first."),
        (b"\xff\xfe", "UTF-16 text", "Save it as UTF-8 first."),
        (b"\xfe\xff", "UTF-16 text", "Save it as UTF-8 first."),
    ];
    if let [b'\t'..=b'~', 0, b'\t'..=b'~', 0, ..] | [0, b'\t'..=b'~', 0, b'\t'..=b'~', ..] = start {
        return Some(("UTF-16 text", "Save it as UTF-8 first."));
    }
    formats
        .into_iter()
        .find(|(magic, ..)| start.starts_with(magic))
        .map(|(_, what, advice)| (what, advice))
}

/// Opens a dump.
pub(super) fn open(source: &Path) -> Result<File> {
    File::open(source)
        .map_err(|error| Error::failed(format!("can't read {}", source.display())).because(error))
}
