//! `CREATE INDEX` as SQLite stores it (<https://www.sqlite.org/lang_createindex.html>).

use super::create_table::{IndexedColumn, ParseError};
use super::cursor::Cursor;
use crate::ident::Ident;
use std::ops::Range;

/// A stored `CREATE INDEX` statement, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIndex {
    /// The index's name.
    pub name: Ident,
    /// The table that it belongs to.
    pub table: Ident,
    /// `UNIQUE`
    pub unique: bool,
    /// The columns and expressions in their order.
    pub columns: Vec<IndexedColumn>,
    /// The place of the predicate behind `WHERE`.
    pub predicate: Option<Range<usize>>,
}

/// Takes a stored `CREATE INDEX` apart.
///
/// # Errors
/// When the text isn't one, with the byte at which it stops to be one.
pub fn parse(sql: &str) -> Result<CreateIndex, ParseError> {
    let mut cursor = Cursor::new(sql)?;
    cursor.expect_word("CREATE")?;
    let unique = cursor.take_words(&["UNIQUE"]);
    cursor.expect_word("INDEX")?;
    cursor.take_words(&["IF", "NOT", "EXISTS"]);
    let mut name = cursor.expect_name()?;
    if cursor.take_symbol(".") {
        name = cursor.expect_name()?;
    }
    cursor.expect_word("ON")?;
    let table = cursor.expect_name()?;
    cursor.expect_symbol("(")?;
    let mut columns = vec![super::create_table::indexed_column(&mut cursor)?];
    while cursor.take_symbol(",") {
        columns.push(super::create_table::indexed_column(&mut cursor)?);
    }
    cursor.expect_symbol(")")?;
    let predicate = if cursor.take_words(&["WHERE"]) {
        let start = cursor.offset();
        while cursor.peek().is_some() && !cursor.at_symbol(";") {
            cursor.next();
        }
        Some(start..cursor.last_end())
    } else {
        None
    };
    cursor.take_symbol(";");
    if cursor.peek().is_some() {
        return Err(cursor.error("the end of the statement expected"));
    }
    Ok(CreateIndex { name, table, unique, columns, predicate })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_order_collation_expressions_and_predicate() {
        let sql = "CREATE UNIQUE INDEX IF NOT EXISTS \"i\" ON t (a COLLATE nocase DESC, lower(b), \
                   c + 1, \"d\" ASC) WHERE a > 'x' AND b IS NOT NULL";
        let index = parse(sql).unwrap();
        assert!(index.unique && index.columns.len() == 4);
        assert_eq!(index.columns[0].name, Some(Ident::from("A")));
        assert!(index.columns[0].descending);
        assert_eq!(index.columns[1].name, None);
        assert_eq!(&sql[index.columns[1].expression.clone()], "lower(b)");
        assert_eq!(index.columns[2].name, None);
        assert_eq!(index.columns[3].name, Some(Ident::from("d")));
        assert_eq!(&sql[index.predicate.unwrap()], "a > 'x' AND b IS NOT NULL");
    }
}
