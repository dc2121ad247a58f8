//! What a database may name and only its app brings along, known by what SQLite says without it.

use std::fmt;

use crate::database_file::soundness::told;

/// What sort of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Collation,
    Function,
    Module,
    Tokenizer,
}

/// Something that isn't there outside of the app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FromTheApp {
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

/// What stands before the name.
const SAID: [(&str, Kind); 7] = [
    ("no such collation sequence: ", Kind::Collation),
    ("no such function: ", Kind::Function),
    // Where a function of SQLite has that name, with other arguments.
    ("wrong number of arguments to function ", Kind::Function),
    ("unknown function: ", Kind::Function),
    ("no such module: ", Kind::Module),
    ("no such tokenizer: ", Kind::Tokenizer),
    ("unknown tokenizer: ", Kind::Tokenizer),
];

impl FromTheApp {
    /// What SQLite misses, if that is why it failed.
    pub(crate) fn missed_by(error: &rusqlite::Error) -> Option<Self> {
        Self::missed(&told(error))
    }

    /// What SQLite misses, if that is what it says.
    pub(crate) fn missed(said: &str) -> Option<Self> {
        SAID.iter().find_map(|(before, kind)| {
            let name = said.split_once(before)?.1;
            let name = match kind {
                Kind::Function => name.strip_suffix("()").unwrap_or(name),
                _ => name,
            };
            Some(Self { kind: *kind, name: name.to_owned() })
        })
    }
}

impl Kind {
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Collation => "collation",
            Self::Function => "function",
            Self::Module => "virtual table module",
            Self::Tokenizer => "tokenizer",
        }
    }
}

impl fmt::Display for FromTheApp {
    /// As in "collation `by_letter`".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.noun(), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::FromTheApp;
    use rusqlite::Connection;

    #[test]
    fn what_sqlite_says_is_understood() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE VIRTUAL TABLE f USING fts5(a, tokenize = 'unicode61');
                 PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET sql = replace(sql, 'unicode61', 'by_app') WHERE name = 'f';
                 PRAGMA writable_schema = RESET;",
            )
            .unwrap();
        for (sql, needed) in [
            ("CREATE TABLE t (a COLLATE by_letter)", Some("collation `by_letter`")),
            ("CREATE TABLE t (a CHECK (twice(a)))", Some("function `twice`")),
            ("CREATE TABLE t (a CHECK (lower(a, 'tr')))", Some("function `lower`")),
            ("CREATE VIRTUAL TABLE v USING vec0(a)", Some("virtual table module `vec0`")),
            ("CREATE VIRTUAL TABLE v USING fts5(a, tokenize = x)", Some("tokenizer `x`")),
            ("CREATE VIRTUAL TABLE v USING fts4(a, tokenize = x)", Some("tokenizer `x`")),
            ("SELECT 1 FROM f WHERE f MATCH 'a'", Some("tokenizer `by_app`")),
            ("SELECT 1 FROM no_such_table", None),
        ] {
            let error = connection.execute_batch(sql).unwrap_err();
            let missed = FromTheApp::missed_by(&error).map(|it| it.to_string());
            assert_eq!(missed.as_deref(), needed, "{error}");
        }
    }
}
