//! Random renames of what a schema has.

use crate::generate;
use crate::model::{Model, ObjectKind, same};
use crate::names::{COLUMN_NAMES, TABLE_NAMES};
use crate::rename::Rename;
use crate::rng::Rng;

/// Renames one to three things, and two of a kind may swap their names.
pub(crate) fn renames(model: &mut Model, rng: &mut Rng) -> Vec<Rename> {
    let mut done = Vec::new();
    for _ in 0..=rng.below(3) {
        let steps = match rng.below(8) {
            0 | 1 => table(model, rng),
            2 => swapped_tables(model, rng),
            3 => swapped_columns(model, rng),
            _ => column(model, rng),
        };
        for step in steps.unwrap_or_default() {
            step.apply(model);
            done.push(step);
        }
    }
    done
}

/// Something new under the name that something else had.
pub(crate) fn take_old_name(rename: &Rename, model: &mut Model, rng: &mut Rng) {
    match rename {
        Rename::Table { from, .. } => {
            let mut table = generate::table(rng);
            table.name.clone_from(from);
            model.tables.push(table);
        }
        Rename::Column { table, from, .. } => {
            let found = model.tables.iter_mut().find(|found| same(&found.name, table));
            if let Some(table) = found {
                let mut column = generate::column(table, rng);
                column.name.clone_from(from);
                table.columns.push(column);
            }
        }
    }
}

fn table(model: &Model, rng: &mut Rng) -> Option<Vec<Rename>> {
    let virtual_tables: Vec<_> = model
        .objects
        .iter()
        .filter(|object| matches!(object.kind, ObjectKind::Virtual(_)))
        .map(|object| object.name.clone())
        .collect();
    let from = match rng.pick_any(&virtual_tables) {
        Some(name) if rng.chance(30) => name.clone(),
        _ => rng.pick_any(&model.tables)?.name.clone(),
    };
    let to = rng.pick(TABLE_NAMES).to_owned();
    let is_free =
        model.table(&to).is_none() && !model.objects.iter().any(|object| same(&object.name, &to));
    is_free.then(|| vec![Rename::Table { from, to }])
}

fn column(model: &Model, rng: &mut Rng) -> Option<Vec<Rename>> {
    let table = rng.pick_any(&model.tables)?;
    let from = rng.pick_any(&table.columns)?.name.clone();
    // In other letters it is the same name for SQLite, and may be written anew all the same.
    let to =
        if rng.chance(10) { from.to_ascii_uppercase() } else { rng.pick(COLUMN_NAMES).to_owned() };
    let is_free = table.column(&to).is_none() || same(&from, &to);
    let table = table.name.clone();
    is_free.then(|| vec![Rename::Column { table, from, to }])
}

/// A name in between, which nothing else has.
const ASIDE: &str = "put aside";

fn swapped_tables(model: &Model, rng: &mut Rng) -> Option<Vec<Rename>> {
    let one = rng.pick_any(&model.tables)?.name.clone();
    let two = rng.pick_any(&model.tables)?.name.clone();
    let step = |from: &String, to: &String| Rename::Table { from: from.clone(), to: to.clone() };
    let aside = ASIDE.to_owned();
    (one != two).then(|| vec![step(&one, &aside), step(&two, &one), step(&aside, &two)])
}

fn swapped_columns(model: &Model, rng: &mut Rng) -> Option<Vec<Rename>> {
    let table = rng.pick_any(&model.tables)?;
    let one = rng.pick_any(&table.columns)?.name.clone();
    let two = rng.pick_any(&table.columns)?.name.clone();
    let step = |from: &String, to: &String| Rename::Column {
        table: table.name.clone(),
        from: from.clone(),
        to: to.clone(),
    };
    let aside = ASIDE.to_owned();
    (one != two).then(|| vec![step(&one, &aside), step(&two, &one), step(&aside, &two)])
}
