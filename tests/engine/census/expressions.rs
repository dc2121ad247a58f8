//! What an expression makes of values that aren't there yet is counted with the affinity and the
//! collation that they will have. `told` runs each migration: it must fail where rows were found.

use super::{Case, told};

const BEFORE: &str = "CREATE TABLE t (id integer PRIMARY KEY, old, x text, b text)";

async fn filled(rows: &str, columns: &str, fills: &[&str]) -> Vec<String> {
    let after = format!("CREATE TABLE t (id integer PRIMARY KEY, old, x text, b text, {columns}");
    Case::new(BEFORE, rows, &after).await.answered(&[], fills).told().await
}

#[tokio::test]
async fn a_check_of_a_new_column() {
    let rows = "INSERT INTO t (old, x) VALUES (1, 'A'), (-2, 'b'), (NULL, 'c')";
    let check = |check: &str, found: &str| {
        [format!("TG205: every row of t must hold to: {check} ({found})")]
    };
    assert_eq!(
        filled(rows, "n integer DEFAULT 0 CHECK (n > 0))", &[]).await,
        check("n > 0", "3 rows here don't: n = 0; n = 0; n = 0")
    );
    assert_eq!(
        filled(rows, "n integer CHECK (n > 0))", &[]).await,
        check("n > 0", "0 rows here don't")
    );
    assert_eq!(
        filled(rows, "n integer NOT NULL CHECK (t.n > 0 OR x = 'b'))", &["t.n=coalesce(old, 0)"])
            .await,
        check("t . n > 0 or x = 'b'", "1 row here doesn't: x = 'c', n = 0")
    );
    assert_eq!(
        filled(rows, "n text NOT NULL COLLATE NOCASE CHECK (n <> 'a'))", &["t.n=x"]).await,
        check("n <> 'a'", "1 row here doesn't: n = 'A'")
    );
}

#[tokio::test]
async fn affinities_and_collations_decide_as_in_the_table() {
    let values = ["5", "'5'", "'05'", "1.0", "'1.5'", "NULL", "'a'", "'A'", "9007199254740993"];
    let types = ["integer", "real", "text", "text COLLATE NOCASE", "numeric", "text COLLATE RTRIM"];
    let checks = ["n = '5'", "n < 9 AND n <> 'A '", "n IN (1, 'a')", "typeof(n) <> typeof(x)"];
    let mut counted = 0;
    for (at, value) in values.iter().enumerate() {
        for (of, kind) in types.iter().enumerate() {
            let check = checks[(at + of) % checks.len()];
            let rows = format!("INSERT INTO t (old, x) VALUES ({value}, 'a')");
            let columns = format!("n {kind} CHECK ({check}))");
            let told = filled(&rows, &columns, &["t.n=old"]).await;
            println!("{value} {columns}: {told:?}");
            counted += usize::from(!told[0].contains("not counted"));
        }
    }
    // All but texts in columns for numbers.
    assert_eq!(counted, values.len() * types.len() - 6);
}

#[tokio::test]
async fn values_that_are_not_of_the_type_leave_it_uncounted() {
    let rows = "INSERT INTO t (old) VALUES (1), ('many')";
    let told = filled(rows, "n integer CHECK (n < 9))", &["t.n=old"]).await;
    assert_eq!(
        told,
        [
            "TG205: every row of t must hold to: n < 9 (not counted: t will hold values that are not of their column's type)"
        ]
    );
}

#[tokio::test]
async fn a_check_that_stays_reads_other_values() {
    let table = |n: &str| {
        format!("CREATE TABLE t (id integer PRIMARY KEY, n {n}, CONSTRAINT few CHECK (n < '9'))")
    };
    let rows = "INSERT INTO t (n) VALUES ('1'), ('8'), ('10'), (NULL)";
    assert_eq!(
        told(&table("text"), rows, &table("integer")).await[1],
        "TG205: every row of t must hold to: n < '9' (1 row here doesn't: n = 10)"
    );
    let told = told(&table("text"), rows, &table("text NOT NULL DEFAULT 'x'")).await;
    assert_eq!(told, ["TG205: every row of t must hold to: n < '9' (1 row here doesn't: n = 'x')"]);
}

#[tokio::test]
async fn a_check_under_another_collation() {
    let table = |collation: &str| {
        format!("CREATE TABLE t (id integer PRIMARY KEY, x text {collation} CHECK (x <> 'a'))")
    };
    let rows = "INSERT INTO t (x) VALUES ('A'), ('b')";
    assert_eq!(
        told(&table(""), rows, &table("COLLATE NOCASE")).await,
        ["TG205: every row of t must hold to: x <> 'a' (1 row here doesn't: x = 'A')"]
    );
    let rows = "INSERT INTO t (x) VALUES ('b'), ('B')";
    assert_eq!(
        told(&table("COLLATE NOCASE"), rows, &table("")).await,
        ["TG205: every row of t must hold to: x <> 'a' (0 rows here don't)"]
    );
}

#[tokio::test]
async fn unique_expressions_and_predicates() {
    let rows = "INSERT INTO t (old, x, b) VALUES (1, 'A', 'p'), (2, 'a', 'q'), (3, 'a', NULL)";
    let told = filled(
        rows,
        "n text NOT NULL COLLATE NOCASE); \
         CREATE UNIQUE INDEX i ON t (lower(n)); \
         CREATE UNIQUE INDEX j ON t (n) WHERE b IS NOT NULL; \
         CREATE UNIQUE INDEX k ON t (id) WHERE n = 'A'; \
         CREATE UNIQUE INDEX l ON t (n || '') WHERE n <> 'x'",
        &["t.n=x"],
    )
    .await;
    assert_eq!(
        told,
        [
            "TG203: (lower(n)) must be unique in t (3 rows here are not unique: 'a' (3 times))",
            "TG203: (n) must be unique in t (2 rows here are not unique: 'A' (2 times))",
            "TG203: (id) must be unique in t (0 rows here are not unique)",
            "TG203: (n || '') must be unique in t (2 rows here are not unique: 'a' (2 times))",
        ]
    );
}

#[tokio::test]
async fn renamed_and_filled_at_once() {
    let case = Case::new(
        "CREATE TABLE a (id integer PRIMARY KEY, x text)",
        "INSERT INTO a (x) VALUES ('1'), (NULL)",
        "CREATE TABLE b (id integer PRIMARY KEY, y text NOT NULL CHECK (b.y <> '?'))",
    );
    let case = case.await.answered(&["a=b", "b.x=y"], &["b.y='?'"]);
    assert_eq!(
        case.told().await,
        ["TG205: every row of b must hold to: b . y <> '?' (1 row here doesn't: y = '?')"]
    );
}
