//! A number for what a revision does, the same for every spelling of it.
//!
//! It is taken over the statements, not over the source, so comments and formatting of a module may
//! change, and so may white space, letter case and quotes in SQL: another version of sea-query may
//! write them in another way. In statements about rows, values that look like a moment or a random
//! id don't count either: they are others in every run.

use super::step::Step;
use crate::sql::lexer::{Token, TokenKind, significant_tokens, unquote};
use crate::sql::normal::normal;

/// The fingerprint of steps.
pub(super) fn of(steps: &[Step]) -> String {
    let mut hash = blake3::Hasher::new();
    for step in steps {
        match step {
            Step::Statement(sql) => {
                hash.update(b"statement\0");
                hash.update(without_moments(sql).as_bytes());
            }
            Step::Edit { table, stored } => {
                hash.update(b"edit\0");
                hash.update(table.to_ascii_lowercase().as_bytes());
                hash.update(b"\0");
                hash.update(normal(stored).as_bytes());
            }
        }
        hash.update(b"\0");
    }
    // 128 bits are plenty: nobody gains from making two modules alike.
    hash.finalize().to_hex()[..32].to_owned()
}

/// The normal form of a statement; where it is about rows, without what is new in every run.
fn without_moments(sql: &str) -> String {
    let Ok(tokens) = significant_tokens(sql) else { return sql.to_owned() };
    let about_rows = tokens.first().is_some_and(|first| {
        ["insert", "update", "delete", "replace", "with"]
            .iter()
            .any(|word| first.text(sql).eq_ignore_ascii_case(word))
    });
    if !about_rows {
        return normal(sql);
    }
    let mut masked = String::with_capacity(sql.len());
    let mut done = 0;
    for token in tokens.iter().filter(|token| is_a_moment(token, sql)) {
        masked.push_str(&sql[done..token.span.start]);
        masked.push('?');
        done = token.span.end;
    }
    masked.push_str(&sql[done..]);
    normal(&masked)
}

/// Whether a literal may be a time or a random id.
fn is_a_moment(token: &Token, sql: &str) -> bool {
    let text = token.text(sql);
    match token.kind {
        TokenKind::Number => text.bytes().filter(u8::is_ascii_digit).count() >= 10,
        TokenKind::Blob => text.len() >= 16,
        TokenKind::String => {
            let text = unquote(text);
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            let is_hex = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
            digits >= 8 || text.len() >= 16 && text.bytes().all(is_hex)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(sql: &str) -> String {
        of(&[Step::Statement(sql.to_owned())])
    }

    #[test]
    fn spelling_and_moments_do_not_count_and_all_else_does() {
        let table = one("CREATE TABLE \"t\" ( \"a\" integer DEFAULT 1234567890 )");
        assert_eq!(table, one("create table t(A INTEGER default 1234567890)"));
        assert_ne!(table, one("CREATE TABLE t (a integer DEFAULT 1234567891)"));
        let row = |at: &str, text: &str| one(&format!("INSERT INTO t VALUES ({at}, '{text}')"));
        assert_eq!(row("1764000000", "x"), row("1764000001", "x"));
        assert_eq!(row("1", "2026-11-25 10:00:00"), row("1", "2027-01-01 00:00:00"));
        let id = "0aff1d2c-aaaa-bbbb-cccc-ddddeeeeffff";
        assert_eq!(row("1", id), row("1", &id.replace('a', "b")));
        assert_ne!(row("1", "low"), row("1", "medium"));
        assert_ne!(row("1", "x"), row("2", "x"));
        assert_ne!(of(&[]), table);
    }
}
