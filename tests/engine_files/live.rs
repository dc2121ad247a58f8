//! Restores over a database that is there, and perhaps in use.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use schema_engine::backup::CopyCondition;
use schema_engine::restore::{RestoreOptions, load, restore};

use crate::fingerprint::{assert_same, fingerprint};
use crate::support::{STAMP, database, dump_to, files, folder, restore_now, told, value};

const OLD: &str = "CREATE TABLE t(a); INSERT INTO t VALUES('old');";

/// A dump of a database whose table `t` holds `new`.
fn new_content(folder: &Path) -> PathBuf {
    let path =
        database(&folder.join("source.db"), "CREATE TABLE t(a); INSERT INTO t VALUES('new');");
    let dump = folder.join("source.sql");
    let _ = dump_to(&path, &dump).expect("the dump");
    fs::remove_file(path).expect("the file");
    dump
}

fn names(folder: &Path) -> Vec<String> {
    files(folder)
        .into_keys()
        .map(|path| path.strip_prefix(folder).expect("a path within").display().to_string())
        .collect()
}

#[test]
fn an_open_connection_sees_the_new_content() {
    for journal_mode in ["WAL", "DELETE", "TRUNCATE", "PERSIST"] {
        let folder = folder();
        let dump = new_content(folder.path());
        let live = folder.path().join("live.db");
        let open = Connection::open(&live).expect("the database opens");
        open.execute_batch(&format!("PRAGMA journal_mode={journal_mode}; {OLD}"))
            .expect("the statements run");
        let old = fingerprint(&live);
        let content =
            || open.query_row("SELECT a FROM t", [], |row| row.get::<_, String>(0)).expect("a row");
        assert_eq!(content(), "old");
        let report = restore_now(&live, &dump).expect("the restore");
        assert_eq!(content(), "new");
        open.execute_batch("INSERT INTO t VALUES('more')").expect("it can still write");
        let mode: String =
            open.query_row("PRAGMA journal_mode", [], |row| row.get(0)).expect("the mode");
        assert_eq!(mode.to_uppercase(), journal_mode);
        drop(open);
        assert_eq!(value::<String>(&live, "SELECT group_concat(a) FROM t"), "new,more");
        let copy = report.safety_copy.expect("a safety copy");
        assert_eq!(copy.condition, CopyCondition::Sound);
        assert_eq!(fingerprint(&copy.path), old);
    }
}

#[test]
fn a_reader_keeps_what_it_began_with_in_wal_mode() {
    let folder = folder();
    let dump = new_content(folder.path());
    let live = database(&folder.path().join("live.db"), &format!("PRAGMA journal_mode=WAL; {OLD}"));
    let reader = Connection::open(&live).expect("the database opens");
    reader.execute_batch("BEGIN").expect("a transaction");
    let content =
        || reader.query_row("SELECT a FROM t", [], |row| row.get::<_, String>(0)).expect("a row");
    assert_eq!(content(), "old");
    let _ = restore_now(&live, &dump).expect("the restore");
    assert_eq!(content(), "old");
    reader.execute_batch("COMMIT").expect("the end");
    assert_eq!(content(), "new");
}

#[test]
fn a_locked_database_is_left_alone_and_the_error_says_so() {
    for (journal_mode, lock) in [
        ("WAL", "BEGIN IMMEDIATE"),
        ("DELETE", "BEGIN IMMEDIATE"),
        ("DELETE", "BEGIN; SELECT * FROM t"),
    ] {
        let folder = folder();
        let dump = new_content(folder.path());
        let live = database(
            &folder.path().join("live.db"),
            &format!("PRAGMA journal_mode={journal_mode}; {OLD}"),
        );
        let other = Connection::open(&live).expect("the database opens");
        other.execute_batch(lock).expect("the lock");
        let mut options = RestoreOptions::new(STAMP);
        options.lock_timeout = Duration::from_millis(200);
        let error = restore(&live, &dump, &options).expect_err("locked");
        assert!(told(&error).contains("using it"), "{}", told(&error));
        assert_eq!(error.data_state(), Some("The database is unchanged."));
        other.execute_batch("ROLLBACK").expect("the end");
        drop(other);
        assert_eq!(value::<String>(&live, "SELECT group_concat(a) FROM t"), "old");
        assert_eq!(names(folder.path()), ["live.db", "source.sql"]);
    }
}

#[test]
fn pages_of_another_size_fit() {
    for (live_mode, size) in [("WAL", 1024), ("DELETE", 65536), ("WAL", 65536), ("DELETE", 512)] {
        let folder = folder();
        let dump = new_content(folder.path());
        let live = database(
            &folder.path().join("live.db"),
            &format!("PRAGMA page_size={size}; PRAGMA journal_mode={live_mode}; {OLD}"),
        );
        let idle = Connection::open(&live).expect("the database opens");
        idle.query_row("SELECT a FROM t", [], |_| Ok(())).expect("a row");
        let _ = restore_now(&live, &dump).expect("the restore");
        let content: String =
            idle.query_row("SELECT a FROM t", [], |row| row.get(0)).expect("a row");
        assert_eq!(content, "new");
        assert_eq!(value::<String>(&live, "PRAGMA integrity_check"), "ok");
    }
}

#[test]
fn a_file_that_is_no_database_is_replaced_and_kept() {
    let folder = folder();
    let dump = new_content(folder.path());
    let live = folder.path().join("live.db");
    fs::write(&live, "old data").expect("the file");
    fs::write(folder.path().join("live.db-wal"), "left over").expect("the file");
    let report = restore_now(&live, &dump).expect("the restore");
    assert_eq!(value::<String>(&live, "SELECT a FROM t"), "new");
    let copy = report.safety_copy.expect("a safety copy");
    assert_eq!(copy.condition, CopyCondition::Bytes);
    assert_eq!(fs::read(&copy.path).expect("the copy"), b"old data");
    assert_eq!(fs::read(&report.set_aside[0]).expect("the copy"), b"left over");
    assert!(!folder.path().join("live.db-wal").exists());
}

#[test]
fn a_left_over_wal_does_not_undo_a_restore() {
    let folder = folder();
    let dump = new_content(folder.path());
    let live = folder.path().join("live.db");
    // The WAL of a database that was deleted while a program had it open.
    let open = Connection::open(&live).expect("the database opens");
    open.execute_batch(&format!("PRAGMA journal_mode=WAL; {OLD}")).expect("the statements run");
    let wal = fs::read(folder.path().join("live.db-wal")).expect("the file");
    drop(open);
    fs::remove_file(&live).expect("the file");
    fs::write(folder.path().join("live.db-wal"), &wal).expect("the file");
    let report = restore_now(&live, &dump).expect("the restore");
    assert_eq!(value::<String>(&live, "SELECT a FROM t"), "new");
    assert_eq!(fs::read(&report.set_aside[0]).expect("the copy"), wal);
}

#[test]
fn a_damaged_database_can_be_restored_over() {
    for (offset, length) in [(0, 100), (100, 900), (16, 2), (4096, 300), (28, 60)] {
        let folder = folder();
        let dump = new_content(folder.path());
        let live = database(&folder.path().join("live.db"), OLD);
        let mut bytes = fs::read(&live).expect("the file");
        bytes[offset..offset + length].fill(0x5a);
        fs::write(&live, &bytes).expect("the file");
        let report =
            restore_now(&live, &dump).unwrap_or_else(|error| panic!("{offset}: {}", told(&error)));
        assert_eq!(value::<String>(&live, "SELECT a FROM t"), "new");
        let copy = report.safety_copy.expect("a safety copy");
        assert_ne!(copy.condition, CopyCondition::Sound, "{offset}");
        assert_eq!(fs::metadata(&copy.path).expect("the copy").len(), bytes.len() as u64);
    }
}

#[test]
fn an_empty_file_is_an_empty_database() {
    let folder = folder();
    let dump = new_content(folder.path());
    let live = folder.path().join("live.db");
    fs::write(&live, "").expect("the file");
    let open = Connection::open(&live).expect("the database opens");
    let report = restore_now(&live, &dump).expect("the restore");
    assert_eq!(report.safety_copy, None);
    assert_eq!(
        open.query_row("SELECT a FROM t", [], |row| row.get::<_, String>(0)).expect("a row"),
        "new"
    );
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    let folder = folder();
    let dump = new_content(folder.path());
    fs::create_dir(folder.path().join("real")).expect("a folder");
    let real = database(&folder.path().join("real/app.db"), OLD);
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("the mode");
    let inode = fs::metadata(&real).expect("the file").ino();
    let link = folder.path().join("link.db");
    symlink("real/app.db", &link).expect("a link");
    let report = restore_now(&link, &dump).expect("the restore");
    assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
    assert_eq!(fs::metadata(&real).expect("the file").permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::metadata(&real).expect("the file").ino(), inode);
    assert_eq!(value::<String>(&real, "SELECT a FROM t"), "new");
    let copy = report.safety_copy.expect("a safety copy").path;
    assert_eq!(
        copy,
        fs::canonicalize(folder.path())
            .expect("the path")
            .join(format!("real/backups/app-{STAMP}-before-restore.db"))
    );

    // A link to a place where nothing is yet.
    let dangling = folder.path().join("dangling.db");
    symlink("real/new.db", &dangling).expect("a link");
    let _ = restore_now(&dangling, &dump).expect("the restore");
    assert!(fs::symlink_metadata(&dangling).expect("the link").is_symlink());
    let made = folder.path().join("real/new.db");
    assert_eq!(fs::metadata(&made).expect("the file").permissions().mode() & 0o777, 0o600);
    assert_eq!(value::<String>(&made, "SELECT a FROM t"), "new");
}

#[cfg(unix)]
#[test]
fn a_file_that_is_replaced_keeps_its_owner() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let folder = folder();
    let fresh = new_content(folder.path());
    let live = folder.path().join("live.db");
    fs::write(&live, "no database").expect("the file");
    if chown(&live, Some(12_345), Some(12_346)).is_err() {
        eprintln!("skipped: only root can give a file away");
        return;
    }
    let _ = restore_now(&live, &fresh).expect("the restore");
    let metadata = fs::metadata(&live).expect("the file");
    assert_eq!((metadata.uid(), metadata.gid()), (12_345, 12_346));
}

#[test]
fn what_is_loaded_can_be_looked_at_and_dropped() {
    let folder = folder();
    let dump = new_content(folder.path());
    let live = database(&folder.path().join("live.db"), OLD);
    let before = files(folder.path());
    let loaded = load(&live, &dump, &RestoreOptions::new(STAMP)).expect("it loads");
    assert_eq!((loaded.tables(), loaded.rows()), (1, 1));
    assert_eq!(value::<String>(loaded.database(), "SELECT a FROM t"), "new");
    drop(loaded);
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_restore_makes_the_folder_it_needs() {
    let folder = folder();
    let dump = new_content(folder.path());
    let live = folder.path().join("data/deep/app.db");
    let _ = restore_now(&live, &dump).expect("the restore");
    assert_eq!(value::<String>(&live, "SELECT a FROM t"), "new");
}

#[test]
fn odd_paths_work() {
    for name in ["file:x?mode=ro", "a b%41#[1]?.db", "-wal", ":memory:", "é'\"", "no-extension"] {
        let folder = folder();
        let dump = new_content(folder.path());
        let live = folder.path().join(name);
        let _ = restore_now(&live, &dump).expect(name);
        let _ = restore_now(&live, &dump).expect(name);
        assert!(live.is_file(), "{name}");
        let again = folder.path().join("again.sql");
        let _ = dump_to(&live, &again).expect(name);
        assert_eq!(
            fs::read(&again).expect("the dump"),
            fs::read(&dump).expect("the dump"),
            "{name}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_no_text_works() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = folder();
    let dump = new_content(folder.path());
    let live = folder.path().join(std::ffi::OsStr::from_bytes(b"\xff\xfe.db"));
    let _ = restore_now(&live, &dump).expect("the restore");
    let report = restore_now(&live, &dump).expect("the restore");
    assert_same(&live, &report.safety_copy.expect("a safety copy").path);
}
