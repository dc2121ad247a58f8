//! The primary key and the options behind the table.

use super::{Change, change};

const AUTO: &str = "INTEGER PRIMARY KEY AUTOINCREMENT";
const ID: &str = "INTEGER PRIMARY KEY";
const END: &str = "-- the end\n)";

pub(super) fn changes() -> Vec<Change> {
    vec![
        change(
            "drop AUTOINCREMENT",
            &[(AUTO, ID)],
            &["holds the sequence", "does give the next id"],
        )
        .lost(&["holds the sequence", "does give the next id"]),
        change(
            "add AUTOINCREMENT",
            &[("  \"id\"\tINTEGER PRIMARY KEY", "  \"id\"\tINTEGER PRIMARY KEY AUTOINCREMENT")],
            &["holds the sequence"],
        )
        .before(&[(AUTO, ID)]),
        change(
            "change the primary key",
            &[
                (AUTO, "INTEGER UNIQUE"),
                ("  CONSTRAINT short_code", "  PRIMARY KEY (code, id),\n  CONSTRAINT short_code"),
            ],
            &["is column", "is index", "holds the sequence", "does give the next id"],
        )
        .lost(&["holds the sequence", "does give the next id"]),
        change(
            "make the key no rowid",
            &[(AUTO, "INT PRIMARY KEY")],
            &["is column id", "is index pk", "holds the sequence", "does give the next id"],
        )
        .lost(&["holds the sequence", "does give the next id"]),
        change(
            "say NOT NULL of the key",
            &[(AUTO, "INTEGER NOT NULL PRIMARY KEY"), ("'new'", "'newer'")],
            &["is column", "holds the sequence", "does give"],
        )
        .lost(&["holds the sequence", "does give the next id"]),
        change("STRICT on", &[(END, "-- the end\n) STRICT")], &["is option", "is column id"])
            .without_odd_rows(),
        change("STRICT off", &[(") STRICT", ")")], &["is option", "is column id"])
            .before(&[(END, "-- the end\n) STRICT")])
            .without_odd_rows(),
        change(
            "WITHOUT ROWID on",
            &[(END, "-- the end\n) WITHOUT ROWID")],
            &[
                "is option",
                "is column id",
                "is index pk",
                "holds rowids",
                "does give the next id",
                "does take a row through the view",
            ],
        )
        .before(&[(AUTO, ID)]),
        change(
            "WITHOUT ROWID off",
            &[(") WITHOUT ROWID", ")")],
            &[
                "is option",
                "is column id",
                "is index pk",
                "holds rowids",
                "does give the next id",
                "does take a row through the view",
            ],
        )
        .before(&[(AUTO, ID), (END, "-- the end\n) WITHOUT ROWID")]),
    ]
}
