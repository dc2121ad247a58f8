//! Statements that come with a file, run on a database that is there: behind the same guard as a
//! schema that somebody typed.

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::Dialect;
use super::guard::Guard;
use super::statement::Group;

/// A connection whose statements reach nothing outside of its database.
pub(crate) struct Confined(Guard);

impl Confined {
    pub(crate) fn new(connection: &Connection) -> rusqlite::Result<Self> {
        Guard::set(connection, Dialect::Schema).map(Self)
    }

    /// Runs one statement; the error is the end of a sentence.
    pub(crate) fn run(&self, connection: &Connection, sql: &str) -> Result<(), String> {
        let done = self.0.for_dump(Group::Schema, || connection.execute_batch(sql));
        match (self.0.take_refused(), done) {
            (Some(objection), _) => Err(format!("{objection}: {sql}")),
            (None, Err(error)) => Err(format!("fails: {error}: {sql}")),
            (None, Ok(())) => Ok(()),
        }
    }
}

/// Gives a table another stored text, if its columns and keys lie on disk as before.
pub(crate) fn edit(connection: &Connection, table: &str, stored: &str) -> rusqlite::Result<()> {
    let before = layout(connection, table)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
    let edited = connection.execute_batch("PRAGMA writable_schema = ON").and_then(|()| {
        connection.execute(
            "UPDATE sqlite_schema SET sql = ?1 WHERE type = 'table' AND name = ?2 COLLATE NOCASE",
            [stored, table],
        )
    });
    // This connection reads the text anew here; others do once the schema has another version,
    // which the view raises.
    connection.execute_batch("PRAGMA writable_schema = RESET")?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    edited?;
    connection.execute_batch(
        "CREATE VIEW schema_engine_step AS SELECT 1; DROP VIEW schema_engine_step",
    )?;
    if layout(connection, table)? == before {
        return Ok(());
    }
    Err(rusqlite::Error::InvalidParameterName(format!(
        "the columns of {table} would stand in another order than on disk"
    )))
}

/// How a table and the indexes of its keys lie on disk.
fn layout(connection: &Connection, table: &str) -> rusqlite::Result<String> {
    connection.query_row(
        "SELECT coalesce(group_concat(part, ';'), '') FROM (
             SELECT cid || ' ' || lower(name) || ' ' || hidden || ' ' || pk AS part
             FROM pragma_table_xinfo(?1)
             UNION ALL
             SELECT i.name || ' ' || c.seqno || ' ' || c.cid || ' ' || c.desc || ' ' || lower(c.coll)
             FROM pragma_index_list(?1) AS i, pragma_index_xinfo(i.name) AS c ORDER BY 1)",
        [table],
        |row| row.get(0),
    )
}
