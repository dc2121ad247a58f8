//! Where a migration starts: the tables that hold the rows, and which of their values go through
//! it as they are.

use super::shown::{self, Rowids};
use crate::answers::{Answers, converts};
use crate::change::{Aspect, Change, TableChange, TableDifference};
use crate::diff::Difference;
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Column, Schema, Table};

/// What the hazards of one migration are judged by.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) difference: &'a Difference,
    pub(super) desired: &'a Schema,
    pub(super) answers: &'a Answers,
}

impl<'a> Ground<'a> {
    /// The table that holds the rows, as it is once the renames are done. `None` for one that the
    /// migration makes.
    pub(super) fn current(&self, name: &Ident) -> Option<&'a Table> {
        if let Some(difference) = self.altered(name) {
            return Some(&difference.tables.current);
        }
        let made = self
            .difference
            .changes
            .iter()
            .any(|change| matches!(change, Change::CreateTable(table) if table.name == *name));
        // What isn't altered means the same on both sides.
        if made { None } else { self.desired.tables.get(name) }
    }

    fn altered(&self, name: &Ident) -> Option<&'a TableDifference> {
        self.difference.changes.iter().find_map(|change| match change {
            Change::AlterTable(difference) if difference.tables.current.name == *name => {
                Some(&**difference)
            }
            _ => None,
        })
    }

    /// Whether the migration makes an index of this name.
    pub(super) fn is_new_index(&self, name: &Ident) -> bool {
        self.difference.changes.iter().any(|change| match change {
            Change::CreateIndex(index) => index.name == *name,
            Change::ReplaceIndex(indexes) => indexes.desired.name == *name,
            _ => false,
        })
    }

    /// Whether a value was given for a column.
    pub(super) fn is_filled(&self, table: &Ident, column: &Ident) -> bool {
        self.answers.fills.contains_key(&(table.clone(), column.clone()))
    }

    /// Whether it was said what every value of a column becomes.
    pub(super) fn is_converted(&self, tables: Pair<&Table>, column: &Ident) -> bool {
        let fill = self.answers.fills.get(&(tables.desired.name.clone(), column.clone()));
        fill.is_some_and(|expression| converts(expression, tables, column))
    }

    /// Why the values that a column will hold aren't those that it holds now; `None` where they
    /// are. What can't be read in live data isn't counted there.
    pub(super) fn unsettled(&self, table: &Ident, name: &Ident) -> Option<String> {
        let desired = self.desired.tables.get(table)?;
        let (Some(current), Some(column)) = (self.current(table), desired.column(name)) else {
            return Some(format!("{table} is new"));
        };
        let Some(old) = current.column(name) else {
            return Some(format!("{table}.{name} is new"));
        };
        let generated = self.altered(table).is_some_and(|difference| {
            difference.changes.iter().any(|change| {
                matches!(change, TableChange::AlterColumn { columns, aspects }
                    if columns.desired.name == *name && aspects.contains(&Aspect::Generated))
            })
        });
        let nulls_are_replaced = is_nullable(current, old)
            && !is_nullable(desired, column)
            && (column.default.is_some() || self.is_filled(table, name));
        let converted = self.is_converted(Pair::new(current, desired), name)
            || current.affinity_of(old) != desired.affinity_of(column);
        (generated || nulls_are_replaced || converted)
            .then(|| format!("the values of {table}.{name} change in the same revision"))
    }

    /// The first reason among several columns of a table.
    pub(super) fn any_unsettled<'c>(
        &self,
        table: &Ident,
        columns: impl IntoIterator<Item = &'c Ident>,
    ) -> Option<String> {
        columns.into_iter().find_map(|column| self.unsettled(table, column))
    }

    /// What tells a row from the others, as an expression.
    pub(super) fn row_key(&self, table: &Table, row: &str) -> Option<String> {
        let rowids = if self.answers.renames.is_empty() { Rowids::Named } else { Rowids::Unnamed };
        shown::key(table, row, rowids)
    }
}

/// Whether a column of a table can hold NULL.
pub(super) fn is_nullable(table: &Table, column: &Column) -> bool {
    column.not_null.is_none() && !table.implies_not_null(&column.name)
}
