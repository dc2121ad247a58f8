use super::*;

async fn schema(statements: &[&str]) -> Schema {
    let scratch = Scratch::empty().await.expect("a scratch database");
    scratch.run(statements).await.expect("statements that SQLite takes");
    scratch.schema().await.expect("a readable schema")
}

async fn proven(current: &[&str], desired: &[&str]) -> Proven {
    let (current, desired) = (schema(current).await, schema(desired).await);
    prove(Pair::new(&current, &desired), &Answers::default())
        .await
        .unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)))
        .expect("a difference")
}

fn text(plan: &Plan) -> String {
    plan.statements().collect::<Vec<_>>().join(";\n")
}

/// Each of these once had no proof.
#[tokio::test]
async fn what_sample_rows_can_break_is_proven_all_the_same() {
    for (current, desired) in [
        // A new rule that the sample rows would break.
        (["CREATE TABLE t (a text)"], ["CREATE TABLE t (a int) STRICT"]),
        (["CREATE TABLE t (a text)"], ["CREATE TABLE t (a text CHECK (a IN ('x', 'y')))"]),
        (["CREATE TABLE t (a)"], ["CREATE TABLE t (b int DEFAULT 1 UNIQUE)"]),
        (["CREATE TABLE t (a)"], ["CREATE TABLE t (b DEFAULT 1, UNIQUE (b) ON CONFLICT IGNORE)"]),
        // NULL in what becomes a key.
        (["CREATE TABLE t (a integer)"], ["CREATE TABLE t (a integer, PRIMARY KEY (a))"]),
        // Tables that share nothing.
        (["CREATE TABLE t (a text)"], ["CREATE TABLE t (k, PRIMARY KEY (k)) WITHOUT ROWID"]),
        // A key over values that are gone, or worked out from ones that are.
        (["CREATE TABLE t (a int DEFAULT 0 UNIQUE, b)"], ["CREATE TABLE t (b)"]),
        (["CREATE TABLE t (a date_text NOT NULL, b, UNIQUE (a))"], ["CREATE TABLE t (b)"]),
        (["CREATE TABLE t (a DEFAULT 1, b int UNIQUE AS (a) STORED)"], ["CREATE TABLE t (c)"]),
        (
            ["CREATE TABLE t (a integer PRIMARY KEY, b text)"],
            ["CREATE TABLE t (a integer AS (upper(b)) VIRTUAL, b text)"],
        ),
        // Columns worked out from one that changes.
        (
            ["CREATE TABLE t (a text, b AS (length(a)) STORED)"],
            ["CREATE TABLE t (a int, b AS (length(a)) STORED)"],
        ),
        // No default at all may stand in a generated column.
        (["CREATE TABLE t (a text DEFAULT NULL, b)"], ["CREATE TABLE t (a text AS (b), b)"]),
    ] {
        let _ = proven(&current, &desired).await;
    }
}

#[tokio::test]
async fn triggers_make_no_sample_rows() {
    let trigger = "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO t (b) VALUES (77); END";
    let proven = proven(
        &["CREATE TABLE t (a text, b int)", trigger],
        &["CREATE TABLE t (a text, b int UNIQUE)", trigger],
    )
    .await;
    assert_eq!(proven.sample_rows, 3);
}

#[tokio::test]
async fn every_table_with_another_text_is_rebuilt_on_the_way_down() {
    let current = ["CREATE TABLE `a b` (x int)", "CREATE TABLE t (x int, /* two */ y /* 2 */ int)"];
    let proven =
        proven(&current, &["CREATE TABLE `a b` (x int UNIQUE)", "CREATE TABLE t (x int)"]).await;
    assert!(text(&proven.down).contains("(x int, /* two */ y /* 2 */ int)"));
}

#[tokio::test]
async fn a_name_that_is_taken_again_is_freed_first() {
    let current = ["CREATE TABLE t (a int)", "CREATE INDEX i ON t (a)"];
    let moved = ["CREATE TABLE u (b)", "CREATE INDEX i ON u (b)", "CREATE TABLE t (a text)"];
    for desired in [moved.as_slice(), &moved[..2], &["CREATE TABLE i (b)"]] {
        let _ = proven(&current, desired).await;
    }
}

#[tokio::test]
async fn a_key_that_is_the_rowid_comes_and_goes_with_its_value() {
    let (with, without) = (["CREATE TABLE t (id integer PRIMARY KEY, a)"], ["CREATE TABLE t (a)"]);
    let proven = proven(&with, &without).await;
    assert!(text(&proven.up).contains("(rowid, \"a\") SELECT old.\"id\", old.\"a\""));
    assert!(text(&proven.down).contains("(\"id\", \"a\") SELECT old.rowid, old.\"a\""));
}

#[tokio::test]
async fn old_rows_get_the_default_that_new_rows_get() {
    let plan = |default: &'static str| async move {
        let desired = format!("CREATE TABLE t (a, b text DEFAULT {default})");
        let proven = proven(&["CREATE TABLE t (a)"], &[desired.as_str()]).await;
        text(&proven.up)
    };
    assert!(plan("'1e3'").await.starts_with("ALTER TABLE"));
    // Added in place, `1e3` would be read as '1e3' in old rows and as '1000.0' in new ones.
    assert!(plan("1e3").await.starts_with("CREATE TABLE"));
}

/// `DROP COLUMN` would make it a string in single quotes.
#[tokio::test]
async fn a_string_in_double_quotes_stays_in_other_objects() {
    let view = "CREATE VIEW v AS SELECT a, \"no column\" FROM u";
    let checked = "CREATE TABLE u (a CHECK (a <> \"no column\"))";
    let short = ["CREATE TABLE t (a)", checked, view];
    let long = ["CREATE TABLE t (a, b)", checked, view];
    let (down, up) = (proven(&short, &long).await.down, proven(&long, &short).await.up);
    for plan in [down, up] {
        assert_eq!(plan.rebuilds().count(), 1, "{}", text(&plan));
        assert_eq!(plan.edits().count(), 0, "{}", text(&plan));
    }
}

/// In the table itself both quotes are known to mean one string, and the way back has the old text.
#[tokio::test]
async fn a_string_in_double_quotes_in_the_table_itself_costs_no_copy() {
    let table = |columns| format!("CREATE TABLE t ({columns} b CHECK (b <> \"no column\"))");
    let proven = proven(&[&table("a,")], &[&table("")]).await;
    assert_eq!(proven.up.rebuilds().count(), 0);
    assert_eq!(text(&proven.down).matches("no column").count(), 1);
}

#[tokio::test]
async fn null_in_a_new_key_becomes_the_default() {
    let desired = "CREATE TABLE t (k int DEFAULT 7, PRIMARY KEY (k)) WITHOUT ROWID";
    let proven = proven(&["CREATE TABLE t (k int)"], &[desired]).await;
    assert!(text(&proven.up).contains("coalesce(old.\"k\", 7)"));
}

#[tokio::test]
async fn a_rebuild_tells_what_it_keeps() {
    let others = [
        "CREATE TABLE c (p REFERENCES t (id))",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE VIEW other AS SELECT p AS x FROM c",
        "CREATE INDEX i ON t (a)",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
    ];
    let with = |table| [&[table], others.as_slice()].concat();
    let before = with("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a text)");
    let after = with("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a int)");
    let up = proven(&before, &after).await.up;
    let rebuild = up.rebuilds().next().expect("another affinity");
    let keeps = rebuild.keeps.join(", ");
    assert_eq!(
        keeps,
        "every row, 1 index, 1 trigger, 1 view, 1 inbound foreign key, the id sequence"
    );
}
