//! The state before the last run, and what is there now that it doesn't hold.

use std::fs;
use std::path::{Path, PathBuf};

use super::{KeptCopy, kept_copies, same_bytes};
use crate::database_file::{DatabaseFile, Found};
use crate::dump::quoted;
use crate::error::{Error, Result};

/// What a safety copy is named by that `undo` goes back to. Its own is among them: an undo can be
/// undone.
const REASONS: [&str; 6] = [
    "before-upgrade",
    "before-downgrade",
    "before-undo",
    "before-stamp",
    "before-baseline",
    "before-repair",
];

/// A table whose rows are not all in the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The table.
    pub table: String,
    /// How many rows are there now that the copy doesn't hold as they are, by the columns that both
    /// have; all of them where the copy has no such table.
    pub rows: u64,
}

/// The newest safety copy that a run left and that isn't what is there now: a run that was killed
/// leaves its copy, and changed nothing.
///
/// # Errors
/// When there is none, or what is there can't be compared with it.
pub fn before_last_run(database: &Path) -> Result<KeptCopy> {
    let file = DatabaseFile::resolve(database)?;
    if file.found()? == Found::Nothing {
        return Err(Error::failed(format!("there is no database at {}", file.path().display()))
            .next("`db backups list` shows its safety copies, `db backups restore COPY` puts one back.")
            .next("`db upgrade` makes a new one."));
    }
    for copy in kept_copies(database)?.into_iter().rev() {
        if REASONS.contains(&copy.reason.as_str()) && !is_what_is_there(database, &copy)? {
            return Ok(copy);
        }
    }
    Err(Error::failed(format!("there is nothing to undo for {}", database.display()))
        .because("no upgrade or downgrade left a safety copy")
        .state("The database is unchanged.")
        .next("`db restore --in FILE` takes a dump or a database file from elsewhere."))
}

/// Whether a copy has the same schema and the same rows as the database.
fn is_what_is_there(database: &Path, copy: &KeptCopy) -> Result<bool> {
    if copy.revision.is_some() && copy.revision != revision(database)? {
        return Ok(false);
    }
    let schema = |path: &Path| {
        let file = DatabaseFile::resolve(path)?;
        let read = || -> rusqlite::Result<Vec<(String, Option<String>)>> {
            let connection = file.reader()?;
            let sql = "SELECT type || ' ' || name, sql FROM sqlite_schema ORDER BY 1";
            let mut statement = connection.prepare(sql)?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        read().map_err(|error| file.sqlite_error("can't compare", error))
    };
    if schema(database)? != schema(&copy.path)? {
        return Ok(false);
    }
    // Most often the pages tell, or how many rows there are; else every row has to be looked for.
    if has_the_pages_of(database, &copy.path)? {
        return Ok(true);
    }
    Ok(row_counts(database)? == row_counts(&copy.path)?
        && not_in_copy(database, &copy.path)?.is_empty()
        && not_in_copy(&copy.path, database)?.is_empty())
}

/// Whether a database lies page for page as its copy, which has no WAL and counts its own changes.
/// That says nothing where part of it lies in a WAL or a journal.
fn has_the_pages_of(database: &Path, copy: &Path) -> Result<bool> {
    let file = DatabaseFile::resolve(database)?;
    let lies_elsewhere = |sidecar: &PathBuf| fs::metadata(sidecar).is_ok_and(|it| it.len() > 0);
    if file.sidecars().iter().any(lies_elsewhere) {
        return Ok(false);
    }
    let without_counters = |header: &mut [u8]| {
        // <https://www.sqlite.org/fileformat2.html#the_database_header>
        for counters in [18..20, 24..28, 92..100] {
            if let Some(counters) = header.get_mut(counters) {
                counters.fill(0);
            }
        }
    };
    same_bytes(file.path(), copy, without_counters)
        .map_err(|error| file.io_error("can't compare", error))
}

/// The tables whose rows count, in the order of their names: not SQLite's, and not the books.
const COMPARED: &str = "m.type = 'table' AND m.rootpage > 0
    AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.name NOT LIKE 'schema\\_engine\\_%' ESCAPE '\\'
    AND m.name NOT IN ('seaql_migrations', 'alembic_version') ORDER BY m.name";

/// How many rows each table has.
fn row_counts(database: &Path) -> Result<Vec<(String, i64)>> {
    let file = DatabaseFile::resolve(database)?;
    let read = || -> rusqlite::Result<_> {
        let connection = file.reader()?;
        let tables = format!("SELECT m.name FROM main.sqlite_schema AS m WHERE {COMPARED}");
        let mut statement = connection.prepare(&tables)?;
        let tables: Vec<String> =
            statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let count = |table: String| {
            let sql = format!("SELECT count(*) FROM main.{}", quoted(&table));
            connection.query_row(&sql, [], |row| row.get(0)).map(|rows| (table, rows))
        };
        tables.into_iter().map(count).collect()
    };
    read().map_err(|error| file.sqlite_error("can't compare", error))
}

/// The newest revision in the books. Not read as a copy is: a run that was killed may have left
/// what the next connection has to roll back.
fn revision(database: &Path) -> Result<Option<String>> {
    let file = DatabaseFile::resolve(database)?;
    let books = "SELECT count(*) FROM sqlite_schema WHERE name = 'seaql_migrations'";
    let newest = "SELECT max(version) FROM seaql_migrations";
    let read = || -> rusqlite::Result<Option<String>> {
        let connection = file.reader()?;
        match connection.query_row(books, [], |row| row.get(0))? {
            0 => Ok(None),
            _ => connection.query_row(newest, [], |row| row.get(0)),
        }
    };
    read().map_err(|error| file.sqlite_error("can't compare", error))
}

/// What is in the database now and not in the copy, table by table.
///
/// # Errors
/// When one of them can't be read.
pub fn not_in_copy(database: &Path, copy: &Path) -> Result<Vec<Lost>> {
    let file = DatabaseFile::resolve(database)?;
    let unreadable = |error| file.sqlite_error("can't compare", error);
    let connection = file.reader().map_err(unreadable)?;
    let copy = DatabaseFile::resolve(copy)?;
    let attached = copy.path().to_str().ok_or_else(|| {
        Error::failed(format!("the path {} is not UTF-8", copy.path().display()))
            .state("The database is unchanged.")
            .next("`db backups restore COPY` puts it back without comparing.")
    })?;
    connection.execute("ATTACH ?1 AS before_run", [attached]).map_err(unreadable)?;
    compared(&connection).map_err(unreadable)
}

fn compared(connection: &rusqlite::Connection) -> rusqlite::Result<Vec<Lost>> {
    let tables = format!(
        "SELECT m.name, (SELECT group_concat('\"' || replace(c.name, '\"', '\"\"') || '\"')
            FROM pragma_table_info(m.name, 'main') AS c
            JOIN pragma_table_info(m.name, 'before_run') AS b ON b.name = c.name COLLATE NOCASE)
        FROM main.sqlite_schema AS m WHERE {COMPARED}"
    );
    let mut statement = connection.prepare(&tables)?;
    let tables: Vec<(String, Option<String>)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut lost = Vec::new();
    for (table, columns) in tables {
        let name = quoted(&table);
        let sql = match columns {
            Some(columns) => format!(
                "SELECT count(*) FROM (SELECT {columns} FROM main.{name} \
                 EXCEPT SELECT {columns} FROM before_run.{name})"
            ),
            None => format!("SELECT count(*) FROM main.{name}"),
        };
        let rows: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        if rows > 0 {
            lost.push(Lost { table, rows: rows.unsigned_abs() });
        }
    }
    Ok(lost)
}

#[cfg(test)]
mod tests {
    use super::{has_the_pages_of, is_what_is_there};
    use crate::backup::{kept_copies, safety_copy};
    use rusqlite::Connection;

    #[test]
    fn a_copy_is_known_by_its_pages_until_a_row_is_another() {
        for journal in ["delete", "wal"] {
            let folder = tempfile::tempdir().unwrap();
            let database = folder.path().join("a.db");
            let run = |sql: &str| Connection::open(&database).unwrap().execute_batch(sql).unwrap();
            run(&format!("PRAGMA journal_mode = {journal}; CREATE TABLE t (a);"));
            run("INSERT INTO t VALUES (1), (2)");
            let copy =
                safety_copy(&database, "before-upgrade", "20261125-100000").unwrap().unwrap();
            let same = || {
                let kept = kept_copies(&database).unwrap().pop().unwrap();
                let pages = has_the_pages_of(&database, &copy.path).unwrap();
                (pages, is_what_is_there(&database, &kept).unwrap())
            };
            assert_eq!(same(), (true, true), "{journal}");
            // The same rows on other pages, another row, one more.
            run("CREATE TABLE u (a); INSERT INTO u VALUES (zeroblob(9000)); DROP TABLE u");
            assert_eq!(same(), (false, true), "{journal}");
            run("UPDATE t SET a = 3 WHERE a = 2");
            assert_eq!(same(), (false, false), "{journal}");
            run("INSERT INTO t VALUES (2); UPDATE t SET a = 2 WHERE a = 3");
            assert_eq!(same(), (false, false), "{journal}");
        }
    }
}
