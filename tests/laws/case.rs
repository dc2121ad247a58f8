//! One case: a schema, the schema it becomes, rows, and the answers that the change needs.

use crate::edit::edited;
use crate::generate;
use crate::model::{Affinity, ClauseKind, Column, Model, Table, same};
use crate::rename::{self, Rename};
use crate::rng::Rng;
use crate::rows::{self, Row};
use schema_engine::answers::Answers;
use schema_engine::ident::Ident;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case {
    pub(crate) before: Model,
    pub(crate) after: Model,
    /// What is renamed first of all, in this order.
    pub(crate) renames: Vec<Rename>,
    pub(crate) rows: Vec<Row>,
    /// Table, column, expression.
    pub(crate) fills: Vec<(String, String, String)>,
    /// Whether SQLite has gathered statistics.
    pub(crate) analyzed: bool,
}

impl Case {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let before = generate::model(&mut rng);
        let (after, renames) = edited(&before, &mut rng);
        let rows = rows::rows(&before, &mut rng);
        let analyzed = rng.chance(15);
        let mut case = Self { before, after, renames, rows, fills: Vec::new(), analyzed };
        case.fill_in(rng.chance(85));
        case
    }

    /// Gives an expression for each column that must have a value and has no default.
    fn fill_in(&mut self, wanted: bool) {
        let mut fills = Vec::new();
        for table in self.after.tables.iter().filter(|_| wanted) {
            let Some(before) = self.table_before(table) else { continue };
            for column in &table.columns {
                let was = self.column_before(table, column);
                let had_values = was.is_some_and(|old| before.forbids_null(old));
                let said = column.has(|kind| matches!(kind, ClauseKind::NotNull(_)));
                let needed = said && !column.is_generated() && column.default().is_none();
                if needed && !had_values && table.rowid_alias() != Some(column) {
                    let fill = fill(&self.after, table, column);
                    fills.push((table.name.clone(), column.name.clone(), fill.to_owned()));
                }
            }
        }
        self.fills = fills;
    }

    pub(crate) fn fill(&self, table: &str, column: &str) -> Option<&str> {
        self.fills
            .iter()
            .find(|fill| same(&fill.0, table) && same(&fill.1, column))
            .map(|fill| fill.2.as_str())
    }

    /// The table of the first side that a table of the second side is.
    pub(crate) fn table_before(&self, after: &Table) -> Option<&Table> {
        self.before.table(&rename::table_before(&self.renames, &after.name)?)
    }

    /// The column of the first side that a column of the second side is.
    pub(crate) fn column_before(&self, after: &Table, column: &Column) -> Option<&Column> {
        let name = rename::column_before(&self.renames, &after.name, &column.name)?;
        self.table_before(after)?.column(&name)
    }

    /// The table of the second side that a table of the first side becomes.
    pub(crate) fn table_after(&self, before: &str) -> Option<&Table> {
        self.after.table(&rename::table_after(&self.renames, before))
    }

    /// The column of the second side that a column of the first side becomes.
    pub(crate) fn column_after(&self, before: &Table, column: &Column) -> Option<&Column> {
        let name = rename::column_after(&self.renames, &before.name, &column.name);
        self.table_after(&before.name)?.column(&name)
    }

    pub(crate) fn answers(&self) -> Answers {
        let fill = |(table, column, fill): &(String, String, String)| {
            ((Ident::from(table.as_str()), Ident::from(column.as_str())), fill.clone())
        };
        Answers {
            renames: self.renames.iter().map(Rename::answer).collect(),
            fills: self.fills.iter().map(fill).collect(),
            ..Answers::default()
        }
    }
}

/// Values that differ from row to row where a key needs that.
fn fill(model: &Model, table: &Table, column: &Column) -> &'static str {
    let blob = table.strict && same(&column.declared, "blob");
    if !model.is_in_key(table, column) {
        return match column.affinity() {
            _ if blob => "x'00'",
            Affinity::Text => "lower('FILLED')",
            _ => "(1 + 1)",
        };
    }
    if blob { "randomblob(6)" } else { "(abs(random()) % 1000000000)" }
}
