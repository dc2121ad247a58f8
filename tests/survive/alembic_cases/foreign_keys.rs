//! Foreign keys.

use super::{Case, changes, same};

const PARENTS: &str =
    "CREATE TABLE p (id INTEGER PRIMARY KEY, a INTEGER UNIQUE, b INTEGER, UNIQUE (a, b));
    CREATE TABLE q (id INTEGER PRIMARY KEY);";

/// A child that refers to the parents like this.
fn child(reference: &str) -> String {
    format!("{PARENTS} CREATE TABLE c (id INTEGER PRIMARY KEY, x INTEGER, y INTEGER{reference});")
}

fn table(tail: &str) -> String {
    child(&format!(", FOREIGN KEY (x) REFERENCES {tail}"))
}

const DROP: &str = "- foreign key c (x) -> p (id)";
const ADD: &str = "+ foreign key c (x) -> p (id)";

pub(super) fn cases() -> Vec<Case> {
    let plain = &child("");
    let inline = |tail: &str| plain.replace("x INTEGER", &format!("x INTEGER REFERENCES {tail}"));
    vec![
        changes("122a", plain, &table("p(id)"), &[ADD]),
        changes("122b", &table("p(id)"), plain, &[DROP]),
        changes(
            "123a",
            plain,
            &child(", FOREIGN KEY (x, y) REFERENCES p(a, b)"),
            &["+ foreign key c (x, y) -> p (a, b)"],
        ),
        // The pairs count, not the order in which they are listed.
        same(
            "123b",
            &child(", FOREIGN KEY (x, y) REFERENCES p(a, b)"),
            &child(", FOREIGN KEY (y, x) REFERENCES p(b, a)"),
        ),
        changes(
            "123c",
            &child(", FOREIGN KEY (x, y) REFERENCES p(a, b)"),
            &child(", FOREIGN KEY (x, y) REFERENCES p(b, a)"),
            &["- foreign key c (x, y) -> p (a, b)", "+ foreign key c (x, y) -> p (b, a)"],
        ),
        changes("124", &table("p(id)"), &table("p(a)"), &[DROP, "+ foreign key c (x) -> p (a)"]),
        changes("125", &table("p(id)"), &table("q(id)"), &[DROP, "+ foreign key c (x) -> q (id)"]),
        changes(
            "126a",
            &table("p(id)"),
            &table("p(id) ON DELETE CASCADE"),
            &[DROP, "+ foreign key c (x) -> p (id) ON DELETE CASCADE"],
        ),
        changes(
            "126b",
            &table("p(id) ON DELETE RESTRICT"),
            &table("p(id) ON DELETE CASCADE"),
            &[
                "- foreign key c (x) -> p (id) ON DELETE RESTRICT",
                "+ foreign key c (x) -> p (id) ON DELETE CASCADE",
            ],
        ),
        changes(
            "127",
            &table("p(id) ON UPDATE SET NULL"),
            &table("p(id)"),
            &["- foreign key c (x) -> p (id) ON UPDATE SET NULL", ADD],
        ),
        changes(
            "128",
            &table("p(id)"),
            &table("p(id) ON UPDATE SET DEFAULT ON DELETE SET NULL"),
            &[DROP, "+ foreign key c (x) -> p (id) ON DELETE SET NULL ON UPDATE SET DEFAULT"],
        ),
        same("129", &table("p(id) ON DELETE CASCADE"), &table("P(ID) on delete Cascade")),
        same("130a", &table("p(id) ON DELETE NO ACTION"), &table("p(id)")),
        same("130b", &table("p(id) ON DELETE RESTRICT"), &inline("p(id) ON DELETE RESTRICT")),
        // SQLite checks DEFERRABLE alone at each statement, as if nothing were said.
        same("131", &table("p(id)"), &table("p(id) DEFERRABLE")),
        changes(
            "132",
            &table("p(id) DEFERRABLE"),
            &table("p(id) DEFERRABLE INITIALLY DEFERRED"),
            &[DROP, "+ foreign key c (x) -> p (id) DEFERRABLE INITIALLY DEFERRED"],
        ),
        same("133", &table("p(id) DEFERRABLE INITIALLY IMMEDIATE"), &table("p(id) DEFERRABLE")),
        same("134", &table("p(id) NOT DEFERRABLE INITIALLY DEFERRED"), &table("p(id)")),
        changes(
            "136",
            &child(", CONSTRAINT MixedCase FOREIGN KEY (x) REFERENCES p(id)"),
            plain,
            &[DROP],
        ),
        same(
            "137",
            &child(", CONSTRAINT one FOREIGN KEY (x) REFERENCES p(id)"),
            &child(", CONSTRAINT two FOREIGN KEY (x) REFERENCES p(id)"),
        ),
        same("138a", &inline("p(id) ON DELETE CASCADE"), &table("p(id) ON DELETE CASCADE")),
        changes(
            "138b",
            &inline("p(id) ON DELETE CASCADE"),
            &inline("p(id)"),
            &["- foreign key c (x) -> p (id) ON DELETE CASCADE", ADD],
        ),
        same("139", &inline("p"), &table("p(id)")),
    ]
}
