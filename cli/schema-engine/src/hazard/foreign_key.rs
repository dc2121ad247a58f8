//! TG204: rows that refer to nothing.

use super::ground::Ground;
use super::shown::{SAMPLES, joined, shown};
use super::{Concern, Evidence, Hazard, HazardCode, Query};
use crate::change::{TableChange, TableDifference};
use crate::diff::table::resolved;
use crate::ident::Ident;
use crate::schema::{ForeignKey, Table};
use crate::subject::Subject;

/// A foreign key that is new. `None` where the same columns with the same values referred to the
/// same ones before: what was broken then doesn't stop an upgrade.
pub(super) fn of_foreign_key(
    ground: Ground<'_>,
    difference: &TableDifference,
    key: &ForeignKey,
) -> Option<Hazard> {
    let table = &difference.tables.desired;
    let referred = |old: &ForeignKey| {
        let mut old = old.clone();
        if old.parent_columns.is_empty()
            && let Some(primary) =
                ground.current(&old.parent).and_then(|parent| parent.primary_key.as_ref())
        {
            let columns = primary.columns.iter();
            old.parent_columns = columns.map(|column| column.name.clone()).collect();
        }
        let old = resolved(&old, ground.desired);
        old.columns == key.columns
            && old.parent == key.parent
            && old.parent_columns == key.parent_columns
    };
    let settled = ground.any_unsettled(&table.name, &key.columns).is_none();
    if settled && difference.tables.current.foreign_keys.iter().any(referred) {
        return None;
    }
    Some(hazard(ground, table, key))
}

/// The foreign keys that stay and get other values: from a default, a fill or a conversion.
pub(super) fn of_table<'a>(
    ground: Ground<'a>,
    difference: &'a TableDifference,
) -> impl Iterator<Item = Hazard> + 'a {
    let table = &difference.tables.desired;
    let keys = table.foreign_keys.iter().map(move |key| resolved(key, ground.desired));
    let staying = keys.filter(move |key| {
        !difference
            .changes
            .iter()
            .any(|change| matches!(change, TableChange::AddForeignKey(added) if added == key))
    });
    staying
        .filter(move |key| ground.any_unsettled(&table.name, &key.columns).is_some())
        .map(move |key| hazard(ground, table, &key))
}

fn hazard(ground: Ground<'_>, table: &Table, key: &ForeignKey) -> Hazard {
    let columns: Vec<_> = key.columns.iter().map(Ident::as_str).collect();
    Hazard {
        code: HazardCode::AddForeignKey,
        subject: Subject::Table(table.name.clone()),
        what: format!(
            "{} ({}) must refer to rows of {}",
            table.name,
            columns.join(", "),
            key.parent
        ),
        fix: "Correct or delete the rows that refer to nothing; for databases elsewhere in a \
              revision before this one."
            .to_owned(),
        evidence: evidence(ground, table, key),
    }
}

fn evidence(ground: Ground<'_>, table: &Table, key: &ForeignKey) -> Evidence {
    let rows = match ground.rows(&table.name, &key.columns.iter().collect::<Vec<_>>()) {
        Ok(rows) => rows,
        Err(why) => return Evidence::Unavailable(why),
    };
    let columns: Vec<_> =
        key.columns.iter().map(|column| format!("t.{}", column.quoted())).collect();
    // A key with a NULL in it refers to nothing and needs to refer to nothing.
    let mut conditions: Vec<_> =
        columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
    // A parent without rows has none to refer to.
    if let Some(parent) = ground.current(&key.parent) {
        if key.columns.len() != key.parent_columns.len() {
            return Evidence::Unavailable(format!(
                "{} has no primary key of {} columns to refer to",
                key.parent,
                key.columns.len()
            ));
        }
        if let Some(why) = ground.any_unsettled(&parent.name, &key.parent_columns) {
            return Evidence::Unavailable(why);
        }
        conditions.push(no_parent(ground, &columns, key));
    }
    let from = format!("FROM {rows} AS t WHERE {}", conditions.join(" AND "));
    let values: Vec<_> = columns.iter().map(|column| shown(column)).collect();
    Evidence::Queries(vec![Query {
        concern: Concern::Orphans,
        count: format!("SELECT count(*) {from}"),
        samples: Some(format!(
            "SELECT DISTINCT {} AS sample {from} LIMIT {SAMPLES}",
            joined(&values, ", ")
        )),
        premise: None,
    }])
}

/// The child's value is compared as the parent's column compares: with its affinity and its
/// collation (<https://www.sqlite.org/foreignkeys.html#fk_indexes>). `+` takes the child's
/// affinity away.
fn no_parent(ground: Ground<'_>, columns: &[String], key: &ForeignKey) -> String {
    let desired = ground.desired.tables.get(&key.parent);
    let current = ground.current(&key.parent);
    let pairs: Vec<_> = columns
        .iter()
        .zip(&key.parent_columns)
        .map(|(child, parent)| {
            let collation = |table: Option<&Table>| {
                table.and_then(|table| table.column(parent)?.collation.clone())
            };
            let name = parent.quoted();
            match (collation(desired), collation(current)) {
                (None, None) => format!("p.{name} = +{child}"),
                (wanted, _) => {
                    let wanted = wanted.unwrap_or_else(|| Ident::from("BINARY"));
                    format!("p.{name} COLLATE {} = +{child}", wanted.quoted())
                }
            }
        })
        .collect();
    format!("NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})", key.parent.quoted(), pairs.join(" AND "))
}
