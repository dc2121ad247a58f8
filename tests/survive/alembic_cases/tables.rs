//! Tables and columns.

use super::{Case, changes, same};

const T: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);";
const P: &str = "CREATE TABLE p (id INTEGER PRIMARY KEY);";
const C: &str = "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id));";

pub(super) fn cases() -> Vec<Case> {
    let table = |columns: &str| format!("CREATE TABLE t (id INTEGER PRIMARY KEY, {columns});");
    let with = |more: &str| format!("{T} {more}");
    vec![
        changes(
            "1",
            "",
            "CREATE TABLE n (a INTEGER, b TEXT UNIQUE, c INTEGER CHECK (c > 0) REFERENCES n(b), PRIMARY KEY (a, b));",
            &["+ table n (a, b, c)"],
        ),
        changes("2", &with("CREATE INDEX i ON t (a);"), "", &["- table t"]),
        // By name the child comes first in the list; the plan makes the parent first.
        changes("3", "", &format!("{C}{P}"), &["+ table c (id, p)", "+ table p (id)"]),
        changes("4", &format!("{P}{C}"), "", &["- table c", "- table p"]),
        changes(
            "5",
            "",
            "CREATE TABLE x (id INTEGER PRIMARY KEY, y INTEGER REFERENCES y(id));
             CREATE TABLE y (id INTEGER PRIMARY KEY, x INTEGER REFERENCES x(id));",
            &["+ table x (id, y)", "+ table y (id, x)"],
        ),
        same("6", "", ""),
        changes("7", T, &table("a TEXT, b TEXT"), &["+ column t.b TEXT"]),
        changes(
            "8",
            T,
            &table("a TEXT, z TEXT, m TEXT, b TEXT"),
            &["+ column t.z TEXT", "+ column t.m TEXT", "+ column t.b TEXT"],
        ),
        changes(
            "9",
            &table("a TEXT, b VARCHAR(9) NOT NULL DEFAULT 'x'"),
            T,
            &["- column t.b VARCHAR(9) NOT NULL DEFAULT 'x'"],
        ),
        changes(
            "10",
            &with(P),
            &format!("{} {P}", table("a TEXT, p INTEGER REFERENCES p(id)")),
            &["+ column t.p INTEGER", "+ foreign key t (p) -> p (id)"],
        ),
        changes(
            "11",
            &format!("{} {P} CREATE INDEX i ON t (gone);", table("a TEXT, b INTEGER, gone TEXT")),
            &format!(
                "{} {P}",
                table(
                    "a VARCHAR(20) NOT NULL DEFAULT '', b INTEGER, n INTEGER REFERENCES p(id), UNIQUE (b)"
                )
            ),
            &[
                "+ column t.n INTEGER",
                "~ column t.a: type TEXT -> VARCHAR(20); NULL -> NOT NULL; default none -> ''",
                "- column t.gone TEXT",
                "+ unique t (b)",
                "+ foreign key t (n) -> p (id)",
                "- index i on t",
            ],
        ),
        changes(
            "12",
            &format!("{} CREATE INDEX i ON t (b);", table("a TEXT, b TEXT")),
            T,
            &["- column t.b TEXT", "- index i on t"],
        ),
        changes(
            "13",
            &with("CREATE TABLE u (a); CREATE INDEX i ON u (a); CREATE UNIQUE INDEX j ON u (a);"),
            T,
            &["- table u"],
        ),
        changes(
            "16",
            "CREATE TABLE a (x); CREATE TABLE b (x); CREATE TABLE c (x, y); CREATE TABLE gone (x);",
            "CREATE TABLE a (x, new); CREATE TABLE b (x); CREATE TABLE c (x); CREATE TABLE fresh (x);",
            &["+ table fresh (x)", "+ column a.new", "- column c.y", "- table gone"],
        ),
        changes(
            "18",
            "CREATE TABLE z (x); CREATE TABLE m (x); CREATE TABLE a (x);",
            "CREATE TABLE m (x, n); CREATE TABLE z (x, n); CREATE TABLE a (x, n);",
            &["+ column a.n", "+ column m.n", "+ column z.n"],
        ),
        same("19", &table("a TEXT, b TEXT"), &table("b TEXT, a TEXT")),
        changes("20a", T, &T.replace(" t ", " u "), &["+ table u (id, a)", "- table t"]),
        same("20b", T, &T.replace(" t ", " u ")).said(&["rename t=u"]),
        // What goes makes room for what takes its name.
        changes(
            "20c",
            "CREATE TABLE old (a); CREATE TABLE new (a, b);",
            "CREATE TABLE old (a, b);",
            &["- table gone"],
        )
        .said(&["rename old=gone", "rename new=old"]),
        changes("21a", T, &table("b TEXT"), &["+ column t.b TEXT", "- column t.a TEXT"]),
        same("21b", T, &table("b TEXT")).said(&["rename t.a=b"]),
        changes("21c", T, &table("b TEXT"), &[]).said(&["rename t.nothing=b"]).refused(),
        changes("21d", &table("a TEXT, b TEXT"), &table("b TEXT"), &[])
            .said(&["rename t.a=b"])
            .refused(),
        same("22", "CREATE TABLE T (a);", "CREATE TABLE t (a);"),
        same("22b", "CREATE TABLE T (a);", "CREATE TABLE t (a);")
            .said(&["rename T=other", "rename other=t"]),
        same(
            "22c",
            "CREATE TABLE T (a REFERENCES T); CREATE VIEW v AS SELECT a FROM T;",
            "CREATE TABLE t (a REFERENCES t); CREATE VIEW v AS SELECT a FROM t;",
        )
        .said(&["rename T=t"]),
        same("23", "CREATE TABLE t (Name TEXT);", "CREATE TABLE t (name TEXT);"),
        same("23b", "CREATE TABLE t (Name TEXT);", "CREATE TABLE t (name TEXT);")
            .said(&["rename t.Name=name"]),
        changes("24a", T, &table("a TEXT, b TEXT NOT NULL"), &["+ column t.b TEXT NOT NULL"]),
        changes("24b", T, &table("a TEXT, b TEXT NOT NULL"), &["+ column t.b TEXT NOT NULL"])
            .said(&["fill t.b=upper(a) || id"]),
        changes("24c", T, &table("a TEXT, b TEXT NOT NULL"), &[])
            .said(&["fill t.b=upper(missing)"])
            .refused(),
        changes(
            "25",
            T,
            &table("a TEXT, b INTEGER NOT NULL DEFAULT 5"),
            &["+ column t.b INTEGER NOT NULL DEFAULT 5"],
        ),
        changes(
            "26a",
            T,
            &table("a TEXT, b TEXT DEFAULT CURRENT_TIMESTAMP"),
            &["+ column t.b TEXT DEFAULT CURRENT_TIMESTAMP"],
        ),
        changes(
            "26b",
            T,
            &table("a TEXT, b TEXT NOT NULL DEFAULT (datetime('now'))"),
            &["+ column t.b TEXT NOT NULL DEFAULT (datetime('now'))"],
        ),
        changes("27a", T, &table("a TEXT, b TEXT AS (a || 1) VIRTUAL"), &["+ column t.b TEXT"]),
        changes("27b", T, &table("a TEXT, b TEXT AS (a || 1) STORED"), &["+ column t.b TEXT"]),
        // Views, triggers and virtual tables are compared here: the models can describe them.
        same(
            "28",
            &with("CREATE VIEW v AS SELECT a FROM t;"),
            &with("CREATE VIEW V AS select \"a\" from t;"),
        ),
        changes("28b", &with("CREATE VIEW v AS SELECT a FROM t;"), T, &["- view v"]),
        same(
            "29",
            &with("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;"),
            &with("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1 ; /* one */ END;"),
        ),
        changes(
            "29b",
            &with("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;"),
            &with("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 2; END;"),
            &["~ trigger g"],
        ),
        // The five shadow tables of a virtual table are no tables of anybody's.
        same(
            "30",
            &with(
                "CREATE VIRTUAL TABLE f USING fts5(a); CREATE VIRTUAL TABLE r USING rtree(id, x0, x1);",
            ),
            &with(
                "CREATE VIRTUAL TABLE f USING fts5(a); CREATE VIRTUAL TABLE r USING rtree(id, x0, x1);",
            ),
        ),
        changes("30b", &with("CREATE VIRTUAL TABLE f USING fts5(a);"), T, &["- virtual table f"]),
        same(
            "31",
            &with(
                "CREATE TABLE seaql_migrations (version TEXT); CREATE TABLE alembic_version (v); CREATE TABLE s (id INTEGER PRIMARY KEY AUTOINCREMENT); ANALYZE;",
            ),
            &with(
                "CREATE TABLE __diesel_schema_migrations (version TEXT, v2); CREATE TABLE s (id INTEGER PRIMARY KEY AUTOINCREMENT);",
            ),
        ),
    ]
}
