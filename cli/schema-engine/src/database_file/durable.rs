//! Files that are there as a whole or not at all, also after a power cut: written under a
//! temporary name in the same folder, flushed, renamed, the folder flushed.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use tempfile::{Builder, NamedTempFile, TempPath};

/// Whether a file may take the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    Replace,
    Keep,
}

/// An empty file of its own in this folder, readable by its owner alone, gone when dropped.
pub(crate) fn draft(folder: &Path, purpose: &str) -> io::Result<NamedTempFile> {
    Builder::new().prefix(&format!(".{purpose}-")).suffix(".tmp").tempfile_in(folder)
}

/// Opens a draft as a database of its own.
pub(crate) fn connect(draft: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(draft, flags)
}

/// Flushes a draft to the disk and gives it its name. Whoever wrote to it has closed it.
pub(crate) fn publish(draft: TempPath, target: &Path, existing: Existing) -> io::Result<()> {
    flush(&draft)?;
    match existing {
        Existing::Replace => draft.persist(target)?,
        Existing::Keep => draft.persist_noclobber(target)?,
    }
    sync_folder(target)
}

/// Like [`publish`] under a name that must be free; gives the draft back if it isn't.
pub(crate) fn publish_new(
    draft: TempPath,
    target: &Path,
) -> std::result::Result<(), (io::Error, Option<TempPath>)> {
    flush(&draft).map_err(|error| (error, None))?;
    match draft.persist_noclobber(target) {
        Ok(()) => sync_folder(target).map_err(|error| (error, None)),
        Err(error) => Err((error.error, Some(error.path))),
    }
}

fn flush(draft: &Path) -> io::Result<()> {
    // Write access, because Windows flushes no other handle.
    File::options().write(true).open(draft)?.sync_all()
}

/// Makes names in the folder of this file durable.
pub(crate) fn sync_folder(file: &Path) -> io::Result<()> {
    // Elsewhere a folder can't be opened as a file.
    #[cfg(unix)]
    if let Some(folder) = file.parent() {
        File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?
            .sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Makes a folder, and what is missing above it, for its owner alone.
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes a file that may not be there.
pub(crate) fn remove_if_there(file: &Path) -> io::Result<bool> {
    match fs::remove_file(file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
