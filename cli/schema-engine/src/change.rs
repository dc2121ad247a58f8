//! The differences between two schemas, as values that hold both sides and no SQL of their own.

mod describe;
mod texts;

pub use describe::{Glyph, Line};
pub use texts::{LineKind, TextLine};

use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Column, ForeignKey, Index, Object, PrimaryKey, Table, UniqueKey};

/// One difference.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Change {
    /// A table is only desired.
    CreateTable(Box<Table>),
    /// A table is only there.
    DropTable(Box<Table>),
    /// A table is on both sides and differs.
    AlterTable(Box<TableDifference>),
    /// An index is only desired.
    CreateIndex(Index),
    /// An index is only there.
    DropIndex(Index),
    /// An index is on both sides and differs.
    ReplaceIndex(Pair<Index>),
    /// A view, trigger or virtual table is only desired.
    CreateObject(Object),
    /// A view, trigger or virtual table is only there.
    DropObject(Object),
    /// A view, trigger or virtual table is on both sides and differs.
    ReplaceObject(Pair<Object>),
}

/// All that differs in one table.
#[derive(Debug, Clone)]
pub struct TableDifference {
    /// The table on both sides.
    pub tables: Pair<Table>,
    /// What differs; never empty.
    pub changes: Vec<TableChange>,
}

/// One difference inside a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableChange {
    /// A column is only desired.
    AddColumn(Column),
    /// A column is only there.
    DropColumn(Column),
    /// A column is on both sides and differs in these aspects.
    AlterColumn {
        /// The column on both sides.
        columns: Pair<Column>,
        /// Where it differs; never empty.
        aspects: Vec<Aspect>,
    },
    /// The primary key differs.
    ChangePrimaryKey(Pair<Option<PrimaryKey>>),
    /// A UNIQUE constraint is only desired.
    AddUnique(UniqueKey),
    /// A UNIQUE constraint is only there.
    DropUnique(UniqueKey),
    /// A foreign key is only desired.
    AddForeignKey(ForeignKey),
    /// A foreign key is only there.
    DropForeignKey(ForeignKey),
    /// A CHECK constraint, in normal form, is only desired.
    AddCheck(String),
    /// A CHECK constraint, in normal form, is only there.
    DropCheck(String),
    /// `STRICT` is desired or not.
    ChangeStrict(Pair<bool>),
    /// `WITHOUT ROWID` is desired or not.
    ChangeWithoutRowid(Pair<bool>),
}

/// Where two columns of one name can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// The declared type.
    Type,
    /// `NOT NULL`
    NotNull,
    /// `DEFAULT`
    Default,
    /// `COLLATE`
    Collation,
    /// `AS (…)`
    Generated,
}

impl TableChange {
    /// Whether the table keeps its columns, and so every value that it holds.
    pub fn keeps_columns(&self) -> bool {
        !matches!(self, Self::AddColumn(_) | Self::DropColumn(_))
    }
}

impl Change {
    /// The table that the change is about; for a view or a virtual table that itself.
    pub fn subject(&self) -> &Ident {
        match self {
            Self::CreateTable(table) | Self::DropTable(table) => &table.name,
            Self::AlterTable(difference) => &difference.tables.current.name,
            Self::CreateIndex(index) | Self::DropIndex(index) => &index.table,
            Self::ReplaceIndex(indexes) => &indexes.desired.table,
            Self::CreateObject(object) | Self::DropObject(object) => &object.table,
            Self::ReplaceObject(objects) => &objects.desired.table,
        }
    }
}
