//! One index, taken apart for comparison.

use crate::ident::Ident;
use crate::sql::create_index::{self, CreateIndex};
use crate::sql::create_table::ParseError;
use crate::sql::normal::{mentions, normal};

/// An index made by `CREATE INDEX`.
#[derive(Debug, Clone)]
pub struct Index {
    /// The index's name.
    pub name: Ident,
    /// The table that it belongs to.
    pub table: Ident,
    /// The stored text.
    pub sql: String,
    /// Its place in the order of creation.
    pub ordinal: usize,
    /// Whether it forbids duplicates.
    pub unique: bool,
    /// The columns that it names plainly.
    pub columns: Vec<Ident>,
    meaning: String,
}

impl Index {
    /// Reads a stored `CREATE INDEX`.
    ///
    /// # Errors
    /// When the text can't be read.
    pub fn from_sql(sql: impl Into<String>, ordinal: usize) -> Result<Self, ParseError> {
        let sql = sql.into();
        let syntax = create_index::parse(&sql)?;
        let meaning = meaning(&syntax, &sql);
        Ok(Self {
            name: syntax.name,
            table: syntax.table,
            unique: syntax.unique,
            columns: syntax.columns.into_iter().filter_map(|column| column.name).collect(),
            meaning,
            sql,
            ordinal,
        })
    }

    /// Whether a column is indexed, plainly or inside an expression, or stands in the predicate.
    pub fn mentions(&self, column: &Ident) -> bool {
        mentions(&self.sql, column)
    }

    /// Whether both index the same things in the same way, names aside.
    pub fn means_the_same_as(&self, other: &Self) -> bool {
        self.table == other.table && self.meaning == other.meaning
    }
}

/// Everything but the names, in normal form: order, collations, expressions, predicate.
fn meaning(syntax: &CreateIndex, sql: &str) -> String {
    let columns: Vec<String> = syntax
        .columns
        .iter()
        .map(|column| {
            let collation = column.collation.as_ref().map_or(String::new(), |name| {
                format!(" collate {}", name.as_str().to_ascii_lowercase())
            });
            let direction = if column.descending { " desc" } else { "" };
            format!("{}{collation}{direction}", normal(&sql[column.expression.clone()]))
        })
        .collect();
    let predicate = syntax.predicate.clone().map_or(String::new(), |span| normal(&sql[span]));
    format!("unique={} ({}) where {predicate}", syntax.unique, columns.join(", "))
}
