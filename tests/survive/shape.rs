//! How a table is brought into another shape: in place or anew, and how often.

use crate::support::{Trip, ask};

/// `ADD COLUMN` refuses these; each is a rebuild that fills the rows.
#[tokio::test]
async fn r38_what_add_column_refuses_is_a_rebuild() {
    let base =
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);";
    let columns = [
        ("d TEXT DEFAULT CURRENT_TIMESTAMP", "length(d)", "19"),
        ("d TEXT NOT NULL DEFAULT CURRENT_DATE", "length(d)", "10"),
        ("d INTEGER DEFAULT (1 + 1)", "d", "2"),
        ("d INTEGER DEFAULT 1 REFERENCES p(id)", "d", "1"),
        ("d TEXT AS (a || '!') STORED", "d", "x!"),
        ("d TEXT UNIQUE", "d", "NULL"),
    ];
    for (column, value, expected) in columns {
        let after = base.replace("a TEXT)", &format!("a TEXT, {column})"));
        let rows = "INSERT INTO p VALUES (1); INSERT INTO t VALUES (5, 'x');";
        let trip = Trip::new(base, &after, rows).await;
        assert_eq!(trip.proven.up.rebuilds().count(), 1, "{column}");
        trip.up().await;
        assert_eq!(ask(&trip.open(), &format!("SELECT {value} FROM t")), [expected], "{column}");
        trip.down().await;
        assert_eq!(ask(&trip.open(), "SELECT * FROM t"), ["5|x"], "{column}");
    }
}

/// And these it takes as they are.
#[tokio::test]
async fn r38_what_add_column_takes_is_no_rebuild() {
    let base =
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);";
    let columns = [
        "d TEXT",
        "d TEXT NOT NULL DEFAULT ''",
        "d INTEGER REFERENCES p(id) ON DELETE SET NULL",
        "d TEXT AS (a || '!')",
        "d TEXT COLLATE NOCASE",
    ];
    for column in columns {
        let after = base.replace("a TEXT)", &format!("a TEXT, {column})"));
        let trip = Trip::new(base, &after, "INSERT INTO t VALUES (5, 'x');").await;
        assert_eq!(trip.proven.up.rebuilds().count(), 0, "{column}");
        trip.keeps(&["SELECT id, a FROM t"]).await;
    }
}

#[tokio::test]
async fn r46_a_table_is_written_once_however_many_changes_it_has() {
    let columns: Vec<_> =
        (1..=8).map(|at| format!("gone{at} TEXT CHECK (gone{at} <> 'x')")).collect();
    let before = format!(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER, {});
         CREATE INDEX i ON t (a); CREATE INDEX j ON t (gone1);",
        columns.join(", ")
    );
    let after = "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(9) NOT NULL DEFAULT 'a', b INTEGER UNIQUE,
                                 c TEXT DEFAULT CURRENT_TIMESTAMP, CHECK (a <> ''));
                 CREATE INDEX i ON t (b);";
    let trip =
        Trip::new(&before, after, "INSERT INTO t (id, a, b) VALUES (1, 'x', 1), (2, 'y', 2);")
            .await;
    assert!(trip.proven.difference.lines().len() > 8);
    for plan in [&trip.proven.up, &trip.proven.down] {
        assert_eq!(plan.rebuilds().count(), 1);
        let copies = plan.statements().filter(|sql| sql.starts_with("INSERT OR ABORT INTO"));
        assert_eq!(copies.count(), 1);
        assert!(!plan.statements().any(|sql| sql.contains("DROP COLUMN")));
    }
    trip.keeps(&["SELECT id, a, b FROM t"]).await;
}

/// Columns that can go in place do, without writing the table at all.
#[tokio::test]
async fn r46_plain_columns_go_without_a_rebuild() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, x TEXT, y TEXT, z TEXT);";
    let after = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);";
    let trip = Trip::new(before, after, "INSERT INTO t (id, a) VALUES (1, 'a');").await;
    assert_eq!(trip.proven.up.rebuilds().count(), 0);
    trip.keeps(&["SELECT id, a FROM t"]).await;
}

/// The name that a rebuild would take may be somebody's.
#[tokio::test]
async fn a_rebuild_takes_no_name_that_is_taken() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
                  CREATE TABLE t__NEW (x); CREATE VIEW t__new2 AS SELECT a FROM t;
                  CREATE INDEX t__new3 ON t (a);";
    let after = before.replace("a TEXT", "a TEXT NOT NULL DEFAULT ''");
    let rows = "INSERT INTO t VALUES (1, 'a'); INSERT INTO t__new VALUES ('mine');";
    let trip = Trip::new(before, &after, rows).await;
    let seen = || {
        let names = "SELECT type, name FROM sqlite_schema WHERE name LIKE 't%' ORDER BY name";
        let values = "SELECT t.a, x, t__new2.a FROM t, t__new, t__new2";
        let database = trip.open();
        (ask(&database, names), ask(&database, values))
    };
    let before = seen();
    let _ = trip.try_up().await.unwrap();
    assert_eq!(seen(), before);
    let _ = trip.try_down().await.unwrap();
    assert_eq!(seen(), before);
}
