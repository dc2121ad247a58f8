//! Which hazards a difference has.

use super::conversion::Conversion;
use super::ground::Ground;
use super::shown::SAMPLES;
use super::{Concern, Evidence, Hazard, HazardCode, Query, check, foreign_key, strict, unique};
use crate::answers::Answers;
use crate::change::{Aspect, Change, TableChange, TableDifference};
use crate::diff::Difference;
use crate::pair::Pair;
use crate::schema::{Column, Object, ObjectKind, Schema, Table};
use crate::subject::Subject;

/// The hazards of a difference, in its order. `desired` is the schema that it leads to.
#[must_use]
pub fn hazards(difference: &Difference, desired: &Schema, answers: &Answers) -> Vec<Hazard> {
    let ground = Ground { difference, desired, answers };
    let mut found = Vec::new();
    for change in &difference.changes {
        match change {
            Change::DropTable(table) => found.push(dropped_table(table)),
            Change::DropObject(object) if object.kind == ObjectKind::VirtualTable => {
                let what = format!("drops virtual table {} and its rows", object.name);
                found.push(dropped_virtual_table(object, what));
            }
            Change::ReplaceObject(objects) if objects.current.kind == ObjectKind::VirtualTable => {
                let what =
                    format!("makes virtual table {} anew, without its rows", objects.current.name);
                found.push(dropped_virtual_table(&objects.current, what));
            }
            Change::AlterTable(difference) => {
                let changes = difference.changes.iter();
                found.extend(changes.flat_map(|change| of_change(ground, difference, change)));
                found.extend(unique::of_table(ground, difference));
                found.extend(foreign_key::of_table(ground, difference));
                found.extend(check::of_table(ground, difference));
                found.extend(strict::of_table(ground, difference));
            }
            Change::CreateIndex(index) if index.unique => {
                found.extend(unique::of_index(ground, index));
            }
            Change::ReplaceIndex(indexes) if indexes.desired.unique => {
                found.extend(unique::of_index(ground, &indexes.desired));
            }
            _ => {}
        }
    }
    found
}

fn of_change(
    ground: Ground<'_>,
    difference: &TableDifference,
    change: &TableChange,
) -> Vec<Hazard> {
    let Pair { current, desired } = &difference.tables;
    match change {
        TableChange::DropColumn(column) => vec![dropped_column(current, column)],
        TableChange::AddColumn(column) => {
            added_column(ground, current, column).into_iter().collect()
        }
        TableChange::AlterColumn { columns, aspects } => {
            let required = aspects.contains(&Aspect::NotNull);
            let required = required.then(|| required_value(ground, current, &columns.desired));
            let replaced =
                aspects.contains(&Aspect::Generated) && columns.current.generated.is_none();
            let replaced = replaced.then(|| replaced_values(current, columns));
            let retyped = aspects.contains(&Aspect::Type);
            let retyped = retyped.then(|| changed_affinity(ground, difference, columns.as_ref()));
            replaced.into_iter().chain(required.flatten()).chain(retyped.flatten()).collect()
        }
        TableChange::AddUnique(key) => {
            vec![unique::of_constraint(ground, desired, &key.columns)]
        }
        TableChange::AddForeignKey(key) => {
            foreign_key::of_foreign_key(ground, difference, key).into_iter().collect()
        }
        TableChange::AddCheck(check) => vec![check::of_check(ground, difference, check)],
        TableChange::ChangeStrict(_) => {
            let columns = desired.columns.iter().filter_map(|column| {
                let columns = Pair::new(current.column(&column.name)?, column);
                // One that gets another type is a change of its own.
                let retyped = difference.changes.iter().any(|change| {
                    matches!(change, TableChange::AlterColumn { columns, aspects }
                        if columns.desired.name == column.name && aspects.contains(&Aspect::Type))
                });
                (!retyped).then_some(columns)
            });
            columns.filter_map(|columns| changed_affinity(ground, difference, columns)).collect()
        }
        _ => Vec::new(),
    }
}

fn counting(concern: Concern, count: String) -> Evidence {
    Evidence::Queries(vec![Query { concern, count, samples: None, premise: None }])
}

fn dropped_table(table: &Table) -> Hazard {
    let name = &table.name;
    Hazard {
        code: HazardCode::DropTable,
        subject: Subject::Table(name.clone()),
        what: format!("drops table {name} and its rows"),
        fix: format!("Keep a copy of what is needed; a rename is said with `--rename {name}=…`."),
        evidence: counting(Concern::Rows, format!("SELECT count(*) FROM {}", name.quoted())),
    }
}

/// Its content lies in shadow tables that go with it; what it makes of rows of another table has to
/// be worked out again (<https://www.sqlite.org/vtab.html#xshadowname>).
fn dropped_virtual_table(object: &Object, what: String) -> Hazard {
    let name = &object.name;
    Hazard {
        code: HazardCode::DropTable,
        subject: Subject::Table(name.clone()),
        what,
        fix: "Fill it again in a revision after this one, or keep a copy of what is needed."
            .to_owned(),
        evidence: counting(Concern::Rows, format!("SELECT count(*) FROM {}", name.quoted())),
    }
}

fn replaced_values(table: &Table, columns: &Pair<Column>) -> Hazard {
    let column = &columns.current.name;
    let lost = dropped_column(table, &columns.current);
    Hazard {
        what: format!("replaces the values of {}.{column} by generated ones", table.name),
        fix: "Keep a copy of what is needed, in another column for one.".to_owned(),
        ..lost
    }
}

fn dropped_column(table: &Table, column: &Column) -> Hazard {
    let (name, column) = (&table.name, &column.name);
    let count = format!(
        "SELECT count(*) FROM {} AS t WHERE t.{} IS NOT NULL",
        name.quoted(),
        column.quoted()
    );
    Hazard {
        code: HazardCode::DropColumn,
        subject: Subject::column(name, column),
        what: format!("drops column {name}.{column} and its values"),
        fix: format!(
            "Keep a copy of what is needed; a rename is said with `--rename {name}.{column}=…`."
        ),
        evidence: counting(Concern::Values, count),
    }
}

fn added_column(ground: Ground<'_>, table: &Table, column: &Column) -> Option<Hazard> {
    let name = &table.name;
    let needs_value = column.not_null.is_some()
        && column.default.is_none()
        && column.generated.is_none()
        && !ground.is_filled(name, &column.name);
    needs_value.then(|| Hazard {
        code: HazardCode::AddRequiredColumn,
        subject: Subject::column(name, &column.name),
        what: format!(
            "{name}.{} must not be NULL and has no default for rows that are there",
            column.name
        ),
        fix: format!(
            "Give the model a default, or a value for old rows: `--fill {name}.{column}=…`; \
             if it is an old column's new name: `--rename {name}.…={column}`.",
            column = column.name
        ),
        evidence: counting(Concern::Rows, format!("SELECT count(*) FROM {}", name.quoted())),
    })
}

fn required_value(ground: Ground<'_>, table: &Table, column: &Column) -> Option<Hazard> {
    let name = &table.name;
    let needs_value = column.not_null.is_some()
        && column.default.is_none()
        && !ground.is_filled(name, &column.name);
    needs_value.then(|| Hazard {
        code: HazardCode::RequireValue,
        subject: Subject::column(name, &column.name),
        what: format!("{name}.{} must no longer be NULL", column.name),
        fix: format!(
            "Give the model a default, or a value for them: `--fill {name}.{}=…`.",
            column.name
        ),
        evidence: Evidence::Queries(vec![unique::missing(ground, table, &[&column.name])]),
    })
}

fn changed_affinity(
    ground: Ground<'_>,
    difference: &TableDifference,
    columns: Pair<&Column>,
) -> Option<Hazard> {
    let Pair { current, desired } = &difference.tables;
    let (table, column) = (&desired.name, columns.desired);
    let other_class = current.affinity_of(columns.current) != desired.affinity_of(column);
    if !other_class
        || column.generated.is_some()
        || ground.is_converted(difference.tables.as_ref(), &column.name)
    {
        return None;
    }
    let queries = conversions(desired, column);
    // A column without a type stores every value as it is.
    if queries.is_empty() {
        return None;
    }
    Some(Hazard {
        code: HazardCode::ChangeAffinity,
        subject: Subject::column(table, &column.name),
        what: if columns.current.declared_type.means_the_same_as(&column.declared_type) {
            format!(
                "{table}.{} converts what is put into it, which may store values otherwise",
                column.name
            )
        } else {
            format!(
                "{table}.{} changes from {} to {}, which may store values otherwise",
                column.name, columns.current.declared_type, column.declared_type
            )
        },
        fix: format!(
            "Say how every value is converted: `--fill {table}.{name}=SQL`, where the SQL reads \
             {name}; or go on with `--accept {code}`.",
            name = column.name,
            code = HazardCode::ChangeAffinity
        ),
        evidence: Evidence::Queries(queries),
    })
}

/// Values that don't fit come first, and are not counted once more among those that change.
fn conversions(table: &Table, column: &Column) -> Vec<Query> {
    let conversion =
        Conversion::new(&format!("t.{}", column.name.quoted()), table.affinity_of(column));
    // Where a misfit is an error it is a hazard of its own.
    let misfits = conversion.misfits(column);
    let loses = conversion.loses().map(|loses| match &misfits {
        Some(misfits) => format!("{loses} AND NOT ({misfits})"),
        None => loses,
    });
    let misfits = misfits.filter(|_| !table.is_held_to_its_type(column));
    let query = |concern, condition: String| {
        let from = format!("FROM {} AS t WHERE {condition}", table.name.quoted());
        Query {
            concern,
            count: format!("SELECT count(*) {from}"),
            samples: Some(format!(
                "SELECT DISTINCT {} AS sample {from} LIMIT {SAMPLES}",
                conversion.shown()
            )),
            premise: None,
        }
    };
    let misfits = misfits.map(|condition| query(Concern::Misfits, condition));
    let loses = loses.map(|condition| query(Concern::Changes, condition));
    misfits.into_iter().chain(loses).collect()
}
