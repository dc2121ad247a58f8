//! Values that a careless copy would change.

use crate::support::{Journal, Trip, answers, ask, schema, told};
use schema_engine::draft::draft;
use schema_engine::hazard::{Evidence, HazardCode, Severity, hazards};
use schema_engine::pair::Pair;
use schema_engine::prove::prove;

/// A bare `"x"` that names no column would be the string 'x'.
#[tokio::test]
async fn r21_a_new_column_is_never_filled_with_its_own_name() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);";
    let after = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT '',
        \"must\" INTEGER NOT NULL DEFAULT 4, may TEXT, \"when\" TEXT DEFAULT CURRENT_DATE);";
    let trip = Trip::new(before, after, "INSERT INTO t VALUES (1, 'a');").await;
    trip.up().await;
    let database = trip.open();
    assert_eq!(ask(&database, "SELECT must, typeof(must), may FROM t"), ["4|integer|NULL"]);
    assert_eq!(ask(&database, "SELECT count(*) FROM t WHERE \"when\" LIKE '____-__-__'"), ["1"]);
    drop(database);
    trip.down().await;
    assert_eq!(ask(&trip.open(), "SELECT * FROM t"), ["1|a"]);
}

/// A fill that names a column which isn't there is refused, not taken for a string.
#[tokio::test]
async fn r21_a_fill_that_names_no_column_is_refused() {
    let before = schema("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);").await;
    let after = schema("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT NOT NULL);").await;
    let schemas = Pair::new(&before, &after);
    prove(schemas, &answers(&["fill t.b=nothing_of_that_name"])).await.unwrap_err();
    prove(schemas, &answers(&["fill t.b=a || '!'"])).await.unwrap();
}

const EXACT: &str = "
    INSERT INTO t VALUES (1, 9223372036854775807), (2, -9223372036854775808), (3, 9007199254740993),
      (4, 0.1), (5, 1e308), (6, 9e999), (7, -9e999), (8, -0.0), (9, ''), (10, '01234'), (11, '1e5'),
      (12, x''), (13, x'00ff00'), (14, 'a' || char(0) || 'b'), (15, NULL), (16, char(65279) || 'bom'),
      (17, CAST(x'ff' AS TEXT)), (18, 1.0), (19, 'é' || char(13, 10));";

/// A rebuild for something else leaves every value as it is stored, whatever the column declares.
#[tokio::test]
async fn r22_values_stay_exactly_as_they_are_stored() {
    for declared in ["", "BLOB", "TEXT", "INTEGER", "REAL", "NUMERIC", "VARCHAR(3)", "ANY"] {
        let before = format!("CREATE TABLE t (id INTEGER PRIMARY KEY, v {declared}, n TEXT);");
        let after = before.replace("n TEXT", "n TEXT NOT NULL DEFAULT '' COLLATE RTRIM");
        let rows = EXACT.replace("INTO t", "INTO t (id, v)");
        // Rows have NULL in `n`, which the way up fills.
        let trip = Trip::new(&before, &after, &rows).await;
        assert_eq!(trip.rebuilds(), (1, 1));
        trip.keeps(&["SELECT id, typeof(v), quote(v), hex(v) FROM t ORDER BY id"]).await;
    }
}

/// What has no form in the new type stays as it is, and the hazard is said beforehand.
#[tokio::test]
async fn r22_another_affinity_loses_nothing_that_is_no_number_and_is_a_hazard() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);";
    let after = "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);";
    let rows =
        "INSERT INTO t VALUES (1, '12abc'), (2, 'x'), (3, ''), (4, '42'), (5, NULL), (6, x'31');";
    let trip = Trip::new(before, after, rows).await;
    let found = hazards(&trip.proven.difference, &schema(after).await, &answers(&[]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, HazardCode::ChangeAffinity);
    assert_eq!(found[0].code.severity(), Severity::MayChangeData);
    let values = "SELECT typeof(v), v FROM t WHERE id <> 4 ORDER BY id";
    trip.keeps(&[values]).await;
    trip.up().await;
    assert_eq!(ask(&trip.open(), "SELECT typeof(v), v FROM t WHERE id = 4"), ["integer|42"]);
}

#[tokio::test]
async fn r22_the_rows_that_would_be_stored_otherwise_are_counted() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);";
    let after = "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);";
    let trip = Trip::new(before, after, "").await;
    let found = hazards(&trip.proven.difference, &schema(after).await, &answers(&[]));
    assert!(matches!(&found[0].evidence, Evidence::Queries(queries) if !queries.is_empty()));
}

#[tokio::test]
async fn r23_a_null_that_may_no_longer_be_is_counted_and_nothing_is_touched() {
    let before = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
                  CREATE TABLE c (t INTEGER REFERENCES t ON DELETE CASCADE);";
    let after = &before.replace("a TEXT", "a TEXT NOT NULL");
    let rows =
        "INSERT INTO t VALUES (1, 'a'), (2, NULL), (3, NULL); INSERT INTO c VALUES (1), (2);";
    let trip = Trip::with(before, after, rows, &[], Journal::Delete).await;
    let untouched = crate::support::bytes(&trip.path);

    // When the migration is written, with the rows of the developer's own database.
    let (current, desired) = (schema(before).await, schema(after).await);
    let live =
        schema_engine::connection::open(&trip.path, schema_engine::connection::Access::ReadOnly)
            .await
            .unwrap();
    let drafted = draft(Pair::new(&current, &desired), Some(&live), &answers(&[])).await.unwrap();
    let refused = drafted.unwrap().refuse_what_would_fail(&answers(&[])).unwrap_err();
    let refused = told(&refused);
    assert!(refused.contains("TG202"), "{refused}");
    assert!(refused.contains("2 rows"), "{refused}");
    live.close().await.unwrap();

    // And when it runs where nobody has counted.
    let failed = trip.try_up().await.unwrap_err();
    assert!(told(&failed).contains("NOT NULL constraint failed"), "{}", told(&failed));
    assert_eq!(crate::support::bytes(&trip.path), untouched);
}

/// A fill is an expression over one row. An aggregate would make one row of them all; where a CHECK
/// refuses the sample rows, the proof has too few to see it.
#[tokio::test]
async fn an_aggregate_is_no_fill() {
    let table = |more| {
        format!("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT CHECK (a IN ('x', 'y')){more});")
    };
    let (before, after) = (table(""), table(", b INTEGER NOT NULL"));
    let (current, desired) = (schema(&before).await, schema(&after).await);
    let said = answers(&["fill t.b=coalesce(max(id), 0)"]);
    let Ok(Some(proven)) = prove(Pair::new(&current, &desired), &said).await else { return };
    let rows = "INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'x');";
    let trip = Trip::of(proven, &before, rows, Journal::Wal).await;
    let _ = trip.try_up().await;
    assert_eq!(ask(&trip.open(), "SELECT id, a FROM t"), ["1|x", "2|y", "3|x"]);
}
