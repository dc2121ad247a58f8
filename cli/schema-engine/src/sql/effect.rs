//! What a statement does to tables, as far as its text tells.
//!
//! It is read to follow rows: from which table a copy takes them, what a table is called now. A
//! text that isn't understood is [`Effect::Other`] or a copy of which nothing is taken for granted;
//! whoever asks must know from elsewhere which tables a statement writes to.

use super::cursor::{Cursor, ParseError};
use super::lexer::{Token, TokenKind};
use crate::ident::Ident;

/// What a statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// `CREATE TABLE`.
    Create(Ident),
    /// `DROP TABLE`.
    Drop(Ident),
    /// `ALTER TABLE … RENAME TO …`.
    RenameTable {
        /// What it was called.
        from: Ident,
        /// What it is called now.
        to: Ident,
    },
    /// `ALTER TABLE … RENAME COLUMN … TO …`.
    RenameColumn {
        /// The table.
        table: Ident,
        /// What the column was called.
        from: Ident,
        /// What it is called now.
        to: Ident,
    },
    /// `ALTER TABLE` with columns that come or go.
    AlterColumns(Ident),
    /// `INSERT INTO … SELECT … FROM one table`.
    Copy(Copy),
    /// Any other statement that writes rows.
    Write,
    /// Anything else.
    Other,
}

/// A copy of rows from one table into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The table that gets the rows.
    pub into: Ident,
    /// Its columns as they are listed; `None` stands for all of them in their order.
    pub columns: Option<Vec<Ident>>,
    /// The table that the rows come from.
    pub from: Ident,
    /// What is selected, in order.
    pub values: Vec<Value>,
    /// Whether every row is taken: there is no condition, limit or second table.
    pub whole: bool,
}

/// What a copy puts into a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A column of the source, and how it is written there.
    Column(Ident, Spelling),
    /// `*`.
    All,
    /// Anything that is worked out.
    Expression,
}

/// How a column is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// With its table before it, so that it can't be anything else.
    Qualified,
    /// In double quotes alone: where no column has the name SQLite reads a string
    /// (<https://www.sqlite.org/quirks.html#dblquote>).
    DoubleQuoted,
    /// Alone, in a way that can only be a name.
    Bare,
}

impl Effect {
    /// Reads one statement.
    #[must_use]
    pub fn of(sql: &str) -> Self {
        Self::read(sql).unwrap_or(Self::Other)
    }

    fn read(sql: &str) -> Result<Self, ParseError> {
        let start = sql.trim_start().get(..2).unwrap_or_default().to_ascii_uppercase();
        // Most statements need no reading: SELECT, PRAGMA, SAVEPOINT.
        if !matches!(
            start.as_str(),
            "CR" | "DR" | "AL" | "IN" | "RE" | "UP" | "DE" | "WI" | "/*" | "--"
        ) {
            return Ok(Self::Other);
        }
        let mut cursor = Cursor::new(sql)?;
        if cursor.take_words(&["CREATE"]) {
            let _ = cursor.take_words(&["TEMP"]) || cursor.take_words(&["TEMPORARY"]);
            if cursor.take_words(&["TABLE"]) {
                cursor.take_words(&["IF", "NOT", "EXISTS"]);
                return Ok(Self::Create(qualified(&mut cursor)?));
            }
            return Ok(Self::Other);
        }
        if cursor.take_words(&["DROP", "TABLE"]) {
            cursor.take_words(&["IF", "EXISTS"]);
            return Ok(Self::Drop(qualified(&mut cursor)?));
        }
        if cursor.take_words(&["ALTER", "TABLE"]) {
            return alteration(&mut cursor);
        }
        if cursor.at_words(&["INSERT"]) || cursor.at_words(&["REPLACE"]) {
            return Ok(copy(&mut cursor).map_or(Self::Write, Self::Copy));
        }
        let writes = ["UPDATE", "DELETE", "WITH"].iter().any(|word| cursor.at_words(&[word]));
        Ok(if writes { Self::Write } else { Self::Other })
    }
}

fn qualified(cursor: &mut Cursor<'_>) -> Result<Ident, ParseError> {
    let name = cursor.expect_name()?;
    if cursor.take_symbol(".") { cursor.expect_name() } else { Ok(name) }
}

fn alteration(cursor: &mut Cursor<'_>) -> Result<Effect, ParseError> {
    let table = qualified(cursor)?;
    if !cursor.take_words(&["RENAME"]) {
        return Ok(Effect::AlterColumns(table));
    }
    if cursor.take_words(&["TO"]) {
        return Ok(Effect::RenameTable { from: table, to: cursor.expect_name()? });
    }
    cursor.take_words(&["COLUMN"]);
    let from = cursor.expect_name()?;
    cursor.expect_word("TO")?;
    Ok(Effect::RenameColumn { table, from, to: cursor.expect_name()? })
}

fn copy(cursor: &mut Cursor<'_>) -> Result<Copy, ParseError> {
    if !cursor.take_words(&["REPLACE"]) {
        cursor.expect_word("INSERT")?;
        if cursor.take_words(&["OR"]) {
            cursor.next();
        }
    }
    cursor.expect_word("INTO")?;
    let into = qualified(cursor)?;
    let columns = if cursor.take_symbol("(") {
        let mut columns = vec![cursor.expect_name()?];
        while cursor.take_symbol(",") {
            columns.push(cursor.expect_name()?);
        }
        cursor.expect_symbol(")")?;
        Some(columns)
    } else {
        None
    };
    cursor.expect_word("SELECT")?;
    let every = !cursor.take_words(&["DISTINCT"]);
    cursor.take_words(&["ALL"]);
    let mut values = vec![value(cursor)?];
    while cursor.take_symbol(",") {
        values.push(value(cursor)?);
    }
    cursor.expect_word("FROM")?;
    let from = qualified(cursor)?;
    if cursor.take_words(&["AS"]) || !ends(cursor) && !at_clause(cursor) {
        cursor.expect_name()?;
    }
    // The order in which rows are copied changes none of them.
    let takes_all = ends(cursor) || cursor.at_words(&["ORDER"]) && !has_limit(cursor);
    let whole = every && takes_all;
    Ok(Copy { into, columns, from, values, whole })
}

fn ends(cursor: &Cursor<'_>) -> bool {
    cursor.peek().is_none() || cursor.at_symbol(";")
}

fn at_clause(cursor: &Cursor<'_>) -> bool {
    const CLAUSES: [&str; 17] = [
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "JOIN",
        "LEFT",
        "RIGHT",
        "FULL",
        "INNER",
        "CROSS",
        "NATURAL",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "WINDOW",
        "NOT",
    ];
    cursor.peek().is_some_and(|token| token.kind == TokenKind::Symbol)
        || CLAUSES.iter().any(|word| cursor.at_words(&[word]))
}

fn has_limit(cursor: &mut Cursor<'_>) -> bool {
    let mut found = false;
    while !ends(cursor) {
        found |= cursor.at_words(&["LIMIT"]);
        cursor.next();
    }
    found
}

/// One part of what is selected, up to the comma or FROM behind it.
fn value(cursor: &mut Cursor<'_>) -> Result<Value, ParseError> {
    let mut depth = 0_usize;
    let mut tokens: Vec<Token> = Vec::new();
    while let Some(token) = cursor.peek() {
        let ends_here =
            cursor.at_symbol(",") || cursor.at_symbol(";") || cursor.at_words(&["FROM"]);
        if depth == 0 && ends_here {
            break;
        }
        if token.kind == TokenKind::Symbol {
            match token.text(cursor.sql) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        tokens.extend(cursor.next());
    }
    let name = |token: &Token| {
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Quoted);
        is_name.then(|| token.name(cursor.sql)).flatten().map(Ident::from)
    };
    let text = |token: &Token| token.text(cursor.sql);
    Ok(match tokens.as_slice() {
        [] => return Err(cursor.error("a value expected")),
        [star] if text(star) == "*" => Value::All,
        [_, dot, star] if text(dot) == "." && text(star) == "*" => Value::All,
        [only] => match name(only) {
            Some(column) => {
                let quoted = text(only).starts_with('"');
                let spelling = if quoted { Spelling::DoubleQuoted } else { Spelling::Bare };
                Value::Column(column, spelling)
            }
            None => Value::Expression,
        },
        [_, dot, column] if text(dot) == "." => {
            name(column).map_or(Value::Expression, |it| Value::Column(it, Spelling::Qualified))
        }
        _ => Value::Expression,
    })
}

#[cfg(test)]
mod tests {
    use super::{Copy, Effect, Spelling, Value};
    use crate::ident::Ident;

    fn id(name: &str) -> Ident {
        Ident::from(name)
    }

    #[test]
    fn tables_come_go_and_are_renamed() {
        for (sql, effect) in [
            ("CREATE TABLE IF NOT EXISTS main.\"a b\" (x)", Effect::Create(id("a b"))),
            ("/* c */ drop table [t];", Effect::Drop(id("t"))),
            ("ALTER TABLE a RENAME TO b", Effect::RenameTable { from: id("a"), to: id("b") }),
            (
                "ALTER TABLE a RENAME x TO 'y'",
                Effect::RenameColumn { table: id("a"), from: id("x"), to: id("y") },
            ),
            ("ALTER TABLE a DROP COLUMN x", Effect::AlterColumns(id("a"))),
            ("CREATE TEMP TABLE t (a)", Effect::Create(id("t"))),
            ("CREATE INDEX i ON t (a)", Effect::Other),
            ("SELECT 1", Effect::Other),
            ("UPDATE t SET a = 1", Effect::Write),
            ("WITH x AS (SELECT 1) DELETE FROM t", Effect::Write),
            ("INSERT INTO t VALUES (1)", Effect::Write),
            ("INSERT INTO t DEFAULT VALUES", Effect::Write),
            ("é", Effect::Other),
        ] {
            assert_eq!(Effect::of(sql), effect, "{sql}");
        }
    }

    #[test]
    fn a_copy_is_seen_through() {
        let sql = "INSERT OR ABORT INTO \"n\" (rowid, a, b, c, d) \
                   SELECT old.rowid, old.\"x\", \"b\", coalesce(c, (SELECT 1 FROM z)), [d] FROM t AS old";
        let column = |name: &str, spelling| Value::Column(id(name), spelling);
        let copy = Copy {
            into: id("n"),
            columns: Some(["rowid", "a", "b", "c", "d"].map(id).to_vec()),
            from: id("t"),
            values: vec![
                column("rowid", Spelling::Qualified),
                column("x", Spelling::Qualified),
                column("b", Spelling::DoubleQuoted),
                Value::Expression,
                column("d", Spelling::Bare),
            ],
            whole: true,
        };
        assert_eq!(Effect::of(sql), Effect::Copy(copy));
    }

    #[test]
    fn a_copy_that_leaves_rows_out_says_so() {
        for (rest, whole) in [
            ("", true),
            (" t2;", true),
            (" ORDER BY a", true),
            (" ORDER BY a LIMIT 3", false),
            (" WHERE a > 1", false),
            (", u", false),
            (" JOIN u", false),
            (" AS x LEFT JOIN u", false),
            (" UNION ALL SELECT * FROM u", false),
        ] {
            let sql = format!("INSERT INTO n SELECT * FROM t{rest}");
            let Effect::Copy(copy) = Effect::of(&sql) else { panic!("{sql}") };
            assert_eq!((copy.whole, copy.values, copy.columns), (whole, vec![Value::All], None));
        }
        let Effect::Copy(copy) = Effect::of("INSERT INTO n SELECT DISTINCT a FROM t") else {
            panic!("a copy")
        };
        assert!(!copy.whole);
    }
}
