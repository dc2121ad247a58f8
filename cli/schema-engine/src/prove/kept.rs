//! The columns whose values no plan may change.

use crate::answers::{Answers, converts};
use crate::change::{Aspect, Change, TableChange, TableDifference};
use crate::diff::Difference;
use crate::ident::Ident;
use crate::plan::parking::{Extent, Parking};
use crate::sample::Kept;
use crate::schema::{Column, Schema};

/// Of every table on both sides, the columns that are not themselves altered in a way that
/// concerns their values.
pub(super) fn kept(start: &Schema, difference: &Difference, answers: &Answers) -> Kept {
    let mut kept = Kept::new();
    for table in start.tables.values() {
        let columns = table.columns.iter().map(|column| column.name.clone()).collect();
        kept.insert(table.name.clone(), columns);
    }
    for change in &difference.changes {
        match change {
            Change::DropTable(table) => {
                kept.remove(&table.name);
            }
            Change::AlterTable(difference) => {
                let table = &difference.tables.current;
                kept.insert(table.name.clone(), kept_columns(difference, answers));
            }
            _ => {}
        }
    }
    kept
}

/// What must be there again after both ways: what is kept, and what is parked meanwhile.
pub(super) fn returning(kept: &Kept, parking: &Parking) -> Kept {
    let mut returning = kept.clone();
    for parked in parking.parked() {
        let columns = returning.entry(parked.table.clone()).or_default();
        if parked.extent != Extent::Columns {
            columns.clear();
        }
        columns.extend(parked.columns.iter().cloned());
    }
    returning
}

fn kept_columns(difference: &TableDifference, answers: &Answers) -> Vec<Ident> {
    let table = &difference.tables.current;
    let altered = |column: &&Column| has_other_values(difference, answers, column);
    let any_altered = table.columns.iter().any(|column| altered(&column));
    let dropped = |name: &Ident| difference.tables.desired.column(name).is_none();
    table
        .columns
        .iter()
        // A generated column may be worked out from one that changes.
        .filter(|column| !(any_altered && column.generated.is_some()))
        .filter(|column| !altered(column))
        .map(|column| column.name.clone())
        .filter(|name| !dropped(name))
        .collect()
}

/// Whether a column that stays may hold other values afterwards.
fn has_other_values(difference: &TableDifference, answers: &Answers, column: &Column) -> bool {
    let tables = difference.tables.as_ref();
    let Some(desired) = tables.desired.column(&column.name) else { return false };
    // In a STRICT table ANY is another affinity than elsewhere.
    let converted = tables.current.affinity_of(column) != tables.desired.affinity_of(desired);
    let fill = answers.fills.get(&(tables.current.name.clone(), column.name.clone()));
    let said = fill.is_some_and(|fill| converts(fill, tables, &column.name));
    let replaced = difference.changes.iter().any(|change| {
        matches!(change, TableChange::AlterColumn { columns, aspects }
            if columns.current.name == column.name
                && (aspects.contains(&Aspect::NotNull) || aspects.contains(&Aspect::Generated)))
    });
    converted || said || replaced
}
