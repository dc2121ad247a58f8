//! What people do to a schema between two revisions.

use crate::generate;
use crate::model::{Clause, ClauseKind, Column, KeyColumn, Model, ObjectKind, RuleKind, Table};
use crate::objects;
use crate::rename::Rename;
use crate::renames;
use crate::repair::repair;
use crate::rng::Rng;
use crate::short;
use crate::spelling::Spelling;

/// The schema after one to four edits, some of them renames; now and then another schema
/// altogether.
pub(crate) fn edited(model: &Model, rng: &mut Rng) -> (Model, Vec<Rename>) {
    if rng.chance(5) {
        return (generate::model(rng), Vec::new());
    }
    let mut edited = model.clone();
    // Renames are done before anything else, so what comes or goes may take an old name.
    let renames = if rng.chance(35) { renames::renames(&mut edited, rng) } else { Vec::new() };
    if let (Some(rename), true) = (rng.pick_any(&renames), rng.chance(25)) {
        renames::take_old_name(rename, &mut edited, rng);
        repair(&mut edited);
    }
    for _ in usize::from(!renames.is_empty())..=rng.below(4) {
        edit(&mut edited, rng);
        repair(&mut edited);
    }
    (edited, renames)
}

fn edit(model: &mut Model, rng: &mut Rng) {
    match rng.below(22) {
        0 => model.tables.push(generate::table(rng)),
        20 => {
            // Two that may refer to each other, and to themselves.
            model.tables.extend([generate::table(rng), generate::table(rng)]);
            repair(model);
            for _ in 0..5 {
                generate::add_foreign_key(model, rng);
            }
        }
        21 => recase(model, rng),
        1 if model.tables.len() > 1 => {
            model.tables.remove(rng.below(model.tables.len()));
        }
        2 => generate::add_foreign_key(model, rng),
        3 | 4 => {
            if let Some(object) = objects::object(model, rng) {
                model.objects.push(object);
            }
        }
        5 if !model.objects.is_empty() => {
            model.objects.remove(rng.below(model.objects.len()));
        }
        6 if !model.objects.is_empty() => {
            let at = rng.below(model.objects.len());
            edit_object(model, at, rng);
        }
        _ if !model.tables.is_empty() => {
            let at = rng.below(model.tables.len());
            edit_table(&mut model.tables[at], rng);
        }
        _ => {}
    }
}

/// Another letter case, which is the same name.
fn recase(model: &mut Model, rng: &mut Rng) {
    let at = rng.below(model.tables.len());
    let Some(table) = model.tables.get_mut(at) else { return };
    let place = rng.below(table.columns.len());
    for name in [&mut table.name, &mut table.columns[place].name] {
        if rng.chance(60) {
            *name =
                if rng.chance(50) { name.to_ascii_uppercase() } else { name.to_ascii_lowercase() };
        }
    }
}

fn edit_object(model: &mut Model, at: usize, rng: &mut Rng) {
    if let (Some(mut object), true) = (objects::object(model, rng), rng.chance(50)) {
        object.name.clone_from(&model.objects[at].name);
        model.objects[at] = object;
        return;
    }
    let object = &mut model.objects[at];
    match &mut object.kind {
        ObjectKind::Index { unique, parts, predicate, .. } => match rng.below(3) {
            0 => *unique = !*unique,
            1 => {
                let part = rng.below(parts.len());
                parts[part].descending = !parts[part].descending;
            }
            _ => *predicate = None,
        },
        _ => object.spelling = Spelling::random(rng),
    }
}

fn edit_table(table: &mut Table, rng: &mut Rng) {
    let columns = table.columns.len();
    let at = rng.below(columns);
    match rng.below(20) {
        17..=19 => edit_last_columns(table, rng),
        0..=2 => {
            let mut column = generate::column(table, rng);
            if rng.chance(30) {
                column
                    .clauses
                    .retain(|clause| !matches!(clause.kind, ClauseKind::Generated { .. }));
            }
            let place = if rng.chance(70) { columns } else { rng.below(columns + 1) };
            table.columns.insert(place, column);
        }
        3 | 4 if columns > 1 => {
            table.columns.remove(at);
        }
        5 | 6 => generate::declared(rng).clone_into(&mut table.columns[at].declared),
        7..=9 => {
            let clause = generate::any_clause(table, &table.columns[at], rng);
            put_clause(&mut table.columns[at], clause, rng);
        }
        10 | 11 => {
            let clauses = &mut table.columns[at].clauses;
            if !clauses.is_empty() {
                clauses.remove(rng.below(clauses.len()));
            }
        }
        12 => table.rules.extend(generate::rule(table, rng)),
        13 if !table.rules.is_empty() => {
            table.rules.remove(rng.below(table.rules.len()));
        }
        14 => match rng.below(3) {
            0 => table.strict = !table.strict,
            1 => table.without_rowid = !table.without_rowid,
            _ => toggle_autoincrement(table),
        },
        15 => {
            table.rules.retain(|rule| !matches!(rule.kind, RuleKind::PrimaryKey { .. }));
            for column in &mut table.columns {
                column.clauses.retain(|c| !matches!(c.kind, ClauseKind::PrimaryKey { .. }));
            }
            let name = table.columns[at].name.clone();
            let columns = vec![KeyColumn { name, collation: None, descending: false }];
            let kind = RuleKind::PrimaryKey { columns, autoincrement: false, conflict: None };
            table.rules.push(crate::model::Rule { name: None, kind });
        }
        _ => {
            table.columns.swap(at, rng.below(columns));
            table.spelling = Spelling::random(rng);
        }
    }
}

/// Another default, NOT NULL or CHECK for columns that rows may lack.
fn edit_last_columns(table: &mut Table, rng: &mut Rng) {
    for place in 1..=short::most(table) {
        if rng.chance(70) {
            let at = table.columns.len() - place;
            let clause = loop {
                let clause = generate::any_clause(table, &table.columns[at], rng);
                if !matches!(clause.kind, ClauseKind::Generated { .. } | ClauseKind::Unique(_)) {
                    break clause;
                }
            };
            put_clause(&mut table.columns[at], clause, rng);
        }
    }
}

fn put_clause(column: &mut Column, clause: Clause, rng: &mut Rng) {
    let kind = std::mem::discriminant(&clause.kind);
    column.clauses.retain(|other| std::mem::discriminant(&other.kind) != kind);
    column.clauses.insert(rng.below(column.clauses.len() + 1), clause);
}

fn toggle_autoincrement(table: &mut Table) {
    for column in &mut table.columns {
        for clause in &mut column.clauses {
            if let ClauseKind::PrimaryKey { autoincrement, .. } = &mut clause.kind {
                *autoincrement = !*autoincrement;
            }
        }
    }
}

/// The same schema in other words: letter case, quotes, white space, comments, and constraints of
/// one column moved behind all columns.
pub(crate) fn respelled(model: &Model, rng: &mut Rng) -> Model {
    let mut model = model.clone();
    for table in &mut model.tables {
        table.spelling = Spelling::random_case(rng);
        for at in 0..table.columns.len() {
            if rng.chance(50) {
                move_constraints(table, at);
            }
        }
        if rng.chance(50) {
            for column in &mut table.columns {
                rng.shuffle(&mut column.clauses);
            }
            rng.shuffle(&mut table.rules);
        }
    }
    for object in &mut model.objects {
        object.spelling = Spelling::random_case(rng);
    }
    model
}

/// Constraints of a column, as ones of the table where that means the same.
fn move_constraints(table: &mut Table, at: usize) {
    let column = &mut table.columns[at];
    let name = column.name.clone();
    let key = vec![KeyColumn { name: name.clone(), collation: None, descending: false }];
    let mut moved = Vec::new();
    column.clauses.retain(|clause| {
        let kind = match &clause.kind {
            // Inline, DESC keeps the key from being the rowid; behind the columns it doesn't.
            ClauseKind::PrimaryKey { descending: false, autoincrement, conflict } => {
                RuleKind::PrimaryKey {
                    columns: key.clone(),
                    autoincrement: *autoincrement,
                    conflict: *conflict,
                }
            }
            ClauseKind::Unique(conflict) => {
                RuleKind::Unique { columns: key.clone(), conflict: *conflict }
            }
            ClauseKind::Check(text) => RuleKind::Check(text.clone()),
            ClauseKind::References(reference) => {
                RuleKind::ForeignKey { columns: vec![name.clone()], reference: reference.clone() }
            }
            _ => return true,
        };
        moved.push(crate::model::Rule { name: clause.name.clone(), kind });
        false
    });
    table.rules.extend(moved);
}

/// The statements in another order that SQLite takes: children before parents, views before
/// tables; only indexes and triggers need theirs.
pub(crate) fn reordered(model: &Model, rng: &mut Rng) -> Vec<String> {
    let mut tables: Vec<_> = model.tables.iter().map(Table::sql).collect();
    let of = |wanted: fn(&ObjectKind) -> bool| {
        let objects = model.objects.iter().filter(move |object| wanted(&object.kind));
        objects.map(crate::model::Object::sql).collect::<Vec<_>>()
    };
    tables.extend(of(|kind| matches!(kind, ObjectKind::View(_))));
    rng.shuffle(&mut tables);
    let mut rest = of(|kind| !matches!(kind, ObjectKind::View(_)));
    rng.shuffle(&mut rest);
    tables.extend(rest);
    tables
}
