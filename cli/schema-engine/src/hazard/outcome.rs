//! The values that rows will hold, as an expression over the rows that are there.
//!
//! A column that is new, converted or filled can't be read yet, but what becomes of a row is known:
//! it is what the plan does.

use super::conversion::stored;
use super::ground::{Ground, is_nullable};
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Column, DefaultValue, Table};

impl Ground<'_> {
    /// A table with these columns as they will be, to be read from under a name; or why that can't
    /// be said.
    ///
    /// A column that stays as it is keeps its affinity and collation. Of the others only the value
    /// is there, stored as it will be.
    pub(super) fn rows(&self, table: &Ident, columns: &[&Ident]) -> Result<String, String> {
        let unsettled: Vec<_> =
            columns.iter().map(|column| self.unsettled(table, column)).collect();
        if unsettled.iter().all(Option::is_none) {
            return Ok(table.quoted());
        }
        let (Some(current), Some(desired)) = (self.current(table), self.desired.tables.get(table))
        else {
            return Err(format!("{table} is new"));
        };
        let tables = Pair::new(current, desired);
        let (mut values, mut stores) = (Vec::new(), Vec::new());
        for (name, why) in columns.iter().zip(unsettled) {
            let quoted = name.quoted();
            let Some(why) = why else {
                values.push(format!("old.{quoted} AS {quoted}"));
                stores.push(format!("v.{quoted} AS {quoted}"));
                continue;
            };
            let column = desired.column(name).ok_or_else(|| why.clone())?;
            let value = self.value(tables, column).ok_or(why)?;
            values.push(format!("{value} AS {quoted}"));
            let value = stored(&format!("+v.{quoted}"), desired.affinity_of(column));
            stores.push(format!("{value} AS {quoted}"));
        }
        Ok(format!(
            "(SELECT {} FROM (SELECT {} FROM {} AS old) AS v)",
            stores.join(", "),
            values.join(", "),
            table.quoted()
        ))
    }

    /// What the copy puts into a column; `None` where SQLite chooses it.
    fn value(&self, tables: Pair<&Table>, column: &Column) -> Option<String> {
        let Pair { current, desired } = tables;
        let name = &column.name;
        if column.generated.is_some() || desired.rowid_alias() == Some(name) {
            return None;
        }
        let fill = self.answers.fills.get(&(desired.name.clone(), name.clone()));
        let fill = fill.map(|expression| format!("({expression})"));
        let given =
            fill.clone().or_else(|| column.default.as_ref().map(DefaultValue::as_expression));
        let Some(old) = current.column(name) else {
            return Some(given.unwrap_or_else(|| "NULL".to_owned()));
        };
        if self.is_converted(tables, name) {
            return fill;
        }
        let value = format!("old.{}", old.name.quoted());
        let nulls_go = is_nullable(current, old) && !is_nullable(desired, column);
        Some(match given.filter(|_| nulls_go) {
            Some(given) => format!("coalesce({value}, {given})"),
            None => value,
        })
    }
}
