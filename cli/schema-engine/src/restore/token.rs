//! The tokens of one statement, as far as a dump needs telling them apart.

use super::split::is_word;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword without quotes.
    Word,
    Number,
    /// `'…'`
    Text,
    /// `X'…'`
    Blob,
    /// A name in `"…"`, `` `…` `` or `[…]`.
    Name,
    /// Any other character.
    Sign(u8),
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a [u8],
    /// Where it begins in the statement.
    pub(super) start: usize,
}

impl Token<'_> {
    /// Whether it is this keyword.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword.as_bytes())
    }

    /// Where it ends.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// The name that it stands for, without its quotes. A text is one too where SQLite looks for a
    /// name.
    pub(super) fn name(&self) -> Option<String> {
        let bytes = match self.kind {
            Kind::Word => self.text.to_vec(),
            Kind::Name | Kind::Text => unquoted(self.text),
            _ => return None,
        };
        String::from_utf8(bytes).ok()
    }
}

/// The content of a quoted token.
pub(super) fn unquoted(token: &[u8]) -> Vec<u8> {
    let [quote, content @ .., _] = token else { return token.to_vec() };
    if *quote == b'[' {
        return content.to_vec();
    }
    let mut bytes = Vec::with_capacity(content.len());
    let mut rest = content.iter();
    while let Some(byte) = rest.next() {
        bytes.push(*byte);
        if byte == quote {
            rest.next();
        }
    }
    bytes
}

/// Goes through a statement, leaving out white space and comments.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let skip = match rest {
                [byte, ..] if byte.is_ascii_whitespace() => 1,
                [b'-', b'-', ..] => {
                    rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
                }
                [b'/', b'*', comment @ ..] => comment
                    .windows(2)
                    .position(|window| window == b"*/")
                    .map_or(rest.len(), |at| at + 4),
                _ => return,
            };
            self.at += skip;
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let first = *rest.first()?;
        let (kind, length) = match rest {
            [b'x' | b'X', b'\'', ..] => (Kind::Blob, 1 + quoted_length(&rest[1..], b'\'')),
            [b'\'', ..] => (Kind::Text, quoted_length(rest, b'\'')),
            [b'"' | b'`', ..] => (Kind::Name, quoted_length(rest, first)),
            [b'[', ..] => (Kind::Name, quoted_length(rest, b']')),
            [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..] => (Kind::Number, number_length(rest)),
            _ if is_word(first) => (Kind::Word, word_length(rest)),
            _ => (Kind::Sign(first), 1),
        };
        self.at = start + length;
        Some(Token { kind, text: &rest[..length], start })
    }
}

fn word_length(text: &[u8]) -> usize {
    text.iter().position(|byte| !is_word(*byte)).unwrap_or(text.len())
}

fn quoted_length(text: &[u8], end: u8) -> usize {
    let mut at = 1;
    while let Some(found) =
        text.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == end))
    {
        at += found + 1;
        if end == b']' || text.get(at) != Some(&end) {
            return at;
        }
        at += 1;
    }
    text.len()
}

fn number_length(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let after_exponent = at > 0 && matches!(text[at - 1], b'e' | b'E') && !is_hex(text);
        let belongs =
            is_word(*byte) || *byte == b'.' || (after_exponent && matches!(byte, b'+' | b'-'));
        if !belongs {
            break;
        }
        at += 1;
    }
    at
}

fn is_hex(text: &[u8]) -> bool {
    matches!(text, [b'0', b'x' | b'X', ..])
}

#[cfg(test)]
mod tests {
    use super::{Kind, Tokens, unquoted};

    fn tokens(text: &str) -> Vec<(Kind, &str)> {
        Tokens::new(text.as_bytes())
            .map(|token| (token.kind, std::str::from_utf8(token.text).unwrap()))
            .collect()
    }

    #[test]
    fn values_are_told_apart() {
        assert_eq!(
            tokens("(-1.5e-7,0x1F,x'0a','it''s',NULL) --x\n"),
            [
                (Kind::Sign(b'('), "("),
                (Kind::Sign(b'-'), "-"),
                (Kind::Number, "1.5e-7"),
                (Kind::Sign(b','), ","),
                (Kind::Number, "0x1F"),
                (Kind::Sign(b','), ","),
                (Kind::Blob, "x'0a'"),
                (Kind::Sign(b','), ","),
                (Kind::Text, "'it''s'"),
                (Kind::Sign(b','), ","),
                (Kind::Word, "NULL"),
                (Kind::Sign(b')'), ")"),
            ]
        );
        assert_eq!(
            tokens("[a b]\"c\"\"d\"`e`/*x*/.5"),
            [
                (Kind::Name, "[a b]"),
                (Kind::Name, "\"c\"\"d\""),
                (Kind::Name, "`e`"),
                (Kind::Number, ".5"),
            ]
        );
    }

    #[test]
    fn what_is_open_ends_with_the_text() {
        for text in ["'a", "\"a", "[a", "x'", "/*", "--", "1e", "'"] {
            assert!(Tokens::new(text.as_bytes()).count() <= 2, "{text}");
        }
        assert_eq!(unquoted(b"'it''s'"), b"it's");
        assert_eq!(unquoted(b"[a'b]"), b"a'b");
        assert_eq!(unquoted(b"'"), b"'");
    }
}
