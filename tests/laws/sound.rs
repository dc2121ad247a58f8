//! Part of law 4: a database that a migration leaves is sound.

use crate::case::Case;
use crate::database::Database;
use crate::model::{Model, Table, same};
use crate::oracle::common;
use crate::virtual_tables;
use std::collections::BTreeMap;

/// Nothing is broken, nothing is left over, and ids aren't handed out twice.
pub(crate) async fn sound(
    database: &Database,
    case: &Case,
    model: &Model,
    sequences: &BTreeMap<String, String>,
) -> Result<(), String> {
    if let Some(damage) = database.damage().await? {
        return Err(damage);
    }
    let orphans = database.orphans().await?;
    if !orphans.is_empty() {
        return Err(format!("rows without a parent: {orphans:?}"));
    }
    let left_over = database.stored().await?.into_keys().find(|(_, name)| {
        let table = model.tables.iter().any(|table| same(&table.name, name));
        let object = model.objects.iter().any(|object| same(&object.name, name));
        !table && !object && !virtual_tables::is_storage(model, name)
    });
    if let Some((kind, name)) = left_over {
        return Err(format!("{kind} {name} is left over"));
    }
    let remembered = database.sequences().await?;
    for (name, value) in &remembered {
        if !model.table(name).is_some_and(Table::is_autoincrement) {
            return Err(format!("a sequence of {name}, {value}, is left over"));
        }
    }
    for (before, after) in common(case) {
        let name = before.name.to_ascii_lowercase();
        // On the way up it goes by the new name, back down again by the old one.
        let now = if std::ptr::eq(model, &raw const case.before) { before } else { after };
        let now = now.name.to_ascii_lowercase();
        let both = before.is_autoincrement() && after.is_autoincrement();
        if both && remembered.get(&now) != sequences.get(&name) {
            let (was, is) = (sequences.get(&name), remembered.get(&now));
            return Err(format!("the sequence of {name} was {was:?} and is {is:?}"));
        }
    }
    Ok(())
}
