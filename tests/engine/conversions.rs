//! What is said to become of a value in a column of another affinity is what SQLite makes of it.

use crate::{query, run, scratch};
use schema_engine::answers::Answers;
use schema_engine::census::Census;
use schema_engine::diff::diff;
use schema_engine::hazard::{Concern, HazardCode, hazards};
use schema_engine::pair::Pair;
use schema_engine::schema::Schema;
use schema_engine::scratch::Scratch;

const TYPES: [&str; 5] = ["integer", "text", "blob", "real", "decimal"];

const VALUES: [&str; 62] = [
    "NULL",
    "0",
    "5",
    "-5",
    "9007199254740992",
    "9007199254740993",
    "-9007199254740993",
    "9223372036854775807",
    "-9223372036854775807 - 1",
    "0.0",
    "-0.0",
    "3.0",
    "1.5",
    "0.1 + 0.2",
    "1e15",
    "1e18",
    "1e19",
    "1e300",
    "9e999",
    "-9e999",
    "9007199254740993.0",
    "9223372036854775807.0",
    "-9223372036854775808.0",
    "''",
    "' '",
    "'abc'",
    "'0'",
    "'-0'",
    "'+5'",
    "'12'",
    "' 12'",
    "'12 '",
    "'1 2'",
    "'12abc'",
    "'01234'",
    "'-7'",
    "'1.5'",
    "'1.50'",
    "'.5'",
    "'5.'",
    "'12.0'",
    "'1e5'",
    "'1E+5'",
    "'1e'",
    "'1e400'",
    "'1e18'",
    "'1e19'",
    "'0x10'",
    "'Inf'",
    "'nan'",
    "'1_000'",
    "'9007199254740992'",
    "'9007199254740993'",
    "'9007199254740993.0'",
    "'9223372036854775807'",
    "'9223372036854775808'",
    "'-9223372036854775808'",
    "'12345678901234567890'",
    "'0.30000000000000004'",
    "'1' || char(0)",
    "x'3132'",
    "x''",
];

/// What of a value in `t` SQLite makes in `stored`, and on the way back in `back` and `by_integer`.
async fn try_out(scratch: &Scratch, to: &str, value: &str) {
    run(
        scratch,
        &format!(
            "DROP TABLE IF EXISTS stored; DROP TABLE IF EXISTS back; DROP TABLE IF EXISTS number;
             DROP TABLE IF EXISTS by_number;
             DELETE FROM t; INSERT INTO t (x) VALUES ({value});
             CREATE TABLE stored (x {to}); INSERT INTO stored SELECT x FROM t;"
        ),
    )
    .await;
    let class = query(scratch, "SELECT typeof(x) FROM t").await.remove(0);
    let class = if class == "null" { "" } else { &class };
    run(
        scratch,
        &format!(
            "CREATE TABLE back (x {class}); INSERT INTO back SELECT x FROM stored;
             CREATE TABLE number (x numeric); INSERT INTO number SELECT x FROM stored;
             CREATE TABLE by_number (x {class}); INSERT INTO by_number SELECT x FROM number;"
        ),
    )
    .await;
}

async fn is_true(scratch: &Scratch, condition: &str) -> bool {
    let sql = format!(
        "SELECT CASE WHEN {condition} THEN 'yes' ELSE 'no' END FROM t, stored, back, by_number"
    );
    query(scratch, &sql).await == ["yes"]
}

async fn schema(declared: &str) -> Schema {
    scratch(&format!("CREATE TABLE t (id integer PRIMARY KEY, x {declared})"))
        .await
        .schema()
        .await
        .unwrap()
}

#[tokio::test]
async fn every_value_becomes_what_sqlite_makes_of_it() {
    let mut wrong = Vec::new();
    let mut seen = [0; 2];
    for from in TYPES {
        for to in TYPES.into_iter().filter(|to| *to != from) {
            let live = scratch(&format!("CREATE TABLE t (id integer PRIMARY KEY, x {from})")).await;
            let (before, after) = (schema(from).await, schema(to).await);
            let answers = Answers::default();
            let difference = diff(Pair::new(&before, &after));
            let found = hazards(&difference, &after, &answers);
            assert_eq!(found.len(), 1, "{from} -> {to}");
            assert_eq!(found[0].code, HazardCode::ChangeAffinity);
            let census = Census::new(live.connection(), &before, &answers);
            for value in VALUES {
                try_out(&live, to, value).await;
                let counted = census.count(found.clone()).await.remove(0);
                assert_eq!(counted.note, None, "{from} -> {to}: {value}");
                let tally = |concern| {
                    counted.tallies.iter().find(|tally| tally.concern == concern && tally.count > 0)
                };
                let classes = match to {
                    "decimal" => "'integer', 'real'".to_owned(),
                    other => format!("'{other}'"),
                };
                let misfits = format!("typeof(stored.x) NOT IN ('null', {classes})");
                let misfits = is_true(&live, &misfits).await;
                let restored =
                    is_true(&live, "typeof(back.x) = typeof(t.x) AND back.x IS t.x").await;
                // The shortest form of an integer is no loss as a real.
                let by_number = to == "real"
                    && is_true(&live, "typeof(by_number.x) = typeof(t.x) AND by_number.x IS t.x")
                        .await;
                // A number that becomes text without type to come back to is no loss either.
                let changes = !misfits && !restored && !by_number;
                for (at, (concern, expected)) in
                    [(Concern::Misfits, misfits), (Concern::Changes, changes)]
                        .into_iter()
                        .enumerate()
                {
                    seen[at] += usize::from(expected);
                    if tally(concern).is_some() != expected {
                        wrong.push(format!("{from} -> {to}: {value}: {concern:?} is {expected}"));
                    }
                    if let Some(sample) = tally(concern).and_then(|tally| tally.samples.first()) {
                        let shown = "SELECT CASE WHEN typeof(t.x) = typeof(stored.x) AND t.x IS stored.x \
                             THEN quote(t.x) || ' stays ' || typeof(t.x) \
                             ELSE quote(t.x) || ' -> ' || quote(stored.x) END FROM t, stored";
                        let shown = query(&live, shown).await.remove(0);
                        if *sample != shown {
                            wrong
                                .push(format!("{from} -> {to}: {value}: {sample}, really {shown}"));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen[0] > 50 && seen[1] > 50, "{seen:?}");
}

#[tokio::test]
async fn a_strict_table_refuses_what_is_said_not_to_fit() {
    let mut refused = 0;
    for to in ["int", "integer", "text", "blob", "real", "any"] {
        let live = scratch("CREATE TABLE t (id integer PRIMARY KEY, x)").await;
        let before = live.schema().await.unwrap();
        let strict =
            |name: &str| format!("CREATE TABLE {name} (id integer PRIMARY KEY, x {to}) STRICT");
        let after = scratch(&strict("t")).await.schema().await.unwrap();
        run(&live, &strict("other")).await;
        let answers = Answers::default();
        let mut found = hazards(&diff(Pair::new(&before, &after)), &after, &answers);
        found.retain(|hazard| hazard.code == HazardCode::RequireType);
        assert_eq!(found.is_empty(), to == "any");
        let census = Census::new(live.connection(), &before, &answers);
        for value in VALUES {
            run(&live, &format!("DELETE FROM t; INSERT INTO t (x) VALUES ({value})")).await;
            let taken = live.run(["INSERT INTO other (x) SELECT x FROM t"]).await.is_ok();
            let counted = census.count(found.clone()).await;
            let fits = counted.iter().all(|found| found.count() == Some(0));
            assert_eq!(fits, taken, "{to}: {value}");
            refused += usize::from(!taken);
        }
    }
    assert!(refused > 50, "{refused}");
}
