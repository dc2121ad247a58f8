//! What a statement of a schema is allowed to be.
//!
//! A schema is written by hand or put together from migrations, so it may be more than a dump is:
//! without a transaction, with virtual tables, `ALTER`, `DROP` and rows that are worked out. What
//! reaches outside the database is refused here by its form, and once more by the authorizer.

use super::objection::Objection;
use super::statement::{
    self, Command, Group, filled_table, is_schema, name, refuse_shell_command, utf8,
};
use super::token::{Kind, Tokens};
use super::{is_reserved, rows, virtual_table};

/// Settings of a connection, and looks at a database: a schema is the same without them.
const IGNORED_PRAGMAS: [&str; 26] = [
    "analysis_limit",
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "cell_size_check",
    "count_changes",
    "defer_foreign_keys",
    "foreign_key_check",
    "foreign_keys",
    "ignore_check_constraints",
    "integrity_check",
    "journal_mode",
    "journal_size_limit",
    "legacy_alter_table",
    "legacy_file_format",
    "locking_mode",
    "mmap_size",
    "optimize",
    "quick_check",
    "recursive_triggers",
    "secure_delete",
    "synchronous",
    "temp_store",
    "trusted_schema",
    "wal_autocheckpoint",
    "writable_schema",
];

/// Finds out what a statement is.
pub(super) fn read(text: &[u8]) -> Result<Command, Objection> {
    let mut tokens = Tokens::new(text);
    let Some(first) = tokens.next() else { return Ok(Command::Nothing) };
    refuse_shell_command(text, &first)?;
    let keyword = match first.kind {
        Kind::Word => String::from_utf8_lossy(first.text).to_ascii_uppercase(),
        _ => String::new(),
    };
    match keyword.as_str() {
        "BEGIN" => Ok(Command::Begin),
        "COMMIT" | "END" => Ok(Command::Commit),
        "PRAGMA" => pragma(text, tokens),
        "CREATE" => create(text, tokens),
        "INSERT" | "REPLACE" => insert(text, tokens),
        "UPDATE" | "DELETE" => change_rows(text, tokens),
        "ALTER" | "DROP" => run(text),
        // Statistics and the order of pages are no part of a schema; a dump makes room for its own.
        "ANALYZE" => Ok(statement::read(text).unwrap_or(Command::Nothing)),
        "REINDEX" => Ok(Command::Nothing),
        "VACUUM" if tokens.next().is_none() => Ok(Command::Nothing),
        "" => Err("is not SQL".into()),
        _ => Err(format!("begins with {keyword}, which no schema needs").into()),
    }
}

/// With its semicolon: SQLite keeps a comment at the end of a definition only before one.
fn run(text: &[u8]) -> Result<Command, Objection> {
    Ok(Command::Run(Group::Schema, utf8(text)? + ";"))
}

fn pragma(text: &[u8], mut tokens: Tokens<'_>) -> Result<Command, Objection> {
    let name = name(&mut tokens).unwrap_or_default().to_ascii_lowercase();
    if IGNORED_PRAGMAS.contains(&name.as_str()) {
        return Ok(Command::Nothing);
    }
    statement::read(text).map_err(|_| format!("is a PRAGMA {name}, which no schema needs").into())
}

fn create(text: &[u8], mut tokens: Tokens<'_>) -> Result<Command, Objection> {
    let what = tokens.find(|token| !token.is("UNIQUE"));
    let word = what.and_then(|token| token.name()).unwrap_or_default().to_ascii_uppercase();
    match word.as_str() {
        // The shell's `.schema` shows SQLite's own tables too, which make themselves.
        "TABLE" if is_reserved(&statement::created_table(tokens).unwrap_or_default()) => {
            Ok(Command::Nothing)
        }
        "TABLE" | "INDEX" | "VIRTUAL" | "VIEW" | "TRIGGER" => run(text),
        "TEMP" | "TEMPORARY" => {
            Err("makes something that is gone when the connection is closed".into())
        }
        _ => Err(format!("is a CREATE {word}, which no schema needs").into()),
    }
}

/// Rows as dumps have them are read to the last digit. Others are worked out by SQLite.
fn insert(text: &[u8], tokens: Tokens<'_>) -> Result<Command, Objection> {
    let (table, rest) = filled_table(tokens)?;
    if is_schema(&table) {
        return virtual_table::read(rest).map(Command::VirtualTable);
    }
    match rows::rewrite(text, rest) {
        Ok(sql) => Ok(Command::Insert { table, sql }),
        Err(_) => run(text),
    }
}

fn change_rows(text: &[u8], tokens: Tokens<'_>) -> Result<Command, Objection> {
    if let Ok(cleared @ Command::ClearSequence) = statement::read(text) {
        return Ok(cleared);
    }
    let skipped = ["FROM", "OR", "ABORT", "FAIL", "IGNORE", "REPLACE", "ROLLBACK"];
    let mut tokens = tokens.skip_while(|token| skipped.iter().any(|word| token.is(word)));
    let first = tokens.next().and_then(|token| token.name()).unwrap_or_default();
    let second = tokens.nth(1).and_then(|token| token.name()).unwrap_or_default();
    if is_schema(&first) || (first.eq_ignore_ascii_case("main") && is_schema(&second)) {
        return Err("writes to the schema".into());
    }
    run(text)
}

#[cfg(test)]
mod tests {
    use super::{Command, Group, read};

    #[test]
    fn what_makes_a_schema_runs() {
        for text in [
            "CREATE TABLE t(a)",
            "CREATE TABLE t AS SELECT 1",
            "CREATE UNIQUE INDEX i ON t(a)",
            "create virtual table f using fts5(x)",
            "ALTER TABLE t ADD b",
            "DROP TABLE IF EXISTS t",
            "INSERT INTO t VALUES(datetime('now'))",
            "UPDATE OR IGNORE t SET a = 1",
            "DELETE FROM t WHERE a",
        ] {
            let expected = Command::Run(Group::Schema, format!("{text};"));
            assert_eq!(read(text.as_bytes()), Ok(expected), "{text}");
        }
        let own = [
            "CREATE TABLE sqlite_stat1(tbl,idx,stat)",
            "create table if not exists \"sqlite_sequence\"(name,seq)",
        ];
        for text in own {
            assert_eq!(read(text.as_bytes()), Ok(Command::Nothing), "{text}");
        }
        for text in ["PRAGMA journal_mode=WAL", "PRAGMA foreign_keys", "ANALYZE", "VACUUM", ""] {
            assert_eq!(read(text.as_bytes()), Ok(Command::Nothing), "{text}");
        }
    }

    #[test]
    fn what_reaches_outside_is_refused() {
        for text in [
            ".read x",
            "ATTACH 'x' AS y",
            "SELECT load_extension('x')",
            "WITH a AS (SELECT 1) SELECT 1",
            "VACUUM INTO 'x'",
            "PRAGMA temp_store_directory='/x'",
            "PRAGMA data_store_directory='/x'",
            "CREATE TEMP TABLE t(a)",
            "INSERT INTO sqlite_master VALUES(1)",
            "INSERT INTO temp.t VALUES(1)",
            "UPDATE sqlite_schema SET sql = ''",
            "UPDATE main.sqlite_schema SET sql = ''",
            "DELETE FROM \"sqlite_master\"",
            "SAVEPOINT x",
            "EXPLAIN SELECT 1",
            "'text'",
        ] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
