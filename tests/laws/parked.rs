//! Law 5: what is parked on the way up is there again after the way down, to the bit.

use crate::case::Case;
use crate::database::{Database, StoredRow};
use crate::laws::{Checked, broken, listed, sure};
use crate::model::Table;
use crate::round_trip::{Gone, kept_columns, may_refuse, stays_by_rowid};
use crate::rows;
use schema_engine::ErrorKind;
use schema_engine::answers::{Answers, Dropped};
use schema_engine::pair::Pair;
use schema_engine::plan::Step;
use schema_engine::prove::prove;
use schema_engine::schema::Schema;
use std::collections::BTreeMap;

/// Whether something was parked and came back.
pub(crate) async fn comes_back(case: &Case, schemas: Pair<&Schema>) -> Checked<bool> {
    let law = "5: what is parked comes back";
    let dropped = Dropped::Parked { revision: "m002_after".to_owned() };
    let proven = match prove(schemas, &Answers { dropped, ..case.answers() }).await {
        Ok(Some(proven)) => proven,
        Ok(None) => return Ok(false),
        // Nothing may tell the rows of a table apart before and after.
        Err(error) if error.kind() == ErrorKind::Refused => return Ok(false),
        Err(error) => return broken(law, format!("no plan is proven: {error}")),
    };
    if !proven.up.steps.iter().any(|step| matches!(step, Step::Parking(_))) {
        return Ok(false);
    }
    let database = sure(rows::filled(case).await)?;
    let texts = sure(database.stored().await)?;
    let before = sure(values(&database, case).await)?;
    if let Err(how) = database.transaction(proven.up.statements()).await {
        return broken(law, how + &listed(&proven, true));
    }
    match database.transaction(proven.down.statements()).await {
        // What was converted may not fit its former rules any more.
        Err(_) if may_refuse(case, Gone::Parked) => return Ok(false),
        Err(how) => return broken(law, how + &listed(&proven, false)),
        Ok(()) => {}
    }
    let back = sure(values(&database, case).await)?;
    if back != before {
        let how = format!("{back:?}\nexpected:\n{before:?}");
        return broken(law, how + &listed(&proven, true) + &listed(&proven, false));
    }
    let now = sure(database.stored().await)?;
    let left_over = now.keys().find(|key| !texts.contains_key(key));
    if let Some((kind, name)) = left_over.filter(|(_, name)| name != "schema_engine_dropped") {
        return broken(law, format!("{kind} {name} is left over{}", listed(&proven, false)));
    }
    if let Some(damage) = sure(database.damage().await)? {
        return broken(law, damage + &listed(&proven, false));
    }
    Ok(true)
}

/// The values of all columns that nothing concerns or that are parked, by table.
async fn values(
    database: &Database,
    case: &Case,
) -> Result<BTreeMap<String, Vec<StoredRow>>, String> {
    let mut values = BTreeMap::new();
    for before in &case.before.tables {
        let after = case.table_after(&before.name);
        let columns = match after {
            Some(after) => kept_columns(case, before, after, Gone::Parked),
            None => plain_columns(before),
        };
        let mut rows = database.rows(before, &columns).await?;
        if !after.is_none_or(|after| stays_by_rowid(case, before, after)) {
            for row in &mut rows {
                row.rowid = None;
            }
            rows.sort();
        }
        values.insert(before.name.clone(), rows);
    }
    Ok(values)
}

fn plain_columns(table: &Table) -> Vec<&str> {
    let plain = table.columns.iter().filter(|column| !column.is_generated());
    plain.map(|column| column.name.as_str()).collect()
}
