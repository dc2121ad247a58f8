//! Columns that come, go and change.

use super::{Change, change};

const PLACE: &str = "place TEXT,";

pub(super) fn changes() -> Vec<Change> {
    let extra = ["is column extra", "holds values of extra"];
    vec![
        change("add a nullable column", &[(PLACE, "place TEXT,\n  extra TEXT,")], &extra),
        change(
            "add a column with a default",
            &[(PLACE, "place TEXT, extra INTEGER NOT NULL DEFAULT 4,")],
            &extra,
        ),
        change(
            "add a column with the current time",
            &[(PLACE, "place TEXT, extra TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,")],
            &extra,
        ),
        change(
            "add a required column with a fill",
            &[(PLACE, "place TEXT, extra TEXT NOT NULL,")],
            &["is column extra", "holds values of extra", "does take a row through the view"],
        )
        .said("fill tasks.extra=upper(title) || points"),
        change(
            "add a generated column",
            &[(PLACE, "place TEXT, extra TEXT AS (lower(code)),")],
            &extra,
        ),
        change(
            "add a stored generated column",
            &[(PLACE, "place TEXT, extra TEXT AS (lower(code)) STORED,")],
            &extra,
        ),
        change(
            "drop a plain column",
            &[("weight REAL, spare INTEGER,", "weight REAL,")],
            &["is column spare", "holds values of spare"],
        )
        .lost(&["holds values of spare"]),
        change(
            "drop a column that an index holds",
            &[
                ("      weight REAL, spare INTEGER,", "  spare INTEGER,"),
                ("(weight DESC, code COLLATE BINARY)", "(code COLLATE BINARY)"),
            ],
            &[
                "is column weight",
                "holds values of weight",
                "is index",
                "is formatting \"      weight\"",
            ],
        )
        .lost(&["holds values of weight"]),
        change(
            "drop the columns of a constraint",
            &[
                ("place TEXT,", ""),
                ("(lower(title), place)", "(lower(title))"),
                (",\n  CONSTRAINT one_place UNIQUE (owner, place) ON CONFLICT IGNORE", ""),
                ("ON UPDATE CASCADE,\n  \n", "ON UPDATE CASCADE,\n"),
            ],
            &["is column place", "holds values of place", "is index", "does ignore"],
        )
        .lost(&["holds values of place", "does ignore"]),
        change(
            "drop a generated column",
            &[
                ("  twice INTEGER AS (points * 2) VIRTUAL,\n", ""),
                ("CREATE INDEX i_twice on tasks(twice);", ""),
            ],
            &[
                "is column twice",
                "holds values of twice",
                "is index i_twice",
                "is index text i_twice",
                "does work out twice",
            ],
        ),
        change(
            "change a type within its affinity",
            &[("title TEXT", "title VARCHAR(80)")],
            &["is column title"],
        ),
        change(
            "change a type across affinities",
            &[("points INTEGER", "points TEXT")],
            &["is column points", "holds values of points", "holds values of twice"],
        ),
        change(
            "change a type that keeps odd values",
            &[("weight REAL", "weight INTEGER"), ("[note] text", "[note] BLOB")],
            &["is column weight", "is column note"],
        ),
        change(
            "set NOT NULL with a fill",
            &[(PLACE, "place TEXT NOT NULL,")],
            &["is column place", "holds values of place", "does take a row through the view"],
        )
        .said("fill tasks.place='nowhere ' || id")
        .lost(&["holds values of place"]),
        change(
            "set NOT NULL with a default",
            &[(PLACE, "place TEXT NOT NULL DEFAULT '-',")],
            &["is column place", "holds values of place"],
        )
        .lost(&["holds values of place"]),
        change("drop NOT NULL", &[("title TEXT NOT NULL", "title TEXT")], &["is column title"]),
        change("set a default", &[(PLACE, "place TEXT DEFAULT 'x',")], &["is column place"]),
        change(
            "change a default",
            &[("'new'", "'newer'")],
            &["is column title", "does give a title"],
        ),
        change(
            "drop a default",
            &[(" DEFAULT 'new'", "")],
            &["is column title", "does give a title"],
        ),
        change(
            "add a collation",
            &[("title TEXT", "title TEXT COLLATE NOCASE")],
            &["is index i_lower"],
        ),
        change(
            "drop a collation",
            &[("COLLATE NOCASE ", "")],
            &["is index u code", "is index i_heavy", "does refuse a code in other letters"],
        ),
        change(
            "change a virtual expression",
            &[("(points * 2)", "(points * 3)")],
            &["holds values of twice", "does work out twice"],
        ),
        change(
            "change a stored expression",
            &[("code || ':' || title", "code || '/' || title")],
            &["holds values of label", "does work out the label", "does refuse a label"],
        ),
        change(
            "store what was virtual",
            &[("(points * 2) VIRTUAL", "(points * 2) STORED")],
            &["is column twice"],
        ),
        change(
            "make a generated column plain",
            &[("label TEXT GENERATED ALWAYS AS (code || ':' || title) STORED", "label TEXT")],
            &[
                "is column label",
                "does work out the label",
                "does log an insert",
                "does give",
                "does refuse",
            ],
        ),
        change(
            "make a plain column generated",
            &[("spare INTEGER", "spare INTEGER AS (points + 1)")],
            &["is column spare", "holds values of spare"],
        )
        .lost(&["holds values of spare"]),
    ]
}
