//! The one error of the engine: what happened, what state the data is in, what to do next.

use std::error::Error as StdError;
use std::fmt;

/// The engine's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure it is. A program turns it into its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It was tried and it failed.
    Failed,
    /// The request itself makes no sense: an unknown revision, an empty message.
    Usage,
    /// It could be done, but it would put data at risk or needs an answer nobody gave.
    Refused,
    /// Somebody asked to stop.
    Interrupted,
}

/// A failure told in three parts.
///
/// [`fmt::Display`] gives the first, a lowercase fragment without a full stop; the cause, if any,
/// is the [`StdError::source`] and never part of that text.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    state: Option<String>,
    next: Vec<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    locked: bool,
}

impl Error {
    /// An error of this kind that says what happened.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), state: None, next: Vec::new(), source: None, locked: false }
    }

    /// Something was tried and failed.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, what)
    }

    /// The request makes no sense.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, what)
    }

    /// It would put data at risk, so it was not done.
    pub fn refused(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, what)
    }

    /// Says what state the data is in, as a sentence: "The database is unchanged."
    #[must_use]
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Adds something to do about it, as a sentence.
    #[must_use]
    pub fn next(mut self, step: impl Into<String>) -> Self {
        self.next.push(step.into());
        self
    }

    /// Names the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Says that another program's lock was in the way, so that it may pass.
    #[must_use]
    pub(crate) fn for_a_lock(mut self) -> Self {
        self.locked = true;
        self
    }

    /// Whether another program's lock was in the way.
    pub fn is_for_a_lock(&self) -> bool {
        self.locked
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What state the data is in, where the failing step knows.
    pub fn data_state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// What can be done about it, the likeliest first.
    pub fn next_steps(&self) -> &[String] {
        &self.next
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
