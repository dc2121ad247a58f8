//! Random indexes, views and triggers over the tables of a schema.

use crate::generate::{COLLATIONS, condition, raw, value};
use crate::model::{IndexPart, Model, Object, ObjectKind, Part, Table, Text};
use crate::names::OBJECT_NAMES;
use crate::rng::Rng;
use crate::spelling::Spelling;
use crate::virtual_tables;

/// An index, a view or a trigger.
pub(crate) fn object(model: &Model, rng: &mut Rng) -> Option<Object> {
    let table = rng.pick_any(&model.tables)?;
    let kind = match rng.below(10) {
        4 if rng.chance(50) => ObjectKind::Virtual(virtual_tables::module(rng)),
        0..=4 => index(table, rng)?,
        5 | 6 => ObjectKind::View(view(model, table, rng)?),
        7 if rng.chance(40) => instead_of(model, table, rng)?,
        _ => trigger(model, table, rng)?,
    };
    let name = rng.pick(OBJECT_NAMES).to_owned();
    Some(Object { name, kind, spelling: Spelling::random(rng) })
}

fn index(table: &Table, rng: &mut Rng) -> Option<ObjectKind> {
    let mut parts = Vec::new();
    for _ in 0..=rng.below(3) {
        let column = rng.pick_any(&table.columns)?;
        let mut text = vec![Part::Column(table.name.clone(), column.name.clone())];
        if rng.chance(15) {
            text = value(table, rng);
        }
        let collation = rng.chance(12).then(|| rng.pick(COLLATIONS));
        parts.push(IndexPart { text, collation, descending: rng.chance(20) });
    }
    let column = &rng.pick_any(&table.columns)?.name;
    let predicate = rng.chance(25).then(|| condition(&table.name, column, rng));
    Some(ObjectKind::Index { table: table.name.clone(), unique: rng.chance(15), parts, predicate })
}

fn view(model: &Model, table: &Table, rng: &mut Rng) -> Option<Text> {
    let views: Vec<_> = model
        .objects
        .iter()
        .filter(|object| matches!(object.kind, ObjectKind::View(_)))
        .map(|object| object.name.clone())
        .collect();
    if let (Some(view), true) = (rng.pick_any(&views), rng.chance(30)) {
        return Some(vec![
            Part::Word("SELECT"),
            raw("*"),
            Part::Word("FROM"),
            Part::Table(view.clone()),
        ]);
    }
    let source = Part::Table(table.name.clone());
    if rng.chance(25) {
        return Some(vec![Part::Word("SELECT"), raw("*"), Part::Word("FROM"), source]);
    }
    let column = &rng.pick_any(&table.columns)?.name;
    let mut text = vec![
        Part::Word("SELECT"),
        Part::Column(table.name.clone(), column.clone()),
        raw(if rng.chance(20) { ", \"no column\"" } else { ", 'a \"b'" }),
        Part::Word("FROM"),
        source,
    ];
    if rng.chance(40) {
        text.push(Part::Word("WHERE"));
        text.extend(condition(&table.name, column, rng));
    }
    Some(text)
}

/// A trigger that stands in for writing into a view.
fn instead_of(model: &Model, table: &Table, rng: &mut Rng) -> Option<ObjectKind> {
    let is_view = |object: &&Object| matches!(object.kind, ObjectKind::View(_));
    let views: Vec<_> = model.objects.iter().filter(is_view).collect();
    let view = rng.pick_any(&views)?.name.clone();
    let column = Part::Column(table.name.clone(), rng.pick_any(&table.columns)?.name.clone());
    let text = vec![
        Part::Word("INSTEAD OF INSERT ON"),
        Part::Table(view.clone()),
        Part::Word("BEGIN DELETE FROM"),
        Part::Table(table.name.clone()),
        Part::Word("WHERE"),
        column,
        raw("= 'x' ;"),
        Part::Word("END"),
    ];
    Some(ObjectKind::Trigger { table: view, text })
}

fn trigger(model: &Model, table: &Table, rng: &mut Rng) -> Option<ObjectKind> {
    let other = rng.pick_any(&model.tables)?;
    let column = rng.pick_any(&other.columns)?;
    let plain = other.columns.iter().filter(|column| !column.is_generated()).collect::<Vec<_>>();
    let event =
        rng.pick(&["AFTER INSERT ON", "BEFORE DELETE ON", "AFTER UPDATE ON", "BEFORE UPDATE ON"]);
    let mut text = vec![Part::Word(event), Part::Table(table.name.clone()), Part::Word("BEGIN")];
    let column_part = |name: &str| Part::Column(other.name.clone(), name.to_owned());
    let text_tables: Vec<_> =
        model.objects.iter().filter(|object| virtual_tables::holds_text(&object.kind)).collect();
    match rng.below(3) {
        _ if !text_tables.is_empty() && event == "AFTER INSERT ON" => {
            let searched = rng.pick_any(&text_tables)?.name.clone();
            text.extend([Part::Word("INSERT INTO"), Part::Table(searched), raw("( title )")]);
            text.extend([Part::Word("VALUES"), raw("( 'new' )")]);
        }
        0 => {
            let set = rng.pick_any(&plain)?;
            text.extend([Part::Word("UPDATE"), Part::Table(other.name.clone()), Part::Word("SET")]);
            text.extend([column_part(&set.name), raw("="), column_part(&set.name)]);
            text.push(Part::Word("WHERE"));
            text.extend(condition(&other.name, &column.name, rng));
        }
        1 => {
            text.extend([Part::Word("INSERT INTO"), Part::Table(other.name.clone()), raw("(")]);
            text.extend([column_part(&rng.pick_any(&plain)?.name), raw(")")]);
            text.extend([Part::Word("VALUES"), raw("( 77 )")]);
        }
        _ => {
            text.extend([Part::Word("DELETE FROM"), Part::Table(other.name.clone())]);
            text.extend([
                Part::Word("WHERE"),
                column_part(&column.name),
                raw(rng.pick(&["= 'gone; END'", "= \"gone; END\""])),
            ]);
        }
    }
    text.extend([raw(";"), Part::Word("END")]);
    Some(ObjectKind::Trigger { table: table.name.clone(), text })
}
