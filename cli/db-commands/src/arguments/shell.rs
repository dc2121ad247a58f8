//! The arguments of the commands that fit the program into its surroundings.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A shell that completions are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "they are called as they are")]
pub enum Shell {
    Bash,
    Elvish,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
    Zsh,
}

/// `man`.
#[derive(Debug, Args)]
pub struct Manual {
    /// The folder for the pages, a file a command; it is made where there is none.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
}

impl Shell {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Elvish => "elvish",
            Self::Fish => "fish",
            Self::PowerShell => "powershell",
            Self::Zsh => "zsh",
        }
    }
}
