//! Checks, generated columns, primary keys, options, comments; and what a rebuild must keep apart.

use super::{Case, changes, column, same};

fn table(columns: &str) -> String {
    format!("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, {columns});")
}

pub(super) fn cases() -> Vec<Case> {
    let plain = &table("b TEXT");
    vec![
        changes(
            "142a",
            plain,
            &table("b TEXT, CONSTRAINT k CHECK (a > 0)"),
            &["+ check on t: a > 0"],
        ),
        changes(
            "142b",
            &table("b TEXT, CONSTRAINT k CHECK (a > 0)"),
            plain,
            &["- check on t: a > 0"],
        ),
        changes(
            "143",
            &table("b TEXT, CONSTRAINT k CHECK (a > 0)"),
            &table("b TEXT, CONSTRAINT k CHECK (a > 1)"),
            &["- check on t: a > 0", "+ check on t: a > 1"],
        ),
        // SQLite reads "Draft" as a string where no column is called so.
        changes(
            "143b",
            &table("b TEXT CHECK (b <> \"Draft\")"),
            &table("b TEXT CHECK (\"B\" <> \"draft\")"),
            &["- check on t: b <> 'Draft'", "+ check on t: b <> 'draft'"],
        ),
        changes("144", plain, &table("b TEXT, CHECK (a > 0)"), &["+ check on t: a > 0"]),
        same("145", &table("b TEXT CHECK (b <> '')"), &table("b TEXT, CHECK ((B != ''))")),
        changes(
            "146",
            &table("b TEXT, CHECK (a > 0), CHECK (a < 9), CHECK (b <> '')"),
            &table("b TEXT, CHECK (b <> ''), CHECK (a > 0), CHECK (a <> 5)"),
            &["- check on t: a < 9", "+ check on t: a <> 5"],
        ),
        changes("147", "", &table("b TEXT CHECK (b <> '')"), &["+ table t (id, a, b)"]),
        same(
            "148",
            &table("b BOOLEAN CHECK (b IN (0, 1))"),
            &table("b BOOLEAN, CONSTRAINT b_is_bool CHECK (b IN (0,1))"),
        ),
        same("149", &table("b TEXT, CONSTRAINT k CHECK (a > 0)"), &table("b TEXT, CHECK (a > 0)")),
        changes("151a", plain, &table("b TEXT, g INTEGER AS (a * 2)"), &["+ column t.g INTEGER"]),
        changes(
            "151b",
            &table("b TEXT, g INTEGER AS (a * 2) STORED"),
            plain,
            &["- column t.g INTEGER"],
        ),
        column(
            "152a",
            "INTEGER AS (id * 2)",
            "INTEGER AS (id * 3)",
            &["AS (id * 2) VIRTUAL -> AS (id * 3) VIRTUAL"],
        ),
        column(
            "152b",
            "INTEGER",
            "INTEGER AS (id * 3)",
            &["a plain column -> AS (id * 3) VIRTUAL"],
        ),
        column(
            "152c",
            "INTEGER AS (id * 3) STORED",
            "INTEGER",
            &["AS (id * 3) STORED -> a plain column"],
        ),
        column(
            "152d",
            "INTEGER AS (id)",
            "INTEGER AS (id) STORED",
            &["AS (id) VIRTUAL -> AS (id) STORED"],
        ),
        column(
            "153",
            "INTEGER AS (id * 2)",
            "INTEGER GENERATED ALWAYS AS (\n  (id*2)\n) VIRTUAL",
            &[],
        ),
        changes(
            "155a",
            "CREATE TABLE t (a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a));",
            "CREATE TABLE t (a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b));",
            &["~ primary key of t: (a) -> (a, b)"],
        ),
        changes(
            "155b",
            "CREATE TABLE t (a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b));",
            "CREATE TABLE t (a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (b, a));",
            &["~ primary key of t: (a, b) -> (b, a)"],
        ),
        changes(
            "155c",
            "CREATE TABLE t (a TEXT NOT NULL, b TEXT NOT NULL);",
            "CREATE TABLE t (a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a));",
            &["~ primary key of t: none -> (a)"],
        ),
        changes(
            "156",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);",
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);",
            &["~ primary key of t: (id) -> (id) AUTOINCREMENT"],
        ),
        changes(
            "157a",
            "CREATE TABLE t (k TEXT PRIMARY KEY, a TEXT);",
            "CREATE TABLE t (k TEXT PRIMARY KEY, a TEXT) WITHOUT ROWID;",
            &["~ table t: WITHOUT ROWID"],
        ),
        changes(
            "157b",
            "CREATE TABLE t (k TEXT PRIMARY KEY, a TEXT);",
            "CREATE TABLE t (k TEXT PRIMARY KEY, a TEXT) STRICT;",
            &["~ table t: STRICT"],
        ),
        changes(
            "157c",
            "CREATE TABLE t (k TEXT PRIMARY KEY, a ANY) STRICT, WITHOUT ROWID;",
            "CREATE TABLE t (k TEXT PRIMARY KEY, a ANY);",
            &["~ table t: no longer STRICT", "~ table t: with rowids"],
        ),
        column("158a", "TEXT", "TEXT COLLATE NOCASE", &["collation BINARY -> NOCASE"]),
        column("158b", "TEXT COLLATE NOCASE", "TEXT COLLATE RTRIM", &["collation NOCASE -> RTRIM"]),
        column("158c", "TEXT COLLATE BINARY", "TEXT", &[]),
        same("159", &table("b TEXT -- why\n"), &table("/* what */ b TEXT")),
        // Two keys in one spelling: only exactly INTEGER, and not downwards, is the rowid.
        changes(
            "217a",
            "CREATE TABLE t (id INT PRIMARY KEY, a TEXT);",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);",
            &["~ primary key of t: (id) -> (id), the rowid"],
        ),
        changes(
            "217b",
            "CREATE TABLE t (id INTEGER PRIMARY KEY DESC, a TEXT);",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);",
            &["~ primary key of t: (id DESC) -> (id)"],
        ),
    ]
}
