//! Everything that a database holds, one line a fact, so that two can be compared.

use std::fmt::Write as _;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// The content of a database: definitions, every value with its type and its bits, rowids,
/// sequences, statistics, versions.
pub(crate) fn fingerprint(database: &Path) -> Vec<String> {
    let connection = Connection::open(database).expect("the database opens");
    connection.execute_batch("PRAGMA query_only=ON").expect("the pragma");
    let mut facts = Vec::new();
    for pragma in ["user_version", "application_id", "encoding", "auto_vacuum"] {
        rows(&connection, &format!("PRAGMA {pragma}"), pragma, &mut facts);
    }
    rows(
        &connection,
        "SELECT type, name, tbl_name, CAST(sql AS BLOB) FROM sqlite_schema
         WHERE name <> 'sqlite_stat4' ORDER BY type, name",
        "schema",
        &mut facts,
    );
    for (table, without_rowid) in tables(&connection) {
        let columns = columns(&connection, &table);
        let mut list: Vec<String> = columns
            .iter()
            .map(|column| format!("\"{}\"", column.replace('"', "\"\"")))
            // The raw bytes show what the conversion from UTF-16 hides.
            .flat_map(|column| {
                [format!("typeof({column})"), format!("CAST({column} AS BLOB)"), column]
            })
            .collect();
        let rowid = ["rowid", "_rowid_", "oid"]
            .into_iter()
            .find(|name| !columns.iter().any(|column| column.eq_ignore_ascii_case(name)));
        list.extend(
            rowid.filter(|_| !without_rowid && table != "sqlite_sequence").map(str::to_owned),
        );
        let order = if table == "sqlite_sequence" { "ORDER BY name" } else { "" };
        let sql = format!(
            "SELECT {} FROM \"{}\" NOT INDEXED {order}",
            list.join(", "),
            table.replace('"', "\"\"")
        );
        rows(&connection, &sql, &table, &mut facts);
    }
    facts
}

fn tables(connection: &Connection) -> Vec<(String, bool)> {
    let mut statement = connection
        .prepare(
            "SELECT s.name, l.wr FROM sqlite_schema AS s JOIN pragma_table_list AS l ON l.name = s.name
             WHERE s.type = 'table' AND s.rootpage <> 0 AND s.name <> 'sqlite_stat4' ORDER BY s.name",
        )
        .expect("the tables");
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("the tables");
    found.collect::<Result<_, _>>().expect("the tables")
}

fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement = connection
        .prepare("SELECT name FROM pragma_table_xinfo(?1) ORDER BY cid")
        .expect("the columns");
    let found = statement.query_map([table], |row| row.get(0)).expect("the columns");
    found.collect::<Result<_, _>>().expect("the columns")
}

fn rows(connection: &Connection, sql: &str, what: &str, facts: &mut Vec<String>) {
    let mut statement = connection.prepare(sql).expect(sql);
    let count = statement.column_count();
    let mut rows = statement.query([]).expect(sql);
    while let Some(row) = rows.next().expect(sql) {
        let mut fact = format!("{what}:");
        for column in 0..count {
            let written = match row.get_ref(column).expect(sql) {
                ValueRef::Null => write!(fact, " NULL"),
                ValueRef::Integer(value) => write!(fact, " i{value}"),
                ValueRef::Real(value) => write!(fact, " r{:016x}", value.to_bits()),
                ValueRef::Text(bytes) => write!(fact, " t{}", bytes.escape_ascii()),
                ValueRef::Blob(bytes) => write!(fact, " b{}", bytes.escape_ascii()),
            };
            written.expect("memory");
        }
        facts.push(fact);
    }
}

/// Compares two databases and shows the first difference.
pub(crate) fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (fingerprint(one), fingerprint(other));
    for (left, right) in one.iter().zip(&other) {
        assert_eq!(left, right);
    }
    assert_eq!(one.len(), other.len());
}
