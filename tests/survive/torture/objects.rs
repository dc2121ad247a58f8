//! Names, indexes, views and triggers; and many changes at once.

use super::{Change, change};

pub(super) fn changes() -> Vec<Change> {
    vec![
        change("rename a column", &[("title", "heading")], &["is formatting"])
            .said("rename tasks.title=heading")
            .renamed("title", "heading"),
        change(
            "rename a column in a rebuild",
            &[("title", "heading"), ("'new'", "'newer'")],
            &["is column title", "does give a title"],
        )
        .said("rename tasks.title=heading")
        .renamed("title", "heading"),
        change("rename the table", &[("tasks", "jobs")], &["is formatting"])
            .said("rename tasks=jobs")
            .renamed("tasks", "jobs"),
        change(
            "rename the table in a rebuild",
            &[("tasks", "jobs"), ("'new'", "'newer'")],
            &["is column title", "does give a title"],
        )
        .said("rename tasks=jobs")
        .renamed("tasks", "jobs"),
        change(
            "drop an index",
            &[("CREATE INDEX i_open ON tasks (points) WHERE note IS NULL;\n", "")],
            &["is index i_open", "is index text i_open"],
        ),
        change(
            "add an index",
            &[(
                "CREATE TRIGGER t_in",
                "CREATE INDEX i_more ON tasks (up, owner DESC); CREATE TRIGGER t_in",
            )],
            &["is index i_more", "is index text i_more"],
        ),
        change(
            "change a predicate",
            &[("WHERE note IS NULL;\nCREATE INDEX", "WHERE note IS NOT NULL;\nCREATE INDEX")],
            &["is index text i_open"],
        ),
        change(
            "change a direction",
            &[("weight DESC", "weight ASC")],
            &["is index i_heavy", "is index text i_heavy"],
        ),
        change(
            "drop a unique index",
            &[("CREATE UNIQUE INDEX i_label ON tasks (label);", "")],
            &["is index i_label", "is index text i_label", "does refuse a label"],
        ),
        change(
            "change a view that another one and its trigger rest on",
            &[("FROM tasks WHERE note IS NULL", "FROM tasks WHERE points > 0")],
            &["is view text v_open", "holds view"],
        ),
        change(
            "change a view in a rebuild",
            &[
                ("FROM tasks WHERE note IS NULL", "FROM tasks WHERE points > 0"),
                ("'new'", "'newer'"),
            ],
            &["is view text v_open", "holds view", "is column title", "does give a title"],
        ),
        change(
            "change a view with a trigger",
            &[("SELECT code FROM v_open", "SELECT upper(code) AS code FROM v_open")],
            &["is view text v_codes", "holds view"],
        ),
        change(
            "change a trigger",
            &[("'in ' ||", "'new ' ||")],
            &["is trigger text t_in", "does log an insert"],
        ),
        change(
            "change a trigger in a rebuild",
            &[("'in ' ||", "'new ' ||"), ("'new'", "'newer'")],
            &["is trigger text t_in", "does log an insert", "is column title", "does give a title"],
        ),
        change(
            "drop another table's trigger",
            &[(
                "CREATE TRIGGER p_name AFTER UPDATE OF name ON people BEGIN\n  UPDATE tasks SET title = NEW.name || id WHERE owner = NEW.id;\nEND;",
                "",
            )],
            &["is trigger text p_name", "does let another"],
        ),
        change(
            "much at once",
            &[
                (
                    "title TEXT NOT NULL DEFAULT 'new'",
                    "title VARCHAR(80) DEFAULT 'newer' COLLATE RTRIM",
                ),
                ("place TEXT,", "place TEXT,\n  extra TEXT UNIQUE ON CONFLICT REPLACE,"),
                ("(points * 2)", "(points * 3)"),
                (" CHECK (points >= 0)", ""),
                ("length(code) <= 12", "length(code) <= 13"),
                ("name TEXT);", "name TEXT NOT NULL DEFAULT '');"),
                (
                    "REFERENCES tasks(id) ON DELETE RESTRICT",
                    "REFERENCES tasks(id) ON DELETE CASCADE",
                ),
                ("'in ' ||", "'new ' ||"),
                ("FROM tasks WHERE note IS NULL", "FROM tasks WHERE points > 0"),
            ],
            &[
                "is column",
                "is index",
                "is reference restricts",
                "is trigger text t_in",
                "is view text v_open",
                "holds values of extra",
                "holds values of twice",
                "holds view",
                "does",
            ],
        ),
    ]
}
