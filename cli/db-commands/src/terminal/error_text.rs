//! An error as lines: what happened, why, the state of the data, what to do.

use std::error::Error as StdError;
use std::fmt::Write as _;

use anstyle::AnsiColor;
use schema_engine::Error;

use super::{label, visible};

/// ```text
/// error: what happened
/// caused by: what lies below
/// The database is unchanged.
/// help: What to do about it.
/// ```
pub(super) fn error_text(error: &Error) -> String {
    let what = error.to_string();
    let mut text = format!("{} {}", label("error:", AnsiColor::Red), visible(&what));

    let mut above = what;
    let mut cause = error.source();
    while let Some(source) = cause {
        let said = source.to_string();
        // Many libraries repeat their cause in their own text; once is enough.
        if !above.contains(&said) {
            let _ = write!(text, "\n{} {}", label("caused by:", AnsiColor::Red), visible(&said));
            above = said;
        }
        cause = source.source();
    }
    if let Some(state) = error.data_state() {
        let _ = write!(text, "\n{}", visible(state));
    }
    for step in error.next_steps() {
        let _ = write!(text, "\n{} {}", label("help:", AnsiColor::Cyan), visible(step));
    }
    text
}
