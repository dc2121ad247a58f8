//! Random tables: every clause that a table can have, and names that are hard to quote.

use crate::model::{
    Clause, ClauseKind, Column, Conflict, KeyColumn, Model, Part, Reference, Rule, RuleKind, Table,
    Text,
};
use crate::names::{COLUMN_NAMES, DEFAULTS, TABLE_NAMES, TYPES};
use crate::objects;
use crate::repair::repair;
use crate::rng::Rng;
use crate::spelling::Spelling;

const ACTIONS: &[&str] = &["CASCADE", "SET NULL", "RESTRICT", "NO ACTION", "SET DEFAULT"];
const DEFERRALS: &[&str] =
    &["DEFERRABLE INITIALLY DEFERRED", "DEFERRABLE INITIALLY IMMEDIATE", "NOT DEFERRABLE"];
const CONFLICTS: &[&str] = &["REPLACE", "IGNORE", "REPLACE", "IGNORE", "FAIL", "ROLLBACK", "ABORT"];
pub(crate) const COLLATIONS: &[&str] = &["NOCASE", "RTRIM", "BINARY"];

/// A schema of one to five tables.
pub(crate) fn model(rng: &mut Rng) -> Model {
    let mut model = Model::default();
    let tables = 1 + rng.below(5).min(rng.below(5));
    for _ in 0..tables {
        let table = table(rng);
        model.tables.push(table);
    }
    for _ in 0..rng.below(1 + tables) {
        add_foreign_key(&mut model, rng);
    }
    for _ in 0..rng.below(3 + tables) {
        if let Some(object) = objects::object(&model, rng) {
            model.objects.push(object);
        }
    }
    repair(&mut model);
    model
}

pub(crate) fn table(rng: &mut Rng) -> Table {
    let mut table = Table {
        name: rng.pick(TABLE_NAMES).to_owned(),
        columns: Vec::new(),
        rules: Vec::new(),
        strict: rng.chance(12),
        without_rowid: rng.chance(12),
        spelling: Spelling::random(rng),
    };
    if rng.chance(60) {
        table.columns.push(id_column(rng));
    }
    for _ in 0..=rng.below(7) {
        let column = column(&table, rng);
        table.columns.push(column);
    }
    for _ in 0..rng.below(3) {
        if let Some(rule) = rule(&table, rng) {
            table.rules.push(rule);
        }
    }
    table
}

fn id_column(rng: &mut Rng) -> Column {
    let key = ClauseKind::PrimaryKey {
        descending: rng.chance(8),
        autoincrement: rng.chance(40),
        conflict: conflict(rng, 8),
    };
    let mut clauses = vec![clause(key, rng)];
    if rng.chance(40) {
        clauses.insert(rng.below(2), clause(ClauseKind::NotNull(None), rng));
    }
    let declared = rng.pick(&["integer", "INTEGER", "integer", "varchar(36)", "INT", "uuid_text"]);
    Column { name: "id".to_owned(), declared: declared.to_owned(), clauses }
}

pub(crate) fn column(table: &Table, rng: &mut Rng) -> Column {
    let mut column = Column {
        name: rng.pick(COLUMN_NAMES).to_owned(),
        declared: declared(rng).to_owned(),
        clauses: Vec::new(),
    };
    let mut kinds = Vec::new();
    if rng.chance(10) {
        kinds.push(ClauseKind::Generated { text: value(table, rng), stored: rng.chance(50) });
    }
    if rng.chance(35) {
        kinds.push(ClauseKind::NotNull(conflict(rng, 8)));
    }
    if rng.chance(35) {
        kinds.push(ClauseKind::Default(rng.pick(DEFAULTS).to_owned()));
    }
    if rng.chance(8) {
        kinds.push(ClauseKind::Unique(conflict(rng, 25)));
    }
    if rng.chance(12) {
        kinds.push(ClauseKind::Collate(rng.pick(COLLATIONS)));
    }
    if rng.chance(10) {
        kinds.push(ClauseKind::Check(condition(&table.name, &column.name, rng)));
    }
    if rng.chance(30) {
        rng.shuffle(&mut kinds);
    }
    column.clauses = kinds.into_iter().map(|kind| clause(kind, rng)).collect();
    column
}

pub(crate) fn declared(rng: &mut Rng) -> &'static str {
    rng.pick(TYPES)
}

/// A clause for a column that has none of its kind, or another in its place.
pub(crate) fn any_clause(table: &Table, column: &Column, rng: &mut Rng) -> Clause {
    let kind = match rng.below(8) {
        0 | 1 => ClauseKind::Default(rng.pick(DEFAULTS).to_owned()),
        2 | 3 => ClauseKind::NotNull(conflict(rng, 10)),
        4 => ClauseKind::Collate(rng.pick(COLLATIONS)),
        5 => ClauseKind::Unique(conflict(rng, 50)),
        6 => ClauseKind::Check(condition(&table.name, &column.name, rng)),
        _ => ClauseKind::Generated { text: value(table, rng), stored: rng.chance(50) },
    };
    clause(kind, rng)
}

fn clause(mut kind: ClauseKind, rng: &mut Rng) -> Clause {
    if let (ClauseKind::Check(text), true) = (&mut kind, rng.chance(10)) {
        // A string, as no column is called so.
        text.extend([Part::Word("AND"), raw("1 <> \"no column\"")]);
    }
    Clause { name: constraint_name(rng), kind }
}

fn constraint_name(rng: &mut Rng) -> Option<String> {
    rng.chance(12).then(|| rng.pick(&["ck one", "nn", "x\"y", "unique"]).to_owned())
}

fn conflict(rng: &mut Rng, percent: usize) -> Conflict {
    rng.chance(percent).then(|| rng.pick(CONFLICTS))
}

/// UNIQUE, CHECK or a key of the table.
pub(crate) fn rule(table: &Table, rng: &mut Rng) -> Option<Rule> {
    if let (Some(rule), true) = (rng.pick_any(&table.rules), rng.chance(20)) {
        return Some(Rule { name: constraint_name(rng), kind: said_otherwise(&rule.kind) });
    }
    let kind = match rng.below(4) {
        0 | 1 => {
            RuleKind::Unique { columns: key_columns(table, rng)?, conflict: conflict(rng, 40) }
        }
        2 => RuleKind::PrimaryKey {
            columns: key_columns(table, rng)?,
            autoincrement: rng.chance(30),
            conflict: conflict(rng, 8),
        },
        _ => {
            let column = rng.pick_any(&table.columns)?.name.clone();
            RuleKind::Check(condition(&table.name, &column, rng))
        }
    };
    Some(Rule { name: constraint_name(rng), kind })
}

/// The same in other words.
fn said_otherwise(kind: &RuleKind) -> RuleKind {
    let mut kind = kind.clone();
    if let RuleKind::Check(text) = &mut kind {
        for part in text {
            if let Part::Raw(text) = part {
                *text = text.replace("<>", "!=");
            }
        }
    }
    kind
}

fn key_columns(table: &Table, rng: &mut Rng) -> Option<Vec<KeyColumn>> {
    let mut columns = Vec::new();
    for _ in 0..=rng.below(3) {
        let name = rng.pick_any(&table.columns)?.name.clone();
        if columns.iter().any(|column: &KeyColumn| column.name == name) {
            continue;
        }
        let collation = rng.chance(10).then(|| rng.pick(COLLATIONS));
        columns.push(KeyColumn { name, collation, descending: rng.chance(10) });
    }
    Some(columns)
}

/// An expression without a table around it, over plain columns.
pub(crate) fn value(table: &Table, rng: &mut Rng) -> Text {
    let plain: Vec<_> = table.columns.iter().filter(|column| !column.is_generated()).collect();
    let Some(column) = rng.pick_any(&plain) else { return vec![raw("1 + 1")] };
    let column = Part::Column(table.name.clone(), column.name.clone());
    match rng.below(4) {
        0 => vec![Part::Word("length"), raw("("), column, raw(")")],
        1 => vec![column, raw("|| 'x, ('")],
        2 => vec![Part::Word("upper"), raw("("), column, raw(")")],
        _ => vec![Part::Word("coalesce"), raw("("), column, raw(", 0 )")],
    }
}

/// A condition that most values meet.
pub(crate) fn condition(table: &str, column: &str, rng: &mut Rng) -> Text {
    let column = || Part::Column(table.to_owned(), column.to_owned());
    match rng.below(6) {
        0 => vec![Part::Word("length"), raw("("), column(), raw(") < 100")],
        1 => vec![column(), raw("<> 'it''s ( \"x'")],
        2 => vec![column(), Part::Word("IS NOT NULL OR"), raw("1")],
        3 => vec![
            raw("("),
            column(),
            raw("> -5 )"),
            Part::Word("OR"),
            column(),
            Part::Word("IS NULL"),
        ],
        4 => vec![Part::Word("typeof"), raw("("), column(), raw(") <> 'blob'")],
        _ => vec![column(), Part::Word("NOT IN"), raw("( 5, 'no, no' )")],
    }
}

pub(crate) fn raw(text: &str) -> Part {
    Part::Raw(text.to_owned())
}

/// A foreign key from some table to some key of some table.
pub(crate) fn add_foreign_key(model: &mut Model, rng: &mut Rng) {
    let Some(parent) = rng.pick_any(&model.tables).cloned() else { return };
    let child = rng.below(model.tables.len());
    let mut columns = parent.key();
    if columns.is_empty() || rng.chance(25) {
        let unique = parent
            .columns
            .iter()
            .find(|column| column.has(|kind| matches!(kind, ClauseKind::Unique(_))));
        match unique {
            Some(column) => columns = vec![column.name.clone()],
            None if columns.is_empty() => return,
            None => {}
        }
    }
    let implicit = columns == parent.key() && rng.chance(30);
    let reference = Reference {
        table: parent.name.clone(),
        columns: if implicit { Vec::new() } else { columns.clone() },
        on_delete: rng.chance(70).then(|| rng.pick(ACTIONS)),
        on_update: rng.chance(30).then(|| rng.pick(ACTIONS)),
        deferral: rng.chance(25).then(|| rng.pick(DEFERRALS)),
    };
    let child = &mut model.tables[child];
    let mut referring = Vec::new();
    for _ in &columns {
        let plain: Vec<_> = child
            .columns
            .iter()
            .filter(|column| !column.is_generated() && !referring.contains(&column.name))
            .map(|column| column.name.clone())
            .collect();
        let Some(name) = rng.pick_any(&plain) else { return };
        referring.push(name.clone());
    }
    if let [name] = referring.as_slice()
        && rng.chance(50)
    {
        let place = child.columns.iter_mut().find(|column| column.name == *name);
        if let Some(column) = place {
            let kind = ClauseKind::References(reference);
            column.clauses.push(Clause { name: constraint_name(rng), kind });
        }
    } else {
        let kind = RuleKind::ForeignKey { columns: referring, reference };
        child.rules.push(Rule { name: constraint_name(rng), kind });
    }
}
