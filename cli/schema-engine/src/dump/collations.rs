//! Collations that only the app of a database has (<https://www.sqlite.org/c3ref/create_collation.html>).
//!
//! A table without rowids can't even be read without the collation of its key. A dump reads every
//! table from its beginning to its end and compares nothing, so any order stands in for it there.
//! So it does for counting. Nothing may be written or checked with that.

use rusqlite::Connection;

/// Those that every SQLite has. `pragma_collation_list` also has the missing ones, once a definition
/// has named them.
const BUILT_IN: [&str; 3] = ["BINARY", "NOCASE", "RTRIM"];

/// Whether every SQLite has a collation of this name.
pub(super) fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// What tables and indexes are sorted by and SQLite doesn't have, in a fixed order.
pub(super) fn of_the_app(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut found: Vec<String> = connection
        .prepare(
            "SELECT DISTINCT part.coll
             FROM pragma_table_list AS t, pragma_index_list(t.name, 'main') AS i,
                  pragma_index_xinfo(i.name, 'main') AS part
             WHERE t.schema = 'main' AND t.type IN ('table', 'shadow') AND part.coll IS NOT NULL",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    // Without an index it still stands in the definition, which SQLite doesn't take then.
    let mut columns = connection.prepare(
        "SELECT t.name, c.name FROM pragma_table_list AS t, pragma_table_xinfo(t.name, 'main') AS c
         WHERE t.schema = 'main' AND t.type IN ('table', 'shadow')",
    )?;
    let mut rows = columns.query([])?;
    while let Some(row) = rows.next()? {
        let (table, column): (String, String) = (row.get(0)?, row.get(1)?);
        let (_, collation, ..) = connection.column_metadata(Some("main"), &table, &column)?;
        if let Some(collation) = collation {
            found.push(collation.to_string_lossy().into_owned());
        }
    }
    found.retain(|name| !is_built_in(name));
    found.sort_by_key(|name| name.to_ascii_lowercase());
    found.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
    Ok(found)
}

/// Has SQLite take the order of bytes for these collations, which aren't there.
///
/// They are named, since SQLite asks for what it misses (`sqlite3_collation_needed`) in the encoding
/// of the database, and rusqlite answers for UTF-8 alone.
pub(super) fn stand_in(connection: &Connection, names: &[String]) -> rusqlite::Result<()> {
    names.iter().try_for_each(|name| by_bytes(connection, name))
}

/// Has SQLite take the order of bytes for one of them. Texts that are equal by their bytes are equal to
/// any collation.
pub(crate) fn by_bytes(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    connection.create_collation(name, |one: &str, other: &str| one.cmp(other))
}

/// Reads something with the order of bytes for every collation that isn't there. They are missing
/// again afterwards.
pub(crate) fn standing_in<T>(
    connection: &Connection,
    read: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let names = of_the_app(connection)?;
    stand_in(connection, &names)?;
    let outcome = read();
    names.iter().try_for_each(|name| connection.remove_collation(name.as_str()))?;
    outcome
}
