//! The text of a dump, written while it is read.
//!
//! The `sqlite3` shell knows a dump by its first two statements and then lowers its guard for
//! virtual tables, so these are spelled exactly as its own `.dump` spells them.

use std::collections::BTreeSet;

use rusqlite::{Connection, ErrorCode, Row, types::ValueRef};

use super::fit::{Misfit, Takes};
use super::header;
use super::needs::needs;
use super::output::{CAPACITY, CHUNK, GaveUp, Output};
use super::parts::{DumpParts, Selection};
use super::schema::{Contents, Identity, Key, Rows, Table, quoted, selects};
use super::seal::{Counts, Holds};
use super::value::{Encoding, write_utf16, write_value};
use crate::error::{Error, Result};
use crate::from_the_app::FromTheApp;
use crate::progress::{Progress, Step, Unit, begin};

/// Makes SQLite create `sqlite_sequence` where no table with AUTOINCREMENT is left but rows are.
pub(crate) fn sequence_helper(name: &str) -> [String; 2] {
    [
        format!("CREATE TABLE {name}(id INTEGER PRIMARY KEY AUTOINCREMENT)"),
        format!("DROP TABLE {name}"),
    ]
}

/// The longest statement that SQLite takes. <https://www.sqlite.org/limits.html#max_sql_length>
const LONGEST_STATEMENT: usize = 1_000_000_000;

/// What a dump was asked to be, and what is known of the database.
pub(super) struct Order<'a> {
    pub(super) selection: Selection<'a>,
    /// What program makes it, with its version.
    pub(super) made_by: &'a str,
    /// What is known to be wrong with the database.
    pub(super) damage: &'a [String],
    /// The collations that were missed to read it.
    pub(super) collations: &'a [String],
    pub(super) progress: &'a dyn Progress,
}

/// What a script came to hold.
pub(super) struct Held {
    pub(super) counts: Counts,
    /// What is needed of the app wherever it is loaded.
    pub(super) needs: Vec<FromTheApp>,
    /// What couldn't be read, in words.
    pub(super) losses: Vec<String>,
    /// Columns with values that they don't take, in words.
    pub(super) misfits: Vec<String>,
    /// Virtual tables whose rows are left out.
    pub(super) left_out: Vec<String>,
}

/// Writes what is asked for of all that the open transaction of this connection sees, down to the
/// rows' counts. What ends it is [`Script::end`].
pub(super) fn write<'a>(
    connection: &'a Connection,
    output: &'a Output<'a>,
    order: &Order<'a>,
) -> Result<(Script<'a>, Held)> {
    let mut contents = Contents::read(connection)?;
    let selection = order.selection;
    let left_out = selection.narrow(&mut contents)?;
    let parts = selection.parts;
    let total = if parts.has_rows() { estimate(connection, &contents) } else { 0 };
    let step = begin(order.progress, "Dumping", Some(total), Unit::Rows);
    let mut script = Script {
        connection,
        output,
        step,
        rows: 0,
        told: 0,
        losses: Vec::new(),
        misfits: Vec::new(),
        found: BTreeSet::new(),
        buffer: Vec::with_capacity(CAPACITY),
    };
    let needs = needs(connection, &contents, order.collations, parts)
        .map_err(|error| unreadable("the schema", error))?;
    for line in header::lines(connection, order, &needs) {
        script.line(&line)?;
    }
    script.line("PRAGMA foreign_keys=OFF;")?;
    script.line("BEGIN TRANSACTION;")?;
    if parts.has_schema() {
        script.settings(contents.encoding)?;
    } else {
        script.line("PRAGMA ignore_check_constraints=ON;")?;
    }
    let mut counts = Vec::with_capacity(contents.tables.len());
    for table in &contents.tables {
        counts.push((&table.name, script.table(table, contents.encoding, parts)?));
    }
    let rows = script.rows;
    for definition in &contents.definitions {
        script.definition(&definition.sql)?;
    }
    if contents.has_stat1 {
        script.statistics(contents.encoding)?;
    }
    if contents.has_sequence && selection.is_everything() {
        script.sequence(&contents)?;
    } else if contents.has_sequence && parts.has_rows() {
        script.own_sequences(&contents)?;
    }
    if parts.has_schema() && selection.tables.is_empty() {
        script.versions()?;
    }
    if parts.has_rows() {
        for (table, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let rows = if count == 1 { "row" } else { "rows" };
            script.line(&header::comment(&format!("{count} {rows} in {}", quoted(table))))?;
        }
    }
    for name in &left_out {
        let text = format!("left out: the rows of the virtual table {}", quoted(name));
        script.line(&header::comment(&text))?;
    }
    for loss in &script.losses.clone() {
        script.line(&header::comment(&format!("LOST: {loss}")))?;
    }
    let counts = Counts { tables: contents.tables.len() as u64, rows };
    let losses = std::mem::take(&mut script.losses);
    let misfits = std::mem::take(&mut script.misfits);
    Ok((script, Held { counts, needs, losses, misfits, left_out }))
}

/// How many rows there are, roughly: where rowids tell, by the highest and the lowest.
fn estimate(connection: &Connection, contents: &Contents) -> u64 {
    let rows = |table: &Table| {
        let (rows, name) = (table.rows.as_ref()?, quoted(&table.name));
        // Each of its own: SQLite looks a single maximum or minimum up.
        let sql = match &rows.identity {
            Identity::Rowid(id) => format!(
                "SELECT coalesce((SELECT max({id}) FROM {name}) - (SELECT min({id}) FROM {name}) + 1, 0)"
            ),
            Identity::PrimaryKey | Identity::Hidden => format!("SELECT count(*) FROM {name}"),
        };
        connection.query_row(&sql, [], |row| row.get(0)).ok().map(i64::unsigned_abs)
    };
    contents.tables.iter().filter_map(rows).fold(0, u64::saturating_add)
}

/// A script in the making.
pub(super) struct Script<'a> {
    connection: &'a Connection,
    output: &'a Output<'a>,
    step: Step<'a>,
    /// Rows written, and how many of them the step knows of.
    rows: u64,
    told: u64,
    losses: Vec<String>,
    misfits: Vec<String>,
    /// The columns of the table in hand with values that they don't take.
    found: BTreeSet<(usize, Misfit)>,
    buffer: Vec<u8>,
}

impl Script<'_> {
    /// Ends the script: with a COMMIT, or so that nothing of it stays where it is run.
    pub(super) fn end(mut self, holds: Holds) -> Result<()> {
        self.line(match holds {
            Holds::Everything | Holds::Part => "COMMIT;",
            Holds::Remains => "ROLLBACK; -- due to errors",
        })?;
        self.flush()
    }

    fn line(&mut self, text: &str) -> Result<()> {
        self.buffer.extend_from_slice(text.as_bytes());
        self.end_line()
    }

    fn end_line(&mut self) -> Result<()> {
        self.buffer.push(b'\n');
        if self.buffer.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let chunk = std::mem::take(&mut self.buffer);
        self.buffer =
            self.output.put(chunk).map_err(|GaveUp| Error::failed("can't write the dump"))?;
        self.step.advance(self.rows - std::mem::replace(&mut self.told, self.rows))
    }

    fn pragma(&self, name: &str) -> Result<i64> {
        self.connection
            .query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
            .map_err(|error| unreadable(name, error))
    }

    /// What has to be set before the first table, where it isn't the default.
    fn settings(&mut self, encoding: Encoding) -> Result<()> {
        self.line("PRAGMA ignore_check_constraints=ON;")?;
        if encoding != Encoding::Utf8 {
            self.line(&format!("PRAGMA encoding='{}';", encoding.name()))?;
        }
        let page_size = self.pragma("page_size")?;
        if page_size != 4096 {
            self.line(&format!("PRAGMA page_size={page_size};"))?;
        }
        let auto_vacuum = self.pragma("auto_vacuum")?;
        if auto_vacuum != 0 {
            self.line(&format!("PRAGMA auto_vacuum={auto_vacuum};"))?;
        }
        Ok(())
    }

    fn versions(&mut self) -> Result<()> {
        for name in ["user_version", "application_id"] {
            let value = self.pragma(name)?;
            if value != 0 {
                self.line(&format!("PRAGMA {name}={value};"))?;
            }
        }
        Ok(())
    }

    fn table(&mut self, table: &Table, encoding: Encoding, parts: DumpParts) -> Result<u64> {
        match &table.rows {
            None if parts.has_rows() => self.virtual_table(table).map(|()| 0),
            None => self.definition(&table.sql).map(|()| 0),
            Some(rows) => {
                if parts.has_schema() {
                    self.definition(&table.sql)?;
                }
                if parts.has_rows() { self.rows(&table.name, rows, encoding) } else { Ok(0) }
            }
        }
    }

    /// Enters a virtual table in the schema without having its module make the tables behind it:
    /// they are dumped as they are.
    fn virtual_table(&mut self, table: &Table) -> Result<()> {
        self.line("PRAGMA writable_schema=ON;")?;
        self.buffer.extend_from_slice(
            b"INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)VALUES('table',",
        );
        let name = table.name.replace('\'', "''");
        let sql = String::from_utf8_lossy(&table.sql).replace('\'', "''");
        self.line(&format!("'{name}','{name}',0,'{sql}');"))?;
        self.line("PRAGMA writable_schema=OFF;")
    }

    fn definition(&mut self, sql: &[u8]) -> Result<()> {
        self.buffer.extend_from_slice(sql);
        self.line(match open_comment(sql) {
            None => ";",
            Some(OpenComment::Line) => "\n;",
            Some(OpenComment::Block) => "*/;",
        })
    }

    fn statistics(&mut self, encoding: Encoding) -> Result<()> {
        // The name sqlite_schema is unknown before 3.33.
        self.line("ANALYZE sqlite_master;")?;
        self.line("DELETE FROM sqlite_stat1;")?;
        self.system_rows("sqlite_stat1", &["tbl", "idx", "stat"], encoding)
    }

    fn sequence(&mut self, contents: &Contents) -> Result<()> {
        let mut has_table = false;
        for table in contents.tables.iter().filter(|table| table.rows.is_some()) {
            has_table |= self.is_autoincrement(&table.name)?;
        }
        if !has_table {
            let mut name = "sequence_helper".to_owned();
            while contents.tables.iter().any(|table| table.name.eq_ignore_ascii_case(&name)) {
                name.push('_');
            }
            for statement in sequence_helper(&name) {
                self.line(&format!("{statement};"))?;
            }
        }
        // Filled by the rows above; what it held is what counts.
        self.line("DELETE FROM sqlite_sequence;")?;
        self.system_rows("sqlite_sequence", &["name", "seq"], contents.encoding)
    }

    /// How far the ids of the dumped tables have come.
    fn own_sequences(&mut self, contents: &Contents) -> Result<()> {
        for table in &contents.tables {
            let sequence: Option<i64> = self
                .connection
                .query_row(
                    "SELECT max(seq) FROM sqlite_sequence WHERE name = ?1",
                    [&table.name],
                    |row| row.get(0),
                )
                .map_err(|error| unreadable("sqlite_sequence", error))?;
            if let Some(sequence) = sequence {
                let name = table.name.replace('\'', "''");
                self.line(&format!("DELETE FROM sqlite_sequence WHERE name='{name}';"))?;
                self.line(&format!("INSERT INTO sqlite_sequence VALUES('{name}',{sequence});"))?;
            }
        }
        Ok(())
    }

    fn is_autoincrement(&self, table: &str) -> Result<bool> {
        // Without a column the answer would be about the rowid.
        let column: Option<String> = self
            .connection
            .query_row(
                "SELECT max(name) FROM pragma_table_xinfo(?1, 'main') WHERE pk = 1",
                [table],
                |row| row.get(0),
            )
            .map_err(|error| unreadable(table, error))?;
        let Some(column) = column else { return Ok(false) };
        self.connection
            .column_metadata(Some("main"), table, &column)
            .map(|(_, _, _, _, autoincrement)| autoincrement)
            .map_err(|error| unreadable(table, error))
    }

    fn system_rows(&mut self, table: &str, columns: &[&str], encoding: Encoding) -> Result<()> {
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        let rows = Rows {
            identity: Identity::Hidden,
            selects: selects(table, &columns, encoding),
            takes: columns.iter().cloned().map(Takes::all).collect(),
            insert: format!("INSERT INTO {table}({}) VALUES(", columns.join(",")),
        };
        self.rows(table, &rows, encoding).map(|_| ())
    }

    fn rows(&mut self, table: &str, rows: &Rows, encoding: Encoding) -> Result<u64> {
        let before = self.rows;
        if let Some(broken) = self.scan(table, rows, "", encoding)? {
            self.rest_of(table, rows, self.rows - before, &broken, encoding)?;
        }
        for (column, misfit) in std::mem::take(&mut self.found) {
            self.misfits.push(rows.takes[column].told(table, misfit));
        }
        Ok(self.rows - before)
    }

    /// Reads a table from its end backwards, where reading it forwards broke off.
    fn rest_of(
        &mut self,
        table: &str,
        rows: &Rows,
        read: u64,
        broken: &rusqlite::Error,
        encoding: Encoding,
    ) -> Result<()> {
        let name = quoted(table);
        let failed = |error| unreadable(table, error);
        let key = rows.identity.key(self.connection, table).map_err(failed)?;
        let Some(Key { columns, is_descending }) = key else {
            self.losses.push(format!("rows of {name} after the first {read}: {broken}"));
            return Ok(());
        };
        let (beyond, back) = if is_descending { ("<", "ASC") } else { (">", "DESC") };
        let key = columns.join(",");
        // The rows that were read are found again, each by its key.
        let nth = |rest: &str, read: u64| -> Result<Option<String>> {
            let Some(skipped) = read.checked_sub(1) else { return Ok(None) };
            let sql =
                format!("SELECT {key} FROM {name} NOT INDEXED{rest} LIMIT 1 OFFSET {skipped}");
            self.connection
                .query_row(&sql, [], |row| literals(row, columns.len()))
                .map(Some)
                .map_err(failed)
        };
        let last = nth("", read)?;
        let above = last.as_ref().map(|last| format!(" WHERE ({key}) {beyond} ({last})"));
        let order: Vec<String> = columns.iter().map(|column| format!("{column} {back}")).collect();
        let backwards = format!("{} ORDER BY {}", above.unwrap_or_default(), order.join(","));
        let before = self.rows;
        let broken_again = self.scan(table, rows, &backwards, encoding)?;
        let first = nth(&backwards, self.rows - before)?;
        let noun = if matches!(rows.identity, Identity::Rowid(_)) { "rowid" } else { "key" };
        let place = match (last, first) {
            (Some(last), Some(first)) => format!(" between the {noun}s {last} and {first}"),
            (Some(last), None) => format!(" after the {noun} {last}"),
            (None, Some(first)) => format!(" before the {noun} {first}"),
            (None, None) => String::new(),
        };
        // If it is read to the end from there, nothing tells whether anything stood in between.
        let sure = if broken_again.is_some() { "" } else { "perhaps " };
        self.losses.push(format!("{sure}rows of {name}{place}: {broken}"));
        Ok(())
    }

    /// Writes the rows that the queries of a table find; the error of SQLite if they break off
    /// because the database is damaged.
    fn scan(
        &mut self,
        table: &str,
        rows: &Rows,
        rest: &str,
        encoding: Encoding,
    ) -> Result<Option<rusqlite::Error>> {
        let failed = |error| unreadable(table, error);
        // SQLite checks the cells of a page when it comes into the cache, and takes it for checked there
        // though they failed. So it must not find one that was looked at before.
        self.connection.execute_batch("PRAGMA shrink_memory").map_err(failed)?;
        let mut statements = rows
            .selects
            .iter()
            .map(|select| self.connection.prepare(&format!("{select}{rest}")))
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(failed)?;
        let mut parts = statements
            .iter_mut()
            .map(|statement| Ok((statement.column_count(), statement.query([])?)))
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(failed)?;
        loop {
            let start = self.buffer.len();
            self.buffer.extend_from_slice(rows.insert.as_bytes());
            let mut first = 0;
            for (columns, part) in &mut parts {
                let row = match part.next() {
                    Ok(Some(row)) => row,
                    Ok(None) => {
                        self.buffer.truncate(start);
                        return Ok(None);
                    }
                    Err(error) if is_damage(&error) => {
                        self.buffer.truncate(start);
                        return Ok(Some(error));
                    }
                    Err(error) => return Err(failed(error)),
                };
                if first > 0 {
                    self.buffer.push(b',');
                }
                let taken = self.buffer.len() - start + b");".len();
                let room = LONGEST_STATEMENT.saturating_sub(taken);
                let Some(next) = self
                    .values(row, *columns, &rows.takes, first, encoding, room)
                    .map_err(failed)?
                else {
                    return Err(Error::failed(format!(
                        "a row of the table {} is too large for SQL text",
                        quoted(table)
                    ))
                    .next(
                        "SQLite takes statements of up to 1 GB; copy the database file instead.",
                    ));
                };
                first = next;
            }
            self.buffer.extend_from_slice(b");");
            self.rows += 1;
            self.end_line()?;
        }
    }

    /// Writes values into so much room, and answers with the number of the next; with none if they
    /// take more. What can't fit isn't written first.
    fn values(
        &mut self,
        row: &Row<'_>,
        columns: usize,
        takes: &[Takes],
        first: usize,
        encoding: Encoding,
        room: usize,
    ) -> rusqlite::Result<Option<usize>> {
        let most = self.buffer.len() + room;
        let step = if encoding == Encoding::Utf8 { 1 } else { 2 };
        let mut number = first;
        for column in (0..columns).step_by(step) {
            if column > 0 {
                self.buffer.push(b',');
            }
            let value = row.get_ref(column)?;
            if let Some(misfit) = takes[number].misfit(value) {
                self.found.insert((number, misfit));
            }
            number += 1;
            let least = match value {
                ValueRef::Text(text) => text.len(),
                ValueRef::Blob(blob) => 2 * blob.len(),
                _ => 0,
            };
            if self.buffer.len() + least > most {
                return Ok(None);
            }
            match (value, step) {
                (ValueRef::Text(_), 2) => {
                    // SQLite has made a blob of the bytes as they are stored.
                    let raw = row.get_ref(column + 1)?;
                    write_utf16(&mut self.buffer, raw.as_bytes().unwrap_or_default(), encoding);
                }
                (value, _) => write_value(&mut self.buffer, value),
            }
        }
        Ok((self.buffer.len() <= most).then_some(number))
    }
}

/// The values of a row as SQL takes them.
fn literals(row: &Row<'_>, columns: usize) -> rusqlite::Result<String> {
    let mut text = Vec::new();
    for column in 0..columns {
        if column > 0 {
            text.push(b',');
        }
        write_value(&mut text, row.get_ref(column)?);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Whether SQLite couldn't read what lies in the file.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::SystemIoFailure | ErrorCode::NotADatabase)
    )
}

fn unreadable(what: &str, error: rusqlite::Error) -> Error {
    Error::failed(format!("can't read {what}")).because(error)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OpenComment {
    Line,
    Block,
}

/// The comment in which a definition ends: it would swallow the semicolon.
fn open_comment(sql: &[u8]) -> Option<OpenComment> {
    let mut rest = sql;
    while let [first, tail @ ..] = rest {
        let end: &[u8] = match (first, tail.first()) {
            (b'-', Some(b'-')) => b"\n",
            (b'/', Some(b'*')) => b"*/",
            (b'\'' | b'"' | b'`', _) => std::slice::from_ref(first),
            (b'[', _) => b"]",
            _ => {
                rest = tail;
                continue;
            }
        };
        let skip = if end == b"*/" { 2 } else { 1 };
        let body = rest.get(skip..).unwrap_or_default();
        match body.windows(end.len()).position(|window| window == end) {
            Some(at) => rest = &body[at + end.len()..],
            None if end == b"\n" => return Some(OpenComment::Line),
            None if end == b"*/" => return Some(OpenComment::Block),
            None => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{OpenComment, open_comment};

    #[test]
    fn only_a_comment_at_the_end_is_open() {
        assert_eq!(open_comment(b"CREATE TABLE t(a)"), None);
        assert_eq!(open_comment(b"CREATE TABLE t(a -- x\n)"), None);
        assert_eq!(open_comment(b"CREATE TABLE t(a) -- x"), Some(OpenComment::Line));
        assert_eq!(open_comment(b"CREATE TABLE t(a) /* x"), Some(OpenComment::Block));
        assert_eq!(open_comment(b"CREATE TABLE t(a) /*/ x"), Some(OpenComment::Block));
        assert_eq!(open_comment(b"CREATE TABLE \"t--\"(a DEFAULT '/*')"), None);
    }
}
