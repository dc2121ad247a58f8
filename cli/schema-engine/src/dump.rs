//! A database as plain SQL, from which the same database can be made again: every value bit for
//! bit, rowids, sequences, virtual tables.
//!
//! The stock `sqlite3` shell loads it, 3.8 and newer. What a dump doesn't carry: the journal mode
//! and the planner's samples (`sqlite_stat4`).

pub(crate) mod collations;
mod fit;
mod header;
mod needs;
mod order;
mod output;
mod parts;
mod precedence;
mod schema;
mod script;
pub(crate) mod seal;
pub(crate) mod value;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

pub use parts::DumpParts;
pub(crate) use schema::{is_reserved, quoted};
pub(crate) use script::sequence_helper;

use crate::database_file::durable::{self, Existing, Flushing, Unpublished};
use crate::database_file::soundness::{self, Depth, Soundness};
use crate::database_file::{DatabaseFile, Found, LOCK_TIMEOUT, SIDECARS, is, real_path, same_file};
use crate::error::{Error, Result};
use crate::from_the_app::Kind;
use crate::progress::{Progress, Silent};
use crate::restore::mistaken;
use output::{Output, Packing};
use parts::Selection;
use script::{Held, Order};
use seal::{Counts, Holds};

/// Where a dump goes.
#[non_exhaustive]
pub enum DumpTarget<'a> {
    /// A file. It appears when the dump is complete and takes the place of an older one; only its
    /// owner can read it. Packed with gzip or zstd if it is called `.gz` or `.zst`.
    File(&'a Path),
    /// A stream, which is left incomplete if the dump fails: the last line is missing then.
    Stream(&'a mut (dyn Write + Send)),
}

/// What to dump, and who hears of it. The default is everything.
#[derive(Clone, Copy)]
pub struct DumpOptions<'a> {
    /// Definitions, rows or both.
    pub parts: DumpParts,
    /// Only these tables, with their indexes and triggers and with what is behind them if they are
    /// virtual. None given, the whole database.
    pub tables: &'a [String],
    /// What program makes the dump, with its version, for its header.
    pub made_by: &'a str,
    /// Hears how far it has come, and may stop it.
    pub progress: &'a dyn Progress,
}

impl Default for DumpOptions<'_> {
    fn default() -> Self {
        Self {
            parts: DumpParts::SchemaAndRows,
            tables: &[],
            made_by: concat!("schema-engine ", env!("CARGO_PKG_VERSION")),
            progress: &Silent,
        }
    }
}

const DRAFT: &str = "dump";

/// A finished dump.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct DumpReport {
    /// The file, if it went to one, by its real path.
    pub path: Option<PathBuf>,
    /// How many tables it holds, those behind virtual tables too.
    pub tables: u64,
    /// How many rows it holds.
    pub rows: u64,
    /// How long the file is.
    pub bytes: u64,
    /// The BLAKE3 hash of its text, which its last line carries: equal databases have equal dumps.
    pub blake3: String,
    /// What is wrong with the database, in words. If anything is, the dump holds what could be
    /// read, says so, and loads nowhere unless it is changed by hand.
    pub damage: Vec<String>,
    /// Virtual tables whose rows are left out, since rows can't be given without the schema.
    pub left_out: Vec<String>,
    /// Collations that only the app of the database has. No SQLite loads the dump without them, but
    /// a copy of the database file needs none.
    pub collations: Vec<String>,
    /// Functions of which the same is true.
    pub functions: Vec<String>,
    /// Modules of virtual tables of which the same is true.
    pub modules: Vec<String>,
}

/// Writes a database as SQL, all of it as it was at one moment, while others may go on writing.
///
/// Of a damaged database it writes what can be read; see [`DumpReport::damage`].
///
/// # Errors
///
/// If there is no database, if its schema can't be read, if it is locked, if a table that was asked
/// for isn't there, if the target is the database itself or
/// one of its files, a folder or another database, or if writing fails. The old content of a
/// target file is untouched then.
pub fn dump(
    database: &Path,
    target: DumpTarget<'_>,
    options: &DumpOptions<'_>,
) -> Result<DumpReport> {
    let file = DatabaseFile::resolve(database)?;
    let nothing_written = "Nothing was written.";
    match file.found()? {
        Found::Nothing => {
            return Err(Error::failed(format!(
                "there is no database at {}",
                file.path().display()
            ))
            .state(nothing_written)
            .next("Look at the path, or create the database first."));
        }
        Found::Other => {
            return Err(mistaken::no_database(file.path())
                .state(nothing_written)
                .next("Look at the path."));
        }
        Found::Empty | Found::Database => {}
    }
    match target {
        DumpTarget::Stream(out) => dump_open(&file, out, None, None, options, &[]),
        DumpTarget::File(path) => {
            let path = check_target(&file, path)?;
            dump_to_file(&file, &path, options).map_err(|error| match error.data_state() {
                Some(_) => error,
                None => error.state("No dump was written, and an older one is as it was."),
            })
        }
    }
}

fn dump_to_file(file: &DatabaseFile, path: &Path, options: &DumpOptions<'_>) -> Result<DumpReport> {
    let failed = |error: io::Error| {
        let what = format!("can't write {}", path.display());
        let advice = match error.kind() {
            io::ErrorKind::NotFound => "The folder of the file has to exist.",
            io::ErrorKind::AlreadyExists => {
                "Not all of the database could be read, and that replaces no older dump: name another file."
            }
            io::ErrorKind::StorageFull => "Make room on the disk or choose another one.",
            _ => "Look at the permissions of the folder.",
        };
        Error::failed(what).because(error).next(advice)
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    durable::sweep(folder, DRAFT);
    let attempt = |damage: &[String]| {
        let draft = durable::draft(folder, DRAFT).map_err(failed)?;
        // A file system that knows no locks has its drafts swept a minute after the last write.
        let _ = draft.as_file().try_lock();
        let packing = Packing::of(path);
        let report = thread::scope(|scope| {
            let mut out = Flushing::start(scope, draft.as_file()).map_err(failed)?;
            let report =
                dump_open(file, &mut out, packing, Some(path.to_owned()), options, damage)?;
            out.finish().map_err(failed)?;
            Ok(report)
        })?;
        Ok((draft, report))
    };
    let (mut draft, mut report) = attempt(&[])?;
    if !report.damage.is_empty() {
        // Once more, so that the first line says it too.
        drop(draft);
        (draft, report) = attempt(&report.damage)?;
    }
    // What could be read of a damaged database, or with a disk that fails, is worse than an older dump.
    let existing = if report.damage.is_empty() { Existing::Replace } else { Existing::Keep };
    durable::publish(draft.into_temp_path(), path, existing).map_err(|error| {
        let is_there = matches!(error, Unpublished::NotFlushed(_));
        let error = failed(error.into());
        if is_there {
            error
                .state("The dump is there and complete, but the disk reported an error in the end.")
        } else {
            error
        }
    })?;
    Ok(report)
}

fn dump_open(
    file: &DatabaseFile,
    out: &mut (dyn Write + Send),
    packing: Option<Packing>,
    path: Option<PathBuf>,
    options: &DumpOptions<'_>,
    known: &[String],
) -> Result<DumpReport> {
    let failed = |error| file.sqlite_error("can't read", error);
    let selection = Selection { parts: options.parts, tables: options.tables };
    let snapshot = open(file)?;
    let checker = (known.is_empty() && options.parts.has_rows()).then(|| open(file)).transpose()?;
    hold_on(&snapshot, checker.as_ref()).map_err(failed)?;
    let collations = collations::of_the_app(&snapshot).map_err(failed)?;
    collations::stand_in(&snapshot, &collations).map_err(failed)?;
    let order = Order {
        selection,
        made_by: options.made_by,
        damage: known,
        collations: &collations,
        progress: options.progress,
    };
    let interrupt = checker.as_ref().map(Connection::get_interrupt_handle);
    let (head_start, rows) = precedence::head_start();
    thread::scope(|scope| {
        let check = checker.map(|checker| {
            thread::Builder::new()
                .name("dump check".to_owned())
                .spawn_scoped(scope, move || {
                    if head_start.given() { check_pages(&checker) } else { Ok(Vec::new()) }
                })
                .map_err(|error| Error::failed("can't check the database").because(error))
        });
        let check = check.transpose()?;
        let output = Output::start(scope, out, packing)?;
        let result = script::write(&snapshot, &output, &order).and_then(|(script, held)| {
            rows.are_read();
            let broke_off = |_| Error::failed("the thread that checks the database broke off");
            let faults = check.map(|check| check.join().map_err(broke_off)?.map_err(failed));
            let faults = faults.transpose()?.unwrap_or_default();
            let misfits = held.misfits.iter().take(MOST_FAULTS);
            let mut damage = known.to_vec();
            // In a small database the check came as far as the rows.
            for more in faults.iter().chain(misfits).chain(&held.losses) {
                if !damage.contains(more) {
                    damage.push(more.clone());
                }
            }
            let holds = if damage.is_empty() { selection.holds() } else { Holds::Remains };
            script.end(holds)?;
            Ok((holds, held, damage))
        });
        match result {
            Ok((holds, Held { counts, needs, left_out, .. }, damage)) => {
                let written = output.finish(holds, counts)?;
                let Counts { tables, rows } = counts;
                let (bytes, blake3) = (written.bytes, written.blake3);
                let names = |kind: Kind| {
                    let needs = needs.iter().filter(|needed| needed.kind == kind);
                    needs.map(|needed| needed.name.clone()).collect()
                };
                Ok(DumpReport {
                    path,
                    tables,
                    rows,
                    bytes,
                    blake3,
                    damage,
                    left_out,
                    collations: names(Kind::Collation),
                    functions: names(Kind::Function),
                    modules: names(Kind::Module),
                })
            }
            Err(error) => {
                if let Some(interrupt) = interrupt {
                    interrupt.interrupt();
                }
                // If writing failed that is the reason, and the other error only follows from it.
                output.abandon().and(Err(error))
            }
        }
    })
}

/// Has each of the connections see one state of the database from here on, to its end.
///
/// With a rollback journal a writer that waits for the first to end lets the second no longer in, and
/// all three would wait for one another: then the first gives way, and both try again.
/// <https://www.sqlite.org/lockingv3.html#writer_starvation>
fn hold_on(snapshot: &Connection, checker: Option<&Connection>) -> rusqlite::Result<()> {
    const PAUSE: Duration = Duration::from_millis(20);
    let begin = |connection: &Connection| {
        connection.execute_batch("BEGIN")?;
        let read = connection.query_row("PRAGMA schema_version", [], |_| Ok(()));
        if read.is_err() {
            connection.execute_batch("ROLLBACK")?;
        }
        read
    };
    let Some(checker) = checker else { return begin(snapshot) };
    checker.busy_timeout(Duration::ZERO)?;
    let started = Instant::now();
    loop {
        begin(snapshot)?;
        match begin(checker) {
            Err(error)
                if is(&error, ErrorCode::DatabaseBusy) && started.elapsed() < LOCK_TIMEOUT =>
            {
                snapshot.execute_batch("ROLLBACK")?;
                thread::sleep(PAUSE);
            }
            outcome => return outcome,
        }
    }
}

fn open(file: &DatabaseFile) -> Result<Connection> {
    let failed = |error| file.sqlite_error("can't open", error);
    let connection = file.reader().map_err(failed)?;
    // A misspelt column must be an error, not a text; nothing of this dump may depend on a CHECK.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false).map_err(failed)?;
    connection.pragma_update(None, "ignore_check_constraints", true).map_err(failed)?;
    // What a damaged page says of its cells is not believed: a row would come of it that never was.
    // <https://www.sqlite.org/pragma.html#pragma_cell_size_check>
    connection.pragma_update(None, "cell_size_check", true).map_err(failed)?;
    // Of pages that are read once there is nothing to keep, and few of them stay in the innermost
    // caches of the processor. Negative: in KiB.
    connection.pragma_update(None, "cache_size", -500).map_err(failed)?;
    Ok(connection)
}

/// How many faults of the pages are told at most, and how many of the values.
const MOST_FAULTS: usize = 20;

/// What is wrong with the pages, in words. It runs beside the dump, which would show nothing of
/// much of it. Tables in the order of a collation that isn't there go unchecked, and are dumped.
fn check_pages(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    soundness::check(connection, Depth::Pages, MOST_FAULTS).map(|Soundness { faults, .. }| faults)
}

/// The real path of a target that may be written to.
fn check_target(file: &DatabaseFile, target: &Path) -> Result<PathBuf> {
    let untouched = "Nothing was written; the database is unchanged.";
    let shown = target.display();
    let path = real_path(target).map_err(|error| {
        Error::failed(format!("can't find out where {shown} leads")).because(error)
    })?;
    let is_named_as_folder = target.as_os_str().as_encoded_bytes().ends_with(b"/");
    if path.file_name().is_none() || is_named_as_folder {
        return Err(Error::refused(format!("{shown} is no file name")).state(untouched));
    }
    if file.is_same_file(&path) {
        return Err(Error::refused(format!("{shown} is the database itself"))
            .state(untouched)
            .next("Choose another file for the dump."));
    }
    if file.sidecars().iter().any(|sidecar| *sidecar == path || same_file(sidecar, &path)) {
        return Err(Error::refused(format!("{shown} belongs to the database"))
            .state(untouched)
            .next("Choose another file for the dump."));
    }
    // A pipe leads to no path at all.
    match fs::metadata(target).or_else(|_| fs::metadata(&path)) {
        Ok(metadata) if metadata.is_dir() => {
            return Err(Error::refused(format!("{shown} is a folder"))
                .state(untouched)
                .next("Name a file in it."));
        }
        Ok(metadata) if !metadata.is_file() => {
            return Err(Error::refused(format!("{shown} is not a regular file"))
                .state(untouched)
                .next("`--out -` writes to stdout."));
        }
        _ => {}
    }
    if DatabaseFile::resolve(&path)?.found()? == Found::Database {
        return Err(Error::refused(format!("{shown} is a database"))
            .state(untouched)
            .next("Choose another file, or remove that one first."));
    }
    if let Some(owner) = owner_of_sidecar(&path) {
        return Err(Error::refused(format!("{shown} belongs to the database {}", owner.display()))
            .state(untouched)
            .next("Choose another file for the dump."));
    }
    Ok(path)
}

/// The database beside which SQLite keeps, or would keep, a file of this name.
fn owner_of_sidecar(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stems = SIDECARS.into_iter().filter_map(|end| name.strip_suffix(end));
    stems.filter(|stem| !stem.is_empty()).map(|stem| path.with_file_name(stem)).find(|owner| {
        let found = DatabaseFile::resolve(owner).and_then(|file| file.found());
        found.is_ok_and(|found| found == Found::Database)
    })
}
