//! Triggers and views of the table that is rebuilt, and those of others that mention it.

use crate::support::{self, Journal, Trip, ask, refusal, text};
use schema_engine::answers::Answers;
use schema_engine::draft::draft;
use schema_engine::pair::Pair;

/// A table, a table of notes about it, and whatever else mentions the two.
fn schema(objects: &str) -> String {
    format!(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE audit (what TEXT); {objects}"
    )
}

async fn trip(objects: &str) -> Trip {
    let before = schema(objects);
    let after = before.replace("name TEXT", "name TEXT NOT NULL DEFAULT '' COLLATE RTRIM");
    let rows = "INSERT INTO p VALUES (1, 'one'), (2, 'two'); DELETE FROM audit;";
    let trip = Trip::new(&before, &after, rows).await;
    assert_eq!(trip.rebuilds(), (1, 1));
    trip
}

const OBJECTS: &str = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type IN ('view', 'trigger') ORDER BY name";

#[tokio::test]
async fn r08_views_stay_and_work() {
    let trip = trip(
        "CREATE VIEW names AS SELECT id, upper(name) AS name FROM p;
                     CREATE VIEW first_name AS SELECT min(name) AS name FROM names;",
    )
    .await;
    trip.keeps(&[OBJECTS, "SELECT * FROM names ORDER BY id", "SELECT * FROM first_name"]).await;
}

#[tokio::test]
async fn r09_a_trigger_of_another_table_stays_and_fires() {
    let trip = trip(
        "CREATE TABLE c (p_id INTEGER);
         CREATE TRIGGER c_to_p AFTER INSERT ON c BEGIN
           UPDATE p SET name = name || '!' WHERE id = NEW.p_id;
         END;",
    )
    .await;
    let written = text(&trip.open(), "c_to_p");
    trip.both_ways(|database| {
        assert_eq!(text(database, "c_to_p"), written);
        database.execute_batch("BEGIN; INSERT INTO c VALUES (1)").unwrap();
        assert_eq!(ask(database, "SELECT name FROM p ORDER BY id"), ["one!", "two"]);
        database.execute_batch("ROLLBACK").unwrap();
    })
    .await;
}

#[tokio::test]
async fn r10_its_own_triggers_stay_and_fire_once() {
    let trip = trip("CREATE TRIGGER p_in  AFTER INSERT ON p  BEGIN INSERT INTO audit VALUES ('in '||NEW.id); END;
         CREATE TRIGGER p_out BEFORE DELETE ON p WHEN OLD.id > 1 BEGIN INSERT INTO audit VALUES ('out '||OLD.id); END;
         CREATE TRIGGER p_new AFTER UPDATE OF name ON p FOR EACH ROW BEGIN INSERT INTO audit VALUES (NEW.name); END;")
        .await;
    let written = ask(&trip.open(), OBJECTS);
    trip.both_ways(|database| {
        assert_eq!(ask(database, OBJECTS), written);
        let all = "BEGIN; INSERT INTO p VALUES (5, 'x'); UPDATE p SET name = 'y' WHERE id = 5;
                   UPDATE p SET id = 6 WHERE id = 5; DELETE FROM p WHERE id IN (1, 6)";
        database.execute_batch(all).unwrap();
        assert_eq!(ask(database, "SELECT what FROM audit"), ["in 5", "y", "out 6"]);
        database.execute_batch("ROLLBACK").unwrap();
    })
    .await;
}

#[tokio::test]
async fn r10_a_view_keeps_its_instead_of_triggers() {
    let trip = trip(
        "CREATE VIEW names AS SELECT id, name FROM p;
         CREATE TRIGGER names_in INSTEAD OF INSERT ON names BEGIN
           INSERT INTO p (id, name) VALUES (NEW.id, NEW.name);
           INSERT INTO audit VALUES ('through the view');
         END;",
    )
    .await;
    trip.both_ways(|database| {
        database.execute_batch("BEGIN; INSERT INTO names VALUES (9, 'nine')").unwrap();
        assert_eq!(ask(database, "SELECT name FROM p WHERE id = 9"), ["nine"]);
        assert_eq!(ask(database, "SELECT count(*) FROM audit"), ["1"]);
        database.execute_batch("ROLLBACK").unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_trigger_that_is_called_like_its_view_stays_when_the_view_changes() {
    let schema = |columns: &str| {
        format!(
            "CREATE TABLE t (a integer, b integer);
             CREATE VIEW v AS SELECT {columns} FROM t;
             CREATE TRIGGER v INSTEAD OF INSERT ON v BEGIN INSERT INTO t (a) VALUES (NEW.a); END;"
        )
    };
    let trip = Trip::new(&schema("a"), &schema("a, b"), "INSERT INTO t VALUES (1, 2)").await;
    trip.both_ways(|database| {
        database.execute_batch("BEGIN; INSERT INTO v (a) VALUES (9)").unwrap();
        assert_eq!(ask(database, "SELECT a FROM t"), ["1", "9"]);
        database.execute_batch("ROLLBACK").unwrap();
    })
    .await;
}

/// SQLite reads the temporary schema anew with the main one, so what hangs on the table by name
/// hangs on the new one.
#[tokio::test]
async fn r10_a_temporary_trigger_of_another_connection_stays() {
    let trip = trip("").await;
    let other = trip.open();
    other
        .execute_batch(
            "CREATE TEMP TABLE log (what);
             CREATE TEMP TRIGGER watch AFTER INSERT ON main.p BEGIN INSERT INTO log VALUES (NEW.id); END;
             CREATE TEMP VIEW mine AS SELECT count(*) AS n FROM main.p;",
        )
        .unwrap();
    for (way, id) in [("up", 20), ("down", 30)] {
        if way == "up" {
            trip.up().await;
        } else {
            trip.down().await;
        }
        other.execute_batch(&format!("INSERT INTO p VALUES ({id}, 'temporary')")).unwrap();
        assert_eq!(ask(&other, "SELECT max(what) FROM log"), [id.to_string()], "{way}");
    }
    assert_eq!(ask(&other, "SELECT count(*) FROM log"), ["2"]);
    assert_eq!(ask(&other, "SELECT n FROM mine"), ["4"]);
}

#[tokio::test]
async fn r11_a_rebuild_fires_no_trigger() {
    let each = |when: &str, what: &str| {
        format!(
            "CREATE TRIGGER on_{what}_{when} {when} {what} ON p BEGIN INSERT INTO audit VALUES ('{what}'); END;"
        )
    };
    let mut objects = String::new();
    for what in ["INSERT", "UPDATE", "DELETE"] {
        objects += &each("BEFORE", what);
        objects += &each("AFTER", what);
    }
    objects +=
        "CREATE TRIGGER no_delete BEFORE DELETE ON p BEGIN SELECT RAISE(ABORT, 'never'); END;";
    let trip = trip(&objects).await;
    trip.both_ways(|database| {
        assert_eq!(ask(database, "SELECT count(*) FROM audit"), ["0"]);
        assert!(refusal(database, "DELETE FROM p").contains("never"));
    })
    .await;
}

/// A view that lost its table long ago stops `ALTER TABLE … RENAME` and `… DROP COLUMN` of any other.
#[tokio::test]
async fn r34_an_unrelated_broken_view_stops_nothing_that_can_be_done() {
    let broken = "CREATE VIEW broken AS SELECT x FROM gone;";
    let before = format!("{broken} CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT, old TEXT);");
    let rows = "INSERT INTO p VALUES (1, 'one', 'a'), (2, 'two', 'b');";
    let changes = [
        ("old TEXT", "old TEXT, more TEXT"),
        (", old TEXT", ""),
        ("name TEXT", "name TEXT NOT NULL DEFAULT '' COLLATE RTRIM"),
        ("name TEXT, old", "name TEXT CHECK (name <> ''), old"),
    ];
    for (from, to) in changes {
        let trip = Trip::new(&before, &before.replace(from, to), rows).await;
        trip.keeps(&[
            "SELECT id, name FROM p",
            "SELECT sql FROM sqlite_schema WHERE name = 'broken'",
        ])
        .await;
    }
}

#[tokio::test]
async fn r34_an_unrelated_broken_view_stops_no_rename() {
    let before = "CREATE VIEW broken AS SELECT x FROM gone;
                  CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);";
    let rows = "INSERT INTO p VALUES (1, 'one');";
    for (rename, from, to) in
        [("rename p.name=title", "name", "title"), ("rename p=q", "TABLE p", "TABLE q")]
    {
        let after = before.replace(from, to);
        let trip = Trip::with(before, &after, rows, &[rename], Journal::Wal).await;
        trip.up().await;
    }
}

/// SQLite rewrites the view on the table, whose column gets another name by that; the view on that
/// view then finds nothing.
#[tokio::test]
async fn a_column_below_a_view_on_a_view_can_be_renamed() {
    let before = "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);
                  CREATE VIEW v AS SELECT name FROM p; CREATE VIEW w AS SELECT name FROM v;";
    let after = "CREATE TABLE p (id INTEGER PRIMARY KEY, title TEXT);
                 CREATE VIEW v AS SELECT title AS name FROM p; CREATE VIEW w AS SELECT name FROM v;";
    let rows = "INSERT INTO p VALUES (1, 'one');";
    let trip = Trip::with(before, after, rows, &["rename p.name=title"], Journal::Wal).await;
    trip.keeps(&["SELECT name FROM w"]).await;
}

/// SQLite takes them as they are, and would say so at the next write.
#[tokio::test]
async fn what_would_not_work_any_more_is_said() {
    let objects = "CREATE VIEW v AS SELECT b FROM t; CREATE VIEW w AS SELECT b FROM v;
        CREATE VIEW fine AS SELECT a FROM t; CREATE VIEW before AS SELECT missing FROM t;
        CREATE VIEW app AS SELECT of_the_app(a) FROM t;
        CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET b = 1; END;
        CREATE TRIGGER h AFTER DELETE ON t BEGIN SELECT OLD.a; END;
        CREATE TRIGGER k AFTER UPDATE OF a ON t BEGIN SELECT OLD.b; END;";
    let notes = async |columns: &str| {
        let answers = Answers::default();
        let table = |columns: &str| format!("CREATE TABLE t ({columns}); {objects}");
        let (before, after) = (table("a, b"), table(columns));
        let (before, after) = (support::schema(&before).await, support::schema(&after).await);
        // What is shown to whoever asks for the migration.
        draft(Pair::new(&before, &after), None, &answers).await.unwrap().unwrap().notes
    };
    let missing = "would not work any more: no such column:";
    let write = "; it would stop every write that sets it off";
    assert_eq!(
        notes("a").await,
        [
            format!("view v {missing} b"),
            format!("view w {missing} b"),
            format!("trigger g {missing} b{write}"),
            format!("trigger k {missing} OLD.b{write}"),
        ]
    );
    assert!(notes("a, b, c").await.is_empty());
}
