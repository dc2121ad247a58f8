//! UNIQUE constraints.

use super::{Case, changes, same};

fn table(constraints: &str) -> String {
    format!("CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(10), b INTEGER{constraints});")
}

pub(super) fn cases() -> Vec<Case> {
    let plain = &table("");
    let inline = plain.replace("VARCHAR(10)", "VARCHAR(10) UNIQUE");
    let add = "+ unique t (a)";
    let drop = "- unique t (a)";
    vec![
        changes("108", plain, &table(", CONSTRAINT u UNIQUE (a)"), &[add]),
        changes("109", &table(", CONSTRAINT u UNIQUE (a)"), plain, &[drop]),
        changes(
            "110",
            &table(", CONSTRAINT u UNIQUE (a)"),
            &table(", CONSTRAINT u UNIQUE (a, b)"),
            &[drop, "+ unique t (a, b)"],
        ),
        same("111", &table(", CONSTRAINT u UNIQUE (a)"), &table(", UNIQUE (a)")),
        same("112", &table(", UNIQUE (a), UNIQUE (b)"), &table(", UNIQUE (b) UNIQUE (a)")),
        changes("113", &table(", UNIQUE (a)"), plain, &[drop]),
        changes("114", &table(", UNIQUE (a)"), &table(", UNIQUE (b)"), &[drop, "+ unique t (b)"]),
        same("115a", &inline, &table(", UNIQUE (a)")),
        changes("115b", &inline, plain, &[drop]),
        same("116", &plain.replace("b INTEGER", "b INTEGER UNIQUE"), &table(", UNIQUE (b)")),
        // "What equals what" in docs/architecture.md: the order forbids nothing.
        same("117", &table(", UNIQUE (a, b)"), &table(", UNIQUE (b, a)")),
        changes(
            "118",
            &table(", CONSTRAINT u UNIQUE (a)"),
            &format!("{plain} CREATE UNIQUE INDEX u ON t (a);"),
            &[drop, "+ index u on t"],
        ),
        changes(
            "119",
            &format!("{plain} CREATE UNIQUE INDEX u ON t (a);"),
            &inline,
            &[add, "- index u on t"],
        ),
        same("120", &table(", CONSTRAINT u UNIQUE (a)"), &table(", CONSTRAINT U UNIQUE (A)")),
        changes("121a", "", &inline, &["+ table t (id, a, b)"]),
        changes("121b", &inline, "", &["- table t"]),
        // What a conflict does, and by which letters, are part of the constraint.
        changes(
            "204",
            &table(", UNIQUE (a)"),
            &table(", UNIQUE (a) ON CONFLICT REPLACE"),
            &[drop, "+ unique t (a) ON CONFLICT REPLACE"],
        ),
        changes(
            "206",
            &table(", UNIQUE (a)"),
            &table(", UNIQUE (a COLLATE NOCASE)"),
            &[drop, "+ unique t (a COLLATE NOCASE)"],
        ),
    ]
}
