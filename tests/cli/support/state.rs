//! Everything that a database holds, to be compared with what it holds later.

use std::path::Path;

use super::database;

/// The schema and all rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    schema: Vec<String>,
    revisions: Vec<String>,
    /// A number for the rows of each table.
    rows: Vec<(String, u64)>,
}

impl State {
    /// Reads a database that must be sound.
    #[track_caller]
    pub(crate) fn of(path: &Path) -> Self {
        database::assert_sound(path);
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let tables = database::texts(path, tables);
        let revisions = if tables.iter().any(|table| table == "seaql_migrations") {
            database::revisions(path)
        } else {
            Vec::new()
        };
        let rows = tables
            .into_iter()
            // The books hold the time of the run.
            .filter(|table| {
                !["seaql_migrations", "schema_engine_revisions"].contains(&table.as_str())
            })
            .map(|table| {
                let content = database::fingerprint(path, &table);
                (table, content)
            });
        Self { schema: database::schema(path), revisions, rows: rows.collect() }
    }
}
