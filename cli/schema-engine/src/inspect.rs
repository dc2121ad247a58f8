//! Reading a database's schema. Every side of every comparison is read here.
//!
//! One query reads it all: the stored texts, which are parsed, and beside them the column names
//! as SQLite itself sees them. Where the two disagree the table is left alone rather than guessed
//! at. Nothing that stands in the database is ever spliced into SQL.

use crate::error::{Error, Result};
use crate::ident::Ident;
use crate::schema::{
    Index, LeftAlone, Object, ObjectKind, Schema, Table, WhyLeftAlone, is_bookkeeping,
};
use crate::sql::first::first_statement;
use sea_schema::Connection;
use sea_schema::sqlx_types::{Row, SqlxError, sqlite::SqliteRow};
use std::collections::BTreeSet;

/// Parts the column names of one table; a name that holds it is joined the same way on both sides.
const SEPARATOR: &str = "\u{1f}";

const OBJECTS: &str = "
    SELECT m.type, m.name, m.tbl_name, m.sql,
           CASE WHEN m.type = 'table' AND m.rootpage > 0 THEN
             (SELECT group_concat(c.name, char(31)) FROM pragma_table_xinfo(m.name, 'main') AS c)
           END
    FROM main.sqlite_schema AS m
    WHERE m.sql IS NOT NULL
    ORDER BY m.rowid";

/// `table_list` knows which tables are the storage of a virtual table
/// (<https://www.sqlite.org/pragma.html#pragma_table_list>).
const SHADOWS: &str =
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'";

/// Reads the schema of the database behind a connection.
///
/// # Errors
/// When SQLite can't read it.
pub async fn inspect(connection: &impl Connection) -> Result<Schema> {
    read(connection)
        .await
        .map_err(|error| Error::failed("can't read the database's schema").because(error))
}

async fn read(connection: &impl Connection) -> Result<Schema, SqlxError> {
    let rows = connection.query_all_raw(OBJECTS.to_owned()).await?;
    let mut stored = Vec::with_capacity(rows.len());
    for (ordinal, row) in rows.into_iter().enumerate() {
        stored.push(Stored::from_row(&row.sqlite(), ordinal)?);
    }
    let shadows = if stored.iter().any(Stored::is_virtual_table) {
        let rows = connection.query_all_raw(SHADOWS.to_owned()).await?;
        rows.into_iter()
            .map(|row| row.sqlite().try_get::<String, _>(0).map(Ident::from))
            .collect::<Result<_, _>>()?
    } else {
        BTreeSet::new()
    };
    let mut schema = Schema::default();
    for object in stored {
        object.put_into(&mut schema, &shadows);
    }
    Ok(schema)
}

/// A row of `sqlite_schema`.
struct Stored {
    kind: String,
    name: Ident,
    table: Ident,
    sql: String,
    columns: Option<String>,
    ordinal: usize,
}

impl Stored {
    fn from_row(row: &SqliteRow, ordinal: usize) -> Result<Self, SqlxError> {
        let (kind, name) = (row.try_get::<String, _>(0)?, row.try_get::<String, _>(1)?);
        let sql: String = row.try_get(3).map_err(|error| {
            SqlxError::Decode(format!("the definition of {kind} {name} is no text: {error}").into())
        })?;
        Ok(Self {
            kind,
            name: Ident::from(name),
            table: Ident::from(row.try_get::<String, _>(2)?),
            sql: first_statement(&sql).to_owned(),
            columns: row.try_get(4)?,
            ordinal,
        })
    }

    /// Only an ordinary table has pages of its own, and so columns that were asked for.
    fn is_virtual_table(&self) -> bool {
        self.kind == "table" && self.columns.is_none()
    }

    fn put_into(self, schema: &mut Schema, shadows: &BTreeSet<Ident>) {
        match self.kind.as_str() {
            "table" if shadows.contains(&self.name) => {
                schema.left_alone.push(self.left_alone(WhyLeftAlone::Shadow));
            }
            "table" if is_bookkeeping(&self.name) => {
                schema.left_alone.push(self.left_alone(WhyLeftAlone::Bookkeeping));
            }
            "table" if self.is_virtual_table() => self.put_object(ObjectKind::VirtualTable, schema),
            "table" => self.put_table(schema),
            "index" if is_bookkeeping(&self.table) || shadows.contains(&self.table) => {}
            "index" => self.put_index(schema),
            "view" => self.put_object(ObjectKind::View, schema),
            _ => self.put_object(ObjectKind::Trigger, schema),
        }
    }

    fn put_table(self, schema: &mut Schema) {
        let problem = match Table::from_sql(self.sql.as_str(), self.ordinal) {
            Ok(mut table) => {
                let read: Vec<_> =
                    table.columns.iter().map(|column| column.name.as_str()).collect();
                if self.columns.as_deref() == Some(read.join(SEPARATOR).as_str()) {
                    // SQLite's name counts: a temporary schema qualifier may stand in the text.
                    table.name = self.name.clone();
                    schema.tables.insert(self.name, table);
                    return;
                }
                "SQLite sees other columns in it".to_owned()
            }
            Err(error) => error.to_string(),
        };
        schema.left_alone.push(self.left_alone(WhyLeftAlone::Unreadable(problem)));
    }

    fn put_index(self, schema: &mut Schema) {
        match Index::from_sql(self.sql.as_str(), self.ordinal) {
            Ok(index) => {
                schema.indexes.insert(self.name, index);
            }
            Err(error) => {
                schema
                    .left_alone
                    .push(self.left_alone(WhyLeftAlone::Unreadable(error.to_string())));
            }
        }
    }

    fn put_object(self, kind: ObjectKind, schema: &mut Schema) {
        let Self { name, table, sql, ordinal, .. } = self;
        schema.objects.insert((kind, name.clone()), Object { kind, name, table, sql, ordinal });
    }

    fn left_alone(self, why: WhyLeftAlone) -> LeftAlone {
        LeftAlone { name: self.name, why, sql: self.sql, ordinal: self.ordinal }
    }
}
