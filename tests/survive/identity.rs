//! Which row is which: rowids, sequences, names.

use crate::support::{Journal, Trip, ask, schema};
use schema_engine::diff::diff;
use schema_engine::pair::Pair;

#[tokio::test]
async fn r12_an_id_is_never_given_twice() {
    let before = "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
                  CREATE TABLE other (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);";
    let after = &before.replacen("name TEXT", "name TEXT NOT NULL DEFAULT '' COLLATE RTRIM", 1);
    let rows = "INSERT INTO p (id) VALUES (1), (2), (10); DELETE FROM p WHERE id = 10;
                INSERT INTO other (id) VALUES (77);";
    let trip = Trip::new(before, after, rows).await;
    assert_eq!(trip.rebuilds(), (1, 1));
    trip.both_ways(|database| {
        let sequences = "SELECT name, seq FROM sqlite_sequence ORDER BY name";
        assert_eq!(ask(database, sequences), ["other|77", "p|10"]);
        database.execute_batch("BEGIN; INSERT INTO p (name) VALUES ('next')").unwrap();
        assert_eq!(ask(database, "SELECT max(id) FROM p"), ["11"]);
        database.execute_batch("ROLLBACK").unwrap();
    })
    .await;
}

/// Even where every row is gone.
#[tokio::test]
async fn r12_an_empty_table_keeps_its_sequence() {
    let before = "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);";
    let after = &before.replace("name TEXT", "name INTEGER");
    let trip = Trip::new(before, after, "INSERT INTO p VALUES (500, NULL); DELETE FROM p;").await;
    trip.keeps(&["SELECT * FROM sqlite_sequence"]).await;
}

const DOCS: &str = "
    CREATE TABLE docs (slug TEXT PRIMARY KEY, body TEXT);
    CREATE VIRTUAL TABLE found USING fts5(body, content='docs', content_rowid='rowid');
    CREATE TRIGGER docs_in AFTER INSERT ON docs BEGIN
      INSERT INTO found(rowid, body) VALUES (NEW.rowid, NEW.body); END;
    CREATE TRIGGER docs_out AFTER DELETE ON docs BEGIN
      INSERT INTO found(found, rowid, body) VALUES ('delete', OLD.rowid, OLD.body); END;";

/// A full-text index knows the rows of its table by their rowids, which are in no column.
#[tokio::test]
async fn r13_rowids_stay_and_a_full_text_index_on_them() {
    let after = DOCS.replace("body TEXT)", "body TEXT NOT NULL DEFAULT '' COLLATE RTRIM)");
    let rows =
        "INSERT INTO docs VALUES ('a', 'apples and pears'), ('b', 'only pears'), ('c', 'apples');
                DELETE FROM docs WHERE slug = 'b';
                INSERT INTO docs VALUES ('aa', 'late apples');
                UPDATE docs SET rowid = 900 WHERE slug = 'c';
                INSERT INTO found(found) VALUES ('rebuild');";
    let trip = Trip::new(DOCS, &after, rows).await;
    assert_eq!(trip.rebuilds(), (1, 1));
    trip.keeps(&[
        "SELECT rowid, * FROM docs ORDER BY rowid",
        "SELECT docs.slug FROM found JOIN docs ON docs.rowid = found.rowid WHERE found MATCH 'apples' ORDER BY 1",
        "SELECT name, type FROM pragma_table_list WHERE name LIKE 'found%' ORDER BY name",
    ])
    .await;
    let database = trip.open();
    let check = "INSERT INTO found(found, rank) VALUES ('integrity-check', 1)";
    database.execute_batch(check).expect("the index fits the table");
    database.execute_batch("INSERT INTO docs VALUES ('d', 'quinces')").unwrap();
    assert_eq!(ask(&database, "SELECT count(*) FROM found WHERE found MATCH 'quinces'"), ["1"]);
}

/// Where a column has taken the usual name of the rowid, another one still reads it.
#[tokio::test]
async fn r13_rowids_stay_behind_columns_that_are_called_like_them() {
    let before = "CREATE TABLE t (k TEXT PRIMARY KEY, rowid TEXT, _rowid_ INTEGER, n TEXT);";
    let after = &before.replace("n TEXT", "n TEXT NOT NULL DEFAULT '' COLLATE RTRIM");
    let rows = "INSERT INTO t VALUES ('a', 'x', 5, ''), ('b', 'y', 6, ''); UPDATE t SET oid = 77 WHERE k = 'a';";
    let trip = Trip::new(before, after, rows).await;
    trip.keeps(&["SELECT oid, * FROM t ORDER BY k"]).await;
}

#[tokio::test]
async fn r13_a_table_without_rowids_stays_one() {
    let before = "CREATE TABLE t (k TEXT PRIMARY KEY, n TEXT) WITHOUT ROWID;";
    let after = &before.replace("n TEXT", "n TEXT NOT NULL DEFAULT '' COLLATE RTRIM");
    let trip = Trip::new(before, after, "INSERT INTO t VALUES ('b', ''), ('a', 'x');").await;
    trip.keeps(&["SELECT * FROM t", "SELECT wr FROM pragma_table_list WHERE name = 't'"]).await;
}

#[tokio::test]
async fn r49_letter_case_alone_makes_no_other_name() {
    let before = "CREATE TABLE Tasks (Id INTEGER PRIMARY KEY, Name TEXT, Due TEXT);
                  CREATE INDEX ByName ON Tasks (Name);
                  CREATE VIEW Named AS SELECT Name FROM Tasks;";
    let lower = before.replace("Tasks", "tasks").replace("Name", "name").replace("Id", "ID");
    let schemas = (schema(before).await, schema(&lower).await);
    assert!(diff(Pair::new(&schemas.0, &schemas.1)).is_empty());

    // And beside another change nothing goes or comes under the other spelling.
    let after = lower.replace("Due TEXT", "due TEXT NOT NULL DEFAULT '' COLLATE RTRIM");
    let rows = "INSERT INTO Tasks VALUES (4, 'kept', 'today');";
    let trip = Trip::with(before, &after, rows, &[], Journal::Wal).await;
    assert_eq!(trip.proven.difference.changes.len(), 1);
    trip.keeps(&["SELECT id, name, due FROM tasks", "SELECT name FROM named"]).await;
}

/// Only exactly `INTEGER PRIMARY KEY` is the rowid; a key that isn't stays one that isn't.
#[tokio::test]
async fn a_key_that_is_no_rowid_stays_none() {
    for key in
        ["INT PRIMARY KEY", "INTEGER PRIMARY KEY DESC", "INTEGER(8) PRIMARY KEY", "PRIMARY KEY"]
    {
        let before = format!("CREATE TABLE t (id {key}, n TEXT);");
        let after = before.replace("n TEXT", "n TEXT NOT NULL DEFAULT '' COLLATE RTRIM");
        let rows = "INSERT INTO t (rowid, id, n) VALUES (5, 70, ''), (3, 71, ''), (9, NULL, '');";
        let trip = Trip::new(&before, &after, rows).await;
        trip.keeps(&["SELECT rowid, id, typeof(id) FROM t ORDER BY rowid"]).await;
    }
}
