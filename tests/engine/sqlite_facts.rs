//! What SQLite does and the engine relies on, of the version that is linked.

use crate::{query, run, scratch};
use schema_engine::answers::Answers;
use schema_engine::pair::Pair;
use schema_engine::prove::prove;
use schema_engine::render::{Header, module};
use schema_engine::scratch::Scratch;
use sea_orm::ConnectionTrait as _;

const FAMILY: &str = "CREATE TABLE p (id integer PRIMARY KEY, a text);
    CREATE TABLE c (id integer PRIMARY KEY, p integer REFERENCES p (id) ON DELETE CASCADE);
    INSERT INTO p VALUES (1, 'x'); INSERT INTO c VALUES (1, 1);";

const REBUILD: &str = "CREATE TABLE p__new (id integer PRIMARY KEY, a text NOT NULL);
    INSERT INTO p__new SELECT * FROM p; DROP TABLE p; ALTER TABLE p__new RENAME TO p;";

#[tokio::test]
async fn a_rebuild_with_enforced_foreign_keys_deletes_the_children() {
    let scratch = scratch(FAMILY).await;
    run(&scratch, "PRAGMA foreign_keys = ON").await;
    run(&scratch, &format!("BEGIN; PRAGMA foreign_keys = OFF; {REBUILD} COMMIT;")).await;
    assert_eq!(
        query(&scratch, "SELECT count(*) || '' FROM c").await,
        ["0"],
        "the pragma does nothing in there"
    );
}

#[tokio::test]
async fn the_engine_opens_connections_with_foreign_keys_off() {
    let scratch = scratch(FAMILY).await;
    run(&scratch, &format!("BEGIN; {REBUILD} COMMIT;")).await;
    assert_eq!(query(&scratch, "SELECT count(*) || '' FROM c").await, ["1"]);
    let child = query(&scratch, "SELECT sql FROM sqlite_schema WHERE name = 'c'").await;
    assert!(child[0].contains("REFERENCES p (id)"), "{child:?}");
}

#[tokio::test]
async fn a_view_stops_a_rename_unless_in_legacy_mode() {
    let script = format!("{FAMILY} CREATE VIEW v AS SELECT a FROM p;");
    let one = scratch(&script).await;
    assert!(one.run([REBUILD]).await.is_err());
    let two = scratch(&script).await;
    run(&two, &format!("BEGIN; PRAGMA legacy_alter_table = ON; {REBUILD} PRAGMA legacy_alter_table = OFF; COMMIT;")).await;
    assert_eq!(query(&two, "SELECT a FROM v").await, ["x"]);
}

#[tokio::test]
async fn an_unknown_name_in_double_quotes_is_a_string_but_not_when_qualified() {
    let scratch = scratch(FAMILY).await;
    assert_eq!(query(&scratch, "SELECT \"nothing\" FROM p").await, ["nothing"]);
    assert!(scratch.run(["SELECT old.\"nothing\" FROM p AS old"]).await.is_err());
}

#[tokio::test]
async fn drop_takes_the_sequence_away_and_rename_moves_it() {
    let scratch = scratch(
        "CREATE TABLE a (id integer PRIMARY KEY AUTOINCREMENT); INSERT INTO a VALUES (5);
         CREATE TABLE b (id integer PRIMARY KEY AUTOINCREMENT); INSERT INTO b VALUES (7);
         DROP TABLE a; ALTER TABLE b RENAME TO a;",
    )
    .await;
    assert_eq!(query(&scratch, "SELECT name || seq FROM sqlite_sequence").await, ["a7"]);
}

#[tokio::test]
async fn dropping_a_column_that_was_added_leaves_the_text_as_it_was() {
    let scratch = scratch("CREATE TABLE t ( \"a\" text, \"b\" text )").await;
    let text = "SELECT sql FROM sqlite_schema";
    let before = query(&scratch, text).await;
    run(&scratch, "ALTER TABLE t ADD COLUMN \"c\" text; ALTER TABLE t DROP COLUMN \"c\"").await;
    assert_eq!(query(&scratch, text).await, before);
}

/// To SQLite a no-break space is a letter; the driver takes it for white space and cuts it off.
#[tokio::test]
async fn a_statement_may_end_in_a_name_that_looks_empty() {
    let view = "CREATE VIEW v AS SELECT a AS \u{a0}";
    let empty = Scratch::empty().await.unwrap();
    let cut_off = empty.connection().execute_unprepared(view).await.unwrap_err();
    assert!(cut_off.to_string().contains("incomplete input"), "{cut_off}");

    let before = "CREATE TABLE t (a, \u{a0}); CREATE INDEX i ON t (a) WHERE \u{a0} IS NOT \u{a0}";
    let after =
        &format!("{}; {view} FROM t AS \u{a0}", before.replace("a,", "a NOT NULL DEFAULT 1,"));
    let before = scratch(before).await.schema().await.unwrap();
    let after = scratch(after).await.schema().await.unwrap();
    let proven = prove(Pair::new(&before, &after), &Answers::default()).await.unwrap().unwrap();
    let header = Header {
        revision: "m002_names".to_owned(),
        parent: None,
        message: "names".to_owned(),
        created: String::new(),
        changes: Vec::new(),
        hazards: Vec::new(),
    };
    let module = module(&header, &proven.up, &proven.down);
    assert!(module.contains("FROM t AS \u{a0};\""), "{module}");
}
