//! What nobody can read from two schemas and somebody has to say: renames, values to fill in,
//! losses that are meant.

mod fills;
mod hints;
mod spelling;

use crate::error::{Error, Result};
use crate::hazard::HazardCode;
use crate::ident::Ident;
use crate::pair::Pair;
use crate::plan::{Statement, StatementKind};
use crate::schema::Table;
use crate::sql::normal::mentions;
use crate::subject::Subject;
use spelling::{leading_name, spelled};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// Answers given beforehand.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// What was renamed, in the order in which it is done.
    pub renames: Vec<Rename>,
    /// Expressions over a row for columns that must not be NULL or get another type, by table and
    /// column.
    pub fills: BTreeMap<(Ident, Ident), String>,
    /// Hazards whose cost is accepted.
    pub accepted: BTreeSet<HazardCode>,
    /// What is gone and has no new name, though something new resembles it.
    pub not_renamed: BTreeSet<Subject>,
    /// What becomes of dropped columns and tables.
    pub dropped: Dropped,
}

/// What becomes of the values of columns and tables that are dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Dropped {
    /// They are gone.
    #[default]
    Gone,
    /// They are parked in the database.
    Parked {
        /// The revision that parks them; their place is named after it.
        revision: String,
    },
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

    /// The statements that do it, in which SQLite rewrites every mention of the name
    /// (<https://www.sqlite.org/lang_altertable.html#altertabrename>).
    ///
    /// One, but for a table that changes the letter case of its name: SQLite finds the new name
    /// taken, so it goes over another one.
    #[must_use]
    pub fn statements(&self) -> Vec<Statement> {
        match self {
            Self::Table { from, to } if from == to => {
                let between = Ident::from(format!("{to}__renamed"));
                vec![rename_table(from, &between), rename_table(&between, to)]
            }
            Self::Table { from, to } => vec![rename_table(from, to)],
            Self::Column { table, from, to } => vec![Statement {
                kind: StatementKind::RenameColumn,
                subject: table.clone(),
                sql: format!(
                    "ALTER TABLE {} RENAME COLUMN {} TO {}",
                    table.quoted(),
                    from.quoted(),
                    to.quoted()
                ),
            }],
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

fn rename_table(from: &Ident, to: &Ident) -> Statement {
    Statement {
        kind: StatementKind::RenameTable,
        subject: from.clone(),
        sql: format!("ALTER TABLE {} RENAME TO {}", from.quoted(), to.quoted()),
    }
}

/// As it is given behind `--rename`.
impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { from, to } => write!(f, "{}={}", spelled(from), spelled(to)),
            Self::Column { table, from, to } => {
                write!(f, "{}.{}={}", spelled(table), spelled(from), spelled(to))
            }
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
        read_rename(text).ok_or_else(malformed)
    }
}

fn read_rename(text: &str) -> Option<Rename> {
    let (first, rest) = leading_name(text, &['.', '='])?;
    let (table, from, rest) = match rest.strip_prefix('.') {
        Some(rest) => {
            let (from, rest) = leading_name(rest, &['='])?;
            (Some(first), from, rest)
        }
        None => (None, first, rest),
    };
    let to = rest.strip_prefix('=')?;
    let to = match (&table, leading_name(to, &['.'])) {
        // `tasks.prio=tasks.priority` says the table twice.
        (Some(table), Some((again, rest))) if again == *table => {
            rest.strip_prefix('.').unwrap_or(to)
        }
        _ => to,
    };
    let (to, rest) = leading_name(to, &[])?;
    rest.is_empty().then_some(match table {
        Some(table) => Rename::Column { table, from, to },
        None => Rename::Table { from, to },
    })
}

/// An expression over a row for a column that must not be NULL or gets another type.
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
        let read = || {
            let (table, rest) = leading_name(text, &['.', '='])?;
            let (column, rest) = leading_name(rest.strip_prefix('.')?, &['='])?;
            let expression = rest.strip_prefix('=')?.trim().to_owned();
            (!expression.is_empty()).then_some(Self { table, column, expression })
        };
        read().ok_or_else(|| {
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
        let (not_renamed, dropped) = (BTreeSet::new(), Dropped::Gone);
        Self { renames, fills, accepted, not_renamed, dropped }
    }
}

/// Whether a fill says what every value of a column becomes, and not only what takes the place of
/// NULL.
///
/// It does where values can't stay what they are: the column gets another affinity, or is held to
/// its type from now on. Where NULL goes as well, only an expression that reads the column is a
/// conversion: `0` is meant for the NULLs.
#[must_use]
pub fn converts(expression: &str, tables: Pair<&Table>, column: &Ident) -> bool {
    let columns = tables.map(|table| table.column(column));
    let (Some(old), Some(new)) = (columns.current, columns.desired) else { return false };
    let nulls_go = old.not_null.is_none() && new.not_null.is_some();
    may_convert(tables, column) && (!nulls_go || mentions(expression, column))
}

/// Whether a column's values can't stay what they are, so that a fill may convert them.
fn may_convert(tables: Pair<&Table>, column: &Ident) -> bool {
    let columns = tables.map(|table| table.column(column));
    let (Some(old), Some(new)) = (columns.current, columns.desired) else { return false };
    let Pair { current, desired } = tables;
    let other_class = current.affinity_of(old) != desired.affinity_of(new);
    other_class || !current.is_held_to_its_type(old) && desired.is_held_to_its_type(new)
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
        for text in
            ["", "a", "=b", "a=", ".a=b", "t.=b", "t.a=\"b", "\"t\"x=b", "t.a=\"b\"c", "t.a=t."]
        {
            assert!(text.parse::<Rename>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_fill_converts_what_it_reads() {
        let table = |text: &str| Table::from_sql(text, 0).unwrap();
        let nullable = table("CREATE TABLE t (x text)");
        let convert = |expression: &str, after: &str| {
            converts(expression, Pair::new(&nullable, &table(after)), &"x".into())
        };
        assert!(convert("CAST(x AS INTEGER)", "CREATE TABLE t (x integer NOT NULL)"));
        assert!(!convert("0", "CREATE TABLE t (x integer NOT NULL)"));
        assert!(convert("0", "CREATE TABLE t (x integer)"));
        assert!(convert("lower(x)", "CREATE TABLE t (x text) STRICT"));
        assert!(!convert("lower(x)", "CREATE TABLE t (x varchar NOT NULL)"));
        assert!(!convert("lower(x)", "CREATE TABLE t (y text)"));
    }

    #[test]
    fn what_is_shown_can_be_typed() {
        for names in [["t", "a", "b"], ["a.b", "c=d", "e\"f"], ["größe", "a b", "it's"]] {
            let [table, from, to] = names.map(Ident::from);
            let column = Rename::Column { table, from: from.clone(), to: to.clone() };
            assert_eq!(column.to_string().parse::<Rename>().unwrap(), column);
            let table = Rename::Table { from, to };
            assert_eq!(table.to_string().parse::<Rename>().unwrap(), table);
        }
        let fill = "\"a.b\".\"c=d\"= 1".parse::<Fill>().unwrap();
        assert_eq!((fill.table, fill.column), (Ident::from("a.b"), Ident::from("c=d")));
    }

    #[test]
    fn fills_are_read() {
        let fill: Fill = "tasks.points=1 = 1".parse().unwrap();
        assert_eq!((fill.table, fill.column), (Ident::from("tasks"), Ident::from("points")));
        assert_eq!(fill.expression, "1 = 1");
        assert!("tasks=0".parse::<Fill>().is_err() && "tasks.points=".parse::<Fill>().is_err());
    }
}
