//! The two streams and the person at the keyboard: stdout carries data, stderr everything
//! said.
//!
//! Nothing is wrapped: a line is as long as what it says, so a path can be copied out of it.
//! Colour is for a terminal alone and never the only signal; `NO_COLOR` turns it off. A pipe
//! that was closed ends the printing and not the work: an upgrade isn't left half told and
//! half done because `head` had seen enough.

mod bar;
mod error_text;
mod glyph;
mod line;
mod prompt;
mod run;
mod visible;

#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use schema_engine::{Error, Result};
use serde::Serialize;

pub use bar::Bar;
pub use glyph::Glyph;
pub use prompt::Answer;
use visible::visible;

/// How a command reports: for a person, or for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Lines to read.
    Text,
    /// One JSON document with a `version`.
    Json,
}

/// Reads one line with its end; nothing read means that there is no more.
type ReadLine = Box<dyn FnMut(&mut Vec<u8>) -> io::Result<usize> + Send>;

/// Where a program prints and whom it asks.
pub struct Terminal {
    out: Mutex<Stream>,
    err: Mutex<Stream>,
    /// `None` when nobody is there to answer.
    person: Option<Mutex<ReadLine>>,
}

/// A stream that is written to until its reader goes away.
struct Stream {
    writer: Box<dyn Write + Send>,
    /// On a terminal, control characters are shown rather than obeyed; a pipe gets what is
    /// there.
    is_terminal: bool,
    closed: bool,
    /// How long the line is that stands there without an end; it goes before the next is printed.
    passing: usize,
}

impl Terminal {
    /// That of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let (out_is_terminal, err_is_terminal) = (stdout.is_terminal(), stderr.is_terminal());
        // A question goes to stderr: where that is a file nobody sees it.
        let somebody_is_there = io::stdin().is_terminal() && err_is_terminal;
        let read_line: ReadLine = Box::new(line::read);
        Self {
            out: Stream::new(AutoStream::auto(stdout), out_is_terminal),
            err: Stream::new(AutoStream::auto(stderr), err_is_terminal),
            person: somebody_is_there.then(|| Mutex::new(read_line)),
        }
    }

    /// Prints a line of data to stdout.
    ///
    /// # Errors
    ///
    /// When stdout can't take it, a full disk for one. A closed pipe is no error.
    pub fn data(&self, line: &str) -> Result<()> {
        let mut out = lock(&self.out);
        let text = out.shown(line);
        out.write(&format!("{text}\n")).map_err(lost_data)
    }

    /// Prints a line of data with a sign before it to stdout.
    ///
    /// # Errors
    ///
    /// As [`Terminal::data`].
    pub fn data_item(&self, glyph: Glyph, line: &str) -> Result<()> {
        let mut out = lock(&self.out);
        let text = out.shown(line);
        out.write(&format!("{glyph} {text}\n")).map_err(lost_data)
    }

    /// Prints a line of data, which begins with a sign of its own, in the colour of a sign.
    ///
    /// # Errors
    ///
    /// As [`Terminal::data`].
    pub fn data_in_colour(&self, glyph: Glyph, line: &str) -> Result<()> {
        let style = glyph.style();
        let mut out = lock(&self.out);
        let text = out.shown(line);
        out.write(&format!("{style}{text}{style:#}\n")).map_err(lost_data)
    }

    /// Prints a JSON document to stdout.
    ///
    /// # Errors
    ///
    /// As [`Terminal::data`].
    pub fn json(&self, document: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(document)
            .map_err(|error| Error::failed("the report can't be written as JSON").because(error))?;
        lock(&self.out).write(&format!("{text}\n")).map_err(lost_data)
    }

    /// Says something on stderr.
    pub fn say(&self, line: &str) {
        self.say_line(&visible(line));
    }

    /// Says something on stderr with a sign before it.
    pub fn say_item(&self, glyph: Glyph, line: &str) {
        self.say_line(&format!("{glyph} {}", visible(line)));
    }

    /// Says that something was done.
    pub fn success(&self, line: &str) {
        self.say_item(Glyph::Done, line);
    }

    /// Says what should be known but stops nothing.
    pub fn warn(&self, line: &str) {
        let label = label("warning:", AnsiColor::Yellow);
        self.say_line(&format!("{} {label} {}", Glyph::Caution, visible(line)));
    }

    /// Says what failed, why, in what state the data is and what to do about it.
    pub fn error(&self, error: &Error) {
        self.say_line(&error_text::error_text(error));
    }

    /// Says a line whose text is ready. There is nobody left to tell when stderr fails.
    fn say_line(&self, text: &str) {
        let _ = lock(&self.err).write(&format!("{text}\n"));
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").field("can_ask", &self.can_ask()).finish_non_exhaustive()
    }
}

impl Stream {
    fn new(writer: impl Write + Send + 'static, is_terminal: bool) -> Mutex<Self> {
        Mutex::new(Self { writer: Box::new(writer), is_terminal, closed: false, passing: 0 })
    }

    fn shown<'line>(&self, line: &'line str) -> std::borrow::Cow<'line, str> {
        if self.is_terminal { visible(line) } else { line.into() }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.take_off_passing_line();
        self.put(text)
    }

    /// Shows a line in the place of the one that was shown so before. Nobody misses it if that
    /// fails.
    fn show_passing_line(&mut self, line: &str) {
        let length = line.chars().count();
        // Spaces, because without colours no control sequence reaches the terminal.
        let rest = " ".repeat(self.passing.saturating_sub(length));
        self.passing = length;
        let _ = self.put(&format!("\r{line}{rest}"));
    }

    fn take_off_passing_line(&mut self) {
        let length = std::mem::take(&mut self.passing);
        if length > 0 {
            let _ = self.put(&format!("\r{}\r", " ".repeat(length)));
        }
    }

    fn put(&mut self, text: &str) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        match self.writer.write_all(text.as_bytes()).and_then(|()| self.writer.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            written => written,
        }
    }
}

/// A word in bold colour.
fn label(word: &str, colour: AnsiColor) -> String {
    let style = Style::new().fg_color(Some(colour.into())).bold();
    format!("{style}{word}{style:#}")
}

fn lost_data(error: io::Error) -> Error {
    Error::failed("the output can't be written").because(error)
}

/// A line that a panicking thread left behind is a line like any other.
fn lock<T>(stream: &Mutex<T>) -> MutexGuard<'_, T> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}
