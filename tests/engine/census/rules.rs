//! Each rule that rows can break.

use super::{Case, told};
use crate::query;
use schema_engine::ErrorKind;
use schema_engine::draft::draft;
use schema_engine::hazard::HazardCode;
use schema_engine::pair::Pair;

const USERS: &str = "CREATE TABLE users (id integer PRIMARY KEY, email text, name text)";

fn users(rest: &str) -> String {
    format!("CREATE TABLE users (id integer PRIMARY KEY, email text, name text{rest})")
}

#[tokio::test]
async fn rows_without_a_value() {
    let rows = "INSERT INTO users (email) VALUES (NULL), ('a'), (NULL)";
    let after = "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, name text)";
    let expected =
        "TG202: users.email must no longer be NULL (2 rows here have none: id = 1; id = 3)";
    assert_eq!(told(USERS, rows, after).await, [expected]);
    let expected = "TG202: users.email must no longer be NULL (0 rows here have none)";
    assert_eq!(told(USERS, "", after).await, [expected]);
    let after = &users(", age integer NOT NULL");
    let expected = "TG201: users.age must not be NULL and has no default for rows that are there (3 rows here)";
    assert_eq!(told(USERS, rows, after).await, [expected]);
}

#[tokio::test]
async fn what_is_dropped() {
    let rows = "INSERT INTO users (email) VALUES ('a'), (NULL), ('b')";
    let after = "CREATE TABLE users (id integer PRIMARY KEY, name text)";
    let expected = "TG102: drops column users.email and its values (2 rows here hold one)";
    assert_eq!(told(USERS, rows, after).await, [expected]);
    let after = "CREATE TABLE other (id integer PRIMARY KEY)";
    let expected = "TG101: drops table users and its rows (3 rows here)";
    assert_eq!(told(USERS, rows, after).await, [expected]);
}

#[tokio::test]
async fn duplicates() {
    let rows = "INSERT INTO users (email, name) VALUES
        ('a@b.c', 'x'), ('a@b.c', 'x'), ('A@b.c', 'y'), (NULL, 'x'), (NULL, 'x'), ('a@b.c', 'z')";
    let told = async |after: &str| told(USERS, rows, after).await.join("\n");
    assert_eq!(
        told(&users(", UNIQUE (email)")).await,
        "TG203: (email) must be unique in users (3 rows here are not unique: 'a@b.c' (3 times))"
    );
    assert_eq!(
        told(&users(", UNIQUE (email COLLATE NOCASE)")).await,
        "TG203: (email) must be unique in users (4 rows here are not unique: 'a@b.c' (4 times))"
    );
    // NULL is never a duplicate, and DESC says nothing about what is one.
    assert_eq!(
        told(&users(", UNIQUE (name DESC, email)")).await,
        "TG203: (email, name) must be unique in users (2 rows here are not unique: 'a@b.c', 'x' (2 times))"
    );
    let index = |index: &str| format!("{USERS}; CREATE UNIQUE INDEX i ON users {index}");
    assert_eq!(
        told(&index("(lower(email)) WHERE name <> 'z' -- why")).await,
        "TG203: (lower(email)) must be unique in users (3 rows here are not unique: 'a@b.c' (3 times))"
    );
    assert_eq!(
        told(&index("(name, email || '?' COLLATE NOCASE) WHERE email IS NOT NULL")).await,
        "TG203: (name, email || '?') must be unique in users (2 rows here are not unique: 'x', 'a@b.c?' (2 times))"
    );
    assert_eq!(
        told(&index("(email) WHERE name = 'none'")).await,
        "TG203: (email) must be unique in users (0 rows here are not unique)"
    );
}

#[tokio::test]
async fn keys_that_change() {
    let before = "CREATE TABLE t (a text, b text, PRIMARY KEY (a, b))";
    let rows = "INSERT INTO t VALUES ('x', '1'), ('x', '2'), ('y', '1'), (NULL, '4')";
    let told = async |after: &str| told(before, rows, after).await.join("\n");
    assert_eq!(
        told("CREATE TABLE t (a text, b text, PRIMARY KEY (a))").await,
        "TG203: (a) must be unique in t (2 rows here are not unique: 'x' (2 times))"
    );
    assert_eq!(told("CREATE TABLE t (a text, b text, PRIMARY KEY (b, a))").await, "");
    assert_eq!(
        told("CREATE TABLE t (a text, b text, PRIMARY KEY (a, b)) WITHOUT ROWID").await,
        "TG203: (a, b) must be unique in t (1 row here has none: a = NULL, b = '4')"
    );
    // Nor does a key of a STRICT table take NULL.
    assert_eq!(
        told("CREATE TABLE t (a text, b text, PRIMARY KEY (a, b)) STRICT").await,
        "TG203: (a, b) must be unique in t (1 row here has none: a = NULL, b = '4')\n\
         TG206: every row of t must hold values of the declared type in (a, b) (0 rows here don't)"
    );
    // The rowid itself is unique under any name.
    assert_eq!(told("CREATE TABLE t (a text, b text, id integer PRIMARY KEY)").await, "");
}

#[tokio::test]
async fn collations_that_change() {
    let rows = "INSERT INTO users (email) VALUES ('a'), ('A'), ('b')";
    let nocase = "CREATE TABLE users (id integer PRIMARY KEY, email text COLLATE NOCASE, name text";
    let expected =
        "TG203: (email) must be unique in users (2 rows here are not unique: 'A' (2 times))";
    let constraint =
        told(&users(", UNIQUE (email)"), rows, &format!("{nocase}, UNIQUE (email))")).await;
    let index = "CREATE UNIQUE INDEX i ON users (email)";
    let by_index = told(&format!("{USERS}; {index}"), rows, &format!("{nocase}); {index}")).await;
    for line in [constraint, by_index] {
        let line = line.join("\n").replace("'a' (2", "'A' (2");
        assert_eq!(line, expected);
    }
    // Back again nothing can be a duplicate.
    let back = told(&format!("{nocase}, UNIQUE (email))"), "", &users(", UNIQUE (email)")).await;
    assert_eq!(back, ["TG203: (email) must be unique in users (0 rows here are not unique)"]);
    let own = |email: &str| {
        format!(
            "CREATE TABLE users (id integer PRIMARY KEY, email {email}, UNIQUE (email COLLATE BINARY))"
        )
    };
    assert!(told(&own("text"), rows, &own("text COLLATE NOCASE")).await.is_empty());
}

#[tokio::test]
async fn rows_that_refer_to_nothing() {
    let parent = |id: &str| format!("CREATE TABLE p (id {id} PRIMARY KEY, other text); ");
    let child = |kind: &str, foreign: &str| {
        format!("CREATE TABLE c (id integer PRIMARY KEY, p {kind}{foreign});")
    };
    for (id, kind, rows, expected) in [
        ("integer", "integer", "1, 2, 2, 9, NULL", "3 rows here refer to nothing: 2; 9"),
        // The child is compared with the affinity of the parent.
        ("integer", "text", "'1', '01', 'x', NULL", "1 row here refers to nothing: 'x'"),
        ("text", "integer", "1, 7", "1 row here refers to nothing: 7"),
        ("text", "", "1, 'A'", "1 row here refers to nothing: 'A'"),
        ("text COLLATE NOCASE", "text", "'A', 'b'", "1 row here refers to nothing: 'b'"),
        ("text", "text COLLATE NOCASE", "'A', 'a'", "1 row here refers to nothing: 'A'"),
        ("blob", "integer", "1, 5", "2 rows here refer to nothing: 1; 5"),
        ("real", "text", "'1', '1.0', '2.5'", "1 row here refers to nothing: '2.5'"),
    ] {
        let before = parent(id) + &child(kind, "");
        let ids = if id.starts_with("integer") { "(1), (3)" } else { "('1'), ('a')" };
        let values = rows.replace(", ", "), (");
        let rows = format!("INSERT INTO p (id) VALUES {ids}; INSERT INTO c (p) VALUES ({values})");
        let after = parent(id) + &child(kind, " REFERENCES p");
        let line = format!("TG204: c (p) must refer to rows of p ({expected})");
        assert_eq!(told(&before, &rows, &after).await, [line], "{id} <- {kind}");
    }
}

#[tokio::test]
async fn references_of_every_shape() {
    let two = "CREATE TABLE p (a text, b integer, PRIMARY KEY (a, b));
               CREATE TABLE c (id integer PRIMARY KEY, x integer, y text";
    let rows = "INSERT INTO p VALUES ('k', 1); INSERT INTO c (x, y) VALUES (1, 'k'), (1, 'l'), (NULL, 'l'), (1, NULL)";
    let expected = "TG204: c (x, y) must refer to rows of p (1 row here refers to nothing: 1, 'l')";
    let found =
        told(&format!("{two})"), rows, &format!("{two}, FOREIGN KEY (y, x) REFERENCES p)")).await;
    assert_eq!(found, [expected]);

    let itself = "CREATE TABLE t (id integer PRIMARY KEY, up integer";
    let rows = "INSERT INTO t VALUES (1, NULL), (2, 2), (3, 1), (4, 8)";
    let found = told(&format!("{itself})"), rows, &format!("{itself} REFERENCES t)")).await;
    assert_eq!(found, ["TG204: t (up) must refer to rows of t (1 row here refers to nothing: 8)"]);

    // What is made by the migration has no rows.
    let after = format!("CREATE TABLE new (id integer PRIMARY KEY); {itself} REFERENCES new)");
    let found = told(&format!("{itself})"), rows, &after).await;
    assert_eq!(
        found,
        ["TG204: t (up) must refer to rows of new (3 rows here refer to nothing: 2; 1; 8)"]
    );

    // Other actions of a key that was there, broken or not, concern no row.
    let before = format!("{itself} REFERENCES t)");
    assert!(
        Case::new(&before, rows, &format!("{itself} REFERENCES t (id) ON DELETE CASCADE)"))
            .await
            .counted()
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn rows_that_break_a_check() {
    let before = "CREATE TABLE t (id integer PRIMARY KEY, points integer, note text)";
    let rows =
        "INSERT INTO t (points, note) VALUES (-3, 'a'), (NULL, 'b'), (5, 'long'), (-4, NULL)";
    let check = |check: &str| {
        format!("CREATE TABLE t (id integer PRIMARY KEY, points integer, note text, {check})")
    };
    assert_eq!(
        told(before, rows, &check("CONSTRAINT \"ok\" CHECK (\"points\" >= 0 -- never less\n)"))
            .await,
        [
            "TG205: every row of t must hold to: points >= 0 (2 rows here don't: id = 1: points = -3; id = 4: points = -4)"
        ]
    );
    assert_eq!(
        told(before, rows, &check("CHECK (points > 0 OR length(note) > 1 OR note IN ('a', 'A'))"))
            .await,
        [
            "TG205: every row of t must hold to: points > 0 or length ( note ) > 1 or note in ( 'a' , 'A' ) (0 rows here don't)"
        ]
    );
    // A text is true if it begins with a number other than zero.
    assert_eq!(
        told(before, "INSERT INTO t (note) VALUES ('1 or so'), ('none')", &check("CHECK (note)"))
            .await,
        ["TG205: every row of t must hold to: note (1 row here doesn't: id = 2: note = 'none')"]
    );
    let unknown = "CREATE TABLE t (id integer PRIMARY KEY, points integer, note text, age integer, CHECK (age > 0))";
    assert_eq!(
        told(before, rows, unknown).await,
        ["TG205: every row of t must hold to: age > 0 (0 rows here don't)"]
    );
}

#[tokio::test]
async fn values_of_another_type() {
    let before = "CREATE TABLE t (id integer PRIMARY KEY, n text, r real, b, d datetime)";
    let rows = "INSERT INTO t (n, r, b, d) VALUES ('12', 1, 'x', 5), ('x', 1.5, x'00', 'now'), (NULL, NULL, NULL, NULL)";
    let after = "CREATE TABLE t (id integer PRIMARY KEY, n integer, r real, b blob, d any) STRICT";
    assert_eq!(
        told(before, rows, after).await,
        [
            "TG301: t.n changes from text to integer, which may store values otherwise (0 values here change)",
            "TG206: every row of t must hold values of the declared type in (n, r, b) (2 rows here don't: id = 2: n = 'x'; id = 1: b = 'x')",
        ]
    );
    // Said how each value becomes one of its type, nothing is left to ask.
    let case =
        Case::new(before, rows, after).await.answered(&[], &["t.n=CAST(n AS INTEGER)", "t.b=NULL"]);
    assert_eq!(
        case.told().await,
        ["TG206: every row of t must hold values of the declared type in (r) (0 rows here don't)"]
    );
    // ANY converts nothing in a STRICT table, and numbers elsewhere.
    let any = |options: &str| format!("CREATE TABLE t (id integer PRIMARY KEY, d any) {options}");
    assert_eq!(
        told(&any("STRICT"), "INSERT INTO t (d) VALUES ('007'), ('12'), (x'00')", &any("")).await,
        [
            "TG301: t.d converts what is put into it, which may store values otherwise (1 value here changes: '007' -> 7)"
        ]
    );
    assert_eq!(
        told(&any(""), "INSERT INTO t (d) VALUES ('x'), (1)", &any("STRICT")).await,
        [""; 0]
    );
    let before = "CREATE TABLE t (k int, v text)";
    let rows = "INSERT INTO t VALUES (1, 'a'), ('x', 'b'), (NULL, 'c')";
    assert_eq!(
        told(before, rows, "CREATE TABLE t (k integer PRIMARY KEY, v text)").await,
        [
            "TG203: (k) must be unique in t (0 rows here are not unique)",
            "TG206: every row of t must hold values of the declared type in (k) (1 row here doesn't: rowid = 2: k = 'x')"
        ]
    );
}

#[tokio::test]
async fn what_is_refused_and_what_answers_it() {
    let before = "CREATE TABLE t (id integer PRIMARY KEY, n text)";
    let rows = "INSERT INTO t (n) VALUES ('007'), (NULL), ('n/a')";
    let retyped = "CREATE TABLE t (id integer PRIMARY KEY, n integer)";
    let required = "CREATE TABLE t (id integer PRIMARY KEY, n integer NOT NULL)";
    let conversion = "t.n=CAST(coalesce(n, 0) AS INTEGER)";
    let accepted = [HazardCode::ChangeAffinity];
    for (after, fill, accepted, refused) in [
        (retyped, None, [].as_slice(), "TG301"),
        (retyped, None, &accepted, ""),
        (retyped, Some(conversion), &[], ""),
        (required, None, &[], "TG202 TG301"),
        (required, None, &accepted, "TG202"),
        // What takes the place of NULL doesn't touch the other values.
        (required, Some("t.n=0"), &[], "TG301"),
        (required, Some("t.n=0"), &accepted, ""),
        (required, Some(conversion), &[], ""),
    ] {
        let mut case = Case::new(before, rows, after).await.answered(&[], fill.as_slice());
        case.answers.accepted.extend(accepted);
        let schemas = Pair::new(&case.before, &case.after);
        let drafted = draft(schemas, Some(case.live.connection()), &case.answers).await;
        let drafted = drafted.unwrap().unwrap();
        let outcome = drafted.refuse_what_would_fail(&case.answers);
        let told = outcome.as_ref().map_or_else(ToString::to_string, |()| String::new());
        let codes: Vec<_> =
            ["TG202", "TG301"].into_iter().filter(|code| told.contains(code)).collect();
        assert_eq!(codes.join(" "), refused, "{after} {fill:?} {accepted:?}: {told}");
        if let Err(error) = outcome {
            assert_eq!(error.kind(), ErrorKind::Refused);
            assert_eq!(error.next_steps().len(), codes.len());
            continue;
        }
        case.live.run(drafted.proven.up.statements()).await.unwrap();
        let stored = query(&case.live, "SELECT quote(n) FROM t").await.join(", ");
        let expected = match fill {
            Some("t.n=0") => "7, 0, 'n/a'",
            Some(_) => "7, 0, 0",
            None => "7, NULL, 'n/a'",
        };
        assert_eq!(stored, expected);
    }
}
