//! Indexes that do what another index, or a key of their table, does already.

use rusqlite::Connection;

use super::finding::Finding;
use super::tables::{Stored, Tables, name, text};
use crate::ident::Ident;
use crate::sql::create_index;
use crate::sql::normal::normal;

/// An index of a table.
struct Index {
    name: Ident,
    unique: bool,
    /// Whether `CREATE INDEX` made it; others belong to a key.
    is_explicit: bool,
    /// What it indexes, in which order, under which condition.
    meaning: Vec<String>,
}

/// Compares the indexes of each table.
pub(super) fn check(connection: &Connection, tables: &Tables) -> rusqlite::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for table in tables.ordinary() {
        let mut indexes = indexes(connection, &table.name, &tables.objects)?;
        // The one to keep comes first: that of a key, then a unique one, then the older one.
        indexes.sort_by_key(|index| (index.is_explicit, !index.unique));
        for (at, index) in indexes.iter().enumerate().filter(|(_, index)| index.is_explicit) {
            let same = indexes[..at]
                .iter()
                .find(|other| other.meaning == index.meaning && (other.unique || !index.unique));
            if let Some(same) = same {
                findings.push(Finding::DuplicateIndex {
                    table: table.name.clone(),
                    index: index.name.clone(),
                    same_as: same.is_explicit.then(|| same.name.clone()),
                });
            }
        }
    }
    Ok(findings)
}

fn indexes(
    connection: &Connection,
    table: &Ident,
    objects: &[Stored],
) -> rusqlite::Result<Vec<Index>> {
    let mut indexes = Vec::new();
    // Its numbers run from the newest to the oldest.
    let mut list = connection
        .prepare("SELECT name, \"unique\", origin FROM pragma_index_list(?1) ORDER BY seq DESC")?;
    let mut rows = list.query([table.as_str()])?;
    while let Some(row) = rows.next()? {
        let (name, unique, origin) = (name(row, 0)?, row.get(1)?, text(row, 2)?);
        let sql = objects
            .iter()
            .find(|object| object.kind == "index" && object.name == name)
            .and_then(|object| object.sql.as_deref());
        if let Some(meaning) = meaning(connection, &name, sql)? {
            indexes.push(Index { name, unique, is_explicit: origin == "c", meaning });
        }
    }
    Ok(indexes)
}

/// What an index does, as texts to compare; `None` where its own text can't be read.
fn meaning(
    connection: &Connection,
    index: &Ident,
    sql: Option<&str>,
) -> rusqlite::Result<Option<Vec<String>>> {
    let syntax = match sql {
        None => None,
        Some(sql) => match create_index::parse(sql) {
            Ok(syntax) => Some((syntax, sql)),
            Err(_) => return Ok(None),
        },
    };
    let mut statement = connection.prepare(
        "SELECT seqno, cid, \"desc\", coll FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno",
    )?;
    let mut rows = statement.query([index.as_str()])?;
    let mut parts = Vec::new();
    while let Some(row) = rows.next()? {
        let column: i64 = row.get(1)?;
        // -2 is an expression, which only the text gives.
        let what = match (&syntax, column) {
            (Some((syntax, sql)), -2) => match syntax.columns.get(parts.len()) {
                Some(column) => normal(&sql[column.expression.clone()]),
                None => return Ok(None),
            },
            _ => format!("#{column}"),
        };
        let descending: bool = row.get(2)?;
        parts.push(format!("{what} {descending} {}", text(row, 3)?.to_ascii_lowercase()));
    }
    let condition = syntax.and_then(|(syntax, sql)| syntax.predicate.map(|at| normal(&sql[at])));
    parts.push(condition.unwrap_or_default());
    Ok(Some(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_the_same_is_named() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b, c);
                 CREATE INDEX a_again ON t (a);
                 CREATE UNIQUE INDEX a_unique ON t (a);
                 CREATE INDEX b_first ON t (b);
                 CREATE INDEX b_second ON t (\"B\" ASC);
                 CREATE INDEX b_down ON t (b DESC);
                 CREATE INDEX b_nocase ON t (b COLLATE NOCASE);
                 CREATE UNIQUE INDEX bc ON t (b, c);
                 CREATE INDEX bc_again ON t (b, c);
                 CREATE INDEX cb ON t (c, b);
                 CREATE INDEX partial ON t (b) WHERE c > 0;
                 CREATE INDEX partial_too ON t (b) WHERE (c>0);
                 CREATE INDEX lowered ON t (lower(b)); CREATE INDEX raised ON t (upper(b));
                 CREATE INDEX lowered_too ON t (LOWER( b ));",
            )
            .unwrap();
        let tables = Tables::read(&connection).unwrap();
        let found = check(&connection, &tables).unwrap();
        let found: Vec<_> = found.iter().map(Finding::message).collect();
        assert_eq!(
            found,
            [
                "the index a_unique of t does what a key of the table does",
                "the index a_again of t does what a key of the table does",
                "the index b_second of t does what b_first does",
                "the index bc_again of t does what bc does",
                "the index partial_too of t does what partial does",
                "the index lowered_too of t does what lowered does",
            ]
        );
    }
}
