//! TG205: rows for which a CHECK is false.

use super::ground::Ground;
use super::outcome::TypedRows;
use super::shown::{SAMPLES, joined, named};
use super::{Concern, Evidence, Hazard, HazardCode, Query};
use crate::change::{Aspect, TableChange, TableDifference};
use crate::ident::Ident;
use crate::schema::Table;
use crate::sql::create_table::{ColumnClauseKind, ConstraintKind};
use crate::sql::normal::{mentions, normal};
use crate::subject::Subject;

/// A CHECK that is new, in normal form.
pub(super) fn of_check(ground: Ground<'_>, difference: &TableDifference, check: &str) -> Hazard {
    let name = &difference.tables.desired.name;
    Hazard {
        code: HazardCode::AddCheck,
        subject: Subject::Table(name.clone()),
        what: format!("every row of {name} must hold to: {check}"),
        fix: "Correct the rows that don't; for databases elsewhere in a revision before this one."
            .to_owned(),
        evidence: evidence(ground, difference, check),
    }
}

/// The CHECKs that stay and read other values: from a default, a fill or a conversion, or values
/// that compare otherwise.
pub(super) fn of_table<'a>(
    ground: Ground<'a>,
    difference: &'a TableDifference,
) -> impl Iterator<Item = Hazard> + 'a {
    let table = &difference.tables.desired;
    let staying = table.checks.iter().filter(move |check| {
        !difference
            .changes
            .iter()
            .any(|change| matches!(change, TableChange::AddCheck(added) if added == *check))
    });
    let collated = move |name: &Ident| {
        difference.changes.iter().any(|change| {
            matches!(change, TableChange::AlterColumn { columns, aspects }
                if columns.desired.name == *name && aspects.contains(&Aspect::Collation))
        })
    };
    let affected = move |check: &&String| {
        written(table, check).is_some_and(|written| {
            table.columns.iter().map(|column| &column.name).any(|name| {
                mentions(written, name)
                    && (collated(name) || ground.unsettled(&table.name, name).is_some())
            })
        })
    };
    staying.filter(affected).map(move |check| of_check(ground, difference, check))
}

fn evidence(ground: Ground<'_>, difference: &TableDifference, check: &str) -> Evidence {
    let table = &difference.tables.desired;
    let Some(written) = written(table, check) else {
        return Evidence::Unavailable("its text can't be read".to_owned());
    };
    let columns: Vec<&Ident> = table
        .columns
        .iter()
        .map(|column| &column.name)
        .filter(|name| mentions(written, name))
        .collect();
    let TypedRows { rows, premise } = match ground.typed_rows(&table.name, &columns) {
        Ok(rows) => rows,
        Err(why) => return Evidence::Unavailable(why),
    };
    // The table keeps its name: the expression may qualify a column with it. A row for which the
    // expression is NULL passes (https://www.sqlite.org/lang_createtable.html#check_constraints).
    let row = table.name.quoted();
    let from = format!("FROM {rows} AS {row} WHERE NOT ({written})");
    // Rows as they will be hold the columns that are asked for, and no others.
    let key = (rows == row).then(|| ground.row_key(&difference.tables.current, &row)).flatten();
    let values: Vec<_> =
        columns.iter().map(|name| named(name, &format!("{row}.{}", name.quoted()))).collect();
    let values = (!values.is_empty()).then(|| joined(&values, ", "));
    let pieces: Vec<_> = key.into_iter().chain(values).collect();
    Evidence::Queries(vec![Query {
        concern: Concern::Violations,
        count: format!("SELECT count(*) {from}"),
        samples: (!pieces.is_empty())
            .then(|| format!("SELECT {} AS sample {from} LIMIT {SAMPLES}", joined(&pieces, ": "))),
        premise,
    }])
}

/// The expression as it stands in the table's text: the normal form is for comparing alone.
fn written<'a>(table: &'a Table, check: &str) -> Option<&'a str> {
    let of_columns =
        table.syntax.columns.iter().flat_map(|column| &column.clauses).filter_map(|clause| {
            match &clause.kind {
                ColumnClauseKind::Check(span) => Some(span.clone()),
                _ => None,
            }
        });
    let of_table =
        table.syntax.constraints.iter().filter_map(|constraint| match &constraint.kind {
            ConstraintKind::Check(span) => Some(span.clone()),
            _ => None,
        });
    of_columns.chain(of_table).map(|span| &table.sql[span]).find(|text| normal(text) == check)
}
