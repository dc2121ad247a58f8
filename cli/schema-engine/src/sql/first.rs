//! The statement that a stored text begins with.
//!
//! SQLite reads a stored text up to the end of its first statement and no further, so a file that
//! somebody tampered with can carry anything behind it. Whoever runs the text must do the same.

use super::lexer::{Token, TokenKind, tokens};

/// The first statement of a text, without its semicolon.
#[must_use]
pub fn first_statement(sql: &str) -> &str {
    if !sql.contains(';') {
        return sql;
    }
    let Ok(mut tokens) = tokens(sql) else {
        // What can't be read is cut short rather than run.
        return sql.split(';').next().unwrap_or_default();
    };
    tokens.retain(|token| token.kind != TokenKind::Comment);
    let is = |at: usize, word: &str| {
        tokens.get(at).is_some_and(|token: &Token| token.text(sql).eq_ignore_ascii_case(word))
    };
    let kind = if is(1, "TEMP") || is(1, "TEMPORARY") { 2 } else { 1 };
    let end = if is(kind, "TRIGGER") {
        // Its body has semicolons of its own; the last one stands before END.
        let body_end = (0..tokens.len()).find(|at| is(*at, ";") && is(at + 1, "END"));
        body_end.map(|at| at + 2)
    } else {
        (0..tokens.len()).find(|at| is(*at, ";"))
    };
    match end.and_then(|at| tokens.get(at)) {
        // A comment before the semicolon belongs to the text.
        Some(next) if next.text(sql) == ";" => &sql[..next.span.start],
        Some(_) => match end.and_then(|at| tokens.get(at.checked_sub(1)?)) {
            Some(last) => &sql[..last.span.end],
            None => sql,
        },
        None => sql,
    }
}

#[cfg(test)]
mod tests {
    use super::first_statement;

    #[test]
    fn what_stands_behind_is_not_there() {
        let trigger = "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; DELETE FROM t; END";
        for (sql, first) in [
            ("CREATE TABLE t(a)", "CREATE TABLE t(a)"),
            ("CREATE TABLE t(a); ATTACH 'x' AS y", "CREATE TABLE t(a)"),
            (
                "CREATE TABLE t(a DEFAULT ';', \";\")--;\n;b",
                "CREATE TABLE t(a DEFAULT ';', \";\")--;\n",
            ),
            (trigger, trigger),
            (&format!("{trigger};ATTACH 'x' AS y"), trigger),
            (&format!("{trigger} ATTACH 'x' AS y; END"), trigger),
            ("CREATE VIEW v AS SELECT 1 -- a;", "CREATE VIEW v AS SELECT 1 -- a;"),
            ("CREATE TABLE t(a 'b; ATTACH", "CREATE TABLE t(a 'b"),
            (";", ""),
        ] {
            assert_eq!(first_statement(sql), first);
        }
    }
}
