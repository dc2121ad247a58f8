//! Who has a file open, as far as the system tells.

use std::fmt;
use std::path::PathBuf;

/// A process that has a file open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Its number.
    pid: u32,
    /// The name of its program.
    program: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == std::process::id() {
            return f.write_str("this very program");
        }
        write!(f, "process {} ({})", self.pid, self.program)
    }
}

/// All but this process.
pub(crate) fn others(holders: &[Holder]) -> Vec<Holder> {
    holders.iter().filter(|holder| holder.pid != std::process::id()).cloned().collect()
}

/// The processes for a message.
pub(crate) fn names(holders: &[Holder]) -> String {
    holders.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Those that hold a lock for writing on one of these files, or all of them where the system
/// doesn't say. SQLite's locks are the kernel's: they are gone when the process is.
#[cfg(target_os = "linux")]
pub(crate) fn writers(holders: Vec<Holder>, files: &[PathBuf]) -> Vec<Holder> {
    use std::os::unix::fs::MetadataExt as _;

    let inodes: Vec<String> = files
        .iter()
        .filter_map(|file| std::fs::metadata(file).ok())
        .map(|metadata| format!(":{}", metadata.ino()))
        .collect();
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    // `1: POSIX  ADVISORY  WRITE 4711 fe:00:265 1073741825 1073741825`
    let writing: Vec<u32> = locks
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|parts| parts.get(3) == Some(&"WRITE"))
        .filter(|parts| {
            parts.get(5).is_some_and(|place| inodes.iter().any(|inode| place.ends_with(inode)))
        })
        .filter_map(|parts| parts.get(4)?.parse().ok())
        .collect();
    let found: Vec<_> =
        holders.iter().filter(|holder| writing.contains(&holder.pid)).cloned().collect();
    if found.is_empty() { holders } else { found }
}

/// Those that hold a lock for writing; only Linux tells them from the others.
#[cfg(not(target_os = "linux"))]
pub(crate) fn writers(holders: Vec<Holder>, _files: &[PathBuf]) -> Vec<Holder> {
    holders
}

/// Who has one of these files open. Processes of other users and of other containers stay unseen,
/// and only Linux tells at all.
#[cfg(not(target_os = "linux"))]
pub(crate) fn of(_files: &[PathBuf]) -> Vec<Holder> {
    Vec::new()
}

/// Who has one of these files open. Processes of other users and of other containers stay unseen.
///
/// An idle connection in rollback-journal mode holds no lock, so SQLite can't see it; its open
/// file can be seen. Nothing is opened here, only looked at.
#[cfg(target_os = "linux")]
pub(crate) fn of(files: &[PathBuf]) -> Vec<Holder> {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;

    let wanted: Vec<(u64, u64)> = files
        .iter()
        .filter_map(|file| fs::metadata(file).ok())
        .map(|metadata| (metadata.dev(), metadata.ino()))
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let has_it_open = fs::read_dir(process.path().join("fd"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|handle| fs::metadata(handle.path()).ok())
            .any(|metadata| wanted.contains(&(metadata.dev(), metadata.ino())));
        if has_it_open {
            let program = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            found.push(Holder { pid, program: program.trim().to_owned() });
        }
    }
    found.sort_by_key(|holder| holder.pid);
    found
}
