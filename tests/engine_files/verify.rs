//! What a check finds, and that it changes nothing.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use rusqlite::Connection;
use schema_engine::ErrorKind;
use schema_engine::dump::{DumpOptions, DumpTarget, dump};
use schema_engine::executor::{Executor, SafetyCopies};
use schema_engine::history::Migrations;
use schema_engine::progress::{Progress, Silent};
use schema_engine::verify::{Finding, Fix, Kind, Severity, verify};
use sea_orm::{ConnectionTrait as _, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::support::{check, database, dump_to, files, fixture, folder, restore_now, told, value};

/// The codes that are found; the folder must be as it was before.
fn codes(file: &Path) -> Vec<&'static str> {
    let folder = file.parent().expect("a folder");
    let before = files(folder);
    let verification = check(file).expect("the check");
    assert_eq!(files(folder), before, "the check left a trace");
    verification.findings.iter().map(Finding::code).collect()
}

/// Wants everything to stop.
struct Stopped;

impl Progress for Stopped {
    fn cancelled(&self) -> bool {
        true
    }
}

const SOUND: &str = "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT UNIQUE CHECK (name <> ''));
    CREATE TABLE child (id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent (id) ON DELETE CASCADE);
    CREATE INDEX by_parent ON child (p); CREATE VIEW named AS SELECT name FROM parent;
    INSERT INTO parent VALUES (1, 'a'), (2, 'b'); INSERT INTO child VALUES (1, 1), (2, 2), (3, NULL);";

#[test]
fn a_sound_database_has_no_findings_and_is_counted() {
    let folder = folder();
    for mode in ["DELETE", "WAL", "PERSIST", "TRUNCATE"] {
        let file = database(
            &folder.path().join(format!("{mode}.db")),
            &format!("PRAGMA journal_mode={mode}; {SOUND}"),
        );
        assert_eq!(codes(&file), Vec::<&str>::new(), "{mode}");
        let found = check(&file).unwrap();
        assert_eq!((found.kind, found.tables, found.rows), (Kind::Database, 2, 5));
        assert_eq!(found.notes.len(), 1, "it says what wasn't compared");
    }
    let python = fixture("taskgenie-python.db");
    assert_eq!(check(&python).unwrap().worst(), None);
}

#[test]
fn references_that_lead_nowhere_are_counted_and_mended() {
    let folder = folder();
    let file = database(
        &folder.path().join("a.db"),
        &format!(
            "PRAGMA foreign_keys=OFF; {SOUND} INSERT INTO child VALUES (7, 70), (8, 80);
             CREATE TABLE lost (id INTEGER PRIMARY KEY, g REFERENCES gone (id));
             CREATE TABLE two (a, b, FOREIGN KEY (a, b) REFERENCES pair ON DELETE SET NULL);
             CREATE TABLE pair (x, y, PRIMARY KEY (x, y)) WITHOUT ROWID;
             INSERT INTO pair VALUES (1, 2); INSERT INTO two VALUES (1, 2), (1, 3), (NULL, 9);
             CREATE TABLE plain (n); CREATE TABLE odd (n REFERENCES plain (n));"
        ),
    );
    let found = check(&file).unwrap();
    let messages: Vec<_> = found.findings.iter().map(Finding::message).collect();
    assert!(messages[0].starts_with("2 rows of child refer to rows of parent"), "{messages:?}");
    assert_eq!(found.findings[0].details(), ["rowid 7, 8"]);
    assert!(messages[1].starts_with("1 row of two refers to rows of pair"), "{messages:?}");
    assert!(messages[2].starts_with("lost refers to a table gone"), "{messages:?}");
    assert!(messages[3].starts_with("the references of odd can't be checked"), "{messages:?}");
    // The commands do what they say.
    let connection = Connection::open(&file).unwrap();
    for finding in &found.findings[..2] {
        let fixes = finding.fixes();
        let Some(Fix::Sql(sql)) = fixes.last() else { panic!("{fixes:?}") };
        assert_eq!(connection.execute(sql, []).unwrap(), usize::from(sql.starts_with('D')) + 1);
    }
    connection.close().unwrap();
    assert!(!codes(&file).contains(&"TV201"));
}

#[test]
fn indexes_that_alone_are_damaged_are_made_anew() {
    let folder = folder();
    let index = database(
        &folder.path().join("index.db"),
        "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2), (3, 4); CREATE INDEX i ON t (a);
         PRAGMA writable_schema=ON;
         UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t (b)' WHERE name = 'i';",
    );
    let words = database(
        &folder.path().join("words.db"),
        "CREATE VIRTUAL TABLE \"f f\" USING fts5(a); INSERT INTO \"f f\" VALUES ('word');
         DELETE FROM \"f f_data\" WHERE id > 10;",
    );
    for file in [index, words] {
        let found = check(&file).unwrap().findings;
        assert_eq!(found.iter().map(Finding::code).collect::<Vec<_>>(), ["TV102"]);
        let Some(Fix::Sql(sql)) = found[0].fixes().into_iter().next() else { panic!("{found:?}") };
        Connection::open(&file).unwrap().execute_batch(&sql).unwrap();
        assert_eq!(codes(&file), Vec::<&str>::new());
    }
    // With anything else beside it a new index would hide what is lost.
    let other = ["row 1 missing from index i", "Page 3: never used"].map(str::to_owned).to_vec();
    assert!(matches!(Finding::Damaged(other).fixes()[0], Fix::Command(_)));
}

#[test]
fn damage_is_told_from_rows_that_break_a_check() {
    let folder = folder();
    let file = database(
        &folder.path().join("a.db"),
        &format!("PRAGMA ignore_check_constraints=ON; {SOUND} INSERT INTO parent VALUES (3, '');"),
    );
    let found = check(&file).unwrap();
    assert_eq!(found.findings[0].message(), "1 row of parent breaks a CHECK");
    assert_eq!(found.worst(), Some(Severity::Warning));
    let script = folder.path().join("a.sql");
    let _ = dump_to(&file, &script).unwrap();
    assert_eq!(check(&script).unwrap().findings, found.findings);

    let large = database(
        &folder.path().join("b.db"),
        "CREATE TABLE t (a); CREATE INDEX i ON t (a);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
         INSERT INTO t SELECT 'value ' || i FROM n; ANALYZE;",
    );
    let mut bytes = fs::read(&large).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xa5);
    fs::write(&large, &bytes).unwrap();
    let found = check(&large).unwrap();
    assert_eq!(found.worst(), Some(Severity::Damage));
    assert!(!found.findings[0].details().is_empty());
    // Cut short, and without its first page's content.
    fs::write(&large, &bytes[..8192]).unwrap();
    assert_eq!(check(&large).unwrap().worst(), Some(Severity::Damage));
    bytes[100..4096].fill(0);
    fs::write(&large, &bytes).unwrap();
    assert_eq!(check(&large).unwrap().worst(), Some(Severity::Damage));
    // A file of nothing is a database to SQLite.
    fs::write(&large, b"").unwrap();
    assert_eq!(codes(&large), ["TV104"]);
    // And what is neither.
    fs::write(&large, b"\x00\x01 nothing that anybody knows").unwrap();
    assert_eq!(codes(&large), ["TV103"]);
}

#[test]
fn what_a_killed_program_left_is_read_as_it_will_be_and_left_alone() {
    let folder = folder();
    // A WAL that holds the newest rows, and one that belongs to another database.
    let live = folder.path().join("live.db");
    let connection = Connection::open(&live).unwrap();
    connection.execute_batch(&format!("PRAGMA journal_mode=WAL; {SOUND}")).unwrap();
    let killed = folder.path().join("killed");
    fs::create_dir(&killed).unwrap();
    let file = killed.join("live.db");
    fs::copy(&live, &file).unwrap();
    fs::copy(folder.path().join("live.db-wal"), killed.join("live.db-wal")).unwrap();
    assert_eq!(codes(&file), ["TV504"]);
    assert_eq!(check(&file).unwrap().rows, 5);
    // While somebody has it open it is nobody's left-over.
    assert_eq!(check(&live).unwrap().worst(), None);
    assert_eq!(check(&live).unwrap().rows, 5);

    let other = killed.join("other.db");
    database(&other, "CREATE TABLE mine (a); INSERT INTO mine VALUES (1);");
    fs::copy(folder.path().join("live.db-wal"), killed.join("other.db-wal")).unwrap();
    assert_eq!(codes(&other), ["TV505"]);
    assert_eq!(check(&other).unwrap().rows, 1);
    connection.close().unwrap();

    // A journal that takes back what was half written.
    let written = folder.path().join("written.db");
    database(&written, "CREATE TABLE t (a); INSERT INTO t VALUES ('before');");
    let connection = Connection::open(&written).unwrap();
    connection.execute_batch("PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN;").unwrap();
    connection
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO t SELECT randomblob(500) FROM n;",
        )
        .unwrap();
    let file = killed.join("written.db");
    fs::copy(&written, &file).unwrap();
    fs::copy(folder.path().join("written.db-journal"), killed.join("written.db-journal")).unwrap();
    drop(connection);
    assert_eq!(codes(&file), ["TV503"]);
    assert_eq!(check(&file).unwrap().rows, 1);
    // That it was hot: the next one to open it takes it back.
    assert_eq!(value::<i64>(&file, "SELECT count(*) FROM t"), 1);
    assert_eq!(codes(&file), Vec::<&str>::new());
}

#[test]
fn drafts_of_interrupted_runs_are_found_unless_they_are_open() {
    let folder = folder();
    let file = database(&folder.path().join("a.db"), SOUND);
    fs::create_dir(folder.path().join("backups")).unwrap();
    let draft = folder.path().join("backups/.safety-copy-abc123.tmp");
    fs::write(&draft, b"half").unwrap();
    fs::write(folder.path().join(".restore-note"), b"of somebody").unwrap();
    let mut open = fs::File::create(folder.path().join(".restore-XyZ123.tmp")).unwrap();
    open.write_all(b"being written").unwrap();
    let found = check(&file).unwrap();
    let expected = if cfg!(target_os = "linux") { 1 } else { 2 };
    assert_eq!(found.findings.len(), expected);
    assert!(found.findings.contains(&Finding::LeftoverFile(draft)));
    drop(open);
    assert_eq!(codes(&file), ["TV502", "TV502"]);
}

#[test]
fn upkeep_is_advice() {
    let folder = folder();
    let rows = |count: u32| {
        format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
                 INSERT INTO t SELECT NULL, printf('%0200d', i) FROM n;"
        )
    };
    let file = database(
        &folder.path().join("a.db"),
        &format!(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE INDEX i ON t (a); {}",
            rows(9000)
        ),
    );
    assert_eq!(codes(&file), ["TV601"]);
    database(&file, "ANALYZE");
    assert_eq!(codes(&file), Vec::<&str>::new());
    database(&file, "DELETE FROM t WHERE id > 500;");
    assert_eq!(codes(&file), ["TV602", "TV603"]);
    database(&file, "ANALYZE; VACUUM");
    assert_eq!(codes(&file), Vec::<&str>::new());
}

#[test]
fn the_books_of_tools_are_read() {
    let folder = folder();
    let tables = "CREATE TABLE t (a); CREATE TABLE alembic_version (version_num);";
    for (name, sql, code) in [
        ("one", "INSERT INTO alembic_version VALUES ('1');", None),
        ("none", "", Some("TV305")),
        ("two", "INSERT INTO alembic_version VALUES ('1'), ('2');", Some("TV305")),
        (
            "both",
            "INSERT INTO alembic_version VALUES ('1'); CREATE TABLE seaql_migrations (version, applied_at);
             INSERT INTO seaql_migrations VALUES ('m1', 1);",
            Some("TV305"),
        ),
        (
            "twice",
            "DROP TABLE alembic_version; CREATE TABLE seaql_migrations (version, applied_at);
             INSERT INTO seaql_migrations VALUES ('m1', 1), ('m1', 2);",
            Some("TV305"),
        ),
    ] {
        let file = database(&folder.path().join(name), &format!("{tables}{sql}"));
        assert_eq!(codes(&file), Vec::from_iter(code), "{name}");
    }
}

/// A revision by its name and what it runs.
struct Revision(&'static str, &'static str);

impl MigrationName for Revision {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Revision {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.1).await.map(drop)
    }
}

#[tokio::test]
async fn the_schema_is_held_against_the_history() {
    let history = |tables: [&'static str; 3]| -> Migrations {
        let names = ["m001_one", "m002_two", "m003_three"];
        let pairs = names.into_iter().zip(tables);
        pairs.map(|(name, sql)| Box::new(Revision(name, sql)) as Box<dyn MigrationTrait>).collect()
    };
    let tables = ["CREATE TABLE one (a)", "CREATE TABLE two (a)", "CREATE TABLE three (a)"];
    let migrations = history(tables);
    let folder = folder();
    let file = folder.path().join("a.db");
    let executor = Executor::new(&file, &migrations, SafetyCopies::Skip);
    let found = async |migrations: &Migrations| {
        let before = files(folder.path());
        let found = verify(&file, migrations, &Silent).await.unwrap();
        assert_eq!(files(folder.path()), before, "the check left a trace");
        found
            .findings
            .iter()
            .map(|it| format!("{} {}", it.code(), it.message()))
            .collect::<Vec<_>>()
    };

    let _ = executor.upgrade("m002_two").await.unwrap();
    assert_eq!(found(&migrations).await, ["TV304 1 revision is pending"]);
    let _ = executor.upgrade("head").await.unwrap();
    assert_eq!(found(&migrations).await, Vec::<String>::new());

    let edited = history([tables[0], "CREATE TABLE two (a, b)", tables[2]]);
    assert_eq!(
        found(&edited).await,
        [
            "TV301 the schema is not what its revisions made it (1 difference)",
            "TV306 edited since the database had them: m002_two",
        ]
    );
    database(&file, "DELETE FROM seaql_migrations WHERE version = 'm002_two'");
    let skipped = found(&migrations).await;
    assert!(
        skipped[1].ends_with("passed over, though later ones have run: m002_two"),
        "{skipped:?}"
    );
}

#[test]
fn a_dump_is_restored_to_be_looked_at() {
    let folder = folder();
    let file = database(
        &folder.path().join("a.db"),
        &format!("PRAGMA foreign_keys=OFF; {SOUND} INSERT INTO child VALUES (9, 90);"),
    );
    let dump = folder.path().join("whole");
    let _ = dump_to(&file, &dump).unwrap();
    assert_eq!(codes(&dump), ["TV201"]);
    let found = check(&dump).unwrap();
    assert_eq!((found.kind, found.tables, found.rows), (Kind::Dump, 2, 6));

    let text = fs::read_to_string(&dump).unwrap();
    let changed = folder.path().join("changed.sql");
    fs::write(&changed, text.replace("'b'", "'c'")).unwrap();
    let found = check(&changed).unwrap();
    assert!(found.findings[0].message().contains("changed after it was written"), "{found:?}");
    assert_eq!(found.worst(), Some(Severity::Damage));
    let cut = folder.path().join("cut.sql");
    fs::write(&cut, &text[..text.len() - 90]).unwrap();
    assert_eq!(codes(&cut), ["TV103"]);
    let foreign = fixture("taskgenie-python-dump.sql");
    assert_eq!(check(&foreign).unwrap().findings, [Finding::Unsealed]);
}

#[test]
fn a_part_of_a_database_is_no_damage_unless_it_is_cut_or_changed() {
    let folder = folder();
    let file = database(&folder.path().join("a.db"), SOUND);
    let part = |name: &str| {
        let path = folder.path().join(name);
        let tables = ["parent".to_owned()];
        let options = DumpOptions { tables: &tables, ..DumpOptions::default() };
        let _ = dump(&file, DumpTarget::File(&path), &options).unwrap();
        path
    };
    for name in ["part.sql", "part.sql.gz", "part.sql.zst"] {
        let part = part(name);
        assert_eq!(codes(&part), ["TV107"]);
        let found = check(&part).unwrap();
        assert_eq!(
            (found.kind, found.tables, found.worst()),
            (Kind::Dump, 1, Some(Severity::Advice))
        );
        assert!(found.rows > 0);
        let bytes = fs::read(&part).unwrap();
        fs::write(&part, &bytes[..bytes.len() - 30]).unwrap();
        assert_eq!(codes(&part), ["TV103"]);
    }
    let part = part("part.sql");
    let text = fs::read_to_string(&part).unwrap();
    for (changed, told) in [
        (text.replace("INSERT", "INSERT "), "changed after"),
        (text.replace(" blake3=", " other="), "last line can't be read"),
        (text.lines().take(3).collect(), "cut short"),
    ] {
        fs::write(&part, changed).unwrap();
        let message = check(&part).unwrap().findings[0].message();
        assert!(message.contains(told), "{message}");
    }
}

#[test]
fn what_cant_be_checked_is_an_error() {
    let folder = folder();
    let nothing = folder.path().join("nothing.db");
    assert!(told(&check(&nothing).unwrap_err()).contains("there is no file"));
    fs::write(folder.path().join("nothing.db-wal"), b"rows").unwrap();
    assert!(told(&check(&nothing).unwrap_err()).contains("nothing.db-wal"));
    assert!(told(&check(folder.path()).unwrap_err()).contains("is a folder"));

    let file = database(&folder.path().join("a.db"), SOUND);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stopped = runtime.block_on(verify(&file, &Migrations::new(), &Stopped)).unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Interrupted);
}

#[test]
fn what_only_the_app_has_is_said_and_no_damage() {
    let folder = folder();
    // The database of an app with a collation and a tokenizer of its own.
    let file = database(
        &folder.path().join("a.db"),
        "CREATE TABLE plain (a); CREATE TABLE sorted (a TEXT COLLATE nocase UNIQUE, b CHECK (b > 0));
         INSERT INTO plain VALUES (1); INSERT INTO sorted VALUES ('x', 1), ('y', 1);
         CREATE VIRTUAL TABLE words USING fts4(a, tokenize=simple); INSERT INTO words VALUES ('z');
         CREATE VIRTUAL TABLE no_texts USING fts4(content='', a);
         INSERT INTO no_texts(docid, a) VALUES (1, 'words');
         CREATE VIEW lower AS SELECT by_app(a) FROM sorted;
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(replace(sql, '=simple', '=by_app'), 'nocase', 'by_app');",
    );
    assert_eq!(codes(&file), ["TV402", "TV402"]);
    let found = check(&file).unwrap();
    let named = ["the virtual table words", "the view lower"];
    for (finding, start) in found.findings.iter().zip(named) {
        assert!(finding.message().starts_with(start), "{found:?}");
    }
    assert!(
        found.notes.iter().any(|note| note.contains("no such collation sequence")),
        "{found:?}"
    );
    assert!(found.notes.iter().any(|note| note.contains("unknown tokenizer")), "{found:?}");
}

#[test]
fn what_somebody_put_behind_a_definition_is_neither_run_nor_dumped() {
    let folder = folder();
    let outside = folder.path().join("outside.db");
    let file = database(
        &folder.path().join("a.db"),
        &format!(
            "CREATE TABLE t (a CHECK (a <> ';')); CREATE VIEW v AS SELECT a FROM t;
             CREATE INDEX i ON t (a); CREATE VIRTUAL TABLE f USING fts5(a);
             CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t WHERE a = 1; SELECT 1; END;
             INSERT INTO t VALUES (2); PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = sql || '; ATTACH ''{}'' AS o; CREATE TABLE o.z (a)';",
            outside.display()
        ),
    );
    assert_eq!(codes(&file), Vec::<&str>::new());
    let script = folder.path().join("a.sql");
    let _ = dump_to(&file, &script).unwrap();
    let text = fs::read_to_string(&script).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("ATTACH")).collect();
    // That text is no statement of the dump, and SQLite reads no more of it either.
    assert!(matches!(lines.as_slice(), [] | [_]), "{lines:?}");
    assert!(lines.iter().all(|line| line.starts_with("INSERT INTO sqlite_master")), "{lines:?}");
    assert!(text.contains("SELECT 1; END;\n"), "{text}");
    assert_eq!(codes(&script), Vec::<&str>::new());
    let restored = folder.path().join("b.db");
    let _ = restore_now(&restored, &script).unwrap();
    assert_eq!(value::<i64>(&restored, "SELECT a FROM t"), 2);
    assert!(!outside.exists());
}
