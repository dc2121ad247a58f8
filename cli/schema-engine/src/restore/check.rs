//! Whether a freshly loaded database is sound.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::virtual_table::indispensable;
use super::{ForeignKeys, RestoreOptions, SourceKind, script};
use crate::database_file::durable;
use crate::database_file::soundness::{self, Depth, Unchecked, told};
use crate::dump::seal::Counts;
use crate::dump::{collations, quoted};
use crate::error::{Error, Result};
use crate::from_the_app::FromTheApp;
use crate::ident::Ident;
use crate::progress::stop_if_asked;

/// How many faults a message shows.
const SHOWN: usize = 3;

/// Checks pages and constraints, and that no row refers to one that isn't there.
///
/// A database file that was taken over is checked in full: each entry of each index against its row.
/// What SQLite has just made from a dump needs less, for it has sorted the indexes out of the rows a
/// moment ago; only what stands behind virtual tables came as it is. The full check takes longer
/// than all the rest. Answers with the tables that can't be checked outside of their app, and why.
/// <https://www.sqlite.org/pragma.html#pragma_quick_check>
pub(super) fn check(
    database: &Path,
    source: SourceKind,
    options: &RestoreOptions<'_>,
) -> Result<Vec<Unchecked>> {
    stop_if_asked(options.progress)?;
    let connection = open(database).map_err(cant_check)?;
    let stop = AtomicBool::new(false);
    script::stoppable(&connection, options.progress, &stop, || {
        faults(&connection, source, options.foreign_keys)
    })
}

fn cant_check(error: rusqlite::Error) -> Error {
    Error::failed("can't check what was loaded").because(error)
}

fn faults(
    connection: &Connection,
    source: SourceKind,
    foreign_keys: ForeignKeys,
) -> Result<Vec<Unchecked>> {
    let (faults, mut unchecked) = integrity(connection, source).map_err(cant_check)?;
    if !faults.is_empty() {
        return Err(Error::failed(format!("what was loaded is damaged: {}", faults.join("; ")))
            .next("Restore another dump or a safety copy."));
    }
    if foreign_keys == ForeignKeys::AsFound {
        return Ok(unchecked);
    }
    let error = match references(connection) {
        Ok(references) if references.broken == 0 => {
            for table in references.unchecked {
                if !unchecked.iter().any(|(noted, _)| *noted == table.0) {
                    unchecked.push(table);
                }
            }
            return Ok(unchecked);
        }
        Ok(References { broken, shown, .. }) => {
            let who = if broken == 1 {
                "1 row refers".to_owned()
            } else {
                format!("{broken} rows refer")
            };
            let shown = shown.join("; ");
            Error::refused(format!("{who} to rows that are not there: {shown}"))
        }
        // A reference to columns that aren't unique, for one.
        Err(error) => Error::refused("the foreign keys can't be checked").because(error),
    };
    Err(error.next(
        "The database was like that when it was saved; `db restore --allow-broken-references` takes it as it was.",
    ))
}

/// How much a database holds.
pub(super) fn count(database: &Path) -> rusqlite::Result<Counts> {
    count_in(&open(database)?)
}

/// How much there is in a database that is open.
pub(super) fn count_in(connection: &Connection) -> rusqlite::Result<Counts> {
    let tables: Vec<(String, i64)> = connection
        .prepare("SELECT name, rootpage FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut counts = Counts { tables: tables.len() as u64, rows: 0 };
    // Counting compares nothing.
    collations::standing_in(connection, || {
        // A virtual table has no page of its own and no rows of its own either.
        for (table, _) in tables.iter().filter(|(_, root)| *root != 0) {
            let rows: i64 = connection.query_row(
                &format!("SELECT count(*) FROM {}", quoted(table)),
                [],
                |row| row.get(0),
            )?;
            counts.rows += rows.unsigned_abs();
        }
        Ok(counts)
    })
}

fn open(database: &Path) -> rusqlite::Result<Connection> {
    let connection = durable::connect(database)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Rows that break a CHECK were in the database that was saved; they are no damage.
    connection.execute_batch(
        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA query_only=ON; PRAGMA ignore_check_constraints=ON",
    )?;
    Ok(connection)
}

fn integrity(
    connection: &Connection,
    source: SourceKind,
) -> rusqlite::Result<(Vec<String>, Vec<Unchecked>)> {
    // An index for searches that doesn't fit its texts was so when it was saved; it can be made anew.
    let soundness = match source {
        SourceKind::Database => soundness::check(connection, Depth::Full, SHOWN)?,
        SourceKind::Dump => {
            let mut soundness = soundness::check(connection, Depth::Quick, SHOWN)?;
            let mut tables = connection.prepare(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('virtual', 'shadow')",
            )?;
            let tables = tables.query_map([], |row| row.get::<_, String>(0).map(Ident::new))?;
            for table in tables.collect::<rusqlite::Result<Vec<_>>>()? {
                soundness.faults.extend(lost_behind(connection, &table)?);
                if soundness.unchecked.iter().any(|(unchecked, _)| *unchecked == table) {
                    continue;
                }
                soundness::check_table(connection, Depth::Full, table, &mut soundness)?;
            }
            // A virtual table that can't be opened lacks what is behind it, unless it is its app that
            // is missing.
            let (of_the_app, lacking): (Vec<_>, Vec<_>) = soundness
                .unchecked
                .drain(..)
                .partition(|(_, why)| FromTheApp::missed(why).is_some());
            soundness.unchecked = of_the_app;
            soundness
                .faults
                .extend(lacking.into_iter().map(|(table, why)| format!("{table}: {why}")));
            soundness
        }
    };
    let mut faults = soundness.faults;
    faults.truncate(SHOWN);
    Ok((faults, soundness.unchecked))
}

/// Which of the tables behind a full-text table are missing. SQLite takes some of them for an index
/// that doesn't fit, and looks at none without the tokenizer.
fn lost_behind(connection: &Connection, table: &Ident) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1 AND rootpage = 0",
    )?;
    let sql = statement.query_map([table.as_str()], |row| row.get::<_, String>(0))?;
    let mut lost = Vec::new();
    for ending in
        sql.collect::<rusqlite::Result<Vec<_>>>()?.iter().flat_map(|sql| indispensable(sql))
    {
        let behind = format!("{table}_{ending}");
        if !connection.table_exists(Some("main"), behind.as_str())? {
            lost.push(format!("{table}: the table {behind} is missing"));
        }
    }
    Ok(lost)
}

/// What the foreign keys of a database hold.
#[derive(Default)]
struct References {
    /// How many rows refer to rows that aren't there.
    broken: u64,
    /// The first of them.
    shown: Vec<String>,
    /// Tables whose references SQLite can't follow without the app.
    unchecked: Vec<Unchecked>,
}

fn references(connection: &Connection) -> rusqlite::Result<References> {
    let mut references = References::default();
    match references.look(connection, "PRAGMA foreign_key_check") {
        Err(error) if FromTheApp::missed_by(&error).is_some() => {}
        outcome => return outcome.map(|()| references),
    }
    references = References::default();
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")?;
    let tables = tables.query_map([], |row| row.get::<_, String>(0).map(Ident::new))?;
    for table in tables.collect::<rusqlite::Result<Vec<_>>>()? {
        match references.look(connection, &format!("PRAGMA foreign_key_check({})", table.quoted()))
        {
            Err(error) if FromTheApp::missed_by(&error).is_some() => {
                references.unchecked.push((table, told(&error)));
            }
            outcome => outcome?,
        }
    }
    Ok(references)
}

impl References {
    fn look(&mut self, connection: &Connection, pragma: &str) -> rusqlite::Result<()> {
        let mut statement = connection.prepare(pragma)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.broken += 1;
            if self.shown.len() < SHOWN {
                let (table, rowid): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
                let parent: String = row.get(2)?;
                let which = rowid.map(|rowid| format!(" row {rowid}")).unwrap_or_default();
                self.shown.push(format!("{table}{which} refers to {parent}"));
            }
        }
        Ok(())
    }
}
