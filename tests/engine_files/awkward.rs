//! A database that holds what dumps usually lose.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;

/// Objects of every kind. Nothing in it depends on the encoding of text.
const OBJECTS: &str = r#"
PRAGMA foreign_keys=OFF;
CREATE TABLE child(id INTEGER PRIMARY KEY, parent INT REFERENCES "par ent"(id), self INT REFERENCES child);
CREATE TABLE "par ent"(id INTEGER PRIMARY KEY, note TEXT DEFAULT 'it''s; "x"') STRICT;
CREATE TABLE ring_a(id INTEGER PRIMARY KEY, b INT REFERENCES ring_b);
CREATE TABLE ring_b(id INTEGER PRIMARY KEY, a INT REFERENCES ring_a);
CREATE TABLE plain(i INTEGER, r REAL, t TEXT, b BLOB, n NUMERIC, x, v VARCHAR(9) COLLATE NOCASE);
CREATE TABLE typed(i INTEGER, r REAL, t TEXT, b BLOB, a ANY) STRICT;
CREATE TABLE pairs(a TEXT, b, c DEFAULT (1 + 1), PRIMARY KEY(b, a DESC)) WITHOUT ROWID;
CREATE TABLE made(up AS (lower(mid)) VIRTUAL, a, mid TEXT, sum INT AS (a + 1) STORED, z, UNIQUE(up));
CREATE TABLE made_only(a INTEGER PRIMARY KEY, b AS (a * 2));
CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, x);
CREATE TABLE emptied(id INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE falling(id INTEGER PRIMARY KEY DESC, x);
CREATE TABLE has_rowid(rowid TEXT, x);
CREATE TABLE has_all(rowid, _rowid_, OID);
CREATE TABLE "table"("select" INT, "a""b" TEXT, [c d], `e``f`, "g'h", "ü€😀", "-- x", ";");
CREATE TABLE "'; DROP TABLE plain; --"(x);
CREATE TABLE "a.b"(x); CREATE TABLE ""("" INT);
CREATE TABLE checked(x CHECK(x < 10));
CREATE TABLE dqs(x DEFAULT "text", CHECK(x <> "no"));
CREATE TABLE commented(a, -- first
  b /* ; */ ) -- last
;
CREATE TABLE late(a);
INSERT INTO late VALUES(1);
ALTER TABLE late ADD COLUMN b TEXT DEFAULT 'added';
INSERT INTO late VALUES(2, 'set');
INSERT INTO "par ent" VALUES(1, 'one'), (-5, NULL);
INSERT INTO child VALUES(1, 1, 2), (2, -5, NULL);
INSERT INTO ring_a VALUES(1, 1); INSERT INTO ring_b VALUES(1, 1);
INSERT INTO made(a, mid, z) VALUES(1, 'Ab', NULL), (2, 'C', X'00');
INSERT INTO made_only VALUES(9);
INSERT INTO counted VALUES(7, 'x'), (1000, 'gone'); DELETE FROM counted WHERE id = 1000;
INSERT INTO emptied VALUES(5); DELETE FROM emptied;
INSERT INTO falling VALUES(3, 'c'), (1, 'a');
INSERT INTO has_rowid(_rowid_, rowid, x) VALUES(77, 'a', 1), (-3, 'b', 2);
INSERT INTO has_all VALUES(1, 2, 3);
INSERT INTO "table" VALUES(1, 2, 3, 4, 5, 6, 7, 8);
INSERT INTO "'; DROP TABLE plain; --" VALUES('''; DROP TABLE plain; --');
INSERT INTO "" VALUES(1);
PRAGMA ignore_check_constraints=ON;
INSERT INTO checked VALUES(99);
PRAGMA ignore_check_constraints=OFF;
INSERT INTO dqs DEFAULT VALUES;
INSERT INTO commented VALUES(1, 2);
CREATE INDEX by_t ON plain(t, i DESC) WHERE t IS NOT NULL;
CREATE INDEX "by ; expression" ON plain(lower(t), x COLLATE NOCASE);
CREATE UNIQUE INDEX u ON child(parent);
CREATE VIEW shown AS SELECT a, 'x;y' AS b FROM late -- view
;
CREATE VIEW broken AS SELECT missing FROM nowhere;
CREATE TRIGGER grows AFTER INSERT ON late BEGIN
  UPDATE late SET b = CASE WHEN new.a > 1 THEN 'end;' ELSE "b" END WHERE a = new.a;
  INSERT INTO counted(x) VALUES('from trigger');
END;
CREATE TRIGGER into_view INSTEAD OF INSERT ON shown BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE words USING fts5(title, body,
  tokenize = 'porter');
INSERT INTO words(rowid, title, body) VALUES(7, 'running', 'it''s here'), (9, 'café', 'x');
CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO notes VALUES(3, 'hello world');
CREATE VIRTUAL TABLE notes_index USING fts5(body, content='notes', content_rowid='id');
INSERT INTO notes_index(notes_index) VALUES('rebuild');
CREATE VIRTUAL TABLE boxes USING rtree(id, left, right);
INSERT INTO boxes VALUES(1, -2.5, 3.5);
CREATE VIRTUAL TABLE old_words USING fts4(a, b);
INSERT INTO old_words VALUES('one two', 'three');
CREATE VIRTUAL TABLE oldest_words USING fts3(a, tokenize=porter);
INSERT INTO oldest_words VALUES('runs');
CREATE VIRTUAL TABLE prefixed USING fts4(a, b, prefix="2,4", languageid="lid", order=desc);
INSERT INTO prefixed(docid, a, b, lid) VALUES(9, 'one', 'two', 3);
CREATE VIRTUAL TABLE terms USING fts4aux(prefixed);
CREATE VIRTUAL TABLE beside USING fts4(content="notes", body);
INSERT INTO beside(beside) VALUES('rebuild');
INSERT INTO notes VALUES(4, 'not indexed yet');
CREATE VIRTUAL TABLE no_texts_at_all USING fts4(content='', a);
INSERT INTO no_texts_at_all(docid, a) VALUES(5, 'words');
CREATE VIRTUAL TABLE no_texts USING fts5(a, content='', contentless_delete=1);
INSERT INTO no_texts(rowid, a) VALUES(11, 'gone'), (12, 'here'); DELETE FROM no_texts WHERE rowid = 11;
CREATE VIRTUAL TABLE bare USING fts5(a, b UNINDEXED, detail=none, columnsize=0, prefix='2 3');
INSERT INTO bare VALUES('alpha beta', X'00');
CREATE VIRTUAL TABLE parts USING fts5(a, tokenize='trigram');
INSERT INTO parts VALUES('substring');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab('bare', 'row');
CREATE VIRTUAL TABLE noted USING rtree(id, x0, x1, y0, y1, +note TEXT, +raw BLOB);
INSERT INTO noted VALUES(1, -1.5, 2.5, 0, 1e10, 'it''s', X'00FF'), (2, 0.1, 0.2, 3, 4, NULL, NULL);
CREATE VIRTUAL TABLE whole USING rtree_i32(id, x0, x1);
INSERT INTO whole VALUES(7, -5, 5);
CREATE TABLE generated_key(type STRING, is_story INT GENERATED ALWAYS AS (type IS 'story'), id STRING PRIMARY KEY ASC);
INSERT INTO generated_key(type, id) VALUES('story', 1), ('x', 'y');
CREATE INDEX by_generated ON generated_key(is_story, id) WHERE type IS NOT NULL;
CREATE TRIGGER by_app AFTER INSERT ON generated_key BEGIN UPDATE late SET b = app_function(new.id); END;
CREATE VIEW of_app AS SELECT app_function(a) FROM late;
ANALYZE;
PRAGMA user_version=-7;
PRAGMA application_id=1196444487;
"#;

/// Values that are hard to write down.
fn values() -> Vec<Value> {
    let mut values: Vec<Value> = vec![Value::Null];
    values.extend(
        [0, 1, -1, i64::MAX, i64::MIN, i64::MIN + 1, 1 << 53, (1 << 53) + 1].map(Value::Integer),
    );
    values.extend(
        [
            0.0,
            -0.0,
            0.1,
            19.99,
            -1.5,
            1e15,
            1e-5,
            1e22,
            1e23,
            5e-324,
            -2.225_073_858_507_201e-308,
            f64::MIN_POSITIVE,
            f64::MAX,
            f64::MIN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            9_007_199_254_740_993.0,
            9_223_372_036_854_775_808.0,
            1.234_567_890_123_456_7e-100,
            std::f64::consts::PI,
            3.981_883_478_9e3,
        ]
        .map(Value::Real),
    );
    values.extend(
        [
            "",
            "'",
            "''",
            "a\0b",
            "\0",
            "\0\0",
            "\n",
            "\r",
            "\r\n",
            "a\\nb\nc",
            "\\n1\\n\n",
            "\\\n",
            "\\\r\\0\0\n\r",
            "\\n\\r\\0\n\r\0",
            "12",
            "1e3",
            "-0",
            "0x10",
            "Inf",
            "NULL",
            "x'00'",
            ";--/*",
            "ü€😀\u{feff}",
            "\u{feff}bom",
            "\u{1}\u{7f}\u{1b}",
            "\u{85}\u{2028}",
            "9223372036854775808",
            "  ",
        ]
        .map(|text| Value::Text(text.to_owned())),
    );
    values.push(Value::Text("long\n".repeat(20_000)));
    values.extend(
        [&b""[..], b"\0", b"'", b"\xff\x00\n\r", b"abc"].map(|bytes| Value::Blob(bytes.to_vec())),
    );
    values
}

/// Bytes that a database of either encoding may hold as text but that are none.
const ODD_TEXT: [&str; 6] = ["FF", "61FF0062", "C080", "EDA08000", "0D0A00FE", "00D80000"];

/// Makes the database, with these pragmas set before all else.
pub(crate) fn make(path: &Path, pragmas: &str) {
    let connection = Connection::open(path).expect("the database opens");
    // The disk needn't be waited for; what is tested comes later.
    connection.execute_batch("PRAGMA synchronous=OFF").expect("the pragma");
    connection.execute_batch(pragmas).expect("the pragmas");
    connection.execute_batch(OBJECTS).expect("the objects");
    connection.execute_batch("BEGIN").expect("a transaction");
    for (number, value) in (0_i64..).zip(values()) {
        let rowid = number * 3 - 50;
        connection
            .execute(
                "INSERT INTO plain(rowid, i, r, t, b, n, x, v) VALUES(?1, ?2, ?2, ?2, ?2, ?2, ?2, ?2)",
                (rowid, &value),
            )
            .expect("a plain row");
        connection
            .execute("INSERT INTO pairs(a, b) VALUES(?1, ?2)", (format!("{number}"), &value))
            // A key of a table without rowids can't be NULL.
            .map(|_| ())
            .or_else(|error| if value == Value::Null { Ok(()) } else { Err(error) })
            .expect("a pair");
        let column = match &value {
            Value::Null => "i, r, t, b",
            Value::Integer(_) => "i",
            Value::Real(_) => "r",
            Value::Text(_) => "t",
            Value::Blob(_) => "b",
        };
        let marks = column.replace(['i', 'r', 't', 'b'], "?1");
        connection
            .execute(&format!("INSERT INTO typed({column}, a) VALUES({marks}, ?1)"), [&value])
            .expect("a typed row");
    }
    for odd in ODD_TEXT {
        connection
            .execute_batch(&format!(
                "INSERT INTO plain(t, x) VALUES(CAST(X'{odd}' AS TEXT), CAST(X'{odd}' AS TEXT));
                 INSERT INTO pairs(a, b) VALUES(CAST(X'{odd}' AS TEXT), 'odd');
                 INSERT INTO typed(t, a) VALUES(CAST(X'{odd}' AS TEXT), CAST(X'{odd}' AS TEXT));"
            ))
            .expect("an odd text");
    }
    connection.execute_batch("COMMIT").expect("a transaction");
    connection.close().expect("the database closes");
}
