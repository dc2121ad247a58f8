//! Making a schema one that SQLite takes, by leaving out what can't stand.
//!
//! Edits and shrinking may then change or leave out whatever they like.

use crate::model::{
    ClauseKind, Column, Model, Object, ObjectKind, Part, Reference, Rule, RuleKind, Table, same,
};

const STRICT_TYPES: [&str; 6] = ["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"];

/// Leaves out what can't stand until all of it can.
pub(crate) fn repair(model: &mut Model) {
    loop {
        let before = model.clone();
        for table in &mut model.tables {
            repair_table(table);
        }
        model.tables.retain(|table| table.columns.iter().any(|column| !column.is_generated()));
        unique_table_names(&mut model.tables);
        repair_foreign_keys(model);
        repair_objects(model);
        repair_times(model);
        if *model == before {
            return;
        }
    }
}

fn unique_table_names(tables: &mut Vec<Table>) {
    let mut seen: Vec<String> = Vec::new();
    tables.retain(|table| {
        let new = !seen.iter().any(|name| same(name, &table.name));
        seen.push(table.name.clone());
        new
    });
}

fn repair_table(table: &mut Table) {
    let mut seen: Vec<String> = Vec::new();
    table.columns.retain(|column| {
        let new = !seen.iter().any(|name| same(name, &column.name));
        seen.push(column.name.clone());
        new
    });
    if table.strict {
        for column in &mut table.columns {
            if !STRICT_TYPES.iter().any(|allowed| same(allowed, &column.declared)) {
                "TEXT".clone_into(&mut column.declared);
            }
        }
    }
    repair_generated(table);
    repair_clauses(table);
    repair_key(table);
    let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let known = |name: &String| names.iter().any(|other| same(other, name));
    table.rules.retain(|rule| match &rule.kind {
        RuleKind::PrimaryKey { columns, .. } | RuleKind::Unique { columns, .. } => {
            !columns.is_empty() && columns.iter().all(|column| known(&column.name))
        }
        RuleKind::Check(text) => columns_of(text).iter().all(|name| known(name)),
        RuleKind::ForeignKey { columns, .. } => columns.iter().all(known),
    });
    for column in &mut table.columns {
        column.clauses.retain(|clause| match &clause.kind {
            ClauseKind::Check(text) => columns_of(text).iter().all(|name| known(name)),
            _ => true,
        });
    }
}

/// A generated column mentions plain columns alone, so that there are no circles.
fn repair_generated(table: &mut Table) {
    let plain: Vec<String> = table
        .columns
        .iter()
        .filter(|column| !column.is_generated())
        .map(|column| column.name.clone())
        .collect();
    for column in &mut table.columns {
        column.clauses.retain(|clause| match &clause.kind {
            ClauseKind::Generated { text, .. } => {
                columns_of(text).iter().all(|name| plain.iter().any(|other| same(other, name)))
            }
            _ => true,
        });
    }
}

/// One clause of a kind, and none that a generated column can't have.
fn repair_clauses(table: &mut Table) {
    let strict = table.strict;
    for column in &mut table.columns {
        let generated = column.is_generated();
        let declared = column.declared.clone();
        let mut seen = Vec::new();
        column.clauses.retain(|clause| {
            let kind = std::mem::discriminant(&clause.kind);
            let many = matches!(clause.kind, ClauseKind::Check(_) | ClauseKind::References(_));
            let fits = match &clause.kind {
                ClauseKind::PrimaryKey { .. } | ClauseKind::References(_) => !generated,
                ClauseKind::Default(text) => !generated && (!strict || fits(text, &declared)),
                _ => true,
            };
            let kept = fits && (many || !seen.contains(&kind));
            seen.push(kind);
            kept
        });
    }
}

/// Whether a STRICT column of this type takes the default.
fn fits(default: &str, declared: &str) -> bool {
    let number = default.starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first));
    let text = default.starts_with('\'');
    match declared.to_ascii_uppercase().as_str() {
        "ANY" => true,
        "TEXT" => number || text,
        "BLOB" => default.starts_with('x'),
        "REAL" => number,
        _ => number && default.bytes().skip(1).all(|byte| byte.is_ascii_digit()),
    }
}

fn repair_key(table: &mut Table) {
    let generated: Vec<String> = table
        .columns
        .iter()
        .filter(|column| column.is_generated())
        .map(|column| column.name.clone())
        .collect();
    let without_rowid = table.without_rowid;
    let mut there = false;
    for column in &mut table.columns {
        let integer = same(&column.declared, "integer");
        column.clauses.retain_mut(|clause| match &mut clause.kind {
            ClauseKind::PrimaryKey { descending, autoincrement, .. } => {
                *autoincrement &= integer && !*descending && !without_rowid;
                !std::mem::replace(&mut there, true)
            }
            _ => true,
        });
    }
    let types: Vec<(String, String)> =
        table.columns.iter().map(|column| (column.name.clone(), column.declared.clone())).collect();
    table.rules.retain_mut(|rule| match &mut rule.kind {
        RuleKind::PrimaryKey { columns, autoincrement, .. } => {
            let mut seen: Vec<String> = Vec::new();
            columns.retain(|column| {
                let new = !seen.iter().any(|name| same(name, &column.name));
                seen.push(column.name.clone());
                new && !generated.iter().any(|name| same(name, &column.name))
            });
            let one_integer = matches!(columns.as_slice(), [only] if types
                .iter()
                .any(|(name, declared)| same(name, &only.name) && same(declared, "integer")));
            *autoincrement &= one_integer && !without_rowid;
            !columns.is_empty() && !std::mem::replace(&mut there, true)
        }
        _ => true,
    });
    table.without_rowid &= there;
}

/// A foreign key must find a key of the parent with as many columns
/// (<https://www.sqlite.org/foreignkeys.html#fk_indexes>).
fn repair_foreign_keys(model: &mut Model) {
    let parents = model.tables.clone();
    let good = |columns: &[String], reference: &Reference| {
        let Some(parent) = parents.iter().find(|table| same(&table.name, &reference.table)) else {
            return false;
        };
        if reference.columns.is_empty() {
            return columns.len() == parent.key().len();
        }
        columns.len() == reference.columns.len() && is_key(parent, &reference.columns)
    };
    for table in &mut model.tables {
        for column in &mut table.columns {
            let name = [column.name.clone()];
            column.clauses.retain(|clause| match &clause.kind {
                ClauseKind::References(reference) => good(&name, reference),
                _ => true,
            });
        }
        table.rules.retain(|rule| match &rule.kind {
            RuleKind::ForeignKey { columns, reference } => good(columns, reference),
            _ => true,
        });
    }
}

/// Whether these columns are the primary key of a table, or UNIQUE, without a collation that
/// would part the key from its columns.
fn is_key(parent: &Table, columns: &[String]) -> bool {
    let equal = |names: &[String]| {
        names.len() == columns.len()
            && names.iter().all(|name| columns.iter().any(|other| same(other, name)))
    };
    let of_rule = |rule: &Rule| match &rule.kind {
        RuleKind::PrimaryKey { columns, .. } | RuleKind::Unique { columns, .. } => {
            let names: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
            equal(&names) && columns.iter().all(|column| column.collation.is_none())
        }
        _ => false,
    };
    let of_column = |column: &Column| {
        let key = |kind: &ClauseKind| {
            matches!(kind, ClauseKind::PrimaryKey { .. } | ClauseKind::Unique(_))
        };
        column.has(key) && equal(std::slice::from_ref(&column.name))
    };
    parent.rules.iter().any(of_rule) || parent.columns.iter().any(of_column)
}

fn repair_objects(model: &mut Model) {
    let rank = |object: &Object| match object.kind {
        ObjectKind::Virtual(_) => 0,
        ObjectKind::Index { .. } => 1,
        ObjectKind::View(_) => 2,
        ObjectKind::Trigger { .. } => 3,
    };
    model.objects.sort_by_key(rank);
    let mut names: Vec<String> = model.tables.iter().map(|table| table.name.clone()).collect();
    let mut triggers: Vec<String> = Vec::new();
    let mut views: Vec<String> = Vec::new();
    let tables = &model.tables;
    model.objects.retain(|object| {
        let trigger = matches!(object.kind, ObjectKind::Trigger { .. });
        let taken = if trigger { &mut triggers } else { &mut names };
        if taken.iter().any(|name| same(name, &object.name)) {
            return false;
        }
        let text: Vec<Part> = match &object.kind {
            ObjectKind::Index { table, parts, predicate, .. } => {
                if !tables.iter().any(|known| same(&known.name, table)) {
                    return false;
                }
                let columns = parts.iter().flat_map(|part| &part.text);
                columns.chain(predicate.iter().flatten()).cloned().collect()
            }
            ObjectKind::Virtual(text)
            | ObjectKind::View(text)
            | ObjectKind::Trigger { text, .. } => text.clone(),
        };
        let stands = text.iter().all(|part| match part {
            Part::Word(_) | Part::Raw(_) => true,
            Part::Table(name) => {
                tables.iter().any(|table| same(&table.name, name))
                    || views.iter().any(|view| same(view, name))
            }
            Part::Column(table, name) => {
                tables.iter().any(|known| same(&known.name, table) && known.column(name).is_some())
            }
        });
        if stands {
            taken.push(object.name.clone());
            if matches!(object.kind, ObjectKind::View(_) | ObjectKind::Virtual(_)) {
                views.push(object.name.clone());
            }
        }
        stands
    });
}

/// Whether two rows get the same time is a matter of luck, so it is no part of a key.
fn repair_times(model: &mut Model) {
    let known = model.clone();
    for table in &mut model.tables {
        let name = table.name.clone();
        for column in table.columns.iter_mut().filter(|column| column.is_filled_with_the_time()) {
            if known.table(&name).is_some_and(|table| known.is_in_key(table, column)) {
                column.clauses.retain(|clause| !matches!(clause.kind, ClauseKind::Default(_)));
            }
        }
    }
}

fn columns_of(text: &[Part]) -> Vec<&String> {
    text.iter()
        .filter_map(|part| match part {
            Part::Column(_, name) => Some(name),
            _ => None,
        })
        .collect()
}
