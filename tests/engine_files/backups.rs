//! Safety copies.

use std::fs;

use rusqlite::Connection;
use schema_engine::ErrorKind;
use schema_engine::backup::{CopyCondition, prune, safety_copies, safety_copy};

use crate::awkward;
use crate::fingerprint::assert_same;
use crate::support::{STAMP, database, files, folder, value};

#[test]
fn a_copy_holds_all_of_an_awkward_database() {
    for pragmas in ["", "PRAGMA journal_mode=WAL; PRAGMA encoding='UTF-16le';"] {
        let folder = folder();
        let path = folder.path().join("awkward.db");
        awkward::make(&path, pragmas);
        let copy = safety_copy(&path, "test", STAMP).expect("the copy").expect("something");
        assert_eq!(copy.condition, CopyCondition::Sound);
        assert_same(&path, &copy.path);
        assert_eq!(value::<String>(&copy.path, "PRAGMA journal_mode"), "delete");
    }
}

#[test]
fn what_is_still_in_the_wal_is_copied_and_stays_there() {
    let folder = folder();
    let path = folder.path().join("live.db");
    let open = Connection::open(&path).expect("the database opens");
    open.execute_batch(
        "PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES('in the wal');",
    )
    .expect("the statements run");
    open.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES('not committed')").expect("a writer");
    let copy = safety_copy(&path, "test", STAMP).expect("the copy").expect("something");
    assert_eq!(value::<String>(&copy.path, "SELECT group_concat(a) FROM t"), "in the wal");
    assert_eq!(copy.bytes, fs::metadata(&copy.path).expect("the copy").len());
    assert!(folder.path().join("live.db-wal").exists());
    open.execute_batch("COMMIT").expect("the writer goes on");
}

#[test]
fn nothing_is_copied_of_nothing() {
    let folder = folder();
    let path = folder.path().join("missing.db");
    assert_eq!(safety_copy(&path, "test", STAMP).expect("an answer"), None);
    fs::write(&path, "").expect("the file");
    assert_eq!(safety_copy(&path, "test", STAMP).expect("an answer"), None);
    assert!(!folder.path().join("backups").exists());
}

#[test]
fn copies_are_never_overwritten_and_private() {
    let folder = folder();
    let path = folder.path().join("app.db");
    fs::write(&path, "old data").expect("the file");
    let names = [
        "app-20261123-101500-test.db",
        "app-20261123-101500-test.2.db",
        "app-20261123-101500-test.3.db",
    ];
    for name in names {
        let copy = safety_copy(&path, "test", STAMP).expect("the copy").expect("something");
        assert_eq!(copy.path.file_name(), Some(name.as_ref()));
        assert_eq!(copy.condition, CopyCondition::Bytes);
    }
    assert_eq!(files(&folder.path().join("backups")).len(), 3);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| {
            fs::metadata(path).expect("the file").permissions().mode() & 0o777
        };
        assert_eq!(mode(&folder.path().join("backups")), 0o700);
        assert_eq!(mode(&folder.path().join("backups").join(names[0])), 0o600);
    }
}

#[test]
fn only_the_copies_of_this_database_are_pruned_oldest_first() {
    let folder = folder();
    let path = database(&folder.path().join("app.db"), "CREATE TABLE t(a);");
    for stamp in ["20261123-101500", "20261123T101501Z", "20251231-235959", "20261123-101500"] {
        let _ = safety_copy(&path, "test", stamp).expect("the copy");
    }
    let backups = folder.path().join("backups");
    for other in [
        "app-2-20200101-000000-test.db",
        "app.sqlite-20200101-000000-test.db",
        "app-20200101-000000-test.sql",
        "app-20200101-test.db",
        "app-20200101-000000-test.db-wal",
        "notes.txt",
    ] {
        fs::write(backups.join(other), "mine").expect("the file");
    }
    let names = |paths: Vec<std::path::PathBuf>| -> Vec<String> {
        paths.iter().map(|path| path.file_name().expect("a name").display().to_string()).collect()
    };
    assert_eq!(
        names(safety_copies(&path).expect("the copies")),
        [
            "app-20251231-235959-test.db",
            "app-20261123-101500-test.db",
            "app-20261123-101500-test.2.db",
            "app-20261123T101501Z-test.db"
        ]
    );
    assert_eq!(
        names(prune(&path, 2).expect("the copies")),
        ["app-20251231-235959-test.db", "app-20261123-101500-test.db"]
    );
    assert_eq!(prune(&path, 2).expect("the copies"), Vec::<std::path::PathBuf>::new());
    assert_eq!(files(&backups).len(), 8);
}

#[test]
fn odd_labels_and_stamps_are_refused() {
    let folder = folder();
    let path = database(&folder.path().join("app.db"), "CREATE TABLE t(a);");
    for (label, stamp) in [
        ("", STAMP),
        ("../x", STAMP),
        ("A b", STAMP),
        ("x", ""),
        ("x", "2026"),
        ("x", "20261123-10150é"),
    ] {
        let error = safety_copy(&path, label, stamp).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Usage);
    }
    assert_eq!(files(folder.path()).len(), 1);
}

/// What a killed program left half made goes with the next copy; what is being made stays.
#[test]
#[cfg(unix)]
fn left_over_drafts_are_swept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    let backups = folder.path().join("backups");
    std::fs::create_dir(&backups).unwrap();
    let make = |name: &str, age: u64| {
        let draft = std::fs::File::create(backups.join(name)).unwrap();
        let made = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
        draft.set_modified(made).unwrap();
        draft
    };
    drop(make(".safety-copy-left.tmp", 120));
    drop(make(".safety-copy-young.tmp", 1));
    drop(make(".other-left.tmp", 120));
    let held = make(".safety-copy-held.tmp", 120);
    held.lock().unwrap();
    let copy =
        schema_engine::backup::safety_copy(&path, "test", "20261125-120000").unwrap().unwrap();
    let mut left: Vec<_> = std::fs::read_dir(&backups)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    let kept = copy.path.file_name().unwrap().to_str().unwrap();
    assert_eq!(left, [".other-left.tmp", ".safety-copy-held.tmp", ".safety-copy-young.tmp", kept]);
}

#[cfg(unix)]
#[test]
fn what_root_copies_belongs_to_the_owner_of_the_database() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let folder = folder();
    let path = database(&folder.path().join("app.db"), "CREATE TABLE t(a)");
    if chown(&path, Some(12_345), Some(12_346)).is_err() {
        eprintln!("skipped: only root can give a file away");
        return;
    }
    let copy = safety_copy(&path, "test", STAMP).expect("the copy").expect("something");
    for made in [folder.path().join("backups"), copy.path] {
        let metadata = fs::metadata(&made).expect("the file");
        assert_eq!((metadata.uid(), metadata.gid()), (12_345, 12_346), "{}", made.display());
    }
}
