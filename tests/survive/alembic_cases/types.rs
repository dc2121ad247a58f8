//! Declared types.

use super::{Case, changes, column, same};

/// One pair of types and whether they are two.
struct Types(&'static str, &'static str, &'static str, bool);

const PAIRS: &[Types] = &[
    Types("32", "VARCHAR(30)", "varchar(30)", false),
    Types("33", "VARCHAR(30)", "VARCHAR(40)", true),
    Types("34", "VARCHAR(30)", "INTEGER", true),
    // Decision 0011: a length counts only where both sides give one.
    Types("35", "VARCHAR(30)", "VARCHAR", false),
    Types("36", "TEXT", "VARCHAR(255)", true),
    Types("37", "VARCHAR(6)", "VARCHAR(12)", true),
    Types("38", "CHAR", "VARCHAR(1)", true),
    Types("39", "NVARCHAR(32)", "nvarchar(32)", false),
    Types("40", "DECIMAL(10,5)", "DECIMAL(10,6)", true),
    Types("41a", "DECIMAL(10,5)", "DECIMAL(10)", false),
    Types("41b", "DECIMAL(10)", "DECIMAL(10,5)", false),
    Types("42", "DECIMAL(10,5)", "DECIMAL(12,5)", true),
    Types("43", "DECIMAL(10,5)", "NUMERIC(10, 5)", false),
    Types("44", "DECIMAL", "DATETIME", true),
    Types("45", "NUMERIC(8,2)", "NUMERIC(10,2)", true),
    Types("46a", "INTEGER", "Integer", false),
    Types("46b", "INT", "INTEGER", false),
    Types("47a", "BIGINT", "INTEGER", true),
    Types("47b", "BIGINT", "SMALLINT", true),
    Types("47c", "INTEGER", "SMALLINT", true),
    Types("48", "INTEGER", "TEXT", true),
    // SQLite has no zones; a name that says so is another name.
    Types("50", "DATETIME", "datetime", false),
    Types("51a", "DATETIME", "TIMESTAMP", true),
    Types("51b", "FLOAT", "REAL", true),
    Types("51c", "BOOLEAN", "INTEGER", true),
    // No type is a type of its own, and a rebuild of such a table works.
    Types("53", "", "TEXT", true),
    Types("54a", "JSON5", "TEXT", true),
    Types("54b", "uuid_text", "TEXT", true),
    Types("54c", "UNSIGNED BIG INT", "unsigned  big int", false),
    Types("54d", "UNSIGNED BIG INT", "BIGINT", true),
    Types("54e", "TINYINT(1)", "BOOLEAN", true),
    Types("54f", "\"quoted type\"", "TEXT", true),
    Types("59", "VARCHAR(6)", "VARCHAR(9)", true),
    Types("61", "TEXT", "JSON", true),
    Types("62", "VARCHAR(30)", "DATETIME", true),
    Types("63", "TEXT", "INTEGER", true),
    Types("64", "TIMESTAMP", "timestamp", false),
];

/// Every type that an ORM writes for SQLite.
const ALL: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a CHAR, b VARCHAR(32), c TEXT, d FLOAT, e NUMERIC,
    f DECIMAL, g TIMESTAMP, h DATETIME, i BOOLEAN, j BIGINT, k SMALLINT, l DATE, m BLOB, n JSON, o TIME,
    p uuid_text, q jsonb_text, r double, s real_decimal(16, 4), t_ date_text, u time_text, v datetime_text,
    w timestamp_with_timezone_text, x blob(16), y varbinary_blob(16), z tinyint, aa double_unsigned,
    ab real_money, ac enum_text, ad timestamp_text, ae character(20), af NATIVE CHARACTER(70), ag CLOB);";

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = PAIRS
        .iter()
        .map(|Types(number, before, after, differ)| {
            let shown = |text: &'static str| if text.is_empty() { "no type" } else { text };
            let line = format!("type {} -> {}", shown(before), shown(after));
            let lines: Vec<&str> = if *differ { vec![&line] } else { Vec::new() };
            column(number, before, after, &lines)
        })
        .collect();
    cases.extend([
        same("49", ALL, &ALL.to_ascii_lowercase()),
        changes(
            "60",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, e VARCHAR(6) CHECK (e IN ('one', 'two')));",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, e VARCHAR(6) CHECK (e IN ('one', 'two', 'six')));",
            &["- check on t: e in ( 'one' , 'two' )", "+ check on t: e in ( 'one' , 'two' , 'six' )"],
        ),
        same(
            "65",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v TIMESTAMP DEFAULT (datetime('now')));",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v timestamp DEFAULT ( DATETIME( 'now' ) ));",
        ),
        // BIGINT is no name of the rowid: the key becomes a column with an index.
        changes(
            "66",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);",
            "CREATE TABLE t (id BIGINT PRIMARY KEY, a TEXT);",
            &[
                "~ column t.id: type INTEGER -> BIGINT",
                "~ primary key of t: (id), the rowid -> (id)",
            ],
        ),
    ]);
    cases
}
