//! The proof: a plan runs up and down on a scratch copy before anybody sees it.
//!
//! Up must reach the desired schema, down must return to the current one with its stored texts,
//! and every value of the sample rows in a kept column must come through both ways. Where SQLite
//! refuses to alter a table in place, or would leave another text, the table is rebuilt instead
//! and the proof begins anew.

mod broken;
mod detour;
mod expressions;
mod kept;
mod passage;

use crate::answers::{Answers, Dropped, Rename};
use crate::change::{Change, TableChange};
use crate::diff::{Difference, diff};
use crate::error::{Error, Result};
use crate::ident::Ident;
use crate::pair::Pair;
use crate::plan::parking::Parking;
use crate::plan::{Effort, Plan, PlanOptions, StatementKind, Step, Wording, plan};
use crate::sample::{self, Kept, Spared};
use crate::schema::{Schema, Table};
use crate::scratch::{Refused, Scratch};
use crate::sql::normal::normal;
use kept::{kept, returning};
pub(crate) use passage::Passage;
use std::collections::{BTreeMap, BTreeSet};

/// A plan that was seen to go up and down.
#[derive(Debug)]
#[must_use]
pub struct Proven {
    /// What differs once the renames are done.
    pub difference: Difference,
    /// The way up.
    pub up: Plan,
    /// The way down.
    pub down: Plan,
    /// How many sample rows went both ways.
    pub sample_rows: usize,
    /// What of it is parked.
    pub parking: Parking,
}

/// What the rounds so far have shown to be needed.
#[derive(Default)]
struct Forced {
    /// What has to be done to tables on the way up.
    up: BTreeMap<Ident, Effort>,
    /// What has to be done to tables on the way down.
    down: BTreeMap<Ident, Effort>,
    /// Tables that can only go both ways without rows.
    emptied: BTreeSet<Ident>,
}

/// What one try came to.
enum Outcome {
    Proven(Box<Proven>),
    /// More has to be done to a table.
    Again,
}

/// Plans the way from the current schema to the desired one and proves it. `None` where nothing
/// differs.
///
/// # Errors
/// When a plan can't be proven; the error says what differs.
pub async fn prove(schemas: Pair<&Schema>, answers: &Answers) -> Result<Option<Proven>> {
    if answers.renames.is_empty() && diff(schemas).is_empty() {
        return Ok(None);
    }
    expressions::check(schemas.current, answers).await?;
    let mut forced = Forced::default();
    // Each round but the last does more to one more table, or empties it.
    for _ in 0..=5 * schemas.current.tables.len() + 2 {
        match attempt(schemas, answers, &mut forced).await? {
            Outcome::Proven(proven) => return Ok(Some(*proven)),
            Outcome::Again => {}
        }
    }
    Err(not_proven("no plan was found that SQLite takes"))
}

async fn attempt(
    schemas: Pair<&Schema>,
    answers: &Answers,
    forced: &mut Forced,
) -> Result<Outcome> {
    let scratch = Scratch::of(schemas.current).await?;
    let broken_so_far = broken::broken(&scratch, schemas.current).await;
    let detour = detour::rename(&scratch, schemas.current, &answers.renames).await?;
    let start = scratch.schema().await?;
    let mut difference = diff(Pair::new(&start, schemas.desired));
    let mut spared = spared(&difference, answers);
    spared.tables.extend(forced.emptied.iter().cloned());
    let trial = sample::Trial::new(schemas.desired, answers).await?;
    let sample_rows = sample::fill(&scratch, &start, &spared, &trial).await;
    let kept = kept(&start, &difference, answers);
    let before = read(&scratch, &kept).await?;
    let parking = match &answers.dropped {
        Dropped::Gone => Parking::default(),
        Dropped::Parked { revision } => Parking::of(revision, &difference, &start)?,
    };
    let returning = returning(&kept, &parking);
    let before_parking = read(&scratch, &returning).await?;
    let broken_before = sample::broken_references(&scratch).await?;

    let options =
        PlanOptions { wording: Wording::EditCurrent, effort: &forced.up, fills: &answers.fills };
    let up = parking.before(plan(Pair::new(&start, schemas.desired), &difference, &options)?);
    if let Err(refused) = scratch.run(up.statements()).await {
        return give_way(&up, &refused, &mut forced.up, "up");
    }
    let reached = scratch.schema().await?;
    let missing = diff(Pair::new(&reached, schemas.desired));
    if (!missing.is_empty() || rewrites_others(&start, &reached))
        && force_drops(&up, &mut forced.up)
    {
        return Ok(Outcome::Again);
    }
    if !missing.is_empty() {
        return Err(
            not_proven("the way up doesn't reach the models").because(missing.lines().join("\n"))
        );
    }
    compare(&before, &read(&scratch, &kept).await?, "up")?;
    let newly_broken = broken::notes(&broken_so_far, broken::broken(&scratch, &reached).await);

    let fills = parking.fills(&reached, &start);
    let options = PlanOptions { wording: Wording::Desired, effort: &forced.down, fills: &fills };
    let back = diff(Pair::new(&reached, &start));
    let down = parking.around(plan(Pair::new(&reached, &start), &back, &options)?);
    if let Err(refused) = scratch.run(down.statements()).await {
        if let Some(table) = cant_return(&down, &refused, &difference)
            && forced.emptied.insert(table.clone())
        {
            return Ok(Outcome::Again);
        }
        return give_way(&down, &refused, &mut forced.down, "down");
    }
    // What stands in for a lost reference may refer to nothing: real rows can't go back then.
    let broken = sample::broken_references(&scratch).await?;
    let is_new = |(table, count): &(&Ident, &usize)| {
        broken_before.get(*table).is_none_or(|known| known < *count)
    };
    let newly: Vec<Ident> = broken.iter().filter(is_new).map(|(table, _)| table.clone()).collect();
    if !newly.is_empty() {
        let emptied_before = forced.emptied.len();
        forced.emptied.extend(newly);
        if forced.emptied.len() > emptied_before {
            return Ok(Outcome::Again);
        }
        return Err(not_proven("the way down leaves rows that refer to nothing"));
    }
    let returned = scratch.schema().await?;
    let mut again = rewrites_others(&start, &returned) && force_drops(&down, &mut forced.down);
    for table in other_texts(&returned, &start, |one, two| one == two) {
        // An edit sets the text to the letter, and so does a rebuild.
        again |= force(&mut forced.down, &table, next_effort(&down, &table));
    }
    if again {
        return Ok(Outcome::Again);
    }
    let remaining = diff(Pair::new(&returned, &start));
    let other_text = other_texts(&returned, &start, |one, two| normal(one) == normal(two)).pop();
    if !remaining.is_empty() || other_text.is_some() {
        let what = other_text
            .map_or(remaining.lines().join("\n"), |name| format!("{name} has another text"));
        return Err(not_proven("the way down doesn't return to where it began").because(what));
    }
    compare(&before_parking, &read(&scratch, &returning).await?, "down")?;
    difference.notes.extend(newly_broken);
    difference.notes.extend(forced.emptied.iter().map(|table| {
        format!(
            "the way down of {table} fails on rows that break one of its rules without the \
             values that go; it was tried without rows"
        )
    }));
    let back = match detour.back(&answers.renames) {
        back if back.is_empty() => back,
        back => returns(&scratch, back, schemas.current).await?,
    };
    let Plan { steps } = up;
    let up = Plan { steps: detour.forth(&answers.renames).into_iter().chain(steps).collect() };
    let down = Plan { steps: down.steps.into_iter().chain(back).collect() };
    let difference = detour.told(difference);
    Ok(Outcome::Proven(Box::new(Proven { difference, up, down, sample_rows, parking })))
}

/// Runs the last steps of the way down, after which everything has its old name again, and its old
/// text: a rename puts strings in double quotes into single ones, wherever they stand.
async fn returns(scratch: &Scratch, back: Vec<Step>, current: &Schema) -> Result<Vec<Step>> {
    run_back(scratch, &back).await?;
    let repairs = detour::repairs(&scratch.schema().await?, current);
    run_back(scratch, &repairs).await?;
    let remaining = diff(Pair::new(&scratch.schema().await?, current));
    if remaining.is_empty() {
        return Ok(back.into_iter().chain(repairs).collect());
    }
    Err(not_proven("a rename that is taken back doesn't return to where it began")
        .because(remaining.lines().join("\n")))
}

async fn run_back(scratch: &Scratch, steps: &[Step]) -> Result<()> {
    scratch.run(steps.iter().flat_map(Step::statements)).await.map_err(|refused| {
        not_proven("SQLite refuses to take a rename back")
            .because(format!("{}: {}", refused.error, refused.sql))
    })
}

/// A schema with its renames done.
pub(crate) async fn renamed(schema: &Schema, renames: &[Rename]) -> Result<Schema> {
    let scratch = Scratch::of(schema).await?;
    let _ = detour::rename(&scratch, schema, renames).await?;
    scratch.schema().await
}

/// A table that SQLite doesn't alter in place is rebuilt in the next round. A rebuild that it
/// refuses can't be helped.
fn give_way(
    plan: &Plan,
    refused: &Refused,
    forced: &mut BTreeMap<Ident, Effort>,
    way: &str,
) -> Result<Outcome> {
    if let Some(step @ (Step::Statement(_) | Step::Edit(_))) = step_at(plan, refused.position)
        && force(forced, step.subject(), Effort::Rebuild)
    {
        return Ok(Outcome::Again);
    }
    Err(not_proven(&format!("SQLite refuses a statement on the way {way}"))
        .because(format!("{}: {}", refused.error, refused.sql)))
}

/// Whether that is more than was known to be needed.
fn force(forced: &mut BTreeMap<Ident, Effort>, table: &Ident, effort: Effort) -> bool {
    let more = forced.get(table).is_none_or(|known| *known < effort);
    if more {
        forced.insert(table.clone(), effort);
    }
    more
}

/// `DROP COLUMN` puts strings in double quotes into single ones, in the texts of all objects
/// (<https://www.sqlite.org/quirks.html#dblquote>). A rebuild leaves other objects alone.
fn force_drops(plan: &Plan, forced: &mut BTreeMap<Ident, Effort>) -> bool {
    let mut more = false;
    for step in &plan.steps {
        if let Step::Statement(statement) = step
            && statement.kind == StatementKind::DropColumn
        {
            more |= force(forced, &statement.subject, Effort::Rebuild);
        }
    }
    more
}

/// Whether an object means something else than it did, and only quotes differ.
fn rewrites_others(before: &Schema, after: &Schema) -> bool {
    let is_other =
        |one: &str, two: &str| normal(one) != normal(two) && unquoted(one) == unquoted(two);
    let objects = before.objects.iter().any(|(key, object)| {
        after.objects.get(key).is_some_and(|other| is_other(&object.sql, &other.sql))
    });
    let indexes = before.indexes.iter().any(|(name, index)| {
        after.indexes.get(name).is_some_and(|other| is_other(&index.sql, &other.sql))
    });
    let tables = before.tables.iter().any(|(name, table)| {
        after.tables.get(name).is_some_and(|other| is_other(&table.sql, &other.sql))
    });
    objects || indexes || tables
}

fn unquoted(sql: &str) -> String {
    sql.replace(['"', '\'', '`', '[', ']'], "")
}

/// What to try next on a table whose text came out otherwise.
fn next_effort(plan: &Plan, table: &Ident) -> Effort {
    let edited = plan.edits().any(|edit| edit.table == *table);
    if edited { Effort::Rebuild } else { Effort::Edit }
}

/// The step that a statement belongs to.
fn step_at(plan: &Plan, mut position: usize) -> Option<&Step> {
    plan.steps.iter().find(|step| {
        let length = step.statements().count();
        let found = position < length;
        position = position.saturating_sub(length);
        found
    })
}

/// The table whose rows can't go back, because values that they lost on the way up are held to a
/// rule there: a key over a generated column, a check. No other row may break a rule.
fn cant_return<'a>(
    down: &'a Plan,
    refused: &Refused,
    difference: &Difference,
) -> Option<&'a Ident> {
    let table = step_at(down, refused.position)?.subject();
    let loses_values = difference.changes.iter().any(|change| match change {
        Change::AlterTable(difference) if difference.tables.current.name == *table => {
            difference.changes.iter().any(|change| {
                matches!(change, TableChange::DropColumn(_) | TableChange::AlterColumn { .. })
            })
        }
        _ => false,
    });
    (refused.is_about_rows() && loses_values).then_some(table)
}

fn not_proven(what: &str) -> Error {
    Error::failed(format!("the migration can't be proven: {what}"))
        .state("Nothing was written.")
        .next("Make the change in smaller steps, or write it by hand with `db revision -m`.")
}

/// The tables whose text is another one.
fn other_texts(one: &Schema, two: &Schema, same: impl Fn(&str, &str) -> bool) -> Vec<Ident> {
    let other = |table: &&Table| {
        !two.tables.get(&table.name).is_some_and(|other| same(&table.sql, &other.sql))
    };
    one.tables.values().filter(other).map(|table| table.name.clone()).collect()
}

/// Where sample rows would make a plan fail that real rows may not: a column that must no longer
/// be NULL, with nothing to put in its place. The hazards say so.
fn spared(difference: &Difference, answers: &Answers) -> Spared {
    let mut spared = Spared::default();
    for change in &difference.changes {
        let Change::AlterTable(difference) = change else { continue };
        let table = &difference.tables.current.name;
        // In the new key a NULL would become a number of SQLite's choice, or be refused.
        let desired = &difference.tables.desired;
        let in_key = desired.columns.iter().filter(|column| desired.implies_not_null(&column.name));
        spared.nulls.extend(in_key.map(|column| (table.clone(), column.name.clone())));
        for change in &difference.changes {
            let column = match change {
                TableChange::AddColumn(column) => column,
                TableChange::AlterColumn { columns, .. } => &columns.desired,
                _ => continue,
            };
            let key = (table.clone(), column.name.clone());
            let needs_value = column.not_null.is_some()
                && column.default.is_none()
                && column.generated.is_none()
                && !answers.fills.contains_key(&key);
            match change {
                TableChange::AddColumn(_) if needs_value => {
                    spared.tables.insert(table.clone());
                }
                _ if needs_value => {
                    spared.nulls.insert(key);
                }
                _ => {}
            }
        }
    }
    spared
}

async fn read(scratch: &Scratch, kept: &Kept) -> Result<BTreeMap<Ident, Vec<String>>> {
    let mut values = BTreeMap::new();
    for (table, columns) in kept {
        values.insert(table.clone(), sample::values(scratch, table, columns).await?);
    }
    Ok(values)
}

fn compare(
    before: &BTreeMap<Ident, Vec<String>>,
    after: &BTreeMap<Ident, Vec<String>>,
    way: &str,
) -> Result<()> {
    for (table, rows) in before {
        let now = after.get(table).map_or(&[][..], Vec::as_slice);
        if now != rows.as_slice() {
            return Err(not_proven(&format!("the way {way} changes values in {table}"))
                .because(differing_rows(rows, now)));
        }
    }
    Ok(())
}

/// The rows that are on one side alone; there are only a few sample rows.
fn differing_rows(before: &[String], after: &[String]) -> String {
    let lost = before.iter().filter(|row| !after.contains(row)).map(|row| format!("- {row}"));
    let new = after.iter().filter(|row| !before.contains(row)).map(|row| format!("+ {row}"));
    let lines: Vec<String> = lost.chain(new).collect();
    if lines.is_empty() {
        format!("{} rows are {} now", before.len(), after.len())
    } else {
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests;
