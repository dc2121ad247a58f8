//! Clauses of a table's text that a rebuild could lose.

use crate::support::{Journal, Trip, ask, refusal, text};

#[tokio::test]
async fn r14_collations_of_columns_and_keys_stay() {
    let before = "CREATE TABLE t (
        k TEXT COLLATE NOCASE PRIMARY KEY, u TEXT COLLATE NOCASE UNIQUE, r TEXT COLLATE RTRIM, n TEXT,
        UNIQUE (n COLLATE NOCASE));";
    let after = &before.replace("n TEXT,", "n TEXT NOT NULL DEFAULT '' COLLATE RTRIM,");
    let trip = Trip::new(before, after, "INSERT INTO t VALUES ('Key', 'Unique', 'r', 'N');").await;
    assert_eq!(trip.rebuilds(), (1, 1));
    let list = "SELECT il.origin, xi.name, xi.coll FROM pragma_index_list('t') AS il,
                pragma_index_xinfo(il.name) AS xi WHERE xi.key ORDER BY 1, 2";
    trip.both_ways(|database| {
        assert_eq!(ask(database, list), ["pk|k|NOCASE", "u|n|NOCASE", "u|u|NOCASE"]);
        for values in ["'kEY', 'a', '', 'a'", "'a', 'uNIQUE', '', 'a'", "'a', 'a', '', 'n'"] {
            let sql = format!("INSERT INTO t VALUES ({values})");
            assert!(refusal(database, &sql).contains("UNIQUE"), "{values}");
        }
        assert_eq!(ask(database, "SELECT count(*) FROM t WHERE r = 'r   '"), ["1"]);
    })
    .await;
}

const CHECKED: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY,
    price INTEGER CHECK (price > 0), -- never free
    title TEXT,
    CONSTRAINT \"named (one)\" CHECK (
        title IS NULL OR title NOT IN ('a)b', '(', price || '')
    ),
    CHECK (\"price\" < 1000 OR [title] = 'dear'));";

#[tokio::test]
async fn r15_checks_stay_with_their_names() {
    let after = CHECKED.replace("title TEXT", "title TEXT DEFAULT 'x' COLLATE RTRIM");
    let trip = Trip::new(CHECKED, &after, "INSERT INTO t VALUES (1, 5, 'five');").await;
    assert_eq!(trip.rebuilds(), (1, 1));
    trip.both_ways(|database| {
        for (values, which) in [
            ("2, 0, 'x'", "price > 0"),
            ("2, 3, 'a)b'", "named (one)"),
            ("2, 3, '3'", "named (one)"),
            ("2, 5000, 'x'", "price"),
        ] {
            let refused = refusal(database, &format!("INSERT INTO t VALUES ({values})"));
            assert!(refused.contains(which), "{values}: {refused}");
        }
        let text = text(database, "t");
        assert!(text.contains("-- never free") && text.contains("\"named (one)\""), "{text}");
    })
    .await;
}

#[tokio::test]
async fn r15_checks_follow_a_column_that_is_renamed() {
    let after = CHECKED
        .replace("price", "cost")
        .replace("title TEXT", "title TEXT DEFAULT 'x' COLLATE RTRIM");
    let rows = "INSERT INTO t VALUES (1, 5, 'five');";
    let trip = Trip::with(CHECKED, &after, rows, &["rename t.price=cost"], Journal::Wal).await;
    trip.both_ways(|database| {
        for values in ["2, 0, 'x'", "2, 3, '3'", "2, 5000, 'x'"] {
            let refused = refusal(database, &format!("INSERT INTO t VALUES ({values})"));
            assert!(refused.contains("CHECK"), "{values}: {refused}");
        }
        assert_eq!(ask(database, "SELECT * FROM t"), ["1|5|five"]);
    })
    .await;
    assert_eq!(text(&trip.open(), "t").matches("price").count(), 4);
}

#[tokio::test]
async fn r16_generated_columns_stay_generated() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, n TEXT,
        v INTEGER AS (a * 2), w TEXT GENERATED ALWAYS AS (n || ')') VIRTUAL,
        s INTEGER GENERATED ALWAYS AS (v + 1) STORED NOT NULL);
        CREATE INDEX by_v ON t (v); CREATE UNIQUE INDEX by_s ON t (s);";
    let after = &before.replace("n TEXT,", "n TEXT NOT NULL DEFAULT '-' COLLATE RTRIM,");
    let rows = "INSERT INTO t (id, a, n) VALUES (1, 10, 'x'), (2, 20, 'y');";
    let trip = Trip::new(before, after, rows).await;
    assert_eq!(trip.rebuilds(), (1, 1));
    trip.both_ways(|database| {
        let hidden = "SELECT name, hidden FROM pragma_table_xinfo('t') WHERE hidden > 0";
        assert_eq!(ask(database, hidden), ["v|2", "w|2", "s|3"]);
        assert_eq!(ask(database, "SELECT v, w, s FROM t"), ["20|x)|21", "40|y)|41"]);
        database.execute_batch("BEGIN; UPDATE t SET a = 7 WHERE id = 1").unwrap();
        assert_eq!(ask(database, "SELECT v, s FROM t WHERE id = 1"), ["14|15"]);
        assert!(refusal(database, "UPDATE t SET a = 20 WHERE id = 1").contains("UNIQUE"));
        database.execute_batch("ROLLBACK").unwrap();
    })
    .await;
}

#[tokio::test]
async fn r18_unique_constraints_and_what_they_do_on_a_conflict_stay() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE,
        a VARCHAR(10) UNIQUE, b TEXT, c TEXT NOT NULL ON CONFLICT IGNORE, n TEXT,
        CONSTRAINT together UNIQUE (b, c) ON CONFLICT IGNORE);";
    let after = &before.replace("n TEXT,", "n TEXT NOT NULL DEFAULT '' COLLATE RTRIM,");
    let trip = Trip::new(before, after, "INSERT INTO t VALUES (1, 'a', 'b', 'c', '');").await;
    assert_eq!(trip.rebuilds(), (1, 1));
    trip.both_ways(|database| {
        assert!(refusal(database, "INSERT INTO t VALUES (2, 'a', 'x', 'x', '')").contains("t.a"));
        let quiet = "BEGIN; INSERT INTO t VALUES (3, 'n', 'b', 'c', '');
                     INSERT INTO t VALUES (4, 'm', 'b', NULL, '');";
        database.execute_batch(quiet).expect("ignored");
        assert_eq!(ask(database, "SELECT id, a FROM t"), ["1|a"]);
        database.execute_batch("INSERT INTO t VALUES (1, 'new', 'x', 'y', '')").expect("replaced");
        assert_eq!(ask(database, "SELECT id, a FROM t"), ["1|new"]);
        database.execute_batch("ROLLBACK").unwrap();
        assert!(text(database, "t").contains("CONSTRAINT together UNIQUE"));
    })
    .await;
}

/// IGNORE and REPLACE would leave rows out of the copy without a word.
#[tokio::test]
async fn r18_a_conflict_clause_leaves_no_row_out_of_the_copy() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);";
    let after = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE ON CONFLICT REPLACE);";
    let trip = Trip::new(before, after, "INSERT INTO t VALUES (1, 'x'), (2, 'x');").await;
    trip.try_up().await.unwrap_err();
    assert_eq!(ask(&trip.open(), "SELECT * FROM t"), ["1|x", "2|x"]);
}

const DEFAULTS: [&str; 14] = [
    "TRUE",
    "CURRENT_TIMESTAMP",
    "(datetime('now', 'localtime'))",
    "'5'",
    "5",
    "-1.50",
    "+7",
    "0x1F",
    "x'00ff'",
    "'it''s'",
    "\"double\"",
    "( 1 +  2 )",
    "''",
    "word",
];

#[tokio::test]
async fn r24_default_texts_stay_byte_for_byte() {
    let columns: Vec<_> = DEFAULTS
        .iter()
        .enumerate()
        .map(|(at, value)| format!("d{at} TEXT DEFAULT {value}"))
        .collect();
    let before = format!("CREATE TABLE t (id INTEGER PRIMARY KEY, {}, n TEXT)", columns.join(", "));
    let after = before.replace("n TEXT)", "n TEXT NOT NULL DEFAULT '' COLLATE RTRIM)");
    let trip = Trip::new(&before, &after, "INSERT INTO t (id, n) VALUES (1, '');").await;
    assert_eq!(trip.rebuilds(), (1, 1));
    trip.both_ways(|database| {
        let listed =
            ask(database, "SELECT dflt_value FROM pragma_table_info('t') WHERE name LIKE 'd%'");
        let bare = |text: &str| text.trim_matches(['(', ')', ' ']).to_owned();
        let expected: Vec<_> = DEFAULTS.iter().map(|text| bare(text)).collect();
        assert_eq!(listed.iter().map(|text| bare(text)).collect::<Vec<_>>(), expected);
        let text = text(database, "t");
        assert!(columns.iter().all(|column| text.contains(column)), "{text}");
    })
    .await;
}

/// Words inside expressions and actions are no clauses.
#[tokio::test]
async fn r25_not_null_inside_an_expression_is_no_not_null() {
    let before = "CREATE TABLE p (id INTEGER PRIMARY KEY);
        CREATE TABLE t (id INTEGER PRIMARY KEY,
          a TEXT CHECK (a IS NOT NULL OR b IS NOT NULL), b TEXT DEFAULT ' NOT NULL ',
          p INTEGER REFERENCES p ON DELETE SET NULL ON UPDATE SET DEFAULT,
          c TEXT /* NOT NULL */, g TEXT AS (a || ' UNIQUE PRIMARY KEY '), \"NOT NULL\" TEXT, n TEXT);";
    let after = &before.replace("n TEXT)", "n TEXT NOT NULL DEFAULT '' COLLATE RTRIM)");
    let rows = "INSERT INTO p VALUES (1); INSERT INTO t (id, a, p, n) VALUES (1, 'a', 1, 'n');";
    let trip = Trip::new(before, after, rows).await;
    assert_eq!(
        trip.proven.difference.lines(),
        ["~ column t.n: NULL -> NOT NULL; default none -> ''; collation BINARY -> RTRIM"]
    );
    trip.both_ways(|database| {
        let nullable =
            "SELECT count(*) FROM pragma_table_info('t') WHERE NOT \"notnull\" AND name <> 'n'";
        assert_eq!(ask(database, nullable), ["6"]);
        database.execute_batch("BEGIN; INSERT INTO t (a) VALUES ('x'); DELETE FROM p").unwrap();
        assert_eq!(ask(database, "SELECT count(*) FROM t WHERE p IS NULL AND c IS NULL"), ["2"]);
        database.execute_batch("ROLLBACK").unwrap();
    })
    .await;
}

#[tokio::test]
async fn r26_strict_and_without_rowid_and_any_stay() {
    let before = "CREATE TABLE s (id INTEGER PRIMARY KEY, x ANY, n TEXT) STRICT;
        CREATE TABLE w (k TEXT PRIMARY KEY, n TEXT) WITHOUT ROWID;
        CREATE TABLE b (k TEXT PRIMARY KEY, x ANY, n TEXT) STRICT, WITHOUT ROWID;";
    let after = &before.replace("n TEXT)", "n TEXT NOT NULL DEFAULT '' COLLATE RTRIM)");
    let rows =
        "INSERT INTO s VALUES (1, '01', 'n'), (2, 1.0, 'n'), (3, x'00', 'n'), (4, NULL, 'n');
                INSERT INTO w VALUES ('a', ''); INSERT INTO b VALUES ('a', '007', '');";
    let trip = Trip::new(before, after, rows).await;
    assert_eq!(trip.rebuilds(), (3, 3));
    trip.keeps(&[
        "SELECT name, wr, strict FROM pragma_table_list WHERE length(name) = 1 ORDER BY name",
        "SELECT id, typeof(x), x FROM s ORDER BY id",
        "SELECT typeof(x), x FROM b",
    ])
    .await;
    assert!(refusal(&trip.open(), "INSERT INTO s VALUES (9, 1, x'00')").contains("cannot store"));
}

/// The table is made under another name first, in which its own name names nothing.
#[tokio::test]
async fn r15_expressions_that_name_their_own_table_stay() {
    for clause in ["CHECK (t.a > 0)", "CHECK (\"t\".\"a\" > 0)"] {
        let before =
            format!("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT, a INTEGER {clause});");
        let after = before.replace("n TEXT", "n TEXT NOT NULL DEFAULT '' COLLATE RTRIM");
        let trip = Trip::new(&before, &after, "INSERT INTO t (id, n, a) VALUES (1, 'n', 5);").await;
        trip.both_ways(|database| {
            assert!(refusal(database, "UPDATE t SET a = 0").contains("CHECK"));
        })
        .await;
    }
}
