//! The same statements as a person runs them: from a script, one after the other on a file, while
//! somebody else has it open.

use crate::case::Case;
use crate::database::quoted;
use crate::laws::{Checked, broken, listed, sure};
use crate::model::Column;
use crate::rows;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use schema_engine::prove::Proven;
use std::collections::BTreeMap;
use std::path::Path;

/// What is in a database: the text of each object, the rows of each table.
type Content = BTreeMap<String, Vec<String>>;

/// Runs a plan on a file, and holds what is in it then against a database in memory on which it
/// ran.
pub(crate) fn runs_on_a_file(case: &Case, proven: &Proven) -> Checked {
    let law = "a script does the same on a file";
    let folder = sure(tempfile::tempdir().map_err(|error| error.to_string()))?;
    let file = folder.path().join("laws.db");
    sure(open(&file).and_then(|connection| run(&connection, &rows::statements(case))))?;
    let reader = sure(open(&file))?;
    let before = sure(content(&reader))?;

    let up: Vec<String> = proven.up.statements().map(str::to_owned).collect();
    if let Err(how) = transaction(&file, &up) {
        return broken(law, how + &listed(proven, true));
    }
    let reached = sure(content(&reader))?;
    let anew = sure(open(&file).and_then(|connection| content(&connection)))?;
    if reached != anew {
        let how = difference(&reached, &anew);
        return broken("who has the file open sees the change", how + &listed(proven, true));
    }
    let in_memory = sure(open(Path::new(":memory:")))?;
    sure(run(&in_memory, &rows::statements(case)))?;
    sure(run(&in_memory, &up))?;
    let wanted = sure(content(&in_memory))?;
    let lucky = up.iter().any(|sql| sql.contains("random"))
        || case.after.tables.iter().any(|t| t.columns.iter().any(Column::is_filled_with_the_time));
    if !lucky && reached != wanted {
        return broken(law, difference(&reached, &wanted) + &listed(proven, true));
    }
    let down: Vec<String> = proven.down.statements().map(str::to_owned).collect();
    // Whether the way down may fail is looked at elsewhere.
    let refused = transaction(&file, &down).is_err();
    let left = sure(content(&reader))?;
    if refused && left != reached {
        return broken(law, difference(&left, &reached) + &listed(proven, false));
    }
    if !refused && left.keys().ne(before.keys()) {
        return broken(law, difference(&left, &before) + &listed(proven, false));
    }
    Ok(())
}

fn open(path: &Path) -> Result<Connection, String> {
    let connection = Connection::open(path).map_err(|error| error.to_string())?;
    run(&connection, &["PRAGMA foreign_keys = OFF".to_owned()])?;
    Ok(connection)
}

/// All or nothing.
fn transaction(path: &Path, statements: &[String]) -> Result<(), String> {
    let connection = open(path)?;
    let one = |sql: &str| run(&connection, &[sql.to_owned()]);
    one("BEGIN IMMEDIATE")?;
    match run(&connection, statements) {
        Ok(()) => one("COMMIT"),
        Err(how) => one("ROLLBACK").and(Err(how)),
    }
}

fn run(connection: &Connection, statements: &[String]) -> Result<(), String> {
    for sql in statements {
        let error = |error: rusqlite::Error| format!("{error}: {sql}");
        let mut statement = connection.prepare(sql).map_err(error)?;
        let mut rows = statement.raw_query();
        while rows.next().map_err(error)?.is_some() {}
    }
    Ok(())
}

/// SQLite's own tables are left out. Statistics: a plan alone doesn't keep them, what runs it does.
fn content(connection: &Connection) -> Result<Content, String> {
    let sql = "SELECT type || ' ' || name, sql, CASE type WHEN 'table' THEN name END
               FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let mut content = Content::new();
    for object in ask(connection, sql)? {
        let [key, text, table] = object.as_slice() else { continue };
        content.entry(key.clone()).or_default().push(text.clone());
        if let Some(table) = table.strip_prefix("text ") {
            let rows = ask(connection, &format!("SELECT * FROM {}", quoted(table)))?;
            let mut rows: Vec<String> = rows.iter().map(|row| row.join("|")).collect();
            rows.sort();
            content.entry(key.clone()).or_default().extend(rows);
        }
    }
    Ok(content)
}

fn ask(connection: &Connection, sql: &str) -> Result<Vec<Vec<String>>, String> {
    let error = |error: rusqlite::Error| format!("{error}: {sql}");
    let mut statement = connection.prepare(sql).map_err(error)?;
    let width = statement.column_count();
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(error)? {
        let value = |at| row.get_ref(at).map(shown).map_err(error);
        found.push((0..width).map(value).collect::<Result<_, _>>()?);
    }
    Ok(found)
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Text(text) => format!("text {}", String::from_utf8_lossy(text)),
        other => format!("{other:?}"),
    }
}

fn difference(one: &Content, two: &Content) -> String {
    let keys = one.keys().chain(two.keys());
    let differing = keys.filter(|key| one.get(*key) != two.get(*key));
    let shown =
        differing.map(|key| format!("{key}: {:?}\nagainst: {:?}", one.get(key), two.get(key)));
    shown.collect::<Vec<_>>().join("\n")
}
