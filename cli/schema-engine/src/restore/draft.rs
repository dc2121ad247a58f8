//! The temporary database that a restore fills, beside the place it is meant for.
//!
//! Its file is locked for as long as the restore goes on. The lock goes with the process, so a file
//! that can be locked was left behind, by a power cut for one, and the next restore removes it.
//! <https://man7.org/linux/man-pages/man2/flock.2.html>

use std::fs::File;

use tempfile::TempPath;

use crate::database_file::{DatabaseFile, durable};
use crate::error::{Error, Result};

/// What the names of these files begin with.
const PURPOSE: &str = "restore";

/// A file that is filled; it goes away when dropped.
#[derive(Debug)]
pub(super) struct Draft {
    // In this order: closing any handle of a database lets go SQLite's locks on it.
    pub(super) path: TempPath,
    pub(super) lock: Option<File>,
}

impl Draft {
    /// Sees what was loaded to the disk, so that the end needn't wait for it. By way of the handle
    /// that holds the lock, for closing another would let go SQLite's locks; nothing where there is none.
    pub(super) fn flush(&self) -> Result<()> {
        let flushed = self.lock.as_ref().map_or(Ok(()), File::sync_data);
        flushed.map_err(|error| {
            Error::failed(format!("can't write {}", self.path.display()))
                .because(error)
                .next("Look at the disk.")
        })
    }
}

/// Makes an empty one.
pub(super) fn draft(file: &DatabaseFile) -> Result<Draft> {
    let made = durable::private_folder(file.folder())
        .and_then(|()| durable::draft(file.folder(), PURPOSE))
        .map_err(|error| {
            Error::failed(format!("can't write to the folder {}", file.folder().display()))
                .because(error)
                .next("Look at the permissions of the folder and at the room on the disk.")
        })?;
    let (handle, path) = made.into_parts();
    // Elsewhere a lock would keep SQLite out, too.
    let is_locked = cfg!(unix) && handle.try_lock().is_ok();
    Ok(Draft { path, lock: is_locked.then_some(handle) })
}

/// Removes what restores of this database left behind when they were killed.
pub(crate) fn sweep(file: &DatabaseFile) {
    durable::sweep(file.folder(), PURPOSE);
}
