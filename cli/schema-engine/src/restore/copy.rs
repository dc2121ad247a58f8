//! A database that comes as a file or as the bytes of one.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use rusqlite::ErrorCode;

use super::check;
use super::draft::draft;
use super::script::{self, Filled};
use crate::backup;
use crate::database_file::{DatabaseFile, soundness};
use crate::dump::{DumpOptions, DumpTarget, dump};
use crate::error::{Error, Result};
use crate::from_the_app::FromTheApp;
use crate::progress::{Progress, Unit, begin, stop_if_asked};

/// Writes a database that comes as a stream into a file.
pub(super) fn save(input: &mut impl Read, target: &Path, progress: &dyn Progress) -> Result<()> {
    let failed = |error| Error::failed("can't read the database").because(error);
    let step = begin(progress, "Reading", None, Unit::Bytes);
    let mut out = File::options().write(true).open(target).map_err(failed)?;
    loop {
        let count = io::copy(&mut input.take(1 << 20), &mut out).map_err(failed)?;
        if count == 0 {
            return Ok(());
        }
        step.advance(count)?;
    }
}

/// Takes over a database file page by page; by way of a dump where the pages have another size
/// than they must have, since VACUUM may renumber rows.
pub(super) fn copy(
    file: &DatabaseFile,
    source: &Path,
    name: &str,
    target: &Path,
    shape: script::Shape,
    progress: &dyn Progress,
) -> Result<Filled> {
    stop_if_asked(progress)?;
    let origin = DatabaseFile::resolve(source)?;
    let another = "Take another copy of it, or restore a safety copy.";
    let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt) if FromTheApp::missed_by(&error).is_none() => {
            Error::failed(format!("{name} is damaged")).because(error).next(another)
        }
        Some(ErrorCode::DiskFull) => script::cant_load(error).next("Make room on the disk."),
        _ => origin.sqlite_error_about(&name, "can't read", error),
    };
    let reader = origin.reader().map_err(failed)?;
    let page_size: i64 =
        reader.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(failed)?;
    if let Some(fault) = soundness::cut_short(&reader).map_err(failed)? {
        return Err(Error::failed(format!("{name} is damaged: {fault}")).next(another));
    }
    if shape.page_size.is_none_or(|required| required == page_size) {
        backup::copy_pages(&reader, target).map_err(failed)?;
        let counts = check::count(target).map_err(failed)?;
        return Ok(Filled { counts, from_the_app: Vec::new() });
    }
    // A reader has nothing to lose.
    let _ = reader.close();
    let script = draft(file)?;
    let unwritable =
        |error| Error::failed(format!("can't write {}", script.path.display())).because(error);
    let mut text = File::options().write(true).open(&script.path).map_err(unwritable)?;
    let options = DumpOptions { progress, ..DumpOptions::default() };
    let report = dump(source, DumpTarget::Stream(&mut text), &options)?;
    drop(text);
    let from_the_app = [&report.collations, &report.functions, &report.modules];
    let from_the_app: Vec<&str> = from_the_app.into_iter().flatten().map(String::as_str).collect();
    if !from_the_app.is_empty() {
        return Err(Error::refused(format!(
            "{name} has pages of another size than the database, which can't change them in WAL mode, and what only the app has is needed to lay {name} out anew: {}",
            from_the_app.join(", ")
        ))
        .next("`db reset` takes the database away and keeps a copy of it; then this file is restored as it is."));
    }
    let input = File::open(&script.path).map_err(unwritable)?;
    let watch = script::Watch { read: Arc::default(), total: None, progress };
    script::load(input, target, shape, &watch)
}
