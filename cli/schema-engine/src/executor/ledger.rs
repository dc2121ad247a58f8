//! The row ledger: what the revisions didn't mean to change is as it was, or nothing is committed.
//!
//! Before the first revision the rows of every table that can be touched are summed up, one pass a
//! table. While the revisions run, what they do to tables is followed. Before the commit the tables
//! that anything was done to are summed up once more and compared, as far as nothing in them was
//! meant to change.

mod digest;
mod foresight;
mod lineage;
mod second_reader;
mod sql_function;
mod summing;

pub(crate) use foresight::foreseen;
pub(crate) use lineage::{Lineage, Touched};
pub(super) use sql_function::install;

use super::watch::Watch;
use crate::error::{Error, Result};
use crate::ident::Ident;
use crate::schema::{Column, Schema, Table};
use digest::Sums;
use lineage::{Descent, Origin, Rows};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use summing::Summing;

/// Which databases have a row ledger kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowLedger {
    /// Those up to so many bytes.
    UpTo(u64),
    /// None.
    Never,
}

impl Default for RowLedger {
    fn default() -> Self {
        Self::UpTo(DEFAULT_LIMIT)
    }
}

/// Beyond this size every row would be read twice for longer than anybody waits.
pub const DEFAULT_LIMIT: u64 = 512 << 20;

/// As many columns as one call of the SQL function takes.
const COLUMNS: usize = 90;

/// Who reads the tables before anything is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Readers<'a> {
    /// The connection itself.
    One,
    /// One more, of this database, at the same time. The connection must hold the lock.
    Two(&'a Path),
}

/// The rows before anything was done.
pub(super) struct Ledger {
    before: Schema,
    sums: BTreeMap<Ident, Vec<Sums>>,
    watch: Arc<Watch>,
}

/// What was compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// How many tables were compared.
    pub tables: usize,
    /// How many rows they hold.
    pub rows: u64,
    /// The tables of before, with rows, that were not: the revisions put rows into them or took rows
    /// out, or what became of them can't be followed (`CREATE TABLE … AS`). Not those that were
    /// dropped: that is what the revisions say.
    pub not_compared: BTreeSet<Ident>,
}

/// The sums over every table.
pub(super) struct Fingerprint(BTreeMap<Ident, Vec<Sums>>);

impl Fingerprint {
    /// Reads every table once; the connection must be watched.
    pub(super) async fn of(connection: &impl ConnectionTrait, schema: &Schema) -> Result<Self> {
        Self::of_tables(connection, schema.tables.values(), Readers::One).await
    }

    async fn of_tables(
        connection: &impl ConnectionTrait,
        tables: impl Iterator<Item = &Table>,
        readers: Readers<'_>,
    ) -> Result<Self> {
        let mut sums = BTreeMap::new();
        for table in tables {
            let columns: Vec<_> = plain_columns(table).map(|column| &column.name).collect();
            let summing = Summing { table: &table.name, key: &key(table), columns: &columns };
            let found = match readers {
                Readers::One => summing.sum(connection).await?,
                Readers::Two(database) => summing.sum_beside(connection, table, database).await?,
            };
            sums.insert(table.name.clone(), found);
        }
        Ok(Self(sums))
    }

    /// The tables whose rows are other ones, in words.
    pub(super) fn losses(&self, after: &Self) -> Vec<String> {
        let mut losses = Vec::new();
        for (table, before) in &self.0 {
            match after.0.get(table) {
                Some(after) if after == before => {}
                Some(after) if rows(after) == rows(before) => {
                    losses.push(format!("values in {table} are other ones after the way back"));
                }
                after => losses.push(format!(
                    "{table} has {} rows after the way back, and had {}",
                    after.map_or(0, |after| rows(after)),
                    rows(before)
                )),
            }
        }
        losses
    }
}

impl Held {
    /// Both comparisons of a run with two transactions, of which the larger one counts.
    pub(super) fn and(mut self, mut other: Self) -> Self {
        self.not_compared.append(&mut other.not_compared);
        Self {
            tables: self.tables.max(other.tables),
            rows: self.rows.max(other.rows),
            not_compared: self.not_compared,
        }
    }

    /// Which tables were not compared, in words.
    pub(super) fn note(&self) -> Option<String> {
        let names: Vec<_> = self.not_compared.iter().map(Ident::as_str).collect();
        (!names.is_empty()).then(|| {
            format!(
                "not compared, since rows were put in or taken out, or it was made anew by CREATE TABLE AS: {}",
                names.join(", ")
            )
        })
    }
}

impl Ledger {
    /// Sums up the tables that can be touched, where that is foreseen, or else every table, and
    /// follows from here what is done.
    pub(super) async fn open(
        connection: &impl ConnectionTrait,
        before: Schema,
        watch: &Arc<Watch>,
        foreseen: Option<&BTreeSet<Ident>>,
        readers: Readers<'_>,
    ) -> Result<Self> {
        let is_held = |table: &&Table| foreseen.is_none_or(|names| names.contains(&table.name));
        let tables = before.tables.values().filter(is_held);
        let Fingerprint(sums) = Fingerprint::of_tables(connection, tables, readers).await?;
        let counts = |(table, sums): (&Ident, &Vec<Sums>)| (table.clone(), rows(sums));
        watch.follow(Lineage::of(&before), sums.iter().map(counts).collect());
        Ok(Self { before, sums, watch: Arc::clone(watch) })
    }

    /// Compares what is there now with what was there.
    pub(super) async fn check(
        self,
        connection: &impl ConnectionTrait,
        after: &Schema,
    ) -> Result<Held> {
        let lineage = self.watch.take();
        let has_rows = |(_, sums): &(&Ident, &Vec<Sums>)| rows(sums) > 0;
        let not_compared = self.sums.iter().filter(has_rows).map(|(name, _)| name.clone());
        let mut held = Held { not_compared: not_compared.collect(), ..Held::default() };
        for table in after.tables.values() {
            let Some(descent) = lineage.table(&table.name) else { continue };
            let Some(origin) = &descent.origin else { continue };
            let Some(before) = self.before.tables.get(origin) else { continue };
            let Some(sums) = self.sums.get(origin) else {
                // Only an edit looks at rows without being foreseen to write any.
                if lineage.is_disturbed(&table.name) && before.sql == table.sql {
                    return Err(unforeseen(&table.name));
                }
                continue;
            };
            // Nothing was done to it, so nothing has to be read again.
            let is_untouched = !lineage.is_disturbed(&table.name) && before.sql == table.sql;
            if !is_untouched {
                if descent.rows == Rows::Written {
                    continue;
                }
                Comparison { before, sums, table, descent }.make(connection).await?;
            }
            held.tables += 1;
            held.rows += rows(sums);
            held.not_compared.remove(origin);
        }
        // One that is gone was dropped, unless its rows may be in a table that can't be followed.
        let is_unknown = |name| lineage.table(name).is_some_and(Descent::is_unknown);
        if !after.tables.keys().any(is_unknown) {
            held.not_compared.retain(|name| after.tables.contains_key(name));
        }
        Ok(held)
    }
}

/// One table before and after.
struct Comparison<'a> {
    before: &'a Table,
    sums: &'a [Sums],
    table: &'a Table,
    descent: &'a Descent,
}

impl Comparison<'_> {
    async fn make(&self, connection: &impl ConnectionTrait) -> Result<()> {
        let was = self.sums.first().map_or(0, |sums| sums.rows);
        let mut kept = Vec::new();
        for (name, origin) in &self.descent.columns {
            let Some(column) = self.table.column(name) else { continue };
            match origin {
                Origin::Kept(old) => kept.push((column, old)),
                Origin::Mistaken(text) if was > 0 => return Err(self.mistaken(column, text)),
                Origin::Written | Origin::Mistaken(_) => {}
            }
        }
        let now_called = |old: &Ident| {
            kept.iter().find(|(_, from)| *from == old).map(|(column, _)| column.name.clone())
        };
        // Without the key there is nothing to tell by which row is which.
        let key: Option<Vec<_>> = key(self.before).iter().map(now_called).collect();
        let order: Vec<_> = plain_columns(self.before).collect();
        let compared: Vec<_> = order
            .iter()
            .enumerate()
            .filter_map(|(at, old)| {
                let (column, _) = kept.iter().find(|(_, from)| **from == old.name)?;
                Some((at, *old, *column))
            })
            .filter(|_| key.is_some())
            .collect();
        let names: Vec<_> = compared.iter().map(|(_, _, column)| &column.name).collect();
        let key = key.unwrap_or_default();
        let now = Summing { table: &self.table.name, key: &key, columns: &names };
        let now = now.sum(connection).await?;
        let are = now.first().map_or(0, |sums| sums.rows);
        if was != are {
            return Err(self.failure(&format!("{was} rows would become {are}")));
        }
        let mut all_exact = compared.len() == order.len();
        for (place, (at, old, column)) in compared.iter().enumerate() {
            let exact = self.before.affinity_of(old) == self.table.affinity_of(column);
            all_exact &= exact;
            let (was, is) = (column_sum(self.sums, *at), column_sum(&now, place));
            if exact && was.exact != is.exact || !exact && was.said != is.said {
                return Err(self.failure(&format!("values in {} would change", column.name)));
            }
        }
        let whole = |sums: &[Sums]| -> Vec<_> { sums.iter().map(|it| it.whole).collect() };
        if all_exact && whole(self.sums) != whole(&now) {
            return Err(self.failure("values would move from one row to another"));
        }
        Ok(())
    }

    fn failure(&self, how: &str) -> Error {
        Error::failed(format!("the rows of {} would not be what they were", self.table.name))
            .because(how.to_owned())
            .next("Report it to whoever wrote the revision: it changes what it only had to keep.")
            .next("A revision that means to change values says so with an UPDATE, or with an expression in its copy; one that means to remove rows with a DELETE or a WHERE.")
    }

    fn mistaken(&self, column: &Column, text: &Ident) -> Error {
        self.failure(&format!(
            "{} would hold the text '{}' in every row: a copy names a column that isn't there",
            column.name,
            text.as_str()
        ))
    }
}

/// Whoever tells beforehand what a revision does and then does something else isn't trusted with rows.
fn unforeseen(table: &Ident) -> Error {
    Error::failed(format!("a revision touched the rows of {table}, and said nothing of it before"))
        .next("Report it to whoever wrote the revision: it does another thing each time.")
}

fn rows(sums: &[Sums]) -> u64 {
    sums.first().map_or(0, |sums| sums.rows)
}

fn column_sum(sums: &[Sums], at: usize) -> digest::ColumnSum {
    let part = sums.get(at / COLUMNS).and_then(|sums| sums.columns.get(at % COLUMNS));
    part.copied().unwrap_or_default()
}

fn plain_columns(table: &Table) -> impl Iterator<Item = &Column> {
    table.columns.iter().filter(|column| column.generated.is_none())
}

/// The columns that tell which row is which; none where only the rows themselves do.
fn key(table: &Table) -> Vec<Ident> {
    let columns = table.primary_key.iter().flat_map(|key| &key.columns);
    columns.map(|column| column.name.clone()).collect()
}
