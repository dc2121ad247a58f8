//! Tables that refer to the one that is rebuilt, and its own references.

use crate::support::{Journal, Trip, ask, refusal, text};

const PARENT: &str = "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);";
const PARENT_AFTER: &str =
    "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '' COLLATE RTRIM);";
const ROWS: &str = "INSERT INTO p VALUES (1, 'one'), (2, 'two'), (7, 'it''s');
                    INSERT INTO c VALUES (10, 1, 'a'), (11, 2, NULL), (12, 2, x'00ff'), (13, 7, 1.5);";

/// The parent rebuilt, with one child whose reference ends in `action`.
async fn rebuilt_parent(action: &str, journal: Journal) -> Trip {
    let child = format!(
        "CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER DEFAULT 2 REFERENCES p(id) {action}, v);"
    );
    let (before, after) = (format!("{PARENT} {child}"), format!("{PARENT_AFTER} {child}"));
    let trip = Trip::with(&before, &after, ROWS, &[], journal).await;
    assert_eq!(trip.rebuilds(), (1, 1));
    trip
}

const CHILDREN: &[&str] = &[
    "SELECT id, p_id, typeof(v), quote(v) FROM c ORDER BY id",
    "SELECT sql FROM sqlite_schema WHERE name = 'c'",
    "SELECT * FROM pragma_foreign_key_list('c')",
    "SELECT * FROM p ORDER BY id",
];

#[tokio::test]
async fn r01_cascading_children_survive_a_rebuild() {
    let trip = rebuilt_parent("ON DELETE CASCADE", Journal::Wal).await;
    trip.keeps(CHILDREN).await;
    // And the reference still does its work.
    let database = trip.open();
    database.execute_batch("DELETE FROM p WHERE id = 2").unwrap();
    assert_eq!(ask(&database, "SELECT id FROM c ORDER BY id"), ["10", "13"]);
}

#[tokio::test]
async fn r01_cascading_children_survive_with_a_rollback_journal() {
    let trip = rebuilt_parent("ON DELETE CASCADE", Journal::Delete).await;
    trip.keeps(CHILDREN).await;
    assert_eq!(ask(&trip.open(), "PRAGMA journal_mode"), ["delete"]);
}

#[tokio::test]
async fn r02_references_that_would_be_set_stay_as_they_are() {
    for action in ["SET NULL", "SET DEFAULT"] {
        let trip = rebuilt_parent(&format!("ON DELETE {action}"), Journal::Wal).await;
        trip.keeps(CHILDREN).await;
    }
}

#[tokio::test]
async fn r05_references_that_would_refuse_the_drop_stand_in_nobodys_way() {
    let actions =
        ["", "ON DELETE NO ACTION", "ON DELETE RESTRICT", "DEFERRABLE INITIALLY DEFERRED"];
    for action in actions {
        let trip = rebuilt_parent(action, Journal::Wal).await;
        trip.keeps(CHILDREN).await;
        assert!(refusal(&trip.open(), "DELETE FROM p").contains("FOREIGN KEY"), "{action}");
    }
}

#[tokio::test]
async fn r06_children_refer_to_the_table_and_to_no_name_of_the_rebuild() {
    let trip = rebuilt_parent("ON DELETE CASCADE ON UPDATE SET NULL", Journal::Wal).await;
    let rebuild = trip.proven.up.rebuilds().next().unwrap();
    let place = |start: &str| {
        let found = rebuild.statements.iter().position(|sql| sql.starts_with(start));
        found.unwrap_or_else(|| panic!("no {start}"))
    };
    let order = [place("CREATE TABLE"), place("INSERT"), place("DROP TABLE"), place("ALTER TABLE")];
    assert!(order.is_sorted(), "{:#?}", rebuild.statements);
    trip.both_ways(|database| {
        assert_eq!(ask(database, "SELECT \"table\" FROM pragma_foreign_key_list('c')"), ["p"]);
    })
    .await;
}

#[tokio::test]
async fn r07_a_table_still_refers_to_itself() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t(id) ON DELETE CASCADE, n TEXT);
                  CREATE VIEW v AS SELECT id FROM t;";
    let after = &before.replace("n TEXT", "n TEXT NOT NULL DEFAULT '' COLLATE RTRIM");
    // The view makes the rename run in legacy mode, in which SQLite mends no reference.
    let rows = "INSERT INTO t VALUES (1, NULL, 'root'), (2, 1, 'leaf'), (3, 2, 'leaf of leaf');";
    let trip = Trip::new(before, after, rows).await;
    assert!(trip.proven.up.statements().any(|sql| sql.contains("legacy_alter_table = ON")));
    trip.both_ways(|database| {
        assert_eq!(ask(database, "SELECT \"table\" FROM pragma_foreign_key_list('t')"), ["t"]);
        database.execute_batch("BEGIN; DELETE FROM t WHERE id = 1").unwrap();
        assert_eq!(ask(database, "SELECT count(*) FROM t"), ["0"]);
        database.execute_batch("ROLLBACK").unwrap();
    })
    .await;
}

#[tokio::test]
async fn r19_foreign_keys_keep_their_actions_names_and_moment() {
    let before = "CREATE TABLE p (id INTEGER PRIMARY KEY, a, b, UNIQUE (a, b));
        CREATE TABLE c (
          id INTEGER PRIMARY KEY,
          one INTEGER CONSTRAINT first_one REFERENCES p(id) ON DELETE CASCADE ON UPDATE SET NULL MATCH SIMPLE,
          two INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED,
          a, b, n TEXT,
          CONSTRAINT both FOREIGN KEY (a, b) REFERENCES p(a, b) ON DELETE SET DEFAULT NOT DEFERRABLE
        );";
    let after = &before.replace("n TEXT", "n TEXT NOT NULL DEFAULT '' COLLATE RTRIM");
    let rows = "INSERT INTO p VALUES (1, 'x', 'y'); INSERT INTO c VALUES (1, 1, 1, 'x', 'y', 'n');";
    let trip = Trip::new(before, after, rows).await;
    assert_eq!(trip.rebuilds(), (1, 1));
    let written = [
        "CONSTRAINT first_one REFERENCES p(id) ON DELETE CASCADE ON UPDATE SET NULL MATCH SIMPLE",
        "REFERENCES p DEFERRABLE INITIALLY DEFERRED",
        "CONSTRAINT both FOREIGN KEY (a, b) REFERENCES p(a, b) ON DELETE SET DEFAULT NOT DEFERRABLE",
    ];
    let list = "SELECT * FROM pragma_foreign_key_list('c')";
    let expected = ask(&trip.open(), list);
    trip.both_ways(|database| {
        let text = text(database, "c");
        for clause in written {
            assert!(text.contains(clause), "{clause} in {text}");
        }
        assert_eq!(ask(database, list), expected);
        let late = "BEGIN; UPDATE c SET two = 99; UPDATE c SET two = 1; COMMIT";
        database.execute_batch(late).expect("the second reference is checked at the commit");
    })
    .await;
}

#[tokio::test]
async fn r20_a_composite_key_keeps_its_own_order() {
    // The key's order is not the columns' order, and the child names no columns.
    let before = "CREATE TABLE p (b TEXT, a TEXT, n TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
        CREATE TABLE c (id INTEGER PRIMARY KEY, x TEXT, y TEXT,
                        FOREIGN KEY (x, y) REFERENCES p ON DELETE CASCADE);";
    let after = &before.replace("n TEXT", "n TEXT NOT NULL DEFAULT 'n' COLLATE RTRIM");
    let rows = "INSERT INTO p VALUES ('b1', 'a1', 'n'), ('a1', 'b1', 'other');
                INSERT INTO c VALUES (1, 'a1', 'b1');";
    let trip = Trip::new(before, after, rows).await;
    assert_eq!(trip.rebuilds(), (1, 1));
    trip.both_ways(|database| {
        let key = "SELECT name FROM pragma_table_info('p') WHERE pk > 0 ORDER BY pk";
        assert_eq!(ask(database, key), ["a", "b"]);
        database.execute_batch("BEGIN; DELETE FROM p WHERE n = 'other'").unwrap();
        assert_eq!(ask(database, "SELECT count(*) FROM c"), ["1"]);
        database.execute_batch("DELETE FROM p").unwrap();
        assert_eq!(ask(database, "SELECT count(*) FROM c"), ["0"]);
        database.execute_batch("ROLLBACK").unwrap();
    })
    .await;
}

/// The references of others follow a key that is renamed, with and without a rebuild beside it.
#[tokio::test]
async fn references_follow_a_key_that_is_renamed() {
    let before = "CREATE TABLE p (code TEXT PRIMARY KEY, name TEXT);
                  CREATE TABLE c (id INTEGER PRIMARY KEY, p TEXT REFERENCES p(code) ON UPDATE CASCADE);";
    let rows = "INSERT INTO p VALUES ('a', 'one'); INSERT INTO c VALUES (1, 'a');";
    for more in ["name TEXT", "name TEXT NOT NULL DEFAULT '' COLLATE RTRIM"] {
        let after = before.replace("code", "tag").replace("name TEXT", more);
        let trip = Trip::with(before, &after, rows, &["rename p.code=tag"], Journal::Wal).await;
        for (way, key) in [("up", "tag"), ("down", "code")] {
            if way == "up" {
                trip.up().await;
            } else {
                trip.down().await;
            }
            let database = trip.open();
            assert_eq!(ask(&database, "SELECT \"to\" FROM pragma_foreign_key_list('c')"), [key]);
            let cascade = format!("BEGIN; UPDATE p SET {key} = 'z'");
            database.execute_batch(&cascade).unwrap();
            assert_eq!(ask(&database, "SELECT p FROM c"), ["z"], "{way}");
            database.execute_batch("ROLLBACK").unwrap();
        }
    }
}
