//! Taking a database away.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use schema_engine::ErrorKind;
use schema_engine::backup::CopyCondition;
use schema_engine::reset::{BeforeReset, reset};

use crate::support::{STAMP, database, files, folder, told, value};

const KEEP: BeforeReset<'_> = BeforeReset::KeepCopy { now_stamp: STAMP };

#[test]
fn a_database_goes_with_its_files_and_a_copy_stays() {
    for mode in ["WAL", "DELETE", "PERSIST"] {
        let folder = folder();
        let path = folder.path().join("app.db");
        let open = Connection::open(&path).expect("the database opens");
        open.execute_batch(&format!(
            "PRAGMA journal_mode={mode}; CREATE TABLE t(a); INSERT INTO t VALUES('x');"
        ))
        .expect("the statements run");
        // As after a crash: the newest data is in the WAL alone.
        let crashed = folder.path().join("crashed.db");
        for end in ["", "-wal", "-journal"] {
            let _ = fs::copy(
                folder.path().join(format!("app.db{end}")),
                format!("{}{end}", crashed.display()),
            );
        }
        drop(open);
        let report = reset(&crashed, KEEP).unwrap_or_else(|error| panic!("{}", told(&error)));
        let copy = report.safety_copy.expect("a safety copy");
        assert_eq!(copy.condition, CopyCondition::Sound);
        assert_eq!(value::<String>(&copy.path, "SELECT a FROM t"), "x");
        assert!(report.removed.contains(&crashed));
        let left: Vec<_> = files(folder.path())
            .into_keys()
            .filter(|path| path.to_string_lossy().contains("crashed.db"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn a_missing_database_is_fine() {
    let folder = folder();
    let report = reset(&folder.path().join("app.db"), KEEP).expect("nothing to do");
    assert_eq!((report.removed.len(), report.safety_copy), (0, None));
    assert!(files(folder.path()).is_empty());
}

#[test]
fn files_that_are_no_database_go_too() {
    for content in [&b"old data"[..], b"", b"SQLite format 3\0junk"] {
        let folder = folder();
        let path = folder.path().join("app.db");
        fs::write(&path, content).expect("the file");
        fs::write(folder.path().join("app.db-journal"), "").expect("the file");
        let report = reset(&path, KEEP).expect("the reset");
        assert_eq!(report.removed.len(), 2);
        let kept: Vec<Vec<u8>> = files(folder.path()).into_values().collect();
        assert_eq!(kept.len(), usize::from(!content.is_empty()));
        assert!(kept.iter().all(|bytes| bytes == content));
    }
}

/// Runs that were killed leave these; what somebody has locked is in use.
#[cfg(unix)]
#[test]
fn what_killed_runs_left_goes_too() {
    let folder = folder();
    let path = database(&folder.path().join("app.db"), "CREATE TABLE t(a);");
    let place = |name: &str| folder.path().join(name);
    for (name, file) in [(".rehearsal-dead", "rehearsal.db"), (".rehearsal-alive", "rehearsal.db")]
    {
        fs::create_dir(place(name)).expect("a folder");
        fs::write(place(name).join(file), "rows").expect("a file");
        fs::write(place(name).join("lock"), "").expect("a file");
    }
    let lives = fs::File::open(place(".rehearsal-alive/lock")).expect("the lock");
    lives.lock().expect("a lock");
    fs::write(place(".app.db-running"), "upgrade\nbase\nm1\n").expect("a file");
    fs::write(place(".step-back-dead.tmp"), "").expect("a file");
    let hour_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
    let dead = fs::File::options().append(true).open(place(".step-back-dead.tmp"));
    dead.expect("the file").set_modified(hour_ago).expect("another time");
    let _ = reset(&path, BeforeReset::KeepNothing).expect("the reset");
    let left = fs::read_dir(folder.path()).expect("the folder");
    let left: Vec<_> = left.map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left, [".rehearsal-alive"]);
}

#[test]
fn nothing_is_kept_if_that_is_asked_for() {
    let folder = folder();
    let path = database(&folder.path().join("app.db"), "CREATE TABLE t(a);");
    let report = reset(&path, BeforeReset::KeepNothing).expect("the reset");
    assert_eq!((report.removed, report.safety_copy), (vec![path], None));
    assert!(files(folder.path()).is_empty());
}

#[track_caller]
fn refused(path: &Path, folder: &Path) {
    let names = || files(folder).into_keys().collect::<Vec<_>>();
    let before = names();
    for keep in [KEEP, BeforeReset::KeepNothing] {
        let error = reset(path, keep).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Refused, "{}", told(&error));
        assert!(error.data_state().is_some());
    }
    assert_eq!(names(), before);
}

#[cfg(target_os = "linux")]
#[test]
fn a_database_that_is_open_stays() {
    for mode in ["WAL", "DELETE"] {
        let folder = folder();
        let path = database(
            &folder.path().join("app.db"),
            &format!("PRAGMA journal_mode={mode}; CREATE TABLE t(a);"),
        );
        let idle = Connection::open(&path).expect("the database opens");
        idle.query_row("SELECT count(*) FROM t", [], |_| Ok(())).expect("a row");
        refused(&path, folder.path());
        idle.execute_batch("INSERT INTO t VALUES(1)").expect("it can still write");
    }
}

#[cfg(unix)]
#[test]
fn a_database_that_another_process_holds_is_named() {
    use std::process::{Command, Stdio};
    let folder = folder();
    let path = database(&folder.path().join("app.db"), "CREATE TABLE t(a);");
    let file = fs::File::open(&path).expect("the file");
    let Ok(mut holder) = Command::new("sleep").arg("60").stdin(Stdio::from(file)).spawn() else {
        return;
    };
    let error = reset(&path, KEEP).err();
    holder.kill().expect("the process ends");
    holder.wait().expect("the process ends");
    if cfg!(target_os = "linux") {
        let said = told(&error.expect("refused"));
        assert!(said.contains(&format!("process {} (sleep)", holder.id())), "{said}");
    }
}

#[test]
fn folders_stay() {
    let folder = folder();
    fs::create_dir(folder.path().join("app.db")).expect("a folder");
    refused(&folder.path().join("app.db"), folder.path());
}

#[cfg(unix)]
#[test]
fn behind_a_link_the_real_database_goes() {
    let folder = folder();
    let path = database(&folder.path().join("real.db"), "CREATE TABLE t(a);");
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink("real.db", &link).expect("a link");
    let report = reset(&link, BeforeReset::KeepNothing).expect("the reset");
    assert_eq!(report.database, fs::canonicalize(folder.path()).expect("the path").join("real.db"));
    assert!(!path.exists());
    assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
}
