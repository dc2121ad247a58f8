//! Names that are hard to write, tables without rowids, and what is renamed.

use super::{Case, told};
use schema_engine::amount::size;
use schema_engine::census::{Census, CountedHazard};
use schema_engine::draft::draft;
use schema_engine::hazard::{Evidence, hazards};
use schema_engine::pair::Pair;

const HOSTILE: [&str; 10] =
    ["it's", "we\"ird", "a.b", "two words", "select", "rowid", "é", "#0", "t", "; DROP TABLE x --"];

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[tokio::test]
async fn names_that_are_hard_to_write() {
    for table in HOSTILE {
        for column in HOSTILE {
            for key in ["", ", PRIMARY KEY (\"key\")) WITHOUT ROWID --"] {
                println!("{table} | {column} | {key}");
                let (name, of) = (quoted(table), quoted(column));
                let before =
                    format!("CREATE TABLE {name} (\"key\" text, {of} text, \"p\" text{key})\n");
                let rows = format!(
                    "INSERT INTO {name} VALUES ('1', 'a', 'a'), ('2', 'a', '1'), ('3', NULL, NULL)"
                );
                let after = format!(
                    "CREATE TABLE {name} (\"key\" text, {of} text NOT NULL UNIQUE CHECK ({of} <> 'a'),
                     \"p\" text REFERENCES {name} ({of}){key})\n"
                );
                let case = Case::new(&before, &rows, &after).await;
                let lines: Vec<_> = case
                    .counted()
                    .await
                    .iter()
                    .map(|found| {
                        assert_eq!(found.note, None);
                        (
                            found.hazard.code.as_str(),
                            found.count().unwrap(),
                            found.samples().count(),
                        )
                    })
                    .collect();
                let expected = [("TG202", 1, 1), ("TG203", 2, 1), ("TG204", 1, 1), ("TG205", 2, 2)];
                assert_eq!(lines, expected);
            }
        }
    }
}

#[tokio::test]
async fn samples_are_short_and_stand_in_a_line() {
    let long = "x".repeat(500);
    let rows = format!(
        "INSERT INTO t VALUES ('a' || char(10) || char(27) || 'b'), ('{long}'), ('{long}'),
         (CAST(x'c3283b' AS TEXT)), (CAST(x'c3283b' AS TEXT)), ('a' || char(10) || char(27) || 'b')"
    );
    let told = told("CREATE TABLE t (x text)", &rows, "CREATE TABLE t (x text UNIQUE)").await;
    let expected = format!(
        "TG203: (x) must be unique in t (6 rows here are not unique: 'a\\n\\u{{1b}}b' (2 times); \
         '{}'… (2 times); '\u{fffd}(;' (2 times))",
        "x".repeat(40)
    );
    assert_eq!(told, [expected]);
    let many = "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 2399)
                INSERT INTO t SELECT n / 2 FROM n";
    let told = super::told("CREATE TABLE t (x text)", many, "CREATE TABLE t (x text UNIQUE)").await;
    let expected = "TG203: (x) must be unique in t (2,400 rows here are not unique: '0' (2 times); \
                    '1' (2 times); '10' (2 times); '100' (2 times); '1000' (2 times))";
    assert_eq!(told, [expected]);
}

#[tokio::test]
async fn what_is_renamed_is_counted_under_its_old_name() {
    let before = "CREATE TABLE tags (name text, task integer); CREATE TABLE tasks (id integer PRIMARY KEY, prio text);
                  CREATE TABLE a (x text); CREATE TABLE b (x text)";
    let rows = "INSERT INTO tags VALUES ('red', 1), ('red', 7), (NULL, NULL); INSERT INTO tasks VALUES (1, '007');
                INSERT INTO a VALUES ('1'), ('1'); INSERT INTO b VALUES ('2')";
    let after = "CREATE TABLE labels (title text NOT NULL UNIQUE, task integer REFERENCES jobs);
                 CREATE TABLE jobs (id integer PRIMARY KEY, priority integer);
                 CREATE TABLE b (x text UNIQUE); CREATE TABLE a (x text UNIQUE)";
    let renames = [
        "tags=labels",
        "labels.name=title",
        "tasks.prio=priority",
        "tasks=jobs",
        "a=c",
        "b=a",
        "c=b",
    ];
    let case = Case::new(before, rows, after).await.answered(&renames, &[]);
    assert_eq!(
        case.told().await,
        [
            "TG203: (x) must be unique in a (0 rows here are not unique)",
            "TG203: (x) must be unique in b (2 rows here are not unique: '1' (2 times))",
            "TG301: jobs.priority changes from text to integer, which may store values otherwise (1 value here changes: '007' -> 7)",
            "TG202: labels.title must no longer be NULL (1 row here has none)",
            "TG203: (title) must be unique in labels (2 rows here are not unique: 'red' (2 times))",
            "TG204: labels (task) must refer to rows of jobs (1 row here refers to nothing: 7)",
        ]
    );
}

#[tokio::test]
async fn what_can_not_be_asked_is_said_and_stops_nothing() {
    let before = "CREATE TABLE t (id integer PRIMARY KEY, a text, b text)";
    let after = "CREATE TABLE t (id integer PRIMARY KEY, a text, b text, c DEFAULT 1,
                 d text AS (a || b), CHECK (c > 0));
                 CREATE UNIQUE INDEX i ON t (lower(d))";
    assert_eq!(
        told(before, "INSERT INTO t VALUES (1, NULL, 'b')", after).await,
        [
            "TG205: every row of t must hold to: c > 0 (not counted: t.c is new)",
            "TG203: (lower(d)) must be unique in t (not counted: t.d is new)",
        ]
    );
}

#[tokio::test]
async fn a_query_that_fails_is_a_note() {
    let case = Case::new(
        "CREATE TABLE t (x integer)",
        "INSERT INTO t VALUES (1), (1)",
        "CREATE TABLE t (x integer UNIQUE CHECK (x > 1))",
    )
    .await;
    let proven = case.proven().await;
    let mut found = hazards(&proven.difference, &case.after, &case.answers);
    assert_eq!(found.len(), 2);
    let Evidence::Queries(queries) = &mut found[1].evidence else { panic!("{found:?}") };
    queries[0].count = "SELECT of_the_app(x) FROM t".to_owned();
    let census = Census::new(case.live.connection(), &case.before, &case.answers);
    let lines: Vec<_> = census.count(found).await.iter().map(CountedHazard::describe).collect();
    assert_eq!(
        lines,
        [
            "TG203: (x) must be unique in t (2 rows here are not unique: 1 (2 times))",
            "TG205: every row of t must hold to: x > 1 (not counted: no such function: of_the_app)"
        ]
    );
}

#[tokio::test]
async fn what_is_copied_and_dropped_is_measured() {
    let before = "CREATE TABLE old (id integer PRIMARY KEY AUTOINCREMENT, x text); CREATE INDEX i ON old (x); CREATE TABLE gone (x)";
    let rows = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1208)
                INSERT INTO old (x) SELECT hex(zeroblob(500)) FROM n; UPDATE sqlite_sequence SET seq = 4100;
                INSERT INTO gone VALUES (1)";
    let after = "CREATE TABLE new (id integer PRIMARY KEY AUTOINCREMENT, x text NOT NULL DEFAULT ''); CREATE INDEX i ON new (x)";
    let case = Case::new(before, rows, after).await.answered(&["old=new"], &[]);
    let schemas = Pair::new(&case.before, &case.after);
    let drafted =
        draft(schemas, Some(case.live.connection()), &case.answers).await.unwrap().unwrap();
    let pages = "SELECT CAST(sum(pgsize) AS TEXT) FROM dbstat WHERE name IN ('old', 'i')";
    let bytes = crate::query(&case.live, pages).await[0].parse().unwrap();
    assert!(bytes > 2_400_000, "both hold every text");
    let keeps: Vec<_> =
        drafted.proven.up.rebuilds().flat_map(|rebuild| rebuild.keeps.clone()).collect();
    let lines: Vec<_> =
        drafted.footprint.iter().map(|footprint| footprint.describe(&keeps)).collect();
    assert_eq!(
        lines,
        [
            format!(
                "new is rebuilt: 1,208 rows are copied, about {} of disk needed meanwhile; \
                 keeps every row, 1 index, sequence 4,100",
                size(bytes)
            ),
            "gone is dropped: 1 row is lost, which frees about 4.1 kB of disk".to_owned(),
        ]
    );
    // The numbers are of this database alone.
    let module = drafted.module("m002_x", None, "x", "now");
    assert!(!module.contains("1,208") && !module.contains("4,100"), "{module}");
}
