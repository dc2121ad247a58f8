//! Where a dump may go, and that it shows one moment.

use std::fs;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use schema_engine::ErrorKind;
use schema_engine::dump::{DumpOptions, DumpTarget, dump};

use crate::support::{database, dump_to, files, folder, restore_now, told, value};

#[test]
fn a_dump_begins_as_the_shell_expects_and_ends_with_its_seal() {
    let folder = folder();
    let path =
        database(&folder.path().join("a.db"), "CREATE TABLE t(a); INSERT INTO t VALUES('x');");
    let mut text = Vec::new();
    let report =
        dump(&path, DumpTarget::Stream(&mut text), &DumpOptions::default()).expect("the dump");
    let text = String::from_utf8(text).expect("text");
    let statements: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
    assert_eq!(statements[..2], ["PRAGMA foreign_keys=OFF;", "BEGIN TRANSACTION;"]);
    assert_eq!(statements.last(), Some(&"COMMIT;"));
    let seal = format!("-- tgenie-dump v1 tables=1 rows=1 blake3={}", report.blake3);
    assert_eq!(text.lines().last(), Some(seal.as_str()));
    assert_eq!(report.bytes, text.len() as u64);
    assert_eq!(report.path, None);
}

#[test]
fn parents_come_before_children() {
    let folder = folder();
    let path = database(
        &folder.path().join("a.db"),
        "CREATE TABLE c(b REFERENCES B); CREATE TABLE b(a REFERENCES a); CREATE TABLE a(id INTEGER PRIMARY KEY);",
    );
    let mut text = Vec::new();
    let _ = dump(&path, DumpTarget::Stream(&mut text), &DumpOptions::default()).expect("the dump");
    let text = String::from_utf8(text).expect("text");
    let tables: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("CREATE TABLE ")?.get(..1)).collect();
    assert_eq!(tables, ["a", "b", "c"]);
}

#[test]
fn a_dump_shows_one_moment_while_another_writes() {
    let folder = folder();
    let path = database(
        &folder.path().join("busy.db"),
        "PRAGMA journal_mode=WAL;
         CREATE TABLE parent(id INTEGER PRIMARY KEY); CREATE TABLE child(id INTEGER PRIMARY KEY, parent INT REFERENCES parent);",
    );
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let writer = Connection::open(&path).expect("the database opens");
            while !stop.load(Ordering::Relaxed) {
                writer
                    .execute_batch(
                        "BEGIN; INSERT INTO parent DEFAULT VALUES;
                         INSERT INTO child(parent) SELECT max(id) FROM parent; COMMIT;",
                    )
                    .expect("a pair");
            }
        });
        let dump = folder.path().join("busy.sql");
        let copy = folder.path().join("copy.db");
        let mut last = 0;
        for _ in 0..20 {
            let _ = dump_to(&path, &dump).expect("the dump");
            let _ = restore_now(&copy, &dump).expect("the restore");
            let pairs: i64 =
                value(&copy, "SELECT count(*) FROM parent JOIN child ON child.parent = parent.id");
            let rows: i64 =
                value(&copy, "SELECT (SELECT count(*) FROM parent) + (SELECT count(*) FROM child)");
            assert_eq!(rows, 2 * pairs);
            assert!(pairs >= last);
            last = pairs;
        }
        stop.store(true, Ordering::Relaxed);
        assert!(last > 0);
    });
}

#[test]
fn a_writer_with_a_rollback_journal_and_a_dump_do_not_wait_for_each_other() {
    let folder = folder();
    let path = database(&folder.path().join("busy.db"), "CREATE TABLE t(a);");
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let writer = Connection::open(&path).expect("the database opens");
            writer.busy_timeout(Duration::from_mins(1)).expect("the timeout");
            writer.execute_batch("PRAGMA synchronous=OFF").expect("the pragma");
            while !stop.load(Ordering::Relaxed) {
                writer.execute("INSERT INTO t VALUES(1)", []).expect("a row");
            }
        });
        let dump = folder.path().join("busy.sql");
        let outcomes: Vec<_> = (0..10).map(|_| dump_to(&path, &dump)).collect();
        stop.store(true, Ordering::Relaxed);
        for outcome in outcomes {
            assert!(outcome.is_ok(), "{}", told(&outcome.unwrap_err()));
        }
    });
}

#[test]
fn the_database_and_its_files_are_never_the_target() {
    let folder = folder();
    let path =
        database(&folder.path().join("a.db"), "CREATE TABLE t(a); INSERT INTO t VALUES('x');");
    let other = database(&folder.path().join("other.db"), "CREATE TABLE t(a);");
    let mut others = ["-wal", "-shm", "-journal"]
        .map(|end| folder.path().join(format!("other.db{end}")))
        .to_vec();
    others.push(folder.path().join("new/"));
    let mut targets =
        vec![path.clone(), folder.path().join("./a.db"), folder.path().to_owned(), other];
    targets
        .extend(["-wal", "-shm", "-journal"].map(|end| folder.path().join(format!("a.db{end}"))));
    targets.extend(others);
    #[cfg(unix)]
    {
        let (soft, hard) = (folder.path().join("soft.sql"), folder.path().join("hard.sql"));
        std::os::unix::fs::symlink("a.db", &soft).expect("a link");
        fs::hard_link(&path, &hard).expect("a link");
        targets.extend([soft, hard, "/dev/null".into()]);
    }
    let before = files(folder.path());
    for target in targets {
        let error = dump_to(&path, &target).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Refused, "{}: {}", target.display(), told(&error));
        assert_eq!(error.data_state(), Some("Nothing was written; the database is unchanged."));
    }
    assert_eq!(files(folder.path()), before);
}

#[test]
fn what_cannot_be_dumped_leaves_everything_as_it_was() {
    let folder = folder();
    let junk = folder.path().join("junk.db");
    fs::write(&junk, "old data").expect("the file");
    let target = folder.path().join("kept.sql");
    fs::write(&target, "an older dump").expect("the file");
    let before = files(folder.path());
    for (path, hint) in [
        (folder.path().join("missing.db"), "no database"),
        (junk, "not a SQLite database"),
        (folder.path().to_owned(), "a folder"),
    ] {
        let error = dump_to(&path, &target).expect_err("no dump");
        assert!(told(&error).contains(hint), "{}", told(&error));
        assert!(error.data_state().is_some());
    }
    assert_eq!(files(folder.path()), before);
    let good = database(&folder.path().join("good.db"), "CREATE TABLE t(a);");
    let error = dump_to(&good, &folder.path().join("no/such/folder.sql")).expect_err("no folder");
    assert!(error.next_steps()[0].contains("folder"), "{}", told(&error));
}

#[test]
fn a_full_stream_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let folder = folder();
    let path = database(&folder.path().join("a.db"), "CREATE TABLE t(a);");
    let error =
        dump(&path, DumpTarget::Stream(&mut Full), &DumpOptions::default()).expect_err("full");
    assert!(told(&error).contains("can't write the dump"), "{}", told(&error));
}

#[cfg(unix)]
#[test]
fn a_dump_is_private_and_follows_a_link() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let path = database(&folder.path().join("a.db"), "CREATE TABLE t(a);");
    let real = folder.path().join("real.sql");
    fs::write(&real, "old").expect("the file");
    let link = folder.path().join("link.sql");
    std::os::unix::fs::symlink("real.sql", &link).expect("a link");
    let report = dump_to(&path, &link).expect("the dump");
    assert_eq!(report.path, Some(fs::canonicalize(&real).expect("the path")));
    assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
    assert_eq!(fs::metadata(&real).expect("the file").permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_dump_leaves_no_trace_beside_the_database() {
    let folder = folder();
    let path =
        database(&folder.path().join("wal.db"), "PRAGMA journal_mode=WAL; CREATE TABLE t(a);");
    let target = folder.path().join("out.sql");
    let _ = dump_to(&path, &target).expect("the dump");
    assert_eq!(files(folder.path()).into_keys().collect::<Vec<_>>(), [target, path]);
}

#[test]
fn a_row_that_no_statement_can_hold_is_refused() {
    let folder = folder();
    // As hex it has twice its length, which is more than the 1 GB of a statement.
    let path = database(
        &folder.path().join("a.db"),
        "PRAGMA journal_mode=OFF; CREATE TABLE t(a, b);
         INSERT INTO t VALUES(1, 'x'), (2, zeroblob(499999990));",
    );
    let target = folder.path().join("a.sql");
    fs::write(&target, "as it was").expect("an older file");
    let error = told(&dump_to(&path, &target).expect_err("too large"));
    assert!(error.contains("a row of the table \"t\" is too large"), "{error}");
    assert_eq!(fs::read(&target).expect("the file"), b"as it was");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 2);
}

/// The quick check of a dump goes through the pages, and the dump looks at the values itself: together
/// they find what SQLite finds.
#[test]
fn values_that_do_not_fit_are_damage_as_sqlite_has_it() {
    for encoding in ["UTF-8", "UTF-16le"] {
        let folder = folder();
        let path = database(
            &folder.path().join("a.db"),
            &format!("PRAGMA encoding='{encoding}'; {MISFITS}"),
        );
        let connection = Connection::open(&path).expect("the database opens");
        let mut statement = connection.prepare("PRAGMA quick_check").expect("the pragma");
        let found = statement.query_map([], |row| row.get(0)).expect("the check");
        let mut found: Vec<String> = found.collect::<Result<_, _>>().expect("the faults");
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 16, "{found:?}");
        let mut report = dump_to(&path, &folder.path().join("a.sql")).expect("the dump");
        report.damage.sort();
        assert_eq!(report.damage, found);
        let text = fs::read_to_string(folder.path().join("a.sql")).expect("the dump");
        let told = text.lines().filter(|line| line.starts_with("-- DAMAGE: ")).count();
        assert_eq!(told, found.len());
        assert!(text.contains("\nROLLBACK;") && text.contains("holds=remains tables=5 rows=10"));
    }
}

/// SQLite's check ends with an error there, and the other tables are checked all the same.
#[test]
fn a_generated_value_that_its_column_cannot_hold_is_damage() {
    let folder = folder();
    let path = database(
        &folder.path().join("a.db"),
        "CREATE TABLE g(a, b AS (a)); INSERT INTO g VALUES('3');
         CREATE TABLE t(a TEXT, b TEXT AS (a)) STRICT; INSERT INTO t VALUES('x');
         PRAGMA writable_schema=ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'b TEXT', 'b INT');
         UPDATE sqlite_schema SET sql = replace(sql, '(a,', '(a INT,');",
    );
    let report = dump_to(&path, &folder.path().join("a.sql")).expect("the dump");
    assert_eq!(report.damage, ["TEXT value in g.a", "cannot store TEXT value in INT column t.b"]);
    assert_eq!(report.rows, 2);
}

/// Values of all kinds in columns of none, which are given types behind SQLite's back.
const MISFITS: &str = "
    CREATE TABLE plain(id INTEGER PRIMARY KEY, i, t, r, n, b, v);
    INSERT INTO plain VALUES(1, '12', 5, ' 1.5 ', NULL, NULL, NULL), (2, 'x', 'x', '2024-01-01', '1e5', 5, '5'),
      (3, NULL, 1.5, x'31', 1, x'00', 5), (4, '12', 5, 5, x'', 'b', 0);
    CREATE TABLE exact(i, n, r, t, b, a);
    INSERT INTO exact VALUES('x', 'x', 'x', 1, 1, 1), (1.5, x'00', x'00', x'00', 'b', 'a'), (1, NULL, 1, 't', x'00', NULL);
    CREATE TABLE w(a PRIMARY KEY, b) WITHOUT ROWID;
    INSERT INTO w VALUES(1, '7');
    CREATE TABLE g(a, b, c AS (a), d AS (a) STORED);
    INSERT INTO g(a, b) VALUES('3', 4);
    CREATE TABLE fits(a INTEGER NOT NULL, b TEXT NOT NULL, c REAL, d DATETIME, e BLOB, f ANY);
    INSERT INTO fits VALUES(1, 'a', 1, '2024-01-01 10:00:00', '5', 'x');
    PRAGMA writable_schema=ON;
    UPDATE sqlite_schema SET sql = 'CREATE TABLE plain(id INTEGER PRIMARY KEY, i INT, t VARCHAR(9), r DOUBLE, n DECIMAL NOT NULL, b BLOB NOT NULL, v NOT NULL)' WHERE name = 'plain';
    UPDATE sqlite_schema SET sql = 'CREATE TABLE exact(i INT, n INTEGER NOT NULL, r REAL, t TEXT, b BLOB, a ANY) STRICT' WHERE name = 'exact';
    UPDATE sqlite_schema SET sql = 'CREATE TABLE w(a TEXT PRIMARY KEY, b INT) WITHOUT ROWID' WHERE name = 'w';
    UPDATE sqlite_schema SET sql = 'CREATE TABLE g(a, b TEXT, c INT AS (a), d INT AS (a) STORED)' WHERE name = 'g';";
