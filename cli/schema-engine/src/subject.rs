//! What a hazard or a question is about: a table or one of its columns.

use crate::ident::Ident;
use std::fmt;

/// A table or a column by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A table.
    Table(Ident),
    /// A column.
    Column {
        /// The column's table.
        table: Ident,
        /// The column.
        column: Ident,
    },
}

impl Subject {
    /// A column of a table.
    #[must_use]
    pub fn column(table: &Ident, column: &Ident) -> Self {
        Self::Column { table: table.clone(), column: column.clone() }
    }

    /// The last part of the name.
    #[must_use]
    pub fn name(&self) -> &Ident {
        match self {
            Self::Table(name) | Self::Column { column: name, .. } => name,
        }
    }
}

/// `tags` for a table and `tasks.prio` for a column.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(table) => write!(f, "{table}"),
            Self::Column { table, column } => write!(f, "{table}.{column}"),
        }
    }
}
