//! TG206: values that a column doesn't take because they are not of its type.
//!
//! Elsewhere a type is a wish. In a STRICT table it is a rule
//! (<https://www.sqlite.org/stricttables.html>), and the rowid is always an integer.

use super::conversion::Conversion;
use super::ground::Ground;
use super::shown::{SAMPLES, joined, named};
use super::{Concern, Evidence, Hazard, HazardCode, Query};
use crate::change::TableDifference;
use crate::pair::Pair;
use crate::schema::Column;
use crate::subject::Subject;

/// The columns that are held to their type, and weren't to this one.
pub(super) fn of_table(ground: Ground<'_>, difference: &TableDifference) -> Option<Hazard> {
    let Pair { current, desired } = &difference.tables;
    let columns: Vec<_> = desired
        .columns
        .iter()
        .filter(|column| column.generated.is_none() && desired.is_held_to_its_type(column))
        .filter(|column| {
            current.column(&column.name).is_some_and(|old| {
                !current.is_held_to_its_type(old)
                    || current.affinity_of(old) != desired.affinity_of(column)
            })
        })
        .filter(|column| !ground.is_converted(difference.tables.as_ref(), &column.name))
        .collect();
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    Some(Hazard {
        code: HazardCode::RequireType,
        subject: Subject::Table(desired.name.clone()),
        what: format!(
            "every row of {} must hold values of the declared type in ({})",
            desired.name,
            names.join(", ")
        ),
        fix: format!(
            "Say how they are converted: `--fill {}.{}=SQL`; or correct them, for databases \
             elsewhere in a revision before this one.",
            desired.name, names[0]
        ),
        evidence: Evidence::Queries(vec![query(ground, difference, &columns)]),
    })
}

fn query(ground: Ground<'_>, difference: &TableDifference, columns: &[&Column]) -> Query {
    let Pair { current, desired } = &difference.tables;
    let from = format!("FROM {} AS t WHERE ", current.name.quoted());
    let key = ground.row_key(current, "t");
    let (mut conditions, mut samples) = (Vec::new(), Vec::new());
    for column in columns {
        let value = format!("t.{}", column.name.quoted());
        let conversion = Conversion::new(&value, desired.affinity_of(column));
        let Some(misfits) = conversion.misfits(column) else { continue };
        let pieces: Vec<_> = key.iter().cloned().chain([named(&column.name, &value)]).collect();
        samples.push(format!("SELECT {} AS sample {from} {misfits}", joined(&pieces, ": ")));
        conditions.push(misfits);
    }
    Query {
        concern: Concern::Violations,
        count: format!("SELECT count(*) {from} {}", conditions.join(" OR ")),
        samples: Some(format!("{} LIMIT {SAMPLES}", samples.join(" UNION ALL "))),
        premise: None,
    }
}
