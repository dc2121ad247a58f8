//! What the planner knows of a table.

use crate::support::{Trip, ask};

/// The statistics of a rebuilt table and of its indexes are as before the rebuild.
#[tokio::test]
async fn r36_statistics_stay() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);
                  CREATE INDEX by_a ON t (a); CREATE INDEX by_b ON t (b, a);
                  CREATE TABLE other (id INTEGER PRIMARY KEY, a TEXT); CREATE INDEX by_other ON other (a);";
    let after = &before.replacen("b TEXT", "b TEXT NOT NULL DEFAULT '' COLLATE RTRIM", 1);
    let rows = "INSERT INTO t SELECT value, value % 7, value % 100 FROM
                  (WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s WHERE value < 500) SELECT value FROM s);
                INSERT INTO other VALUES (1, 'a'); ANALYZE;";
    let trip = Trip::new(before, after, rows).await;
    assert_eq!(trip.rebuilds(), (1, 1));
    assert_eq!(
        ask(&trip.open(), "SELECT count(*) FROM sqlite_stat1 WHERE tbl IN ('t', 'other')"),
        ["3"]
    );
    trip.keeps(&[
        "SELECT tbl, idx, stat FROM sqlite_stat1 WHERE tbl IN ('t', 'other') ORDER BY tbl, idx",
    ])
    .await;
}
