//! What a migration may cost is said before it is written.

use crate::support::{answers, proven, schema};
use schema_engine::hazard::{HazardCode, Severity, hazards};

/// The hazards of a difference that can be planned and proven.
async fn codes(before: &str, after: &str) -> Vec<HazardCode> {
    let proven = proven(before, after, &answers(&[])).await;
    let desired = schema(after).await;
    let found = hazards(&proven.difference, &desired, &answers(&[]));
    found.iter().map(|hazard| hazard.code).collect()
}

/// Whether something is said of values that are lost.
async fn tells_of_loss(before: &str, after: &str) -> bool {
    codes(before, after).await.iter().any(|code| code.severity() == Severity::LosesData)
}

const FTS: &str = "CREATE TABLE t (a); CREATE VIRTUAL TABLE f USING fts5(a);";

#[tokio::test]
async fn a_virtual_table_that_goes_with_its_rows_is_a_hazard() {
    assert!(tells_of_loss(FTS, "CREATE TABLE t (a);").await);
}

#[tokio::test]
async fn a_virtual_table_that_is_made_anew_is_a_hazard() {
    assert!(tells_of_loss(FTS, &FTS.replace("fts5(a)", "fts5(a, b)")).await);
}

#[tokio::test]
async fn values_that_a_generated_column_replaces_are_a_hazard() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);";
    assert!(tells_of_loss(before, &before.replace("a TEXT", "a TEXT AS (id || 'x')")).await);
}

#[tokio::test]
async fn one_hazard_of_a_column_hides_no_other() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);";
    let found = codes(before, &before.replace("a TEXT", "a INTEGER NOT NULL")).await;
    assert!(found.contains(&HazardCode::RequireValue), "{found:?}");
    assert!(found.contains(&HazardCode::ChangeAffinity), "{found:?}");
}

#[tokio::test]
async fn what_rows_may_break_is_a_hazard() {
    for (before, after) in [
        ("CREATE TABLE t (a INTEGER);", "CREATE TABLE t (a INTEGER) STRICT;"),
        ("CREATE TABLE t (a TEXT, b TEXT);", "CREATE TABLE t (a TEXT PRIMARY KEY, b TEXT);"),
        ("CREATE TABLE t (a TEXT UNIQUE);", "CREATE TABLE t (a TEXT COLLATE NOCASE UNIQUE);"),
    ] {
        assert!(!codes(before, after).await.is_empty(), "{after}");
    }
}
