//! Some two hundred inputs that must not be restored. After each, the old database is byte for
//! byte as before, nothing else is in its folder, nothing was made outside of it, and the message
//! says what is wrong with the input and where.

use std::fs;
use std::path::Path;

use schema_engine::dump::{DumpOptions, DumpTarget, dump};

use crate::support::{database, files, folder, restore_now, told};

/// A bad input, and words that the message must hold.
struct Bad {
    source: Vec<u8>,
    hint: String,
}

fn bad(source: impl Into<Vec<u8>>, hint: impl Into<String>) -> Bad {
    Bad { source: source.into(), hint: hint.into() }
}

/// A dump with this on its fifth line.
fn within(statement: &str) -> String {
    format!(
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a);\nINSERT INTO t VALUES('new');\n{statement}\nCOMMIT;\n"
    )
}

/// Statements that no dump holds, wherever they stand, and a word for each.
fn programs(outside: &Path) -> Vec<(String, &'static str)> {
    let outside = outside.display();
    let mut programs: Vec<(String, &str)> = vec![
        (format!("ATTACH '{outside}' AS x;"), "ATTACH"),
        (format!("attach database '{outside}' as x;"), "ATTACH"),
        (format!("/* a */ ATTACH '{outside}' AS x;"), "ATTACH"),
        (format!("VACUUM INTO '{outside}';"), "VACUUM"),
        (format!("VACUUM main INTO '{outside}';"), "VACUUM"),
        (format!("INSERT INTO t VALUES(writefile('{outside}','x'));"), "writefile"),
        (
            format!(
                "CREATE TABLE u(a DEFAULT (writefile('{outside}','x')));\nINSERT INTO u DEFAULT VALUES;"
            ),
            "",
        ),
        (format!("CREATE VIRTUAL TABLE u USING csv(filename='{outside}');"), "VIRTUAL"),
        (format!("PRAGMA temp_store_directory='{outside}';"), "temp_store_directory"),
        (format!("PRAGMA data_store_directory='{outside}';"), "data_store_directory"),
        (format!(".output {outside}"), "command of the sqlite3 shell"),
        (format!(".once {outside}"), "command of the sqlite3 shell"),
        (format!(".backup {outside}"), "command of the sqlite3 shell"),
        (format!(".shell touch {outside}"), "command of the sqlite3 shell"),
        (format!(".system touch {outside}"), "command of the sqlite3 shell"),
        (format!(".save {outside}"), "command of the sqlite3 shell"),
        (format!(".log {outside}"), "command of the sqlite3 shell"),
        (format!(".import /etc/passwd t\n.clone {outside}"), "command of the sqlite3 shell"),
    ];
    programs.extend(
        [
            (".read /etc/passwd", "command of the sqlite3 shell"),
            (".open x", "command of the sqlite3 shell"),
            (".load x", "command of the sqlite3 shell"),
            (".quit", "command of the sqlite3 shell"),
            ("DETACH main;", "DETACH"),
            ("VACUUM;", "VACUUM"),
            ("REINDEX;", "REINDEX"),
            ("ANALYZE;", "ANALYZE"),
            ("ANALYZE t;", "ANALYZE"),
            ("EXPLAIN SELECT 1;", "EXPLAIN"),
            ("SAVEPOINT a;", "SAVEPOINT"),
            ("RELEASE a;", "RELEASE"),
            ("SELECT load_extension('x');", "SELECT"),
            ("VALUES(1);", "VALUES"),
            ("WITH a(b) AS (VALUES(1)) INSERT INTO t SELECT b FROM a;", "WITH"),
            ("UPDATE t SET a = 1;", "UPDATE"),
            ("UPDATE sqlite_master SET sql = 'x';", "UPDATE"),
            ("DELETE FROM t;", "DELETE"),
            ("DELETE FROM sqlite_schema;", "DELETE"),
            ("DELETE FROM sqlite_sequence WHERE 1;", "DELETE"),
            ("DROP TABLE t;", "DROP"),
            ("DROP VIEW v;", "DROP"),
            ("ALTER TABLE t ADD b;", "ALTER"),
            ("CREATE TEMP TABLE u(a);", "TEMP"),
            ("CREATE TEMPORARY VIEW u AS SELECT 1;", "TEMP"),
            ("CREATE TABLE temp.u(a);", "another database"),
            ("CREATE TABLE u AS SELECT 1;", "by a query"),
            ("CREATE TABLE u AS VALUES(1);", ""),
            ("CREATE VIRTUAL TABLE u USING fts5(a);", "VIRTUAL"),
            ("CREATE VIRTUAL TABLE u USING dbstat(main);", "VIRTUAL"),
            ("CREATE TABLE sqlite_x(a);", ""),
            ("CREATE TABLE u(a CHECK(load_extension('x')));", "load_extension"),
            ("CREATE TABLE u(a CHECK(readfile('/etc/passwd') > 1));", "readfile"),
            ("CREATE TABLE u(a, b AS (load_extension('x')));", "load_extension"),
            ("CREATE TABLE u(a, b AS (random()) STORED);", "non-deterministic"),
            ("CREATE INDEX i ON t(fts3_tokenizer(a));", "fts3_tokenizer"),
            ("CREATE INDEX i ON t(a) WHERE edit(a) = 1;", "edit"),
            ("CREATE UNIQUE INDEX i ON missing(a);", "missing"),
            ("CREATE TRIGGER g AFTER INSERT ON missing BEGIN SELECT 1; END;", "missing"),
            ("CREATE FUNCTION f;", "FUNCTION"),
            ("CREATE;", "CREATE"),
            ("PRAGMA journal_mode=DELETE;", "journal_mode"),
            ("PRAGMA synchronous=FULL;", "synchronous"),
            ("PRAGMA locking_mode=NORMAL;", "locking_mode"),
            ("PRAGMA trusted_schema=ON;", "trusted_schema"),
            ("PRAGMA temp_store=MEMORY;", "temp_store"),
            ("PRAGMA mmap_size=1;", "mmap_size"),
            ("PRAGMA schema_version=7;", "schema_version"),
            ("PRAGMA max_page_count=7;", "max_page_count"),
            ("PRAGMA recursive_triggers=ON;", "recursive_triggers"),
            ("PRAGMA integrity_check;", "integrity_check"),
            ("PRAGMA table_info(t);", "table_info"),
            ("PRAGMA user_version = 1 + 1;", "user_version"),
            ("PRAGMA;", "PRAGMA"),
            ("PRAGMA encoding=(SELECT 1);", "encoding"),
            ("INSERT INTO t SELECT 1;", "VALUES"),
            ("INSERT INTO t SELECT * FROM sqlite_rows_of_a_dump_1;", "VALUES"),
            ("INSERT INTO sqlite_rows_of_a_dump_1 VALUES(1);", "belongs to SQLite"),
            ("INSERT INTO t VALUES((SELECT c0 FROM sqlite_rows_of_a_dump_1));", "SELECT"),
            ("CREATE TABLE sqlite_rows_of_a_dump_1(c0);", ""),
            ("INSERT INTO t DEFAULT VALUES;", "VALUES"),
            ("INSERT INTO temp.t VALUES(1);", "another database"),
            ("INSERT INTO x.t VALUES(1);", "another database"),
            ("INSERT INTO sqlite_dbpage VALUES(1,'x');", "belongs to SQLite"),
            ("INSERT INTO sqlite_temp_master VALUES(1);", "belongs to SQLite"),
            ("INSERT INTO sqlite_master VALUES('table','x','x',9,'CREATE TABLE x(a)');", "the schema"),
            ("INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','x','x',0,'CREATE VIRTUAL TABLE x USING zipfile(''/etc/passwd'')');", "zipfile"),
            ("INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','x','x',0,'CREATE VIRTUAL TABLE x USING fts5(a); DROP TABLE t');", ""),
            ("INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','sqlite_x','sqlite_x',0,'CREATE VIRTUAL TABLE sqlite_x USING fts5(a)');", "the schema"),
            ("INSERT INTO sqlite_schema(sql)VALUES('x');", "the schema"),
            ("INSERT INTO missing VALUES(1);", "missing"),
            ("INSERT INTO t VALUES(1,2);", "line 5"),
            ("INSERT INTO t VALUES();", "line 5"),
            ("INSERT INTO t VALUES(1),(1,2);", "line 5"),
            ("INSERT INTO t(b) VALUES(1);", "line 5"),
            ("INSERT INTO t(a,a,a) VALUES(1);", "line 5"),
            ("INSERT INTO t VALUES(1,);", "line 5"),
            ("INSERT INTO t VALUES(a);", "`a`"),
            ("INSERT INTO t VALUES(\"a\");", "`\"a\"`"),
            ("INSERT INTO t VALUES(1 2);", "line 5"),
            ("INSERT INTO t VALUES(1.2.3);", "1.2.3"),
            ("INSERT INTO t VALUES(0xZZ);", "line 5"),
            ("INSERT INTO t VALUES(x'0');", "line 5"),
            ("INSERT INTO t VALUES(x'zz');", "line 5"),
            ("INSERT INTO t VALUES(1", "COMMIT"),
            ("INSERT INTO t VALUES('it's');", ""),
            ("INSERT INTO t VALUES(randomblob(1000000000));", "randomblob"),
            ("INSERT INTO t VALUES(zeroblob(1000000000));", "zeroblob"),
            ("INSERT INTO t VALUES(printf('%1000000000d',1));", "printf"),
            ("INSERT INTO t VALUES(hex(1));", "hex"),
            ("INSERT INTO t VALUES(CASE WHEN 1 THEN 2 END);", "CASE"),
            ("INSERT INTO t VALUES(1) RETURNING a;", "RETURNING"),
            ("INSERT INTO t VALUES(1) ON CONFLICT DO NOTHING;", "ON"),
            ("INSERT INTO t VALUES(?);", "`?`"),
            ("INSERT INTO t VALUES(@a);", "`@`"),
            ("INSERT INTO t VALUES(CURRENT_TIMESTAMP);", "CURRENT_TIMESTAMP"),
            ("INSERT INTO t VALUES(RAISE(ABORT,'x'));", "RAISE"),
            ("INSERT t VALUES(1);", "INSERT INTO"),
            ("INSERT;", "INSERT"),
            ("BEGIN;", "within"),
            ("COMMIT;\nBEGIN;", "follows the COMMIT"),
            ("ROLLBACK;", "damaged database"),
            ("CREATE TABLE u(a UNIQUE);\nINSERT INTO u VALUES(1);\nINSERT INTO u VALUES(1);", "line 7"),
            ("CREATE TABLE u(a NOT NULL);\nINSERT INTO u VALUES(1),\n(NULL);", "line 7"),
            ("CREATE TABLE u(a INTEGER) STRICT;\nINSERT INTO u VALUES('x');", "line 6"),
            ("CREATE TABLE u(a INTEGER PRIMARY KEY);\nINSERT INTO u VALUES('x');", "line 6"),
            ("CREATE TABLE u(a PRIMARY KEY) WITHOUT ROWID;\nINSERT INTO u VALUES(1),(2),(1);", "line 6"),
            ("CREATE TABLE t(a);", "already exists"),
            ("CREATE TABLE u(a,a);", "duplicate"),
            ("CREATE TABLE u(;", "line 5"),
            ("/**** ERROR: (11) database disk image is malformed *****/", "line 5 of the dump tells of a damaged database"),
            ("/****** CORRUPTION ERROR *******/\n/****** database disk image is malformed ******/\n/****** ERROR: near \"ORDER\": syntax error ******/", "damaged database"),
            ("CREATE UNIQUE INDEX i ON t(length(a));\nINSERT INTO t VALUES('wen');", "line 6"),
            ("CREATE TABLE p(id INTEGER PRIMARY KEY);\nCREATE TABLE c(p REFERENCES p);\nINSERT INTO c VALUES(1);", "refer"),
            ("CREATE TABLE c(p REFERENCES t(a));\nINSERT INTO c VALUES('new');", "foreign keys"),
            ("'text';", "not SQL"),
            ("\"name\";", "not SQL"),
            ("x'00';", "not SQL"),
            ("(1);", "not SQL"),
            ("{\"a\": 1}", "not SQL"),
            ("<html>", "not SQL"),
            ("#!/bin/sh", "not SQL"),
            ("/etc/passwd", "not SQL"),
            ("1;", "not SQL"),
            ("é;", "not SQL"),
            ("nonsense", "NONSENSE"),
            ("/* open", "cut short"),
        ]
        .map(|(text, hint)| (text.to_owned(), hint)),
    );
    programs
}

/// Files that are no dump at all.
fn no_dumps(source: &Path) -> Vec<Bad> {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let mut inputs = vec![
        bad("", "is empty"),
        bad("\n", "no BEGIN"),
        bad(";;;\n", "no BEGIN"),
        bad("-- a comment\n", "no BEGIN"),
        bad("-- a comment", "no BEGIN"),
        bad("/* a comment */", "no BEGIN"),
        bad("\u{feff}", "no BEGIN"),
        bad("PRAGMA foreign_keys=OFF;\n", "no BEGIN"),
        bad("BEGIN;", "COMMIT is missing"),
        bad("BEGIN", "cut short"),
        bad("COMMIT;", ""),
        bad("CREATE TABLE t(a);", "before the BEGIN"),
        bad("INSERT INTO t VALUES(1);", "before the BEGIN"),
        bad("BEGIN;COMMIT;INSERT INTO t VALUES(1);", "follows the COMMIT"),
        bad("BEGIN;COMMIT;CREATE TABLE t(a);", "follows the COMMIT"),
        bad([b"\xff\xfe".to_vec(), utf16("BEGIN;")].concat(), "UTF-16"),
        bad(utf16("BEGIN TRANSACTION;"), "UTF-16"),
        bad(vec![0; 100], "NUL byte"),
        bad(vec![0xff; 100], "not SQL"),
        bad((0..=255).cycle().take(9000).collect::<Vec<u8>>(), "NUL byte"),
        bad((1..=255).cycle().take(9000).collect::<Vec<u8>>(), "not SQL"),
        bad(b"PK\x03\x04 and so on".to_vec(), "zip"),
        bad(b"SQLite format 3".to_vec(), ""),
        bad(b"SQLite format 3\0".to_vec(), format!("can't read {}", source.display())),
        bad(
            [b"SQLite format 3\0".as_slice(), &[0x55; 4096]].concat(),
            format!("can't read {}", source.display()),
        ),
        bad(b"\x7fELF\x02\x01\x01\0\0\0".to_vec(), ""),
        bad("-- tgenie-dump v2: of a later version\nBEGIN;\nCOMMIT;\n", "another version"),
        bad("-- tgenie-dump v1: by hand\nBEGIN;\nCOMMIT;\n", "last line is missing"),
        bad("-- tgenie-dump v1: by hand\nBEGIN;\nCOMMIT;\n-- tgenie-dump v1 nonsense\n", ""),
        bad(within("").replace("COMMIT", "\0COMMIT"), "NUL byte"),
        bad(within("INSERT INTO t VALUES('a\n\0b');"), "line 6 holds a NUL byte"),
        bad("x".repeat(3_000_000), "line 1"),
        bad(format!("BEGIN;\n{}", "x".repeat(3_000_000)), "line 2"),
    ];
    // Commented out twice, it would still be a program.
    inputs.extend((0..20).map(|at| {
        let whole = within("INSERT INTO t VALUES(1,'x');").into_bytes();
        bad(whole[..whole.len() * at / 20].to_vec(), "")
    }));
    inputs
}

/// A dump of ours that was cut or changed somewhere.
fn changed() -> Vec<Bad> {
    let folder = folder();
    let path = database(
        &folder.path().join("a.db"),
        "CREATE TABLE t(a UNIQUE, b); INSERT INTO t VALUES('one', 1.5), ('two', X'00'), ('three', 'a\nb');
         CREATE VIEW v AS SELECT 1; CREATE INDEX i ON t(b);",
    );
    let mut whole = Vec::new();
    let _ = dump(&path, DumpTarget::Stream(&mut whole), &DumpOptions::default()).expect("the dump");
    let cut = (1..20).map(|at| bad(whole[..whole.len() * at / 20].to_vec(), ""));
    let flipped = (0..30).map(|at| {
        let mut bytes = whole.clone();
        let place = 30 + (bytes.len() - 31) * at / 30;
        bytes[place] ^= 1;
        bad(bytes, "")
    });
    let headless = whole.iter().position(|byte| *byte == b'\n').map(|at| &whole[at + 1..]);
    let moved = [b"-- a line more\n", whole.as_slice()].concat();
    let headless = [headless.expect("lines").to_vec(), moved];
    let headless = headless.map(|text| bad(text, "lost its first line"));
    cut.chain(flipped).chain(headless).collect()
}

/// What would grow without end.
fn bombs() -> Vec<Bad> {
    let long = "a".repeat(20_000);
    let nested = format!("{}'{long}'{}", "replace(".repeat(3), ",'a','aaaaaaaaaa')".repeat(3));
    vec![
        bad(
            within(&format!(
                "INSERT INTO t VALUES({nested}),({nested}),({nested}),({nested}),({nested}),({nested}),({nested}),({nested}),({nested}),({nested});"
            )),
            "line 5",
        ),
        bad(
            within(
                "CREATE TABLE u(a, b AS (zeroblob(99000000)) STORED);\nINSERT INTO u VALUES(1),(2),(3);",
            ),
            "line 6",
        ),
        bad(
            within(
                "CREATE TABLE u(a);\nINSERT INTO u VALUES(1),(2);\nCREATE INDEX i ON u(zeroblob(50000000));",
            ),
            "string or blob too big",
        ),
        bad(within(&format!("CREATE VIEW v AS SELECT {}1;", "1+".repeat(5000))), "line 5"),
        bad(within(&format!("CREATE TABLE u({});", vec!["a"; 3000].join(","))), "line 5"),
    ]
}

#[test]
fn the_old_database_is_as_before_after_every_bad_input() {
    let away = folder();
    let outside = away.path().join("outside");
    let home = folder();
    let live =
        database(&home.path().join("live.db"), "CREATE TABLE t(a); INSERT INTO t VALUES('old');");
    let before = files(home.path());
    let source = away.path().join("in.sql");
    let programs = programs(&outside);
    let mut inputs: Vec<Bad> =
        programs.iter().map(|(text, hint)| bad(within(text), *hint)).collect();
    inputs.extend(no_dumps(&source));
    inputs.extend(changed());
    inputs.extend(bombs());
    assert!(inputs.len() >= 200, "{}", inputs.len());
    for Bad { source: text, hint } in inputs {
        let shown = String::from_utf8_lossy(&text[..text.len().min(300)]).into_owned();
        fs::write(&source, &text).expect("the file");
        let Err(error) = restore_now(&live, &source) else { panic!("it was restored: {shown}") };
        let said = told(&error);
        assert!(said.contains(&hint), "{shown}\n{hint}: {said}");
        assert!(said.len() < 1000 && !said.contains('\0'), "{said}");
        assert_eq!(
            error.data_state(),
            Some("Nothing was restored; the database is unchanged."),
            "{said}"
        );
        assert!(files(home.path()) == before, "{shown}");
        assert!(!outside.exists(), "{shown}");
    }
    // In front of the BEGIN and behind the COMMIT they are refused as well.
    for (text, _) in programs {
        for text in [format!("{text}\n{}", within("")), format!("{}{text}\n", within(""))] {
            fs::write(&source, &text).expect("the file");
            assert!(restore_now(&live, &source).is_err(), "{text}");
            assert!(files(home.path()) == before, "{text}");
            assert!(!outside.exists(), "{text}");
        }
    }
}
