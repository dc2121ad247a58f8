//! Changing what SQLite stores as a table's text, where nothing that is on disk for the table
//! depends on it: no row is copied, however many there are.
//!
//! SQLite documents this way for dropping a CHECK, a foreign key or NOT NULL and for a default
//! (<https://www.sqlite.org/lang_altertable.html#otheralter>). A rule that is added is held against
//! the rows in the same step. Where there is any doubt the table is rebuilt instead.

use super::copy::Copy;
use super::layout::layout;
use super::{PlanOptions, table_text};
use crate::change::{Aspect, TableChange};
use crate::diff::table::diff_table;
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Column, Constraint, Object, Rule, Schema, Table};
use crate::sql::create_table::{ColumnClauseKind, ConstraintKind};
use crate::sql::create_trigger::{TriggerEvent, event};
use crate::sql::edit::Edits;
use crate::sql::normal::mentions;
use std::ops::Range;

/// A table whose stored text is changed, and none of its rows moved.
#[derive(Debug, Clone)]
pub struct StoredEdit {
    /// The table.
    pub table: Ident,
    /// The name of a view that is made and dropped again in the statements.
    pub temporary: Ident,
    /// What is done, in this order.
    pub actions: Vec<EditAction>,
    /// What takes the place of values that would be missing, in words.
    pub fills: Vec<String>,
    statements: Vec<String>,
}

/// One action of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditAction {
    /// The table gets this stored text.
    Store(String),
    /// A statement that gives rows a value.
    Give(String),
    /// A statement that fails at rows that break a new rule.
    Hold(String),
}

impl StoredEdit {
    /// The statements of the edit in their order, without semicolons.
    #[must_use]
    pub fn statements(&self) -> &[String] {
        &self.statements
    }

    fn new(table: &Ident, temporary: &Ident, actions: Vec<EditAction>, fills: Vec<String>) -> Self {
        let statements = actions.iter().flat_map(|action| match action {
            EditAction::Give(sql) | EditAction::Hold(sql) => vec![sql.clone()],
            EditAction::Store(sql) => store(table, temporary, sql),
        });
        Self {
            table: table.clone(),
            temporary: temporary.clone(),
            statements: statements.collect(),
            actions,
            fills,
        }
    }
}

/// The text is put into the schema table and read anew at once. The view, made and dropped again,
/// is there for the schema cookie, by which other connections notice; and SQLite stops at it if it
/// can't read the text (<https://www.sqlite.org/pragma.html#pragma_writable_schema>).
pub(crate) fn store(table: &Ident, temporary: &Ident, sql: &str) -> Vec<String> {
    vec![
        "PRAGMA writable_schema = ON".to_owned(),
        format!(
            "UPDATE sqlite_schema SET sql = {} WHERE type = 'table' AND name = {} COLLATE NOCASE",
            Ident::from(sql).literal(),
            table.literal()
        ),
        "PRAGMA writable_schema = RESET".to_owned(),
        format!("CREATE VIEW {} AS SELECT 1", temporary.quoted()),
        format!("DROP VIEW {}", temporary.quoted()),
    ]
}

/// What an edit starts from and what it shall lead to.
pub(super) struct Editing<'a> {
    /// The table as it is when the edit begins.
    pub(super) current: &'a Table,
    /// The text that it shall have.
    pub(super) text: String,
    pub(super) schemas: Pair<&'a Schema>,
    /// The triggers that are on the table meanwhile.
    pub(super) triggers: &'a [&'a Object],
    pub(super) options: &'a PlanOptions<'a>,
    /// A name that nothing has.
    pub(super) temporary: Ident,
}

impl Editing<'_> {
    /// The edit; `None` where what is on disk would have to change too, or might.
    pub(super) fn plan(&self) -> Option<StoredEdit> {
        let current = self.current;
        let target = Table::from_sql(self.text.as_str(), 0).ok()?;
        if layout(current) != layout(&target) {
            return None;
        }
        let copy =
            Copy { current, target: &target, desired: self.schemas.desired, options: self.options };
        let mut fills = Vec::new();
        let mut holds = Vec::new();
        for change in diff_table(Pair::new(current, &target), self.schemas, &mut Vec::new()) {
            match change {
                TableChange::AlterColumn { columns, aspects } => {
                    let column = &columns.desired;
                    if aspects.contains(&Aspect::NotNull) && column.not_null.is_some() {
                        fills.extend(
                            copy.instead_of_null(column)
                                .map(|value| set_where_null(current, column, &value)),
                        );
                        holds.push(hold_not_null(column)?);
                    }
                }
                TableChange::AddCheck(check) => holds.push(hold_check(&target, &check)?),
                TableChange::DropCheck(_)
                | TableChange::AddForeignKey(_)
                | TableChange::DropForeignKey(_) => {}
                _ => return None,
            }
        }
        let defaults = self.keep_old_defaults(&target)?;
        let rows: Vec<String> = [defaults.1, fills].concat();
        if !(rows.is_empty() && holds.is_empty()) && self.triggers.iter().any(|it| on_update(it)) {
            return None;
        }
        let mut actions = Vec::new();
        actions.extend(defaults.0.map(EditAction::Store));
        actions.extend(rows.into_iter().map(EditAction::Give));
        actions.push(EditAction::Store(self.text.clone()));
        actions.extend(hold(&target, &holds).map(EditAction::Hold));
        Some(StoredEdit::new(&current.name, &self.temporary, actions, copy.fills()))
    }

    /// `ADD COLUMN` writes nothing into rows that are there: they read the default that stands in
    /// the text, and would read the new one once it is edited. A default that no row can hold shows
    /// which rows those are, and they get the value that they had.
    ///
    /// No row has to be looked at where the table's own rules say that the column is written in
    /// each. `None` where a row can't be given its value without touching an index or another rule.
    fn keep_old_defaults(&self, target: &Table) -> Option<(Option<String>, Vec<String>)> {
        let current = self.current;
        let mut text = Edits::default();
        let mut values = Vec::new();
        for column in &current.columns {
            let changed = default_text(current, &column.name) != default_text(target, &column.name);
            if !changed || column.generated.is_some() || is_in_every_row(current, &column.name) {
                continue;
            }
            if self.is_depended_on(&column.name) {
                return None;
            }
            table_text::replace_default(current, &column.name, NO_VALUE, &mut text);
            let value = match &column.default {
                Some(default) => default.as_read_by_old_rows(column.affinity())?,
                None => "NULL".to_owned(),
            };
            values.push((column.name.quoted(), value));
        }
        let stored = (!values.is_empty()).then(|| text.apply(&current.sql));
        Some((stored, set_where_unwritten(current, &values).into_iter().collect()))
    }

    /// Whether something else on disk is made of a column's values: while they read as another
    /// value it would not fit them.
    fn is_depended_on(&self, column: &Ident) -> bool {
        let table = self.current;
        let indexed = [self.schemas.current, self.schemas.desired]
            .iter()
            .any(|schema| schema.indexes_of(&table.name).any(|index| index.mentions(column)));
        let in_a_key = table.constraints.iter().any(|constraint| match &constraint.rule {
            Rule::PrimaryKey(key) => key.columns.iter().any(|part| part.name == *column),
            Rule::Unique(key) => key.columns.iter().any(|part| part.name == *column),
            Rule::ForeignKey(key) => key.columns.contains(column),
            Rule::Check(_) => false,
        });
        let generated = table.columns.iter().filter_map(|other| other.generated.as_ref());
        let mut generated = generated.map(|generated| &generated.expression);
        indexed || in_a_key || generated.any(|expression| mentions(expression, column))
    }
}

/// Whether every row has the column written in it. `ADD COLUMN` puts columns behind all others, so a
/// row that lacks one lacks those behind it, too. It would read NULL from one without a default that
/// it can read, which none may do where that is NOT NULL.
fn is_in_every_row(table: &Table, column: &Ident) -> bool {
    let key = table.primary_key.as_ref().filter(|key| key.rowid_alias || table.without_rowid);
    // The rowid isn't read from there, and without rowids the key lies before all else.
    let elsewhere =
        |name: &Ident| key.is_some_and(|key| key.columns.iter().any(|part| part.name == *name));
    let reads_null = |column: &Column| match &column.default {
        Some(default) => default.as_read_by_old_rows(column.affinity()).as_deref() == Some("NULL"),
        None => true,
    };
    table.columns.iter().skip_while(|found| found.name != *column).any(|found| {
        found.not_null.is_some()
            && found.generated.is_none()
            && !elsewhere(&found.name)
            && reads_null(found)
    })
}

/// Gives columns their values where none is written. A CHECK may look at several of them, so all
/// columns of a row are set at once.
fn set_where_unwritten(table: &Table, values: &[(String, String)]) -> Option<String> {
    let unwritten: Vec<_> =
        values.iter().map(|(name, _)| format!("{name} IS {NO_VALUE}")).collect();
    let set: Vec<_> = match values {
        [] => return None,
        [(name, value)] => vec![format!("{name} = {value}")],
        several => several
            .iter()
            .map(|(name, value)| format!("{name} = iif({name} IS {NO_VALUE}, {value}, {name})"))
            .collect(),
    };
    Some(format!(
        "UPDATE OR ABORT {} SET {} WHERE {}",
        table.name.quoted(),
        set.join(", "),
        unwritten.join(" OR ")
    ))
}

/// A value that no row holds: were it in one, that row would get the old default.
pub(crate) const NO_VALUE: &str = "x'7467656e69653a206e6f2076616c756520776173207772697474656e'";

fn default_text<'a>(table: &'a Table, column: &Ident) -> Option<&'a str> {
    let clauses = &table.syntax.column(column)?.clauses;
    clauses.iter().rev().find_map(|clause| match &clause.kind {
        ColumnClauseKind::Default(span) => Some(table.sql[span.clone()].trim()),
        _ => None,
    })
}

fn set_where_null(table: &Table, column: &Column, value: &str) -> String {
    let name = column.name.quoted();
    format!("UPDATE OR ABORT {} SET {name} = {value} WHERE {name} IS NULL", table.name.quoted())
}

/// What a new rule asks of the rows that are there.
struct NewRule {
    /// Which rows break it.
    broken: String,
    /// The columns that it concerns.
    columns: Vec<String>,
}

/// Touches the rows that break a new rule, and so fails if there is one; one look at the rows for
/// all rules. SQLite looks at a rule only if one of its columns is set.
fn hold(target: &Table, rules: &[NewRule]) -> Option<String> {
    let mut columns: Vec<&String> = Vec::new();
    for column in rules.iter().flat_map(|rule| &rule.columns) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let set: Vec<_> = columns.iter().map(|column| format!("{column} = {column}")).collect();
    let broken: Vec<_> = rules.iter().map(|rule| rule.broken.as_str()).collect();
    (!rules.is_empty()).then(|| {
        format!(
            "UPDATE OR ABORT {} SET {} WHERE {}",
            target.name.quoted(),
            set.join(", "),
            broken.join(" OR ")
        )
    })
}

/// SQLite takes the new text's word for it that the column itself is never NULL; what an expression
/// gives it works out. The type of each value would be another thing to ask for, and slower.
fn hold_not_null(column: &Column) -> Option<NewRule> {
    let name = column.name.quoted();
    column
        .generated
        .is_none()
        .then(|| NewRule { broken: format!("coalesce({name}, NULL) IS NULL"), columns: vec![name] })
}

fn hold_check(target: &Table, check: &str) -> Option<NewRule> {
    let constraint =
        target.constraints.iter().find(|found| found.rule == Rule::Check(check.to_owned()))?;
    let expression = &target.sql[expression_of(target, constraint)?];
    let columns: Vec<String> = target
        .columns
        .iter()
        .filter(|column| column.generated.is_none() && mentions(expression, &column.name))
        .map(|column| column.name.quoted())
        .collect();
    (!columns.is_empty()).then(|| NewRule { broken: format!("NOT ({expression})"), columns })
}

/// Where the expression of a CHECK stands.
fn expression_of(table: &Table, constraint: &Constraint) -> Option<Range<usize>> {
    let in_columns = table.syntax.columns.iter().flat_map(|column| &column.clauses);
    let mut in_columns = in_columns.filter(|clause| clause.span == constraint.span);
    let in_column = in_columns.find_map(|clause| match &clause.kind {
        ColumnClauseKind::Check(span) => Some(span.clone()),
        _ => None,
    });
    let mut in_table =
        table.syntax.constraints.iter().filter(|found| found.span == constraint.span);
    in_column.or_else(|| {
        in_table.find_map(|found| match &found.kind {
            ConstraintKind::Check(span) => Some(span.clone()),
            _ => None,
        })
    })
}

/// Whether a trigger may fire at an UPDATE: one could make a row pass that must not.
fn on_update(trigger: &Object) -> bool {
    event(&trigger.sql).is_none_or(|event| event == TriggerEvent::Update)
}
