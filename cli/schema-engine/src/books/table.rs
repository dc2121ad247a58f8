//! The table itself.

use super::recordings::Recordings;
use super::step::Step;
use crate::connection::explain;
use crate::error::{Error, Result};
use crate::target::Direction;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};
use std::collections::BTreeMap;

/// The table of the engine's own books.
pub const TABLE: &str = "schema_engine_revisions";

const CREATE: &str = "CREATE TABLE IF NOT EXISTS \"schema_engine_revisions\" ( \
     \"revision\" text NOT NULL PRIMARY KEY, \"place\" integer NOT NULL, \
     \"applied_at\" integer NOT NULL, \"fingerprint\" text, \"down\" text, \"program\" text )";

/// A row counts only for the run that SeaORM's books know: another runner may have taken the
/// revision back and applied it again.
const VALID: &str = "FROM schema_engine_revisions AS own JOIN seaql_migrations AS books \
     ON books.version = own.revision AND books.applied_at = own.applied_at";

/// What is kept about a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its id.
    pub(crate) revision: String,
    /// Its place in the history of the program that applied it.
    pub(crate) place: i64,
    /// The steps of its way down, where they are known.
    pub(crate) down: Option<Vec<Step>>,
}

fn query(sql: &str) -> Statement {
    Statement::from_string(DbBackend::Sqlite, sql)
}

fn unreadable(error: DbErr) -> Error {
    explain(error, "can't read the engine's own books")
}

/// Whether both books are there.
async fn is_there(connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' \
               AND name IN ('schema_engine_revisions', 'seaql_migrations')";
    let row = connection.query_one_raw(query(sql)).await?;
    Ok(row.map(|row| row.try_get_by_index::<i64>(0)).transpose()? == Some(2))
}

/// The fingerprints that are kept, by revision.
pub(crate) async fn fingerprints(
    connection: &impl ConnectionTrait,
) -> Result<BTreeMap<String, String>> {
    by_revision(connection, "fingerprint").await
}

/// The program that applied a revision, by name and version, where that is known.
pub(crate) async fn written_by(
    connection: &impl ConnectionTrait,
) -> Result<BTreeMap<String, String>> {
    by_revision(connection, "program").await
}

/// What a column of the books says of each revision, where it says something.
async fn by_revision(
    connection: &impl ConnectionTrait,
    column: &str,
) -> Result<BTreeMap<String, String>> {
    let read = async {
        if !is_there(connection).await? {
            return Ok(BTreeMap::new());
        }
        let sql =
            format!("SELECT own.revision, own.{column} {VALID} WHERE own.{column} IS NOT NULL");
        let rows = connection.query_all_raw(query(&sql)).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    };
    read.await.map_err(unreadable)
}

/// Every row that counts, in the order in which the revisions stand in the history. A text that is
/// no list of steps counts as none.
pub(crate) async fn steps_down(connection: &impl ConnectionTrait) -> Result<Vec<Kept>> {
    let read = async {
        if !is_there(connection).await? {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT own.revision, own.place, own.down {VALID} ORDER BY own.place, own.revision"
        );
        let rows = connection.query_all_raw(query(&sql)).await?;
        rows.iter()
            .map(|row| {
                let down: Option<String> = row.try_get_by_index(2)?;
                Ok(Kept {
                    revision: row.try_get_by_index(0)?,
                    place: row.try_get_by_index(1)?,
                    down: down.and_then(|text| serde_json::from_str(&text).ok()),
                })
            })
            .collect()
    };
    read.await.map_err(unreadable)
}

/// Brings the table in line with SeaORM's books: a row for each revision at `places` as its module
/// is now, none for those that are not applied. Rows of revisions that this program doesn't know
/// stay.
pub(crate) async fn keep(
    connection: &impl ConnectionTrait,
    recordings: &Recordings<'_>,
    places: &[usize],
    program: Option<&str>,
) -> Result<()> {
    let mut rows = Vec::with_capacity(places.len());
    for at in places {
        let up = recordings.steps(*at, Direction::Up).await;
        let down = recordings.steps(*at, Direction::Down).await;
        // A revision that says nothing on its way down has none.
        let down = down.filter(|down| !down.is_empty() || up.is_some_and(<[_]>::is_empty));
        let down = down.map(|down| serde_json::to_string(&down)).transpose().map_err(|error| {
            Error::failed("can't write down the way back of a revision").because(error)
        })?;
        rows.push(Row {
            revision: recordings.migrations()[*at].name(),
            place: i64::try_from(*at).unwrap_or(i64::MAX),
            fingerprint: recordings.fingerprint(*at).await,
            down,
        });
    }
    write(connection, &rows, program).await.map_err(|error| {
        explain(error, "can't write the engine's own books")
            .state("The database is unchanged: everything was rolled back.")
    })
}

struct Row<'a> {
    revision: &'a str,
    place: i64,
    fingerprint: Option<&'a str>,
    down: Option<String>,
}

async fn write(
    connection: &impl ConnectionTrait,
    rows: &[Row<'_>],
    program: Option<&str>,
) -> Result<(), DbErr> {
    connection.execute_unprepared(CREATE).await?;
    // SQLite takes 32766 parameters. The program stays the one that applied the revision.
    for rows in rows.chunks(1000) {
        let values = vec!["(?, ?, ?, ?)"; rows.len()].join(", ");
        let sql = format!(
            "INSERT INTO schema_engine_revisions \
             (revision, place, applied_at, fingerprint, down, program) \
             SELECT new.column1, new.column2, books.applied_at, new.column3, new.column4, ? \
             FROM (VALUES {values}) AS new \
             JOIN seaql_migrations AS books ON books.version = new.column1 WHERE true \
             ON CONFLICT (revision) DO UPDATE SET place = excluded.place, \
             program = iif(applied_at = excluded.applied_at, program, excluded.program), \
             applied_at = excluded.applied_at, fingerprint = excluded.fingerprint, \
             down = excluded.down"
        );
        let mut values: Vec<Value> = vec![program.map(str::to_owned).into()];
        for row in rows {
            values.push(row.revision.into());
            values.push(row.place.into());
            values.push(row.fingerprint.into());
            values.push(row.down.clone().into());
        }
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        connection.execute_raw(statement).await?;
    }
    let stale = "DELETE FROM schema_engine_revisions \
                 WHERE revision NOT IN (SELECT version FROM seaql_migrations)";
    connection.execute_unprepared(stale).await.map(drop)
}

/// Removes every row, with the table.
pub(crate) async fn forget_all(connection: &impl ConnectionTrait) -> Result<()> {
    let gone = connection.execute_unprepared("DROP TABLE IF EXISTS schema_engine_revisions").await;
    gone.map(drop).map_err(|error| explain(error, "can't clear the engine's own books"))
}
