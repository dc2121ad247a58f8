//! What is dropped with `--keep-dropped` comes back with the way down, to the bit.

use crate::support::{Trip, ask, schema};
use schema_engine::answers::Answers;
use schema_engine::ident::Ident;
use schema_engine::pair::Pair;
use schema_engine::prove::prove;
use schema_engine::schema::is_bookkeeping;

const PARK: &[&str] = &["park m002_after"];

const PEOPLE: &str = "CREATE TABLE people (id varchar(36) NOT NULL PRIMARY KEY, name text NOT NULL, \
    email text NOT NULL, score, born date DEFAULT '2000-01-01', UNIQUE (email)); \
    CREATE INDEX by_born ON people (born DESC); \
    CREATE TABLE log (what text); \
    CREATE TRIGGER renamed AFTER UPDATE ON people BEGIN INSERT INTO log VALUES ('update'); END; \
    CREATE TRIGGER came AFTER INSERT ON people BEGIN INSERT INTO log VALUES ('insert'); END;";

const FEWER: &str = "CREATE TABLE people (id varchar(36) NOT NULL PRIMARY KEY, name text NOT NULL); \
    CREATE TABLE log (what text); \
    CREATE TRIGGER renamed AFTER UPDATE ON people BEGIN INSERT INTO log VALUES ('update'); END; \
    CREATE TRIGGER came AFTER INSERT ON people BEGIN INSERT INTO log VALUES ('insert'); END;";

const ROWS: &str = "INSERT INTO people VALUES \
    ('a', 'Ann', 'ann@x', 1, '1990-01-01'), ('B', 'Bob', 'bob@x', 1.0, NULL), \
    ('3', 'Cy', '0x10', '1', '2000-01-01'), ('3.0', 'Di', 'di@x', x'31', x'00ff'), \
    ('e', 'Ed', 'ed@x', -0.0, 'no date'), ('f', 'Flo', 'flo@x', 9007199254740993, 17), \
    ('g', 'Guy', 'guy@x', 9e999, NULL); DELETE FROM log;";

const VALUES: &str = "SELECT rowid, id, quote(email), typeof(score), quote(score), \
    printf('%!.20g', score), quote(born), name FROM people ORDER BY id";

#[tokio::test]
async fn columns_come_back_to_the_bit() {
    let trip = Trip::with(PEOPLE, FEWER, ROWS, PARK, crate::support::Journal::Wal).await;
    let before = ask(&trip.open(), VALUES);
    trip.up().await;
    assert_eq!(
        ask(&trip.open(), "SELECT count(*) FROM schema_engine_dropped_m002_after_people"),
        ["7"]
    );
    assert_eq!(
        ask(
            &trip.open(),
            "SELECT name, revision, table_name, key_columns, columns, texts, sequence FROM schema_engine_dropped"
        ),
        [
            "schema_engine_dropped_m002_after_people|m002_after|people|[\"id\"]|[\"email\",\"score\",\"born\"]|[]|NULL"
        ]
    );
    trip.down().await;
    assert_eq!(ask(&trip.open(), VALUES), before);
    assert_eq!(ask(&trip.open(), "SELECT count(*) FROM log"), ["0"], "no trigger has fired");
    let left = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'schema_engine_dropped_m%'";
    assert_eq!(ask(&trip.open(), left), ["0"]);
    // And once more, with nothing in the way.
    trip.up().await;
    trip.down().await;
    assert_eq!(ask(&trip.open(), VALUES), before);
}

#[tokio::test]
async fn rows_that_went_and_came_meanwhile() {
    let trip = Trip::with(PEOPLE, FEWER, ROWS, PARK, crate::support::Journal::Delete).await;
    trip.up().await;
    trip.open()
        .execute_batch(
            "DELETE FROM people WHERE id = 'a'; UPDATE people SET name = 'Rob' WHERE id = 'B'; \
             INSERT INTO people VALUES ('n', 'New')",
        )
        .unwrap();
    trip.down().await;
    let people =
        ask(&trip.open(), "SELECT id, name, email, quote(score), born FROM people ORDER BY id");
    assert_eq!(people.len(), 7);
    assert_eq!(people[2], "B|Rob|bob@x|1.0|NULL");
    let new = people.iter().find(|row| row.starts_with("n|")).unwrap();
    assert!(new.starts_with("n|New|") && new.ends_with("|NULL|2000-01-01"), "{new}");
}

#[tokio::test]
async fn who_has_pruned_goes_back_all_the_same() {
    let trip = Trip::with(PEOPLE, FEWER, ROWS, PARK, crate::support::Journal::Wal).await;
    trip.up().await;
    trip.open()
        .execute_batch(
            "DROP TABLE schema_engine_dropped_m002_after_people; DROP TABLE schema_engine_dropped",
        )
        .unwrap();
    trip.down().await;
    let people = ask(&trip.open(), "SELECT count(*), count(DISTINCT email), max(born) FROM people");
    assert_eq!(people, ["7|7|2000-01-01"]);
}

#[tokio::test]
async fn whole_tables_come_back() {
    let before = "CREATE TABLE parent (id integer PRIMARY KEY); \
        CREATE TABLE notes (id integer PRIMARY KEY AUTOINCREMENT, \
            parent integer REFERENCES parent (id) ON DELETE CASCADE, text text COLLATE NOCASE); \
        CREATE UNIQUE INDEX notes_text ON notes (text) WHERE text IS NOT NULL; \
        CREATE TABLE loose (a, b text); \
        CREATE TABLE packed (k text, v any, PRIMARY KEY (k DESC)) STRICT, WITHOUT ROWID; \
        CREATE TABLE worked_out (a integer, b AS (a + 1) STORED); \
        CREATE TABLE log (what text); \
        CREATE TRIGGER noted AFTER INSERT ON notes BEGIN INSERT INTO log VALUES ('note'); END;";
    let after = "CREATE TABLE parent (id integer PRIMARY KEY); CREATE TABLE log (what text);";
    let rows = "INSERT INTO parent VALUES (1), (2); \
        INSERT INTO notes VALUES (5, 1, 'a'), (9, 2, NULL); UPDATE sqlite_sequence SET seq = 40; \
        INSERT INTO loose (rowid, a, b) VALUES (7, 1.0, '01'), (3, x'', NULL); \
        INSERT INTO packed VALUES ('z', '1'), ('a', 1); INSERT INTO worked_out VALUES (4); \
        DELETE FROM log;";
    let trip = Trip::with(before, after, rows, PARK, crate::support::Journal::Wal).await;
    let asked = [
        "SELECT id, parent, text FROM notes",
        "SELECT rowid, quote(a), quote(b) FROM loose",
        "SELECT k, quote(v) FROM packed",
        "SELECT a, b FROM worked_out",
        "SELECT seq FROM sqlite_sequence WHERE name = 'notes'",
        "SELECT count(*) FROM log",
        "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'schema_engine%' \
         AND name NOT LIKE '%seaql%' ORDER BY name",
    ];
    let look = |sql: &str| ask(&trip.open(), sql);
    let seen: Vec<_> = asked.iter().map(|sql| look(sql)).collect();
    trip.up().await;
    // What is parked is held to no rule: its parent may go.
    trip.open().execute_batch("DELETE FROM parent WHERE id = 1").unwrap();
    let texts = look("SELECT json_array_length(texts) FROM schema_engine_dropped ORDER BY name");
    assert_eq!(texts, ["1", "3", "1", "1"]);
    trip.open().execute_batch("INSERT INTO parent VALUES (1)").unwrap();
    trip.down().await;
    for (sql, before) in asked.iter().zip(seen) {
        assert_eq!(look(sql), before, "{sql}");
    }
}

/// A table of a million rows is looked up a million times: by its key, or never to an end.
#[tokio::test]
async fn parked_rows_are_found_by_their_key() {
    for before in [
        "CREATE TABLE t (id varchar(36) NOT NULL PRIMARY KEY, a, b)",
        "CREATE TABLE t (id integer PRIMARY KEY, a, b)",
        "CREATE TABLE t (x text, a, b)",
        "CREATE TABLE t (x real NOT NULL, y text NOT NULL COLLATE NOCASE, a, b, PRIMARY KEY (x, y))",
    ] {
        let trip = Trip::with(
            before,
            &before.replace(", a, b", ", a"),
            "",
            PARK,
            crate::support::Journal::Wal,
        )
        .await;
        trip.up().await;
        let copy = trip.proven.down.statements().find(|sql| sql.starts_with("INSERT OR ABORT"));
        let copy = copy.unwrap().replace("\"t__new\"", "\"copied\"");
        let table = before.replace("TABLE t ", "TABLE copied ");
        let database = trip.open();
        database.execute_batch(&table).unwrap();
        let plan = ask(&database, &format!("EXPLAIN QUERY PLAN {copy}"));
        let lookups: Vec<_> = plan.iter().filter(|line| line.contains("parked")).collect();
        assert!(
            lookups.len() == 2 && lookups.iter().all(|line| line.contains("SEARCH")),
            "{plan:?}"
        );
    }
}

#[tokio::test]
async fn rows_that_nothing_tells_apart_are_not_parked() {
    let before = "CREATE TABLE t (rowid, _rowid_, oid, a)";
    let after = "CREATE TABLE t (rowid, _rowid_, oid)";
    let (before, after) = (schema(before).await, schema(after).await);
    let answers: Answers = crate::support::answers(PARK);
    let error = prove(Pair::new(&before, &after), &answers).await.unwrap_err();
    assert!(error.to_string().contains("can't be told apart"), "{error}");
    assert!(is_bookkeeping(&Ident::from("Schema_Engine_dropped")));
}
