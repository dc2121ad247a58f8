//! One case: a schema, the schema it becomes, rows, and the answers that the change needs.

use crate::edit::edited;
use crate::generate;
use crate::model::{Affinity, ClauseKind, Column, Model, ObjectKind, Part, RuleKind, Table, same};
use crate::rng::Rng;
use crate::rows::{self, Row};
use schema_engine::answers::Answers;
use schema_engine::ident::Ident;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case {
    pub(crate) before: Model,
    pub(crate) after: Model,
    pub(crate) rows: Vec<Row>,
    /// Table, column, expression.
    pub(crate) fills: Vec<(String, String, String)>,
}

impl Case {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let before = generate::model(&mut rng);
        let after = edited(&before, &mut rng);
        let rows = rows::rows(&before, &mut rng);
        let mut case = Self { before, after, rows, fills: Vec::new() };
        case.fill_in(rng.chance(85));
        case
    }

    /// Gives an expression for each column that must have a value and has no default.
    fn fill_in(&mut self, wanted: bool) {
        let mut fills = Vec::new();
        for table in self.after.tables.iter().filter(|_| wanted) {
            let Some(before) = self.before.table(&table.name) else { continue };
            for column in &table.columns {
                let was = before.column(&column.name);
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

    pub(crate) fn answers(&self) -> Answers {
        let fill = |(table, column, fill): &(String, String, String)| {
            ((Ident::from(table.as_str()), Ident::from(column.as_str())), fill.clone())
        };
        Answers { fills: self.fills.iter().map(fill).collect(), ..Answers::default() }
    }
}

/// Values that differ from row to row where a key needs that.
fn fill(model: &Model, table: &Table, column: &Column) -> &'static str {
    let blob = table.strict && same(&column.declared, "blob");
    if !is_in_key(model, table, column) {
        return match column.affinity() {
            _ if blob => "x'00'",
            Affinity::Text => "lower('FILLED')",
            _ => "(1 + 1)",
        };
    }
    if blob { "randomblob(6)" } else { "(abs(random()) % 1000000000)" }
}

fn is_in_key(model: &Model, table: &Table, column: &Column) -> bool {
    let inline =
        |kind: &ClauseKind| matches!(kind, ClauseKind::Unique(_) | ClauseKind::PrimaryKey { .. });
    let of_table = table.rules.iter().any(|rule| match &rule.kind {
        RuleKind::PrimaryKey { columns, .. } | RuleKind::Unique { columns, .. } => {
            columns.iter().any(|key| same(&key.name, &column.name))
        }
        _ => false,
    });
    let indexed = model.objects.iter().any(|object| match &object.kind {
        ObjectKind::Index { table: of, unique: true, parts, .. } => {
            same(of, &table.name)
                && parts
                    .iter()
                    .flat_map(|part| &part.text)
                    .any(|part| matches!(part, Part::Column(_, name) if same(name, &column.name)))
        }
        _ => false,
    });
    column.has(inline) || of_table || indexed
}
