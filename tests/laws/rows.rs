//! Rows that a careless copy would change, and which of them both schemas can hold.

use crate::case::Case;
use crate::database::{Database, quoted};
use crate::model::{Affinity, ClauseKind, Column, Model, Reference, RuleKind, Table, same};
use crate::oracle;
use crate::rng::Rng;
use crate::short;
use crate::virtual_tables;

/// A row to be inserted. Columns that a smaller schema doesn't have are left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) table: String,
    pub(crate) rowid: Option<i64>,
    pub(crate) values: Vec<(String, String)>,
    /// How many of the last columns were added after the row was there.
    pub(crate) lacks: usize,
}

const INTEGERS: [&str; 7] = ["1", "2", "3", "0", "-1", "9007199254740993", "9223372036854775807"];
const TEXTS: [&str; 9] = [
    "'one'",
    "'01234'",
    "'it''s'",
    "''",
    "'é \"q\"'",
    "'1e5'",
    "'a' || char(10) || 'b'",
    "'NULL'",
    "'a' || char(0) || 'b'",
];
const REALS: [&str; 6] = ["1.5", "2.0", "0.1", "-0.0", "9e999", "12345678901234567.0"];
const BLOBS: [&str; 5] = ["x''", "x'00ff'", "x'27'", "x'e9'", "x'31'"];

/// Up to five rows a table.
pub(crate) fn rows(model: &Model, rng: &mut Rng) -> Vec<Row> {
    let mut rows = Vec::new();
    for table in &model.tables {
        let lacked = if rng.chance(50) { short::most(table).min(3) } else { 0 };
        for number in 0..rng.below(6) {
            let row = row(model, table, number, rng);
            rows.push(Row { lacks: rng.below(lacked + 1), ..row });
        }
    }
    rows
}

fn row(model: &Model, table: &Table, number: usize, rng: &mut Rng) -> Row {
    let rowid = i64::try_from(number * 10 + 3).ok();
    let alias = table.rowid_alias().map(|column| column.name.clone());
    let mut values = Vec::new();
    for column in table.columns.iter().filter(|column| !column.is_generated()) {
        if alias.as_ref().is_some_and(|name| same(name, &column.name)) {
            continue;
        }
        let nullable = !table.forbids_null(column);
        let value = if nullable && rng.chance(20) {
            "NULL".to_owned()
        } else {
            value(model, table, column, number, rng).to_owned()
        };
        if column.default().is_none() || rng.chance(80) || column.is_filled_with_the_time() {
            values.push((column.name.clone(), value));
        }
    }
    Row { table: table.name.clone(), rowid, values, lacks: 0 }
}

fn value(
    model: &Model,
    table: &Table,
    column: &Column,
    number: usize,
    rng: &mut Rng,
) -> &'static str {
    if let Some((parent, target)) = referred(model, table, column) {
        if parent.rowid_alias().is_some_and(|alias| same(&alias.name, &target.name)) {
            return rng.pick(&["3", "13", "23", "33"]);
        }
        let pool = pool(target.affinity());
        return pool[rng.below(4.min(pool.len()))];
    }
    let own = pool(column.affinity());
    if rng.chance(55) {
        // One after the other, so that keys have something to tell apart.
        return own[number % own.len()];
    }
    if table.strict && !same(&column.declared, "any") || rng.chance(60) {
        return rng.pick(own);
    }
    let other = rng.pick(&[Affinity::Integer, Affinity::Text, Affinity::Real, Affinity::Blob]);
    rng.pick(pool(other))
}

fn pool(affinity: Affinity) -> &'static [&'static str] {
    match affinity {
        Affinity::Integer | Affinity::Numeric => &INTEGERS,
        Affinity::Text => &TEXTS,
        Affinity::Real => &REALS,
        Affinity::Blob => &BLOBS,
    }
}

/// The column that a column refers to.
fn referred<'a>(
    model: &'a Model,
    table: &Table,
    column: &Column,
) -> Option<(&'a Table, &'a Column)> {
    let target = |reference: &Reference, at: usize| {
        let parent = model.table(&reference.table)?;
        let name = reference.columns.get(at).cloned().or_else(|| parent.key().get(at).cloned())?;
        Some((parent, parent.column(&name)?))
    };
    for clause in &column.clauses {
        if let ClauseKind::References(reference) = &clause.kind {
            return target(reference, 0);
        }
    }
    table.rules.iter().find_map(|rule| match &rule.kind {
        RuleKind::ForeignKey { columns, reference } => {
            let at = columns.iter().position(|name| same(name, &column.name))?;
            target(reference, at)
        }
        _ => None,
    })
}

impl Row {
    /// The statement, for the columns that the table has.
    fn sql(&self, table: &Table) -> String {
        let mut names = Vec::new();
        let mut values = Vec::new();
        if let Some(rowid) = self.rowid {
            let name = match (table.rowid_alias(), table.rowid_name()) {
                (Some(alias), _) => Some(quoted(&alias.name)),
                (None, name) => name.map(str::to_owned),
            };
            if let Some(name) = name {
                names.push(name);
                values.push(rowid.to_string());
            }
        }
        let alias = table.rowid_alias().map(|column| &column.name);
        for (name, value) in &self.values {
            let plain = table.column(name).is_some_and(|column| !column.is_generated());
            if plain && alias != Some(name) {
                names.push(quoted(name));
                values.push(value.clone());
            }
        }
        if names.is_empty() {
            return format!("INSERT INTO {} DEFAULT VALUES", quoted(&table.name));
        }
        format!(
            "INSERT INTO {} ({}) VALUES ({})",
            quoted(&table.name),
            names.join(", "),
            values.join(", ")
        )
    }
}

/// The rows of a case that its first schema takes, foreign keys and all, in the order in which it
/// got them.
pub(crate) async fn taken(case: &Case) -> Result<Vec<Row>, String> {
    let mut case = case.clone();
    loop {
        let tried = tried(&case).await;
        let shortened = case.rows.iter().any(|row| row.lacks > 0);
        let (database, taken) = match tried {
            // The rows that lack a column read its default, which may break a unique index or a
            // CHECK: SQLite would not have added that column.
            Err(_) if shortened => {
                case.rows.iter_mut().for_each(|row| row.lacks = 0);
                continue;
            }
            tried => tried?,
        };
        let orphans = database.orphans().await?;
        if orphans.is_empty() {
            return Ok(taken);
        }
        case.rows = without(taken, &orphans);
    }
}

/// The first schema with those of its rows that it takes.
async fn tried(case: &Case) -> Result<(Database, Vec<Row>), String> {
    let database = Database::with::<&str>(&[]).await?;
    let mut taken = Vec::new();
    for step in steps(case) {
        match step {
            Step::Say(sql) => database.run(&sql).await?,
            Step::Insert(row, sql) => {
                if database.run_alone(&sql).await.is_ok() {
                    taken.push(row);
                }
            }
        }
    }
    if taken.iter().any(|row| row.lacks > 0)
        && let Some(damage) = database.damage().await?
    {
        return Err(damage);
    }
    Ok((database, taken))
}

/// Those of the taken rows that the second schema can hold, too.
pub(crate) async fn settled(case: &Case, taken: &[Row]) -> Result<Vec<Row>, String> {
    let mut case = Case { rows: taken.to_vec(), ..case.clone() };
    loop {
        let before = filled(&case).await?;
        let (after, refused) = oracle::moved(&case, &before).await?;
        let mut misfits = refused;
        misfits.extend(after.orphans().await?);
        if misfits.is_empty() {
            return Ok(case.rows);
        }
        case.rows = without(case.rows.clone(), &misfits);
        // What a row took along with it may have been the parent of another.
        case.rows = self::taken(&case).await?;
    }
}

/// A database with the first schema of a case and its rows.
pub(crate) async fn filled(case: &Case) -> Result<Database, String> {
    Database::with(&statements(case)).await
}

/// The statements that make the first schema of a case and its rows.
pub(crate) fn statements(case: &Case) -> Vec<String> {
    let said = |step| match step {
        Step::Say(sql) | Step::Insert(_, sql) => sql,
    };
    steps(case).into_iter().map(said).collect()
}

enum Step {
    Say(String),
    Insert(Row, String),
}

/// Tables, the rows from before their last columns were added, all else of the schema, the rows.
fn steps(case: &Case) -> Vec<Step> {
    let Case { before, rows, .. } = case;
    let mut steps = Vec::new();
    for table in &before.tables {
        let most = short::most(table);
        let lacked =
            |row: &Row| if same(&row.table, &table.name) { row.lacks.min(most) } else { 0 };
        let first = rows.iter().map(lacked).max().unwrap_or(0);
        steps.push(Step::Say(short::without_last(table, first).sql()));
        for lacks in (1..=first).rev() {
            let shorter = short::without_last(table, lacks);
            let old = rows.iter().filter(|row| lacked(row) == lacks);
            steps.extend(old.map(|row| Step::Insert(row.clone(), row.sql(&shorter))));
            let longer = short::without_last(table, lacks - 1).sql();
            steps.extend(short::store(table, &longer).map(Step::Say));
        }
    }
    steps.extend(before.objects.iter().map(|object| Step::Say(object.sql())));
    steps.extend(virtual_tables::rows(before).into_iter().map(Step::Say));
    for row in rows {
        let Some(table) = before.table(&row.table) else { continue };
        if row.lacks.min(short::most(table)) == 0 {
            steps.push(Step::Insert(row.clone(), row.sql(table)));
        }
    }
    for table in before.tables.iter().filter(|table| table.is_autoincrement()) {
        let name = crate::database::literal(&table.name);
        let sql = format!("UPDATE sqlite_sequence SET seq = seq + 1000 WHERE name = {name}");
        steps.push(Step::Say(sql));
    }
    steps.extend(case.analyzed.then(|| Step::Say("ANALYZE".to_owned())));
    steps
}

/// Without the rows that are named by their rowid; without all of a table where that names none.
fn without(mut rows: Vec<Row>, misfits: &[(String, Option<i64>)]) -> Vec<Row> {
    let before = rows.len();
    let hit = |row: &Row, by_rowid: bool| {
        misfits.iter().any(|(table, rowid)| {
            same(table, &row.table) && (!by_rowid || rowid.is_some() && *rowid == row.rowid)
        })
    };
    rows.retain(|row| !hit(row, true));
    if rows.len() == before {
        rows.retain(|row| !hit(row, false));
    }
    if rows.len() == before {
        // Rows that a trigger made: without what set it off there are none.
        rows.clear();
    }
    rows
}
