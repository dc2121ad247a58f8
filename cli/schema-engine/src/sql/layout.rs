//! A definition clause by clause, a line each, for reading: SeaORM writes it all on one.
//!
//! Only white space between tokens changes. The text is for people, it is never executed.

use super::create_table;
use super::lexer::{Token, TokenKind, tokens};
use std::collections::BTreeMap;

/// How far a clause stands in.
const INDENT: &str = "    ";

/// Where a new line begins, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    Plain,
    Indented,
}

/// Lays a stored definition out in lines. What can't be read stays as it is.
#[must_use]
pub fn laid_out(sql: &str) -> String {
    let Ok(tokens) = tokens(sql) else { return sql.to_owned() };
    let breaks = breaks(sql, &tokens);
    let mut text = String::with_capacity(sql.len() + 64);
    let mut end = 0;
    let mut after_line_comment = false;
    for token in &tokens {
        let wanted = breaks.get(&token.span.start).copied();
        let spaced = end < token.span.start;
        match wanted.or(after_line_comment.then_some(Break::Indented)) {
            Some(kind) => {
                text.push('\n');
                if kind == Break::Indented {
                    text.push_str(INDENT);
                }
            }
            None if spaced && end > 0 => text.push(' '),
            None => {}
        }
        text.push_str(token.text(sql));
        end = token.span.end;
        after_line_comment = token.kind == TokenKind::Comment && token.text(sql).starts_with("--");
    }
    text
}

/// By the byte at which a token begins.
fn breaks(sql: &str, tokens: &[Token]) -> BTreeMap<usize, Break> {
    let significant: Vec<&Token> =
        tokens.iter().filter(|token| token.kind != TokenKind::Comment).collect();
    let word_at = |at: usize| {
        let token = significant.get(at).filter(|token| token.kind == TokenKind::Word);
        token.map(|token| token.text(sql).to_ascii_uppercase()).unwrap_or_default()
    };
    let mut kind = 1;
    while ["TEMP", "TEMPORARY", "UNIQUE"].contains(&word_at(kind).as_str()) {
        kind += 1;
    }
    match word_at(kind).as_str() {
        "TABLE" => of_table(sql),
        "VIEW" => of_view(sql, &significant),
        "TRIGGER" => of_trigger(sql, &significant),
        "VIRTUAL" => of_list(sql, &significant),
        _ => BTreeMap::new(),
    }
}

fn of_table(sql: &str) -> BTreeMap<usize, Break> {
    let Ok(table) = create_table::parse(sql) else { return BTreeMap::new() };
    let columns = table.columns.iter().map(|column| column.span.start);
    let constraints = table.constraints.iter().map(|constraint| constraint.span.start);
    let mut breaks: BTreeMap<_, _> =
        columns.chain(constraints).map(|start| (start, Break::Indented)).collect();
    breaks.insert(table.body_end, Break::Plain);
    breaks
}

/// The clauses of a query, but not those of the queries inside it.
fn of_view(sql: &str, tokens: &[&Token]) -> BTreeMap<usize, Break> {
    const CLAUSES: [&str; 12] = [
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "WINDOW",
        "VALUES",
    ];
    const JOINS: [&str; 7] = ["NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "JOIN"];
    let mut depth = 0_usize;
    let mut breaks = BTreeMap::new();
    let mut in_join = false;
    for token in tokens {
        let text = token.text(sql);
        match text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_one_of = |words: &[&str]| {
            depth == 0
                && token.kind == TokenKind::Word
                && words.iter().any(|word| text.eq_ignore_ascii_case(word))
        };
        let joins = is_one_of(&JOINS);
        if is_one_of(&CLAUSES) || (joins && !in_join) {
            breaks.insert(token.span.start, Break::Indented);
        }
        in_join = (in_join || joins) && !text.eq_ignore_ascii_case("JOIN");
    }
    breaks
}

/// The statements between BEGIN and END.
fn of_trigger(sql: &str, tokens: &[&Token]) -> BTreeMap<usize, Break> {
    let mut breaks = BTreeMap::new();
    let mut is_body = false;
    for two in tokens.windows(2) {
        let [one, next] = two else { continue };
        let begins = !is_body && one.text(sql).eq_ignore_ascii_case("BEGIN");
        is_body |= begins;
        if begins || (is_body && one.text(sql) == ";") {
            let ends = next.text(sql).eq_ignore_ascii_case("END");
            breaks.insert(next.span.start, if ends { Break::Plain } else { Break::Indented });
        }
    }
    breaks
}

/// The arguments of a virtual table's module.
fn of_list(sql: &str, tokens: &[&Token]) -> BTreeMap<usize, Break> {
    let mut depth = 0_usize;
    let mut breaks = BTreeMap::new();
    for two in tokens.windows(2) {
        let [one, next] = two else { continue };
        match one.text(sql) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 1 && matches!(one.text(sql), "(" | ",") {
            breaks.insert(next.span.start, Break::Indented);
        }
        if depth == 1 && next.text(sql) == ")" {
            breaks.insert(next.span.start, Break::Plain);
        }
    }
    breaks
}

#[cfg(test)]
mod tests {
    use super::laid_out;
    use crate::sql::normal::normal;

    #[test]
    fn a_clause_has_a_line_of_its_own() {
        for (sql, lines) in [
            (
                "CREATE TABLE \"t\" ( \"a\" numeric(5, 2) DEFAULT (1 +  2), b, CHECK (a > b) ) STRICT",
                "CREATE TABLE \"t\" (\n    \"a\" numeric(5, 2) DEFAULT (1 + 2),\n    b,\n    CHECK (a > b)\n) STRICT",
            ),
            ("CREATE TABLE t(a,b)", "CREATE TABLE t(\n    a,\n    b\n)"),
            ("CREATE TABLE t(a, -- one, two\n b)", "CREATE TABLE t(\n    a, -- one, two\n    b\n)"),
            (
                "CREATE VIEW v AS SELECT (SELECT 1 FROM x) FROM t LEFT OUTER JOIN u ON 1 WHERE a",
                "CREATE VIEW v AS\n    SELECT (SELECT 1 FROM x)\n    FROM t\n    LEFT OUTER JOIN u ON 1\n    WHERE a",
            ),
            (
                "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; DELETE FROM u; END",
                "CREATE TRIGGER g AFTER INSERT ON t BEGIN\n    SELECT 1;\n    DELETE FROM u;\nEND",
            ),
            (
                "CREATE VIRTUAL TABLE f USING fts5(a, b, prefix='2 3')",
                "CREATE VIRTUAL TABLE f USING fts5(\n    a,\n    b,\n    prefix='2 3'\n)",
            ),
            ("CREATE UNIQUE INDEX i ON  t (a, b)", "CREATE UNIQUE INDEX i ON t (a, b)"),
            ("CREATE TABLE t(a 'open", "CREATE TABLE t(a 'open"),
            ("", ""),
        ] {
            assert_eq!(laid_out(sql), lines);
        }
    }

    #[test]
    fn the_meaning_stays() {
        for sql in [
            "CREATE TABLE t(a CHECK(a<>'x  y'),b/*c*/DEFAULT 'é\n',PRIMARY KEY(a)UNIQUE(b))WITHOUT ROWID",
            "CREATE VIEW v(a) AS WITH q AS(SELECT 1)SELECT*FROM q UNION ALL VALUES(1)ORDER BY 1 LIMIT 2",
            "CREATE TRIGGER g INSTEAD OF UPDATE ON v WHEN 1 BEGIN SELECT CASE 1 WHEN 1 THEN 2 END;END",
        ] {
            assert_eq!(normal(&laid_out(sql)), normal(sql));
        }
    }
}
