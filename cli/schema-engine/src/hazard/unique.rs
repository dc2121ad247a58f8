//! TG203: rows that have a key in common where each must have its own.

use super::ground::{Ground, is_nullable};
use super::outcome::TypedRows;
use super::shown::{SAMPLES, joined, shown};
use super::{Concern, Evidence, Hazard, HazardCode, Query};
use crate::change::{Aspect, TableChange, TableDifference};
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Index, KeyColumn, PrimaryKey, Table};
use crate::sql::create_index::{self, CreateIndex};
use crate::sql::normal::mentions;
use crate::subject::Subject;

/// A UNIQUE constraint that is new.
pub(super) fn of_constraint(ground: Ground<'_>, table: &Table, key: &[KeyColumn]) -> Hazard {
    hazard(&table.name, &names(key), of_columns(ground, table, key))
}

/// A unique index that is new or another one. `None` where its table has no rows.
pub(super) fn of_index(ground: Ground<'_>, index: &Index) -> Option<Hazard> {
    ground.current(&index.table)?;
    let Ok(syntax) = create_index::parse(&index.sql) else {
        let why = format!("the text of {} can't be read", index.name);
        return Some(hazard(&index.table, &[index.name.as_str()], Evidence::Unavailable(why)));
    };
    let parts: Vec<_> = syntax
        .columns
        .iter()
        .map(|part| match &part.name {
            Some(name) => name.as_str(),
            None => &index.sql[part.expression.clone()],
        })
        .collect();
    Some(hazard(&index.table, &parts, index_evidence(ground, index, &syntax)))
}

/// What a changed table says beside its own new constraints: another primary key, and columns
/// under keys that were there that compare otherwise or get other values.
pub(super) fn of_table(ground: Ground<'_>, difference: &TableDifference) -> Vec<Hazard> {
    let Pair { current, desired } = &difference.tables;
    let mut found: Vec<_> = of_primary_key(ground, difference).into_iter().collect();
    let collated = |name: &Ident| {
        difference.changes.iter().any(|change| {
            matches!(change, TableChange::AlterColumn { columns, aspects }
                if columns.desired.name == *name && aspects.contains(&Aspect::Collation))
        })
    };
    let other_values = |name: &Ident| ground.unsettled(&desired.name, name).is_some();
    let affected = |key: &[KeyColumn]| {
        key.iter().any(|part| {
            part.collation.is_none() && collated(&part.name) || other_values(&part.name)
        })
    };
    if found.is_empty()
        && let Some(key) = desired.primary_key.as_ref().filter(|key| affected(&key.columns))
        && current.primary_key.as_ref().is_some_and(|old| same_columns(old, key))
    {
        found.push(of_constraint(ground, desired, &key.columns));
    }
    for key in desired.uniques.iter().filter(|key| affected(&key.columns)) {
        if current.uniques.iter().any(|old| old.columns == key.columns) {
            found.push(of_constraint(ground, desired, &key.columns));
        }
    }
    // An index that changes itself is a change of its own.
    let affected: Vec<&Ident> = desired
        .columns
        .iter()
        .map(|column| &column.name)
        .filter(|name| collated(name) || other_values(name))
        .collect();
    let indexes = ground.desired.indexes_of(&desired.name).filter(|index| {
        index.unique
            && affected.iter().any(|column| index.mentions(column))
            && !ground.is_new_index(&index.name)
    });
    found.extend(indexes.filter_map(|index| of_index(ground, index)));
    found
}

/// A primary key over other columns, or one that takes no NULL any more.
fn of_primary_key(ground: Ground<'_>, difference: &TableDifference) -> Option<Hazard> {
    let Pair { current, desired } = &difference.tables;
    let key = desired.primary_key.as_ref()?;
    // A rowid that gets a name is as unique as before.
    if desired.rowid_alias().is_some_and(|alias| current.column(alias).is_none()) {
        return None;
    }
    let same = current.primary_key.as_ref().is_some_and(|old| same_columns(old, key));
    let nullable: Vec<&Ident> = key
        .columns
        .iter()
        .map(|part| &part.name)
        .filter(|name| {
            let nullable =
                |table: &Table| table.column(name).is_some_and(|column| is_nullable(table, column));
            // NULL in the key that is the rowid becomes the next number.
            desired.rowid_alias() != Some(*name) && nullable(current) && !nullable(desired)
        })
        .collect();
    // NOT NULL that is said is a hazard of its own.
    let unsaid: Vec<&Ident> = nullable
        .into_iter()
        .filter(|name| desired.column(name).is_some_and(|column| column.not_null.is_none()))
        .collect();
    if same && unsaid.is_empty() {
        return None;
    }
    let mut evidence = of_columns(ground, desired, &key.columns);
    if let Evidence::Queries(queries) = &mut evidence
        && !unsaid.is_empty()
    {
        queries.push(missing(ground, current, &unsaid));
    }
    Some(hazard(&desired.name, &names(&key.columns), evidence))
}

fn same_columns(one: &PrimaryKey, two: &PrimaryKey) -> bool {
    let sorted = |key: &PrimaryKey| {
        let mut parts: Vec<_> =
            key.columns.iter().map(|part| (part.name.clone(), part.collation.clone())).collect();
        parts.sort();
        parts
    };
    sorted(one) == sorted(two)
}

fn hazard(table: &Ident, parts: &[&str], evidence: Evidence) -> Hazard {
    Hazard {
        code: HazardCode::AddUnique,
        subject: Subject::Table(table.clone()),
        what: format!("({}) must be unique in {table}", parts.join(", ")),
        fix: "Make the values differ; for databases elsewhere in a revision before this one."
            .to_owned(),
        evidence,
    }
}

fn names(key: &[KeyColumn]) -> Vec<&str> {
    key.iter().map(|part| part.name.as_str()).collect()
}

/// Something that must differ from row to row, as an expression, and what it is compared by.
struct Part {
    value: String,
    collation: Option<Ident>,
}

fn of_columns(ground: Ground<'_>, table: &Table, key: &[KeyColumn]) -> Evidence {
    let rows =
        match ground.rows(&table.name, &key.iter().map(|part| &part.name).collect::<Vec<_>>()) {
            Ok(rows) => rows,
            Err(why) => return Evidence::Unavailable(why),
        };
    let parts: Vec<_> = key
        .iter()
        .map(|part| Part {
            value: format!("{}.{}", table.name.quoted(), part.name.quoted()),
            collation: Some(collation(table, &part.name, part.collation.as_ref())),
        })
        .collect();
    Evidence::Queries(vec![alike(&rows, &table.name, &parts, None)])
}

/// The collation of a key's column: its own, or else that of the column.
pub(super) fn collation(table: &Table, column: &Ident, own: Option<&Ident>) -> Ident {
    let binary = || Ident::from("BINARY");
    let columns = || table.column(column).and_then(|column| column.collation.clone());
    own.cloned().or_else(columns).unwrap_or_else(binary)
}

fn index_evidence(ground: Ground<'_>, index: &Index, syntax: &CreateIndex) -> Evidence {
    let Some(table) = ground.desired.tables.get(&index.table) else {
        return Evidence::Unavailable(format!("{} is no ordinary table", index.table));
    };
    let written = |span: &std::ops::Range<usize>| &index.sql[span.clone()];
    let predicate = syntax.predicate.as_ref().map(written);
    let texts: Vec<_> =
        syntax.columns.iter().map(|part| written(&part.expression)).chain(predicate).collect();
    let concerned = table.columns.iter().map(|column| &column.name);
    let concerned: Vec<_> =
        concerned.filter(|name| texts.iter().any(|text| mentions(text, name))).collect();
    let columns_alone =
        predicate.is_none() && syntax.columns.iter().all(|part| part.name.is_some());
    let rows = if columns_alone {
        ground.rows(&table.name, &concerned).map(TypedRows::untyped)
    } else {
        ground.typed_rows(&table.name, &concerned)
    };
    let TypedRows { rows, premise } = match rows {
        Ok(rows) => rows,
        Err(why) => return Evidence::Unavailable(why),
    };
    let parts: Vec<_> = syntax
        .columns
        .iter()
        .map(|part| match part.name.as_ref().and_then(|name| table.column(name)) {
            Some(column) => Part {
                value: format!("{}.{}", table.name.quoted(), column.name.quoted()),
                collation: Some(collation(table, &column.name, part.collation.as_ref())),
            },
            None => Part {
                value: format!("({})", written(&part.expression)),
                collation: part.collation.clone(),
            },
        })
        .collect();
    let alike = alike(&rows, &table.name, &parts, predicate);
    Evidence::Queries(vec![Query { premise, ..alike }])
}

/// Rows that have all parts in common with another one. NULL is never the same as NULL
/// (<https://www.sqlite.org/nulls.html>).
fn alike(rows: &str, table: &Ident, parts: &[Part], predicate: Option<&str>) -> Query {
    let mut columns = Vec::new();
    let mut conditions = Vec::new();
    let mut groups = Vec::new();
    for (at, Part { value, collation }) in parts.iter().enumerate() {
        columns.push(format!("{value} AS \"#{at}\""));
        conditions.push(format!("{value} IS NOT NULL"));
        groups.push(match collation {
            Some(collation) => format!("{value} COLLATE {}", collation.quoted()),
            None => value.clone(),
        });
    }
    conditions.extend(predicate.map(|predicate| format!("({predicate})")));
    let groups = format!(
        "(SELECT {}, count(*) AS \"#\" FROM {rows} AS {} WHERE {} GROUP BY {} HAVING count(*) > 1) AS g",
        columns.join(", "),
        table.quoted(),
        conditions.join(" AND "),
        groups.join(", ")
    );
    let key: Vec<_> = (0..parts.len()).map(|at| format!("g.\"#{at}\"")).collect();
    let values: Vec<_> = key.iter().map(|value| shown(value)).collect();
    Query {
        concern: Concern::Alike,
        count: format!("SELECT coalesce(sum(g.\"#\"), 0) FROM {groups}"),
        samples: Some(format!(
            "SELECT {} || ' (' || g.\"#\" || ' times)' AS sample FROM {groups} \
             ORDER BY g.\"#\" DESC, {} LIMIT {SAMPLES}",
            joined(&values, ", "),
            key.join(", ")
        )),
        premise: None,
    }
}

/// Rows without a value in one of these columns.
pub(super) fn missing(ground: Ground<'_>, table: &Table, columns: &[&Ident]) -> Query {
    let nulls: Vec<_> =
        columns.iter().map(|column| format!("t.{} IS NULL", column.quoted())).collect();
    let from = format!("FROM {} AS t WHERE {}", table.name.quoted(), nulls.join(" OR "));
    Query {
        concern: Concern::Missing,
        count: format!("SELECT count(*) {from}"),
        samples: ground
            .row_key(table, "t")
            .map(|key| format!("SELECT {key} AS sample {from} LIMIT {SAMPLES}")),
        premise: None,
    }
}
