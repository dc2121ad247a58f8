//! Virtual tables as dumps carry them: a row written straight into the schema, so that the module
//! doesn't make the tables behind it, which follow as plain tables.
//!
//! A row in the schema can say anything, so the one of the dump never reaches SQLite: it is read
//! here, and what is written comes from this side.

use super::objection::Objection;
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

/// A virtual table of a dump.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct VirtualTable {
    pub(super) name: String,
    /// Its definition.
    pub(super) sql: String,
    /// Its module, which may be none of those that may be used.
    pub(super) module: String,
}

/// Reads `(type,name,tbl_name,rootpage,sql) VALUES('table',N,N,0,'CREATE VIRTUAL TABLE …')`.
pub(super) fn read(tokens: Tokens<'_>) -> Result<VirtualTable, Objection> {
    let objection = || Objection::from("writes to the schema other than for a virtual table");
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
    let module = module(&name, &sql)?;
    Ok(VirtualTable { name, sql, module })
}

/// The module in `CREATE VIRTUAL TABLE name USING module(…)`.
fn module(name: &str, sql: &str) -> Result<String, Objection> {
    let mut tokens = Tokens::new(sql.as_bytes());
    let begins = ["CREATE", "VIRTUAL", "TABLE"]
        .into_iter()
        .all(|keyword| tokens.next().is_some_and(|token| token.is(keyword)));
    let found = tokens.next().and_then(|token| token.name());
    let using = tokens.next().is_some_and(|token| token.is("USING"));
    if !begins || !using || found.as_deref() != Some(name) {
        return Err(format!("gives `{name}` a definition that isn't a virtual table's").into());
    }
    Ok(tokens.next().and_then(|token| token.name()).unwrap_or_default())
}

/// The end of a sentence about a module that may not be used.
pub(super) fn not_let_in(module: &str) -> String {
    format!("needs the virtual table module `{module}`, which isn't let in")
}

/// Whether a module may be used.
pub(super) fn is_known(module: &str) -> bool {
    MODULES.iter().any(|known| module.eq_ignore_ascii_case(known))
}

/// The module in a definition that SQLite has taken.
pub(crate) fn module_of(sql: &str) -> String {
    module_and_rest(sql).0
}

fn module_and_rest(sql: &str) -> (String, impl Iterator<Item = Token<'_>>) {
    let mut tokens = Tokens::new(sql.as_bytes()).skip_while(|token| !token.is("USING"));
    let module = tokens.nth(1).and_then(|token| token.name()).unwrap_or_default();
    (module, tokens)
}

/// What the names of the tables end in without which a full-text table is lost. Of those that an
/// option may make needless, none.
pub(super) fn indispensable(sql: &str) -> Vec<&'static str> {
    let (module, tokens) = module_and_rest(sql);
    let (mut behind, sizes) = match module.to_ascii_lowercase().as_str() {
        "fts3" => (vec!["segments", "segdir"], None),
        "fts4" => (vec!["segments", "segdir"], Some(("docsize", "matchinfo"))),
        "fts5" => (vec!["data", "idx", "config"], Some(("docsize", "columnsize"))),
        _ => return Vec::new(),
    };
    let tokens: Vec<Token<'_>> = tokens.collect();
    // FTS5 takes options by the beginning of their names.
    let is_given = |option: &str| {
        tokens.windows(2).any(|pair| match pair {
            [name, equals] => {
                let name = name.name().unwrap_or_default().to_ascii_lowercase();
                equals.kind == Kind::Sign(b'=') && !name.is_empty() && option.starts_with(&name)
            }
            _ => false,
        })
    };
    behind.extend(
        [Some(("content", "content")), sizes]
            .into_iter()
            .flatten()
            .filter_map(|(table, option)| (!is_given(option)).then_some(table)),
    );
    behind
}

#[cfg(test)]
mod tests {
    use super::{indispensable, is_known, read};
    use crate::restore::token::Tokens;

    #[test]
    fn what_a_full_text_table_cant_do_without_is_read_from_its_options() {
        for (module, tables) in [
            ("fts5(content, b)", &["data", "idx", "config", "content", "docsize"][..]),
            ("FTS5(a, content=\"\", columnsize = 0)", &["data", "idx", "config"]),
            ("fts5(a, contentless_delete=1, Cont='t')", &["data", "idx", "config", "docsize"]),
            ("\"fts3\"(a, tokenize=simple)", &["segments", "segdir", "content"]),
            ("fts4(a, matchinfo=fts3)", &["segments", "segdir", "content"]),
            ("fts4", &["segments", "segdir", "content", "docsize"]),
            ("rtree(id, a, b)", &[]),
        ] {
            let sql = format!("CREATE VIRTUAL TABLE \"using\" USING {module}");
            assert_eq!(indispensable(&sql), tables, "{module}");
        }
    }

    #[test]
    fn only_virtual_tables_of_known_modules_pass() {
        let row = |values: &str| {
            let text = format!("(type,name,tbl_name,rootpage,sql)VALUES({values})");
            read(Tokens::new(text.as_bytes()))
        };
        assert_eq!(
            row("'table','a''b','a''b',0,'CREATE VIRTUAL TABLE \"a''b\" USING fts5(x, y)'")
                .unwrap()
                .name,
            "a'b"
        );
        let of_another_module = row("'table','t','t',0,'CREATE VIRTUAL TABLE t USING csv(x=y)'");
        assert_eq!(of_another_module.unwrap().module, "csv");
        assert!(!is_known("csv") && is_known("FTS5"));
        for wrong in [
            "'table','t','t',2,'CREATE TABLE t(a)'",
            "'table','t','t',0,'CREATE TABLE t(a)'",
            "'table','t','u',0,'CREATE VIRTUAL TABLE t USING fts5(x)'",
            "'table','t','t',3,'CREATE VIRTUAL TABLE t USING fts5(x)'",
            "'table','t','t',0,'CREATE VIRTUAL TABLE t USE fts5(x)'",
            "'view','t','t',0,'CREATE VIEW t AS SELECT 1'",
            "1",
        ] {
            assert!(row(wrong).is_err(), "{wrong}");
        }
    }
}
