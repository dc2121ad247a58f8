//! Files that are there as a whole or not at all, also after a power cut: written under a
//! temporary name in the same folder, flushed, renamed, the folder flushed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};
#[cfg(unix)]
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tempfile::{Builder, NamedTempFile, TempDir, TempPath};

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

/// Removes drafts for this purpose whose makers were killed. Whoever makes some that are swept
/// keeps them locked. One that can't be removed harms nobody.
#[cfg(unix)]
pub(crate) fn sweep(folder: &Path, purpose: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // With the sidecars that a copy has for a moment while its journal mode is set.
        let endings = [".tmp", ".tmp-journal", ".tmp-wal", ".tmp-shm"];
        let is_draft = endings.iter().any(|ending| name.ends_with(ending));
        if !name.starts_with(&format!(".{purpose}-")) || !is_draft {
            continue;
        }
        let metadata = entry.metadata();
        // One that was made just now may not be locked yet.
        let is_old = metadata
            .and_then(|it| it.modified())
            .is_ok_and(|made| made.elapsed().is_ok_and(|age| age > Duration::from_mins(1)));
        if is_old && File::open(entry.path()).is_ok_and(|draft| draft.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Elsewhere a lock would keep its own process out, too.
#[cfg(not(unix))]
pub(crate) fn sweep(_folder: &Path, _purpose: &str) {}

/// A folder of its own in this one, gone when dropped; and the file in it that is locked as long as
/// its maker lives.
pub(crate) fn draft_folder(folder: &Path, purpose: &str) -> io::Result<(TempDir, File)> {
    let made = Builder::new().prefix(&format!(".{purpose}-")).tempdir_in(folder)?;
    let lock = File::create_new(made.path().join(LOCK))?;
    lock.lock()?;
    Ok((made, lock))
}

const LOCK: &str = "lock";

/// Removes folders for this purpose whose makers were killed.
pub(crate) fn sweep_folders(folder: &Path, purpose: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_one = entry.file_name().to_string_lossy().starts_with(&format!(".{purpose}-"));
        // One without a lock in it is being made just now, or is somebody else's.
        let lock = File::open(entry.path().join(LOCK));
        if is_one && lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A draft that is flushed while it is written, in a thread of its own: in the end there is little left
/// to wait for.
pub(crate) struct Flushing<'scope> {
    file: &'scope File,
    /// How much was written since the thread was last asked to flush.
    unflushed: usize,
    requests: SyncSender<()>,
    thread: ScopedJoinHandle<'scope, io::Result<()>>,
}

impl<'scope> Flushing<'scope> {
    /// Starts the thread.
    pub(crate) fn start(scope: &'scope Scope<'scope, '_>, file: &'scope File) -> io::Result<Self> {
        // A request that comes while another waits asks for nothing more.
        let (requests, waiting) = sync_channel(1);
        let thread = thread::Builder::new()
            .name("flusher".to_owned())
            .spawn_scoped(scope, move || waiting.iter().try_for_each(|()| file.sync_data()))?;
        Ok(Self { file, unflushed: 0, requests, thread })
    }

    /// Ends the thread. An error that it met is told to nobody else: the system reports it once.
    /// <https://man7.org/linux/man-pages/man2/fsync.2.html#ERRORS>
    pub(crate) fn finish(self) -> io::Result<()> {
        drop(self.requests);
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the flushing broke off")))
    }
}

impl Write for Flushing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        const ENOUGH: usize = 16 << 20;
        let written = self.file.write(bytes)?;
        self.unflushed += written;
        if self.unflushed >= ENOUGH {
            self.unflushed = 0;
            // If the thread is over it met an error, which the end tells.
            let _ = self.requests.try_send(());
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Opens a draft as a database of its own.
pub(crate) fn connect(draft: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(draft, flags)
}

/// What kept a file from being there for good.
#[derive(Debug)]
pub(crate) enum Unpublished {
    /// It is not there, and what was there before still is.
    NotThere(io::Error),
    /// It is there as a whole, but its name may not outlive a power cut.
    NotFlushed(io::Error),
}

impl From<Unpublished> for io::Error {
    fn from(error: Unpublished) -> Self {
        match error {
            Unpublished::NotThere(error) | Unpublished::NotFlushed(error) => error,
        }
    }
}

/// Flushes a draft to the disk and gives it its name. Whoever wrote to it has closed it.
pub(crate) fn publish(
    draft: TempPath,
    target: &Path,
    existing: Existing,
) -> std::result::Result<(), Unpublished> {
    flush(&draft).map_err(Unpublished::NotThere)?;
    let renamed = match existing {
        Existing::Replace => draft.persist(target),
        Existing::Keep => draft.persist_noclobber(target),
    };
    renamed.map_err(|error| Unpublished::NotThere(error.into()))?;
    sync_folder(target).map_err(Unpublished::NotFlushed)
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

/// Sees a draft to the disk; its name is another matter.
pub(crate) fn flush(draft: &Path) -> io::Result<()> {
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

/// Makes a folder, and what is missing above it, for its owner alone. Each is there for good: what is
/// flushed in a folder whose own name is lost is lost with it.
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    let missing: Vec<_> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    missing.into_iter().filter(|made| !made.as_os_str().is_empty()).try_for_each(sync_folder)
}

/// What root makes beside a file of somebody else's becomes theirs, as SQLite's own files do: or they
/// could make no such thing again themselves. Where that can't be, it stays root's.
#[cfg(unix)]
pub(crate) fn give_away(made: &Path, beside: &Path) {
    use std::os::unix::fs::MetadataExt as _;

    const ROOT: u32 = 0;
    let made_by_root = fs::symlink_metadata(made).is_ok_and(|made| made.uid() == ROOT);
    if let (true, Ok(there)) = (made_by_root, fs::metadata(beside)) {
        let _ = keep_owner(made, &there);
    }
}

#[cfg(not(unix))]
pub(crate) fn give_away(_made: &Path, _beside: &Path) {}

/// Gives a file the owner and the group of another one, unless it has them.
#[cfg(unix)]
pub(crate) fn keep_owner(fresh: &Path, there: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};

    use rustix::fs::{Mode, OFlags};

    // What stands there itself: who may write to the folder could put a link there, to have a file of
    // somebody else's given to them.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let fresh = File::from(rustix::fs::open(fresh, flags, Mode::empty())?);
    let now = fresh.metadata()?;
    let differs = |new: u32, old: u32| (new != old).then_some(old);
    match (differs(now.uid(), there.uid()), differs(now.gid(), there.gid())) {
        (None, None) => Ok(()),
        (owner, group) => fchown(&fresh, owner, group),
    }
}

#[cfg(not(unix))]
pub(crate) fn keep_owner(_fresh: &Path, _there: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Removes a file that may not be there.
pub(crate) fn remove_if_there(file: &Path) -> io::Result<bool> {
    match fs::remove_file(file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    #[test]
    fn what_cant_be_flushed_while_it_is_written_is_an_error() {
        use super::Flushing;
        use std::fs::File;
        use std::io::Write as _;

        // Takes everything, and knows no flushing.
        let file = File::options().write(true).open("/dev/null").unwrap();
        std::thread::scope(|scope| {
            let mut flushing = Flushing::start(scope, &file).unwrap();
            let piece = vec![0; 1 << 20];
            for _ in 0..20 {
                flushing.write_all(&piece).unwrap();
            }
            assert!(flushing.finish().is_err());
            Flushing::start(scope, &file).unwrap().finish().unwrap();
        });
    }
}
