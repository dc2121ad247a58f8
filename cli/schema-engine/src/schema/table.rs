//! One ordinary table, taken apart for comparison.

use super::column::Column;
use super::column_type::Affinity;
use super::constraints::{self, Constraint, Rule};
use crate::ident::Ident;
use crate::sql::create_table::{self, CreateTable, Deferral, ParseError, TableOption};

/// An ordinary table.
#[derive(Debug, Clone)]
pub struct Table {
    /// The table's name.
    pub name: Ident,
    /// The stored text.
    pub sql: String,
    /// Its place in the order of creation.
    pub ordinal: usize,
    /// The stored text taken apart.
    pub syntax: CreateTable,
    /// The columns in their order.
    pub columns: Vec<Column>,
    /// Keys and checks in the order in which they are written, each with its place.
    pub constraints: Vec<Constraint>,
    /// The primary key.
    pub primary_key: Option<PrimaryKey>,
    /// The UNIQUE constraints, of columns and of the table.
    pub uniques: Vec<UniqueKey>,
    /// The foreign keys, of columns and of the table.
    pub foreign_keys: Vec<ForeignKey>,
    /// The CHECK constraints in normal form, of columns and of the table.
    pub checks: Vec<String>,
    /// `STRICT`
    pub strict: bool,
    /// `WITHOUT ROWID`
    pub without_rowid: bool,
}

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// The columns in key order.
    pub columns: Vec<KeyColumn>,
    /// `AUTOINCREMENT`
    pub autoincrement: bool,
    /// Whether it is the rowid itself.
    pub rowid_alias: bool,
    /// `ON CONFLICT …`; `None` is ABORT.
    pub conflict: Option<String>,
}

/// A UNIQUE constraint. The order of its columns says nothing about what it forbids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UniqueKey {
    /// The columns, in the order of their names.
    pub columns: Vec<KeyColumn>,
    /// `ON CONFLICT …`; `None` is ABORT.
    pub conflict: Option<String>,
}

/// A column of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyColumn {
    /// The column.
    pub name: Ident,
    /// `COLLATE` inside the key.
    pub collation: Option<Ident>,
    /// `DESC`
    pub descending: bool,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignKey {
    /// The referring columns.
    pub columns: Vec<Ident>,
    /// The parent table.
    pub parent: Ident,
    /// The parent's columns; empty means its primary key.
    pub parent_columns: Vec<Ident>,
    /// `ON DELETE`, `NO ACTION` where nothing is said.
    pub on_delete: String,
    /// `ON UPDATE`, `NO ACTION` where nothing is said.
    pub on_update: String,
    /// When it is checked.
    pub deferral: Deferral,
}

impl Table {
    /// Reads a stored `CREATE TABLE`.
    ///
    /// # Errors
    /// When the text can't be read.
    pub fn from_sql(sql: impl Into<String>, ordinal: usize) -> Result<Self, ParseError> {
        let sql = sql.into();
        let syntax = create_table::parse(&sql)?;
        let has = |wanted| syntax.options.iter().any(|(option, _)| *option == wanted);
        let mut table = Self {
            name: syntax.name.clone(),
            ordinal,
            columns: syntax
                .columns
                .iter()
                .map(|column| Column::from_syntax(column, &syntax.columns, &sql))
                .collect(),
            constraints: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            strict: has(TableOption::Strict),
            without_rowid: has(TableOption::WithoutRowid),
            sql,
            syntax,
        };
        table.constraints = constraints::read(&table);
        for constraint in &table.constraints {
            match constraint.rule.clone() {
                Rule::PrimaryKey(key) => table.primary_key = Some(key),
                Rule::Unique(key) => table.uniques.push(key),
                Rule::ForeignKey(key) => table.foreign_keys.push(key),
                Rule::Check(check) => table.checks.push(check),
            }
        }
        Ok(table)
    }

    /// The column of this name.
    pub fn column(&self, name: &Ident) -> Option<&Column> {
        self.columns.iter().find(|column| &column.name == name)
    }

    /// Whether a column belongs to the primary key.
    pub fn is_key_column(&self, name: &Ident) -> bool {
        self.primary_key
            .as_ref()
            .is_some_and(|key| key.columns.iter().any(|column| &column.name == name))
    }

    /// The column that is the rowid itself.
    pub fn rowid_alias(&self) -> Option<&Ident> {
        let key = self.primary_key.as_ref().filter(|key| key.rowid_alias)?;
        key.columns.first().map(|column| &column.name)
    }

    /// Whether NULL can't be stored in a column, though nobody says so: the rowid is never NULL, nor
    /// is a key column of a table without one (<https://www.sqlite.org/withoutrowid.html>) or of a
    /// STRICT table (<https://www.sqlite.org/stricttables.html>).
    pub fn implies_not_null(&self, name: &Ident) -> bool {
        let rowid_alias = self.primary_key.as_ref().is_some_and(|key| key.rowid_alias);
        self.is_key_column(name) && (self.without_rowid || self.strict || rowid_alias)
    }

    /// How the table stores what is put into a column: `ANY` converts nothing in a STRICT table,
    /// and is NUMERIC elsewhere (<https://www.sqlite.org/stricttables.html>).
    pub fn affinity_of(&self, column: &Column) -> Affinity {
        if self.strict && column.declared_type.is_any() {
            Affinity::Blob
        } else {
            column.affinity()
        }
    }

    /// Whether a column takes nothing but values of its type. In a STRICT table the type is a
    /// rule, and the rowid is always an integer; elsewhere it is a wish.
    pub fn is_held_to_its_type(&self, column: &Column) -> bool {
        self.rowid_alias() == Some(&column.name) || (self.strict && !column.declared_type.is_any())
    }

    /// A name for the rowid that no column of this table has taken; `None` where there is no
    /// rowid, or none that can be named (<https://www.sqlite.org/rowidtable.html>).
    pub fn rowid_name(&self) -> Option<&'static str> {
        if self.without_rowid {
            return None;
        }
        ["rowid", "_rowid_", "oid"]
            .into_iter()
            .find(|name| self.column(&Ident::from(*name)).is_none())
    }

    /// Whether its rowids are handed out by `AUTOINCREMENT`.
    pub fn is_autoincrement(&self) -> bool {
        self.primary_key.as_ref().is_some_and(|key| key.autoincrement)
    }
}
