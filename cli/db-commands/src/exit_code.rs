//! What the program tells the shell: six codes, and they are part of its interface.

use schema_engine::{Error, ErrorKind};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// It was done, or there was nothing to do.
    Done = 0,
    /// It was tried and it failed; `verify` found damage.
    Failed = 1,
    /// The request makes no sense: an unknown flag, an unknown revision.
    Usage = 2,
    /// What was compared differs: `check`, and `diff` where that was asked for; revisions are
    /// pending (`current`); `verify` found something to mend.
    Differences = 3,
    /// Refused for safety: a hazard not accepted, a question nobody answered.
    Refused = 4,
    /// Somebody asked to stop: 128 and the number of SIGINT, as shells count.
    Interrupted = 130,
}

impl ExitCode {
    /// The number the shell sees.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }
}

impl From<ErrorKind> for ExitCode {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Usage => Self::Usage,
            ErrorKind::Refused => Self::Refused,
            ErrorKind::Interrupted => Self::Interrupted,
            // A kind that this crate doesn't know yet is a failure like any other.
            _ => Self::Failed,
        }
    }
}

impl From<&Error> for ExitCode {
    fn from(error: &Error) -> Self {
        error.kind().into()
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.number().into()
    }
}

impl std::process::Termination for ExitCode {
    fn report(self) -> std::process::ExitCode {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_the_documented_ones() {
        use ExitCode::{Differences, Done, Failed, Interrupted, Refused, Usage};
        let codes = [Done, Failed, Usage, Differences, Refused, Interrupted];
        assert_eq!(codes.map(ExitCode::number), [0, 1, 2, 3, 4, 130]);
    }

    #[test]
    fn every_kind_of_error_has_its_code() {
        for (error, code) in [
            (Error::failed("x"), ExitCode::Failed),
            (Error::usage("x"), ExitCode::Usage),
            (Error::refused("x"), ExitCode::Refused),
            (Error::new(ErrorKind::Interrupted, "x"), ExitCode::Interrupted),
        ] {
            assert_eq!(ExitCode::from(&error), code);
        }
    }
}
