//! NULL and defaults.

use super::{Case, changes, column, same};

pub(super) fn cases() -> Vec<Case> {
    let same_default = |number, declared: &str, one: &str, two: &str| {
        column(
            number,
            &format!("{declared} DEFAULT {one}"),
            &format!("{declared} DEFAULT {two}"),
            &[],
        )
    };
    let other_default = |number, declared: &str, one: &str, two: &str| {
        let line = format!("default {one} -> {two}");
        let definition = |value| format!("{declared} DEFAULT {value}");
        column(number, &definition(one), &definition(two), &[&line])
    };
    vec![
        column("67a", "TEXT DEFAULT 'x'", "TEXT NOT NULL DEFAULT 'x'", &["NULL -> NOT NULL"]),
        column("67b", "TEXT NOT NULL", "TEXT", &["NOT NULL -> NULL"]),
        column("67c", "TEXT NULL", "TEXT", &[]),
        // The key of a table without rowids is NOT NULL, said or not; that of any other isn't.
        same(
            "68a",
            "CREATE TABLE t (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;",
            "CREATE TABLE t (a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;",
        ),
        same(
            "68b",
            "CREATE TABLE t (id INTEGER PRIMARY KEY);",
            "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY);",
        ),
        changes(
            "68c",
            "CREATE TABLE t (a TEXT, b TEXT, PRIMARY KEY (a, b));",
            "CREATE TABLE t (a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b));",
            &["~ column t.a: NULL -> NOT NULL", "~ column t.b: NULL -> NOT NULL"],
        ),
        column("69", "TEXT", "TEXT NOT NULL", &["NULL -> NOT NULL"]),
        column("69b", "TEXT", "TEXT NOT NULL", &["NULL -> NOT NULL"]).said(&["fill t.v='unknown'"]),
        column(
            "70",
            "TEXT",
            "TEXT NOT NULL DEFAULT 'd'",
            &["NULL -> NOT NULL; default none -> 'd'"],
        ),
        column("71a", "TEXT", "TEXT DEFAULT 'x'", &["default none -> 'x'"]),
        column("71b", "TEXT DEFAULT 'x'", "TEXT", &["default 'x' -> none"]),
        other_default("72a", "TEXT", "'old'", "'new'"),
        other_default("72b", "INTEGER", "15", "20"),
        same_default("73a", "TEXT", "'http://a//b'", "'http://a//b'"),
        same_default("73b", "INTEGER", "5", "5"),
        same_default("73c", "TEXT", "(lower('A'))", "((LOWER('A')))"),
        same_default("74", "TEXT", "CURRENT_TIMESTAMP", "(CURRENT_TIMESTAMP)"),
        same_default(
            "75",
            "TEXT",
            "(datetime('now','localtime'))",
            "(datetime('now', 'localtime'))",
        ),
        same_default("76a", "INTEGER", "5", "'5'"),
        other_default("76b", "REAL", "5.2", "5.3"),
        same_default("77", "INTEGER", "-1", "(-1)"),
        same_default("78", "TEXT", "''", "('')"),
        same_default("79", "TEXT", "'it''s'", "\"it's\""),
        same_default("80", "BOOLEAN", "TRUE", "1"),
        same_default("81", "TEXT", "(lower( 'A' ))", "(lower('A'))"),
        same_default("82a", "REAL", "1.0", "1"),
        same_default("82b", "REAL", "1e3", "1000"),
        same_default("82c", "NUMERIC", "'1.50'", "1.5"),
        other_default("82d", "TEXT", "1.0", "1"),
        other_default("82e", "TEXT", "'true'", "TRUE"),
        same_default("83", "TEXT", "NULL", "(NULL)"),
        column("83b", "TEXT DEFAULT NULL", "TEXT", &[]),
    ]
}
