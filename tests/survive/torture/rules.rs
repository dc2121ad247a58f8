//! Constraints that come, go and change.

use super::{Change, change};

const LAST: &str = "ON CONFLICT IGNORE\n";

pub(super) fn changes() -> Vec<Change> {
    let owned = "CONSTRAINT owned REFERENCES people(id) ON DELETE CASCADE ON UPDATE CASCADE";
    vec![
        change(
            "add a UNIQUE constraint",
            &[(LAST, "ON CONFLICT IGNORE,\n  UNIQUE (spare, code)\n")],
            &["is index u spare", "does refuse a code"],
        ),
        change(
            "add UNIQUE to a column",
            &[("weight REAL", "weight REAL UNIQUE")],
            &["is index u weight", "does log an insert", "does give", "does refuse"],
        ),
        change(
            "drop a UNIQUE constraint",
            &[(",\n  CONSTRAINT one_place UNIQUE (owner, place) ON CONFLICT IGNORE", "")],
            &["is index u owner", "does ignore"],
        ),
        change(
            "change what a UNIQUE constraint does",
            &[("ON CONFLICT IGNORE", "ON CONFLICT ABORT")],
            &["does ignore"],
        ),
        change(
            "add a CHECK",
            &[(LAST, "ON CONFLICT IGNORE,\n  CHECK (weight <> 99 OR note = ')')\n")],
            &[],
        ),
        change(
            "add a named CHECK to a column",
            &[("place TEXT", "place TEXT CONSTRAINT somewhere CHECK (place <> '')")],
            &[],
        ),
        change("drop a CHECK of a column", &[(" CHECK (points >= 0)", "")], &["does check points"]),
        change(
            "drop a named CHECK",
            &[("  CONSTRAINT short_code CHECK (length(code) <= 12),\n", "")],
            &["does check the code"],
        ),
        change("change a CHECK", &[("length(code) <= 12", "length(code) <= 11")], &[]),
        change(
            "add a foreign key",
            &[("spare INTEGER", "spare INTEGER REFERENCES people(id) ON DELETE SET NULL")],
            &["is reference tasks.spare"],
        ),
        change(
            "drop a foreign key",
            &[("CONSTRAINT owned REFERENCES people(id) ON DELETE CASCADE ON UPDATE CASCADE,", ",")],
            &["is reference tasks.owner", "does go with its owner", "does follow its owner"],
        ),
        change(
            "change a foreign key's actions",
            &[(
                owned,
                "CONSTRAINT owned REFERENCES people(id) ON DELETE SET NULL ON UPDATE CASCADE",
            )],
            &["is reference tasks.owner", "does go with its owner"],
        ),
        change(
            "check a foreign key late",
            &[(
                owned,
                "CONSTRAINT owned REFERENCES people(id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED",
            )],
            &[],
        ),
        change(
            "refer to itself in another way",
            &[("tasks(id) ON DELETE SET NULL,\n  owner", "tasks(id) ON DELETE CASCADE,\n  owner")],
            &["is reference tasks.up", "does cascade", "does go with its owner"],
        ),
        change(
            "change a child's foreign key",
            &[(
                "REFERENCES tasks(id) ON DELETE RESTRICT",
                "REFERENCES tasks(id) ON DELETE CASCADE",
            )],
            &["is reference restricts", "does restrict"],
        ),
        change("rebuild the parent", &[("name TEXT);", "name TEXT NOT NULL DEFAULT '');")], &[]),
    ]
}
