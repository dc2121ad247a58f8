//! All that can be seen of the table that has everything, each fact under a name.

use super::base::CHILDREN;
use crate::support::{ask, try_ask};
use rusqlite::Connection;
use schema_engine::sql::normal::normal;
use std::collections::BTreeMap;

/// What is so, by name. `is …` is the schema as SQLite sees it, `holds …` the rows, `does …` what
/// happens when something is tried.
pub(super) type Facts = BTreeMap<String, String>;

/// The facts of a database in which names may be other ones than at first.
pub(super) fn facts(database: &Connection, renamed: Option<(&str, &str)>) -> Facts {
    let mut facts = schema(database, renamed);
    let now = |sql: &str| match renamed {
        Some((old, new)) => sql.replace(old, new),
        None => sql.to_owned(),
    };
    for column in columns(database, renamed, "") {
        let sql = format!("SELECT id, typeof({column}), quote({column}) FROM tasks ORDER BY id");
        let name = format!("holds values of {}", at_first(&column, renamed));
        facts.insert(name, ask(database, &now(&sql)).join(", "));
    }
    for (name, sql) in [
        ("holds rowids", "SELECT rowid, code FROM tasks ORDER BY rowid"),
        ("holds the sequence", "SELECT seq FROM sqlite_sequence WHERE name = 'tasks'"),
        ("holds audit", "SELECT what FROM audit"),
        ("holds people", "SELECT * FROM people"),
        ("holds view", "SELECT * FROM v_codes ORDER BY 1"),
    ] {
        let answer = try_ask(database, &now(sql)).unwrap_or_else(|error| match error.to_string() {
            // It comes with the first AUTOINCREMENT and never goes.
            text if text.starts_with("no such table: sqlite_sequence") => Vec::new(),
            text => vec![text],
        });
        facts.insert(name.to_owned(), answer.join(", "));
    }
    for child in CHILDREN {
        let rows = ask(database, &format!("SELECT * FROM {child} ORDER BY 1"));
        facts.insert(format!("holds child {child}"), rows.join(", "));
    }
    for (name, attempt, look) in attempts(&columns(database, renamed, "WHERE hidden = 0")) {
        let outcome = tried(database, &now(&attempt), &now(look));
        facts.insert(format!("does {name}"), at_first(&outcome, renamed));
    }
    facts
}

/// What SQLite's pragmas and stored texts say, spelling aside.
pub(super) fn schema(database: &Connection, renamed: Option<(&str, &str)>) -> Facts {
    let mut facts = Facts::new();
    let mut say = |name: String, what: String| {
        facts.insert(at_first(&name, renamed), at_first(&what, renamed));
    };
    let table = match renamed {
        Some(("tasks", new)) => new,
        _ => "tasks",
    };
    for row in table_rows(
        database,
        &format!(
            "SELECT name, type, \"notnull\" AND pk = 0, dflt_value, pk, hidden FROM pragma_table_xinfo('{table}')"
        ),
    ) {
        say(format!("is column {}", row[0]), row[1..].join(" "));
    }
    for child in CHILDREN.iter().copied().chain([table]) {
        let sql = format!(
            "SELECT \"from\", \"table\", \"to\", on_delete, on_update FROM pragma_foreign_key_list('{child}')"
        );
        for row in table_rows(database, &sql) {
            say(format!("is reference {child}.{}", row[0]), row[1..].join(" "));
        }
    }
    let indexes = format!(
        "SELECT il.origin, il.\"unique\", il.partial, CASE il.origin WHEN 'c' THEN il.name END,
                (SELECT group_concat(coalesce(name, 'expression') || ' ' || desc || ' ' || coll, ', ')
                 FROM pragma_index_xinfo(il.name) WHERE key)
         FROM pragma_index_list('{table}') AS il"
    );
    for row in table_rows(database, &indexes) {
        let name = if row[0] == "c" { row[3].clone() } else { format!("{} {}", row[0], row[4]) };
        say(format!("is index {name}"), row.join(" "));
    }
    let objects = "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('view', 'trigger', 'index') AND sql NOT NULL";
    for row in table_rows(database, objects) {
        say(format!("is {} text {}", row[0], row[1]), normal(&row[2]));
    }
    let options = format!("SELECT wr, strict FROM pragma_table_list WHERE name = '{table}'");
    say("is option".to_owned(), ask(database, &options).concat());
    facts
}

/// The comments in a table's stored text and the odd white space of its first line.
pub(super) fn formatting(database: &Connection, table: &str) -> Facts {
    let sql = format!("SELECT sql FROM sqlite_schema WHERE name = '{table}'");
    let text = ask(database, &sql).concat();
    [
        "   ( -- all that a table can have\n",
        "/* as people say it, in any case */",
        "-- the end\n",
        "      weight",
    ]
    .into_iter()
    .map(|piece| (format!("is formatting {piece:?}"), text.contains(piece).to_string()))
    .collect()
}

/// A fact in the names that were there at first. Where something was renamed, SQLite puts the name in
/// quotes.
fn at_first(text: &str, renamed: Option<(&str, &str)>) -> String {
    match renamed {
        Some((old, new)) => text.replace('"', "").replace(new, old),
        None => text.to_owned(),
    }
}

fn columns(database: &Connection, renamed: Option<(&str, &str)>, filter: &str) -> Vec<String> {
    let table = match renamed {
        Some(("tasks", new)) => new,
        _ => "tasks",
    };
    ask(database, &format!("SELECT name FROM pragma_table_xinfo('{table}') {filter}"))
}

fn table_rows(database: &Connection, sql: &str) -> Vec<Vec<String>> {
    let mut statement = database.prepare(sql).unwrap();
    let width = statement.column_count();
    let rows = statement.query_map([], |row| {
        (0..width)
            .map(|at| {
                let value: rusqlite::types::Value = row.get(at)?;
                Ok(match value {
                    rusqlite::types::Value::Text(text) => text,
                    rusqlite::types::Value::Integer(number) => number.to_string(),
                    _ => "-".to_owned(),
                })
            })
            .collect::<rusqlite::Result<Vec<String>>>()
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// What comes of a statement: what a query then shows, or why it was refused. Nothing stays of it.
fn tried(database: &Connection, attempt: &str, look: &str) -> String {
    database.execute_batch("BEGIN").unwrap();
    let outcome = match database.execute_batch(attempt) {
        Ok(()) => match try_ask(database, look) {
            Ok(rows) => rows.join(", "),
            Err(error) => format!("not to be seen: {error}"),
        },
        Err(error) => format!("refused: {error}"),
    };
    if !database.is_autocommit() {
        database.execute_batch("ROLLBACK").unwrap();
    }
    outcome
}

/// A new row like the first one, with other values where they must differ.
fn insert(columns: &[String], given: &[(&str, &str)]) -> String {
    let usual = [("code", "'Q-1'"), ("place", "'elsewhere'")];
    let mut names = Vec::new();
    let mut values = Vec::new();
    for column in columns
        .iter()
        .filter(|column| *column != "id" || given.iter().any(|(name, _)| *name == "id"))
    {
        let value = given.iter().chain(&usual).find(|(name, _)| name == column);
        names.push(column.as_str());
        values.push(value.map_or(column.as_str(), |(_, value)| value));
    }
    let (names, values) = (names.join(", "), values.join(", "));
    format!("INSERT INTO tasks ({names}) SELECT {values} FROM tasks WHERE id = 1;")
}

/// What is tried, and where to look what came of it.
fn attempts(columns: &[String]) -> Vec<(&'static str, String, &'static str)> {
    const AUDIT: &str = "SELECT what FROM audit";
    const NOTHING: &str = "SELECT 'taken'";
    let free = "DELETE FROM restricts; DELETE FROM deferreds; DELETE FROM by_code;";
    let new = |given: &[(&str, &str)]| insert(columns, given);
    let without_title: Vec<_> = columns
        .iter()
        .filter(|column| *column != "title" && *column != "heading")
        .cloned()
        .collect();
    vec![
        ("give the next id", new(&[]), "SELECT id FROM tasks WHERE code = 'Q-1'"),
        ("refuse a code in other letters", new(&[("id", "77"), ("code", "'a-1'")]), NOTHING),
        ("log an insert", new(&[("id", "77")]), AUDIT),
        ("log a code", "UPDATE tasks SET code = 'Z' WHERE id = 1".to_owned(), AUDIT),
        ("check points", "UPDATE tasks SET points = -1".to_owned(), NOTHING),
        (
            "check the code",
            "UPDATE tasks SET code = 'a code that is too long' WHERE id = 2".to_owned(),
            NOTHING,
        ),
        (
            "ignore a place that is taken",
            "UPDATE tasks SET owner = 1, place = 'home' WHERE id = 2".to_owned(),
            "SELECT owner, place FROM tasks WHERE id = 2",
        ),
        (
            "work out twice",
            "UPDATE tasks SET points = 50 WHERE id = 1".to_owned(),
            "SELECT twice FROM tasks WHERE id = 1",
        ),
        (
            "work out the label",
            "UPDATE tasks SET title = 'T' WHERE id = 1".to_owned(),
            "SELECT label FROM tasks WHERE id = 1",
        ),
        (
            "refuse a label that is taken",
            new(&[("id", "77"), ("title", "'first'"), ("label", "'A-1:first'")]),
            "SELECT 'taken'",
        ),
        (
            "cascade and set null",
            format!("{free} DELETE FROM tasks WHERE id = 1"),
            "SELECT group_concat(id) FROM cascades UNION ALL SELECT group_concat(quote(task)) FROM nulls
             UNION ALL SELECT quote(up) FROM tasks WHERE id = 2",
        ),
        ("restrict", "DELETE FROM tasks WHERE id = 2".to_owned(), NOTHING),
        ("defer", "UPDATE deferreds SET task = 999".to_owned(), NOTHING),
        ("refuse what was deferred", "UPDATE deferreds SET task = 999; COMMIT".to_owned(), NOTHING),
        (
            "go with its owner",
            format!("{free} DELETE FROM people WHERE id = 2"),
            "SELECT id, owner FROM tasks ORDER BY id",
        ),
        (
            "follow its owner",
            "UPDATE people SET id = 3 WHERE id = 2".to_owned(),
            "SELECT id, owner FROM tasks ORDER BY id",
        ),
        (
            "let another table's trigger in",
            "UPDATE people SET name = 'Cy' WHERE id = 1".to_owned(),
            "SELECT title FROM tasks ORDER BY id",
        ),
        (
            "hand on its code",
            "UPDATE tasks SET code = 'new' WHERE id = 1".to_owned(),
            "SELECT code FROM by_code",
        ),
        (
            "take a row through the view",
            "INSERT INTO v_codes VALUES ('V')".to_owned(),
            "SELECT title FROM tasks WHERE code = 'V'",
        ),
        (
            "give a title",
            insert(&without_title, &[("id", "77")]),
            "SELECT title FROM tasks WHERE id = 77",
        ),
    ]
}

/// What the planner knows, by index.
pub(super) fn statistics(database: &Connection) -> Facts {
    let sql = "SELECT tbl || ' ' || coalesce(idx, ''), stat FROM sqlite_stat1";
    table_rows(database, sql).into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}
