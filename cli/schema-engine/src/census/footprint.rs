//! How much of the live data a migration copies or drops, table by table.

use crate::amount::{Noun, counted, grouped, size};
use crate::change::Change;
use crate::connection::explain;
use crate::error::Result;
use crate::hazard::NewNames;
use crate::ident::Ident;
use crate::prove::Proven;
use crate::subject::Subject;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, DbErr, Statement};

/// A table of the live data that is copied or dropped.
///
/// It is of the developer's own data, and so never part of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footprint {
    /// The table, as it is called once the renames are done.
    pub table: Ident,
    /// What becomes of it.
    pub fate: Fate,
    /// Its rows.
    pub rows: i64,
    /// The pages of the table and its indexes. `None` where SQLite was built without `dbstat`.
    pub bytes: Option<u64>,
    /// The highest id that `AUTOINCREMENT` has handed out.
    pub sequence: Option<i64>,
}

/// What becomes of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is built anew, and its rows are copied.
    Rebuilt,
    /// It is dropped with its rows.
    Dropped,
    /// It, or some of its columns, is dropped, and a copy is parked.
    Parked,
}

impl Footprint {
    /// The table in the user's terms. `keeps` is what a rebuild says that it keeps.
    #[must_use]
    pub fn describe(&self, keeps: &[String]) -> String {
        const ROW: Noun = Noun("row", "rows");
        let Self { table, rows, .. } = self;
        let verb = if *rows == 1 { "is" } else { "are" };
        let rows = counted(*rows, ROW);
        let bytes = self.bytes.map(size);
        match self.fate {
            Fate::Dropped => {
                let disk = bytes.map(|size| format!(", which frees about {size} of disk"));
                format!("{table} is dropped: {rows} {verb} lost{}", disk.unwrap_or_default())
            }
            Fate::Parked => {
                let disk = bytes.map(|size| format!(", at most {size} of disk"));
                format!("{table}: what goes of {rows} is parked{}", disk.unwrap_or_default())
            }
            Fate::Rebuilt => {
                let disk = bytes.map(|size| format!(", about {size} of disk needed meanwhile"));
                let keeps: Vec<_> = keeps.iter().map(|kept| self.with_sequence(kept)).collect();
                format!(
                    "{table} is rebuilt: {rows} {verb} copied{}; keeps {}",
                    disk.unwrap_or_default(),
                    keeps.join(", ")
                )
            }
        }
    }

    /// The plan knows that there is a sequence; only the data says where it stands.
    fn with_sequence(&self, kept: &str) -> String {
        match (kept, self.sequence) {
            ("the id sequence", Some(sequence)) => format!("sequence {}", grouped(sequence)),
            _ => kept.to_owned(),
        }
    }
}

pub(super) async fn of(
    rows: &DatabaseConnection,
    proven: &Proven,
    names: &[NewNames],
) -> Result<Vec<Footprint>> {
    let rebuilt = proven.up.rebuilds().map(|rebuild| (&rebuild.table, Fate::Rebuilt));
    let dropped = proven.difference.changes.iter().filter_map(|change| match change {
        Change::DropTable(table) => {
            let is_parked = proven.parking.place_of(&Subject::Table(table.name.clone())).is_some();
            (!is_parked).then_some((&table.name, Fate::Dropped))
        }
        _ => None,
    });
    let parked = proven.parking.parked().iter().map(|parked| (&parked.table, Fate::Parked));
    let unreadable = |error| explain(error, "can't measure the live data");
    let mut found = Vec::new();
    for (table, fate) in rebuilt.chain(dropped).chain(parked) {
        let live = names.iter().find(|names| names.table.desired == *table);
        // A table that isn't there yet has no rows.
        let Some(live) = live.map(|names| &names.table.current) else { continue };
        let count = format!("SELECT count(*) FROM main.{}", live.quoted());
        let table = table.clone();
        let count = number(rows, &count).await.map_err(unreadable)?.unwrap_or_default();
        let bytes = bytes(rows, live).await;
        let sequence = sequence(rows, live).await;
        found.push(Footprint { table, fate, rows: count, bytes, sequence });
    }
    Ok(found)
}

/// The pages of a table and of its indexes (<https://www.sqlite.org/dbstat.html>). A library that
/// somebody else built may lack the table that knows: then nothing is said.
async fn bytes(rows: &DatabaseConnection, table: &Ident) -> Option<u64> {
    // The join goes from the names to the pages, so that no other table is walked.
    let sql = format!(
        "SELECT sum(d.pgsize) FROM main.sqlite_schema AS s CROSS JOIN dbstat AS d \
         WHERE s.tbl_name = {} COLLATE NOCASE AND s.type IN ('table', 'index') \
         AND d.name = s.name AND d.schema = 'main' AND d.aggregate = TRUE",
        table.literal()
    );
    u64::try_from(number(rows, &sql).await.ok()??).ok()
}

/// Where the table's sequence stands. Without any `AUTOINCREMENT` there is no `sqlite_sequence`.
async fn sequence(rows: &DatabaseConnection, table: &Ident) -> Option<i64> {
    let sql = format!(
        "SELECT max(s.seq) FROM main.sqlite_sequence AS s WHERE s.name = {} COLLATE NOCASE",
        table.literal()
    );
    number(rows, &sql).await.ok().flatten()
}

async fn number(rows: &DatabaseConnection, sql: &str) -> Result<Option<i64>, DbErr> {
    let query = Statement::from_string(DbBackend::Sqlite, sql);
    match rows.query_one_raw(query).await? {
        Some(row) => row.try_get_by_index(0),
        None => Ok(None),
    }
}
