//! The values that rows will hold, as an expression over the rows that are there.
//!
//! A column that is new, converted or filled can't be read yet, but what becomes of a row is known:
//! it is what the plan does.

use super::Premise;
use super::conversion::stored;
use super::ground::{Ground, is_nullable};
use super::unique::collation;
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Affinity, Column, DefaultValue, Table};

/// Rows that an expression reads as it will read the table.
pub(super) struct TypedRows {
    /// What stands after FROM, before the name that they are read under.
    pub(super) rows: String,
    /// What must hold of the values for that.
    pub(super) premise: Option<Premise>,
}

impl TypedRows {
    pub(super) fn untyped(rows: String) -> Self {
        Self { rows, premise: None }
    }
}

impl Ground<'_> {
    /// A table as [`Ground::rows`] gives it, each column with the affinity and the collation that
    /// it will have, which decide how an expression compares it
    /// (<https://www.sqlite.org/datatype3.html#comparison_expressions>).
    ///
    /// The affinity comes from a cast. It would change a value that is not of the type, such as a
    /// text in an integer column: that there is none is the premise.
    pub(super) fn typed_rows(
        &self,
        table: &Ident,
        columns: &[&Ident],
    ) -> Result<TypedRows, String> {
        let (Some(current), Some(desired)) = (self.current(table), self.desired.tables.get(table))
        else {
            return Err(format!("{table} is new"));
        };
        let (mut values, mut misfits) = (Vec::new(), Vec::new());
        let mut are_as_before = true;
        for name in columns {
            let quoted = name.quoted();
            let wanted = collation(desired, name, None);
            let unsettled = self.unsettled(table, name);
            let compares_alike = collation(current, name, None) == wanted;
            let mut value = format!("r.{quoted}");
            if let Some(why) = &unsettled {
                let affinity = desired.column(name).map(|column| desired.affinity_of(column));
                // A cast leaves values of these classes as they are.
                let (to, classes) = match affinity {
                    Some(Affinity::Integer | Affinity::Numeric) => ("NUMERIC", "'integer', 'real'"),
                    Some(Affinity::Real) => ("REAL", "'real'"),
                    Some(Affinity::Text) => ("TEXT", "'text'"),
                    Some(Affinity::Blob) | None => return Err(why.clone()),
                };
                misfits.push(format!("typeof({value}) NOT IN ('null', {classes})"));
                value = format!("CAST({value} AS {to})");
            }
            if unsettled.is_some() || !compares_alike {
                are_as_before = false;
                value = format!("{value} COLLATE {}", wanted.quoted());
            }
            values.push(format!("{value} AS {quoted}"));
        }
        let rows = self.rows(table, columns)?;
        if are_as_before {
            return Ok(TypedRows::untyped(rows));
        }
        let premise = (!misfits.is_empty()).then(|| Premise {
            exceptions: format!("SELECT count(*) FROM {rows} AS r WHERE {}", misfits.join(" OR ")),
            otherwise: format!("{table} will hold values that are not of their column's type"),
        });
        let rows = format!("(SELECT {} FROM {rows} AS r)", values.join(", "));
        Ok(TypedRows { rows, premise })
    }

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
