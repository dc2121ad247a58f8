//! Runs a dump, or a schema, into a temporary database.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, params};

use super::guard::Guard;
use super::split::{Splitter, Statement};
use super::statement::{self, Command, Group};
use super::{Dialect, schema_statement};
use crate::database_file::durable;
use crate::dump::seal::{self, Counts, Hasher, Seal};
use crate::dump::{is_reserved, sequence_helper};
use crate::error::{Error, Result};

/// How the temporary database has to be made.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shape {
    /// The size of its pages, where the database to be replaced demands one.
    pub(super) page_size: Option<i64>,
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
            in_file(error)
                .state("Nothing outside of a temporary database was touched.")
                .next("A schema is CREATE, ALTER, DROP and INSERT statements and the like.")
        })?;
    }
    let _ = loader.finish().map_err(in_file)?;
    connection.close().map_err(|(_, error)| cant_load(error))
}

/// Fills an empty file from a dump.
pub(super) fn load(source: &Path, target: &Path, shape: Shape) -> Result<Counts> {
    let unreadable =
        |error: io::Error| Error::failed(format!("can't read {}", source.display())).because(error);
    let mut file = File::open(source).map_err(unreadable)?;
    let seal = find_seal(&mut file).map_err(unreadable)??;
    let hashed = seal.as_ref().map_or(0, |(_, length)| *length);
    let mut input = BufReader::with_capacity(1 << 20, Hashing::new(file, hashed));
    skip_mark(&mut input).map_err(unreadable)?;

    let connection = durable::connect(target).map_err(cant_load)?;
    let mut loader = Loader::new(&connection, shape, Dialect::Dump).map_err(cant_load)?;
    let mut splitter = Splitter::new(input, Dialect::Dump);
    while let Some(statement) = splitter.next()? {
        loader.run(&statement)?;
    }
    let counts = loader.finish()?;
    if let Some((seal, _)) = seal {
        let hash = splitter.into_inner().into_inner().hasher.finish();
        check_seal(&seal, counts, &hash)?;
    }
    connection.close().map_err(|(_, error)| cant_load(error))?;
    Ok(counts)
}

fn cant_load(error: rusqlite::Error) -> Error {
    Error::failed("can't make the temporary database").because(error)
}

/// What some editors put in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn skip_mark(input: &mut impl BufRead) -> io::Result<()> {
    if input.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
        input.consume(BYTE_ORDER_MARK.len());
    }
    Ok(())
}

/// Reads the last line of a dump of ours and where it begins. The first line tells that there
/// must be one.
fn find_seal(file: &mut File) -> io::Result<Result<Option<(Seal, u64)>>> {
    let mut first = Vec::new();
    file.by_ref().take(64).read_to_end(&mut first)?;
    let length = file.seek(SeekFrom::End(0))?;
    let tail_start = length.saturating_sub(1024);
    file.seek(SeekFrom::Start(tail_start))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    file.rewind()?;
    let first = first.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&first);
    if !first.starts_with(seal::MARK_OF_ANY_VERSION.as_bytes()) {
        return Ok(Ok(None));
    }
    if !first.starts_with(seal::MARK.as_bytes()) {
        return Ok(Err(Error::failed("the dump was made by another version of this tool")
            .next("Restore it with that version or a newer one.")));
    }
    let line_start = tail
        .strip_suffix(b"\n")
        .and_then(|body| body.iter().rposition(|byte| *byte == b'\n'))
        .map(|at| at + 1);
    let seal = line_start.and_then(|start| {
        let line = std::str::from_utf8(tail.get(start..tail.len() - 1)?).ok()?;
        Some((Seal::parse(line)?, tail_start + start as u64))
    });
    Ok(match seal {
        Some(seal) => Ok(Some(seal)),
        None => Err(Error::failed("the dump is cut short: its last line is missing")
            .next("Take another copy of the dump.")),
    })
}

fn check_seal(seal: &Seal, counts: Counts, hash: &str) -> Result<()> {
    if seal.sha256 != hash {
        return Err(Error::refused("the dump was changed after it was written")
            .next("Take an untouched copy of it.")
            .next(
                "If the change was meant, delete its first and its last line, then restore it.",
            ));
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

/// Where the dump is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Before,
    Within,
    After,
}

struct Loader<'a> {
    connection: &'a Connection,
    dialect: Dialect,
    guard: Guard,
    shape: Shape,
    phase: Phase,
    counts: Counts,
    virtual_tables: Vec<String>,
    /// The statement before, where it may have made a table that is dropped again.
    previous: Vec<u8>,
}

impl<'a> Loader<'a> {
    fn new(connection: &'a Connection, shape: Shape, dialect: Dialect) -> rusqlite::Result<Self> {
        // The file is nobody else's and is thrown away on any failure. Sorting for the indexes is
        // quickest with the caches as they are.
        connection.execute_batch(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;
             PRAGMA ignore_check_constraints=ON; PRAGMA threads=2; PRAGMA cell_size_check=ON;",
        )?;
        if let Some(page_size) = shape.page_size {
            connection.pragma_update(None, "page_size", page_size)?;
        }
        let guard = Guard::set(connection, dialect)?;
        Ok(Self {
            connection,
            dialect,
            guard,
            shape,
            phase: Phase::Before,
            counts: Counts::default(),
            virtual_tables: Vec::new(),
            previous: Vec::new(),
        })
    }

    fn run(&mut self, statement: &Statement) -> Result<()> {
        let read = match self.dialect {
            Dialect::Dump => statement::read(&statement.text),
            Dialect::Schema => schema_statement::read(&statement.text),
        };
        let refused = |objection: &str| self.dialect.refused(statement, objection);
        let command = read.map_err(|objection| refused(&objection))?;
        match (self.phase, &command, self.dialect) {
            (Phase::Before, Command::Begin, _) => self.phase = Phase::Within,
            (Phase::Before, Command::Nothing | Command::PageSize(_), _)
            | (Phase::Within, _, Dialect::Dump) => {}
            (Phase::Before, _, Dialect::Dump) => {
                return Err(refused("comes before the BEGIN of a dump"));
            }
            (Phase::After, _, _) => return Err(refused("follows the COMMIT")),
            (Phase::Within, Command::Begin, Dialect::Schema) => {
                return Err(refused("begins a transaction within another"));
            }
            (Phase::Before, Command::Commit, Dialect::Schema) => {
                return Err(refused("ends a transaction that wasn't begun"));
            }
            (Phase::Before | Phase::Within, _, Dialect::Schema) => {}
        }
        let result = match command {
            Command::Begin => self.ours("BEGIN"),
            Command::Commit => {
                // A schema may have several transactions, or none.
                self.phase = match self.dialect {
                    Dialect::Dump => Phase::After,
                    Dialect::Schema => Phase::Before,
                };
                self.ours("COMMIT")
            }
            Command::Nothing => Ok(()),
            Command::PageSize(size) => self.page_size(&size),
            Command::Run(Group::Schema, sql) => self.worked_out(&sql),
            Command::Run(group, sql) => {
                self.counts.tables += u64::from(group == Group::Create && makes_table(&sql));
                self.theirs(group, &sql).map(|_| ())
            }
            // Python writes what a virtual table shows besides the tables behind it.
            Command::Insert { table, .. } if self.virtual_tables.contains(&table) => Ok(()),
            Command::Insert { sql, .. } if self.dialect == Dialect::Schema => self.worked_out(&sql),
            Command::Insert { table, sql } => self.theirs(Group::Insert, &sql).map(|changed| {
                if !is_reserved(&table) {
                    self.counts.rows += changed;
                }
            }),
            Command::VirtualTable { name, sql } => self.virtual_table(&name, &sql),
            Command::Sequence => self.sequence(),
            Command::DropHelper(name) => {
                let [create, drop] = sequence_helper(&name);
                if self.previous != create.as_bytes() {
                    return Err(self.dialect.refused(statement, "is a DROP, which no dump needs"));
                }
                self.counts.tables = self.counts.tables.saturating_sub(1);
                self.ours(&drop)
            }
        };
        result.map_err(|error| match self.guard.take_refused() {
            Some(objection) => self.dialect.refused(statement, &objection),
            None => self.dialect.failed(statement, error),
        })?;
        self.previous.clear();
        if statement.text.len() < 200 {
            self.previous.extend_from_slice(&statement.text);
        }
        Ok(())
    }

    /// Runs a statement of the dump; the number of rows it wrote.
    fn theirs(&self, group: Group, sql: &str) -> rusqlite::Result<u64> {
        self.guard.for_dump(group, || {
            let mut statement = self.connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            drop(rows);
            drop(statement);
            Ok(self.connection.changes())
        })
    }

    /// Runs a statement of a schema. It is held to its rules when it is compiled; what a virtual
    /// table does for it runs freely, and nothing runs for ever.
    fn worked_out(&self, sql: &str) -> rusqlite::Result<()> {
        const INSTRUCTIONS: i32 = 1_000_000;
        const ROUNDS: u32 = 300;
        let mut statement = self.guard.for_dump(Group::Schema, || self.connection.prepare(sql))?;
        let mut rounds = 0;
        let is_over = move || {
            rounds += 1;
            rounds > ROUNDS
        };
        self.connection.progress_handler(INSTRUCTIONS, Some(is_over))?;
        let mut run = || {
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            Ok(())
        };
        let outcome = run();
        self.connection.progress_handler(0, None::<fn() -> bool>)?;
        outcome
    }

    fn ours(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.execute_batch(sql)
    }

    fn page_size(&self, size: &str) -> rusqlite::Result<()> {
        match (self.shape.page_size, size.parse::<i64>()) {
            (None, Ok(size)) => self.connection.pragma_update(None, "page_size", size),
            _ => Ok(()),
        }
    }

    /// The tables behind a virtual table can be filled only with SQLite's own guard down, and only
    /// from here on.
    fn virtual_table(&mut self, name: &str, sql: &str) -> rusqlite::Result<()> {
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)?;
        let entered = self.connection.execute(
            "INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES('table', ?1, ?1, 0, ?2)",
            params![name, sql],
        );
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, false)?;
        self.counts.tables += 1;
        self.virtual_tables.push(name.to_owned());
        entered.map(|_| ())
    }

    /// The shell of 3.53 creates `sqlite_sequence` by hand, which only its own guard-free mode may.
    fn sequence(&self) -> rusqlite::Result<()> {
        let is_there: bool = self.connection.query_row(
            "SELECT EXISTS(SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence')",
            [],
            |row| row.get(0),
        )?;
        if is_there {
            return Ok(());
        }
        sequence_helper("\"sequence helper\"").iter().try_for_each(|sql| self.ours(sql))
    }

    fn finish(&mut self) -> Result<Counts> {
        let problem = match self.phase {
            Phase::Before if self.dialect == Dialect::Schema => return Ok(self.counts),
            Phase::Before => "it holds no BEGIN: this is no dump of a database",
            Phase::Within => "it is cut short: its COMMIT is missing",
            Phase::After => {
                self.tidy_sequence().map_err(cant_load)?;
                return Ok(self.counts);
            }
        };
        Err(match self.dialect {
            Dialect::Dump => Error::failed(format!("can't restore the dump: {problem}"))
                .next("Take another copy of the dump."),
            Dialect::Schema => Error::failed(problem),
        })
    }

    /// The shell of 3.50 writes a table's sequence twice, and SQLite then counts from the lower
    /// one: the higher is right.
    fn tidy_sequence(&self) -> rusqlite::Result<()> {
        let is_there: bool = self.connection.query_row(
            "SELECT EXISTS(SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence')",
            [],
            |row| row.get(0),
        )?;
        if is_there {
            self.ours(
                "DELETE FROM sqlite_sequence AS one WHERE EXISTS (
                   SELECT 1 FROM sqlite_sequence AS other
                   WHERE other.name = one.name AND (other.seq > one.seq
                      OR (other.seq = one.seq AND other.rowid < one.rowid)))",
            )?;
        }
        Ok(())
    }
}

fn makes_table(sql: &str) -> bool {
    let mut words = sql.split_ascii_whitespace().skip(1);
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("table"))
}

impl Dialect {
    /// A statement that isn't let through.
    fn refused(self, statement: &Statement, objection: &str) -> Error {
        let what = format!("{} {objection}: {}", self.place(statement), excerpt(&statement.text));
        match self {
            Self::Dump => Error::refused(what).next(
                "Restore only dumps from sources you trust, made by this tool, sqlite3 or Python.",
            ),
            Self::Schema => Error::failed(what),
        }
    }

    /// A statement that SQLite couldn't run.
    fn failed(self, statement: &Statement, error: rusqlite::Error) -> Error {
        let what = match (self, error.sqlite_error_code()) {
            (Self::Schema, Some(ErrorCode::OperationInterrupted)) => "runs too long for a schema",
            (Self::Schema, Some(ErrorCode::DiskFull)) => "needs more room than a schema may take",
            _ => "can't be loaded",
        };
        let (place, text) = (self.place(statement), excerpt(&statement.text));
        Error::failed(format!("{place} {what}: {text}")).because(error)
    }

    fn place(self, statement: &Statement) -> String {
        format!("line {} of the {}", statement.line, self.noun())
    }
}

/// The beginning of a statement, on one line.
fn excerpt(text: &[u8]) -> String {
    const LENGTH: usize = 80;
    let start = text.get(..4 * LENGTH).unwrap_or(text);
    let text = String::from_utf8_lossy(start);
    let line: String =
        text.chars().map(|one| if one.is_control() { ' ' } else { one }).take(LENGTH).collect();
    if line.len() < start.len() { format!("{line}…") } else { line }
}

/// Hashes the first part of what is read through it.
struct Hashing {
    file: File,
    left: u64,
    hasher: Hasher,
}

impl Hashing {
    fn new(file: File, length: u64) -> Self {
        Self { file, left: length, hasher: Hasher::default() }
    }
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        let within = usize::try_from(self.left).unwrap_or(usize::MAX).min(count);
        self.hasher.update(buffer.get(..within).unwrap_or_default());
        self.left -= within as u64;
        Ok(count)
    }
}
