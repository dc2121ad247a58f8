//! Answers as they are applied to a database.

use crate::{query, scratch};
use schema_engine::answers::Answers;

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
        let given = renames.iter().map(|rename| rename.parse().unwrap()).collect();
        let answers = Answers::new(given, Vec::new(), []);
        let (function, from) = count.split_once(' ').unwrap();
        let sql = format!("SELECT CAST({function} AS text) {from}");
        let sql = answers.by_new_names(&sql, &schema);
        assert_eq!(query(&scratch, &sql).await, [rows.to_string()], "{renames:?} {count}");
    }
}
