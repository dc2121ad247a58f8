//! Fills a temporary database from a dump, or from a schema.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rusqlite::Connection;

use super::Dialect;
use super::feed::Feed;
use super::loader::Loader;
use super::reader::{self, BYTE_ORDER_MARK, Ending, Piece};
use super::split::Splitter;
use super::stand_in::NeedsItsApp;
use crate::database_file::durable;
use crate::dump::seal::{Counts, Holds, Seal, UNREADABLE};
use crate::error::{Error, Result};
use crate::from_the_app::FromTheApp;
use crate::progress::{Progress, Unit, begin, stop_if_asked};

/// How the temporary database has to be made.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shape {
    /// The size of its pages, where the database to be replaced demands one.
    pub(super) page_size: Option<i64>,
    /// What to do about a dump that needs its app.
    pub(super) needs_its_app: NeedsItsApp,
}

/// What came of a dump.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) counts: Counts,
    /// What its app would have brought along, and something stood in for.
    pub(super) from_the_app: Vec<FromTheApp>,
}

/// Fills an empty file from the statements of a schema: the same walls, another grammar.
pub(super) fn load_schema(source: &Path, target: &Path) -> Result<()> {
    let shown = source.display();
    let unreadable = |error: io::Error| Error::failed(format!("can't read {shown}")).because(error);
    let file = File::open(source).map_err(unreadable)?;
    // What is worked out can be larger than what works it out, within reason.
    let metadata = file.metadata().map_err(unreadable)?;
    let pages = if metadata.is_file() { (1 << 15) + metadata.len() / 64 } else { 1 << 20 };
    let mut input = BufReader::with_capacity(1 << 16, file);
    skip_mark(&mut input).map_err(unreadable)?;
    let connection = durable::connect(target).map_err(cant_load)?;
    let mut loader =
        Loader::new(&connection, Shape::default(), Dialect::Schema).map_err(cant_load)?;
    let pages = i64::try_from(pages).unwrap_or(i64::MAX);
    connection.pragma_update(None, "max_page_count", pages).map_err(cant_load)?;
    let in_file = |error: Error| Error::failed(format!("can't load {shown}")).because(error);
    let mut splitter = Splitter::new(input, Dialect::Schema);
    while let Some(statement) = splitter.next().map_err(in_file)? {
        loader.run(&statement).map_err(|error| {
            let steps = error.next_steps().to_vec();
            let error =
                in_file(error).state("Nothing outside of a temporary database was touched.");
            if steps.is_empty() {
                return error
                    .next("A schema is CREATE, ALTER, DROP and INSERT statements and the like.");
            }
            steps.into_iter().fold(error, Error::next)
        })?;
    }
    let _ = loader.finish().map_err(in_file)?;
    connection.close().map_err(|(_, error)| cant_load(error))
}

/// How far the reading of a dump has come, and who wants to know.
pub(super) struct Watch<'a> {
    pub(super) read: Arc<AtomicU64>,
    pub(super) total: Option<u64>,
    pub(super) progress: &'a dyn Progress,
}

/// Fills an empty file from a dump, which is read in another thread.
pub(super) fn load(
    input: impl Read + Send + 'static,
    target: &Path,
    shape: Shape,
    watch: &Watch<'_>,
) -> Result<Filled> {
    let connection = durable::connect(target).map_err(cant_load)?;
    let stop = Arc::new(AtomicBool::new(false));
    let pieces = reader::spawn(input, Arc::clone(&stop))
        .map_err(|error| Error::failed("can't start a thread to read the dump").because(error))?;
    let mut loader = Loader::new(&connection, shape, Dialect::Dump).map_err(cant_load)?;
    let mut feed = Feed::new(pieces);
    let counts = stoppable(&connection, watch.progress, &stop, || {
        let step = begin(watch.progress, "Restoring", watch.total, Unit::Bytes);
        let mut told = 0;
        loop {
            let piece = feed.next()?;
            let read = watch.read.load(Ordering::Relaxed);
            step.advance(read - told)?;
            told = read;
            loader.allow_for(feed.used())?;
            match piece {
                Piece::Statement(statement) => loader.run(&statement)?,
                Piece::Rows(rows) => loader.write(&mut feed, rows)?,
                Piece::End(ending) => return finish(&mut loader, ending),
            }
        }
    })?;
    drop(feed);
    let from_the_app = loader.needed();
    connection.close().map_err(|(_, error)| cant_load(error))?;
    Ok(Filled { counts, from_the_app })
}

fn finish(loader: &mut Loader<'_>, ending: Ending) -> Result<Counts> {
    let counts = loader.finish()?;
    match ending {
        Ending::Plain => {}
        Ending::Unsealed => return Err(unsealed()),
        Ending::Sealed { line, hash } => {
            let seal = Seal::parse(&line).ok_or_else(unreadable_seal)?;
            check_seal(&seal, counts, &hash)?;
        }
    }
    Ok(counts)
}

/// Works with a connection until somebody asks to stop: SQLite then leaves off in the middle of a
/// statement.
pub(crate) fn stoppable<T>(
    connection: &Connection,
    progress: &dyn Progress,
    stop: &AtomicBool,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    const PAUSE: Duration = Duration::from_millis(50);
    let interrupt = connection.get_interrupt_handle();
    let (done, finished) = mpsc::channel::<()>();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(move || {
            while finished.recv_timeout(PAUSE) == Err(mpsc::RecvTimeoutError::Timeout) {
                if progress.cancelled() {
                    stop.store(true, Ordering::Relaxed);
                    interrupt.interrupt();
                }
            }
        });
        let outcome = work();
        drop(done);
        outcome
    });
    // What SQLite says about being interrupted is no news.
    if outcome.is_err() {
        stop_if_asked(progress)?;
    }
    outcome
}

fn unsealed() -> Error {
    Error::failed("the dump is cut short: its last line is missing")
        .next("Take another copy of the dump.")
}

fn unreadable_seal() -> Error {
    Error::failed(format!("the last line of the dump {UNREADABLE}"))
        .next("Take an untouched copy of it, or the version that its second line names.")
        .next(FIRST_AND_LAST_LINE)
}

/// The way round for whoever changed a dump by hand.
const FIRST_AND_LAST_LINE: &str =
    "If the change was meant, delete its first and its last line, then restore it.";

pub(super) fn cant_load(error: rusqlite::Error) -> Error {
    Error::failed("can't make the temporary database").because(error)
}

fn skip_mark(input: &mut impl BufRead) -> io::Result<()> {
    if input.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
        input.consume(BYTE_ORDER_MARK.len());
    }
    Ok(())
}

fn check_seal(seal: &Seal, counts: Counts, hash: &str) -> Result<()> {
    if seal.blake3 != hash {
        return Err(Error::refused("the dump was changed after it was written")
            .next("Take an untouched copy of it.")
            .next(FIRST_AND_LAST_LINE));
    }
    if seal.holds != Holds::Everything {
        return Err(Error::refused("the dump doesn't hold a whole database"));
    }
    if seal.counts != counts {
        let Counts { tables, rows } = counts;
        return Err(Error::failed(format!(
            "the dump should hold {} tables and {} rows, but {tables} and {rows} came out",
            seal.counts.tables, seal.counts.rows
        )));
    }
    Ok(())
}
