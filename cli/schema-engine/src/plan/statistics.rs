//! What `ANALYZE` found out: SQLite forgets it with the table that a rebuild drops, and plans
//! queries worse from then on, so it is put aside and back again.

use crate::ident::Ident;
use crate::schema::Schema;

/// The tables that hold statistics, and their columns
/// (<https://www.sqlite.org/fileformat2.html#stat1tab>).
const TABLES: [(&str, &str); 2] =
    [("sqlite_stat1", "stat"), ("sqlite_stat4", "neq, nlt, ndlt, sample")];

/// What an index is made of: statistics are of no use to another one of its name.
const MADE_OF: &str = "(SELECT coalesce(i.sql, '') || (SELECT group_concat(c.name) \
     FROM pragma_index_info(i.name) AS c) FROM sqlite_schema AS i \
     WHERE i.type = 'index' AND i.name = s.idx AND i.tbl_name = s.tbl)";

/// The statements that put statistics aside, and those that put back what is gone.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    pub(crate) save: Vec<String>,
    pub(crate) restore: Vec<String>,
}

impl Statistics {
    /// For a database of this schema; no statements where it has no statistics.
    pub(crate) fn of(schema: &Schema) -> Self {
        let mut statistics = Self::default();
        for (table, columns) in TABLES {
            let name = Ident::from(table);
            if schema.left_alone.iter().any(|found| found.name == name) {
                statistics.keep(table, columns);
            }
        }
        statistics
    }

    fn keep(&mut self, table: &str, columns: &str) {
        let aside = format!("temp.\"_tgenie_{table}\"");
        self.save.push(format!(
            "CREATE TEMP TABLE \"_tgenie_{table}\" AS \
             SELECT s.tbl, s.idx, {MADE_OF} AS made_of, {columns} FROM main.{table} AS s"
        ));
        self.restore.push(format!(
            "INSERT INTO main.{table} (tbl, idx, {columns}) \
             SELECT s.tbl, s.idx, {columns} FROM {aside} AS s \
             WHERE NOT EXISTS (SELECT 1 FROM main.{table} AS n WHERE n.tbl = s.tbl AND n.idx IS s.idx) \
             AND EXISTS (SELECT 1 FROM sqlite_schema AS t WHERE t.type = 'table' AND t.name = s.tbl) \
             AND (s.idx IS NULL OR s.made_of = {MADE_OF})"
        ));
        self.restore.push(format!("DROP TABLE {aside}"));
    }
}
