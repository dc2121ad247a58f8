//! The signs before a line.

use std::fmt;

use anstyle::{AnsiColor, Style};

/// A sign that sorts lines at a glance. The line says the same in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    /// `✓`: done.
    Done,
    /// `!`: look here.
    Caution,
    /// `✗`: not done.
    Failed,
    /// `+`: new.
    Added,
    /// `-`: gone.
    Removed,
    /// `~`: changed.
    Changed,
}

impl Glyph {
    fn sign_and_colour(self) -> (&'static str, AnsiColor) {
        match self {
            Self::Done => ("✓", AnsiColor::Green),
            Self::Caution => ("!", AnsiColor::Yellow),
            Self::Failed => ("✗", AnsiColor::Red),
            Self::Added => ("+", AnsiColor::Green),
            Self::Removed => ("-", AnsiColor::Red),
            Self::Changed => ("~", AnsiColor::Cyan),
        }
    }

    /// Its colour.
    pub(super) fn style(self) -> Style {
        Style::new().fg_color(Some(self.sign_and_colour().1.into()))
    }
}

/// The sign with its colour; the stream it goes to takes the colour off where it must.
impl fmt::Display for Glyph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, style) = (self.sign_and_colour().0, self.style());
        write!(f, "{style}{sign}{style:#}")
    }
}
