//! The text of a dump, written while it is read.
//!
//! The `sqlite3` shell knows a dump by its first two statements and then lowers its guard for
//! virtual tables, so these are spelled exactly as its own `.dump` spells them.

use std::io::Write;

use rusqlite::{Connection, Row, types::ValueRef};

use super::schema::{Contents, Rows, Table, quoted, selects};
use super::seal::{Counts, HEADER};
use super::value::{Encoding, write_utf16, write_value};
use crate::error::{Error, Result};
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

/// How much is gathered before it is written.
const CHUNK: usize = 256 * 1024;

/// Writes everything that the open transaction of this connection sees, down to the COMMIT.
pub(super) fn write(
    connection: &Connection,
    out: &mut dyn Write,
    progress: &dyn Progress,
) -> Result<Counts> {
    let contents = Contents::read(connection)?;
    let step = begin(progress, "Dumping", Some(estimate(connection, &contents)), Unit::Rows);
    let mut script =
        Script { connection, out, step, rows: 0, told: 0, buffer: Vec::with_capacity(2 * CHUNK) };
    script.line(HEADER.trim_end())?;
    script.line("PRAGMA foreign_keys=OFF;")?;
    script.line("BEGIN TRANSACTION;")?;
    script.settings(contents.encoding)?;
    let mut rows = 0;
    for table in &contents.tables {
        rows += script.table(table, contents.encoding)?;
    }
    for definition in &contents.definitions {
        script.definition(definition)?;
    }
    if contents.has_stat1 {
        script.statistics(contents.encoding)?;
    }
    if contents.has_sequence {
        script.sequence(&contents)?;
    }
    script.versions()?;
    script.line("COMMIT;")?;
    script.flush()?;
    Ok(Counts { tables: contents.tables.len() as u64, rows })
}

/// How many rows there are, roughly: where rowids tell, by the highest and the lowest.
fn estimate(connection: &Connection, contents: &Contents) -> u64 {
    let rows = |table: &Table| {
        let (rows, name) = (table.rows.as_ref()?, quoted(&table.name));
        // Each of its own: SQLite looks a single maximum or minimum up.
        let sql = match &rows.rowid {
            Some(id) => format!(
                "SELECT coalesce((SELECT max({id}) FROM {name}) - (SELECT min({id}) FROM {name}) + 1, 0)"
            ),
            None => format!("SELECT count(*) FROM {name}"),
        };
        connection.query_row(&sql, [], |row| row.get(0)).ok().map(i64::unsigned_abs)
    };
    contents.tables.iter().filter_map(rows).fold(0, u64::saturating_add)
}

struct Script<'a> {
    connection: &'a Connection,
    out: &'a mut dyn Write,
    step: Step<'a>,
    /// Rows written, and how many of them the step knows of.
    rows: u64,
    told: u64,
    buffer: Vec<u8>,
}

impl Script<'_> {
    fn line(&mut self, text: &str) -> Result<()> {
        self.buffer.extend_from_slice(text.as_bytes());
        self.end_line()
    }

    fn end_line(&mut self) -> Result<()> {
        self.buffer.push(b'\n');
        if self.buffer.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        self.out
            .write_all(&self.buffer)
            .map_err(|error| Error::failed("can't write the dump").because(error))?;
        self.buffer.clear();
        self.step.advance(self.rows - std::mem::replace(&mut self.told, self.rows))?;
        if self.buffer.capacity() > 16 * CHUNK {
            self.buffer.shrink_to(2 * CHUNK);
        }
        Ok(())
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

    fn table(&mut self, table: &Table, encoding: Encoding) -> Result<u64> {
        let Some(rows) = &table.rows else {
            self.virtual_table(table)?;
            return Ok(0);
        };
        self.definition(&table.sql)?;
        self.rows(&table.name, rows, encoding)
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
        let is_used: bool = self
            .connection
            .query_row("SELECT EXISTS(SELECT 1 FROM sqlite_sequence)", [], |row| row.get(0))
            .map_err(|error| unreadable("sqlite_sequence", error))?;
        let mut has_table = false;
        for table in contents.tables.iter().filter(|table| table.rows.is_some()) {
            has_table |= self.is_autoincrement(&table.name)?;
        }
        if !has_table && !is_used {
            return Ok(());
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
            rowid: None,
            selects: selects(table, &columns, encoding),
            insert: format!("INSERT INTO {table}({}) VALUES(", columns.join(",")),
        };
        self.rows(table, &rows, encoding).map(|_| ())
    }

    fn rows(&mut self, table: &str, rows: &Rows, encoding: Encoding) -> Result<u64> {
        let failed = |error| unreadable(table, error);
        let mut statements = rows
            .selects
            .iter()
            .map(|select| self.connection.prepare(select))
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(failed)?;
        let mut parts = statements
            .iter_mut()
            .map(|statement| Ok((statement.column_count(), statement.query([])?)))
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(failed)?;
        let mut count = 0;
        loop {
            let start = self.buffer.len();
            self.buffer.extend_from_slice(rows.insert.as_bytes());
            let mut is_first = true;
            for (columns, part) in &mut parts {
                let Some(row) = part.next().map_err(failed)? else {
                    self.buffer.truncate(start);
                    return Ok(count);
                };
                if !std::mem::take(&mut is_first) {
                    self.buffer.push(b',');
                }
                self.values(row, *columns, encoding).map_err(failed)?;
            }
            self.buffer.extend_from_slice(b");");
            if self.buffer.len() - start > LONGEST_STATEMENT {
                return Err(Error::failed(format!(
                    "row {} of the table {} is too large for SQL text",
                    count + 1,
                    quoted(table)
                ))
                .next("SQLite takes statements of up to 1 GB; copy the database file instead."));
            }
            self.end_line()?;
            count += 1;
            self.rows += 1;
        }
    }

    fn values(
        &mut self,
        row: &Row<'_>,
        columns: usize,
        encoding: Encoding,
    ) -> rusqlite::Result<()> {
        let step = if encoding == Encoding::Utf8 { 1 } else { 2 };
        for column in (0..columns).step_by(step) {
            if column > 0 {
                self.buffer.push(b',');
            }
            match (row.get_ref(column)?, step) {
                (ValueRef::Text(_), 2) => {
                    // SQLite has made a blob of the bytes as they are stored.
                    let raw = row.get_ref(column + 1)?;
                    write_utf16(&mut self.buffer, raw.as_bytes().unwrap_or_default(), encoding);
                }
                (value, _) => write_value(&mut self.buffer, value),
            }
        }
        Ok(())
    }
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
