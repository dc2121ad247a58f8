//! Indexes.

use super::{Case, changes, same};

const T: &str =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER, c TEXT COLLATE NOCASE);";

/// Two indexes of one name that differ.
fn other(number: &'static str, one: &str, two: &str) -> Case {
    changes(number, &format!("{T} {one}"), &format!("{T} {two}"), &["~ index i on t"])
}

/// Two spellings of one index.
fn spelled(number: &'static str, one: &str, two: &str) -> Case {
    same(number, &format!("{T} {one}"), &format!("{T} {two}"))
}

pub(super) fn cases() -> Vec<Case> {
    let on = |columns: &str| format!("CREATE INDEX i ON t ({columns});");
    let with = |more: &str| format!("{T} {more}");
    let mut cases = vec![
        changes("86a", T, &with(&on("a")), &["+ index i on t"]),
        changes("86b", &with(&on("a")), T, &["- index i on t"]),
        changes(
            "87",
            "",
            &with("CREATE INDEX i ON t (a); CREATE INDEX named ON t (b);"),
            &["+ table t (id, a, b, c)", "+ index i on t", "+ index named on t"],
        ),
        changes(
            "88",
            "",
            &with("CREATE UNIQUE INDEX i ON t (a);"),
            &["+ table t (id, a, b, c)", "+ index i on t"],
        ),
        other("89", &on("a"), "CREATE UNIQUE INDEX i ON t (a);"),
        other("90", &on("a"), &on("b")),
        other("91", &on("a, b"), &on("b, a")),
        spelled("92", &on("a"), "CREATE INDEX I ON t (a);"),
        changes("93", &with("CREATE INDEX a ON t (a);"), T, &["- index a on t"]),
        changes("93b", T, &with("CREATE INDEX a ON t (a);"), &["+ index a on t"]),
        spelled(
            "94",
            "CREATE INDEX MixedCase ON T (\"A\");",
            "create index \"mixedcase\" on [t] (a);",
        ),
        changes(
            "96",
            &with("CREATE INDEX i ON t (a);"),
            &T.replace("COLLATE NOCASE)", "COLLATE NOCASE, CONSTRAINT u UNIQUE (a))"),
            &["+ unique t (a)", "- index i on t"],
        ),
        changes(
            "97",
            &with(&on("a")),
            &with("CREATE INDEX j ON t (a);"),
            &["- index i on t", "+ index j on t"],
        ),
        other("98a", &on("a"), &on("a DESC")),
        spelled("98b", &on("a"), &on("a ASC")),
        spelled("98c", &on("a DESC, b"), &on("\"a\" desc, b asc")),
        other("99a", &on("a"), &on("a COLLATE NOCASE")),
        spelled("99b", &on("a COLLATE NOCASE"), &on("a collate nocase")),
        // The column's own collation is what an index has that says none.
        other("99c", &on("c"), &on("c COLLATE BINARY")),
        other("100a", &on("a"), "CREATE INDEX i ON t (a) WHERE b > 0;"),
        other(
            "100b",
            "CREATE INDEX i ON t (a) WHERE b > 0;",
            "CREATE INDEX i ON t (a) WHERE b > 1;",
        ),
        other("100c", "CREATE INDEX i ON t (a) WHERE b > 0;", &on("a")),
        spelled(
            "100d",
            "CREATE INDEX i ON t (a) WHERE b > 0;",
            "CREATE INDEX i ON t (a) where (B>0);",
        ),
        changes("101", T, &with("CREATE INDEX i ON t (a) WHERE b > 0;"), &["+ index i on t"]),
        spelled("102", &on("lower(a)"), &on("LOWER( a )")),
        changes("103", T, &with(&on("lower(a)")), &["+ index i on t"]),
        changes("104", &with(&on("lower(a)")), T, &["- index i on t"]),
    ];
    for (one, two) in [
        ("lower(a)", "upper(a)"),
        ("b + 1", "b + 3"),
        ("lower(a), b", "lower(c), b"),
        ("CAST(b AS TEXT)", "CAST(b AS REAL)"),
        ("coalesce(a, 'x')", "coalesce(a, 'X')"),
        ("lower(a), b", "b, lower(a)"),
        ("a || 'x y'", "a || 'x  y'"),
    ] {
        cases.push(other("105", &on(one), &on(two)));
    }
    cases.push(spelled("106", &on("b+1, a||'x'"), &on("b + 1, a || 'x'")));
    cases
}
