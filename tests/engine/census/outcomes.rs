//! Values that aren't there yet are counted as they will be: defaults, fills and conversions.

use super::{Case, told};

const PARENT: &str = "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE); ";
const ROWS: &str = "INSERT INTO p VALUES (1, 'a'), (5, '7'), (7, 'b');
    INSERT INTO c (id, x, y) VALUES (1, NULL, 'q'), (2, 1, 'q'), (3, NULL, 'r');";

fn child(rest: &str) -> String {
    format!("{PARENT}CREATE TABLE c (id integer PRIMARY KEY, {rest})")
}

async fn line(before: &str, after: &str, fills: &[&str]) -> String {
    let case = Case::new(&child(before), ROWS, &child(after)).await;
    case.answered(&[], fills).told().await.join("\n")
}

#[tokio::test]
async fn a_new_column_refers_to_what_its_default_says() {
    let before = "x integer, y text";
    for (definition, found) in [
        ("z integer REFERENCES p", "0 rows here refer to nothing"),
        ("z integer DEFAULT 5 REFERENCES p", "0 rows here refer to nothing"),
        ("z integer DEFAULT '5' REFERENCES p", "0 rows here refer to nothing"),
        ("z integer DEFAULT 6 REFERENCES p", "3 rows here refer to nothing: 6"),
        // What a text column makes of a number is what its parent is compared with.
        ("z text DEFAULT 7 REFERENCES p (code)", "0 rows here refer to nothing"),
        ("z text DEFAULT 8 REFERENCES p (code)", "3 rows here refer to nothing: '8'"),
    ] {
        let expected = format!("TG204: c (z) must refer to rows of p ({found})");
        let told = line(before, &format!("{before}, {definition}"), &[]).await;
        assert_eq!(told, expected, "{definition}");
    }
    let filled = format!("{before}, z integer NOT NULL REFERENCES p");
    assert_eq!(
        line(before, &filled, &["c.z=CASE id WHEN 1 THEN 5 ELSE id + 7 END"]).await,
        "TG204: c (z) must refer to rows of p (2 rows here refer to nothing: 9; 10)"
    );
}

#[tokio::test]
async fn what_takes_the_place_of_null_refers_to_something_too() {
    let before = "x integer REFERENCES p, y text";
    let required = |default: &str| format!("x integer NOT NULL {default} REFERENCES p, y text");
    assert_eq!(
        line(before, &required("DEFAULT 6"), &[]).await,
        "TG204: c (x) must refer to rows of p (2 rows here refer to nothing: 6)"
    );
    assert_eq!(
        line(before, &required("DEFAULT 5"), &[]).await,
        "TG204: c (x) must refer to rows of p (0 rows here refer to nothing)"
    );
    assert_eq!(
        line(before, &required(""), &["c.x=id"]).await,
        "TG204: c (x) must refer to rows of p (1 row here refers to nothing: 3)"
    );
    // Another action of the same key is no hazard, another value is.
    assert_eq!(line(before, "x integer REFERENCES p ON DELETE CASCADE, y text", &[]).await, "");
}

#[tokio::test]
async fn a_default_is_the_same_in_every_row() {
    let before = "x integer, y text";
    let same = |what: &str, value: &str| {
        format!(
            "TG203: ({what}) must be unique in c (3 rows here are not unique: {value} (3 times))"
        )
    };
    let z = |definition: &str| format!("{before}, z {definition}");
    assert_eq!(
        line(before, &z("text UNIQUE"), &[]).await,
        "TG203: (z) must be unique in c (0 rows here are not unique)"
    );
    assert_eq!(line(before, &z("text DEFAULT 5 UNIQUE"), &[]).await, same("z", "'5'"));
    assert_eq!(
        line(before, &z("text DEFAULT 'k', UNIQUE (y, z)"), &[]).await,
        "TG203: (y, z) must be unique in c (2 rows here are not unique: 'q', 'k' (2 times))"
    );
    let filled = z("text NOT NULL UNIQUE");
    assert_eq!(
        line(before, &filled, &["c.z=y || '!'"]).await,
        "TG203: (z) must be unique in c (2 rows here are not unique: 'q!' (2 times))"
    );
    assert_eq!(
        line(before, &filled, &["c.z=y || id"]).await,
        "TG203: (z) must be unique in c (0 rows here are not unique)"
    );
    let index = format!("{}; CREATE UNIQUE INDEX i ON c (z)", child(&z("integer DEFAULT '5'")));
    assert_eq!(told(&child(before), ROWS, &index).await, [same("z", "5")]);
}

#[tokio::test]
async fn what_a_conversion_makes_the_same_is_counted() {
    let before = "CREATE TABLE t (id integer PRIMARY KEY, n text)";
    let rows = "INSERT INTO t (n) VALUES ('007'), ('7'), ('8'), ('x')";
    let after = "CREATE TABLE t (id integer PRIMARY KEY, n integer UNIQUE)";
    assert_eq!(
        told(before, rows, after).await[1],
        "TG203: (n) must be unique in t (2 rows here are not unique: 7 (2 times))"
    );
    let case = Case::new(before, rows, after).await.answered(&[], &["t.n=length(n)"]);
    assert_eq!(
        case.told().await,
        ["TG203: (n) must be unique in t (3 rows here are not unique: 1 (3 times))"]
    );
}

#[tokio::test]
async fn a_key_that_stays_gets_other_values() {
    let table = |b: &str, c: &str| {
        format!(
            "CREATE TABLE t (a text PRIMARY KEY, b text {b}, c {c}, UNIQUE (b, c)); \
             CREATE UNIQUE INDEX i ON t (b)"
        )
    };
    let rows = "INSERT INTO t VALUES ('x', NULL, 1), ('y', NULL, 1), ('z', '?', 1)";
    assert_eq!(
        told(&table("", "integer"), rows, &table("NOT NULL DEFAULT '?'", "integer")).await,
        [
            "TG203: (b, c) must be unique in t (3 rows here are not unique: '?', 1 (3 times))",
            "TG203: (b) must be unique in t (3 rows here are not unique: '?' (3 times))",
        ]
    );
    let rows = "INSERT INTO t VALUES ('1', 'p', '1'), ('01', 'q', 'x'), ('2', 'r', '01')";
    let told = told(&table("", "text"), rows, &table("", "integer")).await;
    assert_eq!(told[1..], ["TG203: (b, c) must be unique in t (0 rows here are not unique)"]);
    let keyed = |kind: &str| format!("CREATE TABLE t (a {kind} PRIMARY KEY, b text, c text)");
    assert_eq!(
        super::told(&keyed("text"), rows, &keyed("int")).await[1],
        "TG203: (a) must be unique in t (2 rows here are not unique: 1 (2 times))"
    );
}
