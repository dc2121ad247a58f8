//! Has the system read a file from the disk before it is asked for it.
//!
//! Who checks a database goes along its trees, whose pages lie all over the file: as long as they
//! aren't in memory, each costs a wait for the disk. Read from begin to end the file is there many
//! times sooner.
//!
//! SQLite's own handle is used (<https://www.sqlite.org/c3ref/io_methods.html>): if another one of
//! this process were closed, its locks on the file would be gone.

#![expect(unsafe_code, reason = "SQLite gives its handle of a file as a pointer")]

use std::ffi::{c_int, c_void};
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, ffi};

/// Smaller files aren't worth a thread, in bytes.
const LEAST: u64 = 4 << 20;

/// Of a larger file only the begin is read, or one part would drive the other out of memory again.
const MOST: u64 = 1 << 30;

/// How much is read at once.
const STRETCH: usize = 1 << 20;

/// A look at the begin of a stretch: if that takes no longer than this, all of it is taken to be in
/// memory.
const LOOK: usize = 4096;
const FROM_MEMORY: Duration = Duration::from_micros(20);

/// Reads until it is dropped, or done.
pub(crate) struct ReadAhead {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ReadAhead {
    /// Begins with the main file of a connection. A database in memory has none.
    pub(crate) fn start(connection: &Connection) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let path = connection.path().filter(|path| !path.is_empty()).map(PathBuf::from);
        let path = path.filter(|path| path.metadata().is_ok_and(|found| found.len() >= LEAST));
        let thread = path.and_then(|path| {
            let stop = Arc::clone(&stop);
            let thread = thread::Builder::new().name("read ahead".to_owned());
            // Nothing depends on it: whoever needs what can't be read will hear of it.
            thread.spawn(move || drop(read(&path, &stop))).ok()
        });
        Self { stop, thread }
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It can't panic, and has no result.
            let _ = thread.join();
        }
    }
}

/// Answers with how much was looked at, in bytes.
fn read(path: &Path, stop: &AtomicBool) -> rusqlite::Result<u64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let mut room = vec![0; STRETCH];
    let mut place = 0;
    while place < MOST && !stop.load(Ordering::Relaxed) {
        let (look, rest) = room.split_at_mut(LOOK);
        let started = Instant::now();
        if !read_at(&connection, look, place)? {
            break;
        }
        if started.elapsed() > FROM_MEMORY && !read_at(&connection, rest, place + LOOK as u64)? {
            break;
        }
        place += STRETCH as u64;
    }
    Ok(place)
}

/// Fills the room with what is in the file at this place, unless the file ends before.
fn read_at(connection: &Connection, room: &mut [u8], place: u64) -> rusqlite::Result<bool> {
    let (Ok(length), Ok(place)) = (c_int::try_from(room.len()), i64::try_from(place)) else {
        return Ok(false);
    };
    let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
    // SAFETY: the connection is open, and this control writes one pointer to where it is told.
    let code = unsafe {
        ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_FILE_POINTER,
            (&raw mut file).cast::<c_void>(),
        )
    };
    // SAFETY: it stays valid as long as the connection, and has no methods if it isn't open.
    let methods = unsafe { file.as_ref().and_then(|file| file.pMethods.as_ref()) };
    let (ffi::SQLITE_OK, Some(read)) = (code, methods.and_then(|methods| methods.xRead)) else {
        return Ok(false);
    };
    // SAFETY: the room is as long as is told, and no other thread has this connection.
    match unsafe { read(file, room.as_mut_ptr().cast(), length, place) } {
        ffi::SQLITE_OK => Ok(true),
        ffi::SQLITE_IOERR_SHORT_READ => Ok(false),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::{LEAST, LOOK, ReadAhead, STRETCH, read, read_at};
    use rusqlite::Connection;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::AtomicBool;

    /// A database of some megabytes, with a connection that holds a lock on it.
    fn locked(folder: &Path) -> (PathBuf, Connection) {
        let path = folder.join("a.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(6000000)); BEGIN IMMEDIATE",
            )
            .unwrap();
        (path, connection)
    }

    #[test]
    fn the_file_is_read_to_its_end_or_until_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _connection) = locked(folder.path());
        let length = path.metadata().unwrap().len();
        let looked_at = read(&path, &AtomicBool::new(false)).unwrap();
        assert!(looked_at.abs_diff(length) <= STRETCH as u64, "{looked_at} of {length}");
        assert_eq!(read(&path, &AtomicBool::new(true)).unwrap(), 0);
        assert!(read(&folder.path().join("none.db"), &AtomicBool::new(false)).is_err());
    }

    #[test]
    fn what_is_read_is_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (path, connection) = locked(folder.path());
        let file = std::fs::read(&path).unwrap();
        let mut room = vec![0; LOOK];
        assert!(read_at(&connection, &mut room, LOOK as u64).unwrap());
        assert!(room == file[LOOK..2 * LOOK]);
        assert!(!read_at(&connection, &mut room, file.len() as u64 - 1).unwrap());
        let in_memory = Connection::open_in_memory().unwrap();
        assert!(!read_at(&in_memory, &mut room, 0).unwrap());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn locks_of_this_process_stay() {
        use std::os::unix::fs::MetadataExt as _;

        let folder = tempfile::tempdir().unwrap();
        let (path, connection) = locked(folder.path());
        let metadata = path.metadata().unwrap();
        assert!(metadata.len() > LEAST);
        // `1: POSIX  ADVISORY  WRITE 4711 fe:00:265 1073741825 1073741825`
        let inode = format!(":{} ", metadata.ino());
        let is_listed = || std::fs::read_to_string("/proc/locks").unwrap().contains(&inode);
        // The list is read piece by piece, and may lack a lock while others come and go.
        let is_locked = || (0..100).any(|_| is_listed());
        // Not every file system lists its locks by the number that it tells of a file.
        if !is_locked() {
            return;
        }
        drop(ReadAhead::start(&connection));
        assert!(is_locked());
    }
}
