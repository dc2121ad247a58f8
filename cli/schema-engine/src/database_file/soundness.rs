//! SQLite's own checks of a file, told apart from what they can't look at.
//!
//! A collation or a tokenizer that only the app has stops a check of the whole file; then every
//! table is checked by itself, and only those that need it go unchecked.

mod trees;

use std::fs;

use rusqlite::{Connection, ErrorCode, Rows};

use super::is;
use super::read_ahead::ReadAhead;
use crate::from_the_app::FromTheApp;
use crate::ident::Ident;

/// How thorough a check is (<https://www.sqlite.org/pragma.html#pragma_integrity_check>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Pages, for who reads the rows anyway. Virtual tables and tables with generated columns are
    /// checked as a whole.
    Pages,
    /// Pages and rows.
    Quick,
    /// The content of indexes too.
    Full,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Soundness {
    /// The faults, a line each.
    pub(crate) faults: Vec<String>,
    /// Full-text tables whose index doesn't fit their texts. That is no damage of the file: the
    /// index can be made anew from the texts, which may well have been changed behind its back.
    pub(crate) misfits: Vec<Ident>,
    pub(crate) unchecked: Vec<Unchecked>,
}

/// A table that couldn't be checked, and the reason.
pub(crate) type Unchecked = (Ident, String);

/// Checks a database, and names so many faults at most.
pub(crate) fn check(
    connection: &Connection,
    depth: Depth,
    most: usize,
) -> rusqlite::Result<Soundness> {
    let _ahead = ReadAhead::start(connection);
    let mut soundness = Soundness::default();
    // Where this fails, the check itself tells why.
    soundness.faults.extend(cut_short(connection).unwrap_or_default());
    // What is no fault is taken out of the answer afterwards.
    let answers = match depth {
        Depth::Pages => trees::answers(connection, most + 20),
        _ => answers(connection, &format!("PRAGMA {}({})", depth.pragma(), most + 20)),
    };
    let rest = match answers {
        Ok(answers) => {
            soundness.sort(&answers);
            if depth == Depth::Pages { not_read(connection)? } else { Vec::new() }
        }
        Err(error) if is_missing_something(&error) => tables(connection)?,
        Err(error) => {
            fault(&mut soundness, error)?;
            Vec::new()
        }
    };
    for table in rest {
        check_table(connection, depth, table, &mut soundness)?;
    }
    soundness.faults.truncate(most);
    Ok(soundness)
}

/// The fault of a file that ends within a page. SQLite reads zeros for what is missing, which may be
/// the end of a text, and says nothing.
pub(crate) fn cut_short(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let number = |pragma: &str| -> rusqlite::Result<u64> {
        connection.query_row(pragma, [], |row| row.get(0)).map(i64::unsigned_abs)
    };
    let Some(file) = connection.path().and_then(|path| fs::metadata(path).ok()) else {
        return Ok(None);
    };
    let page = number("PRAGMA page_size")?.max(512);
    let whole = file.len() / page;
    // An app may have the file grow in steps that are no pages, beyond the last one.
    let is_cut = file.len() % page != 0 && whole < number("PRAGMA page_count")?;
    Ok(is_cut.then(|| format!("the file is cut short, within page {}", whole + 1)))
}

/// Checks one table and adds what it finds.
pub(crate) fn check_table(
    connection: &Connection,
    depth: Depth,
    table: Ident,
    soundness: &mut Soundness,
) -> rusqlite::Result<()> {
    match answers(connection, &format!("PRAGMA {}({})", depth.pragma(), table.quoted())) {
        Ok(answers) => soundness.sort(&answers),
        Err(error) if is_missing_something(&error) => {
            let why = why(connection, &table, &error);
            soundness.unchecked.push((table, why));
        }
        Err(error) => fault(soundness, error)?,
    }
    Ok(())
}

impl Depth {
    fn pragma(self) -> &'static str {
        match self {
            Self::Pages | Self::Quick => "quick_check",
            Self::Full => "integrity_check",
        }
    }
}

impl Soundness {
    fn sort(&mut self, answers: &[String]) {
        const MISFIT: &str = "malformed inverted index for FTS";
        // A fault in a page tree comes as several lines.
        for line in answers.iter().flat_map(|answer| answer.lines()).filter(|line| is_fault(line)) {
            // `malformed inverted index for FTS4 table main.notes`
            let misfit = line.strip_prefix(MISFIT).and_then(|rest| rest.split_once(" table main."));
            match misfit {
                Some((_, table)) => self.misfits.push(Ident::from(table)),
                // Of the values in a column each has a line of its own, and all say the same.
                None if self.faults.iter().any(|fault| fault == line) => {}
                None => self.faults.push(line.to_owned()),
            }
        }
    }
}

/// A file may be damaged so badly that the check itself fails. A schema that needs the app is no damage,
/// though SQLite says that it is malformed.
fn fault(soundness: &mut Soundness, error: rusqlite::Error) -> rusqlite::Result<()> {
    let said = told(&error);
    // A generated column of a STRICT table may come to a value that it can't hold.
    let is_fault =
        is(&error, ErrorCode::DatabaseCorrupt) || is(&error, ErrorCode::ConstraintViolation);
    if !is_fault || FromTheApp::missed(&said).is_some() {
        return Err(error);
    }
    soundness.faults.push(said);
    Ok(())
}

/// `SQLITE_ERROR`: no fault of the file, something isn't there that its schema names.
pub(crate) fn is_missing_something(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code & 0xff == 1)
}

/// Why a table couldn't be checked. FTS5 tells which tokenizer it misses only to whoever searches.
fn why(connection: &Connection, table: &Ident, error: &rusqlite::Error) -> String {
    let said = told(error);
    if FromTheApp::missed(&said).is_some() {
        return said;
    }
    let table = table.quoted();
    let search = format!("SELECT 1 FROM {table} WHERE {table} MATCH 'a'");
    let searched = connection.query_row(&search, [], |_| Ok(())).err().map(|error| told(&error));
    searched.filter(|searched| FromTheApp::missed(searched).is_some()).unwrap_or(said)
}

fn answers(connection: &Connection, pragma: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(pragma)?;
    let mut answers = Vec::new();
    let ended = gather(&mut statement.query([])?, &mut answers);
    or_what_was_found(ended, &mut answers)?;
    Ok(answers)
}

fn gather(rows: &mut Rows<'_>, answers: &mut Vec<String>) -> rusqlite::Result<()> {
    while let Some(row) = rows.next()? {
        answers.push(row.get(0)?);
    }
    Ok(())
}

/// A check may find what is wrong with the trees, and end at a row that it can't read: then that is
/// one fault more.
fn or_what_was_found(
    ended: rusqlite::Result<()>,
    answers: &mut Vec<String>,
) -> rusqlite::Result<()> {
    match ended {
        Err(error) if is(&error, ErrorCode::DatabaseCorrupt) && !answers.is_empty() => {
            answers.push(told(&error));
            Ok(())
        }
        ended => ended,
    }
}

fn is_fault(line: &str) -> bool {
    // SQLite can't check a full-text index that keeps no texts, and says so as if it were a fault.
    let is_unable = line.starts_with("unable to validate the inverted index for FTS")
        && line.ends_with(": SQL logic error");
    line != "ok" && !line.starts_with("*** in database") && !is_unable
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<Ident>> {
    named(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
}

/// The tables of which more can be wrong than who reads their rows would see.
fn not_read(connection: &Connection) -> rusqlite::Result<Vec<Ident>> {
    // Of a virtual table whose module isn't there, not even the columns can be asked for.
    named(
        connection,
        "SELECT name FROM pragma_table_list AS t WHERE schema = 'main' AND (type = 'virtual'
           OR type IN ('table', 'shadow')
             AND EXISTS (SELECT 1 FROM pragma_table_xinfo(t.name, 'main') WHERE hidden > 1))
         ORDER BY name",
    )
}

fn named(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<Ident>> {
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get::<_, String>(0).map(Ident::new))?;
    names.collect()
}

/// What SQLite says, without its code.
pub(crate) fn told(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_app_has_leaves_the_rest_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE plain (a); CREATE TABLE sorted (a COLLATE nocase UNIQUE);
                 INSERT INTO plain VALUES (1); INSERT INTO sorted VALUES ('x'), ('y');
                 CREATE VIRTUAL TABLE words USING fts5(a, tokenize = 'unicode61');
                 INSERT INTO words VALUES ('x');
                 PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET sql = replace(replace(sql, 'unicode61', 'by_app'), 'nocase', 'by_app');",
            )
            .unwrap();
        drop(connection);
        let connection = Connection::open(&path).unwrap();
        for depth in [Depth::Quick, Depth::Full] {
            let Soundness { faults, unchecked, .. } = check(&connection, depth, 5).unwrap();
            assert_eq!(faults, Vec::<String>::new());
            assert_eq!(unchecked[1].1, "no such tokenizer: by_app");
            let unchecked: Vec<_> = unchecked.iter().map(|(table, _)| table.as_str()).collect();
            assert_eq!(unchecked, ["sorted", "words"]);
        }
    }

    #[test]
    fn a_full_text_index_that_keeps_no_texts_is_no_damage() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE VIRTUAL TABLE f USING fts4(content='', a);
                 INSERT INTO f(docid, a) VALUES (1, 'words');",
            )
            .unwrap();
        // If this fails SQLite has learnt to check it, and nothing needs to be left out.
        let said: String =
            connection.query_row("PRAGMA quick_check", [], |row| row.get(0)).unwrap();
        assert!(said.starts_with("unable to validate"), "{said}");
        assert_eq!(check(&connection, Depth::Quick, 5).unwrap(), Soundness::default());
    }

    #[test]
    fn a_full_text_index_of_other_texts_is_a_misfit_and_no_damage() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE notes (a); CREATE VIRTUAL TABLE \"fo.und\" USING fts4(content='notes', a);
                 INSERT INTO notes VALUES ('never indexed');",
            )
            .unwrap();
        let found = check(&connection, Depth::Quick, 5).unwrap();
        assert_eq!((found.faults, found.misfits), (Vec::new(), vec![Ident::from("fo.und")]));
    }
}
