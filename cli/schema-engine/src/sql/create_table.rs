//! `CREATE TABLE` as SQLite stores it, clause by clause and with the place of each clause.
//!
//! The grammar is <https://www.sqlite.org/lang_createtable.html>, with what SQLite's own parser
//! takes beyond that page: table constraints without commas between them, a constraint name with
//! no constraint behind it, and names in single quotes.

mod clauses;

pub(super) use clauses::indexed_column;

use super::cursor::Cursor;
pub use super::cursor::ParseError;
use crate::ident::Ident;
use std::ops::Range;

/// A stored `CREATE TABLE` statement, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    /// The table's name.
    pub name: Ident,
    /// Where the name stands.
    pub name_span: Range<usize>,
    /// The columns in their order.
    pub columns: Vec<ColumnSyntax>,
    /// The table constraints in their order.
    pub constraints: Vec<ConstraintSyntax>,
    /// Where the closing parenthesis of the body stands.
    pub body_end: usize,
    /// The options behind the body.
    pub options: Vec<(TableOption, Range<usize>)>,
}

impl CreateTable {
    /// The column of this name.
    pub fn column(&self, name: &Ident) -> Option<&ColumnSyntax> {
        self.columns.iter().find(|column| &column.name == name)
    }

    /// Where one more table constraint goes: behind the last one, or behind the columns.
    pub fn constraints_end(&self) -> usize {
        let last = self.constraints.last().map(|constraint| constraint.span.end);
        let last = last.or(self.columns.last().map(|column| column.span.end));
        last.unwrap_or(self.body_end)
    }
}

/// What can stand behind the body of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableOption {
    /// `WITHOUT ROWID`
    WithoutRowid,
    /// `STRICT`
    Strict,
}

/// One column of a stored table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSyntax {
    /// The column's name.
    pub name: Ident,
    /// Where the name stands.
    pub name_span: Range<usize>,
    /// Where the declared type stands; `None` for a column without one.
    pub type_span: Option<Range<usize>>,
    /// The column constraints in their order.
    pub clauses: Vec<ColumnClause>,
    /// The whole definition.
    pub span: Range<usize>,
}

/// A column constraint and where it stands, its `CONSTRAINT name` included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnClause {
    /// The name given with `CONSTRAINT`.
    pub name: Option<Ident>,
    /// What it says.
    pub kind: ColumnClauseKind,
    /// Where it stands.
    pub span: Range<usize>,
}

/// What a column constraint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnClauseKind {
    /// `PRIMARY KEY`
    PrimaryKey {
        /// `DESC`, which makes it no alias of the rowid.
        descending: bool,
        /// `AUTOINCREMENT`
        autoincrement: bool,
        /// `ON CONFLICT …`
        conflict: Option<String>,
    },
    /// `NOT NULL`
    NotNull {
        /// `ON CONFLICT …`
        conflict: Option<String>,
    },
    /// An explicit `NULL`, which says nothing.
    Null,
    /// `UNIQUE`
    Unique {
        /// `ON CONFLICT …`
        conflict: Option<String>,
    },
    /// `CHECK (…)`, with the expression's place.
    Check(Range<usize>),
    /// `DEFAULT …`, with the value's place (its parentheses included).
    Default(Range<usize>),
    /// `COLLATE name`
    Collate(Ident),
    /// `REFERENCES …`
    References(Reference),
    /// `AS (…)`, with the expression's place.
    Generated {
        /// The expression's place.
        expression: Range<usize>,
        /// `STORED` rather than `VIRTUAL`.
        stored: bool,
    },
    /// `CONSTRAINT name` with nothing behind it.
    NameOnly,
}

/// A table constraint and where it stands, its `CONSTRAINT name` included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstraintSyntax {
    /// The name given with `CONSTRAINT`.
    pub name: Option<Ident>,
    /// What it says.
    pub kind: ConstraintKind,
    /// Where it stands.
    pub span: Range<usize>,
}

/// What a table constraint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintKind {
    /// `PRIMARY KEY (…)`
    PrimaryKey {
        /// The key's columns in key order.
        columns: Vec<IndexedColumn>,
        /// `AUTOINCREMENT`, which SQLite takes inside these parentheses too.
        autoincrement: bool,
        /// `ON CONFLICT …`
        conflict: Option<String>,
    },
    /// `UNIQUE (…)`
    Unique {
        /// The columns.
        columns: Vec<IndexedColumn>,
        /// `ON CONFLICT …`
        conflict: Option<String>,
    },
    /// `CHECK (…)`, with the expression's place.
    Check(Range<usize>),
    /// `FOREIGN KEY (…) REFERENCES …`
    ForeignKey {
        /// The referring columns.
        columns: Vec<Ident>,
        /// What they refer to.
        reference: Reference,
    },
    /// `CONSTRAINT name` with nothing behind it.
    NameOnly,
}

/// A column of a key, an index or a UNIQUE constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedColumn {
    /// The column's name, or an expression's text in an index.
    pub expression: Range<usize>,
    /// The name, where the expression is just that.
    pub name: Option<Ident>,
    /// `COLLATE name`
    pub collation: Option<Ident>,
    /// `DESC`
    pub descending: bool,
}

/// The target of a foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The parent table.
    pub table: Ident,
    /// The parent's columns; empty means its primary key.
    pub columns: Vec<Ident>,
    /// `ON DELETE …`, in capitals; `None` where it isn't said.
    pub on_delete: Option<String>,
    /// `ON UPDATE …`, in capitals; `None` where it isn't said.
    pub on_update: Option<String>,
    /// `MATCH name`
    pub matching: Option<Ident>,
    /// When it is checked.
    pub deferral: Deferral,
}

/// When a foreign key is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deferral {
    /// At each statement. `DEFERRABLE INITIALLY IMMEDIATE` is that in SQLite, too.
    Immediate,
    /// `DEFERRABLE INITIALLY DEFERRED`: at the commit.
    Deferred,
}

/// Takes a stored `CREATE TABLE` apart.
///
/// # Errors
/// When the text isn't one, with the byte at which it stops to be one.
pub fn parse(sql: &str) -> Result<CreateTable, ParseError> {
    let mut cursor = Cursor::new(sql)?;
    cursor.expect_word("CREATE")?;
    if !cursor.take_words(&["TEMP"]) {
        cursor.take_words(&["TEMPORARY"]);
    }
    cursor.expect_word("TABLE")?;
    cursor.take_words(&["IF", "NOT", "EXISTS"]);
    let mut name_start = cursor.offset();
    let mut name = cursor.expect_name()?;
    if cursor.take_symbol(".") {
        name_start = cursor.offset();
        name = cursor.expect_name()?;
    }
    let name_span = name_start..cursor.last_end();
    cursor.expect_symbol("(")?;
    let mut columns = vec![clauses::column(&mut cursor)?];
    let mut constraints = Vec::new();
    while cursor.take_symbol(",") {
        if clauses::at_constraint(&cursor) {
            clauses::constraints(&mut cursor, &mut constraints)?;
            break;
        }
        columns.push(clauses::column(&mut cursor)?);
    }
    let body_end = cursor.offset();
    cursor.expect_symbol(")")?;
    let options = clauses::options(&mut cursor)?;
    Ok(CreateTable { name, name_span, columns, constraints, body_end, options })
}

/// Takes one table constraint apart, as it would stand in a table's body.
///
/// # Errors
/// When the text isn't exactly one constraint.
pub fn parse_constraint(sql: &str) -> Result<ConstraintSyntax, ParseError> {
    let mut cursor = Cursor::new(sql)?;
    let mut found = Vec::new();
    clauses::constraints(&mut cursor, &mut found)?;
    match (found.pop(), found.is_empty(), cursor.peek()) {
        (Some(constraint), true, None) => Ok(constraint),
        _ => Err(cursor.error("one table constraint expected")),
    }
}

#[cfg(test)]
mod tests;
