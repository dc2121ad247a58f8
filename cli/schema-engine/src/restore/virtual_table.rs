//! Virtual tables as dumps carry them: a row written straight into the schema, so that the module
//! doesn't make the tables behind it, which follow as plain tables.
//!
//! A row in the schema can say anything, so the one of the dump never reaches SQLite: it is read
//! here, and what is written comes from this side.

use super::statement::Objection;
use super::token::{Kind, Token, Tokens};

/// Modules that keep to their own tables. Others reach files or lend their words to SQL.
const MODULES: [&str; 10] = [
    "dbstat",
    "fts3",
    "fts3tokenize",
    "fts4",
    "fts4aux",
    "fts5",
    "fts5vocab",
    "geopoly",
    "rtree",
    "rtree_i32",
];

/// How an objection begins that is about the module of a virtual table.
pub(super) const NEEDS_MODULE: &str = "needs the virtual table module";

/// Reads `(type,name,tbl_name,rootpage,sql) VALUES('table',N,N,0,'CREATE VIRTUAL TABLE …')`: the
/// name and the definition.
pub(super) fn read(tokens: Tokens<'_>) -> Result<(String, String), Objection> {
    let objection = || "writes to the schema other than for a virtual table".to_owned();
    let tokens: Vec<Token<'_>> =
        tokens.filter(|token| !matches!(token.kind, Kind::Sign(b'(' | b')' | b','))).collect();
    let [columns @ .., values, kind, name, table, root, sql] = tokens.as_slice() else {
        return Err(objection());
    };
    let columns: Vec<_> = columns.iter().filter_map(Token::name).collect();
    let texts = [kind, name, table, sql].map(|token| {
        (token.kind == Kind::Text).then(|| token.name()).flatten().unwrap_or_default()
    });
    let [kind, name, table, sql] = texts;
    let is_whole = columns == ["type", "name", "tbl_name", "rootpage", "sql"]
        && values.is("VALUES")
        && kind == "table"
        && name == table
        && !name.is_empty()
        && root.text == b"0";
    if !is_whole || super::is_reserved(&name) {
        return Err(objection());
    }
    check_definition(&name, &sql)?;
    Ok((name, sql))
}

/// Checks that this is `CREATE VIRTUAL TABLE [IF NOT EXISTS] name USING module(…)`.
fn check_definition(name: &str, sql: &str) -> Result<(), Objection> {
    match defined(sql) {
        Some((found, module)) if found == name => unknown(&module).map_or(Ok(()), Err),
        _ => Err(format!("gives `{name}` a definition that isn't a virtual table's")),
    }
}

/// What a `CREATE VIRTUAL TABLE` names: the table and its module.
fn defined(sql: &str) -> Option<(String, String)> {
    let mut tokens = Tokens::new(sql.as_bytes());
    let begins = ["CREATE", "VIRTUAL", "TABLE"]
        .into_iter()
        .all(|keyword| tokens.next().is_some_and(|token| token.is(keyword)));
    let name = tokens.next().and_then(|token| token.name())?;
    let using = tokens.next().is_some_and(|token| token.is("USING"));
    let module = tokens.next().and_then(|token| token.name()).unwrap_or_default();
    (begins && using).then_some((name, module))
}

/// The objection against a module that may not be used.
pub(super) fn unknown(module: &str) -> Option<Objection> {
    (!MODULES.iter().any(|known| module.eq_ignore_ascii_case(known)))
        .then(|| format!("{NEEDS_MODULE} `{module}`, which isn't let in"))
}

/// The module that this virtual table needs, if no dump with it is let in.
pub(crate) fn module_of_the_app(sql: &str) -> Option<String> {
    let (_, module) = defined(sql)?;
    unknown(&module).map(|_| module)
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::restore::token::Tokens;

    #[test]
    fn only_virtual_tables_of_known_modules_pass() {
        let row = |values: &str| {
            let text = format!("(type,name,tbl_name,rootpage,sql)VALUES({values})");
            read(Tokens::new(text.as_bytes()))
        };
        assert_eq!(
            row("'table','a''b','a''b',0,'CREATE VIRTUAL TABLE \"a''b\" USING fts5(x, y)'")
                .unwrap()
                .0,
            "a'b"
        );
        for wrong in [
            "'table','t','t',2,'CREATE TABLE t(a)'",
            "'table','t','t',0,'CREATE TABLE t(a)'",
            "'table','t','u',0,'CREATE VIRTUAL TABLE t USING fts5(x)'",
            "'table','t','t',3,'CREATE VIRTUAL TABLE t USING fts5(x)'",
            "'table','t','t',0,'CREATE VIRTUAL TABLE t USING csv(filename=x)'",
            "'view','t','t',0,'CREATE VIEW t AS SELECT 1'",
            "1",
        ] {
            assert!(row(wrong).is_err(), "{wrong}");
        }
    }
}
