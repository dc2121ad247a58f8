//! `db dump`.

use super::{Context, counted};
use crate::ExitCode;
use crate::arguments::{Dump, DumpTarget};
use crate::terminal::{Format, Glyph};
use schema_engine::dump::{self, DumpOptions, DumpReport};
use schema_engine::{Error, Result};
use serde::Serialize;
use std::io;

#[derive(Serialize)]
struct Report {
    version: u32,
    database: String,
    path: Option<String>,
    tables: u64,
    rows: u64,
    bytes: u64,
    blake3: String,
    damage: Vec<String>,
    left_out: Vec<String>,
    collations: Vec<String>,
    functions: Vec<String>,
    modules: Vec<String>,
}

pub(super) fn dump(context: &Context<'_>, arguments: &Dump) -> Result<ExitCode> {
    let made_by = format!("{} {}", context.app.name, context.app.version);
    let run = |target: dump::DumpTarget<'_>| {
        context.watched(|progress| {
            let options = DumpOptions {
                parts: arguments.parts(),
                tables: &arguments.tables,
                made_by: &made_by,
                progress,
            };
            dump::dump(context.database(), target, &options)
        })
    };
    let report = match &arguments.out {
        DumpTarget::File(path) => run(dump::DumpTarget::File(path))?,
        DumpTarget::StandardOutput if context.format == Format::Json => {
            return Err(Error::usage("the dump and the report can't both go to stdout")
                .state("Nothing was written.")
                .next("Give a file with --out, or leave out --json."));
        }
        DumpTarget::StandardOutput => run(dump::DumpTarget::Stream(&mut io::stdout()))?,
    };
    tell(context, report)
}

fn tell(context: &Context<'_>, report: DumpReport) -> Result<ExitCode> {
    let DumpReport {
        path,
        tables,
        rows,
        bytes,
        blake3,
        damage,
        left_out,
        collations,
        functions,
        modules,
    } = report;
    let code = if damage.is_empty() { ExitCode::Done } else { ExitCode::Failed };
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
                blake3,
                damage,
                left_out,
                collations,
                functions,
                modules,
            })?;
        }
        Format::Text => {
            let place = path.map_or("stdout".to_owned(), |path| path.display().to_string());
            let tables = counted(usize::try_from(tables).unwrap_or(usize::MAX), "table", "tables");
            let rows = counted(usize::try_from(rows).unwrap_or(usize::MAX), "row", "rows");
            let terminal = context.terminal;
            for name in &left_out {
                terminal.warn(&format!("the rows of the virtual table {name} are left out: they can't be given without the schema"));
            }
            for (what, names) in [
                ("collation", &collations),
                ("function", &functions),
                ("virtual table module", &modules),
            ] {
                for name in names {
                    terminal.warn(&format!("only its app has the {what} {name}, without which the dump can't be loaded; a copy of the database file needs none"));
                }
            }
            let what = format!("{tables} with {rows} ({bytes} bytes) to {place}");
            if damage.is_empty() {
                terminal.success(&format!("Dumped {what}"));
                return Ok(code);
            }
            for fault in &damage {
                terminal.say_item(Glyph::Failed, fault);
            }
            terminal.say_item(
                Glyph::Failed,
                &format!("The database is damaged. Dumped what could be read: {what}"),
            );
            terminal.say("The dump ends with ROLLBACK, so that it loads nowhere by accident; the database is unchanged.");
            terminal.say(&format!(
                "`{}` shows the safety copies; one of them may be whole.",
                context.command("backups list")
            ));
        }
    }
    Ok(code)
}
