//! The normal form of SQL text: what is left when spelling is taken away.
//!
//! White space, comments, letter case of keywords and names, and the kind of quotes around a name
//! don't change what a schema means, so two texts are compared by this form. It is never executed.

use super::create_table::ColumnSyntax;
use super::lexer::{Token, TokenKind, significant_tokens, unquote};
use crate::ident::Ident;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The normal form of a piece of SQL; text that is no SQL is its own normal form.
pub fn normal(sql: &str) -> String {
    normal_where(sql, |_, _| false)
}

/// The normal form of an expression over the columns of a table.
///
/// A name in double quotes that nothing has is a string to SQLite, and the letter case of a string
/// counts (<https://www.sqlite.org/quirks.html#dblquote>).
pub fn normal_over(sql: &str, columns: &[ColumnSyntax]) -> String {
    let is_column = |name: &str| {
        ["rowid", "_rowid_", "oid"].iter().any(|rowid| name.eq_ignore_ascii_case(rowid))
            || columns.iter().any(|column| column.name == Ident::from(name))
    };
    normal_where(sql, |tokens, at| {
        let text = tokens[at].text(sql);
        let beside = |at: Option<usize>| {
            at.and_then(|at| tokens.get(at)).map_or("", |token| token.text(sql))
        };
        let (before, behind) = (beside(at.checked_sub(1)), beside(Some(at + 1)));
        // Names of functions, tables, collations and types are none of columns.
        let is_other_name = matches!(behind, "(" | ".")
            || before == "."
            || ["collate", "as"].iter().any(|word| before.eq_ignore_ascii_case(word));
        text.starts_with('"') && !is_other_name && !is_column(&unquote(text))
    })
}

/// The normal form where the tokens for which `is_string` holds are strings.
fn normal_where(sql: &str, is_string: impl Fn(&[Token], usize) -> bool) -> String {
    let Ok(tokens) = significant_tokens(sql) else {
        return sql.to_owned();
    };
    let tokens = without_outer_parentheses(&tokens, sql);
    let mut form = String::with_capacity(sql.len());
    for (at, token) in tokens.iter().enumerate() {
        if !form.is_empty() {
            form.push(' ');
        }
        if token.kind == TokenKind::Quoted && is_string(tokens, at) {
            form.push_str(&Ident::from(unquote(token.text(sql))).literal());
        } else {
            push_normal(&mut form, token, sql);
        }
    }
    form
}

/// Whether a piece of SQL mentions a name, in any quotes. A string literal is no mention, except
/// where SQLite would read it as a name; the caller treats a mention as "may depend on it".
pub fn mentions(sql: &str, name: &Ident) -> bool {
    let Ok(tokens) = significant_tokens(sql) else {
        return true;
    };
    tokens.iter().any(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::Quoted)
            && token.name(sql).is_some_and(|found| found.eq_ignore_ascii_case(name.as_str()))
    })
}

fn push_normal(form: &mut String, token: &Token, sql: &str) {
    let text = token.text(sql);
    match token.kind {
        TokenKind::Word | TokenKind::Number | TokenKind::Blob => {
            form.push_str(&text.to_ascii_lowercase());
        }
        TokenKind::Quoted => push_name(form, &unquote(text).to_ascii_lowercase()),
        TokenKind::Symbol => form.push_str(match text {
            "==" => "=",
            "!=" => "<>",
            other => other,
        }),
        TokenKind::String | TokenKind::Parameter | TokenKind::Comment => form.push_str(text),
    }
}

/// A quoted name that would also be read as a name without its quotes loses them.
fn push_name(form: &mut String, name: &str) {
    // As the lexer has it: every character above ASCII belongs to a name.
    let begins = |first: char| first.is_ascii_alphabetic() || first == '_' || !first.is_ascii();
    let simple = name.starts_with(begins)
        && name.chars().all(|one| begins(one) || one.is_ascii_digit() || one == '$')
        && !is_value_keyword(name);
    if simple {
        form.push_str(name);
    } else {
        // Writing to a String can't fail.
        let _ = write!(form, "\"{}\"", name.replace('"', "\"\""));
    }
}

/// Words that mean a value when they stand without quotes.
fn is_value_keyword(name: &str) -> bool {
    matches!(
        name,
        "null" | "true" | "false" | "current_date" | "current_time" | "current_timestamp"
    )
}

/// `((a > 0))` and `a > 0` mean the same.
fn without_outer_parentheses<'t>(tokens: &'t [Token], sql: &str) -> &'t [Token] {
    let pairs = parentheses(tokens, sql);
    let outer = (0..tokens.len() / 2).find(|at| pairs.get(at) != Some(&(tokens.len() - 1 - at)));
    let outer = outer.unwrap_or(tokens.len() / 2);
    &tokens[outer..tokens.len() - outer]
}

/// Where each parenthesis that is opened is closed.
fn parentheses(tokens: &[Token], sql: &str) -> BTreeMap<usize, usize> {
    let mut pairs = BTreeMap::new();
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, it)| it.kind == TokenKind::Symbol) {
        match token.text(sql) {
            "(" => open.push(at),
            ")" => {
                if let Some(opened) = open.pop() {
                    pairs.insert(opened, at);
                }
            }
            _ => {}
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::create_table;

    #[test]
    fn spelling_is_taken_away() {
        let form = "lower ( name ) > 'A b'";
        for sql in [
            "lower(name)>'A b'",
            "LOWER( \"Name\" ) > 'A b' -- why",
            "((lower([name]) > 'A b'))",
            "lower(`NAME`)/**/>\n'A b'",
        ] {
            assert_eq!(normal(sql), form, "{sql}");
        }
        assert_ne!(normal("lower(name) > 'a b'"), form);
        assert_ne!(normal("\"null\""), normal("null"));
        assert_eq!(normal("größe + a$1"), normal("\"größe\" + [a$1]"));
        assert_ne!(normal("\"1a\""), normal("1a"));
        assert_ne!(normal("\"$a\""), normal("$a"));
        assert_eq!(normal("(a) + (b)"), "( a ) + ( b )");
        assert_eq!(normal("((a) + (b))"), "( a ) + ( b )");
        assert_eq!(normal("((a)"), "( ( a )");
        assert_eq!(normal("())"), "( ) )");
        assert_eq!(normal("()"), "");
        // As deep as somebody may write it, in a time that grows with the length alone.
        let deep = format!("{}1{}", "(".repeat(200_000), ")".repeat(200_000));
        assert_eq!(normal(&deep), "1");
    }

    #[test]
    fn a_quoted_name_that_nothing_has_is_a_string() {
        let table =
            create_table::parse("CREATE TABLE t (Status TEXT, \"Group\" TEXT)").expect("valid");
        let normal = |sql| normal_over(sql, &table.columns);
        assert_eq!(normal("\"STATUS\" <> \"Draft\""), "status <> 'Draft'");
        assert_ne!(normal("status <> \"Draft\""), normal("status <> \"draft\""));
        assert_eq!(normal("status <> \"it's\""), normal("Status <> 'it''s'"));
        assert_eq!(normal("\"t\".\"group\" > 0"), "t . group > 0");
        assert_eq!(
            normal("\"LOWER\"(\"group\" COLLATE \"NOCASE\")"),
            normal("lower([GROUP] collate nocase)")
        );
        assert_eq!(
            normal("\"rowid\" > CAST(\"group\" AS \"TEXT\")"),
            "rowid > cast ( group as text )"
        );
    }

    #[test]
    fn a_string_is_no_mention() {
        assert!(mentions("x > [Prio]", &Ident::from("prio")));
        assert!(!mentions("x > 'prio'", &Ident::from("prio")));
    }
}
