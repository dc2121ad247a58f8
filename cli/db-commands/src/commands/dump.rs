//! `db dump`.

use super::{Context, counted};
use crate::ExitCode;
use crate::arguments::{Dump, DumpTarget};
use crate::terminal::Format;
use schema_engine::dump::{self, DumpOptions, DumpReport};
use schema_engine::{Error, Result};
use serde::Serialize;
use std::io;
use std::path::Path;

#[derive(Serialize)]
struct Report {
    version: u32,
    database: String,
    path: Option<String>,
    tables: u64,
    rows: u64,
    bytes: u64,
    sha256: String,
}

pub(super) fn dump(context: &Context<'_>, arguments: &Dump) -> Result<ExitCode> {
    let report = match &arguments.out {
        DumpTarget::File(path) if is_compressed(path) => {
            return Err(Error::usage("a dump is plain SQL and isn't compressed yet")
                .state("Nothing was written.")
                .next("Give a name without .gz or .zst, and compress the file afterwards."));
        }
        DumpTarget::File(path) => context.watched(|progress| {
            dump::dump(context.database(), dump::DumpTarget::File(path), &DumpOptions { progress })
        })?,
        DumpTarget::StandardOutput if context.format == Format::Json => {
            return Err(Error::usage("the dump and the report can't both go to stdout")
                .state("Nothing was written.")
                .next("Give a file with --out, or leave out --json."));
        }
        DumpTarget::StandardOutput => {
            let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout());
            context.watched(|progress| {
                let target = dump::DumpTarget::Stream(&mut out);
                dump::dump(context.database(), target, &DumpOptions { progress })
            })?
        }
    };
    tell(context, report)
}

/// A name that promises what the file wouldn't hold.
fn is_compressed(path: &Path) -> bool {
    path.extension()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("gz") || kind.eq_ignore_ascii_case("zst"))
}

fn tell(context: &Context<'_>, report: DumpReport) -> Result<ExitCode> {
    let DumpReport { path, tables, rows, bytes, sha256 } = report;
    let database = context.database().display().to_string();
    match context.format {
        Format::Json => {
            let path = path.map(|path| path.display().to_string());
            context.terminal.json(&Report {
                version: 1,
                database,
                path,
                tables,
                rows,
                bytes,
                sha256,
            })?;
        }
        Format::Text => {
            let place = path.map_or("stdout".to_owned(), |path| path.display().to_string());
            let tables = counted(usize::try_from(tables).unwrap_or(usize::MAX), "table", "tables");
            let rows = counted(usize::try_from(rows).unwrap_or(usize::MAX), "row", "rows");
            context
                .terminal
                .success(&format!("Dumped {tables} with {rows} ({bytes} bytes) to {place}"));
        }
    }
    Ok(ExitCode::Done)
}
