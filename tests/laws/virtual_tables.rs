//! Virtual tables: their modules keep rows in tables of their own that no migration may touch.

use crate::database::{Answer, Database, literal, quoted};
use crate::model::{Model, ObjectKind, Part, Text};
use crate::rng::Rng;

/// Modules that are compiled in, the text behind the name.
const MODULES: &[&str] = &[
    "fts5(title, body)",
    "fts5(title, \"body\", tokenize = 'porter ascii')",
    "fts4(title, body)",
    "fts4(title, body, tokenize=unicode61)",
    "rtree(id, min_x, max_x)",
    "rtree(id, min_x, max_x, +note TEXT)",
];

/// One of the modules.
pub(crate) fn module(rng: &mut Rng) -> Text {
    vec![Part::Word("USING"), Part::Raw(rng.pick(MODULES).to_owned())]
}

/// Whether text is put into the virtual table.
pub(crate) fn holds_text(kind: &ObjectKind) -> bool {
    matches!(kind, ObjectKind::Virtual(_)) && !is_rtree(kind)
}

fn is_rtree(kind: &ObjectKind) -> bool {
    let ObjectKind::Virtual(text) = kind else { return false };
    text.iter().any(|part| matches!(part, Part::Raw(module) if module.starts_with("rtree")))
}

/// The statements that put rows into every virtual table.
pub(crate) fn rows(model: &Model) -> Vec<String> {
    let mut statements = Vec::new();
    for object in &model.objects {
        let name = quoted(&object.name);
        if is_rtree(&object.kind) {
            statements.push(format!("INSERT INTO {name} (id, min_x, max_x) VALUES (7, 0.5, 1.5)"));
            statements.push(format!("INSERT INTO {name} (id, min_x, max_x) VALUES (90, -2, 8)"));
        } else if holds_text(&object.kind) {
            let columns = "(rowid, title, body)";
            let values = "(7, 'it''s one', 'word'), (90, 'two words', NULL)";
            statements.push(format!("INSERT INTO {name} {columns} VALUES {values}"));
        }
    }
    statements
}

/// The tables in which the virtual tables of a schema keep their rows begin with their names.
pub(crate) fn is_storage(model: &Model, name: &str) -> bool {
    let of = |virtual_table: &str| {
        let start = name.get(..virtual_table.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(virtual_table))
            && name[virtual_table.len()..].starts_with('_')
    };
    model
        .objects
        .iter()
        .any(|object| matches!(object.kind, ObjectKind::Virtual(_)) && of(&object.name))
}

/// What is in a virtual table, and what a search in it finds.
pub(crate) async fn content(
    database: &Database,
    name: &str,
    kind: &ObjectKind,
) -> Result<Answer, String> {
    let table = quoted(name);
    if is_rtree(kind) {
        let columns = "CAST(id AS TEXT), CAST(min_x AS TEXT), CAST(max_x AS TEXT)";
        return database.ask(&format!("SELECT {columns} FROM {table} ORDER BY id")).await;
    }
    let columns = "CAST(rowid AS TEXT), CAST(title AS TEXT), CAST(body AS TEXT)";
    let mut found = database.ask(&format!("SELECT {columns} FROM {table} ORDER BY rowid")).await?;
    let searched =
        format!("SELECT CAST(rowid AS TEXT) FROM {table} WHERE title MATCH {}", literal("words"));
    found.extend(database.ask(&searched).await?);
    Ok(found)
}
