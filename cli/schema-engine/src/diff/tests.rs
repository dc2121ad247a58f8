use super::*;
use crate::schema::{Index, Table};

/// A schema from statements, read by the pure core alone.
fn schema(statements: &[&str]) -> Schema {
    let mut schema = Schema::default();
    for (ordinal, sql) in statements.iter().enumerate() {
        if sql.starts_with("CREATE TABLE") {
            let table = Table::from_sql(*sql, ordinal).expect("a readable table");
            schema.tables.insert(table.name.clone(), table);
        } else {
            let index = Index::from_sql(*sql, ordinal).expect("a readable index");
            schema.indexes.insert(index.name.clone(), index);
        }
    }
    schema
}

fn lines(current: &[&str], desired: &[&str]) -> Vec<String> {
    let (current, desired) = (schema(current), schema(desired));
    diff(Pair::new(&current, &desired)).lines()
}

#[test]
fn spelling_is_no_difference() {
    assert_eq!(
        lines(
            &[
                "CREATE TABLE T (ID integer PRIMARY KEY, a VARCHAR(10) NOT NULL DEFAULT 'x' UNIQUE, p REFERENCES t, CHECK (a <> ''))"
            ],
            &[
                "CREATE TABLE \"t\" (\"id\" INTEGER, \"a\" varchar( 10 ) UNIQUE DEFAULT ('x') NOT NULL CHECK (\"a\" != ''), p, \
               PRIMARY KEY (id), FOREIGN KEY (p) REFERENCES T (Id) ON DELETE NO ACTION)"
            ],
        ),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_said_twice_is_said_once() {
    let table = |rules: &str| format!("CREATE TABLE t (a INT CHECK (a > 0), b INT{rules})");
    let twice = ", CHECK ((A > 0)), UNIQUE (a, b), UNIQUE (b, a), FOREIGN KEY (a) REFERENCES t (b), \
                 FOREIGN KEY (\"a\") REFERENCES t (b) ON DELETE NO ACTION";
    let once = ", UNIQUE (a, b), FOREIGN KEY (a) REFERENCES t (b)";
    assert_eq!(lines(&[&table(twice)], &[&table(once)]), Vec::<String>::new());
    assert_eq!(
        lines(&[&table(twice)], &["CREATE TABLE t (a INT, b INT)"]),
        ["- unique t (a, b)", "- foreign key t (a) -> t (b)", "- check on t: a > 0",]
    );
}

#[test]
fn one_line_for_each_thing_in_a_fixed_order() {
    assert_eq!(
        lines(
            &[
                "CREATE TABLE t (id integer PRIMARY KEY, a varchar(10), b text, c int, UNIQUE (b))",
                "CREATE INDEX i ON t (a)",
                "CREATE TABLE old (x)",
            ],
            &[
                "CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL DEFAULT 'x', b text, d int REFERENCES p ON DELETE CASCADE)",
                "CREATE INDEX i ON t (a DESC)",
                "CREATE TABLE new (x)",
            ],
        ),
        [
            "+ table new (x)",
            "+ column t.d int",
            "~ column t.a: type varchar(10) -> text; NULL -> NOT NULL; default none -> 'x'",
            "- column t.c int",
            "- unique t (b)",
            "+ foreign key t (d) -> p ON DELETE CASCADE",
            "- table old",
            "~ index i on t",
        ]
    );
}

#[test]
fn an_integer_key_is_the_rowid_only_when_spelled_so() {
    assert_eq!(
        lines(
            &["CREATE TABLE t (id INT PRIMARY KEY)"],
            &["CREATE TABLE t (id INTEGER PRIMARY KEY)"]
        ),
        ["~ primary key of t: (id) -> (id), the rowid"]
    );
}

/// No two sides of a difference are described by the same words.
#[test]
fn what_differs_in_a_key_is_said() {
    let p = "CREATE TABLE p (id INTEGER PRIMARY KEY)";
    for (one, two, said) in [
        ("UNIQUE (a)", "UNIQUE (a COLLATE NOCASE)", "+ unique t (a COLLATE NOCASE)"),
        ("PRIMARY KEY (a)", "PRIMARY KEY (a DESC)", "~ primary key of t: (a) -> (a DESC)"),
        (
            "FOREIGN KEY (a) REFERENCES p (id)",
            "FOREIGN KEY (a) REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED",
            "+ foreign key t (a) -> p (id) DEFERRABLE INITIALLY DEFERRED",
        ),
    ] {
        let table = |constraint| format!("CREATE TABLE t (a TEXT, {constraint})");
        let found = lines(&[p, &table(one)], &[p, &table(two)]);
        assert_eq!(found.last().map(String::as_str), Some(said));
    }
}

#[test]
fn column_order_is_a_note() {
    let (one, two) = (schema(&["CREATE TABLE t (a, b)"]), schema(&["CREATE TABLE t (b, a)"]));
    let difference = diff(Pair::new(&one, &two));
    assert!(difference.is_empty());
    assert_eq!(difference.notes.len(), 1);
}
