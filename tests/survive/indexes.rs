//! Indexes beside the table.

use crate::support::{Trip, ask, refusal};

const TABLE: &str =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT COLLATE NOCASE, n TEXT);";
const INDEXES: &str = "
    CREATE INDEX part ON t (a) WHERE n IS NULL
      AND a <> 'x -- no comment'
      AND b > '(';
    CREATE INDEX expr ON t (lower(a), n || 'x' DESC);
    CREATE UNIQUE INDEX uniq_expr ON t (upper(b));
    CREATE INDEX down ON t (a DESC, b COLLATE BINARY DESC, \"n\" ASC);
    CREATE UNIQUE INDEX part_nocase ON t (a COLLATE NOCASE) WHERE n = 'only';";

const LIST: &str = "SELECT il.name, il.\"unique\", il.partial, xi.seqno, xi.cid, xi.desc, xi.coll
    FROM pragma_index_list('t') AS il, pragma_index_xinfo(il.name) AS xi ORDER BY il.name, xi.seqno";
const TEXTS: &str = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name";
const ROWS: &str =
    "INSERT INTO t VALUES (1, 'a', 'b', NULL), (2, 'A', 'c', 'only'), (3, 'x', 'd', 'n');";

#[tokio::test]
async fn r17_predicates_expressions_and_directions_stay() {
    let before = format!("{TABLE}{INDEXES}");
    let after = before.replace("n TEXT)", "n TEXT DEFAULT 'n')");
    let trip = Trip::new(&before, &after, ROWS).await;
    assert_eq!(trip.rebuilds(), (1, 1));
    trip.keeps(&[LIST, TEXTS]).await;
    let database = trip.open();
    let taken = "INSERT INTO t VALUES (4, 'a', 'e', 'n')";
    database.execute_batch(taken).expect("outside of the predicate");
    assert!(refusal(&database, "INSERT INTO t VALUES (5, 'a', 'f', 'only')").contains("t.a"));
    assert!(refusal(&database, "INSERT INTO t VALUES (6, 'y', 'B', 'n')").contains("uniq_expr"));
    let plan = ask(&database, "EXPLAIN QUERY PLAN SELECT id FROM t WHERE lower(a) = 'a'");
    assert!(plan[0].contains("expr"), "{plan:?}");
}

/// The plan takes what is in the way of `DROP COLUMN` away first, or rebuilds.
#[tokio::test]
async fn r37_a_column_that_something_holds_can_be_dropped() {
    let base = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, gone TEXT, n TEXT);";
    let holders = [
        ("CREATE INDEX i ON t (gone);", ""),
        ("CREATE INDEX i ON t (a, gone);", "CREATE INDEX i ON t (a);"),
        ("CREATE INDEX i ON t (a) WHERE gone IS NULL;", ""),
        ("CREATE UNIQUE INDEX i ON t (lower(gone));", ""),
        ("CREATE VIEW v AS SELECT a, gone FROM t;", "CREATE VIEW v AS SELECT a FROM t;"),
        (
            "CREATE TRIGGER g AFTER UPDATE OF gone ON t BEGIN UPDATE t SET n = NEW.gone; END;",
            "CREATE TRIGGER g AFTER UPDATE OF a ON t BEGIN UPDATE t SET n = NEW.a; END;",
        ),
    ];
    for (before, after) in holders {
        let less = base.replace(" gone TEXT,", "");
        let trip = Trip::new(
            &format!("{base}{before}"),
            &format!("{less}{after}"),
            "INSERT INTO t VALUES (1, 'a', 'g', 'n'), (8, 'b', 'h', NULL);",
        )
        .await;
        trip.keeps(&["SELECT id, a, n FROM t ORDER BY id"]).await;
    }
    let clauses = [
        ("gone TEXT", "gone TEXT UNIQUE"),
        ("gone TEXT", "gone TEXT CHECK (gone <> a)"),
        ("gone TEXT", "gone TEXT REFERENCES t(id)"),
        ("gone TEXT, n TEXT", "gone TEXT, n TEXT, CHECK (gone <> n OR a = 'a')"),
        ("gone TEXT, n TEXT", "gone TEXT, n TEXT, UNIQUE (a, gone)"),
        ("gone TEXT, n TEXT", "gone TEXT, n TEXT, g2 TEXT AS (gone || 1)"),
    ];
    let less = base.replace(" gone TEXT,", "");
    for (from, to) in clauses {
        let rows = "INSERT INTO t (id, a, n) VALUES (1, 'a', 'n'), (8, 'b', NULL);";
        let trip = Trip::new(&base.replace(from, to), &less, rows).await;
        trip.keeps(&["SELECT id, a, n FROM t ORDER BY id"]).await;
    }
}
