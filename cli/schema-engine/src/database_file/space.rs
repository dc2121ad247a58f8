//! How much room there is on the disk that a database lies on.

use crate::amount::size;
use crate::database_file::DatabaseFile;
use crate::error::{Error, Result};
use std::fs;
use std::path::Path;

/// What a change needs and what there is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Space {
    /// For the safety copy.
    pub(crate) copy: u64,
    /// For the change itself, if everything is built anew: once beside the old, once in the
    /// journal.
    pub(crate) change: u64,
    /// What the user may still write, where the system tells.
    pub(crate) free: Option<u64>,
}

/// Whether there is a copy to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copying {
    Yes,
    No,
}

impl Space {
    /// What a change of a database needs.
    pub(crate) fn of(file: &DatabaseFile, copying: Copying) -> Self {
        let bytes = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
        let database = bytes(file.path()) + bytes(&file.sidecar("-wal"));
        Self {
            copy: if copying == Copying::Yes { database } else { 0 },
            change: 2 * database,
            free: free(file.folder()),
        }
    }

    /// Refuses what can't fit; gives a note where it may not fit.
    pub(crate) fn check(&self) -> Result<Option<String>> {
        let Some(free) = self.free else { return Ok(None) };
        if free < self.copy {
            return Err(Error::failed("the disk is too full for a safety copy")
                .because(format!("it takes {}, and {} are free", size(self.copy), size(free)))
                .state("The database is unchanged.")
                .next("Free some space and run this again."));
        }
        if free >= self.copy + self.change {
            return Ok(None);
        }
        Ok(Some(format!(
            "{} are free on the disk; if every table is built anew, up to {} are needed. If it gets full, everything is rolled back",
            size(free),
            size(self.copy + self.change)
        )))
    }
}

/// Refuses a private copy that can't fit into the folder for temporary files.
pub(crate) fn check_temporary(folder: &Path, needed: u64) -> Result<()> {
    match free(folder) {
        Some(free) if free < needed => {
            let place = folder.parent().unwrap_or(folder).display();
            Err(Error::failed("there is no room for a private copy to look at")
                .because(format!(
                    "it takes {}, and {} are free in {place}",
                    size(needed),
                    size(free)
                ))
                .next("Set TMPDIR to a folder on another disk, or free some space."))
        }
        _ => Ok(()),
    }
}

/// What may still be written to the disk of a folder.
#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

#[cfg(not(unix))]
fn free(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::{Copying, Space, check_temporary};
    use crate::database_file::DatabaseFile;

    #[test]
    fn a_private_copy_that_cant_fit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        check_temporary(folder.path(), 1).unwrap();
        if cfg!(unix) {
            let error = check_temporary(folder.path(), u64::MAX).unwrap_err();
            assert!(error.next_steps().concat().contains("TMPDIR"), "{error}");
        }
    }

    #[test]
    fn what_cannot_fit_is_refused_and_what_may_not_fit_is_said() {
        let space = |free| Space { copy: 10_000, change: 20_000, free };
        assert_eq!(space(None).check().unwrap(), None);
        assert_eq!(space(Some(30_000)).check().unwrap(), None);
        let note = space(Some(29_999)).check().unwrap().unwrap();
        assert!(note.contains("30 kB are free") && note.contains("up to 30 kB"), "{note}");
        let error = space(Some(9_999)).check().unwrap_err();
        assert_eq!(error.to_string(), "the disk is too full for a safety copy");
        assert_eq!(error.data_state(), Some("The database is unchanged."));
    }

    #[test]
    fn a_database_needs_as_much_as_it_and_its_wal_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        std::fs::write(&path, [0; 700]).unwrap();
        std::fs::write(folder.path().join("app.db-wal"), [0; 300]).unwrap();
        let file = DatabaseFile::resolve(&path).unwrap();
        let space = Space::of(&file, Copying::Yes);
        assert_eq!((space.copy, space.change), (1000, 2000));
        assert_eq!(Space::of(&file, Copying::No).copy, 0);
        if cfg!(unix) {
            assert!(space.free.is_some_and(|free| free > 0));
        }
    }
}
