//! Edits of stored SQL: fast, and only where nothing on disk depends on the text.

use rusqlite::Connection;
use schema_engine::answers::{Answers, Fill};
use schema_engine::pair::Pair;
use schema_engine::prove::{Proven, prove};
use schema_engine::scratch::Scratch;
use tempfile::TempDir;

async fn proven(current: &[&str], desired: &[&str], fills: &[&str]) -> Proven {
    let (a, b) = (Scratch::empty().await.unwrap(), Scratch::empty().await.unwrap());
    a.run(current).await.unwrap();
    b.run(desired).await.unwrap();
    let (a, b) = (a.schema().await.unwrap(), b.schema().await.unwrap());
    let fills = fills.iter().map(|fill| fill.parse::<Fill>().unwrap()).collect();
    prove(Pair::new(&a, &b), &Answers::new(Vec::new(), fills, [])).await.unwrap().unwrap()
}

/// A database file made by these statements.
fn file(statements: &[&str]) -> (TempDir, Connection) {
    let folder = TempDir::new().unwrap();
    let connection = Connection::open(folder.path().join("a.db")).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    for sql in statements {
        connection.execute_batch(sql).unwrap();
    }
    (folder, connection)
}

fn run(connection: &Connection, plan: &schema_engine::plan::Plan) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    for sql in plan.statements() {
        if let Err(error) = connection.execute_batch(sql) {
            connection.execute_batch("ROLLBACK")?;
            return Err(error);
        }
    }
    connection.execute_batch("COMMIT")
}

fn rows(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn assert_sound(connection: &Connection) {
    assert_eq!(rows(connection, "SELECT integrity_check FROM pragma_integrity_check"), ["ok"]);
}

#[tokio::test]
async fn rows_from_before_a_column_keep_its_old_default() {
    for (old, new, strict) in [
        ("DEFAULT 5", "DEFAULT 7", ""),
        ("DEFAULT 5", "", ""),
        ("", "DEFAULT 7", ""),
        ("DEFAULT 5", "DEFAULT (1 + 2)", ""),
        ("DEFAULT 5", "DEFAULT 7", " STRICT"),
        ("NOT NULL DEFAULT 5", "NOT NULL DEFAULT 7", ""),
        ("DEFAULT 5", "NOT NULL DEFAULT 7", ""),
    ] {
        let column = format!("ALTER TABLE t ADD COLUMN n int {old}");
        let current = [
            format!("CREATE TABLE t (id integer PRIMARY KEY, a text){strict}"),
            "INSERT INTO t (a) VALUES ('one'), ('two')".to_owned(),
            column,
            "INSERT INTO t (a, n) VALUES ('three', 5), ('four', 6)".to_owned(),
        ];
        let current: Vec<&str> = current.iter().map(String::as_str).collect();
        let desired =
            format!("CREATE TABLE t (id integer PRIMARY KEY, a text, n int {new}){strict}");
        let proven = proven(&current, &[&desired], &["t.n=5"]).await;
        assert_eq!(proven.up.edits().count(), 1, "{old} -> {new}");
        let (_folder, connection) = file(&current);
        let values = "SELECT id || ' ' || a || ' ' || quote(n) FROM t";
        let before = rows(&connection, values);
        run(&connection, &proven.up).unwrap();
        if new.contains("NOT NULL") && old.is_empty() {
            continue;
        }
        assert_eq!(rows(&connection, values), before, "{old} -> {new}");
        assert_sound(&connection);
        run(&connection, &proven.down).unwrap();
        assert_eq!(rows(&connection, values), before, "{new} -> {old}");
        assert_sound(&connection);
    }
}

/// A row that lacked a column would read NULL from a required one behind it.
#[tokio::test]
async fn a_default_before_a_required_column_concerns_no_row() {
    let index = "CREATE INDEX i ON t (n)";
    for (columns, looked_at) in [
        ("id integer PRIMARY KEY, n int DEFAULT 5, r text NOT NULL", 0),
        (
            "id integer PRIMARY KEY, n int NOT NULL DEFAULT 5, r text NOT NULL DEFAULT CURRENT_TIME",
            0,
        ),
        ("id integer PRIMARY KEY, r text NOT NULL, n int DEFAULT 5", 1),
        ("id integer PRIMARY KEY, n int DEFAULT 5, r text NOT NULL DEFAULT 'x'", 1),
        ("id integer PRIMARY KEY, n int DEFAULT 5, r text", 1),
        // The rowid is read from elsewhere.
        ("n int DEFAULT 5, id integer NOT NULL PRIMARY KEY", 1),
        ("n int DEFAULT 5, g AS (1) NOT NULL, id integer PRIMARY KEY", 1),
    ] {
        let table = format!("CREATE TABLE t ({columns})");
        let after = table.replace("DEFAULT 5", "DEFAULT 7");
        let seen = proven(&[&table], &[&after], &[]).await;
        assert_eq!((seen.up.edits().count(), seen.up.rebuilds().count()), (1, 0), "{columns}");
        let updates = seen.up.statements().filter(|sql| sql.starts_with("UPDATE OR ABORT"));
        assert_eq!(updates.count(), looked_at, "{columns}");
        // An index doesn't care then, and in doubt the table is built anew.
        let seen = proven(&[&table, index], &[&after, index], &[]).await;
        assert_eq!(seen.up.rebuilds().count(), looked_at, "{columns}");
    }
    // Without rowids the key lies before all else, wherever it is written.
    let table = "CREATE TABLE t (n int DEFAULT 5, k text PRIMARY KEY NOT NULL) WITHOUT ROWID";
    let seen = proven(&[table], &[&table.replace('5', "7")], &[]).await;
    assert!(seen.up.statements().any(|sql| sql.starts_with("UPDATE OR ABORT")));
}

#[tokio::test]
async fn a_new_rule_stops_at_the_row_that_breaks_it() {
    let current = ["CREATE TABLE t (id integer PRIMARY KEY, a text, n int)"];
    for (desired, message) in [
        ("CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, n int)", "NOT NULL"),
        (
            "CREATE TABLE t (id integer PRIMARY KEY, a text, n int, CONSTRAINT few CHECK (n < 9))",
            "few",
        ),
        (
            "CREATE TABLE t (id integer PRIMARY KEY, a text CHECK (length(a) + n < 9), n int)",
            "CHECK",
        ),
    ] {
        let proven = proven(&current, &[desired], &[]).await;
        assert_eq!(proven.up.edits().count(), 1, "{desired}");
        let (_folder, connection) = file(&current);
        connection
            .execute_batch("INSERT INTO t VALUES (1, 'x', 1), (2, NULL, 99), (3, 'y', 99)")
            .unwrap();
        let schema = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL";
        let before = rows(&connection, schema);
        let error = run(&connection, &proven.up).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert_eq!(rows(&connection, schema), before);
        connection.execute_batch("DELETE FROM t WHERE id > 1").unwrap();
        run(&connection, &proven.up).unwrap();
        assert_sound(&connection);
        let broken = "INSERT OR ABORT INTO t VALUES (9, NULL, 99), (10, 'zzz', 99)";
        assert!(connection.execute_batch(broken).is_err(), "{desired}");
    }
}

/// However many rules there are, the rows are looked at once.
#[tokio::test]
async fn several_rules_are_held_against_the_rows_at_once() {
    let current = "CREATE TABLE t (id integer PRIMARY KEY, a text, n int)";
    let desired = "CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, n int NOT NULL, \
                   CONSTRAINT few CHECK (n < 9 AND length(a) < 9))";
    let proven = proven(&[current], &[desired], &[]).await;
    let updates = proven.up.statements().filter(|sql| sql.starts_with("UPDATE OR ABORT"));
    assert_eq!(updates.count(), 1);
    for (row, message) in [
        ("(2, NULL, 1)", "t.a"),
        ("(2, 'x', NULL)", "t.n"),
        ("(2, 'x', 9)", "few"),
        ("(2, NULL, 9)", "t.a"),
    ] {
        let (_folder, connection) = file(&[current, "INSERT INTO t VALUES (1, 'x', 1)"]);
        connection.execute_batch(&format!("INSERT INTO t VALUES {row}")).unwrap();
        let error = run(&connection, &proven.up).unwrap_err().to_string();
        assert!(error.contains(message), "{row}: {error}");
        connection.execute_batch("DELETE FROM t WHERE id = 2").unwrap();
        run(&connection, &proven.up).unwrap();
        assert_sound(&connection);
    }
}

/// Other connections have read the old text, and have to notice.
#[tokio::test]
async fn another_connection_sees_the_new_text() {
    let current = ["CREATE TABLE t (a text)"];
    let proven = proven(&current, &["CREATE TABLE t (a text NOT NULL)"], &[]).await;
    let (folder, connection) = file(&current);
    let other = Connection::open(folder.path().join("a.db")).unwrap();
    other.execute_batch("INSERT INTO t VALUES ('x')").unwrap();
    run(&connection, &proven.up).unwrap();
    assert!(other.execute_batch("INSERT INTO t VALUES (NULL)").is_err());
}

/// Whatever changes what is on disk, or might, is a copy.
#[tokio::test]
async fn in_doubt_the_table_is_copied() {
    let trigger = "CREATE TRIGGER \"on\" BEFORE UPDATE ON t BEGIN SELECT RAISE(IGNORE); END";
    for (current, desired) in [
        // The text says the same, and the indexes of its keys would lie in another order.
        (
            vec!["CREATE TABLE t (a, b, UNIQUE (a, b))"],
            vec!["CREATE TABLE t (a, b NOT NULL, UNIQUE (b))"],
        ),
        (vec!["CREATE TABLE t (a int)"], vec!["CREATE TABLE t (a text)"]),
        (vec!["CREATE TABLE t (a text)"], vec!["CREATE TABLE t (a text COLLATE nocase)"]),
        (
            vec!["CREATE TABLE t (a int DEFAULT 1)", "CREATE INDEX i ON t (a)"],
            vec!["CREATE TABLE t (a int DEFAULT 2)", "CREATE INDEX i ON t (a)"],
        ),
        (
            vec!["CREATE TABLE t (a int DEFAULT 1, g AS (a + 1))"],
            vec!["CREATE TABLE t (a int DEFAULT 2, g AS (a + 1))"],
        ),
        // A trigger could make a row pass.
        (
            vec!["CREATE TABLE t (a int)", trigger],
            vec!["CREATE TABLE t (a int CHECK (a > 0))", trigger],
        ),
        (
            vec!["CREATE TABLE t (a int, g AS (a + 1))"],
            vec!["CREATE TABLE t (a int, g AS (a + 1) NOT NULL)"],
        ),
        (
            vec!["CREATE TABLE t (a int, g AS (a + 1))"],
            vec!["CREATE TABLE t (a int, g AS (a + 1), CHECK (g > 0))"],
        ),
        // Without rowids the index of an INTEGER key is made last, and of any other key first.
        (
            vec!["CREATE TABLE t (a integer PRIMARY KEY, b int UNIQUE) WITHOUT ROWID"],
            vec!["CREATE TABLE t (a smallint PRIMARY KEY, b int UNIQUE) WITHOUT ROWID"],
        ),
        (vec!["CREATE TABLE t (a int) STRICT"], vec!["CREATE TABLE t (a int)"]),
    ] {
        let proven = proven(&current, &desired, &[]).await;
        assert_eq!(
            (proven.up.edits().count(), proven.up.rebuilds().count()),
            (0, 1),
            "{desired:?}"
        );
    }
}

/// What ALTER TABLE can do and what an edit can do go together without a copy.
#[tokio::test]
async fn columns_and_edits_go_together() {
    let current = [
        "CREATE TABLE p (id integer PRIMARY KEY)",
        "CREATE TABLE t (a varchar(10) NOT NULL, b int CHECK (b > 0), p int REFERENCES p (id), old text)",
    ];
    let desired = [
        "CREATE TABLE p (id integer PRIMARY KEY)",
        "CREATE TABLE t (a varchar(20), b int, p int REFERENCES p (id) ON DELETE CASCADE, new text DEFAULT 'x')",
    ];
    let proven = proven(&current, &desired, &[]).await;
    assert_eq!((proven.up.edits().count(), proven.up.rebuilds().count()), (1, 0));
    assert_eq!((proven.down.edits().count(), proven.down.rebuilds().count()), (1, 0));
    let (_folder, connection) = file(&current);
    connection
        .execute_batch("INSERT INTO p VALUES (1); INSERT INTO t VALUES ('a', 1, 1, 'gone')")
        .unwrap();
    run(&connection, &proven.up).unwrap();
    assert_eq!(
        rows(&connection, "SELECT quote(a) || quote(b) || quote(p) || quote(new) FROM t"),
        ["'a'11'x'"]
    );
    assert_sound(&connection);
    run(&connection, &proven.down).unwrap();
    assert_eq!(
        rows(&connection, "SELECT quote(a) || quote(b) || quote(p) || quote(old) FROM t"),
        ["'a'11NULL"]
    );
    assert_sound(&connection);
}
