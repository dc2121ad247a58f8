//! One column, taken apart for comparison.

use super::column_type::{Affinity, DeclaredType};
use super::default::DefaultValue;
use crate::ident::Ident;
use crate::sql::create_table::{ColumnClauseKind, ColumnSyntax};
use crate::sql::normal::normal_over;

/// A column of an ordinary table. Keys, checks and references are the table's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The column's name.
    pub name: Ident,
    /// The declared type; empty text where there is none.
    pub declared_type: DeclaredType,
    /// `NOT NULL`, with what it does on a conflict.
    pub not_null: Option<NotNull>,
    /// `DEFAULT`, unless it is NULL, which is the same as none.
    pub default: Option<DefaultValue>,
    /// `COLLATE`, unless it is BINARY, which is the same as none.
    pub collation: Option<Ident>,
    /// `AS (…)`
    pub generated: Option<Generated>,
}

/// A NOT NULL constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotNull {
    /// `ON CONFLICT …`; `None` is ABORT.
    pub conflict: Option<String>,
}

/// How a generated column gets its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The expression in normal form.
    pub expression: String,
    /// Whether the value is kept in the row (`STORED`) or worked out when read (`VIRTUAL`).
    pub stored: bool,
}

impl Column {
    /// A column among those of its table.
    pub(super) fn from_syntax(syntax: &ColumnSyntax, columns: &[ColumnSyntax], sql: &str) -> Self {
        let declared = syntax.type_span.clone().map_or("", |span| &sql[span]);
        let mut column = Self {
            name: syntax.name.clone(),
            declared_type: DeclaredType::new(declared),
            not_null: None,
            default: None,
            collation: None,
            generated: None,
        };
        for clause in &syntax.clauses {
            match &clause.kind {
                ColumnClauseKind::NotNull { conflict } => {
                    column.not_null = Some(NotNull { conflict: conflict.clone() });
                }
                ColumnClauseKind::Default(span) => {
                    let value = DefaultValue::new(&sql[span.clone()]);
                    column.default = Some(value).filter(|value| !value.is_null());
                }
                ColumnClauseKind::Collate(name) => {
                    column.collation =
                        Some(name.clone()).filter(|name| *name != Ident::from("BINARY"));
                }
                ColumnClauseKind::Generated { expression, stored } => {
                    let expression = normal_over(&sql[expression.clone()], columns);
                    column.generated = Some(Generated { expression, stored: *stored });
                }
                ColumnClauseKind::PrimaryKey { .. }
                | ColumnClauseKind::Null
                | ColumnClauseKind::Unique { .. }
                | ColumnClauseKind::Check(_)
                | ColumnClauseKind::References(_)
                | ColumnClauseKind::NameOnly => {}
            }
        }
        column
    }

    /// The affinity that the declared type gives.
    pub fn affinity(&self) -> Affinity {
        self.declared_type.affinity()
    }

    /// Whether both defaults give the same value.
    pub fn default_means_the_same_as(&self, other: &Self) -> bool {
        match (&self.default, &other.default) {
            (Some(one), Some(two)) => one.means_the_same_as(two, other.affinity()),
            (one, two) => one.is_none() && two.is_none(),
        }
    }
}
