//! What a revision does, as it is kept: plain statements, and edits of a table's stored SQL.

use crate::sql::lexer::{Token, TokenKind, tokens};
use sea_orm::{Statement, Value};
use serde::{Deserialize, Serialize};

/// A step of a way up or down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Step {
    /// One statement, with its values in it.
    Statement(String),
    /// A table gets another stored text. How that is done, and by which version of the schema, is
    /// left to whoever does it.
    Edit {
        /// The table.
        table: String,
        /// Its new `CREATE TABLE`.
        stored: String,
    },
}

/// How a module edits a stored text, as [`crate::render`] writes it.
const EDIT: &str =
    "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ? COLLATE NOCASE";

/// The steps that statements amount to; `None` where they touch the schema's own table in another
/// way than a generated module does.
pub(super) fn steps(heard: &[Statement]) -> Option<Vec<Step>> {
    let mut steps = Vec::with_capacity(heard.len());
    let mut rest = heard.iter().peekable();
    while let Some(statement) = rest.next() {
        if !meddles(&statement.sql) {
            steps.push(Step::Statement(statement.to_string()));
            continue;
        }
        if statement.sql != "PRAGMA writable_schema = ON" {
            return None;
        }
        let (table, stored) = edit(rest.next()?)?;
        rest.next().filter(|reset| reset.sql == "PRAGMA writable_schema = RESET")?;
        steps.push(Step::Edit { table, stored });
    }
    Some(steps)
}

/// The table that an edit is for and its new text: as a module does it, or in a statement of its own
/// as `db diff --sql` prints it.
fn edit(statement: &Statement) -> Option<(String, String)> {
    if statement.sql == EDIT {
        let values = statement.values.as_ref()?.0.as_slice();
        let [Value::String(Some(stored)), Value::String(Some(table))] = values else { return None };
        return Some((table.clone(), stored.clone()));
    }
    let sql = statement.sql.as_str();
    let tokens = tokens(sql).ok()?;
    let literals: Vec<_> = tokens.iter().filter(|token| token.kind == TokenKind::String).collect();
    let [stored, kind, table] = literals.as_slice() else { return None };
    let literal = |token: &Token| token.text(sql).to_owned();
    let printed = EDIT.replacen('?', &literal(stored), 1).replacen(
        "name = ?",
        &format!("name = {}", literal(table)),
        1,
    );
    (printed == sql && kind.text(sql) == "'table'").then_some(())?;
    Some((table.name(sql)?, stored.name(sql)?))
}

/// Whether a statement may reach behind what SQLite keeps in order by itself.
fn meddles(sql: &str) -> bool {
    let contains = |word: &str| {
        sql.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    ["writable_schema", "schema_version", "sqlite_schema", "sqlite_master"]
        .into_iter()
        .any(contains)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::DbBackend;

    #[test]
    fn an_edit_is_one_step_and_nothing_else_may_touch_the_schema_table() {
        let plain = |sql: &str| Statement::from_string(DbBackend::Sqlite, sql);
        let edit = Statement::from_sql_and_values(
            DbBackend::Sqlite,
            EDIT,
            ["CREATE TABLE t (a)".into(), "t".into()],
        );
        let heard = [
            plain("DROP INDEX i"),
            plain("PRAGMA writable_schema = ON"),
            edit.clone(),
            plain("PRAGMA writable_schema = RESET"),
        ];
        let edited = Step::Edit { table: "t".into(), stored: "CREATE TABLE t (a)".into() };
        assert_eq!(steps(&heard), Some(vec![Step::Statement("DROP INDEX i".into()), edited]));
        assert_eq!(steps(&heard[..3]), None);
        assert_eq!(steps(&[edit]), None);
        let heard = [
            plain("PRAGMA writable_schema = ON"),
            plain(
                "UPDATE sqlite_schema SET sql = 'CREATE TABLE t (a DEFAULT ''?'')' WHERE type = 'table' AND name = 't' COLLATE NOCASE",
            ),
            plain("PRAGMA writable_schema = RESET"),
        ];
        let stored = "CREATE TABLE t (a DEFAULT '?')".to_owned();
        assert_eq!(steps(&heard), Some(vec![Step::Edit { table: "t".into(), stored }]));
        let other =
            "UPDATE sqlite_schema SET sql = 'x' WHERE type = 'view' AND name = 't' COLLATE NOCASE";
        assert_eq!(steps(&[heard[0].clone(), plain(other), heard[2].clone()]), None);
        assert_eq!(steps(&[plain("pragma SCHEMA_VERSION = 3")]), None);
    }
}
