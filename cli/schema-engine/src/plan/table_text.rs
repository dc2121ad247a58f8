//! The text of a table that changes: the current text with only the changed clauses edited, so
//! that comments, formatting and everything else in it stay byte for byte.

use crate::change::{Aspect, TableChange, TableDifference};
use crate::diff::table::{diff_table, resolved};
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Constraint, Rule, Schema, Table};
use crate::sql::create_table::{ColumnClauseKind, ColumnSyntax};
use crate::sql::edit::Edits;
use std::ops::Range;

/// A column's definition as it stands in the table's text.
pub(super) fn definition<'a>(table: &'a Table, column: &Ident) -> Option<&'a str> {
    Some(&table.sql[table.syntax.column(column)?.span.clone()])
}

/// The current table with its added and dropped columns, and nothing else changed: what
/// `ALTER TABLE` leaves. `None` where that is no table.
pub(super) fn with_columns_alone(difference: &TableDifference) -> Option<Table> {
    let mut edits = Edits::default();
    edit_columns(difference, &mut edits);
    Table::from_sql(edits.apply(&difference.tables.current.sql), 0).ok()
}

/// The text that makes the current table mean what the desired one means.
///
/// Where editing doesn't get there the desired text itself is taken.
pub(super) fn edited(difference: &TableDifference, schemas: Pair<&Schema>) -> String {
    let desired = &difference.tables.desired;
    let sql = edit(difference, schemas);
    let reached = Table::from_sql(sql.as_str(), 0).is_ok_and(|table| {
        let tables = Pair::new(&table, desired);
        diff_table(tables, Pair::new(schemas.desired, schemas.desired), &mut Vec::new()).is_empty()
    });
    if reached { sql } else { desired.sql.clone() }
}

fn edit(difference: &TableDifference, schemas: Pair<&Schema>) -> String {
    let mut edits = Edits::default();
    edit_columns(difference, &mut edits);
    for change in &difference.changes {
        match change {
            TableChange::AlterColumn { columns, aspects } => {
                let mut aspects = aspects.clone();
                // DEFAULT NULL is no default, but not even that may stand in a generated column.
                if aspects.contains(&Aspect::Generated) && !aspects.contains(&Aspect::Default) {
                    aspects.push(Aspect::Default);
                }
                for aspect in aspects {
                    edit_aspect(difference, &columns.current.name, aspect, &mut edits);
                }
            }
            TableChange::ChangePrimaryKey(_) => {
                let is_key = |rule: &Rule| matches!(rule, Rule::PrimaryKey(_));
                remove_constraint(difference, is_key, &mut edits);
                add_constraint(difference, is_key, &mut edits);
            }
            TableChange::AddUnique(key) => {
                add_constraint(difference, |rule| *rule == Rule::Unique(key.clone()), &mut edits);
            }
            TableChange::DropUnique(key) => {
                remove_constraint(
                    difference,
                    |rule| *rule == Rule::Unique(key.clone()),
                    &mut edits,
                );
            }
            TableChange::AddForeignKey(key) => {
                let same = |rule: &Rule| matches!(rule, Rule::ForeignKey(found) if resolved(found, schemas.desired) == *key);
                add_constraint(difference, same, &mut edits);
            }
            TableChange::DropForeignKey(key) => {
                let same = |rule: &Rule| matches!(rule, Rule::ForeignKey(found) if resolved(found, schemas.current) == *key);
                remove_constraint(difference, same, &mut edits);
            }
            TableChange::AddCheck(check) => {
                add_constraint(difference, |rule| *rule == Rule::Check(check.clone()), &mut edits);
            }
            TableChange::DropCheck(check) => {
                remove_constraint(
                    difference,
                    |rule| *rule == Rule::Check(check.clone()),
                    &mut edits,
                );
            }
            // Columns that come or go were edited above, the table's options are below.
            TableChange::AddColumn(_)
            | TableChange::DropColumn(_)
            | TableChange::ChangeStrict(_)
            | TableChange::ChangeWithoutRowid(_) => {}
        }
    }
    let options = |change: &TableChange| {
        matches!(change, TableChange::ChangeStrict(_) | TableChange::ChangeWithoutRowid(_))
    };
    if difference.changes.iter().any(options) {
        let Pair { current, desired } = &difference.tables;
        let tail = |table: &Table| table.syntax.body_end + 1..table.sql.len();
        edits.replace(tail(current), &desired.sql[tail(desired)]);
    }
    edits.apply(&difference.tables.current.sql)
}

/// Takes dropped columns out and puts added ones behind the last.
fn edit_columns(difference: &TableDifference, edits: &mut Edits) {
    let Pair { current, desired } = &difference.tables;
    let columns = &current.syntax.columns;
    let dropped = |column: &ColumnSyntax| {
        difference.changes.iter().any(
            |change| matches!(change, TableChange::DropColumn(gone) if gone.name == column.name),
        )
    };
    let mut kept_before = false;
    for (at, column) in columns.iter().enumerate() {
        if !dropped(column) {
            kept_before = true;
        } else if kept_before {
            edits.remove(columns[at - 1].span.end..column.span.end);
        } else if let Some(next) = columns.get(at + 1) {
            edits.remove(column.span.start..next.span.start);
        }
    }
    let separator = separator(current);
    let end = columns.last().map_or(current.syntax.body_end, |column| column.span.end);
    for change in &difference.changes {
        if let TableChange::AddColumn(column) = change
            && let Some(definition) = definition(desired, &column.name)
        {
            edits.insert(end, format!("{separator}{definition}"));
        }
    }
}

/// What parts two columns in this text: a comma and the white space that its writer chose.
fn separator(table: &Table) -> String {
    let between = match table.syntax.columns.as_slice() {
        [.., one, two] => &table.sql[one.span.end..two.span.start],
        _ => ", ",
    };
    let plain = between.starts_with(',') && between[1..].trim().is_empty();
    if plain { between.to_owned() } else { ", ".to_owned() }
}

fn edit_aspect(difference: &TableDifference, column: &Ident, aspect: Aspect, edits: &mut Edits) {
    let Pair { current, desired } = &difference.tables;
    let (Some(from), Some(to)) = (current.syntax.column(column), desired.syntax.column(column))
    else {
        return;
    };
    if aspect == Aspect::Type {
        let text = to.type_span.clone().map_or("", |span| &desired.sql[span]);
        match from.type_span.clone() {
            Some(span) => edits.replace(span, text),
            None => edits.insert(from.name_span.end, format!(" {text}")),
        }
        return;
    }
    let is_of = |kind: &ColumnClauseKind| rank(kind) == aspect_rank(aspect);
    let text = |clause: &crate::sql::create_table::ColumnClause| &desired.sql[clause.span.clone()];
    let mut wanted: Vec<&str> =
        to.clauses.iter().filter(|clause| is_of(&clause.kind)).map(text).collect();
    wanted.truncate(1);
    let mut wanted = wanted.into_iter();
    for clause in from.clauses.iter().filter(|clause| is_of(&clause.kind)) {
        match wanted.next() {
            Some(text) => edits.replace(clause.span.clone(), text),
            None => edits.remove(with_space_before(&current.sql, &clause.span)),
        }
    }
    if let Some(text) = wanted.next() {
        edits.insert(place_for(from, aspect_rank(aspect)), format!(" {text}"));
    }
}

/// Gives a column another default, and leaves all else of the text as it is.
pub(super) fn replace_default(table: &Table, column: &Ident, value: &str, edits: &mut Edits) {
    let Some(column) = table.syntax.column(column) else { return };
    let mut found = false;
    for clause in &column.clauses {
        if let ColumnClauseKind::Default(span) = &clause.kind {
            edits.replace(span.clone(), value);
            found = true;
        }
    }
    if !found {
        let rank = aspect_rank(Aspect::Default);
        edits.insert(place_for(column, rank), format!(" DEFAULT {value}"));
    }
}

/// Where in a column's definition a clause of this rank belongs: behind those that come before it
/// in the usual order, or at the end.
fn place_for(column: &ColumnSyntax, wanted: u8) -> usize {
    let mut place = column.type_span.as_ref().map_or(column.name_span.end, |span| span.end);
    for clause in &column.clauses {
        if rank(&clause.kind) > wanted {
            return place;
        }
        place = clause.span.end;
    }
    place
}

/// The usual order of a column's clauses.
fn rank(kind: &ColumnClauseKind) -> u8 {
    match kind {
        ColumnClauseKind::NotNull { .. } | ColumnClauseKind::Null => 1,
        ColumnClauseKind::Default(_) => 2,
        ColumnClauseKind::Generated { .. } => 3,
        ColumnClauseKind::PrimaryKey { .. } => 4,
        ColumnClauseKind::Unique { .. } => 5,
        ColumnClauseKind::Check(_) => 6,
        ColumnClauseKind::Collate(_) => 7,
        ColumnClauseKind::References(_) => 8,
        ColumnClauseKind::NameOnly => 9,
    }
}

fn aspect_rank(aspect: Aspect) -> u8 {
    match aspect {
        Aspect::Type => 0,
        Aspect::NotNull => 1,
        Aspect::Default => 2,
        Aspect::Generated => 3,
        Aspect::Collation => 7,
    }
}

fn rule_rank(rule: &Rule) -> u8 {
    match rule {
        Rule::PrimaryKey(_) => 4,
        Rule::Unique(_) => 5,
        Rule::Check(_) => 6,
        Rule::ForeignKey(_) => 8,
    }
}

/// Puts the desired table's constraint that is wanted where it stands there: behind its column,
/// or behind all columns. One that stands behind an added column came with it.
fn add_constraint(difference: &TableDifference, wanted: impl Fn(&Rule) -> bool, edits: &mut Edits) {
    let Pair { current, desired } = &difference.tables;
    let Some(constraint) = desired.constraints.iter().find(|found| wanted(&found.rule)) else {
        return;
    };
    let text = &desired.sql[constraint.span.clone()];
    if let Some(column) = &constraint.column {
        if let Some(column) = current.syntax.column(column) {
            edits.insert(place_for(column, rule_rank(&constraint.rule)), format!(" {text}"));
        }
        return;
    }
    edits.insert(current.syntax.constraints_end(), format!("{}{text}", separator(current)));
}

/// Takes the current table's constraint out, unless its column goes anyway.
fn remove_constraint(
    difference: &TableDifference,
    unwanted: impl Fn(&Rule) -> bool,
    edits: &mut Edits,
) {
    let current = &difference.tables.current;
    // It may be said more than once.
    for constraint in current.constraints.iter().filter(|found| unwanted(&found.rule)) {
        match &constraint.column {
            Some(column) => {
                if difference.tables.desired.column(column).is_some() {
                    edits.remove(with_space_before(&current.sql, &constraint.span));
                }
            }
            None => edits.remove(with_comma_before(current, constraint)),
        }
    }
}

fn with_space_before(sql: &str, span: &Range<usize>) -> Range<usize> {
    sql[..span.start].trim_end().len()..span.end
}

/// From the end of whatever stands before a table constraint, its comma included.
fn with_comma_before(table: &Table, constraint: &Constraint) -> Range<usize> {
    let before = table
        .syntax
        .constraints
        .iter()
        .map(|other| other.span.end)
        .chain(table.syntax.columns.iter().map(|column| column.span.end))
        .filter(|end| *end <= constraint.span.start)
        .max();
    before.unwrap_or(constraint.span.start)..constraint.span.end
}
