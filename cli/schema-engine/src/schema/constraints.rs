//! Keys and checks of a table, wherever they are written: behind a column or behind them all.

use super::table::{ForeignKey, KeyColumn, PrimaryKey, Table, UniqueKey};
use crate::ident::Ident;
use crate::sql::create_table::{
    ColumnClauseKind, ColumnSyntax, ConstraintKind, ConstraintSyntax, IndexedColumn, Reference,
};
use crate::sql::normal::normal_over;
use std::ops::Range;

/// A key or a check and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// The column behind which it stands; `None` for one of the table.
    pub column: Option<Ident>,
    /// Where it stands, its name included.
    pub span: Range<usize>,
    /// What it says.
    pub rule: Rule,
}

/// What a key or a check says, its name aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// `PRIMARY KEY`
    PrimaryKey(PrimaryKey),
    /// `UNIQUE`
    Unique(UniqueKey),
    /// `REFERENCES`
    ForeignKey(ForeignKey),
    /// `CHECK`, the expression in normal form.
    Check(String),
}

pub(super) fn read(table: &Table) -> Vec<Constraint> {
    let mut found: Vec<Constraint> =
        table.syntax.columns.iter().flat_map(|column| of_column(table, column)).collect();
    found.extend(table.syntax.constraints.iter().filter_map(|syntax| of_table(table, syntax)));
    found
}

fn of_column<'a>(
    table: &'a Table,
    column: &'a ColumnSyntax,
) -> impl Iterator<Item = Constraint> + 'a {
    let key =
        |descending| vec![KeyColumn { name: column.name.clone(), collation: None, descending }];
    column.clauses.iter().filter_map(move |clause| {
        let rule = match &clause.kind {
            ColumnClauseKind::PrimaryKey { descending, autoincrement, conflict } => {
                Rule::PrimaryKey(PrimaryKey {
                    // `INTEGER PRIMARY KEY DESC` is no alias of the rowid, by an old accident
                    // that was kept (https://www.sqlite.org/lang_createtable.html#rowid).
                    rowid_alias: !descending && is_rowid(table, &column.name),
                    columns: key(*descending),
                    autoincrement: *autoincrement,
                    conflict: conflict.clone(),
                })
            }
            ColumnClauseKind::Unique { conflict } => {
                Rule::Unique(UniqueKey { columns: key(false), conflict: conflict.clone() })
            }
            ColumnClauseKind::Check(span) => Rule::Check(check(table, span)),
            ColumnClauseKind::References(reference) => {
                Rule::ForeignKey(foreign_key(vec![column.name.clone()], reference))
            }
            _ => return None,
        };
        Some(Constraint { column: Some(column.name.clone()), span: clause.span.clone(), rule })
    })
}

fn of_table(table: &Table, syntax: &ConstraintSyntax) -> Option<Constraint> {
    let rule = match &syntax.kind {
        ConstraintKind::PrimaryKey { columns, autoincrement, conflict } => {
            let columns = key_columns(columns);
            Rule::PrimaryKey(PrimaryKey {
                rowid_alias: matches!(columns.as_slice(), [only] if is_rowid(table, &only.name)),
                columns,
                autoincrement: *autoincrement,
                conflict: conflict.clone(),
            })
        }
        ConstraintKind::Unique { columns, conflict } => {
            let mut columns = key_columns(columns);
            // DESC orders the index behind the constraint; it forbids the same rows.
            for column in &mut columns {
                column.descending = false;
            }
            columns.sort();
            Rule::Unique(UniqueKey { columns, conflict: conflict.clone() })
        }
        ConstraintKind::Check(span) => Rule::Check(check(table, span)),
        ConstraintKind::ForeignKey { columns, reference } => {
            Rule::ForeignKey(foreign_key(columns.clone(), reference))
        }
        ConstraintKind::NameOnly => return None,
    };
    Some(Constraint { column: None, span: syntax.span.clone(), rule })
}

fn check(table: &Table, expression: &Range<usize>) -> String {
    normal_over(&table.sql[expression.clone()], &table.syntax.columns)
}

/// Whether a column that is the whole primary key is the rowid itself.
fn is_rowid(table: &Table, name: &Ident) -> bool {
    !table.without_rowid
        && table.column(name).is_some_and(|column| column.declared_type.is_exactly_integer())
}

fn key_columns(columns: &[IndexedColumn]) -> Vec<KeyColumn> {
    columns
        .iter()
        .filter_map(|column| {
            Some(KeyColumn {
                name: column.name.clone()?,
                collation: column.collation.clone(),
                descending: column.descending,
            })
        })
        .collect()
}

fn foreign_key(columns: Vec<Ident>, reference: &Reference) -> ForeignKey {
    let action = |said: &Option<String>| said.clone().unwrap_or_else(|| "NO ACTION".to_owned());
    ForeignKey {
        columns,
        parent: reference.table.clone(),
        parent_columns: reference.columns.clone(),
        on_delete: action(&reference.on_delete),
        on_update: action(&reference.on_update),
        deferral: reference.deferral,
    }
}
