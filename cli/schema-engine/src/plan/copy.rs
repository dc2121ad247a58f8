//! The copy inside a rebuild: which row of the old table gives which value of the new one.

use super::{PlanOptions, Wording};
use crate::answers::converts;
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Affinity, Column, DefaultValue, Rule, Schema, Table};

/// The number of a row, from 1 on: a value that no other row of the copy has.
const ROW_NUMBER: &str = "row_number() OVER ()";

/// Copying the rows of one table into another.
pub(super) struct Copy<'a> {
    /// The table that holds the rows.
    pub(super) current: &'a Table,
    /// The table that gets them.
    pub(super) target: &'a Table,
    /// The schema that the target belongs to.
    pub(super) desired: &'a Schema,
    pub(super) options: &'a PlanOptions<'a>,
}

impl Copy<'_> {
    /// The statement that copies every row.
    pub(super) fn statement(&self, temporary: &Ident) -> String {
        let mut into = Vec::new();
        let mut from = Vec::new();
        if let Some((target, current)) = self.rowid() {
            into.push(target);
            from.push(current);
        }
        for column in self.plain_columns() {
            if let Some(source) = self.source(column)
                && !into.contains(&column.name.quoted())
            {
                into.push(column.name.quoted());
                from.push(source);
            }
        }
        if into.is_empty()
            && let Some(column) = self.plain_columns().next()
        {
            // The tables share nothing, and there are as many rows as before.
            into.push(column.name.quoted());
            from.push(
                column.default.as_ref().map_or("NULL".to_owned(), DefaultValue::as_expression),
            );
        }
        // OR ABORT goes before the conflict clauses of the new table: IGNORE or REPLACE there
        // would leave rows out without a word (https://www.sqlite.org/lang_conflict.html).
        //
        // `old."x"` can only be a column. A bare "x" that names none would silently be the
        // string 'x' (https://www.sqlite.org/quirks.html#dblquote).
        format!(
            "INSERT OR ABORT INTO {} ({}) SELECT {} FROM {} AS old",
            temporary.quoted(),
            into.join(", "),
            from.join(", "),
            self.current.name.quoted()
        )
    }

    fn plain_columns(&self) -> impl Iterator<Item = &Column> {
        self.target.columns.iter().filter(|column| column.generated.is_none())
    }

    /// How the rowid is written and read; `None` where a column carries it anyway, or where one
    /// of the tables has none.
    ///
    /// A key that is the rowid and is new takes the rowid that the row had.
    pub(super) fn rowid(&self) -> Option<(String, String)> {
        let named = |table: &Table| match table.rowid_alias() {
            Some(alias) => Some(alias.quoted()),
            None => table.rowid_name().map(str::to_owned),
        };
        if let Some(alias) = self.target.rowid_alias()
            && (self.current.column(alias).is_some() || self.fill(alias).is_some())
        {
            return None;
        }
        Some((named(self.target)?, format!("old.{}", named(self.current)?)))
    }

    fn fill(&self, column: &Ident) -> Option<String> {
        self.said(column).map(|expression| format!("({expression})"))
    }

    fn said(&self, column: &Ident) -> Option<&str> {
        let fill = self.options.fills.get(&(self.current.name.clone(), column.clone()));
        fill.map(String::as_str)
    }

    /// What a column of the new table is filled with; `None` leaves it to its default.
    fn source(&self, column: &Column) -> Option<String> {
        let instead = self.instead_of_null(column);
        let Some(old) = self.current.column(&column.name) else {
            return instead;
        };
        if let Some(conversion) = self.conversion(column) {
            return Some(conversion);
        }
        let value = format!("old.{}", old.name.quoted());
        Some(match instead {
            Some(expression) => format!("coalesce({value}, {expression})"),
            None => value,
        })
    }

    /// What every value becomes in a column that gets another type, where that was said.
    /// Left alone, SQLite would convert some values and keep others as they are
    /// (<https://www.sqlite.org/datatype3.html#type_affinity>).
    fn conversion(&self, column: &Column) -> Option<String> {
        let expression = self.said(&column.name)?;
        let tables = Pair::new(self.current, self.target);
        converts(expression, tables, &column.name).then(|| format!("({expression})"))
    }

    /// What takes the place of a value that is missing, where the column must have one.
    pub(super) fn instead_of_null(&self, column: &Column) -> Option<String> {
        let Self { current, target, .. } = self;
        let Some(old) = current.column(&column.name) else {
            return self.fill(&column.name).or_else(|| self.placeholder(column));
        };
        let was_nullable = old.not_null.is_none() && !current.implies_not_null(&old.name);
        // NULL in the key that is the rowid becomes the next number.
        let must_not_be_null = target.rowid_alias() != Some(&column.name)
            && (column.not_null.is_some() || target.implies_not_null(&column.name));
        if !(was_nullable && must_not_be_null) {
            return None;
        }
        self.fill(&column.name).or_else(|| column.default.as_ref().map(DefaultValue::as_expression))
    }

    /// The same in words.
    pub(super) fn fills(&self) -> Vec<String> {
        self.plain_columns()
            .filter_map(|column| {
                if let Some(expression) = self.conversion(column) {
                    return Some(format!("every {} becomes {expression}", column.name));
                }
                let expression = self.instead_of_null(column)?;
                let subject = match self.current.column(&column.name) {
                    Some(_) => format!("NULL in {}", column.name),
                    None => format!("{} of the rows that are there", column.name),
                };
                Some(format!("{subject} becomes {expression}"))
            })
            .collect()
    }

    /// What stands in for values that are gone, on the way back to a table whose column must have
    /// one: the emptiest value that the model can still read. In a key it is NULL, or where that
    /// can't be, a value that no other row has: the default would be there twice, or refer to
    /// nothing.
    fn placeholder(&self, column: &Column) -> Option<String> {
        if self.options.wording != Wording::Desired {
            return None;
        }
        let in_primary_key = self.target.is_key_column(&column.name);
        let not_null = column.not_null.is_some() || in_primary_key;
        if !not_null && (self.is_unique(column) || self.refers(column)) {
            return Some("NULL".to_owned());
        }
        if in_primary_key || self.is_unique(column) {
            return Some(distinct(column));
        }
        (not_null && column.default.is_none()).then(|| emptiest(column).to_owned())
    }

    fn refers(&self, column: &Column) -> bool {
        self.target.foreign_keys.iter().any(|key| key.columns.contains(&column.name))
    }

    /// Whether a UNIQUE constraint or a unique index holds the column.
    fn is_unique(&self, column: &Column) -> bool {
        let constraint = self.target.constraints.iter().any(|constraint| {
            matches!(&constraint.rule, Rule::Unique(key)
                if key.columns.iter().any(|part| part.name == column.name))
        });
        let mut indexes = self.desired.indexes_of(&self.target.name);
        constraint || indexes.any(|index| index.unique && index.mentions(&column.name))
    }
}

/// What a declared type says about the values that a model reads from the column.
enum Kind {
    DateTime,
    Date,
    Time,
    Json,
    Uuid,
    Other(Affinity),
}

fn kind(column: &Column) -> Kind {
    let declared = column.declared_type.as_str().to_ascii_lowercase();
    let starts = |names: &[&str]| names.iter().any(|name| declared.starts_with(name));
    if starts(&["datetime", "timestamp"]) {
        Kind::DateTime
    } else if starts(&["date"]) {
        Kind::Date
    } else if starts(&["time"]) {
        Kind::Time
    } else if starts(&["json"]) {
        Kind::Json
    } else if starts(&["uuid"]) {
        Kind::Uuid
    } else {
        Kind::Other(column.affinity())
    }
}

fn emptiest(column: &Column) -> &'static str {
    match kind(column) {
        Kind::DateTime => "'1970-01-01 00:00:00'",
        Kind::Date => "'1970-01-01'",
        Kind::Time => "'00:00:00'",
        Kind::Json => "'null'",
        Kind::Uuid => "'00000000-0000-0000-0000-000000000000'",
        Kind::Other(Affinity::Integer | Affinity::Real | Affinity::Numeric) => "0",
        Kind::Other(Affinity::Text) => "''",
        Kind::Other(Affinity::Blob) => "x''",
    }
}

fn distinct(column: &Column) -> String {
    match kind(column) {
        Kind::DateTime => format!("datetime({ROW_NUMBER}, 'unixepoch')"),
        Kind::Date => format!("date('1970-01-01', {ROW_NUMBER} || ' days')"),
        Kind::Time => format!("time({ROW_NUMBER}, 'unixepoch')"),
        Kind::Uuid => format!("printf('00000000-0000-0000-0000-%012d', {ROW_NUMBER})"),
        Kind::Other(Affinity::Blob) => format!("CAST({ROW_NUMBER} AS BLOB)"),
        Kind::Json | Kind::Other(_) => ROW_NUMBER.to_owned(),
    }
}
