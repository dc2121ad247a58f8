//! SQLite's tokens (<https://www.sqlite.org/draft/tokenreq.html>), each with its place in the text.

use std::fmt;
use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A bare word: a keyword or a name.
    Word,
    /// A name in `"…"`, `` `…` `` or `[…]`.
    Quoted,
    /// A string literal.
    String,
    /// A blob literal, `x'…'`.
    Blob,
    /// A number.
    Number,
    /// A parameter: `?1`, `:name`, `@name`, `$name`.
    Parameter,
    /// An operator or a piece of punctuation.
    Symbol,
    /// A comment, `-- …` or `/* … */`.
    Comment,
}

/// A token and the bytes of the text that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Range<usize>,
}

impl Token {
    /// The token's text.
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.span.clone()]
    }

    /// The name that this token stands for, out of its quotes; `None` for what is no name.
    ///
    /// SQLite takes a string literal where a name is expected, so that counts as one.
    pub fn name(&self, sql: &str) -> Option<String> {
        let text = self.text(sql);
        match self.kind {
            TokenKind::Word => Some(text.to_owned()),
            TokenKind::Quoted | TokenKind::String => Some(unquote(text)),
            _ => None,
        }
    }
}

/// Takes the quotes off a quoted token.
pub fn unquote(text: &str) -> String {
    let mut characters = text.chars();
    let mark = match characters.next() {
        Some('[') => return text[1..text.len() - 1].to_owned(),
        Some(mark) => mark,
        None => return String::new(),
    };
    let inner = &text[mark.len_utf8()..text.len() - mark.len_utf8()];
    inner.replace(&format!("{mark}{mark}"), &mark.to_string())
}

/// The text ends inside a token, or holds a character that starts none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LexError {
    /// What is wrong there.
    pub what: &'static str,
    /// The byte at which the token starts.
    pub offset: usize,
}

impl fmt::Display for LexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.offset)
    }
}

impl std::error::Error for LexError {}

/// Splits SQL into tokens, comments included and white space left out.
///
/// # Errors
/// When the text ends inside a token, or holds a character that starts none.
pub fn tokens(sql: &str) -> Result<Vec<Token>, LexError> {
    let bytes = sql.as_bytes();
    let mut found = Vec::with_capacity(bytes.len() / 5);
    let mut at = 0;
    while at < bytes.len() {
        if is_space(bytes[at]) {
            at += 1;
            continue;
        }
        let (kind, end) = token_at(bytes, at)?;
        found.push(Token { kind, span: at..end });
        at = end;
    }
    Ok(found)
}

/// The tokens without comments.
///
/// # Errors
/// As [`tokens`].
pub fn significant_tokens(sql: &str) -> Result<Vec<Token>, LexError> {
    let mut found = tokens(sql)?;
    found.retain(|token| token.kind != TokenKind::Comment);
    Ok(found)
}

fn token_at(bytes: &[u8], at: usize) -> Result<(TokenKind, usize), LexError> {
    let next = bytes.get(at + 1).copied();
    let token = match bytes[at] {
        b'-' if next == Some(b'-') => {
            let end = find(bytes, at, |byte| byte == b'\n').unwrap_or(bytes.len());
            (TokenKind::Comment, end)
        }
        b'/' if next == Some(b'*') => (TokenKind::Comment, block_comment_end(bytes, at)),
        b'\'' => (TokenKind::String, quoted_end(bytes, at, b'\'')?),
        mark @ (b'"' | b'`') => (TokenKind::Quoted, quoted_end(bytes, at, mark)?),
        b'[' => match find(bytes, at, |byte| byte == b']') {
            Some(end) => (TokenKind::Quoted, end + 1),
            None => {
                return Err(LexError { what: "a name that never ends", offset: at });
            }
        },
        b'x' | b'X' if next == Some(b'\'') => (TokenKind::Blob, quoted_end(bytes, at + 1, b'\'')?),
        b'0'..=b'9' => (TokenKind::Number, number_end(bytes, at)),
        b'.' if next.is_some_and(|byte| byte.is_ascii_digit()) => {
            (TokenKind::Number, number_end(bytes, at))
        }
        b'?' | b':' | b'@' | b'$' | b'#' => (TokenKind::Parameter, word_end(bytes, at + 1)),
        byte if is_word(byte) => (TokenKind::Word, word_end(bytes, at)),
        b'|' | b'<' | b'>' | b'=' | b'!' | b'-' => (TokenKind::Symbol, operator_end(bytes, at)),
        b'(' | b')' | b',' | b';' | b'.' | b'+' | b'*' | b'/' | b'%' | b'&' | b'~' => {
            (TokenKind::Symbol, at + 1)
        }
        _ => {
            return Err(LexError { what: "a character that starts no token", offset: at });
        }
    };
    Ok(token)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// Every byte above ASCII belongs to a name.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn find(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    bytes[from..].iter().position(|byte| wanted(*byte)).map(|found| from + found)
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    find(bytes, at, |byte| !is_word(byte)).unwrap_or(bytes.len())
}

/// A block comment that never ends reaches to the end of the text, as in SQLite.
fn block_comment_end(bytes: &[u8], at: usize) -> usize {
    bytes[at + 2..]
        .windows(2)
        .position(|two| two == b"*/")
        .map_or(bytes.len(), |end| at + 2 + end + 2)
}

fn quoted_end(bytes: &[u8], at: usize, mark: u8) -> Result<usize, LexError> {
    let mut end = at + 1;
    while let Some(found) = find(bytes, end, |byte| byte == mark) {
        if bytes.get(found + 1) != Some(&mark) {
            return Ok(found + 1);
        }
        end = found + 2;
        if end > bytes.len() {
            break;
        }
    }
    Err(LexError { what: "a quote that never ends", offset: at })
}

fn number_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    while end < bytes.len() {
        let exponent_sign = matches!(bytes[end], b'+' | b'-')
            && matches!(bytes[end - 1], b'e' | b'E')
            && end > at
            && !bytes[at..end].iter().any(|byte| matches!(byte, b'x' | b'X'));
        if !(is_word(bytes[end]) || bytes[end] == b'.' || exponent_sign) {
            break;
        }
        end += 1;
    }
    end
}

fn operator_end(bytes: &[u8], at: usize) -> usize {
    const OPERATORS: [&[u8]; 10] =
        [b"->>", b"->", b"||", b"<<", b"<=", b"<>", b">>", b">=", b"==", b"!="];
    OPERATORS
        .iter()
        .find(|operator| bytes[at..].starts_with(operator))
        .map_or(at + 1, |operator| at + operator.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        tokens(sql).expect("valid tokens").iter().map(|token| token.text(sql)).collect()
    }

    #[test]
    fn splits_every_quoting_form() {
        assert_eq!(
            texts("a \"b\"\"c\" `d``e` [f g] 'it''s' x'00' 1.5e-3 .5 -- end\n/* c */ a->>'$.b'"),
            [
                "a",
                "\"b\"\"c\"",
                "`d``e`",
                "[f g]",
                "'it''s'",
                "x'00'",
                "1.5e-3",
                ".5",
                "-- end",
                "/* c */",
                "a",
                "->>",
                "'$.b'"
            ]
        );
    }

    #[test]
    fn a_minus_after_a_number_is_an_operator() {
        assert_eq!(texts("1-2"), ["1", "-", "2"]);
        assert_eq!(texts("0x1E-2"), ["0x1E", "-", "2"]);
    }

    #[test]
    fn unquotes_names() {
        assert_eq!(unquote("\"a\"\"b\""), "a\"b");
        assert_eq!(unquote("[a b]"), "a b");
        assert_eq!(unquote("''"), "");
    }

    #[test]
    fn what_never_ends_is_an_error() {
        for sql in ["'a", "\"a''", "[a", "x'0", "'a''"] {
            assert!(tokens(sql).is_err(), "{sql}");
        }
        assert_eq!(texts("/* a"), ["/* a"]);
    }
}
