//! A database that isn't what its history says stops a run before it begins.

use crate::support::{Journal, Trip, ask, bytes, schema, told};
use schema_engine::diff::diff;
use schema_engine::pair::Pair;

/// A rebuild writes the columns that the history knows; one that isn't among them would be gone.
#[tokio::test]
async fn r39_what_only_the_database_has_stops_the_run() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE INDEX i ON t (a);";
    let after = &before.replace("a TEXT", "a TEXT NOT NULL DEFAULT ''");
    let additions = [
        ("ALTER TABLE t ADD COLUMN mine TEXT; UPDATE t SET mine = 'precious'", "column t.mine"),
        ("CREATE INDEX mine ON t (a, id)", "index mine"),
        ("CREATE TRIGGER mine AFTER DELETE ON t BEGIN SELECT 1; END", "trigger mine"),
        ("CREATE VIEW mine AS SELECT a FROM t", "view mine"),
        ("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)", "table mine"),
    ];
    for (addition, named) in additions {
        let rows = "INSERT INTO t VALUES (1, 'a');";
        let trip = Trip::with(before, after, rows, &[], Journal::Delete).await;
        trip.open().execute_batch(addition).unwrap();
        let untouched = bytes(&trip.path);
        let refused = trip.try_up().await.unwrap_err();
        assert!(told(&refused).contains(named), "{named}: {}", told(&refused));
        assert_eq!(bytes(&trip.path), untouched, "{named}");
        assert_eq!(ask(&trip.open(), "SELECT id, a FROM t"), ["1|a"]);
    }
}

/// A reference to what is no key makes SQLite's own check fail, so that it can't be asked whether
/// rows are broken. The revision that mends it must run all the same.
#[tokio::test]
async fn a_reference_that_fits_no_key_can_be_mended() {
    let before = "CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT);
                  CREATE TABLE c (id INTEGER PRIMARY KEY, code TEXT REFERENCES p(code));";
    let after = &before.replacen("code TEXT", "code TEXT UNIQUE", 1);
    let rows = "INSERT INTO p VALUES (1, 'a'); INSERT INTO c VALUES (1, 'a');";
    let trip = Trip::new(before, after, rows).await;
    trip.up().await;
    assert_eq!(ask(&trip.open(), "SELECT * FROM c"), ["1|a"]);
}

const ORPHANS: &str =
    "INSERT INTO p VALUES (1, 'one'); INSERT INTO c VALUES (1, 1), (2, 99), (3, 98);";
const FAMILY: &str = "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT);
                      CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id));";

/// Rows that referred to nothing before stand in no change's way, whatever it is called afterwards.
async fn orphans_stay(after: &str, said: &[&str]) {
    let trip = Trip::with(FAMILY, after, ORPHANS, said, Journal::Wal).await;
    let _ = trip.try_up().await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!(ask(&trip.open(), "SELECT count(*) FROM pragma_foreign_key_check"), ["2"]);
    let _ = trip.try_down().await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!(ask(&trip.open(), "SELECT id, p FROM c"), ["1|1", "2|99", "3|98"]);
}

#[tokio::test]
async fn old_orphans_stop_no_rebuild() {
    orphans_stay(&FAMILY.replace("n TEXT", "n TEXT NOT NULL DEFAULT ''"), &[]).await;
    orphans_stay(&FAMILY.replace("REFERENCES p(id)", "NOT NULL REFERENCES p(id)"), &[]).await;
    orphans_stay(&FAMILY.replace("REFERENCES p(id)", "REFERENCES p(id) ON DELETE CASCADE"), &[])
        .await;
}

#[tokio::test]
async fn old_orphans_stop_no_rename() {
    orphans_stay(
        &FAMILY.replace("TABLE p", "TABLE q").replace("REFERENCES p", "REFERENCES q"),
        &["rename p=q"],
    )
    .await;
    orphans_stay(&FAMILY.replace("TABLE c", "TABLE d"), &["rename c=d"]).await;
}

#[tokio::test]
async fn r35_the_storage_of_a_virtual_table_is_nobodys_to_drop() {
    let full =
        "CREATE VIRTUAL TABLE f USING fts5 (body); CREATE VIRTUAL TABLE g USING rtree (id, a, b);";
    let before = schema(&format!("{full} CREATE TABLE t (a); CREATE TABLE f_mine (a);")).await;
    let storage = before.left_alone.iter().map(|table| table.name.as_str());
    let mut storage: Vec<_> = storage.collect();
    storage.sort_unstable();
    assert_eq!(
        storage,
        ["f_config", "f_content", "f_data", "f_docsize", "f_idx", "g_node", "g_parent", "g_rowid"]
    );
    let lines = async |after: &str| {
        let after = schema(after).await;
        diff(Pair::new(&before, &after)).lines()
    };
    assert_eq!(lines(&format!("{full} CREATE TABLE t (a);")).await, ["- table f_mine"]);
    assert_eq!(
        lines("CREATE TABLE t (a); CREATE TABLE f_mine (a);").await,
        ["- virtual table f", "- virtual table g"]
    );
}
