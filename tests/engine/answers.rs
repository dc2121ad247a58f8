//! Answers as they are applied to a database.

use crate::{query, scratch};
use schema_engine::ErrorKind;
use schema_engine::answers::Answers;
use schema_engine::draft::draft;
use schema_engine::hazard::{NewNames, new_names};
use schema_engine::pair::Pair;

/// A database isn't renamed while a revision is written, and is counted by the new names.
#[tokio::test]
async fn what_is_not_renamed_yet_is_counted_by_its_new_name() {
    let scratch = scratch(
        "CREATE TABLE t (a, b); CREATE TABLE u (c);
         INSERT INTO t VALUES (1, NULL), (2, NULL), (NULL, 3)",
    )
    .await;
    let schema = scratch.schema().await.unwrap();
    for (renames, count, rows) in [
        ([].as_slice(), "count(a) FROM t", 2),
        (&["t.a=x"], "count(*) FROM \"t\" AS t WHERE t.\"x\" IS NOT NULL", 2),
        (&["t=v"], "count(b) FROM v", 1),
        (&["t=v", "v.a=x", "v.x=y"], "count(v.y) FROM v", 2),
        (&["t.a=x", "t=v"], "count(x) FROM v", 2),
        (&["t.a=x", "t.b=a", "t.x=b"], "count(b) FROM t", 2),
        (&["t=x", "u=t", "x=u"], "count(a) FROM u", 2),
        (&["t.a=x"], "count(*) FROM u", 0),
    ] {
        let given: Vec<_> = renames.iter().map(|rename| rename.parse().unwrap()).collect();
        let (function, from) = count.split_once(' ').unwrap();
        let sql = format!("SELECT CAST({function} AS text) {from}");
        let names = new_names(&schema, &given);
        let tables: Vec<_> =
            names.iter().filter(|names| names.differ()).map(NewNames::expression).collect();
        let with =
            if tables.is_empty() { String::new() } else { format!("WITH {} ", tables.join(", ")) };
        let sql = format!("{with}{sql}");
        assert_eq!(query(&scratch, &sql).await, [rows.to_string()], "{renames:?} {count}");
    }
}

/// What comes of a fill for a column that is added beside one that is renamed.
async fn draft_with(fill: &str) -> schema_engine::Result<()> {
    let scratch =
        scratch("CREATE TABLE t (id integer PRIMARY KEY, a); INSERT INTO t VALUES (1, 2)").await;
    let desired = crate::scratch("CREATE TABLE t (id integer PRIMARY KEY, b, c NOT NULL)").await;
    let (current, desired) = (scratch.schema().await.unwrap(), desired.schema().await.unwrap());
    let fill = vec![fill.parse().unwrap()];
    let answers = Answers::new(vec!["t.a=b".parse().unwrap()], fill, []);
    let schemas = Pair::new(&current, &desired);
    let draft = draft(schemas, Some(scratch.connection()), &answers).await?;
    draft.unwrap().settled(&answers)
}

#[tokio::test]
async fn a_fill_that_makes_no_sense_is_named() {
    draft_with("t.c=b + old.id").await.unwrap();
    for (fill, says) in [
        ("t.c=nothing", "`nothing` is no expression over a row of t, so it can't fill c"),
        ("t.c=a", "`a` is no expression"),
        ("t.c=(", "`(` is no expression"),
        ("t.d=0", "`--fill t.d=0` fills nothing"),
        ("t.b=0", "`--fill t.b=0` fills nothing"),
        ("u.c=0", "`--fill u.c=0` fills nothing"),
    ] {
        let error = draft_with(fill).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{fill}");
        assert!(error.to_string().starts_with(says), "{fill}: {error}");
        assert_eq!(error.data_state(), Some("Nothing was written."), "{fill}");
    }
}
