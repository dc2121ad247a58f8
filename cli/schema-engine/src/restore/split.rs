//! Cuts a dump into its statements while it is read.
//!
//! A statement ends where `sqlite3_complete()` says: at a semicolon outside quotes and comments,
//! in a trigger at the one after its END. <https://www.sqlite.org/c3ref/complete.html>

use std::io::{self, BufRead};

use super::Dialect;
use crate::error::{Error, Result};

/// A statement as it stands in the file, without what surrounds it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// The line it begins on.
    pub(super) line: u64,
    /// From its first character to the one before its semicolon.
    pub(super) text: Vec<u8>,
}

/// The longest statement that SQLite takes. <https://www.sqlite.org/limits.html#max_sql_length>
pub(super) const LONGEST: usize = 1_000_000_000;

/// Reads statements from a stream.
pub(super) struct Splitter<R> {
    input: R,
    dialect: Dialect,
    line: u64,
    state: State,
    statement: Statement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Code,
    /// In a word that begins at this byte of the statement.
    Word(usize),
    /// In quotes that end with this byte.
    Quotes(u8),
    LineComment,
    BlockComment,
    /// In a block comment, after a star.
    BlockCommentStar,
}

/// The states of `sqlite3_complete()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Start,
    Normal,
    Explain,
    Create,
    Trigger,
    TriggerSemicolon,
    TriggerEnd,
}

struct State {
    place: Place,
    shape: Shape,
    /// The last byte, where it may begin a comment.
    before: u8,
}

const FRESH: State = State { place: Place::Code, shape: Shape::Start, before: 0 };

/// The error for a statement that is longer than [`LONGEST`].
pub(super) fn too_long(line: u64) -> Error {
    Error::failed(format!("the statement on line {line} is longer than the 1 GB that SQLite takes"))
        .next("Restore a copy of the database file instead.")
}

impl<R: BufRead> Splitter<R> {
    pub(super) fn new(input: R, dialect: Dialect) -> Self {
        let statement = Statement { line: 1, text: Vec::new() };
        Self { input, dialect, line: 1, state: FRESH, statement }
    }

    /// The stream, for a look between two statements.
    pub(super) fn input(&mut self) -> &mut R {
        &mut self.input
    }

    /// The line that has been reached.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Takes no notice of the next bytes.
    pub(super) fn skip(&mut self, count: usize) {
        // What is skipped lies in the buffer, or there is nothing to skip.
        let skipped = self.input.fill_buf().unwrap_or_default().get(..count).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', skipped).count() as u64;
        self.skip_counted(count, lines);
    }

    /// Takes no notice of the next bytes, in which there are so many line ends.
    pub(super) fn skip_counted(&mut self, count: usize, lines: u64) {
        self.input.consume(count);
        self.line += lines;
        self.statement.line = self.line;
    }

    /// The error for a NUL byte, so many lines further on.
    pub(super) fn nul_byte(&self, lines: u64) -> Error {
        Error::failed(format!("line {} holds a NUL byte: this is no text", self.line + lines))
    }

    /// The error for an end within a statement.
    pub(super) fn cut_short(&self) -> Error {
        Error::failed(format!(
            "the {} is cut short: it ends within the statement on line {}",
            self.dialect.noun(),
            self.statement.line
        ))
        .next(format!("Take another copy of the {}.", self.dialect.noun()))
    }

    /// The next statement; none at the end of the stream.
    pub(super) fn next(&mut self) -> Result<Option<Statement>> {
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(self.dialect.unreadable(error));
                }
            };
            if chunk.is_empty() {
                return self.end();
            }
            let mut used = 0;
            let mut complete = false;
            while let Some(&byte) = chunk.get(used) {
                used += 1;
                if byte == 0 {
                    return Err(self.nul_byte(0));
                }
                complete = advance(&mut self.state, &mut self.statement, self.line, byte);
                if byte == b'\n' {
                    self.line += 1;
                }
                if complete {
                    break;
                }
                if let Place::Quotes(quote) = self.state.place {
                    used += skip_quoted(&chunk[used..], quote, &mut self.statement.text);
                }
            }
            self.input.consume(used);
            if self.statement.text.len() > LONGEST {
                return Err(too_long(self.statement.line));
            }
            if complete {
                self.state = FRESH;
                let next = Statement { line: self.line, text: Vec::new() };
                return Ok(Some(std::mem::replace(&mut self.statement, next)));
            }
        }
    }

    fn end(&mut self) -> Result<Option<Statement>> {
        if self.statement.text.is_empty()
            && !matches!(self.state.place, Place::BlockComment | Place::BlockCommentStar)
        {
            return Ok(None);
        }
        // In a schema that was typed by hand the last semicolon may be missing. A command of the
        // shell ends with its line; whoever runs statements names it.
        let is_typed = self.dialect == Dialect::Schema
            && matches!(self.state.place, Place::Code | Place::Word(_) | Place::LineComment);
        if self.state.place == Place::LineComment {
            self.statement.text.push(b'\n');
        }
        if is_typed || self.statement.text.starts_with(b".") {
            return Ok(Some(std::mem::replace(
                &mut self.statement,
                Statement { line: self.line, text: Vec::new() },
            )));
        }
        Err(self.cut_short())
    }
}

/// Takes over what follows in quotes, up to something that has to be looked at.
fn skip_quoted(rest: &[u8], quote: u8, text: &mut Vec<u8>) -> usize {
    let plain = memchr::memchr3(quote, b'\n', 0, rest).unwrap_or(rest.len());
    text.extend_from_slice(&rest[..plain]);
    plain
}

/// Takes one byte; true if it is the semicolon that ends the statement.
fn advance(state: &mut State, statement: &mut Statement, line: u64, byte: u8) -> bool {
    let before = std::mem::replace(&mut state.before, byte);
    match state.place {
        Place::Quotes(quote) => {
            statement.text.push(byte);
            if byte == quote {
                state.place = Place::Code;
                // Two in a row stand for one: the next opens again, which comes to the same.
                state.before = 0;
            }
            return false;
        }
        Place::LineComment => {
            keep(statement, byte);
            if byte == b'\n' {
                state.place = Place::Code;
            }
            return false;
        }
        Place::BlockComment | Place::BlockCommentStar => {
            keep(statement, byte);
            state.place = match (byte, state.place) {
                (b'/', Place::BlockCommentStar) => Place::Code,
                (b'*', _) => Place::BlockCommentStar,
                _ => Place::BlockComment,
            };
            if state.place == Place::Code {
                state.before = 0;
            }
            return false;
        }
        Place::Word(start) => {
            if is_word(byte) {
                statement.text.push(byte);
                return false;
            }
            let word = statement.text.get(start..).unwrap_or_default();
            state.shape = after_word(state.shape, word);
            state.place = Place::Code;
        }
        Place::Code => {}
    }
    in_code(state, statement, line, before, byte)
}

fn in_code(state: &mut State, statement: &mut Statement, line: u64, before: u8, byte: u8) -> bool {
    match (before, byte) {
        (b'-', b'-') => {
            open_comment(state, statement, byte, Place::LineComment);
            return false;
        }
        (b'/', b'*') => {
            open_comment(state, statement, byte, Place::BlockComment);
            return false;
        }
        _ => {}
    }
    if byte.is_ascii_whitespace() {
        keep(statement, byte);
        return false;
    }
    if byte == b';' {
        state.shape = match state.shape {
            Shape::Trigger | Shape::TriggerSemicolon => Shape::TriggerSemicolon,
            _ => {
                // A lone semicolon is no statement.
                return !statement.text.is_empty();
            }
        };
        statement.text.push(byte);
        return false;
    }
    if statement.text.is_empty() {
        statement.line = line;
    }
    if is_word(byte) {
        state.place = Place::Word(statement.text.len());
    } else {
        // A minus or slash may turn out to begin a comment, which is white space.
        if !matches!(byte, b'-' | b'/') {
            state.shape = after_word(state.shape, b"");
        }
        state.place = match byte {
            b'\'' | b'"' | b'`' => Place::Quotes(byte),
            b'[' => Place::Quotes(b']'),
            _ => Place::Code,
        };
    }
    statement.text.push(byte);
    false
}

fn open_comment(state: &mut State, statement: &mut Statement, byte: u8, place: Place) {
    state.place = place;
    state.before = 0;
    if statement.text.len() <= 1 {
        // Nothing but the first character of the comment was before it.
        statement.text.clear();
    } else {
        statement.text.push(byte);
    }
}

/// Keeps white space and comments within a statement, for its line ends and its text.
fn keep(statement: &mut Statement, byte: u8) {
    if !statement.text.is_empty() {
        statement.text.push(byte);
    }
}

/// What SQLite takes for part of a name or keyword.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn after_word(shape: Shape, word: &[u8]) -> Shape {
    let is = |keyword: &str| word.eq_ignore_ascii_case(keyword.as_bytes());
    match shape {
        Shape::Start if is("EXPLAIN") => Shape::Explain,
        Shape::Start | Shape::Explain if is("CREATE") => Shape::Create,
        Shape::Explain if !is("EXPLAIN") => Shape::Explain,
        Shape::Create if is("TEMP") || is("TEMPORARY") => Shape::Create,
        Shape::Create if is("TRIGGER") => Shape::Trigger,
        Shape::TriggerSemicolon if is("END") => Shape::TriggerEnd,
        Shape::Trigger | Shape::TriggerSemicolon | Shape::TriggerEnd => Shape::Trigger,
        _ => Shape::Normal,
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Splitter};

    fn split(text: &str) -> Vec<(u64, String)> {
        // One byte at a time, so that every seam is met.
        let mut splitter =
            Splitter::new(std::io::BufReader::with_capacity(1, text.as_bytes()), Dialect::Dump);
        let mut found = Vec::new();
        while let Some(statement) = splitter.next().unwrap() {
            found.push((statement.line, String::from_utf8(statement.text).unwrap()));
        }
        found
    }

    fn texts(text: &str) -> Vec<String> {
        split(text).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn semicolons_in_quotes_and_comments_end_nothing() {
        assert_eq!(texts("a ';' b; c;"), ["a ';' b", "c"]);
        assert_eq!(
            texts("a \";\" `;` [;] /* ; */ -- ;\n b;"),
            ["a \";\" `;` [;] /* ; */ -- ;\n b"]
        );
        assert_eq!(texts("a 'it''s;' ;b;"), ["a 'it''s;' ", "b"]);
        assert_eq!(texts("a - -1; b/ *2;"), ["a - -1", "b/ *2"]);
        assert_eq!(texts("/**/a;/***/b;/*/;*/c;"), ["a", "b", "c"]);
    }

    #[test]
    fn comments_around_statements_are_dropped_and_lines_counted() {
        assert_eq!(
            split("-- one\n/* two\n*/ a;\n\n;;\n  b 'x\ny';\nc;"),
            [(3, "a".to_owned()), (6, "b 'x\ny'".to_owned()), (8, "c".to_owned())]
        );
    }

    #[test]
    fn a_trigger_ends_with_its_end() {
        let trigger = "CREATE /* x */ TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; DELETE FROM b; END";
        assert_eq!(texts(&format!("{trigger} ;x;")), [format!("{trigger} "), "x".to_owned()]);
        assert_eq!(texts("CREATE TABLE trigger_x(a); END; b;").len(), 3);
        assert_eq!(texts("create temp trigger x begin a; 'b' end; end -- c\n; d;").len(), 2);
    }

    #[test]
    fn a_cut_statement_is_an_error() {
        for cut in ["a", "a;b 'c;", "/* a;", "CREATE TRIGGER x BEGIN a;"] {
            let mut splitter = Splitter::new(cut.as_bytes(), Dialect::Dump);
            let mut outcome = splitter.next();
            while matches!(outcome, Ok(Some(_))) {
                outcome = splitter.next();
            }
            assert!(outcome.is_err(), "{cut}");
        }
        assert_eq!(texts("a; -- rest"), ["a"]);
    }

    #[test]
    fn a_schema_needs_no_last_semicolon() {
        let last = |text: &str| -> crate::Result<_> {
            let mut splitter = Splitter::new(text.as_bytes(), Dialect::Schema);
            let mut last = None;
            while let Some(statement) = splitter.next()? {
                last = Some((statement.line, String::from_utf8(statement.text).unwrap()));
            }
            Ok(last)
        };
        assert_eq!(last("a;\n b\n").unwrap(), Some((2, "b\n".to_owned())));
        assert_eq!(last("a;\n b -- c").unwrap(), Some((2, "b -- c\n".to_owned())));
        assert_eq!(last("a; -- rest").unwrap(), Some((1, "a".to_owned())));
        for cut in ["a 'b", "a \"b", "a /* b"] {
            let error = last(cut).unwrap_err().to_string();
            assert!(error.contains("the schema is cut short"), "{error}");
        }
    }
}
