//! Walking over tokens.

use super::lexer::{LexError, Token, TokenKind, significant_tokens};
use crate::ident::Ident;
use std::fmt;
use std::ops::Range;

/// The text isn't the statement that was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What was expected, or what is wrong.
    pub what: String,
    /// The byte at which it is.
    pub offset: usize,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.offset)
    }
}

impl std::error::Error for ParseError {}

impl From<LexError> for ParseError {
    fn from(error: LexError) -> Self {
        Self { what: error.what.to_owned(), offset: error.offset }
    }
}

/// A place in a statement's tokens.
pub(super) struct Cursor<'a> {
    pub(super) sql: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(sql: &'a str) -> Result<Self, ParseError> {
        Ok(Self { sql, tokens: significant_tokens(sql)?, at: 0 })
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    /// The byte where the next token starts, or the end of the text.
    pub(super) fn offset(&self) -> usize {
        self.peek().map_or(self.sql.len(), |token| token.span.start)
    }

    /// The byte where the last taken token ended.
    pub(super) fn last_end(&self) -> usize {
        match self.at.checked_sub(1) {
            Some(last) => self.tokens[last].span.end,
            None => 0,
        }
    }

    pub(super) fn error(&self, what: impl Into<String>) -> ParseError {
        ParseError { what: what.into(), offset: self.offset() }
    }

    /// Whether the tokens at the cursor are these keywords.
    pub(super) fn at_words(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| {
            self.tokens.get(self.at + ahead).is_some_and(|token| {
                token.kind == TokenKind::Word && token.text(self.sql).eq_ignore_ascii_case(word)
            })
        })
    }

    /// Takes these keywords if they are next.
    pub(super) fn take_words(&mut self, words: &[&str]) -> bool {
        let there = self.at_words(words);
        if there {
            self.at += words.len();
        }
        there
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), ParseError> {
        if self.take_words(&[word]) { Ok(()) } else { Err(self.error(format!("{word} expected"))) }
    }

    pub(super) fn at_symbol(&self, symbol: &str) -> bool {
        self.peek()
            .is_some_and(|token| token.kind == TokenKind::Symbol && token.text(self.sql) == symbol)
    }

    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let there = self.at_symbol(symbol);
        self.at += usize::from(there);
        there
    }

    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Result<(), ParseError> {
        if self.take_symbol(symbol) {
            Ok(())
        } else {
            Err(self.error(format!("`{symbol}` expected")))
        }
    }

    pub(super) fn expect_name(&mut self) -> Result<Ident, ParseError> {
        let name = self.peek().and_then(|token| token.name(self.sql));
        match name {
            Some(name) => {
                self.at += 1;
                Ok(Ident::from(name))
            }
            None => Err(self.error("a name expected")),
        }
    }

    /// Takes `( … )` with everything in it and returns the span of what is inside.
    pub(super) fn expect_parenthesised(&mut self) -> Result<Range<usize>, ParseError> {
        let open = self.offset();
        self.expect_symbol("(")?;
        let mut depth = 1_usize;
        while let Some(token) = self.next() {
            if token.kind != TokenKind::Symbol {
                continue;
            }
            match token.text(self.sql) {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(open + 1..token.span.start);
            }
        }
        Err(ParseError { what: "a parenthesis that never closes".to_owned(), offset: open })
    }
}
