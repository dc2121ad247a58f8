//! What is printed where, and who is asked.

use std::sync::Arc;

use schema_engine::ErrorKind as Kind;

use super::*;

/// What went to a stream.
#[derive(Clone, Default)]
pub(crate) struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(lock(&self.0).clone()).expect("the program prints UTF-8")
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Terminal {
    /// A terminal whose streams are kept without colour, with a person who types `answers`.
    pub(crate) fn captured(answers: Option<&str>) -> (Self, Printed, Printed) {
        let (out, err) = (Printed::default(), Printed::default());
        let plain = |printed: &Printed| -> Box<dyn Write + Send> { Box::new(printed.clone()) };
        let person = answers.map(|answers| {
            let mut input = io::Cursor::new(answers.as_bytes().to_vec());
            let read_line: ReadLine =
                Box::new(move |line| io::BufRead::read_until(&mut input, b'\n', line));
            Mutex::new(read_line)
        });
        let terminal = Self {
            out: Stream::new(AutoStream::never(plain(&out)), false),
            err: Stream::new(AutoStream::never(plain(&err)), false),
            person,
        };
        (terminal, out, err)
    }
}

/// A stream that always fails in one way.
struct Failing(ErrorKind);

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn data_goes_to_stdout_and_words_to_stderr() {
    let (terminal, out, err) = Terminal::captured(None);
    terminal.data("m001").unwrap();
    terminal.data_item(Glyph::Added, "adds the column tasks.priority").unwrap();
    terminal.say("Reading");
    terminal.success("Upgraded");
    terminal.warn("drift");
    assert_eq!(out.text(), "m001\n+ adds the column tasks.priority\n");
    assert_eq!(err.text(), "Reading\n✓ Upgraded\n! warning: drift\n");
}

#[test]
fn a_line_in_colour_says_the_same_without() {
    let (terminal, out, _) = Terminal::captured(None);
    terminal.data_in_colour(Glyph::Added, "+    a \u{1b}[2J text").unwrap();
    assert_eq!(out.text().replace("\u{1b}[2J", ""), "+    a  text\n");

    let out = Printed::default();
    let stream = AutoStream::always_ansi(Box::new(out.clone()) as Box<dyn Write + Send>);
    let terminal = Terminal { out: Stream::new(stream, true), ..terminal };
    terminal.data_in_colour(Glyph::Added, "+    a \u{1b}[2J text").unwrap();
    assert_eq!(out.text(), "\u{1b}[32m+    a \\u{1b}[2J text\u{1b}[0m\n");
}

#[test]
fn a_long_line_stays_one_line() {
    let (terminal, _, err) = Terminal::captured(None);
    let path = "/a folder/[x]".repeat(40);
    terminal.say(&path);
    assert_eq!(err.text(), format!("{path}\n"));
}

#[test]
fn json_is_a_document_and_a_line_end() {
    let (terminal, out, _) = Terminal::captured(None);
    terminal.json(&serde_json::json!({"version": 1})).unwrap();
    assert_eq!(out.text(), "{\n  \"version\": 1\n}\n");
}

#[test]
fn a_closed_pipe_ends_the_printing_quietly() {
    let (mut terminal, _, err) = Terminal::captured(None);
    terminal.out = Stream::new(Failing(ErrorKind::BrokenPipe), false);
    terminal.data("lost").unwrap();
    assert!(lock(&terminal.out).closed);
    terminal.say("still here");
    assert_eq!(err.text(), "still here\n");
}

#[test]
fn data_that_can_not_be_written_is_a_failure() {
    let (mut terminal, ..) = Terminal::captured(None);
    terminal.out = Stream::new(Failing(ErrorKind::StorageFull), false);
    assert_eq!(terminal.data("lost").unwrap_err().kind(), Kind::Failed);
}

#[test]
fn an_error_tells_all_its_parts() {
    let (terminal, _, err) = Terminal::captured(None);
    let error = Error::failed("the upgrade failed at m002")
        .because(io::Error::other("UNIQUE constraint failed"))
        .state("The database is unchanged.")
        .next("Remove the duplicates.")
        .next("Or run `tgenie db check`.");
    terminal.error(&error);
    assert_eq!(
        err.text(),
        "error: the upgrade failed at m002\n\
         caused by: UNIQUE constraint failed\n\
         The database is unchanged.\n\
         help: Remove the duplicates.\n\
         help: Or run `tgenie db check`.\n"
    );
}

#[test]
fn a_cause_that_was_said_is_not_said_again() {
    let (terminal, _, err) = Terminal::captured(None);
    let cause = Error::failed("reading: no such table").because(io::Error::other("no such table"));
    terminal.error(&Error::failed("check failed").because(cause));
    assert_eq!(err.text(), "error: check failed\ncaused by: reading: no such table\n");
}

#[test]
fn colour_is_written_for_a_terminal_that_takes_it() {
    let printed = Printed::default();
    let always: Box<dyn Write + Send> = Box::new(printed.clone());
    let (mut terminal, ..) = Terminal::captured(None);
    terminal.err = Stream::new(AutoStream::always_ansi(always), true);
    terminal.success("Done");
    assert_eq!(printed.text(), "\u{1b}[32m✓\u{1b}[0m Done\n");
}

#[test]
fn a_question_is_asked_until_it_is_answered() {
    for (typed, answer, asked) in [
        ("y\n", Answer::Yes, 1),
        ("YES\r\n", Answer::Yes, 1),
        ("\n", Answer::No, 1),
        ("n\n", Answer::No, 1),
        ("maybe\nyes please\ny", Answer::Yes, 3),
    ] {
        let (terminal, out, err) = Terminal::captured(Some(typed));
        assert_eq!(terminal.confirm("Continue?", "Give --yes.").unwrap(), answer, "{typed:?}");
        assert_eq!(err.text().matches("Continue? [y/N] ").count(), asked, "{typed:?}");
        assert_eq!(err.text().matches("Please answer y or n.\n").count(), asked - 1);
        assert_eq!(out.text(), "");
    }
}

#[test]
fn nobody_and_no_more_input_are_refused() {
    for (answers, what) in [
        (None, "a question needs an answer, and there is no terminal to give one: Continue?"),
        (Some(""), "the input ended before a question was answered: Continue?"),
        (Some("what?\n"), "the input ended before a question was answered: Continue?"),
    ] {
        let (terminal, ..) = Terminal::captured(answers);
        let error = terminal.confirm("Continue?", "Give --yes.").unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Refused, what));
        assert_eq!(error.next_steps(), ["Give --yes."]);
    }
}
