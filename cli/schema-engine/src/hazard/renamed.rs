//! Live tables under the names that they get: a rename isn't done yet where the rows are counted.

use crate::answers::Rename;
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::Schema;

/// The names that a live table and its columns have and get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNames {
    /// The table's.
    pub table: Pair<Ident>,
    /// The columns', in the table's order.
    pub columns: Vec<Pair<Ident>>,
}

/// What each table of a schema and its columns are called once the renames are done.
#[must_use]
pub fn new_names(live: &Schema, renames: &[Rename]) -> Vec<NewNames> {
    let both = |name: &Ident| Pair::new(name.clone(), name.clone());
    let tables = live.tables.values();
    let mut names: Vec<_> = tables
        .map(|table| NewNames {
            table: both(&table.name),
            columns: table.columns.iter().map(|column| both(&column.name)).collect(),
        })
        .collect();
    for rename in renames {
        match rename {
            Rename::Table { from, to } => {
                for names in names.iter_mut().filter(|names| names.table.desired == *from) {
                    names.table.desired = to.clone();
                }
            }
            Rename::Column { table, from, to } => {
                let columns = names
                    .iter_mut()
                    .filter(|names| names.table.desired == *table)
                    .flat_map(|names| &mut names.columns);
                for column in columns.filter(|column| column.desired == *from) {
                    column.desired = to.clone();
                }
            }
        }
    }
    names
}

impl NewNames {
    /// Whether anything of it gets another name.
    #[must_use]
    pub fn differ(&self) -> bool {
        let other = |names: &Pair<Ident>| names.current != names.desired;
        other(&self.table) || self.columns.iter().any(other)
    }

    /// The table under its new names, as a common table expression. `main.` is the live one even
    /// where another table takes its name (<https://www.sqlite.org/lang_with.html>).
    #[must_use]
    pub fn expression(&self) -> String {
        let columns: Vec<_> = self
            .columns
            .iter()
            .map(|names| format!("t.{} AS {}", names.current.quoted(), names.desired.quoted()))
            .collect();
        format!(
            "{} AS (SELECT {} FROM main.{} AS t)",
            self.table.desired.quoted(),
            columns.join(", "),
            self.table.current.quoted()
        )
    }
}
