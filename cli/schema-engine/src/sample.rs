//! Sample rows for a proof: a few in every table, with values that a careless copy would change.

use crate::answers::{Answers, converts};
use crate::error::{Error, Result};
use crate::ident::Ident;
use crate::pair::Pair;
use crate::references;
use crate::schema::{Affinity, Column, ObjectKind, Schema, Table};
use crate::scratch::Scratch;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// How many rows are tried in each table.
const ROWS: usize = 3;

/// Columns that get no NULL and tables that get no rows, because a plan needs it so.
#[derive(Debug, Default)]
pub(crate) struct Spared {
    pub(crate) nulls: BTreeSet<(Ident, Ident)>,
    pub(crate) tables: BTreeSet<Ident>,
}

/// A database with the desired tables, in which each sample row is tried first.
///
/// A new UNIQUE, CHECK or STRICT can refuse a sample row as it can refuse a real one. What real
/// rows do is counted elsewhere; the proof takes rows that both schemas can hold.
pub(crate) struct Trial<'a> {
    scratch: Scratch,
    desired: &'a Schema,
    answers: &'a Answers,
}

impl<'a> Trial<'a> {
    pub(crate) async fn new(desired: &'a Schema, answers: &'a Answers) -> Result<Self> {
        let scratch = Scratch::empty().await?;
        let tables = desired.tables.values().map(|table| &table.sql);
        let indexes = desired.indexes.values().map(|index| &index.sql);
        scratch.run(tables.chain(indexes)).await.map_err(|refused| {
            Error::failed("the desired schema can't be built in a scratch database")
                .because(format!("{}: {}", refused.error, refused.sql))
        })?;
        Ok(Self { scratch, desired, answers })
    }

    /// Whether the desired table takes the row, as far as the row has its columns.
    async fn takes(&self, current: &Table, row: &[(&Ident, String)]) -> bool {
        let Some(table) = self.desired.tables.get(&current.name) else { return true };
        let mut names = Vec::new();
        let mut values = Vec::new();
        for column in table.columns.iter().filter(|column| column.generated.is_none()) {
            let fill = self.answers.fills.get(&(table.name.clone(), column.name.clone()));
            let has_default = fill.is_some() || column.default.is_some();
            let converted =
                fill.is_some_and(|fill| converts(fill, Pair::new(current, table), &column.name));
            match row.iter().find(|(name, _)| **name == column.name) {
                Some((_, value))
                    if !converted
                        && (value != "NULL" || column.not_null.is_none() || !has_default) =>
                {
                    values.push(format!("old.{}", column.name.quoted()));
                }
                _ => match fill {
                    Some(fill) => values.push(format!("({fill})")),
                    None => continue,
                },
            }
            names.push(column.name.quoted());
        }
        if names.is_empty() {
            let sql = format!("INSERT OR ABORT INTO {} DEFAULT VALUES", table.name.quoted());
            return self.scratch.run([sql]).await.is_ok();
        }
        let old: Vec<_> =
            row.iter().map(|(name, value)| format!("{value} AS {}", name.quoted())).collect();
        let old = if old.is_empty() { "NULL".to_owned() } else { old.join(", ") };
        let sql = format!(
            "INSERT OR ABORT INTO {} ({}) SELECT {} FROM (SELECT {old}) AS old",
            table.name.quoted(),
            names.join(", "),
            values.join(", ")
        );
        self.scratch.run([sql]).await.is_ok()
    }
}

/// Puts sample rows into every table and says how many SQLite took: a row that a CHECK of one of
/// the schemas refuses is left out.
///
/// Triggers are away meanwhile: they could make rows that nobody tried.
pub(crate) async fn fill(
    scratch: &Scratch,
    schema: &Schema,
    spared: &Spared,
    trial: &Trial<'_>,
) -> usize {
    let mut triggers: Vec<_> =
        schema.objects.values().filter(|object| object.kind == ObjectKind::Trigger).collect();
    triggers.sort_by_key(|trigger| trigger.ordinal);
    let drops = triggers.iter().map(|trigger| format!("DROP TRIGGER {}", trigger.name.quoted()));
    // Neither can fail: the triggers are there, and then their names are free.
    let _ = scratch.run(drops).await;
    let mut taken = 0;
    for table in schema.tables.values().filter(|table| !spared.tables.contains(&table.name)) {
        for number in 1..=ROWS {
            let row = row(table, schema, number, spared);
            if trial.takes(table, &row).await {
                taken += usize::from(scratch.run([insert(table, &row)]).await.is_ok());
            }
        }
    }
    let _ = scratch.run(triggers.iter().map(|trigger| &trigger.sql)).await;
    taken
}

fn row<'a>(
    table: &'a Table,
    schema: &Schema,
    row: usize,
    spared: &Spared,
) -> Vec<(&'a Ident, String)> {
    let columns = table.columns.iter().filter(|column| column.generated.is_none());
    columns
        .map(|column| {
            let nullable = column.not_null.is_none()
                && !table.is_key_column(&column.name)
                && !spared.nulls.contains(&(table.name.clone(), column.name.clone()));
            if nullable && row == ROWS {
                return (&column.name, "NULL".to_owned());
            }
            let (of, referred) = referred(table, column, schema);
            (&column.name, value(of, referred, row))
        })
        .collect()
}

fn insert(table: &Table, row: &[(&Ident, String)]) -> String {
    let table = table.name.quoted();
    if row.is_empty() {
        return format!("INSERT INTO {table} DEFAULT VALUES");
    }
    let (names, values): (Vec<_>, Vec<_>) =
        row.iter().map(|(name, value)| (name.quoted(), value.as_str())).unzip();
    format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
}

/// The column in which a value is made up: at the end of the chain of foreign keys, so that every
/// reference finds its row.
fn referred<'a>(
    table: &'a Table,
    column: &'a Column,
    schema: &'a Schema,
) -> (&'a Table, &'a Column) {
    let mut place = (table, column);
    for _ in 0..schema.tables.len() {
        let (table, column) = place;
        let parent = table.foreign_keys.iter().find_map(|key| {
            let at = key.columns.iter().position(|name| name == &column.name)?;
            let parent = schema.tables.get(&key.parent)?;
            let target = match key.parent_columns.get(at) {
                Some(name) => name,
                None => &parent.primary_key.as_ref()?.columns.get(at)?.name,
            };
            Some((parent, parent.column(target)?))
        });
        match parent {
            Some(parent) if !std::ptr::eq(parent.0, table) => place = parent,
            Some(parent) if parent.1.name != column.name => place = parent,
            _ => break,
        }
    }
    place
}

fn value(table: &Table, column: &Column, row: usize) -> String {
    let declared = column.declared_type.as_str().to_ascii_lowercase();
    let is_id = table.primary_key.as_ref().is_some_and(|key| key.rowid_alias)
        && table.is_key_column(&column.name);
    if is_id {
        // Far above the number of rows, so that a lost rowid or sequence shows.
        return (row * 100 + 7).to_string();
    }
    if declared.starts_with("date") || declared.starts_with("timestamp") {
        return format!("'2024-02-2{row} 03:04:05.00000{row}'");
    }
    if declared.starts_with("json") {
        return format!("'{{\"a\": [{row}, null, \"it''s\"]}}'");
    }
    match column.affinity() {
        Affinity::Integer => {
            (9_007_199_254_740_993_i64 + i64::try_from(row).unwrap_or(0)).to_string()
        }
        Affinity::Real => format!("{row}.1"),
        Affinity::Numeric if declared.starts_with("bool") => (row % 2).to_string(),
        Affinity::Numeric => format!("{row}.5"),
        Affinity::Blob if !table.strict || declared == "blob" => format!("x'00ff0{row}'"),
        Affinity::Blob => row.to_string(),
        Affinity::Text => match row {
            1 => "'01234'".to_owned(),
            2 => "'it''s \"é\" '||char(10)||'two'".to_owned(),
            row => format!("'value {row}'"),
        },
    }
}

/// The values of some columns of a table, a text for each row, in no particular order.
pub(crate) async fn values(
    scratch: &Scratch,
    table: &Ident,
    columns: &[Ident],
) -> Result<Vec<String>> {
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let list: Vec<_> =
        columns.iter().map(|column| format!("quote(old.{})", column.quoted())).collect();
    let sql = format!("SELECT {} FROM {} AS old", list.join(" || ',' || "), table.quoted());
    let rows = scratch
        .connection()
        .query_all_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await
        .map_err(|error| Error::failed("can't read the sample rows").because(error))?;
    let mut values = Vec::with_capacity(rows.len());
    for row in rows {
        let value: String = row
            .try_get_by_index(0)
            .map_err(|error| Error::failed("can't read the sample rows").because(error))?;
        values.push(value);
    }
    values.sort();
    Ok(values)
}

/// How many rows of each table refer to rows that aren't there.
pub(crate) async fn broken_references(scratch: &Scratch) -> Result<BTreeMap<Ident, usize>> {
    let unreadable =
        |error| Error::failed("can't check the sample rows' references").because(error);
    Ok(references::check(scratch.connection()).await.map_err(unreadable)?.by_table())
}

/// The values of columns that a plan keeps, by table.
pub(crate) type Kept = BTreeMap<Ident, Vec<Ident>>;
