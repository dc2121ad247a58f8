//! What is parked is brought back by hand, long after the revision that dropped it.

use crate::support::{Journal, Trip, ask, told};
use schema_engine::ident::Ident;
use schema_engine::undrop::{bring_back, find, kept, prune};

const PARK: &[&str] = &["park m002_after"];

const BEFORE: &str = "CREATE TABLE parent (id integer PRIMARY KEY); \
    CREATE TABLE people (id varchar(36) NOT NULL PRIMARY KEY, name text NOT NULL, score, born date); \
    CREATE TABLE notes (id integer PRIMARY KEY AUTOINCREMENT, \
        parent integer REFERENCES parent (id), text text); \
    CREATE INDEX notes_text ON notes (text); \
    CREATE TABLE loose (a, b text); \
    CREATE TABLE log (what text); \
    CREATE TRIGGER renamed AFTER UPDATE ON people BEGIN INSERT INTO log VALUES ('update'); END; \
    CREATE TRIGGER noted AFTER INSERT ON notes BEGIN INSERT INTO log VALUES ('note'); END;";

const AFTER: &str = "CREATE TABLE parent (id integer PRIMARY KEY); \
    CREATE TABLE people (id varchar(36) NOT NULL PRIMARY KEY, name text NOT NULL); \
    CREATE TABLE log (what text); \
    CREATE TRIGGER renamed AFTER UPDATE ON people BEGIN INSERT INTO log VALUES ('update'); END;";

const ROWS: &str = "INSERT INTO parent VALUES (1); \
    INSERT INTO people VALUES ('a', 'Ann', 1, 'x'), ('b', 'Bob', 1.5, NULL), ('c', 'Cy', '01', 2); \
    INSERT INTO notes VALUES (5, 1, 'a'), (9, NULL, 'b'); UPDATE sqlite_sequence SET seq = 40; \
    INSERT INTO loose (rowid, a, b) VALUES (7, 1.0, '01'); DELETE FROM log;";

async fn parked() -> Trip {
    let trip = Trip::with(BEFORE, AFTER, ROWS, PARK, Journal::Wal).await;
    trip.up().await;
    trip
}

#[tokio::test]
async fn what_is_parked_is_listed_and_found() {
    let trip = parked().await;
    let there = kept(&trip.path).await.unwrap();
    let seen: Vec<_> = there.iter().map(|it| (it.what(), it.rows)).collect();
    assert_eq!(
        seen,
        [
            ("table loose".to_owned(), 1),
            ("table notes".to_owned(), 2),
            ("people.score, people.born".to_owned(), 3)
        ]
    );
    assert!(there.iter().all(|it| it.revision == "m002_after" && it.bytes > Some(0)));
    for name in
        ["people", "PEOPLE.score", "after_people", "schema_engine_dropped_m002_after_people"]
    {
        assert_eq!(find(&there, name).unwrap().table, Ident::from("people"), "{name}");
    }
    for (name, says) in [("m002_after", "may be"), ("tasks", "nothing is parked under `tasks`")] {
        assert!(find(&there, name).unwrap_err().to_string().contains(says), "{name}");
    }
}

#[tokio::test]
async fn columns_that_are_there_again_get_their_values() {
    let trip = parked().await;
    let refused = bring_back(&trip.path, "people", None).await.unwrap_err();
    assert!(told(&refused).contains("people.score, people.born is not there"), "{refused}");
    let database = trip.open();
    database
        .execute_batch(
            "ALTER TABLE people ADD COLUMN born; ALTER TABLE people ADD COLUMN score DEFAULT 7; \
             DELETE FROM people WHERE id = 'a'; INSERT INTO people (id, name) VALUES ('n', 'New');",
        )
        .unwrap();
    let report = bring_back(&trip.path, "people", None).await.unwrap();
    assert_eq!((report.rows, report.is_new), (2, false));
    let people = "SELECT id, name, quote(score), quote(born) FROM people ORDER BY id";
    assert_eq!(ask(&database, people), ["b|Bob|1.5|NULL", "c|Cy|'01'|2", "n|New|7|NULL"]);
    assert_eq!(ask(&database, "SELECT count(*) FROM log"), ["0"], "no trigger has fired");
    database.execute_batch("UPDATE people SET name = 'x' WHERE id = 'n'").unwrap();
    assert_eq!(ask(&database, "SELECT count(*) FROM log"), ["1"], "the trigger is there again");
    assert_eq!(kept(&trip.path).await.unwrap().len(), 3, "it stays parked");
}

#[tokio::test]
async fn columns_come_into_a_table_of_their_own() {
    let trip = parked().await;
    let report = bring_back(&trip.path, "people", Some(&Ident::from("old people"))).await.unwrap();
    assert_eq!((report.rows, report.is_new), (3, true));
    let rows = ask(&trip.open(), "SELECT quote(id), quote(score), quote(born) FROM \"old people\"");
    assert_eq!(rows, ["'a'|1|'x'", "'b'|1.5|NULL", "'c'|'01'|2"]);
    let refused = bring_back(&trip.path, "people", Some(&Ident::from("log"))).await.unwrap_err();
    assert!(told(&refused).contains("log.score, log.born is not there"), "{refused}");
}

#[tokio::test]
async fn tables_come_back_whole() {
    let trip = parked().await;
    let before = ask(&trip.open(), "SELECT count(*) FROM sqlite_schema");
    trip.open().execute_batch("DELETE FROM parent").unwrap();
    let report = bring_back(&trip.path, "notes", None).await.unwrap();
    assert_eq!((report.rows, report.is_new), (2, true));
    assert_eq!(report.notes, ["1 references in notes lead to rows that are gone"]);
    let database = trip.open();
    assert_eq!(ask(&database, "SELECT id, parent, text FROM notes"), ["5|1|a", "9|NULL|b"]);
    assert_eq!(ask(&database, "SELECT seq FROM sqlite_sequence WHERE name = 'notes'"), ["40"]);
    let made = "SELECT name FROM sqlite_schema WHERE tbl_name = 'notes' ORDER BY name";
    assert_eq!(ask(&database, made), ["noted", "notes", "notes_text"]);
    assert_eq!(ask(&database, "SELECT count(*) FROM log"), ["0"]);
    assert_ne!(ask(&database, "SELECT count(*) FROM sqlite_schema"), before);

    // Its name is taken by now: its rows are there already, so they fit under another name alone.
    let refused = bring_back(&trip.path, "notes", None).await.unwrap_err();
    assert!(told(&refused).contains("UNIQUE constraint failed"), "{}", told(&refused));
    let report = bring_back(&trip.path, "notes", Some(&Ident::from("notes2"))).await.unwrap();
    assert_eq!(report.notes.len(), 3, "{:?}", report.notes);
    assert_eq!(ask(&database, "SELECT id, parent, text FROM notes2"), ["5|1|a", "9|NULL|b"]);
    let report = bring_back(&trip.path, "loose", None).await.unwrap();
    assert_eq!(report.rows, 1);
    assert_eq!(ask(&database, "SELECT rowid, quote(a), quote(b) FROM loose"), ["7|1.0|'01'"]);
}

#[tokio::test]
async fn pruned_is_gone_for_good() {
    let trip = parked().await;
    let names: Vec<_> = kept(&trip.path).await.unwrap().into_iter().map(|it| it.name).collect();
    prune(&trip.path, &names[..1]).await.unwrap();
    assert_eq!(kept(&trip.path).await.unwrap().len(), 2);
    prune(&trip.path, &names).await.unwrap();
    assert!(kept(&trip.path).await.unwrap().is_empty());
    let left = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'schema_engine_dropped%'";
    assert_eq!(ask(&trip.open(), left), ["0"]);
    trip.down().await;
    assert_eq!(ask(&trip.open(), "SELECT count(*) FROM notes"), ["0"]);
}

#[tokio::test]
async fn a_registry_that_something_else_wrote_harms_nothing() {
    for (name, texts) in [
        ("people", "[]"),
        ("schema_engine_dropped_x", "[\"DROP TABLE people\"]"),
        ("schema_engine_dropped_x", "[\"CREATE TABLE other (a)\"]"),
        ("schema_engine_dropped_x", "[\"CREATE TABLE gone (a)\", \"DELETE FROM people\"]"),
    ] {
        let trip = parked().await;
        let database = trip.open();
        let attack = format!(
            "CREATE TABLE IF NOT EXISTS schema_engine_dropped_x (a); \
             DELETE FROM schema_engine_dropped; INSERT INTO schema_engine_dropped \
             VALUES ('{name}', 'm1', 'gone', '[]', '[\"a\"]', '{texts}', NULL, 0)"
        );
        database.execute_batch(&attack).unwrap();
        let error = bring_back(&trip.path, "gone", None).await.unwrap_err();
        let said = told(&error);
        let names_it = ["is not one", "is no table that anything is parked in"];
        assert!(names_it.iter().any(|part| said.contains(part)), "{said}");
        let _ = prune(&trip.path, &[Ident::from(name)]).await;
        assert_eq!(ask(&database, "SELECT count(*) FROM people"), ["3"]);
        let gone = "SELECT count(*) FROM sqlite_schema WHERE name IN ('gone', 'other')";
        assert_eq!(ask(&database, gone), ["0"]);
    }
}
