//! `man`.

use crate::arguments::{self, Manual};
use crate::terminal::Terminal;
use crate::{App, ExitCode};
use schema_engine::{Error, Result};

pub(super) fn manual(app: &App, terminal: &Terminal, arguments: &Manual) -> Result<ExitCode> {
    let folder = &arguments.out;
    let failed = |error| {
        Error::failed(format!("can't write the manual to {}", folder.display())).because(error)
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(arguments::command(app), folder).map_err(failed)?;
    terminal.success(&format!("Wrote the manual pages to {}", folder.display()));
    Ok(ExitCode::Done)
}
