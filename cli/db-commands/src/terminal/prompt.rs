//! Asking a person. No terminal and no more input are never taken as an answer.

use std::io::ErrorKind;

use schema_engine::{Error, Result};

use super::{Terminal, lock, visible};

/// What somebody said to a yes-or-no question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Answer {
    /// Go ahead.
    Yes,
    /// Don't; also what a bare Enter says.
    No,
}

impl Terminal {
    /// Whether somebody is there to be asked.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.person.is_some()
    }

    /// Asks a yes-or-no question until it is answered, with no as the default.
    ///
    /// `instead` is what answers it where nobody can: "Give --yes to go ahead without the
    /// question."
    ///
    /// # Errors
    ///
    /// [`schema_engine::ErrorKind::Refused`] when nobody is there or the input ends.
    pub fn confirm(&self, question: &str, instead: &str) -> Result<Answer> {
        loop {
            let answer = self.ask(&format!("{question} [y/N] "), instead)?;
            match answer.to_lowercase().as_str() {
                "y" | "yes" => return Ok(Answer::Yes),
                "" | "n" | "no" => return Ok(Answer::No),
                _ => self.say("Please answer y or n."),
            }
        }
    }

    /// Asks for one line and returns it without the spaces around it.
    ///
    /// It waits for as long as the person does: an async caller gives it a thread of its own.
    ///
    /// # Errors
    ///
    /// [`schema_engine::ErrorKind::Refused`] when nobody is there or the input ends.
    pub fn ask(&self, prompt: &str, instead: &str) -> Result<String> {
        let refused = |why: &str| {
            let question = prompt.trim_end().trim_end_matches(" [y/N]");
            Error::refused(format!("{why}: {question}")).state("Nothing was changed.").next(instead)
        };
        let Some(person) = &self.person else {
            return Err(refused(
                "a question needs an answer, and there is no terminal to give one",
            ));
        };
        let _ = lock(&self.err).write(&visible(prompt));
        let mut line = Vec::new();
        let read = (lock(person))(&mut line).map_err(|error| {
            let error = if error.kind() == ErrorKind::Interrupted {
                self.say_line("");
                Error::new(schema_engine::ErrorKind::Interrupted, error.to_string())
            } else {
                Error::failed("the answer can't be read").because(error)
            };
            error.state("Nothing was changed.")
        })?;
        if read == 0 {
            // The prompt left the cursor behind it.
            self.say_line("");
            return Err(refused("the input ended before a question was answered"));
        }
        Ok(String::from_utf8_lossy(&line).trim().to_owned())
    }
}
