//! What there is to dump: the objects of a database and how each table is read.

use std::collections::HashMap;

use rusqlite::{Connection, types::ValueRef};

use super::collations::is_built_in;
use super::fit::Takes;
use super::order::parents_first;
use super::value::Encoding;
use crate::error::{Error, Result};
use crate::schema::DeclaredType;
use crate::sql::first::first_statement;
use crate::sql::lexer::significant_tokens;

/// What a table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    Ordinary,
    Virtual,
    /// One of those in which the virtual table of this name keeps its rows.
    Behind(String),
}

/// A table to dump.
pub(super) struct Table {
    pub(super) name: String,
    /// The text of its definition, byte for byte.
    pub(super) sql: Vec<u8>,
    pub(super) role: Role,
    /// How its rows are read and written; a virtual table has none of its own.
    pub(super) rows: Option<Rows>,
}

impl Table {
    /// The table that it goes with.
    pub(super) fn owner(&self) -> &str {
        match &self.role {
            Role::Behind(owner) => owner,
            Role::Ordinary | Role::Virtual => &self.name,
        }
    }
}

/// An index, a view or a trigger.
pub(super) struct Definition {
    /// The table or view that it belongs to; none for a view.
    pub(super) table: Option<String>,
    /// Its text, byte for byte.
    pub(super) sql: Vec<u8>,
}

/// How the rows of a table are read and written.
pub(super) struct Rows {
    pub(super) identity: Identity,
    /// The query, each value followed by its raw bytes where text is stored as UTF-16. More than
    /// one query where it would have too many columns; they find the same rows in the same order.
    pub(super) selects: Vec<String>,
    /// What each of the columns takes that the queries read.
    pub(super) takes: Vec<Takes>,
    /// `INSERT INTO … VALUES(`, with a column list where one is needed.
    pub(super) insert: String,
}

/// What tells the rows of a table apart, and what they lie in the order of.
pub(super) enum Identity {
    /// The rowid, as a query calls it.
    Rowid(String),
    /// The primary key of a table without rowids.
    PrimaryKey,
    /// A rowid that no query can name.
    Hidden,
}

/// What a query finds rows by.
pub(super) struct Key {
    /// As they are called in a query.
    pub(super) columns: Vec<String>,
    pub(super) is_descending: bool,
}

/// All that a dump of a database holds, in the order of the dump.
pub(super) struct Contents {
    pub(super) encoding: Encoding,
    pub(super) tables: Vec<Table>,
    /// The indexes, then the views, then the triggers.
    pub(super) definitions: Vec<Definition>,
    pub(super) has_sequence: bool,
    pub(super) has_stat1: bool,
}

struct Object {
    kind: String,
    name: String,
    table: String,
    root: i64,
    sql: Option<Vec<u8>>,
}

impl Contents {
    /// Reads the schema.
    pub(super) fn read(connection: &Connection) -> Result<Self> {
        let encoding = encoding(connection)?;
        let options = options(connection).map_err(unreadable)?;
        let mut tables = Vec::new();
        let shadows = shadows(connection).map_err(unreadable)?;
        let mut definitions: [Vec<Definition>; 3] = Default::default();
        let (mut has_sequence, mut has_stat1) = (false, false);
        for object in objects(connection)? {
            // Indexes that belong to a constraint have no text: the table brings them along.
            let Some(sql) = object.sql else { continue };
            match object.kind.as_str() {
                "index" => definitions[0].push(Definition { table: Some(object.table), sql }),
                "view" => definitions[1].push(Definition { table: None, sql }),
                "trigger" => definitions[2].push(Definition { table: Some(object.table), sql }),
                "table" => match object.name.as_str() {
                    "sqlite_sequence" => has_sequence = true,
                    "sqlite_stat1" => has_stat1 = true,
                    // Samples for the planner: not every SQLite can load them, ANALYZE makes new ones.
                    "sqlite_stat2" | "sqlite_stat3" | "sqlite_stat4" => {}
                    name if is_reserved(name) => {
                        return Err(Error::failed(format!("the table `{name}` can't be dumped"))
                            .next("A dump can't create tables whose name begins with `sqlite_`."));
                    }
                    _ => {
                        let rows = (object.root != 0)
                            .then(|| {
                                let options = options.get(&object.name);
                                let options = options.copied().unwrap_or_default();
                                rows(connection, &object.name, options, encoding)
                            })
                            .transpose()?;
                        let role = match rows {
                            None => Role::Virtual,
                            Some(_) if shadows.contains(&object.name) => {
                                Role::Behind(String::new())
                            }
                            Some(_) => Role::Ordinary,
                        };
                        tables.push(Table { name: object.name, sql, role, rows });
                    }
                },
                kind => {
                    return Err(Error::failed(format!(
                        "the database holds a `{kind}` named `{}`, which is unknown",
                        object.name
                    )));
                }
            }
        }
        find_owners(&mut tables);
        let tables = in_order(connection, tables).map_err(unreadable)?;
        Ok(Self {
            encoding,
            tables,
            definitions: definitions.into_iter().flatten().collect(),
            has_sequence,
            has_stat1,
        })
    }
}

/// Whether SQLite keeps this name to itself.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"))
}

fn encoding(connection: &Connection) -> Result<Encoding> {
    let name: String =
        connection.query_row("PRAGMA encoding", [], |row| row.get(0)).map_err(unreadable)?;
    Encoding::parse(&name)
        .ok_or_else(|| Error::failed(format!("the text encoding `{name}` is unknown")))
}

fn objects(connection: &Connection) -> Result<Vec<Object>> {
    let mut statement = connection
        .prepare("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema ORDER BY rowid")
        .map_err(unreadable)?;
    let mut rows = statement.query([]).map_err(unreadable)?;
    let mut objects = Vec::new();
    while let Some(row) = rows.next().map_err(unreadable)? {
        let sql = match row.get_ref(4).map_err(unreadable)? {
            ValueRef::Text(sql) => Some(as_sqlite_reads_it(sql).to_vec()),
            _ => None,
        };
        objects.push(Object {
            kind: row.get(0).map_err(unreadable)?,
            name: row.get(1).map_err(unreadable)?,
            table: row.get(2).map_err(unreadable)?,
            root: row.get::<_, Option<i64>>(3).map_err(unreadable)?.unwrap_or_default(),
            sql,
        });
    }
    Ok(objects)
}

/// A stored text without what somebody put behind it: whoever loads the dump would run that.
fn as_sqlite_reads_it(sql: &[u8]) -> &[u8] {
    match std::str::from_utf8(sql) {
        Ok(text) if significant_tokens(text).is_ok() => first_statement(text).as_bytes(),
        _ => sql,
    }
}

fn unreadable(error: rusqlite::Error) -> Error {
    Error::failed("can't read the schema").because(error)
}

/// What stands behind the columns of a table.
/// <https://www.sqlite.org/lang_createtable.html#tabledefs>
#[derive(Debug, Clone, Copy, Default)]
struct TableOptions {
    without_rowid: bool,
    strict: bool,
}

/// The tables that have any.
fn options(connection: &Connection) -> rusqlite::Result<HashMap<String, TableOptions>> {
    let sql = "SELECT name, wr, strict FROM pragma_table_list
               WHERE schema = 'main' AND (wr = 1 OR strict = 1)";
    connection
        .prepare(sql)?
        .query_map([], |row| {
            let options = TableOptions { without_rowid: row.get(1)?, strict: row.get(2)? };
            Ok((row.get(0)?, options))
        })?
        .collect()
}

/// The tables in which virtual tables keep their rows.
fn shadows(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Names the virtual table that each shadow table belongs to: its name begins with that one's.
fn find_owners(tables: &mut [Table]) {
    let owners: Vec<String> = tables
        .iter()
        .filter(|table| table.role == Role::Virtual)
        .map(|table| table.name.clone())
        .collect();
    for table in tables.iter_mut().filter(|table| matches!(table.role, Role::Behind(_))) {
        let owns = |owner: &&String| {
            let rest = table.name.get(owner.len()..);
            let start = table.name.get(..owner.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(owner))
                && rest.is_some_and(|rest| rest.starts_with('_'))
        };
        let owner = owners.iter().filter(owns).max_by_key(|owner| owner.len());
        table.role = owner.map_or(Role::Ordinary, |owner| Role::Behind(owner.clone()));
    }
}

/// A name as SQL takes it, whatever it holds.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

struct Column {
    name: String,
    declared: DeclaredType,
    is_not_null: bool,
    is_generated: bool,
    is_primary_key: bool,
}

fn rows(
    connection: &Connection,
    table: &str,
    options: TableOptions,
    encoding: Encoding,
) -> Result<Rows> {
    let columns = columns(connection, table).map_err(unreadable)?;
    let has_alias = !options.without_rowid
        && has_rowid_alias(connection, table, &columns).map_err(unreadable)?;
    let alias = columns.iter().find(|column| has_alias && column.is_primary_key);
    // Where columns have taken all three names the rowid can't be seen, let alone kept.
    let unnamed = ["rowid", "_rowid_", "oid"]
        .into_iter()
        .filter(|_| !options.without_rowid && !has_alias)
        .find(|name| !columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)));
    let (mut read, mut takes) = (Vec::new(), Vec::new());
    if let Some(rowid) = unnamed {
        read.push(rowid.to_owned());
        takes.push(Takes::all(rowid.to_owned()));
    }
    for column in columns.iter().filter(|column| !column.is_generated) {
        let name = column.name.clone();
        read.push(quoted(&name));
        takes.push(if has_alias && column.is_primary_key {
            Takes::all(name)
        } else {
            Takes::of(name, &column.declared, column.is_not_null, options.strict)
        });
    }

    let needs_list = unnamed.is_some() || columns.iter().any(|column| column.is_generated);
    let list = if needs_list { format!("({})", read.join(",")) } else { String::new() };
    let insert = format!("INSERT INTO {}{list} VALUES(", quoted(table));
    let identity = match alias.map(|column| quoted(&column.name)).or(unnamed.map(str::to_owned)) {
        Some(rowid) => Identity::Rowid(rowid),
        None if options.without_rowid => Identity::PrimaryKey,
        None => Identity::Hidden,
    };

    Ok(Rows { identity, selects: selects(&quoted(table), &read, encoding), takes, insert })
}

impl Identity {
    /// What a query finds the rows of this table by in their order, where it can.
    pub(super) fn key(
        &self,
        connection: &Connection,
        table: &str,
    ) -> rusqlite::Result<Option<Key>> {
        match self {
            Self::Rowid(rowid) => {
                Ok(Some(Key { columns: vec![rowid.clone()], is_descending: false }))
            }
            Self::PrimaryKey => primary_key(connection, table),
            Self::Hidden => Ok(None),
        }
    }
}

/// The primary key of a table without rowids; none if its columns aren't all in the same direction,
/// or in an order that only the app knows.
fn primary_key(connection: &Connection, table: &str) -> rusqlite::Result<Option<Key>> {
    let mut statement = connection.prepare(
        "SELECT name, \"desc\", coll FROM pragma_index_xinfo(
           (SELECT name FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'), 'main')
         WHERE key = 1 ORDER BY seqno",
    )?;
    let columns = statement.query_map([table], |row| {
        Ok((quoted(&row.get::<_, String>(0)?), row.get(1)?, row.get::<_, String>(2)?))
    })?;
    let columns: Vec<(String, bool, String)> = columns.collect::<rusqlite::Result<_>>()?;
    let is_descending = columns.first().is_some_and(|(_, is_descending, _)| *is_descending);
    let is_known = columns
        .iter()
        .all(|(_, direction, collation)| *direction == is_descending && is_built_in(collation));
    let columns = columns.into_iter().map(|(name, ..)| name).collect::<Vec<_>>();
    Ok((is_known && !columns.is_empty()).then_some(Key { columns, is_descending }))
}

/// The most columns that a query can have. <https://www.sqlite.org/limits.html#max_column>
const MOST_COLUMNS: usize = 2000;

/// The queries for these columns of a table.
pub(super) fn selects(table: &str, columns: &[String], encoding: Encoding) -> Vec<String> {
    let (at_once, is_wide) = match encoding {
        Encoding::Utf8 => (MOST_COLUMNS, false),
        Encoding::Utf16Le | Encoding::Utf16Be => (MOST_COLUMNS / 2, true),
    };
    let query = |columns: &[String]| {
        let expressions: Vec<String> = columns
            .iter()
            .map(|name| if is_wide { format!("{name},CAST({name} AS BLOB)") } else { name.clone() })
            .collect();
        // An index that holds all columns would be quicker to read, but in its own order, and it
        // may differ from the table in a damaged database.
        format!("SELECT {} FROM {table} NOT INDEXED", expressions.join(","))
    };
    columns.chunks(at_once).map(query).collect()
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Column>> {
    connection
        .prepare(
            "SELECT name, hidden, pk, type, \"notnull\" FROM pragma_table_xinfo(?1, 'main')
             ORDER BY cid",
        )?
        .query_map([table], |row| {
            Ok(Column {
                name: row.get(0)?,
                is_generated: row.get::<_, i64>(1)? > 1,
                is_primary_key: row.get::<_, i64>(2)? > 0,
                declared: DeclaredType::new(String::from_utf8_lossy(row.get_ref(3)?.as_bytes()?)),
                is_not_null: row.get(4)?,
            })
        })?
        .collect()
}

/// Whether the primary key is the rowid itself: then it needs no index.
///
/// `INTEGER PRIMARY KEY DESC` is none. <https://www.sqlite.org/lang_createtable.html#rowid>
fn has_rowid_alias(
    connection: &Connection,
    table: &str,
    columns: &[Column],
) -> rusqlite::Result<bool> {
    if columns.iter().filter(|column| column.is_primary_key).count() != 1 {
        return Ok(false);
    }
    let indexes: i64 = connection.query_row(
        "SELECT count(*) FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'",
        [table],
        |row| row.get(0),
    )?;
    Ok(indexes == 0)
}

fn in_order(connection: &Connection, tables: Vec<Table>) -> rusqlite::Result<Vec<Table>> {
    let places: HashMap<String, usize> = tables
        .iter()
        .enumerate()
        .map(|(place, table)| (table.name.to_ascii_lowercase(), place))
        .collect();
    let mut references =
        connection.prepare("SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?1, 'main')")?;
    let mut parents = Vec::with_capacity(tables.len());
    for table in &tables {
        let names: Vec<String> = match table.rows {
            Some(_) => {
                references.query_map([&table.name], |row| row.get(0))?.collect::<Result<_, _>>()?
            }
            None => Vec::new(),
        };
        parents.push(
            names
                .iter()
                .filter_map(|name| places.get(&name.to_ascii_lowercase()).copied())
                .collect(),
        );
    }
    let mut tables: Vec<Option<Table>> = tables.into_iter().map(Some).collect();
    Ok(parents_first(&parents).into_iter().filter_map(|place| tables[place].take()).collect())
}
