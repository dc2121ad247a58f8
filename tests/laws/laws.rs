//! The four laws, each checked on a database of its own with nothing of the engine's but its
//! statements.

use crate::case::Case;
use crate::database::{Answer, Database, StoredRow, quoted};
use crate::edit::{reordered, respelled};
use crate::fingerprint;
use crate::model::{Model, Table, same};
use crate::oracle::{self, common, keeps_rowids};
use crate::rng::Rng;
use crate::rows;
use schema_engine::change::Change;
use schema_engine::diff::diff;
use schema_engine::pair::Pair;
use schema_engine::prove::{Proven, prove};
use schema_engine::schema::Schema;
use schema_engine::sql::create_table;
use std::collections::BTreeMap;
use std::error::Error as _;

/// A law that was broken, and how.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    pub(crate) law: &'static str,
    pub(crate) how: String,
}

/// What became of a case that broke no law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// SQLite doesn't take one of the schemas.
    Discarded(String),
    /// Both schemas mean the same.
    Equal,
    /// Went up and down, with so many rows.
    Went { rows: usize, down: Down },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Down {
    WithRows,
    /// Values that are gone were part of a key or a check.
    Emptied,
}

type Checked<T = ()> = Result<T, Broken>;

fn broken<T>(law: &'static str, how: impl Into<String>) -> Checked<T> {
    Err(Broken { law, how: how.into() })
}

/// What only fails when the test itself is wrong.
fn sure<T>(result: Result<T, String>) -> Checked<T> {
    result.map_err(|how| Broken { law: "the test's own statements run", how })
}

pub(crate) async fn check(case: &Case, seed: u64) -> Checked<Outcome> {
    let mut schemas = Vec::new();
    for model in [&case.before, &case.after] {
        match Database::with(&model.statements()).await {
            Ok(database) => schemas.push(sure(database.schema().await)?),
            Err(why) => return Ok(Outcome::Discarded(why)),
        }
    }
    let schemas = Pair::new(&schemas[0], &schemas[1]);
    one_meaning(&case.before, schemas.current, seed).await?;
    let proven = match prove(schemas, &case.answers()).await {
        Ok(Some(proven)) => proven,
        Ok(None) => {
            fingerprint::equal(&case.before, &case.after)
                .await
                .map_err(|how| Broken { law: "1: no difference is missed", how })?;
            return Ok(Outcome::Equal);
        }
        Err(error) => {
            let source = error.source().map(ToString::to_string).unwrap_or_default();
            return broken("a plan is found and proven", format!("{error}\n{source}"));
        }
    };
    let taken = sure(rows::taken(case).await)?;
    let settled = sure(rows::settled(case, &taken).await)?;
    if settled.len() < taken.len() {
        loses_nothing(&Case { rows: taken, ..case.clone() }, &proven).await?;
    }
    let case = Case { rows: settled, ..case.clone() };
    let down = up_and_down(&case, schemas, &proven).await?;
    Ok(Outcome::Went { rows: case.rows.len(), down })
}

/// Law 1: one schema, however it is spelled and in whatever order it is made, has no differences.
async fn one_meaning(model: &Model, schema: &Schema, seed: u64) -> Checked {
    let law = "1: diff(A, A) is empty";
    let mut rng = Rng::new(seed ^ 0x5eed);
    let other_order = reordered(model, &mut rng);
    let respelled = respelled(model, &mut rng).statements();
    for statements in [model.statements(), other_order, respelled] {
        // In another order an index may come before its table; that is no schema then.
        let Ok(database) = Database::with(&statements).await else {
            return broken(law, format!("not a schema any more: {}", statements.join(";\n")));
        };
        let other = sure(database.schema().await)?;
        for pair in [Pair::new(schema, &other), Pair::new(&other, schema)] {
            let changes = described(pair);
            if !changes.is_empty() {
                return broken(law, format!("{changes}\nagainst: {}", statements.join(";\n")));
            }
        }
    }
    Ok(())
}

fn described(schemas: Pair<&Schema>) -> String {
    let difference = diff(schemas);
    let lines = difference.changes.iter().flat_map(Change::describe);
    lines.map(|line| line.to_string()).collect::<Vec<_>>().join("\n")
}

/// On rows that the second schema may not hold, the plan fails or keeps every row: it never drops
/// one without a word.
async fn loses_nothing(case: &Case, proven: &Proven) -> Checked {
    let database = sure(rows::filled(case).await)?;
    let before = sure(counts(&database, case).await)?;
    if database.transaction(proven.up.statements()).await.is_ok() {
        let after = sure(counts(&database, case).await)?;
        if before != after {
            let how = format!("rows before {before:?}, after {after:?}{}", listed(proven, true));
            return broken("4: no row is lost in silence", how);
        }
    }
    Ok(())
}

async fn counts(database: &Database, case: &Case) -> Result<BTreeMap<String, Answer>, String> {
    let mut counts = BTreeMap::new();
    for (table, _) in common(case) {
        let sql = format!("SELECT CAST(count(*) AS TEXT) FROM {}", quoted(&table.name));
        counts.insert(table.name.clone(), database.ask(&sql).await?);
    }
    Ok(counts)
}

async fn up_and_down(case: &Case, schemas: Pair<&Schema>, proven: &Proven) -> Checked<Down> {
    let database = sure(rows::filled(case).await)?;
    let stored = sure(database.stored().await)?;
    let sequences = sure(database.sequences().await)?;
    let kept = sure(kept_values(&database, case).await)?;
    let (expected, _) = sure(oracle::moved(case, &database).await)?;

    if let Err(how) = database.transaction(proven.up.statements()).await {
        return broken("2: the plan runs", how + &listed(proven, true));
    }
    let reached = sure(database.schema().await)?;
    let missing = described(Pair::new(&reached, schemas.desired));
    if !missing.is_empty() {
        return broken("2: the plan A to B gives B", missing + &listed(proven, true));
    }
    let shape = fingerprint::of(&database, &case.after).await;
    let wanted = fingerprint::of(&expected, &case.after).await;
    if let Some(how) = fingerprint::difference(&sure(shape)?, &sure(wanted)?) {
        return broken("2: SQLite sees B, too", how + &listed(proven, true));
    }
    for (before, after) in common(case) {
        let columns = predictable_columns(case, before, after);
        let rows = comparable(case, sure(database.rows(after, &columns).await)?, before, after);
        let wanted = comparable(case, sure(expected.rows(after, &columns).await)?, before, after);
        if rows != wanted {
            let how = format!("{} {columns:?}:\n{rows:?}\nexpected:\n{wanted:?}", after.name);
            return broken("4: values, rows and rowids stay", how + &listed(proven, true));
        }
    }
    sound(&database, case, &case.after, &sequences).await.map_err(|how| Broken {
        law: "4: the database is sound after up",
        how: how + &listed(proven, true),
    })?;

    let mut down = Down::WithRows;
    let mut returned = database;
    let refused = match returned.transaction(proven.down.statements()).await {
        Err(how) => Some(how),
        Ok(()) => match sure(returned.orphans().await)? {
            orphans if orphans.is_empty() => None,
            orphans => Some(format!("rows without a parent: {orphans:?}")),
        },
    };
    if let Some(how) = refused {
        if !may_refuse(case) {
            return broken("3: the way down runs", how + &listed(proven, false));
        }
        down = Down::Emptied;
        returned = sure(Database::with(&case.before.statements()).await)?;
        sure(returned.transaction(proven.up.statements()).await)?;
        if let Err(how) = returned.transaction(proven.down.statements()).await {
            return broken("3: the way down runs without rows", how + &listed(proven, false));
        }
    }
    let texts = sure(returned.stored().await)?;
    if let Some(how) = other_text(&stored, &texts) {
        return broken("3: down after up gives A", how + &listed(proven, false));
    }
    if down == Down::WithRows {
        let back = sure(kept_values(&returned, case).await)?;
        if back != kept {
            let how = format!("{back:?}\nexpected:\n{kept:?}");
            return broken("4: kept values stay on the way down", how + &listed(proven, false));
        }
        sound(&returned, case, &case.before, &sequences).await.map_err(|how| Broken {
            law: "4: the database is sound after down",
            how: how + &listed(proven, false),
        })?;
    }
    Ok(down)
}

fn listed(proven: &Proven, up: bool) -> String {
    let plan = if up { &proven.up } else { &proven.down };
    let statements: Vec<_> = plan.statements().collect();
    format!("\n-- the way {}:\n{};", if up { "up" } else { "down" }, statements.join(";\n"))
}

/// Columns whose values can be foretold: not those that a random expression fills.
fn predictable_columns<'a>(case: &Case, before: &Table, after: &'a Table) -> Vec<&'a str> {
    let random = |name: &str| {
        let filled = case.fill(&after.name, name).is_some_and(|fill| fill.contains("random"));
        let alias = after.rowid_alias().is_some_and(|alias| same(&alias.name, name));
        filled || alias && !keeps_rowids(case, before, after)
    };
    let any_random = after.columns.iter().any(|column| random(&column.name));
    let columns = after.columns.iter();
    // A generated column may be worked out from one of those.
    let wanted = columns.filter(|c| !(random(&c.name) || any_random && c.is_generated()));
    wanted.map(|column| column.name.as_str()).collect()
}

/// The rows without their rowids where those needn't stay.
fn comparable(
    case: &Case,
    mut rows: Vec<StoredRow>,
    before: &Table,
    after: &Table,
) -> Vec<StoredRow> {
    if !keeps_rowids(case, before, after) {
        for row in &mut rows {
            row.rowid = None;
        }
        rows.sort();
    }
    rows
}

/// The values of the columns that nothing concerns, by table: of one affinity on both sides.
async fn kept_values(
    database: &Database,
    case: &Case,
) -> Result<BTreeMap<String, Vec<StoredRow>>, String> {
    let mut values = BTreeMap::new();
    for (before, after) in common(case) {
        let kept = before.columns.iter().filter(|old| {
            after.column(&old.name).is_some_and(|new| {
                let plain = !old.is_generated() && !new.is_generated();
                let stored_alike = old.affinity() == new.affinity()
                    && before.strict == after.strict
                    && before.forbids_null(old) == after.forbids_null(new);
                plain && stored_alike
            })
        });
        let columns: Vec<&str> = kept.map(|column| column.name.as_str()).collect();
        let mut rows = database.rows(before, &columns).await?;
        let there_and_back = keeps_rowids(case, before, after)
            && before.rowid_alias().is_none_or(|alias| {
                after.column(&alias.name).is_none_or(|kept| Some(kept) == after.rowid_alias())
            });
        if !there_and_back {
            for row in &mut rows {
                row.rowid = None;
            }
            rows.sort();
        }
        values.insert(before.name.clone(), rows);
    }
    Ok(values)
}

/// Whether real rows may keep the way down from running: where values were lost or changed that
/// the first schema holds to a rule.
fn may_refuse(case: &Case) -> bool {
    common(case).into_iter().any(|(before, after)| {
        let rule = |name: &str| before.is_held_to_a_rule(name);
        let lost_parent = |parent: &String| case.after.table(parent).is_none();
        let parents = before.references();
        parents.iter().any(|reference| lost_parent(&reference.table))
            || before.columns.iter().any(|old| match after.column(&old.name) {
                None => !old.is_generated() && rule(&old.name),
                Some(new) => {
                    let changed = old.affinity() != new.affinity()
                        || before.strict != after.strict
                        || old.is_generated() != new.is_generated()
                        || case.fill(&after.name, &new.name).is_some()
                        || !before.forbids_null(old) && after.forbids_null(new);
                    changed && (rule(&old.name) || before.strict)
                }
            })
    })
}

/// Texts that differ. A rebuild may leave other quotes around the table's own name, nothing else.
fn other_text(
    one: &BTreeMap<(String, String), String>,
    two: &BTreeMap<(String, String), String>,
) -> Option<String> {
    let names = one.keys().chain(two.keys());
    for key in names {
        match (one.get(key), two.get(key)) {
            (Some(one), Some(two)) if unnamed(one) == unnamed(two) => {}
            (one, two) => return Some(format!("{key:?}:\n{one:?}\nhas become\n{two:?}")),
        }
    }
    None
}

fn unnamed(sql: &str) -> String {
    match create_table::parse(sql) {
        Ok(table) => format!("{}{}", table.name.quoted(), &sql[table.name_span.end..]),
        Err(_) => sql.to_owned(),
    }
}

/// Nothing is broken, nothing is left over, and ids aren't handed out twice.
async fn sound(
    database: &Database,
    case: &Case,
    model: &Model,
    sequences: &BTreeMap<String, String>,
) -> Result<(), String> {
    if let Some(damage) = database.damage().await? {
        return Err(damage);
    }
    let orphans = database.orphans().await?;
    if !orphans.is_empty() {
        return Err(format!("rows without a parent: {orphans:?}"));
    }
    let left_over = database.stored().await?.into_keys().find(|(_, name)| {
        let table = model.tables.iter().any(|table| same(&table.name, name));
        !table && !model.objects.iter().any(|object| same(&object.name, name))
    });
    if let Some((kind, name)) = left_over {
        return Err(format!("{kind} {name} is left over"));
    }
    let remembered = database.sequences().await?;
    for (name, value) in &remembered {
        if !model.table(name).is_some_and(Table::is_autoincrement) {
            return Err(format!("a sequence of {name}, {value}, is left over"));
        }
    }
    for (before, after) in common(case) {
        let name = before.name.to_ascii_lowercase();
        let both = before.is_autoincrement() && after.is_autoincrement();
        if both && remembered.get(&name) != sequences.get(&name) {
            let (was, is) = (sequences.get(&name), remembered.get(&name));
            return Err(format!("the sequence of {name} was {was:?} and is {is:?}"));
        }
    }
    Ok(())
}
