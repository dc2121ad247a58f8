//! Runs the statements of a dump or a schema, one after the other, and writes the rows of it.

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, params};

use super::Dialect;
use super::complaint::advice;
use super::feed::{Feed, Written};
use super::guard::Guard;
use super::row_batch::RowBatch;
use super::schema_statement;
use super::script::{Shape, cant_load};
use super::split::Statement;
use super::stand_in::StandIns;
use super::statement::{self, Command, Group, is_former_sample};
use super::token::Tokens;
use super::virtual_table::{VirtualTable, is_known, not_let_in};
use crate::dump::seal::Counts;
use crate::dump::{is_reserved, sequence_helper};
use crate::error::{Error, Result};
use crate::from_the_app::{FromTheApp, Kind};

/// Where the dump is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Before,
    Within,
    After,
}

pub(super) struct Loader<'a> {
    connection: &'a Connection,
    dialect: Dialect,
    guard: Guard,
    shape: Shape,
    phase: Phase,
    counts: Counts,
    /// How many bytes of the dump were read.
    read: u64,
    /// How large the database may become for now.
    allowed: u64,
    virtual_tables: Vec<String>,
    stand_ins: StandIns<'a>,
    /// Whether all that `sqlite_sequence` held is in the dump, as it was.
    is_sequence_told: bool,
    /// The statement before, where it may have made a table that is dropped again.
    previous: Vec<u8>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        shape: Shape,
        dialect: Dialect,
    ) -> rusqlite::Result<Self> {
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
            read: 0,
            allowed: 0,
            virtual_tables: Vec::new(),
            stand_ins: StandIns::new(connection, shape.needs_its_app),
            is_sequence_told: false,
            previous: Vec::new(),
        })
    }

    pub(super) fn run(&mut self, statement: &Statement) -> Result<()> {
        let read = match self.dialect {
            Dialect::Dump => statement::read(&statement.text),
            Dialect::Schema => schema_statement::read(&statement.text),
        };
        let refused = |objection: &str| self.dialect.refused(statement, objection);
        let command = read.map_err(|objection| self.dialect.refused(statement, objection))?;
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
                match group {
                    Group::Create => self.created(&sql),
                    _ => self.theirs(group, &sql).map(|_| ()),
                }
            }
            Command::Insert { table, .. } if self.is_skipped(&table) => Ok(()),
            Command::Insert { sql, .. } if self.dialect == Dialect::Schema => self.worked_out(&sql),
            Command::Insert { table, sql } => self.rows(&sql).map(|rows| {
                if !is_reserved(&table) {
                    self.counts.rows += rows;
                }
            }),
            Command::VirtualTable(VirtualTable { module, .. })
                if !is_known(&module) && !self.stand_ins.takes_module(&module) =>
            {
                let module = FromTheApp { kind: Kind::Module, name: module };
                return Err(refused(&not_let_in(&module.name)).next(advice(&module)));
            }
            Command::VirtualTable(table) => self.virtual_table(&table),
            Command::Sequence => self.sequence(),
            Command::ClearSequence => {
                self.is_sequence_told = true;
                // Where no table with AUTOINCREMENT is left, sqlite3 and Python forget to make it.
                self.sequence().and_then(|()| self.ours("DELETE FROM sqlite_sequence"))
            }
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
            Some(objection) => self.dialect.refused(statement, objection),
            None => self.dialect.failed(statement, error),
        })?;
        self.previous.clear();
        if statement.text.len() < 200 {
            self.previous.extend_from_slice(&statement.text);
        }
        Ok(())
    }

    /// Lets the database grow with what was read: a few lines may stand for terabytes.
    ///
    /// The densest dumps have a few bytes for a row, which many indexes hold once more.
    pub(super) fn allow_for(&mut self, read: u64) -> Result<()> {
        const AT_FIRST: u64 = 128 << 20;
        const TIMES: u64 = 64;
        self.read = read;
        let allowed = AT_FIRST + TIMES * read;
        if allowed < self.allowed + AT_FIRST {
            return Ok(());
        }
        let set = || {
            let page: i64 =
                self.connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages = allowed / page.unsigned_abs().max(512);
            let pages = i64::try_from(pages).unwrap_or(i64::MAX).min(i64::from(u32::MAX - 1));
            self.connection.pragma_update(None, "max_page_count", pages)
        };
        set().map_err(cant_load)?;
        self.allowed = allowed;
        Ok(())
    }

    /// Writes rows of a dump.
    pub(super) fn write(&mut self, feed: &mut Feed, mut rows: RowBatch) -> Result<()> {
        let first = Statement { line: rows.lines.first().copied().unwrap_or(0), text: Vec::new() };
        if self.phase != Phase::Within {
            let objection = match self.phase {
                Phase::Before => "comes before the BEGIN of a dump",
                _ => "follows the COMMIT",
            };
            let text = rows.statement(0);
            return Err(self.dialect.refused(&Statement { text, ..first }, objection));
        }
        self.previous.clear();
        let target = std::sync::Arc::clone(&rows.target);
        if self.is_skipped(&target.table) {
            return Ok(());
        }
        if self.stand_ins.count_rows() {
            if !is_reserved(&target.table) {
                self.counts.rows += rows.lines.len() as u64;
            }
            return Ok(());
        }
        feed.prepare(self.connection, target.width).map_err(cant_load)?;
        let written = loop {
            let write = || feed.write(self.connection, rows);
            let mut written = self.guard.for_dump(Group::Insert, write);
            match (&written.rows, written.last.take()) {
                (Err(error), Some((all, 0))) if self.stand_ins.take_the_place(error) => rows = all,
                (_, last) => break Written { last, ..written },
            }
        };
        match written.rows {
            Ok(rows) => {
                if !is_reserved(&target.table) {
                    self.counts.rows += rows;
                }
                Ok(())
            }
            Err(error) => {
                let statement = written.last.map_or(first, |(rows, row)| Statement {
                    line: rows.lines.get(row).copied().unwrap_or(0),
                    text: rows.statement(row),
                });
                Err(match self.guard.take_refused() {
                    Some(objection) => self.dialect.refused(&statement, objection),
                    None => self.dialect.failed(&statement, error),
                })
            }
        }
    }

    /// Whether the rows of this table are passed over: Python writes what a virtual table shows
    /// besides the tables behind it, older shells samples that nothing here makes use of.
    fn is_skipped(&self, table: &str) -> bool {
        is_former_sample(table) || self.virtual_tables.iter().any(|name| name == table)
    }

    /// Runs a statement of the dump; the number of rows it wrote.
    fn theirs(&mut self, group: Group, sql: &str) -> rusqlite::Result<u64> {
        let run = || {
            let mut statement = self.connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            drop(rows);
            drop(statement);
            Ok(self.connection.changes())
        };
        loop {
            match self.guard.for_dump(group, run) {
                Err(error) if self.stand_ins.take_the_place(&error) => {}
                outcome => return outcome,
            }
        }
    }

    /// Writes the rows of an INSERT, or only counts them.
    fn rows(&mut self, sql: &str) -> rusqlite::Result<u64> {
        if !self.stand_ins.count_rows() {
            return self.theirs(Group::Insert, sql);
        }
        let values = Tokens::new(sql.as_bytes()).find(|token| token.is("VALUES"));
        let values = values.and_then(|token| sql.get(token.start..)).unwrap_or_default();
        let count = format!("SELECT count(*) FROM ({values})");
        let count = || self.connection.query_row(&count, [], |row| row.get(0));
        self.guard.for_dump(Group::Insert, count).map(i64::unsigned_abs)
    }

    /// Runs a `CREATE`. What an index is sorted by may be worked out, and many such values are held
    /// in memory at once; so none may be much longer than all that was read.
    fn created(&mut self, sql: &str) -> rusqlite::Result<()> {
        const AT_FIRST: u64 = 16 << 20;
        const TIMES: u64 = 4;
        let longest = i32::try_from(AT_FIRST + TIMES * self.read).unwrap_or(i32::MAX);
        let usual = self.connection.limit(Limit::SQLITE_LIMIT_LENGTH)?;
        self.connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, longest.min(usual))?;
        let outcome = self.theirs(Group::Create, sql);
        self.connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, usual)?;
        outcome.map(|_| ())
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
    fn virtual_table(&mut self, table: &VirtualTable) -> rusqlite::Result<()> {
        let VirtualTable { name, sql, .. } = table;
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)?;
        let entered = self.connection.execute(
            "INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES('table', ?1, ?1, 0, ?2)",
            params![name, sql],
        );
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, false)?;
        self.counts.tables += 1;
        self.virtual_tables.push(name.clone());
        entered.map(|_| ())
    }

    /// The shell of 3.53 creates `sqlite_sequence` by hand, which only its own guard-free mode may.
    fn sequence(&self) -> rusqlite::Result<()> {
        if self.has_table("sqlite_sequence")? {
            return Ok(());
        }
        sequence_helper("\"sequence helper\"").iter().try_for_each(|sql| self.ours(sql))
    }

    /// What its app would have brought along, and something stood in for.
    pub(super) fn needed(&self) -> Vec<FromTheApp> {
        self.stand_ins.used()
    }

    pub(super) fn finish(&mut self) -> Result<Counts> {
        let problem = match self.phase {
            Phase::Before if self.dialect == Dialect::Schema => return Ok(self.counts),
            Phase::Before => "it holds no BEGIN: this is no dump of a database",
            Phase::Within => "it is cut short: its COMMIT is missing",
            Phase::After => {
                self.tidy_sequence().map_err(cant_load)?;
                self.tidy_samples().map_err(cant_load)?;
                return Ok(self.counts);
            }
        };
        Err(match self.dialect {
            Dialect::Dump => Error::failed(format!("can't restore the dump: {problem}"))
                .next("Take another copy of the dump."),
            Dialect::Schema => Error::failed(problem),
        })
    }

    /// With a dump of the shell of 3.50, which doesn't empty `sqlite_sequence` first, a table is in
    /// it twice, and SQLite then counts from the lower one: the higher is right.
    fn tidy_sequence(&self) -> rusqlite::Result<()> {
        if self.is_sequence_told {
            return Ok(());
        }
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

    /// The `ANALYZE` by which a dump makes room for its statistics has this SQLite add a table
    /// for samples, which the database that was saved may not have had.
    fn tidy_samples(&self) -> rusqlite::Result<()> {
        let is_empty = "SELECT NOT EXISTS(SELECT 1 FROM sqlite_stat4)";
        if self.has_table("sqlite_stat4")?
            && self.connection.query_row(is_empty, [], |row| row.get(0))?
        {
            self.ours("DROP TABLE sqlite_stat4")?;
        }
        Ok(())
    }

    fn has_table(&self, name: &str) -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS(SELECT 1 FROM sqlite_schema WHERE name = ?1)";
        self.connection.query_row(sql, [name], |row| row.get(0))
    }
}

fn makes_table(sql: &str) -> bool {
    let mut words = sql.split_ascii_whitespace().skip(1);
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("table"))
}
