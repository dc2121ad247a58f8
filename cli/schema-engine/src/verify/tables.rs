//! The tables of the database that is checked.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row};

use crate::database_file::soundness::is_missing_something;
use crate::dump::collations;
use crate::ident::Ident;
use crate::schema::is_bookkeeping;
use crate::sql::first::first_statement;
use crate::sql::lexer::significant_tokens;

/// What `sqlite_schema` holds, and how many rows there are.
pub(super) struct Tables {
    pub(super) objects: Vec<Stored>,
    pub(super) tables: Vec<Table>,
}

/// A row of `sqlite_schema`.
pub(super) struct Stored {
    pub(super) kind: String,
    pub(super) name: Ident,
    pub(super) table: Ident,
    /// Its text, without what somebody may have put behind it: some of it is run.
    pub(super) sql: Option<String>,
}

/// What sort of table it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    Ordinary,
    /// It has no rows of its own.
    Virtual,
    /// It holds the content of a virtual table.
    Shadow,
}

/// One table.
pub(super) struct Table {
    pub(super) name: Ident,
    pub(super) nature: Nature,
    pub(super) rows: u64,
    /// Whether its text has a CHECK.
    pub(super) has_check: bool,
    /// Whether its rows keep their rowids in a VACUUM.
    pub(super) keeps_rowids: bool,
    pub(super) columns: Vec<Ident>,
}

impl Tables {
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let objects = collect(
            connection,
            "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid",
            |row| {
                let sql = row.get_ref(3)?.as_bytes().ok().map(String::from_utf8_lossy);
                Ok(Stored {
                    kind: text(row, 0)?,
                    name: name(row, 1)?,
                    table: name(row, 2)?,
                    sql: sql.map(|sql| first_statement(&sql).to_owned()),
                })
            },
        )?;
        let kinds = collect(
            connection,
            "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'",
            |row| Ok((name(row, 0)?, text(row, 1)?, row.get::<_, bool>(2)?)),
        )?;
        let mut tables = Vec::new();
        for object in objects.iter().filter(|object| object.kind == "table") {
            let kind = kinds.iter().find(|(name, ..)| *name == object.name);
            let sql = object.sql.as_deref().unwrap_or_default();
            let nature = match kind.map(|(_, kind, _)| kind.as_str()) {
                Some("virtual") => Nature::Virtual,
                Some("shadow") => Nature::Shadow,
                _ => Nature::Ordinary,
            };
            let mut table = Table {
                nature,
                rows: 0,
                has_check: has_check(sql),
                keeps_rowids: kind.is_some_and(|(.., without_rowid)| *without_rowid),
                columns: Vec::new(),
                name: object.name.clone(),
            };
            if nature != Nature::Virtual {
                table.rows = count(connection, &table.name)?;
                table.read_columns(connection)?;
            }
            tables.push(table);
        }
        Ok(Self { objects, tables })
    }

    /// How many tables there are, those of SQLite itself aside.
    pub(super) fn count(&self) -> u64 {
        self.owned().count() as u64
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> u64 {
        self.owned().map(|table| table.rows).sum()
    }

    fn owned(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(|table| {
            let name = table.name.as_str().to_ascii_lowercase();
            !name.starts_with("sqlite_")
        })
    }

    /// The tables that an app has made: not those of SQLite, of virtual tables and of tools.
    pub(super) fn ordinary(&self) -> impl Iterator<Item = &Table> {
        self.tables
            .iter()
            .filter(|table| table.nature == Nature::Ordinary && !is_bookkeeping(&table.name))
    }

    /// The table of this name.
    pub(super) fn find(&self, name: &Ident) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }

    /// Whether a table or view has this name.
    pub(super) fn has(&self, name: &Ident) -> bool {
        self.objects
            .iter()
            .any(|object| matches!(object.kind.as_str(), "table" | "view") && object.name == *name)
    }
}

impl Table {
    fn read_columns(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection
            .prepare("SELECT name, upper(type), pk, hidden FROM pragma_table_xinfo(?1)")?;
        let mut rows = statement.query([self.name.as_str()])?;
        let mut key = Vec::new();
        while let Some(row) = rows.next()? {
            if row.get::<_, i64>(2)? > 0 {
                key.push(text(row, 1)?);
            }
            // Generated columns are not what a copy is about.
            if row.get::<_, i64>(3)? == 0 {
                self.columns.push(name(row, 0)?);
            }
        }
        self.keeps_rowids |= key == ["INTEGER"];
        Ok(())
    }

    /// The columns that it has in common with another.
    pub(super) fn columns_in_common(&self, other: &Self) -> BTreeSet<Ident> {
        self.columns.iter().filter(|column| other.columns.contains(column)).cloned().collect()
    }
}

fn count(connection: &Connection, table: &Ident) -> rusqlite::Result<u64> {
    let count = |how: &str| {
        let sql = format!("SELECT count(*) FROM {}{how}", table.quoted());
        connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
    };
    match count("") {
        // An index, or the key of a table without rowids, needs a collation that only the app has.
        Err(error) if is_missing_something(&error) => match count(" NOT INDEXED") {
            Err(error) if is_missing_something(&error) => {
                collations::standing_in(connection, || count(" NOT INDEXED"))
            }
            rows => rows,
        },
        rows => rows,
    }
}

fn has_check(sql: &str) -> bool {
    // What can't be read may have one.
    significant_tokens(sql).map_or(true, |tokens| {
        tokens.iter().any(|token| token.text(sql).eq_ignore_ascii_case("check"))
    })
}

/// Every row of a query.
pub(super) fn collect<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(sql)?.query_map([], read)?.collect()
}

/// A text, also one that isn't valid UTF-8.
pub(super) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    let bytes = row.get_ref(column)?.as_bytes().unwrap_or_default();
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// A name.
pub(super) fn name(row: &Row<'_>, column: usize) -> rusqlite::Result<Ident> {
    text(row, column).map(Ident::new)
}
