//! Reads a dump piece by piece, in a thread of its own: rows are understood here, while SQLite
//! writes those before them.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::Dialect;
use super::literal::{self, Row, Stop};
use super::row_batch::{RowBatch, Target, Values};
use super::split::{LONGEST, Splitter, Statement, is_word, too_long};
use super::statement::{self, filled_table, is_schema};
use super::token::{Kind, Tokens};
use super::window::Window;
use crate::dump::seal;
use crate::error::{Error, ErrorKind, Result};

/// How many batches may wait.
const WAITING: usize = 4;

/// How much a batch holds before it is sent.
const BATCH: usize = 1 << 17;

/// The most values a row may have in SQLite, with its rowid.
const WIDEST: usize = 2000;

/// How much may stand before the values of a row.
const LONGEST_HEAD: usize = 1 << 18;

/// Part of a dump.
#[derive(Debug)]
pub(super) enum Piece {
    Statement(Statement),
    Rows(RowBatch),
    End(Ending),
}

/// What stood at the end of a dump.
#[derive(Debug)]
pub(super) enum Ending {
    /// The dump wasn't made by this tool.
    Plain,
    /// It was, but its last line isn't there.
    Unsealed,
    /// Its last line, and the hash of all that is before it.
    Sealed { line: String, hash: String },
}

/// Reads a dump in a thread that ends with the dump or when nobody takes what it finds.
pub(super) fn spawn(
    input: impl Read + Send + 'static,
    stop: Arc<AtomicBool>,
) -> std::io::Result<Pieces> {
    let (sender, receiver) = sync_channel(WAITING);
    let used = Arc::new(AtomicU64::new(0));
    let pieces = Pieces { receiver, used: Arc::clone(&used), stop };
    std::thread::Builder::new().name("dump reader".to_owned()).spawn(move || {
        let mut reader = Reader::new(input);
        loop {
            let piece = reader.next();
            used.store(reader.window().used(), Ordering::Relaxed);
            let is_last = matches!(piece, Err(_) | Ok(Piece::End(_)));
            if sender.send(piece).is_err() || is_last {
                return;
            }
        }
    })?;
    Ok(pieces)
}

/// What the reader finds, one piece after the other.
#[derive(Debug)]
pub(super) struct Pieces {
    receiver: Receiver<Result<Piece>>,
    used: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Pieces {
    /// Waits for the next one, or until somebody asks to stop.
    pub(super) fn next(&self) -> Result<Piece> {
        const PAUSE: Duration = Duration::from_millis(100);
        loop {
            match self.receiver.recv_timeout(PAUSE) {
                Ok(piece) => return piece,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::failed("the reader of the dump broke down"));
                }
                Err(RecvTimeoutError::Timeout) if self.stop.load(Ordering::Relaxed) => {
                    return Err(Error::new(ErrorKind::Interrupted, "stopped on request"));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// How many bytes of SQL the reader has gone through.
    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}

#[expect(clippy::struct_excessive_bools, reason = "each says another thing about the dump")]
struct Reader<R> {
    splitter: Splitter<Window<R>>,
    has_begun: bool,
    /// Whether it is a dump of this tool.
    is_ours: bool,
    is_committed: bool,
    utf16: bool,
    /// The beginning of the last INSERT, to its VALUES, as it stands in the dump.
    head: Vec<u8>,
    target: Arc<Target>,
    /// Whether a row comes next.
    in_values: bool,
    /// A row that SQLite has to read.
    odd: Option<Statement>,
}

impl<R: Read> Reader<R> {
    fn new(input: R) -> Self {
        let target = Target { table: String::new(), head: String::new(), width: 0 };
        Self {
            splitter: Splitter::new(Window::new(input), Dialect::Dump),
            has_begun: false,
            is_ours: false,
            is_committed: false,
            utf16: false,
            head: Vec::new(),
            target: Arc::new(target),
            in_values: false,
            odd: None,
        }
    }

    fn next(&mut self) -> Result<Piece> {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.begin()?;
        }
        if let Some(odd) = self.odd.take() {
            return Ok(Piece::Statement(odd));
        }
        if self.in_values || self.at_rows()? {
            let rows = self.rows()?;
            return match self.odd.take() {
                Some(odd) if rows.lines.is_empty() => Ok(Piece::Statement(odd)),
                odd => {
                    self.odd = odd;
                    Ok(Piece::Rows(rows))
                }
            };
        }
        if let Some(ending) = self.ending()? {
            return Ok(Piece::End(ending));
        }
        if let Some(stray) = self.stray()? {
            return Ok(Piece::Statement(stray));
        }
        match self.splitter.next()? {
            Some(statement) => {
                let first = Tokens::new(&statement.text).next();
                let is = |word: &str| first.is_some_and(|first| first.is(word));
                self.is_committed |= is("COMMIT") || is("END");
                // What text is made of may change here.
                self.utf16 |= is("PRAGMA") && statement::sets_utf16(&statement.text);
                Ok(Piece::Statement(statement))
            }
            None => Ok(Piece::End(self.unsealed())),
        }
    }

    fn window(&mut self) -> &mut Window<R> {
        self.splitter.input()
    }

    fn reach(&mut self, length: usize) -> Result<bool> {
        self.window().reach(length).map_err(|error| Dialect::Dump.unreadable(error))
    }

    /// Looks at the first line.
    fn begin(&mut self) -> Result<()> {
        self.reach(64)?;
        let window = self.window();
        let mark =
            if window.at_hand().starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let first = &window.at_hand()[mark..];
        if first.starts_with(seal::MARK_OF_ANY_VERSION.as_bytes()) {
            if !first.starts_with(seal::MARK.as_bytes()) {
                return Err(Error::failed("the dump was made by another version of this tool")
                    .next("Restore it with that version or a newer one."));
            }
            if first.starts_with(seal::MARK_OF_A_PART.as_bytes()) {
                return Err(Error::refused("the dump holds a part of a database, not a whole one")
                    .next("Restore a dump that was made without --schema-only, --data-only and --table.")
                    .next("The sqlite3 shell loads a part into a database that is there."));
            }
            window.hash();
            self.is_ours = true;
        }
        self.splitter.skip(mark);
        Ok(())
    }

    fn unsealed(&self) -> Ending {
        if self.is_ours { Ending::Unsealed } else { Ending::Plain }
    }

    /// Skips white space and comments up to the end of a line, and says whether anything follows.
    fn skip_blank(&mut self) -> Result<bool> {
        loop {
            if !self.reach(1)? {
                return Ok(false);
            }
            let bytes = self.window().at_hand();
            let blank = bytes
                .iter()
                .position(|byte| !byte.is_ascii_whitespace() && *byte != b';')
                .unwrap_or(bytes.len());
            if blank > 0 {
                self.splitter.skip(blank);
                continue;
            }
            self.reach(seal::MARK_OF_ANY_VERSION.len())?;
            let at_seal = self.is_committed
                && self.window().at_hand().starts_with(seal::MARK_OF_ANY_VERSION.as_bytes());
            if at_seal && !self.is_ours {
                let what = "the dump has lost its first line: it was changed after it was written";
                return Err(Error::refused(what)
                    .next("Take an untouched copy of it.")
                    .next("If the change was meant, delete its last line, too, then restore it."));
            }
            if at_seal || !self.window().at_hand().starts_with(b"--") {
                return Ok(true);
            }
            self.skip_line()?;
        }
    }

    fn skip_line(&mut self) -> Result<()> {
        loop {
            let bytes = self.window().at_hand();
            let (length, is_whole) =
                memchr::memchr2(b'\n', 0, bytes).map_or((bytes.len(), false), |at| (at, true));
            // A NUL byte is left where it is, for an error.
            self.splitter.skip(length);
            if is_whole || !self.reach(1)? {
                return Ok(());
            }
        }
    }

    /// The last line of a dump of ours, if this is the place for it.
    fn ending(&mut self) -> Result<Option<Ending>> {
        if !self.skip_blank()? {
            return Ok(Some(self.unsealed()));
        }
        if !(self.is_ours && self.is_committed) {
            return Ok(None);
        }
        let is_more = self.reach(1024)?;
        let line = self.window().at_hand().to_vec();
        if !line.starts_with(seal::MARK_OF_ANY_VERSION.as_bytes()) {
            return Ok(None);
        }
        let line = line.strip_suffix(b"\n").filter(|line| !line.contains(&b'\n') && !is_more);
        let Some(line) = line.and_then(|line| std::str::from_utf8(line).ok()) else {
            return Ok(Some(Ending::Unsealed));
        };
        let hash = self.window().take_hash().unwrap_or_default();
        Ok(Some(Ending::Sealed { line: line.to_owned(), hash }))
    }

    /// What can't begin a statement of a dump, without looking for its end: that may be far away in
    /// a file that is no dump at all.
    fn stray(&mut self) -> Result<Option<Statement>> {
        let is_more = self.reach(64)?;
        let line = self.splitter.line();
        let bytes = self.window().at_hand();
        if let Some(told) = told_damage(bytes) {
            let what = format!("line {line} of the dump tells of a damaged database: {told}");
            return Err(Error::refused(what).next(
                "What is missing in it can't be seen. Restore an older dump or a safety copy, or let `.recover` of the sqlite3 shell read the damaged database.",
            ));
        }
        let word = bytes.iter().position(|byte| !is_word(*byte)).unwrap_or(bytes.len());
        let is_known = statement::KEYWORDS
            .iter()
            .any(|keyword| bytes[..word].eq_ignore_ascii_case(keyword.as_bytes()));
        let is_cut = word == bytes.len() && !is_more;
        let is_binary = word == 0 && bytes.contains(&0);
        if is_known || is_cut || is_binary || bytes.starts_with(b"/*") {
            return Ok(None);
        }
        let end = memchr::memchr3(b';', b'\n', 0, bytes).unwrap_or(bytes.len()).clamp(1, 200);
        let text = bytes[..end].to_vec();
        self.splitter.skip(end);
        Ok(Some(Statement { line, text }))
    }

    /// Goes to the first row, if an INSERT with plain values comes next.
    fn at_rows(&mut self) -> Result<bool> {
        if !self.skip_blank()? {
            return Ok(false);
        }
        self.reach(self.head.len() + 1)?;
        let head = self.head.len();
        let bytes = self.splitter.input().at_hand();
        let is_same = head > 0
            && bytes.starts_with(&self.head)
            && bytes.get(head).is_some_and(|next| !is_word(*next));
        if is_same {
            self.splitter.skip(head);
            self.in_values = true;
            return Ok(true);
        }
        let first = bytes.first().copied().unwrap_or_default();
        if !matches!(first, b'I' | b'i' | b'R' | b'r') {
            return Ok(false);
        }
        let found = [4096, LONGEST_HEAD].into_iter().find_map(|length| {
            let is_more = match self.reach(length) {
                Ok(is_more) => is_more,
                Err(error) => return Some(Err(error)),
            };
            let bytes = self.splitter.input().at_hand();
            let head = read_head(&bytes[..bytes.len().min(length)]);
            (head.is_some() || !is_more).then_some(Ok(head))
        });
        let Some((length, target)) = found.transpose()?.flatten() else { return Ok(false) };
        self.head = self.window().at_hand()[..length].to_vec();
        self.target = Arc::new(target);
        self.splitter.skip(length);
        self.in_values = true;
        Ok(true)
    }

    /// Reads rows for one table, as many as make a batch.
    fn rows(&mut self) -> Result<RowBatch> {
        let mut values = Values::default();
        let mut lines = Vec::new();
        let mut target: Option<Arc<Target>> = None;
        while values.bytes.len() + values.cells.len() * 8 < BATCH {
            if !self.in_values {
                let head = self.head.as_slice();
                // The usual case: the same INSERT on the next line.
                let bytes = self.splitter.input().at_hand();
                let is_next = bytes.first() == Some(&b'\n')
                    && bytes[1..].starts_with(head)
                    && bytes.get(head.len() + 1).is_some_and(|next| !is_word(*next));
                if is_next {
                    let length = head.len() + 1;
                    self.splitter.skip(length);
                    self.in_values = true;
                } else {
                    let before = Arc::clone(&self.target);
                    if !self.at_rows()? {
                        break;
                    }
                    if target.is_some() && !Arc::ptr_eq(&before, &self.target) {
                        break;
                    }
                }
            }
            let before = self.splitter.line();
            let Some(row) = self.row(&mut values)? else { break };
            let space = self.window().at_hand().iter().take_while(|byte| **byte != b'(');
            let line = before + space.filter(|byte| **byte == b'\n').count() as u64;
            if self.target.width != row.width {
                let Target { table, head, .. } = &*self.target;
                let (table, head) = (table.clone(), head.clone());
                let narrower = Target { table, head, width: row.width };
                self.target = Arc::new(narrower);
                if target.is_some() {
                    // It is for another batch: read it again.
                    values.cells.truncate(values.cells.len() - row.width);
                    break;
                }
            }
            target = Some(Arc::clone(&self.target));
            lines.push(line);
            self.splitter.skip_counted(row.length, row.lines);
            self.in_values = !row.is_last;
        }
        let target = target.unwrap_or_else(|| Arc::clone(&self.target));
        Ok(RowBatch { target, offset: self.window().used(), values, lines })
    }

    /// Reads one row, without taking it from the window. One that isn't plain is put aside.
    fn row(&mut self, values: &mut Values) -> Result<Option<Row>> {
        let (bytes, cells) = (values.bytes.len(), values.cells.len());
        loop {
            let utf16 = self.utf16;
            let window = self.splitter.input();
            let available = window.at_hand().len();
            let stop = match literal::row(window.at_hand(), utf16, values) {
                Ok(row) if row.width <= WIDEST => return Ok(Some(row)),
                Ok(_) => Stop::Odd,
                Err(stop) => stop,
            };
            values.bytes.truncate(bytes);
            values.cells.truncate(cells);
            match stop {
                Stop::Nul(lines) => return Err(self.splitter.nul_byte(lines)),
                Stop::Odd => match odd_row(window.at_hand()) {
                    Some((length, is_last)) => {
                        self.put_aside(length, is_last);
                        return Ok(None);
                    }
                    None => self.read_on(available)?,
                },
                Stop::Incomplete => self.read_on(available)?,
            }
        }
    }

    fn read_on(&mut self, available: usize) -> Result<()> {
        let line = self.splitter.line();
        if available > LONGEST {
            return Err(too_long(line));
        }
        self.reach(available + 1)?;
        if self.window().at_hand().len() == available {
            return Err(self.splitter.cut_short());
        }
        // Not a little more each time: a long row would be read over and over.
        self.reach(available * 2)?;
        Ok(())
    }

    fn put_aside(&mut self, length: usize, is_last: bool) {
        let line = self.splitter.line();
        let row = &self.splitter.input().at_hand()[..length - 1];
        let text = [self.target.head.as_bytes(), b"\nVALUES", row].concat();
        self.splitter.skip(length);
        self.in_values = !is_last;
        self.odd = Some(Statement { line, text });
    }
}

/// The comment by which the `sqlite3` shell tells that something couldn't be read. Where it was the
/// schema, the dump ends with COMMIT all the same, and whole tables or indexes are missing.
fn told_damage(bytes: &[u8]) -> Option<String> {
    let line = bytes.split(|byte| matches!(byte, b'\n' | b'\r' | 0)).next()?;
    let line = line.get(..200).unwrap_or(line);
    let stars = line.strip_prefix(b"/****")?;
    let words = stars[stars.iter().position(|byte| *byte != b'*')?..].trim_ascii_start();
    (words.starts_with(b"ERROR: ") || words.starts_with(b"CORRUPTION ERROR "))
        .then(|| String::from_utf8_lossy(line).trim_end().to_owned())
}

/// What some editors put in front of UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads `INSERT INTO name(columns) VALUES`: how long it is, and the table.
fn read_head(text: &[u8]) -> Option<(usize, Target)> {
    let mut tokens = Tokens::new(text);
    let first = tokens.next()?;
    if !first.is("INSERT") && !first.is("REPLACE") {
        return None;
    }
    let (table, rest) = filled_table(tokens).ok()?;
    if is_schema(&table) {
        return None;
    }
    for token in rest {
        if token.is("VALUES") {
            let head = std::str::from_utf8(&text[..token.start]).ok()?.trim_end().to_owned();
            // A longer word may go on behind what was read.
            return (token.end() < text.len())
                .then_some((token.end(), Target { table, head, width: 0 }));
        }
        let is_plain = match token.kind {
            Kind::Sign(sign) => matches!(sign, b'(' | b')' | b','),
            Kind::Word => !token.is("SELECT") && !token.is("DEFAULT") && !token.is("AS"),
            Kind::Name => true,
            Kind::Number | Kind::Text | Kind::Blob => false,
        };
        if !is_plain {
            return None;
        }
    }
    None
}

/// How long a row is that is read by SQLite, with the sign behind it, and whether it is the last.
fn odd_row(text: &[u8]) -> Option<(usize, bool)> {
    let mut depth = 0_u32;
    for token in Tokens::new(text) {
        match token.kind {
            Kind::Sign(b'(') => depth += 1,
            Kind::Sign(b')') => depth = depth.saturating_sub(1),
            Kind::Sign(b';') => return Some((token.end(), true)),
            Kind::Sign(b',') if depth == 0 => return Some((token.end(), false)),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
