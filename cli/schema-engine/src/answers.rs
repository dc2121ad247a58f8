//! What nobody can read from two schemas and somebody has to say: renames, values to fill in,
//! losses that are meant.

mod fills;
mod hints;
mod new_names;

use crate::error::{Error, Result};
use crate::hazard::HazardCode;
use crate::ident::Ident;
use crate::plan::{Statement, StatementKind};
use crate::subject::Subject;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// Answers given beforehand.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// What was renamed, in the order in which it is done.
    pub renames: Vec<Rename>,
    /// Expressions over a row for columns that must not be NULL, by table and column.
    pub fills: BTreeMap<(Ident, Ident), String>,
    /// Hazards that are meant.
    pub accepted: BTreeSet<HazardCode>,
    /// What is gone and has no new name, though something new resembles it.
    pub not_renamed: BTreeSet<Subject>,
}

/// A table or a column that got another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rename {
    /// A table.
    Table {
        /// Its name so far.
        from: Ident,
        /// Its name from now on.
        to: Ident,
    },
    /// A column.
    Column {
        /// The column's table.
        table: Ident,
        /// Its name so far.
        from: Ident,
        /// Its name from now on.
        to: Ident,
    },
}

impl Rename {
    /// The way back.
    #[must_use]
    pub fn reversed(&self) -> Self {
        match self.clone() {
            Self::Table { from, to } => Self::Table { from: to, to: from },
            Self::Column { table, from, to } => Self::Column { table, from: to, to: from },
        }
    }

    /// The statement that does it, in which SQLite rewrites every mention of the name
    /// (<https://www.sqlite.org/lang_altertable.html#altertabrename>).
    #[must_use]
    pub fn statement(&self) -> Statement {
        match self {
            Self::Table { from, to } => Statement {
                kind: StatementKind::RenameTable,
                subject: from.clone(),
                sql: format!("ALTER TABLE {} RENAME TO {}", from.quoted(), to.quoted()),
            },
            Self::Column { table, from, to } => Statement {
                kind: StatementKind::RenameColumn,
                subject: table.clone(),
                sql: format!(
                    "ALTER TABLE {} RENAME COLUMN {} TO {}",
                    table.quoted(),
                    from.quoted(),
                    to.quoted()
                ),
            },
        }
    }

    /// The new name as it is shown: `labels` for a table and `tasks.priority` for a column.
    #[must_use]
    pub fn target(&self) -> Subject {
        match self {
            Self::Table { to, .. } => Subject::Table(to.clone()),
            Self::Column { table, to, .. } => Subject::column(table, to),
        }
    }

    /// The rename in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Table { from, to } => format!("table {from} renamed to {to}"),
            Self::Column { table, from, to } => format!("column {table}.{from} renamed to {to}"),
        }
    }
}

/// As it is given behind `--rename`.
impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { from, to } => write!(f, "{from}={to}"),
            Self::Column { table, from, to } => write!(f, "{table}.{from}={to}"),
        }
    }
}

/// Reads `tags=labels` for a table and `tasks.prio=priority` for a column.
impl FromStr for Rename {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let malformed = || {
            Error::usage(format!("`{text}` is no rename"))
                .next("Write `old=new` for a table and `table.old=new` for a column.")
        };
        let (from, to) = text.split_once('=').ok_or_else(malformed)?;
        let (table, from) = match from.split_once('.') {
            Some((table, from)) => (Some(table), from),
            None => (None, from),
        };
        let to = match table {
            Some(table) => to.strip_prefix(&format!("{table}.")).unwrap_or(to),
            None => to,
        };
        if from.is_empty() || to.is_empty() || table == Some("") {
            return Err(malformed());
        }
        let (from, to) = (Ident::from(from), Ident::from(to));
        Ok(match table {
            Some(table) => Self::Column { table: Ident::from(table), from, to },
            None => Self::Table { from, to },
        })
    }
}

/// An expression over a row for a column that must not be NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// The column's table.
    pub table: Ident,
    /// The column.
    pub column: Ident,
    /// The expression.
    pub expression: String,
}

/// Reads `tasks.points=0`.
impl FromStr for Fill {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('=').and_then(|(column, expression)| {
            let (table, column) = column.split_once('.')?;
            let expression = expression.trim();
            let said = !(table.is_empty() || column.is_empty() || expression.is_empty());
            said.then(|| Self {
                table: Ident::from(table),
                column: Ident::from(column),
                expression: expression.to_owned(),
            })
        });
        parts.ok_or_else(|| {
            Error::usage(format!("`{text}` is no fill"))
                .next("Write `table.column=expression`, as in `tasks.points=0`.")
        })
    }
}

impl Answers {
    /// The answers from what was given on a command line.
    #[must_use]
    pub fn new(
        renames: Vec<Rename>,
        fills: Vec<Fill>,
        accepted: impl IntoIterator<Item = HazardCode>,
    ) -> Self {
        let fills = fills.into_iter().map(|fill| ((fill.table, fill.column), fill.expression));
        let (fills, accepted) = (fills.collect(), accepted.into_iter().collect());
        Self { renames, fills, accepted, not_renamed: BTreeSet::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renames_are_read() {
        let column =
            Rename::Column { table: "tasks".into(), from: "prio".into(), to: "priority".into() };
        assert_eq!("tasks.prio=priority".parse::<Rename>().unwrap(), column);
        assert_eq!("tasks.prio=tasks.priority".parse::<Rename>().unwrap(), column);
        assert_eq!(
            "tags=labels".parse::<Rename>().unwrap(),
            Rename::Table { from: "tags".into(), to: "labels".into() }
        );
        for text in ["", "a", "=b", "a=", ".a=b", "t.=b"] {
            assert!(text.parse::<Rename>().is_err(), "{text}");
        }
    }

    #[test]
    fn fills_are_read() {
        let fill: Fill = "tasks.points=1 = 1".parse().unwrap();
        assert_eq!((fill.table, fill.column), (Ident::from("tasks"), Ident::from("points")));
        assert_eq!(fill.expression, "1 = 1");
        assert!("tasks=0".parse::<Fill>().is_err() && "tasks.points=".parse::<Fill>().is_err());
    }
}
